use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Outcome, machine};

/// PostgreSQL's own load generator, against one database.
pub(crate) struct Pgbench {
    program: PathBuf,
    database_url: String,
    clients: usize,
    runs: Cell<u64>,
}

/// What its clients run.
pub(crate) enum Script<'a> {
    /// One row of its own table by primary key: `-S`.
    SelectOnly,
    /// The statements of a file. Its variable `number` begins where no earlier run has come.
    File(&'a Path),
}

impl Pgbench {
    /// The program in the directory `binaries`, with that many connections.
    pub(crate) fn new(binaries: &str, database_url: String, clients: usize) -> Self {
        let program = Path::new(binaries).join("pgbench");
        Self { program, database_url, clients, runs: Cell::default() }
    }

    /// Makes the tables of its own script: 100 000 rows.
    pub(crate) fn initialise(&self) -> Outcome<()> {
        self.run(&["--initialize", "--quiet", "--scale=1"]).map(drop)
    }

    /// Transactions per second of all clients together, over `time`, with prepared statements.
    pub(crate) fn rate(&self, script: &Script<'_>, time: Duration) -> Outcome<f64> {
        let what = match script {
            Script::SelectOnly => "--select-only".to_owned(),
            Script::File(path) => format!("--file={}", path.display()),
        };
        // A client spends far less than the server: more threads than processors only disturb.
        let threads = machine::cores().min(self.clients);
        self.runs.set(self.runs.get() + 1);
        let said = self.run(&[
            &what,
            &format!("--define=number={}", self.runs.get() * 100_000_000),
            "--no-vacuum",
            "--protocol=prepared",
            &format!("--client={}", self.clients),
            &format!("--jobs={threads}"),
            &format!("--time={}", time.as_secs().max(1)),
        ])?;
        rate_in(&said).ok_or_else(|| format!("pgbench tells no rate: {said}").into())
    }

    fn run(&self, arguments: &[&str]) -> Outcome<String> {
        let output = Command::new(&self.program)
            .args(arguments)
            .arg(&self.database_url)
            .env("LC_ALL", "C")
            .output()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        // A client whose statement fails ends, and the others go on: that is no result either.
        if !output.status.success() || complaints.contains("aborted") {
            return Err(format!("pgbench failed: {complaints}{said}").into());
        }
        Ok(said.into_owned())
    }
}

/// The rate in pgbench's report, without the time that connecting took.
fn rate_in(report: &str) -> Option<f64> {
    let line = report.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_the_report() {
        let report = "number of failed transactions: 0 (0.000%)\nlatency average = 0.1 ms\n\
                      tps = 12345.678900 (without initial connection time)\n";
        assert!(rate_in(report).is_some_and(|rate| (rate - 12_345.678_9).abs() < 1e-6));
        assert_eq!(rate_in("pgbench: error"), None);
    }
}
