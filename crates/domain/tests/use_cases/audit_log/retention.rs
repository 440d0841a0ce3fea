use domain::audit::Archive;
use domain::audit::{EntryOrder, EntryQuery};
use domain::time::Clock as _;
use jiff::SignedDuration;
use testkit::block_on;
use testkit::builders::a_user;

use super::{head, latest, root_over, seal, sealed};
use crate::shop;

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[test]
fn what_was_sealed_long_ago_is_archived_up_to_a_checkpoint() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("old").draft()).await;
        seal(&world, &store).await;
        world.clock.advance(DAY * 10);
        world.make_user(&store, a_user("new").draft()).await;
        seal(&world, &store).await;
        let retention = world.retention();
        let days_ago = |days| world.clock.now().saturating_add(-(DAY * days));
        assert_eq!(retention.due(store.id, days_ago(11)).await, Ok(None));
        let due = retention.due(store.id, days_ago(9)).await;
        assert_eq!(due, Ok(Some(Archive { first: 0, cut: 2 })));
        let whole = sealed(&world, &store).await;

        retention.drop_before(store.id, 2).await.expect("dropped");
        assert_eq!(retention.due(store.id, days_ago(9)).await, Ok(None));
        let standing = head(&world, &store).await;
        assert_eq!((standing.first, standing.size), (2, 3));
        let left = sealed(&world, &store).await;
        assert_eq!(left, whole.get(2..).expect("the rest"));
        let (log, context) = (world.log(), world.as_admin_in(&store));
        let id = left.first().expect("an entry").entry.id;
        assert!(log.inclusion(&context, id, None).await.is_ok(), "it is proved no more");
        assert!(log.consistency(&context, 1, None).await.is_ok());
        assert_eq!(latest(&world, &store).await.1.root, root_over(&whole));
        assert!(log.checkpoint(&context, Some(2)).await.is_ok(), "where the rest begins");
    });
}

#[test]
fn many_are_dropped_step_by_step_and_the_log_goes_on() {
    block_on(async {
        let (world, store) = shop().await;
        for n in 0..30 {
            world.make_user(&store, a_user(&format!("u{n}")).draft()).await;
        }
        seal(&world, &store).await;
        world.retention().drop_before(store.id, 31).await.expect("dropped");
        world.make_user(&store, a_user("after").draft()).await;
        let context = world.as_admin_in(&store);
        let query = EntryQuery::first(EntryOrder::Commit, 100);
        let page = world.audit().page(&context, query).await.expect("a page");
        assert_eq!(page.items.len(), 1);
        assert_eq!(sealed(&world, &store).await[0].leaf, 31);
    });
}

#[test]
fn a_wrong_clock_never_archives_what_is_new() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let now = world.clock.now();
        world.clock.advance(-(DAY * 1_000));
        world.make_user(&store, a_user("ada").draft()).await;
        seal(&world, &store).await;
        world.clock.set(now);
        let due = world.retention().due(store.id, now.saturating_add(-DAY)).await;
        assert_eq!(due, Ok(None));
    });
}
