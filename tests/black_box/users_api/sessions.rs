//! Sessions: how they are shown, refreshed, elevated and ended.

use serde_json::json;

use super::{
    Authenticator, Nodes, Refusal, SignedIn, admin, bearer, due_session, elevate, new_enrolled,
    new_enrolling, new_session, new_user, nobody,
};
use crate::harness::{ADMIN_KEY, on_both_databases};
use crate::sign_in::RIGHT;

on_both_databases![
    a_session_is_shown_by_bearer_header_or_cookie,
    a_bearer_beats_a_cookie,
    a_refresh_token_gives_further_tokens_until_the_session_ends,
    signing_out_ends_one_session_on_every_node,
    an_elevation_replaces_the_tokens,
    what_is_offered_becomes_real_when_it_is_proved,
    nobody_is_told_a_session_or_a_secret_again,
    a_session_works_on_the_other_api_too,
];

async fn a_session_is_shown_by_bearer_header_or_cookie(nodes: Nodes) {
    let node = nodes.other();
    let session = new_session(nodes.first(), "ada", &[]).await;
    let token = &session.token;
    assert!(token.starts_with("usr_session_"), "recognisable");
    for client in [
        bearer(node, token),
        nobody(node).with("authorization", &format!("bearer {token}")),
        nobody(node).with("x-ss-id", token),
        nobody(node).with("X-SS-ID", token),
        nobody(node).with_cookie("ss-id", token),
        nobody(node).with_cookie("ss-pid", token),
        // Clients that manage cookies themselves keep what they did not understand.
        nobody(node).with("cookie", &format!("ss-id={token}; 21 Oct 2026 07:28:00 GMT=null")),
        nobody(node).with("cookie", &format!("; =; a; b==; ss-id={token}; ss-opt=temp")),
    ] {
        let known = client.whoami().await.json(200);
        assert_eq!(
            (&known["UserName"], &known["UserId"]),
            (&json!("ada"), &session.body["UserId"])
        );
        client.get("/api/users/ada").await.expect(200);
    }
    // A secret in a query would be in histories and logs.
    for query in ["ss-id", "SessionId", "access_token", "BearerToken"] {
        let answer = nobody(node).query("/api/users/ada", &[(query, token)]).await;
        assert_eq!(answer.status, 401, "{query}");
    }
}

async fn a_bearer_beats_a_cookie(nodes: Nodes) {
    let node = nodes.first();
    let ada = new_session(node, "ada", &[]).await;
    let bob = new_session(node, "bob", &[]).await;
    let both = bearer(node, &bob.token).with_cookie("ss-id", &ada.token);
    assert_eq!(both.whoami().await.json(200)["UserName"], "bob");
    // Nor is another credential tried when the first one is none.
    for wrong in ["usr_session_AAAA", "x"] {
        let client =
            bearer(node, wrong).with_cookie("ss-id", &ada.token).with("x-ss-id", &ada.token);
        Refusal::read(client.get("/api/users/ada").await, 401);
    }
}

async fn a_refresh_token_gives_further_tokens_until_the_session_ends(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let session = new_session(node, "ada", &[]).await;
    let refresh = json!({ "RefreshToken": session.refresh() });
    let mut tokens = vec![session.token.clone()];
    for path in ["/api/access-token", "/api/GetAccessToken", "/json/reply/GetAccessToken"] {
        // A client sends along what has expired, and fields of its own.
        let fields = json!({ "refreshToken": session.refresh(), "useTokenCookie": false });
        let answer = bearer(other, "usr_session_expired").post(path, &fields).await.json(200);
        assert_eq!(answer["AccessToken"], answer["accessToken"]);
        let token = answer["AccessToken"].as_str().expect("a token").to_owned();
        assert!(!tokens.contains(&token), "another one each time");
        tokens.push(token);
    }
    for token in &tokens {
        bearer(other, token).whoami().await.expect(200);
    }
    for wrong in [&session.token, ADMIN_KEY, " ", "usr_refresh_AAAA"] {
        let answer =
            nobody(node).post("/api/access-token", &json!({ "RefreshToken": wrong })).await;
        assert_eq!(Refusal::read(answer, 401).code, "Unauthorized");
    }
    bearer(node, &tokens[1]).post("/api/auth/logout", &json!({})).await.expect(200);
    for token in &tokens {
        Refusal::read(bearer(other, token).whoami().await, 401);
    }
    Refusal::read(nobody(other).post("/api/access-token", &refresh).await, 401);
}

async fn signing_out_ends_one_session_on_every_node(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let one = new_session(node, "ada", &[]).await;
    let kept = nobody(other).sign_in("ada", RIGHT).await;
    let out = bearer(node, &one.token).post("/api/auth/logout", &json!({})).await.json(200);
    for id in ["SessionId", "BearerToken", "RefreshToken", "UserId"] {
        assert!(out[id].is_null(), "{out}");
    }
    Refusal::read(bearer(other, &one.token).get("/api/users/ada").await, 401);
    bearer(node, &kept.token).whoami().await.expect(200);
    // As clients of ServiceStack do it.
    let out = json!({ "provider": "logout" });
    bearer(node, &kept.token).call("Authenticate", &out).await.expect(200);
    Refusal::read(bearer(other, &kept.token).whoami().await, 401);
}

