use actix_web::http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App};

fn path(user: &Value) -> String {
    format!("/User/{}", user["id"].as_str().unwrap())
}

async fn put_if(app: &App, path: &str, if_match: &str, body: Value) -> Answer {
    let request = app.request(Method::PUT, path).insert_header(("if-match", if_match));
    app.send(request.set_json(body)).await
}

#[actix_web::test]
async fn a_created_user_has_defaults_a_location_and_a_tag() {
    let app = App::start().await;
    let made = app.post("/User", json!({"loginName": "ada"})).await.is(201);
    let user = made.json();
    let location = format!("/api/userstore/v1/shop/administration{}", path(&user));
    assert_eq!(made.header("location"), Some(&*location));
    let read = app.get(&path(&user)).await.is(200);
    assert_eq!(read.json(), user);
    assert_eq!(read.header("etag"), made.header("etag"));
    for (flag, value) in [
        ("isUserActive", true),
        ("isUserLockEnabled", true),
        ("canChangePasswordOnExpiration", true),
        ("isUserLocked", false),
        ("passwordNeverExpires", false),
        ("emailAddressConfirmed", false),
        ("isTwoFactorRequired", false),
        ("isTwoFactorRegistered", false),
    ] {
        assert_eq!(user[flag], value, "{flag}");
    }
}

#[actix_web::test]
async fn names_of_properties_match_ignoring_case_and_unknown_ones_are_ignored() {
    let app = App::start().await;
    let staff = app.add_group("staff").await;
    let user = app
        .user(json!({
            "LOGINNAME": "ada", "FirstName": "Ada", "nonsense": {"a": [1]},
            "isUserActive": null, "userValidFrom": "2026-01-31T13:00:00.5+01:00",
            "MemberOfGroups": [{"GroupId": staff.to_string(), "name": "ignored"}],
            "UserProfiles": [{"KEY": "color", "Value": "red"}],
            "failedUserLoginAttempts": 7, "isInitialPassword": true,
            "ISTWOFACTORREQUIRED": true, "isTwoFactorRegistered": true,
        }))
        .await;
    assert_eq!(user["firstName"], "Ada");
    assert_eq!(user["userValidFrom"], "2026-01-31T12:00:00.500000Z");
    assert_eq!(user["isUserActive"], true);
    assert_eq!(user["memberOfGroups"][0]["name"], "staff");
    assert_eq!(user["userProfiles"][0]["value"], "red");
    assert_eq!(user["failedUserLoginAttempts"], 0);
    assert_eq!(user["isInitialPassword"], false);
    assert_eq!(user["isTwoFactorRequired"], true);
    assert_eq!(user["isTwoFactorRegistered"], false);
}

#[actix_web::test]
async fn groups_are_named_by_id_or_by_an_object_that_has_it() {
    let app = App::start().await;
    let (a, b, c) = (app.add_group("a").await, app.add_group("b").await, app.add_group("c").await);
    let groups = json!([a.to_string(), {"id": b.to_string()}, {"groupId": c.to_string()}]);
    let user = app.user(json!({"loginName": "ada", "memberOfGroups": groups})).await;
    assert_eq!(user["memberOfGroups"].as_array().unwrap().len(), 3);

    let bad = json!([
        1, "x", {}, {"id": 1}, {"id": a.to_string(), "groupId": b.to_string()},
        {"id": a.to_string(), "instanceId": a.to_string()},
    ]);
    let answer = app.post("/User", json!({"loginName": "eve", "memberOfGroups": bad})).await;
    answer.refuses(&[
        "memberOfGroups[0]",
        "memberOfGroups[1]",
        "memberOfGroups[2].id",
        "memberOfGroups[3].id",
        "memberOfGroups[4].groupId",
        "memberOfGroups[5].instanceId",
    ]);
    let unknown = json!(["00000000-0000-0000-0000-000000000001"]);
    let answer = app.post("/User", json!({"loginName": "eve", "memberOfGroups": unknown})).await;
    answer.refuses(&["memberOfGroups"]);
}

#[actix_web::test]
async fn the_store_and_the_user_that_a_body_names_are_those_of_the_path() {
    let app = App::start().await;
    let other = "00000000-0000-0000-0000-000000000001";
    let id = "00000000-0000-0000-0000-00000000000a";
    let profile = |user: &str| json!([{"key": "k", "userId": user}]);
    let shop = app.shop.id.to_string();

    let user = json!({
        "loginName": "ada", "id": id, "instanceId": shop, "userProfiles": profile(id),
    });
    let ada = app.user(user).await;
    let refused = json!({"loginName": "x", "instanceId": other, "userProfiles": profile(other)});
    app.post("/User", refused).await.refuses(&["instanceId", "userProfiles[0].userId"]);
    let refused = json!({"loginName": "ada", "id": other, "userProfiles": profile(other)});
    app.put(&path(&ada), refused).await.refuses(&["id", "userProfiles[0].userId"]);
    let by_id = format!("/api/userstore/v1/{}/administration/User", app.shop.id);
    let request = app.request(Method::POST, "").uri(&by_id);
    let request = request.set_json(json!({"loginName": "eve", "instanceId": other}));
    app.send(request).await.refuses(&["instanceId"]);
}

