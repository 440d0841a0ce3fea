//! Users as the users API makes, shows, changes and removes them.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::app::bearer;
use crate::users_scene::{Hub, PASSWORD};

#[actix_web::test]
async fn a_user_is_made_with_details_and_shown_with_them() {
    let hub = Hub::start().await;
    hub.app.add_group("Night shift").await;
    hub.app.add_group("day shift").await;
    let formats =
        json!({"Name": "Swiss", "LongDateTimeFormatNet": "D", "ShortDateTimeFormatJs": "d"});
    let details = json!({
        "UserName": "Ada", "FirstName": "Ada", "SecondName": "Lovelace", "Email": "ada@example.com",
        "Roles": ["UserManager"], "Groups": ["NIGHT SHIFT", "Day shift"], "TimeZoneId": "Europe/Zurich",
        "DateFormats": formats, "NotificationGroups": [{"Id": 7, "GroupName": "n", "UserName": "eve"}],
        "TwoFactorRequired": true, "Id": 1_000_000, "IsADUser": true, "GeneratedPassword": "x",
    });
    let body = json!({"userdetails": details, "PASSWORD": PASSWORD, "Version": 1});
    let added = hub.post("store-admin", "/api/users/add", body).await.is(200).json();
    let id = added["Id"].as_i64().unwrap();
    assert!(id > 0 && id < 1_000_000, "{added}");
    assert_eq!(
        added,
        json!({
            "Id": id, "UserName": "Ada", "FirstName": "Ada", "SecondName": "Lovelace",
            "Email": "ada@example.com", "Locked": false, "Roles": ["UserManager"],
            "Permissions": ["UserRead", "UserManage"],
            "Groups": ["day shift", "Night shift"],
            "NotificationGroups": [{"Version": 1, "Id": 7, "GroupName": "n", "UserName": "Ada"}],
            "TimeZoneId": "Europe/Zurich", "DateFormats": formats, "TwoFactorRequired": true,
            "IsInternal": true, "IsADUser": false, "IsOAuthUser": false, "IsSSOUser": false,
            "Version": 1,
        })
    );
    for path in
        ["/api/users/ada", "/api/users/ADA/", "/api/users/ada.json", "/API/Users/ada?format=json"]
    {
        let shown = hub.get("manager", path).await.is(200);
        assert_eq!(shown.json(), added, "{path}");
        assert_eq!(shown.header("cache-control"), Some("no-store"));
    }
    let other = hub.app.get("/User/loginname/ada").await.is(200).json();
    let profiles = other["userProfiles"].as_array().unwrap();
    let zone = profiles.iter().find(|profile| profile["key"] == "timeZoneId").unwrap();
    assert_eq!(zone["value"], "Europe/Zurich");
    hub.validate("ada", PASSWORD).await.is(204);
}

#[actix_web::test]
async fn a_password_that_is_generated_is_shown_once_and_has_to_be_replaced() {
    let hub = Hub::start().await;
    let body = json!({"UserDetails": {"UserName": "ada"}});
    let added = hub.post("manager", "/api/users/add/", body).await.is(200).json();
    let password = added["GeneratedPassword"].as_str().unwrap();
    let due = added["ChangePasswordByUtc"].as_str().unwrap();
    assert!(due.ends_with("0Z") && due.len() == "2026-01-15T00:00:00.0000000Z".len(), "{due}");
    let shown = hub.details("ada").await;
    assert_eq!(
        (&shown["GeneratedPassword"], &shown["ChangePasswordByUtc"]),
        (&Value::Null, &json!(due))
    );
    let session = hub.sign_in_by("ada", password).await.is(200).json();
    let token = session["BearerToken"].as_str().unwrap();
    hub.get_with(token, "/api/users/ada").await.code(403, "PasswordChangeRequired");
    let body = json!({"UserName": "ada", "CurrentPassword": password, "Password": PASSWORD});
    hub.post_with(token, "/api/users/updatePassword/", body).await.is(204);
    let shown = hub.get_with(token, "/api/users/ada").await.is(200).json();
    assert!(shown.get("ChangePasswordByUtc").is_none(), "{shown}");
}

