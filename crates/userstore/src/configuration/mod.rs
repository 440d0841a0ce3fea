//! The configuration: compiled-in defaults, then a file, then environment variables.
//!
//! `config/default.toml` lists every key and explains it; [`Configuration::of`] reads each of them
//! into its type with its range, one line a key. A test holds the two together. Only the names of
//! roles, stores and issuers are made up by the operator.

mod audit;
mod error;
mod issuers;
mod layers;
mod mail;
mod password;
mod rules;
mod sessions;
mod users_api;

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adapters_diesel::{DatabaseUrl, Settings, Timeouts};
use adapters_issuers::TrustedIssuers;
use api_actix::{SourceLimit, Sources, UsersApi};
use domain::access::Rules;
use domain::client::ApiKey;
use ipnet::IpNet;
use tracing_subscriber::filter::{LevelFilter, Targets};

pub(crate) use audit::{Archiving, Audit, Publish};
pub(crate) use error::ConfigurationError;
pub(crate) use layers::Layers;
pub(crate) use mail::Mail;
pub(crate) use password::Passwords;

/// Everything that an operator can set.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) server: Server,
    pub(crate) database: Database,
    pub(crate) secrets: Secrets,
    pub(crate) audit: Audit,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) limits: Limits,
    pub(crate) passwords: Passwords,
    pub(crate) mail: Mail,
    pub(crate) rules: Rules,
    pub(crate) users_api: UsersApi,
    pub(crate) issuers: Arc<TrustedIssuers>,
    pub(crate) log: Log,
}

/// How requests are taken.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) bind: SocketAddr,
    /// `None`: one per core.
    pub(crate) workers: Option<usize>,
    pub(crate) shutdown_delay: Duration,
    pub(crate) shutdown_deadline: Duration,
    pub(crate) sources: Sources,
}

/// Where everything is kept.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) settings: Settings,
    pub(crate) migrate_on_start: bool,
}

/// Where keys are kept.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// As configured, else that of the embedded database.
    pub(crate) directory: PathBuf,
}

/// The first start.
#[derive(Debug)]
pub(crate) struct Bootstrap {
    /// `None`: the first start makes one.
    pub(crate) admin_key: Option<ApiKey>,
}

/// How much a request may ask for.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) batch_bytes: usize,
    pub(crate) batch_items: usize,
    pub(crate) page_items: u32,
}

/// What is logged, and how.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) filter: Targets,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// The longest that a duration of the configuration may be, in seconds.
const HOUR: u64 = 3600;

impl Configuration {
    /// Reads every key of `layers`.
    pub(crate) fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        let database = Database::of(layers)?;
        let secrets = Secrets::of(layers, &database)?;
        Ok(Self {
            server: Server::of(layers)?,
            passwords: Passwords::of(layers)?,
            mail: Mail::of(layers, &database, &secrets)?,
            audit: Audit::of(layers, &database)?,
            database,
            secrets,
            bootstrap: Bootstrap::of(layers)?,
            limits: Limits::of(layers)?,
            rules: rules::read(layers)?,
            users_api: users_api::read(layers)?,
            issuers: issuers::read(layers)?,
            log: Log::of(layers)?,
        })
    }
}

impl Configuration {
    /// What is shown in place of the value of `key`, where that must not be shown as it is.
    pub(crate) fn shown_instead(&self, key: &str) -> Option<String> {
        match key {
            "database.url" => Some(format!("{:?}", self.database.settings.url.to_string())),
            "bootstrap.admin_key" => self.bootstrap.admin_key.as_ref().map(|_| "(hidden)".into()),
            "audit.publish.webhook" => {
                self.audit.publish.shown_webhook().map(|url| format!("{url:?}"))
            }
            "mail.smtp.password" => self.mail.has_password.then(|| "(hidden)".into()),
            _ => None,
        }
    }
}

#[cfg(test)]
impl Configuration {
    /// That of a node whose database is `users.db` of a directory, and whose keys are in `keys` of it.
    pub(crate) fn in_directory(directory: &Path, keys: &str) -> Self {
        let url = format!("sqlite://{}", directory.join("users.db").display());
        let variables = [
            ("USERSTORE__DATABASE__URL", url.into()),
            ("USERSTORE__SECRETS__DIRECTORY", directory.join(keys).into()),
            // Else the first start would show the one that it makes.
            ("USERSTORE__BOOTSTRAP__ADMIN_KEY", "x".repeat(32).into()),
        ];
        let variables =
            variables.map(|(name, value): (_, std::ffi::OsString)| (name.into(), value));
        let layers = Layers::defaults().unwrap().with_environment(variables).unwrap();
        Self::of(&layers).unwrap()
    }
}

impl Server {
    fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        let workers = layers.number("server.workers", 0..=512)?;
        Ok(Self {
            bind: parse(layers, "server.bind", |text| {
                text.parse().map_err(
                    |_| "must be an address with a port, such as 127.0.0.1:8080 or [::]:8080",
                )
            })?,
            workers: (workers > 0).then_some(workers),
            shutdown_delay: seconds(layers, "server.shutdown_delay", 0..=HOUR)?,
            shutdown_deadline: seconds(layers, "server.shutdown_deadline", 1..=HOUR)?,
            sources: Sources {
                limit: source_limit(layers)?,
                trusted_proxies: trusted_proxies(layers)?,
            },
        })
    }
}

