//! The section of passwords.

use std::path::Path;

use adapters_crypto::{EngineKind, HashOptions, HashSettings};

use super::super::Passwords;
use super::{Configuration, ConfigurationError, from_file, sentence};

fn with_cost(
    memory_kib: u32,
    iterations: u32,
    more: &str,
) -> Result<Configuration, ConfigurationError> {
    from_file(&format!(
        "[password]\nmemory_kib = {memory_kib}\niterations = {iterations}\n{more}\n"
    ))
}

#[test]
fn the_start_refuses_less_than_what_owasp_names() {
    for (memory, iterations) in
        [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5), (7_168, 16), (262_144, 1)]
    {
        assert!(with_cost(memory, iterations, "").is_ok(), "{memory}/{iterations}");
    }
    for (memory, iterations) in
        [(47_103, 1), (19_455, 2), (12_287, 3), (9_215, 4), (7_167, 5), (7_167, 16)]
    {
        let said = sentence(with_cost(memory, iterations, ""));
        assert!(said.starts_with("the key `password.memory_kib` in the file "), "{said}");
        assert!(said.contains("19456/2"), "{said}");
    }
}

#[test]
fn a_test_profile_allows_what_the_algorithm_does() {
    let test = "test_profile = true\nparallelism = 2";
    assert!(with_cost(16, 1, test).unwrap().passwords.test_profile);
    let said = sentence(with_cost(15, 1, test));
    assert!(said.contains("`password.memory_kib`"), "{said}");
}

#[test]
fn what_is_said_of_passwords_is_read() {
    let text = "[password]\nengine = 'fast'\nthreads = 3\nqueue = 7\npepper = true\n\
                breached = '/var/lib/breached'\n";
    let passwords = from_file(text).unwrap().passwords;
    let options = HashOptions {
        threads: 3,
        queue: 7,
        engine: EngineKind::Fast,
        pepper: true,
        ..HashOptions::default()
    };
    assert_eq!(passwords.hashing, HashSettings::parse(&options).unwrap());
    assert_eq!(passwords.breached.as_deref(), Some(Path::new("/var/lib/breached")));
}

#[test]
fn the_defaults_are_those_of_the_hashes() {
    let Passwords { hashing, test_profile, breached } = from_file("").unwrap().passwords;
    assert_eq!(hashing, HashSettings::parse(&HashOptions::default()).unwrap());
    assert_eq!((test_profile, breached), (false, None));
}
