//! The sections of sessions and of the users API.

use domain::session::SessionRules;
use jiff::SignedDuration;

use super::{from_environment, from_file, sentence};

#[test]
fn the_defaults_are_those_of_the_domain() {
    let configuration = from_environment(&[]).unwrap();
    assert_eq!(configuration.rules.sessions, SessionRules::default());
    let api = configuration.users_api;
    assert_eq!((api.store.as_str(), api.two_factor_issuer.as_str()), ("default", "Userstore"));
    assert!(api.allow_get_writes);
}

#[test]
fn what_is_said_of_sign_in_reaches_it() {
    let configuration = from_environment(&[
        ("USERSTORE__SESSIONS__IDLE", "60"),
        ("USERSTORE__SESSIONS__LIFETIME", "300"),
        ("USERSTORE__SESSIONS__REMEMBERED", "31536000"),
        ("USERSTORE__USERS_API__STORE", "Shop"),
        ("USERSTORE__USERS_API__ALLOW_GET_WRITES", "false"),
        ("USERSTORE__USERS_API__TWO_FACTOR_ISSUER", "Example GmbH"),
    ])
    .unwrap();
    let expected = SessionRules {
        idle: SignedDuration::from_secs(60),
        lifetime: SignedDuration::from_secs(300),
        remembered: SignedDuration::from_hours(365 * 24),
    };
    assert_eq!(configuration.rules.sessions, expected);
    let api = configuration.users_api;
    assert_eq!((api.store.as_str(), api.two_factor_issuer.as_str()), ("Shop", "Example GmbH"));
    assert!(!api.allow_get_writes);
}

#[test]
fn each_duration_lies_in_its_range_and_is_no_shorter_than_the_one_before() {
    for (text, key, rule) in [
        ("idle = 59", "idle", "must be a whole number from 60 to 86400"),
        ("idle = 86401", "idle", "must be a whole number from 60 to 86400"),
        ("lifetime = 299", "lifetime", "must be a whole number from 300 to 31536000"),
        ("lifetime = 31536001", "lifetime", "must be a whole number from 300 to 31536000"),
        ("remembered = 31536001", "remembered", "must be a whole number from 300 to 31536000"),
        ("idle = 301\nlifetime = 300", "lifetime", "must not be less than `sessions.idle`"),
        ("remembered = 43199", "remembered", "must not be less than `sessions.lifetime`"),
    ] {
        let said = sentence(from_file(&format!("[sessions]\n{text}")));
        assert!(said.starts_with(&format!("the key `sessions.{key}` in the file ")), "{said}");
        assert!(said.ends_with(rule), "{text}: {said}");
    }
    from_file("[sessions]\nidle = 300\nlifetime = 300\nremembered = 300").unwrap();
}

#[test]
fn what_the_users_api_cannot_be_is_told_with_its_key() {
    let long = format!("two_factor_issuer = '{}'", "x".repeat(65));
    for (text, key) in [
        ("store = ''", "store"),
        ("store = 'a b'", "store"),
        ("store = '018f3b1e-0000-7000-8000-000000000000'", "store"),
        ("allow_get_writes = 1", "allow_get_writes"),
        ("two_factor_issuer = ''", "two_factor_issuer"),
        ("two_factor_issuer = 'a:b'", "two_factor_issuer"),
        ("two_factor_issuer = \"a\\nb\"", "two_factor_issuer"),
        (&long, "two_factor_issuer"),
    ] {
        let said = sentence(from_file(&format!("[users_api]\n{text}")));
        let begin = format!("the key `users_api.{key}` in the file ");
        assert!(said.starts_with(&begin) && said.contains(" must "), "{text}: {said}");
    }
    let said = sentence(from_file("[users_api]\nbogus = 1"));
    assert!(said.contains("`users_api.bogus`") && said.ends_with("does not exist"), "{said}");
}
