use std::sync::Arc;

use domain::attribute::{
    AttributeDraft, AttributeInStore, AttributeKey, AttributeOrder, AttributeValue, Profile,
};
use domain::audit::{Action, Area};
use domain::error::{Missing, UseCaseError};
use domain::page::Query;
use domain::resource::{Change, Mode};
use domain::text::Folded;
use domain::unit_of_work::{Access, Unique};
use domain::version::Precondition;
use testkit::block_on;
use testkit::builders::a_user;

use crate::changes::{change, create, remove};
use crate::{make_group, shop, trail};

fn draft(key: &str, value: &str) -> AttributeDraft {
    AttributeDraft {
        key: AttributeKey::parse(key).expect("a key"),
        value: AttributeValue::parse(value).ok(),
    }
}

pub(crate) fn set(key: &'static str, value: &'static str) -> Change<Profile> {
    let edit = Arc::new(move |_: &AttributeInStore<_>| Ok(draft(key, value)));
    change(Folded::of(key), Precondition::None, (), edit)
}

#[test]
fn a_profile_is_made_changed_and_removed_and_its_owner_gets_a_new_version() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user;
        let (profiles, context) = (world.profiles(), world.as_admin_in(&store));
        let before = trail(&world, &store).await.len();
        let made = profiles.apply(&context, ada.id, create(None, draft("Color", "red"))).await;
        let made = made.expect("made").expect("the profile");
        let found = profiles.find(&context, ada.id, &Folded::of("COLOR")).await;
        assert_eq!(found, Ok(made.clone()));
        let changed = profiles.apply(&context, ada.id, set("color", "blue")).await;
        let changed = changed.expect("changed").expect("the profile");
        assert_ne!(changed.attribute.version, made.attribute.version);
        let same = profiles.apply(&context, ada.id, set("color", "blue")).await;
        assert_eq!(same, Ok(Some(changed.clone())));
        let user = world.users().find(&context, ada.id, domain::user::Include::NONE).await;
        assert_eq!(user.expect("found").user.version, changed.attribute.version);
        let stale = Precondition::OneOf(vec![made.attribute.version]);
        let refused = profiles.apply(&context, ada.id, remove(Folded::of("color"), stale)).await;
        assert!(matches!(refused, Err(UseCaseError::Stale { .. })));
        let removal = remove(Folded::of("color"), Precondition::None);
        assert_eq!(profiles.apply(&context, ada.id, removal).await, Ok(None));
        let entries = trail(&world, &store).await.split_off(before);
        let actions: Vec<_> = entries.iter().map(|entry| entry.action).collect();
        assert_eq!(actions, [Action::Added, Action::Modified, Action::Deleted]);
        assert!(entries.iter().all(|entry| entry.area == Area::UserProfile));
    });
}

#[test]
fn an_owner_or_key_that_is_not_there_is_not_found() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let nobody = a_user("nobody").build().id;
        let (profiles, context) = (world.profiles(), world.as_admin_in(&store));
        let key = Folded::of("k");
        for (owner, missing) in [(ada, Missing::Profile), (nobody, Missing::User)] {
            let missing = UseCaseError::NotFound(missing);
            assert_eq!(profiles.find(&context, owner, &key).await, Err(missing.clone()));
            assert_eq!(profiles.apply(&context, owner, set("k", "v")).await, Err(missing));
        }
        let page = profiles.page(&context, nobody, Query::first(AttributeOrder::Key, 9)).await;
        assert_eq!(page, Err(UseCaseError::NotFound(Missing::User)));
        let made = profiles.apply(&context, nobody, create(None, draft("k", "v"))).await;
        assert_eq!(made, Err(UseCaseError::NotFound(Missing::User)));
    });
}

#[test]
fn a_key_is_taken_ignoring_case_and_cannot_become_another() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").profile("k", "1").draft()).await.user.id;
        let (profiles, context) = (world.profiles(), world.as_admin_in(&store));
        let again = profiles.apply(&context, ada, create(None, draft("K", "2"))).await;
        assert_eq!(again, Err(UseCaseError::Duplicate(Unique::ProfileKey)));
        let edit = Arc::new(|_: &AttributeInStore<_>| Ok(draft("other", "1")));
        let moved = change(Folded::of("k"), Precondition::None, (), edit);
        assert!(matches!(
            profiles.apply(&context, ada, moved).await,
            Err(UseCaseError::Invalid(_))
        ));
        let recased = profiles.apply(&context, ada, set("K", "1")).await;
        assert_eq!(recased.expect("changed").expect("it").attribute.key.as_str(), "K");
    });
}

