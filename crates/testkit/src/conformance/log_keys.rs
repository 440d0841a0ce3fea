//! The keys of logs, one after the other.

use domain::access::Caller;
use domain::audit::log::{KeyTerm, Succession, TreeHash};
use domain::audit::{PublicKeyInfo, PublicKeys as _, Signer};
use domain::error::UseCaseError;
use domain::resource::Change;
use domain::store::{Store, StoreRef};
use domain::unit_of_work::{Access, StoreError, Verdict, transact};

use super::logs::keys;
use super::trail::ALL;
use super::{Harness, Setting};
use crate::builders::{a_caller, a_user};
use crate::{TestPublicKeys, TestSigner, World};

fn admin() -> Caller {
    a_caller().system_admin().build()
}

/// A key, by its number.
pub(super) fn key(number: u8) -> PublicKeyInfo {
    TestSigner::from_seed([number; 32]).public_key()
}

/// The first store registers the key of its node; a later one begins with the last.
pub async fn a_log_begins_with_the_key_that_was_registered_last(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let own = s.world.signer.public_key();
    assert_eq!(keys(&*s.world.unit_of_work).await, [own]);
    let next = s.world.keys.add(TestSigner::from_seed([1; 32]));
    assert_eq!(s.world.rotation().register(&admin(), next).await, Ok(()));
    let later = Setting::on(s.world.clone(), "later").await;
    for (s, key) in [(&s, own), (&later, next)] {
        let id = s.store.id;
        let found = transact(&*s.world.unit_of_work, Access::Point, move |tx| tx.stores().find(id));
        assert_eq!(found.await, Ok::<_, StoreError>(Some(s.store.clone())));
        assert_eq!((s.store.audit_key, s.head().await.key), (key, key));
        assert_eq!(s.read(|here| here.log().terms()).await, [KeyTerm::first(key)]);
        s.has_user(a_user("ada").build()).await;
    }
    s.seal_by_node().await;
    s.assert_whole().await;
    later.seal_by_node().await;
    later.assert_whole().await;
}

/// The statement comes back as it was signed; the last key is that of the head.
pub async fn the_terms_of_keys_come_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let signers: Vec<_> = (1..4).map(|n| TestSigner::from_seed([n; 32])).collect();
    let mut terms = vec![KeyTerm::first(s.store.audit_key)];
    let root = TreeHash::empty();
    for (n, new) in signers.iter().enumerate() {
        let old = if n == 0 { &*s.world.signer } else { &signers[n - 1] };
        let [old_key, new_key] = [old, new].map(Signer::public_key);
        let from = s.head().await.size;
        let succession = Succession { store: s.store.id, from, root, old: old_key, new: new_key };
        let term = succession.sign(old, new);
        let appointed = term.clone();
        let appointing = s.write(move |here| {
            here.log().lock()?;
            here.log().appoint(&appointed)
        });
        assert_eq!(appointing.await, Ok(()));
        terms.push(term);
        assert_eq!(s.read(|here| here.log().terms()).await, terms);
        assert_eq!(s.head().await.key, new_key);
        let heads = transact(&*s.world.unit_of_work, Access::Read, |tx| tx.logs().heads(None, ALL));
        let heads = heads.await.map_err(|error: StoreError| error).unwrap();
        assert!(heads.contains(&s.head().await) && heads.contains(&other.head().await));
        s.has_user(a_user(&format!("user {n}")).build()).await;
        // Two keys may have a term from one leaf on.
        if n != 1 {
            s.seal(ALL as usize).await;
        }
    }
    assert_eq!(other.head().await.key, other.store.audit_key);
    assert_eq!(other.read(|here| here.log().terms()).await.len(), 1);
}

/// Neither before nor behind the end of the log does a term begin.
pub async fn a_key_of_another_leaf_than_the_next_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(a_user("ada").build()).await;
    s.seal(2).await;
    let before = s.log().await;
    for from in [0, 1, 3, 1 << 40] {
        let term = KeyTerm { key: key(1), from, statement: Some("any".into()) };
        let appointing = s.write(move |here| {
            here.log().lock()?;
            here.log().appoint(&term)
        });
        assert_eq!(appointing.await, Err(StoreError::Stale));
        assert_eq!(s.log().await, before);
    }
    let (term, store) =
        (KeyTerm { key: key(1), from: 2, statement: Some("any".into()) }, s.store.id);
    let unit = s.run(Access::Write, move |tx| {
        tx.store(store).log().lock().unwrap();
        tx.store(store).log().appoint(&term).unwrap();
        Verdict::Rollback
    });
    assert_eq!(unit.await, Ok(()));
    assert_eq!(s.log().await, before);
}

