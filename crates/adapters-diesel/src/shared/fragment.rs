//! SQL that diesel's language cannot say: recursion, lists of rows, filters that callers write.
//! Its text is the program's own; whatever comes from elsewhere is bound.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::id::{ClientId, GroupId, SessionId, StoreId, UserId};

use super::super::{Backend, Conn};
use crate::types::{At, DbInstant, DbUuid, Id};

/// A value to bind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value {
    Id(Id),
    Text(String),
    Flag(bool),
    Kind(i32),
    Number(i64),
    /// What compares with nothing.
    Nothing,
    At(At),
    Bytes(Vec<u8>),
}

/// Converts into [`Value`].
macro_rules! value_from {
    ($($type:ty => $value:ident),+) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$value(value.into())
            }
        }
    )+};
}
value_from!(
    Id => Id, StoreId => Id, UserId => Id, GroupId => Id, ClientId => Id, SessionId => Id,
    String => Text, &str => Text, bool => Flag, i32 => Kind, i64 => Number, At => At,
    Vec<u8> => Bytes
);

/// What stands where a template has a name.
pub(super) enum Slot {
    /// One bound value.
    One(Value),
    /// `(?, ?)`.
    List(Vec<Value>),
    /// `(?, ?), (?, ?)`.
    Rows(Vec<Vec<Value>>),
    /// The name of a table or column.
    Name(&'static str),
    /// More SQL.
    Part(Fragment),
}

impl<V: Into<Value>> From<V> for Slot {
    fn from(value: V) -> Self {
        Self::One(value.into())
    }
}

impl Slot {
    /// A list of ids.
    pub(super) fn ids(ids: &[Id]) -> Self {
        Self::List(ids.iter().map(|id| Value::Id(*id)).collect())
    }

    /// A row for each id.
    pub(super) fn id_rows(ids: &[Id]) -> Self {
        Self::Rows(ids.iter().map(|id| vec![Value::Id(*id)]).collect())
    }
}

#[derive(Clone, Debug)]
enum Piece {
    Sql(Cow<'static, str>),
    Bound(Value),
}

/// A part of a statement, or a statement that gives no rows.
#[derive(Clone, Debug)]
pub(super) struct Fragment {
    pieces: Vec<Piece>,
    /// Whether a statement with this in it comes again in the same words, so that it is worth to
    /// stay prepared. Those with lists come in as many lengths as there are, those with filters in
    /// as many forms as callers think of.
    comes_again: bool,
}

impl Fragment {
    /// Plain SQL.
    pub(super) fn sql(text: impl Into<Cow<'static, str>>) -> Self {
        Self { pieces: vec![Piece::Sql(text.into())], comes_again: true }
    }

    /// The template with each `:name` replaced by what the slot of that name says, as often as it
    /// stands there.
    pub(super) fn new(template: &'static str, slots: &[(&str, Slot)]) -> Self {
        let mut fragment = Self { pieces: Vec::new(), comes_again: true };
        for (place, part) in template.split(':').enumerate() {
            if place == 0 {
                fragment.push(part);
                continue;
            }
            let end = part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len());
            let (name, rest) = part.split_at_checked(end).unwrap_or((part, ""));
            // A name without a slot stays as it is, which no database takes.
            match slots.iter().find(|(slot, _)| *slot == name) {
                Some((_, slot)) => fragment.fill(slot),
                None => fragment.push(format!(":{name}")),
            }
            fragment.push(rest);
        }
        fragment
    }

