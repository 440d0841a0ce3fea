use domain::access::{Context, Permission, RoleName};
use domain::audit::{Area, Entry, canonical};
use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::store::StoreRef;
use domain::version::Precondition;
use testkit::block_on;
use testkit::builders::{a_caller, a_user, uuid_of};

use super::{latest, root_over, seal, sealed};
use crate::{attributes, make_group, shop, trail};

const CANARY: &str = "canary";

fn shows(entry: &Entry) -> bool {
    let contents = entry.original.iter().chain(&entry.current);
    contents.filter_map(|side| side.opened.as_ref()).any(|side| side.content.contains(CANARY))
}

#[test]
fn a_deleted_person_leaves_no_trace_but_that_there_was_somebody() {
    block_on(async {
        let (world, store) = shop().await;
        let group = make_group(&world, &store, "sailors").await;
        let draft = a_user("canary@example.com")
            .named(CANARY, CANARY)
            .profile("nickname", CANARY)
            .in_group(group.id)
            .draft();
        let user = world.make_user(&store, draft).await.user.id;
        let other = world.make_user(&store, a_user("bob").draft()).await.user.id;
        seal(&world, &store).await;
        let before = latest(&world, &store).await.1;
        assert!(trail(&world, &store).await.iter().any(shows));

        let context = world.as_admin_in(&store);
        let erased = world.erasure().delete(&context, user, Precondition::None).await;
        erased.expect("erased");

        let entries = trail(&world, &store).await;
        assert!(!entries.iter().any(shows));
        for entry in &entries {
            assert!(world.signer.verifies(&canonical::bytes(entry), &entry.signature));
        }
        let of_other = entries.iter().find(|entry| entry.primary_key == other.to_string());
        assert!(of_other.and_then(|e| e.current.as_ref()).is_some_and(|c| c.opened.is_some()));
        seal(&world, &store).await;
        let leaves = sealed(&world, &store).await;
        let size = usize::try_from(before.size).expect("small");
        assert_eq!(root_over(leaves.get(..size).expect("so many")), before.root);
        let last = &entries.last().expect("an entry");
        assert_eq!((last.area, last.primary_key.clone()), (Area::User, user.to_string()));
        let said = last.current.as_ref().and_then(|side| side.opened.as_ref());
        assert_eq!(said.map(|side| side.content.as_str()), Some(r#"{"erased":true}"#));
    });
}

#[test]
fn nothing_is_erased_of_somebody_who_is_there_or_never_was() {
    block_on(async {
        let (world, store) = shop().await;
        let user = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let (erasure, context) = (world.erasure(), world.as_admin_in(&store));
        assert_eq!(erasure.erase(&context, user).await, Err(UseCaseError::NotDeleted));
        let nobody = UserId::new(uuid_of("user", "nobody"));
        let missing = UseCaseError::NotFound(Missing::User);
        assert_eq!(erasure.erase(&context, nobody).await, Err(missing.clone()));
        let gone = erasure.delete(&context, nobody, Precondition::None).await;
        assert_eq!(gone, Err(missing));
        assert_eq!(trail(&world, &store).await.len(), 2, "something was recorded");
    });
}

#[test]
fn erasing_twice_says_so_twice_and_keeps_both() {
    block_on(async {
        let (world, store) = shop().await;
        let user = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let (erasure, context) = (world.erasure(), world.as_admin_in(&store));
        erasure.delete(&context, user, Precondition::None).await.expect("deleted");
        erasure.erase(&context, user).await.expect("erased again");
        let opened = trail(&world, &store).await.into_iter().filter(|entry| {
            let sides = entry.original.iter().chain(&entry.current);
            entry.area == Area::User && sides.into_iter().any(|side| side.opened.is_some())
        });
        assert_eq!(opened.count(), 2);
    });
}

#[test]
fn it_takes_who_may_do_everything() {
    block_on(async {
        let (world, store) = shop().await;
        let user = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let role = RoleName::parse("UserManager").expect("a role");
        let manager = a_caller().holding(role, store.id).build();
        let context = Context::new(manager, StoreRef::Id(store.id));
        let refused = world.erasure().delete(&context, user, Precondition::None).await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::SystemManage)));
        assert_eq!(world.erasure().erase(&context, user).await, refused);
    });
}

#[test]
fn a_value_of_a_profile_is_erased_through_all_its_changes() {
    block_on(async {
        let (world, store) = shop().await;
        let draft = a_user("ada").profile("nickname", "canary one").draft();
        let made = world.make_user(&store, draft).await;
        let user = made.user.id;
        let context = world.as_admin_in(&store);
        let set = attributes::set("nickname", "canary two");
        world.profiles().apply(&context, user, set).await.expect("changed");
        world.erasure().delete(&context, user, Precondition::None).await.expect("deleted");
        let entries = trail(&world, &store).await;
        assert!(!entries.iter().any(shows));
        let profiles = entries.iter().filter(|entry| entry.area == Area::UserProfile);
        assert!(profiles.count() >= 3, "added, changed, deleted");
    });
}
