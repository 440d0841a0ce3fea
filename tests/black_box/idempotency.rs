//! `Idempotency-Key`: one effect and one answer for a POST that is sent again.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    ADMIN_KEY, Answer, Api, Database, Installation, Server, Snapshot, id_of, on_both_databases,
};

on_both_databases![
    the_same_request_has_one_effect_and_one_answer,
    every_kind_of_post_can_be_repeated,
    an_answer_survives_a_restart,
    another_body_under_the_same_key_is_refused,
    a_refusal_leaves_the_key_free,
    callers_and_stores_have_keys_of_their_own,
    of_16_at_once_one_has_an_effect_and_all_have_its_answer,
    a_wrong_key_is_refused,
    a_key_on_another_method_changes_nothing,
    a_new_store_is_made_once_too,
];

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";

fn keyed(api: &Api, key: &str) -> Api {
    api.with("idempotency-key", key)
}

/// All that a repetition must repeat.
fn told(answer: &Answer) -> (u16, Option<String>, Option<String>, String) {
    let header = |name: &str| {
        answer.headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned())
    };
    (answer.status, header("etag"), header("location"), answer.text())
}

async fn the_same_request_has_one_effect_and_one_answer(server: Server) {
    let api = keyed(&server.admin(), KEY);
    let user = json!({ "loginName": "ada" });
    let first = api.create_user(&user).await.expect(201);
    let second = api.create_user(&user).await;
    assert_eq!(told(&second), told(&first));
    let id = first.json(201)["id"].clone();
    let id = id.as_str().expect("an id");
    assert_eq!(api.entries_about(id).await.len(), 1);
    // The answer is the one of then, whatever has become of the user.
    let changed = json!({ "loginName": "ada", "firstName": "Ada" });
    server.admin().update_user(id, &changed).await.expect(202);
    assert_eq!(told(&api.create_user(&user).await), told(&second));
    server.admin().delete_user(id).await.expect(204);
    assert_eq!(told(&api.create_user(&user).await), told(&second));
    assert_eq!(server.admin().list("User").await, Vec::<Value>::new());
    keyed(&server.admin(), "another").create_user(&user).await.expect(201);
}

async fn every_kind_of_post_can_be_repeated(server: Server) {
    let api = server.admin();
    let (user, group) = (api.new_user("ada").await, api.new_group("staff").await);
    let (profiles, metadata) = (
        format!("user/{}/UserProfile", id_of(&user)),
        format!("Group/{}/GroupMetadata", id_of(&group)),
    );
    let gone = json!([id_of(&api.new_user("gone").await)]);
    let gone_group = json!([id_of(&api.new_group("gone").await)]);
    for list in [&profiles, &metadata] {
        api.post(list, &json!({ "key": "gone" })).await.expect(201);
    }
    let attribute = |owner: &Value| json!([{ "item1": owner["id"], "item2": "gone" }]);
    let assignment = json!({ "userId": user["id"], "role": "UserManager" });
    let requests = [
        ("User".to_owned(), json!({ "loginName": "u1" })),
        ("User/batch".into(), json!([{ "loginName": "u2" }, { "loginName": "u3" }])),
        ("User/batch?mode=partial".into(), json!([{ "loginName": "u4" }, {}])),
        ("User/createorupdate".into(), json!({ "loginName": "u5" })),
        ("User/createorupdate/batch".into(), json!([{ "loginName": "u6" }])),
        ("User/batch/delete".into(), gone),
        (format!("User/{}/state?isActive=false", id_of(&user)), Value::Null),
        ("Group".into(), json!({ "name": "g1" })),
        ("Group/batch".into(), json!([{ "name": "g2" }])),
        ("Group/createorupdate".into(), json!({ "name": "g3" })),
        ("Group/createorupdate/batch".into(), json!([{ "name": "g4" }])),
        ("Group/batch/delete".into(), gone_group),
        (profiles.clone(), json!({ "key": "k1" })),
        (format!("{profiles}/batch"), json!([{ "key": "k2" }])),
        (format!("{profiles}/createorupdate"), json!({ "key": "k3" })),
        (format!("{profiles}/batch/delete"), attribute(&user)),
        (metadata.clone(), json!({ "key": "k1" })),
        (format!("{metadata}/createorupdate/batch"), json!([{ "key": "k2" }])),
        (format!("{metadata}/batch/delete"), attribute(&group)),
        ("Role/assignment".into(), assignment),
    ];
    for (n, (path, body)) in requests.iter().enumerate() {
        let keyed = keyed(&api, &format!("request-{n}"));
        let body = Some(body).filter(|body| !body.is_null());
        let first = keyed.call(Method::POST, path, body).await;
        assert!(first.status < 300, "{path}: {}", first.text());
        let after = Snapshot::of(&api).await;
        let second = keyed.call(Method::POST, path, body).await;
        assert_eq!(told(&second), told(&first), "{path}");
        after.assert_kept(&api, path).await;
    }
}

