use serde_json::{Value, json};

use crate::app::{Answer, App};

struct Scene {
    app: App,
    path: String,
    staff: String,
}

async fn scene() -> Scene {
    let app = App::start().await;
    let staff = app.add_group("staff").await.to_string();
    let ada = app
        .user(json!({
            "loginName": "ada", "firstName": "Ada", "emailAddress": "a@example.com",
            "emailAddressConfirmed": true, "memberOfGroups": [staff],
            "userProfiles": [{"key": "a", "value": "1"}, {"key": "b"}],
        }))
        .await;
    Scene { path: format!("/User/{}", ada["id"].as_str().unwrap()), app, staff }
}

impl Scene {
    async fn patch(&self, patch: Value) -> Answer {
        self.app.patch(&self.path, patch).await
    }

    async fn patched(&self, patch: Value) -> Value {
        self.patch(patch).await.is(202).json()
    }
}

#[actix_web::test]
async fn both_forms_of_a_patch_are_taken() {
    let scene = scene().await;
    let bare = json!([{"op": "replace", "path": "/FirstName", "value": "B"}]);
    assert_eq!(scene.patched(bare).await["firstName"], "B");
    let wrapped = json!({"operations": [
        {"operationType": 2, "OP": "Replace", "Path": "/lastname", "VALUE": "C"},
    ]});
    let user = scene.patched(wrapped).await;
    assert_eq!((&user["firstName"], &user["lastName"]), (&json!("B"), &json!("C")));
    let media_type = ("content-type", "application/json-patch+json");
    let request = scene.app.request(actix_web::http::Method::PATCH, &scene.path);
    scene.app.send(request.insert_header(media_type).set_payload("[]")).await.is(202);
}

#[actix_web::test]
async fn removing_unsets_and_falsifies() {
    let scene = scene().await;
    let user = scene
        .patched(json!([
            {"op": "remove", "path": "/firstName"},
            {"op": "remove", "path": "/isUserActive"},
            {"op": "remove", "path": "/userProfiles/0"},
            {"op": "remove", "path": "/memberOfGroups"},
        ]))
        .await;
    assert_eq!(user["firstName"], Value::Null);
    assert_eq!(user["isUserActive"], false);
    assert_eq!(user["memberOfGroups"], json!([]));
    assert_eq!(user["userProfiles"].as_array().unwrap().len(), 1);
    scene.patch(json!([{"op": "remove", "path": "/loginName"}])).await.refuses(&["loginName"]);
}

#[actix_web::test]
async fn relations_are_patched_by_element() {
    let scene = scene().await;
    let other = scene.app.add_group("other").await.to_string();
    let user = scene
        .patched(json!([
            {"op": "add", "path": "/MemberOfGroups/-", "value": {"GroupId": other}},
            {"op": "replace", "path": "/userProfiles/0/VALUE", "value": "2"},
            {"op": "add", "path": "/userProfiles/-", "value": {"Key": "c", "Value": "3"}},
        ]))
        .await;
    assert_eq!(user["memberOfGroups"].as_array().unwrap().len(), 2);
    let profiles: Vec<_> = user["userProfiles"].as_array().unwrap().iter().collect();
    assert_eq!((&profiles[0]["value"], &profiles[2]["value"]), (&json!("2"), &json!("3")));
    let groups = json!([{"op": "replace", "path": "/memberOfGroups", "value": [scene.staff]}]);
    let groups = scene.patched(groups).await["memberOfGroups"].clone();
    assert_eq!(groups.as_array().unwrap().len(), 1);
    let twice = json!([{"op": "add", "path": "/userProfiles/-", "value": {"key": "A"}}]);
    scene.patch(twice).await.refuses(&["userProfiles"]);
    let null = json!([{"op": "replace", "path": "/userProfiles", "value": null}]);
    assert_eq!(scene.patched(null).await["userProfiles"], json!([]));
}

#[actix_web::test]
async fn a_failed_test_is_a_conflict_and_changes_nothing() {
    let scene = scene().await;
    let problem = scene
        .patch(json!([
            {"op": "replace", "path": "/firstName", "value": "B"},
            {"op": "test", "path": "/lastName", "value": "C"},
        ]))
        .await
        .problem(409, "test-failed");
    assert_eq!(problem["detail"], "Operation 1: /lastName differs.");
    assert_eq!(scene.app.get(&scene.path).await.json()["firstName"], "Ada");
    let passed = json!([
        {"op": "test", "path": "/failedUserLoginAttempts", "value": 0},
        {"op": "test", "path": "/isInitialPassword", "value": false},
        {"op": "test", "path": "/lastName", "value": null},
        {"op": "test", "path": "/memberOfGroups/0/id", "value": scene.staff},
    ]);
    scene.patch(passed).await.is(202);
}

