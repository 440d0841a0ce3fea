//! What works once, wanted by 50 at once: on two nodes over one database, where that is one for both.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    Authenticator, Enrolled, Nodes, UsersClient, admin, api_1, bearer, due_session, elevate,
    new_enrolled, new_enrolling, new_user, nobody, without_limits,
};
use crate::harness::{Answer, on_both_databases};
use crate::sign_in::{RIGHT, patient_outcome};

on_both_databases![
    one_code_by_50_requests_of_one_session_elevates_once,
    one_code_by_50_sessions_elevates_one,
    one_code_by_every_door_opens_one,
    one_recovery_code_by_50_sessions_elevates_one,
    the_first_proof_by_50_requests_enrols_once,
    one_preview_by_50_requests_sets_one_password,
];

const WISHES: usize = 50;

/// The answers of those who won, when nobody was answered anything unexpected.
#[track_caller]
fn winners(answers: Vec<Answer>, won: u16, lost: &[u16]) -> Vec<Answer> {
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let known = |status: &u16| *status == won || lost.contains(status);
    assert!(statuses.iter().all(known), "{statuses:?}");
    let winners: Vec<_> = answers.into_iter().filter(|answer| answer.status == won).collect();
    assert_eq!(winners.len(), 1, "{statuses:?}");
    winners
}

/// Sessions of one user, on the nodes by turns, of which the second factor is due.
async fn due_sessions(nodes: &Nodes, name: &str, count: usize) -> Vec<UsersClient> {
    let mut sessions = vec![];
    for n in 0..count {
        let token = nobody(nodes.by_turns(n)).sign_in(name, RIGHT).await.token;
        sessions.push(bearer(nodes.by_turns(n), &token));
    }
    sessions
}

/// A wrong code is 400, a locked factor or an ended session 401, one try too many at once 429.
const LOST: [u16; 3] = [400, 401, 429];

async fn one_code_by_50_requests_of_one_session_elevates_once(nodes: Nodes) {
    without_limits(nodes.first()).await;
    let Enrolled { name, authenticator, step, .. } = new_enrolled(nodes.first(), "ada", &[]).await;
    let token = nobody(nodes.first()).sign_in(&name, RIGHT).await.token;
    let code = authenticator.code(step + 1);
    let wishes = (0..WISHES).map(|n| {
        let client = bearer(nodes.by_turns(n), &token);
        let code = &code;
        async move { elevate(&client, code).await }
    });
    let won = winners(join_all(wishes).await, 200, &LOST).remove(0).json(200);
    let new = won["BearerToken"].as_str().expect("a token");
    bearer(nodes.other(), new).whoami().await.expect(200);
    assert_eq!(bearer(nodes.other(), &token).whoami().await.status, 401, "the old one died");
}

async fn one_code_by_50_sessions_elevates_one(nodes: Nodes) {
    without_limits(nodes.first()).await;
    let user = new_enrolled(nodes.first(), "ada", &[]).await;
    // As many sessions as a user may have, each used by several requests.
    let sessions = due_sessions(&nodes, &user.name, 5).await;
    let code = user.authenticator.code(user.step + 1);
    let wishes = (0..WISHES).map(|n| elevate(&sessions[n % sessions.len()], &code));
    winners(join_all(wishes).await, 200, &LOST);
}

/// C3, C7: `verify` of the other API takes the same codes, and the same code once.
async fn one_code_by_every_door_opens_one(nodes: Nodes) {
    without_limits(nodes.first()).await;
    let user = new_enrolled(nodes.first(), "ada", &[]).await;
    let sessions = due_sessions(&nodes, &user.name, 5).await;
    let code = user.authenticator.code(user.step + 1);
    let wishes = (0..WISHES).map(|n| {
        let (node, session, code) = (nodes.by_turns(n), &sessions[n % 5], &code);
        async move {
            if n % 2 == 0 {
                return elevate(session, code).await.status == 200;
            }
            let body = json!({ "password": RIGHT, "oneTimePassword": code });
            let answer = api_1(node).post("User/loginname/ada/password/verify", &body).await;
            assert!([200, 429].contains(&answer.status), "{}", answer.text());
            answer.status == 200 && answer.json(200)["outcome"] == "Succeeded"
        }
    });
    let opened = join_all(wishes).await;
    assert_eq!(opened.iter().filter(|opened| **opened).count(), 1, "{opened:?}");
}

async fn one_recovery_code_by_50_sessions_elevates_one(nodes: Nodes) {
    without_limits(nodes.first()).await;
    let user = new_enrolled(nodes.first(), "ada", &[]).await;
    let sessions = due_sessions(&nodes, &user.name, 5).await;
    let code = &user.recovery_codes[3];
    let wishes = (0..WISHES).map(|n| elevate(&sessions[n % sessions.len()], code));
    winners(join_all(wishes).await, 200, &LOST);
    // Nor later, when the losers have waited.
    api_1(nodes.first()).user_post(&user.id, "lockout/reset", None).await.expect(200);
    let again = elevate(&due_session(nodes.other(), &user.name).await, code).await;
    assert_eq!(again.status, 400, "{}", again.text());
    let other =
        elevate(&due_session(nodes.other(), &user.name).await, &user.recovery_codes[4]).await;
    other.expect(200);
}

async fn the_first_proof_by_50_requests_enrols_once(nodes: Nodes) {
    without_limits(nodes.first()).await;
    let (_, authenticator, _) = new_enrolling(nodes.first(), "ada", &[]).await;
    let sessions = due_sessions(&nodes, "ada", 5).await;
    let code = authenticator.code(Authenticator::step());
    let wishes = (0..WISHES).map(|n| elevate(&sessions[n % sessions.len()], &code));
    let won = winners(join_all(wishes).await, 200, &LOST).remove(0).json(200);
    let codes = won["Meta"]["RecoveryCodes"].as_str().expect("recovery codes");
    let codes: BTreeSet<_> = codes.split(',').collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(super::details(nodes.other(), "ada").await["TwoFactorRequired"], true);
}

async fn one_preview_by_50_requests_sets_one_password(nodes: Nodes) {
    let id = new_user(nodes.first(), "ada", &[]).await;
    let named = json!({ "UserName": "ada" });
    let preview = admin(nodes.first()).call("PreviewResetUserPassword", &named).await.json(200);
    let before = api_1(nodes.first()).entries_about(&id).await.len();
    let redeem: Value = json!({ "UserName": "ada", "PreviewToken": preview["PreviewToken"] });
    let wishes = (0..WISHES).map(|n| {
        let client = admin(nodes.by_turns(n));
        let redeem = &redeem;
        async move { client.call("ResetUserPassword", redeem).await }
    });
    let won = winners(join_all(wishes).await, 200, &[400]).remove(0).json(200);
    assert_eq!(won["Password"], preview["Password"]);
    assert_eq!(api_1(nodes.first()).entries_about(&id).await.len(), before + 1);
    let password = preview["Password"].as_str().expect("a password");
    let outcome = patient_outcome(&api_1(nodes.other()), "ada", password).await;
    assert_eq!(outcome, "PasswordChangeRequired");
}
