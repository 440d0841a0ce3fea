//! Batches of every kind of record: all or nothing, in part, or just to see.

mod kind;

use serde_json::{Value, json};

use self::kind::{Kind, Operation, kinds};
use crate::harness::{Server, Snapshot, assert_item, on_both_databases};

on_both_databases![
    a_sound_batch_is_done_as_a_whole,
    a_bad_item_at_either_end_is_named_and_nothing_changes,
    of_two_bad_items_the_first_is_named,
    a_partial_batch_leaves_out_what_is_refused,
    a_dry_run_answers_the_same_and_changes_nothing,
    a_record_twice_in_a_batch_is_refused,
    a_new_name_twice_in_a_batch_is_refused,
    a_deletion_needs_a_body_that_names_something,
    a_batch_takes_no_unknown_parameter_and_no_tag,
    a_batch_of_more_than_10_000_items_is_refused,
    an_empty_batch_changes_nothing,
    a_patch_reaches_every_record_that_it_names,
    a_lone_patch_is_a_batch_of_one,
    names_change_places_within_a_batch,
    what_a_batch_makes_can_be_named_behind_it,
];

/// Every kind with every operation, and three records.
async fn for_each(server: &Server, test: impl AsyncFn(&Kind, Operation, &[Value])) {
    for kind in kinds(server).await {
        for operation in Operation::ALL {
            let prefix = format!("{operation:?}");
            let names = ["a", "b", "c"].map(|name| format!("{prefix}-{name}"));
            let records = kind.made(&names.each_ref().map(String::as_str)).await;
            test(&kind, operation, &records).await;
        }
    }
}

/// One sound item for each record.
fn sound(kind: &Kind, operation: Operation, records: &[Value]) -> Vec<Value> {
    let item = |(n, record)| kind.item(operation, record, &format!("{operation:?} {n}"));
    records.iter().enumerate().map(item).collect()
}

async fn a_sound_batch_is_done_as_a_whole(server: Server) {
    for_each(&server, async |kind, operation, records| {
        let what = format!("{operation:?} of {}", kind.told());
        let before = kind.names().await.len();
        let items = json!(sound(kind, operation, records));
        let answer = kind.send(operation, "", &items).await;
        assert_eq!(answer.status, operation.status(), "{what}: {}", answer.text());
        let after = kind.names().await.len();
        if operation.deletes() {
            assert_eq!((answer.text().as_str(), after), ("", before - 3), "{what}");
            return;
        }
        let made = if operation == Operation::Create { 3 } else { 0 };
        assert_eq!(after, before + made, "{what}");
        let shown = answer.json(operation.status());
        for (n, record) in shown.as_array().expect("a list").iter().enumerate() {
            assert_eq!(record[kind.value_after(operation)], format!("{operation:?} {n}"), "{what}");
            let path = match record["id"].as_str() {
                Some(id) => format!("{}/{id}", kind.list),
                None => format!("{}/{}", kind.list, record["key"].as_str().expect("a key")),
            };
            assert_eq!(kind.api.read(&path).await.json(200), *record, "{what}");
        }
    })
    .await;
}

async fn a_bad_item_at_either_end_is_named_and_nothing_changes(server: Server) {
    for_each(&server, async |kind, operation, records| {
        let before = Snapshot::of(&kind.api).await;
        let good = sound(kind, operation, &records[..2]);
        for (bad, status) in kind.bad_items(operation, &records[2]) {
            for (index, items) in [
                (0, [vec![bad.clone()], good.clone()].concat()),
                (2, [good.clone(), vec![bad.clone()]].concat()),
            ] {
                let answer = kind.send(operation, "", &json!(items)).await;
                let what = format!("{operation:?} of {}: {items:?}", kind.told());
                assert_eq!(answer.status, status, "{what}: {}", answer.text());
                assert_item(answer, status, index);
                before.assert_kept(&kind.api, &what).await;
            }
        }
    })
    .await;
}

