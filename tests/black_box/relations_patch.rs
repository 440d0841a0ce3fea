//! JSON Patch on what a user or a group is related to works as PUT would.

use serde_json::{Value, json};

use crate::harness::{Api, Server, Snapshot, id_of, on_both_databases, texts};

on_both_databases![
    members_are_added_and_removed_by_position,
    an_add_to_the_end_keeps_those_who_are_in,
    groups_of_a_user_are_added_and_removed,
    attributes_are_patched_where_they_stand,
    metadata_is_patched_where_it_stands,
    a_relation_is_replaced_as_a_whole,
    a_patch_that_fails_halfway_changes_nothing,
    a_test_looks_at_relations,
    what_a_member_is_cannot_be_patched_through_a_group,
];

struct Records {
    api: Api,
    users: Vec<Value>,
    groups: Vec<Value>,
}

impl Records {
    /// Three users and three groups, each of which is alone.
    async fn new(server: &Server) -> Self {
        let api = server.admin();
        let (mut users, mut groups) = (vec![], vec![]);
        for name in ["a", "b", "c"] {
            users.push(api.new_user(name).await);
            groups.push(api.new_group(name).await);
        }
        Self { api, users, groups }
    }

    async fn patch_group(&self, n: usize, patch: &Value) -> Value {
        let path = format!("Group/{}", id_of(&self.groups[n]));
        self.api.patch(&path, patch).await.json(202)
    }

    async fn patch_user(&self, n: usize, patch: &Value) -> Value {
        self.api.patch_user(id_of(&self.users[n]), patch).await.json(202)
    }
}

fn add(relation: &str, value: &Value) -> Value {
    json!({ "op": "add", "path": format!("/{relation}/-"), "value": value })
}

fn remove(relation: &str, index: usize) -> Value {
    json!({ "op": "remove", "path": format!("/{relation}/{index}") })
}

fn sorted(list: &Value, property: &str) -> Vec<String> {
    let mut names = texts(list, property);
    names.sort();
    names
}

async fn members_are_added_and_removed_by_position(server: Server) {
    let records = Records::new(&server).await;
    let Records { users, groups, .. } = &records;
    for (relation, members, property) in [
        ("memberUsers", users, "loginName"),
        ("memberGroups", groups, "name"),
        ("parentGroups", groups, "name"),
    ] {
        let others = &members[1..];
        let all: Value = others.iter().map(|member| add(relation, &member["id"])).collect();
        let after = records.patch_group(0, &all).await;
        assert_eq!(sorted(&after[relation], property), ["b", "c"], "{relation}");
        let second = after[relation][1].clone();
        let after = records.patch_group(0, &json!([remove(relation, 0)])).await;
        assert_eq!(after[relation], json!([second]));
        let after = records.patch_group(0, &json!([remove(relation, 0)])).await;
        assert_eq!(after[relation], json!([]));
        let missing = json!([remove(relation, 0)]);
        let path = format!("Group/{}", id_of(&groups[0]));
        records.api.patch(&path, &missing).await.problem(400);
    }
}

async fn an_add_to_the_end_keeps_those_who_are_in(server: Server) {
    let records = Records::new(&server).await;
    let Records { api, users, groups } = &records;
    let path = format!("Group/{}", id_of(&groups[0]));
    for (n, form) in [
        json!(users[0]["id"]),
        json!({ "id": users[1]["id"] }),
        json!({ "userId": users[2]["id"] }),
    ]
    .iter()
    .enumerate()
    {
        records.patch_group(0, &json!([add("memberUsers", form)])).await;
        let group = api.read(&path).await.json(200);
        assert_eq!(sorted(&group["memberUsers"], "loginName"), ["a", "b", "c"][..=n]);
    }
    // Who is in already is in once, or refused; nobody goes.
    let again = api.patch(&path, &json!([add("memberUsers", &users[0]["id"])])).await;
    assert!([202, 400].contains(&again.status), "{}", again.text());
    let group = api.read(&path).await.json(200);
    assert_eq!(sorted(&group["memberUsers"], "loginName"), ["a", "b", "c"]);
    // Added and removed in one patch.
    let swap =
        json!([remove("memberUsers", 0), add("memberUsers", &group["memberUsers"][0]["id"])]);
    assert_eq!(
        records.patch_group(0, &swap).await["memberUsers"].as_array().map(Vec::len),
        Some(3)
    );
}

