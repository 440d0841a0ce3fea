use std::sync::Arc;

use domain::error::{Missing, UseCaseError};
use domain::unit_of_work::{Access, Unique};
use domain::user::{Edit, Include, PersonName, UserDraft};
use domain::version::Precondition;
use testkit::block_on;
use testkit::builders::a_user;

use crate::{shop, trail};

/// An edit that gives a new first name.
fn rename(first_name: &'static str) -> Edit {
    Arc::new(move |before| {
        let mut draft = UserDraft::of(&before.user);
        draft.first_name = PersonName::parse(first_name).ok();
        Ok(draft)
    })
}

#[test]
fn a_user_is_found_by_id_and_by_any_spelling_of_the_login_name() {
    block_on(async {
        let (world, store) = shop().await;
        let made = world.make_user(&store, a_user("Ada").draft()).await;
        let context = world.as_admin_in(&store);
        let users = world.users();
        assert_eq!(users.find(&context, made.user.id, Include::ALL).await.as_ref(), Ok(&made));
        let name = domain::text::Folded::of("aDA");
        assert_eq!(users.find_by_login_name(&context, name, Include::ALL).await, Ok(made));
    });
}

#[test]
fn a_taken_login_name_is_named_and_leaves_no_entry() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("ada").draft()).await;
        let before = trail(&world, &store).await;
        let context = world.as_admin_in(&store);
        let again = world.users().create(&context, None, a_user("ADA").draft()).await;
        assert_eq!(again, Err(UseCaseError::Duplicate(Unique::LoginName)));
        assert_eq!(trail(&world, &store).await, before);
    });
}

#[test]
fn a_change_that_changes_nothing_leaves_no_entry_and_the_version() {
    block_on(async {
        let (world, store) = shop().await;
        let made = world.make_user(&store, a_user("ada").named("Ada", "L").draft()).await;
        let before = trail(&world, &store).await;
        let context = world.as_admin_in(&store);
        let (users, id) = (world.users(), made.user.id);
        let same =
            users.change(&context, id, Precondition::None, Include::NONE, rename("Ada")).await;
        assert_eq!(same, Ok(made));
        assert_eq!(trail(&world, &store).await, before);
    });
}

#[test]
fn a_change_needs_the_version_that_it_demands() {
    block_on(async {
        let (world, store) = shop().await;
        let made = world.make_user(&store, a_user("ada").draft()).await;
        let (users, context, id) = (world.users(), world.as_admin_in(&store), made.user.id);
        let first = Precondition::OneOf(vec![made.user.version]);
        let change = |demand: Precondition, name| {
            users.change(&context, id, demand, Include::NONE, rename(name))
        };
        let changed = change(first.clone(), "Ada").await.expect("the version is met");
        assert_ne!(changed.user.version, made.user.version);
        let present = Some(changed.user.version);
        assert_eq!(change(first.clone(), "Eve").await, Err(UseCaseError::Stale { present }));
        assert!(change(Precondition::Exists, "Eve").await.is_ok());
        let removed = users.remove(&context, id, first).await;
        assert!(matches!(removed, Err(UseCaseError::Stale { .. })));
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let id = a_user("nobody").build().id;
        let missing = Err(UseCaseError::NotFound(Missing::User));
        assert_eq!(users.find(&context, id, Include::ALL).await, missing);
        let change = users.change(&context, id, Precondition::None, Include::NONE, rename("x"));
        assert_eq!(change.await, missing);
        let removed = users.remove(&context, id, Precondition::None).await;
        assert_eq!(removed, Err(UseCaseError::NotFound(Missing::User)));
    });
}

#[test]
fn a_deleted_user_made_again_shows_no_version_of_before() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let first = world.make_user(&store, a_user("ada").draft()).await;
        let id = first.user.id;
        users.remove(&context, id, Precondition::None).await.expect("removed");
        let again = users.create(&context, Some(id), a_user("ada").draft()).await.expect("made");
        assert_ne!(again.user.version, first.user.version);
    });
}

#[test]
fn a_list_goes_on_where_the_page_before_ended() {
    block_on(async {
        let (world, store) = shop().await;
        for name in ["a", "b", "c", "d", "e"] {
            world.make_user(&store, a_user(name).draft()).await;
        }
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let (mut after, mut names) = (None, Vec::new());
        loop {
            let page = users.page(&context, after, 2, Include::NONE).await.expect("a page");
            names.extend(page.items.iter().map(|item| item.user.login_name.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
    });
}

#[test]
fn a_batch_is_made_whole_or_not_at_all() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("taken").draft()).await;
        let before = trail(&world, &store).await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let names = ["a", "b", "TAKEN"];
        let batch = names.map(|name| (None, a_user(name).draft())).to_vec();
        let refused = users.create_all(&context, Access::Bulk, batch).await;
        let source = Box::new(UseCaseError::Duplicate(Unique::LoginName));
        assert_eq!(refused, Err(UseCaseError::Item { index: 2, source }));
        assert_eq!(trail(&world, &store).await, before);
    });
}

#[test]
fn a_batch_larger_than_a_chunk_leaves_one_entry_a_user() {
    block_on(async {
        let (world, store) = shop().await;
        let before = trail(&world, &store).await.len();
        let batch: Vec<_> = (0..1_201).map(|n| (None, a_user(&format!("u{n}")).draft())).collect();
        let made = world.users().create_all(&world.as_admin_in(&store), Access::Bulk, batch).await;
        let made = made.expect("all are made");
        assert_eq!(made.len(), 1_201);
        assert_eq!(made[1_200].user.login_name.as_str(), "u1200");
        assert_eq!(trail(&world, &store).await.len() - before, 1_201);
    });
}

#[test]
fn one_id_twice_in_a_batch_is_refused_with_its_position() {
    block_on(async {
        let (world, store) = shop().await;
        let id = Some(a_user("x").build().id);
        let batch =
            vec![(id, a_user("a").draft()), (None, a_user("b").draft()), (id, a_user("c").draft())];
        let refused =
            world.users().create_all(&world.as_admin_in(&store), Access::Bulk, batch).await;
        assert!(matches!(refused, Err(UseCaseError::Item { index: 2, .. })));
    });
}

#[test]
fn of_several_users_that_cannot_be_made_the_first_is_told() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("taken").draft()).await;
        let mut expired = a_user("late").draft();
        expired.password_expires = Some(world.gate().now());
        let batch = vec![
            (None, a_user("fine").draft()),
            (None, a_user("taken").draft()),
            (None, expired.clone()),
        ];
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let refused = users.create_all(&context, Access::Bulk, batch).await;
        let source = Box::new(UseCaseError::Duplicate(Unique::LoginName));
        assert_eq!(refused, Err(UseCaseError::Item { index: 1, source }));
        let batch = vec![(None, expired), (None, a_user("taken").draft())];
        let refused = users.create_all(&context, Access::Bulk, batch).await;
        assert!(matches!(refused, Err(UseCaseError::Item { index: 0, .. })));
    });
}

#[test]
fn a_rehearsed_batch_makes_nobody() {
    block_on(async {
        let (world, store) = shop().await;
        let before = trail(&world, &store).await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let batch = vec![(None, a_user("a").draft()), (None, a_user("b").draft())];
        let made = users.create_all(&context, Access::Rehearse, batch).await.expect("possible");
        assert_eq!(made.len(), 2);
        assert_eq!(trail(&world, &store).await, before);
    });
}
