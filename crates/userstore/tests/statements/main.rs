//! How many statements every list, every batch and every act on a password costs, on both databases:
//! so many for three records as for three hundred, and beyond that more for each chunk of 500 only.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

mod attributes;
mod bench;
mod costs;
mod groups;
mod passwords;
mod registers;
mod users;

use std::collections::BTreeSet;

use serde_json::Value;

use self::costs::COSTS;

/// The lists, batches and acts on passwords of the published document are those of the table.
#[test]
fn every_list_batch_and_act_on_a_password_is_counted() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let on_password = path.contains("/password/") || path.contains("/lockout/");
            if is_list(method, operation) || path.contains("/batch") || on_password {
                documented.insert(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
    }
    let counted: BTreeSet<_> = COSTS.iter().map(|cost| cost.operation.to_owned()).collect();
    assert_eq!(counted, documented);
}

fn is_list(method: &str, operation: &Value) -> bool {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    method == "get" && schema["type"] == "array"
}
