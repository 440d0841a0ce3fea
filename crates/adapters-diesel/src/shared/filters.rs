//! Filters as SQL: what [`Filter::matches`] says of a record, the condition says of its row.

use domain::filter::{Comparison, Filter, Operand, Property};

use super::super::dialect;
use super::fragment::{Fragment, Slot, Value};
use crate::types::{At, Id};

/// How a property of a resource stands in its table.
pub(super) enum Column {
    /// Set in every row.
    Set(&'static str),
    /// Compared by the first, and unset where the second is null.
    MaybeUnset(&'static str, &'static str),
    /// In no column: the same in every record.
    Always(Operand),
}

/// The columns of a resource.
pub(super) trait Columns: Property {
    /// Where the property is.
    fn column(self) -> Column;
}

const EVERY_ROW: &str = "1 = 1";
const NO_ROW: &str = "1 = 0";

/// The condition that the filter stands for. A comparison with a column that is null is neither
/// true nor false in SQL, so each says beforehand what is to become of that.
pub(super) fn condition<P: Columns>(filter: &Filter<P>) -> Fragment {
    let all = |parts: &[Filter<P>], between| {
        Fragment::join(parts.iter().map(condition), between).enclosed()
    };
    let condition = match filter {
        Filter::And(parts) if parts.is_empty() => Fragment::sql(EVERY_ROW),
        Filter::Or(parts) if parts.is_empty() => Fragment::sql(NO_ROW),
        Filter::And(parts) => all(parts, " AND "),
        Filter::Or(parts) => all(parts, " OR "),
        Filter::Not(part) => {
            Fragment::join([Fragment::sql("NOT "), condition(part).enclosed()], "")
        }
        Filter::Present(property) => present(&property.column()),
        Filter::Compare { property, comparison, operand } => match property.column() {
            Column::Set(column) => compared(column, *comparison, operand),
            Column::MaybeUnset(column, set) => {
                maybe(set, *comparison, compared(column, *comparison, operand))
            }
            Column::Always(value) => {
                let matches = filter.matches(&|_| Some(value.clone()));
                Fragment::sql(if matches { EVERY_ROW } else { NO_ROW })
            }
        },
    };
    condition.only_once()
}

fn present(column: &Column) -> Fragment {
    match column {
        Column::Set(_) | Column::Always(_) => Fragment::sql(EVERY_ROW),
        Column::MaybeUnset(_, set) => {
            Fragment::new(":set IS NOT NULL", &[("set", Slot::Name(set))])
        }
    }
}

/// What is unset has no value to compare with, so only `ne` is true of it.
fn maybe(set: &'static str, comparison: Comparison, compared: Fragment) -> Fragment {
    let slots = [("set", Slot::Name(set)), ("compared", Slot::Part(compared))];
    match comparison {
        Comparison::Ne => Fragment::new("(:set IS NULL OR :compared)", &slots),
        _ => Fragment::new("(:set IS NOT NULL AND :compared)", &slots),
    }
}

fn compared(column: &'static str, comparison: Comparison, operand: &Operand) -> Fragment {
    let value = match operand {
        Operand::Text(text) => return text_compared(column, comparison, text),
        Operand::Id(id) => Value::Id(Id(*id)),
        Operand::Flag(flag) => Value::Flag(*flag),
        Operand::Number(number) => Value::Number(*number),
        Operand::Instant(instant) => Value::At(At(*instant)),
    };
    match operator(comparison) {
        Some(operator) => binary(column, "", operator, value),
        None => Fragment::sql(NO_ROW),
    }
}

/// The operator of SQL, for comparisons that have one.
fn operator(comparison: Comparison) -> Option<&'static str> {
    match comparison {
        Comparison::Eq => Some("="),
        Comparison::Ne => Some("<>"),
        Comparison::Greater => Some(">"),
        Comparison::GreaterOrEqual => Some(">="),
        Comparison::Less => Some("<"),
        Comparison::LessOrEqual => Some("<="),
        Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => None,
    }
}

