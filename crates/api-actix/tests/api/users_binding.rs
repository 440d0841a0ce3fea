//! How requests of the users API are read: where their fields stand, which formats and credentials are
//! taken, and how refusals look.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use api_actix::{Api, Parts, SourceLimit, Sources, UsersApi};
use async_trait::async_trait;
use domain::access::Rules;
use domain::store::StoreName;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, Work};
use serde_json::{Value, json};
use testkit::{MemoryStore, World};

use crate::app::{App, any_source, bearer, parts, serve, small_limits};
use crate::log::Log;
use crate::users_scene::{Hub, PASSWORD};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn hub_with_ada_and_bob() -> Hub {
    let hub = Hub::with_ada().await;
    hub.add("bob", json!({"FirstName": "Bob"})).await;
    hub
}

/// A request of the system administrator.
fn admin(method: Method, path: &str) -> TestRequest {
    Hub::request(method, path).insert_header(bearer("admin"))
}

/// A request of a browser that keeps this session.
fn browser(method: Method, path: &str, token: &str) -> TestRequest {
    Hub::request(method, path).insert_header(("cookie", format!("other=1; ss-id={token}")))
}

async fn first_name(hub: &Hub, user: &str) -> Value {
    hub.details(user).await["FirstName"].clone()
}

#[actix_web::test]
async fn fields_stand_in_path_query_form_or_body_in_any_mix() {
    let hub = hub_with_ada_and_bob().await;
    let form = |path: &str, fields: &'static str| {
        admin(Method::POST, path).insert_header(FORM).set_payload(fields)
    };
    for (at, request) in [
        admin(Method::GET, "/api/users/bob"),
        admin(Method::POST, "/api/users/bob"),
        admin(Method::POST, "/api/users/bob?username=bob").set_json(json!({"USERNAME": "bob"})),
        admin(Method::GET, "/api/GetUser?userName=b%6Fb&_=1"),
        admin(Method::POST, "/api/GetUser").set_json(json!({"userNAME": "bob", "Unknown": [1]})),
        form("/api/GetUser", "UserName=bob&x=%2B"),
        form("/api/GetUser?UserName=bob", "Version=1"),
        admin(Method::GET, "/api/users/bob").insert_header(("content-type", "application/json")),
        admin(Method::POST, "/api/users/bob").insert_header(("content-type", "text/plain")),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = hub.app.send(request).await.is(200);
        assert_eq!(answer.json()["UserName"], "bob", "request {at}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[actix_web::test]
async fn what_is_nested_stands_as_jsv_or_json_in_a_query_or_a_form() {
    let hub = Hub::start().await;
    let details = [
        "{UserName:u1,FirstName:\"a,\"\"b\"\"\",Roles:[UserManager],TwoFactorRequired:0}",
        "{\"UserName\":\"u2\",\"FirstName\":\"a,\\\"b\\\"\",\"Roles\":[\"UserManager\"]}",
        "{username:u3,firstname:\"a,\"\"b\"\"\",roles:UserManager}",
        "{UserName:u4,FirstName:\"a,\"\"b\"\"\",Roles:\"UserManager\",Locked:false}",
    ];
    for (at, details) in details.into_iter().enumerate() {
        let encoded = percent(details);
        let request = if at % 2 == 0 {
            admin(Method::GET, &format!("/api/users/add?UserDetails={encoded}"))
        } else {
            let form = format!("UserDetails={encoded}&Password=a+password+that+is+long");
            admin(Method::POST, "/api/users/add").insert_header(FORM).set_payload(form)
        };
        let user = hub.app.send(request).await.is(200).json();
        let expected = (&json!(format!("u{}", at + 1)), &json!("a,\"b\""), &json!(["UserManager"]));
        assert_eq!((&user["UserName"], &user["FirstName"], &user["Roles"]), expected, "{details}");
    }
    for broken in ["{UserName:x", "{UserName:x}}", "{UserName:\"x}", "[x]", "x", "{a:1,a:2}"] {
        let path = format!("/api/users/add?UserDetails={}", percent(broken));
        hub.app.send(admin(Method::GET, &path)).await.faults(&["UserDetails"]);
    }
}

/// A text as one value of a query.
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

#[actix_web::test]
async fn a_field_that_is_given_twice_or_with_two_values_is_refused_by_its_name() {
    let hub = hub_with_ada_and_bob().await;
    for (path, field) in [
        ("/api/GetUser?UserName=bob&username=bob", "Username"),
        ("/api/GetUser?UserName=bob&User%4Eame=bob", "UserName"),
        ("/api/users/bob?UserName=ada", "UserName"),
        ("/api/users/bob?x=1&X=1", "X"),
    ] {
        hub.app.send(admin(Method::GET, path)).await.faults(&[field]);
    }
    let post = |body: &'static str| {
        let request = admin(Method::POST, "/api/users/bob")
            .insert_header(("content-type", "application/json"));
        hub.app.send(request.set_payload(body))
    };
    post(r#"{"UserName":"ada"}"#).await.faults(&["UserName"]);
    post(r#"{"A":1,"a":1}"#).await.faults(&["A"]);
    post(r#"{"A":1,"A":1}"#).await.code(400, "BadRequest");
}

#[actix_web::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let hub = hub_with_ada_and_bob().await;
    let post = |media_type: &'static str, body: &'static [u8]| {
        let request = admin(Method::POST, "/api/users/bob");
        hub.app.send(request.insert_header(("content-type", media_type)).set_payload(body))
    };
    for body in ["{", "[]", "null", "1", "\"x\"", "{} {}"] {
        post("application/json", body.as_bytes()).await.code(400, "BadRequest");
    }
    for form in [&b"a=%zz"[..], b"a=%ff", b"a=\xff"] {
        post(FORM.1, form).await.code(400, "BadRequest");
    }
    for media_type in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=latin1",
    ] {
        post(media_type, b"{}").await.code(415, "UnsupportedMediaType");
    }
    let untyped = admin(Method::POST, "/api/users/bob").set_payload("{}");
    hub.app.send(untyped).await.code(415, "UnsupportedMediaType");
    let large = admin(Method::POST, "/api/users/bob").set_json(json!({"x": "x".repeat(64 * 1024)}));
    hub.app.send(large).await.code(413, "RequestEntityTooLarge");
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let deep = admin(Method::POST, "/api/users/bob")
        .insert_header(("content-type", "application/json"))
        .set_payload(deep);
    hub.app.send(deep).await.code(400, "BadRequest");
}

#[actix_web::test]
async fn every_request_type_is_reached_by_four_paths_ignoring_case() {
    let hub = hub_with_ada_and_bob().await;
    for base in
        ["/api", "/json/reply", "/api/api", "/api/json/reply", "/JSON/Reply", "/Api/Json/REPLY"]
    {
        for name in ["GetUser", "getuser", "GETUSER", "GetUser.json", "GetUser/", "GetUser.JSON/"] {
            let path = format!("{base}/{name}");
            let answer = hub.app.send(admin(Method::GET, &format!("{path}?UserName=bob"))).await;
            assert_eq!(answer.is(200).json()["UserName"], "bob", "{path}");
            let post = admin(Method::POST, &path).set_json(json!({"UserName": "bob"}));
            assert_eq!(hub.app.send(post).await.is(200).json()["UserName"], "bob", "{path}");
        }
        for name in ["GetUser.xml", "GetUser.csv", "AddUser.soap12"] {
            let refused = hub.app.send(admin(Method::GET, &format!("{base}/{name}"))).await;
            refused.code(406, "NotAcceptable");
        }
        for name in ["Nobody", "GetUser.txt", "GetUser.json.json", "Get%2FUser"] {
            let refused = hub.app.send(admin(Method::GET, &format!("{base}/{name}"))).await;
            refused.code(404, "NotFound");
        }
    }
}

#[actix_web::test]
async fn every_request_type_of_the_document_is_answered() {
    let hub = hub_with_ada_and_bob().await;
    for name in [
        "AddUser",
        "GetUserTwoFactorStatus",
        "ElevateUserTwoFactorStatus",
        "ValidateUserPassword",
        "DeleteUser",
        "GetUser",
        "UpdateUser",
        "UpdateUserPassword",
        "ResetUser",
        "ResetUserPassword",
        "PreviewResetUserPassword",
        "ResetUser2fa",
        "GetUserList",
        "Authenticate",
        "GetAccessToken",
        "GetUserRoles",
        "GetPermissions",
        "GetUserRolesPermissions",
        "GetUserHasChangedPassword",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = hub.app.send(Hub::request(method, &format!("/api/{name}"))).await;
            assert!(matches!(answer.status.as_u16(), 400 | 401), "{name}: {}", answer.status);
        }
    }
}

#[actix_web::test]
async fn letter_case_and_a_slash_at_the_end_of_a_path_do_not_matter() {
    let hub = hub_with_ada_and_bob().await;
    for path in ["/api/users", "/api/users/", "/API/Users/", "/api/users.json", "/api/%75sers/"] {
        assert_eq!(
            hub.get("admin", path).await.is(200).json().as_array().unwrap().len(),
            2,
            "{path}"
        );
    }
    for path in ["/api/users/BOB", "/api/users/bob/", "/api/Users/Bob.json", "/api/users/bob.JSON/"]
    {
        assert_eq!(hub.get("admin", path).await.is(200).json()["UserName"], "bob", "{path}");
    }
    for path in
        ["/api/permissions", "/api/permissions/", "/api/PERMISSIONS.json", "/api/permissions.json/"]
    {
        hub.get("admin", path).await.is(200);
    }
    for path in ["/api/users//", "/api/users/bob/x", "/api//users", "/api/users/bob//"] {
        hub.get("admin", path).await.code(404, "NotFound");
    }
}

#[actix_web::test]
async fn json_is_the_only_format() {
    let hub = hub_with_ada_and_bob().await;
    let get = |path: &'static str, accept: &'static str| {
        hub.app.send(admin(Method::GET, path).insert_header(("accept", accept)))
    };
    for (path, accept) in [
        ("/api/users/bob", "*/*"),
        ("/api/users/bob", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("/api/users/bob?format=JSON", "text/html"),
        ("/api/users/bob?format=", "application/json"),
        ("/api/users.json", "text/html"),
    ] {
        assert_eq!(
            get(path, accept).await.is(200).header("content-type"),
            Some("application/json")
        );
    }
    for (path, accept) in [
        ("/api/users/bob", "text/html"),
        ("/api/users/bob", "application/xml, text/csv"),
        ("/api/users/bob", "application/json;q=0, */*"),
        ("/api/users/bob?format=xml", "*/*"),
        ("/api/users/bob?Format=jsv", "application/json"),
        ("/api/users.xml", "*/*"),
        ("/api/users/add.csv", "*/*"),
        ("/api/users/bob.xml", "*/*"),
        ("/api/auth.html", "*/*"),
    ] {
        get(path, accept).await.code(406, "NotAcceptable");
    }
}

#[actix_web::test]
async fn an_exact_user_name_wins_over_a_format_and_a_literal_over_a_user_name() {
    let hub = hub_with_ada_and_bob().await;
    for name in ["bob.json", "a/b", "add", "x.xml", "a%2Fb", "über"] {
        hub.add(name, json!({})).await;
    }
    for (path, name) in [
        ("/api/users/bob.json", "bob.json"),
        ("/api/users/bob.json.json", "bob.json"),
        ("/api/users/a%2Fb", "a/b"),
        ("/api/users/a%2fb.json", "a/b"),
        ("/api/users/a%252Fb", "a%2Fb"),
        ("/api/users/%C3%BCber", "über"),
        ("/api/users/x.xml", "x.xml"),
        ("/api/users/ada.json", "ada"),
        ("/api/GetUser?UserName=add", "add"),
    ] {
        assert_eq!(hub.get("admin", path).await.is(200).json()["UserName"], name, "{path}");
    }
    hub.get("admin", "/api/users/add").await.faults(&["UserDetails"]);
    hub.get("admin", "/api/users/nobody.json").await.code(404, "NotFound");
    hub.get("admin", "/api/GetUser?UserName=ada.json").await.code(404, "NotFound");
    hub.get("admin", "/api/users/%ff").await.code(400, "BadRequest");
}

#[actix_web::test]
async fn a_session_comes_as_bearer_as_header_or_as_cookie() {
    let hub = Hub::with_ada().await;
    let token = hub.sign_in("ada").await;
    for (name, value) in [
        ("authorization", format!("bearer {token}")),
        ("x-ss-id", token.clone()),
        ("cookie", format!("ss-id={token}")),
        ("cookie", format!("a=b; ss-pid={token}")),
    ] {
        let request = Hub::request(Method::GET, "/api/users/ada").insert_header((name, value));
        assert_eq!(hub.app.send(request).await.is(200).json()["UserName"], "ada", "{name}");
    }
}

#[actix_web::test]
async fn a_wrong_credential_never_gives_way_to_a_weaker_one() {
    let hub = Hub::with_ada().await;
    let token = hub.sign_in("ada").await;
    let key = "key of admin".to_owned();
    let unknown = format!("usr_session_{}", "A".repeat(43));
    for headers in [
        vec![("authorization", "Bearer x".to_owned())],
        vec![("authorization", format!("Bearer {unknown}"))],
        vec![("authorization", "Basic YTpi".to_owned())],
        vec![("authorization", String::new())],
        vec![
            ("authorization", format!("Bearer {token}")),
            ("authorization", "Bearer x".to_owned()),
        ],
        vec![("x-ss-id", unknown.clone())],
        vec![("x-ss-id", key.clone())],
        vec![("cookie", format!("ss-id={unknown}"))],
    ] {
        let mut request = browser(Method::GET, "/api/users/ada", &token);
        for header in &headers {
            request = request.append_header((header.0, header.1.as_str()));
        }
        let answer = hub.app.send(request).await;
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{headers:?}");
        answer.code(401, "Unauthorized");
    }
    let key = browser(Method::GET, "/api/users/ada", &key);
    hub.app.send(key).await.code(401, "Unauthorized");
    let nobody = Hub::request(Method::GET, "/api/users/ada");
    let refused = hub.app.send(nobody).await;
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    refused.code(401, "Unauthorized");
}

#[actix_web::test]
async fn a_cookie_alone_lets_no_get_write_and_no_other_site_post() {
    let hub = Hub::with_ada().await;
    let token = hub.sign_in("ada").await;
    let host = ("host", "users.example");
    let path = "/api/users/update?UserDetails={UserName:ada,FirstName:Eve}"
        .replace('{', "%7B")
        .replace('}', "%7D");
    let get = browser(Method::GET, &path, &token).insert_header(OWN_PAGE);
    hub.app.send(get).await.code(403, "Forbidden");
    for path in
        ["/api/auth/logout", "/api/auth?provider=logout", "/api/Authenticate?provider=logout"]
    {
        hub.app.send(browser(Method::GET, path, &token)).await.code(403, "Forbidden");
    }
    let body = json!({"UserDetails": {"UserName": "ada", "FirstName": "Eve"}});
    for headers in [
        vec![],
        vec![("origin", "http://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "https://users.example")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", "http://users.example")],
        vec![("sec-fetch-site", "none")],
        vec![("origin", "https://users.example"), ("x-forwarded-proto", "https")],
    ] {
        let mut request = browser(Method::POST, "/api/users/update", &token).insert_header(host);
        for header in &headers {
            request = request.append_header(*header);
        }
        hub.app.send(request.set_json(body.clone())).await.code(403, "Forbidden");
        let read = browser(Method::POST, "/api/users/ada", &token);
        hub.app.send(read).await.code(403, "Forbidden");
    }
    assert!(first_name(&hub, "ada").await.is_null());
    for header in [OWN_PAGE, ("origin", "http://users.example")] {
        let request = browser(Method::POST, "/api/users/update", &token).insert_header(host);
        hub.app.send(request.insert_header(header).set_json(body.clone())).await.is(204);
    }
    assert_eq!(first_name(&hub, "ada").await, "Eve");
    let sent =
        Hub::request(Method::GET, &path.replace("Eve", "Ada")).insert_header(("x-ss-id", token));
    hub.app.send(sent).await.is(204);
    assert_eq!(first_name(&hub, "ada").await, "Ada");
}

#[actix_web::test]
async fn behind_a_trusted_proxy_the_origin_is_the_one_that_the_client_sees() {
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let hub = Hub { app: App::from(Sources { limit: None, trusted_proxies }).await };
    hub.add("ada", json!({})).await;
    let token = hub.sign_in("ada").await;
    for (peer, status) in [("10.0.0.1:1", 200), ("192.0.2.1:1", 403)] {
        let request = browser(Method::POST, "/api/users/ada", &token)
            .peer_addr(peer.parse().unwrap())
            .insert_header(("host", "internal:8080"))
            .insert_header(("x-forwarded-proto", "https"))
            .insert_header(("x-forwarded-host", "users.example"))
            .insert_header(("origin", "https://users.example"));
        hub.app.send(request).await.is(status);
    }
    let body = json!({"UserName": "ada", "Password": PASSWORD});
    let request = Hub::request(Method::POST, "/api/auth/credentials")
        .peer_addr("10.0.0.1:1".parse().unwrap())
        .insert_header(("x-forwarded-proto", "https"));
    let cookies = hub.app.send(request.set_json(body)).await.is(200).cookies();
    assert!(!cookies.is_empty() && cookies.iter().all(|it| it.contains("; Secure")), "{cookies:?}");
}

#[actix_web::test]
async fn another_site_signs_nobody_in() {
    let hub = Hub::with_ada().await;
    let path = "/api/auth/credentials?UserName=ada&Password=a+password+that+is+long";
    let sent = |method, header| hub.app.send(Hub::request(method, path).insert_header(header));
    for foreign in [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")] {
        sent(Method::GET, foreign).await.code(403, "Forbidden");
        assert!(sent(Method::POST, foreign).await.is(200).cookies().is_empty(), "{foreign:?}");
    }
    for method in [Method::GET, Method::POST] {
        assert_eq!(sent(method, OWN_PAGE).await.is(200).cookies().len(), 2);
    }
    // A link that somebody opens may have been made up by somebody else.
    let opened = ("sec-fetch-site", "none");
    assert!(sent(Method::GET, opened).await.is(200).cookies().is_empty());
    assert_eq!(sent(Method::POST, opened).await.is(200).cookies().len(), 2);
}

#[actix_web::test]
async fn gets_that_write_can_be_switched_off() {
    let world = World::new();
    let parts = parts(&world, world.unit_of_work.clone(), Rules::default());
    let users = UsersApi { allow_get_writes: false, ..parts.users.clone() };
    let send = serve(&Api::new(Parts { users, ..parts }, small_limits(), any_source())).await;
    world.make_store("shop").await;
    for path in [
        "/api/users/add",
        "/api/users/delete?UserName=ada",
        "/api/DeleteUser",
        "/json/reply/deleteuser.json",
        "/api/auth/logout",
        "/api/auth?UserName=ada&Password=x",
        "/api/Authenticate?provider=logout",
        "/api/access-token",
    ] {
        let refused = send(Hub::request(Method::GET, path)).await;
        assert_eq!(refused.header("allow"), Some("POST"), "{path}");
        refused.code(405, "MethodNotAllowed");
    }
    for path in ["/api/users/ada", "/api/GetUserList", "/api/auth"] {
        send(Hub::request(Method::GET, path)).await.code(401, "Unauthorized");
    }
    send(Hub::request(Method::POST, "/api/users/add")).await.code(401, "Unauthorized");
}

#[actix_web::test]
async fn the_path_decides_how_a_refusal_looks() {
    let hub = Hub::with_ada().await;
    for path in [
        "/api",
        "/api/",
        "/api/nobody",
        "/API/x/y",
        "/json",
        "/json/reply",
        "/json/x/y",
        "/api/users/x/y",
    ] {
        let answer = hub.get("admin", path).await;
        assert!(answer.header("x-request-id").is_some());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.code(404, "NotFound");
    }
    for path in ["/api/userstore", "/api/userstore/", "/API/UserStore/v2/x", "/nowhere", "/"] {
        hub.get("admin", path).await.problem(404, "no-such-path");
    }
    for (method, path, allow) in [
        (Method::DELETE, "/api/users/ada", "GET, POST"),
        (Method::PUT, "/api/users/add/", "GET, POST"),
        (Method::PATCH, "/api/GetUser", "GET, POST"),
        (Method::GET, "/api/users/twoFactorStatus", "POST"),
    ] {
        let refused = hub.app.send(admin(method, path)).await;
        assert_eq!(refused.header("allow"), Some(allow), "{path}");
        refused.code(405, "MethodNotAllowed");
    }
}

/// A database whose client panics.
struct Panicking;

#[async_trait]
impl UnitOfWork for Panicking {
    async fn run(&self, _: Access, _: Work) -> Result<(), StoreError> {
        panic!("SECRET")
    }
}

#[actix_web::test]
async fn a_panic_or_a_failing_store_tells_nothing_of_itself() {
    let app = App::on(MemoryStore::new(), Arc::new(Panicking)).await;
    let answer = app.send(admin(Method::GET, "/api/users/ada")).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let told = answer.code(500, "InternalServerError");
    assert!(!told.to_string().contains("SECRET"), "{told}");
    let hub = Hub::with_ada().await;
    for (error, status, code) in [
        (StoreError::Other("SECRET".into()), 500, "InternalServerError"),
        (StoreError::Unavailable("SECRET".into()), 503, "ServiceUnavailable"),
    ] {
        hub.app.memory.fail_next_call(error);
        let answer = hub.get("admin", "/api/users/ada").await;
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
        let told = answer.code(status, code);
        assert!(!told.to_string().contains("SECRET"), "{told}");
    }
}

#[actix_web::test]
async fn a_store_where_the_caller_holds_nothing_is_forbidden_and_one_that_is_not_there_unknown() {
    let hub = Hub::with_ada().await;
    hub.get("stranger", "/api/users/ada").await.code(403, "Forbidden");
    let world = World::new();
    let parts = parts(&world, world.unit_of_work.clone(), Rules::default());
    let users = UsersApi { store: StoreName::parse("none").unwrap(), ..parts.users.clone() };
    let send = serve(&Api::new(Parts { users, ..parts }, small_limits(), any_source())).await;
    let body = json!({"UserName": "ada", "Password": PASSWORD});
    let request = Hub::request(Method::POST, "/api/auth").set_json(body);
    send(request).await.code(404, "NotFound");
}

#[actix_web::test]
async fn a_source_that_asks_too_often_without_a_credential_has_to_wait() {
    let limit = Some(SourceLimit { per_second: 1, burst: 2 });
    let hub = Hub { app: App::from(Sources { limit, trusted_proxies: Vec::new() }).await };
    for _ in 0..2 {
        hub.sign_in_by("nobody", PASSWORD).await.code(401, "Unauthorized");
    }
    let refused = hub.sign_in_by("nobody", PASSWORD).await;
    assert_eq!(refused.header("retry-after"), Some("1"));
    refused.code(429, "TooManyRequests");
}

#[actix_web::test]
async fn nothing_that_a_client_of_the_users_api_sends_is_logged() {
    let hub = Hub::with_ada().await;
    let (log, _guard) = Log::begin();
    let canary = "CANARY-canary-0123456789";
    for path in [
        format!("/api/auth/credentials?UserName={canary}&Password={canary}"),
        format!("/api/users/{canary}?{canary}=1&x={canary}"),
        format!("/api/{canary}"),
        format!("/json/{canary}"),
        format!("/api/users/{canary}.xml"),
        format!("/api/users/ada?format={canary}"),
        format!("/api/users/ada?{canary}=1&{canary}=2"),
    ] {
        hub.get("admin", &path).await;
    }
    let body = json!({"UserName": canary, "Password": canary, canary: canary});
    hub.ask("/api/auth", body.clone()).await.is(401);
    hub.post("admin", "/api/users/add", body).await.is(400);
    let wrong = browser(Method::GET, "/api/users/ada", canary);
    hub.app.send(wrong).await.is(401);
    let text = log.text();
    assert_eq!(text.lines().filter(|line| line.contains("\"answered\"")).count(), 10, "{text}");
    assert!(!text.contains(canary), "{text}");
    assert!(text.contains("\"route\":\"/api/users/{UserName}\""), "{text}");
}
