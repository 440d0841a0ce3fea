//! Invariants 1 and 3, by reading the sources.

use crate::{files, name, read, root};

/// Where each word may stand: in one of these files, or below one of these directories.
const PLACES: [(&[&str], &str, &[&str]); 4] = [
    // The JSON of a record is part of what is signed; the values in a filter are JSON
    // (RFC 7644 §3.4.2.2); what waits in the outbox has to outlive a version of the program.
    (
        &["serde"],
        "crates/domain/src",
        &[
            "crates/domain/src/audit/record.rs",
            "crates/domain/src/audit/bundle/cursor/tests.rs",
            "crates/domain/src/audit/bundle/report.rs",
            "crates/domain/src/audit/bundle/write.rs",
            "crates/domain/src/audit/canonical.rs",
            "crates/domain/src/delivery/sealed.rs",
            "crates/domain/src/filter/parse.rs",
            "crates/domain/src/filter/tests/any_text.rs",
            "crates/domain/src/filter/tests/mod.rs",
        ],
    ),
    // One crate reads the clock and draws randomness.
    (
        &["SystemTime::now", "Timestamp::now", "Zoned::now", "UNIX_EPOCH.elapsed"],
        "crates",
        &["crates/adapters-crypto/src/system.rs"],
    ),
    (
        &["getrandom", "OsRng", "thread_rng", "new_v4", "now_v7", "RandomState"],
        "crates",
        &["crates/adapters-crypto/src/system.rs"],
    ),
    // The domain prints nothing, reads no environment, opens nothing and starts nothing.
    (
        &["std::fs", "std::net", "std::env", "std::process", "std::thread", "tokio", "println!"],
        "crates/domain/src",
        &[],
    ),
];

/// A source without its comments, which may speak of anything.
fn code(source: &str) -> String {
    source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn words_stand_only_where_they_may() {
    for (words, below, allowed) in PLACES {
        let sources = files(&root().join(below), ".rs");
        assert!(!sources.is_empty(), "sources below {below}");
        for path in sources.iter().filter(|path| !allowed.contains(&name(path).as_str())) {
            let code = code(&read(path));
            let found = words.iter().find(|word| code.contains(*word));
            assert!(found.is_none(), "{} says {}", name(path), found.unwrap_or(&""));
        }
    }
}

#[test]
fn the_scan_would_find_what_it_looks_for() {
    for (words, _, allowed) in PLACES {
        let mut places = allowed.iter().map(|path| code(&read(&root().join(path))));
        let found = places.all(|code| words.iter().any(|word| code.contains(word)));
        assert!(found, "none of {words:?} is in one of {allowed:?}: the list is out of date");
    }
}

#[test]
fn a_file_has_at_most_600_lines() {
    for directory in ["crates", "tests"] {
        for path in files(&root().join(directory), ".rs") {
            let lines = read(&path).lines().count();
            assert!(lines <= 600, "{} has {lines} lines", name(&path));
        }
    }
}
