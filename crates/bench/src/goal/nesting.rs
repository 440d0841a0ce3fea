use std::time::Instant;

use serde_json::{Value, json};

use super::{Findings, Target};
use crate::http::{Connection, get, post};
use crate::installation::{GROUPS, KEY, USERS};
use crate::plan::Plan;
use crate::server::Server;
use crate::spread::Spread;
use crate::talk::say;
use crate::{Outcome, seed};

/// How deep groups nest.
const DEPTH: u32 = 20;
/// Groups made by one request.
const BATCH: usize = 5_000;
/// How often one list is read.
const READS: u32 = 200;

/// P11: the groups that a user is in, directly and by nesting, 20 levels up in a large graph.
pub(crate) async fn measure(plan: &Plan, server: &Server) -> Outcome<Findings> {
    say(format_args!("P11: making {} groups, {DEPTH} deep", plan.groups));
    let numbers: Vec<_> = (0..plan.groups).collect();
    for numbers in numbers.chunks(BATCH) {
        let groups = numbers.iter().map(|number| group(*number, plan.groups)).collect();
        seed::create(server, GROUPS, &groups).await?;
    }
    let lowest = id(plan.groups - 1);
    let user = json!({ "loginName": "deep", "memberOfGroups": [lowest] });
    let deep = make_user(server, &user).await?;
    let path = format!("{GROUPS}/user/{deep}/membership?include=");
    let above = read(server, &path).await?;
    if above.len() < DEPTH as usize {
        return Err(format!("the user is in {} groups and not in {DEPTH}", above.len()).into());
    }
    let mut milliseconds = Vec::new();
    let mut connection = Connection::open(server.address).await?;
    let mut request = Vec::new();
    get(&mut request, &path, KEY);
    for _ in 0..READS {
        let begin = Instant::now();
        connection.exchange(&request).await?;
        milliseconds.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    let mut findings = Findings::default();
    let figure = format!(
        "effective membership at depth {DEPTH} in a graph of {} groups, over HTTP, in ms",
        plan.groups
    );
    let spread: Spread = milliseconds.iter().copied().collect();
    findings.goal("P11", figure, Some(Target::AtMost(5.0)), spread);
    Ok(findings)
}

/// A group in a layer of its own depth, in a group of the layer above where there is one.
fn group(number: u32, groups: u32) -> Value {
    let width = groups.div_ceil(DEPTH);
    let (layer, at) = (number / width, number % width);
    let parents: Vec<_> = match layer.checked_sub(1) {
        Some(above) => vec![id(above * width + at)],
        None => Vec::new(),
    };
    json!({ "id": id(number), "name": format!("nested-{number}"), "parentGroups": parents })
}

fn id(number: u32) -> String {
    format!("00000000-0000-7000-a000-{number:012}")
}

async fn make_user(server: &Server, user: &Value) -> Outcome<String> {
    let mut request = Vec::new();
    post(&mut request, USERS, KEY, user);
    let mut connection = Connection::open(server.address).await?;
    let answer = connection.exchange(&request).await?;
    let made: Value = serde_json::from_slice(answer.body)?;
    let id = made.get("id").and_then(Value::as_str);
    Ok(id.ok_or_else(|| format!("the user is not made: {made}"))?.to_owned())
}

async fn read(server: &Server, path: &str) -> Outcome<Vec<Value>> {
    let mut request = Vec::new();
    get(&mut request, path, KEY);
    let mut connection = Connection::open(server.address).await?;
    let answer = connection.exchange(&request).await?;
    Ok(serde_json::from_slice(answer.body)?)
}
