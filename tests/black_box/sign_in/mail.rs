//! Mail through a real SMTP server, also one that is away for a while.

use serde_json::json;
use testkit::smtp::{MailServer, Options};

use super::{Cheap, NEW, new_user_with_password, outcome};
use crate::harness::{ADMIN_KEY, Installation, on_both_databases, token_in};

on_both_databases![
    a_mail_server_receives_a_token_that_works_once,
    the_owner_is_told_at_the_old_address_and_at_the_new_one,
    two_nodes_send_every_letter_once,
    mail_that_waited_while_the_server_was_away_is_sent_after_a_crash,
];

fn by_smtp(here: Installation, port: u16) -> Installation {
    here.with("USERSTORE__MAIL__TRANSPORT", "smtp")
        .with("USERSTORE__MAIL__FROM", "Identity <id@example.com>")
        .with("USERSTORE__MAIL__SMTP__HOST", "127.0.0.1")
        .with("USERSTORE__MAIL__SMTP__TLS", "none")
        .with("USERSTORE__MAIL__SMTP__PORT", &port.to_string())
}

fn mail_server() -> MailServer {
    MailServer::start(&Options::default()).expect("a mail server")
}

async fn a_mail_server_receives_a_token_that_works_once(Cheap(here): Cheap) {
    let server = mail_server();
    let here = by_smtp(here, server.port())
        .with("USERSTORE__MAIL__RESET_LINK", "https://id.example.com/reset?token={token}");
    let node = here.start().await;
    let (api, anonymous) = (node.api(Some(ADMIN_KEY)), node.api(None));
    let id = new_user_with_password(&api, "ada").await;
    api.user_post(&id, "password/reset/request", None).await.expect(200);
    let mail = server.wait_for(2).await.expect("mail");
    let reset = mail.iter().find_map(|mail| token_in(&mail.text)).expect("a token");
    let body = json!({ "token": reset, "password": NEW });
    anonymous.public("ada", "reset/response", Some(&body)).await.expect(200);
    anonymous.public("ada", "reset/response", Some(&body)).await.problem(400);
    assert_eq!(outcome(&api, "ada", NEW).await, "Succeeded");
    let mail = server.wait_for(3).await.expect("the notice");
    assert!(mail.iter().all(|mail| mail.to == ["ada@example.com"]), "{mail:?}");
}

async fn the_owner_is_told_at_the_old_address_and_at_the_new_one(Cheap(here): Cheap) {
    let server = mail_server();
    let here = by_smtp(here, server.port());
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    let user = json!({ "loginName": "ada", "emailAddress": "old@example.com" });
    let user = api.create_user(&user).await.json(201);
    let id = crate::harness::id_of(&user);
    let patch = json!([{ "op": "replace", "path": "/emailAddress", "value": "new@example.com" }]);
    api.patch_user(id, &patch).await.expect(202);
    let mail = server.wait_for(2).await.expect("mail");
    let to: Vec<_> = mail.iter().flat_map(|mail| &mail.to).collect();
    assert_eq!(to, ["old@example.com", "new@example.com"]);
}

async fn two_nodes_send_every_letter_once(Cheap(here): Cheap) {
    const USERS: usize = 30;
    let server = mail_server();
    let here = by_smtp(here, server.port());
    let nodes = [here.start().await, here.start().await];
    for n in 0..USERS {
        let api = nodes[n % 2].api(Some(ADMIN_KEY));
        new_user_with_password(&api, &format!("user{n}")).await;
    }
    let mail = server.wait_for(USERS).await.expect("mail");
    // Whatever is sent twice is sent soon: both nodes look every second.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(server.mail().expect("mail").len(), USERS, "{mail:?}");
    let to: std::collections::BTreeSet<_> = mail.iter().flat_map(|mail| &mail.to).collect();
    assert_eq!(to.len(), USERS);
}

async fn mail_that_waited_while_the_server_was_away_is_sent_after_a_crash(Cheap(here): Cheap) {
    let server = mail_server();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let away = nobody.local_addr().expect("its address").port();
    drop(nobody);
    let here = by_smtp(here, away);
    let node = here.start().await;
    new_user_with_password(&node.api(Some(ADMIN_KEY)), "ada").await;
    node.kill();
    let here = by_smtp(here, server.port());
    let _node = here.start().await;
    let mail = server.wait_for(1).await.expect("mail");
    assert_eq!(mail[0].to, ["ada@example.com"]);
}
