use std::sync::Arc;

use domain::access::Caller;
use domain::audit::log::Succession;
use domain::audit::{PublicKeyInfo, PublicKeys as _, Signer as _};
use domain::error::UseCaseError;
use domain::resource::Mode;
use domain::store::Store;
use domain::unit_of_work::{Access, StoreError};
use testkit::builders::a_user;
use testkit::memory::MemoryStore;
use testkit::{TestPublicKeys, TestSigner, World, block_on};

use super::{head, is_signed, latest, root_over, seal, sealed};
use crate::changes::create;
use crate::{shop, trail};

fn cli() -> Caller {
    Caller::system("cli")
}

/// A further key, which this node has.
fn further_key(world: &World, seed: u8) -> PublicKeyInfo {
    let signer = TestSigner::from_seed([seed; 32]);
    let key = signer.public_key();
    world.keys.add(signer);
    key
}

async fn rotate(world: &World, store: &Store, key: PublicKeyInfo) {
    let rotation = world.rotation();
    rotation.register(&cli(), key).await.expect("registered");
    rotation.hand_over(&cli(), store.id, key).await.expect("handed over");
}

#[test]
fn a_log_is_handed_over_between_two_entries() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("ada").draft()).await;
        let new = further_key(&world, 9);
        rotate(&world, &store, new).await;
        world.make_user(&store, a_user("bob").draft()).await;
        seal(&world, &store).await;
        let entries = sealed(&world, &store).await;
        let keys: Vec<_> = entries.iter().map(|sealed| sealed.entry.public_key).collect();
        assert_eq!(keys, [store.audit_key, store.audit_key, new, new]);
        let context = world.as_admin_in(&store);
        let terms = world.log().keys(&context).await.expect("the keys");
        assert_eq!(
            terms.iter().map(|term| (term.key, term.from)).collect::<Vec<_>>(),
            [(store.audit_key, 0), (new, 2)]
        );
        let old = world.log().checkpoint(&context, Some(2)).await.expect("a checkpoint");
        assert!(is_signed(&old.note, &store, &store.audit_key));
        assert!(is_signed(&latest(&world, &store).await.0.note, &store, &new));
    });
}

#[test]
fn both_keys_sign_the_succession_over_all_that_was_before() {
    block_on(async {
        let (world, store) = shop().await;
        let new = further_key(&world, 9);
        rotate(&world, &store, new).await;
        let terms = world.log().keys(&world.as_admin_in(&store)).await.expect("the keys");
        let statement = terms[1].statement.as_deref().expect("a statement");
        let [old_key, new_key] =
            [store.audit_key, new].map(|key| TestPublicKeys.read(&key).expect("a key"));
        let read = Succession::read(statement, &*old_key, &*new_key).expect("both signed");
        let root = root_over(&sealed(&world, &store).await);
        let (id, old) = (store.id, store.audit_key);
        assert_eq!(read, Succession { store: id, from: 1, root, old, new });
        assert!(Succession::read(statement, &*new_key, &*old_key).is_err());
        let cut = statement.trim_end().rsplit_once('\n').expect("two signatures").0;
        assert!(Succession::read(&format!("{cut}\n"), &*old_key, &*new_key).is_err());
        for (from, to) in [("\n1\n", "\n2\n"), ("key succession", "key handover")] {
            let forged = statement.replacen(from, to, 1);
            assert_ne!(forged, statement);
            assert!(Succession::read(&forged, &*old_key, &*new_key).is_err());
        }
    });
}

#[test]
fn the_trail_says_that_the_key_was_rotated() {
    block_on(async {
        let (world, store) = shop().await;
        let new = further_key(&world, 9);
        rotate(&world, &store, new).await;
        let last = trail(&world, &store).await.pop().expect("an entry");
        let content = last.current.and_then(|current| current.opened).expect("contents").content;
        assert!(content.ends_with(",\"auditKeyRotated\":true}"), "{content}");
        assert_eq!((last.public_key, last.user.as_str()), (new, "system:cli"));
        // A second time there is nothing to do.
        rotate(&world, &store, new).await;
        assert_eq!(trail(&world, &store).await.len(), 2);
    });
}

