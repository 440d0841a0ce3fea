use std::sync::Arc;

use domain::audit::log::{Checkpoint, Sealed, Sealer};
use domain::audit::{EntryOrder, EntryQuery};
use domain::error::{Missing, UseCaseError};
use domain::id::AuditId;
use domain::resource::Mode;
use domain::time::Clock as _;
use domain::unit_of_work::{Access, StoreError};
use jiff::SignedDuration;
use testkit::builders::a_user;
use testkit::memory::MemoryStore;
use testkit::{World, block_on};

use super::{head, is_signed, latest, root_over, seal, sealed};
use crate::changes::create;
use crate::shop;

async fn make_users(world: &World, store: &domain::store::Store, range: std::ops::Range<u32>) {
    let batch = range.map(|n| create(None, a_user(&format!("u{n}")).draft())).collect();
    let (users, context) = (world.users(), world.as_admin_in(store));
    users.apply_all(&context, Access::Bulk, (), Mode::Atomic, batch).await.expect("made");
}

#[test]
fn what_is_committed_is_sealed_once_in_order_and_signed() {
    block_on(async {
        let (world, store) = shop().await;
        for n in 0..3 {
            world.make_user(&store, a_user(&format!("a{n}")).draft()).await;
            seal(&world, &store).await;
        }
        make_users(&world, &store, 0..20).await;
        seal(&world, &store).await;
        assert_eq!(world.sealer().seal(store.id).await, Ok(Sealed::default()));
        let entries = sealed(&world, &store).await;
        assert_eq!(entries.len(), 24);
        assert!(entries.iter().zip(0..).all(|(sealed, leaf)| sealed.leaf == leaf));
        let (stored, checkpoint) = latest(&world, &store).await;
        assert_eq!((checkpoint.store, checkpoint.size), (store.id, 24));
        assert_eq!(checkpoint.root, root_over(&entries));
        assert!(is_signed(&stored.note, &store, &store.audit_key));
        assert_eq!(stored.sealed_at, world.clock.now());
    });
}

#[test]
fn a_backlog_is_sealed_in_chunks_and_a_run_may_be_cut() {
    block_on(async {
        let (world, store) = shop().await;
        let chunk = Sealer::CHUNK;
        make_users(&world, &store, 0..chunk + 10).await;
        let first = world.sealer().seal(store.id).await.expect("sealed");
        assert_eq!(first, Sealed { entries: u64::from(chunk), more: true });
        let second = world.sealer().seal(store.id).await.expect("sealed");
        assert_eq!(second, Sealed { entries: 11, more: false });
        let entries = sealed(&world, &store).await;
        assert_eq!(entries.len() as u64, u64::from(chunk) + 11);
        let (_, checkpoint) = latest(&world, &store).await;
        assert_eq!(checkpoint.root, root_over(&entries));
    });
}

#[test]
fn the_list_shows_what_was_committed_before_it_was_asked_for() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("ada").draft()).await;
        let (audit, context) = (world.audit(), world.as_admin_in(&store));
        let page = audit.page(&context, EntryQuery::first(EntryOrder::Commit, 1)).await;
        let page = page.expect("a page");
        assert_eq!(page.items.len(), 1);
        let next = page.next.expect("more follow");
        assert_eq!(next.sort, "0");
        world.make_user(&store, a_user("bob").draft()).await;
        let query = EntryQuery { after: Some(next), ..EntryQuery::first(EntryOrder::Commit, 5) };
        let rest = audit.page(&context, query).await.expect("a page");
        assert_eq!(rest.items.len(), 1, "a later page seals nothing");
        assert_eq!(head(&world, &store).await.size, 2);
    });
}

#[test]
fn two_that_seal_at_once_seal_nothing_twice() {
    let (world, store) = block_on(async {
        let (world, store) = shop().await;
        make_users(&world, &store, 0..400).await;
        (world, store)
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| block_on(seal(&world, &store)));
        }
    });
    block_on(async {
        seal(&world, &store).await;
        let entries = sealed(&world, &store).await;
        assert_eq!(entries.len(), 401);
        assert_eq!(latest(&world, &store).await.1.root, root_over(&entries));
    });
}

#[test]
fn an_entry_is_proved_at_every_checkpoint_after_it() {
    block_on(async {
        let (world, store) = shop().await;
        let (log, context) = (world.log(), world.as_admin_in(&store));
        let first = AuditId::new(1).expect("in range");
        assert_eq!(log.inclusion(&context, first, None).await, Err(UseCaseError::NotSealed));
        let mut sizes = vec![];
        for round in 0..4_u32 {
            make_users(&world, &store, round * 100..round * 100 + 70).await;
            seal(&world, &store).await;
            sizes.push(head(&world, &store).await.size);
        }
        for size in &sizes {
            let proof = log.inclusion(&context, first, Some(*size)).await.expect("a proof");
            assert_eq!((proof.leaf, proof.checkpoint.size), (0, *size));
        }
        let last = sealed(&world, &store).await.pop().expect("an entry").entry.id;
        assert!(log.inclusion(&context, last, None).await.is_ok());
        let early = log.inclusion(&context, last, sizes.first().copied()).await;
        assert_eq!(early, Err(UseCaseError::NotSealed));
        let missing = Err(UseCaseError::NotFound(Missing::Checkpoint));
        assert_eq!(log.inclusion(&context, last, Some(3)).await, missing);
        let none = AuditId::new(AuditId::MAX).expect("in range");
        let missing = Err(UseCaseError::NotFound(Missing::AuditEntry));
        assert_eq!(log.inclusion(&context, none, None).await, missing);
    });
}

