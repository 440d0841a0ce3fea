use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters_crypto::StrictKeys;
use domain::access::{Caller, Gate, Ports};
use domain::audit::bundle::{Exporter, Report};
use domain::audit::{Archive, Retention};
use domain::error::{Missing, UseCaseError};
use domain::id::StoreId;
use domain::random::Random;
use domain::time::Instant;
use domain::unit_of_work::Access;

use crate::apart::{apart, piped};
use crate::bundle::{self, Cores};
use crate::configuration::Archiving;
use crate::failure::Failure;
use crate::new_file::NewFile;

/// A log of which something is archived.
#[derive(Clone)]
pub(super) struct Archivist {
    gate: Gate,
    random: Arc<dyn Random>,
    archiving: Archiving,
}

impl Archivist {
    pub(super) fn new(ports: &Ports, gate: Gate, archiving: Archiving) -> Self {
        Self { gate, random: Arc::clone(&ports.random), archiving }
    }

    pub(super) fn caller() -> Caller {
        Caller::system("retention")
    }

    /// Writes an archive of what is due of a store's log, verifies what is on disk then, and drops
    /// the entries from the database: each step only when the one before it is done, and where one is
    /// done already, that is found. Gives what was archived; `None` when nothing is due.
    ///
    /// # Errors
    /// What is written does not verify; the file system or the store failed.
    pub(super) async fn archive(&self, store: StoreId) -> Result<Option<Archive>, Failure> {
        let retention = Retention::new(self.gate.clone());
        let before = day_of(self.gate.now().saturating_add(-self.archiving.after));
        let Some(archive) = retention.due(store, before).await? else { return Ok(None) };
        let Archive { first, cut } = archive;
        let path = self.archiving.directory.join(format!("{store}-{first}-{cut}.jsonl"));
        if !path.try_exists().map_err(refused(&path))? {
            self.write(store, cut, &path).await?;
        }
        self.verify(store, archive, path.clone()).await?;
        let made_directory = self.archiving.makes_directory;
        let make_durable = move || make_durable(&path, made_directory);
        apart(make_durable).await?.map_err(refused(&self.archiving.directory))?;
        retention.drop_before(store, cut).await?;
        Ok(Some(archive))
    }

    async fn write(&self, store: StoreId, cut: u64, path: &Path) -> Result<(), Failure> {
        let exporter = Exporter::new(self.gate.clone());
        let export = exporter.begin(&Self::caller(), store, Some(cut)).await?;
        let (target, random) = (path.to_owned(), Arc::clone(&self.random));
        let makes_directory = self.archiving.makes_directory;
        let write = move |mut bundle| {
            if makes_directory {
                make_room_for(&target)?;
            }
            remove_drafts(&target)?;
            let mut file = NewFile::create(&target, &*random)?;
            io::copy(&mut bundle, &mut file)?;
            file.keep()
        };
        piped(export, write).await?.map_err(refused(path))
    }

    /// The archive is held against the checkpoint of this database: it could be somebody else's.
    async fn verify(&self, store: StoreId, archive: Archive, path: PathBuf) -> Result<(), Failure> {
        let Archive { first, cut } = archive;
        let note = self.checkpoint(store, cut).await?;
        let file = path.clone();
        let verify = move || -> Result<Report, bundle::CannotVerify> {
            let file = File::open(file)?;
            bundle::verify_on(Cores::One, file, Arc::new(StrictKeys), Some(&note), |_, _| ())
        };
        let report =
            apart(verify).await?.map_err(|error| not_archived(&path, &error.to_string()))?;
        if let Some(fault) = report.fault {
            return Err(not_archived(&path, &fault.detail));
        }
        let found = (report.store, report.first, report.size);
        if found != (Some(store), Some(first), Some(cut)) {
            return Err(not_archived(&path, "it holds other entries than its name says"));
        }
        Ok(())
    }

    async fn checkpoint(&self, store: StoreId, size: u64) -> Result<String, UseCaseError> {
        self.gate
            .system(Access::Read, &Self::caller(), None, move |room| {
                let found = room.inside(store).log().checkpoint(size)?;
                let found = found.ok_or(UseCaseError::NotFound(Missing::Checkpoint))?;
                Ok(found.note)
            })
            .await
    }
}

fn make_room_for(path: &Path) -> io::Result<()> {
    let directory = directory_of(path)?;
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

fn directory_of(path: &Path) -> io::Result<&Path> {
    Ok(path.parent().ok_or(io::ErrorKind::InvalidInput)?)
}

/// Removes what a crash left of this archive: it holds what persons may want erased.
fn remove_drafts(path: &Path) -> io::Result<()> {
    for entry in directory_of(path)?.read_dir()? {
        let entry = entry?;
        if NewFile::is_draft_of(path, &entry.file_name()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The archive is about to be all that is left of its entries. What was found may have been written by
/// a process that was killed before it was on disk, its directory just been made.
fn make_durable(path: &Path, made_directory: bool) -> io::Result<()> {
    let directory = directory_of(path)?;
    let above = directory.parent().filter(|_| made_directory);
    for path in [Some(path), Some(directory), above].into_iter().flatten() {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

/// The beginning of the day of a time: so there is one archive a day, and not one whenever it is
/// looked.
fn day_of(time: Instant) -> Instant {
    const MICROS_OF_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let micros = time.as_micros();
    Instant::from_micros(micros - micros.rem_euclid(MICROS_OF_A_DAY)).unwrap_or(time)
}

fn refused(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    Failure::io(format!("the archive {} cannot be written", path.display()))
}

fn not_archived(path: &Path, why: &str) -> Failure {
    Failure::Archive { path: path.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests;
