//! The log: structured lines on standard error.

use std::io::{self, IsTerminal as _};

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
