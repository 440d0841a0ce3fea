//! When a browser is given a session to keep, and which of those that it shows is taken.

use reqwest::Method;
use serde_json::json;

use super::csrf::cookies;
use super::{Nodes, Refusal, SignedIn, UsersClient, api_1, bearer, new_user, nobody};
use crate::harness::{Answer, Node, on_both_databases};
use crate::sign_in::RIGHT;

on_both_databases![
    a_link_signs_no_browser_in,
    a_post_gives_a_browser_its_session,
    cookies_of_two_sessions_are_none,
    a_browser_that_is_remembered_goes_on_with_the_further_token,
];

/// The cookies that an answer sets to something.
fn kept(answer: &Answer) -> Vec<(String, String)> {
    let set = cookies(answer).into_iter().map(|(name, value, _)| (name, value));
    set.filter(|(_, value)| !value.is_empty()).collect()
}

/// The headers of a link that somebody has made up for a victim to follow.
fn links(node: &Node) -> Vec<Vec<(&'static str, String)>> {
    let own = api_1(node).origin().to_owned();
    vec![
        vec![],
        vec![("sec-fetch-site", "none".to_owned())],
        vec![("referer", "https://evil.example/".to_owned())],
        vec![("referer", format!("{own}/"))],
        vec![("sec-fetch-site", "none".to_owned()), ("origin", own)],
    ]
}

fn with(client: &UsersClient, headers: &[(&str, String)]) -> UsersClient {
    headers.iter().fold(client.clone(), |client, (name, value)| client.with(name, value))
}

async fn a_link_signs_no_browser_in(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    let fields = [("UserName", "ada"), ("Password", RIGHT)];
    for path in ["/api/auth/credentials", "/api/auth", "/json/reply/Authenticate"] {
        for headers in links(node) {
            let client = with(&nobody(node), &headers);
            let answer = client.query(path, &fields).await.expect(200);
            assert_eq!(cookies(&answer), [], "{headers:?} {path}");
            // Whoever is no browser reads the tokens from the answer.
            let session = SignedIn::of(&answer.json(200));
            bearer(nodes.other(), &session.token).whoami().await.expect(200);
        }
        let own = nobody(node).with("sec-fetch-site", "same-origin");
        let answer = own.query(path, &fields).await.expect(200);
        let token = SignedIn::of(&answer.clone().json(200)).token;
        assert_eq!(kept(&answer), [("ss-id".to_owned(), token)], "{path}");
    }
}

async fn a_post_gives_a_browser_its_session(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    let own = api_1(node).origin().to_owned();
    for headers in [
        vec![],
        vec![("sec-fetch-site", "none".to_owned())],
        vec![("sec-fetch-site", "same-origin".to_owned())],
        vec![("origin", own)],
    ] {
        let client = with(&nobody(node), &headers);
        for (remember, name) in [("false", "ss-id"), ("true", "ss-pid")] {
            let fields = [("UserName", "ada"), ("Password", RIGHT), ("RememberMe", remember)];
            let answer = client.form("/api/auth/credentials", &fields).await.expect(200);
            let token = SignedIn::of(&answer.clone().json(200)).token;
            assert_eq!(kept(&answer), [(name.to_owned(), token.clone())], "{headers:?}");
            nobody(nodes.other()).with_cookie(name, &token).whoami().await.expect(200);
        }
    }
}

/// Somebody else has set one of them, for the browser to act as whom it is not.
async fn cookies_of_two_sessions_are_none(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &["UserManager"]).await;
    let one = nobody(node).sign_in("ada", RIGHT).await.token;
    let other = nobody(node).sign_in("ada", RIGHT).await.token;
    let own = nobody(nodes.other()).with("sec-fetch-site", "same-origin");
    for (passing, remembered) in [(&one, &other), (&other, &one)] {
        for cookie in [
            format!("ss-id={passing}; ss-pid={remembered}"),
            format!("ss-pid={remembered}; theme=dark; ss-id={passing}"),
            format!("ss-id={passing}; ss-id={remembered}"),
            format!("ss-id={passing}; ss-pid=usr_session_AAAA"),
            format!("ss-id={passing}; ss-pid=x"),
        ] {
            let browser = own.with("cookie", &cookie);
            for method in [Method::GET, Method::POST] {
                for path in ["/api/auth", "/api/users/ada", "/api/users", "/api/permissions"] {
                    let answer = browser.send(method.clone(), path).await;
                    assert_eq!(answer.status, 401, "{method} {path} {cookie}: {}", answer.text());
                    Refusal::read(answer, 401);
                }
            }
        }
    }
    for cookie in [
        format!("ss-id={one}; ss-pid={one}"),
        format!("ss-id={one}; ss-pid="),
        format!("ss-id=; ss-pid={one}"),
    ] {
        own.with("cookie", &cookie).whoami().await.expect(200);
    }
    bearer(node, &one)
        .with_cookie("ss-id", &one)
        .with_cookie("ss-pid", &other)
        .whoami()
        .await
        .expect(200);
}

async fn a_browser_that_is_remembered_goes_on_with_the_further_token(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    new_user(node, "ada", &[]).await;
    let path = "/api/access-token";
    for (remember, name) in [("true", "ss-pid"), ("false", "ss-id")] {
        let fields = [("UserName", "ada"), ("Password", RIGHT), ("RememberMe", remember)];
        let answer = nobody(node).form("/api/auth/credentials", &fields).await;
        let session = SignedIn::of(&answer.json(200));
        let refresh = json!({ "RefreshToken": session.refresh() });
        let browser = nobody(other).with_cookie(name, &session.token);
        for client in [browser.clone(), browser.with("sec-fetch-site", "same-origin")] {
            let answer = client.post(path, &refresh).await.expect(200);
            let token =
                answer.clone().json(200)["AccessToken"].as_str().expect("a token").to_owned();
            assert_eq!(kept(&answer), [(name.to_owned(), token.clone())]);
            nobody(node).with_cookie(name, &token).whoami().await.expect(200);
        }
        // Neither a page of another site gives the browser one, nor a link, nor is it given unasked.
        let foreign = browser.with("sec-fetch-site", "cross-site");
        assert_eq!(cookies(&foreign.post(path, &refresh).await), [], "of another site");
        let link = browser.query(path, &[("RefreshToken", session.refresh())]).await.expect(200);
        assert_eq!(cookies(&link), [], "by a link");
        let plain = bearer(other, &session.token).post(path, &refresh).await.expect(200);
        assert_eq!(cookies(&plain), [], "to whom is no browser");
    }
}
