//! One delivery over SMTP (RFC 5321), step by step: each has its own time, and tells what an answer
//! to it means for the letter.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use domain::delivery::Undelivered;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

/// What is being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Connect,
    StartTls,
    SignIn,
    Sender,
    Recipient,
    Content,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting to the mail server",
            Self::StartTls => "STARTTLS at the mail server",
            Self::SignIn => "signing in to the mail server",
            Self::Sender => "naming the sender to the mail server",
            Self::Recipient => "naming the recipient to the mail server",
            Self::Content => "handing the message to the mail server",
        })
    }
}

impl Step {
    /// Whether a final refusal here is about the letter. Before, it is about us or our settings, and
    /// the letter can wait until those are mended.
    const fn is_about_the_letter(self) -> bool {
        matches!(self, Self::Recipient | Self::Content)
    }
}

/// A connection to a mail server that answers.
pub(super) struct Conversation {
    connection: AsyncSmtpConnection,
    patience: Duration,
}

impl Conversation {
    /// Connects, and greets.
    pub(super) async fn begin(
        server: (&str, u16),
        patience: Duration,
        name: &ClientId,
        tls: Option<TlsParameters>,
    ) -> Result<Self, Undelivered> {
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(patience), name, tls, None);
        let connection = within(patience, Step::Connect, connecting).await?;
        Ok(Self { connection, patience })
    }

    /// Turns the connection into TLS. A server that does not offer it is told nothing more.
    pub(super) async fn protect(
        &mut self,
        tls: &TlsParameters,
        name: &ClientId,
    ) -> Result<(), Undelivered> {
        let upgrade = self.connection.starttls(tls.clone(), name);
        within(self.patience, Step::StartTls, upgrade).await
    }

    pub(super) async fn sign_in(&mut self, credentials: &Credentials) -> Result<(), Undelivered> {
        let signing_in = self.connection.auth(DEFAULT_MECHANISMS, credentials);
        within(self.patience, Step::SignIn, signing_in).await.map(drop)
    }

    /// Hands a message over: when this returns `Ok`, the server answers for it.
    pub(super) async fn deliver(
        &mut self,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<(), Undelivered> {
        let (patience, connection) = (self.patience, &mut self.connection);
        let parameters = parameters(connection, envelope, message)?;
        let sender = Mail::new(envelope.from().cloned(), parameters);
        within(patience, Step::Sender, connection.command(sender)).await?;
        for recipient in envelope.to() {
            let recipient = Rcpt::new(recipient.clone(), Vec::new());
            within(patience, Step::Recipient, connection.command(recipient)).await?;
        }
        within(patience, Step::Content, connection.command(Data)).await?;
        within(patience, Step::Content, connection.message(message)).await.map(drop)
    }

    /// Takes leave. The message is delivered already, whatever becomes of this.
    pub(super) async fn end(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.connection.quit()).await;
    }
}

/// What the server must be told about a message that is not plain ASCII (RFC 6152, RFC 6531).
fn parameters(
    connection: &AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Vec<MailParameter>, Undelivered> {
    let offers = |extension| connection.server_info().supports_feature(extension);
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    let mut parameters = Vec::new();
    if !addresses.all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        if !offers(Extension::SmtpUtfEight) {
            let why = "the mail server takes no address with letters beyond ASCII";
            return Err(Undelivered::Never(why.into()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !message.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

async fn within<T>(
    patience: Duration,
    step: Step,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, Undelivered> {
    let outcome = tokio::time::timeout(patience, doing).await.map_err(|_| {
        let seconds = patience.as_secs_f32();
        Undelivered::NotNow(format!("{step}: no answer within {seconds} s"))
    })?;
    outcome.map_err(|error| undelivered(step, &error))
}

fn undelivered(step: Step, error: &Error) -> Undelivered {
    let why = format!("{step}: {}", reason(error));
    if step.is_about_the_letter() && error.is_permanent() {
        return Undelivered::Never(why);
    }
    Undelivered::NotNow(why)
}

/// Why, without what the server said: it may quote the letter.
fn reason(error: &Error) -> String {
    if let Some(code) = error.status() {
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        let enhanced = said.split_whitespace().next().filter(|word| is_enhanced_code(word));
        return match enhanced {
            Some(enhanced) => format!("it answers {code} {enhanced}"),
            None => format!("it answers {code}"),
        };
    }
    if error.is_response() {
        return "it ends the conversation, or does not speak SMTP".into();
    }
    // Of the operating system, of TLS or of lettre itself.
    error.to_string()
}

/// Whether it has the form of RFC 3463 §2, such as `5.1.1`.
fn is_enhanced_code(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_code_is_three_numbers() {
        for (word, is) in [("5.1.1", true), ("4.7.500", true), ("5.1", false), ("5.1.x", false)] {
            assert_eq!(is_enhanced_code(word), is, "{word}");
        }
    }

    #[test]
    fn a_refusal_is_final_only_where_it_is_about_the_letter() {
        let final_at = [
            Step::Connect,
            Step::StartTls,
            Step::SignIn,
            Step::Sender,
            Step::Recipient,
            Step::Content,
        ]
        .map(Step::is_about_the_letter);
        assert_eq!(final_at, [false, false, false, false, true, true]);
    }
}