#[actix_web::test]
async fn a_user_is_made_by_get_with_jsv() {
    let hub = Hub::start().await;
    let details = "UserDetails=%7BUserName%3Abob%2CRoles%3A%5BUserManager%5D%2CLocked%3Atrue%7D";
    let path = format!("/api/users/add/?{details}&Password={}", PASSWORD.replace(' ', "+"));
    let added = hub.get("admin", &path).await.is(200).json();
    assert_eq!(
        (&added["UserName"], &added["Roles"], &added["Locked"]),
        (&json!("bob"), &json!(["UserManager"]), &json!(true))
    );
}

#[actix_web::test]
async fn what_cannot_be_a_user_is_refused_with_every_broken_rule() {
    let hub = Hub::with_ada().await;
    let add = |body| hub.post("manager", "/api/users/add/", body);
    add(json!({})).await.faults(&["UserDetails"]);
    add(json!({"UserDetails": [1]})).await.faults(&["UserDetails"]);
    add(json!({"UserDetails": {}})).await.faults(&["UserDetails.UserName"]);
    let details = json!({
        "UserName": "", "Email": "nobody", "Locked": "perhaps", "Roles": ["a b"],
        "Permissions": ["Everything"], "DateFormats": ["D"], "NotificationGroups": {"Id": 1},
    });
    let told = add(json!({"UserDetails": details, "SkipCheck": "perhaps"})).await;
    let inside = [
        "UserName",
        "Email",
        "Locked",
        "Roles",
        "Permissions",
        "DateFormats",
        "NotificationGroups",
    ];
    let inside: Vec<_> = inside.iter().map(|name| format!("UserDetails.{name}")).collect();
    let mut all: Vec<_> = inside.iter().map(String::as_str).collect();
    all.push("SkipCheck");
    told.faults(&all);
    add(json!({"UserDetails": {"UserName": "ADA"}, "Password": PASSWORD}))
        .await
        .code(409, "AlreadyExists");
    add(json!({"UserDetails": {"UserName": "bob"}, "Password": "short"}))
        .await
        .faults(&["Password"]);
    let unchecked =
        json!({"UserDetails": {"UserName": "bob"}, "Password": "short", "SkipCheck": "1"});
    add(unchecked).await.is(200);
    let role = json!({"UserDetails": {"UserName": "eve", "Roles": ["SystemAdmin"]}});
    add(role.clone()).await.code(403, "Forbidden");
    hub.post("auditor", "/api/users/add/", role).await.code(403, "Forbidden");
    hub.post("auditor", "/api/users/add/", json!({})).await.code(403, "Forbidden");
    hub.post("stranger", "/api/users/add/", json!({})).await.code(403, "Forbidden");
    hub.ask("/api/users/add/", json!({})).await.code(401, "Unauthorized");
}

#[actix_web::test]
async fn only_what_is_said_is_changed_and_an_empty_text_clears() {
    let hub = Hub::start().await;
    let details = json!({"FirstName": "Ada", "SecondName": "L", "TimeZoneId": "UTC", "Roles": ["UserManager"]});
    hub.add("ada", details).await;
    let update = json!({"UserDetails": {
        "UserName": "ADA", "FirstName": "", "SecondName": null, "TimeZoneId": "", "Id": 9, "Locked": "false",
        "DateFormats": {"name": "x"}, "ChangePasswordByUtc": "2030-01-01T00:00:00Z",
    }});
    hub.post("manager", "/api/users/update/", update).await.is(204);
    let shown = hub.details("ada").await;
    let gone = ["FirstName", "TimeZoneId", "ChangePasswordByUtc"];
    assert!(gone.iter().all(|name| shown.get(name).is_none()), "{shown}");
    assert_eq!(shown["SecondName"], "L");
    assert_eq!(shown["DateFormats"], json!({"Name": "x"}));
    assert_eq!(shown["Roles"], json!(["UserManager"]));
    let update = json!({"UserDetails": {"UserName": "ada", "DateFormats": "", "Roles": []}});
    hub.post("manager", "/api/users/update/", update).await.is(204);
    let shown = hub.details("ada").await;
    assert_eq!((shown.get("DateFormats"), &shown["Roles"]), (None, &json!([])));
    let unknown = json!({"UserDetails": {"UserName": "bob"}});
    hub.post("manager", "/api/users/update/", unknown).await.code(404, "NotFound");
    hub.post("manager", "/api/users/update/", json!({})).await.faults(&["UserDetails"]);
}

