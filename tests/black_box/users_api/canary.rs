//! Secrets driven through every operation in every way: each is found in the one answer that shows it,
//! and neither in the log, nor in the database, nor in the audit trail, nor in mail.

use reqwest::Method;
use serde_json::{Value, json};

use super::carriers::{Carrier, Way};
use super::issuers;
use super::operations::{caller, fixture_for};
use super::table::{Operation, operations};
use super::{
    Authenticator, UsersClient, admin, api_1, bearer, due_session, elevate, new_session, new_user,
    nobody, patch, without_limits,
};
use crate::harness::{Answer, Installation, Node, encoded, on_both_databases};
use crate::sign_in::{Cheap, NEW, RIGHT, WRONG};

on_both_databases![
    no_operation_tells_a_secret_but_in_the_answer_that_shows_it,
    no_broken_request_is_repeated,
    no_credential_is_told,
];

const CANARY: &str = "canary-4e17c09b3d";
/// So short that it breaks the rules for passwords.
const SHORT: &str = "canary-4e";

/// What is asked, with what must stay secret.
struct Watch {
    answers: Vec<Answer>,
    secrets: Vec<Secret>,
}

/// Something that must not be found.
struct Secret {
    text: String,
    /// In how many answers it is shown.
    shown: usize,
}

/// The members of an answer that show a secret.
const SHOWN: [&str; 7] = [
    "SessionId",
    "RefreshToken",
    "AccessToken",
    "SetupCode",
    "PreviewToken",
    "Password",
    "GeneratedPassword",
];

impl Watch {
    fn over(typed: &[&str]) -> Self {
        let mut watch = Self { answers: vec![], secrets: vec![] };
        for secret in typed {
            watch.hide(secret);
        }
        watch
    }

    /// No answer shows this.
    fn hide(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(Secret { text: secret.to_owned(), shown: 0 });
        }
    }

    /// Takes note of what the answer shows.
    fn see(&mut self, answer: Answer) -> Value {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        for member in SHOWN {
            if let Some(secret) = body[member].as_str() {
                self.show(secret);
            }
        }
        let codes = body["Meta"]["RecoveryCodes"].as_str().unwrap_or_default();
        codes.split(',').map(str::trim).filter(|it| !it.is_empty()).for_each(|it| self.show(it));
        self.answers.push(answer);
        body
    }

    fn show(&mut self, text: &str) {
        match self.secrets.iter_mut().find(|secret| secret.text == text) {
            Some(secret) => secret.shown += 1,
            None => self.secrets.push(Secret { text: text.to_owned(), shown: 1 }),
        }
    }

    /// The secrets that were shown in so many answers.
    fn shown(&self, times: usize) -> usize {
        self.secrets.iter().filter(|secret| secret.shown == times).count()
    }

    /// Asserts that every secret is where it is shown and nowhere else.
    async fn assert_kept(&self, node: &Node, here: &Installation) {
        for rest in ["CustomAuditTrail?limit=1000", "User"] {
            let text = api_1(node).read(rest).await.expect(200).text();
            self.assert_not_in(&text, rest);
        }
        self.assert_not_in(&node.log(), "the log");
        self.assert_not_in(&written(here), "a file");
        self.assert_not_in(&here.letters().concat(), "a letter");
        for Secret { text, shown } in &self.secrets {
            let tells = |answer: &&Answer| is_in(&whole(answer), text);
            let told: Vec<_> = self.answers.iter().filter(tells).map(Answer::text).collect();
            assert_eq!(told.len(), *shown, "{text} is told in: {told:#?}");
        }
    }

    fn assert_not_in(&self, haystack: &str, place: &str) {
        for Secret { text, .. } in &self.secrets {
            if let Some(form) = forms(text).iter().find(|form| is_in(haystack, form)) {
                let line = haystack.lines().find(|line| is_in(line, form)).unwrap_or_default();
                let line: String = line.chars().take(2_000).collect();
                panic!("{form} is in {place}: {line}");
            }
        }
    }
}

