//! The last holder of `SystemAdmin` who could act stays, in whichever way they would go.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Server, Snapshot, id_of, on_both_databases};

on_both_databases![
    the_last_client_who_administers_stays,
    the_last_user_who_administers_stays,
    the_last_group_that_administers_keeps_somebody_who_can_act,
    of_two_administrators_who_remove_each_other_one_stays,
];

const REFUSED: &str = "urn:userstore:problem:last-system-admin";

#[track_caller]
fn assert_refused(answer: Answer, what: &str) {
    assert_eq!(answer.status, 409, "{what}: {}", answer.text());
    assert_eq!(answer.problem(409)["type"], REFUSED, "{what}");
}

/// The id of the client of the first start.
async fn first_client(api: &Api) -> String {
    let clients = api.list("Client").await;
    let first = |client: &&Value| client["name"] == "first administrator";
    id_of(clients.iter().find(first).expect("the first client")).to_owned()
}

async fn make_admin(api: &Api, holder: &str, id: &str) {
    let assignment = json!({ holder: id, "role": "SystemAdmin" });
    api.post("Role/assignment", &assignment).await.expect(201);
}

async fn the_last_client_who_administers_stays(server: Server) {
    let api = server.admin();
    let client = first_client(&api).await;
    let before = Snapshot::of(&api).await;
    let role = format!("Role/assignment?clientId={client}&role=SystemAdmin");
    assert_refused(api.delete(&role).await, "the role is taken");
    assert_refused(api.delete(&format!("Client?id={client}")).await, "the client is removed");
    let store = api.call_store(Method::DELETE, "?confirm=default", None).await;
    assert_refused(store, "the store is removed");
    before.assert_kept(&api, "the last client").await;
    // With another one the first may go.
    let other = json!({ "name": "other", "roles": [{ "role": "SystemAdmin" }] });
    let other = api.post("Client", &other).await.json(201);
    api.delete(&format!("Client?id={client}")).await.expect(204);
    api.get_users("").await.problem(401);
    let other = server.holder_of(other["key"].as_str().expect("a key"));
    other.get_users("").await.expect(200);
}

async fn the_last_user_who_administers_stays(server: Server) {
    let api = server.admin();
    let ada = api.create_user(&json!({ "loginName": "ada" })).await.json(201);
    let (id, path) = (id_of(&ada), format!("User/{}", id_of(&ada)));
    make_admin(&api, "userId", id).await;
    let client = first_client(&api).await;
    // While both are there, either may go.
    let rehearsed = api.post("User/batch/delete?dryRun=true", &json!([id])).await;
    assert_eq!(rehearsed.status, 204, "{}", rehearsed.text());
    // A user who could not act is none who counts.
    for (unable, able) in [
        (json!({ "isUserActive": false }), json!({ "isUserActive": true })),
        (json!({ "isUserLocked": true }), json!({ "isUserLocked": false })),
        (json!({ "userValidTo": "2020-01-01T00:00:00Z" }), json!({ "userValidTo": null })),
    ] {
        let with = |change: &Value| {
            let mut user = json!({ "id": id });
            let change = change.as_object().expect("an object").clone();
            user.as_object_mut().expect("an object").extend(change);
            user
        };
        api.create_or_update_user(&with(&unable)).await.expect(201);
        let role = format!("Role/assignment?clientId={client}&role=SystemAdmin");
        assert_refused(api.delete(&role).await, &unable.to_string());
        assert_refused(api.delete(&format!("Client?id={client}")).await, &unable.to_string());
        api.create_or_update_user(&with(&able)).await.expect(201);
    }
    // The role of the client goes to another, who may look but not act: now Ada is the last.
    let second = json!({ "name": "second", "roles": [{ "role": "UserStoreAdmin" }] });
    let second = api.post("Client", &second).await.json(201);
    api.delete(&format!("Client?id={client}")).await.expect(204);
    let second = server.holder_of(second["key"].as_str().expect("a key"));
    for answer in [
        second.delete(&path).await,
        second.post("User/batch/delete", &json!([id])).await,
        second
            .patch(&path, &json!([{ "op": "replace", "path": "/isUserActive", "value": false }]))
            .await,
    ] {
        assert!([403, 409].contains(&answer.status), "{}", answer.text());
    }
    let role = ["role", "revoke", "--user", id, "--role", "SystemAdmin"];
    assert!(server.installation.run(&role).refusal().contains("last holder of SystemAdmin"));
    let store = ["store", "delete", "default", "--confirm", "default"];
    assert!(server.installation.run(&store).refusal().contains("last holder of SystemAdmin"));
    second.read(&path).await.expect(200);
}

