use domain::audit::{Action, Area};
use domain::error::UseCaseError;
use domain::unit_of_work::{Access, transact};
use testkit::block_on;
use testkit::builders::a_user;

use super::{seal, sealed};
use crate::shop;

#[test]
fn a_reader_that_resumes_misses_nothing_and_is_told_no_contents() {
    block_on(async {
        let (world, store) = shop().await;
        for n in 0..5 {
            world.make_user(&store, a_user(&format!("u{n}")).draft()).await;
        }
        seal(&world, &store).await;
        let (log, context) = (world.log(), world.as_admin_in(&store));
        let (mut after, mut read) = (None, vec![]);
        loop {
            let events = log.events(&context, after, 2).await.expect("events");
            let Some(last) = events.last() else { break };
            after = Some(last.leaf);
            read.extend(events);
        }
        let entries = sealed(&world, &store).await;
        assert_eq!(read.len(), entries.len());
        for (event, sealed) in read.iter().zip(&entries) {
            assert_eq!(event.leaf, sealed.leaf);
            assert_eq!(event.area, sealed.entry.area);
            assert_eq!(event.action, sealed.entry.action);
            assert_eq!(event.primary_key, sealed.entry.primary_key);
            assert_eq!(event.timestamp, sealed.entry.timestamp);
        }
        assert_eq!((read[0].area, read[0].action), (Area::Store, Action::Added));
        world.make_user(&store, a_user("late").draft()).await;
        assert_eq!(log.events(&context, after, 2).await, Ok(vec![]), "not sealed yet");
        seal(&world, &store).await;
        assert_eq!(log.events(&context, after, 2).await.expect("events").len(), 1);
        let end = after.expect("a leaf") + 1;
        assert_eq!(log.events(&context, Some(end), 2).await, Ok(vec![]));
        for beyond in [end + 1, u64::MAX] {
            let refused = log.events(&context, Some(beyond), 2).await.expect_err("refused");
            let UseCaseError::Invalid(invalid) = refused else { panic!("{refused:?}") };
            assert_eq!(invalid.fields[0].property, "after");
        }
    });
}

#[test]
fn what_is_archived_is_told_and_not_skipped() {
    block_on(async {
        let (world, store) = shop().await;
        for n in 0..5 {
            world.make_user(&store, a_user(&format!("u{n}")).draft()).await;
        }
        seal(&world, &store).await;
        let id = store.id;
        let unit_of_work = world.ports().unit_of_work;
        let dropped = transact(&*unit_of_work, Access::Write, move |tx| {
            tx.store(id).log().drop_before(3, 100)
        });
        assert!(!dropped.await.expect("dropped"));
        let (log, context) = (world.log(), world.as_admin_in(&store));
        for after in [None, Some(0), Some(1)] {
            let answer = log.events(&context, after, 10).await;
            assert_eq!(answer, Err(UseCaseError::Archived { first: 3 }));
        }
        assert_eq!(log.events(&context, Some(2), 10).await.expect("events").len(), 3);
    });
}