#[actix_web::test]
async fn put_replaces_names_and_keeps_what_guards_the_account() {
    let app = App::start().await;
    let staff = app.add_group("staff").await;
    let ada = app
        .user(json!({
            "loginName": "ada", "firstName": "Ada", "lastName": "L", "emailAddress": "a@example.com",
            "emailAddressConfirmed": true, "externalUniqueIdentifier": "x",
            "userValidFrom": "2026-01-01T00:00:00Z", "userValidTo": "2027-01-01T00:00:00Z",
            "isUserActive": false, "isUserLocked": true, "isUserLockEnabled": false,
            "isPasswordChangeRequired": true, "passwordNeverExpires": true,
            "isTwoFactorRequired": true,
            "canChangePasswordOnExpiration": false, "passwordExpiration": "2026-06-01T00:00:00Z",
            "memberOfGroups": [staff.to_string()], "userProfiles": [{"key": "a", "value": "1"}],
        }))
        .await;
    let mut expected = ada.clone();
    for unset in ["firstName", "lastName", "emailAddress", "externalUniqueIdentifier"] {
        expected[unset] = Value::Null;
    }
    expected["emailAddressConfirmed"] = json!(false);
    let bare = app.put(&path(&ada), json!({"loginName": "ada"})).await.is(202);
    assert_eq!(bare.json(), expected);

    expected["userValidFrom"] = Value::Null;
    expected["memberOfGroups"] = json!([]);
    expected["userProfiles"] = json!([]);
    let body = json!({
        "loginName": "ada", "userValidFrom": null, "isUserActive": null, "isTwoFactorRequired": null,
        "memberOfGroups": [], "userProfiles": [],
    });
    assert_eq!(app.put(&path(&ada), body).await.is(202).json(), expected);
    app.put(&path(&ada), json!({"firstName": "Ada"})).await.refuses(&["loginName"]);
    app.put(&path(&ada), json!({"loginName": null})).await.refuses(&["loginName"]);
    let window = json!({"loginName": "ada", "userValidFrom": "2028-01-01T00:00:00Z"});
    app.put(&path(&ada), window).await.refuses(&["userValidFrom"]);
}

#[actix_web::test]
async fn a_put_of_what_was_read_changes_nothing_and_leaves_no_entry() {
    let app = App::start().await;
    let ada = app.post("/User", json!({"loginName": "ada", "emailAddress": "a@b.example"})).await;
    let (entries, user) = (app.trail("User").await.len(), ada.json());
    let put = app.put(&path(&user), user.clone()).await.is(202);
    assert_eq!(put.json(), user);
    assert_eq!(put.header("etag"), ada.header("etag"));
    assert_eq!(app.trail("User").await.len(), entries);
}

#[actix_web::test]
async fn a_changed_address_is_unconfirmed_whatever_the_put_says() {
    let app = App::start().await;
    let body = |address: &str| json!({"loginName": "ada", "emailAddress": address, "emailAddressConfirmed": true});
    let ada = app.user(body("a@example.com")).await;
    assert_eq!(ada["emailAddressConfirmed"], true);
    let same = app.put(&path(&ada), body("a@example.com")).await.is(202).json();
    assert_eq!(same["emailAddressConfirmed"], true);
    let moved = app.put(&path(&ada), body("b@example.com")).await.is(202).json();
    assert_eq!(moved["emailAddressConfirmed"], false);
}

#[actix_web::test]
async fn if_match_names_the_version_that_a_write_may_change() {
    let app = App::start().await;
    let made = app.post("/User", json!({"loginName": "ada"})).await.is(201);
    let (ada, first) = (path(&made.json()), made.header("etag").unwrap().to_owned());
    let body = |name: &str| json!({"loginName": "ada", "firstName": name});

    let second = put_if(&app, &ada, &first, body("A")).await.is(202);
    let second = second.header("etag").unwrap().to_owned();
    assert_ne!(first, second);
    let weak = format!("W/{second}");
    for stale in [first.as_str(), weak.as_str(), "\"x\""] {
        let answer = put_if(&app, &ada, stale, body("B")).await;
        assert_eq!(answer.header("etag"), Some(second.as_str()));
        answer.problem(412, "stale");
    }
    put_if(&app, &ada, &format!("\"0\", {second}"), body("C")).await.is(202);
    put_if(&app, &ada, "*", body("D")).await.is(202);
    for malformed in ["x", "\"", "*, *"] {
        let answer = put_if(&app, &ada, malformed, body("E")).await;
        answer.problem(400, "malformed-request");
    }
    let request = app.request(Method::DELETE, &ada).insert_header(("if-match", first.as_str()));
    app.send(request).await.problem(412, "stale");
    let request = app.request(Method::PATCH, &ada).insert_header(("if-match", first.as_str()));
    app.send(request.set_json(json!([]))).await.problem(412, "stale");
}