async fn of_two_bad_items_the_first_is_named(server: Server) {
    for_each(&server, async |kind, operation, records| {
        let bad = kind.bad_items(operation, &records[2]);
        let good = sound(kind, operation, &records[..1]).remove(0);
        // Whatever is wrong with each: what only the store knows, or what the request tells.
        for ((first, status), (second, _)) in bad.iter().zip(bad.iter().rev()) {
            let items = json!([good, first, second]);
            let answer = kind.send(operation, "", &items).await;
            assert_eq!(answer.status, *status, "{operation:?} {items}: {}", answer.text());
            assert_item(answer, *status, 1);
        }
    })
    .await;
}

async fn a_partial_batch_leaves_out_what_is_refused(server: Server) {
    for_each(&server, async |kind, operation, records| {
        let what = format!("{operation:?} of {}", kind.told());
        let (good, bad) =
            (sound(kind, operation, &records[..2]), kind.bad_items(operation, &records[2]));
        let mut items = vec![bad[0].0.clone()];
        items.extend(good);
        items.extend(bad.iter().skip(1).map(|(item, _)| item.clone()));
        let before = kind.names().await.len();
        let results = kind.send(operation, "?mode=partial", &json!(items)).await.json(200);
        let results = results.as_array().expect("a list");
        assert_eq!(results.len(), items.len(), "{what}: {results:?}");
        let sound_status = operation.item_status();
        let expected = std::iter::once(bad[0].1)
            .chain([sound_status, sound_status])
            .chain(bad.iter().skip(1).map(|(_, status)| *status));
        for ((index, result), status) in results.iter().enumerate().zip(expected) {
            assert_eq!(
                (&result["index"], &result["status"]),
                (&json!(index), &json!(status)),
                "{what}: {result}"
            );
            let refused = status >= 400;
            assert_eq!(
                result.get("problem").is_some_and(Value::is_object),
                refused,
                "{what}: {result}"
            );
            if refused {
                assert_eq!(result["problem"]["status"], status, "{what}");
            } else if !operation.deletes() {
                let shown = &result["resource"][kind.value_after(operation)];
                assert_eq!(*shown, format!("{operation:?} {}", index - 1), "{what}: {result}");
                let id = kind.id(&result["resource"]);
                assert_eq!(result["id"], id, "{what}: {result}");
            }
        }
        let change: isize = match operation {
            Operation::Create => 2,
            _ if operation.deletes() => -2,
            _ => 0,
        };
        let after = before.checked_add_signed(change).expect("some are left");
        assert_eq!(kind.names().await.len(), after, "{what}");
    })
    .await;
}

async fn a_dry_run_answers_the_same_and_changes_nothing(server: Server) {
    for_each(&server, async |kind, operation, records| {
        let what = format!("{operation:?} of {}", kind.told());
        let before = Snapshot::of(&kind.api).await;
        let items = json!(sound(kind, operation, records));
        let dry = kind.send(operation, "?dryRun=true", &items).await;
        before.assert_kept(&kind.api, &what).await;
        for (bad, status) in kind.bad_items(operation, &records[2]) {
            let items = json!([bad]);
            for query in ["?dryRun=true", "?DRYRUN=true&mode=atomic"] {
                assert_item(kind.send(operation, query, &items).await, status, 0);
            }
            let told = kind.send(operation, "?dryRun=true&mode=partial", &items).await.json(200);
            assert_eq!(told[0]["status"], status, "{what}: {told}");
        }
        let partly = kind.send(operation, "?mode=partial&dryRun=true", &items).await.json(200);
        assert_eq!(partly.as_array().map(Vec::len), Some(3), "{what}: {partly}");
        before.assert_kept(&kind.api, &what).await;
        // Not a dry run; new ids differ.
        let done = kind.send(operation, "?dryRun=false", &items).await.expect(operation.status());
        assert_eq!(dry.status, done.status, "{what}");
        if operation != Operation::Create {
            assert_eq!(dry.text(), done.text(), "{what}");
        }
    })
    .await;
}