#[test]
fn a_backlog_is_sealed_with_the_old_key_first() {
    block_on(async {
        let (world, store) = shop().await;
        let batch = (0..5_000).map(|n| create(None, a_user(&format!("u{n}")).draft())).collect();
        let context = world.as_admin_in(&store);
        let made = world.users().apply_all(&context, Access::Bulk, (), Mode::Atomic, batch).await;
        made.expect("made");
        let new = further_key(&world, 9);
        rotate(&world, &store, new).await;
        let standing = head(&world, &store).await;
        assert_eq!((standing.size, standing.key), (5_001, new));
    });
}

#[test]
fn a_new_store_begins_with_the_key_that_was_registered_last() {
    block_on(async {
        let (world, store) = shop().await;
        let new = further_key(&world, 9);
        world.rotation().register(&cli(), new).await.expect("registered");
        let other = world.make_store("other").await;
        assert_eq!(other.audit_key, new);
        assert_eq!(
            world.make_user(&store, a_user("ada").draft()).await.user.login_name.as_str(),
            "ada"
        );
        assert_eq!(world.rotation().keys(&cli()).await, Ok(vec![store.audit_key, new]));
    });
}

#[test]
fn a_retired_key_does_not_come_back() {
    block_on(async {
        let (world, store) = shop().await;
        let new = further_key(&world, 9);
        rotate(&world, &store, new).await;
        let refused = world.rotation().register(&cli(), store.audit_key).await;
        assert_eq!(refused, Err(UseCaseError::RetiredKey));
    });
}

#[test]
fn a_node_without_the_new_key_changes_nothing_and_reads_on() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user;
        let new = further_key(&world, 9);
        rotate(&world, &store, new).await;
        world.keys.forget(&new);
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let refused = users.apply(&context, (), create(None, a_user("bob").draft())).await;
        assert!(
            matches!(refused, Err(UseCaseError::Store(StoreError::Unavailable(_)))),
            "{refused:?}"
        );
        let found = users.find(&context, ada.id, domain::user::Include::NONE).await;
        assert_eq!(found.expect("found").user.id, ada.id);
        further_key(&world, 9);
        world.make_user(&store, a_user("bob").draft()).await;
    });
}

#[test]
fn a_log_whose_keys_are_not_at_hand_is_not_handed_over() {
    block_on(async {
        let (world, store) = shop().await;
        let new = TestSigner::from_seed([9; 32]).public_key();
        let refused = world.rotation().hand_over(&cli(), store.id, new).await;
        assert!(matches!(refused, Err(UseCaseError::Store(StoreError::Unavailable(_)))));
        let standing = head(&world, &store).await;
        assert_eq!((standing.size, standing.key), (0, store.audit_key), "half of it was done");
    });
}

#[test]
fn the_log_of_a_store_that_is_gone_is_handed_over_too() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        let precondition = domain::version::Precondition::None;
        world.stores().remove(&context, precondition, None).await.expect("removed");
        let new = further_key(&world, 9);
        rotate(&world, &store, new).await;
        let standing = head(&world, &store).await;
        assert_eq!((standing.size, standing.key), (2, new));
        let logs = world.rotation().logs(&cli(), None, 10).await.expect("logs").items;
        assert!(logs.iter().any(|log| log.store == store.id && log.key == new));
    });
}

#[test]
fn a_log_that_was_cut_off_is_handed_over_to_nobody() {
    block_on(async {
        let memory = MemoryStore::new();
        let world = World::on(Arc::new(memory.clone()));
        let store = world.make_store("shop").await;
        seal(&world, &store).await;
        let earlier = memory.backup();
        world.make_user(&store, a_user("ada").draft()).await;
        seal(&world, &store).await;
        memory.restore(&earlier);
        let new = further_key(&world, 9);
        let rotation = world.rotation();
        rotation.register(&cli(), new).await.expect("registered");
        let refused = rotation.hand_over(&cli(), store.id, new).await;
        assert!(matches!(refused, Err(UseCaseError::Store(StoreError::Corrupt(_)))), "{refused:?}");
        assert_eq!(head(&world, &store).await.key, store.audit_key);
    });
}
