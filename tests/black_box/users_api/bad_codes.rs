//! Codes and tokens that are not right, not in time, or somebody else's.

use serde_json::{Value, json};

use super::{
    Authenticator, Nodes, Refusal, admin, api_1, bearer, details, due_session, elevate,
    new_enrolled, new_enrolling, new_session, new_user, nobody,
};
use crate::harness::on_both_databases;
use crate::sign_in::{NEW, RIGHT, WRONG};

on_both_databases![
    spaces_in_a_code_do_not_count,
    what_is_no_code_is_told_so_and_not_counted,
    a_code_two_steps_off_is_wrong,
    a_replayed_code_is_wrong_and_counted,
    wrong_codes_lock_every_door_of_the_second_factor,
    verify_asks_for_the_code_too,
    a_preview_is_its_callers_and_its_targets_alone,
    a_preview_and_a_password_are_too_much,
    a_wrong_current_password_is_told_by_its_own_code,
    what_one_resets_for_oneself_needs_password_and_code,
];

fn spaced(code: &str) -> String {
    let (head, tail) = code.split_at(code.len() / 2);
    format!("  {head} {tail}\t")
}

async fn spaces_in_a_code_do_not_count(nodes: Nodes) {
    let node = nodes.first();
    let (_, authenticator, due) = new_enrolling(node, "ada", &[]).await;
    let code = spaced(&authenticator.code(Authenticator::step()));
    let answer = elevate(&bearer(node, &due.token), &code).await.json(200);
    let codes = answer["Meta"]["RecoveryCodes"].as_str().expect("recovery codes").to_owned();
    let mut codes = codes.split(',');
    let spaced_code = spaced(codes.next().expect("a code").trim());
    elevate(&due_session(node, "ada").await, &spaced_code).await.expect(200);
    let loud = codes.next().expect("a code").replace('-', "").to_uppercase();
    elevate(&due_session(node, "ada").await, &loud).await.expect(200);
}

async fn what_is_no_code_is_told_so_and_not_counted(nodes: Nodes) {
    let node = nodes.first();
    let (_, authenticator, due) = new_enrolling(node, "ada", &[]).await;
    let client = bearer(node, &due.token);
    let long = "1".repeat(100_000);
    for text in [
        "",
        " ",
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "-12345",
        "abcdefgh",
        &long,
        "1e5",
        "null",
    ] {
        let refusal = Refusal::read(elevate(&client, text).await, 400);
        assert!(refusal.names("OneTimePassword"), "{text}: {refusal:?}");
    }
    for body in [json!({}), json!({ "OneTimePassword": null }), json!({ "OneTimePassword": ["1"] })]
    {
        let refusal = Refusal::read(client.call("ElevateUserTwoFactorStatus", &body).await, 400);
        assert!(refusal.names("OneTimePassword"), "{body}: {refusal:?}");
    }
    let code = authenticator.code(Authenticator::step());
    elevate(&client, &code).await.expect(200);
}

async fn a_code_two_steps_off_is_wrong(nodes: Nodes) {
    let node = nodes.first();
    let (_, authenticator, due) = new_enrolling(node, "ada", &[]).await;
    let client = bearer(node, &due.token);
    let now = Authenticator::step();
    // Later the first one is further off still, and the second one would come into the window.
    for step in [now - 2, now + 3] {
        let refusal = Refusal::read(elevate(&client, &authenticator.code(step)).await, 400);
        assert_eq!(refusal.code, "InvalidOneTimePassword");
    }
    elevate(&client, &authenticator.code(now + 1)).await.expect(200);
}

async fn a_replayed_code_is_wrong_and_counted(nodes: Nodes) {
    let node = nodes.first();
    super::without_limits(node).await;
    let user = new_enrolled(node, "ada", &[]).await;
    let client = due_session(node, "ada").await;
    let used = user.authenticator.code(user.step);
    for _ in 0..5 {
        let refusal = Refusal::read(elevate(&client, &used).await, 400);
        assert_eq!(refusal.code, "InvalidOneTimePassword");
    }
    let fresh = user.authenticator.code(user.step + 1);
    assert_eq!(Refusal::read(elevate(&client, &fresh).await, 401).code, "Unauthorized");
    api_1(node).user_post(&user.id, "lockout/reset", None).await.expect(200);
    let client = due_session(node, "ada").await;
    let fresh = user.authenticator.code(Authenticator::step().max(user.step + 1));
    elevate(&client, &fresh).await.expect(200);
    // An earlier one is used up with it, though nobody has shown it.
    let client = due_session(node, "ada").await;
    Refusal::read(elevate(&client, &used).await, 400);
}