async fn an_elevation_replaces_the_tokens(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let (_, authenticator, due) = new_enrolling(node, "ada", &[]).await;
    assert!(due.refresh.is_none(), "none before elevation: {}", due.body);
    let step = Authenticator::step();
    let first = elevate(&bearer(node, &due.token), &authenticator.code(step)).await.json(200);
    let first = SignedIn::of(&first);
    assert_ne!(first.token, due.token);
    Refusal::read(bearer(other, &due.token).whoami().await, 401);
    bearer(other, &first.token).get("/api/users/ada").await.expect(200);
    let refresh = json!({ "RefreshToken": first.refresh() });
    let again = nobody(node).post("/api/access-token", &refresh).await.json(200);
    let token = again["AccessToken"].as_str().expect("a token").to_owned();
    bearer(other, &token).get("/api/users/ada").await.expect(200);

    let second = due_session(node, "ada").await;
    let answer = elevate(&second, &authenticator.code(step + 1)).await.json(200);
    assert!(answer["Meta"]["RecoveryCodes"].is_null(), "shown at the first proof alone: {answer}");
    Refusal::read(second.whoami().await, 401);
}

async fn what_is_offered_becomes_real_when_it_is_proved(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let id = new_user(node, "ada", &[]).await;
    let asked = json!({ "UserName": "ada", "Password": RIGHT });
    let ask = || async { nobody(other).call("GetUserTwoFactorStatus", &asked).await.json(200) };
    let status = ask().await;
    assert_eq!(
        (&status["TwoFactorRequired"], &status["TwoFactorRegistration"]),
        (&json!(false), &json!("NotRequired"))
    );
    assert!(status["SetupCode"].is_null() && status["SetupImageUrl"].is_null(), "{status}");

    super::patch(node, &id, "isTwoFactorRequired", true).await;
    let offered = ask().await;
    assert_eq!(offered["TwoFactorRegistration"], "NotRegistered");
    let image = offered["SetupImageUrl"].as_str().expect("an image");
    assert!(image.starts_with("data:image/png;base64,iVBORw0KGgo"), "{image}");
    assert_eq!(ask().await["SetupCode"], offered["SetupCode"], "the same until it is proved");

    let authenticator = Authenticator::of(offered["SetupCode"].as_str().expect("a seed"));
    let due = due_session(node, "ada").await;
    let code = authenticator.code(Authenticator::step());
    elevate(&due, &code).await.expect(200);
    let proved = ask().await;
    assert_eq!(proved["TwoFactorRegistration"], "Registered");
    assert!(proved["SetupCode"].is_null() && proved["SetupImageUrl"].is_null(), "{proved}");

    admin(node).call("ResetUser2fa", &json!({ "UserName": "ada" })).await.expect(204);
    let anew = ask().await;
    assert_eq!(anew["TwoFactorRequired"], true, "it stays required");
    assert_ne!(anew["SetupCode"], offered["SetupCode"], "another seed");
}

/// C8, OT-3: neither seed nor code nor hash nor token is shown once more.
async fn nobody_is_told_a_session_or_a_secret_again(nodes: Nodes) {
    let node = nodes.first();
    let user = new_enrolled(node, "ada", &["UserStoreAdmin"]).await;
    let client = bearer(node, &user.session.token);
    let asked = json!({ "UserName": "ada", "Password": RIGHT });
    let named = json!({ "UserName": "ada" });
    let answers = [
        client.get("/api/users/ada").await,
        client.get("/api/users").await,
        client.query("/api/users", &[("ExportFormat", "csv")]).await,
        client.call("GetUserRolesPermissions", &named).await,
        nobody(node).call("GetUserTwoFactorStatus", &asked).await,
        super::api_1(node).get_user(&user.id).await,
        super::api_1(node).get_audit_trails("?limit=1000").await,
    ];
    for answer in answers {
        let text = answer.expect(200).text();
        let secrets = user.recovery_codes.iter().chain([&user.session.token]);
        for secret in secrets.map(String::as_str).chain([user.session.refresh()]) {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(!text.contains("SetupCode\":"), "{text}");
    }
    for secret in user.recovery_codes.iter().chain([&user.session.token]) {
        assert!(!node.log().contains(secret.as_str()), "in the log");
    }
}

async fn a_session_works_on_the_other_api_too(nodes: Nodes) {
    let node = nodes.first();
    let plain = new_session(node, "ada", &[]).await;
    let manager = new_session(node, "bob", &["UserManager"]).await;
    node.api(Some(&manager.token)).get_users("").await.expect(200);
    let id = plain.body["UserId"].as_str().expect("an id");
    node.api(Some(&plain.token)).get_users("").await.problem(404);
    node.api(Some(&manager.token)).get_user(id).await.expect(200);
    node.api(Some(plain.refresh())).get_users("").await.problem(401);
    let entry = super::api_1(node).new_user("made by key").await;
    let made = node.api(Some(&manager.token)).new_user("made by bob").await;
    for (user, by) in [(entry, "client:"), (made, "user:")] {
        let entries = super::api_1(node).entries_about(crate::harness::id_of(&user)).await;
        let told = entries[0]["user"].as_str().expect("a caller");
        assert!(told.starts_with(by), "{told}");
    }
}
