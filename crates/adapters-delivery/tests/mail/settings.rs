//! What is wrong with settings is found at the start, and told with the key.

use std::path::PathBuf;
use std::time::Duration;

use adapters_delivery::{Login, Mailer, Secret, Settings, SmtpSettings, Tls, Transport};

use crate::{in_the_clear, settings};

fn refusal(settings: &Settings) -> String {
    Mailer::new(settings).unwrap_err().to_string()
}

fn directory() -> Settings {
    settings(Transport::Directory(PathBuf::from("mail")))
}

fn smtp(change: impl FnOnce(&mut SmtpSettings)) -> Settings {
    let mut smtp = in_the_clear(25);
    change(&mut smtp);
    settings(Transport::Smtp(smtp))
}

fn login(user: &str, password: &str) -> Login {
    Login { user: user.into(), password: Secret::new(password.into()) }
}

#[test]
fn a_setting_that_breaks_a_rule_is_named() {
    let from = "a@b.c\r\nBcc: d@e.f".to_owned();
    for (settings, beginning) in [
        (Settings { from, ..directory() }, "the key `mail.from` must be an address"),
        (Settings { from: String::new(), ..smtp(|_| ()) }, "the key `mail.from` must be"),
        (Settings { language: "xx".into(), ..directory() }, "the key `mail.language` must be a"),
        (Settings { language: "1".into(), ..directory() }, "the key `mail.language` must begin"),
        (
            Settings { templates: Some("/none/such".into()), ..directory() },
            "the key `mail.templates` must hold templates that can be read: /none/such: ",
        ),
        (Settings { reset_link: "x".into(), ..directory() }, "the key `mail.reset_link` must"),
        (settings(Transport::Directory(PathBuf::new())), "the key `mail.directory` must name"),
        (smtp(|smtp| smtp.host = String::new()), "the key `mail.smtp.host` must be"),
        (smtp(|smtp| smtp.host = "a b".into()), "the key `mail.smtp.host` must be"),
        (smtp(|smtp| smtp.port = Some(0)), "the key `mail.smtp.port` must be"),
        (smtp(|smtp| smtp.host = "mail.example".into()), "the key `mail.smtp.tls` must be"),
        (smtp(|smtp| smtp.login = Some(login("", "x"))), "the key `mail.smtp.user` must be set"),
        (
            smtp(|smtp| smtp.login = Some(login("x", ""))),
            "the key `mail.smtp.password` must be set",
        ),
        (smtp(|smtp| smtp.patience = Duration::ZERO), "the key `mail.smtp.patience` must be"),
        (
            smtp(|smtp| smtp.patience = Duration::from_secs(11)),
            "the key `mail.smtp.patience` must be",
        ),
    ] {
        let said = refusal(&settings);
        assert!(said.starts_with(beginning) && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn a_file_without_certificates_is_refused() {
    let home = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("empty", ""),
        ("no-pem", "certificates? none"),
        ("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        let path = home.path().join(name);
        std::fs::write(&path, content).unwrap();
        let said = refusal(&smtp(|smtp| {
            smtp.tls = Tls::StartTls;
            smtp.ca_file = Some(path);
        }));
        assert!(said.starts_with("the key `mail.smtp.ca_file` must be "), "{name}: {said}");
    }
    let said = refusal(&smtp(|smtp| {
        smtp.tls = Tls::Implicit;
        smtp.ca_file = Some("/none/such".into());
    }));
    assert!(said.contains("PEM: /none/such: "), "{said}");
}

#[test]
fn a_server_on_this_machine_may_go_without_tls() {
    for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1"] {
        Mailer::new(&smtp(|smtp| smtp.host = host.into())).unwrap();
    }
}

#[test]
fn a_mailer_is_silent_about_its_password() {
    let settings = smtp(|smtp| smtp.login = Some(login("user", "hunter2")));
    let mailer = Mailer::new(&settings).unwrap();
    assert!(!format!("{settings:?} {mailer:?}").contains("hunter2"));
}
