//! Profiles of users and metadata of groups: the same operations on either.

use serde_json::{Value, json};

use crate::harness::{Api, Server, Snapshot, id_of, on_both_databases, texts};

on_both_databases![
    an_attribute_is_made_read_replaced_and_removed,
    the_case_of_a_key_is_kept_and_does_not_tell_keys_apart,
    a_reserved_word_is_no_key,
    a_key_has_up_to_256_characters_and_any_of_them,
    a_value_has_up_to_64_kibibytes_or_is_null,
    an_attribute_keeps_its_key_and_its_owner,
    create_or_update_goes_by_the_key,
    an_attribute_is_patched,
    a_stale_tag_is_refused_on_every_write,
    attributes_are_listed_in_order_of_the_key,
    what_is_not_there_is_not_found,
    every_change_leaves_one_entry,
];

const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Attributes of one owner.
struct Attributes {
    api: Api,
    /// Where they are, below `administration`.
    list: String,
    owner: String,
    /// The property that names the owner.
    link: &'static str,
    /// The owner, and the relation in which its attributes stand.
    place: (String, &'static str),
    /// What a request needs to make an owner.
    new_owner: (&'static str, &'static str),
}

impl Attributes {
    /// Those of a new user, and those of a new group.
    async fn of_both(server: &Server) -> [Self; 2] {
        let api = server.admin();
        let (user, group) = (api.new_user("ada").await, api.new_group("staff").await);
        let (user, group) = (id_of(&user).to_owned(), id_of(&group).to_owned());
        let profiles = Self {
            api: api.clone(),
            list: format!("user/{user}/UserProfile"),
            place: (format!("User/{user}"), "userProfiles"),
            owner: user,
            link: "userId",
            new_owner: ("User", "loginName"),
        };
        let metadata = Self {
            api,
            list: format!("Group/{group}/GroupMetadata"),
            place: (format!("Group/{group}"), "metadata"),
            owner: group,
            link: "groupId",
            new_owner: ("Group", "name"),
        };
        [profiles, metadata]
    }

    fn at(&self, key: &str) -> String {
        format!("{}/{key}", self.list)
    }

    async fn make(&self, key: &str, value: &str) -> Value {
        self.api.post(&self.list, &json!({ "key": key, "value": value })).await.json(201)
    }

