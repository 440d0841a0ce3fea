//! Profiles and metadata: one thing, twice.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App};

/// An application, and where the attributes of a user and of a group are.
async fn scene() -> (App, [Place; 2]) {
    let app = App::start().await;
    let user = app.user(json!({"loginName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let group = app.add_group("staff").await.to_string();
    let places = [
        Place { path: format!("/user/{user}/UserProfile"), link: "userId", owner: user },
        Place { path: format!("/Group/{group}/GroupMetadata"), link: "groupId", owner: group },
    ];
    (app, places)
}

struct Place {
    path: String,
    link: &'static str,
    owner: String,
}

impl Place {
    fn key(&self, key: &str) -> String {
        format!("{}/{key}", self.path)
    }

    /// The path of the owner itself, and the property that lists its attributes.
    fn of_owner(&self) -> (String, &'static str) {
        match self.link {
            "userId" => (format!("/User/{}", self.owner), "userProfiles"),
            _ => (format!("/Group/{}", self.owner), "metadata"),
        }
    }
}

async fn send_if(app: &App, method: Method, path: &str, if_match: &str, body: Value) -> Answer {
    let request = app.request(method, path).insert_header(("if-match", if_match));
    app.send(request.set_json(body)).await
}

#[actix_web::test]
async fn an_attribute_is_made_read_changed_and_removed() {
    let (app, places) = scene().await;
    for place in &places {
        let made = app.post(&place.path, json!({"key": "Farbe", "value": "rot"})).await.is(201);
        let shop = app.shop.id.to_string();
        let expected =
            json!({"instanceId": shop, place.link: place.owner, "key": "Farbe", "value": "rot"});
        assert_eq!(made.json(), expected);
        let location = format!("/api/userstore/v1/shop/administration{}", place.key("Farbe"));
        assert_eq!(made.header("location"), Some(&*location));
        let read = app.get(&place.key("FARBE")).await.is(200);
        assert_eq!((read.json(), read.header("etag")), (expected, made.header("etag")));

        let put = app.put(&place.key("farbe"), json!({"key": "FARBE"})).await.is(202);
        assert_eq!((&put.json()["key"], &put.json()["value"]), (&json!("FARBE"), &Value::Null));
        assert_ne!(put.header("etag"), made.header("etag"));
        let patch = json!([{"op": "replace", "path": "/value", "value": "blau"}]);
        let patched = app.patch(&place.key("farbe"), patch).await.is(202);
        assert_eq!(patched.json()["value"], "blau");
        assert!(patched.header("location").is_none());

        let upserted =
            app.post(&place.key("createorupdate"), json!({"key": "farbe"})).await.is(201);
        assert_eq!(upserted.json()["value"], "blau", "what is absent stays");
        assert_eq!(upserted.json()["key"], "farbe");
        let all = app.get(&place.path).await.is(200).json();
        assert_eq!(all, json!([upserted.json()]));
        assert_eq!(app.get(&place.key(place.link)).await.is(200).json(), all);
        let (owner, list) = place.of_owner();
        assert_eq!(app.get(&owner).await.json()[list], all);

        app.delete(&place.key("FARBE")).await.is(204);
        for answer in [app.get(&place.key("farbe")).await, app.delete(&place.key("farbe")).await] {
            answer.problem(404, "not-found");
        }
    }
}

#[actix_web::test]
async fn an_attribute_has_a_version_of_its_own() {
    let (app, places) = scene().await;
    for place in &places {
        let first = app.post(&place.path, json!({"key": "a"})).await.is(201);
        let second = app.post(&place.path, json!({"key": "b"})).await.is(201);
        let (first, second) = (first.header("etag").unwrap(), second.header("etag").unwrap());
        assert_ne!(first, second);
        assert_eq!(app.get(&place.key("a")).await.header("etag"), Some(first));
        let a = place.key("a");
        let patch = json!([{"op": "replace", "path": "/value", "value": "x"}]);
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let stale = send_if(&app, method, &a, second, patch.clone()).await;
            if stale.status == 412 {
                assert_eq!(stale.header("etag"), Some(first));
            } else {
                // A PUT takes an object; the others look at the version.
                stale.problem(400, "malformed-body");
            }
        }
        send_if(&app, Method::PUT, &a, second, json!({"value": "x"})).await.problem(412, "stale");
        let put = send_if(&app, Method::PUT, &a, first, json!({"value": "x"})).await.is(202);
        let now = put.header("etag").unwrap();
        send_if(&app, Method::PATCH, &a, now, json!([])).await.is(202);
        let upsert = place.key("createorupdate");
        let body = json!({"key": "a", "value": "y"});
        send_if(&app, Method::POST, &upsert, first, body.clone()).await.problem(412, "stale");
        send_if(&app, Method::POST, &upsert, now, body).await.is(201);
        send_if(&app, Method::POST, &upsert, "*", json!({"key": "c"})).await.problem(412, "stale");
        send_if(&app, Method::POST, &place.path, "*", json!({"key": "c"})).await.is(412);
        send_if(&app, Method::DELETE, &a, now, json!(null)).await.problem(412, "stale");
        send_if(&app, Method::DELETE, &a, "*", json!(null)).await.is(204);
        assert_eq!(app.get(&place.path).await.json().as_array().unwrap().len(), 1);
    }
}

#[actix_web::test]
async fn words_of_the_paths_and_bad_texts_are_no_keys() {
    let (app, places) = scene().await;
    for place in &places {
        let long = "x".repeat(257);
        for key in ["", "batch", "CREATEORUPDATE", "userId", "groupid", "a\tb", long.as_str()] {
            let body = json!({"key": key});
            app.post(&place.path, body.clone()).await.refuses(&["key"]);
            app.post(&place.key("createorupdate"), body).await.refuses(&["key"]);
        }
        for body in [json!({}), json!({"key": null}), json!({"key": 1})] {
            app.post(&place.path, body.clone()).await.refuses(&["key"]);
            app.post(&place.key("createorupdate"), body).await.refuses(&["key"]);
        }
        app.post(&place.path, json!({"key": "k", "value": 1})).await.refuses(&["value"]);
        let large = json!([{"key": "k", "value": "x".repeat(65_537)}]);
        app.post(&place.key("batch"), large).await.refuses(&["value"]);
        app.post(&place.path, json!([])).await.problem(400, "malformed-body");
        let long = place.key(&long);
        for path in [long, place.key("%09"), place.key("nothing")] {
            app.get(&path).await.problem(404, "not-found");
            app.put(&path, json!({})).await.problem(404, "not-found");
            app.patch(&path, json!([])).await.problem(404, "not-found");
            app.delete(&path).await.problem(404, "not-found");
        }
        assert_eq!(app.get(&place.path).await.text(), "[]");
    }
}

#[actix_web::test]
async fn a_key_is_found_however_it_is_spelled_and_encoded() {
    let (app, places) = scene().await;
    for place in &places {
        let made = app.post(&place.path, json!({"key": "Größe/%41 ä"})).await.is(201);
        let encoded = "Gr%C3%B6%C3%9Fe%2F%2541%20%C3%A4";
        assert!(made.header("location").unwrap().ends_with(encoded));
        for spelled in [encoded, "GR%C3%96%C3%9FE%2f%2541%20A%CC%88"] {
            let read = app.get(&place.key(spelled)).await.is(200);
            assert_eq!(read.json()["key"], "Größe/%41 ä");
        }
        let again = app.post(&place.path, json!({"key": "GRÖßE/%41 Ä"})).await;
        let problem = again.problem(409, "duplicate");
        assert!(problem["errors"]["key"].is_array(), "{problem}");
    }
}

#[actix_web::test]
async fn no_attribute_moves_to_another_key_or_owner() {
    let (app, places) = scene().await;
    for place in &places {
        app.post(&place.path, json!({"key": "a", "value": "1"})).await.is(201);
        let a = place.key("a");
        let other = "00000000-0000-0000-0000-00000000000a";
        app.put(&a, json!({"key": "b"})).await.refuses(&["key"]);
        app.put(&a, json!({"key": null})).await.refuses(&["key"]);
        app.put(&a, json!({"key": "b", place.link: other})).await.refuses(&["key", place.link]);
        app.put(&a, json!({"instanceId": other})).await.refuses(&["instanceId"]);
        app.post(&place.path, json!({"key": "b", place.link: other})).await.refuses(&[place.link]);
        let upsert = json!({"key": "b", place.link: other});
        app.post(&place.key("createorupdate"), upsert).await.refuses(&[place.link]);
        let replace =
            |path: &str, value: &str| json!([{"op": "replace", "path": path, "value": value}]);
        app.patch(&a, replace("/key", "b")).await.refuses(&["key"]);
        app.patch(&a, replace("/key", "batch")).await.refuses(&["key"]);
        app.patch(&a, json!([{"op": "remove", "path": "/key"}])).await.refuses(&["key"]);
        let fixed = format!("/{}", place.link);
        app.patch(&a, replace(&fixed, other)).await.refuses(&["operations[0].path"]);
        app.patch(&a, replace("/instanceId", other)).await.refuses(&["operations[0].path"]);
        let spelled = app.patch(&a, replace("/key", "A")).await.is(202).json();
        assert_eq!((&spelled["key"], &spelled["value"]), (&json!("A"), &json!("1")));
        let removed = app.patch(&a, json!([{"op": "remove", "path": "/value"}])).await.is(202);
        assert_eq!(removed.json()["value"], Value::Null);
        let test = json!([{"op": "test", "path": "/value", "value": "x"}]);
        app.patch(&a, test).await.problem(409, "test-failed");
        let same =
            json!({"key": "A", place.link: place.owner, "instanceId": app.shop.id.to_string()});
        app.put(&a, same).await.is(202);
    }
}

#[actix_web::test]
async fn the_attributes_of_nobody_are_not_found() {
    let (app, places) = scene().await;
    for place in &places {
        for nobody in ["00000000-0000-0000-0000-00000000000a", "nobody", "%20"] {
            let path = place.path.replace(&place.owner, nobody);
            let told = [
                app.get(&path).await,
                app.get(&format!("{path}/{}", place.link)).await,
                app.get(&format!("{path}/a")).await,
                app.post(&path, json!({"key": "a"})).await,
                app.put(&format!("{path}/a"), json!({})).await,
                app.patch(&format!("{path}/a"), json!([])).await,
                app.delete(&format!("{path}/a")).await,
                app.post(&format!("{path}/createorupdate"), json!({"key": "a"})).await,
                app.post(&format!("{path}/batch"), json!([{"key": "a"}])).await,
            ];
            for answer in told {
                answer.problem(404, "not-found");
            }
        }
    }
}

#[actix_web::test]
async fn every_change_of_an_attribute_leaves_one_entry() {
    let (app, places) = scene().await;
    for (place, area) in places.iter().zip(["UserProfile", "GroupMetadata"]) {
        app.post(&place.path, json!({"key": "A", "value": "1"})).await.is(201);
        app.put(&place.key("a"), json!({"key": "A", "value": "2"})).await.is(202);
        app.put(&place.key("a"), json!({"key": "A", "value": "2"})).await.is(202);
        app.delete(&place.key("a")).await.is(204);
        let trail = app.trail(area).await;
        let actions: Vec<_> = trail.iter().map(|entry| entry["action"].clone()).collect();
        assert_eq!(actions, ["Added", "Modified", "Deleted"]);
        assert_eq!(trail[0]["primaryKey"], format!("{}/A", place.owner));
    }
}
