use domain::group::{GroupDraft, GroupName, SetChange};
use domain::id::UserId;
use domain::resource::{Change, Mode};
use domain::unit_of_work::Access;
use serde_json::{Value, json};
use testkit::builders::a_user;

use crate::app::App;

/// Makes a group and gives its id.
async fn group(app: &App, body: Value) -> String {
    let group = app.post("/Group", body).await.is(201).json();
    group["id"].as_str().unwrap().to_owned()
}

/// Makes a user and gives its id.
async fn user(app: &App, name: &str) -> String {
    app.user(json!({"loginName": name})).await["id"].as_str().unwrap().to_owned()
}

/// Makes so many users and gives their ids in order.
async fn users(app: &App, count: usize) -> Vec<UserId> {
    let create = |n| Change::Create { id: None, draft: a_user(&format!("user {n}")).draft() };
    let (context, drafts) = (app.world.as_admin_in(&app.shop), (0..count).map(create).collect());
    let made = app.world.users().apply_all(&context, Access::Bulk, (), Mode::Atomic, drafts).await;
    let made = made.unwrap().into_iter();
    let mut ids: Vec<_> = made.map(|outcome| outcome.unwrap().unwrap().user.id).collect();
    ids.sort_unstable();
    ids
}

/// The members of a relation by a property of theirs.
fn members(group: &Value, relation: &str, property: &str) -> Vec<String> {
    let members = group[relation].as_array().unwrap_or_else(|| panic!("{relation} of {group}"));
    members.iter().map(|member| member[property].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_group_is_shown_with_every_property_in_the_printed_order() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let above = group(&app, json!({"name": "above"})).await;
    let below = group(&app, json!({"name": "below"})).await;
    let sent = json!({
        "name": "Staff", "memberUsers": [ada], "parentGroups": [above], "memberGroups": [below],
        "metadata": [{"key": "color", "value": "red"}],
    });
    let made = app.post("/Group", sent).await.is(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let shop = app.shop.id;

    let found = app.get(&format!("/Group/{id}")).await.is(200);

    let nested = |id: &str, name: &str| {
        format!(
            concat!(
                r#"{{"instanceId":"{}","id":"{}","name":"{}","memberUsers":null,"#,
                r#""parentGroups":null,"memberGroups":null,"metadata":null}}"#,
            ),
            shop, id, name,
        )
    };
    let member = app.get(&format!("/User/{ada}?include=")).await.is(200);
    let expected = format!(
        concat!(
            r#"{{"instanceId":"{}","id":"{}","name":"Staff","memberUsers":[{}],"#,
            r#""parentGroups":[{}],"memberGroups":[{}],"metadata":[{{"instanceId":"{}","#,
            r#""groupId":"{}","key":"color","value":"red"}}]}}"#,
        ),
        shop,
        id,
        member.text(),
        nested(&above, "above"),
        nested(&below, "below"),
        shop,
        id,
    );
    assert_eq!(found.text(), expected);
    assert_eq!(made.text(), expected);
    assert_eq!(found.header("etag"), made.header("etag"));
    assert!(found.header("etag").is_some());
    let location = made.header("location").unwrap();
    assert_eq!(location, format!("/api/userstore/v1/shop/administration/Group/{id}"));
}

#[actix_web::test]
async fn both_ends_tell_of_a_membership_and_of_a_nesting() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let below = group(&app, json!({"name": "below", "memberUsers": [ada]})).await;
    let above = group(&app, json!({"name": "above", "memberGroups": [{"id": below}]})).await;
    let ada = app.get(&format!("/User/{ada}")).await.json();
    assert_eq!(members(&ada, "memberOfGroups", "name"), ["below"]);
    let below = app.get(&format!("/Group/{below}")).await.json();
    assert_eq!(members(&below, "parentGroups", "id"), [above]);
    assert_eq!(below["memberGroups"], json!([]));
}

#[actix_web::test]
async fn relations_are_filled_as_asked_for() {
    let app = App::start().await;
    let id = group(&app, json!({"name": "staff"})).await;
    let relations = ["memberUsers", "parentGroups", "memberGroups", "metadata"];
    for (include, filled) in [
        ("", &relations[..]),
        ("?include=", &[]),
        ("?INCLUDE=MEMBERUSERS", &["memberUsers"]),
        ("?include=metadata,%20parentGroups", &["parentGroups", "metadata"]),
    ] {
        for path in [format!("/Group/{id}{include}"), format!("/Group{include}")] {
            let answer = app.get(&path).await.is(200).json();
            let group = if answer.is_array() { &answer[0] } else { &answer };
            for relation in relations {
                let expected = if filled.contains(&relation) { json!([]) } else { Value::Null };
                assert_eq!(group[relation], expected, "{path} {relation}");
            }
        }
    }
    app.get(&format!("/Group/{id}?include=path")).await.refuses(&["include"]);
    app.get("/Group?include=memberOfGroups").await.refuses(&["include"]);
}

#[actix_web::test]
async fn members_are_named_by_objects_or_by_bare_ids() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let other = group(&app, json!({"name": "other"})).await;
    let group = app.post("/Group", json!({"name": "staff"})).await.is(201).json();
    let path = format!("/Group/{}", group["id"].as_str().unwrap());
    let ada_whole = app.get(&format!("/User/{ada}")).await.json();
    for (relation, link, member) in [
        ("memberUsers", "userId", &ada),
        ("parentGroups", "parentGroupId", &other),
        ("memberGroups", "memberGroupId", &other),
    ] {
        for named in [json!(member), json!({"ID": member}), json!({link: member})] {
            let changed = app.put(&path, json!({"name": "staff", relation: [named]})).await;
            assert_eq!(members(&changed.is(202).json(), relation, "id"), [member.as_str()]);
            app.put(&path, json!({"name": "staff", relation: []})).await.is(202);
        }
        let place = format!("{relation}[0]");
        for (wrong, property) in [
            (json!(1), place.clone()),
            (json!("x"), place.clone()),
            (json!({}), format!("{place}.id")),
            (json!({"id": 1}), format!("{place}.id")),
            (json!({"id": ada, link: other}), format!("{place}.{link}")),
        ] {
            let body = json!({"name": "staff", relation: [wrong]});
            app.put(&path, body).await.refuses(&[&property]);
        }
        app.put(&path, json!({"name": "staff", relation: ada})).await.refuses(&[relation]);
        let nobody = "00000000-0000-0000-0000-000000000000";
        let unknown = app.put(&path, json!({"name": "staff", relation: [nobody]})).await;
        unknown.refuses(&[relation]);
    }
    let whole = app.put(&path, json!({"name": "staff", "memberUsers": [ada_whole]})).await;
    assert_eq!(members(&whole.is(202).json(), "memberUsers", "loginName"), ["ada"]);
}

