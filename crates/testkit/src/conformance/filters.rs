//! Filters on lists: the database lets through what the domain's own rule lets through.
//!
//! The filters are made of the records: every property is compared in every way with the values
//! that there are, with parts of them and with values next to them.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use domain::attempt::Attempts;
use domain::attribute::{
    Attribute, AttributeKey, AttributeOrder, AttributeProperty, AttributeQuery, AttributeValue,
};
use domain::audit::{EntryOrder, EntryProperty, EntryQuery};
use domain::filter::{Comparison, Filter, Kind, MAX_COMPARISONS, MAX_DEPTH, Operand, Property};
use domain::group::{Direction, GroupOrder, GroupProperty, GroupQuery, GroupScope};
use domain::id::{GroupId, UserId};
use domain::page::{Query, SortKey};
use domain::random::Random as _;
use domain::time::Instant;
use domain::user::{User, UserOrder, UserProperty, UserQuery};
use domain::version::Version;
use uuid::Uuid;

use super::attributes::Owned;
use super::values::every_property;
use super::{Harness, Setting, reference};
use crate::SequentialRandom;
use crate::builders::{a_group, a_user, uuid_of};

/// Texts in which collations, wildcards, escapes and case differ, of one, two and four bytes.
const TEXTS: [&str; 14] = [
    "Ada",
    "ADA",
    "adam",
    "a_a",
    "a%a",
    r"a\a",
    "Ärger",
    "ÄRGER",
    "Maße",
    "MASSE",
    "Σίσυφος",
    "\u{1F600}",
    " ada ",
    "'; --",
];

/// Every comparison of one property with every operand that suits it.
fn comparisons<P: Property>(values: &[(P, Operand)]) -> Vec<Filter<P>> {
    let mut filters: Vec<_> = P::ALL.iter().map(|property| Filter::Present(*property)).collect();
    for property in P::ALL {
        let of_property = values.iter().filter(|(of, _)| of == property).map(|(_, value)| value);
        let operands = operands(property.kind(), of_property);
        for comparison in Comparison::ALL.into_iter().filter(|it| it.suits(property.kind())) {
            filters.extend(operands.iter().map(|operand| Filter::Compare {
                property: *property,
                comparison,
                operand: operand.clone(),
            }));
        }
    }
    filters
}

/// What to compare with: the values, parts of some of them, what lies next to them, and the edges
/// of the kind.
fn operands<'a>(kind: Kind, values: impl Iterator<Item = &'a Operand>) -> Vec<Operand> {
    let text = |text: &str| match kind {
        Kind::Text => Operand::folded(text),
        _ => Operand::exact(text),
    };
    let near = values.enumerate().flat_map(|(n, value)| match value {
        Operand::Text(whole) if n < 5 => parts(whole).iter().map(|part| text(part)).collect(),
        Operand::Number(n) => (-1..=1).map(|by| Operand::Number(n + by)).collect(),
        Operand::Instant(at) => {
            let next = (-1..=1).map(|by| Instant::from_micros(at.as_micros() + by));
            next.filter_map(Result::ok).map(Operand::Instant).collect()
        }
        value => vec![value.clone()],
    });
    let edges = match kind {
        Kind::Text | Kind::ExactText => {
            ["", "ZZ", "%", "_", r"\"].iter().map(|it| text(it)).collect()
        }
        Kind::Id => vec![Operand::Id(Uuid::nil()), Operand::Id(Uuid::max())],
        Kind::Flag => vec![Operand::Flag(true), Operand::Flag(false)],
        Kind::Number => vec![Operand::Number(i64::MIN), Operand::Number(i64::MAX)],
        Kind::Instant => ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
            .iter()
            .map(|at| Operand::Instant(at.parse().unwrap()))
            .collect(),
    };
    let mut operands: Vec<Operand> = Vec::new();
    for operand in near.chain(edges) {
        if !operands.contains(&operand) {
            operands.push(operand);
        }
    }
    operands
}

/// A text, its beginning, its end, its middle, more than it, and its other spelling.
fn parts(text: &str) -> [String; 6] {
    let characters: Vec<_> = text.chars().collect();
    let length = characters.len();
    let part = |from: usize, to: usize| characters[from.min(to)..to].iter().collect::<String>();
    [
        text.to_owned(),
        part(0, length.div_ceil(2)),
        part(length / 2, length),
        part(1, length.saturating_sub(1)),
        format!("{text}a"),
        text.to_uppercase(),
    ]
}

/// Filters put together of others: some of everything that the grammar allows, none larger than a
/// filter may be.
fn compositions<P: Property>(parts: &[Filter<P>]) -> Vec<Filter<P>> {
    let random = SequentialRandom::default();
    let draw = |below: usize| {
        let mut bytes = [0; 2];
        random.fill(&mut bytes);
        usize::from(u16::from_be_bytes(bytes)) % below
    };
    let any = |of: &[Filter<P>]| of[draw(of.len())].clone();
    let mut filters: Vec<_> = (0..40).map(|_| any(parts)).collect();
    for _ in 0..160 {
        let some = || (0..2 + draw(3)).map(|_| any(&filters)).collect();
        let composed = match draw(3) {
            0 => Filter::And(some()),
            1 => Filter::Or(some()),
            _ => Filter::Not(Box::new(any(&filters))),
        };
        if size(&composed) <= MAX_COMPARISONS {
            filters.push(composed);
        }
    }
    let most = |size: usize| (0..size).map(|_| any(parts));
    let deep = most(MAX_DEPTH).fold(any(parts), |inner, part| {
        Filter::Not(Box::new(Filter::Or(vec![part, Filter::And(vec![inner])])))
    });
    filters.extend([
        Filter::And(most(MAX_COMPARISONS).collect()),
        Filter::Or(most(MAX_COMPARISONS).collect()),
        Filter::And(Vec::new()),
        Filter::Or(Vec::new()),
        deep,
    ]);
    filters
}

/// How many comparisons a filter holds.
fn size<P>(filter: &Filter<P>) -> usize {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().map(size).sum(),
        Filter::Not(part) => size(part),
        Filter::Present(_) | Filter::Compare { .. } => 1,
    }
}

