//! The passwords that were found in breaches, as an operator has them from Pwned Passwords: some
//! forty gigabytes of hashes as text, two as a file of filters.
//!
//! A hash is known by its first 64 bits, its key. The keys are cut into ranges of neighbours, with a
//! filter for each, so that making one needs little memory however long the list is.

mod build;
mod fuse;
mod layout;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use memmap2::{Advice, Mmap};
use sha1::{Digest as _, Sha1};
use thiserror::Error;
use zeroize::Zeroizing;

pub use build::{BuildError, Built, LineFault};

use layout::{Index, Unfit};
use source::Hash;

/// A file of breached passwords, made by [`BreachFilter::build`].
///
/// It answers yes for every password of its list, and for one in some 65 000 of the others. It is
/// read where a look-up leads, three places in a file that the operating system keeps in memory as
/// far as there is room.
pub struct BreachFilter {
    map: Mmap,
    index: Index,
}

/// Why a file is not taken. Each is a sentence that names the file.
#[derive(Debug, Error)]
pub enum BreachFilterError {
    /// The file system refuses.
    #[error("the file of breached passwords {} cannot be read: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is something else.
    #[error(
        "{} is no file of breached passwords: `userstore breached build` makes one from a list",
        .0.display()
    )]
    Foreign(PathBuf),
    /// It was made by a newer program.
    #[error(
        "the file of breached passwords {} has the version {version}, which this program does not \
         know: make it anew with `userstore breached build`", .path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// Part of it is missing, or changed.
    #[error(
        "the file of breached passwords {} is cut short or damaged: make it anew with `userstore \
         breached build`", .0.display()
    )]
    Damaged(PathBuf),
}

impl BreachFilter {
    /// Opens the file for reading, and checks that it is whole: its length, and the checksum of its
    /// header and index. The filters themselves are not read.
    ///
    /// The file must stay as it is while it is open; a new one is put in its place under its name,
    /// as [`Self::build`] does. One that is made shorter ends the process (SIGBUS).
    pub fn open(path: &Path) -> Result<Self, BreachFilterError> {
        let refused = |error| BreachFilterError::Io { path: path.to_owned(), error };
        let map = mapped(&File::open(path).map_err(refused)?).map_err(refused)?;
        let index = Index::of(&map).map_err(|unfit| match unfit {
            Unfit::Foreign => BreachFilterError::Foreign(path.to_owned()),
            Unfit::Version(version) => {
                BreachFilterError::Version { path: path.to_owned(), version }
            }
            Unfit::Damaged => BreachFilterError::Damaged(path.to_owned()),
        })?;
        Ok(Self { map, index })
    }

    /// How many different hashes the list had.
    pub fn hashes(&self) -> u64 {
        self.index.hashes
    }

    /// Whether the password seems to be on the list.
    pub fn contains(&self, password: &str) -> bool {
        let hash = Zeroizing::new(Hash::from(Sha1::digest(password.as_bytes())));
        self.holds(key_of(&hash))
    }

    fn holds(&self, key: u64) -> bool {
        let upto = self.index.ranges.partition_point(|(range, _)| range.lowest <= key);
        let Some((range, start)) = upto.checked_sub(1).and_then(|at| self.index.ranges.get(at))
        else {
            return false;
        };
        let fingerprints = usize::try_from(*start).ok().and_then(|start| self.map.get(start..));
        fingerprints.is_some_and(|fingerprints| range.fuse.contains(key, fingerprints))
    }
}

impl fmt::Debug for BreachFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreachFilter").field("hashes", &self.hashes()).finish_non_exhaustive()
    }
}

/// Maps a file into memory, to be read here and there.
fn mapped(file: &File) -> io::Result<Mmap> {
    // SAFETY: nobody writes to the file while it is mapped. The program itself never does: a build
    // writes to a new file and renames it. Of others we ask the same; if they do not comply, bytes
    // that change give wrong answers, as every look-up checks its bounds against the length of the
    // map and trusts no content for its memory safety.
    #[expect(
        unsafe_code,
        reason = "gigabytes are looked up in without being read: only a map does"
    )]
    let map = unsafe { Mmap::map(file)? };
    // Only advice: reading ahead would fetch what no look-up needs.
    let _ = map.advise(Advice::Random);
    Ok(map)
}

/// What a hash is known by: its first 64 bits, in the order of the hashes.
fn key_of(hash: &Hash) -> u64 {
    let [key @ .., _, _, _, _, _, _, _, _, _, _, _, _] = *hash;
    u64::from_be_bytes(key)
}
