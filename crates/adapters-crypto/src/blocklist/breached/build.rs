//! How the file is made: one pass over an ordered list, in bounded memory.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;
use xorf::BinaryFuse16;

use super::fuse::Fuse;
use super::layout::{HEADER, Index, Range};
use super::source::Hashes;
use super::{BreachFilter, key_of};
use crate::private_file::directory_of;

/// Hashes in a range: some 30 MB while its filter is made, and far from the sizes just above a step
/// of the segment's length, at which making one takes several tries.
const RANGE: usize = 750_000;

/// What came out of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// Different hashes in the file.
    pub hashes: u64,
    /// Its size.
    pub bytes: u64,
}

/// Why no file was made. Each is a sentence that names the file in question.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The list cannot be read.
    #[error("the list {} cannot be read: {error}", .path.display())]
    Unreadable {
        /// The list.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line of the list is refused.
    #[error("the list {} is refused: line {line} {fault}", .path.display())]
    Line {
        /// The list.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// There is nothing in the list.
    #[error("the list {} holds no hashes", .0.display())]
    Empty(PathBuf),
    /// The file is the list itself.
    #[error("the list {} would be overwritten: name another file to make", .0.display())]
    Itself(PathBuf),
    /// What a build writes to is there already.
    #[error(
        "{} is there already: wait for the build that is at work, or remove the file if one was \
         broken off", .0.display()
    )]
    Underway(PathBuf),
    /// The file cannot be written.
    #[error("the file {} cannot be written: {error}", .path.display())]
    Unwritable {
        /// The file, under its final name.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What is wrong with a line, as the end of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LineFault {
    /// Not of the form.
    #[error("is not a SHA-1 in 40 hexadecimal digits, with or without `:` and a count after it")]
    NoHash,
    /// Lower than the line before.
    #[error("has a lower hash than the line before it, but the list has to be ordered by hash")]
    NotOrdered,
}

impl BreachFilter {
    /// Makes the file `target` from the list `source`, in which every line is `SHA-1:count`, or the
    /// SHA-1 alone, in ascending order: the format of Pwned Passwords.
    ///
    /// Takes time in proportion to the list and the same memory for any. The file is written beside
    /// its final name, with `.part` after it, and gets that name when it is whole and on disk: who
    /// has an older one open goes on reading that. The same list gives the same file.
    pub fn build(source: &Path, target: &Path) -> Result<Built, BuildError> {
        build_in_ranges(source, target, RANGE)
    }
}

/// Makes the file of ranges of at most `most` hashes.
pub(super) fn build_in_ranges(
    source: &Path,
    target: &Path,
    most: usize,
) -> Result<Built, BuildError> {
    let hashes = Hashes::open(source)?;
    if fs::canonicalize(target).is_ok_and(|old| fs::canonicalize(source).is_ok_and(|it| it == old))
    {
        return Err(BuildError::Itself(source.to_owned()));
    }
    let refused = |error| BuildError::Unwritable { path: target.to_owned(), error };
    let part = Part::create(target)?;
    let mut draft = Draft::begin(&part.file, most).map_err(refused)?;
    for hash in hashes {
        draft.add(key_of(&hash?)).map_err(refused)?;
    }
    let built = draft.finish().map_err(refused)?;
    if built.hashes == 0 {
        return Err(BuildError::Empty(source.to_owned()));
    }
    part.put_in_place(target).map_err(refused)?;
    Ok(built)
}

/// The contents of the file as they come to be.
struct Draft<'a> {
    out: BufWriter<&'a File>,
    index: Index,
    /// Those of the range to come, ascending.
    keys: Vec<u64>,
    most: usize,
}

impl<'a> Draft<'a> {
    fn begin(file: &'a File, most: usize) -> io::Result<Self> {
        let mut out = BufWriter::new(file);
        out.write_all(&[0; HEADER])?;
        Ok(Self { out, index: Index::default(), keys: Vec::with_capacity(most), most })
    }

    /// Adds the next key, which is not lower than the last.
    fn add(&mut self, key: u64) -> io::Result<()> {
        if self.keys.last() == Some(&key) {
            return Ok(());
        }
        // Not before the next key: equal ones never get into two ranges.
        if self.keys.len() == self.most {
            self.close_range()?;
        }
        self.keys.push(key);
        Ok(())
    }

    fn close_range(&mut self) -> io::Result<()> {
        let Some(lowest) = self.keys.first().copied() else { return Ok(()) };
        let made = BinaryFuse16::try_from(&self.keys).map_err(io::Error::other)?;
        let range = Range { lowest, fuse: Fuse::of(&made.descriptor) };
        let fingerprints: Vec<u8> =
            made.fingerprints.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()).collect();
        if !self.keys.iter().all(|key| range.fuse.contains(*key, &fingerprints)) {
            return Err(io::Error::other("a filter does not hold what it was made of"));
        }
        self.out.write_all(&fingerprints)?;
        self.index.hashes += self.keys.len() as u64;
        self.index.push(range);
        self.keys.clear();
        Ok(())
    }

    /// Writes the index, and the header that was left blank.
    fn finish(mut self) -> io::Result<Built> {
        self.close_range()?;
        let (header, index) = self.index.encoded();
        self.out.write_all(&index)?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header)?;
        self.out.flush()?;
        Ok(Built { hashes: self.index.hashes, bytes: self.index.end() + index.len() as u64 })
    }
}

/// A file under a name of its own, removed unless it is put in place.
struct Part {
    file: File,
    path: PathBuf,
    in_place: bool,
}

impl Part {
    fn create(target: &Path) -> Result<Self, BuildError> {
        let mut name = OsString::from(target);
        name.push(".part");
        let path = PathBuf::from(name);
        match File::create_new(&path) {
            Ok(file) => Ok(Self { file, path, in_place: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(BuildError::Underway(path))
            }
            Err(error) => Err(BuildError::Unwritable { path: target.to_owned(), error }),
        }
    }

    fn put_in_place(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, target)?;
        // From here on a file of the first name is another's.
        self.in_place = true;
        File::open(directory_of(target))?.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.in_place {
            // Nobody to tell where it cannot be removed; the next build says that it is there.
            let _ = fs::remove_file(&self.path);
        }
    }
}
