use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;
use tokio::runtime::Runtime;

use super::at_the_port::Port;
use super::{Findings, Target};
use crate::installation::Installation;
use crate::plan::Plan;
use crate::probe::ed25519;
use crate::process::processor_seconds;
use crate::spread::{Spread, ratios};
use crate::talk::say;
use crate::{Outcome, machine, seed};

/// Of the database that is sealed at the port.
const CONNECTIONS: usize = 4;

/// P12: what it costs to prove the audit trail, and to make it provable.
pub(crate) fn measure(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut findings = runtime.block_on(verification(plan, binary))?;
    findings.append(sealing(plan, &runtime)?);
    Ok(findings)
}

/// A bundle of the trail of many users, verified by the program as anybody would.
async fn verification(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    say(format_args!("P12: making the trail of {} users", plan.users));
    let installation = Installation::new(binary)?;
    let server = installation.start().await?;
    seed::create_users(&server, plan.users).await?;
    server.stop()?;
    let bundle = installation.export()?;
    let (mut verified, mut raw, mut minutes) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=plan.rounds {
        say(format_args!("P12: verifying, round {round} of {}", plan.rounds));
        raw.push(ed25519::verifications(plan.window)?);
        let (entries, seconds) = verify(&installation, &bundle)?;
        verified.push(entries / seconds);
        minutes.push(seconds * 1e6 / entries);
    }
    let mut findings = Findings::default();
    let figure = "offline verification, the whole program on all cores ÷ raw strict Ed25519";
    findings.goal("P12", figure, Some(Target::AtLeast(0.9)), ratios(&verified, &raw));
    let figure = "seconds to verify a million entries";
    findings.goal("P12", figure, Some(Target::AtMost(60.0)), minutes.into_iter().collect());
    findings.raw("audit entries verified by `userstore audit verify`", "/s", &verified);
    findings.raw("Ed25519 `verify_strict` on all cores", "/s", &raw);
    Ok(findings)
}

/// How many entries were verified in how many seconds.
fn verify(installation: &Installation, bundle: &Path) -> Outcome<(f64, f64)> {
    let begin = Instant::now();
    let answer = installation.command().args(["audit", "verify", "--json"]).arg(bundle).output()?;
    let seconds = begin.elapsed().as_secs_f64();
    let report: Value = serde_json::from_slice(&answer.stdout)?;
    if report.get("valid") != Some(&Value::Bool(true)) {
        return Err(format!("the bundle does not verify: {report}").into());
    }
    let entries = report.get("entries").and_then(Value::as_f64).ok_or("no count of entries")?;
    Ok((entries, seconds))
}

/// Batches through the ports, as fast as they go, and what it costs to seal what they leave: one after
/// the other, so that each is counted apart.
fn sealing(plan: &Plan, runtime: &Runtime) -> Outcome<Findings> {
    let (mut share, mut signing, mut seal_rate) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=plan.rounds {
        say(format_args!("P12: writing and sealing, round {round} of {}", plan.rounds));
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}", directory.path().join("users.db").display());
        let port = Port::open(&url, CONNECTIONS)?;
        let before = processor_seconds()?;
        runtime.block_on(port.seed(plan.users))?;
        let written = processor_seconds()? - before;
        let entries = runtime.block_on(port.seal())?;
        let sealed = processor_seconds()? - before - written;
        port.close();
        let cores = f64::from(u32::try_from(machine::cores())?);
        let per_core = ed25519::signatures(plan.window)? / cores;
        share.push(sealed / (written + sealed));
        signing.push(entries / per_core / (written + sealed));
        seal_rate.push(entries / sealed);
    }
    let mut findings = Findings::default();
    let figure = "processor time of sealing ÷ that of writing and sealing users in batches";
    findings.goal("P12", figure, Some(Target::AtMost(0.1)), share.into_iter().collect());
    let figure = "of the same, signing the entries (at the raw rate of Ed25519)";
    findings.goal("P12", figure, None, signing.into_iter().collect::<Spread>());
    findings.raw("audit entries sealed", "/CPU-s", &seal_rate);
    Ok(findings)
}

impl Installation {
    /// Exports the audit trail of the first store.
    fn export(&self) -> Outcome<PathBuf> {
        let bundle = self.database().with_file_name("bundle.jsonl");
        let done = self.command().args(["audit", "export", "--output"]).arg(&bundle).status()?;
        if done.success() { Ok(bundle) } else { Err("the trail is not exported".into()) }
    }
}
