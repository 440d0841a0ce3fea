use domain::access::{AssignmentFilter, Context, Permission, RoleName};
use domain::audit::{EntryOrder, EntryQuery};
use domain::error::{Missing, UseCaseError};
use domain::store::StoreRef;
use domain::user::{Include, UserOrder, UserQuery};
use domain::version::Precondition;
use testkit::block_on;
use testkit::builders::{a_caller, a_user};

use crate::changes::{create, remove};
use crate::shop;

#[test]
fn a_store_without_a_role_is_as_unknown_as_one_that_is_not_there() {
    block_on(async {
        let (world, store) = shop().await;
        let other = world.make_store("other").await;
        let made = world.make_user(&other, a_user("ada").draft()).await;
        let stranger = a_caller().holding(RoleName::USER_STORE_ADMIN, store.id).acting_in(other.id);
        let unknown = UseCaseError::NotFound(Missing::Store);
        let users = world.users();
        assert_eq!(users.find(&stranger, made.user.id, Include::ALL).await, Err(unknown.clone()));
        let refused = users.apply(&stranger, (), create(None, a_user("x").draft())).await;
        assert_eq!(refused, Err(unknown.clone()));
        let nowhere = Context { store: StoreRef::parse("nowhere").expect("a name"), ..stranger };
        assert_eq!(users.find(&nowhere, made.user.id, Include::ALL).await, Err(unknown));
    });
}

#[test]
fn a_user_of_another_store_is_not_found() {
    block_on(async {
        let (world, store) = shop().await;
        let other = world.make_store("other").await;
        let made = world.make_user(&other, a_user("ada").draft()).await;
        let (users, here) = (world.users(), world.as_admin_in(&store));
        let missing = UseCaseError::NotFound(Missing::User);
        let found = users.find(&here, made.user.id, Include::ALL).await;
        assert_eq!(found, Err(missing.clone()));
        let removed = users.apply(&here, (), remove(made.user.id, Precondition::None)).await;
        assert_eq!(removed, Err(missing));
        let still = users.find(&world.as_admin_in(&other), made.user.id, Include::ALL).await;
        assert_eq!(still, Ok(made));
    });
}

#[test]
fn each_use_case_asks_for_its_permission() {
    block_on(async {
        let (world, store) = shop().await;
        let made = world.make_user(&store, a_user("ada").draft()).await;
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, store.id).acting_in(store.id);
        let manager = a_caller().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
        let (users, id) = (world.users(), made.user.id);
        let refused = |needs| UseCaseError::Forbidden(needs);
        assert_eq!(users.find(&reader, id, Include::ALL).await, Err(refused(Permission::UserRead)));
        assert_eq!(
            users.page(&reader, UserQuery::first(UserOrder::Id, 1), Include::ALL).await,
            Err(refused(Permission::UserRead))
        );
        assert_eq!(
            users.apply(&reader, (), create(None, a_user("x").draft())).await,
            Err(refused(Permission::UserManage))
        );
        assert_eq!(
            users.apply(&reader, (), remove(id, Precondition::None)).await,
            Err(refused(Permission::UserManage))
        );
        assert_eq!(
            world.audit().page(&manager, EntryQuery::first(EntryOrder::Id, 1)).await,
            Err(refused(Permission::AuditRead))
        );
        assert_eq!(
            world.clients().page(&manager, None, 1).await,
            Err(refused(Permission::SystemManage))
        );
        assert_eq!(
            world.roles().page(&manager, AssignmentFilter::default(), None, 1).await,
            Err(refused(Permission::SystemManage))
        );
        assert_eq!(
            world.stores().page(&manager.caller, None, 1).await,
            Err(refused(Permission::SystemManage))
        );
        assert!(users.find(&manager, id, Include::ALL).await.is_ok());
        assert!(world.audit().page(&reader, EntryQuery::first(EntryOrder::Id, 1)).await.is_ok());
    });
}
