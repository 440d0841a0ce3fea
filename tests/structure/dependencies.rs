//! Invariants 1 and 2: the domain knows nobody, adapters know the domain, the binary knows all.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::root;

/// Everything that is linked into `domain`: values, text, hashes and JSON. What does I/O, SQL or
/// HTTP or runs futures does not come onto this list.
const LINKED_INTO_DOMAIN: [&str; 29] = [
    "base64",
    "block-buffer",
    "cfg-if",
    "const-oid",
    "cpufeatures",
    "crypto-common",
    "ct-merkle",
    "digest",
    "email_address",
    "hybrid-array",
    "itoa",
    "jiff",
    "jiff-core",
    "libc",
    "memchr",
    "serde",
    "serde_core",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "tinyvec",
    "tinyvec_macros",
    "typenum",
    "unicode-case-mapping",
    "unicode-normalization",
    "uuid",
    "zeroize",
    "zmij",
];

/// The macros that `domain` names. They leave nothing behind in the binary.
const MACROS_OF_DOMAIN: [&str; 1] = ["async-trait"];

/// Which of our crates each of them may depend on outside of tests.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("adapters-crypto", &["domain"]),
    ("adapters-delivery", &["domain"]),
    ("adapters-diesel", &["domain"]),
    ("adapters-issuers", &["domain"]),
    ("api-actix", &["domain"]),
    (
        "bench",
        &[
            "adapters-crypto",
            "adapters-delivery",
            "adapters-diesel",
            "api-actix",
            "domain",
            "testkit",
        ],
    ),
    ("black-box-tests", &[]),
    ("domain", &[]),
    ("testkit", &["domain"]),
    (
        "userstore",
        &[
            "adapters-crypto",
            "adapters-delivery",
            "adapters-diesel",
            "adapters-issuers",
            "api-actix",
            "domain",
        ],
    ),
];

/// Which of our crates may name a crate of a concern outside of tests. `bench` may name any: it
/// measures the raw thing beside ours.
const CONCERNS: [(&str, &[&str]); 18] = [
    ("actix-web", &["api-actix", "userstore"]),
    ("clap", &["userstore"]),
    ("config", &["userstore"]),
    ("curve25519-dalek", &["adapters-crypto"]),
    ("diesel", &["adapters-diesel"]),
    ("diesel-async", &["adapters-diesel"]),
    ("diesel_migrations", &["adapters-diesel"]),
    ("ed25519-dalek", &["adapters-crypto", "testkit"]),
    ("getrandom", &["adapters-crypto"]),
    ("jsonwebtoken", &["adapters-issuers"]),
    ("lettre", &["adapters-delivery"]),
    ("libsqlite3-sys", &["adapters-diesel"]),
    ("minijinja", &["adapters-delivery"]),
    ("reqwest", &["adapters-delivery", "adapters-issuers"]),
    ("tokio-postgres", &["adapters-diesel", "testkit"]),
    ("totp-rs", &["adapters-crypto"]),
    ("utoipa", &["api-actix"]),
    ("utoipa-swagger-ui", &["api-actix"]),
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--locked")
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The names of the packages in a tree of `domain`, itself left out.
fn tree_of_domain(arguments: &[&str]) -> BTreeSet<String> {
    let format = ["tree", "--package", "domain", "--prefix", "none", "--format", "{p}"];
    let tree = cargo(&[&format, arguments].concat());
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "domain").map(str::to_owned).collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// For each of our crates, what it names in `[dependencies]` and `[build-dependencies]`.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
            let outside_of_tests = dependencies.filter(|dependency| dependency["kind"] != "dev");
            let names = outside_of_tests.filter_map(|dependency| dependency["name"].as_str());
            (package["name"].as_str().expect("a name").to_owned(), set(names))
        })
        .collect()
}

#[test]
fn the_domain_is_linked_with_nothing_but_what_is_listed() {
    let linked = tree_of_domain(&["--edges", "normal,no-proc-macro"]);
    let gained: Vec<_> = linked.difference(&set(LINKED_INTO_DOMAIN)).cloned().collect();
    assert!(gained.is_empty(), "the tree of `domain` gained {gained:?}");
}

#[test]
fn the_domain_names_no_other_macro() {
    let named = tree_of_domain(&["--edges", "normal", "--depth", "1"]);
    let linked = tree_of_domain(&["--edges", "normal,no-proc-macro", "--depth", "1"]);
    let macros: BTreeSet<_> = named.difference(&linked).cloned().collect();
    assert_eq!(macros, set(MACROS_OF_DOMAIN));
}

#[test]
fn every_crate_depends_only_on_the_crates_it_may() {
    let declared = declared();
    let ours: BTreeSet<String> = declared.keys().cloned().collect();
    assert_eq!(ours, set(ALLOWED.map(|(name, _)| name)), "every crate has its line");
    for (name, allowed) in ALLOWED {
        let of_ours: BTreeSet<_> = declared[name].intersection(&ours).cloned().collect();
        let beyond: Vec<_> = of_ours.difference(&set(allowed.iter().copied())).cloned().collect();
        assert!(beyond.is_empty(), "{name} depends on {beyond:?}");
    }
}

#[test]
fn every_concern_stays_in_its_crate() {
    for (name, dependencies) in declared().into_iter().filter(|(name, _)| name != "bench") {
        for (concern, allowed) in CONCERNS {
            let stays = !dependencies.contains(concern) || allowed.contains(&name.as_str());
            assert!(stays, "{name} names {concern}, which belongs to {allowed:?}");
        }
    }
}
