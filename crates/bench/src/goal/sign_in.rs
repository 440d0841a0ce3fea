//! P1 to P4: how many can sign in, and what everybody else sees of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{Findings, Target};
use crate::http::{Connection, Paced, Requests, drive, get, pace, post};
use crate::installation::{Installation, KEY, USERS};
use crate::plan::Plan;
use crate::probe::argon2::{Engine, rate};
use crate::server::Server;
use crate::spread::ratios;
use crate::talk::say;
use crate::{Outcome, machine};

/// Users who sign in: so many that no account has more than a try or two in flight.
const USERS_WITH_PASSWORDS: u32 = 256;
const PASSWORD: &str = "correct horse battery staple";
/// Connections that sign in at once where none is to be refused.
const CLIENTS: usize = 16;
/// Reads per second while others sign in.
const READS: f64 = 200.0;
/// Looks at the health of the server per second.
const HEALTH: f64 = 20.0;

/// The engines that can be configured, each with its probe.
const ENGINES: [(&str, Engine); 2] = [("argon2", Engine::Reused), ("fast", Engine::Fast)];

/// The rounds of one engine.
#[derive(Default)]
struct Rounds {
    probe: Vec<f64>,
    signed_in: Vec<f64>,
    idle: Vec<f64>,
    busy: Vec<f64>,
    health: Vec<f64>,
    refused: Vec<f64>,
    accepted: Vec<f64>,
    memory: Vec<f64>,
}

/// P1 to P4.
pub(crate) async fn measure(plan: &Plan, binary: &Path) -> Outcome<Findings> {
    let installation = Installation::new(binary)?;
    let users = {
        let server = installation.start().await?;
        let users = make_users(&server).await?;
        server.stop()?;
        users
    };
    let mut findings = engines(plan)?;
    for (name, engine) in ENGINES {
        let server = installation.start_with(&[("USERSTORE__PASSWORD__ENGINE", name)]).await?;
        let mut rounds = Rounds::default();
        for round in 1..=plan.rounds {
            say(format_args!("P1 to P3: {name}, round {round} of {}", plan.rounds));
            rounds.add(plan, &server, &users, engine).await?;
        }
        server.stop()?;
        findings.append(rounds.findings(name));
    }
    Ok(findings)
}

/// P4: the engines against the plain call.
fn engines(plan: &Plan) -> Outcome<Findings> {
    let (mut usual, mut reused, mut fast) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=plan.rounds {
        say(format_args!("P4: engines, round {round} of {}", plan.rounds));
        usual.push(rate(Engine::Plain, plan.window)?);
        reused.push(rate(Engine::Reused, plan.window)?);
        fast.push(rate(Engine::Fast, plan.window)?);
    }
    let mut findings = Findings::default();
    let figure = "Argon2id in memory that is kept ÷ the crate's plain call, all cores";
    findings.goal("P4", figure, Some(Target::AtLeast(1.05)), ratios(&reused, &usual));
    let figure = "the fast engine ÷ the crate's plain call, all cores";
    findings.goal("P4", figure, Some(Target::AtLeast(1.7)), ratios(&fast, &usual));
    findings.raw("Argon2id (19 MiB, t=2, p=1), plain call of the crate argon2", "/s", &usual);
    findings.raw("the same in memory that is kept", "/s", &reused);
    findings.raw("the same by argon2-rust in memory that is kept", "/s", &fast);
    Ok(findings)
}

impl Rounds {
    async fn add(
        &mut self,
        plan: &Plan,
        server: &Server,
        users: &[String],
        engine: Engine,
    ) -> Outcome<()> {
        let (sign_ins, reads) = (sign_ins(), reads(users));
        let idle_memory = server.process.resident_megabytes()?;
        let address = server.address;
        drive(address, CLIENTS, plan.window / 3, 200, Arc::clone(&sign_ins)).await?;
        self.probe.push(rate(engine, plan.window)?);
        let load = drive(address, CLIENTS, plan.window, 200, Arc::clone(&sign_ins)).await?;
        let capacity = load.per_second();
        self.signed_in.push(capacity);

        let idle = pace(address, 4, READS, plan.window, Arc::clone(&reads)).await?;
        self.idle.push(idle.p99(200));
        let overload = async |factor: f64| {
            overload(server, factor * capacity, plan.window, &sign_ins, &reads).await
        };
        let seen = overload(4.0).await?;
        self.busy.push(seen.read.p99(200));
        self.health.push(seen.health.p99(200));

        let tried = overload(10.0).await?.tried;
        self.refused.push(tried.p99(503));
        self.accepted.push(tried.per_second(200));
        self.memory.push(server.process.resident_megabytes()? - idle_memory);
        Ok(())
    }

