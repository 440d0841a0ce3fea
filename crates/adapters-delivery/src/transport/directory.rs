use std::io;
use std::path::{Path, PathBuf};

use domain::delivery::{DeliveryId, Undelivered};
use tokio::fs::{DirBuilder, File, OpenOptions, rename};
use tokio::io::AsyncWriteExt as _;

use crate::settings::SettingsError;

/// A directory that mail is put into, for whoever reads it there.
#[derive(Debug)]
pub(crate) struct MailDirectory {
    path: PathBuf,
}

impl MailDirectory {
    pub(crate) fn new(path: &Path) -> Result<Self, SettingsError> {
        if path.as_os_str().is_empty() {
            return Err(SettingsError::new("mail.directory", "must name a directory"));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Puts a message there as `<id>.eml`, in place of one of the same id. It is on disk when this
    /// returns, and nobody ever sees a part of it.
    pub(crate) async fn put(&self, id: DeliveryId, message: &[u8]) -> Result<(), Undelivered> {
        self.write(id, message).await.map_err(|error| {
            let path = self.path.display();
            Undelivered::NotNow(format!("the directory {path} takes no mail: {error}"))
        })
    }

    async fn write(&self, id: DeliveryId, message: &[u8]) -> io::Result<()> {
        let mut make = DirBuilder::new();
        make.recursive(true).mode(0o700).create(&self.path).await?;
        // What a crash leaves under this name is overwritten by the next try.
        let draft = self.path.join(format!(".{id}.draft"));
        let mut open = OpenOptions::new();
        let mut file =
            open.write(true).create(true).truncate(true).mode(0o600).open(&draft).await?;
        file.write_all(message).await?;
        file.sync_all().await?;
        rename(&draft, self.path.join(format!("{id}.eml"))).await?;
        File::open(&self.path).await?.sync_all().await
    }
}