/// LK-3, LK-6.
async fn wrong_codes_lock_every_door_of_the_second_factor(nodes: Nodes) {
    let node = nodes.first();
    super::without_limits(node).await;
    let user = new_enrolled(node, "ada", &[]).await;
    let wrong = user.authenticator.wrong_code();
    let client = due_session(node, "ada").await;
    for _ in 0..5 {
        Refusal::read(elevate(&client, &wrong).await, 400);
    }
    let fresh = user.authenticator.code(user.step + 1);
    for code in [&fresh, &user.recovery_codes[0]] {
        let other = due_session(nodes.other(), "ada").await;
        Refusal::read(elevate(&other, code).await, 401);
        let body = json!({ "password": RIGHT, "oneTimePassword": code });
        let answer = api_1(node).post("User/loginname/ada/password/verify", &body).await.json(200);
        assert_eq!(answer["outcome"], "Locked");
        let own = json!({ "UserName": "ada", "CurrentPassword": RIGHT, "OneTimePassword": code });
        let elevated = bearer(node, &user.session.token);
        Refusal::read(elevated.call("ResetUser2fa", &own).await, 401);
    }
    // Whoever is signed in stays so, and the password alone still begins a session.
    bearer(node, &user.session.token).whoami().await.expect(200);
    nobody(node).sign_in("ada", RIGHT).await;
}

async fn verify_asks_for_the_code_too(nodes: Nodes) {
    let node = nodes.first();
    super::without_limits(node).await;
    let user = new_enrolled(node, "ada", &[]).await;
    let outcome = async |body: Value| {
        let answer = api_1(node).post("User/loginname/ada/password/verify", &body).await;
        answer.json(200)["outcome"].as_str().expect("an outcome").to_owned()
    };
    assert_eq!(outcome(json!({ "password": RIGHT })).await, "TwoFactorRequired");
    let with =
        |password: &str, code: &str| json!({ "password": password, "oneTimePassword": code });
    let fresh = user.authenticator.code(user.step + 1);
    assert_eq!(outcome(with(RIGHT, &user.authenticator.code(user.step))).await, "Failed");
    assert_eq!(outcome(with(WRONG, &fresh)).await, "Failed", "the code is not used up by that");
    assert_eq!(outcome(with(RIGHT, &fresh)).await, "Succeeded");
    assert_eq!(outcome(with(RIGHT, &fresh)).await, "Failed");
    let change = json!({ "oldPassword": RIGHT, "newPassword": NEW });
    nobody_changes(node, &change).await;
    let mut proved = change.clone();
    proved["oneTimePassword"] = json!(user.recovery_codes[0]);
    node.api(None).public("ada", "change", Some(&proved)).await.expect(200);
}

/// C7: the password alone changes nothing where a second factor is required.
async fn nobody_changes(node: &crate::harness::Node, change: &Value) {
    node.api(None).public("ada", "change", Some(change)).await.problem(400);
}

async fn a_preview_is_its_callers_and_its_targets_alone(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    new_user(node, "ada", &[]).await;
    new_user(node, "bob", &[]).await;
    let session = new_session(node, "manager", &["UserManager"]).await;
    let manager = bearer(node, &session.token);
    let named = json!({ "UserName": "ada" });
    let before = details(node, "ada").await;
    let preview = manager.call("PreviewResetUserPassword", &named).await.json(200);
    let token = &preview["PreviewToken"];
    let redeem = |name: &str| json!({ "UserName": name, "PreviewToken": token });
    let strangers = nodes.here.run(&["key", "create", "k", "--grant", "UserManager@default"]).key();
    for (client, name) in [
        (admin(node), "ada"),
        (bearer(node, &strangers), "ada"),
        (bearer(other, &session.token), "bob"),
    ] {
        let refusal = Refusal::read(client.call("ResetUserPassword", &redeem(name)).await, 400);
        assert_eq!(refusal.code, "InvalidToken");
        assert!(refusal.fields.is_empty() || refusal.names("PreviewToken"), "{refusal:?}");
    }
    let changed = "usr_preview_AAAA".to_owned();
    for wrong in [&changed, &session.token, " "] {
        let body = json!({ "UserName": "ada", "PreviewToken": wrong });
        Refusal::read(manager.call("ResetUserPassword", &body).await, 400);
    }
    assert_eq!(details(node, "ada").await, before, "nothing changes until it is redeemed");
    let reset =
        bearer(other, &session.token).call("ResetUserPassword", &redeem("ada")).await.json(200);
    assert_eq!(reset["Password"], preview["Password"]);
    let refusal = Refusal::read(manager.call("ResetUserPassword", &redeem("ada")).await, 400);
    assert_eq!(refusal.code, "InvalidToken");
    let password = preview["Password"].as_str().expect("a password");
    let due = nobody(node).sign_in("ada", password).await;
    let refusal = Refusal::read(bearer(node, &due.token).get("/api/users/ada").await, 403);
    assert_eq!(refusal.code, "PasswordChangeRequired");
}

