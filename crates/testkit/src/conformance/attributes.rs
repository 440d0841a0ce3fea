//! The repositories of attributes: profiles of users, metadata of groups, the same rules for both.

use domain::attribute::{
    Attribute, AttributeKey, AttributeOrder, AttributeQuery, AttributeValue, Kept, Metadata,
    Profile,
};
use domain::audit::Recorded;
use domain::id::{GroupId, UserId};
use domain::page::{Order, Place};
use domain::text::Folded;
use domain::unit_of_work::StoreError;
use domain::version::Version;
use uuid::Uuid;

use super::{Harness, Setting};
use crate::builders::{a_group, a_user, uuid_of};

/// Who can own attributes, as cases that hold for all kinds of owners make them.
#[expect(async_fn_in_trait, reason = "the two implementations are here")]
pub trait Owned: Kept {
    /// Of that id.
    fn of(id: Uuid) -> Self;

    /// Makes an owner of that name.
    async fn make(s: &Setting, name: &str) -> Self;
}

impl Owned for UserId {
    fn of(id: Uuid) -> Self {
        Self::new(id)
    }

    async fn make(s: &Setting, name: &str) -> Self {
        s.has_user(a_user(name).build()).await.id
    }
}

impl Owned for GroupId {
    fn of(id: Uuid) -> Self {
        Self::new(id)
    }

    async fn make(s: &Setting, name: &str) -> Self {
        s.has_group(a_group(name).build()).await.id
    }
}

/// An attribute of `owner`.
pub(super) fn an_attribute<O>(owner: O, key: &str, value: &str) -> Attribute<O> {
    let key = AttributeKey::parse(key).unwrap();
    let value = Some(AttributeValue::parse(value).unwrap());
    Attribute { owner, key, value, version: Version::UNRECORDED }
}

/// A profile of `user`.
pub(super) fn a_profile(user: UserId, key: &str, value: &str) -> Profile {
    an_attribute(user, key, value)
}

/// Metadata of `group`.
pub(super) fn metadata(group: GroupId, key: &str, value: &str) -> Metadata {
    an_attribute(group, key, value)
}

/// One of the many ids that nobody has.
pub(super) fn nobody<O: Owned>(number: u128) -> O {
    O::of(Uuid::from_u128(number))
}

fn keys<O>(attributes: &[Attribute<O>]) -> Vec<&str> {
    attributes.iter().map(|attribute| attribute.key.as_str()).collect()
}

/// One call adds, changes and removes, and leaves one entry for each; what is added or changed has
/// the version of its entry.
pub async fn attributes_are_added_changed_and_removed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    added_changed_and_removed::<UserId>(&s).await;
    added_changed_and_removed::<GroupId>(&s).await;
}

async fn added_changed_and_removed<O: Owned>(s: &Setting) {
    let owner = O::make(s, "owner").await;
    let color = s.has_attribute(an_attribute(owner, "color", "red")).await;
    let size = s.has_attribute(an_attribute(owner, "size", "M")).await;
    assert_eq!(s.attributes(owner).await, [color.clone(), size.clone()]);
    let (added, modified, deleted) = (
        s.added(an_attribute(owner, "taste", "sweet")).await,
        s.modified(&color, an_attribute(owner, "color", "blue")).await,
        s.deleted(&size).await,
    );
    let changes = vec![added.clone(), modified.clone(), deleted];
    assert_eq!(s.apply_attributes(changes.clone()).await, Ok(()));
    assert_eq!(s.attributes(owner).await, [modified.record().clone(), added.record().clone()]);
    assert_eq!(modified.record().version, Version::of(modified.entry().id));
    for change in &changes {
        s.assert_logged(change).await;
    }
    assert_eq!(s.apply_attributes::<O>(Vec::new()).await, Ok(()));
}

/// Byte by byte, whatever the locale of the database.
pub async fn attributes_come_in_order_of_the_folded_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    in_order_of_the_key::<UserId>(&s).await;
    in_order_of_the_key::<GroupId>(&s).await;
}

/// Keys in order of their folded form.
const KEYS: [&str; 12] =
    ["A b", "a-b", "A.b", "a1", "a_", "AA", "ab", "Z", "ä", "Ω", "\u{FF21}", "\u{10428}"];

/// An owner with an attribute of each of [`KEYS`], made in another order.
async fn with_all_keys<O: Owned>(s: &Setting) -> O {
    let owner = O::make(s, "owner of all keys").await;
    let attributes = KEYS.iter().rev().map(|key| an_attribute(owner, key, key)).collect();
    let added = s.all_added(attributes).await;
    s.apply_attributes(added).await.unwrap();
    owner
}

async fn in_order_of_the_key<O: Owned>(s: &Setting) {
    let owner = with_all_keys::<O>(s).await;
    assert_eq!(keys(&s.attributes(owner).await), KEYS);
}

/// More owners than a statement takes values in any database, most of them unknown, some twice.
pub async fn attributes_of_many_owners_come_in_order_of_owner_and_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    of_many_owners::<UserId>(&s).await;
    of_many_owners::<GroupId>(&s).await;
}