fn trusted_proxies(layers: &Layers) -> Result<Vec<IpNet>, ConfigurationError> {
    const KEY: &str = "server.trusted_proxies";
    let rule = "must list addresses and networks, such as 192.0.2.7, 10.0.0.0/8 or fd00::/8";
    let networks = layers.list(KEY)?.into_iter().map(|text| network(&text));
    networks.collect::<Option<_>>().ok_or_else(|| layers.refuse(KEY, rule))
}

/// Reads a network; an address is one of its own.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn source_limit(layers: &Layers) -> Result<Option<SourceLimit>, ConfigurationError> {
    let limit = SourceLimit {
        per_second: layers.number("server.source_limit.per_second", 1..=1_000_000)?,
        burst: layers.number("server.source_limit.burst", 1..=1_000_000)?,
    };
    Ok(layers.flag("server.source_limit.enabled")?.then_some(limit))
}

impl Database {
    fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        let defaults = Settings::new(parse(layers, "database.url", DatabaseUrl::parse)?);
        let threads = |key, automatic| match layers.number(key, 0..=512)? {
            0 => Ok(automatic),
            threads => Ok(threads),
        };
        let settings = Settings {
            readers: threads("database.readers", defaults.readers)?,
            lanes: threads("database.lanes", defaults.lanes)?,
            queue: layers.number("database.queue", 1..=1_000_000)?,
            timeouts: timeouts(layers)?,
            prepared_statement_cache: layers.flag("database.prepared_statement_cache")?,
            ..defaults
        };
        Ok(Self { settings, migrate_on_start: layers.flag("database.migrate_on_start")? })
    }

    /// The file of the embedded database; `None` on PostgreSQL.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.settings.url.sqlite_path()
    }

    /// The directory of the embedded database; `None` on PostgreSQL.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.file().and_then(Path::parent)
    }
}

fn timeouts(layers: &Layers) -> Result<Timeouts, ConfigurationError> {
    Ok(Timeouts {
        connect: seconds(layers, "database.connect_timeout", 1..=HOUR)?,
        statement: seconds(layers, "database.statement_timeout", 1..=HOUR)?,
        lock: seconds(layers, "database.lock_timeout", 1..=HOUR)?,
        idle_in_transaction: seconds(layers, "database.idle_in_transaction_timeout", 1..=HOUR)?,
        ..Timeouts::default()
    })
}

impl Secrets {
    fn of(layers: &Layers, database: &Database) -> Result<Self, ConfigurationError> {
        const KEY: &str = "secrets.directory";
        let configured = unless_empty(layers.text(KEY)?).map(Path::new);
        let directory = configured.or(database.directory()).ok_or_else(|| {
            layers.refuse(KEY, "must be set with PostgreSQL, which has no file to keep keys beside")
        })?;
        Ok(Self { directory: directory.to_owned() })
    }
}

impl Bootstrap {
    fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        const KEY: &str = "bootstrap.admin_key";
        let chosen = unless_empty(layers.text(KEY)?);
        let admin_key = chosen.map(|text| ApiKey::parse(text.to_owned())).transpose();
        Ok(Self { admin_key: admin_key.map_err(|rule| layers.refuse(KEY, rule.to_string()))? })
    }
}

impl Limits {
    fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        const KIB: usize = 1024;
        const GIB: usize = 1024 * 1024 * 1024;
        Ok(Self {
            body_bytes: layers.number("limits.body_bytes", KIB..=GIB)?,
            batch_bytes: layers.number("limits.batch_bytes", KIB..=GIB)?,
            batch_items: layers.number("limits.batch_items", 1..=10_000)?,
            page_items: layers.number("limits.page_items", 1..=10_000)?,
        })
    }
}

impl Log {
    fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        Ok(Self {
            format: parse(layers, "log.format", |text| match text {
                "pretty" => Ok(LogFormat::Pretty),
                "json" => Ok(LogFormat::Json),
                _ => Err("must be \"pretty\" or \"json\""),
            })?,
            filter: parse(layers, "log.filter", |text| {
                targets(text).ok_or(
                    "must be a level (off, error, warn, info, debug or trace), or a list such as \
                     info,adapters_diesel=debug",
                )
            })?,
        })
    }
}

/// Reads `level` and `module=level`, joined by commas. The parser of [`Targets`] would take a
/// mistyped level for a module.
fn targets(text: &str) -> Option<Targets> {
    text.split(',').map(str::trim).try_fold(Targets::new(), |targets, part| {
        Some(match part.split_once('=') {
            Some((module, name)) => targets.with_target(module, level(name)?),
            None => targets.with_default(level(part)?),
        })
    })
}

/// Only the names: the parser of [`LevelFilter`] also reads digits, and nothing as `error`.
fn level(name: &str) -> Option<LevelFilter> {
    match name.to_ascii_lowercase().as_str() {
        "off" => Some(LevelFilter::OFF),
        "error" => Some(LevelFilter::ERROR),
        "warn" => Some(LevelFilter::WARN),
        "info" => Some(LevelFilter::INFO),
        "debug" => Some(LevelFilter::DEBUG),
        "trace" => Some(LevelFilter::TRACE),
        _ => None,
    }
}

fn seconds(
    layers: &Layers,
    key: &str,
    range: RangeInclusive<u64>,
) -> Result<Duration, ConfigurationError> {
    layers.number(key, range).map(Duration::from_secs)
}

/// A text in the form that `read` knows; its error is the rule, which begins with `must`.
fn parse<T, E: Display>(
    layers: &Layers,
    key: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, ConfigurationError> {
    read(layers.text(key)?).map_err(|rule| layers.refuse(key, rule.to_string()))
}

fn unless_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
