use std::sync::Arc;

use domain::access::{
    Assignment, AssignmentFilter, Gate, Grant, Holder, Permission, PermissionSet, Ports, Reach,
    RoleBook, RoleName, RoleService, Rules,
};
use domain::audit::{Action, Area};
use domain::client::{ApiKey, Client, ClientName, NewClient};
use domain::credential::{Authenticator, NoIssuers};
use domain::error::{Missing, UseCaseError};
use domain::id::StoreId;
use domain::store::Store;
use domain::unit_of_work::Unique;
use testkit::builders::{a_caller, a_client, a_group, a_store, a_user};
use testkit::{World, block_on};

use crate::{make_group, shop, trail};

fn reader_in(store: StoreId) -> Grant {
    Grant::new(RoleName::AUDIT_TRAIL_READER, Reach::Store(store)).expect("can be held there")
}

fn help_desk(spelling: &str, reach: Reach) -> Grant {
    Grant::new(RoleName::parse(spelling).expect("a name"), reach).expect("can be held there")
}

/// The ports of `world`, with the own role `HelpDesk`.
fn with_help_desk(world: &World) -> Ports {
    let name = RoleName::parse("HelpDesk").expect("a name");
    let roles = RoleBook::with([(name, PermissionSet::of(&[Permission::UserRead]))]);
    let roles = roles.expect("an own role");
    Ports { rules: Arc::new(Rules { roles, ..Rules::default() }), ..world.ports() }
}

async fn make_client(world: &World, store: &Store, grant: Grant) -> (Client, ApiKey) {
    let name = ClientName::parse("ci").expect("a name");
    let new = NewClient { name, grants: vec![grant], expires: None };
    world.clients().create(&world.as_admin_in(store), new).await.expect("made")
}

async fn assign(world: &World, store: &Store, holder: Holder, grant: Grant) -> Assignment {
    let made = world.roles().assign(&world.as_admin_in(store), Assignment { holder, grant }).await;
    made.expect("assigned")
}

async fn assignments(world: &World, store: &Store, filter: AssignmentFilter) -> Vec<Assignment> {
    let page = world.roles().page(&world.as_admin_in(store), filter, None, 100).await;
    page.expect("listed").items
}

#[test]
fn a_role_is_given_to_users_groups_and_clients_and_taken_again() {
    block_on(async {
        let (world, store) = shop().await;
        let (roles, context) = (world.roles(), world.as_admin_in(&store));
        let ada = world.make_user(&store, a_user("ada").draft()).await.user;
        let staff = make_group(&world, &store, "staff").await;
        let (client, _) = make_client(&world, &store, Grant::system_admin()).await;
        let holders = [Holder::User(ada.id), Holder::Group(staff.id), Holder::Client(client.id)];
        for holder in holders {
            let given = assign(&world, &store, holder, reader_in(store.id)).await;
            let filter = AssignmentFilter { holder: Some(holder), ..AssignmentFilter::default() };
            assert!(assignments(&world, &store, filter.clone()).await.contains(&given));
            roles.revoke(&context, given.clone()).await.expect("revoked");
            assert!(!assignments(&world, &store, filter).await.contains(&given));
            let again = roles.revoke(&context, given).await;
            assert_eq!(again, Err(UseCaseError::NotFound(Missing::Role)));
        }
    });
}

#[test]
fn each_change_of_a_role_leaves_one_entry() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user;
        let before = trail(&world, &store).await.len();
        let given = assign(&world, &store, Holder::User(ada.id), reader_in(store.id)).await;
        world.roles().revoke(&world.as_admin_in(&store), given).await.expect("revoked");
        let entries = trail(&world, &store).await.split_off(before);
        let told: Vec<_> = entries.iter().map(|entry| (entry.area, entry.action)).collect();
        assert_eq!(told, [(Area::Role, Action::Added), (Area::Role, Action::Deleted)]);
    });
}