/// How a secret may be written: as it is, as in a query, and as bytes.
fn forms(secret: &str) -> [String; 3] {
    let bytes = format!("{:?}", secret.as_bytes());
    [secret.to_owned(), encoded(secret), bytes.trim_matches(['[', ']']).to_owned()]
}

/// Whether a text holds a secret. Six digits count only by themselves, and not as part of a second.
fn is_in(haystack: &str, secret: &str) -> bool {
    if secret.len() > 6 {
        return haystack.contains(secret);
    }
    let alone = |(at, _): (usize, &str)| {
        let (before, rest) = haystack.split_at(at);
        let before = before.chars().next_back();
        let after = rest.chars().nth(secret.len());
        !before.is_some_and(|it| it.is_alphanumeric() || it == '.')
            && !after.is_some_and(char::is_alphanumeric)
    };
    haystack.match_indices(secret).any(alone)
}

/// All that an answer says.
fn whole(answer: &Answer) -> String {
    format!("{:?}\n{}", answer.headers, answer.text())
}

/// Every byte that the node and its database wrote, but for the log and for keys.
fn written(here: &Installation) -> String {
    let files = std::fs::read_dir(here.directory()).expect("the directory");
    let paths = files.map(|file| file.expect("a file").path()).filter(|path| path.is_file());
    let texts = paths.map(|path| std::fs::read(path).expect("a file"));
    texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned() + "\n").collect()
}

fn traced(here: Installation) -> Installation {
    here.with("USERSTORE__LOG__FILTER", "trace")
}

/// One way by GET and one by POST.
fn by_each_method(operation: &Operation) -> Vec<Way> {
    let all = Way::all(operation);
    let by = |carrier| all.iter().rev().find(|way| way.carrier == carrier).cloned();
    [Carrier::Query, Carrier::Form].into_iter().filter_map(by).collect()
}

async fn no_operation_tells_a_secret_but_in_the_answer_that_shows_it(Cheap(here): Cheap) {
    let here = traced(here);
    let node = here.start().await;
    let mut watch = Watch::over(&[RIGHT, NEW, WRONG]);
    for operation in operations() {
        for way in by_each_method(&operation) {
            let fixture = fixture_for(&operation, &node).await;
            watch.hide(&fixture.session.token);
            watch.hide(fixture.session.refresh.as_deref().unwrap_or_default());
            watch.hide(&fixture.code);
            let client = caller(&operation, &node, &fixture);
            watch.see(way.ask(&client, &operation, &fixture).await.expect(operation.status));
        }
    }
    watch.see(nobody(&node).try_sign_in("ada", WRONG).await.expect(401));
    for (by, fields) in [
        (Method::GET, json!({ "UserDetails": { "UserName": "made-by-get" } })),
        (Method::POST, json!({ "UserDetails": { "UserName": "made-by-post" } })),
    ] {
        let carrier = if by == Method::GET { Carrier::Query } else { Carrier::Json };
        let answer = super::carriers::send(&admin(&node), "/api/users/add", carrier, &fields).await;
        let made = watch.see(answer.expect(200));
        assert!(made["GeneratedPassword"].is_string(), "{made}");
    }
    enrol(&node, &mut watch).await;
    assert!(watch.shown(1) > 30, "only {} secrets were shown", watch.shown(1));
    watch.assert_kept(&node, &here).await;
}

