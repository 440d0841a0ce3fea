use std::cmp::Ordering;

use uuid::Uuid;

use super::Kind;
use crate::text::Folded;
use crate::time::Instant;

/// A value on either side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Folded already where the kind is [`Kind::Text`]; ordered by code points.
    Text(String),
    /// Ordered by its bytes.
    Id(Uuid),
    /// Has no order.
    Flag(bool),
    /// Any number; properties hold smaller ones.
    Number(i64),
    /// A point in time.
    Instant(Instant),
}

impl Operand {
    /// The value of a property of kind [`Kind::Text`].
    pub fn folded(text: &str) -> Self {
        Self::Text(Folded::of(text).as_str().to_owned())
    }

    /// The value of a property of kind [`Kind::ExactText`].
    pub fn exact(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The order of two values of one kind that has an order.
    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Id(left), Self::Id(right)) => Some(left.cmp(right)),
            (Self::Number(left), Self::Number(right)) => Some(left.cmp(right)),
            (Self::Instant(left), Self::Instant(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }
}

/// How a value is compared with an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `eq`: the same.
    Eq,
    /// `ne`: not the same, or unset.
    Ne,
    /// `co`: the operand stands anywhere in the value.
    Contains,
    /// `sw`: the value begins with the operand.
    StartsWith,
    /// `ew`: the value ends with the operand.
    EndsWith,
    /// `gt`: after the operand.
    Greater,
    /// `ge`: after the operand, or the same.
    GreaterOrEqual,
    /// `lt`: before the operand.
    Less,
    /// `le`: before the operand, or the same.
    LessOrEqual,
}

impl Comparison {
    /// Every comparison, in the order of the RFC.
    pub const ALL: [Self; 9] = [
        Self::Eq,
        Self::Ne,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
    ];

    /// The operator of the grammar.
    pub const fn operator(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// Whether properties of that kind can be compared so.
    pub const fn suits(self, kind: Kind) -> bool {
        match self {
            Self::Eq | Self::Ne => true,
            Self::Contains | Self::StartsWith | Self::EndsWith => {
                matches!(kind, Kind::Text | Kind::ExactText)
            }
            Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual => {
                !matches!(kind, Kind::Flag)
            }
        }
    }

    /// Whether `value` compares so with `operand`; false for an order of values that have none.
    pub(super) fn holds(self, value: &Operand, operand: &Operand) -> bool {
        match self {
            Self::Eq => value == operand,
            Self::Ne => value != operand,
            Self::Contains => in_text(value, operand, |value, part| value.contains(part)),
            Self::StartsWith => in_text(value, operand, |value, part| value.starts_with(part)),
            Self::EndsWith => in_text(value, operand, |value, part| value.ends_with(part)),
            Self::Greater => value.order(operand).is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => value.order(operand).is_some_and(Ordering::is_ge),
            Self::Less => value.order(operand).is_some_and(Ordering::is_lt),
            Self::LessOrEqual => value.order(operand).is_some_and(Ordering::is_le),
        }
    }
}

fn in_text(value: &Operand, part: &Operand, test: impl Fn(&str, &str) -> bool) -> bool {
    matches!((value, part), (Operand::Text(value), Operand::Text(part)) if test(value, part))
}
