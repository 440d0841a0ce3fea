//! What `docs/security.md` promises: that every row is there, and that the tests it names are.

mod secrets;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{files, name, read, root};

const PAGE: &str = "docs/security.md";

/// The rows that the page must have, by the beginning and the range of their numbers.
const ROWS: [(&str, std::ops::RangeInclusive<u8>); 11] = [
    ("PW-", 1..=10),
    ("HS-", 1..=7),
    ("LK-", 1..=6),
    ("EN-", 1..=5),
    ("OT-", 1..=6),
    ("RS-", 1..=6),
    ("TK-", 1..=2),
    ("C", 1..=11),
    ("C", 16..=16),
    ("C", 19..=22),
    ("AT-", 1..=9),
];

/// One row of the page.
struct Row {
    id: String,
    /// The tests that hold it.
    tests: Vec<String>,
}

/// The rows of the table, in order.
fn rows(page: &str) -> Vec<Row> {
    let cells = |line: &str| -> Option<[String; 3]> {
        let inside = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let cells: Vec<_> = inside.split(" | ").map(str::to_owned).collect();
        Some(cells.try_into().unwrap_or_else(|_| panic!("three columns: {line}")))
    };
    let rows = page.lines().filter_map(cells).filter(|[id, ..]| id != "ID" && id != "---");
    rows.map(|[id, _, tests]| Row { id, tests: in_backticks(&tests) }).collect()
}

/// Every other piece of a text between backticks.
fn in_backticks(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (name, _) = line.strip_prefix("fn ")?.split_once(['(', '<'])?;
    Some(name)
}

/// The name that is alone on its line, as macros of tests list them.
fn listed(line: &str) -> Option<&str> {
    let line = line.strip_prefix("on_both_databases![").unwrap_or(line);
    let name = line.trim_end_matches([',', ';', ']']);
    let is_name = |name: &str| name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    (!name.is_empty() && is_name(name)).then_some(name)
}

/// The tests of these sources: functions that are marked as one, and functions that a macro of tests
/// lists.
fn tests(sources: &[String]) -> BTreeSet<String> {
    let lines = || sources.iter().flat_map(|source| source.lines().map(str::trim));
    let is_mark = |line: &str| {
        line.starts_with("#[") && (line.ends_with("test]") || line.starts_with("#[ignore"))
    };
    let marked = lines().zip(lines().skip(1)).filter(|(mark, _)| is_mark(mark));
    let marked = marked.filter_map(|(_, line)| function(line));
    let listed: BTreeSet<_> = lines().filter_map(listed).collect();
    let functions = lines().filter_map(function).filter(|name| listed.contains(name));
    marked.chain(functions).map(str::to_owned).collect()
}

fn sources() -> Vec<String> {
    let of = |directory| files(&root().join(directory), ".rs");
    ["crates", "tests"].into_iter().flat_map(of).map(|path| read(&path)).collect()
}

#[test]
fn the_page_has_every_row_of_the_checklist_in_order() {
    let required = ROWS.into_iter().flat_map(|(begins, numbers)| {
        numbers.map(move |number| format!("{begins}{number}")).collect::<Vec<_>>()
    });
    let there = rows(&read(&root().join(PAGE))).into_iter().map(|row| row.id);
    assert_eq!(there.collect::<Vec<_>>(), required.collect::<Vec<_>>());
}

#[test]
fn every_test_that_a_row_names_is_there() {
    let tests = tests(&sources());
    for Row { id, tests: named } in rows(&read(&root().join(PAGE))) {
        assert!(!named.is_empty(), "{id}: no test holds it");
        let missing: Vec<_> = named.iter().filter(|name| !tests.contains(*name)).collect();
        assert!(missing.is_empty(), "{id}: there is no test {missing:?}");
    }
}

#[test]
fn only_tests_count_as_tests() {
    let source = "
        #[test]
        fn marked() {}
        #[tokio::test]
        async fn waiting() {}
        #[ignore = \"slow\"]
        fn rare() {}
        fn helper() {}
        pub async fn case<H: Harness>(harness: &H) {}
        on_both_databases![alone];
        async fn alone(server: Server) {}
        cases {
            case
            gone,
        }";
    let expected = ["alone", "case", "marked", "rare", "waiting"].map(str::to_owned);
    assert_eq!(tests(&[source.to_owned()]), BTreeSet::from(expected));
}

/// The names of all properties in a JSON schema.
fn properties(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let own = members.get("properties").and_then(Value::as_object);
            let own = own.into_iter().flat_map(|it| it.keys().cloned());
            own.chain(members.values().flat_map(properties)).collect()
        }
        Value::Array(items) => items.iter().flat_map(properties).collect(),
        _ => Vec::new(),
    }
}

/// PW-8.
#[test]
fn no_hint_and_no_question_can_be_stored_or_shown() {
    const WORDS: [&str; 4] = ["hint", "question", "secretanswer", "secret_answer"];
    let says = |text: &str| WORDS.into_iter().find(|word| text.to_lowercase().contains(word));
    let document = serde_json::from_str(&read(&root().join("docs/openapi.json"))).expect("JSON");
    let properties = properties(&document);
    assert!(properties.iter().any(|name| name == "newPassword"), "the properties are found");
    for property in properties {
        assert_eq!(says(&property), None, "the property {property}");
    }
    for path in files(&root().join("migrations"), ".sql") {
        assert_eq!(says(&read(&path)), None, "{}", name(&path));
    }
}