/// What has several steps: a second factor from its offer to its reset, and a preview to its use.
async fn enrol(node: &Node, watch: &mut Watch) {
    let id = new_user(node, "ada", &[]).await;
    patch(node, &id, "isTwoFactorRequired", true).await;
    let asked = json!({ "UserName": "ada", "Password": RIGHT });
    let status = nobody(node).call("GetUserTwoFactorStatus", &asked).await.expect(200);
    let status = watch.see(status);
    let seed = status["SetupCode"].as_str().expect("a seed").to_owned();
    let authenticator = Authenticator::of(&seed);
    let due = due_session(node, "ada").await;
    let step = Authenticator::step();
    let (code, next, wrong) =
        (authenticator.code(step), authenticator.code(step + 1), authenticator.wrong_code());
    watch.see(elevate(&due, CANARY).await.expect(400));
    watch.see(elevate(&due, &wrong).await.expect(400));
    let elevated = watch.see(elevate(&due, &code).await.expect(200));
    for secret in [CANARY, &code, &next] {
        watch.hide(secret);
    }
    let codes = elevated["Meta"]["RecoveryCodes"].as_str().expect("recovery codes").to_owned();
    let codes: Vec<_> = codes.split(',').map(str::trim).collect();

    let fields = [("OneTimePassword", codes[0])];
    let by_get = due_session(node, "ada").await;
    let answer = by_get.query("/json/reply/ElevateUserTwoFactorStatus", &fields).await;
    watch.see(answer.expect(200));
    let verify = json!({ "password": RIGHT, "oneTimePassword": next });
    watch.see(api_1(node).post("User/loginname/ada/password/verify", &verify).await.expect(200));
    let token = elevated["SessionId"].as_str().expect("a token").to_owned();
    let reset = json!({ "UserName": "ada", "CurrentPassword": RIGHT, "OneTimePassword": codes[1] });
    watch.see(bearer(node, &token).call("ResetUser2fa", &reset).await.expect(204));

    let named = json!({ "UserName": "ada" });
    let preview = admin(node).call("PreviewResetUserPassword", &named).await.expect(200);
    let token = watch.see(preview)["PreviewToken"].as_str().expect("a token").to_owned();
    let redeem = [("UserName", "ada"), ("PreviewToken", token.as_str())];
    for status in [200, 400] {
        let answer = admin(node).query("/api/users/resetPassword", &redeem).await;
        watch.see(answer.expect(status));
    }
}

/// Requests that cannot be read, and hold a secret.
fn broken() -> Vec<(&'static str, Value)> {
    let secret = format!("{CANARY} battery staple");
    let in_jsv = |text: &str| json!({ "UserDetails": text.replace("SECRET", &secret) });
    vec![
        ("UpdateUser", in_jsv("{UserName:ada,Password:SECRET")),
        ("UpdateUser", in_jsv("{UserName:ada,Password:\"SECRET}")),
        ("UpdateUser", in_jsv("{UserName:ada,Password:[SECRET}")),
        ("UpdateUser", in_jsv("{UserName:ada,CurrentPassword:{SECRET:SECRET}")),
        ("AddUser", in_jsv("{\"UserName\":\"ada\",\"Password\":\"SECRET")),
        ("AddUser", in_jsv("{UserName:ada,Locked:SECRET}")),
        ("AddUser", in_jsv("SECRET")),
        ("AddUser", json!({ "UserDetails": { "UserName": "new" }, "Password": [secret] })),
        ("AddUser", json!({ "UserDetails": { "UserName": "new" }, "Password": { "x": secret } })),
        ("AddUser", json!({ "UserDetails": { "UserName": "new" }, "Password": SHORT })),
        ("UpdateUserPassword", json!({ "UserName": "ada", "Password": format!("{CANARY}\u{0}") })),
        ("Authenticate", json!({ "UserName": "ada", "Password": [secret] })),
        ("Authenticate", json!({ "UserName": [secret], "Password": secret })),
        ("Authenticate", json!({ "UserName": "ada", "Password": "x", "RememberMe": secret })),
        ("ValidateUserPassword", json!({ "UserName": "", "CurrentPassword": secret })),
        ("GetUserTwoFactorStatus", json!({ "UserName": "", "Password": secret })),
        ("GetAccessToken", json!({ "RefreshToken": [secret] })),
        (
            "ResetUserPassword",
            json!({ "UserName": "ada", "NewPassword": secret, "PreviewToken": secret }),
        ),
        ("ResetUserPassword", json!({ "UserName": "ada", "PreviewToken": secret })),
        ("ResetUser2fa", json!({ "UserName": "ada", "OneTimePassword": secret })),
    ]
}

