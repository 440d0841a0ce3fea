use std::sync::Arc;

use domain::error::{Invalid, UseCaseError};
use domain::id::UserId;
use domain::resource::Change;
use domain::unit_of_work::Unique;
use domain::user::{Include, LoginName, PersonName, User, UserDraft, UserWithRelations};
use domain::version::Precondition;
use testkit::block_on;
use testkit::builders::a_user;

use crate::shop;

/// Names the user `login_name`, gives the first name, and can make a user where `login_name` is set.
fn upsert(id: Option<UserId>, login_name: Option<&str>, first_name: &'static str) -> Change<User> {
    demanding(Precondition::None, id, login_name, first_name)
}

fn demanding(
    precondition: Precondition,
    id: Option<UserId>,
    login_name: Option<&str>,
    first_name: &'static str,
) -> Change<User> {
    let login_name = login_name.map(|name| LoginName::parse(name).expect("a login name"));
    let create = match login_name.clone() {
        Some(name) => {
            let mut draft = UserDraft::new(name);
            draft.first_name = PersonName::parse(first_name).ok();
            Ok(draft)
        }
        None => Err(Invalid::one("loginName", "must be present")),
    };
    let renamed = login_name.clone();
    let edit = Arc::new(move |before: &UserWithRelations| {
        let mut draft = UserDraft::of(&before.user);
        draft.first_name = PersonName::parse(first_name).ok();
        draft.login_name = renamed.clone().unwrap_or(draft.login_name);
        Ok(draft)
    });
    let name = login_name.map(|name| name.folded());
    Change::Upsert { id, name, precondition, writes: Include::NONE, create, edit }
}

#[test]
fn without_an_id_the_login_name_decides() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let put = |upsert| users.apply(&context, (), upsert);
        let made = put(upsert(None, Some("ada"), "A")).await.expect("made").expect("the user");
        let changed = put(upsert(None, Some("ADA"), "B")).await.expect("changed");
        let changed = changed.expect("the user");
        assert_eq!(changed.user.id, made.user.id);
        assert_eq!(changed.user.first_name.map(|name| name.to_string()).as_deref(), Some("B"));
    });
}

#[test]
fn an_unknown_id_makes_a_user_of_that_id() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let id = a_user("x").build().id;
        let made = users.apply(&context, (), upsert(Some(id), Some("x"), "X")).await;
        assert_eq!(made.map(|made| made.map(|made| made.user.id)), Ok(Some(id)));
        let nameless = upsert(Some(a_user("y").build().id), None, "Y");
        let refused = users.apply(&context, (), nameless).await;
        assert!(matches!(refused, Err(UseCaseError::Invalid(_))));
    });
}

#[test]
fn a_name_that_another_id_holds_is_taken() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("ada").draft()).await;
        let other = upsert(Some(a_user("x").build().id), Some("ada"), "X");
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let refused = users.apply(&context, (), other).await;
        assert_eq!(refused, Err(UseCaseError::Duplicate(Unique::LoginName)));
    });
}

#[test]
fn neither_id_nor_name_means_nobody() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let refused = users.apply(&context, (), upsert(None, None, "X"));
        assert!(matches!(refused.await, Err(UseCaseError::Invalid(_))));
    });
}

#[test]
fn a_precondition_is_not_met_by_what_is_not_there() {
    block_on(async {
        let (world, store) = shop().await;
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let demanding = demanding(Precondition::Exists, None, Some("x"), "X");
        let refused = users.apply(&context, (), demanding);
        assert_eq!(refused.await, Err(UseCaseError::Stale { present: None }));
    });
}
