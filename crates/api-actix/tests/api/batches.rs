//! What batches of every kind of resource have in common.

use actix_web::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Answer, App};

/// A kind of resource: where it lies, how it is named, and a property of it that is free.
struct Kind {
    base: String,
    /// The owner, of attributes.
    owner: Option<String>,
    name: &'static str,
    free: &'static str,
}

const USER: &str = "00000000-0000-0000-0000-0000000000aa";
const GROUP: &str = "00000000-0000-0000-0000-0000000000bb";

/// An application with an owner of each kind of attribute, and every kind of resource.
async fn kinds() -> (App, [Kind; 4]) {
    let app = App::start().await;
    app.user(json!({"id": USER, "loginName": "owner"})).await;
    app.post("/Group", json!({"id": GROUP, "name": "owner"})).await.is(201);
    let kind = |base: &str, name, free| Kind { base: base.to_owned(), owner: None, name, free };
    let of = |owner: &str, base: String| {
        let owner = Some(owner.to_owned());
        Kind { base, owner, name: "key", free: "value" }
    };
    let kinds = [
        kind("/User", "loginName", "firstName"),
        kind("/Group", "name", "name"),
        of(USER, format!("/user/{USER}/UserProfile")),
        of(GROUP, format!("/Group/{GROUP}/GroupMetadata")),
    ];
    (app, kinds)
}

fn uuid(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

impl Kind {
    fn at(&self, tail: &str) -> String {
        format!("{}{tail}", self.base)
    }

    /// The path of one.
    fn one(&self, n: u128) -> String {
        let id = if self.owner.is_some() { format!("k{n}") } else { uuid(n) };
        self.at(&format!("/{id}"))
    }

    /// The id of one, as batches name it.
    fn id(&self, n: u128) -> Value {
        match &self.owner {
            Some(owner) => json!({"item1": owner, "item2": format!("k{n}")}),
            None => json!(uuid(n)),
        }
    }

    /// One, whole.
    fn body(&self, n: u128, free: &str) -> Value {
        let mut body = json!({});
        if self.owner.is_none() {
            body["id"] = json!(uuid(n));
        }
        body[self.name] = json!(format!("k{n}"));
        body[self.free] = json!(free);
        body
    }

    fn patch(&self, free: &str) -> Value {
        json!([{"op": "replace", "path": format!("/{}", self.free), "value": free}])
    }

    async fn make(&self, app: &App, numbers: &[u128]) {
        let bodies: Value = numbers.iter().map(|n| self.body(*n, &format!("f{n}"))).collect();
        app.post(&self.at("/batch"), bodies).await.is(200);
    }

    /// What is there, but for the owners.
    async fn all(&self, app: &App) -> Vec<Value> {
        let all = app.get(&self.base).await.is(200).json();
        let is_owner = |item: &&Value| item[self.name] == "owner";
        all.as_array().unwrap().iter().filter(|item| !is_owner(item)).cloned().collect()
    }

    /// One batch of each operation on `numbers`, which are there, or for a create are not.
    fn operations(&self, numbers: &[u128]) -> Vec<Batch> {
        let bodies =
            |free: &str| numbers.iter().map(|n| self.body(*n, &format!("{free}{n}"))).collect();
        let patches =
            |n: &u128| json!({"ids": [self.id(*n)], "patch": self.patch(&format!("p{n}"))});
        let ids: Value = numbers.iter().map(|n| self.id(*n)).collect();
        let batch = |method, tail: &str, body, status, single| Batch {
            method,
            path: self.at(tail),
            body,
            status,
            single,
        };
        vec![
            batch(Method::POST, "/batch", bodies("c"), 200, 201),
            batch(Method::PUT, "/batch", bodies("u"), 200, 202),
            batch(Method::PATCH, "/batch", numbers.iter().map(patches).collect(), 202, 202),
            batch(Method::POST, "/createorupdate/batch", bodies("x"), 200, 201),
            batch(Method::DELETE, "/batch", ids.clone(), 204, 204),
            batch(Method::POST, "/batch/delete", ids, 204, 204),
        ]
    }
}

/// A batch, the status that it is answered with, and the one of an item alone.
struct Batch {
    method: Method,
    path: String,
    body: Value,
    status: u16,
    single: u16,
}

impl Batch {
    async fn send(&self, app: &App, query: &str) -> Answer {
        let path = format!("{}{query}", self.path);
        app.send(app.request(self.method.clone(), &path).set_json(&self.body)).await
    }

    /// Whether its items are made, and not there before.
    fn creates(&self) -> bool {
        self.method == Method::POST
            && self.path.ends_with("/batch")
            && !self.path.contains("createorupdate")
    }

    fn removes(&self) -> bool {
        self.single == 204
    }

    fn with(self, items: Value) -> Self {
        Self { body: items, ..self }
    }

    fn items(&self) -> Vec<Value> {
        self.body.as_array().unwrap().clone()
    }
}

#[actix_web::test]
async fn a_batch_does_all_that_it_says_in_its_order() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        for batch in kind.operations(&[3, 1, 2]) {
            if !batch.creates() {
                kind.make(&app, &[1, 2, 3]).await;
            }
            let answer = batch.send(&app, "").await.is(batch.status);
            if batch.removes() {
                assert!(answer.body.is_empty());
                assert_eq!(kind.all(&app).await, Vec::<Value>::new(), "{}", batch.path);
                continue;
            }
            let made = answer.json();
            for (item, n) in made.as_array().unwrap().iter().zip([3, 1, 2]) {
                let free = item[kind.free].as_str().unwrap();
                assert!(free.ends_with(&n.to_string()), "{}: {item}", batch.path);
            }
            let mut there = kind.all(&app).await;
            let mut told = made.as_array().unwrap().clone();
            for list in [&mut there, &mut told] {
                list.sort_by_key(|item| item[kind.name].as_str().unwrap().to_owned());
            }
            assert_eq!(there.len(), 3, "{}", batch.path);
            assert_eq!(told[0][kind.free], there[0][kind.free], "{}", batch.path);
            let ids = (1..=3).map(|n| kind.id(n)).collect();
            app.post(&kind.at("/batch/delete"), ids).await.is(204);
        }
    }
}

