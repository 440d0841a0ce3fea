use actix_web::http::Method;
use serde_json::{Value, json};

use crate::bench::{Bench, MANY, ids, items, on_both_databases, patches};

on_both_databases![
    users_are_made_and_patched_by_the_chunk,
    users_are_changed_and_removed_by_the_chunk,
    accounts_are_listed_by_the_page,
];

/// So many users who are in a group and have a profile.
fn new_users(count: usize, group: &Value) -> Value {
    items(count, |n| {
        json!({
            "loginName": format!("user {n}"),
            "memberOfGroups": [group["id"]],
            "userProfiles": [{ "key": "color", "value": "red" }],
        })
    })
}

async fn users_are_made_and_patched_by_the_chunk(bench: Bench) {
    for count in [3, 300, MANY] {
        let group = bench.post("Group", &json!({ "name": format!("of {count}") })).await;
        let new = new_users(count, &group);
        let made = bench.counted(("CreateUsers", count), Method::POST, "User/batch", Some(&new));
        let made = ids(&made.await);
        bench.list("GetUsers", count, "User").await;
        let patched = patches(&made, "/userProfiles/0/value", |n| format!("value {n}"));
        bench.counted(("PatchUsers", count), Method::PATCH, "User/batch", Some(&patched)).await;
        let (path, gone) = ("User/batch/delete", json!(made));
        bench.counted(("DeleteUsersByPost", count), Method::POST, path, Some(&gone)).await;
    }
    bench.check();
}

async fn users_are_changed_and_removed_by_the_chunk(bench: Bench) {
    for count in [3, 300, MANY] {
        let group = bench.post("Group", &json!({ "name": format!("of {count}") })).await;
        let other = bench.post("Group", &json!({ "name": format!("other of {count}") })).await;
        let made = ids(&bench.post("User/batch", &new_users(count, &group)).await);
        let changed = items(count, |n| {
            json!({
                "id": made[n],
                "loginName": format!("user {n}"),
                "firstName": "Ada",
                "memberOfGroups": [other["id"]],
            })
        });
        bench.counted(("UpdateUsers", count), Method::PUT, "User/batch", Some(&changed)).await;
        let merged = items(
            count,
            |n| json!({ "loginName": format!("USER {n}"), "lastName": "L", "memberOfGroups": [] }),
        );
        let path = "User/createorupdate/batch";
        bench.counted(("CreateOrUpdateUsers", count), Method::POST, path, Some(&merged)).await;
        let gone = json!(made);
        bench.counted(("DeleteUsers", count), Method::DELETE, "User/batch", Some(&gone)).await;
    }
    bench.check();
}

async fn accounts_are_listed_by_the_page(bench: Bench) {
    for count in [3, MANY] {
        let group = bench.post("Group", &json!({ "name": format!("of {count}") })).await;
        let made = ids(&bench.post("User/batch", &new_users(count, &group)).await);
        let asked = ("GetUserList_Get", count);
        let list = bench.counted_at(asked, Method::GET, "/api/users", None).await;
        assert_eq!(list.as_array().unwrap().len(), count);
        bench.post("User/batch/delete", &json!(made)).await;
    }
    bench.counted_at(("GetPermissions_Get", 1), Method::GET, "/api/permissions", None).await;
    bench.check();
}
