use std::ffi::{OsStr, OsString};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::HarnessError;

/// Names the Python that has aiosmtpd, where the usual ones have not.
pub const PYTHON_VARIABLE: &str = "USERSTORE_TEST_PYTHON";

/// The one on the path, and Debian's own, which Debian's packages are for.
const USUAL: [&str; 2] = ["python3", "/usr/bin/python3"];

/// The Python that has aiosmtpd.
pub(super) fn find() -> Result<&'static OsStr, HarnessError> {
    static FOUND: OnceLock<Option<OsString>> = OnceLock::new();
    let search = || {
        let named = std::env::var_os(PYTHON_VARIABLE);
        named.into_iter().chain(USUAL.map(OsString::from)).find(|python| has_aiosmtpd(python))
    };
    FOUND.get_or_init(search).as_deref().ok_or_else(|| {
        HarnessError::new(format!(
            "aiosmtpd is needed for this test and was not found: install it (on Debian and Ubuntu \
             `apt-get install python3-aiosmtpd`, else `pip install aiosmtpd`), or set \
             {PYTHON_VARIABLE} to a Python that has it."
        ))
    })
}

fn has_aiosmtpd(python: &OsStr) -> bool {
    Command::new(python)
        .args(["-c", "import aiosmtpd.smtp"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
