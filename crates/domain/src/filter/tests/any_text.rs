use proptest::prelude::*;

use super::*;
use crate::time::Instant;

/// A filter as text, with parentheses where its shape needs them.
fn print(filter: &Filter<Sample>) -> String {
    match filter {
        Filter::And(parts) => {
            join(parts, " and ", |part| matches!(part, Filter::And(_) | Filter::Or(_)))
        }
        Filter::Or(parts) => join(parts, " or ", |part| matches!(part, Filter::Or(_))),
        Filter::Not(part) => format!("not ({})", print(part)),
        Filter::Present(property) => format!("{} pr", property.name()),
        Filter::Compare { property, comparison, operand } => {
            format!("{} {} {}", property.name(), comparison.operator(), print_operand(operand))
        }
    }
}

fn join(
    parts: &[Filter<Sample>],
    word: &str,
    is_grouped: impl Fn(&Filter<Sample>) -> bool,
) -> String {
    let print = |part| {
        let text = print(part);
        if is_grouped(part) { format!("({text})") } else { text }
    };
    parts.iter().map(print).collect::<Vec<_>>().join(word)
}

fn print_operand(operand: &Operand) -> String {
    match operand {
        Operand::Text(text) => serde_json::to_string(text).expect("a string"),
        Operand::Id(id) => format!("\"{id}\""),
        Operand::Flag(flag) => flag.to_string(),
        Operand::Number(number) => number.to_string(),
        Operand::Instant(instant) => format!("\"{instant}\""),
    }
}

fn operands(kind: Kind) -> BoxedStrategy<Operand> {
    match kind {
        Kind::Text => "[a-zäöüß0-9 ()\"\\\\\u{0}-\u{1f}]{0,8}".prop_map(Operand::Text).boxed(),
        Kind::ExactText => ".{0,8}".prop_map(Operand::Text).boxed(),
        Kind::Id => any::<u128>().prop_map(|id| Operand::Id(Uuid::from_u128(id))).boxed(),
        Kind::Flag => any::<bool>().prop_map(Operand::Flag).boxed(),
        Kind::Number => any::<i64>().prop_map(Operand::Number).boxed(),
        Kind::Instant => (-62_135_596_800_000_000..=253_402_300_799_999_999_i64)
            .prop_map(|micros| Operand::Instant(Instant::from_micros(micros).expect("in range")))
            .boxed(),
    }
}

fn leaves() -> impl Strategy<Value = Filter<Sample>> {
    let property = prop::sample::select(Sample::ALL);
    let pair = (property, prop::sample::select(Comparison::ALL.to_vec()));
    pair.prop_flat_map(|(property, comparison)| {
        if !comparison.suits(property.kind()) {
            return Just(Filter::Present(property)).boxed();
        }
        operands(property.kind())
            .prop_map(move |operand| compare(property, comparison, operand))
            .boxed()
    })
}

fn filters() -> impl Strategy<Value = Filter<Sample>> {
    leaves().prop_recursive(4, 24, 3, |part| {
        let parts = prop::collection::vec(part.clone(), 2..4);
        prop_oneof![
            parts.clone().prop_map(Filter::And),
            parts.prop_map(Filter::Or),
            part.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn a_printed_filter_parses_back_to_itself(filter in filters()) {
        let text = print(&filter);
        prop_assume!(text.chars().count() <= MAX_CHARACTERS);
        prop_assert_eq!(Filter::parse(&text), Ok(filter), "{}", text);
    }

    #[test]
    fn any_text_parses_or_is_refused_inside_or_right_after_it(text in ".{0,60}") {
        if let Err(error) = Filter::<Sample>::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column));
            prop_assert!(error.rule.starts_with("must"));
        }
    }

    #[test]
    fn any_heap_of_tokens_parses_or_is_refused_inside_or_right_after_it(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "[", "]", "not", "and", "or", "name", "count", "isActive", "eq", "co",
                "gt", "pr", "null", "true", "1", "\"a\"", "\"", "\\", "x.y", "u:v", "ä",
            ]),
            0..40,
        ),
    ) {
        let text = tokens.join(" ");
        if let Err(error) = Filter::<Sample>::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column));
            prop_assert!(error.rule.starts_with("must"));
        }
    }
}
