//! A canary driven through every route that takes a secret: it is found nowhere but in the mail.

use serde_json::{Value, json};

use super::{Cheap, new_user_with_password};
use crate::harness::{ADMIN_KEY, Answer, Installation, on_both_databases};

on_both_databases![no_password_and_no_token_is_found_anywhere];

const CANARY: &str = "canary-91b7d2f0aa";

/// Passwords that hold the canary.
fn password(n: u32) -> String {
    format!("{CANARY} battery staple {n}")
}

/// Every byte that the node and its database wrote, but for the mail.
fn written(here: &Installation) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(here.directory()).expect("the directory") {
        let path = file.expect("a file").path();
        if path.is_file() {
            bytes.extend(std::fs::read(&path).expect("a file"));
        }
    }
    bytes
}

fn is_in(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

async fn no_password_and_no_token_is_found_anywhere(Cheap(here): Cheap) {
    let here = here.with("USERSTORE__LOG__FILTER", "trace");
    let node = here.start().await;
    let (api, anonymous) = (node.api(Some(ADMIN_KEY)), node.api(None));
    let id = new_user_with_password(&api, "ada").await;
    let mut answers: Vec<Answer> = Vec::new();
    let mut say = |answer: Answer| answers.push(answer);

    let change = |old: String, new: String| json!({ "oldPassword": old, "newPassword": new });
    let respond = |token: &str, n| json!({ "token": token, "password": password(n) });
    let set = json!({ "password": password(0) });
    say(api.user_post(&id, "password/initial", Some(&set)).await.expect(200));
    say(api.user_post(&id, "password/reset", Some(&set)).await.expect(200));
    let own = change(password(0), password(1));
    say(api.user_post(&id, "password/change", Some(&own)).await.expect(200));
    let wrong = change(password(7), password(8));
    say(api.user_post(&id, "password/change", Some(&wrong)).await.expect(400));
    let own = change(password(1), password(2));
    say(anonymous.public("ada", "change", Some(&own)).await.expect(200));
    say(anonymous.public("ada", "change", Some(&wrong)).await);
    say(api.verify("ada", &password(2)).await.expect(200));
    say(api.verify("ada", &password(7)).await.expect(200));
    say(api.verify(&password(3), &password(3)).await);
    say(api.user_post(&id, "password/reset/sendresetemail", None).await.expect(200));
    let first = here.token_but(&[]).await;
    let body = respond(&first, 3);
    say(api.user_post(&id, "password/reset/response", Some(&body)).await.expect(200));
    say(api.user_post(&id, "password/reset/response", Some(&body)).await.expect(400));
    say(anonymous.public("ada", "reset/request", None).await.expect(202));
    let second = here.token_but(std::slice::from_ref(&first)).await;
    let body = respond(&second, 4);
    say(anonymous.public("ada", "reset/response", Some(&body)).await.expect(200));
    let body = respond(&format!("usr_reset_{CANARY}"), 5);
    say(anonymous.public("ada", "reset/response", Some(&body)).await);
    for broken in [
        json!({ "password": [password(6)] }),
        json!({ CANARY: CANARY, "password": null }),
        json!({ "password": format!("{CANARY}\u{0}") }),
        Value::String(password(6)),
    ] {
        for rest in ["password/initial", "password/reset", "password/reset/response"] {
            say(api.user_post(&id, rest, Some(&broken)).await.expect(400));
        }
        say(api.user_post(&id, "password/change", Some(&broken)).await.expect(400));
    }
    let cut = format!("{{\"password\": \"{CANARY}");
    let path = api.path(&format!("User/{id}/password/reset"));
    say(api.send_json_text(reqwest::Method::POST, &path, cut.as_bytes()).await.expect(400));
    say(api.get_audit_trails("?limit=1000").await.expect(200));
    say(api.get_user(&id).await.expect(200));

    for secret in [CANARY, &first, &second] {
        for answer in &answers {
            assert!(!answer.text().contains(secret), "told in an answer: {}", answer.text());
        }
        let line = node.log().lines().find(|line| line.contains(secret)).map(str::to_owned);
        assert_eq!(line, None, "told in the log");
        assert!(!is_in(&written(&here), secret), "written beside the log");
    }
    assert!(here.letters().iter().all(|letter| !letter.contains(CANARY)), "told in a letter");
}