#[actix_web::test]
async fn what_a_patch_may_not_touch_is_refused() {
    let scene = scene().await;
    for target in [
        "id",
        "instanceId",
        "failedUserLoginAttempts",
        "ISINITIALPASSWORD",
        "isTwoFactorRegistered",
    ] {
        for patch in [
            json!([{"op": "replace", "path": format!("/{target}"), "value": null}]),
            json!([{"op": "remove", "path": format!("/{target}")}]),
            json!([{"op": "copy", "from": "/loginName", "path": format!("/{target}")}]),
        ] {
            scene.patch(patch).await.refuses(&["operations[0].path"]);
        }
        let patch = json!([{"op": "move", "from": format!("/{target}"), "path": "/firstName"}]);
        scene.patch(patch).await.refuses(&["operations[0].from"]);
    }
    for path in ["/memberOfGroups/0/name", "/userProfiles/0/userId", "/version", "", "/"] {
        let patch = json!([{"op": "replace", "path": path, "value": "x"}]);
        scene.patch(patch).await.refuses(&["operations[0].path"]);
    }
}

#[actix_web::test]
async fn the_patched_user_keeps_every_rule() {
    let scene = scene().await;
    let broken = json!([
        {"op": "replace", "path": "/loginName", "value": "a\nb"},
        {"op": "replace", "path": "/isUserActive", "value": null},
        {"op": "replace", "path": "/isUserLocked", "value": "no"},
        {"op": "replace", "path": "/emailAddress", "value": 1},
        {"op": "replace", "path": "/userValidFrom", "value": "soon"},
        {"op": "add", "path": "/memberOfGroups/-", "value": 5},
        {"op": "add", "path": "/userProfiles/-", "value": {"userId": scene.staff, "key": "batch"}},
    ]);
    scene.patch(broken).await.refuses(&[
        "emailAddress",
        "isUserActive",
        "isUserLocked",
        "loginName",
        "memberOfGroups[1]",
        "userProfiles[2].key",
        "userProfiles[2].userId",
        "userValidFrom",
    ]);
}

#[actix_web::test]
async fn the_confirmation_of_an_address_is_what_a_patch_names() {
    let scene = scene().await;
    let moved = json!([{"op": "replace", "path": "/emailAddress", "value": "b@example.com"}]);
    assert_eq!(scene.patched(moved).await["emailAddressConfirmed"], false);
    let both = json!([
        {"op": "replace", "path": "/emailAddress", "value": "c@example.com"},
        {"op": "replace", "path": "/emailAddressConfirmed", "value": true},
    ]);
    assert_eq!(scene.patched(both).await["emailAddressConfirmed"], true);
}

#[actix_web::test]
async fn what_is_moved_away_is_unset_where_it_was() {
    let scene = scene().await;
    for source in ["emailAddressConfirmed", "isUserActive", "isUserLockEnabled"] {
        let from = format!("/{source}");
        let user = scene
            .patched(json!([{"op": "move", "from": from, "path": "/isPasswordChangeRequired"}]))
            .await;
        let (there, here) = (&user["isPasswordChangeRequired"], &user[source]);
        assert_eq!((there, here), (&json!(true), &json!(false)), "{source}");
    }
    let user =
        scene.patched(json!([{"op": "move", "from": "/firstName", "path": "/lastName"}])).await;
    assert_eq!((&user["firstName"], &user["lastName"]), (&Value::Null, &json!("Ada")));
}

#[actix_web::test]
async fn a_patch_is_bounded_in_operations_and_growth() {
    let scene = scene().await;
    let many = vec![json!({"op": "remove", "path": "/firstName"}); 21];
    scene.patch(Value::Array(many)).await.refuses(&["operations"]);
    let long = "x".repeat(40_000);
    let bomb = json!([
        {"op": "replace", "path": "/userProfiles/0/value", "value": long},
        {"op": "copy", "from": "/userProfiles", "path": "/userProfiles/0"},
        {"op": "copy", "from": "/userProfiles", "path": "/userProfiles/0"},
    ]);
    scene.patch(bomb).await.refuses(&["operations[2].from"]);
}
