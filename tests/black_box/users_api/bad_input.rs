//! Requests that are not as they should be: refused with a sentence, never with a 5xx.

use reqwest::Method;
use serde_json::{Value, json};

use super::carriers::{Way, jsv};
use super::client::encode;
use super::fixture::Fixture;
use super::table::{Who, operations};
use super::{METHODS, Nodes, Refusal, UsersClient, admin, api_1, details, new_user, nobody};
use crate::harness::{Answer, Snapshot, encoded, on_both_databases};
use crate::sign_in::{NEW, RIGHT};

on_both_databases![
    fields_come_in_any_mix_of_carriers_and_letter_case,
    jsv_is_read_as_servicestack_writes_it,
    wrong_types_are_told_with_their_fields,
    nested_text_that_does_not_end_is_refused,
    what_is_said_twice_is_refused,
    all_broken_rules_are_told_at_once,
    whatever_comes_is_answered_without_a_failure,
    a_nul_in_a_name_is_refused_by_every_operation,
    a_secret_that_is_no_text_is_told_with_its_field,
    a_name_stands_in_the_path_beside_nothing_and_before_a_format,
];

fn users(query: &str) -> String {
    format!("/api/users/add?{query}")
}

async fn fields_come_in_any_mix_of_carriers_and_letter_case(nodes: Nodes) {
    let client = admin(nodes.first());
    let user =
        |name: &str| json!({ "userName": name, "FIRSTNAME": "Ada", "twoFactorRequired": "TRUE" });
    let split = users(&encode(&[("password", RIGHT), ("skipcheck", "1"), ("Version", "1")]));
    let answer = client.post(&split, &json!({ "USERDETAILS": user("one") })).await.json(200);
    assert_eq!((&answer["FirstName"], &answer["TwoFactorRequired"]), (&json!("Ada"), &json!(true)));
    let split = users(&encode(&[("uSERdETAILS", &user("two").to_string())]));
    client.form(&split, &[("PASSWORD", RIGHT)]).await.expect(200);
    let nested = json!({ "UserDetails": user("three").to_string(), "Password": RIGHT });
    client.post("/api/users/add", &nested).await.expect(200);
    let nested = jsv(&user("four"));
    let all =
        [("UserDetails", nested.as_str()), ("Password", RIGHT), ("shoe", "1"), ("Version", "7")];
    client.query("/api/users/add", &all).await.expect(200);
    // The media type of a client that sends no body means nothing.
    let empty = client.text(Method::GET, "/api/users/four", "application/json", "").await;
    assert_eq!(empty.json(200)["UserName"], "four");
    for value in ["true", "True", "1", "on", "yes", "false", "0"] {
        let pairs = [("UserName", "four"), ("Password", RIGHT), ("RememberMe", value)];
        nobody(nodes.first()).form("/api/auth/credentials", &pairs).await.expect(200);
    }
    // A parameter without a value is what a client makes of null.
    let query = "/api/users/resetPassword?UserName=four&PreviewToken&NewPassword&Version";
    client.get(query).await.expect(200);
}

