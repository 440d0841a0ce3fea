use std::path::PathBuf;
use std::sync::Arc;

use adapters_delivery::{Login, Mailer, Secret, Settings, SmtpSettings, Tls, Transport};

use super::error::ConfigurationError;
use super::layers::Layers;
use super::{Database, Secrets, parse, unless_empty};

/// How mail is written and where it goes.
#[derive(Debug)]
pub(crate) struct Mail {
    /// What was said of mail, in use: so a rule that it breaks is told with its key.
    pub(crate) mailer: Arc<Mailer>,
    /// Whether users are told of changes of their password and their address.
    pub(crate) notices: bool,
    /// Whether there is a secret that must not be shown.
    pub(super) has_password: bool,
}

impl Mail {
    pub(super) fn of(
        layers: &Layers,
        database: &Database,
        secrets: &Secrets,
    ) -> Result<Self, ConfigurationError> {
        let settings = settings(layers, database, secrets)?;
        let mailer =
            Mailer::new(&settings).map_err(|error| layers.refuse(error.key, error.rule))?;
        Ok(Self {
            mailer: Arc::new(mailer),
            notices: layers.flag("mail.notices")?,
            has_password: !layers.text(PASSWORD)?.is_empty(),
        })
    }
}

pub(super) fn settings(
    layers: &Layers,
    database: &Database,
    secrets: &Secrets,
) -> Result<Settings, ConfigurationError> {
    Ok(Settings {
        from: layers.text("mail.from")?.to_owned(),
        language: layers.text("mail.language")?.to_owned(),
        templates: unless_empty(layers.text("mail.templates")?).map(PathBuf::from),
        reset_link: layers.text("mail.reset_link")?.to_owned(),
        transport: transport(layers, database, secrets)?,
    })
}

fn transport(
    layers: &Layers,
    database: &Database,
    secrets: &Secrets,
) -> Result<Transport, ConfigurationError> {
    // Both are read, whichever is used: so nothing wrong stays unseen until the day it is switched on.
    let (directory, smtp) = (directory(layers, database, secrets)?, smtp(layers)?);
    parse(layers, "mail.transport", |text| match text {
        "directory" => Ok(Transport::Directory(directory)),
        "smtp" => Ok(Transport::Smtp(smtp)),
        _ => Err("must be \"directory\" or \"smtp\""),
    })
}

fn directory(
    layers: &Layers,
    database: &Database,
    secrets: &Secrets,
) -> Result<PathBuf, ConfigurationError> {
    let configured = unless_empty(layers.text("mail.directory")?).map(PathBuf::from);
    let beside = database.directory().unwrap_or(&secrets.directory);
    Ok(configured.unwrap_or_else(|| beside.join("mail")))
}

fn smtp(layers: &Layers) -> Result<SmtpSettings, ConfigurationError> {
    let port = layers.number("mail.smtp.port", 0..=u16::MAX)?;
    Ok(SmtpSettings {
        host: layers.text("mail.smtp.host")?.to_owned(),
        port: (port > 0).then_some(port),
        tls: parse(layers, "mail.smtp.tls", |text| match text {
            "starttls" => Ok(Tls::StartTls),
            "implicit" => Ok(Tls::Implicit),
            "none" => Ok(Tls::None),
            _ => Err("must be \"starttls\", \"implicit\" or \"none\""),
        })?,
        ca_file: unless_empty(layers.text("mail.smtp.ca_file")?).map(PathBuf::from),
        login: login(layers)?,
        patience: SmtpSettings::MOST_PATIENCE,
    })
}

const USER: &str = "mail.smtp.user";
const PASSWORD: &str = "mail.smtp.password";

fn login(layers: &Layers) -> Result<Option<Login>, ConfigurationError> {
    let (user, password) = (layers.text(USER)?, layers.text(PASSWORD)?);
    match (user.is_empty(), password.is_empty()) {
        (true, true) => Ok(None),
        (true, false) => Err(layers.refuse(USER, "must be set where there is a password")),
        (false, true) => Err(layers.refuse(PASSWORD, "must be set where there is a user")),
        (false, false) => {
            let (user, password) = (user.to_owned(), Secret::new(password.to_owned()));
            Ok(Some(Login { user, password }))
        }
    }
}
