//! What joins users and groups, seen from both ends.

use serde_json::{Value, json};

use crate::harness::{Api, Server, id_of, on_both_databases, reference, texts};

on_both_databases![
    a_membership_is_made_and_ended_from_either_end,
    both_ends_of_a_membership_change_their_tag,
    both_ends_of_a_nesting_change_their_tag,
    the_name_of_a_neighbour_changes_no_tag,
    an_attribute_changes_the_tag_of_its_owner,
    a_tag_that_a_membership_made_stale_is_refused,
    every_membership_leaves_one_entry_when_it_begins_and_one_when_it_ends,
    a_deleted_user_is_in_no_group,
];

/// A user and a group that know nothing of each other, with their paths.
struct Pair {
    api: Api,
    user: String,
    group: String,
}

impl Pair {
    async fn new(server: &Server) -> Self {
        let api = server.admin();
        let user = format!("User/{}", id_of(&api.new_user("ada").await));
        let group = format!("Group/{}", id_of(&api.new_group("staff").await));
        Self { api, user, group }
    }

    fn user_id(&self) -> &str {
        self.user.strip_prefix("User/").expect("a user")
    }

    fn group_id(&self) -> &str {
        self.group.strip_prefix("Group/").expect("a group")
    }

    /// The ways in which the user comes into the group, or leaves it.
    fn ways(&self, is_in: bool) -> Vec<(reqwest::Method, &str, Value)> {
        let (users, groups) = if is_in {
            (json!([self.user_id()]), json!([{ "groupId": self.group_id() }]))
        } else {
            (json!([]), json!([]))
        };
        let patch = |relation: &str, value: &str| {
            if is_in {
                json!([{ "op": "add", "path": format!("/{relation}/-"), "value": value }])
            } else {
                json!({ "operations": [{ "op": "remove", "path": format!("/{relation}/0") }] })
            }
        };
        let (put, change) = (reqwest::Method::PUT, reqwest::Method::PATCH);
        let user = json!({ "loginName": "ada", "memberOfGroups": groups });
        let group = json!({ "name": "staff", "memberUsers": users });
        vec![
            (put.clone(), &self.user, user),
            (put, &self.group, group),
            (change.clone(), &self.user, patch("memberOfGroups", self.group_id())),
            (change, &self.group, patch("memberUsers", self.user_id())),
        ]
    }

    async fn tags(&self) -> [String; 2] {
        [self.api.read(&self.user).await.etag(), self.api.read(&self.group).await.etag()]
    }

    /// Asserts that both ends tell the same.
    async fn assert_in(&self, is_in: bool) {
        let user = self.api.read(&self.user).await.json(200);
        let group = self.api.read(&self.group).await.json(200);
        let mut ends = (vec![], vec![]);
        if is_in {
            ends = (vec![self.group_id()], vec![self.user_id()]);
        }
        let (of_user, of_group) = ends;
        assert_eq!(texts(&user["memberOfGroups"], "id"), of_user);
        assert_eq!(texts(&group["memberUsers"], "id"), of_group);
    }

    async fn enter_or_leave(&self, way: &(reqwest::Method, &str, Value)) -> crate::harness::Answer {
        self.api.call(way.0.clone(), way.1, Some(&way.2)).await
    }
}

async fn a_membership_is_made_and_ended_from_either_end(server: Server) {
    let pair = Pair::new(&server).await;
    for enter in &pair.ways(true) {
        for leave in &pair.ways(false) {
            pair.enter_or_leave(enter).await.expect(202);
            pair.assert_in(true).await;
            pair.enter_or_leave(leave).await.expect(202);
            pair.assert_in(false).await;
        }
    }
}

async fn both_ends_of_a_membership_change_their_tag(server: Server) {
    let pair = Pair::new(&server).await;
    let mut seen = pair.tags().await;
    for n in 0..4 {
        for is_in in [true, false] {
            let way = &pair.ways(is_in)[n];
            let told = pair.enter_or_leave(way).await.expect(202).etag();
            let now = pair.tags().await;
            assert!(now.contains(&told), "the answer tells the new tag");
            assert!(now[0] != seen[0] && now[1] != seen[1], "way {n}: {seen:?}, then {now:?}");
            seen = now;
        }
    }
    // A new user with a group is one of its changes too.
    let new = json!({ "loginName": "bob", "memberOfGroups": [pair.group_id()] });
    let bob = pair.api.create_user(&new).await.json(201);
    let with_bob = pair.tags().await;
    assert!(with_bob[0] == seen[0] && with_bob[1] != seen[1]);
    pair.api.delete_user(id_of(&bob)).await.expect(204);
    assert_ne!(pair.tags().await[1], with_bob[1]);
}