#[actix_web::test]
async fn a_put_replaces_relations_that_are_present_and_leaves_the_others() {
    let app = App::start().await;
    let (ada, bob) = (user(&app, "ada").await, user(&app, "bob").await);
    let id = group(
        &app,
        json!({"name": "staff", "memberUsers": [ada], "metadata": [{"key": "a", "value": "1"}]}),
    )
    .await;
    let path = format!("/Group/{id}");
    let renamed = json!({"name": "Crew", "memberUsers": null});
    let renamed = app.put(&path, renamed).await.is(202).json();
    assert_eq!(renamed["name"], "Crew");
    assert_eq!(members(&app.get(&path).await.json(), "memberUsers", "loginName"), ["ada"]);
    let replaced = json!({"name": "Crew", "memberUsers": [bob, bob], "metadata": [{"key": "b"}]});
    app.put(&path, replaced).await.is(202);
    let group = app.get(&path).await.json();
    assert_eq!(members(&group, "memberUsers", "loginName"), ["bob"]);
    assert_eq!(members(&group, "metadata", "key"), ["b"]);
    app.put(&path, json!({"name": "Crew", "memberUsers": [], "metadata": []})).await.is(202);
    let group = app.get(&path).await.json();
    assert_eq!((&group["memberUsers"], &group["metadata"]), (&json!([]), &json!([])));
}