    /// These one after the other, with `between` between them.
    pub(super) fn join(parts: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut joined = Self { pieces: Vec::new(), comes_again: true };
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                joined.push(between);
            }
            joined.append(part);
        }
        joined
    }

    /// The same in parentheses.
    pub(super) fn enclosed(self) -> Self {
        Self::join([Self::sql("("), self, Self::sql(")")], "")
    }

    /// The same, but a statement with it is prepared anew every time.
    pub(super) fn only_once(self) -> Self {
        Self { comes_again: false, ..self }
    }

    /// The statement, which gives rows of these columns.
    pub(super) fn returning<ST>(self) -> Statement<ST> {
        Statement { fragment: self, columns: PhantomData }
    }

    fn push(&mut self, text: impl Into<Cow<'static, str>>) {
        self.pieces.push(Piece::Sql(text.into()));
    }

    fn append(&mut self, part: Self) {
        self.pieces.extend(part.pieces);
        self.comes_again &= part.comes_again;
    }

    fn fill(&mut self, slot: &Slot) {
        match slot {
            Slot::One(value) => self.pieces.push(Piece::Bound(value.clone())),
            Slot::List(values) => {
                self.comes_again &= values.len() == 1;
                self.tuple(values);
            }
            Slot::Rows(rows) => {
                self.comes_again &= rows.len() == 1;
                for (place, row) in rows.iter().enumerate() {
                    self.push(if place == 0 { "" } else { ", " });
                    self.tuple(row);
                }
            }
            Slot::Name(name) => self.push(*name),
            Slot::Part(part) => self.append(part.clone()),
        }
    }

    fn tuple(&mut self, values: &[Value]) {
        self.push("(");
        for (place, value) in values.iter().enumerate() {
            self.push(if place == 0 { "" } else { ", " });
            self.pieces.push(Piece::Bound(value.clone()));
        }
        self.push(")");
    }
}

impl QueryFragment<Backend> for Fragment {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        if !self.comes_again {
            out.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Bound(value) => value.bind(&mut out)?,
            }
        }
        Ok(())
    }
}

impl Value {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        match self {
            Self::Id(id) => out.push_bind_param::<DbUuid, _>(id),
            Self::Text(text) => out.push_bind_param::<Text, _>(text),
            Self::Flag(flag) => out.push_bind_param::<Bool, _>(flag),
            Self::Kind(kind) => out.push_bind_param::<Integer, _>(kind),
            Self::Number(number) => out.push_bind_param::<BigInt, _>(number),
            Self::Nothing => out.push_bind_param::<Nullable<BigInt>, _>(&None::<i64>),
            Self::At(at) => out.push_bind_param::<DbInstant, _>(at),
            Self::Bytes(bytes) => out.push_bind_param::<Binary, _>(bytes),
        }
    }
}

impl QueryId for Fragment {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A condition, wherever diesel takes one. No two tables of the statement have its columns, or those
/// bear the names of their tables.
impl Expression for Fragment {
    type SqlType = Bool;
}

impl<Source> AppearsOnTable<Source> for Fragment {}

impl<Group> ValidGrouping<Group> for Fragment {
    type IsAggregate = is_aggregate::Never;
}

impl RunQueryDsl<Conn> for Fragment {}

/// A statement that gives rows of the columns `ST`.
pub(super) struct Statement<ST> {
    fragment: Fragment,
    columns: PhantomData<ST>,
}

impl<ST> QueryFragment<Backend> for Statement<ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.fragment.walk_ast(out)
    }
}

impl<ST> QueryId for Statement<ST> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Statement<ST> {
    type SqlType = ST;
}

impl<ST> RunQueryDsl<Conn> for Statement<ST> {}

#[cfg(test)]
mod tests {
    use diesel::debug_query;

    use super::*;

    fn told(fragment: &Fragment) -> String {
        debug_query::<Backend, _>(fragment).to_string().replace('`', "")
    }

    #[test]
    fn a_name_is_replaced_as_often_as_it_stands() {
        let slots = [("n", Slot::from(7_i64)), ("t", Slot::Name("users"))];
        let told = told(&Fragment::new("FROM :t WHERE a = :n OR b = :n", &slots));
        assert!(told.starts_with("FROM users WHERE a = "), "{told}");
        assert!(told.ends_with("[7, 7]"), "{told}");
    }

    #[test]
    fn only_what_comes_in_the_same_words_stays_prepared() {
        let one = || Slot::List(vec![Value::Number(1)]);
        let two = || Slot::List(vec![Value::Number(1), Value::Number(2)]);
        assert!(Fragment::new("IN :l", &[("l", one())]).comes_again);
        assert!(!Fragment::new("IN :l", &[("l", two())]).comes_again);
        let row = vec![Value::Number(1), Value::Number(2)];
        assert!(Fragment::new(":r", &[("r", Slot::Rows(vec![row.clone()]))]).comes_again);
        assert!(!Fragment::new(":r", &[("r", Slot::Rows(vec![row.clone(), row]))]).comes_again);
        let inner = Fragment::new("IN :l", &[("l", two())]);
        assert!(!Fragment::new("(:p)", &[("p", Slot::Part(inner))]).comes_again);
    }
}
