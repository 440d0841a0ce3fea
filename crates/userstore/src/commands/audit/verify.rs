use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use adapters_crypto::StrictKeys;

use super::live;
use super::printed;
use super::progress::Progress;
use super::verdict::Verdict;
use crate::bundle;
use crate::cli::WhatToVerify;
use crate::configuration::Configuration;
use crate::failure::Failure;

/// More than a checkpoint with the signatures of many witnesses takes.
const MOST_OF_A_CHECKPOINT: u64 = 64 * 1024;

/// Verifies, prints what was found, and gives the status that says it: 0 when all is good, else 1,
/// also where something else could not be judged.
///
/// # Errors
/// [`Failure::NotVerified`] alone: it could not work, and what it could judge is good.
pub(in crate::commands) fn run(
    what: WhatToVerify,
    configuration: impl FnOnce() -> Result<Configuration, Failure>,
) -> Result<ExitCode, Failure> {
    let mut all_good = true;
    let verified = verify(what, configuration, &mut all_good).map_err(|failure| match failure {
        Failure::NotVerified(_) => failure,
        other => Failure::NotVerified(other.to_string()),
    });
    match verified {
        Ok(()) if all_good => Ok(ExitCode::SUCCESS),
        Ok(()) => Ok(ExitCode::FAILURE),
        Err(failure) if all_good => Err(failure),
        Err(failure) => {
            printed(writeln!(io::stderr(), "{failure}"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// `all_good` stays as it is unless something is not.
fn verify(
    what: WhatToVerify,
    configuration: impl FnOnce() -> Result<Configuration, Failure>,
    all_good: &mut bool,
) -> Result<(), Failure> {
    let kept = what.checkpoint.as_deref().map(read_checkpoint).transpose()?;
    let mut tell = |verdict: &Verdict| {
        *all_good &= verdict.report.is_valid();
        printed(verdict.print(what.json, &mut io::stdout().lock()))
    };
    match &what.bundle {
        Some(path) => tell(&of_bundle(path, kept.as_deref())?)?,
        None => live::verify(&configuration()?, what.store, kept, &mut tell)?,
    }
    Ok(())
}

fn of_bundle(path: &Path, kept: Option<&str>) -> Result<Verdict, Failure> {
    let began = Instant::now();
    let progress = Progress::new();
    let bundle = open(path)?;
    let tell = |done, of| progress.tell(done, of);
    let report = bundle::verify(bundle, Arc::new(StrictKeys), kept, tell);
    let report = report.map_err(|error| Failure::NotVerified(error.to_string()))?;
    Ok(Verdict { what: path.display().to_string(), report, took: began.elapsed() })
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let what = format!("the bundle {} cannot be read", path.display());
    Ok(Box::new(File::open(path).map_err(Failure::io(what))?))
}

fn read_checkpoint(path: &Path) -> Result<String, Failure> {
    let mut note = String::new();
    let read =
        File::open(path).and_then(|file| file.take(MOST_OF_A_CHECKPOINT).read_to_string(&mut note));
    let what = format!("the checkpoint {} cannot be read", path.display());
    read.map(|_| note).map_err(Failure::io(what))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn refused(what: WhatToVerify) -> String {
        let no_configuration = || panic!("the configuration was read");
        let failure = run(what, no_configuration).expect_err("refused");
        assert_eq!(failure.exit_code(), ExitCode::from(2));
        failure.to_string()
    }

    fn of(bundle: PathBuf, checkpoint: Option<PathBuf>) -> WhatToVerify {
        WhatToVerify { bundle: Some(bundle), live: false, store: None, checkpoint, json: false }
    }

    #[test]
    fn what_cannot_be_read_is_not_verified() {
        let missing = PathBuf::from("no/such.jsonl");
        let said = refused(of(missing.clone(), None));
        assert!(said.starts_with("nothing is verified: the bundle no/such.jsonl"), "{said}");
        let said = refused(of("/dev/null".into(), Some(missing)));
        assert!(said.contains("the checkpoint no/such.jsonl cannot be read"), "{said}");
    }

    #[test]
    fn an_empty_file_is_cut_off() {
        let verdict = of_bundle(Path::new("/dev/null"), None).unwrap();
        let fault = verdict.report.fault.expect("a fault");
        assert_eq!((fault.reason.name(), fault.leaf), ("truncated", 0));
    }
}
