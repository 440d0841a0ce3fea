use std::sync::Arc;

use domain::access::{Context, Permission, Principal, RoleName};
use domain::error::UseCaseError;
use domain::id::ClientId;
use domain::idempotency::{Answer, Fingerprint, IdempotencyKey, Once};
use domain::store::{NewStore, Overrides, Store, StoreDraft, StoreName};
use domain::unit_of_work::{Access, StoreError};
use domain::version::Precondition;
use jiff::SignedDuration;
use testkit::builders::{a_caller, a_user, uuid_of};
use testkit::{World, block_on};

use crate::{shop, trail};

/// A request of that key; the other number is what it says.
fn once(key: &str, says: u8) -> Once {
    let key = IdempotencyKey::parse(key).expect("a key");
    Once::new(key, Fingerprint([says; 32]), |name: &String| Answer(name.clone().into_bytes()))
}

fn replayed(text: &str) -> Result<String, UseCaseError> {
    Err(UseCaseError::Replayed(Answer(text.as_bytes().to_vec())))
}

/// Makes a user of that name, once.
async fn make(
    world: &World,
    context: &Context,
    once: Once,
    name: &str,
) -> Result<String, UseCaseError> {
    make_with(world, Access::Write, context, once, name).await
}

async fn make_with(
    world: &World,
    access: Access,
    context: &Context,
    once: Once,
    name: &str,
) -> Result<String, UseCaseError> {
    let context = Context { once: Some(once), ..context.clone() };
    let name = name.to_owned();
    world
        .gate()
        .change(access, &context, Permission::UserManage, 1, move |room| {
            let recorded = room.journal.added(a_user(&name).build())?;
            room.here().users().insert(&recorded)?;
            Ok(format!("{name} is made"))
        })
        .await
}

async fn entries(world: &World, store: &Store) -> usize {
    trail(world, store).await.len()
}

#[test]
fn a_request_that_comes_twice_happens_once_and_is_answered_twice() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        let made = make(&world, &context, once("k", 1), "ada").await;
        assert_eq!(made.as_deref(), Ok("ada is made"));
        let before = entries(&world, &store).await;
        let again = make(&world, &context, once("k", 1), "ada").await;
        assert_eq!(again, replayed("ada is made"));
        assert_eq!(entries(&world, &store).await, before);
    });
}

#[test]
fn a_key_is_for_one_request() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        make(&world, &context, once("k", 1), "ada").await.expect("made");
        let other = make(&world, &context, once("k", 2), "bob").await;
        assert_eq!(other, Err(UseCaseError::KeyReused));
        assert!(make(&world, &context, once("l", 2), "bob").await.is_ok());
    });
}

#[test]
fn a_key_is_that_of_one_caller_in_one_store() {
    block_on(async {
        let (world, store) = shop().await;
        let other = world.make_store("other").await;
        let context = world.as_admin_in(&store);
        make(&world, &context, once("k", 1), "ada").await.expect("made");
        let elsewhere = make(&world, &world.as_admin_in(&other), once("k", 1), "ada").await;
        assert!(elsewhere.is_ok(), "{elsewhere:?}");
        let client = Principal::Client(ClientId::new(uuid_of("client", "another")));
        let another = a_caller().principal(client).system_admin().acting_in(store.id);
        assert!(make(&world, &another, once("k", 1), "bob").await.is_ok());
    });
}

#[test]
fn what_is_refused_frees_its_key() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        make(&world, &context, once("k", 1), "ada").await.expect("made");
        let refused = make(&world, &context, once("l", 2), "ada").await;
        assert!(matches!(refused, Err(UseCaseError::Duplicate(_))), "{refused:?}");
        assert!(make(&world, &context, once("l", 3), "bob").await.is_ok());
    });
}

#[test]
fn an_answer_is_kept_for_a_day() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        make(&world, &context, once("k", 1), "ada").await.expect("made");
        world.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(make(&world, &context, once("k", 1), "ada").await, replayed("ada is made"));
        world.clock.advance(SignedDuration::from_micros(1));
        assert!(make(&world, &context, once("k", 2), "bob").await.is_ok());
    });
}

#[test]
fn a_rehearsal_takes_no_key() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        for _ in 0..2 {
            let tried = make_with(&world, Access::Rehearse, &context, once("k", 1), "ada").await;
            assert!(tried.is_ok(), "{tried:?}");
        }
        assert!(make(&world, &context, once("k", 2), "ada").await.is_ok());
    });
}

#[test]
fn who_may_not_act_hears_no_answer() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        make(&world, &context, once("k", 1), "ada").await.expect("made");
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, store.id).acting_in(store.id);
        let refused = make(&world, &reader, once("k", 1), "ada").await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::UserManage)));
    });
}

#[test]
fn an_answer_comes_again_though_the_store_takes_no_more_writes() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        make(&world, &context, once("k", 1), "ada").await.expect("made");
        let set = Overrides { read_only: Some(true), ..Overrides::default() };
        let edit = move |store: &Store| Ok(StoreDraft { name: store.name.clone(), set });
        let changed = world.stores().change(&context, Precondition::None, Arc::new(edit)).await;
        changed.expect("the store is read-only");
        assert_eq!(make(&world, &context, once("k", 1), "ada").await, replayed("ada is made"));
        let refused = make(&world, &context, once("l", 1), "bob").await;
        assert_eq!(refused, Err(UseCaseError::StoreReadOnly));
    });
}

#[test]
fn an_answer_that_cannot_be_made_stores_nothing() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        let key = IdempotencyKey::parse("k").expect("a key");
        let wrong = Once::new(key, Fingerprint([1; 32]), |n: &u8| Answer(vec![*n]));
        let failed = make(&world, &context, wrong, "ada").await;
        assert!(matches!(failed, Err(UseCaseError::Store(StoreError::Other(_)))), "{failed:?}");
        assert!(make(&world, &context, once("k", 1), "ada").await.is_ok());
    });
}

#[test]
fn a_store_is_made_once_too() {
    block_on(async {
        let world = World::new();
        let admin = a_caller().system_admin().build();
        let key = IdempotencyKey::parse("k").expect("a key");
        let answer = |store: &Store| Answer(store.id.to_string().into_bytes());
        let once = Once::new(key, Fingerprint([1; 32]), answer);
        let name = StoreName::parse("shop").expect("a name");
        let new = NewStore { id: None, name, set: Overrides::default() };
        let stores = world.stores();
        let made = stores.create(&admin, Some(&once), new.clone()).await.expect("made");
        let again = stores.create(&admin, Some(&once), new).await;
        assert_eq!(again, Err(UseCaseError::Replayed(answer(&made))));
        assert_eq!(stores.page(&admin, None, 10).await.expect("a page").items.len(), 1);
    });
}