async fn an_answer_survives_a_restart(installation: Installation) {
    let user = json!({ "loginName": "ada", "firstName": "Ada" });
    let node = installation.start().await;
    let first = keyed(&node.api(Some(ADMIN_KEY)), KEY).create_user(&user).await.expect(201);
    node.kill();
    let node = installation.start().await;
    let api = node.api(Some(ADMIN_KEY));
    assert_eq!(told(&keyed(&api, KEY).create_user(&user).await), told(&first));
    assert_eq!(api.list("User").await.len(), 1);
    let other = json!({ "loginName": "bob" });
    keyed(&api, KEY).create_user(&other).await.problem(422);
}

#[tokio::test]
async fn another_node_gives_the_same_answer() {
    let installation = Installation::new(Database::Postgres).await;
    let nodes = [installation.start().await, installation.start().await];
    let under = |key: &str| nodes.each_ref().map(|node| keyed(&node.api(Some(ADMIN_KEY)), key));
    let apis = under(KEY);
    let user = json!({ "loginName": "ada" });
    let first = apis[0].create_user(&user).await.expect(201);
    assert_eq!(told(&apis[1].create_user(&user).await), told(&first));
    assert_eq!(apis[1].list("User").await.len(), 1);
    apis[1].create_user(&json!({ "loginName": "bob" })).await.problem(422);

    let batch = json!([{ "loginName": "b1" }, { "loginName": "b2" }]);
    let apis = under("batch");
    let answers = join_all((0..16).map(|n| apis[n % 2].create_users(&batch))).await;
    for answer in &answers {
        assert_eq!(told(answer), told(&answers[0]));
    }
    assert_eq!(apis[0].list("User").await.len(), 3);
}

async fn another_body_under_the_same_key_is_refused(server: Server) {
    let api = keyed(&server.admin(), KEY);
    let user = json!({ "loginName": "ada" });
    let first = api.create_user(&user).await.expect(201);
    let before = Snapshot::of(&server.admin()).await;
    let problem = api.create_user(&json!({ "loginName": "bob" })).await.problem(422);
    assert_eq!(problem["type"], "urn:userstore:problem:idempotency-key-reused");
    // The same body at another place is another request.
    api.create_or_update_user(&user).await.problem(422);
    api.create_users(&json!([user])).await.problem(422);
    before.assert_kept(&server.admin(), "a key used twice").await;
    assert_eq!(told(&api.create_user(&user).await), told(&first));
}

async fn a_refusal_leaves_the_key_free(server: Server) {
    let api = keyed(&server.admin(), KEY);
    server.admin().new_user("taken").await;
    api.create_user(&json!({ "loginName": "" })).await.problem(400);
    api.create_user(&json!({ "loginName": "taken" })).await.problem(409);
    let user = json!({ "loginName": "ada" });
    let first = api.create_user(&user).await;
    // Either the refusal is kept, and the key with it, or the key is free again.
    assert!([201, 422].contains(&first.status), "{}", first.text());
    assert_eq!(told(&api.create_user(&user).await).0, first.status);
    let known = server.admin().list("User").await.len();
    assert_eq!(known, if first.status == 201 { 2 } else { 1 });
}

