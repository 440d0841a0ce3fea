use std::sync::Arc;

use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::resource::{Change, Mode, Outcome};
use domain::store::Store;
use domain::unit_of_work::{Access, Unique};
use domain::user::{Include, LoginName, User, UserDraft, UserWithRelations};
use domain::version::Precondition;
use testkit::builders::a_user;
use testkit::{World, block_on};

use crate::changes::{change, create, remove};
use crate::{shop, trail};

async fn apply(
    world: &World,
    store: &Store,
    mode: Mode,
    changes: Vec<Change<User>>,
) -> Result<Vec<Outcome<User>>, UseCaseError> {
    world.users().apply_all(&world.as_admin_in(store), Access::Bulk, (), mode, changes).await
}

/// A change of the login name.
fn rename(id: UserId, name: &'static str) -> Change<User> {
    let edit = Arc::new(move |before: &UserWithRelations| {
        let mut draft = UserDraft::of(&before.user);
        draft.login_name = LoginName::parse(name).expect("a name");
        Ok(draft)
    });
    change(id, Precondition::None, Include::NONE, edit)
}

#[test]
fn of_a_partial_batch_the_sound_changes_are_made_and_each_is_told() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("taken").draft()).await;
        let before = trail(&world, &store).await.len();
        let batch = ["a", "TAKEN", "b", "A"].map(|name| create(None, a_user(name).draft())).into();
        let outcomes = apply(&world, &store, Mode::Partial, batch).await.expect("partly");
        let taken = Err(UseCaseError::Duplicate(Unique::LoginName));
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        assert_eq!((&outcomes[1], &outcomes[3]), (&taken, &taken));
        assert_eq!(trail(&world, &store).await.len() - before, 2);
    });
}

#[test]
fn a_refusal_at_either_end_of_an_atomic_batch_is_told_with_its_position() {
    block_on(async {
        let (world, store) = shop().await;
        let nobody = a_user("nobody").build().id;
        let mut ids = Vec::new();
        for n in 0..1_100 {
            ids.push(create(None, a_user(&format!("u{n}")).draft()));
        }
        let made = apply(&world, &store, Mode::Atomic, ids).await.expect("made");
        let ids: Vec<_> = made.into_iter().flatten().flatten().map(|made| made.user.id).collect();
        let before = trail(&world, &store).await;
        for at in [0, ids.len()] {
            let mut named = ids.clone();
            named.insert(at, nobody);
            let batch = named.iter().map(|id| remove(*id, Precondition::None)).collect();
            let source = Box::new(UseCaseError::NotFound(Missing::User));
            let refused = apply(&world, &store, Mode::Atomic, batch).await;
            assert_eq!(refused, Err(UseCaseError::Item { index: at, source }));
        }
        assert_eq!(trail(&world, &store).await, before);
        let batch = ids.iter().map(|id| remove(*id, Precondition::None)).collect();
        assert!(apply(&world, &store, Mode::Atomic, batch).await.is_ok());
        assert_eq!(trail(&world, &store).await.len(), before.len() + ids.len());
    });
}

#[test]
fn names_move_along_in_the_order_of_the_batch() {
    block_on(async {
        let (world, store) = shop().await;
        let a = world.make_user(&store, a_user("a").draft()).await.user.id;
        let b = world.make_user(&store, a_user("b").draft()).await.user.id;
        let taken = UseCaseError::Duplicate(Unique::LoginName);
        let wrong_order = vec![rename(a, "b"), rename(b, "c")];
        let outcomes = apply(&world, &store, Mode::Partial, wrong_order).await.expect("partly");
        assert_eq!(outcomes[0], Err(taken));
        assert!(outcomes[1].is_ok(), "the other one is made");
        let outcomes =
            apply(&world, &store, Mode::Atomic, vec![rename(b, "d"), rename(a, "c")]).await;
        assert!(outcomes.is_ok(), "{outcomes:?}");
    });
}

#[test]
fn one_record_twice_in_a_batch_is_refused_whichever_way_it_is_named() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let upsert = |id, name: Option<&str>| {
            let name = name.map(domain::text::Folded::of);
            let edit = Arc::new(|before: &UserWithRelations| Ok(UserDraft::of(&before.user)));
            let create = Ok(a_user("new").draft());
            let (precondition, writes) = (Precondition::None, Include::NONE);
            Change::Upsert { id, name, precondition, writes, create, edit }
        };
        let batches = [
            vec![rename(ada, "x"), rename(ada, "y")],
            vec![upsert(Some(ada), None), upsert(None, Some("ADA"))],
            vec![upsert(None, Some("new")), upsert(None, Some("NEW"))],
        ];
        for batch in batches {
            let refused = apply(&world, &store, Mode::Atomic, batch).await;
            let Err(UseCaseError::Item { index: 1, source }) = refused else {
                panic!("{refused:?}")
            };
            assert!(matches!(*source, UseCaseError::Invalid(_)));
        }
    });
}

#[test]
fn a_rehearsal_of_any_change_changes_nothing() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let bob = world.make_user(&store, a_user("bob").draft()).await.user.id;
        let before = trail(&world, &store).await;
        let batch = vec![rename(ada, "eve"), remove(bob, Precondition::None)];
        let context = world.as_admin_in(&store);
        let users = world.users();
        let outcomes = users.apply_all(&context, Access::Rehearse, (), Mode::Atomic, batch).await;
        assert_eq!(outcomes.expect("possible").len(), 2);
        assert_eq!(trail(&world, &store).await, before);
    });
}
