use actix_web::http::Method;
use serde_json::{Value, json};

use crate::bench::{Bench, MANY, ids, items, on_both_databases, patches};

on_both_databases![
    groups_are_made_and_listed_by_the_chunk,
    groups_are_changed_and_removed_by_the_chunk,
];

/// So many groups that a user is in and that have metadata.
fn new_groups(count: usize, user: &Value) -> Value {
    items(count, |n| {
        json!({
            "name": format!("group {n}"),
            "memberUsers": [user["id"]],
            "metadata": [{ "key": "color", "value": "red" }],
        })
    })
}

async fn groups_are_made_and_listed_by_the_chunk(bench: Bench) {
    for count in [3, 300, MANY] {
        let user = bench.post("User", &json!({ "loginName": format!("of {count}") })).await;
        let outer = bench.post("Group", &json!({ "name": format!("outer of {count}") })).await;
        let nested = async |groups: &[Value]| {
            let outer = json!({ "id": outer["id"], "memberGroups": groups });
            bench.post("Group/createorupdate", &outer).await;
        };
        let new = new_groups(count, &user);
        let made = bench.counted(("CreateGroups", count), Method::POST, "Group/batch", Some(&new));
        let made = ids(&made.await);
        nested(&made).await;
        bench.list("GetGroups", count, "Group?filter=name%20sw%20%22group%22").await;
        let below = format!("Group/parentGroup/{}/membership", text(&outer["id"]));
        bench.list("GetAllGroupMembershipFromGroup", count, &below).await;
        let of_user = format!("Group/user/{}/membership", text(&user["id"]));
        let of_user = format!("{of_user}?filter=name%20sw%20%22group%22");
        bench.list("GetAllGroupMembershipFromUser", count, &of_user).await;
        nested(&[]).await;
        let (path, gone) = ("Group/batch/delete", json!(made));
        bench.counted(("DeleteGroupsByPost", count), Method::POST, path, Some(&gone)).await;
    }
    bench.check();
}

async fn groups_are_changed_and_removed_by_the_chunk(bench: Bench) {
    for count in [3, 300, MANY] {
        let user = bench.post("User", &json!({ "loginName": format!("of {count}") })).await;
        let made = ids(&bench.post("Group/batch", &new_groups(count, &user)).await);
        let changed = items(
            count,
            |n| json!({ "id": made[n], "name": format!("group {n} "), "memberUsers": [] }),
        );
        bench.counted(("UpdateGroups", count), Method::PUT, "Group/batch", Some(&changed)).await;
        let patched = patches(&made, "/metadata/0/value", |n| format!("value {n}"));
        bench.counted(("PatchGroups", count), Method::PATCH, "Group/batch", Some(&patched)).await;
        let merged =
            items(count, |n| json!({ "name": format!("GROUP {n} "), "memberUsers": [user["id"]] }));
        let path = "Group/createorupdate/batch";
        bench.counted(("CreateOrUpdateGroups", count), Method::POST, path, Some(&merged)).await;
        let gone = json!(made);
        bench.counted(("DeleteGroups", count), Method::DELETE, "Group/batch", Some(&gone)).await;
    }
    bench.check();
}

fn text(id: &Value) -> &str {
    id.as_str().unwrap()
}
