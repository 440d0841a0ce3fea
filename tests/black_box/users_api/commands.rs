//! `userstore user reset-2fa` and `userstore user sign-out`, beside running nodes.

use serde_json::json;

use super::{
    Nodes, Refusal, api_1, bearer, details, due_session, elevate, new_enrolled, new_session, nobody,
};
use crate::harness::on_both_databases;
use crate::sign_in::RIGHT;

on_both_databases![an_operator_erases_a_second_factor, an_operator_ends_the_sessions_of_a_user];

async fn an_operator_erases_a_second_factor(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let user = new_enrolled(node, "ada", &[]).await;
    nodes.here.run(&["store", "create", "other"]).well();
    for refused in [["ada", "other"], ["nobody", "default"]] {
        let [name, store] = refused;
        let said = nodes.here.run(&["user", "reset-2fa", name, "--store", store]).refusal();
        assert!(said.contains("no such user"), "{said}");
    }
    bearer(other, &user.session.token).whoami().await.expect(200);

    nodes.here.run(&["user", "reset-2fa", "ADA", "--store", "default"]).well();
    let refresh = json!({ "RefreshToken": user.session.refresh() });
    for node in [node, other] {
        Refusal::read(bearer(node, &user.session.token).whoami().await, 401);
        Refusal::read(nobody(node).post("/api/access-token", &refresh).await, 401);
    }
    assert_eq!(details(other, "ada").await["TwoFactorRequired"], true, "it stays required");
    let asked = json!({ "UserName": "ada", "Password": RIGHT });
    let status = nobody(other).call("GetUserTwoFactorStatus", &asked).await.json(200);
    assert_eq!(status["TwoFactorRegistration"], "NotRegistered");
    for code in [&user.authenticator.code(user.step + 1), &user.recovery_codes[0]] {
        Refusal::read(elevate(&due_session(other, "ada").await, code).await, 400);
    }
    let entries = api_1(node).entries_about(&user.id).await;
    let last = entries.last().expect("an entry").to_string();
    assert!(last.contains("system:") && last.contains("isTwoFactorRegistered"), "{last}");
}

async fn an_operator_ends_the_sessions_of_a_user(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let user = new_enrolled(node, "ada", &[]).await;
    let due = due_session(other, "ada").await;
    let kept = new_session(node, "bob", &[]).await;
    nodes.here.run(&["store", "create", "other"]).well();
    for refused in [["ada", "other"], ["nobody", "default"]] {
        let [name, store] = refused;
        let said = nodes.here.run(&["user", "sign-out", name, "--store", store]).refusal();
        assert!(said.contains("no such user"), "{said}");
    }
    bearer(other, &user.session.token).whoami().await.expect(200);

    nodes.here.run(&["user", "sign-out", "Ada", "--store", "default"]).well();
    let refresh = json!({ "RefreshToken": user.session.refresh() });
    let fresh = user.authenticator.code(user.step + 1);
    for node in [node, other] {
        Refusal::read(bearer(node, &user.session.token).whoami().await, 401);
        Refusal::read(nobody(node).post("/api/access-token", &refresh).await, 401);
        bearer(node, &kept.token).whoami().await.expect(200);
    }
    Refusal::read(elevate(&due, &fresh).await, 401);
    // Nothing else has ended.
    elevate(&due_session(other, "ada").await, &fresh).await.expect(200);
}
