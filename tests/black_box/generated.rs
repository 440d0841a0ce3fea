//! Ten thousand requests that a generator makes up: whatever a client sends, the answer is never
//! a 5xx, and the node goes on.

use std::hash::{BuildHasher as _, RandomState};

use futures_util::stream::{self, StreamExt as _};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::harness::{Api, Server, on_both_databases};

on_both_databases![ten_thousand_generated_requests_give_no_5xx];

const REQUESTS: u64 = 10_000;
const AT_ONCE: usize = 16;

async fn ten_thousand_generated_requests_give_no_5xx(server: Server) {
    let seed = seed();
    let api = server.admin();
    let known = api.new_user("known").await["id"].as_str().expect("an id").to_owned();
    let made_up = (0..REQUESTS).map(|n| {
        let mut dice = Dice(seed.wrapping_add(n << 32));
        let api = api.clone();
        let request = request(&mut dice, &api, &known);
        async move { (n, api.try_send(request).await) }
    });
    let mut statuses = std::collections::BTreeMap::new();
    let mut answers = stream::iter(made_up).buffer_unordered(AT_ONCE);
    while let Some((n, answer)) = answers.next().await {
        let which = format!("request {n} of USERSTORE_TEST_SEED={seed}");
        let answer = answer.unwrap_or_else(|error| panic!("{which} has no answer: {error:?}"));
        assert!(answer.status < 500, "{which}: {}", answer.text());
        if answer.status >= 400 && !answer.body.is_empty() {
            answer.clone().problem(answer.status);
        }
        *statuses.entry(answer.status).or_insert(0_u32) += 1;
    }
    // Neither does the generator stop at the door: requests of every kind came through.
    for status in [200, 201, 202, 204, 400, 404, 405, 409, 412, 415] {
        assert!(statuses.contains_key(&status), "none of {seed} ended with {status}: {statuses:?}");
    }
    api.get_users("?limit=1").await.expect(200);
}

/// `USERSTORE_TEST_SEED`, else another one each time.
fn seed() -> u64 {
    let given = std::env::var("USERSTORE_TEST_SEED").ok();
    given.map_or_else(|| RandomState::new().hash_one(0), |seed| seed.parse().expect("a number"))
}

/// The generator `SplitMix64`: good enough for tests, and the same for a seed everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).expect("fits")).expect("fits")
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

const TEXTS: [&str; 22] = [
    "",
    " ",
    "known",
    "KNOWN",
    "ada",
    "a\0b",
    "\r\nx: y",
    "\u{1b}[2J",
    "\u{feff}",
    "\u{202e}",
    "\u{1F980}",
    "e\u{301}",
    "' OR 1=1 --",
    "\"; DROP TABLE users;",
    "%00",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "null",
    "2026-01-31T12:00:00Z",
    "9999-12-31T23:59:60+23:59",
    "ada@example.com",
    "01890a5d-ac96-774b-bcce-b302099a8057",
];

const PROPERTIES: [&str; 28] = [
    "id",
    "instanceId",
    "externalUniqueIdentifier",
    "loginName",
    "LOGINNAME",
    "firstName",
    "lastName",
    "emailAddress",
    "emailAddressConfirmed",
    "userValidFrom",
    "userValidTo",
    "isUserActive",
    "isUserLockEnabled",
    "isUserLocked",
    "failedUserLoginAttempts",
    "passwordNeverExpires",
    "canChangePasswordOnExpiration",
    "passwordExpiration",
    "isInitialPassword",
    "isPasswordChangeRequired",
    "memberOfGroups",
    "userProfiles",
    "isTwoFactorRequired",
    "isTwoFactorRegistered",
    "key",
    "value",
    "__proto__",
    "",
];

fn text(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => "x".repeat(dice.below(300)),
        1 => "é".repeat(dice.below(300)),
        2 => char::from_u32(u32::try_from(dice.below(0x11_0000)).expect("fits"))
            .into_iter()
            .collect(),
        3 | 4 => format!("user {}", dice.below(100_000)),
        _ => (*dice.pick(&TEXTS)).to_owned(),
    }
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 8 } else { 11 }) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(*dice.pick(&[0, -1, 1, i64::MAX, i64::MIN, 1 << 53])),
        3 => json!(*dice.pick(&[0.5, -0.0, 1e308, 5e-324])),
        4..=7 => json!(text(dice)),
        8 => (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect(),
        _ => object(dice, depth - 1),
    }
}

fn object(dice: &mut Dice, depth: usize) -> Value {
    let members = (0..dice.below(5)).map(|_| {
        let name = if dice.one_in(6) { text(dice) } else { (*dice.pick(&PROPERTIES)).to_owned() };
        (name, value(dice, depth))
    });
    Value::Object(members.collect())
}

fn user(dice: &mut Dice, known: &str) -> Value {
    let mut user = if dice.one_in(2) { json!({}) } else { object(dice, 3) };
    if !dice.one_in(5) {
        user["loginName"] = json!(text(dice));
    }
    if dice.one_in(4) {
        user["id"] = json!(if dice.one_in(2) { known } else { PASSING });
    }
    if dice.one_in(3) {
        user["userProfiles"] = json!([{ "key": text(dice), "value": text(dice) }]);
    }
    user
}

