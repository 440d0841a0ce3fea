//! What is written.

use std::sync::Arc;

use domain::access::Caller;
use domain::audit::EntryOrder;
use domain::audit::bundle::{Exporter, Reason};
use domain::audit::log::SealedEntry;
use domain::error::{Missing, UseCaseError};
use domain::id::StoreId;
use domain::page::Query;
use domain::unit_of_work::{Access, StoreError, transact};
use testkit::builders::a_caller;
use testkit::{MemoryStore, World, block_on};

use crate::file::{Bundle, Kind};
use crate::forge::line;
use crate::scene::{Scene, fifty, log_of_fifty};

#[test]
fn every_line_is_in_canonical_form() {
    for line in fifty().0 {
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), line);
    }
}

#[test]
fn every_entry_is_what_the_database_holds() {
    let (scene, bundle) = block_on(log_of_fifty());
    let store = scene.store.id;
    let read = transact(&*scene.world.unit_of_work, Access::Read, move |tx| {
        tx.store(store).log().entries(&Query::first(EntryOrder::Commit, 100))
    });
    let entries: Result<Vec<SealedEntry>, StoreError> = block_on(read);
    let entries = entries.expect("read");
    assert_eq!(entries.len(), 50);
    for SealedEntry { leaf, entry } in entries {
        assert_eq!(bundle.0[bundle.place_of(Kind::Entry(leaf))], line(&entry, leaf));
    }
}

#[test]
fn what_waits_is_sealed_before() {
    block_on(async {
        let scene = Scene::new().await;
        scene.user("ada").await;
        assert_eq!(scene.export().await.number("size"), 2);
        scene.user("bob").await;
        assert_eq!(scene.export().await.number("size"), 3);
        assert_eq!(scene.export().await, scene.export().await);
    });
}

#[test]
fn it_goes_as_far_as_the_checkpoint_that_is_named() {
    let (scene, whole) = block_on(log_of_fifty());
    for size in whole.sealed() {
        let file = block_on(scene.file(Some(size))).expect("it is exported");
        let bundle = Bundle::of(&file);
        let report = bundle.judge();
        assert_eq!((report.fault, report.size, report.entries), (None, Some(size), size));
        let terms = whole.terms().into_iter().filter(|from| *from < size).count();
        assert_eq!(report.keys, terms as u64, "none that begins behind it");
    }
    let none = block_on(scene.file(Some(2)));
    assert!(!whole.sealed().contains(&2));
    assert_eq!(none, Err(UseCaseError::NotFound(Missing::Checkpoint)));
}

#[test]
fn a_long_log_comes_in_pieces() {
    block_on(async {
        let scene = Scene::new().await;
        for number in 1..1203 {
            scene.user(&format!("user-{number}")).await;
            if number % 100 == 0 {
                scene.seal().await;
            }
        }
        let exporter = Exporter::new(scene.world.gate());
        let begun = exporter.begin(&Caller::system("cli"), scene.store.id, None).await;
        let mut export = begun.expect("it begins");
        assert_eq!(export.size(), 1203);
        let mut pieces = Vec::new();
        while let Some(piece) = export.next().await.expect("a piece") {
            pieces.push(piece);
        }
        let lines = pieces.iter().map(|piece| piece.split(|byte| *byte == b'\n').count() - 1);
        // Pieces of 128 entries, with the checkpoints among them.
        let expected = [2, 129, 129, 129, 130, 129, 129, 129, 130, 129, 53];
        assert_eq!(lines.collect::<Vec<_>>(), expected);
        let report = Bundle::of(&pieces.concat()).judge();
        assert_eq!((report.fault, report.entries, report.checkpoints), (None, 1203, 13));
    });
}

#[test]
fn it_is_for_those_who_may_do_everything() {
    block_on(async {
        let scene = Scene::new().await;
        let exporter = Exporter::new(scene.world.gate());
        let caller = a_caller().build();
        let refused = exporter.begin(&caller, scene.store.id, None).await.err();
        assert!(matches!(refused, Some(UseCaseError::Forbidden(_))), "{refused:?}");
        let unknown = StoreId::new(uuid::Uuid::from_u128(7));
        let missing = exporter.begin(&Caller::system("cli"), unknown, None).await.err();
        assert_eq!(missing, Some(UseCaseError::NotFound(Missing::Store)));
    });
}

