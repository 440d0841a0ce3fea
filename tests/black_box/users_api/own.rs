//! What nobody does to themselves through the other API, whatever their session lets them do to others:
//! it would be a way around the own password and the own second factor.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Nodes, api_1, bearer, new_enrolled, new_user, nobody};
use crate::harness::{Api, Snapshot, on_both_databases};
use crate::sign_in::{NEW, RIGHT};

on_both_databases![nobody_resets_or_removes_themselves, nobody_waives_their_own_second_factor];

/// With which all of it would be allowed.
const ADMIN: [&str; 1] = ["UserStoreAdmin"];

/// Resets and removal of a user.
fn acts(id: &str) -> Vec<(Method, String, Option<Value>)> {
    let user = |rest: &str| format!("User/{id}{rest}");
    vec![
        (Method::POST, user("/password/reset"), Some(json!({ "password": NEW }))),
        (Method::POST, user("/password/initial"), Some(json!({ "password": NEW }))),
        (Method::POST, user("/lockout/reset"), None),
        (Method::DELETE, user(""), None),
    ]
}

async fn act(api: &Api, (method, rest, body): &(Method, String, Option<Value>)) -> u16 {
    api.call(method.clone(), rest, body.as_ref()).await.status
}

async fn nobody_resets_or_removes_themselves(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let user = new_enrolled(node, "ada", &ADMIN).await;
    let bob = new_user(node, "bob", &ADMIN).await;
    let before = Snapshot::of(&api_1(node)).await;
    for api in [node, other].map(|node| node.api(Some(&user.session.token))) {
        for own in acts(&user.id) {
            let status = act(&api, &own).await;
            assert!([403, 409].contains(&status), "{} {}: {status}", own.0, own.1);
        }
    }
    before.assert_kept(&api_1(node), "of oneself").await;
    bearer(other, &user.session.token).whoami().await.expect(200);
    nobody(other).sign_in("ada", RIGHT).await;
    // That it is oneself has made the difference.
    let api = node.api(Some(&user.session.token));
    for another in acts(&bob) {
        let status = act(&api, &another).await;
        assert!([200, 204].contains(&status), "{} {}: {status}", another.0, another.1);
    }
}

async fn nobody_waives_their_own_second_factor(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let user = new_enrolled(node, "ada", &ADMIN).await;
    let bob = new_user(node, "bob", &ADMIN).await;
    super::patch(node, &bob, "isTwoFactorRequired", true).await;
    let before = Snapshot::of(&api_1(node)).await;
    let waive = |op: &str| json!([{ "op": op, "path": "/isTwoFactorRequired", "value": false }]);
    let mut record = api_1(node).get_user(&user.id).await.json(200);
    record["isTwoFactorRequired"] = json!(false);
    let api = other.api(Some(&user.session.token));
    for answer in [
        api.patch_user(&user.id, &waive("add")).await,
        api.patch_user(&user.id, &waive("replace")).await,
        api.update_user(&user.id, &record).await,
        api.create_or_update_user(&record).await,
    ] {
        answer.problem(403);
    }
    let details = json!({ "UserName": "ada", "TwoFactorRequired": false });
    let update = json!({ "UserDetails": details, "CurrentPassword": RIGHT });
    let status = bearer(other, &user.session.token).call("UpdateUser", &update).await.status;
    assert_eq!(status, 403, "by this API");
    before.assert_kept(&api_1(node), "of oneself").await;
    api.patch_user(&bob, &waive("replace")).await.expect(202);
}
