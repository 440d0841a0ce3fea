use std::path::Path;

use tokio::runtime::{Builder, Runtime};

use super::{
    Findings, audit, durable_creates, import, lists, memory, nesting, point_reads, sign_in, start,
};
use crate::installation::Installation;
use crate::plan::Plan;
use crate::talk::say;
use crate::{Outcome, seed};

/// P1 to P9 and P11 to P14: the real binary on its embedded database, over HTTP.
pub(crate) fn measure(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    let mut findings = runtime()?.block_on(measure_all(plan, binary))?;
    findings.append(audit::measure(plan, binary)?);
    Ok(findings)
}

/// Of those P6, P7, P9, P11 and P14 alone.
pub(crate) fn measure_many(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    runtime()?.block_on(with_many_users(plan, binary))
}

/// Of those P1 to P4 alone.
pub(crate) fn measure_sign_ins(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    runtime()?.block_on(sign_in::measure(plan, binary))
}

/// Of those P12 alone.
pub(crate) fn measure_audit(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    audit::measure(plan, binary)
}

/// One thread drives the load, so that the server has the rest of the machine.
fn runtime() -> Outcome<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

async fn measure_all(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    let installation = Installation::new(binary)?;
    let mut findings = sign_in::measure(plan, binary).await?;
    findings.append(memory::idle(plan, &installation).await?);

    say(format_args!("making {} users over HTTP", plan.users));
    let server = installation.start().await?;
    seed::create_users(&server, plan.users).await?;
    server.stop()?;
    let copy = installation.copy_of_database()?;

    let server = installation.start().await?;
    findings.append(point_reads::measure(plan, &server, &copy).await?);
    findings.append(memory::after_reads(plan, &server)?);
    findings.append(durable_creates::measure(plan, &server, &copy).await?);
    server.stop()?;
    findings.append(with_many_users(plan, binary).await?);
    Ok(findings)
}

/// P6, P7, P9, P11 and P14: what must not depend on how much there is.
async fn with_many_users(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    let few = Installation::new(binary)?;
    let few_server = few.start().await?;
    seed::create_users(&few_server, plan.few_users).await?;

    let many = Installation::new(binary)?;
    let server = many.start().await?;
    let mut findings = import::measure(plan, &server).await?;
    start::make_stores(plan, &server).await?;
    server.stop()?;
    findings.append(start::measure(plan, &many, binary).await?);

    let server = many.start().await?;
    findings.append(lists::whole(plan, &server).await?);
    findings.append(lists::pages(plan, &server, &few_server).await?);
    findings.append(nesting::measure(plan, &few_server).await?);
    server.stop()?;
    few_server.stop()?;
    Ok(findings)
}
