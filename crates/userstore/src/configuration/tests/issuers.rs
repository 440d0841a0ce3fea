//! The sections of issuers.

use std::fs;
use std::path::Path;

use adapters_issuers::{IssuerSettings, KeySource, SigningAlgorithm};
use domain::credential::Vouched;
use domain::store::StoreName;

use super::super::{Configuration, ConfigurationError, Layers, issuers};
use super::{from_environment, from_file, sentence, variables};

const WHOLE: &str = "[issuers.Corporate]\nissuer = 'https://login.example.com'\n\
                     audience = 'userstore'\njwks_url = 'https://login.example.com/jwks'\n";

/// The section with another line for `key`.
fn with(key: &str, line: &str) -> String {
    let kept = WHOLE.lines().filter(|kept| !kept.starts_with(key));
    kept.chain([line]).collect::<Vec<_>>().join("\n")
}

fn from_url(url: &str) -> Result<Configuration, ConfigurationError> {
    from_file(&with("jwks_url", &format!("jwks_url = '{url}'")))
}

fn settings(text: &str) -> Vec<IssuerSettings> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("userstore.toml");
    fs::write(&path, text).unwrap();
    let layers = Layers::defaults().unwrap().with_file(&path).unwrap();
    issuers::settings(&layers).unwrap()
}

#[test]
fn without_a_section_there_is_no_issuer() {
    for text in ["", "[issuers]", "[issuers.corporate]"] {
        assert!(settings(text).is_empty(), "{text}");
    }
}

#[test]
fn what_is_not_said_of_an_issuer_has_a_default() {
    from_file(WHOLE).unwrap();
    let expected = IssuerSettings {
        name: "corporate".into(),
        issuer: "https://login.example.com".into(),
        audience: "userstore".into(),
        keys: KeySource::Url("https://login.example.com/jwks".into()),
        algorithms: ["RS256", "ES256", "EdDSA"].map(|name| name.parse().unwrap()).to_vec(),
        role_claim: "role".into(),
        vouched: Vouched::In(StoreName::parse("default").unwrap()),
        token_type: None,
    };
    assert_eq!(settings(WHOLE), [expected]);
}

#[test]
fn the_environment_says_the_same_as_a_file() {
    let said = variables(&[
        ("USERSTORE__ISSUERS__CORPORATE__ISSUER", "https://login.example.com"),
        ("USERSTORE__ISSUERS__CORPORATE__AUDIENCE", "userstore"),
        ("USERSTORE__ISSUERS__CORPORATE__JWKS_FILE", "/etc/userstore/corporate.jwks"),
        ("USERSTORE__ISSUERS__CORPORATE__ALGORITHMS", "PS256, ES384"),
        ("USERSTORE__ISSUERS__CORPORATE__ROLE_CLAIM", "realm_access.roles"),
        ("USERSTORE__ISSUERS__CORPORATE__STORE", "*"),
        ("USERSTORE__ISSUERS__CORPORATE__TYPE", "at+jwt"),
    ]);
    let layers = Layers::defaults().unwrap().with_environment(said).unwrap();
    let expected = IssuerSettings {
        keys: KeySource::File("/etc/userstore/corporate.jwks".into()),
        algorithms: vec![SigningAlgorithm::Ps256, SigningAlgorithm::Es384],
        role_claim: "realm_access.roles".into(),
        vouched: Vouched::Everywhere,
        token_type: Some("at+jwt".into()),
        ..settings(WHOLE).remove(0)
    };
    assert_eq!(issuers::settings(&layers).unwrap(), [expected]);
}

#[test]
fn the_example_in_the_defaults_says_what_holds_without_it() {
    let defaults = include_str!("../../../../../config/default.toml");
    let example = defaults.lines().skip_while(|line| *line != "# [issuers.corporate]");
    let example = example.map_while(|line| line.strip_prefix("# "));
    let is_key = |key: &str| issuers::KEYS.contains(&key);
    let is_said = |line: &&str| {
        line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| is_key(key))
    };
    let lines: Vec<_> = example.filter(is_said).collect();
    assert_eq!(lines.len(), issuers::KEYS.len() + 1, "every key is shown: {lines:?}");
    let without = |keys: &[&str]| {
        let kept = lines.iter().filter(|line| !keys.iter().any(|key| line.starts_with(key)));
        settings(&kept.copied().collect::<Vec<_>>().join("\n"))
    };
    let short = without(&["jwks_file", "algorithms", "role_claim", "store", "type"]);
    assert_eq!(without(&["jwks_file"]), short);
}

