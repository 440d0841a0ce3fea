//! The log: structured lines on standard error.

use std::io::{self, IsTerminal as _};

use domain::attempt::{AttemptEvent, AttemptLog, Shown};
use domain::store::StoreRef;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::configuration::{Log, LogFormat};

/// Begins to log, once in a process. Each line is written when it happens, so none is lost at the
/// end.
pub(crate) fn start(log: &Log) {
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match log.format {
        LogFormat::Pretty => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    registry().with(lines.with_filter(log.filter.clone())).init();
}

/// Logs every attempt to prove who somebody is, under the request that made it. Whether it failed is
/// told by `outcome`; the level is the same, so that no filter keeps one without the other.
pub(crate) struct LoggedAttempts;

impl AttemptLog for LoggedAttempts {
    fn ended(&self, event: &AttemptEvent) {
        let AttemptEvent { store, principal, user, shown, ended } = event;
        let store = match store {
            StoreRef::Id(id) => id.to_string(),
            StoreRef::Name(name) => name.as_str().to_owned(),
        };
        let shown = match shown {
            Shown::Password => "password",
            Shown::Token => "token",
            Shown::OneTimePassword => "one-time password",
            Shown::RecoveryCode => "recovery code",
            Shown::RefreshToken => "refresh token",
        };
        let user = user.map(|user| user.to_string());
        tracing::info!(store, %principal, user, shown, outcome = ended, "attempt");
    }
}
