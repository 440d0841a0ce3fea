//! The audit trail.

use std::slice;

use domain::access::{Due, Grant, Holder, Permission, Principal, Room};
use domain::audit::{Action, Area, canonical};
use domain::group::Membership;
use domain::id::AuditId;
use domain::time::Instant;
use domain::unit_of_work::{Access, StoreError, Unique, transact};
use domain::user::User;

use super::attributes::{a_profile, metadata};
use super::values::every_property;
use super::{Harness, Setting};
use crate::builders::{a_caller, a_client, a_store, a_user};

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

/// A client, a user, or somebody for whom an issuer vouches, however long the names are.
pub async fn an_entry_names_whoever_acted(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (issuer, subject) = ("an issuer".into(), "\u{1F600}".repeat(256).into());
    let by_user = a_caller().signed_in(s.store.id, a_user("boss").build().id, Due::Nothing);
    let vouched_for = a_caller().principal(Principal::Issued { issuer, subject });
    for (n, actor) in [a_caller(), by_user, vouched_for].into_iter().enumerate() {
        let context = actor.system_admin().acting_in(s.store.id);
        let user = a_user(&format!("user {n}")).build();
        let record = move |room: &mut Room<'_>| Ok(room.journal.added(user.clone())?);
        let (gate, needs) = (s.world.gate(), Permission::SystemManage);
        let added = gate.change(Access::Rehearse, &context, needs, 1, record).await.unwrap();
        assert_eq!(added.entry().user, context.caller.principal().to_string());
        s.insert(&added).await.unwrap();
        s.assert_stored(&added).await;
    }
}

/// Neither one that was never written, nor one whose change was rolled back.
pub async fn an_entry_that_is_not_there_is_none(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let reserved = s.added(a_user("ada").build()).await.entry().id;
    assert_eq!(s.entry(reserved).await, None);
    assert_eq!(s.entry(AuditId::new(AuditId::MAX).unwrap()).await, None);
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
    let [all, staff] = s.has_groups(["all", "staff"]).await;
    s.has_member(&staff, &ada).await;
    s.has_nestings(&[(&all, &staff)]).await;
    s.has_profile(a_profile(ada.id, "color", "red")).await;
    s.has_attribute(metadata(staff.id, "size", "M")).await;
    let import = s.has_client(a_client("import").build()).await;
    let role = s.has_role(Holder::Group(staff.id), Grant::system_admin()).await;
    let leaves = s.deleted(&Membership { group: staff.id, user: ada.id }).await;
    s.apply_memberships(vec![leaves]).await.unwrap();
    let ends = s.deleted(&role).await;
    s.write(move |here| here.roles().remove_all(slice::from_ref(&ends))).await.unwrap();
    let removal = s.deleted(&import).await;
    s.write(move |here| here.clients().remove(&removal)).await.unwrap();

    let [all, staff] = [all.id, staff.id].map(|id| id.to_string());
    let (user, client) = (ada.id.to_string(), import.id.to_string());
    let expected = [
        (Area::Store, Action::Added, s.store.id.to_string()),
        (Area::User, Action::Added, user.clone()),
        (Area::Group, Action::Added, all.clone()),
        (Area::Group, Action::Added, staff.clone()),
        (Area::Membership, Action::Added, format!("{staff}/{user}")),
        (Area::Membership, Action::Added, format!("{all}/{staff}")),
        (Area::UserProfile, Action::Added, format!("{user}/color")),
        (Area::GroupMetadata, Action::Added, format!("{staff}/size")),
        (Area::Client, Action::Added, client.clone()),
        (Area::Role, Action::Added, format!("{staff}/SystemAdmin")),
        (Area::Membership, Action::Deleted, format!("{staff}/{user}")),
        (Area::Role, Action::Deleted, format!("{staff}/SystemAdmin")),
        (Area::Client, Action::Deleted, client),
    ];
    let told: Vec<_> =
        s.entries().await.into_iter().map(|e| (e.area, e.action, e.primary_key)).collect();
    assert_eq!(told, expected);
}
