use super::{Findings, Target};
use crate::plan::Plan;
use crate::seed::Batch;
use crate::server::Server;
use crate::spread::Spread;
use crate::talk::say;
use crate::{Outcome, seed};

/// What Django's bare `bulk_create` reaches at best, without HTTP and without an audit trail.
const DJANGO: f64 = 20_000.0;
/// Batches that stand for the beginning, and as many for the end.
const SOME: usize = 10;

/// P9: batches of users over HTTP, each user with a group, a profile and a signed audit entry for
/// each of the three.
pub(crate) async fn measure(plan: &Plan, server: &Server) -> Outcome<Findings> {
    say(format_args!("P9: making {} users over HTTP", plan.many_users));
    let batches = seed::create_users(server, plan.many_users).await?;
    let rates: Vec<_> = batches.iter().map(rate).collect();
    let whole: Vec<_> = batches.iter().map(wall).collect();
    let mut findings = Findings::default();
    let figure = "users made in batches, with group, profile and three signed audit entries each, \
                  per CPU-s (Django's bare bulk_create: 15 000 to 20 000 rows)";
    let spread: Spread = rates.iter().copied().collect();
    findings.goal("P9", figure, Some(Target::AtLeast(DJANGO)), spread);
    let figure = "audit entries that this makes, per CPU-s";
    findings.goal("P9", figure, None, rates.iter().map(|rate| 3.0 * rate).collect());
    let some = SOME.min(rates.len().div_ceil(2));
    let first: Spread = rates.iter().take(some).copied().collect();
    let last: Spread = rates.iter().rev().take(some).copied().collect();
    let figure = format!("the last {some} batches of {} ÷ the first {some}", rates.len());
    let ratio = Spread::from_iter([last.median() / first.median()]);
    findings.goal("P9", figure, Some(Target::AtLeast(0.9)), ratio);
    findings.raw("users made in batches of 5 000", "/CPU-s", &rates);
    findings.raw("users made in batches of 5 000", "/s", &whole);
    Ok(findings)
}

fn rate(batch: &Batch) -> f64 {
    f64::from(batch.users) / batch.processor
}

fn wall(batch: &Batch) -> f64 {
    f64::from(batch.users) / batch.elapsed.as_secs_f64()
}
