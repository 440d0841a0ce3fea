//! That no secret comes back: a canary goes into every place where a secret can be sent.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App};
use crate::log::Log;

const CANARY: &str = "CANARY a secret that is told nobody";

/// Bodies with the canary in every property that is a secret, right and wrong.
fn bodies() -> Vec<Value> {
    let mut bodies = vec![
        json!(CANARY),
        json!([CANARY]),
        json!({"password": CANARY, "token": CANARY, "oldPassword": CANARY, "newPassword": CANARY}),
        json!({"password": [CANARY], "token": {"x": CANARY}, "oldPassword": [CANARY]}),
        json!({"password": CANARY, "expiration": CANARY}),
        json!({"oldPassword": CANARY}),
        json!({"newPassword": CANARY}),
        json!({"token": format!("usr_reset_{CANARY}"), "password": CANARY}),
    ];
    let long = CANARY.repeat(40);
    bodies.push(json!({"password": long, "token": long, "oldPassword": long, "newPassword": long}));
    bodies
}

async fn answers(app: &App, id: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for body in bodies() {
        for act in [
            "password/initial",
            "password/initial/reset",
            "password/reset",
            "password/reset/sendresetemail",
            "password/reset/request",
            "password/reset/response",
            "lockout/reset",
            "password/change",
        ] {
            answers.push(app.post(&format!("/User/{id}/{act}"), body.clone()).await);
        }
        for name in ["ada", "nobody"] {
            let verify = format!("/User/loginname/{name}/password/verify");
            answers.push(app.post(&verify, body.clone()).await);
            for act in ["change", "reset/response", "reset/request"] {
                let request = app.public(&format!("/{name}/password/{act}"));
                answers.push(app.send(request.set_json(&body)).await);
            }
        }
    }
    let cut = format!("{{\"password\":\"{CANARY}");
    for path in [format!("/User/{id}/password/reset"), "/User/loginname/ada/password/verify".into()]
    {
        let request = app.request(Method::POST, &path);
        let request = request.insert_header(("content-type", "application/json"));
        answers.push(app.send(request.set_payload(cut.clone())).await);
    }
    answers
}

#[actix_web::test]
async fn no_secret_is_in_an_answer_the_log_or_the_audit_trail() {
    let app = App::start().await;
    let ada = json!({"loginName": "ada", "emailAddress": "ada@example.com"});
    let id = app.user(ada).await["id"].as_str().unwrap().to_owned();
    let (log, _guard) = Log::begin();
    let answers = answers(&app, &id).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    app.world.courier().round(100).await.unwrap();
    let token = app.world.letters.latest_token().unwrap().reveal().to_owned();
    let hidden = ["CANARY", "$test$", "usr_reset_", &token];
    let lists = [app.get("/CustomAuditTrail").await, app.get("/User").await];
    for answer in answers.iter().chain(&lists) {
        let headers = format!("{:?}", answer.headers);
        for secret in hidden {
            assert!(!answer.text().contains(secret) && !headers.contains(secret), "{answer:?}");
        }
    }
    let log = log.text();
    assert!(log.contains("answered"));
    for secret in hidden {
        assert!(!log.contains(secret), "{log}");
    }
}
