use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use domain::audit::bundle::Reason;
use domain::store::Store;
use jiff::SignedDuration;
use tempfile::TempDir;
use testkit::World;
use testkit::builders::a_user;

use super::*;

const DAYS: i64 = 30;

/// A store with an old user and a new one, of which the first is to be archived.
struct Place {
    directory: TempDir,
    world: World,
    shop: Store,
}

impl Place {
    async fn new() -> Self {
        Self::of("ada").await
    }

    async fn of(first: &str) -> Self {
        let world = World::new();
        let shop = world.make_store("shop").await;
        let place = Self { directory: tempfile::tempdir().unwrap(), world, shop };
        place.make_user(first).await;
        place.world.clock.advance(SignedDuration::from_hours((DAYS + 2) * 24));
        place.make_user("bob").await;
        place
    }

    async fn make_user(&self, name: &str) {
        self.world.make_user(&self.shop, a_user(name).draft()).await;
        self.world.sealer().seal(self.shop.id).await.unwrap();
    }

    fn archivist(&self) -> Archivist {
        self.archivist_in(true)
    }

    fn archivist_in(&self, makes_directory: bool) -> Archivist {
        let archiving = Archiving {
            after: SignedDuration::from_hours(DAYS * 24),
            directory: self.directory.path().join("archive"),
            makes_directory,
        };
        Archivist::new(&self.world.ports(), self.world.gate(), archiving)
    }

    async fn archive(&self) -> Result<Option<Archive>, Failure> {
        self.archivist().archive(self.shop.id).await
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join(format!("archive/{}-0-2.jsonl", self.shop.id))
    }

    /// The first leaf whose entry is in the database.
    async fn first(&self) -> u64 {
        let heads = self.world.rotation().logs(&Archivist::caller(), None, 1).await.unwrap();
        heads.items[0].first
    }

    /// What a verifier says of the log as it is.
    async fn report(&self) -> Report {
        let exporter = Exporter::new(self.world.gate());
        let export = exporter.begin(&Archivist::caller(), self.shop.id, None).await.unwrap();
        let verify = |pieces| bundle::verify(pieces, Arc::new(StrictKeys), None, |_, _| ());
        piped(export, verify).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn what_is_old_is_in_an_archive_that_verifies_and_in_the_database_no_more() {
    let place = Place::new().await;
    assert_eq!(place.archive().await.unwrap(), Some(Archive { first: 0, cut: 2 }));
    assert_eq!(place.first().await, 2);
    let (file, keys) = (File::open(place.path()).unwrap(), Arc::new(StrictKeys));
    let report = bundle::verify(file, keys, None, |_, _| ()).unwrap();
    assert!(report.is_valid() && report.entries == 2, "{report:?}");
    assert_eq!(fs::metadata(place.path()).unwrap().permissions().mode() & 0o7777, 0o600);
    let rest = place.report().await;
    assert!(rest.is_valid() && rest.first == Some(2) && rest.entries == 1, "{rest:?}");
    assert_eq!(place.archive().await.unwrap(), None, "it is done");
}

#[tokio::test]
async fn a_directory_that_somebody_named_is_not_made() {
    let place = Place::new().await;
    let archive = async || place.archivist_in(false).archive(place.shop.id).await;
    let refused = archive().await.unwrap_err().to_string();
    assert!(refused.contains("cannot be written"), "{refused}");
    assert_eq!(place.first().await, 0);
    fs::create_dir(place.directory.path().join("archive")).unwrap();
    archive().await.unwrap();
    assert_eq!(place.first().await, 2);
}

#[tokio::test]
async fn what_a_crash_left_of_an_archive_is_removed() {
    let place = Place::new().await;
    let directory = place.directory.path().join("archive");
    fs::create_dir(&directory).unwrap();
    let name = place.path().file_name().unwrap().to_str().unwrap().to_owned();
    fs::write(directory.join(format!(".{name}.0123")), "half").unwrap();
    fs::write(directory.join(".another.0123"), "of somebody else").unwrap();
    place.archive().await.unwrap();
    let names = directory.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [".another.0123", &name]);
}

#[tokio::test]
async fn an_archive_that_was_written_before_a_crash_is_verified_again() {
    let place = Place::new().await;
    place.archivist().write(place.shop.id, 2, &place.path()).await.unwrap();
    assert_eq!(place.first().await, 0, "not dropped yet");
    let written = fs::read(place.path()).unwrap();
    assert_eq!(place.archive().await.unwrap(), Some(Archive { first: 0, cut: 2 }));
    assert_eq!(fs::read(place.path()).unwrap(), written);
    assert_eq!(place.first().await, 2);
}

#[tokio::test]
async fn entries_whose_archive_does_not_verify_stay() {
    let place = Place::new().await;
    place.archivist().write(place.shop.id, 2, &place.path()).await.unwrap();
    let good = fs::read_to_string(place.path()).unwrap();
    let cut = good.get(..good.len() - 2).unwrap();
    for wrong in ["", cut, &good.replacen("ada", "eve", 1)] {
        fs::write(place.path(), wrong).unwrap();
        let refused = place.archive().await.unwrap_err();
        assert!(matches!(refused, Failure::Archive { .. }), "{refused}");
        assert_eq!(place.first().await, 0);
        assert_eq!(fs::read_to_string(place.path()).unwrap(), wrong, "it is evidence");
    }
}

#[tokio::test]
async fn an_archive_of_another_log_is_not_taken_for_this_one() {
    // One of a store of the same id, as long, under the same key: but of other entries.
    let (place, other) = (Place::new().await, Place::of("eve").await);
    assert_eq!(place.shop.id, other.shop.id);
    let path = place.path();
    for (archivist, size) in [(place.archivist(), 3), (other.archivist(), 2)] {
        archivist.write(place.shop.id, size, &path).await.unwrap();
        let refused = place.archive().await.unwrap_err();
        assert!(matches!(refused, Failure::Archive { .. }), "{size}: {refused}");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(place.first().await, 0);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_drops_nothing() {
    let place = Place::new().await;
    fs::write(place.directory.path().join("archive"), "in the way").unwrap();
    let refused = place.archive().await.unwrap_err().to_string();
    assert!(refused.contains("cannot be written"), "{refused}");
    assert_eq!(place.first().await, 0);
    assert!(place.report().await.fault.is_none_or(|fault| fault.reason != Reason::Truncated));
}

#[test]
fn there_is_one_cut_a_day() {
    let day = |text: &str| day_of(text.parse().unwrap()).to_string();
    assert_eq!(day("2026-11-22T15:20:00Z"), "2026-11-22T00:00:00.000000Z");
    assert_eq!(day("2026-11-22T00:00:00Z"), "2026-11-22T00:00:00.000000Z");
    assert_eq!(day("1969-12-31T23:59:59Z"), "1969-12-31T00:00:00.000000Z");
}
