//! What goes out to others: mail, and checkpoints of the audit log.
//!
//! [`CheckpointDirectory`], [`CheckpointWebhook`] and [`CheckpointSyslog`] take checkpoints to somebody
//! outside. Each gives up in time, and says in one sentence what went wrong. An address may carry a
//! secret: of a [`WebhookUrl`] no more than scheme, host and port is ever printed.
//!
//! All else here is mail: the words for what the domain wants to be told, and the ways that they go
//! out.
//!
//! [`Mailer`] is the adapter of [`domain::delivery::Postman`]. It fills in the template of the
//! occasion in the reader's language, makes one message of subject, text and HTML, and hands it to an
//! SMTP server or puts it into a directory. [`Settings`] says which; everything that can be wrong
//! with them is found by [`Mailer::new`], before the first letter.
//!
//! A letter may carry a token that sets a password. It stands in the message and nowhere else: no
//! error of this crate holds a word of a letter or of what a server answers to one, nothing here is
//! logged, and lettre is built without its feature `tracing`, which would log whole messages.
//!
//! # Templates
//! The built-in ones are the files of `templates/`. A deployer's directory has the same layout:
//! `<language>/<occasion>.subject`, `.txt` and `.html`, and `layout.html` around the HTML. What is
//! there replaces the built-in of the same name; another language needs all three files of each
//! occasion that it has. Lines that hold nothing but a tag leave no line behind. HTML is escaped.
//! The names that a template can use:
//!
//! | occasion | names |
//! | --- | --- |
//! | every | `language`, `service` (the name in `from`), `store`, `login_name`, `first_name` (may be empty), `at` |
//! | `reset-by-administrator`, `reset-by-user` | `token`, `link` (empty without a configured one), `expires` |
//! | `password-changed` | |
//! | `email-changed` | `address`: the new one, masked for every reader but its own; empty when there is none |
//! | `second-factor-set`, `second-factor-removed`, `recovery-code-used` | |
//!
//! # The recipe for another language
//! Make its 21 files in a directory as those of `templates/en`, and name the directory in the
//! configuration. To build it in, put it into `templates/` and name its files in
//! `templates/built_in.rs`; `moment.rs` may learn to spell its dates.

mod link;
mod mailer;
mod message;
mod moment;
mod publish;
mod sender;
mod settings;
mod templates;
mod transport;

pub use mailer::Mailer;
pub use publish::{
    CheckpointDirectory, CheckpointSyslog, CheckpointWebhook, SyslogTarget, SyslogTargetError,
    WebhookError, WebhookUrl, WebhookUrlError,
};
pub use settings::{Login, Secret, Settings, SettingsError, SmtpSettings, Tls, Transport};
