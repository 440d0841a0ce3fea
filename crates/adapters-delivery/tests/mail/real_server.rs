//! A real server, written by others, that reads the mail with a parser of its own.

use std::path::PathBuf;

use adapters_delivery::{Login, Secret, SmtpSettings, Tls};
use domain::delivery::{Letter, Occasion, Postman as _, Undelivered};
use domain::user::EmailAddress;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use testkit::smtp::{self, MailServer, Options};

use crate::{OF_THE_LETTER, TOKEN, about, by_smtp, in_the_clear, letter};

const USER: &str = "userstore";
const PASSWORD: &str = "a password of the mail server";

/// A server that asks for TLS and a password, and the authority that vouches for it.
struct Strict {
    server: MailServer,
    authority: PathBuf,
    _home: tempfile::TempDir,
}

impl Strict {
    fn start() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let home = tempfile::tempdir().unwrap();
        let authority = home.path().join("authority.pem");
        std::fs::write(&authority, issuer.pem()).unwrap();
        let tls = smtp::Tls { certificate: certificate.pem(), key: key.serialize_pem() };
        let login = Some((USER.to_owned(), PASSWORD.to_owned()));
        let server = MailServer::start(&Options { tls: Some(tls), login }).unwrap();
        Self { server, authority, _home: home }
    }

    fn settings(&self) -> SmtpSettings {
        SmtpSettings {
            host: "localhost".into(),
            tls: Tls::StartTls,
            ca_file: Some(self.authority.clone()),
            login: Some(Login { user: USER.into(), password: Secret::new(PASSWORD.into()) }),
            ..in_the_clear(self.server.port())
        }
    }

    /// What comes of a letter that must not arrive.
    async fn refusal(&self, settings: SmtpSettings) -> String {
        let outcome = by_smtp(settings).send(&letter()).await;
        let Err(Undelivered::NotNow(why)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(self.server.mail().unwrap(), []);
        assert!(!OF_THE_LETTER.iter().any(|part| why.contains(part)), "{why}");
        assert!(!why.contains(PASSWORD), "{why}");
        why
    }
}

#[tokio::test]
async fn a_server_on_this_machine_takes_mail_in_the_clear() {
    let server = MailServer::start(&Options::default()).unwrap();
    let mailer = by_smtp(in_the_clear(server.port()));
    mailer.send(&letter()).await.unwrap();
    let german = Letter {
        language: Some(domain::delivery::Language::parse("de").unwrap()),
        ..about(Occasion::EmailChanged { now: None })
    };
    mailer.send(&german).await.unwrap();

    let mail = server.wait_for(2).await.unwrap();
    let [reset, changed] = mail.as_slice() else { panic!("{mail:?}") };
    assert_eq!(reset.from, "id@accounts.example");
    assert_eq!(reset.to, ["ada@example.com"]);
    assert_eq!(reset.subject, "Set a new password");
    let link = format!("https://id.example.com/reset?token={TOKEN}&for=lovelace");
    assert!(reset.text.contains(&format!("\n{link}\n")), "{}", reset.text);
    assert!(reset.text.contains("until 22 November 2026, 13:05 UTC."), "{}", reset.text);
    let escaped = link.replace('&', "&amp;").replace('/', "&#x2f;");
    assert!(reset.html.contains(&format!("href=\"{escaped}\"")), "{}", reset.html);
    assert!(!reset.encrypted && !reset.signed_in);
    assert_eq!(changed.subject, "Ihre E-Mail-Adresse wurde geändert");
    assert!(changed.text.contains("22. November 2026, 12:04 Uhr (UTC) geändert"), "{changed:?}");
    assert!(changed.message.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{changed:?}");
}

#[tokio::test]
async fn mail_goes_through_starttls_to_a_private_authority_after_signing_in() {
    let strict = Strict::start();
    by_smtp(strict.settings()).send(&letter()).await.unwrap();
    let mail = strict.server.wait_for(1).await.unwrap();
    assert!(mail[0].encrypted && mail[0].signed_in, "{mail:?}");
}

#[tokio::test]
async fn a_wrong_password_keeps_the_letter_for_later() {
    let strict = Strict::start();
    let login = Login { user: USER.into(), password: Secret::new("another".into()) };
    let why = strict.refusal(SmtpSettings { login: Some(login), ..strict.settings() }).await;
    assert_eq!(why, "signing in to the mail server: it answers 535 5.7.8");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_told_nothing() {
    let strict = Strict::start();
    let why = strict.refusal(SmtpSettings { ca_file: None, ..strict.settings() }).await;
    assert!(why.starts_with("STARTTLS at the mail server: "), "{why}");
    assert!(why.contains("UnknownIssuer"), "{why}");
    let elsewhere = SmtpSettings { host: "127.0.0.1".into(), ..strict.settings() };
    let why = strict.refusal(elsewhere).await;
    assert!(why.contains("not valid for name"), "{why}");
}

#[tokio::test]
async fn a_server_without_tls_is_told_nothing_where_tls_is_asked_for() {
    let server = MailServer::start(&Options::default()).unwrap();
    for (tls, step) in [(Tls::StartTls, "STARTTLS at"), (Tls::Implicit, "connecting to")] {
        let mailer = by_smtp(SmtpSettings { tls, ..in_the_clear(server.port()) });
        let outcome = mailer.send(&letter()).await;
        let Err(Undelivered::NotNow(why)) = outcome else { panic!("{outcome:?}") };
        assert!(why.starts_with(step), "{why}");
    }
    assert_eq!(server.mail().unwrap(), []);
}

#[tokio::test]
async fn an_address_beyond_ascii_arrives_as_it_is() {
    let server = MailServer::start(&Options::default()).unwrap();
    let mut letter = about(Occasion::PasswordChanged);
    letter.to = EmailAddress::parse("zoë@bücher.example").unwrap();
    by_smtp(in_the_clear(server.port())).send(&letter).await.unwrap();
    let mail = server.wait_for(1).await.unwrap();
    assert_eq!(mail[0].to, ["zoë@xn--bcher-kva.example"]);
}