#[actix_web::test]
async fn users_change_what_is_their_own_and_nothing_else() {
    let hub = Hub::with_ada().await;
    hub.add("bob", json!({})).await;
    let ada = hub.sign_in("ada").await;
    let update = |details: Value| json!({"UserDetails": details});
    let own = update(json!({"UserName": "ada", "FirstName": "Ada", "Locked": false, "Roles": []}));
    hub.post_with(&ada, "/api/users/update/", own).await.is(204);
    assert_eq!(hub.details("ada").await["FirstName"], "Ada");
    for change in [
        json!({"Locked": true}),
        json!({"Roles": ["UserManager"]}),
        json!({"TwoFactorRequired": true}),
    ] {
        let mut details = change;
        details["UserName"] = json!("ada");
        let refused = hub.post_with(&ada, "/api/users/update/", update(details)).await;
        refused.code(403, "Forbidden");
    }
    let email = json!({"UserName": "ada", "Email": "ada@example.com"});
    let mut body = update(email);
    hub.post_with(&ada, "/api/users/update/", body.clone()).await.faults(&["CurrentPassword"]);
    body["CurrentPassword"] = json!("another password");
    hub.post_with(&ada, "/api/users/update/", body.clone())
        .await
        .code(400, "InvalidCurrentPassword");
    body["CurrentPassword"] = json!(PASSWORD);
    hub.post_with(&ada, "/api/users/update/", body).await.is(204);
    let other = update(json!({"UserName": "bob", "FirstName": "Bob"}));
    hub.post_with(&ada, "/api/users/update/", other).await.code(403, "Forbidden");
    hub.get_with(&ada, "/api/users/ada.json").await.is(200);
    hub.get_with(&ada, "/api/users/ada.xml").await.code(406, "NotAcceptable");
    for path in ["/api/users/bob", "/api/users/bob.json", "/api/users/nobody", "/api/users/"] {
        hub.get_with(&ada, path).await.code(403, "Forbidden");
    }
}

#[actix_web::test]
async fn a_name_that_ends_like_a_format_comes_before_the_format() {
    let hub = Hub::with_ada().await;
    hub.add("ada.json", json!({"FirstName": "The other"})).await;
    assert_eq!(hub.details("ada.json").await["UserName"], "ada.json");
    assert_eq!(hub.details("ada").await["UserName"], "ada");
    hub.get("admin", "/api/users/nobody.json").await.code(404, "NotFound");
    let by_query = hub.get("admin", "/api/GetUser?username=ada.json").await.is(200).json();
    assert_eq!(by_query["FirstName"], "The other");
    hub.get("admin", "/api/GetUser").await.faults(&["UserName"]);
}

#[actix_web::test]
async fn a_user_is_removed_but_for_oneself() {
    let hub = Hub::with_ada().await;
    hub.add("bob", json!({"Roles": ["UserManager"]})).await;
    let bob = hub.sign_in("bob").await;
    let remove = |name: &str| json!({"UserName": name});
    hub.post_with(&bob, "/api/users/delete/", remove("bob")).await.code(409, "Conflict");
    let gone = hub.post_with(&bob, "/api/users/delete/", remove("ADA")).await.is(204);
    assert!(gone.body.is_empty());
    hub.get_with(&bob, "/api/users/delete/?UserName=ada").await.code(404, "NotFound");
    hub.get("admin", "/api/users/delete/?UserName=bob").await.is(204);
    hub.get_with(&bob, "/api/users/bob").await.code(401, "Unauthorized");
}

#[actix_web::test]
async fn a_reset_lifts_locks_and_ends_other_sessions() {
    let hub = Hub::with_ada().await;
    let (here, there) = (hub.sign_in("ada").await, hub.sign_in("ada").await);
    hub.post_with(&here, "/api/users/reset/", json!({"UserName": "ada"})).await.is(204);
    hub.get_with(&here, "/api/users/ada").await.is(200);
    hub.get_with(&there, "/api/users/ada").await.code(401, "Unauthorized");
    let lock = json!({"UserDetails": {"UserName": "ada", "Locked": true}});
    hub.post("manager", "/api/users/update/", lock).await.is(204);
    hub.validate("ada", PASSWORD).await.code(401, "Unauthorized");
    hub.get("manager", "/api/users/reset?username=ada").await.is(204);
    hub.validate("ada", PASSWORD).await.is(204);
}

