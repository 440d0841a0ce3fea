use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::HarnessError;
use super::account::Account;
use super::binaries::Binaries;

/// Waits until its standard input ends, then stops the server and removes its directory.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r _
"$1" stop --silent --mode=immediate --pgdata="$2/data"
rm -rf "$2"
"#;

/// Stops a server when its owner is done with it or dies, by whatever signal.
///
/// A shell holds the other end of a pipe: the kernel closes ours however this process ends, also
/// where no destructor runs. It has a process group of its own, so no Ctrl-C reaches it.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Watches over the server in `home`, started or yet to be.
    pub(super) fn over(
        home: &Path,
        binaries: &Binaries,
        account: Account,
    ) -> Result<Self, HarnessError> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", SCRIPT, "sh"])
            .arg(binaries.program("pg_ctl"))
            .arg(home)
            .current_dir(home.parent().unwrap_or(Path::new("/")))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let shell = account
            .run(&mut shell)
            .spawn()
            .map_err(|error| HarnessError::because("sh cannot be started", error))?;
        Ok(Self { shell })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // A failure leaves a directory behind, which a destructor cannot mend.
        let _ = self.shell.wait();
    }
}
