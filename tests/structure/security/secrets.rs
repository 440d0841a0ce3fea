//! HS-6: a type that holds a secret is silent, is not written anywhere as it is, and is not compared
//! byte by byte.

use crate::{files, name, read, root};

/// The types that hold a secret or its hash, each with its file: their `Debug` is written by hand and
/// says nothing.
const SILENT: [(&str, &str); 17] = [
    ("Password", "crates/domain/src/password/secret.rs"),
    ("PasswordHash", "crates/domain/src/password/hash.rs"),
    ("Token", "crates/domain/src/token/secret.rs"),
    ("TokenHash", "crates/domain/src/token/secret.rs"),
    ("ApiKey", "crates/domain/src/client/api_key.rs"),
    ("ApiKeyHash", "crates/domain/src/client/api_key.rs"),
    ("NameKey", "crates/domain/src/attempt/throttle.rs"),
    ("Seed", "crates/domain/src/second_factor/seed.rs"),
    ("OneTimePassword", "crates/domain/src/second_factor/code.rs"),
    ("RecoveryCode", "crates/domain/src/second_factor/recovery.rs"),
    ("RecoveryHash", "crates/domain/src/second_factor/recovery.rs"),
    ("Enrolment", "crates/domain/src/second_factor/service.rs"),
    ("SecretKeys", "crates/adapters-crypto/src/secret_keys.rs"),
    ("Ed25519Signer", "crates/adapters-crypto/src/signer.rs"),
    ("Keyring", "crates/adapters-crypto/src/keyring.rs"),
    ("Secret", "crates/adapters-delivery/src/settings.rs"),
    ("WebhookUrl", "crates/adapters-delivery/src/publish/webhook.rs"),
];

/// Hashes that may be compared as other values are: what is presented is looked up by an index over
/// its hash (`ApiKeyHash`, `NameKey`, `RecoveryHash`), or nothing is presented (`PasswordHash`: what is stored, with
/// what was stored before).
const COMPARED: [&str; 4] = ["ApiKeyHash", "NameKey", "PasswordHash", "RecoveryHash"];

/// What is wiped and yet written as JSON: a letter that waits in the outbox, which is sealed.
const WRITTEN: [&str; 1] = ["OccasionRow"];

/// Where two secrets are compared in the clear: both were sent by one client in one request.
const IN_THE_CLEAR: [&str; 1] = ["crates/domain/src/password/change.rs"];

/// Where what is presented is compared with a hash of what is stored.
const IN_CONSTANT_TIME: [&str; 2] =
    ["crates/adapters-crypto/src/hashing/phc.rs", "crates/domain/src/token/secret.rs"];

/// A struct or an enum.
struct Item {
    name: String,
    /// The text of its attributes.
    attributes: String,
    /// The text of its fields or variants.
    body: String,
}

/// A source without its comments and its tests.
fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let bare = source.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end());
    bare.collect::<Vec<_>>().join("\n")
}

/// The name of the type that a line begins to define.
fn defined(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("struct ").or_else(|| line.split_once("enum "))?;
    let is_visibility = before.trim().is_empty() || before.trim_start().starts_with("pub");
    let name = rest.split(|c: char| !c.is_alphanumeric()).next()?;
    is_visibility.then_some(name)
}

fn items(code: &str) -> Vec<Item> {
    let lines: Vec<_> = code.lines().collect();
    let item = |(at, line): (usize, &&str)| {
        let name = defined(line)?.to_owned();
        let is_attribute = |line: &&&str| !line.ends_with(['}', ';', '{']);
        let attributes = lines[..at].iter().rev().take_while(is_attribute);
        let attributes = attributes.copied().collect::<Vec<_>>().join("\n");
        let end = if line.ends_with(';') { at } else { closing(&lines, at) };
        Some(Item { name, attributes, body: lines[at..=end].join("\n") })
    };
    lines.iter().enumerate().filter_map(item).collect()
}

/// The line that closes what begins at a line: the next one that is indented alike.
fn closing(lines: &[&str], at: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let closes =
        |line: &&str| indent(line) == indent(lines[at]) && (line.trim().starts_with(['}', ')']));
    let length = lines[at..].iter().position(closes).expect("what is opened is closed");
    at + length
}