#[actix_web::test]
async fn requests_that_break_rules_are_refused_with_all_of_them() {
    let app = App::start().await;
    let id = group(&app, json!({"name": "staff"})).await;
    let path = format!("/Group/{id}");
    let other = "00000000-0000-0000-0000-00000000000f";
    app.post("/Group", json!({})).await.refuses(&["name"]);
    app.post("/Group", json!({"name": null})).await.refuses(&["name"]);
    app.post("/Group", json!({"name": ""})).await.refuses(&["name"]);
    app.post("/Group", json!({"name": "x".repeat(257)})).await.refuses(&["name"]);
    app.put(&path, json!({"metadata": []})).await.refuses(&["name"]);
    app.put(&path, json!({"name": "a", "id": other})).await.refuses(&["id"]);
    app.put(&path, json!({"name": "a", "instanceId": other})).await.refuses(&["instanceId"]);
    let sent = json!({
        "name": 1, "id": "x", "memberUsers": [{"id": other, "instanceId": other}],
        "metadata": [{"value": "1"}, {"key": "userId"}, {"key": "c", "groupId": other}],
    });
    app.put(&path, sent).await.refuses(&[
        "id",
        "memberUsers[0].instanceId",
        "metadata[0].key",
        "metadata[1].key",
        "metadata[2].groupId",
        "name",
    ]);
    let sent = json!({
        "name": "a", "memberUsers": [{"id": other, "instanceId": other}],
        "metadata": [{"key": "c", "groupId": other}],
    });
    let places = ["memberUsers[0].instanceId", "metadata[0].groupId"];
    app.put(&path, sent.clone()).await.refuses(&places);
    app.post("/Group", sent).await.refuses(&places);
    let twice = json!({"name": "a", "metadata": [{"key": "c"}, {"key": "C"}]});
    app.post("/Group", twice).await.refuses(&["metadata"]);
    let named = json!({"name": "a", "id": other, "metadata": [{"key": "c", "groupId": other}]});
    app.post("/Group", named).await.is(201);
}

#[actix_web::test]
async fn a_name_and_an_id_are_given_once() {
    let app = App::start().await;
    let id = group(&app, json!({"name": "Staff"})).await;
    app.post("/Group", json!({"name": "sTAFF"})).await.problem(409, "duplicate");
    app.post("/Group", json!({"name": "x", "id": id})).await.problem(409, "duplicate");
    let other = group(&app, json!({"name": "other"})).await;
    let path = format!("/Group/{other}");
    app.put(&path, json!({"name": "STAFF"})).await.problem(409, "duplicate");
    app.put(&path, json!({"name": "OTHER"})).await.is(202);
}

#[actix_web::test]
async fn a_patch_changes_name_and_relations() {
    let app = App::start().await;
    let (ada, bob) = (user(&app, "ada").await, user(&app, "bob").await);
    let other = group(&app, json!({"name": "other"})).await;
    let sent = json!({"name": "staff", "memberUsers": [ada], "metadata": [{"key": "a"}]});
    let path = format!("/Group/{}", group(&app, sent).await);
    let patch = json!({"operations": [
        {"op": "REPLACE", "path": "/NAME", "value": "Crew"},
        {"op": "add", "path": "/memberUsers/-", "value": {"userId": bob}},
        {"op": "add", "path": "/memberUsers/-", "value": ada},
        {"op": "add", "path": "/parentGroups/-", "value": {"parentGroupId": other}},
        {"op": "add", "path": "/metadata/-", "value": {"key": "b", "value": "2"}},
        {"op": "replace", "path": "/metadata/0/value", "value": "1"},
    ]});
    let changed = app.patch(&path, patch).await.is(202).json();
    assert_eq!(changed["name"], "Crew");
    let group = app.get(&path).await.json();
    assert_eq!(members(&group, "memberUsers", "loginName"), ["ada", "bob"]);
    assert_eq!(members(&group, "parentGroups", "name"), ["other"]);
    assert_eq!(members(&group, "metadata", "value"), ["1", "2"]);

    let patch = json!([
        {"op": "test", "path": "/memberUsers/0/loginName", "value": "ada"},
        {"op": "remove", "path": "/memberUsers/0"},
        {"op": "remove", "path": "/parentGroups"},
    ]);
    app.patch(&path, patch).await.is(202);
    let group = app.get(&path).await.json();
    assert_eq!(members(&group, "memberUsers", "loginName"), ["bob"]);
    assert_eq!(group["parentGroups"], json!([]));
    assert_eq!(members(&group, "metadata", "value"), ["1", "2"]);
}

