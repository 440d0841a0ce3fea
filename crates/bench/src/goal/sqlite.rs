use std::path::Path;

use super::{Findings, durable_creates, memory, point_reads};
use crate::installation::Installation;
use crate::plan::Plan;
use crate::talk::say;
use crate::{Outcome, probe, seed};

/// P5, P8 and P13: the real binary on its embedded database, over HTTP.
pub(crate) fn measure(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    // One thread drives the load, so that the server has the rest of the machine.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(measure_all(plan, binary))
}

async fn measure_all(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    let installation = Installation::new(binary)?;
    let mut findings = memory::idle(plan, &installation).await?;

    say(format_args!("making {} users over HTTP", plan.users));
    probe::sqlite::insert_groups(&installation.database(), seed::groups(plan.users))?;
    let server = installation.start().await?;
    seed::create_users(&server, plan.users).await?;
    server.stop()?;
    let copy = installation.copy_of_database()?;

    let server = installation.start().await?;
    findings.append(point_reads::measure(plan, &server, &copy).await?);
    findings.append(memory::after_reads(plan, &server)?);
    findings.append(durable_creates::measure(plan, &server, &copy).await?);
    server.stop()?;
    Ok(findings)
}