    /// The attributes as the owner shows them.
    async fn of_owner(&self) -> Value {
        self.api.read(&self.place.0).await.json(200)[self.place.1].clone()
    }
}

async fn an_attribute_is_made_read_replaced_and_removed(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, owner, link, .. } = &attributes;
        let made = api.post(list, &json!({ "key": "Color", "value": "red" })).await.expect(201);
        let found = api.get(made.header("location")).await.expect(200);
        assert_eq!(found.etag(), made.etag());
        let text = made.text();
        let printed = ["instanceId", link, "key", "value"];
        let places: Vec<_> =
            printed.iter().map(|name| text.find(&format!(r#""{name}":"#))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{text}");
        let made = made.json(201);
        let store = made["instanceId"].clone();
        assert_eq!(
            made,
            json!({ "instanceId": store, *link: owner, "key": "Color", "value": "red" })
        );
        assert_eq!(found.json(200), made);
        assert_eq!(attributes.of_owner().await, json!([made]));

        // A value that is absent is null.
        let emptied = api.put(&attributes.at("Color"), &json!({})).await.json(202);
        assert_eq!(emptied["value"], Value::Null);
        let put = json!({ "key": "Color", "value": "blue", *link: owner, "instanceId": store });
        assert_eq!(api.put(&attributes.at("Color"), &put).await.json(202)["value"], "blue");
        let taken = json!({ "key": "color", "value": "green" });
        let problem = api.post(list, &taken).await.problem(409);
        assert!(problem["errors"]["key"].is_array(), "{problem}");

        assert_eq!(api.delete(&attributes.at("COLOR")).await.expect(204).text(), "");
        api.read(&attributes.at("Color")).await.problem(404);
        api.delete(&attributes.at("Color")).await.problem(404);
        assert_eq!(attributes.of_owner().await, json!([]));
        attributes.make("color", "red").await;
    }
}

async fn the_case_of_a_key_is_kept_and_does_not_tell_keys_apart(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let api = &attributes.api;
        let made = attributes.make("Größe/Ä b", "38").await;
        for spelled in ["gr%C3%B6%C3%9Fe%2F%C3%84%20B", "GR%C3%96%C3%9FE%2Fa%CC%88%20b"] {
            let found = api.read(&attributes.at(spelled)).await.expect(200);
            assert_eq!(found.json(200), made, "{spelled}");
        }
        let path = attributes.at("gr%C3%B6%C3%9Fe%2F%C3%A4%20b");
        let respelled = json!({ "key": "GRÖßE/ä B", "value": "39" });
        let respelled = api.put(&path, &respelled).await.json(202);
        assert_eq!(respelled["key"], "GRÖßE/ä B");
        assert_eq!(attributes.of_owner().await, json!([respelled]));
    }
}

async fn a_reserved_word_is_no_key(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, place, new_owner, .. } = &attributes;
        let before = Snapshot::of(api).await;
        for word in ["batch", "createorupdate", "groupId", "userId", "BATCH", "groupid", "UserID"] {
            let attribute = json!({ "key": word, "value": "v" });
            for path in [list.clone(), format!("{list}/createorupdate")] {
                let refused = api.post(&path, &attribute).await;
                assert_eq!(refused.broken_properties(), ["key"], "{word} at {path}");
            }
            for path in [format!("{list}/batch"), format!("{list}/createorupdate/batch")] {
                api.post(&path, &json!([attribute])).await.problem(400);
            }
            let (kind, name) = new_owner;
            let owner = json!({ *name: "new", place.1: [attribute] });
            let refused = api.post(kind, &owner).await.broken_properties();
            assert_eq!(refused, [format!("{}[0].key", place.1)], "{word}");
        }
        before.assert_kept(api, "reserved words").await;
    }
}

async fn a_key_has_up_to_256_characters_and_any_of_them(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, .. } = &attributes;
        let longest = "é".repeat(256);
        attributes.make(&longest, "v").await;
        let encoded = "%C3%89".repeat(256);
        api.read(&attributes.at(&encoded)).await.expect(200);
        for wrong in ["", &"x".repeat(257), "a\u{0}", "a\nb"] {
            let wrong = json!({ "key": wrong });
            assert_eq!(api.post(list, &wrong).await.broken_properties(), ["key"], "{wrong}");
        }
        for body in [json!({}), json!({ "key": null }), json!({ "key": 7 })] {
            assert_eq!(api.post(list, &body).await.broken_properties(), ["key"], "{body}");
        }
        for key in ["%", "?", "#", "a/b", "%2e", "+", "\"", "👩‍💻"] {
            let made = api.post(list, &json!({ "key": key })).await.expect(201);
            let found = api.get(made.header("location")).await.json(200);
            assert_eq!(found["key"], key);
        }
    }
}

async fn a_value_has_up_to_64_kibibytes_or_is_null(server: Server) {
    const MOST: usize = 64 * 1024;
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, place, .. } = &attributes;
        let largest = "v".repeat(MOST);
        assert_eq!(attributes.make("large", &largest).await["value"], largest);
        let in_bytes = "é".repeat(MOST / 2);
        assert_eq!(attributes.make("bytes", &in_bytes).await["value"], in_bytes);
        let null = api.post(list, &json!({ "key": "null" })).await.json(201);
        assert_eq!(null["value"], Value::Null);
        assert_eq!(attributes.make("empty", "").await["value"], "");
        for wrong in [json!("v".repeat(MOST + 1)), json!("é".repeat(MOST / 2) + "v"), json!(7)] {
            let body = json!({ "key": "k", "value": wrong });
            assert_eq!(api.post(list, &body).await.broken_properties(), ["value"]);
            let put = api.put(&attributes.at("large"), &json!({ "value": wrong })).await;
            assert_eq!(put.broken_properties(), ["value"]);
            let patch = json!([{ "op": "replace", "path": "/value", "value": wrong }]);
            api.patch(&attributes.at("large"), &patch).await.problem(400);
            let patch = json!([{ "op": "add", "path": format!("/{}/-", place.1), "value": body }]);
            api.patch(&place.0, &patch).await.problem(400);
        }
        let kept = api.read(&attributes.at("large")).await.json(200);
        assert_eq!(kept["value"], largest);
    }
}