/// What an item of each operation can be refused for: the item, and the refusal.
fn bad_items(kind: &Kind, batch: &Batch) -> Vec<(Value, u16, &'static str)> {
    if batch.method == Method::PATCH {
        let of = |id: Value, patch: Value| json!({"ids": [id], "patch": patch});
        let fails = json!([{"op": "test", "path": format!("/{}", kind.free), "value": "?"}]);
        let broken = json!([{"op": "replace", "path": "/nonsense", "value": 1}]);
        return vec![
            (of(kind.id(9), kind.patch("x")), 404, "not-found"),
            (of(json!(7), kind.patch("x")), 400, "validation"),
            (of(kind.id(4), fails), 409, "test-failed"),
            (of(kind.id(4), broken), 400, "validation"),
            (json!({"ids": [kind.id(4)]}), 400, "validation"),
            (json!({"patch": []}), 400, "validation"),
            (json!({"ids": [], "patch": []}), 400, "validation"),
            (json!(7), 400, "malformed-body"),
        ];
    }
    if batch.removes() {
        return vec![(kind.id(9), 404, "not-found"), (json!(7), 400, "validation")];
    }
    let mut broken = kind.body(2, "x");
    broken[kind.name] = json!("");
    let mut bad = vec![(broken, 400, "validation"), (json!(7), 400, "malformed-body")];
    if batch.creates() {
        bad.push((kind.body(4, "x"), 409, "duplicate"));
    }
    if batch.method == Method::PUT {
        bad.push((kind.body(9, "x"), 404, "not-found"));
        let mut without_id = kind.body(2, "x");
        without_id.as_object_mut().unwrap().remove("id");
        without_id.as_object_mut().unwrap().remove("key");
        bad.push((without_id, 400, "validation"));
    }
    bad
}