async fn groups_of_a_user_are_added_and_removed(server: Server) {
    let records = Records::new(&server).await;
    let groups = &records.groups;
    let patch = json!([
        add("memberOfGroups", &groups[0]["id"]),
        add("MEMBEROFGROUPS", &json!({ "groupId": groups[1]["id"] })),
        add("memberOfGroups", &groups[2]),
    ]);
    let user = records.patch_user(0, &patch).await;
    assert_eq!(sorted(&user["memberOfGroups"], "name"), ["a", "b", "c"]);
    let gone = user["memberOfGroups"][1]["name"].as_str().expect("a name").to_owned();
    let user = records.patch_user(0, &json!({ "operations": [remove("memberOfGroups", 1)] })).await;
    let left: Vec<_> = ["a", "b", "c"].into_iter().filter(|name| *name != gone).collect();
    assert_eq!(sorted(&user["memberOfGroups"], "name"), left);
    let user = records.patch_user(0, &json!([{ "op": "remove", "path": "/memberOfGroups" }])).await;
    assert_eq!(user["memberOfGroups"], json!([]));
}

async fn attributes_are_patched_where_they_stand(server: Server) {
    let records = Records::new(&server).await;
    let profile = |key: &str, value: &str| json!({ "key": key, "value": value });
    let patch = json!([
        add("userProfiles", &profile("color", "red")),
        add("userProfiles", &profile("shape", "round")),
    ]);
    let user = records.patch_user(0, &patch).await;
    assert_eq!(texts(&user["userProfiles"], "key"), ["color", "shape"]);
    let patch = json!([{ "op": "replace", "path": "/userProfiles/0/value", "value": "blue" }]);
    let user = records.patch_user(0, &patch).await;
    assert_eq!(texts(&user["userProfiles"], "value"), ["blue", "round"]);
    let patch = json!([
        { "op": "replace", "path": "/userprofiles/1/Key", "value": "form" },
        { "op": "remove", "path": "/userProfiles/0/value" },
    ]);
    let user = records.patch_user(0, &patch).await;
    assert_eq!(texts(&user["userProfiles"], "key"), ["color", "form"]);
    assert_eq!(user["userProfiles"][0]["value"], Value::Null);
    let user = records.patch_user(0, &json!([remove("userProfiles", 0)])).await;
    assert_eq!(texts(&user["userProfiles"], "key"), ["form"]);
    let twice = json!([add("userProfiles", &profile("FORM", "x"))]);
    records.api.patch_user(id_of(&user), &twice).await.problem(400);
    for (path, value) in [("/userProfiles/0/userId", "x"), ("/userProfiles/0/instanceId", "x")] {
        let fixed = json!([{ "op": "replace", "path": path, "value": value }]);
        records.api.patch_user(id_of(&user), &fixed).await.problem(400);
    }
    assert_eq!(records.api.get_user(id_of(&user)).await.json(200), user);
}

async fn metadata_is_patched_where_it_stands(server: Server) {
    let records = Records::new(&server).await;
    let patch = json!([
        add("metadata", &json!({ "key": "color", "value": "red" })),
        { "op": "copy", "from": "/name", "path": "/metadata/0/value" },
        { "op": "test", "path": "/metadata/0/key", "value": "color" },
    ]);
    let group = records.patch_group(1, &patch).await;
    assert_eq!(texts(&group["metadata"], "value"), ["b"]);
    let group = records.patch_group(1, &json!([remove("metadata", 0)])).await;
    assert_eq!(group["metadata"], json!([]));
}

async fn a_relation_is_replaced_as_a_whole(server: Server) {
    let records = Records::new(&server).await;
    let Records { users, groups, .. } = &records;
    records.patch_group(0, &json!([add("memberUsers", &users[0]["id"])])).await;
    let whole = json!([{ "op": "replace", "path": "/memberUsers",
        "value": [users[1]["id"], { "id": users[2]["id"] }] }]);
    let group = records.patch_group(0, &whole).await;
    assert_eq!(sorted(&group["memberUsers"], "loginName"), ["b", "c"]);
    for path in ["/memberUsers", "/MemberUsers"] {
        let emptied = json!([{ "op": "remove", "path": path }]);
        assert_eq!(records.patch_group(0, &emptied).await["memberUsers"], json!([]));
    }
    let of_user = json!([{ "op": "add", "path": "/memberOfGroups", "value": [groups[2]["id"]] }]);
    let user = records.patch_user(0, &of_user).await;
    assert_eq!(texts(&user["memberOfGroups"], "name"), ["c"]);
}

