//! One group at a time: create, read, replace, delete, create or update.

use serde_json::{Value, json};

use crate::harness::{Api, Server, Snapshot, id_of, on_both_databases, texts};

on_both_databases![
    a_created_group_has_every_property_in_the_printed_order,
    a_created_group_is_found_where_the_answer_says,
    a_name_is_given_once_ignoring_case,
    a_wrong_group_is_refused_with_the_property,
    relations_come_in_every_form,
    an_unknown_member_is_refused,
    what_nests_in_a_group_has_no_relations_of_its_own,
    put_replaces_the_relations_that_are_present,
    a_member_named_twice_is_in_once,
    create_or_update_finds_a_group_by_id_or_name,
    create_or_update_refuses_a_name_that_another_id_holds,
    a_stale_tag_is_refused_on_every_write,
    a_write_that_changes_nothing_keeps_the_tag,
    a_deleted_group_is_gone_and_its_members_stay,
    an_unknown_group_is_not_found,
    path_and_body_name_the_same_group,
];

const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A group above, one below, and two users.
struct Others {
    above: Value,
    below: Value,
    ada: Value,
    bob: Value,
}

impl Others {
    async fn new(api: &Api) -> Self {
        Self {
            above: api.new_group("above").await,
            below: api.new_group("below").await,
            ada: api.new_user("ada").await,
            bob: api.new_user("bob").await,
        }
    }

    /// A group with one of each relation.
    async fn full(&self, api: &Api) -> Value {
        let group = json!({
            "name": "staff",
            "memberUsers": [self.ada["id"]],
            "parentGroups": [self.above["id"]],
            "memberGroups": [self.below["id"]],
            "metadata": [{ "key": "color", "value": "red" }],
        });
        api.post("Group", &group).await.json(201)
    }
}

fn path_of(group: &Value) -> String {
    format!("Group/{}", id_of(group))
}