/// Like all its other properties.
pub async fn an_update_of_a_store_replaces_its_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let change = Store { audit_key: key(1), ..s.store.clone() };
    let change = s.modified(&s.store, change).await;
    let (updated, wanted) = (change.clone(), StoreRef::Id(s.store.id));
    let updating = s.run(Access::Write, move |tx| {
        tx.stores().find_for_update(&wanted).unwrap();
        tx.stores().update(&updated).unwrap();
        Verdict::Commit
    });
    assert_eq!(updating.await, Ok(()));
    let (id, name) = (s.store.id, s.store.name.clone());
    let found = transact(&*s.world.unit_of_work, Access::Write, move |tx| {
        let by_id = StoreRef::Id(id);
        Ok::<_, StoreError>([
            tx.stores().find(id)?,
            tx.stores().find_by_name(&name)?,
            tx.stores().hold(&by_id)?,
            tx.stores().find_for_update(&by_id)?,
            tx.stores().page(None, 1)?.pop(),
        ])
    });
    for found in found.await.unwrap() {
        assert_eq!(found.as_ref(), Some(change.record()));
    }
}

/// What waits is sealed by the key before; what comes later is the next one's. Handed over to the key
/// that has it nothing changes; the log of a store that is gone is handed over too.
pub async fn a_log_is_handed_over_to_another_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let rotation = s.world.rotation();
    s.has_user(a_user("ada").build()).await;
    let mut size = 2;
    for n in 1..=3 {
        let new = s.world.keys.add(TestSigner::from_seed([n; 32]));
        rotation.register(&admin(), new).await.unwrap();
        assert_eq!(rotation.hand_over(&admin(), s.store.id, new).await, Ok(()));
        let log = s.log().await;
        assert_eq!(log.terms.last().map(|term| (term.key, term.from)), Some((new, size)));
        let [before, last] = log.terms.last_chunk().unwrap();
        let [old, successor] = [before, last].map(|term| TestPublicKeys.read(&term.key).unwrap());
        let statement = last.statement.as_deref().unwrap();
        assert!(Succession::read(statement, &*old, &*successor).is_ok(), "{statement}");
        assert_eq!(rotation.hand_over(&admin(), s.store.id, new).await, Ok(()));
        assert_eq!(s.read(|here| here.log().terms()).await, log.terms, "it was that key's already");
        s.has_user(a_user(&format!("user {n}")).build()).await;
        // That the key changed, and the user.
        size += 2;
    }
    s.seal_by_node().await;
    s.assert_whole().await;

    let gone = Setting::on(s.world.clone(), "gone").await;
    let (removal, store) = (gone.deleted(&gone.store).await, gone.store.id);
    let removing = s.run(Access::Write, move |tx| {
        tx.stores().remove(&removal).unwrap();
        Verdict::Commit
    });
    assert_eq!(removing.await, Ok(()));
    let new = s.world.keys.add(TestSigner::from_seed([9; 32]));
    assert_eq!(rotation.hand_over(&admin(), store, new).await, Ok(()));
    assert_eq!(gone.head().await.key, new);
    gone.assert_whole().await;
}

/// Where the key of a store is not at hand nothing in it changes, and what waits goes on waiting.
pub async fn without_its_key_a_store_does_not_change(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(a_user("ada").build()).await;
    let other: World = s.by_second_node(harness).await.world;
    other.keys.forget(&s.store.audit_key);
    let create = Change::Create { id: None, draft: a_user("bob").draft() };
    let creating = other.users().apply(&s.context(), (), create).await;
    let lacks =
        |error: &UseCaseError| matches!(error, UseCaseError::Store(StoreError::Unavailable(_)));
    assert!(creating.as_ref().is_err_and(lacks), "{creating:?}");
    let sealing = other.sealer().seal(s.store.id).await;
    assert!(sealing.as_ref().is_err_and(lacks), "{sealing:?}");
    assert_eq!((s.users().await.len(), s.waiting().await.len()), (1, 2));
}
