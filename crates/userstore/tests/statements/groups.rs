use actix_web::http::Method;
use serde_json::json;

use crate::bench::{Bench, ids, items, on_both_databases, patches};

on_both_databases![groups_cost_statements_by_the_chunk];

async fn groups_cost_statements_by_the_chunk(bench: Bench) {
    for count in [3, 300, 1_200] {
        let user = bench.post("User", &json!({ "loginName": format!("of {count}") })).await;
        let outer = bench.post("Group", &json!({ "name": format!("outer of {count}") })).await;
        let other = bench.post("Group", &json!({ "name": format!("other of {count}") })).await;
        let new = items(count, |n| {
            json!({
                "name": format!("group {n}"),
                "memberUsers": [user["id"]],
                "parentGroups": [outer["id"]],
                "metadata": [{ "key": "color", "value": "red" }],
            })
        });
        let made = bench.counted(("CreateGroups", count), Method::POST, "Group/batch", Some(&new));
        let made = ids(&made.await);
        bench.list("GetGroups", count, "Group?filter=name%20sw%20%22group%22").await;
        let below = format!("Group/parentGroup/{}/membership", text(&outer["id"]));
        bench.list("GetAllGroupMembershipFromGroup", count, &below).await;
        let of_user = format!("Group/user/{}/membership?filter=name%20sw%20%22group%22", text(&user["id"]));
        bench.list("GetAllGroupMembershipFromUser", count, &of_user).await;

        let changed = items(count, |n| {
            json!({
                "id": made[n],
                "name": format!("group {n} "),
                "memberUsers": [],
                "parentGroups": [other["id"]],
                "metadata": [{ "key": "shape", "value": "round" }],
            })
        });
        bench.counted(("UpdateGroups", count), Method::PUT, "Group/batch", Some(&changed)).await;
        let patched = patches(&made, "/metadata/0/value", |n| format!("value {n}"));
        bench.counted(("PatchGroups", count), Method::PATCH, "Group/batch", Some(&patched)).await;
        let merged = items(count, |n| {
            json!({ "name": format!("GROUP {n} "), "memberUsers": [user["id"]] })
        });
        let path = "Group/createorupdate/batch";
        bench.counted(("CreateOrUpdateGroups", count), Method::POST, path, Some(&merged)).await;

        let gone = json!(made);
        bench.counted(("DeleteGroups", count), Method::DELETE, "Group/batch", Some(&gone)).await;
        let again = json!(ids(&bench.post("Group/batch", &new).await));
        let path = "Group/batch/delete";
        bench.counted(("DeleteGroupsByPost", count), Method::POST, path, Some(&again)).await;
    }
    bench.check();
}

fn text(id: &serde_json::Value) -> &str {
    id.as_str().unwrap()
}