/// Whether a type is about secrets: it wipes a field, or is in the list.
fn is_secret(item: &Item, place: &str) -> bool {
    item.body.contains("Zeroizing<") || SILENT.contains(&(item.name.as_str(), place))
}

/// Why a type that is about secrets breaks the rule.
fn fault(item: &Item) -> Option<String> {
    let exempt: &[&str] = match item.name.as_str() {
        name if COMPARED.contains(&name) => &["PartialEq"],
        name if WRITTEN.contains(&name) => &["Serialize"],
        _ => &[],
    };
    let mut traits = ["Debug", "Display", "Serialize", "PartialEq", "PartialOrd"].into_iter();
    let derived = traits.find(|it| item.attributes.contains(it) && !exempt.contains(it))?;
    Some(format!("{} derives {derived}", item.name))
}

/// The lines that compare secrets in the clear.
fn comparisons(code: &str) -> Vec<&str> {
    let compares = |line: &&str| line.contains(" == ") || line.contains(" != ");
    code.lines().filter(|line| line.contains(".reveal()")).filter(compares).collect()
}

/// Every source that is part of the program, with its name.
fn sources() -> Vec<(String, String)> {
    let all = files(&root().join("crates"), ".rs");
    let ours = all.iter().filter(|path| {
        let name = name(path);
        name.contains("/src/") && !name.contains("/tests") && !name.starts_with("crates/testkit")
    });
    ours.map(|path| (name(path), code(&read(path)))).collect()
}

#[test]
fn no_type_that_holds_a_secret_is_printed_written_or_compared() {
    let mut found = 0;
    for (place, code) in sources() {
        for item in items(&code).into_iter().filter(|item| is_secret(item, &place)) {
            assert_eq!(fault(&item), None, "{place}");
            found += 1;
        }
    }
    assert!(found > SILENT.len(), "only {found} types about secrets were found");
}

#[test]
fn every_type_that_holds_a_secret_says_nothing_when_it_is_printed() {
    for (secret, place) in SILENT {
        let code = code(&read(&root().join(place)));
        assert!(items(&code).iter().any(|item| item.name == secret), "{place} has no {secret}");
        let (_, debug) = code
            .split_once(&format!("Debug for {secret} {{"))
            .unwrap_or_else(|| panic!("{secret} has a Debug of its own"));
        let debug = debug.split_once("\n}").expect("an end").0;
        assert!(debug.contains(&format!("f.write_str(\"{secret}(..)\")")), "{secret}: {debug}");
    }
}

#[test]
fn what_is_presented_is_compared_in_constant_time() {
    for (place, code) in sources() {
        let found = comparisons(&code);
        assert!(found.is_empty() || IN_THE_CLEAR.contains(&place.as_str()), "{place}: {found:?}");
    }
    for place in IN_THE_CLEAR {
        assert!(!comparisons(&code(&read(&root().join(place)))).is_empty(), "{place}: out of date");
    }
    for place in IN_CONSTANT_TIME {
        assert!(read(&root().join(place)).contains(".ct_eq("), "{place}");
    }
}

#[test]
fn the_lint_finds_what_it_forbids() {
    let source = "
/// A secret.
#[derive(Clone, Debug)]
pub struct Loud(Zeroizing<String>);

#[derive(Clone)]
pub(crate) struct Quiet {
    text: Zeroizing<String>,
}

#[derive(
    Clone,
    PartialEq,
)]
enum Kept {
    One { token: Zeroizing<String> },
}

#[derive(Debug)]
struct Harmless {
    text: String,
}

fn compare(one: &Token, other: &Token) -> bool {
    one.reveal() == other.reveal()
}
";
    let code = code(source);
    let items = items(&code);
    let secrets = items.iter().filter(|item| is_secret(item, "a place"));
    let faults: Vec<_> = secrets.filter_map(fault).collect();
    assert_eq!(faults, ["Loud derives Debug", "Kept derives PartialEq"]);
    assert_eq!(comparisons(&code).len(), 1);
}
