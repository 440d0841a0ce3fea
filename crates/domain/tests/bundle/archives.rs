//! Bundles of a log whose first entries are archived.

use domain::access::Caller;
use domain::audit::bundle::{Exporter, Reason};
use domain::error::{Missing, UseCaseError};
use domain::time::{Clock as _, Instant};
use jiff::SignedDuration;
use testkit::block_on;

use crate::file::{Bundle, Kind, judge_against};
use crate::scene::{Scene, log_of_fifty};

/// Drops what was sealed before now, and gives its bundle.
async fn archive(scene: &Scene) -> Bundle {
    scene.world.clock.advance(SignedDuration::from_hours(24));
    let now: Instant = scene.world.clock.now();
    let retention = scene.world.retention();
    let due = retention.due(scene.store.id, now).await.expect("read").expect("something is due");
    let bundle = Bundle::of(&scene.file(Some(due.cut)).await.expect("it is exported"));
    retention.drop_before(scene.store.id, due.cut).await.expect("it is dropped");
    bundle
}

/// A log of 50 entries that are archived, and of 20 that are not.
async fn archived() -> (Scene, Bundle, Bundle) {
    let (scene, _) = log_of_fifty().await;
    let archive = archive(&scene).await;
    for number in 0..20 {
        scene.user(&format!("later-{number}")).await;
        if number % 7 == 0 {
            scene.seal().await;
        }
    }
    let rest = scene.export().await;
    (scene, archive, rest)
}

#[test]
fn the_archive_and_the_rest_are_good_and_meet() {
    let (_, archive, rest) = block_on(archived());
    let (before, behind) = (archive.judge(), rest.judge());
    assert_eq!((&before.fault, &behind.fault), (&None, &None));
    assert_eq!((before.first, before.size, before.entries), (Some(0), Some(50), 50));
    assert_eq!((behind.first, behind.size, behind.entries), (Some(50), Some(70), 20));
    assert_eq!(rest.kinds()[rest.head()], Kind::Entry(50));
    assert!(rest.0[0].contains("\"prefix\":[\""), "{}", rest.0[0]);
    assert_eq!(rest.number("first").count_ones(), 3);
    // All keys are there, those that signed what is archived too.
    assert_eq!((before.keys, behind.keys), (3, 3));
}

#[test]
fn what_is_wrong_behind_an_archive_is_found() {
    let (_, _, rest) = block_on(archived());
    let prefix = rest.0[0].clone();
    let hash = prefix.split("\"prefix\":[\"").nth(1).unwrap()[..44].to_owned();
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let mut changed = rest.clone();
    changed.0[0] = prefix.replacen(&hash, other, 1);
    let place = changed.place_of(Kind::Checkpoint(rest.sealed_over(50)));
    changed.assert_found(Reason::RootMismatch, 50, place);
    changed.0[0] = prefix.replacen(&format!("\"{hash}\","), "", 1);
    changed.assert_found(Reason::Malformed, 0, 0);
    for leaf in 50..70 {
        let mut changed = rest.clone();
        let place = rest.place_of(Kind::Entry(leaf));
        changed.0.remove(place);
        let fault = changed.judge().fault.expect("found");
        assert_eq!((fault.reason, fault.leaf), (Reason::Removed, leaf));
    }
    let mut changed = rest.clone();
    let entry = rest.0[rest.head()].clone();
    changed.0.insert(rest.head() + 1, crate::file::with_leaf(&entry, 3));
    changed.assert_found(Reason::Inserted, 51, rest.head() + 1);
}

#[test]
fn a_checkpoint_over_what_is_archived_needs_the_archive() {
    let (_, archive, rest) = block_on(archived());
    for size in archive.sealed() {
        let kept = archive.note(size);
        let report = judge_against(&rest.file(), &kept);
        if size < 50 {
            let needed = report.expect_err("the archive is needed");
            assert_eq!((needed.size, needed.first), (size, 50));
        } else {
            assert_eq!(report.unwrap().fault, None, "the prefix leads to it");
        }
    }
    for size in rest.sealed() {
        assert_eq!(judge_against(&rest.file(), &rest.note(size)).unwrap().fault, None);
        let fault = judge_against(&archive.file(), &rest.note(size)).unwrap().fault.unwrap();
        assert_eq!((fault.reason, fault.leaf), (Reason::Truncated, 50));
    }
}

#[test]
fn where_all_is_archived_the_last_checkpoint_is_left() {
    let (scene, archive) = block_on(async {
        let (scene, _) = log_of_fifty().await;
        let archive = archive(&scene).await;
        (scene, archive)
    });
    let rest = block_on(scene.export());
    assert_eq!(rest.kinds()[rest.head()..], [Kind::Checkpoint(50)]);
    let report = rest.judge();
    assert_eq!((report.fault, report.entries, report.checkpoints), (None, 0, 1));
    assert_eq!(report.root, archive.judge().root);
    let mut truncated = rest.clone();
    truncated.0.pop();
    truncated.assert_found(Reason::Truncated, 50, rest.head());
    let mut inserted = rest.clone();
    inserted.0.insert(rest.head(), archive.0[archive.place_of(Kind::Entry(49))].clone());
    inserted.assert_found(Reason::Inserted, 50, rest.head());
}

#[test]
fn what_is_archived_is_not_exported_again() {
    block_on(async {
        let (scene, archive, _) = archived().await;
        for size in archive.sealed().into_iter().filter(|size| *size < 50) {
            let exported = scene.file(Some(size)).await;
            // Its checkpoint went with the entries.
            let expected = UseCaseError::NotFound(Missing::Checkpoint);
            assert_eq!(exported, Err(expected), "{size}");
        }
        let caller = Caller::system("cli");
        let exporter = Exporter::new(scene.world.gate());
        let mut export = exporter.begin(&caller, scene.store.id, None).await.expect("it begins");
        assert!(export.next().await.expect("the head").is_some());
        scene.world.clock.advance(SignedDuration::from_hours(24));
        let dropped = scene.world.retention().drop_before(scene.store.id, 70).await;
        dropped.expect("it is dropped");
        assert_eq!(export.next().await, Err(UseCaseError::Archived { first: 70 }));
    });
}
