use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::{Findings, Target};
use crate::Outcome;
use crate::http::{Connection, post};
use crate::installation::{Installation, KEY, STORES};
use crate::plan::Plan;
use crate::server::Server;
use crate::spread::Spread;
use crate::talk::say;

/// Makes the stores that a start must not notice.
pub(crate) async fn make_stores(plan: &Plan, server: &Server) -> Outcome<()> {
    say(format_args!("P14: making {} stores over HTTP", plan.stores));
    let mut connection = Connection::open(server.address).await?;
    let mut request = Vec::new();
    for number in 0..plan.stores {
        request.clear();
        post(&mut request, STORES, KEY, &json!({ "name": format!("store-{number}") }));
        let answer = connection.exchange(&request).await?;
        if answer.status != 201 {
            let body = String::from_utf8_lossy(answer.body);
            return Err(format!("a store is answered {}: {body}", answer.status).into());
        }
    }
    Ok(())
}

/// P14: how long the server takes until it is ready, what it holds then, how large its binary is.
pub(crate) async fn measure(
    plan: &Plan,
    installation: &Installation,
    binary: &Path,
) -> Outcome<Findings> {
    say(format_args!("P14: starts"));
    let (mut milliseconds, mut megabytes) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let begin = Instant::now();
        let server = installation.start().await?;
        milliseconds.push(begin.elapsed().as_secs_f64() * 1e3);
        megabytes.push(server.process.resident_megabytes()?);
        server.stop()?;
    }
    let mut findings = Findings::default();
    let what = format!("with {} users and {} stores", plan.many_users, plan.stores);
    let figure = format!("from the start of the process until it is ready, {what}, in ms");
    findings.goal("P14", figure, Some(Target::AtMost(100.0)), milliseconds.into_iter().collect());
    let figure = format!("memory when it is ready, {what}, in MB");
    findings.goal("P14", figure, None, megabytes.into_iter().collect());
    #[expect(clippy::cast_precision_loss, reason = "a size in millions of bytes")]
    let size = fs::metadata(binary)?.len() as f64 / 1e6;
    let figure = "the stripped binary, in MB";
    findings.goal("P14", figure, Some(Target::AtMost(15.0)), Spread::from_iter([size]));
    Ok(findings)
}
