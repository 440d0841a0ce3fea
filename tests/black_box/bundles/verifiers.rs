//! The two verifiers as programs.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use testkit::smtp::PYTHON_VARIABLE;

use crate::harness::Installation;

/// What a verifier ended with, and its report where it has a verdict.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) code: Option<i32>,
    pub(super) report: Option<Value>,
}

impl Verdict {
    fn of(output: Output) -> Self {
        let code = output.status.code();
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        let complaint = String::from_utf8_lossy(&output.stderr);
        if code == Some(2) {
            assert!(said.is_empty() && !complaint.is_empty(), "{said} {complaint}");
            return Self { code, report: None };
        }
        let report = serde_json::from_str(&said);
        let report = report.unwrap_or_else(|error| panic!("{code:?} {error}: {said} {complaint}"));
        Self { code, report: Some(report) }
    }

    /// Reason and leaf as a list, null where all is good, `"cannot-work"` where there is no verdict.
    pub(super) fn summary(&self) -> Value {
        match &self.report {
            None => "cannot-work".into(),
            Some(report) if report["valid"] == true => Value::Null,
            Some(report) => [&report["reason"], &report["leaf"]].map(Value::clone).into(),
        }
    }
}

/// What both find, which is the same but for the words of the detail.
#[track_caller]
pub(super) fn both(here: &Installation, bundle: &Path, kept: Option<&Path>) -> Verdict {
    let (mut ours, mut theirs) = (ours(here, bundle, kept), theirs(bundle, kept));
    for report in [&mut ours, &mut theirs].into_iter().filter_map(|found| found.report.as_mut()) {
        let report = report.as_object_mut().expect("an object");
        let detail = report.remove("detail").expect("a detail");
        assert_eq!(detail.is_null(), report["valid"] == true, "{detail}");
    }
    assert_eq!(ours, theirs, "ours, theirs: {}", bundle.display());
    ours
}

/// What `userstore audit verify` finds, with nothing configured.
pub(super) fn ours(here: &Installation, bundle: &Path, kept: Option<&Path>) -> Verdict {
    let mut command = here.command(&["audit", "verify", "--json"]);
    Verdict::of(run(command.env_clear().arg(bundle), kept))
}

/// What `tests/verify_bundle.py` finds.
pub(super) fn theirs(bundle: &Path, kept: Option<&Path>) -> Verdict {
    Verdict::of(run(python("verify_bundle.py").arg("--json").arg(bundle), kept))
}

fn run(command: &mut Command, kept: Option<&Path>) -> Output {
    if let Some(kept) = kept {
        command.arg("--checkpoint").arg(kept);
    }
    command.stdin(Stdio::null()).output().expect("a verifier starts")
}

/// The Python that has what the second verifier needs, in the directory of the tests, with these
/// arguments.
pub(super) fn python(argument: &str) -> Command {
    static FOUND: OnceLock<OsString> = OnceLock::new();
    let mut command = Command::new(FOUND.get_or_init(find_python));
    command.arg(argument).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The one that is named, the one on the path, or Debian's own, which Debian's packages are for.
fn find_python() -> OsString {
    let named = std::env::var_os(PYTHON_VARIABLE);
    let known = named.into_iter().chain(["python3", "/usr/bin/python3"].map(OsString::from));
    let has_it = |python: &OsString| {
        let mut command = Command::new(python);
        let command = command.args(["-c", "import cryptography"]).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    known.into_iter().find(has_it).unwrap_or_else(|| {
        panic!(
            "no Python has `cryptography`: `make tools` installs it, {PYTHON_VARIABLE} names one"
        )
    })
}
