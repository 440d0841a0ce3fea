//! The conformance suite itself: no case is written and then forgotten in the macro.

use std::collections::BTreeSet;

const MACRO: &str = include_str!("../src/conformance/mod.rs");
const AREAS: [&str; 38] = [
    include_str!("../src/conformance/addresses.rs"),
    include_str!("../src/conformance/administrators.rs"),
    include_str!("../src/conformance/answers.rs"),
    include_str!("../src/conformance/attempts.rs"),
    include_str!("../src/conformance/attributes.rs"),
    include_str!("../src/conformance/audit.rs"),
    include_str!("../src/conformance/batches.rs"),
    include_str!("../src/conformance/clients.rs"),
    include_str!("../src/conformance/concurrency.rs"),
    include_str!("../src/conformance/erasure.rs"),
    include_str!("../src/conformance/filters.rs"),
    include_str!("../src/conformance/group_lists.rs"),
    include_str!("../src/conformance/groups.rs"),
    include_str!("../src/conformance/isolation.rs"),
    include_str!("../src/conformance/leases.rs"),
    include_str!("../src/conformance/lists.rs"),
    include_str!("../src/conformance/log_archive.rs"),
    include_str!("../src/conformance/log_growth.rs"),
    include_str!("../src/conformance/log_keys.rs"),
    include_str!("../src/conformance/log_races.rs"),
    include_str!("../src/conformance/log_reading.rs"),
    include_str!("../src/conformance/logs.rs"),
    include_str!("../src/conformance/memberships.rs"),
    include_str!("../src/conformance/nestings.rs"),
    include_str!("../src/conformance/outbox.rs"),
    include_str!("../src/conformance/passwords.rs"),
    include_str!("../src/conformance/roles.rs"),
    include_str!("../src/conformance/savepoints.rs"),
    include_str!("../src/conformance/second_factors.rs"),
    include_str!("../src/conformance/session_tokens.rs"),
    include_str!("../src/conformance/sessions.rs"),
    include_str!("../src/conformance/sign_in_names.rs"),
    include_str!("../src/conformance/stores.rs"),
    include_str!("../src/conformance/tokens.rs"),
    include_str!("../src/conformance/units.rs"),
    include_str!("../src/conformance/users.rs"),
    include_str!("../src/conformance/values.rs"),
    include_str!("../src/conformance/waiting.rs"),
];

#[test]
fn every_case_is_in_the_macro() {
    let words: BTreeSet<_> = MACRO.split_whitespace().collect();
    let cases: BTreeSet<_> = AREAS
        .iter()
        .flat_map(|area| area.lines())
        .filter_map(|line| line.strip_prefix("pub async fn "))
        .filter_map(|line| line.split('(').next())
        .collect();
    assert!(cases.len() > 305, "{} cases are found", cases.len());
    let forgotten: Vec<_> = cases.difference(&words).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
    let modules = MACRO.lines().filter(|line| line.starts_with("pub mod ")).count();
    assert_eq!(modules, AREAS.len(), "an area is not looked at here");
}
