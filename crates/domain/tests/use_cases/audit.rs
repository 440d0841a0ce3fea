use domain::audit::{Action, Area, Audited as _, Commitment, canonical};
use domain::error::{Missing, UseCaseError};
use domain::id::AuditId;
use domain::resource::Mode;
use domain::unit_of_work::Access;
use testkit::block_on;
use testkit::builders::a_user;

use crate::changes::create;
use crate::{shop, trail};

#[test]
fn an_entry_is_signed_and_commits_to_the_record() {
    block_on(async {
        let (world, store) = shop().await;
        let made = world.make_user(&store, a_user("ada").draft()).await;
        let entry = trail(&world, &store).await.pop().expect("an entry");
        assert_eq!((entry.area, entry.action), (Area::User, Action::Added));
        assert_eq!(entry.primary_key, made.user.id.to_string());
        assert_eq!(entry.data_source, "shop");
        assert_eq!(entry.store, store.id);
        assert_eq!(entry.original, None);
        let current = entry.current.clone().expect("a commitment");
        let opened = current.opened.clone().expect("not erased");
        assert_eq!(opened.content, made.user.content(store.id));
        assert_eq!(Commitment::to(opened.content, opened.salt), current);
        assert!(world.signer.verifies(&canonical::bytes(&entry), &entry.signature));
        assert_eq!(made.user.version.get(), entry.id);
    });
}

#[test]
fn the_trail_of_a_store_begins_with_the_store() {
    block_on(async {
        let (world, store) = shop().await;
        let first = &trail(&world, &store).await[0];
        assert_eq!((first.id.get(), first.area, first.action), (1, Area::Store, Action::Added));
    });
}

#[test]
fn numbers_ascend_and_none_comes_twice() {
    block_on(async {
        let (world, store) = shop().await;
        for n in 0..40 {
            world.make_user(&store, a_user(&format!("u{n}")).draft()).await;
        }
        let numbers: Vec<_> = trail(&world, &store).await.iter().map(|entry| entry.id).collect();
        assert!(numbers.is_sorted_by(|before, after| before < after));
        assert_eq!(numbers.len(), 41);
    });
}

#[test]
fn an_entry_is_found_by_its_number() {
    block_on(async {
        let (world, store) = shop().await;
        let (audit, context) = (world.audit(), world.as_admin_in(&store));
        let number = |n| AuditId::new(n).expect("in range");
        assert!(audit.find(&context, number(1)).await.is_ok());
        let missing = Err(UseCaseError::NotFound(Missing::AuditEntry));
        assert_eq!(audit.find(&context, number(AuditId::MAX)).await, missing);
    });
}

#[test]
fn after_a_large_change_numbers_go_on_above_it() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("before").draft()).await;
        let batch = (0..100).map(|n| create(None, a_user(&format!("u{n}")).draft())).collect();
        let (users, context) = (world.users(), world.as_admin_in(&store));
        let made = users.apply_all(&context, Access::Bulk, (), Mode::Atomic, batch).await;
        assert_eq!(made.expect("made").len(), 100);
        let after = world.make_user(&store, a_user("after").draft()).await;
        let last = trail(&world, &store).await.pop().expect("an entry");
        assert_eq!(last.id, after.user.version.get());
    });
}
