//! Files that only their owner may read, made as a whole or not at all.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use domain::random::Random;

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
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.0)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::hard_link(&draft.0, path)?;
    File::open(directory_of(path))?.sync_all()
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

fn directory_of(path: &Path) -> &Path {
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