async fn both_ends_of_a_nesting_change_their_tag(server: Server) {
    let api = server.admin();
    let (outer, inner) = (api.new_group("outer").await, api.new_group("inner").await);
    let paths = [&outer, &inner].map(|group| format!("Group/{}", id_of(group)));
    let tags = async || [api.read(&paths[0]).await.etag(), api.read(&paths[1]).await.etag()];
    let mut seen = tags().await;
    for (path, body) in [
        (&paths[0], json!({ "name": "outer", "memberGroups": [reference(&inner)] })),
        (&paths[1], json!({ "name": "inner", "parentGroups": [] })),
        (&paths[1], json!({ "name": "inner", "parentGroups": [reference(&outer)] })),
        (&paths[0], json!({ "name": "outer", "memberGroups": [] })),
    ] {
        api.put(path, &body).await.expect(202);
        let now = tags().await;
        assert!(now[0] != seen[0] && now[1] != seen[1], "{body}: {seen:?}, then {now:?}");
        seen = now;
    }
}

async fn the_name_of_a_neighbour_changes_no_tag(server: Server) {
    let pair = Pair::new(&server).await;
    pair.enter_or_leave(&pair.ways(true)[0]).await.expect(202);
    let [user, group] = pair.tags().await;
    pair.api.put(&pair.user, &json!({ "loginName": "Augusta" })).await.expect(202);
    assert_eq!(pair.tags().await[1], group);
    pair.api.put(&pair.group, &json!({ "name": "crew" })).await.expect(202);
    let now = pair.tags().await;
    assert_ne!(now[0], user, "its own name");
    let renamed = pair.api.read(&pair.user).await;
    assert_eq!(renamed.etag(), now[0]);
    assert_eq!(renamed.json(200)["memberOfGroups"][0]["name"], "crew");
    let before = pair.tags().await[0].clone();
    pair.api.put(&pair.group, &json!({ "name": "staff" })).await.expect(202);
    assert_eq!(pair.tags().await[0], before);
}

async fn an_attribute_changes_the_tag_of_its_owner(server: Server) {
    let pair = Pair::new(&server).await;
    let profiles = format!("user/{}/UserProfile", pair.user_id());
    let metadata = format!("{}/GroupMetadata", pair.group);
    for (end, list) in [(0, profiles), (1, metadata)] {
        let mut seen = pair.tags().await;
        let key = format!("{list}/color");
        let value = |value: &str| json!({ "key": "color", "value": value });
        for step in 0..3 {
            match step {
                0 => pair.api.post(&list, &value("red")).await.expect(201),
                1 => pair.api.put(&key, &value("blue")).await.expect(202),
                _ => pair.api.delete(&key).await.expect(204),
            };
            let now = pair.tags().await;
            assert_ne!(now[end], seen[end], "{list}, step {step}");
            assert_eq!(now[1 - end], seen[1 - end], "{list}, step {step}");
            seen = now;
        }
    }
}

async fn a_tag_that_a_membership_made_stale_is_refused(server: Server) {
    let pair = Pair::new(&server).await;
    let [user, group] = pair.tags().await;
    pair.enter_or_leave(&pair.ways(true)[3]).await.expect(202);
    let stale = pair.api.with("if-match", &user);
    stale.put(&pair.user, &json!({ "loginName": "eve" })).await.problem(412);
    stale.delete(&pair.user).await.problem(412);
    let stale = pair.api.with("if-match", &group);
    stale.put(&pair.group, &json!({ "name": "x", "memberUsers": [] })).await.problem(412);
    stale.delete(&pair.group).await.problem(412);
    pair.assert_in(true).await;
}

async fn every_membership_leaves_one_entry_when_it_begins_and_one_when_it_ends(server: Server) {
    let pair = Pair::new(&server).await;
    let key = format!("{}/{}", pair.group_id(), pair.user_id());
    for n in 0..4 {
        pair.enter_or_leave(&pair.ways(true)[n]).await.expect(202);
        // Once more changes nothing.
        pair.enter_or_leave(&pair.ways(true)[n]).await;
        pair.enter_or_leave(&pair.ways(false)[n]).await.expect(202);
    }
    let entries = pair.api.entries_about(&key).await;
    let told: Vec<_> =
        entries.iter().map(|entry| entry["action"].as_str().expect("text")).collect();
    assert_eq!(told, ["Added", "Deleted"].repeat(4));
    for entry in entries {
        assert_eq!(entry["area"], "Membership");
        let (content, none) = match entry["action"].as_str() {
            Some("Added") => (&entry["currentContent"], &entry["originalContent"]),
            _ => (&entry["originalContent"], &entry["currentContent"]),
        };
        let content: Value = serde_json::from_str(content.as_str().expect("text")).expect("JSON");
        assert!(content.to_string().contains(pair.user_id()), "{content}");
        assert!(none.is_null());
    }
}

async fn a_deleted_user_is_in_no_group(server: Server) {
    let pair = Pair::new(&server).await;
    pair.enter_or_leave(&pair.ways(true)[0]).await.expect(202);
    pair.api.delete(&pair.user).await.expect(204);
    let group = pair.api.read(&pair.group).await.json(200);
    assert_eq!(group["memberUsers"], json!([]));
    let key = format!("{}/{}", pair.group_id(), pair.user_id());
    assert_eq!(pair.api.entries_about(&key).await.len(), 2);
}
