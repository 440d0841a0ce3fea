//! A real mail server for tests: aiosmtpd, a program that was written by others, in Python. It takes
//! every message, and reads it with Python's own parser of mail.
//!
//! Where it is not installed the test fails and says what to install: it is never skipped.
//!
//! ```no_run
//! # async fn example() -> Result<(), testkit::postgres::HarnessError> {
//! use testkit::smtp::{MailServer, Options};
//!
//! let server = MailServer::start(&Options::default())?;
//! // send something to 127.0.0.1, server.port() …
//! let mail = server.wait_for(1).await?;
//! assert_eq!(mail[0].to, ["ada@example.com"]);
//! # Ok(())
//! # }
//! ```

mod python;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use crate::postgres::{HarnessError, Tls};
pub use python::PYTHON_VARIABLE;

/// The server, as text: it needs no file.
const SERVER: &str = include_str!("server.py");

/// How long mail is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a server is to be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Mail is taken after STARTTLS only; `None`: there is no TLS.
    pub tls: Option<Tls>,
    /// Mail is taken from this user with this password only; `None`: from everybody.
    pub login: Option<(String, String)>,
}

/// A mail server on 127.0.0.1, with the mail it took. Both end when it is dropped.
#[derive(Debug)]
pub struct MailServer {
    program: Child,
    port: u16,
    home: TempDir,
}

/// Mail as the server took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The sender on the envelope.
    pub from: String,
    /// The recipients on the envelope.
    pub to: Vec<String>,
    /// Whether it came through TLS.
    pub encrypted: bool,
    /// Whether the client had signed in.
    pub signed_in: bool,
    /// Its subject, decoded.
    pub subject: String,
    /// Its text, decoded; empty when it has none.
    pub text: String,
    /// Its HTML, decoded; empty when it has none.
    pub html: String,
    /// All of it, as it was sent.
    pub message: String,
}

impl MailServer {
    /// Starts a server on a free port; returns when it takes mail, and blocks until then.
    ///
    /// # Errors
    /// aiosmtpd is not installed, or the server does not start: the sentence holds what it said.
    pub fn start(options: &Options) -> Result<Self, HarnessError> {
        let home = tempfile::tempdir()
            .map_err(|error| HarnessError::because("no temporary directory can be made", error))?;
        let mut command = Command::new(python::find()?);
        command.args(["-c", SERVER]).arg(mailbox(home.path())?);
        if let Some(tls) = &options.tls {
            let certificate = write(home.path(), "certificate.pem", &tls.certificate)?;
            let key = write(home.path(), "key.pem", &tls.key)?;
            command.arg("--certificate").arg(certificate).arg("--key").arg(key);
        }
        if let Some((user, password)) = &options.login {
            command.args(["--user", user, "--password", password]);
        }
        // Its standard input ends with this process, however that ends, and then so does the server.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command
            .spawn()
            .map_err(|error| HarnessError::because("Python cannot be started", error))?;
        let mut this = Self { program, port: 0, home };
        this.port = this.said_port()?;
        Ok(this)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The mail that has come so far, in order.
    ///
    /// # Errors
    /// What the server wrote cannot be read.
    pub fn mail(&self) -> Result<Vec<ReceivedMail>, HarnessError> {
        received(&self.home.path().join(MAILBOX))
            .map_err(|error| HarnessError::because("the mail cannot be read", error))
    }

    /// The mail that has come, as soon as it is `count` or more.
    ///
    /// # Errors
    /// It did not come within half a minute.
    pub async fn wait_for(&self, count: usize) -> Result<Vec<ReceivedMail>, HarnessError> {
        let begun = Instant::now();
        loop {
            let mail = self.mail()?;
            if mail.len() >= count {
                return Ok(mail);
            }
            if begun.elapsed() > PATIENCE {
                let came = mail.len();
                return Err(HarnessError::new(format!("{came} of {count} mails came in time")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the server says first: its port.
    fn said_port(&mut self) -> Result<u16, HarnessError> {
        let mut line = String::new();
        if let Some(said) = self.program.stdout.take() {
            // Nothing that can be read is no port either.
            let _ = BufReader::new(said).read_line(&mut line);
        }
        line.trim().parse().map_err(|_| {
            let mut why = String::new();
            let _ = self.program.kill();
            if let Some(mut said) = self.program.stderr.take() {
                let _ = said.read_to_string(&mut why);
            }
            HarnessError::because("the mail server does not start", why.trim())
        })
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Where the server keeps mail.
const MAILBOX: &str = "mail";

fn mailbox(home: &Path) -> Result<std::path::PathBuf, HarnessError> {
    let path = home.join(MAILBOX);
    std::fs::create_dir(&path)
        .map_err(|error| HarnessError::because("the mailbox cannot be made", error))?;
    Ok(path)
}

fn write(home: &Path, name: &str, text: &str) -> Result<std::path::PathBuf, HarnessError> {
    let path = home.join(name);
    std::fs::write(&path, text)
        .map_err(|error| HarnessError::because(format!("{name} cannot be written"), error))?;
    Ok(path)
}

fn received(mailbox: &Path) -> std::io::Result<Vec<ReceivedMail>> {
    let entries = std::fs::read_dir(mailbox)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    // What is still being written has a name that begins with a dot.
    paths.retain(|path| {
        path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b"."))
    });
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(mail: &Path) -> std::io::Result<ReceivedMail> {
    let part = |name: &str| std::fs::read_to_string(mail.join(name));
    Ok(ReceivedMail {
        from: part("from")?,
        to: part("to")?.lines().map(str::to_owned).collect(),
        encrypted: part("encrypted")? == "yes",
        signed_in: part("signed_in")? == "yes",
        subject: part("subject")?,
        text: part("text")?,
        html: part("html")?,
        message: part("message")?,
    })
}
