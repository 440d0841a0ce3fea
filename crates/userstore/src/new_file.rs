//! Files that are there as a whole or not at all, however large.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::random::Random;

/// A file of mode 0600 that is being written, under another name in the same directory. It is removed
/// unless it is kept.
pub(crate) struct NewFile {
    file: File,
    draft: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Begins what is to become the file `path`.
    pub(crate) fn create(path: &Path, random: &dyn Random) -> io::Result<Self> {
        let mut hidden = hidden(path).ok_or(io::ErrorKind::InvalidInput)?;
        hidden.push(random.new_uuid().simple().to_string());
        let draft = path.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        Ok(Self { file, draft, path: path.to_owned() })
    }

    /// Whether a file of this name, in the same directory, was begun to become the file `path`.
    pub(crate) fn is_draft_of(path: &Path, name: &OsStr) -> bool {
        let hidden = hidden(path);
        hidden.is_some_and(|hidden| name.as_bytes().starts_with(hidden.as_bytes()))
    }

    /// Gives it its name, in the place of a file of that name; it is on disk when this returns.
    pub(crate) fn keep(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.draft, &self.path)?;
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// How the names of drafts of a file begin.
fn hidden(path: &Path) -> Option<OsString> {
    let mut hidden = OsString::from(".");
    hidden.push(path.file_name()?);
    hidden.push(".");
    Some(hidden)
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Nothing stands there once it has its name, and nobody is to tell where it cannot be removed.
        let _ = fs::remove_file(&self.draft);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use adapters_crypto::SystemRandom;

    use super::*;

    fn names_in(directory: &Path) -> Vec<OsString> {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_file_that_is_kept_is_for_its_owner_only_and_replaces_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bundle");
        for text in ["first", "second"] {
            let mut file = NewFile::create(&path, &SystemRandom::new()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.keep().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(names_in(directory.path()), ["bundle"]);
    }

    #[test]
    fn a_file_that_is_not_kept_leaves_nothing_and_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bundle");
        fs::write(&path, "first").unwrap();
        let mut file = NewFile::create(&path, &SystemRandom::new()).unwrap();
        file.write_all(b"sec").unwrap();
        assert_eq!(names_in(directory.path()).len(), 2);
        drop(file);
        assert_eq!(names_in(directory.path()), ["bundle"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
    }

    #[test]
    fn what_names_no_file_is_refused() {
        let error = NewFile::create(Path::new("/"), &SystemRandom::new()).err().expect("refused");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
