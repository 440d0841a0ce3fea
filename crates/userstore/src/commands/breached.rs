//! `userstore breached build`

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;

use adapters_crypto::BreachFilter;

use super::printed;
use crate::cli::BreachedCommand;
use crate::failure::Failure;

/// Makes the file, and tells what is in it.
pub(super) fn run(command: BreachedCommand) -> Result<(), Failure> {
    let BreachedCommand::Build { list, out } = command;
    let file = out.unwrap_or_else(|| beside(list.clone()));
    let built = BreachFilter::build(&list, &file)?;
    let (hashes, bytes) = (built.hashes, built.bytes);
    let mut out = io::stdout().lock();
    printed(writeln!(out, "{}: {hashes} breached passwords in {bytes} bytes", file.display()))
}

fn beside(list: PathBuf) -> PathBuf {
    let mut name = OsString::from(list);
    name.push(".filter");
    name.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_file_is_made_beside_the_list_or_where_it_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let list = directory.path().join("pwned.txt");
        fs::write(&list, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10434004\n").unwrap();
        let elsewhere = directory.path().join("breached");
        for out in [None, Some(elsewhere.clone())] {
            run(BreachedCommand::Build { list: list.clone(), out }).unwrap();
        }
        for file in [directory.path().join("pwned.txt.filter"), elsewhere] {
            assert!(BreachFilter::open(&file).unwrap().contains("password"));
        }
    }

    #[test]
    fn a_refused_list_is_told_with_its_line() {
        let directory = tempfile::tempdir().unwrap();
        let list = directory.path().join("pwned.txt");
        fs::write(&list, "b4b9b02e6f09a9bd760f388b67351e2b:3\n").unwrap();
        let failure = run(BreachedCommand::Build { list, out: None }).unwrap_err();
        assert!(failure.to_string().contains("pwned.txt is refused: line 1 is not a SHA-1"));
    }
}
