use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use domain::delivery::Undelivered;
use lettre::Message;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use zeroize::Zeroizing;

use super::conversation::Conversation;
use crate::settings::{Login, SettingsError, SmtpSettings, Tls};

/// A mail server, and how it is spoken to.
#[derive(Debug)]
pub(crate) struct MailServer {
    host: String,
    port: u16,
    /// How we call ourselves.
    name: ClientId,
    protection: Protection,
    login: Option<Login>,
    patience: Duration,
}

/// How a connection is protected, with what is needed for it.
enum Protection {
    StartTls(TlsParameters),
    Implicit(TlsParameters),
    None,
}

impl std::fmt::Debug for Protection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StartTls(_) => "StartTls",
            Self::Implicit(_) => "Implicit",
            Self::None => "None",
        })
    }
}

/// All steps of a delivery together: far below the minute for which one is leased.
const IN_ALL: Duration = Duration::from_secs(25);

impl MailServer {
    /// A server that is greeted in the name of `domain`.
    pub(crate) fn new(settings: &SmtpSettings, domain: &str) -> Result<Self, SettingsError> {
        let SmtpSettings { host, port, tls, login, patience, .. } = settings;
        check(settings)?;
        Ok(Self {
            host: host.clone(),
            port: port.unwrap_or(tls.usual_port()),
            name: ClientId::Domain(domain.to_owned()),
            protection: match tls {
                Tls::StartTls => Protection::StartTls(tls_parameters(settings)?),
                Tls::Implicit => Protection::Implicit(tls_parameters(settings)?),
                Tls::None => Protection::None,
            },
            login: login.clone(),
            patience: *patience,
        })
    }

    /// Hands a message over, on a connection of its own.
    pub(crate) async fn send(&self, message: &Message) -> Result<(), Undelivered> {
        let formatted = Zeroizing::new(message.formatted());
        match tokio::time::timeout(IN_ALL, self.hand_over(message, &formatted)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Undelivered::NotNow("the mail server is too slow".into())),
        }
    }

    async fn hand_over(&self, message: &Message, formatted: &[u8]) -> Result<(), Undelivered> {
        let mut conversation = self.begin().await?;
        conversation.deliver(message.envelope(), formatted).await?;
        conversation.end().await;
        Ok(())
    }

    /// A connection on which a letter may be said: protected and signed in as the settings ask for.
    async fn begin(&self) -> Result<Conversation, Undelivered> {
        let implicit = match &self.protection {
            Protection::Implicit(parameters) => Some(parameters.clone()),
            Protection::StartTls(_) | Protection::None => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut conversation =
            Conversation::begin(server, self.patience, &self.name, implicit).await?;
        if let Protection::StartTls(parameters) = &self.protection {
            conversation.protect(parameters, &self.name).await?;
        }
        if let Some(Login { user, password }) = &self.login {
            let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
            conversation.sign_in(&credentials).await?;
        }
        Ok(conversation)
    }
}

fn check(settings: &SmtpSettings) -> Result<(), SettingsError> {
    let refuse = |key, rule: &str| Err(SettingsError::new(key, rule));
    let host = &settings.host;
    if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse("mail.smtp.host", "must be the name or the address of the mail server");
    }
    if settings.port == Some(0) {
        return refuse("mail.smtp.port", "must be from 1 to 65535");
    }
    if settings.tls == Tls::None && !is_this_machine(host) {
        return refuse("mail.smtp.tls", "must be starttls or implicit for a server elsewhere");
    }
    if settings.login.as_ref().is_some_and(|login| login.user.is_empty()) {
        return refuse("mail.smtp.user", "must be set where a password is");
    }
    if settings.login.as_ref().is_some_and(|login| login.password.reveal().is_empty()) {
        return refuse("mail.smtp.password", "must be set where a user is");
    }
    if settings.patience.is_zero() || settings.patience > SmtpSettings::MOST_PATIENCE {
        return refuse("mail.smtp.patience", "must be from 1 to 10 seconds");
    }
    Ok(())
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SettingsError> {
    const KEY: &str = "mail.smtp.ca_file";
    let mut builder = TlsParametersBuilder::new(settings.host.clone())
        .certificate_store(CertificateStore::WebpkiRoots);
    if let Some(path) = &settings.ca_file {
        let refuse = |why: &dyn std::fmt::Display| {
            let path = path.display();
            SettingsError::new(KEY, format!("must be a file of certificates in PEM: {path}: {why}"))
        };
        let pem = fs::read(path).map_err(|error| refuse(&error))?;
        if !pem.windows(BEGIN.len()).any(|window| window == BEGIN) {
            return Err(refuse(&"there is none in it"));
        }
        builder =
            builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| refuse(&e))?);
    }
    builder.build().map_err(|error| SettingsError::new(KEY, format!("must be usable: {error}")))
}

/// What every certificate in PEM begins with. lettre takes a file without any for an empty list.
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
