//! Whether anybody could act who holds `SystemAdmin`.

use std::slice;

use domain::access::{Grant, Holder, Reach, RoleName};
use domain::time::{Clock as _, Instant};
use domain::unit_of_work::{Access, StoreError, transact};
use domain::user::{User, Validity};
use jiff::SignedDuration;

use super::{Harness, Setting};
use crate::builders::{UserBuilder, a_client, a_user};

/// Whether anybody could act, now.
async fn any(s: &Setting) -> bool {
    any_at(s, s.world.clock.now()).await
}

async fn any_at(s: &Setting, now: Instant) -> bool {
    let unit_of_work = s.unit_of_work();
    let any = transact(&*unit_of_work, Access::Write, move |tx| tx.administrators().any(now));
    any.await.map_err(|error: StoreError| error).unwrap()
}

fn later(at: Instant, micros: i64) -> Instant {
    at.saturating_add(SignedDuration::from_micros(micros))
}

/// Asserts that a change of `user` makes nobody able to act, and that its undoing does again.
async fn assert_disables(s: &Setting, user: &User, change: impl Fn(&mut User)) {
    let mut after = user.clone();
    change(&mut after);
    let off = s.modified(user, after).await;
    s.update(&off).await.unwrap();
    assert!(!any(s).await, "{:?}", off.record());
    let on = s.modified(off.record(), user.clone()).await;
    s.update(&on).await.unwrap();
    assert!(any(s).await);
}

/// In whatever store, until its key expires; other roles do not count.
pub async fn a_client_is_an_administrator_until_it_expires(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    assert!(!any(&s).await);
    let helper = a_client("helper")
        .holding(RoleName::USER_STORE_ADMIN, s.store.id)
        .holding_everywhere(RoleName::AUDIT_TRAIL_READER);
    s.has_client(helper.build()).await;
    assert!(!any(&s).await);
    let expires = later(s.world.clock.now(), 3_600_000_000);
    s.has_client(a_client("expiring").system_admin().expiring(expires).build()).await;
    assert!(any_at(&s, later(expires, -1)).await);
    assert!(!any_at(&s, expires).await);
    assert!(!any_at(&s, later(expires, 1)).await);
    let boss = other.has_client(a_client("boss").system_admin().build()).await;
    assert!(any_at(&s, expires).await);
    let removal = other.deleted(&boss).await;
    other.write(move |here| here.clients().remove(&removal)).await.unwrap();
    assert!(!any_at(&s, expires).await);
}

/// While active, within its validity, and not locked.
pub async fn a_user_is_an_administrator_while_it_could_act(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    assert!(!any(&s).await);
    let manager = Grant::new(RoleName::USER_MANAGER, Reach::Store(s.store.id)).unwrap();
    s.has_role(Holder::User(ada.id), manager).await;
    assert!(!any(&s).await);
    let role = s.has_role(Holder::User(ada.id), Grant::system_admin()).await;
    assert!(any(&s).await);
    assert_disables(&s, &ada, |user| user.active = false).await;
    assert_disables(&s, &ada, |user| user.locked = true).await;
    let now = s.world.clock.now();
    let before = Validity::new(Some(later(now, 1)), None).unwrap();
    assert_disables(&s, &ada, |user| user.validity = before).await;
    let after = Validity::new(None, Some(now)).unwrap();
    assert_disables(&s, &ada, |user| user.validity = after).await;
    let ends = s.deleted(&role).await;
    s.write(move |here| here.roles().remove_all(slice::from_ref(&ends))).await.unwrap();
    assert!(!any(&s).await);
}

/// The window is half-open: its first moment is inside, its last one is not.
pub async fn the_validity_of_an_administrator_is_half_open(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (from, to) = (s.world.clock.now(), later(s.world.clock.now(), 1_000));
    let ada = s.has_user(a_user("ada").valid(Some(from), Some(to)).build()).await;
    s.has_role(Holder::User(ada.id), Grant::system_admin()).await;
    assert!(!any_at(&s, later(from, -1)).await);
    assert!(any_at(&s, from).await);
    assert!(any_at(&s, later(to, -1)).await);
    assert!(!any_at(&s, to).await);
}

/// An expired password that the user may not change shuts them out, from its last moment on; one
/// that they may change, or that is exempt from expiry, does not.
pub async fn an_administrator_with_an_expired_password_counts_while_they_may_change_it(
    harness: &dyn Harness,
) {
    let s = Setting::of(harness).await;
    let expires = later(s.world.clock.now(), 1_000);
    let user = User {
        password_expires: Some(expires),
        can_change_expired_password: false,
        ..a_user("ada").build()
    };
    let ada = s.has_user(user).await;
    s.has_role(Holder::User(ada.id), Grant::system_admin()).await;
    assert!(any_at(&s, later(expires, -1)).await);
    assert!(!any_at(&s, expires).await);
    assert!(!any_at(&s, later(expires, 1)).await);
    let may_change = User { can_change_expired_password: true, ..ada.clone() };
    let exempt = User { password_never_expires: true, ..ada.clone() };
    for able in [may_change, exempt] {
        let change = s.modified(&ada, able).await;
        s.update(&change).await.unwrap();
        assert!(any_at(&s, expires).await, "{:?}", change.record());
        let back = s.modified(change.record(), ada.clone()).await;
        s.update(&back).await.unwrap();
        assert!(!any_at(&s, expires).await);
    }
}

/// Of the group that holds the role, or of one below it, however deep.
pub async fn a_member_of_a_group_is_an_administrator_through_nesting(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [top, middle, bottom, above] = s.has_groups(["top", "middle", "bottom", "above"]).await;
    s.has_nestings(&[(&top, &middle), (&middle, &bottom), (&above, &top)]).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let bob = s.has_user(a_user("bob").build()).await;
    s.has_role(Holder::Group(top.id), Grant::system_admin()).await;
    s.has_member(&above, &bob).await;
    assert!(!any(&s).await, "a role goes down to the groups below, not up");
    let membership = s.has_member(&bottom, &ada).await;
    assert!(any(&s).await);
    assert_disables(&s, &ada, |user| user.locked = true).await;
    let leaves = s.deleted(&membership).await;
    s.apply_memberships(vec![leaves]).await.unwrap();
    assert!(!any(&s).await);
    s.has_member(&top, &ada).await;
    assert!(any(&s).await);
}

/// One who cannot act does not hide another who can.
pub async fn one_of_many_administrators_is_enough(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let held = async |s: &Setting, user: UserBuilder| {
        let user = s.has_user(user.build()).await;
        s.has_role(Holder::User(user.id), Grant::system_admin()).await;
    };
    held(&s, a_user("locked").locked()).await;
    held(&other, a_user("inactive").inactive()).await;
    let past = later(s.world.clock.now(), -1);
    held(&s, a_user("past").valid(None, Some(past))).await;
    s.has_client(a_client("expired").system_admin().expiring(past).build()).await;
    assert!(!any(&s).await);
    // A user of the same id in another store is another user.
    other.has_user(a_user("locked").build()).await;
    assert!(!any(&s).await);
    held(&other, a_user("active")).await;
    assert!(any(&s).await);
}
