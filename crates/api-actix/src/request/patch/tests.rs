use super::*;
use serde_json::json;

const ITEM: Shape = &[("ownerId", Kind::Fixed), ("key", Kind::Text), ("value", Kind::Text)];
const SHAPE: Shape = &[
    ("id", Kind::Fixed),
    ("firstName", Kind::Text),
    ("isActive", Kind::Flag),
    ("counter", Kind::Fixed),
    ("items", Kind::List(ITEM)),
];

fn resource() -> Value {
    json!({
        "id": "1", "firstName": "Ada", "isActive": true, "counter": 3,
        "items": [{"ownerId": "1", "key": "a", "value": "x"}],
    })
}

fn read(patch: Value) -> Result<Patch, Problem> {
    Patch::read(patch, SHAPE, 5, 100)
}

fn apply(patch: Value) -> Result<Value, EditError> {
    read(patch).expect("a patch").apply(resource())
}

fn changed(patch: Value, property: &str) -> Value {
    apply(patch).expect("applies")[property].clone()
}

#[test]
fn op_path_and_names_match_ignoring_case() {
    let patch = json!({"Operations": [{"OP": "Replace", "Path": "/FIRSTNAME", "VALUE": "Eve", "operationType": 2}]});
    assert_eq!(changed(patch, "firstName"), "Eve");
    let patch = json!([
        {"op": "add", "path": "/Items/-", "value": {"KEY": "b"}},
        {"op": "replace", "path": "/items/1/key", "value": "c"},
    ]);
    assert_eq!(changed(patch, "items")[1], json!({"key": "c"}));
}

#[test]
fn removing_leaves_what_unset_means() {
    assert_eq!(changed(json!([{"op": "remove", "path": "/isActive"}]), "isActive"), false);
    assert_eq!(changed(json!([{"op": "remove", "path": "/firstName"}]), "firstName"), Value::Null);
    assert_eq!(changed(json!([{"op": "remove", "path": "/items"}]), "items"), json!([]));
    assert_eq!(changed(json!([{"op": "remove", "path": "/items/0"}]), "items"), json!([]));
    let patch = json!([{"op": "remove", "path": "/items/0/value"}]);
    assert_eq!(changed(patch, "items")[0]["value"], Value::Null);
}

#[test]
fn what_was_removed_can_be_tested_and_written_again() {
    let patch = json!([
        {"op": "remove", "path": "/firstName"},
        {"op": "test", "path": "/firstName", "value": null},
        {"op": "add", "path": "/firstName", "value": "Eve"},
    ]);
    assert_eq!(changed(patch, "firstName"), "Eve");
}

#[test]
fn moving_leaves_the_source_unset() {
    let moved = apply(json!([{"op": "move", "from": "/firstName", "path": "/items/0/value"}]));
    let moved = moved.expect("applies");
    assert_eq!(moved["firstName"], Value::Null);
    assert_eq!(moved["items"][0]["value"], "Ada");
    let onto_itself = json!([{"op": "move", "from": "/firstName", "path": "/firstname"}]);
    assert_eq!(changed(onto_itself, "firstName"), "Ada");
}

#[test]
fn read_only_properties_can_be_tested_and_copied_from_but_not_written() {
    let test = json!([{"op": "test", "path": "/counter", "value": 3.0}]);
    assert_eq!(changed(test, "counter"), 3);
    let copy = json!([{"op": "copy", "from": "/id", "path": "/firstName"}]);
    assert_eq!(changed(copy, "firstName"), "1");
    for patch in [
        json!([{"op": "replace", "path": "/id", "value": "2"}]),
        json!([{"op": "remove", "path": "/COUNTER"}]),
        json!([{"op": "move", "from": "/counter", "path": "/firstName"}]),
        json!([{"op": "add", "path": "/items/0/ownerId", "value": "2"}]),
    ] {
        assert!(read(patch.clone()).is_err(), "{patch}");
    }
}

#[test]
fn a_failed_test_is_told_apart_from_an_invalid_patch() {
    for value in [json!("Eve"), json!(null), json!(1)] {
        let failed = apply(json!([{"op": "test", "path": "/firstName", "value": value}]));
        assert!(matches!(failed, Err(EditError::TestFailed(_))));
    }
    let nowhere = apply(json!([{"op": "test", "path": "/items/7", "value": null}]));
    assert!(matches!(nowhere, Err(EditError::TestFailed(_))));
    for patch in [
        json!([{"op": "remove", "path": "/items/7"}]),
        json!([{"op": "remove", "path": "/items/-"}]),
        json!([{"op": "add", "path": "/items/3", "value": {}}]),
        json!([{"op": "copy", "from": "/items/7", "path": "/firstName"}]),
    ] {
        assert!(matches!(apply(patch.clone()), Err(EditError::Invalid(_))), "{patch}");
    }
}

#[test]
fn what_is_no_patch_is_refused() {
    for patch in [
        json!(null),
        json!({}),
        json!({"operations": null}),
        json!({"operations": 1}),
        json!([1]),
        json!([{}]),
        json!([{"op": "frob", "path": "/firstName"}]),
        json!([{"op": "replace", "path": "/firstName"}]),
        json!([{"op": "replace", "path": "firstName", "value": 1}]),
        json!([{"op": "replace", "path": "", "value": {}}]),
        json!([{"op": "replace", "path": "/unknown", "value": 1}]),
        json!([{"op": "replace", "path": "/firstName/x", "value": 1}]),
        json!([{"op": "replace", "path": "/items/x", "value": 1}]),
        json!([{"op": "replace", "path": "/items/01", "value": 1}]),
        json!([{"op": "replace", "path": "/first~Name", "value": 1}]),
        json!([{"op": "replace", "path": 1, "value": 1}]),
        json!([{"op": "move", "path": "/firstName"}]),
        json!([{"op": "move", "from": "/items", "path": "/items/0"}]),
        json!([{"op": "move", "from": "/items/0", "path": "/items/0/value"}]),
        json!([{"op": "remove", "OP": "remove", "path": "/firstName"}]),
        json!([{"op": "replace", "path": "/firstName", "value": 1, "Value": 2}]),
        json!([{"op": "add", "path": "/items/-", "value": {"key": "a", "KEY": "b"}}]),
        Value::Array(vec![json!({"op": "remove", "path": "/firstName"}); 6]),
    ] {
        assert!(read(patch.clone()).is_err(), "{patch}");
    }
}