#[actix_web::test]
async fn all_users_are_listed_by_name_and_exported() {
    let hub = Hub::start().await;
    for name in ["dan", "Cem", "bob", "ada", "=eve"] {
        hub.add(name, json!({})).await;
    }
    let names = ["=eve", "ada", "bob", "Cem", "dan"];
    let users = hub.get("manager", "/api/users/").await.is(200);
    assert_eq!(
        (users.header("content-disposition"), users.header("content-type")),
        (None, Some("application/json"))
    );
    let users = users.json();
    let listed: Vec<_> =
        users.as_array().unwrap().iter().map(|user| user["UserName"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
    assert_eq!(users[1], hub.details("ada").await);
    let file = hub.post("manager", "/api/users", json!({"ExportFormat": "JSON"})).await.is(200);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"users.json\""));
    assert_eq!(file.json(), users);
    let file = hub.get("manager", "/api/users?exportformat=csv").await.is(200);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"users.csv\""));
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let rows: Vec<_> = file.text().lines().map(|row| row.split(',').nth(1).unwrap()).collect();
    assert_eq!(rows, ["UserName", "'=eve", "ada", "bob", "Cem", "dan"]);
    hub.get("manager", "/api/users/?ExportFormat=xml").await.faults(&["ExportFormat"]);
    hub.get("auditor", "/api/users/?ExportFormat=xml").await.code(403, "Forbidden");
}

#[actix_web::test]
async fn roles_and_permissions_are_told_to_who_manages_users_and_to_oneself() {
    let hub = Hub::start().await;
    hub.add("ada", json!({"Roles": ["AuditTrailReader"], "TimeZoneId": "UTC"})).await;
    let ada = hub.sign_in("ada").await;
    let all = hub.get("manager", "/api/userRoles").await.is(200).json();
    assert_eq!(all["Total"], all["Roles"].as_array().unwrap().len());
    assert_eq!(all["Total"], all["Returned"]);
    assert!(all["Roles"].as_array().unwrap().contains(&json!("SystemAdmin")), "{all}");
    let one = hub.post("manager", "/api/userRoles", json!({"RoleName": "usermanager"})).await;
    assert_eq!(one.is(200).json(), json!({"Roles": ["UserManager"], "Total": 1, "Returned": 1}));
    hub.get("manager", "/api/userRoles?RoleName=a+b").await.faults(&["RoleName"]);
    let own = hub.get_with(&ada, "/api/userRoles").await.is(200).json();
    assert_eq!(own["Roles"], json!(["AuditTrailReader"]));
    let permissions = hub.get("manager", "/api/permissions/").await.is(200).json();
    assert_eq!(permissions.as_array().unwrap().len(), 7);
    assert_eq!(hub.get_with(&ada, "/api/permissions").await.is(200).json(), json!(["AuditRead"]));
    let path = "/api/userRolesPermissions?UserName=ada";
    let held = hub.get_with(&ada, path).await.is(200).json();
    assert_eq!(
        held,
        json!({
            "UserName": "ada", "Roles": ["AuditTrailReader"], "Permissions": ["AuditRead"],
            "TimeZoneId": "UTC", "TwoFactorEnabled": false, "TwoFactorRegistration": "NotRequired",
        })
    );
    assert_eq!(hub.get("manager", path).await.is(200).json(), held);
    hub.get_with(&ada, "/api/userRolesPermissions?UserName=bob").await.code(403, "Forbidden");
    hub.get("manager", "/api/userRolesPermissions?UserName=bob").await.code(404, "NotFound");
    assert_eq!(hub.get_with(&ada, "/api/userHasChangedPassword").await.is(200).json(), true);
    hub.get("manager", "/api/userHasChangedPassword").await.code(401, "Unauthorized");
}

#[actix_web::test]
async fn forms_do_what_json_does() {
    let hub = Hub::with_ada().await;
    let form = "UserDetails=%7B%22UserName%22%3A%22ada%22%2C%22FirstName%22%3A%22A%22%7D";
    let request =
        Hub::request(Method::POST, "/json/reply/UpdateUser").insert_header(bearer("manager"));
    let request = request.insert_header(("content-type", "application/x-www-form-urlencoded"));
    hub.app.send(request.set_payload(form)).await.is(204);
    assert_eq!(hub.details("ada").await["FirstName"], "A");
}
