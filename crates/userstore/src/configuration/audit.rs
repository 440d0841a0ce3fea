use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapters_delivery::{CheckpointWebhook, SyslogTarget, WebhookUrl};
use jiff::SignedDuration;

use super::error::ConfigurationError;
use super::layers::Layers;
use super::{Database, parse, seconds, unless_empty};

/// What becomes of the audit trail beside requests.
#[derive(Debug)]
pub(crate) struct Audit {
    /// `None`: entries stay for ever.
    pub(crate) retention: Option<Archiving>,
    /// Where checkpoints go.
    pub(crate) publish: Publish,
}

/// When entries leave the database, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Archiving {
    /// How long ago they were sealed, at least a day.
    pub(crate) after: SignedDuration,
    /// Where the archives are.
    pub(crate) directory: PathBuf,
    /// Whether the directory is made where it is missing: only the one that nobody named, for what
    /// somebody named may be the place of a mount that is not there at the moment.
    pub(crate) makes_directory: bool,
}

const RETENTION_DAYS: &str = "audit.retention_days";
const ARCHIVE_DIRECTORY: &str = "audit.archive_directory";

/// A hundred years.
const MOST_DAYS: i64 = 36_500;
const HOURS_OF_A_DAY: i64 = 24;

impl Audit {
    pub(super) fn of(layers: &Layers, database: &Database) -> Result<Self, ConfigurationError> {
        Ok(Self { retention: archiving(layers, database)?, publish: Publish::of(layers)? })
    }
}

fn archiving(
    layers: &Layers,
    database: &Database,
) -> Result<Option<Archiving>, ConfigurationError> {
    let days = layers.number(RETENTION_DAYS, 0..=MOST_DAYS)?;
    let said = unless_empty(layers.text(ARCHIVE_DIRECTORY)?).map(PathBuf::from);
    if days == 0 {
        return Ok(None);
    }
    let makes_directory = said.is_none();
    let beside = || database.directory().map(|directory| directory.join("archive"));
    let directory = said.or_else(beside).ok_or_else(|| {
        let rule = "must be set with PostgreSQL where `audit.retention_days` is not 0";
        layers.refuse(ARCHIVE_DIRECTORY, rule)
    })?;
    let after = SignedDuration::from_hours(days * HOURS_OF_A_DAY);
    Ok(Some(Archiving { after, directory, makes_directory }))
}

/// Where checkpoints go: nowhere, unless it is said.
#[derive(Debug)]
pub(crate) struct Publish {
    pub(crate) directory: Option<PathBuf>,
    /// Ready for use: so an address that cannot be used is told with its key.
    pub(crate) webhook: Option<Webhook>,
    pub(crate) syslog: Option<SyslogTarget>,
    /// How often.
    pub(crate) interval: Duration,
}

/// Where checkpoints are posted to. The address may hold a secret.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) posts: Arc<CheckpointWebhook>,
    /// No more of the address than may be shown.
    shown: String,
}

/// A day.
const LONGEST_INTERVAL: u64 = 86_400;
const WEBHOOK: &str = "audit.publish.webhook";

impl Publish {
    fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        Ok(Self {
            directory: parse(layers, "audit.publish.directory", |text| {
                unless_empty(text).map(directory_that_is_there).transpose()
            })?,
            webhook: unless_empty(layers.text(WEBHOOK)?)
                .map(|text| Webhook::of(text).map_err(|rule| layers.refuse(WEBHOOK, rule)))
                .transpose()?,
            syslog: parse(layers, "audit.publish.syslog", |text| {
                unless_empty(text).map(SyslogTarget::parse).transpose()
            })?,
            interval: seconds(layers, "audit.publish.interval", 1..=LONGEST_INTERVAL)?,
        })
    }

    /// What is shown of the address of the webhook.
    pub(super) fn shown_webhook(&self) -> Option<&str> {
        self.webhook.as_ref().map(|webhook| webhook.shown.as_str())
    }
}

/// It is never made: where something should be mounted, that would be taken for what is missing.
fn directory_that_is_there(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("must name a directory that is there") }
}

impl Webhook {
    fn of(text: &str) -> Result<Self, String> {
        let url = WebhookUrl::parse(text).map_err(|rule| rule.to_string())?;
        let shown = format!("{url}/(hidden)");
        let posts = CheckpointWebhook::new(url)
            .map_err(|error| format!("must be an address that can be used: {error}"))?;
        Ok(Self { posts: Arc::new(posts), shown })
    }
}
