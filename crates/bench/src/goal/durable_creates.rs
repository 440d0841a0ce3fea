use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Findings, Target};
use crate::http::{Requests, drive, post};
use crate::installation::{KEY, USERS};
use crate::plan::Plan;
use crate::probe::sqlite::Creator;
use crate::server::Server;
use crate::spread::ratios;
use crate::talk::say;
use crate::{Outcome, seed};

/// Connections that write at the same time.
const MANY: usize = 16;

/// P8: creates over HTTP, each durable and with its signed audit entry when it is answered.
pub(crate) async fn measure(plan: &Plan, server: &Server, copy: &Path) -> Outcome<Findings> {
    let creates = creates();
    let mut raw = Creator::open(copy)?;
    let (mut one, mut many, mut raw_rates) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=plan.rounds {
        say(format_args!("P8: durable creates, round {round} of {}", plan.rounds));
        let of = |clients| drive(server.address, clients, plan.window, 201, Arc::clone(&creates));
        one.push(of(1).await?.per_second());
        raw_rates.push(raw.rate(plan.window)?);
        many.push(of(MANY).await?.per_second());
    }
    let mut findings = Findings::default();
    let figure = "durable create over HTTP, 1 client ÷ raw SQLite transaction of the same rows";
    findings.goal("P8", figure, Some(Target::AtLeast(0.5)), ratios(&one, &raw_rates));
    let figure = "durable create over HTTP, 16 clients ÷ 1 client";
    findings.goal("P8", figure, Some(Target::AtLeast(2.0)), ratios(&many, &one));
    findings.raw("durable create over HTTP, 1 client", "/s", &one);
    findings.raw("the same rows, raw SQLite transaction", "/s", &raw_rates);
    findings.raw("durable create over HTTP, 16 clients", "/s", &many);
    Ok(findings)
}

/// Requests that each make a user nobody has made before.
fn creates() -> Requests {
    let next = AtomicU32::new(0);
    Arc::new(move |request| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        post(request, USERS, KEY, &seed::user(&format!("new-{number}")));
    })
}