#[actix_web::test]
async fn a_bad_item_at_either_end_is_named_and_nothing_changes() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        kind.make(&app, &[1, 3, 4]).await;
        let before = kind.all(&app).await;
        for number in 0..6 {
            let batch = || kind.operations(&[1, 3]).swap_remove(number);
            let fresh = || kind.operations(&[5, 6]).swap_remove(number);
            let good = || if batch().creates() { fresh() } else { batch() };
            for (bad, status, problem) in bad_items(kind, &good()) {
                for (index, items) in [
                    (0, [vec![bad.clone()], good().items()].concat()),
                    (2, [good().items(), vec![bad.clone()]].concat()),
                ] {
                    let batch = good().with(json!(items));
                    let (path, told) = (batch.path.clone(), batch.send(&app, "").await);
                    let told = told.problem(status, problem);
                    assert_eq!(told["index"], index, "{} {path} {bad}: {told}", batch.method);
                    assert_eq!(kind.all(&app).await, before, "{path} {bad}");
                }
            }
        }
    }
}

#[actix_web::test]
async fn a_partial_batch_leaves_out_what_is_refused_and_tells_each() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        for number in 0..6 {
            kind.make(&app, &[4]).await;
            let creates = kind.operations(&[]).swap_remove(number).creates();
            if !creates {
                kind.make(&app, &[1, 3]).await;
            }
            let batch = kind.operations(&[1, 3]).swap_remove(number);
            let good = batch.items();
            let bad = bad_items(kind, &batch);
            let mut items = vec![good[0].clone()];
            items.extend(bad.iter().map(|(bad, ..)| bad.clone()));
            items.push(good[1].clone());
            let (single, removes) = (batch.single, batch.removes());
            let last = items.len() - 1;
            let batch = batch.with(json!(items));

            let rehearsed = batch.send(&app, "?mode=partial&dryRun=true").await.is(200).json();
            let told = batch.send(&app, "?mode=PARTIAL").await.is(200).json();
            let told = told.as_array().unwrap();
            assert_eq!(told.len(), items.len());
            let statuses = |results: &Value| -> Vec<Value> {
                results.as_array().unwrap().iter().map(|result| result["status"].clone()).collect()
            };
            assert_eq!(statuses(&rehearsed), statuses(&json!(told)), "{}", batch.path);
            for (index, result) in told.iter().enumerate() {
                assert_eq!(result["index"], index);
                let is_good = index == 0 || index == last;
                let expected = if is_good { single } else { bad[index - 1].1 };
                assert_eq!(result["status"], expected, "{} {result}", batch.path);
                assert_eq!(result.get("resource").is_some(), is_good && !removes, "{result}");
                if !is_good {
                    assert_eq!(result["problem"]["status"], expected);
                    assert_eq!(result["problem"]["index"], index);
                    let kind = format!("urn:userstore:problem:{}", bad[index - 1].2);
                    assert_eq!(result["problem"]["type"], kind, "{result}");
                    assert!(result["problem"]["requestId"].is_string());
                }
            }
            assert_eq!((&told[0]["id"], &told[last]["id"]), (&kind.id(1), &kind.id(3)));
            let there = kind.all(&app).await;
            let changed = there.iter().filter(|item| {
                let free = item[kind.free].as_str().unwrap();
                !free.starts_with('f')
            });
            assert_eq!(changed.count(), if removes { 0 } else { 2 }, "{} {there:?}", batch.path);
            let left = [1, 2, 3, 4].map(|n| kind.id(n));
            app.post(&kind.at("/batch/delete?mode=partial"), json!(left)).await.is(200);
        }
    }
}