async fn no_broken_request_is_repeated(Cheap(here): Cheap) {
    let here = traced(here);
    let node = here.start().await;
    without_limits(&node).await;
    new_user(&node, "ada", &[]).await;
    let mut watch = Watch::over(&[SHORT]);
    let client = admin(&node);
    for (request_type, fields) in broken() {
        for base in ["/api", "/json/reply"] {
            let path = format!("{base}/{request_type}");
            for carrier in [Carrier::Json, Carrier::Form, Carrier::Query] {
                let answer = super::carriers::send(&client, &path, carrier, &fields).await;
                let told = format!("{carrier:?} {request_type}: {}", answer.text());
                // A list of texts is a text where it comes as one.
                let counted = [200, 204, 400, 401, 409].contains(&answer.status);
                assert!(counted && (carrier != Carrier::Json || answer.status >= 400), "{told}");
                watch.see(answer);
            }
        }
    }
    for cut in [format!("{{\"Password\": \"{CANARY}"), format!("{{\"Password\": {CANARY}}}")] {
        for path in ["/api/users/add", "/api/auth/credentials", "/json/reply/GetAccessToken"] {
            let answer = client.text(Method::POST, path, "application/json", cut.clone()).await;
            watch.see(answer.expect(400));
        }
    }
    let twice = format!("Password={CANARY}&password={CANARY}&UserName=ada");
    let form = "application/x-www-form-urlencoded";
    for path in ["/api/auth/credentials", "/api/ValidateUserPassword"] {
        watch.see(client.get(&format!("{path}?{twice}")).await.expect(400));
        watch.see(client.text(Method::POST, path, form, twice.clone()).await.expect(400));
        watch.see(client.get(&format!("{path}?Password={CANARY}%ff")).await.expect(400));
    }
    watch.assert_kept(&node, &here).await;
}

async fn no_credential_is_told(Cheap(here): Cheap) {
    let (here, jwt) = issuers::with_token(traced(here));
    let node = here.start().await;
    let session = new_session(&node, "ada", &["UserStoreAdmin"]).await;
    let changed = format!("{jwt}x");
    let (token, wrong) = (&session.token, format!("usr_session_{CANARY}"));
    let mut watch = Watch::over(&[token, session.refresh(), &jwt, CANARY]);
    let own = nobody(&node).with("sec-fetch-site", "same-origin");
    let good: [UsersClient; 5] = [
        bearer(&node, token),
        bearer(&node, &jwt),
        nobody(&node).with("x-ss-id", token),
        own.with_cookie("ss-id", token),
        own.with_cookie("ss-pid", token),
    ];
    for client in &good {
        watch.see(client.get("/api/users").await.expect(200));
        watch.see(client.post("/api/users/ada", &json!({})).await.expect(200));
        let api = api_1_path(&node);
        watch.see(client.get(&api).await);
    }
    for client in [
        bearer(&node, &wrong),
        bearer(&node, session.refresh()),
        bearer(&node, &changed),
        bearer(&node, &format!("{jwt} {CANARY}")),
        nobody(&node).with("authorization", &format!("Basic {CANARY}")),
        nobody(&node).with("x-ss-id", &wrong),
        nobody(&node).with("x-ss-id", &jwt),
        own.with_cookie("ss-id", &wrong),
        own.with("cookie", &format!("ss-id={token}; ss-pid={wrong}")),
        own.with("cookie", &format!("ss-id={CANARY}; =; {CANARY}")),
    ] {
        for path in ["/api/users", "/api/auth", "/json/reply/GetPermissions"] {
            watch.see(client.get(path).await.expect(401));
            watch.see(client.post(path, &json!({})).await.expect(401));
        }
        watch.see(client.get(&api_1_path(&node)).await.expect(401));
    }
    // Where none is looked for, it is not told either.
    for name in ["access_token", "BearerToken", "ss-id", "SessionId"] {
        for secret in [token, &jwt] {
            let answer = nobody(&node).query("/api/users", &[(name, secret)]).await;
            watch.see(answer.expect(401));
        }
    }
    let fields = [("RefreshToken", session.refresh())];
    let further = nobody(&node).query("/api/access-token", &fields).await;
    let further = watch.see(further.expect(200))["AccessToken"].as_str().expect("one").to_owned();
    watch.see(bearer(&node, &further).post("/api/auth/logout", &json!({})).await.expect(200));
    watch.assert_kept(&node, &here).await;
}

/// Users, as the other API lists them.
fn api_1_path(node: &Node) -> String {
    api_1(node).path("User")
}
