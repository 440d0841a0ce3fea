//! Checkpoints on their way out: into a directory, to a webhook, to a log server. All receivers are
//! real ones on this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

mod directory;
mod server;
mod support;
mod syslog;
mod webhook;