async fn a_record_twice_in_a_batch_is_refused(server: Server) {
    for_each(&server, async |kind, operation, records| {
        if operation == Operation::Create {
            return;
        }
        let what = format!("{operation:?} of {}", kind.told());
        let before = Snapshot::of(&kind.api).await;
        let first = sound(kind, operation, records);
        let items = json!([first[0], first[1], first[0]]);
        let answer = kind.send(operation, "", &items).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        assert_item(answer, 400, 2);
        before.assert_kept(&kind.api, &what).await;
        let partly = kind.send(operation, "?mode=partial", &items).await.json(200);
        let statuses: Vec<_> = partly
            .as_array()
            .expect("a list")
            .iter()
            .map(|result| result["status"].as_u64())
            .collect();
        let done = Some(u64::from(operation.item_status()));
        assert_eq!(statuses, [done, done, Some(400)], "{what}");
    })
    .await;
}

async fn a_new_name_twice_in_a_batch_is_refused(server: Server) {
    for kind in kinds(&server).await {
        let before = Snapshot::of(&kind.api).await;
        for operation in [Operation::Create, Operation::Upsert] {
            let items = json!([kind.named("twice"), kind.named("other"), kind.named("TWICE")]);
            let answer = kind.send(operation, "", &items).await;
            let what = format!("{operation:?} of {}: {}", kind.told(), answer.text());
            assert!([400, 409].contains(&answer.status), "{what}");
            let status = answer.status;
            assert_item(answer, status, 2);
            before.assert_kept(&kind.api, &what).await;
        }
    }
}

async fn a_deletion_needs_a_body_that_names_something(server: Server) {
    for kind in kinds(&server).await {
        kind.made(&["kept"]).await;
        let before = Snapshot::of(&kind.api).await;
        for operation in [Operation::Delete, Operation::PostedDelete] {
            let what = format!("{operation:?} of {}", kind.told());
            kind.send_as(&kind.api, operation, "", None).await.problem(400);
            for body in [json!([]), json!(null), json!({}), json!("x"), json!([null]), json!([[]])]
            {
                let answer = kind.send(operation, "", &body).await;
                assert_eq!(answer.status, 400, "{what} with {body}: {}", answer.text());
            }
            before.assert_kept(&kind.api, &what).await;
        }
        if kind.has_owner() {
            let elsewhere = json!([{ "item1": "01890a5d-ac96-774b-bcce-b302099a8057",
                "item2": "kept" }]);
            let refused = kind.send(Operation::Delete, "", &elsewhere).await;
            assert!([400, 404].contains(&refused.status), "{}", refused.text());
            before.assert_kept(&kind.api, "attributes of another owner").await;
        }
    }
}

async fn a_batch_takes_no_unknown_parameter_and_no_tag(server: Server) {
    for_each(&server, async |kind, operation, records| {
        let what = format!("{operation:?} of {}", kind.told());
        let before = Snapshot::of(&kind.api).await;
        let items = json!(sound(kind, operation, records));
        for query in [
            "?dry=true",
            "?dryRun=perhaps",
            "?dryRun",
            "?mode=some",
            "?mode=",
            "?limit=1",
            "?include=",
            "?dryRun=true&dryrun=true",
        ] {
            let answer = kind.send(operation, query, &items).await;
            assert_eq!(answer.status, 400, "{what} with {query}: {}", answer.text());
        }
        for tag in ["*", "\"1\""] {
            let tagged = kind.api.with("if-match", tag);
            let answer = kind.send_as(&tagged, operation, "", Some(&items)).await;
            assert_eq!(answer.status, 400, "{what} with {tag}: {}", answer.text());
        }
        before.assert_kept(&kind.api, &what).await;
    })
    .await;
}

