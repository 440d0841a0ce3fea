//! That stores know nothing of each other: every operation with ids of another store, and every
//! operation of a store in which the caller holds no role.

use reqwest::Method;
use serde_json::{Value, json};

use super::fixture::Fixture;
use super::table::{EXTENSIONS, operations};
use super::{send, with_query};
use crate::harness::{Answer, Api, Server, Snapshot, on_both_databases, texts};

on_both_databases![
    ids_of_another_store_are_unknown_in_every_path_and_batch,
    records_of_another_store_cannot_be_named_in_a_body,
    an_id_of_another_store_may_be_used_once_more,
    no_list_shows_what_another_store_holds,
    a_store_without_a_role_looks_as_if_it_were_not_there,
];

/// One request: the path goes on behind the store.
struct Request {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Request {
    async fn to(&self, api: &Api, store: &str) -> Answer {
        let path = format!("/api/userstore/v1/{store}{}", self.path);
        send(api, self.method.clone(), &path, self.body.as_ref()).await
    }

    fn name(&self) -> String {
        format!("{} {} {:?}", self.method, self.path, self.body)
    }
}

/// Every request to one store that there is, about the records of a fixture.
fn requests(fixture: &Fixture) -> Vec<Request> {
    let operations = operations().into_iter().map(|operation| Request {
        path: format!("/{}", with_query(&fixture.path(operation.path), operation.query)),
        body: (operation.body)(fixture),
        method: operation.method,
    });
    let extensions = EXTENSIONS.iter().filter_map(|(method, path)| {
        let path = path.strip_prefix("/api/userstore/v1/{userstore}")?;
        let method: Method = method.to_uppercase().parse().expect("a method");
        Some(extension(method, path, fixture))
    });
    operations.chain(extensions).collect()
}

fn extension(method: Method, path: &str, fixture: &Fixture) -> Request {
    let deletes = method == Method::DELETE;
    let (query, body) = match path {
        "" if deletes => (String::new(), None),
        "" => (String::new(), Some(json!({ "name": "other" }))),
        "/administration/User/batch/delete" => (String::new(), Some(json!([fixture.user]))),
        "/administration/Group/batch/delete" => (String::new(), Some(json!([fixture.group]))),
        _ if path.ends_with("GroupMetadata/batch/delete") => {
            (String::new(), Some(json!([{ "item1": fixture.group, "item2": "color" }])))
        }
        _ if path.ends_with("UserProfile/batch/delete") => {
            (String::new(), Some(json!([{ "item1": fixture.user, "item2": "color" }])))
        }
        "/administration/Role/assignment" if deletes => {
            (format!("role=UserManager&userId={}", fixture.user), None)
        }
        "/administration/Role/assignment" => {
            (String::new(), Some(json!({ "userId": fixture.user, "role": "UserManager" })))
        }
        "/administration/Client" if deletes => (format!("id={}", fixture.client), None),
        "/administration/Client" => {
            let roles = json!([{ "role": "UserManager" }]);
            (String::new(), Some(json!({ "name": "made", "roles": roles })))
        }
        _ if path.ends_with("/consistency") => ("from=1".to_owned(), None),
        _ if path.contains("/CustomAuditTrail/") || path.ends_with("/Event") => {
            (String::new(), None)
        }
        _ if path.ends_with("/password/verify") => (String::new(), Some(Fixture::password())),
        _ if path.ends_with("/password/reset/request") => (String::new(), None),
        unknown => panic!("say what is sent to {unknown}"),
    };
    let body = body.filter(|_| method != Method::GET);
    Request { path: with_query(&fixture.path(path), &query), method, body }
}

/// Two stores with records in each.
struct Stores {
    here: Api,
    there: Api,
    records_there: Fixture,
    before_here: Snapshot,
    before_there: Snapshot,
}

impl Stores {
    async fn new(server: &Server) -> Self {
        server.installation.run(&["store", "create", "there"]).well();
        let (here, there) = (server.admin(), server.admin().in_store("there"));
        Fixture::new(&here, "here").await;
        let records_there = Fixture::new(&there, "there").await;
        let (before_here, before_there) = (Snapshot::of(&here).await, Snapshot::of(&there).await);
        Self { here, there, records_there, before_here, before_there }
    }

