//! The sections of the audit trail.

use std::path::Path;

use jiff::SignedDuration;

use super::super::{Archiving, Configuration, Layers};
use super::{from_environment, from_file, sentence, variables};

const DAYS: &str = "USERSTORE__AUDIT__RETENTION_DAYS";
const DIRECTORY: &str = "USERSTORE__AUDIT__ARCHIVE_DIRECTORY";
const POSTGRES: [(&str, &str); 2] =
    [("USERSTORE__DATABASE__URL", "postgres://h/d"), ("USERSTORE__SECRETS__DIRECTORY", "/secrets")];

fn archiving(pairs: &[(&str, &str)]) -> Option<Archiving> {
    from_environment(pairs).unwrap().audit.retention
}

#[test]
fn entries_stay_for_ever_and_go_nowhere_unless_it_is_said() {
    let audit = from_environment(&[]).unwrap().audit;
    assert_eq!(audit.retention, None);
    assert!(audit.publish.directory.is_none() && audit.publish.webhook.is_none());
    assert!(audit.publish.syslog.is_none());
    assert_eq!(audit.publish.interval.as_secs(), 60);
}

#[test]
fn archives_are_beside_the_embedded_database_or_where_it_is_said() {
    let beside = archiving(&[(DAYS, "30")]).unwrap();
    assert_eq!(beside.directory, Path::new("data/archive"));
    assert_eq!(beside.after, SignedDuration::from_hours(720));
    assert!(beside.makes_directory);
    let said = archiving(&[POSTGRES[0], POSTGRES[1], (DAYS, "36500"), (DIRECTORY, "/archive")]);
    let said = said.unwrap();
    assert_eq!((said.directory.as_path(), said.makes_directory), (Path::new("/archive"), false));
    let refused = sentence(from_environment(&[POSTGRES[0], POSTGRES[1], (DAYS, "1")]));
    assert!(refused.starts_with("the key `audit.archive_directory` in "), "{refused}");
    assert!(refused.contains("must be set with PostgreSQL"), "{refused}");
    assert_eq!(archiving(&POSTGRES), None, "nothing is archived, so nothing need be said");
}

#[test]
fn what_checkpoints_cannot_be_published_by_is_told_with_its_key() {
    for (text, key) in [
        ("webhook = 'http://example.com/x'", "webhook"),
        ("webhook = 'example.com'", "webhook"),
        ("webhook = 'ftp://example.com'", "webhook"),
        ("webhook = 1", "webhook"),
        ("syslog = '/dev/log'", "syslog"),
        ("syslog = 'udp://log.example.com'", "syslog"),
        ("syslog = 'tls://log.example.com:6514'", "syslog"),
        ("interval = 0", "interval"),
        ("interval = 86401", "interval"),
        ("directory = true", "directory"),
        ("directory = '/nowhere/at/all'", "directory"),
        ("directory = '/dev/null'", "directory"),
    ] {
        let said = sentence(from_file(&format!("[audit.publish]\n{text}")));
        let begin = format!("the key `audit.publish.{key}` in the file ");
        assert!(said.starts_with(&begin) && said.contains(" must "), "{text}: {said}");
    }
}

#[test]
fn what_checkpoints_can_be_published_by_is_taken() {
    let text = "[audit.publish]\ndirectory = '/dev'\n\
                webhook = 'http://127.0.0.1:9/x'\nsyslog = 'unix:///dev/log'\ninterval = 86400";
    let publish = from_file(text).unwrap().audit.publish;
    assert_eq!(publish.directory.as_deref(), Some(Path::new("/dev")));
    assert!(publish.webhook.is_some() && publish.syslog.is_some());
    assert_eq!(publish.interval.as_secs(), 86_400);
}

#[test]
fn the_address_of_the_webhook_is_not_shown_whole() {
    let url = "https://app:hunter2@hook.example.com/swordfish?key=tuna";
    let pairs = variables(&[("USERSTORE__AUDIT__PUBLISH__WEBHOOK", url)]);
    let layers = Layers::defaults().unwrap().with_environment(pairs).unwrap();
    let configuration = Configuration::of(&layers).unwrap();
    let listed = layers.listed(|key| configuration.shown_instead(key));
    let shown = format!("{listed:?} {configuration:?}");
    for secret in ["hunter2", "swordfish", "tuna"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert!(format!("{listed:?}").contains("https://hook.example.com/(hidden)"));
}