async fn a_batch_of_more_than_10_000_items_is_refused(server: Server) {
    for kind in kinds(&server).await {
        let records = kind.made(&["one"]).await;
        let before = Snapshot::of(&kind.api).await;
        for operation in Operation::ALL {
            let item = kind.item(operation, &records[0], "x");
            let items = json!(vec![item; 10_001]);
            let answer = kind.send(operation, "", &items).await;
            assert_eq!(answer.status, 413, "{operation:?} of {}", kind.told());
        }
        let ids = vec![kind.id(&records[0]); 10_001];
        let patch = json!([{ "ids": ids, "patch": [] }]);
        kind.send(Operation::Patch, "", &patch).await.problem(413);
        before.assert_kept(&kind.api, "too many").await;
    }
}

async fn an_empty_batch_changes_nothing(server: Server) {
    for kind in kinds(&server).await {
        let before = Snapshot::of(&kind.api).await;
        for operation in Operation::ALL.into_iter().filter(|operation| !operation.deletes()) {
            for query in ["", "?mode=partial", "?dryRun=true"] {
                let status = if query == "?mode=partial" { 200 } else { operation.status() };
                let answer = kind.send(operation, query, &json!([])).await.json(status);
                assert_eq!(answer, json!([]), "{operation:?} of {}", kind.told());
            }
        }
        before.assert_kept(&kind.api, "empty batches").await;
    }
}

async fn a_patch_reaches_every_record_that_it_names(server: Server) {
    for kind in kinds(&server).await.into_iter().filter(|kind| kind.name != kind.value) {
        let records = kind.made(&["a", "b", "c"]).await;
        let ids: Vec<_> = records.iter().map(|record| kind.id(record)).collect();
        let path = format!("/{}", kind.value);
        let set = |value: &str| json!([{ "op": "add", "path": path, "value": value }]);
        let patch = json!([
            { "ids": [ids[2], ids[0]], "patch": set("x") },
            { "IDS": [ids[1]], "Patch": { "operations": set("y") } },
        ]);
        let patched = kind.send(Operation::Patch, "", &patch).await.json(202);
        let told: Vec<_> = patched
            .as_array()
            .expect("a list")
            .iter()
            .map(|record| (record[kind.name].clone(), record[kind.value].clone()))
            .collect();
        let expected = [("c", "x"), ("a", "x"), ("b", "y")];
        assert_eq!(told, expected.map(|(name, value)| (json!(name), json!(value))));
    }
}

async fn a_lone_patch_is_a_batch_of_one(server: Server) {
    for kind in kinds(&server).await {
        let records = kind.made(&["one"]).await;
        let lone = kind.item(Operation::Patch, &records[0], "two");
        let patched = kind.send(Operation::Patch, "", &lone).await.json(202);
        assert_eq!(patched[0][kind.value], "two", "{patched}");
        let other = kind.bad_items(Operation::Patch, &patched[0]).remove(0);
        assert_item(kind.send(Operation::Patch, "", &other.0).await, other.1, 0);
    }
}

async fn names_change_places_within_a_batch(server: Server) {
    for kind in kinds(&server).await.into_iter().filter(|kind| !kind.has_owner()) {
        let records = kind.made(&["a", "b"]).await;
        let swapped = json!([
            { "id": records[0]["id"], kind.name: "b" },
            { "id": records[1]["id"], kind.name: "a" },
        ]);
        let answer = kind.send(Operation::Update, "", &swapped).await;
        assert!([200, 409].contains(&answer.status), "{}", answer.text());
        assert_eq!(kind.names().await, ["a", "b"]);
    }
}

async fn what_a_batch_makes_can_be_named_behind_it(server: Server) {
    let api = server.admin();
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let groups = json!([{ "id": id, "name": "outer" }, { "name": "inner", "parentGroups": [id] }]);
    let made = api.post("Group/batch", &groups).await.json(200);
    assert_eq!(made[1]["parentGroups"][0]["name"], "outer");
    let outer = api.read(&format!("Group/{id}")).await.json(200);
    assert_eq!(outer["memberGroups"][0]["name"], "inner");
}
