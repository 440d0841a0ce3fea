//! The ways that mail goes out.

mod conversation;
mod directory;
mod smtp;

use domain::delivery::{DeliveryId, Undelivered};
use lettre::Message;

use crate::sender::Sender;
use crate::settings::{SettingsError, Transport};
use directory::MailDirectory;
use smtp::MailServer;

/// Carries messages to where they go.
#[derive(Debug)]
pub(crate) enum Carrier {
    Directory(MailDirectory),
    Server(Box<MailServer>),
}

impl Carrier {
    pub(crate) fn new(transport: &Transport, sender: &Sender) -> Result<Self, SettingsError> {
        Ok(match transport {
            Transport::Directory(path) => Self::Directory(MailDirectory::new(path)?),
            Transport::Smtp(settings) => {
                Self::Server(Box::new(MailServer::new(settings, sender.domain())?))
            }
        })
    }

    pub(crate) async fn carry(&self, id: DeliveryId, message: &Message) -> Result<(), Undelivered> {
        match self {
            Self::Directory(directory) => directory.put(id, &message.formatted()).await,
            Self::Server(server) => server.send(message).await,
        }
    }
}
