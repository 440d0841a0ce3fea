//! Where checkpoints of the audit log are taken, so that somebody outside can show later what the
//! log was.

mod directory;
mod patience;
mod syslog;
mod webhook;

pub use directory::CheckpointDirectory;
pub use syslog::{CheckpointSyslog, SyslogTarget, SyslogTargetError};
pub use webhook::{CheckpointWebhook, WebhookError, WebhookUrl, WebhookUrlError};
