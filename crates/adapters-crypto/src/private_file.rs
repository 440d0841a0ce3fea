//! Files that only their owner may read, made as a whole or not at all.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};

use domain::random::Random;
use zeroize::Zeroizing;

/// Why a file is not read.
#[derive(Debug)]
pub enum ReadError {
    /// Others than its owner may read or write it.
    OpenToOthers,
    /// The file system refuses, or it is no text.
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Makes the file `path` of mode 0600 with `contents`, on disk when this returns.
///
/// Nobody ever sees a part of it: the contents are written under another name first, with the mode
/// it is born with, and then linked, which fails where a file of that name is there already. So of
/// several processes that make it at once exactly one succeeds.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is such a file, which stays as it is; whatever the
/// file system refuses.
pub fn create(path: &Path, contents: &[u8], random: &dyn Random) -> io::Result<()> {
    let draft = Draft::beside(path, random)?;
    draft.write(contents)?;
    draft.link(path)
}

/// As [`create`], with the owner that the file `model` has: an administrator may do this for a
/// service that runs under a name of its own.
///
/// # Errors
/// As [`create`]; [`io::ErrorKind::NotFound`] when there is no `model`.
pub fn create_like(
    model: &Path,
    path: &Path,
    contents: &[u8],
    random: &dyn Random,
) -> io::Result<()> {
    let model = fs::metadata(model)?;
    let draft = Draft::beside(path, random)?;
    give(&draft.write(contents)?, &model)?;
    draft.link(path)
}

/// Puts `contents` in the place of the file `path`, on disk when this returns. It has mode 0600 and
/// the owner it had; whoever opens it meanwhile sees it as it was or as it is then.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] when there is no such file; whatever the file system refuses.
pub fn replace(path: &Path, contents: &[u8], random: &dyn Random) -> io::Result<()> {
    let before = fs::metadata(path)?;
    let draft = Draft::beside(path, random)?;
    // An administrator may do this for a service that runs under a name of its own.
    give(&draft.write(contents)?, &before)?;
    rename(&draft.0, path)
}

/// Puts the file `from` in the place of the file `to` beside it, on disk when this returns.
///
/// # Errors
/// Whatever the file system refuses.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    File::open(directory_of(to))?.sync_all()
}

/// Gives a file the owner that another has.
fn give(file: &File, model: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (model.uid(), model.gid()) {
        return Ok(());
    }
    fchown(file, Some(model.uid()), Some(model.gid()))
}

/// The text of a file that only its owner may read, or its first `most_bytes`, in a buffer that
/// never grows: growing would leave copies behind. `None` when there is no such file.
///
/// # Errors
/// [`ReadError`].
pub fn read(path: &Path, most_bytes: usize) -> Result<Option<Zeroizing<String>>, ReadError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // Asked of the open file, not of the path, which could name another by now.
    if is_open_to_others(&file)? {
        return Err(ReadError::OpenToOthers);
    }
    let mut text = Zeroizing::new(String::with_capacity(most_bytes));
    file.take(most_bytes as u64).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Waits until no other process holds the directory that `path` stands in. It is held as long as
/// what this returns.
///
/// # Errors
/// Whatever the file system refuses.
pub fn lock_room_of(path: &Path) -> io::Result<File> {
    let room = File::open(directory_of(path))?;
    room.lock()?;
    Ok(room)
}

/// Makes the directory that `path` stands in, of mode 0700, with those above it, where they are not
/// there yet.
///
/// # Errors
/// Whatever the file system refuses.
pub fn make_room_for(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory_of(path))
}

/// Whether others than its owner may read or write the file.
///
/// # Errors
/// Whatever the file system refuses.
pub fn is_open_to_others(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The first name of a file; what still stands there is removed in the end.
struct Draft(PathBuf);

impl Draft {
    fn beside(path: &Path, random: &dyn Random) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", random.new_uuid().simple()));
        Ok(Self(path.with_file_name(hidden)))
    }

    /// Makes it, of mode 0600 from the beginning.
    fn write(&self, contents: &[u8]) -> io::Result<File> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0)?;
        file.write_all(contents)?;
        file.sync_all()?;
        Ok(file)
    }

    /// Gives it its name, unless a file has that already.
    fn link(&self, path: &Path) -> io::Result<()> {
        fs::hard_link(&self.0, path)?;
        File::open(directory_of(path))?.sync_all()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing to do where it was never made, and nobody to tell where it cannot be removed.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    fn names_in(directory: &Path) -> Vec<OsString> {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn the_file_is_for_its_owner_only_and_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        create(&path, b"told once", &SystemRandom::new()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"told once");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(names_in(directory.path()), ["secret"]);
    }

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, "first").unwrap();
        let error = create(&path, b"second", &SystemRandom::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names_in(directory.path()), ["secret"]);
    }

    #[test]
    fn a_file_that_is_made_like_another_stays_as_it_is_too() {
        let directory = tempfile::tempdir().unwrap();
        let (model, path) = (directory.path().join("model"), directory.path().join("secret"));
        let random = SystemRandom::new();
        let error = create_like(&model, &path, b"none", &random).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        create(&model, b"model", &random).unwrap();
        create_like(&model, &path, b"first", &random).unwrap();
        let error = create_like(&model, &path, b"second", &random).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        let mut names = names_in(directory.path());
        names.sort();
        assert_eq!(names, ["model", "secret"]);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let random = SystemRandom::new();
        let error = replace(&path, b"none", &random).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        create(&path, b"first, and longer", &random).unwrap();
        let mut opened_before = File::open(&path).unwrap();
        replace(&path, b"second", &random).unwrap();
        let mut text = String::new();
        opened_before.read_to_string(&mut text).unwrap();
        assert_eq!(
            (text.as_str(), fs::read(&path).unwrap()),
            ("first, and longer", b"second".into())
        );
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(names_in(directory.path()), ["secret"]);
    }

    #[test]
    fn only_what_is_closed_to_others_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        assert!(matches!(read(&path, 8), Ok(None)));
        fs::write(&path, "0123456789").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read(&path, 8), Err(ReadError::OpenToOthers)));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&path, 8).unwrap().expect("a file").as_str(), "01234567");
        fs::write(&path, [0xff]).unwrap();
        assert!(matches!(read(&path, 8), Err(ReadError::Io(_))));
    }

    #[test]
    fn a_directory_that_is_made_is_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/secret");
        make_room_for(&path).unwrap();
        make_room_for(&path).unwrap();
        let mode = fs::metadata(directory.path().join("a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o700);
        create(&path, b"", &SystemRandom::new()).unwrap();
    }

    #[test]
    fn a_file_that_others_may_read_is_recognised() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "").unwrap();
        for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let file = File::open(&path).unwrap();
            assert_eq!(is_open_to_others(&file).unwrap(), open, "{mode:o}");
        }
    }
}
