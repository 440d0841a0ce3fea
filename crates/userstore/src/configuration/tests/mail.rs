//! The sections of mail and of the mail server.

use std::path::{Path, PathBuf};

use adapters_delivery::{Settings, SmtpSettings, Tls, Transport};

use super::super::{Configuration, ConfigurationError, Database, Layers, Secrets, mail};
use super::{from_environment, from_file, sentence, variables};

/// A mail server of which nothing is missing, and more of its section.
fn smtp(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let whole = [
        ("USERSTORE__MAIL__TRANSPORT", "smtp"),
        ("USERSTORE__MAIL__FROM", "id@example.com"),
        ("USERSTORE__MAIL__SMTP__HOST", "mail.example.com"),
    ];
    let replaced = |name: &str| more.iter().any(|(other, _)| *other == name);
    let kept = whole.into_iter().filter(|(name, _)| !replaced(name));
    kept.chain(more.iter().copied()).collect()
}

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let layers = Layers::defaults().unwrap().with_environment(variables(pairs)).unwrap();
    let database = Database::of(&layers).unwrap();
    let secrets = Secrets::of(&layers, &database).unwrap();
    mail::settings(&layers, &database, &secrets).unwrap()
}

fn directory(pairs: &[(&str, &str)]) -> PathBuf {
    match settings(pairs).transport {
        Transport::Directory(directory) => directory,
        Transport::Smtp(smtp) => panic!("{smtp:?}"),
    }
}

fn server(more: &[(&'static str, &'static str)]) -> SmtpSettings {
    match settings(&smtp(more)).transport {
        Transport::Smtp(smtp) => smtp,
        Transport::Directory(directory) => panic!("{directory:?}"),
    }
}

#[test]
fn mail_goes_into_a_directory_beside_what_the_node_keeps() {
    assert_eq!(directory(&[]), Path::new("data/mail"));
    let postgres = ("USERSTORE__DATABASE__URL", "postgres://h/d");
    let secrets = ("USERSTORE__SECRETS__DIRECTORY", "/secrets");
    assert_eq!(directory(&[postgres, secrets]), Path::new("/secrets/mail"));
    let said = ("USERSTORE__MAIL__DIRECTORY", "/var/mail/out");
    assert_eq!(directory(&[postgres, secrets, said]), Path::new("/var/mail/out"));
}

#[test]
fn what_is_said_of_the_mail_server_reaches_it() {
    let plain = server(&[]);
    assert_eq!(
        (plain.host.as_str(), plain.port, plain.tls),
        ("mail.example.com", None, Tls::StartTls)
    );
    assert!(plain.login.is_none() && plain.ca_file.is_none());
    let whole = server(&[
        ("USERSTORE__MAIL__SMTP__PORT", "2465"),
        ("USERSTORE__MAIL__SMTP__TLS", "implicit"),
        ("USERSTORE__MAIL__SMTP__USER", "app"),
        ("USERSTORE__MAIL__SMTP__PASSWORD", "swordfish"),
        ("USERSTORE__MAIL__SMTP__CA_FILE", "/etc/ca.pem"),
    ]);
    assert_eq!((whole.port, whole.tls), (Some(2465), Tls::Implicit));
    assert_eq!(whole.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(whole.login.unwrap().user, "app");
}

#[test]
fn what_a_mail_server_lacks_is_told_with_its_key() {
    for (more, key) in [
        (("USERSTORE__MAIL__SMTP__HOST", ""), "mail.smtp.host"),
        (("USERSTORE__MAIL__FROM", ""), "mail.from"),
        (("USERSTORE__MAIL__SMTP__USER", "app"), "mail.smtp.password"),
        (("USERSTORE__MAIL__SMTP__PASSWORD", "swordfish"), "mail.smtp.user"),
        (("USERSTORE__MAIL__SMTP__TLS", "none"), "mail.smtp.tls"),
        (("USERSTORE__MAIL__SMTP__CA_FILE", "no/such.pem"), "mail.smtp.ca_file"),
        (("USERSTORE__MAIL__TEMPLATES", "no/such/directory"), "mail.templates"),
    ] {
        let said = sentence(from_environment(&smtp(&[more])));
        assert!(said.starts_with(&format!("the key `{key}` in ")), "{said}");
        assert!(said.contains(" must ") && !said.contains("swordfish"), "{said}");
    }
    from_environment(&smtp(&[])).unwrap();
}

#[test]
fn a_directory_needs_nothing_of_a_mail_server() {
    from_file("[mail]\nfrom = ''\n[mail.smtp]\ntls = 'none'").unwrap();
}

#[test]
fn a_link_comes_with_a_place_for_the_token() {
    let link = |text: &str| -> Result<Configuration, ConfigurationError> {
        from_environment(&[("USERSTORE__MAIL__RESET_LINK", text)])
    };
    link("https://id.example.com/reset?token={token}&name={login_name}&store={store}").unwrap();
    for wrong in
        ["https://id.example.com/reset", "javascript:{token}", "https://a.b/{token}\r\nX: y"]
    {
        assert!(sentence(link(wrong)).contains("`mail.reset_link`"), "{wrong}");
    }
}
