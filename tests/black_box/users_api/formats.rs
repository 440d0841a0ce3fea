//! The one format that there is, and the others that are asked for; names that look like formats, and
//! like parts of paths.

use reqwest::Method;
use serde_json::json;

use super::{Nodes, Refusal, admin, details, new_user, nobody};
use crate::harness::{encoded, on_both_databases};
use crate::sign_in::RIGHT;

on_both_databases![
    another_format_is_not_acceptable,
    a_format_is_a_suffix_unless_it_is_a_name,
    words_of_paths_are_names_like_others,
];

async fn another_format_is_not_acceptable(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    let client = admin(node);
    for format in ["xml", "jsv", "csv", "html", "soap12", "x", "json2"] {
        for path in ["/api/users/ada", "/api/GetUserList", "/api/users", "/api/auth"] {
            let answer = client.query(path, &[("format", format)]).await;
            assert_eq!(answer.status, 406, "{path} {format}: {}", answer.text());
            Refusal::read(answer, 406);
        }
    }
    for accept in
        ["application/xml", "text/html", "text/csv;q=0.9", "image/*", "application/json;q=0"]
    {
        let answer = client.with("accept", accept).get("/api/users/ada").await;
        assert_eq!(answer.status, 406, "{accept}: {}", answer.text());
        Refusal::read(answer, 406);
    }
    for accept in [
        "*/*",
        "application/json",
        "application/*",
        "text/html, */*;q=0.1",
        "APPLICATION/JSON",
        "text/xml, application/json;q=0.5",
        "",
    ] {
        client.with("accept", accept).get("/api/users/ada").await.json(200);
    }
    for format in ["json", "JSON"] {
        // What is asked for in the address beats what the client always says.
        let asked = client.with("accept", "application/xml");
        asked.query("/api/users/ada", &[("Format", format)]).await.json(200);
    }
    // A refused format changes nothing.
    let answer = client.query("/api/users/delete", &[("UserName", "ada"), ("format", "xml")]).await;
    Refusal::read(answer, 406);
    details(node, "ada").await;
    for media_type in ["text/plain", "application/xml", "multipart/form-data; boundary=x"] {
        let answer =
            client.text(Method::POST, "/api/users/reset", media_type, "UserName=ada").await;
        Refusal::read(answer, 415);
    }
}

async fn a_format_is_a_suffix_unless_it_is_a_name(nodes: Nodes) {
    let node = nodes.first();
    let client = admin(node);
    for path in
        ["/api/users.json", "/api/permissions.json", "/api/auth.json", "/api/GetUserList.json"]
    {
        let answer = client.get(path).await;
        assert!([200, 401].contains(&answer.status), "{path}: {}", answer.text());
    }
    Refusal::read(client.get("/api/users.xml").await, 406);
    new_user(node, "ada", &[]).await;
    assert_eq!(client.get("/api/users/ada.json").await.json(200)["UserName"], "ada");
    for suffix in ["xml", "csv", "JSV", "html"] {
        Refusal::read(client.get(&format!("/api/users/ada.{suffix}")).await, 406);
    }
    Refusal::read(client.get("/api/users/ada.jpeg").await, 404);
    for name in ["ada.json", "ada.xml", ".json", "bob.json.json"] {
        let body = json!({ "UserDetails": { "UserName": name }, "Password": RIGHT });
        client.call("AddUser", &body).await.expect(200);
        let path = format!("/api/users/{}", encoded(name));
        assert_eq!(client.get(&path).await.json(200)["UserName"], name);
        assert_eq!(client.get(&format!("{path}/")).await.json(200)["UserName"], name);
        assert_eq!(details(node, name).await["UserName"], name);
    }
    assert_eq!(client.get("/api/users/ada").await.json(200)["UserName"], "ada");
    client.call("DeleteUser", &json!({ "UserName": "ada.json" })).await.expect(204);
    assert_eq!(client.get("/api/users/ada.json").await.json(200)["UserName"], "ada");
    assert_eq!(client.get("/api/users/bob.json.json").await.json(200)["UserName"], "bob.json.json");
    Refusal::read(client.get("/api/users/bob.json").await, 404);
}

async fn words_of_paths_are_names_like_others(nodes: Nodes) {
    let node = nodes.first();
    let client = admin(node);
    for name in [
        "add",
        "UPDATE",
        "delete",
        "reset",
        "resetPassword",
        "twoFactorStatus",
        "users",
        "api",
        "me",
        "..",
        ".",
        "%2e",
        "a/b",
        "a b",
        "ada?x=1",
        "ada#1",
        "{UserName}",
        "null",
        "undefined",
        "true",
        "[object Object]",
    ] {
        let body = json!({ "UserDetails": { "UserName": name }, "Password": RIGHT });
        assert_eq!(client.call("AddUser", &body).await.json(200)["UserName"], name);
        assert_eq!(
            client.query("/api/GetUser", &[("UserName", name)]).await.json(200)["UserName"],
            name
        );
        let fields = [("UserName", name), ("CurrentPassword", RIGHT)];
        nobody(node).form("/api/users/validatePassword", &fields).await.expect(204);
        client.form("/api/users/delete", &[("UserName", name)]).await.expect(204);
        Refusal::read(client.query("/json/reply/GetUser", &[("UserName", name)]).await, 404);
    }
    assert_eq!(client.get("/api/users").await.json(200), json!([]));
}