#[actix_web::test]
async fn a_rehearsal_answers_as_the_batch_would_and_changes_nothing() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        kind.make(&app, &[1, 2]).await;
        let before = kind.all(&app).await;
        let entries = app.get("/CustomAuditTrail").await.text().to_owned();
        for number in 0..6 {
            let batch = kind.operations(&[1, 2]).swap_remove(number);
            let batch =
                if batch.creates() { kind.operations(&[7, 8]).swap_remove(0) } else { batch };
            let rehearsed = batch.send(&app, "?DRYRUN=True").await.is(batch.status);
            assert_eq!(kind.all(&app).await, before, "{}", batch.path);
            let atomic = batch.send(&app, "?dryRun=true&mode=Atomic").await.is(batch.status);
            assert_eq!(atomic.body, rehearsed.body);
        }
        assert_eq!(app.get("/CustomAuditTrail").await.text(), entries);
        let update = kind.operations(&[1, 2]).swap_remove(1);
        let rehearsed = update.send(&app, "?dryRun=true").await.body;
        assert_eq!(update.send(&app, "?dryRun=false").await.body, rehearsed);
    }
}

#[actix_web::test]
async fn the_terms_of_a_batch_are_read_strictly() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        for batch in kind.operations(&[1]) {
            for (query, refused) in [
                ("?mode=all", "mode"),
                ("?mode=", "mode"),
                ("?dryRun=1", "dryRun"),
                ("?dryRun", "dryRun"),
                ("?dryRum=true", "dryRum"),
                ("?limit=1", "limit"),
            ] {
                batch.send(&app, query).await.refuses(&[refused]);
            }
            let twice = batch.send(&app, "?dryRun=true&DryRun=true").await;
            twice.problem(400, "malformed-request");
            let request = app.request(batch.method.clone(), &batch.path);
            let request = request.insert_header(("if-match", "*")).set_json(&batch.body);
            app.send(request).await.problem(400, "malformed-request");
        }
        assert_eq!(kind.all(&app).await, Vec::<Value>::new());
    }
}

#[actix_web::test]
async fn one_that_is_named_twice_is_refused_where_it_stands_again() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        for number in 0..6 {
            let batch = kind.operations(&[1, 2, 1]).swap_remove(number);
            if !batch.creates() {
                kind.make(&app, &[1, 2]).await;
            }
            let problem = batch.send(&app, "").await.problem(400, "validation");
            assert_eq!(problem["index"], 2, "{problem}");
            let told = batch.send(&app, "?mode=partial").await.is(200).json();
            assert_eq!(
                (&told[0]["status"], &told[2]["status"]),
                (&json!(batch.single), &json!(400))
            );
            let ids = json!([kind.id(1), kind.id(2)]);
            app.post(&kind.at("/batch/delete?mode=partial"), ids).await.is(200);
        }
    }
}

#[actix_web::test]
async fn a_delete_that_names_nothing_deletes_nothing() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        kind.make(&app, &[1]).await;
        for (method, tail) in [(Method::DELETE, "/batch"), (Method::POST, "/batch/delete")] {
            let request = || app.request(method.clone(), &kind.at(tail));
            app.send(request()).await.problem(400, "malformed-body");
            for body in [json!([]), json!({}), json!(null), kind.id(1)] {
                app.send(request().set_json(body)).await.problem(400, "malformed-body");
            }
        }
        let strange = json!(["nonsense", {"item1": "nonsense"}, {"item2": "k1"}, null]);
        for item in strange.as_array().unwrap() {
            let answer = app.post(&kind.at("/batch/delete"), json!([item])).await;
            assert!(matches!(answer.status.as_u16(), 400 | 404), "{item}: {}", answer.text());
        }
        assert_eq!(kind.all(&app).await.len(), 1);
    }
}