#[test]
fn copies_cannot_grow_without_bound() {
    let double = json!({"op": "copy", "from": "/items", "path": "/items/0"});
    let outcome = apply(Value::Array(vec![double; 5]));
    assert!(matches!(outcome, Err(EditError::Invalid(_))));
}

#[test]
fn a_patch_tells_which_properties_it_looks_at_and_writes() {
    let patch = read(json!([
        {"op": "test", "path": "/items/0/key", "value": "a"},
        {"op": "copy", "from": "/id", "path": "/firstName"},
    ]));
    let patch = patch.expect("a patch");
    assert!(patch.names("items") && patch.names("id") && patch.names("firstName"));
    assert!(patch.writes("firstName") && !patch.writes("items") && !patch.writes("id"));
    assert!(!patch.names("isActive"));
}

const NESTED: Shape = &[("name", Kind::Text), ("set", Kind::Object(MEMBERS_OF_SET))];
const MEMBERS_OF_SET: Shape = &[("flag", Kind::Value), ("count", Kind::Value)];

fn in_object(patch: Value) -> Result<Value, EditError> {
    let resource = json!({"name": "x", "set": {"flag": true, "count": null}});
    Patch::read(patch, NESTED, 5, 100).expect("a patch").apply(resource)
}

#[test]
fn members_of_an_object_are_always_there() {
    let set = |patch| in_object(patch).expect("applies")["set"].clone();
    let patch = json!([{"op": "add", "path": "/SET/Count", "value": 2.0}]);
    assert_eq!(set(patch), json!({"flag": true, "count": 2}));
    let patch = json!([{"op": "remove", "path": "/set/flag"}]);
    assert_eq!(set(patch), json!({"flag": null, "count": null}));
    let patch = json!([
        {"op": "replace", "path": "/set", "value": {"COUNT": 1}},
        {"op": "add", "path": "/set/flag", "value": false},
    ]);
    assert_eq!(set(patch), json!({"flag": false, "count": 1}));
    let patch = json!([{"op": "remove", "path": "/set"}]);
    assert_eq!(set(patch), json!({"flag": null, "count": null}));
    let patch = json!([{"op": "move", "from": "/set/flag", "path": "/set/count"}]);
    assert_eq!(set(patch), json!({"flag": null, "count": true}));
}

#[test]
fn a_path_into_an_object_names_a_member() {
    for path in ["/set/other", "/set/0", "/set/-", "/set/flag/x", "/set/"] {
        let patch = json!([{"op": "add", "path": path, "value": 1}]);
        assert!(Patch::read(patch, NESTED, 5, 100).is_err(), "{path}");
    }
    let twice = json!([{"op": "add", "path": "/set", "value": {"flag": 1, "FLAG": 2}}]);
    assert!(Patch::read(twice, NESTED, 5, 100).is_err());
}

#[test]
fn additions_to_a_relation_are_told_from_what_looks_into_it() {
    let add = |path: &str| json!({"op": "add", "path": path, "value": {"key": "b"}});
    let tells = |patch: Value| read(patch).expect("a patch").only_adds_to("items");
    assert!(tells(json!([add("/items/-")])));
    assert!(tells(
        json!([add("/Items/-"), add("/items/0"), {"op": "remove", "path": "/firstName"}])
    ));
    for patch in [
        json!([]),
        json!([{"op": "remove", "path": "/firstName"}]),
        json!([add("/items/1")]),
        json!([add("/items/0/value")]),
        json!([{"op": "add", "path": "/items", "value": []}]),
        json!([add("/items/-"), {"op": "test", "path": "/items/0/key", "value": "a"}]),
        json!([add("/items/-"), {"op": "remove", "path": "/items/0"}]),
        json!([{"op": "copy", "from": "/items/0", "path": "/items/-"}]),
        json!([add("/items/-"), {"op": "copy", "from": "/items/0/key", "path": "/firstName"}]),
    ] {
        assert!(!tells(patch.clone()), "{patch}");
    }
}

#[test]
fn what_a_patch_writes_has_a_weight() {
    let weight = |patch: Value| read(patch).expect("a patch").weight();
    assert_eq!(weight(json!([{"op": "remove", "path": "/items/0"}])), 0);
    assert_eq!(weight(json!([{"op": "test", "path": "/firstName", "value": "x".repeat(90)}])), 0);
    let long = "x".repeat(50);
    let replace = json!({"op": "replace", "path": "/firstName", "value": long});
    let add = json!({"op": "add", "path": "/items/-", "value": {"key": long}});
    assert!(weight(json!([replace])) >= 50);
    assert!(weight(json!([replace, add])) >= 100);
}

#[test]
fn copies_can_be_bounded_further() {
    let copy = json!([{"op": "copy", "from": "/items/0", "path": "/items/-"}]);
    let patch = || read(copy.clone()).expect("a patch");
    assert!(patch().copying_at_most(100).apply(resource()).is_ok());
    assert!(patch().copying_at_most(10).apply(resource()).is_err());
}