async fn a_preview_and_a_password_are_too_much(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    let named = json!({ "UserName": "ada" });
    let preview = admin(node).call("PreviewResetUserPassword", &named).await.json(200);
    let token = preview["PreviewToken"].as_str().expect("a token");
    let both = json!({ "UserName": "ada", "PreviewToken": token, "NewPassword": NEW });
    let refusal = Refusal::read(admin(node).call("ResetUserPassword", &both).await, 400);
    assert!(refusal.names("PreviewToken") || refusal.names("NewPassword"), "{refusal:?}");
    nobody(node).sign_in("ada", RIGHT).await;
    let short = json!({ "UserName": "ada", "NewPassword": "short" });
    let refusal = Refusal::read(admin(node).call("ResetUserPassword", &short).await, 400);
    assert!(refusal.names("Password") || refusal.names("NewPassword"), "{refusal:?}");
    let redeem = json!({ "UserName": "ada", "PreviewToken": token, "NewPassword": null });
    admin(node).call("ResetUserPassword", &redeem).await.expect(200);
    let session = new_session(node, "manager", &["UserManager"]).await;
    let own = json!({ "UserName": "manager" });
    Refusal::read(bearer(node, &session.token).call("ResetUserPassword", &own).await, 403);
}

async fn a_wrong_current_password_is_told_by_its_own_code(nodes: Nodes) {
    let node = nodes.first();
    let session = new_session(node, "ada", &[]).await;
    let client = bearer(node, &session.token);
    let change = |current: &str, new: &str| json!({ "UserName": "ada", "CurrentPassword": current, "Password": new });
    let refusal = Refusal::read(client.call("UpdateUserPassword", &change(WRONG, NEW)).await, 400);
    assert_eq!(refusal.code, "InvalidCurrentPassword");
    let refusal =
        Refusal::read(client.call("UpdateUserPassword", &change(RIGHT, "short")).await, 400);
    assert!(refusal.names("Password"), "{refusal:?}");
    let check = json!({ "UserName": "ada", "CurrentPassword": WRONG, "Password": NEW });
    Refusal::read(nobody(node).call("ValidateUserPassword", &check).await, 401);
    let check = json!({ "UserName": "ada", "CurrentPassword": RIGHT, "Password": "password" });
    let refusal = Refusal::read(nobody(node).call("ValidateUserPassword", &check).await, 400);
    assert!(refusal.names("Password"), "{refusal:?}");
    let email = json!({ "UserDetails": { "UserName": "ada", "Email": "new@example.com" } });
    Refusal::read(client.call("UpdateUser", &email).await, 400);
    let mut proved = email.clone();
    proved["CurrentPassword"] = json!(RIGHT);
    client.call("UpdateUser", &proved).await.expect(204);
    assert_eq!(details(node, "ada").await["Email"], "new@example.com");
    // An API key has no password, and so nobody's but others' to set.
    let set = json!({ "UserName": "ada", "Password": NEW });
    admin(node).call("UpdateUserPassword", &set).await.expect(204);
}

async fn what_one_resets_for_oneself_needs_password_and_code(nodes: Nodes) {
    let node = nodes.first();
    let user = new_enrolled(node, "ada", &[]).await;
    let client = bearer(node, &user.session.token);
    let code = user.recovery_codes[0].clone();
    for body in [
        json!({ "UserName": "ada" }),
        json!({ "UserName": "ada", "CurrentPassword": RIGHT }),
        json!({ "UserName": "ada", "OneTimePassword": code }),
        json!({ "UserName": "ada", "CurrentPassword": WRONG, "OneTimePassword": code }),
        json!({ "UserName": "ada", "CurrentPassword": RIGHT, "OneTimePassword": user.authenticator.wrong_code() }),
    ] {
        Refusal::read(client.call("ResetUser2fa", &body).await, 400);
    }
    let registered = api_1(node).get_user(&user.id).await.json(200);
    assert_eq!(registered["isTwoFactorRegistered"], true);
    let proved = json!({ "UserName": "ada", "CurrentPassword": RIGHT, "OneTimePassword": user.recovery_codes[1] });
    client.call("ResetUser2fa", &proved).await.expect(204);
    let erased = api_1(node).get_user(&user.id).await.json(200);
    assert_eq!(
        (&erased["isTwoFactorRegistered"], &erased["isTwoFactorRequired"]),
        (&json!(false), &json!(true))
    );
}
