//! Logs that real use cases have written.

use std::sync::{Arc, LazyLock};
use std::thread;

use domain::access::Caller;
use domain::attribute::{AttributeDraft, AttributeInStore, AttributeKey, AttributeValue, Profile};
use domain::audit::bundle::Exporter;
use domain::error::UseCaseError;
use domain::id::UserId;
use domain::resource::Change;
use domain::store::Store;
use domain::text::Folded;
use domain::version::Precondition;
use testkit::builders::{a_group, a_user};
use testkit::{TestSigner, World, block_on};

use crate::file::Bundle;

/// Every character that JSON escapes, and some that other writers of JSON do.
pub(crate) const HARD: &str = "\u{1}\u{2}\u{7}\u{8}\t\n\u{b}\u{c}\r\u{e}\u{1f} \"\\/\u{7f}\u{85}\u{ad}\
    \u{2028}\u{2029}\u{feff}\u{fffd}\u{e000}\u{1f600}\u{10ffff}</script>&#38;\\u0041";

/// The key that the second and the third term belong to.
pub(crate) const SECOND: [u8; 32] = [9; 32];
pub(crate) const THIRD: [u8; 32] = [10; 32];

/// A store whose log grows.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) store: Store,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::on(World::new()).await
    }

    /// The same in a world of its own.
    pub(crate) async fn on(world: World) -> Self {
        let store = world.make_store("shop").await;
        Self { world, store }
    }

    /// Makes a user: one entry.
    pub(crate) async fn user(&self, name: &str) -> UserId {
        let draft =
            a_user(name).named("Ada \"the\" O\u{2019}Neil \\", "\u{1f600}/\u{2028}\u{fffd}");
        self.world.make_user(&self.store, draft.draft()).await.user.id
    }

    /// Makes a group: one entry.
    pub(crate) async fn group(&self, name: &str) {
        self.world.make_group(&self.store, a_group(name).draft()).await;
    }

    /// Makes a profile: one entry.
    pub(crate) async fn profile(&self, user: UserId, key: &str, value: &str) {
        let draft = AttributeDraft {
            key: AttributeKey::parse(key).expect("a key"),
            value: AttributeValue::parse(value).ok(),
        };
        self.apply_profile(user, Change::Create { id: None, draft }).await;
    }

    /// Changes a profile: one entry.
    pub(crate) async fn change_profile(
        &self,
        user: UserId,
        key: &'static str,
        value: &'static str,
    ) {
        let edit = Arc::new(move |_: &AttributeInStore<_>| {
            let key = AttributeKey::parse(key).expect("a key");
            Ok(AttributeDraft { key, value: AttributeValue::parse(value).ok() })
        });
        let (id, precondition) = (Folded::of(key), Precondition::None);
        let change = Change::Update { id, precondition, needs: (), writes: (), edit };
        self.apply_profile(user, change).await;
    }

    async fn apply_profile(&self, user: UserId, change: Change<Profile>) {
        let context = self.world.as_admin_in(&self.store);
        self.world.profiles().apply(&context, user, change).await.expect("it is changed");
    }

    /// Deletes a user and erases what the trail holds: two entries, and one for each profile.
    pub(crate) async fn erase(&self, user: UserId) {
        let context = self.world.as_admin_in(&self.store);
        let erased = self.world.erasure().delete(&context, user, Precondition::None).await;
        erased.expect("the user is erased");
    }

    pub(crate) async fn seal(&self) {
        self.world.sealer().seal(self.store.id).await.expect("it is sealed");
    }

    /// Lets another key sign: one entry, and a checkpoint by the old one.
    pub(crate) async fn rotate(&self, seed: [u8; 32]) {
        let key = self.world.keys.add(TestSigner::from_seed(seed));
        let (rotation, caller) = (self.world.rotation(), Caller::system("cli"));
        rotation.register(&caller, key).await.expect("the key is registered");
        let handed_over = rotation.hand_over(&caller, self.store.id, key).await;
        handed_over.expect("the log is handed over");
    }

    /// The bundle of the log.
    pub(crate) async fn export(&self) -> Bundle {
        Bundle::of(&self.file(None).await.expect("it is exported"))
    }

    /// The file of the bundle up to that size.
    pub(crate) async fn file(&self, size: Option<u64>) -> Result<Vec<u8>, UseCaseError> {
        let exporter = Exporter::new(self.world.gate());
        let mut export = exporter.begin(&Caller::system("cli"), self.store.id, size).await?;
        let mut file = Vec::new();
        while let Some(piece) = export.next().await? {
            assert!(piece.ends_with(b"\n"), "whole lines");
            file.extend(piece);
        }
        Ok(file)
    }
}

/// Fifty entries of three keys, with contents that were erased, under checkpoints of all distances.
pub(crate) fn fifty() -> Bundle {
    // On a thread of its own: whoever asks may wait for something already.
    static FIFTY: LazyLock<Bundle> = LazyLock::new(|| {
        let made = thread::spawn(|| block_on(log_of_fifty()).1);
        made.join().expect("it is made")
    });
    FIFTY.clone()
}

/// The same with the store that it comes from.
pub(crate) async fn log_of_fifty() -> (Scene, Bundle) {
    let scene = Scene::new().await;
    scene.seal().await;
    let ada = scene.user("ada").await;
    scene.profile(ada, "hard", HARD).await;
    scene.seal().await;
    scene.change_profile(ada, "hard", "soft").await;
    let bob = scene.user("bob").await;
    scene.profile(bob, "color", "red").await;
    scene.group("staff").await;
    scene.seal().await;
    for number in 0..8 {
        scene.user(&format!("one-{number}")).await;
    }
    scene.rotate(SECOND).await;
    scene.group("second").await;
    scene.erase(bob).await;
    scene.seal().await;
    for number in 0..11 {
        scene.user(&format!("two-{number}")).await;
        if number % 5 == 0 {
            scene.seal().await;
        }
    }
    scene.rotate(THIRD).await;
    scene.seal().await;
    scene.profile(ada, "mail", HARD).await;
    let mut bundle = scene.export().await;
    for number in bundle.number("size")..50 {
        scene.user(&format!("three-{number}")).await;
        if number == 44 {
            scene.seal().await;
        }
    }
    bundle = scene.export().await;
    (scene, bundle)
}

#[test]
fn the_log_of_fifty_entries_is_good_and_holds_what_the_tests_need() {
    let bundle = fifty();
    let report = bundle.judge();
    assert_eq!(report.fault, None);
    assert_eq!((report.entries, report.keys, report.size), (50, 3, Some(50)));
    assert!(report.erased >= 3, "{report:?}");
    assert_eq!(report.checkpoints, bundle.number("checkpoints"));
    assert!(report.checkpoints >= 9, "{report:?}");
    let text = String::from_utf8(bundle.file()).unwrap();
    for hard in ["\\\\\\\"", "\\\\u0001", "\u{2028}", "\u{1f600}", "\\\"auditKeyRotated\\\":true"] {
        assert!(text.contains(hard), "{hard:?}");
    }
}
