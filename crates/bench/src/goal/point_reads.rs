use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Findings, Target};
use crate::http::{Connection, Requests, drive, get};
use crate::installation::{KEY, USERS};
use crate::plan::Plan;
use crate::probe::actix;
use crate::probe::sqlite::Finder;
use crate::server::Server;
use crate::spread::{Spread, ratios};
use crate::talk::say;
use crate::{Outcome, seed};

/// Connections that read at the same time.
const CLIENTS: usize = 32;

/// What the peers reach at best on 2 cores of a Zen 4 server, per second of processor time.
const POCKETBASE: f64 = 2_600.0;
const LLDAP: f64 = 1_000.0;

#[derive(Default)]
struct Rounds {
    /// Of the server, of the bare web server, of the bare database: per second of processor time.
    ours: Vec<f64>,
    actix: Vec<f64>,
    finds: Vec<f64>,
    /// The same of the two servers per second of the clock on the wall.
    ours_wall: Vec<f64>,
    actix_wall: Vec<f64>,
}

/// P5: GET of a user by id, authenticated, with one group and one profile.
pub(crate) async fn measure(plan: &Plan, server: &Server, copy: &Path) -> Outcome<Findings> {
    let reads = reads(plan.users);
    let bare = actix::start(&one_user(server).await?).await?;
    let mut finder = Finder::open(copy, plan.users)?;
    let mut rounds = Rounds::default();
    load(server, plan.window, &reads).await?;
    for round in 1..=plan.rounds {
        say(format_args!("P5: point reads, round {round} of {}", plan.rounds));
        let (per_cpu, per_wall) = load(server, plan.window, &reads).await?;
        rounds.ours.push(per_cpu);
        rounds.ours_wall.push(per_wall);
        let (per_cpu, per_wall) = load(&bare, plan.window, &reads).await?;
        rounds.actix.push(per_cpu);
        rounds.actix_wall.push(per_wall);
        rounds.finds.push(finder.rate(plan.window)?);
    }
    Ok(rounds.findings())
}

/// Requests that read one user after the other, far apart.
fn reads(users: u32) -> Requests {
    let next = AtomicU32::new(0);
    Arc::new(move |request| {
        let number = next.fetch_add(1, Ordering::Relaxed).wrapping_mul(7919) % users;
        get(request, &format!("{USERS}/{}", seed::user_id(number)), KEY);
    })
}

/// The answer that the bare server is to give: one of ours, whole.
async fn one_user(server: &Server) -> Outcome<Vec<u8>> {
    let mut request = Vec::new();
    get(&mut request, &format!("{USERS}/{}", seed::user_id(0)), KEY);
    let mut connection = Connection::open(server.address).await?;
    let answer = connection.exchange(&request).await?;
    let user: serde_json::Value = serde_json::from_slice(answer.body)?;
    for relation in ["memberOfGroups", "userProfiles"] {
        if user.get(relation).and_then(|value| value.as_array()).map(Vec::len) != Some(1) {
            return Err(format!("the user has not one of {relation}: {user}").into());
        }
    }
    Ok(answer.body.to_vec())
}

/// Answers per second of the server's processor time, and of the clock on the wall.
async fn load(server: &Server, time: Duration, reads: &Requests) -> Outcome<(f64, f64)> {
    let before = server.process.processor_seconds()?;
    let load = drive(server.address, CLIENTS, time, 200, Arc::clone(reads)).await?;
    let spent = server.process.processor_seconds()? - before;
    Ok((f64::from(load.answers) / spent, load.per_second()))
}

impl Rounds {
    fn findings(self) -> Findings {
        let against = |peer: f64| self.ours.iter().map(|rate| rate / peer).collect::<Spread>();
        // The least that the same work costs with nothing of ours in it: both probes in a row.
        let both: Vec<_> =
            self.actix.iter().zip(&self.finds).map(|(a, b)| 1.0 / (1.0 / a + 1.0 / b)).collect();
        let mut findings = Findings::default();
        let rate = self.ours.iter().copied().collect();
        let figure = "GET user by id with group and profile, per CPU-s";
        findings.goal("P5", figure, Some(Target::AtLeast(20_000.0)), rate);
        let figure = "the same ÷ PocketBase (2 600 /CPU-s, the constant of the goals)";
        findings.goal("P5", figure, Some(Target::AtLeast(10.0)), against(POCKETBASE));
        let figure = "the same ÷ lldap (1 000 /CPU-s, the constant of the goals)";
        findings.goal("P5", figure, Some(Target::AtLeast(20.0)), against(LLDAP));
        let figure = "the same ÷ bare actix-web JSON, per CPU-s";
        findings.goal("P5", figure, None, ratios(&self.ours, &self.actix));
        let figure = "the same ÷ both probes in a row (bare actix-web, then raw SQLite), per CPU-s";
        findings.goal("P5", figure, None, ratios(&self.ours, &both));
        findings.raw("GET user, the server", "/CPU-s", &self.ours);
        findings.raw("GET user, the server", "/s", &self.ours_wall);
        findings.raw("the same JSON, bare actix-web", "/CPU-s", &self.actix);
        findings.raw("the same JSON, bare actix-web", "/s", &self.actix_wall);
        findings.raw("the same rows, raw SQLite on one thread", "/CPU-s", &self.finds);
        findings
    }
}
