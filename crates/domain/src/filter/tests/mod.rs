mod any_text;
mod refused;

use std::collections::HashMap;

use uuid::Uuid;

use super::*;

properties! {
    /// One property of each kind.
    enum Sample {
        Name, "name", Text;
        Code, "externalCode", ExactText;
        Id, "id", Id;
        Active, "isActive", Flag;
        Count, "count", Number;
        Since, "since", Instant;
    }
}

fn parse(text: &str) -> Filter<Sample> {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn compare(property: Sample, comparison: Comparison, operand: Operand) -> Filter<Sample> {
    Filter::Compare { property, comparison, operand }
}

fn instant(text: &str) -> Operand {
    Operand::Instant(text.parse().expect("valid"))
}

/// A record with a value for every property.
fn full() -> HashMap<Sample, Operand> {
    HashMap::from([
        (Sample::Name, Operand::folded("Ada LOVELACE")),
        (Sample::Code, Operand::exact("Ab-7")),
        (Sample::Id, Operand::Id(Uuid::from_u128(7))),
        (Sample::Active, Operand::Flag(true)),
        (Sample::Count, Operand::Number(5)),
        (Sample::Since, instant("2026-01-31T12:00:00Z")),
    ])
}

fn lets_through(filter: &str, record: &HashMap<Sample, Operand>) -> bool {
    parse(filter).matches(&|property| record.get(&property).cloned())
}

#[test]
fn every_operator_compares_the_values_of_every_kind_it_takes() {
    for (filter, expected) in [
        (r#"name eq "ADA lovelace""#, true),
        (r#"name eq "Ada""#, false),
        (r#"name ne "ADA lovelace""#, false),
        (r#"name ne "Ada""#, true),
        (r#"name co "A LOV""#, true),
        (r#"name co "A  LOV""#, false),
        (r#"name co """#, true),
        (r#"name sw "aDA""#, true),
        (r#"name sw "da""#, false),
        (r#"name ew "Lace""#, true),
        (r#"name ew "Lac""#, false),
        (r#"name gt "Ada L""#, true),
        (r#"name gt "ada lovelace""#, false),
        (r#"name ge "ADA LOVELACE""#, true),
        (r#"name ge "b""#, false),
        (r#"name lt "B""#, true),
        (r#"name lt "ada lovelace""#, false),
        (r#"name le "Ada Lovelace""#, true),
        (r#"name le "ada""#, false),
        ("name pr", true),
        (r#"externalCode eq "Ab-7""#, true),
        (r#"externalCode eq "ab-7""#, false),
        (r#"externalCode ne "ab-7""#, true),
        (r#"externalCode co "b-""#, true),
        (r#"externalCode co "B-""#, false),
        (r#"externalCode sw "Ab""#, true),
        (r#"externalCode sw "ab""#, false),
        (r#"externalCode ew "-7""#, true),
        (r#"externalCode ew "-""#, false),
        (r#"externalCode gt "AZ""#, true),
        (r#"externalCode lt "AZ""#, false),
        (r#"id eq "00000000-0000-0000-0000-000000000007""#, true),
        (r#"id ne "00000000-0000-0000-0000-000000000007""#, false),
        (r#"id gt "00000000-0000-0000-0000-000000000006""#, true),
        (r#"id ge "00000000-0000-0000-0000-000000000007""#, true),
        (r#"id lt "00000000-0000-0000-0000-000000000007""#, false),
        (r#"id le "00000000-0000-0000-0000-000000000006""#, false),
        ("isActive eq true", true),
        ("isActive eq false", false),
        ("isActive ne true", false),
        ("isActive ne false", true),
        ("count eq 5", true),
        ("count ne 5", false),
        ("count gt 4", true),
        ("count gt 5", false),
        ("count ge 5", true),
        ("count ge 6", false),
        ("count lt 10", true),
        ("count lt 5", false),
        ("count le 5", true),
        ("count le -5", false),
        (r#"since eq "2026-01-31T13:00:00+01:00""#, true),
        (r#"since ne "2026-01-31T12:00:00Z""#, false),
        (r#"since gt "2026-01-31T11:59:59.999999Z""#, true),
        (r#"since ge "2026-01-31T12:00:00Z""#, true),
        (r#"since lt "2026-01-31T12:00:00Z""#, false),
        (r#"since le "2026-01-31T12:00:00Z""#, true),
    ] {
        assert_eq!(lets_through(filter, &full()), expected, "{filter}");
    }
}

#[test]
fn an_unset_property_compares_with_nothing_but_is_not_equal_to_everything() {
    for (filter, expected) in [
        (r#"name eq """#, false),
        (r#"name ne "x""#, true),
        (r#"name co """#, false),
        (r#"name sw """#, false),
        (r#"name ew """#, false),
        (r#"name gt """#, false),
        (r#"name ge """#, false),
        (r#"name lt "x""#, false),
        (r#"name le "x""#, false),
        (r#"not (name eq "x")"#, true),
        (r#"not (name lt "x")"#, true),
        (r#"not (name ne "x")"#, false),
        ("name pr", false),
        ("name eq null", true),
        ("name ne null", false),
        ("isActive ne true", true),
        ("isActive eq false", false),
    ] {
        assert_eq!(lets_through(filter, &HashMap::new()), expected, "{filter}");
    }
}

#[test]
fn and_wants_all_or_wants_one_and_not_turns() {
    for (filter, expected) in [
        ("count eq 5 and isActive eq true", true),
        ("count eq 5 and isActive eq false", false),
        ("count eq 6 or isActive eq true", true),
        ("count eq 6 or isActive eq false", false),
        ("not (count eq 6)", true),
        ("count eq 5 or count eq 6 and isActive eq false", true),
        ("(count eq 5 or count eq 6) and isActive eq false", false),
        ("not (count eq 6) and isActive eq false", false),
        ("not (count eq 6 and isActive eq false)", true),
    ] {
        assert_eq!(lets_through(filter, &full()), expected, "{filter}");
    }
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    let [a, b, c] = [1, 2, 3].map(|n| compare(Sample::Count, Comparison::Eq, Operand::Number(n)));
    let not = |part: &Filter<Sample>| Filter::Not(Box::new(part.clone()));
    for (text, expected) in [
        (
            "count eq 1 or count eq 2 and count eq 3",
            Filter::Or(vec![a.clone(), Filter::And(vec![b.clone(), c.clone()])]),
        ),
        (
            "(count eq 1 or count eq 2) and count eq 3",
            Filter::And(vec![Filter::Or(vec![a.clone(), b.clone()]), c.clone()]),
        ),
        (
            "not (count eq 1) and count eq 2 and count eq 3",
            Filter::And(vec![not(&a), b.clone(), c.clone()]),
        ),
        ("((count eq 1))", a.clone()),
        ("not (not (count eq 1))", not(&not(&a))),
    ] {
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn null_asks_whether_a_property_is_set() {
    assert_eq!(parse("since ne null"), Filter::Present(Sample::Since));
    assert_eq!(parse("since pr"), Filter::Present(Sample::Since));
    let unset = Filter::Not(Box::new(Filter::Present(Sample::Since)));
    assert_eq!(parse("since eq null"), unset);
}

#[test]
fn words_match_ignoring_case_and_spaces_do_not_matter() {
    let expected = parse(r#"externalCode eq "a" and not (name pr or count gt 1)"#);
    for text in [
        r#"EXTERNALCODE EQ "a" AND NOT (NAME PR OR COUNT GT 1)"#,
        r#"  externalcode   Eq  "a"  And  nOt  (  name  Pr  oR  count  gT  1  )  "#,
        r#"externalCode eq "a"and not(name pr or count gt 1)"#,
    ] {
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn strings_are_json_strings() {
    for (json, text) in [
        (r#""""#, ""),
        (r#""a\"b\\""#, "a\"b\\"),
        (r#""\\\"""#, "\\\""),
        (r#""(and) [or] not""#, "(and) [or] not"),
        (r#""\u0000\n\ud83d\ude00\/""#, "\0\n\u{1f600}/"),
        (r#""äöü 😀""#, "äöü 😀"),
    ] {
        let expected = compare(Sample::Code, Comparison::Eq, Operand::exact(text));
        assert_eq!(parse(&format!("externalCode eq {json}")), expected, "{json}");
    }
}

#[test]
fn text_is_folded_only_where_its_kind_says_so() {
    let name = compare(Sample::Name, Comparison::Eq, Operand::exact("äda"));
    assert_eq!(parse(r#"name eq "ÄDA""#), name);
    let code = compare(Sample::Code, Comparison::Eq, Operand::exact("ÄDA"));
    assert_eq!(parse(r#"externalCode eq "ÄDA""#), code);
}

/// Asserts that each property compares what the API prints under its name.
pub(crate) fn assert_compares_what_is_printed<P: Property>(
    printed: &str,
    value: impl Fn(P) -> Option<Operand>,
) {
    let printed: serde_json::Value = serde_json::from_str(printed).expect("JSON");
    for property in P::ALL {
        let name = property.name();
        let printed = printed.get(name).unwrap_or_else(|| panic!("{name} is not printed"));
        let text = printed.as_str().unwrap_or_default();
        let expected = match property.kind() {
            _ if printed.is_null() => None,
            Kind::Text => Some(Operand::folded(text)),
            Kind::ExactText => Some(Operand::exact(text)),
            Kind::Id => Some(Operand::Id(text.parse().expect("a UUID"))),
            Kind::Flag => printed.as_bool().map(Operand::Flag),
            Kind::Number => printed.as_i64().map(Operand::Number),
            Kind::Instant => Some(Operand::Instant(text.parse().expect("an instant"))),
        };
        assert_eq!(value(*property), expected, "{name}");
    }
}

#[test]
fn names_of_properties_are_unique_ignoring_case() {
    fn check<P: Property>() {
        for property in P::ALL {
            let text = format!("{} pr", property.name().to_uppercase());
            assert_eq!(Filter::<P>::parse(&text), Ok(Filter::Present(*property)), "{text}");
        }
    }
    check::<Sample>();
    check::<crate::user::UserProperty>();
    check::<crate::group::GroupProperty>();
    check::<crate::attribute::AttributeProperty>();
    check::<crate::audit::EntryProperty>();
}