#[actix_web::test]
async fn a_patch_of_many_counts_all_ids_in_their_order() {
    let (app, kinds) = kinds().await;
    for kind in &kinds {
        kind.make(&app, &[1, 2, 3]).await;
        let path = kind.at("/batch");
        let one = |n: u128| json!({"ids": [kind.id(n)], "patch": kind.patch(&format!("p{n}"))});
        let alone = app.patch(&path, one(1)).await.is(202).json();
        assert_eq!(alone[0][kind.free], "p1");
        let wrapped = json!([{"IDs": [kind.id(2)], "Patch": {"operations": kind.patch("w2")}}]);
        let wrapped = app.patch(&path, wrapped).await.is(202).json();
        assert_eq!(wrapped[0][kind.free], "w2");

        let both = json!({"ids": [kind.id(1), kind.id(3)], "patch": []});
        let first_of_bad = json!({"ids": [kind.id(2), kind.id(1)], "patch": [{"op": "x"}]});
        let problem =
            app.patch(&path, json!([both, first_of_bad])).await.problem(400, "validation");
        assert_eq!(problem["index"], 2);
        let unknown = json!({"ids": [kind.id(2), kind.id(9)], "patch": []});
        let problem = app.patch(&path, json!([both, unknown])).await.problem(404, "not-found");
        assert_eq!(problem["index"], 3);
        let partial = format!("{path}?mode=partial");
        let told = app.patch(&partial, json!([both, first_of_bad, unknown])).await.is(200).json();
        let statuses: Vec<_> =
            told.as_array().unwrap().iter().map(|r| r["status"].clone()).collect();
        assert_eq!(statuses, [202, 202, 400, 400, 202, 404]);
    }
}

#[actix_web::test]
async fn a_patch_of_many_is_bounded_in_what_it_writes() {
    let (app, [users, _, profiles, _]) = kinds().await;
    users.make(&app, &[1, 2, 3, 4, 5]).await;
    let ids: Vec<_> = (1..=21).map(|n| users.id(n)).collect();
    let many = json!([{"ids": ids[..11], "patch": []}, {"ids": ids[11..], "patch": []}]);
    app.patch("/User/batch", many).await.problem(413, "too-many-items");
    let text = "x".repeat(60_000);
    let add =
        json!([{"op": "add", "path": "/userProfiles/-", "value": {"key": "a", "value": text}}]);
    let large = json!({"ids": ids[..5], "patch": add});
    app.patch("/User/batch", large).await.problem(413, "too-many-items");
    let small = json!({"ids": ids[..4], "patch": add});
    app.patch("/User/batch", small).await.is(202);
    let copy = json!([{"op": "copy", "from": "/userProfiles/0", "path": "/userProfiles/-"}]);
    let copies = json!({"ids": ids[..5], "patch": copy});
    let problem = app.patch("/User/batch", copies).await.refuses(&["operations[0].from"]);
    assert_eq!(problem["index"], 0);
    assert_eq!(profiles.all(&app).await, Vec::<Value>::new());
}

#[actix_web::test]
async fn a_batch_of_attributes_is_of_the_owner_in_its_path() {
    let (app, [_, _, profiles, metadata]) = kinds().await;
    for (kind, link, other) in [(profiles, "userId", GROUP), (metadata, "groupId", USER)] {
        let owner = kind.owner.clone().unwrap();
        let strange = json!([{"key": "a", link: other}]);
        let own = json!([{"key": "a", link: owner}]);
        for (method, tail) in [
            (Method::POST, "/batch"),
            (Method::PUT, "/batch"),
            (Method::POST, "/createorupdate/batch"),
        ] {
            let request = || app.request(method.clone(), &kind.at(tail));
            app.send(request().set_json(&strange)).await.refuses(&[link]);
            let answer = app.send(request().set_json(&own)).await;
            assert!(answer.status.is_success(), "{}", answer.text());
        }
        let strange = json!({"item1": other, "item2": "a"});
        let refused = app.post(&kind.at("/batch/delete"), json!([strange])).await;
        assert_eq!(refused.refuses(&["item1"])["index"], 0);
        let patch = json!({"ids": [strange], "patch": []});
        app.patch(&kind.at("/batch"), patch).await.refuses(&["item1"]);
        let path = kind.base.replace(&owner, "00000000-0000-0000-0000-0000000000cc");
        app.post(&format!("{path}/batch"), json!([{"key": "a"}])).await.problem(404, "not-found");
        let path = kind.base.replace(&owner, "nobody");
        app.post(&format!("{path}/batch"), own).await.problem(404, "not-found");
        app.get(&kind.one(1)).await.problem(404, "not-found");
    }
}