/// Every filter on these values.
fn filters<P: Property>(values: &[(P, Operand)]) -> Vec<Arc<Filter<P>>> {
    let simple = comparisons(values);
    let composed = compositions(&simple);
    simple.into_iter().chain(composed).map(Arc::new).collect()
}

/// The values of every property of every record.
fn values_of<P: Property, T>(
    records: &[T],
    look: impl Fn(P, &T) -> Option<Operand>,
) -> Vec<(P, Operand)> {
    let of_property = |property: &P| {
        let property = *property;
        let values: Vec<_> = records.iter().filter_map(|it| look(property, it)).collect();
        values.into_iter().map(move |value| (property, value))
    };
    P::ALL.iter().flat_map(of_property).collect()
}

/// The whole list, filtered.
fn all_of<P: Clone, S: SortKey, K: Clone>(by: S, filter: &Arc<Filter<P>>) -> Query<P, S, K> {
    Query { filter: Some(Arc::clone(filter)), ..Query::first(by, 100_000) }
}

/// Asserts that each filter lets through what is expected, and that they are not idle: most of them
/// tell records apart.
fn assert_same<P: Property, T: PartialEq + Debug>(
    filters: &[Arc<Filter<P>>],
    found: &[Vec<T>],
    expected: impl Fn(&Arc<Filter<P>>) -> Vec<T>,
) {
    let mut sizes = BTreeSet::new();
    assert_eq!(filters.len(), found.len());
    for (filter, found) in filters.iter().zip(found) {
        assert_eq!(*found, expected(filter), "{filter:?}");
        sizes.insert(found.len());
    }
    assert!(sizes.len() > 3, "the filters let through all or nothing");
}

/// Users with every property set, with none, and with each text in each place.
fn all_kinds_of_users() -> Vec<User> {
    let named = |(n, text): (usize, &&str)| {
        let name = format!("{text} {n}");
        let user = a_user(&name).external_id(&name).named(text, TEXTS[(n + 5) % TEXTS.len()]);
        let user = if n % 2 == 0 { user.email(&format!("User{n}@Example.com")) } else { user };
        if n % 3 == 0 { user.inactive().build() } else { user.build() }
    };
    let id = |name: &str| UserId::new(uuid_of("filtered", name));
    let empty = a_user("empty").named("", "").build();
    let mut users: Vec<_> = TEXTS.iter().enumerate().map(named).collect();
    users.extend([every_property(id("full")), a_user("plain").build(), empty]);
    users
}

/// Each property, each comparison, unset values and all; and whatever is put together of them.
pub async fn a_filter_lets_through_the_users_that_the_domain_does(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = s.has_users(all_kinds_of_users()).await;
    for (failures, user) in (0..).step_by(7).zip(&users).step_by(2) {
        s.has_attempts(user.id, Attempts { failures, ..Attempts::default() }).await;
    }
    let all = s.users().await;
    let filters = filters(&values_of(&all, UserProperty::value));
    let asked = filters.clone();
    let found = s.read(move |here| {
        let list = |filter| here.users().list(&all_of(UserOrder::Id, filter));
        asked.iter().map(list).collect::<Result<Vec<_>, _>>()
    });
    let expected = |filter: &_| -> Vec<User> {
        let query: UserQuery = all_of(UserOrder::Id, filter);
        reference::users(&all, &query)
    };
    assert_same(&filters, &found.await, expected);
}

