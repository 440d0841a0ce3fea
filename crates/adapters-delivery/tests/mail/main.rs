//! Mail from letter to receiver: into directories, to a real server, and to servers that behave
//! badly.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by a panic, in its helpers too"
)]

mod directory;
mod fake;
mod real_server;
mod settings;
mod unwilling_servers;

use std::path::Path;
use std::time::Duration;

use adapters_delivery::{Mailer, Settings, SmtpSettings, Tls, Transport};
use domain::delivery::{DeliveryId, Language, Letter, Occasion};
use domain::store::StoreName;
use domain::token::{Purpose, Token};
use domain::user::{EmailAddress, LoginName, PersonName};
use uuid::Uuid;

/// What no error may hold: each is a part of [`letter`].
const OF_THE_LETTER: [&str; 4] = [TOKEN, "ada@example.com", "Ada", "lovelace"];

const TOKEN: &str = "usr_reset_S3cretS3cretS3cretS3cretS3cretS3cretS3cret0";

/// A letter that carries a token.
fn letter() -> Letter {
    let token = Token::shown(Purpose::PasswordReset, TOKEN.into()).unwrap();
    let expires = "2026-11-22T13:05:00Z".parse().unwrap();
    about(Occasion::ResetByUser { token, expires })
}

fn about(occasion: Occasion) -> Letter {
    Letter {
        id: DeliveryId::new(Uuid::from_u128(0x0193_5000_0000_7000_8000_0000_0000_0001)),
        store: StoreName::parse("default").unwrap(),
        to: EmailAddress::parse("ada@example.com").unwrap(),
        language: Some(Language::parse("en").unwrap()),
        login_name: LoginName::parse("lovelace").unwrap(),
        first_name: Some(PersonName::parse("Ada").unwrap()),
        at: "2026-11-22T12:04:59.5Z".parse().unwrap(),
        occasion,
    }
}

fn settings(transport: Transport) -> Settings {
    Settings {
        from: "Example Accounts <id@accounts.example>".into(),
        language: "en".into(),
        templates: None,
        reset_link: "https://id.example.com/reset?token={token}&for={login_name}".into(),
        transport,
    }
}

fn into_directory(path: &Path) -> Mailer {
    Mailer::new(&settings(Transport::Directory(path.to_owned()))).unwrap()
}

/// How a server on this machine is reached in the clear.
fn in_the_clear(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".into(),
        port: Some(port),
        tls: Tls::None,
        ca_file: None,
        login: None,
        patience: Duration::from_secs(10),
    }
}

fn by_smtp(smtp: SmtpSettings) -> Mailer {
    Mailer::new(&settings(Transport::Smtp(smtp))).unwrap()
}