#[actix_web::test]
async fn a_patch_that_fails_halfway_changes_nothing() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let path =
        format!("/Group/{}", group(&app, json!({"name": "staff", "memberUsers": [ada]})).await);
    let before = app.get(&path).await.is(200);
    let renaming = json!({"op": "replace", "path": "/name", "value": "x"});
    let failing = |second: Value| json!([renaming, second]);
    let test = json!({"op": "test", "path": "/memberUsers/0/loginName", "value": "bob"});
    app.patch(&path, failing(test)).await.problem(409, "test-failed");
    for (second, property) in [
        (json!({"op": "remove", "path": "/memberUsers/1"}), "operations[1].path"),
        (json!({"op": "replace", "path": "/id", "value": ada}), "operations[1].path"),
        (
            json!({"op": "replace", "path": "/memberUsers/0/loginName", "value": "x"}),
            "operations[1].path",
        ),
        (json!({"op": "replace", "path": "/name", "value": null}), "name"),
        (json!({"op": "remove", "path": "/name"}), "name"),
        (json!({"op": "add", "path": "/memberUsers/-", "value": "x"}), "memberUsers[0]"),
    ] {
        app.patch(&path, failing(second)).await.refuses(&[property]);
    }
    let nobody = "00000000-0000-0000-0000-000000000000";
    let adding = json!({"op": "add", "path": "/memberUsers/-", "value": nobody});
    app.patch(&path, failing(adding)).await.refuses(&["memberUsers"]);
    let after = app.get(&path).await;
    assert_eq!(after.text(), before.text());
    assert_eq!(after.header("etag"), before.header("etag"));
}

#[actix_web::test]
async fn createorupdate_finds_a_group_by_id_or_by_name() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let path = "/Group/createorupdate";
    let made = app.post(path, json!({"name": "Staff", "memberUsers": [ada]})).await.is(201).json();
    let found = app.post(path, json!({"name": "sTAFF", "metadata": [{"key": "a"}]})).await;
    let found = found.is(201).json();
    assert_eq!((&found["id"], &found["name"]), (&made["id"], &json!("sTAFF")));
    let now = app.get(&format!("/Group/{}", made["id"].as_str().unwrap())).await.json();
    assert_eq!(members(&now, "memberUsers", "loginName"), ["ada"]);
    assert_eq!(members(&now, "metadata", "key"), ["a"]);
    let renamed = app.post(path, json!({"id": made["id"], "name": "Crew"})).await.is(201).json();
    assert_eq!((&renamed["id"], &renamed["name"]), (&made["id"], &json!("Crew")));
    app.post(path, json!({"metadata": []})).await.refuses(&["name"]);
    let id = "00000000-0000-0000-0000-00000000000f";
    let new = app.post(path, json!({"id": id, "name": "New"})).await.is(201).json();
    assert_eq!(new["id"], id);
    app.post(path, json!({"id": id, "name": "crew"})).await.problem(409, "duplicate");
}

#[actix_web::test]
async fn a_removed_group_leaves_its_members_and_takes_its_memberships() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let below = group(&app, json!({"name": "below"})).await;
    let sent = json!({"name": "staff", "memberUsers": [ada], "memberGroups": [below]});
    let path = format!("/Group/{}", group(&app, sent).await);
    app.delete(&path).await.is(204);
    app.get(&path).await.problem(404, "not-found");
    app.delete(&path).await.problem(404, "not-found");
    let ada = app.get(&format!("/User/{ada}")).await.is(200).json();
    assert_eq!(ada["memberOfGroups"], json!([]));
    let below = app.get(&format!("/Group/{below}")).await.is(200).json();
    assert_eq!(below["parentGroups"], json!([]));
}

