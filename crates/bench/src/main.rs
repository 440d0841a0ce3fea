//! Measures the goals of performance as ratios against raw probes of the same run, and writes them
//! to `docs/benchmarks.md`.
//!
//! `bench` measures everything; `bench --quick` does the same in little time and with little data,
//! and prints the tables instead; `bench --many` prints those of a million users alone,
//! `bench --sign-ins` those of passwords, and `bench --audit` those of the audit trail.
//! `bench probe-actix <port>` is the bare web server that the real
//! one is held against, started by the bench itself.

mod goal;
mod http;
mod installation;
mod machine;
mod plan;
mod probe;
mod process;
mod report;
mod seed;
mod server;
mod spread;
mod talk;

use std::error::Error;
use std::process::ExitCode;

use goal::Findings;
use plan::Plan;
use talk::say;

/// What every part of the bench gives back: nobody handles its errors but by telling them.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => report::write(&measure(&Plan::full())?),
        ["--quick"] => talk::print(&report::tables(&measure(&Plan::quick())?)),
        ["--many"] => {
            let found = goal::on_sqlite_with_many(&Plan::full(), &installation::binary()?)?;
            talk::print(&report::tables(&found))
        }
        ["--sign-ins"] => {
            let found = goal::on_sqlite_with_sign_ins(&Plan::full(), &installation::binary()?)?;
            talk::print(&report::tables(&found))
        }
        ["--audit"] => {
            let found = goal::on_sqlite_with_audit(&Plan::full(), &installation::binary()?)?;
            talk::print(&report::tables(&found))
        }
        ["probe-actix", port] => probe::actix::serve(port.parse()?),
        _ => Err("usage: bench [--quick | --many | --sign-ins | --audit]".into()),
    }
}

fn measure(plan: &Plan) -> Outcome<Findings> {
    let binary = installation::binary()?;
    let mut findings = goal::on_sqlite(plan, &binary)?;
    findings.append(goal::on_postgres(plan)?);
    Ok(findings)
}
