//! What must not be told, is not: canaries driven through every place of a request, then looked for
//! in everything the node wrote.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Installation, Server, on_both_databases};

on_both_databases![
    no_secret_reaches_the_log,
    a_request_is_logged_with_its_id,
    the_password_of_the_database_is_not_told,
];

const CANARY: &str = "canary-7f3a9c51e8";

async fn no_secret_reaches_the_log(server: Server) {
    let key = server.make_key(CANARY, &["UserManager@default"]);
    let admin = server.admin();
    let presented = server.anonymous().with("authorization", &format!("Bearer us_{CANARY}"));
    presented.get_users("").await.problem(401);
    server.anonymous().with("authorization", &format!("Basic {CANARY}")).get_users("").await;
    for api in [&admin, &server.holder_of(&key), &presented] {
        let api = api.with("cookie", CANARY).with("x-request-id", &format!("{CANARY} x"));
        api.get_users(&format!("?cursor={CANARY}&limit=1")).await;
        api.get_users(&format!("?token={CANARY}")).await;
        api.get_user(&format!("x?{CANARY}")).await;
        api.get(&format!("/nowhere?key={CANARY}")).await;
        api.get(&format!("/nowhere?key={key}")).await;
        let user = json!({ "loginName": "ada", "password": CANARY, "firstName": CANARY });
        api.create_user(&user).await;
        let broken = json!({ "loginName": format!("{CANARY}\u{0}"), "emailAddress": CANARY });
        api.create_user(&broken).await;
        let path = api.path(&format!("User?{CANARY}"));
        api.send_json_text(Method::POST, &path, format!("{{{CANARY}").as_bytes()).await;
        api.get(&api.path(&format!("User/loginname/{CANARY}"))).await;
    }
    let log = server.node.log();
    assert!(log.contains("listening"), "this is the log");
    assert_absent(&log, CANARY);
    assert_absent(&log, &key);
    assert_absent(&log, crate::harness::ADMIN_KEY);
}

fn assert_absent(log: &str, secret: &str) {
    let line = log.lines().find(|line| line.contains(secret));
    assert!(line.is_none(), "told in: {}", line.unwrap_or_default());
}

async fn a_request_is_logged_with_its_id(server: Server) {
    let answer = server.admin().get_user("x").await;
    let id = answer.header("x-request-id").to_owned();
    assert!(server.node.log().contains(&id), "{id} in {}", server.node.log());
    let sent = server.admin().with("x-request-id", "a\tb").get_user("x").await;
    assert_ne!(sent.header("x-request-id"), "a\tb");
}

async fn the_password_of_the_database_is_not_told(installation: Installation) {
    let mut installation = installation.with("USERSTORE__SECRETS__DIRECTORY", "secrets");
    for url in [
        format!("postgres://user:{CANARY}@127.0.0.1:1/none"),
        format!("postgres://user:{CANARY}@"),
        format!("mysql://user:{CANARY}@localhost/none"),
        format!("{CANARY}:/x"),
    ] {
        installation = installation.with("USERSTORE__DATABASE__URL", &url);
        for command in [&["serve"][..], &["migrate"], &["store", "list"], &["config", "check"]] {
            let said = installation.run(command);
            assert!(said.code != Some(0) || command == ["config", "check"], "{command:?} {url}");
            assert_absent(&said.stdout, CANARY);
            assert_absent(&said.stderr, CANARY);
        }
    }
}