    fn findings(self, engine: &str) -> Findings {
        let mut findings = Findings::default();
        let figure = format!("sign-ins over HTTP ÷ raw Argon2id of the same engine ({engine})");
        let least = Some(Target::AtLeast(0.95));
        findings.goal("P1", figure, least, ratios(&self.signed_in, &self.probe));
        let figure =
            format!("p99 of 200 reads/s while sign-ins come at 4 × capacity ({engine}), ms");
        findings.goal("P2", figure, Some(Target::AtMost(5.0)), self.busy.iter().copied().collect());
        let beyond = self.busy.iter().zip(&self.idle).map(|(busy, idle)| busy - 3.0 * idle);
        let figure = format!("the same − 3 × p99 of the same reads alone ({engine}), ms");
        findings.goal("P2", figure, Some(Target::AtMost(1.0)), beyond.collect());
        let figure = format!("p99 of /healthz meanwhile ({engine}), ms");
        let health = self.health.iter().copied().collect();
        findings.goal("P2", figure, Some(Target::AtMost(100.0)), health);
        let figure = format!("p99 of refusals (503) at 10 × capacity ({engine}), ms");
        findings.goal(
            "P3",
            figure,
            Some(Target::AtMost(50.0)),
            self.refused.iter().copied().collect(),
        );
        // 0.9 of what P1 demands of the raw rate.
        let figure = format!("sign-ins at 10 × capacity ÷ raw Argon2id ({engine})");
        let least = Some(Target::AtLeast(0.9 * 0.95));
        findings.goal("P3", figure, least, ratios(&self.accepted, &self.probe));
        let arenas = u32::try_from(machine::cores()).map_or(f64::INFINITY, f64::from) * 20.0;
        let figure = format!("memory over idle after 10 × capacity ({engine}), MB");
        let most = Some(Target::AtMost(arenas + 32.0));
        findings.goal("P3", figure, most, self.memory.iter().copied().collect());
        findings.raw(format!("raw Argon2id, {engine}, beside P1"), "/s", &self.probe);
        findings.raw(format!("sign-ins over HTTP, {engine}"), "/s", &self.signed_in);
        findings.raw(format!("sign-ins at 10 × capacity, {engine}"), "/s", &self.accepted);
        findings.raw(format!("p99 of 200 reads/s alone, {engine}"), "ms", &self.idle);
        findings
    }
}

/// What was seen while more signed in than can.
struct Seen {
    tried: Paced,
    read: Paced,
    health: Paced,
}

/// Lets so many sign in in a second, and others read meanwhile.
async fn overload(
    server: &Server,
    per_second: f64,
    time: Duration,
    sign_ins: &Requests,
    reads: &Requests,
) -> Outcome<Seen> {
    // Half a second of arrivals: more than wait for a hash at once.
    let connections = (per_second / 2.0).clamp(64.0, 600.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 64 and 600"
    )]
    let connections = connections as u32;
    let health: Requests = Arc::new(|request| get(request, "/healthz", KEY));
    let address = server.address;
    let tried = pace(address, connections, per_second, time, Arc::clone(sign_ins));
    let read = pace(address, 4, READS, time, Arc::clone(reads));
    let health = pace(address, 1, HEALTH, time, health);
    let (tried, read, health) = tokio::try_join!(tried, read, health)?;
    Ok(Seen { tried, read, health })
}

fn name(number: u32) -> String {
    format!("sign-in-{number}")
}

/// Makes the users; their ids.
async fn make_users(server: &Server) -> Outcome<Vec<String>> {
    say(format_args!("making {USERS_WITH_PASSWORDS} users with passwords"));
    let mut connection = Connection::open(server.address).await?;
    let mut users = Vec::new();
    for number in 0..USERS_WITH_PASSWORDS {
        let mut request = Vec::new();
        post(&mut request, USERS, KEY, &json!({ "loginName": name(number) }));
        let answer = connection.exchange(&request).await?;
        let user: serde_json::Value = serde_json::from_slice(answer.body)?;
        let id =
            user.get("id").and_then(|id| id.as_str()).ok_or("a user without an id")?.to_owned();
        let mut request = Vec::new();
        let path = format!("{USERS}/{id}/password/reset");
        post(&mut request, &path, KEY, &json!({ "password": PASSWORD }));
        let status = connection.exchange(&request).await?.status;
        if status != 200 {
            return Err(format!("a password is answered {status}").into());
        }
        users.push(id);
    }
    Ok(users)
}

/// Requests that sign in one user after the other.
fn sign_ins() -> Requests {
    let next = AtomicU32::new(0);
    Arc::new(move |request| {
        let number = next.fetch_add(1, Ordering::Relaxed) % USERS_WITH_PASSWORDS;
        let path = format!("{USERS}/loginname/{}/password/verify", name(number));
        post(request, &path, KEY, &json!({ "password": PASSWORD }));
    })
}

/// Requests that read one user after the other.
fn reads(users: &[String]) -> Requests {
    let paths: Vec<_> = users.iter().map(|id| format!("{USERS}/{id}")).collect();
    let next = AtomicU32::new(0);
    Arc::new(move |request| {
        let number = next.fetch_add(1, Ordering::Relaxed) as usize % paths.len().max(1);
        get(request, paths.get(number).map_or(USERS, String::as_str), KEY);
    })
}
