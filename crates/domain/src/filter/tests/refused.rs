use super::*;

const START: &str = "must be the word not, an opening parenthesis or a property";
const STRING: &str = "must be a JSON string in double quotes";
const NUMBER: &str = "must be a whole number of at most 64 bits";
const FLAG: &str = "must be true or false";
const INSTANT: &str =
    "must be a date and time of RFC 3339 with an offset, such as 2026-01-31T12:00:00Z";
const NAMES: &str = "must name one of name, externalCode, id, isActive, count, since";
const OPERATORS_OF_NAME: &str =
    "must be one of the operators eq, ne, co, sw, ew, gt, ge, lt, le, pr for name";
const OPERATORS_OF_ID: &str = "must be one of the operators eq, ne, gt, ge, lt, le, pr for id";
const OPERATORS_OF_COUNT: &str =
    "must be one of the operators eq, ne, gt, ge, lt, le, pr for count";
const OPERATORS_OF_SINCE: &str =
    "must be one of the operators eq, ne, gt, ge, lt, le, pr for since";
const OPERATORS_OF_ACTIVE: &str = "must be one of the operators eq, ne, pr for isActive";
const END: &str = "must end here, or go on with one of and, or";
const CLOSING: &str = "must be a closing parenthesis, or one of and, or";
const NULL: &str = "must not be null except after eq or ne";
const PATH: &str = "must not be a value path: name a property alone";
const SUB_ATTRIBUTE: &str = "must name a property without a sub-attribute";
const URN: &str = "must name a property without a URN before it";
const GROUP: &str = "must be an opening parenthesis after not";

fn assert_refused(text: &str, column: usize, rule: &str) {
    let error = Filter::<Sample>::parse(text).expect_err(text);
    assert_eq!((error.column, error.rule.as_str()), (column, rule), "{text}");
}