#[test]
fn a_log_is_proved_to_be_the_beginning_of_a_later_one() {
    block_on(async {
        let (world, store) = shop().await;
        make_users(&world, &store, 0..300).await;
        seal(&world, &store).await;
        let (log, context) = (world.log(), world.as_admin_in(&store));
        let entries = sealed(&world, &store).await;
        for from in [1, 2, 128, 255, 256, 257, 300, 301] {
            let proof = log.consistency(&context, from, None).await.expect("a proof");
            let begun = entries.get(..usize::try_from(from).expect("small")).expect("so many");
            assert_eq!((proof.from, proof.to), (root_over(begun), root_over(&entries)));
        }
        let missing = Err(UseCaseError::NotFound(Missing::Checkpoint));
        for (from, to) in [(0, None), (302, None), (2, Some(1)), (1, Some(302))] {
            assert_eq!(log.consistency(&context, from, to).await, missing);
        }
    });
}

#[test]
fn a_checkpoint_of_a_size_that_was_not_sealed_is_missing() {
    block_on(async {
        let (world, store) = shop().await;
        let (log, context) = (world.log(), world.as_admin_in(&store));
        let missing = Err(UseCaseError::NotFound(Missing::Checkpoint));
        assert_eq!(log.checkpoint(&context, None).await, missing);
        make_users(&world, &store, 0..3).await;
        seal(&world, &store).await;
        let four = log.checkpoint(&context, Some(4)).await.expect("a checkpoint");
        assert_eq!(Checkpoint::read(&four.note).expect("it reads").0.size, 4);
        assert_eq!(log.checkpoint(&context, Some(3)).await, missing);
    });
}

#[test]
fn a_node_without_the_key_seals_nothing_and_loses_nothing() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("ada").draft()).await;
        world.keys.forget(&store.audit_key);
        let refused = world.sealer().seal(store.id).await;
        assert!(
            matches!(refused, Err(UseCaseError::Store(StoreError::Unavailable(_)))),
            "{refused:?}"
        );
        world.keys.add(testkit::TestSigner::default());
        seal(&world, &store).await;
        assert_eq!(head(&world, &store).await.size, 2);
    });
}

#[test]
fn a_clock_that_is_set_back_does_not_make_checkpoints_older() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let before = latest(&world, &store).await.0.sealed_at;
        world.clock.advance(SignedDuration::from_hours(-24 * 365));
        world.make_user(&store, a_user("ada").draft()).await;
        seal(&world, &store).await;
        let (stored, checkpoint) = latest(&world, &store).await;
        assert_eq!((checkpoint.size, stored.sealed_at), (2, before));
    });
}

#[test]
fn stores_with_something_to_seal_are_found_page_by_page() {
    block_on(async {
        let (world, store) = shop().await;
        let other = world.make_store("other").await;
        let mut both = [store.id, other.id];
        both.sort_unstable();
        let sealer = world.sealer();
        let first = sealer.waiting(None, 1).await.expect("a page");
        assert_eq!(first.items, [both[0]]);
        let second = sealer.waiting(first.next, 1).await.expect("a page");
        assert_eq!((second.items.as_slice(), second.next), (&both[1..], None));
        seal(&world, &store).await;
        seal(&world, &other).await;
        assert!(sealer.waiting(None, 10).await.expect("a page").items.is_empty());
    });
}

#[test]
fn a_log_that_was_cut_off_beneath_a_server_is_signed_no_more() {
    block_on(async {
        let memory = MemoryStore::new();
        let world = World::on(Arc::new(memory.clone()));
        let store = world.make_store("shop").await;
        let sealer = world.sealer();
        sealer.seal(store.id).await.expect("sealed");
        let earlier = memory.backup();
        world.make_user(&store, a_user("ada").draft()).await;
        sealer.seal(store.id).await.expect("sealed");
        memory.restore(&earlier);
        world.make_user(&store, a_user("eve").draft()).await;
        let refused = sealer.seal(store.id).await;
        assert!(matches!(refused, Err(UseCaseError::Store(StoreError::Corrupt(_)))), "{refused:?}");
        assert_eq!(head(&world, &store).await.size, 1);
        let begun = World::on(Arc::new(memory)).sealer();
        assert!(begun.seal(store.id).await.is_ok(), "who has just begun knows no better");
    });
}