    async fn assert_kept(&self, why: &str) {
        self.before_here.assert_kept(&self.here, why).await;
        self.before_there.assert_kept(&self.there, why).await;
    }
}

/// Whether the request names a record of the fixture as what it is about. Numbers of audit entries
/// are unique in a store only.
fn is_about(request: &Request, fixture: &Fixture) -> bool {
    let ids = [&fixture.user, &fixture.group, &fixture.parent, &fixture.client, "there-USER"];
    let in_path = ids.iter().any(|id| request.path.contains(id));
    let batches = request.path.ends_with("/batch") && request.method != Method::POST;
    in_path || batches || request.path.ends_with("/batch/delete") || names_a_holder(request)
}

/// Whether no credential is asked for.
fn is_public(request: &Request) -> bool {
    request.path.starts_with("/PublicAdmin/")
}

/// Whether the answer tells that the record is unknown here. Some operations tell of nobody whether
/// there is such a user, and say the same as of a wrong password.
fn tells_unknown(request: &Request, answer: &Answer) -> bool {
    let told = answer.text();
    match answer.status {
        404 => told.contains("urn:userstore:problem:not-found"),
        400 if is_public(request) => told.contains("urn:userstore:problem:refused"),
        400 => names_a_holder(request),
        202 => request.path.ends_with("/password/reset/request") && told.is_empty(),
        200 => request.path.ends_with("/password/verify") && told.contains("\"Failed\""),
        _ => false,
    }
}

fn names_a_holder(request: &Request) -> bool {
    request.body.as_ref().is_some_and(|body| body.get("role").is_some())
}

async fn ids_of_another_store_are_unknown_in_every_path_and_batch(server: Server) {
    let stores = Stores::new(&server).await;
    let mut tried = 0;
    for request in requests(&stores.records_there) {
        if !is_about(&request, &stores.records_there) {
            continue;
        }
        let name = request.name();
        let answer = request.to(&stores.here, "default").await;
        assert!(tells_unknown(&request, &answer), "{name}: {} {}", answer.status, answer.text());
        stores.assert_kept(&name).await;
        tried += 1;
    }
    // All but what concerns lists, new records and the store itself.
    assert!(tried > 55, "only {tried} requests are about a record");
}

async fn records_of_another_store_cannot_be_named_in_a_body(server: Server) {
    let stores = Stores::new(&server).await;
    let Fixture { user, group, .. } = &stores.records_there;
    let own = Fixture::new(&stores.here, "own").await;
    let before = Snapshot::of(&stores.here).await;
    let mut bodies = vec![];
    for form in [json!(user), json!({ "id": user }), json!({ "userId": user })] {
        bodies.push(("Group", json!({ "name": "new", "memberUsers": [form] })));
    }
    for link in ["parentGroups", "memberGroups"] {
        bodies.push(("Group", json!({ "name": "new", link: [group] })));
        bodies.push(("Group", json!({ "name": "new", link: [{ "id": group }] })));
    }
    bodies.push(("User", json!({ "loginName": "new", "memberOfGroups": [{ "groupId": group }] })));
    for (kind, body) in bodies {
        let mut whole = body.clone();
        let (id, name) = match kind {
            "User" => (&own.user, "loginName"),
            _ => (&own.group, "name"),
        };
        whole["id"] = json!(id);
        let relation = body.as_object().expect("an object").keys().find(|key| *key != name);
        let relation = relation.expect("a relation");
        let patch = json!([{ "op": "add", "path": format!("/{relation}/-"),
            "value": body[relation][0] }]);
        for answer in [
            stores.here.post(kind, &body).await,
            stores.here.post(&format!("{kind}/createorupdate"), &body).await,
            stores.here.post(&format!("{kind}/batch"), &json!([body])).await,
            stores.here.post(&format!("{kind}/createorupdate/batch"), &json!([body])).await,
            stores.here.put(&format!("{kind}/{id}"), &whole).await,
            stores.here.put(&format!("{kind}/batch"), &json!([whole])).await,
            stores.here.patch(&format!("{kind}/{id}"), &patch).await,
            stores
                .here
                .patch(&format!("{kind}/batch"), &json!([{ "ids": [id], "patch": patch }]))
                .await,
        ] {
            assert_eq!(answer.status, 400, "{body}: {}", answer.text());
            assert!(answer.problem(400)["errors"].to_string().contains(relation), "{body}");
        }
        before.assert_kept(&stores.here, &body.to_string()).await;
        stores.before_there.assert_kept(&stores.there, &body.to_string()).await;
    }
    let attribute = json!([{ "item1": group, "item2": "color" }]);
    let path = format!("Group/{}/GroupMetadata/batch/delete", own.group);
    stores.here.post(&path, &attribute).await.problem(400);
    before.assert_kept(&stores.here, "an attribute of another owner").await;
}

/// Which ids are taken elsewhere must not leak, so they are free here.
async fn an_id_of_another_store_may_be_used_once_more(server: Server) {
    let stores = Stores::new(&server).await;
    let Fixture { user, group, .. } = &stores.records_there;
    let twin = json!({ "id": user, "loginName": "twin" });
    assert_eq!(stores.here.post("User", &twin).await.json(201)["id"], *user);
    let twin = json!({ "id": group, "name": "twin" });
    let made = stores.here.post("Group/createorupdate", &twin).await.json(201);
    assert_eq!((&made["id"], &made["memberUsers"]), (&json!(group), &json!([])));
    stores.before_there.assert_kept(&stores.there, "a twin elsewhere").await;

    let member = json!({ "id": group, "name": "twin", "memberUsers": [user] });
    let members = stores.here.put(&format!("Group/{group}"), &member).await.json(202);
    assert_eq!(texts(&members["memberUsers"], "loginName"), ["twin"]);
    stores.here.delete(&format!("User/{user}")).await.expect(204);
    stores.here.delete(&format!("Group/{group}")).await.expect(204);
    stores.before_there.assert_kept(&stores.there, "the twins are gone").await;
}

async fn no_list_shows_what_another_store_holds(server: Server) {
    let stores = Stores::new(&server).await;
    let Fixture { user, group, parent, client, .. } = &stores.records_there;
    let lists = ["User", "Group", "CustomAuditTrail", "Role/assignment", "Client"];
    for query in ["", "?limit=1000"] {
        for list in lists {
            let text = stores.here.read(&format!("{list}{query}")).await.expect(200).text();
            for id in [user, group, parent, client] {
                assert!(!text.contains(id.as_str()), "{list}{query} shows {id}");
            }
        }
    }
    for filter in [format!("id eq \"{user}\""), "loginName sw \"there\"".to_owned()] {
        let found = stores.here.query("User", &[("filter", &filter)]).await.json(200);
        assert_eq!(found, json!([]), "{filter}");
    }
    let entry = stores.here.get_audit_trail(&stores.records_there.entry).await;
    if entry.status == 200 {
        assert_eq!(entry.json(200)["dataSource"], "default");
    }
    let passes = stores.here.read("User/synchronize").await.json(200);
    assert_eq!(passes["synchronized"], 1);
}

/// Roles in one store, and none in the other.
const ROLES: [&str; 3] =
    ["UserStoreAdmin@default", "UserManager@default", "AuditTrailReader@default"];

async fn a_store_without_a_role_looks_as_if_it_were_not_there(server: Server) {
    let stores = Stores::new(&server).await;
    let stranger = server.holder_of(&server.make_key("stranger", &ROLES));
    let requests = requests(&stores.records_there).into_iter();
    for request in requests.filter(|request| !is_public(request)) {
        let name = request.name();
        let foreign = request.to(&stranger, "there").await;
        let unknown = request.to(&stranger, "nowhere").await;
        assert_eq!(foreign.status, 404, "{name}: {}", foreign.text());
        assert_eq!(told(&foreign), told(&unknown), "{name}");
        let problem = foreign.problem(404);
        assert_eq!(problem["type"], "urn:userstore:problem:no-such-store", "{name}");
    }
    stores.before_there.assert_kept(&stores.there, "what a stranger asked").await;
}

/// All that an answer tells, but for what names the request itself.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let mut text = answer.text();
    for own in ["instance", "requestId"] {
        let value = problem[own].as_str().unwrap_or_else(|| panic!("no {own} in {problem}"));
        text = text.replacen(value, "", 1);
    }
    let of_request = ["connection", "date", "content-length", "x-request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !of_request.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}")));
    // Their order means nothing.
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (answer.status, headers, text)
}