fn patch(dice: &mut Dice) -> Value {
    let operations: Value = (0..dice.below(4))
        .map(|_| {
            let ops = ["add", "remove", "replace", "move", "copy", "test", "Add", "delete", ""];
            let path = |dice: &mut Dice| match dice.below(4) {
                0 => text(dice),
                1 => format!(
                    "/{}/{}",
                    dice.pick(&PROPERTIES),
                    dice.pick(&["0", "-", "key", "99", "~2"])
                ),
                _ => format!("/{}", dice.pick(&PROPERTIES)),
            };
            let (op, from) = (*dice.pick(&ops), path(dice));
            let mut operation = json!({ "op": op, "path": path(dice), "from": from });
            if !dice.one_in(4) {
                operation["value"] = value(dice, 2);
            }
            operation
        })
        .collect();
    if dice.one_in(3) { json!({ "operations": operations }) } else { operations }
}

/// Bytes that were JSON, with a few of them spoiled.
fn spoil(dice: &mut Dice, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=dice.below(3) {
        let place = dice.below(bytes.len() + 1);
        let byte = u8::try_from(dice.below(256)).expect("fits");
        match dice.below(3) {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, byte),
            _ => bytes.iter_mut().skip(place).take(1).for_each(|old| *old = byte),
        }
    }
    bytes
}

fn body(dice: &mut Dice, known: &str) -> Vec<u8> {
    let json = match dice.below(10) {
        0..=4 => user(dice, known),
        5 | 6 => patch(dice),
        7 | 8 => (0..dice.below(4)).map(|_| user(dice, known)).collect(),
        _ => value(dice, 4),
    };
    let bytes = json.to_string().into_bytes();
    match dice.below(20) {
        0 | 1 => spoil(dice, bytes),
        2 => "[".repeat(dice.below(5_000)).into_bytes(),
        _ => bytes,
    }
}

/// Every byte of a text as `%XX`.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}

/// A segment as it may stand in a path: percent-encoded, well or badly.
fn segment(dice: &mut Dice) -> String {
    if dice.one_in(8) {
        return (*dice.pick(&["%zz", "%ff", "%", "%00", "%c0%af", "%2e%2e", "a;b=c"])).to_owned();
    }
    percent_encoded(&text(dice))
}

fn path(dice: &mut Dice, api: &Api, known: &str) -> String {
    let path = match dice.below(10) {
        0 | 1 => api.path("User"),
        2 | 3 => api.path(&format!("User/{known}")),
        4 => api.path("User/batch"),
        5 => api.path("User/createorupdate"),
        6 => api.path(&format!("User/loginname/{}", segment(dice))),
        7 => api.path(&format!("CustomAuditTrail/{}", dice.pick(&["1", "-1", "x", "9e9", ""]))),
        8 => api.path(&format!("User/{}", segment(dice))),
        _ => format!("/api/userstore/v1/{}/administration/User", segment(dice)),
    };
    if dice.one_in(3) { format!("{path}?{}", query(dice)) } else { path }
}

fn query(dice: &mut Dice) -> String {
    let names = ["limit", "cursor", "include", "LIMIT", "filter", "dryRun", "mode", "x", ""];
    let parameters: Vec<String> = (0..=dice.below(2))
        .map(|_| {
            let value = match dice.below(3) {
                0 => segment(dice),
                1 => dice.below(2_000).to_string(),
                _ => (*dice.pick(&["userProfiles", "memberOfGroups", "", "true"])).to_owned(),
            };
            format!("{}={value}", dice.pick(&names))
        })
        .collect();
    parameters.join("&")
}

fn request(dice: &mut Dice, api: &Api, known: &str) -> RequestBuilder {
    let methods = [
        Method::GET,
        Method::POST,
        Method::POST,
        Method::POST,
        Method::PUT,
        Method::PUT,
        Method::PATCH,
        Method::PATCH,
        Method::HEAD,
        Method::OPTIONS,
    ];
    let mut method = dice.pick(&methods).clone();
    let mut path = path(dice, api, known);
    if dice.one_in(20) {
        (method, path) = passing(dice, api);
    }
    let mut request = api.request(method.clone(), &path);
    if dice.one_in(8) {
        request = request.header("if-match", *dice.pick(&["*", "\"1\"", "W/\"1\"", "1", "\"", ""]));
    }
    if dice.one_in(30) {
        request = request.header("authorization", "Bearer \u{fffd}");
    }
    if method == Method::GET || method == Method::HEAD {
        return request;
    }
    let media_types = [
        "application/json",
        "application/json",
        "application/json",
        "application/json",
        "text/json",
    ];
    let others = ["", "text/plain", "application/json; charset=utf-16", "/", "application/+json"];
    let media_type = if dice.one_in(15) { dice.pick(&others) } else { dice.pick(&media_types) };
    request.header("content-type", *media_type).body(body(dice, known))
}

/// The id of a user that comes and goes, so that the known one stays.
const PASSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Deletes the passing user, or whatever a made-up segment names.
fn passing(dice: &mut Dice, api: &Api) -> (Method, String) {
    let id = if dice.one_in(2) { PASSING.to_owned() } else { segment(dice) };
    (Method::DELETE, api.path(&format!("User/{id}")))
}
