use domain::access::{Grant, Permission, Principal, Reach, RoleName};
use domain::client::{ClientName, NewClient};
use domain::credential::{AuthenticationError, Authenticator};
use domain::error::{Missing, UseCaseError};
use domain::id::StoreId;
use domain::time::Clock as _;
use jiff::SignedDuration;
use testkit::builders::{a_caller, a_store};
use testkit::{World, block_on};

use crate::{shop, trail};

fn authenticator(world: &World) -> Authenticator {
    world.authenticator()
}

fn new_client(grants: Vec<Grant>) -> NewClient {
    NewClient { name: ClientName::parse("ci").expect("a name"), grants, expires: None }
}

fn manager_of(store: StoreId) -> Grant {
    Grant::new(RoleName::USER_MANAGER, Reach::Store(store)).expect("a role of a store")
}

#[test]
fn a_key_yields_its_holder_until_it_is_revoked() {
    block_on(async {
        let (world, store) = shop().await;
        let (clients, context) = (world.clients(), world.as_admin_in(&store));
        let made = clients.create(&context, new_client(vec![manager_of(store.id)])).await;
        let (client, key) = made.expect("made");
        let caller = authenticator(&world).authenticate(key.reveal()).await.expect("accepted");
        assert_eq!(caller.principal(), Principal::Client(client.id));
        assert!(caller.permissions_in(store.id).contains(Permission::UserManage));
        clients.revoke(&context, client.id).await.expect("revoked");
        let refused = authenticator(&world).authenticate(key.reveal()).await;
        assert_eq!(refused, Err(AuthenticationError::Refused));
        let again = clients.revoke(&context, client.id).await;
        assert_eq!(again, Err(UseCaseError::NotFound(Missing::Client)));
    });
}

#[test]
fn a_key_ends_at_its_time_by_the_clock() {
    block_on(async {
        let (world, store) = shop().await;
        let expires = world.clock.now().saturating_add(SignedDuration::from_secs(60));
        let new = NewClient { expires: Some(expires), ..new_client(vec![manager_of(store.id)]) };
        let made = world.clients().create(&world.as_admin_in(&store), new).await;
        let key = made.expect("made").1;
        world.clock.advance(SignedDuration::from_micros(59_999_999));
        assert!(authenticator(&world).authenticate(key.reveal()).await.is_ok());
        world.clock.advance(SignedDuration::from_micros(1));
        let refused = authenticator(&world).authenticate(key.reveal()).await;
        assert_eq!(refused, Err(AuthenticationError::Refused));
    });
}

#[test]
fn a_client_needs_a_role_and_an_end_in_the_future() {
    block_on(async {
        let (world, store) = shop().await;
        let new = NewClient { expires: Some(world.clock.now()), ..new_client(vec![]) };
        let refused = world.clients().create(&world.as_admin_in(&store), new).await.map(drop);
        let Err(UseCaseError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
        let properties: Vec<_> = invalid.fields.iter().map(|field| &*field.property).collect();
        assert_eq!(properties, ["roles", "expires"]);
    });
}

#[test]
fn a_role_is_not_granted_in_a_store_that_is_not_there() {
    block_on(async {
        let (world, store) = shop().await;
        let new = new_client(vec![manager_of(a_store("nowhere").id)]);
        let refused = world.clients().create(&world.as_admin_in(&store), new).await.map(drop);
        assert!(matches!(refused, Err(UseCaseError::Invalid(_))));
    });
}

#[test]
fn a_role_that_is_not_there_is_not_granted() {
    block_on(async {
        let (world, store) = shop().await;
        let unknown = RoleName::parse("HelpDesk").expect("a name");
        let grant = Grant::new(unknown, Reach::Everywhere).expect("can be held there");
        let new = new_client(vec![manager_of(store.id), grant]);
        let refused = world.clients().create(&world.as_admin_in(&store), new).await.map(drop);
        let Err(UseCaseError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
        assert_eq!(invalid.fields[0].property, "roles");
        assert!(invalid.fields[0].rule.contains("HelpDesk"));
    });
}

#[test]
fn a_client_is_found_in_its_store_alone() {
    block_on(async {
        let (world, store) = shop().await;
        let (clients, other) = (world.clients(), world.make_store("other").await);
        let new = new_client(vec![manager_of(store.id)]);
        let made = clients.create(&world.as_admin_in(&store), new).await.expect("made").0;
        let found = clients.find(&world.as_admin_in(&store), made.id).await;
        assert_eq!(found.as_ref(), Ok(&made));
        let elsewhere = clients.find(&world.as_admin_in(&other), made.id).await;
        assert_eq!(elsewhere, Err(UseCaseError::NotFound(Missing::Client)));
    });
}

#[test]
fn the_last_administrator_stays() {
    block_on(async {
        let (world, store) = shop().await;
        let (clients, context) = (world.clients(), world.as_admin_in(&store));
        let admin = || new_client(vec![Grant::system_admin()]);
        let first = clients.create(&context, admin()).await.expect("made").0;
        let refused = clients.revoke(&context, first.id).await;
        assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
        let name = ClientName::parse("second").expect("a name");
        let second = clients.create(&context, NewClient { name, ..admin() }).await.expect("made").0;
        clients.revoke(&context, first.id).await.expect("there is another one");
        let refused = clients.revoke(&context, second.id).await;
        assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
    });
}

#[test]
fn an_expired_administrator_does_not_count() {
    block_on(async {
        let (world, store) = shop().await;
        let (clients, context) = (world.clients(), world.as_admin_in(&store));
        let admin = || new_client(vec![Grant::system_admin()]);
        let first = clients.create(&context, admin()).await.expect("made").0;
        let expires = Some(world.clock.now().saturating_add(SignedDuration::from_secs(1)));
        let name = ClientName::parse("brief").expect("a name");
        clients.create(&context, NewClient { name, expires, ..admin() }).await.expect("made");
        world.clock.advance(SignedDuration::from_secs(1));
        let refused = clients.revoke(&context, first.id).await;
        assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
    });
}

#[test]
fn neither_a_key_nor_its_hash_is_in_the_trail() {
    block_on(async {
        let (world, store) = shop().await;
        let new = new_client(vec![manager_of(store.id)]);
        let (_, key) = world.clients().create(&world.as_admin_in(&store), new).await.expect("made");
        let entry = trail(&world, &store).await.pop().expect("an entry");
        let content = entry.current.and_then(|current| current.opened).expect("a content").content;
        assert!(!content.contains(key.reveal()) && !content.to_lowercase().contains("hash"));
        assert!(content.contains(r#""role":"UserManager""#), "{content}");
    });
}

#[test]
fn only_a_holder_of_everything_makes_clients() {
    block_on(async {
        let (world, store) = shop().await;
        let admin = a_caller().holding(RoleName::USER_STORE_ADMIN, store.id).acting_in(store.id);
        let refused = world.clients().create(&admin, new_client(vec![manager_of(store.id)])).await;
        let refused = refused.map(drop);
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::SystemManage)));
    });
}