async fn a_patch_that_fails_halfway_changes_nothing(server: Server) {
    let records = Records::new(&server).await;
    let Records { api, users, groups } = &records;
    records.patch_group(0, &json!([add("memberUsers", &users[0]["id"])])).await;
    let before = Snapshot::of(api).await;
    let unknown = json!("01890a5d-ac96-774b-bcce-b302099a8057");
    let good = [
        json!({ "op": "replace", "path": "/name", "value": "half" }),
        add("memberUsers", &users[1]["id"]),
        add("memberGroups", &groups[1]["id"]),
        add("metadata", &json!({ "key": "k" })),
    ];
    for (last, status) in [
        (json!({ "op": "test", "path": "/name", "value": "whole" }), 409),
        (json!({ "op": "remove", "path": "/memberUsers/7" }), 400),
        (json!({ "op": "remove", "path": "/shoes" }), 400),
        (json!({ "op": "move", "from": "/memberUsers/0", "path": "/name" }), 400),
        (json!({ "op": "fly", "path": "/name" }), 400),
        (json!({ "op": "replace", "path": "/id", "value": unknown }), 400),
        (add("memberUsers", &unknown), 400),
        (add("parentGroups", &unknown), 400),
        (add("parentGroups", &groups[0]["id"]), 409),
        (add("parentGroups", &groups[1]["id"]), 409),
        (json!({ "op": "replace", "path": "/name", "value": "b" }), 409),
        (json!({ "op": "replace", "path": "/name", "value": "" }), 400),
    ] {
        let mut patch = good.to_vec();
        patch.push(last.clone());
        let path = format!("Group/{}", id_of(&groups[0]));
        let answer = api.patch(&path, &json!(patch)).await;
        assert_eq!(answer.status, status, "{last}: {}", answer.text());
        answer.problem(status);
        before.assert_kept(api, &last.to_string()).await;
    }
}

async fn a_test_looks_at_relations(server: Server) {
    let records = Records::new(&server).await;
    let Records { api, users, groups } = &records;
    records.patch_group(0, &json!([add("memberUsers", &users[0]["id"])])).await;
    let rename = |test: Value| json!([test, { "op": "replace", "path": "/name", "value": "new" }]);
    let path = format!("Group/{}", id_of(&groups[0]));
    for (test, status) in [
        (json!({ "op": "test", "path": "/memberUsers/0/id", "value": users[1]["id"] }), 409),
        (json!({ "op": "test", "path": "/memberUsers", "value": [] }), 409),
        (json!({ "op": "test", "path": "/memberUsers/0/loginName", "value": "a" }), 202),
        (json!({ "op": "test", "path": "/memberGroups", "value": [] }), 202),
    ] {
        let answer = api.patch(&path, &rename(test.clone())).await;
        assert_eq!(answer.status, status, "{test}: {}", answer.text());
    }
}

async fn what_a_member_is_cannot_be_patched_through_a_group(server: Server) {
    let records = Records::new(&server).await;
    let Records { api, users, groups } = &records;
    let both = json!([add("memberUsers", &users[0]["id"]), add("memberGroups", &groups[1]["id"])]);
    records.patch_group(0, &both).await;
    let before = Snapshot::of(api).await;
    let path = format!("Group/{}", id_of(&groups[0]));
    for place in [
        "/memberUsers/0/id",
        "/memberUsers/0/loginName",
        "/memberUsers/0/isUserActive",
        "/memberGroups/0/name",
        "/memberGroups/0/memberUsers",
    ] {
        let patch = json!([{ "op": "replace", "path": place, "value": "x" }]);
        api.patch(&path, &patch).await.problem(400);
    }
    before.assert_kept(api, "members are no part of a group").await;
}
