//! That a text in the place of a login name is a name like any other, whatever is in it.

use serde_json::json;

use crate::harness::{Server, on_both_databases};

on_both_databases![names_that_nobody_can_have_are_like_unknown_ones];

async fn names_that_nobody_can_have_are_like_unknown_ones(server: Server) {
    let (api, anonymous) = (server.admin(), server.anonymous());
    let long = "x".repeat(4_000);
    let change = json!({ "oldPassword": "x", "newPassword": "a password to change to" });
    let respond = json!({ "token": "usr_reset_x", "password": "a password to change to" });
    for name in ["a\u{0}", "\n\r", "\u{1b}[31m", "..%2f", "'; --", &long] {
        assert_eq!(api.verify(name, "x").await.json(200)["outcome"], "Failed", "{name:?}");
        for (rest, body) in [("change", &change), ("reset/response", &respond)] {
            let problem = anonymous.public(name, rest, Some(body)).await.problem(400);
            assert_eq!(problem["type"], "urn:userstore:problem:refused", "{name:?}");
        }
        anonymous.public(name, "reset/request", None).await.expect(202);
    }
    // No such wish keeps others waiting for theirs.
    let ada = json!({ "loginName": "ada", "emailAddress": "ada@example.com" });
    api.create_user(&ada).await.expect(201);
    anonymous.public("ada", "reset/request", None).await.expect(202);
    server.installation.token_but(&[]).await;
}
