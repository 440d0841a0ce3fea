use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{Findings, Target};
use crate::Outcome;
use crate::http::{Connection, Requests, drive, get, get_and_close};
use crate::installation::{KEY, USERS};
use crate::plan::Plan;
use crate::server::Server;
use crate::spread::{Spread, ratios};
use crate::talk::say;

/// Users on a page.
const PAGE: u32 = 100;
/// Users on a page where only its end matters; the most that the server gives.
const STRIDE: u32 = 1_000;
/// Connections that read at the same time.
const CLIENTS: usize = 8;
/// What `PocketBase` reaches at best on 2 cores of a Zen 4 server, per second of processor time.
const POCKETBASE: f64 = 380.0;

/// P6: pages of users, each with a group and a profile.
pub(crate) async fn pages(plan: &Plan, many: &Server, few: &Server) -> Outcome<Findings> {
    say(format_args!("P6: looking for the page at user {}", plan.many_users));
    let first = format!("{USERS}?limit={PAGE}");
    let last = last_page(many, plan.many_users).await?;
    check_page(many, &first).await?;
    check_page(many, &last).await?;
    let (mut of_first, mut of_last, mut of_few) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=plan.rounds {
        say(format_args!("P6: pages, round {round} of {}", plan.rounds));
        of_first.push(rate(many, plan.window, &first).await?);
        of_last.push(rate(many, plan.window, &last).await?);
        of_few.push(rate(few, plan.window, &first).await?);
    }
    let mut findings = Findings::default();
    let figure = "page of 100 users with group and profile ÷ PocketBase (380 /CPU-s, the constant \
                  of the goals)";
    let against: Spread = of_first.iter().map(|rate| rate / POCKETBASE).collect();
    findings.goal("P6", figure, Some(Target::AtLeast(10.0)), against);
    let figure = format!("cost of the page at user {} ÷ cost of the first", plan.many_users);
    findings.goal("P6", figure, Some(Target::AtMost(1.5)), ratios(&of_first, &of_last));
    let figure = format!("cost of a page of {} users ÷ of {}", plan.many_users, plan.few_users);
    findings.goal("P6", figure, Some(Target::AtMost(1.5)), ratios(&of_few, &of_first));
    findings.raw("first page of 100 users", "/CPU-s", &of_first);
    findings.raw("last page of 100 users", "/CPU-s", &of_last);
    findings.raw("first page of 100 users, small database", "/CPU-s", &of_few);
    Ok(findings)
}

/// The path of the last whole page: found from page to page, without relations.
async fn last_page(server: &Server, users: u32) -> Outcome<String> {
    let mut connection = Connection::open(server.address).await?;
    let mut next = format!("{USERS}?limit={STRIDE}&include=");
    let mut request = Vec::new();
    let mut seen = 0;
    while seen + STRIDE < users {
        request.clear();
        get(&mut request, &next, KEY);
        let answer = connection.exchange(&request).await?;
        let link = answer.link.ok_or("a page that is not the last names no next one")?;
        let reference = link.trim_start_matches('<').split('>').next();
        reference.ok_or("an empty link")?.clone_into(&mut next);
        seen += STRIDE;
    }
    // The cursor is that of the list, however long its pages are and whatever they show.
    let cursor = next.split(['?', '&']).find_map(|pair| pair.strip_prefix("cursor="));
    let cursor = cursor.ok_or_else(|| format!("no cursor in {next}"))?;
    Ok(format!("{USERS}?limit={PAGE}&cursor={cursor}"))
}

async fn check_page(server: &Server, path: &str) -> Outcome<()> {
    let mut request = Vec::new();
    get(&mut request, path, KEY);
    let mut connection = Connection::open(server.address).await?;
    let answer = connection.exchange(&request).await?;
    let users: Value = serde_json::from_slice(answer.body)?;
    let users = users.as_array().map(Vec::as_slice).unwrap_or_default();
    let whole = |user: &Value| {
        ["memberOfGroups", "userProfiles"]
            .iter()
            .all(|name| user.get(*name).and_then(Value::as_array).map(Vec::len) == Some(1))
    };
    if users.len() == PAGE as usize && users.iter().all(whole) {
        return Ok(());
    }
    Err(format!("{path} is no page of {PAGE} users with group and profile").into())
}

/// Pages per second of the server's processor time.
async fn rate(server: &Server, time: Duration, path: &str) -> Outcome<f64> {
    let path = path.to_owned();
    let requests: Requests = Arc::new(move |request| get(request, &path, KEY));
    let before = server.process.processor_seconds()?;
    let load = drive(server.address, CLIENTS, time, 200, requests).await?;
    Ok(f64::from(load.answers) / (server.process.processor_seconds()? - before))
}

/// P7: the whole list in one answer, and what the server holds while it is read.
pub(crate) async fn whole(plan: &Plan, server: &Server) -> Outcome<Findings> {
    say(format_args!("P7: the whole list of {} users", plan.many_users));
    let mut request = Vec::new();
    get(&mut request, &format!("{USERS}?limit=1"), KEY);
    Connection::open(server.address).await?.exchange(&request).await?;
    let idle = server.process.resident_megabytes()?;
    let before = server.process.processor_seconds()?;
    request.clear();
    get_and_close(&mut request, USERS, KEY);
    let connection = Connection::open(server.address).await?;
    let (mut users, mut most) = (Counter::new(b"\"loginName\":"), idle);
    let mut stream = connection.stream(&request).await?;
    let mut end = Vec::new();
    while let Some(piece) = stream.next().await? {
        users.read(piece);
        end.extend_from_slice(piece);
        end.drain(..end.len().saturating_sub(END.len()));
        most = most.max(server.process.resident_megabytes()?);
    }
    let spent = server.process.processor_seconds()? - before;
    if users.found != plan.many_users as usize || end != END {
        return Err(format!("the whole list has {} users", users.found).into());
    }
    let mut findings = Findings::default();
    let figure = format!(
        "memory over idle while all {} users are read in one answer, in MB (goal: 64 MiB)",
        plan.many_users
    );
    let over = Spread::from_iter([most - idle]);
    findings.goal("P7", figure, Some(Target::AtMost(64.0 * 1.048_576)), over);
    let rate = f64::from(plan.many_users) / spent;
    findings.raw("users of the whole list, with group and profile", "/CPU-s", &[rate]);
    Ok(findings)
}

/// How an array that came in chunks ends.
const END: &[u8] = b"]\r\n0\r\n\r\n";

/// Counts how often a text stands in one that comes in pieces.
struct Counter {
    needle: &'static [u8],
    /// The end of what was read, too short to hold the text.
    rest: Vec<u8>,
    found: usize,
}

impl Counter {
    fn new(needle: &'static [u8]) -> Self {
        Self { needle, rest: Vec::new(), found: 0 }
    }

    fn read(&mut self, piece: &[u8]) {
        self.rest.extend_from_slice(piece);
        let windows = self.rest.windows(self.needle.len());
        self.found += windows.filter(|window| *window == self.needle).count();
        let kept = self.rest.len().min(self.needle.len() - 1);
        self.rest.drain(..self.rest.len() - kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_across_pieces_is_counted_once() {
        for size in 1..10 {
            let mut counter = Counter::new(b"abc");
            for piece in b"abcxabcabc".chunks(size) {
                counter.read(piece);
            }
            assert_eq!(counter.found, 3, "{size}");
        }
    }
}
