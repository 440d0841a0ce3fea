//! One user, two faces: what one API writes the other reads, and what either does to an account its
//! sessions feel at their next request, on every node.

use serde_json::{Value, json};

use super::{
    Nodes, Refusal, UsersClient, admin, api_1, bearer, details, new_enrolled, new_session,
    new_user, nobody, patch,
};
use crate::harness::{Node, id_of, on_both_databases, texts};
use crate::sign_in::{NEW, RIGHT};

on_both_databases![
    what_this_api_writes_the_other_reads,
    what_the_other_api_writes_this_one_reads,
    fields_that_are_absent_stay_as_they_are,
    a_change_of_the_password_ends_the_other_sessions,
    whatever_is_done_to_an_account_its_sessions_feel_on_every_node,
    a_change_of_roles_holds_from_the_next_request_on,
    nobody_grants_what_they_lack,
    the_list_is_exported,
];

fn formats() -> Value {
    json!({
        "Name": "German",
        "LongDateTimeFormatNet": "dd.MM.yyyy HH:mm:ss",
        "ShortDateTimeFormatNet": "dd.MM.yyyy",
        "LongDateTimeFormatJs": "DD.MM.YYYY HH:mm:ss",
        "ShortDateTimeFormatJs": "DD.MM.YYYY",
    })
}

fn notifications() -> Value {
    json!([{
        "Version": 1,
        "Id": "one",
        "GroupName": "Ops",
        "GroupDisplayName": "Operations, \"night\" shift",
        "NotificationTypes": ["Alert", "Report"],
        "NotificationMethod": "Email",
    }])
}

