//! Tokens that set a password: once, by one of many, and from no other place than the configured
//! one.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Cheap, NEW, RIGHT, new_user_with_password, outcome};
use crate::harness::{ADMIN_KEY, on_both_databases};

on_both_databases![
    one_token_by_50_requests_sets_one_password,
    a_forgotten_password_is_reset_without_a_credential,
    the_answer_for_a_name_that_is_none_is_the_same,
    a_link_begins_as_configured_whatever_a_request_says,
];

fn answer_to(token: &str, password: &str) -> Value {
    json!({ "token": token, "password": password })
}

async fn one_token_by_50_requests_sets_one_password(Cheap(here): Cheap) {
    let node = here.start().await;
    let (api, anonymous) = (node.api(Some(ADMIN_KEY)), node.api(None));
    let id = new_user_with_password(&api, "ada").await;
    api.user_post(&id, "password/reset/sendresetemail", None).await.expect(200);
    let token = here.token_but(&[]).await;
    let before = api.entries_about(&id).await.len();
    let uses = (0..50).map(|n| {
        let body = answer_to(&token, &format!("{NEW} {n}"));
        let anonymous = &anonymous;
        async move { anonymous.public("ada", "reset/response", Some(&body)).await.status }
    });
    let statuses = join_all(uses).await;
    let won: Vec<_> = (0..50).filter(|n| statuses[*n] == 200).collect();
    assert_eq!(won.len(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 400, 429].contains(status)), "{statuses:?}");
    assert_eq!(api.entries_about(&id).await.len(), before + 1);
    let password = format!("{NEW} {}", won[0]);
    assert_eq!(super::patient_outcome(&api, "ada", &password).await, "Succeeded");
}

async fn a_forgotten_password_is_reset_without_a_credential(Cheap(here): Cheap) {
    let node = here.start().await;
    let (api, anonymous) = (node.api(Some(ADMIN_KEY)), node.api(None));
    let id = new_user_with_password(&api, "ada").await;
    let shown = api.get_user(&id).await.json(200);
    anonymous.public("ADA", "reset/request", None).await.expect(202);
    let token = here.token_but(&[]).await;
    assert_eq!(api.get_user(&id).await.json(200), shown, "a request changes nothing");
    let body = answer_to(&token, NEW);
    anonymous.public("ada", "reset/response", Some(&body)).await.expect(200);
    assert_eq!(outcome(&api, "ada", NEW).await, "Succeeded");
    assert_eq!(outcome(&api, "ada", RIGHT).await, "Failed");
    anonymous.public("ada", "reset/response", Some(&body)).await.problem(400);
}

async fn the_answer_for_a_name_that_is_none_is_the_same(Cheap(here): Cheap) {
    let node = here.start().await;
    let (api, anonymous) = (node.api(Some(ADMIN_KEY)), node.api(None));
    new_user_with_password(&api, "ada").await;
    for name in ["ada", "nobody"] {
        let answer = anonymous.public(name, "reset/request", None).await.expect(202);
        assert!(answer.body.is_empty(), "{}", answer.text());
    }
    let body = answer_to("usr_reset_AAAA", NEW);
    let change = json!({ "oldPassword": super::WRONG, "newPassword": NEW });
    for (rest, body) in [("reset/response", &body), ("change", &change)] {
        let mut told = Vec::new();
        for name in ["ada", "nobody"] {
            let answer = anonymous.public(name, rest, Some(body)).await;
            let mut problem = answer.clone().problem(400);
            let members = problem.as_object_mut().expect("an object");
            members.remove("instance");
            members.retain(|name, _| !name.to_lowercase().contains("request"));
            let mut headers = answer.headers.clone();
            for own in ["date", "x-request-id"] {
                headers.remove(own);
            }
            told.push((problem, headers));
        }
        let lengths = |(_, headers): &mut (Value, reqwest::header::HeaderMap)| {
            headers.remove("content-length");
        };
        told.iter_mut().for_each(lengths);
        assert_eq!(told[0], told[1], "{rest}");
    }
}

/// C19: the link of a mail comes from the configuration alone.
async fn a_link_begins_as_configured_whatever_a_request_says(Cheap(here): Cheap) {
    let here = here.with("USERSTORE__MAIL__RESET_LINK", "https://id.example.com/reset?t={token}");
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    new_user_with_password(&api, "ada").await;
    let forged = node
        .api(None)
        .with("host", "evil.example")
        .with("x-forwarded-host", "evil.example")
        .with("forwarded", "host=evil.example;proto=http")
        .with("origin", "https://evil.example");
    forged.public("ada", "reset/request", None).await.expect(202);
    let token = here.token_but(&[]).await;
    let letters = here.letters().join("\n").replace("=\r\n", "").replace("=3D", "=");
    assert!(letters.contains(&format!("https://id.example.com/reset?t={token}")), "{letters}");
    assert!(!letters.contains("evil.example"), "{letters}");
}