#[test]
fn what_breaks_the_grammar_is_refused_where_it_does() {
    for (text, column, rule) in [
        ("", 1, "must not be empty"),
        ("   ", 1, "must not be empty"),
        ("()", 2, START),
        (")", 1, START),
        ("]", 1, START),
        ("\"name\" eq 1", 1, START),
        ("name pr and", 12, START),
        ("name pr or ", 12, START),
        ("name pr and )", 13, START),
        ("and name pr", 1, NAMES),
        ("not name pr", 5, GROUP),
        ("not", 4, GROUP),
        ("not (", 6, START),
        ("(name pr", 9, CLOSING),
        ("(name pr] ", 9, CLOSING),
        ("(name pr count pr)", 10, CLOSING),
        ("name pr)", 8, END),
        ("name pr count pr", 9, END),
        ("count eq 1 2", 12, END),
        ("\tname pr", 1, NAMES),
        ("name\npr", 1, NAMES),
        // Columns count characters, not bytes.
        (r#"name eq "äöü😀" x"#, 16, END),
    ] {
        assert_refused(text, column, rule);
    }
}

#[test]
fn what_is_no_property_is_refused_with_the_names_there_are() {
    for (text, column, rule) in [
        ("x eq 1", 1, NAMES),
        ("count eq 1 and (password pr)", 17, NAMES),
        ("名 pr", 1, NAMES),
        ("name.first pr", 1, SUB_ATTRIBUTE),
        ("urn:ietf:params:scim:schemas:core:2.0:User:name pr", 1, URN),
        ("name[count eq 1]", 5, PATH),
        ("emails [count eq 1]", 8, PATH),
    ] {
        assert_refused(text, column, rule);
    }
}

#[test]
fn an_operator_that_the_kind_does_not_take_is_refused() {
    for (text, column, rule) in [
        ("name", 5, OPERATORS_OF_NAME),
        ("name is \"x\"", 6, OPERATORS_OF_NAME),
        ("name = \"x\"", 6, OPERATORS_OF_NAME),
        ("name (eq \"x\")", 6, OPERATORS_OF_NAME),
        ("not eq 1", 5, GROUP),
        ("count co 1", 7, OPERATORS_OF_COUNT),
        ("count sw 1", 7, OPERATORS_OF_COUNT),
        ("count ew 1", 7, OPERATORS_OF_COUNT),
        ("since co \"2026\"", 7, OPERATORS_OF_SINCE),
        ("since sw \"2026\"", 7, OPERATORS_OF_SINCE),
        ("since ew \"2026\"", 7, OPERATORS_OF_SINCE),
        ("id co \"7\"", 4, OPERATORS_OF_ID),
        ("id sw \"7\"", 4, OPERATORS_OF_ID),
        ("id ew \"7\"", 4, OPERATORS_OF_ID),
        ("isActive co true", 10, OPERATORS_OF_ACTIVE),
        ("isActive gt false", 10, OPERATORS_OF_ACTIVE),
        ("isActive ge false", 10, OPERATORS_OF_ACTIVE),
        ("isActive lt false", 10, OPERATORS_OF_ACTIVE),
        ("isActive le false", 10, OPERATORS_OF_ACTIVE),
    ] {
        assert_refused(text, column, rule);
    }
}

#[test]
fn a_value_of_another_type_is_refused() {
    for (text, column, rule) in [
        ("name eq", 8, STRING),
        ("name eq ", 9, STRING),
        ("name eq x", 9, STRING),
        ("name eq 1", 9, STRING),
        ("name eq true", 9, STRING),
        ("name eq NULL", 9, STRING),
        ("name eq )", 9, STRING),
        ("name eq 'x'", 9, STRING),
        ("name eq \"x", 9, STRING),
        (r#"name eq "x\""#, 9, STRING),
        (r#"name eq "\x""#, 9, STRING),
        (r#"name eq "\ud800""#, 9, STRING),
        ("name eq \"a\nb\"", 9, STRING),
        ("externalCode eq 1", 17, STRING),
        ("id eq 7", 7, STRING),
        (r#"id eq "7""#, 7, "must be a UUID"),
        ("since eq 2026", 10, STRING),
        (r#"since eq "2026""#, 10, INSTANT),
        (r#"since eq "0000-01-01T00:00:00Z""#, 10, "must lie between the years 0001 and 9999"),
        ("count eq \"1\"", 10, NUMBER),
        ("count eq 1.5", 10, NUMBER),
        ("count eq 1e3", 10, NUMBER),
        ("count eq +1", 10, NUMBER),
        ("count eq 01", 10, NUMBER),
        ("count eq 9223372036854775808", 10, NUMBER),
        ("count eq true", 10, NUMBER),
        ("isActive eq 1", 13, FLAG),
        ("isActive eq \"true\"", 13, FLAG),
        ("isActive eq True", 13, FLAG),
        ("name co null", 9, NULL),
        ("count lt null", 10, NULL),
    ] {
        assert_refused(text, column, rule);
    }
}

#[test]
fn an_error_prints_its_rule_and_its_column() {
    let error = Filter::<Sample>::parse("isActive eq 1").expect_err("no flag");
    assert_eq!(error.to_string(), "must be true or false (column 13)");
}

#[test]
fn a_filter_has_at_most_2_000_characters() {
    let of_length = |length: usize| format!("name eq \"{}\"", "ä".repeat(length - 10));
    assert!(Filter::<Sample>::parse(&of_length(MAX_CHARACTERS)).is_ok());
    let rule = "must be at most 2000 characters long";
    assert_refused(&of_length(MAX_CHARACTERS + 1), 2_001, rule);
    assert_refused(&"(".repeat(1_000_000), 2_001, rule);
}

#[test]
fn a_filter_nests_at_most_16_deep() {
    let nested = |deep: usize| format!("{}name pr{}", "(".repeat(deep), ")".repeat(deep));
    let rule = "must not nest parentheses more than 16 deep";
    assert_eq!(parse(&nested(MAX_DEPTH)), Filter::Present(Sample::Name));
    assert_refused(&nested(MAX_DEPTH + 1), 17, rule);
    assert_refused(&"(".repeat(MAX_CHARACTERS), 17, rule);
    assert_refused(&"not(".repeat(500), 68, rule);
    let side_by_side = vec![nested(MAX_DEPTH); 20].join(" and ");
    assert!(Filter::<Sample>::parse(&side_by_side).is_ok());
}

#[test]
fn a_filter_holds_at_most_64_comparisons() {
    let joined = |count: usize| vec!["name pr"; count].join(" or ");
    assert!(Filter::<Sample>::parse(&joined(MAX_COMPARISONS)).is_ok());
    let rule = "must not hold more than 64 comparisons";
    assert_refused(&joined(MAX_COMPARISONS + 1), 64 * 11 + 1, rule);
}
