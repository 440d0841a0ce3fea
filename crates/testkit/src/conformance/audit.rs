//! The audit trail.

use domain::audit::{Action, Area, Entry, canonical};
use domain::group::Membership;
use domain::id::AuditId;
use domain::time::Instant;
use domain::unit_of_work::{Access, StoreError, Unique, transact};
use domain::user::User;

use super::profiles::a_profile;
use super::values::every_property;
use super::{Harness, Setting};
use crate::builders::{a_client, a_group, a_store, a_user};

/// Every byte counts: the signature of what is read back still holds.
pub async fn entries_come_back_bit_by_bit(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for at in ["0001-01-01T00:00:00Z", "2026-02-28T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"]
    {
        s.world.clock.set(at.parse::<Instant>().unwrap());
        let user = s.added(every_property(a_user(at).build().id)).await;
        s.insert(&user).await.unwrap();
        let plain = User { id: user.record().id, ..a_user(&format!("plain {at}")).build() };
        let change = s.modified(user.record(), plain).await;
        s.update(&change).await.unwrap();
        let removal = s.deleted(change.record()).await;
        s.remove(&removal).await.unwrap();
        for written in [user.entry(), change.entry(), removal.entry()] {
            let read = s.entry(written.id).await.unwrap();
            assert_eq!(read, *written);
            assert!(s.world.signer.verifies(&canonical::bytes(&read), &read.signature));
        }
    }
}

/// Neither one that was never written, nor one whose change was rolled back.
pub async fn an_entry_that_is_not_there_is_none(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let reserved = s.added(a_user("ada").build()).await.entry().id;
    assert_eq!(s.entry(reserved).await, None);
    assert_eq!(s.entry(AuditId::new(AuditId::MAX).unwrap()).await, None);
}

/// In pages, gaps and all.
pub async fn entries_come_in_order_of_their_numbers(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for name in ["ada", "bob", "eve"] {
        s.recorded(10, |journal| journal.added(a_user("a gap").build())).await;
        s.has_user(a_user(name).build()).await;
    }
    let all = s.entries().await;
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted_by_key(|entry| entry.id));
    let page = async |after: Option<AuditId>, limit| -> Vec<Entry> {
        s.read(move |here| here.audit().page(after, limit)).await
    };
    assert_eq!(page(None, 2).await, all[..2]);
    assert_eq!(page(Some(all[1].id), 10).await, all[2..]);
    assert_eq!(page(Some(all[3].id), 10).await, []);
    assert_eq!(page(None, 0).await, []);
}

/// The number of its own entry; the next one is free.
pub async fn the_first_number_of_a_store_is_1(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    assert_eq!(s.entries().await[0].id.get(), 1);
    let reserve = |count| s.here(Access::Write, move |here| here.audit().reserve_ids(count));
    assert_eq!(reserve(3).await.map(AuditId::get), Ok(2));
    assert_eq!(reserve(1).await.map(AuditId::get), Ok(5));
    assert_eq!(reserve(1).await.map(AuditId::get), Ok(6));
    let founding = transact(&*s.world.unit_of_work, Access::Write, |tx| {
        tx.store(a_store("not-yet-there").id).audit().reserve_ids(2)
    });
    assert_eq!(founding.await.map(AuditId::get), Ok::<_, StoreError>(1));
}

/// However it comes to that: the entry that is there stays as it is.
pub async fn a_number_that_is_used_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.added(a_user("ada").build()).await;
    s.insert(&ada).await.unwrap();
    let removal = s.deleted(ada.record()).await;
    s.remove(&removal).await.unwrap();
    let trail = s.entries().await;
    let used = StoreError::Conflict { what: Unique::AuditId };
    // The user is free again, its entry is not.
    assert_eq!(s.insert(&ada).await, Err(used.clone()));
    let batch = vec![ada.clone(), s.added(a_user("bob").build()).await];
    let outcome = s.write(move |here| here.users().insert_new(&batch)).await;
    assert_eq!(outcome, Err(used));
    assert_eq!((s.users().await, s.entries().await), (Vec::new(), trail));
}

/// Whatever is changed, the trail says so.
pub async fn every_kind_of_change_leaves_its_entry(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let staff = s.has_group(a_group("staff").build()).await;
    s.has_member(&staff, &ada).await;
    s.has_profile(a_profile(ada.id, "color", "red")).await;
    let import = s.has_client(a_client("import").build()).await;
    let leaves = s.deleted(&Membership { group: staff.id, user: ada.id }).await;
    s.apply_memberships(vec![leaves]).await.unwrap();
    let removal = s.deleted(&import).await;
    s.write(move |here| here.clients().remove(&removal)).await.unwrap();

    let (user, group) = (ada.id.to_string(), staff.id.to_string());
    let expected = [
        (Area::Store, Action::Added, s.store.id.to_string()),
        (Area::User, Action::Added, user.clone()),
        (Area::Group, Action::Added, group.clone()),
        (Area::Membership, Action::Added, format!("{group}/{user}")),
        (Area::UserProfile, Action::Added, format!("{user}/color")),
        (Area::Client, Action::Added, import.id.to_string()),
        (Area::Membership, Action::Deleted, format!("{group}/{user}")),
        (Area::Client, Action::Deleted, import.id.to_string()),
    ];
    let told: Vec<_> =
        s.entries().await.into_iter().map(|e| (e.area, e.action, e.primary_key)).collect();
    assert_eq!(told, expected);
}
