use lettre::Address;
use lettre::message::Mailbox;

use crate::settings::{SettingsError, Transport};

/// Who mail is from.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    mailbox: Mailbox,
}

const KEY: &str = "mail.from";

/// Who writes into a directory where nobody is named.
const NOBODY: &str = "userstore@localhost";

impl Sender {
    /// Reads `mail.from`.
    pub(crate) fn parse(text: &str, transport: &Transport) -> Result<Self, SettingsError> {
        let text = match transport {
            Transport::Directory(_) if text.is_empty() => NOBODY,
            _ => text,
        };
        mailbox(text).map(|mailbox| Self { mailbox }).ok_or_else(|| {
            SettingsError::new(KEY, "must be an address as id@example.com or Name <id@example.com>")
        })
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// The domain of the address, in ASCII: ids of messages and the greeting of a server are made of
    /// it.
    pub(crate) fn domain(&self) -> &str {
        self.mailbox.email.domain()
    }

    /// How mail calls the service: by the name of the sender, else by its domain.
    pub(crate) fn service(&self) -> &str {
        self.mailbox.name.as_deref().unwrap_or(self.domain())
    }
}

fn mailbox(text: &str) -> Option<Mailbox> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let read: Mailbox = text.parse().ok()?;
    let mailbox = Mailbox::new(read.name, address(read.email.as_ref())?);
    // lettre reads the header again while it builds a message.
    (mailbox.to_string().parse().ok().as_ref() == Some(&mailbox)).then_some(mailbox)
}

/// An address as it is sent: its domain in ASCII (RFC 5891), so that only the local part may ask for
/// a server that knows more. `None` when mail has no form for it.
pub(crate) fn address(text: &str) -> Option<Address> {
    let (local, domain) = text.rsplit_once('@')?;
    if domain.is_ascii() {
        return Address::new(local, domain).ok();
    }
    Address::new(local, idna::domain_to_ascii(domain).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Sender, SettingsError> {
        Sender::parse(text, &Transport::Directory("mail".into()))
    }

    #[test]
    fn the_service_is_called_by_the_name_of_the_sender() {
        let named = parse("Konten bei Müller <id@müller.example>").unwrap();
        assert_eq!(named.service(), "Konten bei Müller");
        assert_eq!(named.domain(), "xn--mller-kva.example");
        assert_eq!(parse("id@example.com").unwrap().service(), "example.com");
        assert_eq!(parse("").unwrap().service(), "localhost");
    }

    #[test]
    fn what_is_no_sender_is_refused() {
        for text in ["example.com", "a@b.c, d@e.f", "A <a@b.c>\r\nBcc: d@e.f", "<>", "Name <a b@c>"]
        {
            assert_eq!(parse(text).unwrap_err().key, "mail.from", "{text}");
        }
    }
}
