//! Passwords as the users API looks at them, sets them and resets them.

use serde_json::{Value, json};

use crate::users_scene::{Hub, PASSWORD};

const NEW: &str = "another password that is long";

#[actix_web::test]
async fn a_password_is_looked_at_under_either_name() {
    let hub = Hub::with_ada().await;
    let path = "/api/users/validatePassword/";
    for name in ["Password", "CurrentPassword"] {
        hub.ask(path, json!({"UserName": "ADA", name: PASSWORD})).await.is(204);
        hub.ask(path, json!({"UserName": "ada", name: NEW})).await.code(401, "Unauthorized");
        hub.ask(path, json!({"UserName": "nobody", name: PASSWORD}))
            .await
            .code(401, "Unauthorized");
    }
    hub.ask(path, json!({"UserName": "ada"})).await.faults(&["Password"]);
    hub.ask(path, json!({"UserName": "ada", "Password": [1]})).await.faults(&["Password"]);
    hub.ask(path, json!({"Password": ""})).await.faults(&["UserName", "Password"]);
    let query = format!("{path}?UserName=ada&Password={}", PASSWORD.replace(' ', "+"));
    hub.app.send(Hub::request(actix_web::http::Method::GET, &query)).await.is(204);
}

#[actix_web::test]
async fn a_password_is_looked_at_as_a_replacement() {
    let hub = Hub::with_ada().await;
    let validate = |current: &str, new: &str| {
        let body = json!({"UserName": "ada", "CurrentPassword": current, "Password": new});
        hub.ask("/api/users/validatePassword/", body)
    };
    validate(PASSWORD, NEW).await.is(204);
    validate(NEW, NEW).await.code(401, "Unauthorized");
    validate(PASSWORD, "short").await.faults(&["Password"]);
    hub.validate("ada", PASSWORD).await.is(204);
}

#[actix_web::test]
async fn a_password_is_set_by_whoever_shows_their_own() {
    let hub = Hub::with_ada().await;
    hub.add("bob", json!({"Roles": ["UserManager"]})).await;
    let (ada, bob) = (hub.sign_in("ada").await, hub.sign_in("bob").await);
    let update = |name: &str, current: &str, new: &str| json!({"UserName": name, "CurrentPassword": current, "Password": new});
    let path = "/api/users/updatePassword/";
    hub.post_with(&ada, path, update("ada", NEW, NEW)).await.code(400, "InvalidCurrentPassword");
    hub.post_with(&ada, path, update("ada", PASSWORD, "short")).await.faults(&["Password"]);
    hub.post_with(&ada, path, update("bob", PASSWORD, NEW)).await.code(403, "Forbidden");
    hub.post_with(&ada, path, json!({})).await.faults(&["UserName", "Password"]);
    hub.post_with(&ada, path, update("ada", PASSWORD, NEW)).await.is(204);
    hub.validate("ada", NEW).await.is(204);
    hub.post_with(&bob, path, update("ada", PASSWORD, PASSWORD)).await.is(204);
    hub.get_with(&ada, "/api/users/ada").await.code(401, "Unauthorized");
    assert!(hub.details("ada").await["ChangePasswordByUtc"].is_string());
    hub.post("manager", path, json!({"UserName": "ada", "Password": NEW})).await.is(204);
}

async fn preview(hub: &Hub, client: &str) -> (String, String) {
    let path = "/api/users/previewResetPassword/";
    let shown = hub.post(client, path, json!({"UserName": "ada"})).await.is(200).json();
    let text = |name: &str| shown[name].as_str().unwrap().to_owned();
    assert_eq!(shown["Version"], 1);
    (text("Password"), text("PreviewToken"))
}

#[actix_web::test]
async fn a_preview_changes_nothing_until_it_is_redeemed_by_whom_it_was_shown_to() {
    let hub = Hub::with_ada().await;
    let (password, token) = preview(&hub, "manager").await;
    hub.validate("ada", PASSWORD).await.is(204);
    let reset = json!({"UserName": "ada", "PreviewToken": token});
    let path = "/api/users/resetPassword/";
    hub.post("admin", path, reset.clone()).await.code(400, "InvalidToken");
    let done = hub.post("manager", path, reset.clone()).await.is(200).json();
    assert_eq!((&done["Password"], &done["Version"]), (&json!(password), &json!(1)));
    assert!(done["ChangeByDateUtc"].as_str().unwrap().ends_with("0Z"), "{done}");
    assert_eq!(done["ChangeByDateUtc"], hub.details("ada").await["ChangePasswordByUtc"]);
    hub.post("manager", path, reset).await.code(400, "InvalidToken");
    hub.post("manager", path, json!({"UserName": "ada", "PreviewToken": "x"}))
        .await
        .code(400, "InvalidToken");
}

#[actix_web::test]
async fn a_reset_generates_or_takes_a_password_and_not_both() {
    let hub = Hub::with_ada().await;
    let path = "/api/users/resetPassword/";
    let generated = hub.post("manager", path, json!({"UserName": "ada"})).await.is(200).json();
    let generated = generated["Password"].as_str().unwrap();
    hub.validate("ada", PASSWORD).await.code(401, "Unauthorized");
    hub.sign_in_by("ada", generated).await.is(200);
    let chosen = json!({"UserName": "ada", "NewPassword": NEW});
    assert_eq!(hub.post("manager", path, chosen).await.is(200).json()["Password"], NEW);
    let weak = json!({"UserName": "ada", "NewPassword": "short"});
    hub.post("manager", path, weak).await.faults(&["NewPassword"]);
    let both = json!({"UserName": "ada", "NewPassword": NEW, "PreviewToken": "x"});
    hub.post("manager", path, both).await.faults(&["NewPassword", "PreviewToken"]);
    hub.post("manager", path, json!({"UserName": "bob"})).await.code(404, "NotFound");
    hub.post("auditor", path, json!({"UserName": "ada"})).await.code(403, "Forbidden");
}

#[actix_web::test]
async fn nobody_resets_or_previews_their_own_password() {
    let hub = Hub::start().await;
    hub.add("bob", json!({"Roles": ["UserManager"]})).await;
    let bob = hub.sign_in("bob").await;
    let own: Value = json!({"UserName": "bob"});
    for path in ["/api/users/resetPassword/", "/api/users/previewResetPassword/"] {
        hub.post_with(&bob, path, own.clone()).await.code(403, "Forbidden");
    }
}