async fn jsv_is_read_as_servicestack_writes_it(nodes: Nodes) {
    let node = nodes.first();
    for group in ["staff", "a, b", "{c}", "d \"e\""] {
        api_1(node).new_group(group).await;
    }
    let sent = json!({
        "UserName": "ada",
        "FirstName": "Augusta, \"Ada\"",
        "SecondName": "{[:]}",
        "Roles": ["UserManager", "AuditTrailReader"],
        "Groups": ["a, b", "d \"e\"", "staff", "{c}"],
        "DateFormats": { "Name": "x:y", "ShortDateTimeFormatNet": "HH:mm, dd" },
        "Locked": false,
    });
    let fields = [("UserDetails", &*jsv(&sent)), ("Password", RIGHT)];
    admin(node).query("/api/users/add", &fields).await.expect(200);
    let shown = details(node, "ada").await;
    for (member, value) in sent.as_object().expect("an object") {
        match member.as_str() {
            "DateFormats" => assert_eq!(shown[member]["Name"], value["Name"], "{shown}"),
            "Roles" | "Groups" => assert_eq!(sorted(&shown[member]), sorted(value), "{shown}"),
            _ => assert_eq!(shown[member], *value, "{shown}"),
        }
    }
    for text in [
        "{UserName:ada,Roles:UserManager}",
        "{UserName:ada,Roles:[]}",
        r#"{"UserName":"ada","Roles":["UserManager"]}"#,
        "{UserName:ada,Roles:\"UserManager,AuditTrailReader\"}",
        "{UserName:ada,FirstName:Ada King}",
        "{UserName:ada,FirstName:}",
    ] {
        let answer = admin(node).query("/api/users/update", &[("UserDetails", text)]).await;
        assert_eq!(answer.status, 204, "{text}: {}", answer.text());
    }
}