#[test]
fn issuers_come_in_order_of_their_names() {
    let other = WHOLE.replace("Corporate", "\"a.b\"").replace("'userstore'", "'other'");
    let both = format!("{WHOLE}{other}");
    from_file(&both).unwrap();
    let names: Vec<_> = settings(&both).into_iter().map(|issuer| issuer.name).collect();
    assert_eq!(names, ["a.b", "corporate"]);
}

#[test]
fn what_a_section_says_wrongly_is_told_with_its_key() {
    for (text, key, rule) in [
        (with("issuer", ""), "issuer", "must not be empty"),
        (with("issuer", "issuer = ''"), "issuer", "must not be empty"),
        (with("audience", ""), "audience", "must not be empty"),
        (with("audience", "audience = ['a', 'b']"), "audience", "must be a text in quotes"),
        (with("jwks_url", ""), "jwks_url", "must be set, or `jwks_file` instead"),
        (with("none", "jwks_file = 'a'"), "jwks_file", "must not be set beside `jwks_url`"),
        (with("none", "algorithms = []"), "algorithms", "must name at least one"),
        (with("none", "algorithms = 'RS256'"), "algorithms", "must be a list of texts in quotes"),
        (with("none", "role_claim = ''"), "role_claim", "must not be empty"),
        (
            with("none", "store = ''"),
            "store",
            "must be \"*\" or name a store, whose name must be 1 to 64 characters long",
        ),
        (with("none", "secret = 'x'"), "secret", "does not exist"),
        (
            with("none", "ISSUER = 'x'"),
            "issuer",
            "must not be there twice, whatever its letter case",
        ),
    ] {
        let said = sentence(from_file(&text));
        let begin = format!("the key `issuers.corporate.{key}` in the file ");
        assert!(said.starts_with(&begin) && said.ends_with(rule), "{text}: {said}");
    }
}

#[test]
fn keys_come_from_where_nobody_on_the_way_can_send_others() {
    for right in ["https://a.example/x?y=z", "http://127.0.0.1:8000/jwks", "http://[::1]/jwks"] {
        from_url(right).unwrap();
    }
    for wrong in ["http://login.example.com/jwks", "ftp://a.example/jwks", "login.example.com"] {
        let said = sentence(from_url(wrong));
        let begin = "the key `issuers.corporate.jwks_url` in the file ";
        assert!(said.starts_with(begin) && said.contains(" must "), "{said}");
    }
}

#[test]
fn a_file_of_keys_is_read_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.jwks");
    let said = |path: &Path| from_file(&with("jwks_url", &format!("jwks_file = {path:?}")));
    for content in [None, Some("no keys")] {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let said = sentence(said(&path));
        let begin = "the key `issuers.corporate.jwks_file` in the file ";
        assert!(said.starts_with(begin) && said.contains(" must name a file with keys"), "{said}");
    }
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let key = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}]}}"#);
    fs::write(&path, key).unwrap();
    said(&path).unwrap();
}

#[test]
fn no_algorithm_with_a_shared_secret_or_without_any_can_be_allowed() {
    for wrong in ["HS256", "none", "", "rs256"] {
        let said =
            sentence(from_file(&with("none", &format!("algorithms = ['ES256', '{wrong}']"))));
        let begin = "the key `issuers.corporate.algorithms` in the file ";
        assert!(said.starts_with(begin) && said.contains("RS256, RS384"), "{wrong}: {said}");
    }
}

#[test]
fn a_token_has_one_issuer() {
    let both = format!("{WHOLE}{}", WHOLE.replace("Corporate", "other"));
    let said = sentence(from_file(&both));
    assert!(said.contains("`issuers.other.issuer`") && said.contains(" must not "), "{said}");
}

#[test]
fn an_issuer_has_a_name_that_the_audit_trail_can_show() {
    for name in ["a b", "a/b", "\u{e4}", &"x".repeat(65)] {
        let said = sentence(from_file(&WHOLE.replace("Corporate", &format!("\"{name}\""))));
        let begin = format!("the key `issuers.{name}` in the file ");
        assert!(said.starts_with(&begin) && said.contains(" must be 1 to 64 of "), "{said}");
    }
    let said = sentence(from_environment(&[("USERSTORE__ISSUERS__ISSUER", "x")]));
    assert!(said.contains("`issuers.issuer`") && said.ends_with("does not exist"), "{said}");
}
