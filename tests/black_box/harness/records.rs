//! What tests read out of records and refusals.

use serde_json::{Value, json};

use super::Answer;

/// The id of a record.
#[track_caller]
pub(crate) fn id_of(record: &Value) -> &str {
    record["id"].as_str().unwrap_or_else(|| panic!("an id: {record}"))
}

/// The texts of one property of the records of a list; null where it is unset.
#[track_caller]
pub(crate) fn texts(list: &Value, property: &str) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("a list: {list}"));
    let text = |record: &Value| record[property].as_str().unwrap_or("null").to_owned();
    list.iter().map(text).collect()
}

/// The ids of the records of a list, in order of the ids.
#[track_caller]
pub(crate) fn ids_of(list: &Value) -> Vec<String> {
    let mut ids = texts(list, "id");
    ids.sort();
    ids
}

/// A record as relations name it.
pub(crate) fn reference(record: &Value) -> Value {
    json!({ "id": record["id"] })
}

/// The refusal of a batch says which item is at fault, by its position from 0.
#[track_caller]
pub(crate) fn assert_item(answer: Answer, status: u16, index: usize) -> Value {
    let problem = answer.problem(status);
    assert_eq!(problem["index"], index, "names item {index}: {problem}");
    problem
}