#[test]
fn metadata_of_a_group_is_the_same_thing() {
    block_on(async {
        let (world, store) = shop().await;
        let staff = make_group(&world, &store, "staff").await.id;
        let (metadata, context) = (world.metadata(), world.as_admin_in(&store));
        let batch = ["b", "A", "c"].map(|key| create(None, draft(key, "1"))).into();
        let made = metadata.apply_all(&context, Access::Bulk, staff, Mode::Atomic, batch).await;
        assert_eq!(made.expect("made").len(), 3);
        let page = metadata.page(&context, staff, Query::first(AttributeOrder::Key, 2)).await;
        let page = page.expect("a page");
        let keys: Vec<_> = page.items.iter().map(|item| item.attribute.key.as_str()).collect();
        assert_eq!(keys, ["A", "b"]);
        let query = Query { after: page.next, ..Query::first(AttributeOrder::Key, 2) };
        let rest = metadata.page(&context, staff, query).await.expect("a page");
        assert_eq!((rest.items.len(), rest.next), (1, None));
        let entry = trail(&world, &store).await.pop().expect("an entry");
        assert_eq!((entry.area, entry.primary_key), (Area::GroupMetadata, format!("{staff}/c")));
    });
}

#[test]
fn an_owner_has_at_most_1000_keys() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user.id;
        let (profiles, context) = (world.profiles(), world.as_admin_in(&store));
        let batch = (0..1_001).map(|n| create(None, draft(&format!("k{n}"), "v"))).collect();
        let refused = profiles.apply_all(&context, Access::Bulk, ada, Mode::Atomic, batch).await;
        assert!(matches!(refused, Err(UseCaseError::Item { index: 1_000, .. })), "{refused:?}");
    });
}

#[test]
fn of_an_owner_that_is_not_there_every_item_is_told_so() {
    block_on(async {
        let (world, store) = shop().await;
        let nobody = a_user("nobody").build().id;
        let (profiles, context) = (world.profiles(), world.as_admin_in(&store));
        let batch = (0..600).map(|n| create(None, draft(&format!("k{n}"), "v"))).collect();
        let outcomes =
            profiles.apply_all(&context, Access::Bulk, nobody, Mode::Partial, batch).await;
        let missing = Err(UseCaseError::NotFound(Missing::User));
        assert_eq!(outcomes.expect("each is told"), vec![missing; 600]);
    });
}

#[test]
fn the_attributes_of_an_owner_have_at_most_1_mib_together() {
    block_on(async {
        let (world, store) = shop().await;
        let long: &'static str = "x".repeat(65_536).leak();
        let full = || (0..15).map(|n| draft(&format!("k{n:02}"), long));
        let context = world.as_admin_in(&store);
        let with = |drafts: Vec<AttributeDraft>| {
            let mut user = a_user("ada").draft();
            user.profiles = Some(drafts);
            create(None, user)
        };
        let over = full().chain([draft("a", long)]).collect();
        let refused = world.users().apply(&context, (), with(over)).await;
        assert_eq!(property(refused), "userProfiles");
        let ada = world.users().apply(&context, (), with(full().collect())).await;
        let ada = ada.expect("made").expect("the user").user.id;

        let profiles = world.profiles();
        // 16 times 64 KiB, less the 45 bytes of the keys so far and the 1 of the new one.
        let rest: &'static str = "x".repeat(65_536 - 46).leak();
        let made = profiles.apply(&context, ada, create(None, draft("a", rest))).await;
        assert!(made.is_ok(), "{made:?}");
        let one_more = profiles.apply(&context, ada, create(None, draft("b", ""))).await;
        assert_eq!(property(one_more), "value");
        assert_eq!(property(profiles.apply(&context, ada, set("a", long)).await), "value");
        let batch = vec![
            remove(Folded::of("k00"), Precondition::None),
            set("a", long),
            create(None, draft("k00", rest)),
        ];
        let done = profiles.apply_all(&context, Access::Bulk, ada, Mode::Partial, batch).await;
        let done: Vec<_> = done.expect("each is told").iter().map(Result::is_ok).collect();
        assert_eq!(done, [true, true, false]);
    });
}

/// The property that a refusal names.
fn property<T: std::fmt::Debug>(refused: Result<T, UseCaseError>) -> String {
    match refused {
        Err(UseCaseError::Invalid(invalid)) => {
            invalid.fields.into_iter().next().expect("a rule").property
        }
        other => format!("{other:?}").chars().take(200).collect(),
    }
}