/// The value of a profile, as JSON.
fn profile(user: &Value, key: &str) -> Value {
    let profiles = user["userProfiles"].as_array().expect("profiles").iter();
    let text = profiles.into_iter().find(|profile| profile["key"] == key);
    let text = text.and_then(|profile| profile["value"].as_str());
    let text = text.unwrap_or_else(|| panic!("no {key}: {user}")).to_owned();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// The members that were sent are those that are shown.
fn assert_shows(shown: &Value, sent: &Value) {
    for (member, value) in sent.as_object().expect("an object") {
        assert_eq!(shown[member], *value, "{member} in {shown}");
    }
}

async fn what_this_api_writes_the_other_reads(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    api_1(node).new_group("staff").await;
    api_1(node).new_group("night shift").await;
    let sent = json!({
        "UserName": "Ada",
        "FirstName": "Augusta Ada",
        "SecondName": "King, Countess of \"Lovelace\"",
        "Email": "ada@example.com",
        "Locked": false,
        "Roles": ["UserManager"],
        "Groups": ["night shift", "staff"],
        "TimeZoneId": "Europe/London",
        "DateFormats": formats(),
        "TwoFactorRequired": true,
    });
    let mut body = json!({ "UserDetails": sent, "Password": RIGHT });
    body["UserDetails"]["NotificationGroups"] = notifications();
    let added = admin(node).call("AddUser", &body).await.json(200);
    assert_shows(&added, &sent);
    assert_shows(&added["NotificationGroups"][0], &notifications()[0]);
    assert_eq!(added["Version"], 1);
    assert_shows(
        &added,
        &json!({ "IsInternal": true, "IsADUser": false, "IsOAuthUser": false, "IsSSOUser": false }),
    );
    assert_eq!(details(other, "ada").await, added, "names ignore case, and nodes agree");

    let user = api_1(other).get_user_by_login_name("ada").await.json(200);
    for (property, value) in [
        ("loginName", json!("Ada")),
        ("firstName", sent["FirstName"].clone()),
        ("lastName", sent["SecondName"].clone()),
        ("emailAddress", sent["Email"].clone()),
        ("isUserLocked", json!(false)),
        ("isTwoFactorRequired", json!(true)),
        ("isTwoFactorRegistered", json!(false)),
        ("isPasswordChangeRequired", json!(false)),
    ] {
        assert_eq!(user[property], value, "{property}");
    }
    let mut groups = texts(&user["memberOfGroups"], "name");
    groups.sort();
    assert_eq!(groups, ["night shift", "staff"]);
    assert_eq!(profile(&user, "timeZoneId"), "Europe/London");
    assert_shows(&profile(&user, "dateFormats"), &formats());
    let kept = profile(&user, "notificationGroups");
    assert_eq!(kept[0]["NotificationTypes"], notifications()[0]["NotificationTypes"]);
    assert_eq!(kept[0]["GroupDisplayName"], notifications()[0]["GroupDisplayName"]);
    let held = format!("Role/assignment?userId={}", id_of(&user));
    assert_eq!(texts(&api_1(other).read(&held).await.json(200), "role"), ["UserManager"]);

    let changed = json!({
        "UserName": "ada",
        "FirstName": "Ada",
        "Locked": true,
        "Roles": [],
        "Groups": ["staff"],
        "TimeZoneId": "Asia/Tokyo",
        "TwoFactorRequired": false,
    });
    admin(other).call("UpdateUser", &json!({ "UserDetails": changed })).await.expect(204);
    let user = api_1(node).get_user(id_of(&user)).await.json(200);
    assert_eq!((&user["firstName"], &user["lastName"]), (&json!("Ada"), &sent["SecondName"]));
    assert_eq!(
        (&user["isUserLocked"], &user["isTwoFactorRequired"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(texts(&user["memberOfGroups"], "name"), ["staff"]);
    assert_eq!(profile(&user, "timeZoneId"), "Asia/Tokyo");
    assert_shows(&profile(&user, "dateFormats"), &formats());
    assert_eq!(api_1(node).read(&held).await.json(200), json!([]));
}

async fn what_the_other_api_writes_this_one_reads(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let api = api_1(node);
    let group = api.new_group("staff").await;
    let user = json!({
        "loginName": "ada",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "emailAddress": "ada@example.com",
        "isUserLocked": true,
        "memberOfGroups": [{ "id": id_of(&group) }],
        "userProfiles": [
            { "key": "timeZoneId", "value": "Europe/London" },
            { "key": "dateFormats", "value": formats().to_string() },
            { "key": "notificationGroups", "value": notifications().to_string() },
            { "key": "color", "value": "red" },
        ],
        "isTwoFactorRequired": true,
    });
    let made = api.create_user(&user).await.json(201);
    let held = json!({ "userId": id_of(&made), "role": "UserManager" });
    api.post("Role/assignment", &held).await.expect(201);
    let shown = details(other, "ADA").await;
    assert_shows(
        &shown,
        &json!({
            "UserName": "ada",
            "FirstName": "Ada",
            "SecondName": "Lovelace",
            "Email": "ada@example.com",
            "Locked": true,
            "Roles": ["UserManager"],
            "Permissions": ["UserRead", "UserManage"],
            "Groups": ["staff"],
            "TimeZoneId": "Europe/London",
            "TwoFactorRequired": true,
        }),
    );
    assert_shows(&shown["DateFormats"], &formats());
    assert_shows(&shown["NotificationGroups"][0], &notifications()[0]);
    assert_eq!(shown["NotificationGroups"][0]["UserName"], "ada", "whose they are");
    for absent in ["ChangePasswordByUtc", "GeneratedPassword"] {
        assert!(shown.get(absent).is_none(), "{shown}");
    }
    let bob = api.new_user("bob").await;
    let ids =
        [details(other, "ada").await, details(other, "bob").await].map(|user| user["Id"].clone());
    assert_ne!(ids[0], ids[1], "a number of their own");
    assert!(ids.iter().all(|id| id.as_i64().is_some_and(|id| id > 0)), "{ids:?}");
    assert!(details(other, "bob").await.get("FirstName").is_none(), "null fields are left out");

    let initial = json!({ "password": RIGHT });
    api.user_post(id_of(&bob), "password/initial", Some(&initial)).await.expect(200);
    let bob = api.get_user(id_of(&bob)).await.json(200);
    let due = details(other, "bob").await["ChangePasswordByUtc"].as_str().expect("due").to_owned();
    let (date, fraction) = due.split_once('.').expect("a fraction");
    assert!(fraction.len() == 8 && fraction.ends_with('Z'), "seven digits: {due}");
    assert!(bob["passwordExpiration"].as_str().expect("a date").starts_with(date), "{due} {bob}");
    patch(node, id_of(&bob), "userProfiles", json!([{ "key": "dateFormats", "value": "no JSON" }]))
        .await;
    details(other, "bob").await;
}

async fn fields_that_are_absent_stay_as_they_are(nodes: Nodes) {
    let node = nodes.first();
    api_1(node).new_group("staff").await;
    let sent = json!({
        "UserName": "ada",
        "FirstName": "Ada",
        "Email": "ada@example.com",
        "Groups": ["staff"],
        "Roles": ["UserManager"],
        "TimeZoneId": "Europe/London",
        "NotificationGroups": notifications(),
    });
    let body = json!({ "UserDetails": sent, "Password": RIGHT });
    let added = admin(node).call("AddUser", &body).await.json(200);
    let nothing = json!({ "UserDetails": { "UserName": "ada", "Id": 77, "GeneratedPassword": "x",
        "LastLogonAttemptUtc": "2020-01-01T00:00:00.0000000Z", "IsADUser": true, "Shoe": 1 } });
    admin(node).call("UpdateUser", &nothing).await.expect(204);
    assert_eq!(details(node, "ada").await, added, "neither what is absent nor what is read-only");
    let entries = api_1(node).get_audit_trails("?limit=1000").await.json(200);
    admin(node)
        .call("UpdateUser", &json!({ "UserDetails": details(node, "ada").await }))
        .await
        .expect(204);
    assert_eq!(api_1(node).get_audit_trails("?limit=1000").await.json(200), entries, "no change");
}

async fn a_change_of_the_password_ends_the_other_sessions(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let own = new_session(node, "ada", &[]).await;
    let elsewhere = nobody(other).sign_in("ada", RIGHT).await;
    let change = json!({ "UserName": "ada", "CurrentPassword": RIGHT, "Password": NEW });
    bearer(node, &own.token).call("UpdateUserPassword", &change).await.expect(204);
    bearer(other, &own.token).whoami().await.expect(200);
    assert_ended(node, &elsewhere).await;
    Refusal::read(nobody(node).try_sign_in("ada", RIGHT).await, 401);
    nobody(other).sign_in("ada", NEW).await;
}

/// A session and its refresh token are worth nothing.
async fn assert_ended(node: &Node, session: &super::SignedIn) {
    let told = Refusal::read(bearer(node, &session.token).get("/api/permissions").await, 401);
    assert_eq!(told.code, "Unauthorized");
    let refresh = json!({ "RefreshToken": session.refresh() });
    Refusal::read(nobody(node).post("/api/access-token", &refresh).await, 401);
    node.api(Some(&session.token)).get_users("").await.problem(401);
}

/// What is done to an account on one node.
const ACTS: [&str; 9] = [
    "ResetUser",
    "ResetUserPassword",
    "UpdateUserPassword",
    "DeleteUser",
    "Locked",
    "isUserActive",
    "isUserLocked",
    "password/reset",
    "delete",
];

async fn act(node: &Node, act: &str, name: &str, id: &str) {
    let (api, named) = (api_1(node), json!({ "UserName": name }));
    match act {
        "Locked" => {
            let locked = json!({ "UserDetails": { "UserName": name, "Locked": true } });
            admin(node).call("UpdateUser", &locked).await.expect(204);
        }
        "UpdateUserPassword" => {
            let set = json!({ "UserName": name, "Password": NEW });
            admin(node).call(act, &set).await.expect(204);
        }
        "isUserActive" => patch(node, id, act, false).await,
        "isUserLocked" => patch(node, id, act, true).await,
        "password/reset" => {
            api.user_post(id, act, Some(&json!({ "password": NEW }))).await.expect(200);
        }
        "delete" => {
            api.delete_user(id).await.expect(204);
        }
        request_type => {
            let status = admin(node).call(request_type, &named).await.status;
            assert!([200, 204].contains(&status), "{request_type}: {status}");
        }
    }
}

async fn whatever_is_done_to_an_account_its_sessions_feel_on_every_node(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let bystander = new_session(other, "bystander", &[]).await;
    for (n, done) in ACTS.into_iter().enumerate() {
        let name = format!("user{n}");
        let session = new_session(other, &name, &["UserStoreAdmin"]).await;
        let id = session.body["UserId"].as_str().expect("an id").to_owned();
        let second = nobody(node).sign_in(&name, RIGHT).await;
        bearer(other, &session.token).get("/api/users").await.expect(200);
        act(node, done, &name, &id).await;
        for session in [&session, &second] {
            assert_ended(other, session).await;
        }
        // Whoever comes back later brings no old session to life.
        if ["isUserActive", "isUserLocked"].contains(&done) {
            patch(node, &id, done, done == "isUserActive").await;
            assert_ended(other, &session).await;
        }
    }
    bearer(node, &bystander.token).whoami().await.expect(200);
}

async fn a_change_of_roles_holds_from_the_next_request_on(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let session = new_session(node, "ada", &[]).await;
    let client: UsersClient = bearer(other, &session.token);
    let manages = async |expected: u16| {
        let client = bearer(other, &session.token);
        client.get("/api/users").await.expect(expected);
    };
    manages(403).await;
    let roles = |roles: Value| json!({ "UserDetails": { "UserName": "ada", "Roles": roles } });
    admin(node).call("UpdateUser", &roles(json!(["UserManager"]))).await.expect(204);
    manages(200).await;
    let held =
        client.call("GetUserRolesPermissions", &json!({ "UserName": "ada" })).await.json(200);
    assert_eq!(held["Permissions"], json!(["UserRead", "UserManage"]));
    admin(node).call("UpdateUser", &roles(json!([]))).await.expect(204);
    manages(403).await;
    let group = api_1(node).new_group("managers").await;
    let held = json!({ "groupId": id_of(&group), "role": "UserManager" });
    api_1(node).post("Role/assignment", &held).await.expect(201);
    let groups = json!({ "UserDetails": { "UserName": "ada", "Groups": ["managers"] } });
    admin(node).call("UpdateUser", &groups).await.expect(204);
    manages(200).await;
    let id = session.body["UserId"].as_str().expect("an id");
    assert_eq!(details(node, "ada").await["Roles"], json!([]), "held by the group");
    patch(node, id, "isTwoFactorRequired", true).await;
    manages(403).await;
}

/// C11, C16: neither by this API nor by a group, for others or for oneself.
async fn nobody_grants_what_they_lack(nodes: Nodes) {
    let node = nodes.first();
    let group = api_1(node).new_group("auditors").await;
    let held = json!({ "groupId": id_of(&group), "role": "AuditTrailReader" });
    api_1(node).post("Role/assignment", &held).await.expect(201);
    new_user(node, "target", &[]).await;
    new_user(node, "boss", &["UserStoreAdmin"]).await;
    let manager = bearer(node, &new_session(node, "manager", &["UserManager"]).await.token);
    let enrolled = new_enrolled(node, "plain", &[]).await;
    let plain = bearer(node, &enrolled.session.token);
    let before = crate::harness::Snapshot::of(&api_1(node)).await;
    for (member, value) in [
        ("Roles", json!(["UserStoreAdmin"])),
        ("Roles", json!(["SystemAdmin"])),
        ("Roles", json!(["AuditTrailReader", "UserManager"])),
        ("Groups", json!(["auditors"])),
        ("Permissions", json!(["AuditRead"])),
    ] {
        for name in ["target", "manager"] {
            let mut user = json!({ "UserName": name });
            user[member] = value.clone();
            let body = json!({ "UserDetails": user });
            Refusal::read(manager.call("UpdateUser", &body).await, 403);
            user["UserName"] = json!("new");
            let body = json!({ "UserDetails": user, "Password": RIGHT });
            Refusal::read(manager.call("AddUser", &body).await, 403);
        }
    }
    let boss = json!({ "UserName": "boss" });
    for request_type in
        ["ResetUserPassword", "PreviewResetUserPassword", "DeleteUser", "ResetUser2fa"]
    {
        Refusal::read(manager.call(request_type, &boss).await, 403);
    }
    for (member, value) in [
        ("Roles", json!(["UserManager"])),
        ("Groups", json!(["auditors"])),
        ("Permissions", json!(["UserRead"])),
        ("Locked", json!(true)),
        ("TwoFactorRequired", json!(false)),
    ] {
        let mut user = json!({ "UserName": "plain" });
        user[member] = value;
        let refusal = plain.call("UpdateUser", &json!({ "UserDetails": user })).await;
        Refusal::read(refusal, 403);
    }
    before.assert_kept(&api_1(node), "refused").await;
}

async fn the_list_is_exported(nodes: Nodes) {
    let node = nodes.first();
    for name in ["ada", "bob, the \"builder\""] {
        let user =
            json!({ "UserDetails": { "UserName": name, "SecondName": "=1+1" }, "Password": RIGHT });
        admin(node).call("AddUser", &user).await.expect(200);
    }
    let list = admin(node).get("/api/users").await.json(200);
    assert_eq!(texts(&list, "UserName"), ["ada", "bob, the \"builder\""]);
    for (format, media_type) in [("csv", "text/csv"), ("json", "application/json")] {
        let answer = admin(node).query("/api/users", &[("ExportFormat", format)]).await.expect(200);
        assert!(answer.header("content-type").starts_with(media_type), "{format}");
        let disposition = answer.header("content-disposition").to_owned();
        assert!(
            disposition.starts_with("attachment") && disposition.contains(format),
            "{disposition}"
        );
        let text = answer.text();
        assert!(text.contains("ada") && text.contains("builder"), "{text}");
        // A spreadsheet must not take a name for a formula.
        assert!(format == "json" || !text.contains(",=1+1"), "{text}");
    }
    let csv = admin(node).query("/api/users", &[("ExportFormat", "CSV")]).await.expect(200).text();
    assert!(csv.lines().next().is_some_and(|header| header.contains("UserName")), "{csv}");
    let refusal =
        Refusal::read(admin(node).query("/api/users", &[("ExportFormat", "xlsx")]).await, 400);
    assert!(refusal.names("ExportFormat"), "{refusal:?}");
}