async fn an_attribute_keeps_its_key_and_its_owner(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, link, .. } = &attributes;
        attributes.make("color", "red").await;
        let before = Snapshot::of(api).await;
        let path = attributes.at("color");
        for (body, property) in [
            (json!({ "key": "shape" }), "key"),
            (json!({ *link: UNKNOWN }), *link),
            (json!({ "instanceId": UNKNOWN }), "instanceId"),
        ] {
            assert_eq!(api.put(&path, &body).await.broken_properties(), [property], "{body}");
        }
        for (property, value) in [(*link, UNKNOWN), ("instanceId", UNKNOWN), ("key", "shape")] {
            let op = json!([{ "op": "replace", "path": format!("/{property}"), "value": value }]);
            api.patch(&path, &op).await.problem(400);
        }
        let elsewhere = json!({ "key": "new", *link: UNKNOWN });
        assert_eq!(api.post(list, &elsewhere).await.broken_properties(), [*link]);
        before.assert_kept(api, "keys and owners").await;
    }
}

async fn create_or_update_goes_by_the_key(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let api = &attributes.api;
        let path = attributes.at("createorupdate");
        let made = api.post(&path, &json!({ "key": "color", "value": "red" })).await.expect(201);
        api.get(made.header("location")).await.expect(200);
        let kept = api.post(&path, &json!({ "key": "COLOR" })).await.json(201);
        assert_eq!((&kept["key"], &kept["value"]), (&json!("COLOR"), &json!("red")));
        let changed = json!({ "key": "color", "value": null });
        let changed = api.post(&path, &changed).await.expect(201);
        api.get(changed.header("location")).await.expect(200);
        assert_eq!(attributes.of_owner().await, json!([changed.json(201)]));
        let keyless = api.post(&path, &json!({ "value": "v" })).await;
        assert_eq!(keyless.broken_properties(), ["key"]);
    }
}

async fn an_attribute_is_patched(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let api = &attributes.api;
        attributes.make("color", "red").await;
        let path = attributes.at("color");
        for (patch, value) in [
            (json!([{ "op": "replace", "path": "/value", "value": "blue" }]), json!("blue")),
            (
                json!({ "operations": [{ "op": "Replace", "path": "/VALUE", "value": "x",
                "operationType": 2 }] }),
                json!("x"),
            ),
            (
                json!([{ "op": "test", "path": "/value", "value": "x" },
                { "op": "copy", "from": "/key", "path": "/value" }]),
                json!("color"),
            ),
            (json!([{ "op": "remove", "path": "/value" }]), Value::Null),
            (json!([{ "op": "add", "path": "/value", "value": "y" }]), json!("y")),
        ] {
            let patched = api.patch(&path, &patch).await.json(202);
            assert_eq!(patched["value"], value, "{patch}");
        }
        let failing = json!([
            { "op": "replace", "path": "/value", "value": "half" },
            { "op": "test", "path": "/key", "value": "shape" },
        ]);
        api.patch(&path, &failing).await.problem(409);
        assert_eq!(api.read(&path).await.json(200)["value"], "y");
    }
}