fn binary(
    column: &'static str,
    collation: &'static str,
    operator: &'static str,
    value: impl Into<Value>,
) -> Fragment {
    let slots = [
        ("column", Slot::Name(column)),
        ("collation", Slot::Name(collation)),
        ("operator", Slot::Name(operator)),
        ("value", Slot::One(value.into())),
    ];
    Fragment::new(":column:collation :operator :value", &slots)
}

fn text_compared(column: &'static str, comparison: Comparison, text: &str) -> Fragment {
    let (comparison, text) = match without_nul(comparison, text) {
        Ok(plain) => plain,
        Err(answer) => return Fragment::sql(answer),
    };
    match comparison {
        Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith if text.is_empty() => {
            Fragment::sql(EVERY_ROW)
        }
        Comparison::Contains => contains(column, text),
        Comparison::StartsWith => starts_with(column, text),
        Comparison::EndsWith => ends_with(column, text),
        Comparison::Eq => binary(column, "", "=", text),
        Comparison::Ne => binary(column, "", "<>", text),
        ordered => match operator(ordered) {
            Some(operator) => binary(column, dialect::BYTEWISE, operator, text),
            None => Fragment::sql(NO_ROW),
        },
    }
}

/// No stored text holds U+0000, and PostgreSQL takes none to compare with. A value is less than a
/// text with one exactly when it is at most what stands before it.
fn without_nul(comparison: Comparison, text: &str) -> Result<(Comparison, &str), &'static str> {
    let Some((before, _)) = text.split_once('\0') else { return Ok((comparison, text)) };
    match comparison {
        Comparison::Ne => Err(EVERY_ROW),
        Comparison::Less | Comparison::LessOrEqual => Ok((Comparison::LessOrEqual, before)),
        Comparison::Greater | Comparison::GreaterOrEqual => Ok((Comparison::Greater, before)),
        _ => Err(NO_ROW),
    }
}

fn contains(column: &'static str, text: &str) -> Fragment {
    let slots = [
        ("find", Slot::Name(dialect::FIND)),
        ("column", Slot::Name(column)),
        ("text", Slot::from(text)),
    ];
    Fragment::new(":find(:column, :text) > 0", &slots)
}

/// A range, which an index can find.
fn starts_with(column: &'static str, text: &str) -> Fragment {
    let from = binary(column, dialect::BYTEWISE, ">=", text);
    match after_all_with_prefix(text) {
        Some(end) => {
            let to = binary(column, dialect::BYTEWISE, "<", end);
            Fragment::join([from, to], " AND ").enclosed()
        }
        None => from,
    }
}

fn ends_with(column: &'static str, text: &str) -> Fragment {
    let tail = Fragment::sql(dialect::tail(column, text.chars().count()));
    Fragment::new(":tail = :text", &[("tail", Slot::Part(tail)), ("text", Slot::from(text))])
}

/// The least text that is greater, by code points, than every text with this prefix.
fn after_all_with_prefix(prefix: &str) -> Option<String> {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        // A range of characters skips the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_text_that_begins_otherwise() {
        let end = |prefix| after_all_with_prefix(prefix);
        assert_eq!(end("ab").as_deref(), Some("ac"));
        assert_eq!(end("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(end("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(end("\u{10FFFF}"), None);
        assert_eq!(end(""), None);
    }

    #[test]
    fn a_text_with_nul_is_compared_as_if_it_could_be_stored() {
        for text in ["a\0", "a\0b", "\0"] {
            for comparison in Comparison::ALL {
                for value in ["", "a", "a\u{1}", "aa", "b"] {
                    let holds = |comparison, operand: &str| {
                        let filter = Filter::Compare {
                            property: domain::group::GroupProperty::Name,
                            comparison,
                            operand: Operand::exact(operand),
                        };
                        filter.matches(&|_| Some(Operand::exact(value)))
                    };
                    let told = match without_nul(comparison, text) {
                        Ok((comparison, text)) => holds(comparison, text),
                        Err(answer) => answer == EVERY_ROW,
                    };
                    assert_eq!(told, holds(comparison, text), "{value:?} {comparison:?} {text:?}");
                }
            }
        }
    }
}