#[actix_web::test]
async fn nothing_is_there_that_a_create_could_match() {
    let app = App::start().await;
    for if_match in ["*", "\"1\""] {
        let request = app.request(Method::POST, "/User").insert_header(("if-match", if_match));
        let request = request.set_json(json!({"loginName": "ada"}));
        app.send(request).await.problem(412, "stale");
    }
    app.get("/User/loginname/ada").await.is(404);
}

#[actix_web::test]
async fn a_duplicate_names_the_property() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada", "externalUniqueIdentifier": "x"})).await;
    let eve = app.user(json!({"loginName": "eve"})).await;
    let taken = |answer: Answer, property: &str| {
        let problem = answer.problem(409, "duplicate");
        assert!(problem["errors"][property].is_array(), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(property), "{problem}");
    };
    taken(app.post("/User", json!({"loginName": "ADA"})).await, "loginName");
    let external = json!({"loginName": "bob", "externalUniqueIdentifier": "x"});
    taken(app.post("/User", external).await, "externalUniqueIdentifier");
    taken(app.post("/User", json!({"loginName": "bob", "id": ada["id"]})).await, "id");
    taken(app.put(&path(&eve), json!({"loginName": "Ada"})).await, "loginName");
    let patch = json!([{"op": "replace", "path": "/loginName", "value": "ada"}]);
    taken(app.patch(&path(&eve), patch).await, "loginName");
}

#[actix_web::test]
async fn a_deleted_user_is_gone_with_its_relations() {
    let app = App::start().await;
    let staff = app.add_group("staff").await;
    let ada = app
        .user(json!({"loginName": "ada", "memberOfGroups": [staff.to_string()], "userProfiles": [{"key": "a"}]}))
        .await;
    let answer = app.delete(&path(&ada)).await.is(204);
    assert!(answer.body.is_empty());
    for answer in [app.delete(&path(&ada)).await, app.get(&path(&ada)).await] {
        answer.problem(404, "not-found");
    }
    app.put(&path(&ada), json!({"loginName": "ada"})).await.problem(404, "not-found");
    app.patch(&path(&ada), json!([])).await.problem(404, "not-found");
    let actions = |entries: Vec<Value>| {
        let actions = entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned());
        actions.collect::<Vec<_>>()
    };
    for area in ["User", "UserProfile", "Membership"] {
        assert_eq!(actions(app.trail(area).await), ["Added", "Deleted"], "{area}");
    }
}

#[actix_web::test]
async fn writes_take_no_parameters() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    let with_query = format!("{}?dryRum=true", path(&ada));
    app.delete(&with_query).await.refuses(&["dryRum"]);
    app.put(&with_query, json!({"loginName": "ada"})).await.refuses(&["dryRum"]);
    app.patch(&with_query, json!([])).await.refuses(&["dryRum"]);
    app.post("/User?a=1&b", json!({"loginName": "eve"})).await.refuses(&["a", "b"]);
    app.post("/User?a=1&A=1", json!({"loginName": "eve"})).await.problem(400, "malformed-request");
    app.post("/User/batch?x", json!([])).await.refuses(&["x"]);
    app.post("/User/createorupdate?x", json!({"loginName": "eve"})).await.refuses(&["x"]);
    app.get(&path(&ada)).await.is(200);
}

#[actix_web::test]
async fn no_property_that_the_server_keeps_can_be_bound() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    for (name, value) in [
        ("failedUserLoginAttempts", json!(3)),
        ("isInitialPassword", json!(true)),
        ("isTwoFactorRegistered", json!(true)),
        ("version", json!(99)),
        ("password", json!("secret")),
        ("passwordHash", json!("secret")),
    ] {
        let answer = app.put(&path(&ada), json!({"loginName": "ada", name: value})).await;
        assert_eq!(answer.is(202).json(), ada, "{name}");
    }
}

#[actix_web::test]
async fn every_way_to_write_a_user_says_whether_a_second_factor_is_required() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    let required = |answer: Answer| answer.json()["isTwoFactorRequired"].clone();
    let flag = |value: bool| json!({"loginName": "ada", "isTwoFactorRequired": value});
    let put = app.put(&path(&ada), flag(true)).await.is(202);
    assert_eq!(required(put), true);
    let silent = app.post("/User/createorupdate", json!({"loginName": "ada"})).await.is(201);
    assert_eq!(required(silent), true);
    let upserted = app.post("/User/createorupdate", flag(false)).await.is(201);
    assert_eq!(required(upserted), false);
    let set = json!([{"op": "replace", "path": "/istwofactorrequired", "value": true}]);
    assert_eq!(required(app.patch(&path(&ada), set).await.is(202)), true);
    let removed = json!([{"op": "remove", "path": "/isTwoFactorRequired"}]);
    assert_eq!(required(app.patch(&path(&ada), removed).await.is(202)), false);
}