async fn a_created_group_has_every_property_in_the_printed_order(server: Server) {
    let answer = server.admin().post("Group", &json!({ "name": "Ärzte" })).await.expect(201);
    let text = answer.text();
    let printed =
        ["instanceId", "id", "name", "memberUsers", "parentGroups", "memberGroups", "metadata"];
    let places: Vec<_> = printed.iter().map(|name| text.find(&format!(r#""{name}":"#))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
    let mut group = answer.json(201);
    let given = group.as_object_mut().expect("an object");
    for id in ["instanceId", "id"] {
        let id = given.remove(id).expect("an id");
        assert!(uuid::Uuid::parse_str(id.as_str().expect("text")).is_ok());
    }
    let empty = json!({ "name": "Ärzte", "memberUsers": [], "parentGroups": [],
        "memberGroups": [], "metadata": [] });
    assert_eq!(group, empty);
}

async fn a_created_group_is_found_where_the_answer_says(server: Server) {
    let api = server.admin();
    let chosen = json!({ "id": UNKNOWN.to_uppercase(), "NAME": "staff", "shoes": 7 });
    let created = api.post("Group", &chosen).await.expect(201);
    let found = api.get(created.header("location")).await.expect(200);
    assert_eq!(found.etag(), created.etag());
    let created = created.json(201);
    assert_eq!(found.json(200), created);
    assert_eq!(created["id"], UNKNOWN);
    let twice = json!({ "id": UNKNOWN, "name": "other" });
    assert!(api.post("Group", &twice).await.problem(409).to_string().contains("id"));
    assert_eq!(api.list("Group").await, [created]);
}

async fn a_name_is_given_once_ignoring_case(server: Server) {
    let api = server.admin();
    api.new_group("Élan").await;
    let other = api.new_group("other").await;
    for taken in ["ÉLAN", "e\u{301}lan"] {
        let taken = json!({ "name": taken });
        for answer in [api.post("Group", &taken).await, api.put(&path_of(&other), &taken).await] {
            let problem = answer.problem(409);
            assert!(problem["errors"]["name"].is_array(), "{problem}");
        }
    }
    // Its own name, spelled otherwise, is not taken.
    let respelled = json!({ "name": "OTHER" });
    assert_eq!(api.put(&path_of(&other), &respelled).await.json(202)["name"], "OTHER");
}

async fn a_wrong_group_is_refused_with_the_property(server: Server) {
    let api = server.admin();
    let group = api.new_group("staff").await;
    let before = Snapshot::of(&api).await;
    let long = "x".repeat(257);
    for (body, property) in [
        (json!({}), "name"),
        (json!({ "name": null }), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": long }), "name"),
        (json!({ "name": "a\u{0}b" }), "name"),
        (json!({ "name": "a\nb" }), "name"),
        (json!({ "name": "x", "id": "no-uuid" }), "id"),
        (json!({ "name": "x", "instanceId": UNKNOWN }), "instanceId"),
        (json!({ "name": "x", "memberUsers": "ada" }), "memberUsers"),
        (json!({ "name": "x", "memberUsers": [7] }), "memberUsers[0]"),
        (json!({ "name": "x", "memberGroups": [{}] }), "memberGroups[0].id"),
        (json!({ "name": "x", "parentGroups": ["x"] }), "parentGroups[0]"),
        (json!({ "name": "x", "metadata": {} }), "metadata"),
        (json!({ "name": "x", "metadata": [{ "value": "v" }] }), "metadata[0].key"),
        (json!({ "name": "x", "metadata": [{ "key": "k" }, { "key": "K" }] }), "metadata"),
        (json!({ "name": "x", "metadata": [{ "key": "batch" }] }), "metadata[0].key"),
    ] {
        assert_eq!(api.post("Group", &body).await.broken_properties(), [property], "{body}");
        let put = api.put(&path_of(&group), &body).await;
        assert_eq!(put.broken_properties(), [property], "{body}");
    }
    before.assert_kept(&api, "wrong groups").await;
    let longest = json!({ "name": "é".repeat(256) });
    api.post("Group", &longest).await.expect(201);
}

async fn relations_come_in_every_form(server: Server) {
    let api = server.admin();
    let Others { above, below, ada, bob } = Others::new(&api).await;
    let eve = api.new_user("eve").await;
    let (inner, outer) = (api.new_group("inner").await, api.new_group("outer").await);
    let group = json!({
        "name": "staff",
        "memberUsers": [
            ada["id"],
            { "id": bob["id"], "loginName": "ignored" },
            { "userId": eve["id"] },
        ],
        "parentGroups": [{ "parentGroupId": above["id"] }, { "ID": outer["id"] }],
        "memberGroups": [{ "memberGroupId": below["id"] }, inner],
    });
    let group = api.post("Group", &group).await.json(201);
    let sorted = |relation: &str, property: &str| {
        let mut names = texts(&group[relation], property);
        names.sort();
        names
    };
    assert_eq!(sorted("memberUsers", "loginName"), ["ada", "bob", "eve"]);
    assert_eq!(sorted("parentGroups", "name"), ["above", "outer"]);
    assert_eq!(sorted("memberGroups", "name"), ["below", "inner"]);
    // What was read can be written back.
    let again = api.put(&path_of(&group), &group).await.json(202);
    assert_eq!(again, group);
    let user = json!({
        "loginName": "zoe",
        "memberOfGroups": [above["id"], { "id": below["id"] }, { "groupId": group["id"] }],
    });
    let user = api.create_user(&user).await.json(201);
    let mut names = texts(&user["memberOfGroups"], "name");
    names.sort();
    assert_eq!(names, ["above", "below", "staff"]);
    let differing =
        json!({ "name": "x", "memberUsers": [{ "id": ada["id"], "userId": bob["id"] }] });
    api.post("Group", &differing).await.problem(400);
}

async fn an_unknown_member_is_refused(server: Server) {
    let api = server.admin();
    let Others { ada, .. } = Others::new(&api).await;
    let group = api.new_group("staff").await;
    let before = Snapshot::of(&api).await;
    for relation in ["memberUsers", "parentGroups", "memberGroups"] {
        let body = json!({ "name": "staff", relation: [UNKNOWN] });
        let put = api.put(&path_of(&group), &body).await.problem(400);
        assert!(put["errors"].to_string().contains(relation), "{put}");
        let new = json!({ "name": "new", relation: [{ "id": UNKNOWN }] });
        api.post("Group", &new).await.problem(400);
        let patch = json!([{ "op": "add", "path": format!("/{relation}/-"), "value": UNKNOWN }]);
        api.patch(&path_of(&group), &patch).await.problem(400);
    }
    // A user is no group, and a group is no user.
    for relation in ["parentGroups", "memberGroups"] {
        let body = json!({ "name": "staff", relation: [ada["id"]] });
        api.put(&path_of(&group), &body).await.problem(400);
    }
    let body = json!({ "name": "staff", "memberUsers": [group["id"]] });
    api.put(&path_of(&group), &body).await.problem(400);
    before.assert_kept(&api, "unknown members").await;
}

async fn what_nests_in_a_group_has_no_relations_of_its_own(server: Server) {
    let api = server.admin();
    let others = Others::new(&api).await;
    let group = others.full(&api).await;
    let mut ada = api.get_user(id_of(&others.ada)).await.json(200);
    for relation in ["memberOfGroups", "userProfiles"] {
        ada[relation] = Value::Null;
    }
    assert_eq!(group["memberUsers"], json!([ada]));
    for (relation, other) in [("parentGroups", &others.above), ("memberGroups", &others.below)] {
        let mut nested = api.read(&path_of(other)).await.json(200);
        for relation in ["memberUsers", "parentGroups", "memberGroups", "metadata"] {
            nested[relation] = Value::Null;
        }
        assert_eq!(group[relation], json!([nested]));
    }
    let metadata = json!([{ "instanceId": group["instanceId"], "groupId": group["id"],
        "key": "color", "value": "red" }]);
    assert_eq!(group["metadata"], metadata);
    for include in ["", "memberUsers", "metadata,parentGroups"] {
        let shown = api.read(&format!("{}?include={include}", path_of(&group))).await.json(200);
        for relation in ["memberUsers", "parentGroups", "memberGroups", "metadata"] {
            let wanted = include.contains(relation);
            assert_eq!(shown[relation].is_array(), wanted, "{relation} in {include}");
        }
    }
    api.read(&format!("{}?include=shoes", path_of(&group))).await.problem(400);
}

async fn put_replaces_the_relations_that_are_present(server: Server) {
    let api = server.admin();
    let others = Others::new(&api).await;
    let before = others.full(&api).await;
    let path = path_of(&before);
    let kept = json!({ "name": "Staff", "memberUsers": null });
    let mut expected = before.clone();
    expected["name"] = json!("Staff");
    assert_eq!(api.put(&path, &kept).await.json(202), expected);

    let replaced = json!({ "name": "Staff", "memberUsers": [others.bob["id"]], "metadata": [] });
    let after = api.put(&path, &replaced).await.json(202);
    assert_eq!(texts(&after["memberUsers"], "loginName"), ["bob"]);
    assert_eq!(after["metadata"], json!([]));
    for relation in ["parentGroups", "memberGroups"] {
        assert_eq!(after[relation], before[relation]);
        let emptied = json!({ "name": "Staff", relation: [] });
        assert_eq!(api.put(&path, &emptied).await.json(202)[relation], json!([]));
    }
    let upserted = json!({ "id": after["id"], "memberUsers": [] });
    let last = api.post("Group/createorupdate", &upserted).await.json(201);
    assert_eq!((&last["name"], &last["memberUsers"]), (&json!("Staff"), &json!([])));
    assert_eq!(api.read(&path).await.json(200), last);
}

async fn a_member_named_twice_is_in_once(server: Server) {
    let api = server.admin();
    let Others { ada, below, .. } = Others::new(&api).await;
    let group = json!({
        "name": "staff",
        "memberUsers": [ada["id"], { "userId": ada["id"] }],
        "memberGroups": [below["id"], below["id"]],
    });
    let answer = api.post("Group", &group).await;
    if answer.status == 400 {
        assert_eq!(api.list("Group?filter=name%20eq%20%22staff%22").await, Vec::<Value>::new());
        return;
    }
    let group = answer.json(201);
    assert_eq!(texts(&group["memberUsers"], "loginName"), ["ada"]);
    assert_eq!(texts(&group["memberGroups"], "name"), ["below"]);
    let key = format!("{}/{}", id_of(&group), id_of(&ada));
    assert_eq!(api.entries_about(&key).await.len(), 1);
}

async fn create_or_update_finds_a_group_by_id_or_name(server: Server) {
    let api = server.admin();
    let others = Others::new(&api).await;
    let before = others.full(&api).await;
    for body in [json!({ "name": "STAFF" }), json!({ "id": before["id"], "name": "STAFF" })] {
        let answer = api.post("Group/createorupdate", &body).await.expect(201);
        assert_eq!(api.get(answer.header("location")).await.json(200), answer.clone().json(201));
        let after = answer.json(201);
        assert_eq!((&after["id"], &after["name"]), (&before["id"], &json!("STAFF")));
        for relation in ["memberUsers", "parentGroups", "memberGroups", "metadata"] {
            assert_eq!(after[relation], before[relation], "{relation}");
        }
    }
    let new = json!({ "id": UNKNOWN, "name": "new" });
    assert_eq!(api.post("Group/createorupdate", &new).await.json(201)["id"], UNKNOWN);
    let nameless = json!({ "memberUsers": [] });
    assert_eq!(api.post("Group/createorupdate", &nameless).await.broken_properties(), ["name"]);
}

async fn create_or_update_refuses_a_name_that_another_id_holds(server: Server) {
    let api = server.admin();
    api.new_group("staff").await;
    let other = api.new_group("other").await;
    for id in [id_of(&other), UNKNOWN] {
        let body = json!({ "id": id, "name": "Staff" });
        let problem = api.post("Group/createorupdate", &body).await.problem(409);
        assert!(problem["errors"]["name"].is_array(), "{problem}");
    }
}

async fn a_stale_tag_is_refused_on_every_write(server: Server) {
    let api = server.admin();
    let created = api.post("Group", &json!({ "name": "staff" })).await.expect(201);
    let first = created.etag();
    let group = created.json(201);
    let path = path_of(&group);
    let rename = |name: &str| json!({ "name": name });
    let second = api.with("if-match", &first).put(&path, &rename("crew")).await.expect(202).etag();
    assert_ne!(first, second);

    let stale = api.with("if-match", &first);
    let patch = json!([{ "op": "replace", "path": "/name", "value": "x" }]);
    for answer in [
        stale.put(&path, &rename("x")).await,
        stale.patch(&path, &patch).await,
        stale.post("Group/createorupdate", &json!({ "id": group["id"], "name": "x" })).await,
        stale.delete(&path).await,
    ] {
        assert_eq!(answer.etag(), second);
        answer.problem(412);
    }
    assert_eq!(api.read(&path).await.json(200)["name"], "crew");
    let listed = format!("\"0\", {second}");
    let present = api.with("if-match", &listed);
    let third = present.patch(&path, &patch).await.expect(202).etag();
    api.with("if-match", &third).delete(&path).await.expect(204);
}

async fn a_write_that_changes_nothing_keeps_the_tag(server: Server) {
    let api = server.admin();
    let others = Others::new(&api).await;
    let group = others.full(&api).await;
    let tag = api.read(&path_of(&group)).await.etag();
    let before = Snapshot::of(&api).await;
    let same = json!([{ "op": "replace", "path": "/name", "value": group["name"] }]);
    for answer in [
        api.put(&path_of(&group), &group).await,
        api.patch(&path_of(&group), &same).await,
        api.patch(&path_of(&group), &json!([])).await,
    ] {
        assert_eq!(answer.expect(202).etag(), tag);
    }
    before.assert_kept(&api, "nothing was changed").await;
}

async fn a_deleted_group_is_gone_and_its_members_stay(server: Server) {
    let api = server.admin();
    let others = Others::new(&api).await;
    let group = others.full(&api).await;
    let answer = api.delete(&path_of(&group)).await.expect(204);
    assert_eq!(answer.text(), "");
    api.read(&path_of(&group)).await.problem(404);
    api.delete(&path_of(&group)).await.problem(404);
    api.read(&format!("{}/GroupMetadata", path_of(&group))).await.problem(404);
    let ada = api.get_user(id_of(&others.ada)).await.json(200);
    assert_eq!(ada["memberOfGroups"], json!([]));
    for (other, relation) in [(&others.above, "memberGroups"), (&others.below, "parentGroups")] {
        assert_eq!(api.read(&path_of(other)).await.json(200)[relation], json!([]));
    }
    // Its name and its metadata are free again.
    let anew = json!({ "name": "STAFF", "metadata": [{ "key": "COLOR" }] });
    api.post("Group", &anew).await.expect(201);
}

async fn an_unknown_group_is_not_found(server: Server) {
    let api = server.admin();
    let group = json!({ "name": "x" });
    for id in [UNKNOWN, "no-uuid", "%20", "0"] {
        let path = format!("Group/{id}");
        api.read(&path).await.problem(404);
        api.put(&path, &group).await.problem(404);
        api.patch(&path, &json!([])).await.problem(404);
        api.delete(&path).await.problem(404);
    }
}

async fn path_and_body_name_the_same_group(server: Server) {
    let api = server.admin();
    let group = api.new_group("staff").await;
    let other = json!({ "id": UNKNOWN, "name": "staff" });
    assert_eq!(api.put(&path_of(&group), &other).await.broken_properties(), ["id"]);
    let patch = json!([{ "op": "replace", "path": "/id", "value": UNKNOWN }]);
    api.patch(&path_of(&group), &patch).await.problem(400);
    let same = json!({ "id": group["id"], "instanceId": group["instanceId"], "name": "staff" });
    api.put(&path_of(&group), &same).await.expect(202);
    let with_parameter = format!("{}?dryRun=true", path_of(&group));
    api.put(&with_parameter, &same).await.problem(400);
}
