use actix_web::http::Method;
use serde_json::{Value, json};

use crate::bench::{Bench, items, on_both_databases, patches};

on_both_databases![profiles_cost_statements_by_the_chunk, metadata_cost_statements_by_the_chunk,];

/// The operations on one kind of attribute.
struct Operations {
    create: &'static str,
    list: &'static str,
    list_by_owner: &'static str,
    literal: &'static str,
    update: &'static str,
    patch: &'static str,
    create_or_update: &'static str,
    delete: &'static str,
    delete_by_post: &'static str,
}

async fn profiles_cost_statements_by_the_chunk(bench: Bench) {
    let operations = Operations {
        create: "CreateUserProfiles",
        list: "GetUserProfiles",
        list_by_owner: "GetUserProfilesByUserId",
        literal: "userId",
        update: "UpdateUserProfiles",
        patch: "PatchUserProfiles",
        create_or_update: "CreateOrUpdateUserProfiles",
        delete: "DeleteUserProfiles",
        delete_by_post: "DeleteUserProfilesByPost",
    };
    let user = bench.post("User", &json!({ "loginName": "ada" })).await;
    let list = format!("user/{}/UserProfile", user["id"].as_str().unwrap());
    count_all(&bench, &operations, &user["id"], &list).await;
    bench.check();
}

async fn metadata_cost_statements_by_the_chunk(bench: Bench) {
    let operations = Operations {
        create: "CreateGroupMetadatas",
        list: "GetGroupMetadatas",
        list_by_owner: "GetGroupMetadataByGroupId",
        literal: "groupId",
        update: "UpdateGroupMetadatas",
        patch: "PatchGroupMetadatas",
        create_or_update: "CreateOrUpdateGroupMetadatas",
        delete: "DeleteGroupMetadatas",
        delete_by_post: "DeleteGroupMetadatasByPost",
    };
    let group = bench.post("Group", &json!({ "name": "staff" })).await;
    let list = format!("Group/{}/GroupMetadata", group["id"].as_str().unwrap());
    count_all(&bench, &operations, &group["id"], &list).await;
    bench.check();
}

async fn count_all(bench: &Bench, operations: &Operations, owner: &Value, list: &str) {
    // An owner has up to 1 000.
    for count in [3, 300, 900] {
        let batch = format!("{list}/batch");
        let attributes =
            |value: &str| items(count, |n| json!({ "key": format!("key {n}"), "value": value }));
        let keys = items(count, |n| json!({ "item1": owner, "item2": format!("key {n}") }));
        let new = attributes("new");
        bench.counted((operations.create, count), Method::POST, &batch, Some(&new)).await;
        bench.list(operations.list, count, list).await;
        let literal = format!("{list}/{}", operations.literal);
        bench.list(operations.list_by_owner, count, &literal).await;
        let changed = attributes("changed");
        bench.counted((operations.update, count), Method::PUT, &batch, Some(&changed)).await;
        let patched = patches(keys.as_array().unwrap(), "/value", |n| format!("patched {n}"));
        bench.counted((operations.patch, count), Method::PATCH, &batch, Some(&patched)).await;
        let (merge, merged) = (format!("{list}/createorupdate/batch"), attributes("merged"));
        let name = (operations.create_or_update, count);
        bench.counted(name, Method::POST, &merge, Some(&merged)).await;
        bench.counted((operations.delete, count), Method::DELETE, &batch, Some(&keys)).await;
        bench.post(&batch, &new).await;
        let path = format!("{batch}/delete");
        bench.counted((operations.delete_by_post, count), Method::POST, &path, Some(&keys)).await;
    }
}
