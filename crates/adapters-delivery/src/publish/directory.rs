use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use domain::audit::log::{Checkpoint, StoredCheckpoint};
use domain::audit::{Publisher, Unpublished};
use domain::id::StoreId;
use domain::random::Random;
use tokio::fs::{DirBuilder, File, OpenOptions, rename};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use super::patience::{PATIENCE, within};

/// Much more than a checkpoint with the lines of many witnesses takes.
const MOST_BYTES: u64 = 1 << 16;

/// A directory with the latest checkpoint of each store in a file `<store id>.checkpoint` that
/// everybody may read, for whoever copies it away. It is made when it is not there.
///
/// A file never goes back: where it holds a checkpoint that the log cannot have grown from, it stays
/// and publishing fails. It may be all that shows that a log was cut off or made anew.
#[derive(Clone, Debug)]
pub struct CheckpointDirectory {
    path: PathBuf,
    /// Tells apart what several processes have not finished yet.
    writer: Uuid,
    patience: Duration,
}

impl CheckpointDirectory {
    /// Puts checkpoints into the directory `path`.
    pub fn new(path: impl Into<PathBuf>, random: &dyn Random) -> Self {
        Self { path: path.into(), writer: random.new_uuid(), patience: PATIENCE }
    }

    /// Gives up after `patience` instead of ten seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn file_of(&self, store: StoreId) -> PathBuf {
        self.path.join(format!("{store}.checkpoint"))
    }

    async fn put(&self, store: StoreId, new: &StoredCheckpoint) -> Result<(), Unpublished> {
        let path = self.file_of(store);
        let failed = |error| Unpublished(format!("{} cannot be written: {error}", path.display()));
        match standing(&path, store, new).await.map_err(failed)? {
            Standing::Behind => self.write(store, &path, &new.note).await.map_err(failed),
            Standing::Same => Ok(()),
            Standing::Contrary(size) => Err(contrary(&path, size, new.size)),
        }
    }

    /// Nobody ever sees a part of it, and it is on disk when this returns.
    async fn write(&self, store: StoreId, path: &Path, note: &str) -> io::Result<()> {
        DirBuilder::new().recursive(true).create(&self.path).await?;
        // What a crash leaves under this name is overwritten by the next try.
        let draft = self.path.join(format!(".{store}.{}", self.writer.simple()));
        let mut open = OpenOptions::new();
        let mut file =
            open.write(true).create(true).truncate(true).mode(0o644).open(&draft).await?;
        file.write_all(note.as_bytes()).await?;
        file.sync_all().await?;
        rename(&draft, path).await?;
        File::open(&self.path).await?.sync_all().await
    }
}

#[async_trait]
impl Publisher for CheckpointDirectory {
    fn name(&self) -> &'static str {
        "directory"
    }

    async fn held(&self, store: StoreId) -> Option<Checkpoint> {
        let text = read(&self.file_of(store)).await.ok().flatten()?;
        Checkpoint::read(&text).ok().map(|(held, _)| held).filter(|held| held.store == store)
    }

    async fn publish(
        &self,
        store: StoreId,
        checkpoint: &StoredCheckpoint,
    ) -> Result<(), Unpublished> {
        let whom = format!("the directory {}", self.path.display());
        within(self.patience, &whom, self.put(store, checkpoint)).await
    }
}

/// How a file stands to a checkpoint that is to take its place.
enum Standing {
    /// The checkpoint may take it: the file is not there, holds fewer leaves, or no checkpoint.
    Behind,
    /// It holds that checkpoint.
    Same,
    /// It holds more leaves, or as many others: so many.
    Contrary(u64),
}

/// Between this look and the writing there is time for somebody else: only who holds the lease
/// publishes.
async fn standing(path: &Path, store: StoreId, new: &StoredCheckpoint) -> io::Result<Standing> {
    let text = read(path).await?;
    let held = text.as_deref().and_then(|text| Checkpoint::read(text).ok());
    let Some((held, _)) = held.filter(|(held, _)| held.store == store) else {
        return Ok(Standing::Behind);
    };
    let is_same = Checkpoint::read(&new.note).is_ok_and(|(new, _)| new == held);
    Ok(match held.size {
        _ if is_same => Standing::Same,
        size if size < new.size => Standing::Behind,
        size => Standing::Contrary(size),
    })
}

/// The text of a file; `None` when there is no such file, or it is no text.
async fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path).await {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).await?;
    Ok(String::from_utf8(bytes).ok())
}

fn contrary(path: &Path, held: u64, new: u64) -> Unpublished {
    let path = path.display();
    Unpublished(if held == new {
        format!(
            "{path} holds another checkpoint over {held} entries than the log: the log was made \
             anew, or the file is wrong; it stays as it is"
        )
    } else {
        format!(
            "{path} holds a checkpoint over {held} entries, and the log has {new}: the log was cut \
             off or restored from a backup, or another node was faster; the file stays as it is"
        )
    })
}