async fn a_stale_tag_is_refused_on_every_write(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, .. } = &attributes;
        let path = attributes.at("color");
        let first = api.post(list, &json!({ "key": "color" })).await.expect(201).etag();
        let second = json!({ "key": "color", "value": "red" });
        let second = api.with("if-match", &first).put(&path, &second).await.expect(202).etag();
        assert_ne!(first, second);
        let stale = api.with("if-match", &first);
        let patch = json!([{ "op": "remove", "path": "/value" }]);
        for answer in [
            stale.put(&path, &json!({ "value": "x" })).await,
            stale.patch(&path, &patch).await,
            stale.post(&format!("{list}/createorupdate"), &json!({ "key": "color" })).await,
            stale.delete(&path).await,
        ] {
            assert_eq!(answer.etag(), second);
            answer.problem(412);
        }
        api.with("if-match", "*").post(list, &json!({ "key": "new" })).await.problem(412);
        // Another attribute of the same owner is no reason to refuse.
        attributes.make("shape", "round").await;
        let third = api.with("if-match", &second).patch(&path, &patch).await.expect(202).etag();
        api.with("if-match", &third).delete(&path).await.expect(204);
        assert_eq!(texts(&attributes.of_owner().await, "key"), ["shape"]);
    }
}

async fn attributes_are_listed_in_order_of_the_key(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, link, .. } = &attributes;
        assert_eq!(api.read(list).await.json(200), json!([]));
        for key in ["Shape", "color", "Ärger", "10", "9"] {
            attributes.make(key, key).await;
        }
        let whole = api.read(list).await.json(200);
        assert_eq!(texts(&whole, "key"), ["10", "9", "color", "Shape", "Ärger"]);
        let literal = attributes.at(link);
        for same in [
            literal.clone(),
            literal.to_uppercase().replace(&attributes.owner.to_uppercase(), &attributes.owner),
        ] {
            assert_eq!(api.read(&same).await.json(200), whole, "{same}");
        }
        for path in [list, &literal] {
            let (paged, pages) =
                crate::harness::all_pages(api, &api.path(&format!("{path}?limit=2"))).await;
            assert_eq!((Value::Array(paged), pages), (whole.clone(), 3));
        }
        assert_eq!(attributes.of_owner().await.as_array().map(Vec::len), Some(5));
    }
}

async fn what_is_not_there_is_not_found(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let Attributes { api, list, owner, .. } = &attributes;
        let body = json!({ "key": "color", "value": "v" });
        api.read(&attributes.at("color")).await.problem(404);
        api.put(&attributes.at("color"), &body).await.problem(404);
        api.patch(&attributes.at("color"), &json!([])).await.problem(404);
        for id in [UNKNOWN, "no-uuid"] {
            let elsewhere = list.replace(owner, id);
            let key = format!("{elsewhere}/color");
            api.read(&elsewhere).await.problem(404);
            api.read(&key).await.problem(404);
            api.post(&elsewhere, &body).await.problem(404);
            api.put(&key, &body).await.problem(404);
            api.patch(&key, &json!([])).await.problem(404);
            api.delete(&key).await.problem(404);
            api.post(&format!("{elsewhere}/createorupdate"), &body).await.problem(404);
            for batch in ["batch", "createorupdate/batch"] {
                api.post(&format!("{elsewhere}/{batch}"), &json!([body])).await.problem(404);
            }
        }
        assert_eq!(attributes.of_owner().await, json!([]));
    }
}

async fn every_change_leaves_one_entry(server: Server) {
    for attributes in Attributes::of_both(&server).await {
        let api = &attributes.api;
        attributes.make("Color", "red").await;
        for value in ["blue", "blue"] {
            api.put(&attributes.at("color"), &json!({ "value": value })).await.expect(202);
        }
        api.delete(&attributes.at("color")).await.expect(204);
        let entries = api.get_audit_trails("").await.json(200);
        let entries: Vec<_> = entries
            .as_array()
            .expect("a list")
            .iter()
            .filter(|entry| {
                entry["primaryKey"].as_str().is_some_and(|key| key.starts_with(&attributes.owner))
                    && ["UserProfile", "GroupMetadata"]
                        .contains(&entry["area"].as_str().expect("text"))
            })
            .collect();
        let told: Vec<_> = entries.iter().map(|entry| entry["action"].as_str()).collect();
        assert_eq!(told, [Some("Added"), Some("Modified"), Some("Deleted")]);
        let key = format!("{}/color", attributes.owner);
        assert!(entries.iter().all(|entry| {
            entry["primaryKey"].as_str().is_some_and(|told| told.eq_ignore_ascii_case(&key))
        }));
    }
}