#[test]
fn a_role_is_given_once() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user;
        let given = assign(&world, &store, Holder::User(ada.id), reader_in(store.id)).await;
        let again = world.roles().assign(&world.as_admin_in(&store), given).await;
        assert_eq!(again, Err(UseCaseError::Duplicate(Unique::Role)));
    });
}

#[test]
fn only_a_holder_that_is_there_gets_a_role() {
    block_on(async {
        let (world, store) = shop().await;
        let other = world.make_store("other").await;
        let stranger = world.make_user(&other, a_user("ada").draft()).await.user;
        for (holder, missing) in [
            (Holder::User(stranger.id), Missing::User),
            (Holder::Group(a_group("staff").build().id), Missing::Group),
            (Holder::Client(a_client("ci").build().id), Missing::Client),
        ] {
            let assignment = Assignment { holder, grant: reader_in(store.id) };
            let context = world.as_admin_in(&store);
            let refused = world.roles().assign(&context, assignment.clone()).await;
            assert_eq!(refused, Err(UseCaseError::NotFound(missing)));
            let refused = world.roles().revoke(&context, assignment).await;
            assert_eq!(refused, Err(UseCaseError::NotFound(Missing::Role)));
        }
    });
}

#[test]
fn an_unknown_role_and_an_unknown_store_are_told_by_their_property() {
    block_on(async {
        let (world, store) = shop().await;
        let holder = Holder::User(world.make_user(&store, a_user("ada").draft()).await.user.id);
        for (grant, property) in [
            (help_desk("HelpDesk", Reach::Everywhere), "role"),
            (reader_in(a_store("nowhere").id), "storeId"),
        ] {
            let assignment = Assignment { holder, grant };
            let refused = world.roles().assign(&world.as_admin_in(&store), assignment).await;
            let Err(UseCaseError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
            assert_eq!(invalid.fields[0].property, property);
        }
    });
}

#[test]
fn an_own_role_is_given_in_the_spelling_of_the_configuration() {
    block_on(async {
        let (world, store) = shop().await;
        let ports = with_help_desk(&world);
        let roles = RoleService::new(Gate::new(ports.clone()));
        let (client, key) = make_client(&world, &store, reader_in(store.id)).await;
        let holder = Holder::Client(client.id);
        let grant = help_desk("HELPDESK", Reach::Store(store.id));
        let context = world.as_admin_in(&store);
        let given = roles.assign(&context, Assignment { holder, grant }).await.expect("assigned");
        assert_eq!(given.grant.role().as_str(), "HelpDesk");
        let authenticated =
            Authenticator::new(&ports, Arc::new(NoIssuers)).authenticate(key.reveal()).await;
        let here = authenticated.expect("accepted").permissions_in(store.id);
        assert!(here.contains(Permission::UserRead) && here.contains(Permission::AuditRead));
        let listed = roles.roles(&context).await.expect("listed");
        assert!(listed.iter().any(|role| role.name.as_str() == "HelpDesk") && listed.len() == 5);
    });
}

#[test]
fn a_role_that_was_taken_out_of_the_configuration_gives_nothing_and_can_be_taken() {
    block_on(async {
        let (world, store) = shop().await;
        let ports = with_help_desk(&world);
        let (client, key) = make_client(&world, &store, reader_in(store.id)).await;
        let (holder, context) = (Holder::Client(client.id), world.as_admin_in(&store));
        let grant = help_desk("HelpDesk", Reach::Everywhere);
        let roles = RoleService::new(Gate::new(ports.clone()));
        let given = roles.assign(&context, Assignment { holder, grant }).await.expect("assigned");
        let without = Ports { rules: Arc::default(), ..ports };
        let caller =
            Authenticator::new(&without, Arc::new(NoIssuers)).authenticate(key.reveal()).await;
        assert!(caller.expect("accepted").permissions_everywhere().is_empty());
        world.roles().revoke(&context, given).await.expect("revoked");
    });
}

#[test]
fn only_a_holder_of_everything_gives_roles() {
    block_on(async {
        let (world, store) = shop().await;
        let holder = Holder::User(world.make_user(&store, a_user("ada").draft()).await.user.id);
        let admin = a_caller().holding(RoleName::USER_STORE_ADMIN, store.id).acting_in(store.id);
        let manager = Grant::new(RoleName::USER_MANAGER, Reach::Store(store.id));
        let assignment = Assignment { holder, grant: manager.expect("can be held there") };
        let forbidden = UseCaseError::Forbidden(Permission::SystemManage);
        let refused = world.roles().assign(&admin, assignment.clone()).await;
        assert_eq!(refused, Err(forbidden.clone()));
        let given = assign(&world, &store, holder, assignment.grant).await;
        assert_eq!(world.roles().revoke(&admin, given).await, Err(forbidden));
    });
}

/// Takes the role of the one client that holds it, beside whom `second` may hold it.
async fn take_from_the_client(
    world: &World,
    store: &Store,
    second: Option<Holder>,
) -> Result<(), UseCaseError> {
    let (client, _) = make_client(world, store, Grant::system_admin()).await;
    if let Some(holder) = second {
        assign(world, store, holder, Grant::system_admin()).await;
    }
    let first = Assignment { holder: Holder::Client(client.id), grant: Grant::system_admin() };
    world.roles().revoke(&world.as_admin_in(store), first).await
}

#[test]
fn the_last_administrator_keeps_the_role() {
    block_on(async {
        let (world, store) = shop().await;
        let refused = take_from_the_client(&world, &store, None).await;
        assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
        let filter =
            AssignmentFilter { role: Some(RoleName::SYSTEM_ADMIN), ..AssignmentFilter::default() };
        assert_eq!(assignments(&world, &store, filter).await.len(), 1);
    });
}

#[test]
fn a_user_who_can_act_is_an_administrator_and_one_who_cannot_is_none() {
    block_on(async {
        let last = Err(UseCaseError::LastSystemAdmin);
        for (user, expected) in [
            (a_user("ada"), Ok(())),
            (a_user("ada").inactive(), last.clone()),
            (a_user("ada").locked(), last),
        ] {
            let (world, store) = shop().await;
            let ada = world.make_user(&store, user.draft()).await.user;
            let taken = take_from_the_client(&world, &store, Some(Holder::User(ada.id))).await;
            assert_eq!(taken, expected);
        }
    });
}

#[test]
fn who_holds_the_role_by_a_group_is_an_administrator() {
    block_on(async {
        for (is_member, expected) in [(true, Ok(())), (false, Err(UseCaseError::LastSystemAdmin))] {
            let (world, store) = shop().await;
            let group = make_group(&world, &store, "administrators").await.id;
            let ada = if is_member { a_user("ada").in_group(group) } else { a_user("ada") };
            world.make_user(&store, ada.draft()).await;
            let taken = take_from_the_client(&world, &store, Some(Holder::Group(group))).await;
            assert_eq!(taken, expected);
        }
    });
}

#[test]
fn a_list_of_assignments_goes_on_behind_a_place() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user;
        let bob = world.make_user(&store, a_user("bob").draft()).await.user;
        let staff = make_group(&world, &store, "staff").await;
        for holder in [Holder::Group(staff.id), Holder::User(bob.id), Holder::User(ada.id)] {
            assign(&world, &store, holder, reader_in(store.id)).await;
        }
        let (roles, context) = (world.roles(), world.as_admin_in(&store));
        let all = assignments(&world, &store, AssignmentFilter::default()).await;
        assert!(all.is_sorted() && all.len() == 3);
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let page = roles.page(&context, AssignmentFilter::default(), after, 1).await;
            let page = page.expect("listed");
            walked.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(walked, all);
        let elsewhere = world.make_store("other").await;
        assert!(assignments(&world, &elsewhere, AssignmentFilter::default()).await.is_empty());
    });
}
