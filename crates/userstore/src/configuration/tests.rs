use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::*;

mod audit;
mod issuers;
mod mail;
mod password;
mod rules;
mod sign_in;

const KEY: &str = "12345678901234567890123456789012";

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn from_environment(pairs: &[(&str, &str)]) -> Result<Configuration, ConfigurationError> {
    Configuration::of(&Layers::defaults()?.with_environment(variables(pairs))?)
}

fn from_file(text: &str) -> Result<Configuration, ConfigurationError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("userstore.toml");
    fs::write(&path, text).unwrap();
    Configuration::of(&Layers::defaults()?.with_file(&path)?)
}

fn sentence(outcome: Result<Configuration, ConfigurationError>) -> String {
    let sentence = outcome.expect_err("an invalid configuration").to_string();
    assert!(!sentence.contains('\n'), "not one sentence: {sentence}");
    sentence
}

fn variable_of(key: &str) -> String {
    format!("USERSTORE__{}", key.replace('.', "__").to_uppercase())
}

#[test]
fn the_defaults_are_valid() {
    let configuration = from_environment(&[]).unwrap();
    assert_eq!(configuration.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(configuration.server.workers, None);
    assert_eq!(configuration.secrets.directory, Path::new("data"));
    assert!(configuration.bootstrap.admin_key.is_none());
    assert!(configuration.database.migrate_on_start);
}

#[test]
fn the_example_for_production_is_valid() {
    from_file(include_str!("../../../../config/production.example.toml")).unwrap();
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("userstore.toml");
    fs::write(&path, "[limits]\nbatch_items = 5\npage_items = 5\n").unwrap();
    let layers = Layers::defaults().unwrap().with_file(&path).unwrap();
    let over = variables(&[("USERSTORE__LIMITS__PAGE_ITEMS", "7")]);
    let limits = Configuration::of(&layers.with_environment(over).unwrap()).unwrap().limits;
    assert_eq!((limits.page_items, limits.batch_items, limits.body_bytes), (7, 5, 1_048_576));
}

#[test]
fn every_key_is_read_and_named_when_its_value_is_wrong() {
    for key in Layers::defaults().unwrap().keys() {
        let said = sentence(from_file(&format!("{key} = [1979-05-27]")));
        assert!(said.starts_with(&format!("the key `{key}` in the file ")), "{said}");
        assert!(said.contains(" must "), "{said}");
    }
}

#[test]
fn every_range_and_form_is_held() {
    for (key, wrong) in [
        ("server.bind", "localhost"),
        ("server.bind", "127.0.0.1"),
        ("server.bind", "127.0.0.1:65536"),
        ("server.workers", "-1"),
        ("server.workers", "513"),
        ("server.workers", "two"),
        ("server.workers", "true"),
        ("server.workers", "1.5"),
        ("server.shutdown_delay", "3601"),
        ("server.shutdown_deadline", "0"),
        ("server.source_limit.enabled", "maybe"),
        ("server.source_limit.enabled", "1"),
        ("server.source_limit.per_second", "0"),
        ("server.source_limit.burst", "1000001"),
        ("server.trusted_proxies", "10.0.0.0/33"),
        ("server.trusted_proxies", "10.0.0.1, proxy.example.com"),
        ("server.trusted_proxies", "10.0.0.1,"),
        ("server.trusted_proxies", "*"),
        ("database.url", "mysql://localhost/users"),
        ("database.url", ""),
        ("database.url", "sqlite://"),
        ("database.migrate_on_start", "yes"),
        ("database.readers", "513"),
        ("database.lanes", "-1"),
        ("database.queue", "0"),
        ("database.connect_timeout", "0"),
        ("database.statement_timeout", "3601"),
        ("database.lock_timeout", "5s"),
        ("database.idle_in_transaction_timeout", ""),
        ("database.prepared_statement_cache", "off"),
        ("bootstrap.admin_key", "short"),
        ("audit.retention_days", "-1"),
        ("audit.retention_days", "36501"),
        ("audit.retention_days", "never"),
        ("audit.publish.directory", "/nowhere/at/all"),
        ("audit.publish.webhook", "http://example.com"),
        ("audit.publish.syslog", "log.example.com"),
        ("audit.publish.interval", "0"),
        ("audit.publish.interval", "86401"),
        ("limits.body_bytes", "1023"),
        ("limits.batch_bytes", "1073741825"),
        ("limits.batch_items", "0"),
        ("limits.batch_items", "99999999999999999999999999"),
        ("limits.page_items", "10001"),
        ("password.memory_kib", "7"),
        ("password.memory_kib", "262145"),
        ("password.memory_kib", "19455"),
        ("password.iterations", "0"),
        ("password.iterations", "17"),
        ("password.parallelism", "0"),
        ("password.parallelism", "5"),
        ("password.threads", "257"),
        ("password.queue", "0"),
        ("password.queue", "10001"),
        ("password.engine", "scrypt"),
        ("password.engine", ""),
        ("password.pepper", "yes"),
        ("password.test_profile", "on"),
        ("mail.transport", "pigeon"),
        ("mail.from", "nobody"),
        ("mail.language", ""),
        ("mail.language", "../etc"),
        ("mail.reset_link", "https://id.example.com/reset"),
        ("mail.notices", "never"),
        ("mail.smtp.port", "65536"),
        ("mail.smtp.tls", "ssl"),
        ("log.format", "xml"),
        ("log.filter", "loud"),
        ("log.filter", ""),
        ("log.filter", "info,adapters_diesel=loud"),
    ] {
        let variable = variable_of(key);
        let said = sentence(from_environment(&[(&variable, wrong)]));
        let begin = format!("the key `{key}` in the environment variable {variable} must ");
        assert!(said.starts_with(&begin), "{wrong}: {said}");
    }
}

#[test]
fn a_key_that_does_not_exist_is_refused_at_every_depth() {
    for key in ["srever", "server.bnd", "server.source_limit.brust", "server.bind.port", "a.b.c.d"]
    {
        let variable = variable_of(key);
        let said = sentence(from_environment(&[(&variable, "1")]));
        let rest = format!("in the environment variable {variable} does not exist");
        assert_eq!(said, format!("the key `{key}` {rest}"));
        let said = sentence(from_file(&format!("{key} = 1")));
        assert!(said.starts_with(&format!("the key `{key}` in the file ")), "{said}");
    }
    assert!(sentence(from_environment(&[("USERSTORE__", "1")])).contains("does not exist"));
    assert!(sentence(from_environment(&[("USERSTORE__SERVER", "1")])).contains("`server`"));
}

#[test]
fn a_section_with_nothing_in_it_must_exist_all_the_same() {
    assert!(from_file("").is_ok());
    assert!(from_file("[server]\n[server.source_limit]\n").is_ok());
    for section in ["bogus", "server.sorce_limit", "server.bind"] {
        let said = sentence(from_file(&format!("[{section}]\n")));
        assert!(said.contains(&format!("`{section}`")), "{said}");
    }
}

#[test]
fn a_variable_takes_the_type_of_its_key() {
    let configuration = from_environment(&[
        ("USERSTORE__SERVER__WORKERS", "3"),
        ("userstore__server__source_limit__enabled", "FALSE"),
        ("Userstore__Database__Migrate_On_Start", "false"),
        ("USERSTORE__BOOTSTRAP__ADMIN_KEY", KEY),
        ("USERSTORE__SECRETS__DIRECTORY", "12"),
        ("USERSTORE_CONFIG", "is none of them"),
        ("PATH", "neither"),
    ])
    .unwrap();
    assert_eq!(configuration.server.workers, Some(3));
    assert!(!configuration.database.migrate_on_start);
    assert_eq!(configuration.bootstrap.admin_key.unwrap().reveal(), KEY);
    assert_eq!(configuration.secrets.directory, Path::new("12"));
}

#[test]
fn keys_are_kept_beside_the_embedded_database_or_where_it_is_said() {
    let directory = |pairs: &[(&str, &str)]| from_environment(pairs).map(|c| c.secrets.directory);
    let url = "USERSTORE__DATABASE__URL";
    assert_eq!(directory(&[(url, "sqlite:///var/lib/u.db")]).unwrap(), Path::new("/var/lib"));
    assert_eq!(directory(&[(url, "sqlite://u.db")]).unwrap(), Path::new(""));
    let said = [(url, "postgres://h/d"), ("USERSTORE__SECRETS__DIRECTORY", "/secrets")];
    assert_eq!(directory(&said).unwrap(), Path::new("/secrets"));
    let refused = sentence(from_environment(&[(url, "postgres://h/d")]));
    assert!(
        refused.contains("`secrets.directory`") && refused.contains("must be set"),
        "{refused}"
    );
}

#[test]
fn proxies_are_addresses_and_networks() {
    let proxies = |text: &str| {
        let server =
            from_environment(&[("USERSTORE__SERVER__TRUSTED_PROXIES", text)]).unwrap().server;
        server.sources.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(proxies(""), [""; 0]);
    assert_eq!(proxies("10.0.0.7, fd00::/8"), ["10.0.0.7/32", "fd00::/8"]);
    let listed = from_file("server.trusted_proxies = ['::1', '10.0.0.0/8']").unwrap().server;
    assert_eq!(listed.sources.trusted_proxies.len(), 2);
    let said = sentence(from_file("server.trusted_proxies = ['']"));
    assert!(said.contains("`server.trusted_proxies`"), "{said}");
}

#[test]
fn the_source_limit_can_be_switched_off() {
    let limit = |text: &str| from_file(text).unwrap().server.sources.limit;
    let slower = "server.source_limit.per_second = 2\nserver.source_limit.burst = 3";
    assert_eq!(limit(""), Some(SourceLimit::default()));
    assert_eq!(limit(slower), Some(SourceLimit { per_second: 2, burst: 3 }));
    assert_eq!(limit("server.source_limit.enabled = false"), None);
}

#[test]
fn a_filter_is_read_per_module() {
    let filter = from_file("log.filter = 'warn, adapters_diesel=debug'").unwrap().log.filter;
    assert!(filter.would_enable("adapters_diesel::lane", &tracing::Level::DEBUG));
    assert!(!filter.would_enable("actix_server", &tracing::Level::INFO));
}

#[test]
fn settings_of_the_database_reach_it() {
    let settings = from_file("[database]\nreaders = 3\nlanes = 5\nlock_timeout = 7").unwrap();
    let settings = settings.database.settings;
    assert_eq!((settings.readers, settings.lanes), (3, 5));
    assert_eq!(settings.timeouts.lock, Duration::from_secs(7));
    let automatic = from_environment(&[]).unwrap().database.settings;
    let defaults = Settings::new(automatic.url.clone());
    assert_eq!((automatic.readers, automatic.lanes), (defaults.readers, defaults.lanes));
    assert_eq!((automatic.queue, automatic.timeouts), (defaults.queue, defaults.timeouts));
}

#[test]
fn a_file_keeps_its_types() {
    for line in ["server.workers = '3'", "database.migrate_on_start = 'true'", "log.format = 1"] {
        assert!(sentence(from_file(line)).contains(" must "), "{line}");
    }
    assert!(from_file("server.workers = 0x10").is_ok());
}

#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let pair = (OsString::from("USERSTORE__LOG__FILTER"), OsString::from_vec(vec![0xff]));
    let layers = Layers::defaults().unwrap().with_environment([pair]);
    let said = layers.err().expect("refused").to_string();
    assert!(said.contains("`log.filter`") && said.ends_with("must be UTF-8"), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let missing = Layers::defaults().unwrap().with_file(Path::new("no/such.toml"));
    let said = missing.err().expect("refused").to_string();
    assert!(said.starts_with("the configuration file no/such.toml cannot be read"), "{said}");
    let said = sentence(from_file(&format!("[bootstrap]\nadmin_key = {KEY}x")));
    assert!(said.contains("is not valid") && said.contains("line 2"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

#[test]
fn no_secret_is_shown() {
    let url = "postgres://app:hunter2@db.example/users";
    let pairs = variables(&[
        ("USERSTORE__BOOTSTRAP__ADMIN_KEY", KEY),
        ("USERSTORE__DATABASE__URL", url),
        ("USERSTORE__SECRETS__DIRECTORY", "secrets"),
        ("USERSTORE__MAIL__SMTP__USER", "app"),
        ("USERSTORE__MAIL__SMTP__PASSWORD", "swordfish"),
    ]);
    let layers = Layers::defaults().unwrap().with_environment(pairs).unwrap();
    let configuration = Configuration::of(&layers).unwrap();
    let listed = layers.listed(|key| configuration.shown_instead(key));
    let shown = format!("{configuration:?} {listed:?}");
    for secret in [KEY, "hunter2", "swordfish"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(shown.matches("(hidden)").count(), 2, "{shown}");
    let refused = sentence(from_environment(&[("USERSTORE__BOOTSTRAP__ADMIN_KEY", "hunter2")]));
    let malformed = sentence(from_environment(&[("USERSTORE__DATABASE__URL", "x://a:hunter2@b")]));
    assert!(
        !refused.contains("hunter2") && !malformed.contains("hunter2"),
        "{refused} {malformed}"
    );
}