async fn the_last_group_that_administers_keeps_somebody_who_can_act(server: Server) {
    let api = server.admin();
    let ada = api.new_user("ada").await;
    let inner = json!({ "name": "inner", "memberUsers": [id_of(&ada)] });
    let inner = api.post("Group", &inner).await.json(201);
    let outer = json!({ "name": "outer", "memberGroups": [id_of(&inner)] });
    let outer = api.post("Group", &outer).await.json(201);
    make_admin(&api, "groupId", id_of(&outer)).await;
    let client = first_client(&api).await;
    let client_role = format!("Role/assignment?clientId={client}&role=SystemAdmin");
    let group_path = |group: &Value| format!("Group/{}", id_of(group));
    // As long as Ada is in a group that lies in the outer one, the client may go.
    for (end, begin) in [
        (
            json!({ "name": "inner", "memberUsers": [] }),
            json!({ "name": "inner", "memberUsers": [id_of(&ada)] }),
        ),
        (
            json!({ "name": "inner", "parentGroups": [] }),
            json!({ "name": "inner", "parentGroups": [id_of(&outer)] }),
        ),
    ] {
        api.put(&group_path(&inner), &end).await.expect(202);
        assert_refused(api.delete(&client_role).await, &end.to_string());
        assert_refused(api.delete(&format!("Client?id={client}")).await, &end.to_string());
        api.put(&group_path(&inner), &begin).await.expect(202);
    }
    // Whoever takes that away at the command line, or by the API, is refused once she is the last.
    let keeper = json!({ "name": "keeper", "roles": [{ "role": "UserStoreAdmin" }] });
    let keeper = api.post("Client", &keeper).await.json(201);
    api.delete(&client_role).await.expect(204);
    let keeper = server.holder_of(keeper["key"].as_str().expect("a key"));
    let before = keeper.list("Group").await;
    for answer in [
        keeper.delete(&group_path(&inner)).await,
        keeper.delete(&group_path(&outer)).await,
        keeper.put(&group_path(&inner), &json!({ "name": "inner", "memberUsers": [] })).await,
        keeper.put(&group_path(&outer), &json!({ "name": "outer", "memberGroups": [] })).await,
        keeper.post("Group/batch/delete", &json!([id_of(&inner)])).await,
        keeper.delete_user(id_of(&ada)).await,
        keeper.update_user(id_of(&ada), &json!({ "loginName": "ada", "memberOfGroups": [] })).await,
    ] {
        assert!([403, 409].contains(&answer.status), "{}", answer.text());
    }
    assert_eq!(keeper.list("Group").await, before);
    let role = ["role", "revoke", "--group", id_of(&outer), "--role", "SystemAdmin"];
    assert!(server.installation.run(&role).refusal().contains("last holder of SystemAdmin"));
}

async fn of_two_administrators_who_remove_each_other_one_stays(server: Server) {
    let api = server.admin();
    for round in 0..10 {
        let other =
            json!({ "name": format!("other {round}"), "roles": [{ "role": "SystemAdmin" }] });
        let other = api.post("Client", &other).await.json(201);
        let other_id = id_of(&other).to_owned();
        let other_api = server.holder_of(other["key"].as_str().expect("a key"));
        let own = first_client(&api).await;
        let roles = |id: &str| format!("Role/assignment?clientId={id}&role=SystemAdmin");
        let (theirs, ours) = (roles(&other_id), roles(&own));
        let (one, two) =
            futures_util::future::join(api.delete(&theirs), other_api.delete(&ours)).await;
        let statuses = [one.status, two.status];
        assert!(statuses.iter().filter(|status| **status == 204).count() == 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
        if two.status == 204 {
            let back = json!({ "clientId": own, "role": "SystemAdmin" });
            other_api.post("Role/assignment", &back).await.expect(201);
            api.delete(&theirs).await.expect(204);
        }
        api.delete(&format!("Client?id={other_id}")).await.expect(204);
    }
}
