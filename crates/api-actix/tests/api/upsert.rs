use actix_web::http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::app::App;

const PATH: &str = "/User/createorupdate";

#[actix_web::test]
async fn what_is_not_there_is_made_and_what_is_there_is_changed() {
    let app = App::start().await;
    let made = app.post(PATH, json!({"loginName": "ada", "firstName": "Ada"})).await.is(201);
    let user = made.json();
    let id = user["id"].as_str().unwrap();
    let location = format!("/api/userstore/v1/shop/administration/User/{id}");
    assert_eq!(made.header("location"), Some(&*location));

    let by_name = app.post(PATH, json!({"loginName": "ADA", "lastName": "L"})).await.is(201);
    let changed = by_name.json();
    assert_eq!(by_name.header("location"), Some(&*location));
    assert_eq!((&changed["id"], &changed["loginName"]), (&user["id"], &json!("ADA")));
    assert_eq!((&changed["firstName"], &changed["lastName"]), (&json!("Ada"), &json!("L")));

    let by_id = app.post(PATH, json!({"id": id, "firstName": null})).await.is(201).json();
    assert_eq!((&by_id["firstName"], &by_id["lastName"]), (&json!(null), &json!("L")));
}

#[actix_web::test]
async fn an_unknown_id_makes_a_user_of_that_id() {
    let app = App::start().await;
    let id = "00000000-0000-0000-0000-00000000000a";
    let made = app.post(PATH, json!({"id": id, "loginName": "ada"})).await.is(201).json();
    assert_eq!(made["id"], id);
    let other = "00000000-0000-0000-0000-00000000000b";
    let held = app.post(PATH, json!({"id": other, "loginName": "Ada"})).await;
    held.problem(409, "duplicate");
    app.post(PATH, json!({"id": other})).await.refuses(&["loginName"]);
    app.post(PATH, json!({"firstName": "x"})).await.refuses(&["loginName"]);
}

#[actix_web::test]
async fn a_precondition_is_not_met_by_what_is_not_there() {
    let app = App::start().await;
    let send = |if_match: &'static str, name: &'static str| {
        let request = app.request(Method::POST, PATH).insert_header(("if-match", if_match));
        app.send(request.set_json(json!({"loginName": "ada", "firstName": name})))
    };
    send("*", "A").await.problem(412, "stale");
    app.user(json!({"loginName": "ada"})).await;
    send("*", "A").await.is(201);
    send("\"1\"", "B").await.problem(412, "stale");
}

#[actix_web::test]
async fn a_profile_that_names_another_user_is_refused() {
    let app = App::start().await;
    let (id, other) = (Uuid::from_u128(10).to_string(), Uuid::from_u128(11).to_string());
    let profiles = |owner: &str| json!([{"userId": owner, "key": "k", "value": "v"}]);
    let of_another = &["userProfiles[0].userId"];

    let new = json!({"loginName": "ada", "userProfiles": profiles(&other)});
    app.post(PATH, new).await.refuses(of_another);
    let new = json!({"id": id, "loginName": "ada", "userProfiles": profiles(&other)});
    app.post(PATH, new).await.refuses(of_another);
    let new = json!({"id": id, "loginName": "ada", "userProfiles": profiles(&id)});
    app.post(PATH, new).await.is(201);

    let by_name = json!({"loginName": "Ada", "userProfiles": profiles(&other)});
    app.post(PATH, by_name).await.refuses(of_another);
    let by_name = json!({"loginName": "Ada", "userProfiles": profiles(&id)});
    let user = app.post(PATH, by_name).await.is(201).json();
    assert_eq!(user["userProfiles"][0]["userId"], id);
}
