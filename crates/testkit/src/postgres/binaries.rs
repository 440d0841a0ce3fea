use std::path::{Path, PathBuf};
use std::process::Command;

use super::{BINARIES_VARIABLE, HarnessError};

/// Where Debian and its descendants keep the versions of PostgreSQL.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs of one PostgreSQL installation.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    directory: PathBuf,
}

impl Binaries {
    /// Those that [`BINARIES_VARIABLE`] names, else those of the `pg_config` on the path, else the
    /// newest that Debian's packages installed.
    pub(super) fn find() -> Result<Self, HarnessError> {
        if let Some(named) = std::env::var_os(BINARIES_VARIABLE) {
            return complete(PathBuf::from(&named)).ok_or_else(|| {
                HarnessError::new(format!(
                    "{BINARIES_VARIABLE} names {}, which does not hold initdb, postgres and pg_ctl.",
                    named.display()
                ))
            });
        }
        configured().or_else(|| newest(Path::new(DEBIAN))).ok_or_else(|| {
            HarnessError::new(format!(
                "PostgreSQL is needed for this test and was not found: install it (on Debian and \
                 Ubuntu `apt-get install postgresql`), or set {BINARIES_VARIABLE} to the directory \
                 of initdb, postgres and pg_ctl."
            ))
        })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// `directory`, when it holds every program that is needed. A client package alone does not.
fn complete(directory: PathBuf) -> Option<Binaries> {
    let has_all =
        ["initdb", "postgres", "pg_ctl"].iter().all(|name| directory.join(name).is_file());
    has_all.then_some(Binaries { directory })
}

fn configured() -> Option<Binaries> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let directory = String::from_utf8(output.stdout).ok()?;
    complete(PathBuf::from(directory.trim()))
}

/// The newest version under `versions`, whose directories are named by major version.
fn newest(versions: &Path) -> Option<Binaries> {
    let entries = std::fs::read_dir(versions).ok()?;
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    found.sort_unstable();
    found.into_iter().rev().find_map(|(_, path)| complete(path.join("bin")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(root: &Path, version: &str, programs: &[&str]) {
        let bin = root.join(version).join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        for program in programs {
            std::fs::write(bin.join(program), "").unwrap();
        }
    }

    #[test]
    fn the_newest_complete_version_is_taken_by_number() {
        let root = tempfile::tempdir().unwrap();
        let all = ["initdb", "postgres", "pg_ctl"];
        installed(root.path(), "9", &all);
        installed(root.path(), "15", &all);
        installed(root.path(), "17", &["pg_ctl"]);
        installed(root.path(), "common", &all);
        let found = newest(root.path()).expect("one is complete");
        assert_eq!(found.directory, root.path().join("15/bin"));
    }

    #[test]
    fn without_an_installation_nothing_is_found() {
        let root = tempfile::tempdir().unwrap();
        assert!(newest(root.path()).is_none());
        assert!(newest(&root.path().join("absent")).is_none());
    }
}