/// In every scope.
pub async fn a_filter_lets_through_the_groups_that_the_domain_does(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let named = |(n, text): (usize, &&str)| {
        let id = GroupId::new(uuid_of("filtered", &n.to_string()));
        a_group(&format!("{text} {n}")).id(id).build()
    };
    let groups = s.has_all_groups(TEXTS.iter().enumerate().map(named).collect()).await;
    let pairs: Vec<_> = groups[1..10].iter().map(|child| (&groups[0], child)).collect();
    s.has_nestings(&pairs).await;
    let filters = filters(&values_of(&groups, GroupProperty::value));
    let below = GroupScope::Around(groups[0].id, Direction::Down);
    for (scope, groups) in [(GroupScope::All, &groups[..]), (below, &groups[1..10])] {
        let asked = filters.clone();
        let found = s.read(move |here| {
            let list = |filter| here.groups().list(scope, &all_of(GroupOrder::Name, filter));
            asked.iter().map(list).collect::<Result<Vec<_>, _>>()
        });
        let expected = |filter: &_| {
            let query: GroupQuery = all_of(GroupOrder::Name, filter);
            reference::groups(groups, &query)
        };
        assert_same(&filters, &found.await, expected);
    }
}

/// Keys ignoring case, values as typed, and values that are unset.
pub async fn a_filter_lets_through_the_attributes_that_the_domain_does(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    filters_attributes::<UserId>(&s).await;
    filters_attributes::<GroupId>(&s).await;
}

async fn filters_attributes<O: Owned>(s: &Setting) {
    let (owner, other) = (O::make(s, "owner").await, O::make(s, "other").await);
    let attribute = |owner: O, n: usize, text: &str| Attribute {
        owner,
        key: AttributeKey::parse(format!("{text} {n}")).unwrap(),
        value: (!n.is_multiple_of(4)).then(|| AttributeValue::parse(TEXTS[(n + 3) % 14]).unwrap()),
        version: Version::UNRECORDED,
    };
    let of = |owner: O| TEXTS.iter().enumerate().map(move |(n, text)| attribute(owner, n, text));
    let empty = Attribute { value: AttributeValue::parse("").ok(), ..attribute(owner, 99, "") };
    let attributes = s.all_added(of(owner).chain(of(other)).chain([empty]).collect()).await;
    s.apply_attributes(attributes).await.unwrap();
    let all = s.attributes(owner).await;
    let filters = filters(&values_of(&all, reference::value_of::<O>));
    let asked = filters.clone();
    let found = s.read(move |here| {
        let list = |filter| O::attributes(here).list(owner, &all_of(AttributeOrder::Key, filter));
        asked.iter().map(list).collect::<Result<Vec<_>, _>>()
    });
    let expected = |filter: &Arc<Filter<AttributeProperty>>| {
        let query: AttributeQuery = all_of(AttributeOrder::Key, filter);
        reference::attributes(&all, &query)
    };
    assert_same(&filters, &found.await, expected);
}

/// Each property of an entry.
pub async fn a_filter_lets_through_the_entries_that_the_domain_does(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for (n, name) in ["ada", "bob", "eve"].iter().enumerate() {
        let hours = jiff::SignedDuration::from_hours(i64::try_from(n).unwrap());
        s.world.clock.advance(hours);
        let user = s.has_user(a_user(name).build()).await;
        let group = s.has_group(a_group(name).build()).await;
        s.has_member(&group, &user).await;
        let change = s.modified(&user, User { active: false, ..user.clone() }).await;
        s.update(&change).await.unwrap();
    }
    let all = s.entries().await;
    let filters = filters(&values_of(&all, EntryProperty::value));
    let asked = filters.clone();
    let found = s.read(move |here| {
        let list = |filter| here.audit().list(&all_of(EntryOrder::Id, filter));
        asked.iter().map(list).collect::<Result<Vec<_>, _>>()
    });
    let expected = |filter: &_| {
        let query: EntryQuery = all_of(EntryOrder::Id, filter);
        reference::entries(&all, &query)
    };
    assert_same(&filters, &found.await, expected);
}

/// No stored text holds U+0000, though a filter may: every text compares with it all the same.
pub async fn a_filter_may_hold_the_character_that_no_text_holds(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(all_kinds_of_users()).await;
    let all = s.users().await;
    for property in [UserProperty::FirstName, UserProperty::ExternalId] {
        for comparison in Comparison::ALL {
            for text in ["\0", "a\0", "ada\0", "a\0a", "m\0"] {
                let operand = Operand::exact(text);
                let filter = Arc::new(Filter::Compare { property, comparison, operand });
                let query: UserQuery = all_of(UserOrder::Id, &filter);
                let expected = reference::users(&all, &query);
                let found = s.read(move |here| here.users().list(&query)).await;
                assert_eq!(found, expected, "{filter:?}");
            }
        }
    }
}