#[test]
fn the_log_of_a_store_that_was_removed_is_exported_still() {
    block_on(async {
        let scene = Scene::new().await;
        scene.user("ada").await;
        let context = scene.world.as_admin_in(&scene.store);
        let none = domain::version::Precondition::None;
        let removed =
            scene.world.stores().remove(&context, none, Some(scene.store.name.clone())).await;
        removed.expect("the store is removed");
        let bundle = scene.export().await;
        assert_eq!(bundle.judge().fault, None);
        assert!(bundle.number("size") > 2, "the removal too");
    });
}

/// What a verifier is given, where the first of its reads meet values that cannot be.
async fn for_verifier(failures: usize) -> (Bundle, Bundle) {
    let store = Arc::new(MemoryStore::new());
    let scene = Scene::on(World::on(Arc::clone(&store) as _)).await;
    scene.user("ada").await;
    let whole = scene.export().await;
    let exporter = Exporter::new(scene.world.gate());
    let begun = exporter.begin(&Caller::system("cli"), scene.store.id, None).await;
    let mut export = begun.expect("it begins").for_verifier();
    let mut file = export.next().await.expect("the head").expect("lines");
    for _ in 0..failures {
        store.fail_next_call(StoreError::Corrupt("this".into()));
    }
    while let Some(piece) = export.next().await.expect("a piece") {
        file.extend(piece);
    }
    (whole, Bundle::of(&file))
}

#[test]
fn a_verifier_is_told_where_nothing_can_be_read_any_more() {
    block_on(async {
        let (whole, read_leaf_by_leaf) = for_verifier(1).await;
        assert_eq!(read_leaf_by_leaf, whole);
        let (whole, cut) = for_verifier(2).await;
        let place = whole.place_of(Kind::Entry(0));
        assert_eq!(cut.0[..place], whole.0[..place]);
        assert_eq!(cut.0.len(), place + 1, "and nothing behind that");
        cut.assert_found(Reason::Malformed, 0, place);
    });
}

#[test]
fn what_cannot_be_read_is_in_no_bundle() {
    block_on(async {
        let store = Arc::new(MemoryStore::new());
        let scene = Scene::on(World::on(Arc::clone(&store) as _)).await;
        let exporter = Exporter::new(scene.world.gate());
        let begun = exporter.begin(&Caller::system("cli"), scene.store.id, None).await;
        let mut export = begun.expect("it begins");
        export.next().await.expect("the head");
        store.fail_next_call(StoreError::Corrupt("this".into()));
        let failure = UseCaseError::Store(StoreError::Corrupt("this".into()));
        assert_eq!(export.next().await, Err(failure));
    });
}

#[test]
fn where_sealing_is_refused_it_goes_as_far_as_the_last_checkpoint() {
    block_on(async {
        let store = Arc::new(MemoryStore::new());
        let scene = Scene::on(World::on(Arc::clone(&store) as _)).await;
        let unsealed = Err(UseCaseError::Store(StoreError::Unavailable("this".into())));
        store.fail_next_call(StoreError::Unavailable("this".into()));
        assert_eq!(scene.file(None).await, unsealed, "there is no checkpoint yet");
        scene.seal().await;
        scene.user("ada").await;
        for why in [StoreError::Unavailable("this".into()), StoreError::Corrupt("that".into())] {
            store.fail_next_call(why.clone());
            let exporter = Exporter::new(scene.world.gate());
            let begun = exporter.begin(&Caller::system("cli"), scene.store.id, None).await;
            let export = begun.expect("it begins");
            assert_eq!((export.size(), export.refused()), (1, Some(&why)));
        }
        store.fail_next_call(StoreError::Retryable);
        assert_eq!(scene.export().await.judge().entries, 2);
    });
}
