use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use adapters_delivery::{CheckpointWebhook, WebhookUrl, WebhookUrlError};
use domain::audit::{Publisher as _, Unpublished};

use crate::server::{Act, Server};
use crate::support::{SHORT, nobody, over, refusal, store};

/// What must never be printed.
const SECRETS: [&str; 4] = ["hooks-user", "hooks-password", "hooks-path", "hooks-token"];

fn url(scheme: &str, port: u16) -> String {
    let [user, password, path, token] = SECRETS;
    format!("{scheme}://{user}:{password}@localhost:{port}/{path}?token={token}")
}

fn webhook(url: &str) -> CheckpointWebhook {
    CheckpointWebhook::new(WebhookUrl::parse(url).unwrap()).unwrap()
}

/// Why a checkpoint is not taken there, which tells no secret.
async fn told(webhook: CheckpointWebhook) -> String {
    let why = refusal(&webhook).await;
    for text in [why.clone(), format!("{webhook:?}")] {
        assert!(!SECRETS.iter().any(|secret| text.contains(secret)), "{text}");
    }
    why
}

#[tokio::test]
async fn a_checkpoint_is_posted_as_text() {
    let server = Server::start(Act::answer("204 No Content"));
    webhook(&url("http", server.port())).publish(store(), &over(42)).await.unwrap();
    let (head, body) = server.request();
    assert_eq!(body, over(42).note);
    assert!(head.starts_with("post /hooks-path?token=hooks-token http/1.1\r\n"), "{head}");
    for header in [
        "content-type: text/plain; charset=utf-8",
        "user-agent: userstore",
        // hooks-user:hooks-password
        "authorization: basic ag9va3mtdxnlcjpob29rcy1wyxnzd29yza==",
    ] {
        assert!(head.lines().any(|line| line == header), "{head}");
    }
}

#[tokio::test]
async fn every_status_of_success_is_taken_for_one() {
    for status in ["200 OK", "201 Created", "202 Accepted", "299 Whatever"] {
        let server = Server::start(Act::answer(status));
        webhook(&url("http", server.port())).publish(store(), &over(42)).await.unwrap();
    }
}

#[tokio::test]
async fn every_other_status_is_told_by_its_number() {
    for status in ["304 Not Modified", "400 No", "404 hooks-path", "429 Wait", "503 Down"] {
        let server = Server::start(Act::answer(status));
        let why = told(webhook(&url("http", server.port()))).await;
        let (port, number) = (server.port(), status.split(' ').next().unwrap());
        assert_eq!(why, format!("the webhook at http://localhost:{port} answers {number}"));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(Act::answer("200 OK"));
    for status in [301, 302, 303, 307, 308] {
        let location = url("http", elsewhere.port());
        let server = Server::start(Act::answer(&format!("{status} No\r\nLocation: {location}")));
        let why = told(webhook(&url("http", server.port()))).await;
        assert!(why.ends_with(&format!("answers {status}")), "{why}");
    }
    assert!(!elsewhere.was_asked());
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let flood = |status: &str| Act::Flood(format!("HTTP/1.1 {status}\r\n\r\n"));
    let server = Server::start(flood("200 OK"));
    webhook(&url("http", server.port())).publish(store(), &over(42)).await.unwrap();
    let server = Server::start(flood("500 Error"));
    let why = told(webhook(&url("http", server.port()))).await;
    assert!(why.ends_with("answers 500"), "{why}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let begun = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n".to_owned();
    for act in [Act::Hang, Act::Flood(begun)] {
        let server = Server::start(act.clone());
        let why = told(webhook(&url("http", server.port())).with_patience(SHORT)).await;
        if matches!(act, Act::Hang) {
            let port = server.port();
            let who = format!("the webhook at http://localhost:{port}");
            assert_eq!(why, format!("{who} has not taken the checkpoint within 0.3 s"));
        }
    }
}

#[tokio::test]
async fn nobody_there_is_told() {
    let port = nobody();
    let why = told(webhook(&url("http", port))).await;
    assert!(why.starts_with(&format!("the webhook at http://localhost:{port} cannot be")), "{why}");
    assert!(why.contains("refused"), "{why}");
}

#[tokio::test]
async fn what_does_not_speak_http_is_told() {
    for act in [Act::HangUp, Act::Say("220 mail.example.com ESMTP\r\n".into())] {
        let server = Server::start(act);
        let why = told(webhook(&url("http", server.port()))).await;
        assert!(why.contains("cannot be reached: "), "{why}");
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let server = Server::with_a_certificate_of_its_own(Act::answer("200 OK"));
    let why = told(webhook(&url("https", server.port()))).await;
    assert!(why.contains("certificate"), "{why}");
    assert!(!server.was_asked());
}

#[tokio::test]
async fn a_server_without_tls_is_refused_by_https() {
    let server = Server::start(Act::answer("200 OK"));
    let why = told(webhook(&url("https", server.port())).with_patience(SHORT)).await;
    assert!(why.starts_with("the webhook at https://localhost:"), "{why}");
    assert!(!server.was_asked());
}

#[test]
fn a_webhook_outlives_the_runtime_that_it_was_made_in() {
    let server = Server::start(Act::answer("200 OK"));
    let webhook = webhook(&url("http", server.port()));
    let (sender, taken) = mpsc::channel();
    for _ in 0..2 {
        let (webhook, sender) = (webhook.clone(), sender.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let publish = async { webhook.publish(store(), &over(42)).await };
            sender.send(runtime.unwrap().block_on(publish)).unwrap();
        });
        let taken: Result<(), Unpublished> = taken.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(taken, Ok(()));
    }
}

#[test]
fn no_address_is_taken_where_others_could_listen() {
    for text in [
        "https://hooks.example.com",
        "https://user:password@hooks.example.com:8443/a/b?c=d",
        "http://localhost/x",
        "http://127.0.0.1:8080",
        "http://127.200.0.1",
        "http://[::1]:8080/",
    ] {
        assert!(WebhookUrl::parse(text).is_ok(), "{text}");
    }
    for text in [
        "http://hooks.example.com/",
        "http://localhost.example.com/",
        "http://10.0.0.1/",
        "http://[::2]/",
        "http://0.0.0.0/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "data:text/plain,x",
    ] {
        assert_eq!(WebhookUrl::parse(text).unwrap_err(), WebhookUrlError::InTheClear, "{text}");
    }
    for text in ["", "hooks.example.com/hooks-token", "https://", "https://a b/", "/hooks-path"] {
        assert_eq!(WebhookUrl::parse(text).unwrap_err(), WebhookUrlError::Malformed, "{text}");
    }
    let fragment = WebhookUrl::parse("https://hooks.example.com/#hooks-token").unwrap_err();
    assert_eq!(fragment, WebhookUrlError::Fragment);
}

#[test]
fn of_an_address_no_more_than_its_host_is_printed() {
    let url = WebhookUrl::parse(&url("https", 8443)).unwrap();
    assert_eq!(url.to_string(), "https://localhost:8443");
    assert_eq!(format!("{url:?}"), "WebhookUrl(..)");
}

#[test]
fn what_is_wrong_is_a_rule() {
    use WebhookUrlError::{Fragment, InTheClear, Malformed};
    for error in [Malformed, InTheClear, Fragment] {
        assert!(error.to_string().starts_with("must "), "{error}");
    }
}