async fn callers_and_stores_have_keys_of_their_own(server: Server) {
    server.installation.run(&["store", "create", "other"]).well();
    let manager = server.make_key("manager", &["UserManager@default"]);
    let user = |name: &str| json!({ "loginName": name });
    let first = keyed(&server.admin(), KEY).create_user(&user("ada")).await.json(201);
    let second = keyed(&server.holder_of(&manager), KEY).create_user(&user("bob")).await.json(201);
    let other = keyed(&server.admin().in_store("other"), KEY);
    let third = other.create_user(&user("ada")).await.json(201);
    assert_ne!(first["id"], second["id"]);
    assert_ne!(first["id"], third["id"]);
    assert_eq!(server.admin().list("User").await.len(), 2);
    // The answer of another caller is not given away.
    let same = keyed(&server.holder_of(&manager), KEY).create_user(&user("ada")).await;
    same.problem(422);
    // One who may no longer do it is refused before the answer is looked up.
    let rows = server.installation.run(&["key", "list"]).well().stdout;
    let row = rows.lines().find(|line| line.contains("manager")).expect("the client").to_owned();
    let id = row.split_whitespace().next().expect("an id");
    server.installation.run(&["key", "revoke", id]).well();
    keyed(&server.holder_of(&manager), KEY).create_user(&user("bob")).await.problem(401);
}

async fn of_16_at_once_one_has_an_effect_and_all_have_its_answer(server: Server) {
    let api = keyed(&server.admin(), KEY);
    let user = json!({ "loginName": "ada", "userProfiles": [{ "key": "k" }] });
    let answers = join_all((0..16).map(|_| api.create_user(&user))).await;
    for answer in &answers {
        assert_eq!(told(answer), told(&answers[0]), "{}", answer.text());
    }
    let id = answers[0].clone().json(201)["id"].as_str().expect("an id").to_owned();
    assert_eq!(api.list("User").await.len(), 1);
    assert_eq!(api.entries_about(&id).await.len(), 1);
    let group = json!([{ "name": "a" }, { "name": "b" }]);
    let api = keyed(&server.admin(), "batch");
    let answers = join_all((0..16).map(|_| api.post("Group/createorupdate/batch", &group))).await;
    for answer in &answers {
        assert_eq!(told(answer), told(&answers[0]), "{}", answer.text());
    }
    assert_eq!(answers[0].status, 200);
    assert_eq!(server.admin().list("Group").await.len(), 2);
}

async fn a_wrong_key_is_refused(server: Server) {
    let user = json!({ "loginName": "ada" });
    for key in ["", " ", "a b", &"x".repeat(256)] {
        keyed(&server.admin(), key).create_user(&user).await.problem(400);
    }
    keyed(&keyed(&server.admin(), "a"), "b").create_user(&user).await.problem(400);
    assert_eq!(server.admin().list("User").await, Vec::<Value>::new());
    keyed(&server.admin(), &"x".repeat(255)).create_user(&user).await.expect(201);
}

async fn a_key_on_another_method_changes_nothing(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let keyed = keyed(&api, KEY);
    keyed.get_user(id_of(&user)).await.expect(200);
    let patch = |name: &str| json!([{ "op": "add", "path": "/firstName", "value": name }]);
    for name in ["a", "b"] {
        let patched = keyed.patch_user(id_of(&user), &patch(name)).await.json(202);
        assert_eq!(patched["firstName"], name);
    }
}

async fn a_new_store_is_made_once_too(server: Server) {
    let api = keyed(&server.admin(), KEY);
    let store = json!({ "name": "shop" });
    let first = api.create_store(&store).await.expect(201);
    assert_eq!(told(&api.create_store(&store).await), told(&first));
    api.create_store(&json!({ "name": "market" })).await.problem(422);
    let listing = server.installation.run(&["store", "list"]).well().stdout;
    assert_eq!(listing.matches("shop").count(), 1, "{listing}");
}