async fn of_many_owners<O: Owned>(s: &Setting) {
    let mut owners: Vec<O> = (0..70_000).map(nobody).collect();
    let mut expected = Vec::new();
    for name in ["one", "two", "three"] {
        let owner = O::make(s, name).await;
        expected.push(s.has_attribute(an_attribute(owner, "b", "2")).await);
        expected.push(s.has_attribute(an_attribute(owner, "A", "1")).await);
        owners.insert(0, owner);
        owners.insert(35_000, owner);
    }
    expected.sort_by_key(|attribute| (attribute.owner, attribute.key.folded()));
    assert_eq!(s.read(move |here| O::attributes(here).of_all(&owners)).await, expected);
    assert_eq!(s.read(|here| O::attributes(here).of_all(&[])).await, []);
}

/// Asked for out of order, twice, in other spellings, and with one that is not there.
pub async fn attributes_are_found_by_their_folded_keys(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    found_by_folded_keys::<UserId>(&s).await;
    found_by_folded_keys::<GroupId>(&s).await;
}

async fn found_by_folded_keys<O: Owned>(s: &Setting) {
    let (owner, other) = (O::make(s, "owner").await, O::make(s, "other").await);
    for key in ["Color", "Größe", "Size"] {
        s.has_attribute(an_attribute(owner, key, "1")).await;
        s.has_attribute(an_attribute(other, key, "2")).await;
    }
    let found = async |keys: &[&str]| {
        let keys: Vec<_> = keys.iter().map(|key| Folded::of(key)).collect();
        s.read(move |here| O::attributes(here).find_all(owner, &keys)).await
    };
    let all = s.attributes(owner).await;
    assert_eq!(
        found(&["SIZE", "color", "nothing", "size"]).await,
        [all[0].clone(), all[2].clone()]
    );
    assert_eq!(found(&["GRO\u{308}ßE"]).await, all[1..2]);
    assert_eq!(found(&["colo", "colors", "%"]).await, []);
    assert_eq!(found(&[]).await, []);
    let many: Vec<_> = (0..70_000).map(|n| Folded::of(&format!("key {n}"))).collect();
    let many = [many, vec![Folded::of("size")]].concat();
    let found = s.read(move |here| O::attributes(here).find_all(owner, &many)).await;
    assert_eq!(found, all[2..]);
}

/// Of one owner alone; bytes of UTF-8, not characters, of keys and values as they are spelled.
pub async fn attributes_of_an_owner_are_measured(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    measured::<UserId>(&s).await;
    measured::<GroupId>(&s).await;
}

async fn measured<O: Owned>(s: &Setting) {
    let (owner, other) = (O::make(s, "owner").await, O::make(s, "other").await);
    let extent = async |owner: O| {
        let extent = s.read(move |here| O::attributes(here).extent(owner)).await;
        (extent.count, extent.bytes)
    };
    assert_eq!(extent(owner).await, (0, 0));
    for (key, value) in [("a", ""), ("ä", "€uro"), ("ﬃ", "\u{1F600}")] {
        s.has_attribute(an_attribute(owner, key, value)).await;
    }
    let unset = Attribute { value: None, ..an_attribute(owner, "unset", "") };
    s.has_attribute(unset).await;
    s.has_attribute(an_attribute(other, "a", "b")).await;
    assert_eq!(extent(owner).await, (4, 1 + (2 + 6) + (3 + 4) + 5));
    assert_eq!(extent(other).await, (1, 2));
    assert_eq!(extent(nobody(1)).await, (0, 0));
}

/// Both ways, each page behind the last item of the one before, which need not be there any more.
pub async fn attributes_of_an_owner_are_listed_in_pages(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    listed_in_pages::<UserId>(&s).await;
    listed_in_pages::<GroupId>(&s).await;
}

async fn listed_in_pages<O: Owned>(s: &Setting) {
    let owner = with_all_keys::<O>(s).await;
    let other = O::make(s, "other").await;
    s.has_attribute(an_attribute(other, "a.a", "")).await;
    let all = s.attributes(owner).await;
    for descending in [false, true] {
        let order = Order { by: AttributeOrder::Key, descending };
        let mut expected = all.clone();
        if descending {
            expected.reverse();
        }
        let mut listed: Vec<Attribute<O>> = Vec::new();
        loop {
            let after = listed.last().map(|last| last.key.folded());
            let after = after.map(|id| Place { sort: String::new(), id });
            let query = AttributeQuery { order, after, limit: 5, filter: None };
            let page = s.read(move |here| O::attributes(here).list(owner, &query)).await;
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 5);
            listed.extend(page);
        }
        assert_eq!(listed, expected, "descending: {descending}");
    }
    let gone = s.deleted(&all[4]).await;
    s.apply_attributes(vec![gone]).await.unwrap();
    let after = Some(Place { sort: String::new(), id: all[4].key.folded() });
    let query = AttributeQuery { after, ..AttributeQuery::first(AttributeOrder::Key, 100) };
    let behind = s.read(move |here| O::attributes(here).list(owner, &query)).await;
    assert_eq!(behind, all[5..]);
}