#[actix_web::test]
async fn what_is_no_group_is_not_found() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    for id in ["x", "%00", "batch2", "00000000-0000-0000-0000-000000000000", &ada] {
        let path = format!("/Group/{id}");
        app.get(&path).await.problem(404, "not-found");
        app.put(&path, json!({"name": "x"})).await.problem(404, "not-found");
        app.patch(&path, json!([])).await.problem(404, "not-found");
        app.delete(&path).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn groups_are_listed_filtered_and_ordered() {
    let app = App::start().await;
    for name in ["Beta", "alpha", "Gamma", "delta"] {
        group(&app, json!({"name": name})).await;
    }
    let names = |answer: crate::app::Answer| {
        let list: Vec<Value> = serde_json::from_value(answer.is(200).json()).unwrap();
        list.into_iter().map(|group| group["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(app.get("/Group?sortBy=name").await), ["alpha", "Beta", "delta", "Gamma"]);
    let path = "/Group?sortBy=NAME&sortOrder=descending&filter=name%20co%20%22A%22%20and%20name%20ne%20%22beta%22&limit=2";
    let first = app.get(path).await;
    let link = first.header("link").unwrap().to_owned();
    assert_eq!(names(first), ["Gamma", "delta"]);
    let link = link.split("administration").nth(1).unwrap().split('>').next().unwrap();
    let last = app.get(link).await;
    assert_eq!(last.header("link"), None);
    assert_eq!(names(last), ["alpha"]);
    assert_eq!(names(app.get("/Group").await).len(), 4);
}

#[actix_web::test]
async fn a_group_with_more_members_than_fit_in_memory_is_shown_whole() {
    let app = App::start().await;
    let ids = users(&app, 5_100).await;
    let few = group(&app, json!({"name": "few", "memberUsers": [ids[0].to_string()]})).await;
    let draft = GroupDraft {
        member_users: SetChange::Replace(ids.clone()),
        ..GroupDraft::new(GroupName::parse("many \"memberUsers\":null").unwrap())
    };
    let many = app.world.make_group(&app.shop, draft).await.group.id.to_string();
    let path = format!("/Group/{many}");
    let metadata = json!([{"op": "add", "path": "/metadata/-", "value": {"key": "a"}}]);
    app.patch(&path, metadata).await.is(202);

    let single = app.get(&path).await.is(200).json();

    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    assert!(members(&single, "memberUsers", "id") == ids);
    assert_eq!(single["name"], "many \"memberUsers\":null");
    assert_eq!(members(&single, "metadata", "key"), ["a"]);
    for list in ["/Group?sortBy=name", "/Group?sortBy=name&limit=2", "/Group?limit=50"] {
        let list = app.get(list).await.is(200).json();
        let find = |id: &str| list.as_array().unwrap().iter().find(|group| group["id"] == id);
        assert!(find(&many).unwrap() == &single);
        assert_eq!(members(find(&few).unwrap(), "memberUsers", "id"), [ids[0].as_str()]);
    }
    // Adding needs no look at those who are there, and writes answer no more than fits.
    let ada = user(&app, "ada").await;
    let adding = json!([{"op": "add", "path": "/memberUsers/-", "value": ada}]);
    assert_eq!(app.patch(&path, adding).await.is(202).json()["memberUsers"], Value::Null);
    let members = &app.get(&path).await.json()["memberUsers"];
    assert_eq!(members.as_array().unwrap().len(), ids.len() + 1);
}

#[actix_web::test]
async fn a_pass_over_all_groups_tells_how_many_there_are() {
    let app = App::start().await;
    for name in ["a", "b"] {
        group(&app, json!({"name": name})).await;
    }
    let answer = app.get("/Group/SYNCHRONIZE").await.is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let time = "2026-01-01T00:00:00.000000Z";
    let expected = json!({"synchronized": 2, "failed": 0, "startedAt": time, "finishedAt": time});
    assert_eq!(answer.json(), expected);
}
