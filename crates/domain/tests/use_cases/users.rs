use std::sync::Arc;

use domain::error::{Missing, UseCaseError};
use domain::page::Query;
use domain::resource::{Edit, Mode};
use domain::unit_of_work::{Access, Unique};
use domain::user::{Include, PersonName, User, UserDraft, UserOrder, UserWithRelations};
use domain::version::Precondition;
use testkit::block_on;
use testkit::builders::a_user;

use crate::changes::{change, create, remove};
use crate::{shop, trail};

/// An edit that gives a new first name.
fn rename(first_name: &'static str) -> Edit<User> {
    Arc::new(move |before: &UserWithRelations| {
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
        let again = world.users().apply(&context, (), create(None, a_user("ADA").draft())).await;
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
        let change = change(made.user.id, Precondition::None, Include::NONE, rename("Ada"));
        assert_eq!(world.users().apply(&context, (), change).await, Ok(Some(made)));
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
            users.apply(
                &context,
                (),
                crate::changes::change(id, demand, Include::NONE, rename(name)),
            )
        };
        let changed = change(first.clone(), "Ada").await.expect("the version is met");
        let changed = changed.expect("the user");
        assert_ne!(changed.user.version, made.user.version);
        let present = Some(changed.user.version);
        assert_eq!(change(first.clone(), "Eve").await, Err(UseCaseError::Stale { present }));
        assert!(change(Precondition::Exists, "Eve").await.is_ok());
        let removed = users.apply(&context, (), remove(id, first)).await;
        assert!(matches!(removed, Err(UseCaseError::Stale { .. })));
    });
}

#[test]
fn what_is_not_there_is_not_found() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let id = a_user("nobody").build().id;
        let missing = UseCaseError::NotFound(Missing::User);
        assert_eq!(users.find(&context, id, Include::ALL).await, Err(missing.clone()));
        let change = change(id, Precondition::None, Include::NONE, rename("x"));
        assert_eq!(users.apply(&context, (), change).await, Err(missing.clone()));
        let removed = users.apply(&context, (), remove(id, Precondition::None)).await;
        assert_eq!(removed, Err(missing));
    });
}

#[test]
fn a_deleted_user_made_again_shows_no_version_of_before() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let first = world.make_user(&store, a_user("ada").draft()).await;
        let id = first.user.id;
        let removal = remove(id, Precondition::None);
        assert_eq!(users.apply(&context, (), removal).await, Ok(None));
        let again = users.apply(&context, (), create(Some(id), a_user("ada").draft())).await;
        let again = again.expect("made").expect("the user");
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
            let query = Query { after, ..Query::first(UserOrder::Id, 2) };
            let page = users.page(&context, query, Include::NONE).await.expect("a page");
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
        let batch = names.map(|name| create(None, a_user(name).draft())).into();
        let refused = users.apply_all(&context, Access::Bulk, (), Mode::Atomic, batch).await;
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
        let batch: Vec<_> =
            (0..1_201).map(|n| create(None, a_user(&format!("u{n}")).draft())).collect();
        let made = world
            .users()
            .apply_all(&world.as_admin_in(&store), Access::Bulk, (), Mode::Atomic, batch)
            .await;
        let made = made.expect("all are made");
        assert_eq!(made.len(), 1_201);
        let last = made[1_200].as_ref().expect("made").as_ref().expect("the user");
        assert_eq!(last.user.login_name.as_str(), "u1200");
        assert_eq!(trail(&world, &store).await.len() - before, 1_201);
    });
}

#[test]
fn one_id_twice_in_a_batch_is_refused_with_its_position() {
    block_on(async {
        let (world, store) = shop().await;
        let id = Some(a_user("x").build().id);
        let batch = vec![
            create(id, a_user("a").draft()),
            create(None, a_user("b").draft()),
            create(id, a_user("c").draft()),
        ];
        let refused = world
            .users()
            .apply_all(&world.as_admin_in(&store), Access::Bulk, (), Mode::Atomic, batch)
            .await;
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
            create(None, a_user("fine").draft()),
            create(None, a_user("taken").draft()),
            create(None, expired.clone()),
        ];
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let refused = users.apply_all(&context, Access::Bulk, (), Mode::Atomic, batch).await;
        let source = Box::new(UseCaseError::Duplicate(Unique::LoginName));
        assert_eq!(refused, Err(UseCaseError::Item { index: 1, source }));
        let batch = vec![create(None, expired), create(None, a_user("taken").draft())];
        let refused = users.apply_all(&context, Access::Bulk, (), Mode::Atomic, batch).await;
        assert!(matches!(refused, Err(UseCaseError::Item { index: 0, .. })));
    });
}

#[test]
fn a_rehearsed_batch_makes_nobody() {
    block_on(async {
        let (world, store) = shop().await;
        let before = trail(&world, &store).await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let batch = vec![create(None, a_user("a").draft()), create(None, a_user("b").draft())];
        let made = users
            .apply_all(&context, Access::Rehearse, (), Mode::Atomic, batch)
            .await
            .expect("possible");
        assert_eq!(made.len(), 2);
        assert_eq!(trail(&world, &store).await, before);
    });
}