fn sorted(list: &Value) -> Vec<String> {
    let mut texts: Vec<_> = list.as_array().expect("a list").iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

async fn wrong_types_are_told_with_their_fields(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    let before = Snapshot::of(&api_1(node)).await;
    for (field, value) in [
        ("Locked", "perhaps"),
        ("Locked", "2"),
        ("Locked", "[]"),
        ("TwoFactorRequired", "{a:b}"),
        ("Roles", "{a:b}"),
        ("Roles", "[[a]]"),
        ("Roles", "[{a:b}]"),
        ("FirstName", "[a,b]"),
        ("FirstName", "{a:b}"),
        ("DateFormats", "[a]"),
        ("NotificationGroups", "{a:b}"),
        ("UserName", "[ada]"),
    ] {
        let user = if field == "UserName" { String::new() } else { "UserName:ada,".to_owned() };
        let text = format!("{{{user}{field}:{value}}}");
        let answer = admin(node).query("/api/users/update", &[("UserDetails", &text)]).await;
        let refusal = Refusal::read(answer, 400);
        assert!(refusal.names(field), "{text}: {refusal:?}");
    }
    for (member, value) in [
        ("Locked", json!("perhaps")),
        ("Locked", json!([true])),
        ("Locked", json!({})),
        ("TwoFactorRequired", json!(17)),
        ("FirstName", json!({ "a": 1 })),
        ("Email", json!(["a@example.com"])),
        ("Roles", json!({ "a": 1 })),
        ("Roles", json!([1, {}])),
        ("Groups", json!(true)),
        ("DateFormats", json!("no object")),
        ("DateFormats", json!(1)),
    ] {
        let mut user = json!({ "UserName": "ada" });
        user[member] = value;
        let answer = admin(node).call("UpdateUser", &json!({ "UserDetails": user })).await;
        let refusal = Refusal::read(answer, 400);
        assert!(refusal.names(member), "{user}: {refusal:?}");
    }
    for details in
        [json!("ada"), json!(1), json!(true), json!([]), json!("[object Object]"), json!("[]")]
    {
        let answer = admin(node).call("UpdateUser", &json!({ "UserDetails": details })).await;
        assert!(Refusal::read(answer, 400).names("UserDetails"), "{details}");
    }
    for body in
        [json!({}), json!({ "UserDetails": {} }), json!({ "UserDetails": { "UserName": "" } })]
    {
        Refusal::read(admin(node).call("UpdateUser", &body).await, 400);
        Refusal::read(admin(node).call("AddUser", &body).await, 400);
    }
    before.assert_kept(&api_1(node), "wrong types").await;
}

async fn nested_text_that_does_not_end_is_refused(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    let before = Snapshot::of(&api_1(node)).await;
    let deep = format!("{{UserName:ada,Shoe:{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let open = format!("{{UserName:ada,Shoe:{}", "{a:".repeat(20_000));
    for text in [
        "{",
        "{UserName:ada",
        "{UserName:ada,Roles:[UserManager",
        "{UserName:ada,Roles:[UserManager}",
        "{UserName:ada,FirstName:\"Ada",
        "{UserName:ada,FirstName:\"Ada\"\"}",
        "{UserName:ada}}",
        "{UserName:ada}x",
        "{UserName:ada,DateFormats:{Name:x}",
        "{UserName}",
        "{:ada}",
        "UserName:ada}",
        "{\"UserName\":\"ada\"",
        "{\"UserName\":\"ada\",\"Roles\":[\"x\"}",
        &deep,
        &open,
    ] {
        for request_type in ["UpdateUser", "AddUser"] {
            let path = format!("/api/{request_type}");
            let answer =
                admin(node).form(&path, &[("UserDetails", text), ("Password", RIGHT)]).await;
            let refusal = Refusal::read(answer, 400);
            let short: String = text.chars().take(60).collect();
            let told = refusal.fields.iter().any(|field| field.starts_with("UserDetails"));
            assert!(told, "{short}: {refusal:?}");
            assert!(refusal.message.len() < 2_000, "what is sent is not sent back");
        }
    }
    before.assert_kept(&api_1(node), "unterminated").await;
}

async fn what_is_said_twice_is_refused(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    new_user(node, "bob", &[]).await;
    let before = Snapshot::of(&api_1(node)).await;
    let client = admin(node);
    for query in [
        "UserName=ada&UserName=bob",
        "UserName=ada&username=bob",
        "UserName=ada&UserName=ada",
        "UserName=ada&User%4Eame=bob",
        "UserName=ada&Shoe=1&shoe=2",
    ] {
        for path in ["/api/users/reset", "/api/ResetUser", "/json/reply/GetUser"] {
            Refusal::read(client.get(&format!("{path}?{query}")).await, 400);
            let form = "application/x-www-form-urlencoded";
            Refusal::read(client.text(Method::POST, path, form, query).await, 400);
        }
    }
    for body in [
        r#"{"UserName":"ada","UserName":"bob"}"#,
        r#"{"UserName":"ada","userName":"bob"}"#,
        r#"{"UserName":"ada","Shoe":1,"Shoe":2}"#,
        r#"{"UserDetails":{"UserName":"ada","USERNAME":"bob"}}"#,
    ] {
        let answer = client.text(Method::POST, "/api/users/reset", "application/json", body).await;
        Refusal::read(answer, 400);
    }
    for text in ["{UserName:ada,UserName:bob}", "{UserName:ada,username:bob}"] {
        Refusal::read(client.query("/api/users/update", &[("UserDetails", text)]).await, 400);
    }
    // C13: what is checked is what is acted on.
    for (path, body) in [
        ("/api/users/reset?UserName=ada", json!({ "UserName": "bob" })),
        ("/api/users/ada", json!({ "UserName": "bob" })),
        ("/api/users/ada?UserName=bob", json!({})),
    ] {
        Refusal::read(client.post(path, &body).await, 400);
    }
    before.assert_kept(&api_1(node), "said twice").await;
}

async fn all_broken_rules_are_told_at_once(nodes: Nodes) {
    let client = admin(nodes.first());
    let body = json!({
        "UserDetails": {
            "UserName": "",
            "FirstName": "x".repeat(257),
            "SecondName": "a\u{0}b",
            "Email": "nowhere",
            "Locked": "perhaps",
            "TwoFactorRequired": [],
        },
        "SkipCheck": "maybe",
    });
    let refusal = Refusal::read(client.call("AddUser", &body).await, 400);
    for field in
        ["UserName", "FirstName", "SecondName", "Email", "Locked", "TwoFactorRequired", "SkipCheck"]
    {
        assert!(refusal.names(field), "{field}: {refusal:?}");
    }
    let body =
        json!({ "UserDetails": { "UserName": "ada", "Roles": ["Emperor"] }, "Password": NEW });
    assert!(Refusal::read(client.call("AddUser", &body).await, 400).names("Roles"));
    let body =
        json!({ "UserDetails": { "UserName": "ada", "Groups": ["nobody"] }, "Password": NEW });
    assert!(Refusal::read(client.call("AddUser", &body).await, 400).names("Groups"));
    let weak = json!({ "UserDetails": { "UserName": "ada" }, "Password": "password" });
    assert!(Refusal::read(client.call("AddUser", &weak).await, 400).names("Password"));
    let mut skipped = weak.clone();
    skipped["SkipCheck"] = json!("true");
    client.call("AddUser", &skipped).await.expect(200);
    let again = Refusal::read(client.call("AddUser", &skipped).await, 409);
    assert_eq!(again.code, "AlreadyExists");
}

/// Texts to put in every place of a request.
fn nasty() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\u{0}",
        "\r\nset-cookie: a=b",
        "..",
        "%",
        "%zz",
        "%ff",
        "%c3%28",
        "+",
        "&",
        "=",
        "'; DROP TABLE users; --",
        "\u{202e}",
        "\u{feff}",
        "🦀",
        "-1",
        "1e999",
        "NaN",
        "null",
        "{}",
        "[]",
        "{{}}",
        "\"",
        "\\",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(100_000));
    texts.push("[".repeat(50_000));
    texts
}

fn assert_answered(answer: &Answer, what: &str) {
    let short: String = what.chars().take(80).collect();
    assert!(answer.status < 500, "{short}: {} {}", answer.status, answer.text());
}

async fn whatever_comes_is_answered_without_a_failure(nodes: Nodes) {
    let node = nodes.first();
    super::without_limits(node).await;
    let client: UsersClient = admin(node);
    for text in nasty() {
        let sent = encoded(&text);
        let in_path = if text.len() > 1_000 { "long".to_owned() } else { sent.clone() };
        for method in METHODS {
            for path in [
                format!("/api/users/{in_path}"),
                format!("/api/{in_path}"),
                format!("/json/reply/{in_path}"),
            ] {
                assert_answered(&client.send(method.clone(), &path).await, &path);
            }
        }
        if text.len() < 1_000 {
            for request_type in
                ["GetUser", "ResetUser", "UpdateUser", "GetAccessToken", "GetUserRoles"]
            {
                for field in [
                    "UserName",
                    "UserDetails",
                    "RefreshToken",
                    "RoleName",
                    "Version",
                    "format",
                    "%ff",
                ] {
                    let path = format!("/api/{request_type}?{field}={sent}");
                    assert_answered(&client.get(&path).await, &path);
                }
            }
            assert_answered(
                &client.get(&format!("/api/GetUser?{text}").replace(char::is_control, "")).await,
                &text,
            );
        }
        for (media_type, body) in [
            ("application/json", text.clone()),
            (
                "application/json",
                json!({ "UserName": text, "UserDetails": text, "Password": text }).to_string(),
            ),
            ("application/x-www-form-urlencoded", text.clone()),
            ("application/x-www-form-urlencoded", format!("UserDetails={sent}&UserName={sent}")),
        ] {
            for path in
                ["/api/users/update", "/api/AddUser", "/api/auth/credentials", "/api/access-token"]
            {
                let answer = client.text(Method::POST, path, media_type, body.clone()).await;
                assert_answered(&answer, &body);
                assert_ne!(answer.status, 204, "{path}: nothing of this is right");
            }
        }
    }
    let huge = "x".repeat(3 << 20);
    let answer = client.text(
        Method::POST,
        "/api/users/add",
        "application/json",
        format!("{{\"Password\":\"{huge}\"}}"),
    );
    Refusal::read(answer.await, 413);
    assert_eq!(client.get("/api/users").await.json(200), json!([]));
}

async fn a_nul_in_a_name_is_refused_by_every_operation(nodes: Nodes) {
    let node = nodes.first();
    super::without_limits(node).await;
    new_user(node, "ada", &[]).await;
    let before = Snapshot::of(&api_1(node)).await;
    let user = nobody(node).sign_in("ada", RIGHT).await;
    for name in ["\u{0}", "ada\u{0}", "\u{0}ada", "a\u{0}da"] {
        for operation in operations().iter().filter(|of| of.names_a_user() || of.who == Who::Anyone)
        {
            let fixture = Fixture {
                name: name.to_owned(),
                id: String::new(),
                session: user.clone(),
                code: String::new(),
            };
            for way in Way::all(operation) {
                // In a path the name is encoded, as every client does it.
                let path = way.path.replace("{UserName}", &encoded(name));
                let way = Way { path, ..way };
                for client in [admin(node), super::bearer(node, &user.token)] {
                    let answer = way.ask(&client, operation, &fixture).await;
                    let told = format!("{way:?} {name:?}: {} {}", answer.status, answer.text());
                    assert!((400..500).contains(&answer.status), "{told}");
                    Refusal::read(answer.clone(), answer.status);
                }
            }
        }
    }
    before.assert_kept(&api_1(node), "NUL").await;
}

async fn a_secret_that_is_no_text_is_told_with_its_field(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    let session = nobody(node).sign_in("ada", RIGHT).await;
    let own = super::bearer(node, &session.token);
    let before = Snapshot::of(&api_1(node)).await;
    for secret in [json!(12_345_678_901_234_567_u64), json!(1.5), json!(true), json!([RIGHT])] {
        for (client, request_type, field, beside) in [
            (nobody(node), "Authenticate", "Password", json!({ "provider": "credentials" })),
            (nobody(node), "GetUserTwoFactorStatus", "Password", json!({})),
            (nobody(node), "ValidateUserPassword", "CurrentPassword", json!({})),
            (nobody(node), "ValidateUserPassword", "Password", json!({ "CurrentPassword": RIGHT })),
            (nobody(node), "GetAccessToken", "RefreshToken", json!({})),
            (own.clone(), "UpdateUserPassword", "CurrentPassword", json!({ "Password": NEW })),
            (own.clone(), "UpdateUserPassword", "Password", json!({ "CurrentPassword": RIGHT })),
            (admin(node), "UpdateUserPassword", "Password", json!({})),
            (admin(node), "ResetUserPassword", "NewPassword", json!({})),
            (admin(node), "ResetUserPassword", "PreviewToken", json!({})),
            (admin(node), "AddUser", "Password", json!({ "UserDetails": { "UserName": "new" } })),
        ] {
            let mut fields = beside;
            fields["UserName"] = json!("ada");
            fields[field] = secret.clone();
            let refusal = Refusal::read(client.call(request_type, &fields).await, 400);
            assert!(refusal.names(field), "{request_type} {field} {secret}: {refusal:?}");
        }
    }
    before.assert_kept(&api_1(node), "secrets that are no texts").await;
}

async fn a_name_stands_in_the_path_beside_nothing_and_before_a_format(nodes: Nodes) {
    let node = nodes.first();
    new_user(node, "ada", &[]).await;
    for body in [json!({ "UserName": null }), json!({ "username": null }), json!({})] {
        let shown = admin(node).post("/api/users/ada", &body).await.json(200);
        assert_eq!(shown["UserName"], "ada", "{body}");
    }
    for accepted in ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"] {
        let client = admin(node).with("accept", accepted);
        let shown = client.get("/api/users/ada.json").await.json(200);
        assert_eq!(shown["UserName"], "ada", "{accepted}");
    }
    let shown = admin(node).get("/api/users/ada.json").await.json(200);
    assert_eq!(shown["UserName"], "ada");
    Refusal::read(admin(node).get("/api/users/nobody.json").await, 404);
}
