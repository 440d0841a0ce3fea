//! Lists by keyset: each page asks for what comes after the last id of the one before.

use std::collections::BTreeSet;

use domain::id::UserId;
use domain::user::User;
use uuid::Uuid;

use super::{Harness, Setting};
use crate::builders::{a_user, uuid_of};

async fn page(s: &Setting, after: Option<UserId>, limit: u32) -> Vec<User> {
    s.read(move |here| here.users().page(after, limit)).await
}

/// Ids whose first bytes run over all of a byte: an order by signed bytes or by text would show.
fn ids() -> Vec<UserId> {
    let first_byte = |n: u128| UserId::new(Uuid::from_u128((n << 120) | (0xFFFF - n)));
    (0..=255).step_by(5).map(first_byte).collect()
}

/// The order is that of the 16 bytes.
pub async fn users_come_in_order_of_their_ids(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = ids().into_iter().rev().map(|id| a_user(&id.to_string()).id(id).build()).collect();
    let set = s.all_added(users).await;
    s.insert_new(&set).await;
    let listed: Vec<_> = s.users().await.into_iter().map(|user| user.id).collect();
    assert_eq!(listed, ids());
}

/// Also none, one, and all.
pub async fn a_page_holds_at_most_its_limit(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for name in ["ada", "bob", "eve"] {
        s.has_user(a_user(name).build()).await;
    }
    let all = s.users().await;
    assert_eq!(page(&s, None, 0).await, []);
    assert_eq!(page(&s, None, 1).await, all[..1]);
    assert_eq!(page(&s, None, 3).await, all);
    assert_eq!(page(&s, None, u32::MAX).await, all);
    assert_eq!(page(&s, Some(all[0].id), 10).await, all[1..]);
    assert_eq!(page(&s, Some(all[2].id), 10).await, []);
    let id_of_nobody = UserId::new(Uuid::nil());
    assert_eq!(page(&s, Some(id_of_nobody), 10).await, all);
}

/// Users come and go between the pages, the one that a page ended with among them: who is there
/// all the time is listed once.
pub async fn pages_meet_everybody_who_stays_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let name = |n: usize| format!("user {n}");
    let set = (0..30).map(|n| a_user(&name(n)).build()).collect();
    let set = s.all_added(set).await;
    s.insert_new(&set).await;
    let mut stays: BTreeSet<_> = set.iter().map(|user| user.record().id).collect();
    let mut listed = Vec::new();
    let mut newcomers = 0;
    loop {
        let found = page(&s, listed.last().copied(), 7).await;
        let Some(last) = found.last().cloned() else { break };
        listed.extend(found.iter().map(|user| user.id));
        let gone = s.deleted(&last).await;
        s.remove(&gone).await.unwrap();
        stays.remove(&last.id);
        newcomers += 1;
        let id = UserId::new(uuid_of("newcomer", &name(newcomers)));
        s.has_user(a_user(&format!("newcomer {newcomers}")).id(id).build()).await;
    }
    assert!(listed.is_sorted(), "out of order");
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len(), "listed twice");
    assert!(stays.iter().all(|id| listed.contains(id)), "left out");
}
