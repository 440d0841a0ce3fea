use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use zeroize::Zeroizing;

/// How mail is written and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `mail.from`: an address, or a name with an address as in `Example <id@example.com>`. Empty is
    /// allowed for a directory only.
    pub from: String,
    /// `mail.language`: in which a reader is written to whose language is not known or has no
    /// templates.
    pub language: String,
    /// `mail.templates`: the directory of templates that replace or add to the built-in ones.
    pub templates: Option<PathBuf>,
    /// `mail.reset_link`: the page where a password is set, with `{token}` and, where wanted,
    /// `{login_name}` and `{store}` in its path, query or fragment. Empty: mail shows the token.
    pub reset_link: String,
    /// `mail.transport`: where mail goes.
    pub transport: Transport,
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum Transport {
    /// Into this directory, one file `<id>.eml` of mode 0600 a letter. Made when it is not there.
    Directory(PathBuf),
    /// To a mail server.
    Smtp(SmtpSettings),
}

/// How the mail server is reached.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// `mail.smtp.host`: its name, which its certificate must bear, or its address.
    pub host: String,
    /// `mail.smtp.port`: `None` takes the usual one, [`Tls::usual_port`].
    pub port: Option<u16>,
    /// `mail.smtp.tls`.
    pub tls: Tls,
    /// `mail.smtp.ca_file`: certificates in PEM that are trusted beside the public authorities.
    pub ca_file: Option<PathBuf>,
    /// `mail.smtp.user` and `mail.smtp.password`.
    pub login: Option<Login>,
    /// How long to wait for each step of a delivery: at most [`SmtpSettings::MOST_PATIENCE`].
    pub patience: Duration,
}

impl SmtpSettings {
    /// The longest that a step may be waited for. All of them together take 25 seconds at most.
    pub const MOST_PATIENCE: Duration = Duration::from_secs(10);
}

/// How a connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// It begins in the clear and must become TLS before anything of a letter is said (RFC 3207).
    StartTls,
    /// It is TLS from its beginning (RFC 8314).
    Implicit,
    /// It stays in the clear: only to a server on this machine.
    None,
}

impl Tls {
    /// The port that is meant where none is set.
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// Who signs in to the mail server.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A text that is wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A setting breaks a rule. It never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the key `{key}` {rule}")]
pub struct SettingsError {
    /// The key of the configuration, such as `mail.from`.
    pub key: &'static str,
    /// The rule, beginning with `must`.
    pub rule: String,
}

impl SettingsError {
    pub(crate) fn new(key: &'static str, rule: impl Into<String>) -> Self {
        Self { key, rule: rule.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_printed() {
        let login = Login { user: "mail".into(), password: Secret::new("hunter2".into()) };
        assert_eq!(format!("{login:?}"), r#"Login { user: "mail", password: Secret(..) }"#);
    }
}
