//! What is overtaken by the end of what it was begun with: whichever is first, none of it outlasts it.

use std::pin::Pin;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{Nodes, SignedIn, api_1, bearer, new_session, new_user, nobody, patch, without_limits};
use crate::harness::{Answer, on_both_databases};
use crate::sign_in::RIGHT;

on_both_databases![
    a_sign_in_does_not_outlast_the_password_it_was_begun_with,
    a_sign_in_does_not_outlast_a_lock,
    a_sign_in_does_not_outlast_a_deactivation,
    a_refresh_does_not_outlast_the_session,
];

const ROUNDS: usize = 30;
/// How many begin at once in a round.
const BEGINNERS: usize = 4;

/// A request of any shape.
type Request<'t> = Pin<Box<dyn Future<Output = Answer> + 't>>;

/// Sends all of them at once, the one that ends the others by turns at each place among them.
async fn race<'t>(
    round: usize,
    mut begin: Vec<Request<'t>>,
    end: Request<'t>,
) -> (Vec<Answer>, Answer) {
    let after = begin.split_off(round % (begin.len() + 1));
    let (first, (ended, last)) = join(join_all(begin), join(end, join_all(after))).await;
    (first.into_iter().chain(last).collect(), ended)
}

/// Sessions of whoever was let in, when the others were refused.
fn sessions(answers: Vec<Answer>) -> Vec<SignedIn> {
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.iter().all(|status| [200, 401].contains(status)), "{statuses:?}");
    let won = answers.into_iter().filter(|answer| answer.status == 200);
    won.map(|answer| SignedIn::of(&answer.json(200))).collect()
}

fn sign_ins<'t>(nodes: &'t Nodes, password: &'t str) -> Vec<Request<'t>> {
    let sign_in = |n: usize| -> Request<'t> {
        let client = nobody(nodes.by_turns(n));
        Box::pin(async move { client.try_sign_in("ada", password).await })
    };
    (0..BEGINNERS).map(sign_in).collect()
}

/// Neither the token nor the refresh token of a session works anywhere.
async fn assert_ended(nodes: &Nodes, session: &SignedIn, why: &str) {
    for node in [nodes.first(), nodes.other()] {
        let answer = bearer(node, &session.token).whoami().await;
        assert_eq!(answer.status, 401, "{why}: {}", answer.text());
        let refresh = json!({ "RefreshToken": session.refresh });
        let answer = nobody(node).post("/api/access-token", &refresh).await;
        assert_eq!(answer.status, 401, "{why}: {}", answer.text());
    }
}

async fn a_sign_in_does_not_outlast_the_password_it_was_begun_with(nodes: Nodes) {
    without_limits(nodes.first()).await;
    let id = new_user(nodes.first(), "ada", &[]).await;
    let mut password = RIGHT.to_owned();
    for round in 0..ROUNDS {
        let next = format!("battery staple of round {round}");
        let node = nodes.by_turns(round);
        // By an administrator and by the user, whose own session alone goes on.
        let own = nobody(node).sign_in("ada", &password).await;
        let is_own = round % 2 == 0;
        let (id, current, new) = (&id, &password, &next);
        let client = bearer(node, &own.token);
        let end: Request<'_> = Box::pin(async move {
            if is_own {
                let change =
                    json!({ "UserName": "ada", "CurrentPassword": current, "Password": new });
                return client.call("UpdateUserPassword", &change).await;
            }
            let reset = json!({ "password": new });
            api_1(node).user_post(id, "password/reset", Some(&reset)).await
        });
        let (begun, ended) = race(round, sign_ins(&nodes, &password), end).await;
        ended.expect(if is_own { 204 } else { 200 });
        for session in sessions(begun) {
            assert_ended(&nodes, &session, &format!("round {round}")).await;
        }
        if is_own {
            bearer(nodes.other(), &own.token).whoami().await.expect(200);
        } else {
            assert_ended(&nodes, &own, "of before").await;
        }
        let refused = nobody(nodes.other()).try_sign_in("ada", &password).await;
        assert_eq!(refused.status, 401, "the former password");
        password = next;
    }
}

/// Signing in while a property of the user ends the account for a while.
async fn overtaken_by(nodes: Nodes, property: &'static str, ends: bool) {
    without_limits(nodes.first()).await;
    let id = new_user(nodes.first(), "ada", &[]).await;
    for round in 0..ROUNDS {
        let node = nodes.by_turns(round);
        let path = format!("/{property}");
        let patched: Value = json!([{ "op": "add", "path": path, "value": ends }]);
        let (id, api) = (id.as_str(), api_1(node));
        let end: Request<'_> = Box::pin(async move { api.patch_user(id, &patched).await });
        let (begun, ended) = race(round, sign_ins(&nodes, RIGHT), end).await;
        ended.expect(202);
        let begun = sessions(begun);
        for session in &begun {
            assert_ended(&nodes, session, &format!("round {round}, {property}")).await;
        }
        assert_eq!(nobody(nodes.other()).try_sign_in("ada", RIGHT).await.status, 401);
        // They have ended, rather than being refused for as long as it lasts.
        patch(node, id, property, !ends).await;
        for session in &begun {
            assert_ended(&nodes, session, &format!("round {round}, after {property}")).await;
        }
    }
    nobody(nodes.other()).sign_in("ada", RIGHT).await;
}

async fn a_sign_in_does_not_outlast_a_lock(nodes: Nodes) {
    overtaken_by(nodes, "isUserLocked", true).await;
}

async fn a_sign_in_does_not_outlast_a_deactivation(nodes: Nodes) {
    overtaken_by(nodes, "isUserActive", false).await;
}

async fn a_refresh_does_not_outlast_the_session(nodes: Nodes) {
    without_limits(nodes.first()).await;
    let kept = new_session(nodes.first(), "ada", &[]).await;
    for round in 0..ROUNDS {
        let session = nobody(nodes.by_turns(round)).sign_in("ada", RIGHT).await;
        let fields = json!({ "RefreshToken": session.refresh() });
        let refresh = |n: usize| -> Request<'_> {
            let (client, fields) = (nobody(nodes.by_turns(n)), &fields);
            Box::pin(async move { client.post("/api/access-token", fields).await })
        };
        let out = bearer(nodes.by_turns(round + 1), &session.token);
        let end: Request<'_> =
            Box::pin(async move { out.post("/api/auth/logout", &json!({})).await });
        let (answers, ended) = race(round, (0..BEGINNERS).map(refresh).collect(), end).await;
        ended.expect(200);
        for answer in answers {
            assert!([200, 401].contains(&answer.status), "{}", answer.text());
            if answer.status == 200 {
                let told = answer.json(200);
                let token = told["AccessToken"].as_str().expect("a token").to_owned();
                let further = SignedIn { token, ..session.clone() };
                assert_ended(&nodes, &further, &format!("round {round}")).await;
            }
        }
        assert_ended(&nodes, &session, &format!("round {round}")).await;
    }
    bearer(nodes.other(), &kept.token).whoami().await.expect(200);
}