/// An attribute needs its owner.
pub async fn an_attribute_of_nobody_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    of_nobody_dangles::<UserId>(&s).await;
    of_nobody_dangles::<GroupId>(&s).await;
}

async fn of_nobody_dangles<O: Owned>(s: &Setting) {
    let nobody: O = nobody(7);
    let orphan = s.added(an_attribute(nobody, "color", "red")).await;
    let outcome = s.apply_attributes(vec![orphan.clone()]).await;
    assert_eq!(outcome, Err(StoreError::DanglingReference));
    assert_eq!(s.attributes(nobody).await, []);
    s.assert_not_logged(&orphan).await;
}

/// A key names one attribute of an owner, however it is written; of two owners it names two, also
/// where a user and a group have one id.
pub async fn a_taken_key_is_a_conflict_ignoring_case(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let id = uuid_of("anything", "owner");
    s.has_user(a_user("twin").id(UserId::new(id)).build()).await;
    s.has_group(a_group("twin").id(GroupId::new(id)).build()).await;
    taken_key::<UserId>(&s, id).await;
    taken_key::<GroupId>(&s, id).await;
}

async fn taken_key<O: Owned>(s: &Setting, id: Uuid) {
    let (owner, other) = (O::of(id), O::make(s, "other").await);
    let red = s.has_attribute(an_attribute(owner, "color", "red")).await;
    s.has_attribute(an_attribute(other, "COLOR", "red")).await;
    let taken = s.added(an_attribute(owner, "Color", "blue")).await;
    let outcome = s.apply_attributes(vec![taken.clone()]).await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: O::UNIQUE }));
    assert_eq!(s.attributes(owner).await, [red]);
    s.assert_not_logged(&taken).await;
}

/// A change needs an attribute to change; what came before it in the set is undone.
pub async fn changing_or_removing_a_missing_attribute_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    missing_is_stale::<UserId>(&s).await;
    missing_is_stale::<GroupId>(&s).await;
}

async fn missing_is_stale<O: Owned>(s: &Setting) {
    let owner = O::make(s, "owner").await;
    let missing = an_attribute(owner, "missing", "1");
    let changed = s.modified(&missing, an_attribute(owner, "missing", "2")).await;
    let removed = s.deleted(&missing).await;
    for stale in [changed, removed] {
        let before = s.added(an_attribute(owner, "before", "1")).await;
        let outcome = s.apply_attributes(vec![before, stale.clone()]).await;
        assert_eq!(outcome, Err(StoreError::Stale), "{:?}", stale.entry().action);
        assert_eq!(s.attributes(owner).await, []);
        s.assert_not_logged(&stale).await;
    }
}

/// A key is kept as typed, also when only that changes.
pub async fn the_case_of_a_key_may_change(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    case_may_change::<UserId>(&s).await;
    case_may_change::<GroupId>(&s).await;
}

async fn case_may_change<O: Owned>(s: &Setting) {
    let owner = O::make(s, "owner").await;
    let before = s.has_attribute(an_attribute(owner, "color", "red")).await;
    let after = s.modified(&before, an_attribute(owner, "Color", "red")).await;
    assert_eq!(s.apply_attributes(vec![after.clone()]).await, Ok(()));
    assert_eq!(s.attributes(owner).await, [after.into_record()]);
}

/// Many changes of several owners at once: more than an adapter puts into one statement.
pub async fn a_large_set_of_attributes_is_applied_whole(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    large_set::<UserId>(&s).await;
    large_set::<GroupId>(&s).await;
}

async fn large_set<O: Owned>(s: &Setting) {
    let owners = [O::make(s, "one").await, O::make(s, "two").await];
    let each = |value: &'static str| {
        let of = move |owner: O| {
            (0..700).map(move |n| an_attribute(owner, &format!("key {n:04}"), value))
        };
        owners.into_iter().flat_map(of).collect::<Vec<_>>()
    };
    let added = s.all_added(each("1")).await;
    assert_eq!(s.apply_attributes(added.clone()).await, Ok(()));
    let pairs = added.iter().map(|change| change.record().clone()).zip(each("2")).collect();
    let modified = s.all_modified(pairs).await;
    assert_eq!(s.apply_attributes(modified.clone()).await, Ok(()));
    let mut expected: Vec<_> = modified.into_iter().map(Recorded::into_record).collect();
    expected.sort_by_key(|attribute| (attribute.owner, attribute.key.folded()));
    assert_eq!(s.read(move |here| O::attributes(here).of_all(&owners)).await, expected);
    let deleted = s.all_deleted(expected).await;
    assert_eq!(s.apply_attributes(deleted).await, Ok(()));
    assert_eq!(s.read(move |here| O::attributes(here).of_all(&owners)).await, []);
}
