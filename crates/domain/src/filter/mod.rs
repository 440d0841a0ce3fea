//! Filters on lists, in the grammar of SCIM (RFC 7644 §3.4.2.2).
//!
//! A filter names the properties of a resource as the API prints them: each resource has one enum
//! that implements [`Property`], and a lookup from that enum to the value of a record.
//!
//! ```
//! use domain::filter::{Filter, Operand};
//! use domain::group::GroupProperty;
//!
//! let filter = Filter::<GroupProperty>::parse(r#"name sw "adm" and not (name co "old")"#)?;
//! let named = |name| {
//!     move |property| match property {
//!         GroupProperty::Name => Some(Operand::folded(name)),
//!         GroupProperty::Id => None,
//!     }
//! };
//! assert!(filter.matches(&named("Admins")));
//! assert!(!filter.matches(&named("Admins (OLD)")));
//! # Ok::<(), domain::filter::FilterError>(())
//! ```
//!
//! What a filter means is told by [`Filter::matches`]; an adapter that translates it into a query
//! must give the same answer. The logic has two values: a property that is unset has no value to
//! compare with, so every comparison with it is false, but for `ne`, which is true.

mod lexer;
mod operand;
mod parse;
mod property;
#[cfg(test)]
pub(crate) mod tests;

pub use operand::{Comparison, Operand};
pub(crate) use property::properties;
pub use property::{Kind, Property};

use thiserror::Error;

/// The most characters a filter may have.
pub const MAX_CHARACTERS: usize = 2_000;
/// The most parentheses that may be open at one place of a filter.
pub const MAX_DEPTH: usize = 16;
/// The most comparisons a filter may hold, those with `pr` and `null` included.
pub const MAX_COMPARISONS: usize = 64;

/// A condition on the properties `P` of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter<P> {
    /// All of these.
    And(Vec<Filter<P>>),
    /// At least one of these.
    Or(Vec<Filter<P>>),
    /// Not this.
    Not(Box<Filter<P>>),
    /// The property is set: `pr`, and `ne null`.
    Present(P),
    /// The value of the property, on the left, compared with the operand, on the right.
    Compare {
        /// Whose value.
        property: P,
        /// How.
        comparison: Comparison,
        /// With what; it fits [`Property::kind`].
        operand: Operand,
    },
}

/// Why a text is no filter, or none that is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{rule} (column {column})")]
pub struct FilterError {
    /// Where in the text, counted in characters from 1.
    pub column: usize,
    /// The rule that is broken there, as a sentence that begins with `must`.
    pub rule: String,
}

impl<P: Property> Filter<P> {
    /// Reads a filter. Operators, `and`, `or`, `not` and the names of properties match ignoring
    /// case; `not` binds tighter than `and`, and `and` tighter than `or`.
    ///
    /// # Errors
    /// The first place where the text breaks the grammar, a bound of this module, or what the
    /// [`Kind`] of a property takes.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::filter(text)
    }

    /// Whether the record whose values `look` finds is let through.
    pub fn matches(&self, look: &impl Fn(P) -> Option<Operand>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(look)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(look)),
            Self::Not(part) => !part.matches(look),
            Self::Present(property) => look(*property).is_some(),
            Self::Compare { property, comparison, operand } => match look(*property) {
                Some(value) => comparison.holds(&value, operand),
                None => *comparison == Comparison::Ne,
            },
        }
    }
}
