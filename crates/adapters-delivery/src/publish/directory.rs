use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use domain::audit::bundle::KeptCheckpoint;
use domain::audit::log::{Checkpoint, StoredCheckpoint};
use domain::audit::{Publisher, Unpublished};
use domain::id::StoreId;
use tokio::sync::{Mutex, oneshot};
use tokio::time::sleep;

use super::patience::{PATIENCE, within};

/// Much more than a checkpoint with the lines of many witnesses takes.
const MOST_BYTES: u64 = 1 << 16;
/// Between two tries, where another process has locked the directory.
const A_MOMENT: Duration = Duration::from_millis(20);

/// A directory with the latest checkpoint of each store in a file `<store id>.checkpoint` that
/// everybody may read, for whoever copies it away.
///
/// It is never made: where it is not there, what should be mounted is missing, and with it what was
/// published before.
///
/// A file never goes back: where it holds a checkpoint that the log cannot have grown from, or what is
/// no checkpoint of the store, it stays and publishing fails. It may be all that shows that a log was
/// cut off or made anew. From the look at a file until another has its place, the directory is locked
/// by its file `.lock`.
#[derive(Clone, Debug)]
pub struct CheckpointDirectory {
    path: PathBuf,
    /// Had by the thread that is at work there: a file system that hangs holds up this one and no more.
    turn: Arc<Mutex<()>>,
    patience: Duration,
}

impl CheckpointDirectory {
    /// Puts checkpoints into the directory `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), turn: Arc::default(), patience: PATIENCE }
    }

    /// Gives up after `patience` instead of ten seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Does `work` with the file of a store, on a thread of its own. It goes on when nobody waits any
    /// more, and nothing else is begun before it has ended.
    async fn apart<T: Send + 'static>(
        &self,
        store: StoreId,
        work: impl FnOnce(&CheckpointFile) -> Result<T, Unpublished> + Send + 'static,
    ) -> Result<T, Unpublished> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let file = CheckpointFile { directory: self.path.clone(), store };
        let (sender, done) = oneshot::channel();
        let run = move || {
            let outcome = work(&file);
            drop(turn);
            // Nobody waits for it any more when it took too long.
            let _ = sender.send(outcome);
        };
        let no_thread = |why| Unpublished(format!("there is no thread to write files: {why}"));
        thread::Builder::new().spawn(run).map_err(|error| no_thread(error.to_string()))?;
        done.await.unwrap_or_else(|_| Err(no_thread("it panicked".into())))
    }

    /// Puts a checkpoint there as soon as no other process does.
    async fn put(&self, store: StoreId, new: &StoredCheckpoint) -> Result<(), Unpublished> {
        loop {
            let new = new.clone();
            if self.apart(store, move |file| file.try_put(&new)).await? {
                return Ok(());
            }
            sleep(A_MOMENT).await;
        }
    }

    fn whom(&self) -> String {
        format!("the directory {}", self.path.display())
    }
}

#[async_trait]
impl Publisher for CheckpointDirectory {
    fn name(&self) -> &'static str {
        "directory"
    }

    async fn held(&self, store: StoreId) -> Result<Option<Checkpoint>, Unpublished> {
        within(self.patience, &self.whom(), self.apart(store, CheckpointFile::held)).await
    }

    async fn publish(
        &self,
        store: StoreId,
        checkpoint: &StoredCheckpoint,
    ) -> Result<(), Unpublished> {
        within(self.patience, &self.whom(), self.put(store, checkpoint)).await
    }
}

/// The file of a store. What is done with it blocks.
struct CheckpointFile {
    directory: PathBuf,
    store: StoreId,
}

impl CheckpointFile {
    fn path(&self) -> PathBuf {
        self.directory.join(format!("{}.checkpoint", self.store))
    }

    /// The checkpoint that it holds, with lines of witnesses or without: none when it is not there, or
    /// is empty. Whatever else it holds is a failure.
    fn held(&self) -> Result<Option<Checkpoint>, Unpublished> {
        self.require_directory()?;
        let path = self.path();
        let bytes = read(&path).map_err(|error| cannot_be("read", &path, &error))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let held = self.checkpoint_in(&bytes);
        held.map(Some).ok_or_else(|| foreign(&path))
    }

    fn checkpoint_in(&self, bytes: &[u8]) -> Option<Checkpoint> {
        let text = str::from_utf8(bytes).ok().filter(|text| text.len() as u64 <= MOST_BYTES)?;
        let held = KeptCheckpoint::read(text).ok()?.checkpoint();
        (held.store == self.store).then_some(held)
    }

    /// What a checkpoint says that is to be put there.
    fn read_new(&self, new: &StoredCheckpoint) -> Result<Checkpoint, Unpublished> {
        let read = Checkpoint::read(&new.note).ok().map(|(read, _)| read);
        let of_store = read.filter(|read| (read.store, read.size) == (self.store, new.size));
        of_store.ok_or_else(|| {
            let (path, size) = (self.path(), new.size);
            let path = path.display();
            Unpublished(format!(
                "what should be put into {path} is no checkpoint over {size} entries of this store"
            ))
        })
    }

    /// Puts a checkpoint there, unless another process has locked the directory: then `false`.
    fn try_put(&self, new: &StoredCheckpoint) -> Result<bool, Unpublished> {
        let checkpoint = self.read_new(new)?;
        let Some(_lock) = self.try_lock()? else { return Ok(false) };
        let path = self.path();
        match self.held()? {
            Some(held) if held == checkpoint => {}
            Some(held) if held.size >= new.size => {
                return Err(contrary(&path, held.size, new.size));
            }
            _ => {
                self.write(&path, &new.note)
                    .map_err(|error| cannot_be("written", &path, &error))?;
            }
        }
        Ok(true)
    }

    /// The lock of the directory, which is held as long as what this returns. It is of a file that is
    /// open for writing: on network file systems that alone is seen by other machines.
    fn try_lock(&self) -> Result<Option<File>, Unpublished> {
        self.require_directory()?;
        let path = self.directory.join(".lock");
        let failed = |error| cannot_be("locked", &path, &error);
        let mut open = OpenOptions::new();
        // For reading too: so it does not wait for whoever reads, should it be a pipe.
        open.read(true).write(true).create(true).truncate(false).mode(0o644);
        let file = open.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Nobody ever sees a part of it, and it is on disk when this returns.
    fn write(&self, path: &Path, note: &str) -> io::Result<()> {
        let draft = self.directory.join(format!(".{}.draft", self.store));
        // A crash may have left one.
        remove(&draft)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&draft)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(&self.directory)?.sync_all()
    }

    fn require_directory(&self) -> Result<(), Unpublished> {
        let directory = self.directory.display();
        Err(Unpublished(match fs::metadata(&self.directory) {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => format!("{directory} is not a directory"),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                format!("the directory {directory} is not there")
            }
            Err(error) => format!("the directory {directory} cannot be read: {error}"),
        }))
    }
}

/// What is in a file, as much of it as shows that it is too much; nothing when there is no such file.
/// Whatever is no file is not opened: that may take until somebody writes into it.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

fn cannot_be(done: &str, path: &Path, error: &io::Error) -> Unpublished {
    Unpublished(format!("{} cannot be {done}: {error}", path.display()))
}

fn foreign(path: &Path) -> Unpublished {
    let path = path.display();
    Unpublished(format!(
        "{path} holds no checkpoint of this store: move it away; it stays as it is"
    ))
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
