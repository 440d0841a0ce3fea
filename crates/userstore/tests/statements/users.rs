use actix_web::http::Method;
use serde_json::json;

use crate::bench::{Bench, ids, items, on_both_databases, patches};

on_both_databases![users_cost_statements_by_the_chunk];

async fn users_cost_statements_by_the_chunk(bench: Bench) {
    for count in [3, 300, 1_200] {
        let group = bench.post("Group", &json!({ "name": format!("of {count}") })).await;
        let other = bench.post("Group", &json!({ "name": format!("other of {count}") })).await;
        let new = items(count, |n| {
            json!({
                "loginName": format!("user {n}"),
                "memberOfGroups": [group["id"]],
                "userProfiles": [{ "key": "color", "value": "red" }],
            })
        });
        let made = bench.counted(("CreateUsers", count), Method::POST, "User/batch", Some(&new));
        let made = ids(&made.await);
        bench.list("GetUsers", count, "User").await;

        let changed = items(count, |n| {
            json!({
                "id": made[n],
                "loginName": format!("user {n}"),
                "firstName": "Ada",
                "memberOfGroups": [other["id"]],
                "userProfiles": [{ "key": "shape", "value": "round" }],
            })
        });
        bench.counted(("UpdateUsers", count), Method::PUT, "User/batch", Some(&changed)).await;
        let patched = patches(&made, "/userProfiles/0/value", |n| format!("value {n}"));
        bench.counted(("PatchUsers", count), Method::PATCH, "User/batch", Some(&patched)).await;
        let merged = items(count, |n| {
            json!({ "loginName": format!("USER {n}"), "lastName": "L", "memberOfGroups": [] })
        });
        let path = "User/createorupdate/batch";
        bench.counted(("CreateOrUpdateUsers", count), Method::POST, path, Some(&merged)).await;

        let gone = json!(made);
        bench.counted(("DeleteUsers", count), Method::DELETE, "User/batch", Some(&gone)).await;
        let again = json!(ids(&bench.post("User/batch", &new).await));
        let path = "User/batch/delete";
        bench.counted(("DeleteUsersByPost", count), Method::POST, path, Some(&again)).await;
    }
    bench.check();
}
