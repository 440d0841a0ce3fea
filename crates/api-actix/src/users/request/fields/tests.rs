use super::*;
use proptest::prelude::*;
use serde_json::json;

const BOUNDS: Bounds = Bounds { depth: 8, values: 1000 };

/// The fields of a JSON object.
fn of(value: Value) -> Fields {
    let Value::Object(members) = value else { panic!("an object") };
    let mut fields = Fields::none(BOUNDS);
    fields.merge(members.into_iter().collect());
    fields
}

/// The fields of a query.
fn queried(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::none(BOUNDS);
    fields.merge(pairs.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect());
    fields
}

/// Names and rules that were noted.
fn broken(fields: &mut Fields) -> Vec<(String, String)> {
    let problem = fields.finish().expect_err("a rule is broken");
    problem.errors().iter().map(|it| (it.property.clone(), it.rule.clone())).collect()
}

fn names(fields: &mut Fields) -> Vec<String> {
    broken(fields).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn names_match_ignoring_case_and_unknown_ones_do_not_matter() {
    let mut fields = of(json!({"USERname": "bob", "Other": {"x": 1}}));
    assert!(fields.has("UserName") && !fields.has("Email"));
    assert_eq!(fields.text("UserName").as_deref(), Some("bob"));
    assert_eq!(fields.text("UserName"), None, "a field is taken once");
    assert!(fields.finish().is_ok());
}

#[test]
fn scalars_are_texts_as_they_are_written() {
    let mut fields = of(json!({"a": 5, "b": true, "c": " x ", "d": null, "e": 1.5}));
    let texts = ["a", "b", "c", "d", "e"].map(|name| fields.text(name));
    let expected = [Some("5"), Some("true"), Some(" x "), None, Some("1.5")];
    assert_eq!(texts.each_ref().map(|it| it.as_deref()), expected);
    assert!(fields.finish().is_ok());
}

#[test]
fn the_words_of_forms_are_booleans() {
    for (value, flag) in [
        (json!(true), true),
        (json!(0), false),
        (json!("TRUE"), true),
        (json!(" on "), true),
        (json!("1"), true),
        (json!("yes"), true),
        (json!("False"), false),
        (json!("off"), false),
        (json!("no"), false),
    ] {
        assert_eq!(of(json!({"f": value})).flag("F"), Some(flag), "{value}");
    }
    for nothing in [json!(null), json!(""), json!(" ")] {
        let mut fields = of(json!({"f": nothing}));
        assert_eq!(fields.flag("f"), None);
        assert!(fields.finish().is_ok());
    }
    for wrong in [json!("maybe"), json!(2), json!([]), json!({}), json!("[true]")] {
        let mut fields = of(json!({"f": wrong}));
        assert_eq!(fields.flag("f"), None);
        assert_eq!(names(&mut fields), ["f"]);
    }
}

#[test]
fn a_list_has_five_forms() {
    for value in [
        json!(["a", "b,c", "5"]),
        json!(["a", "b,c", 5]),
        json!("[\"a\",\"b,c\",\"5\"]"),
        json!("[a,\"b,c\",5]"),
        json!("a,\"b,c\",5"),
    ] {
        let texts = of(json!({"Roles": value})).texts("Roles");
        assert_eq!(texts, Some(vec!["a".into(), "b,c".into(), "5".into()]), "{value}");
    }
    for empty in [json!([]), json!(""), json!("[]")] {
        assert_eq!(of(json!({"Roles": empty})).texts("Roles"), Some(Vec::new()), "{empty}");
    }
    assert_eq!(of(json!({"Roles": null})).texts("Roles"), None);
    for wrong in [json!(5), json!({}), json!([["a"]]), json!([null]), json!("[a"), json!("a,,b")] {
        let mut fields = of(json!({"Roles": wrong}));
        assert_eq!(fields.texts("Roles"), None, "{wrong}");
        assert_eq!(names(&mut fields), ["Roles"], "{wrong}");
    }
}

#[test]
fn an_object_stands_in_a_body_or_in_a_text() {
    for details in [
        json!({"UserName": "bob", "Roles": ["a", "b"]}),
        json!("{\"userName\":\"bob\",\"Roles\":[\"a\",\"b\"]}"),
        json!("{UserName:bob,Roles:[a,b]}"),
        json!(" {UserName:bob,Roles:\"a,b\"}"),
    ] {
        let mut fields = of(json!({"UserDetails": details}));
        let mut inside = fields.nested("UserDetails").expect("an object");
        assert_eq!(inside.text("UserName").as_deref(), Some("bob"), "{details}");
        assert_eq!(inside.texts("Roles"), Some(vec!["a".into(), "b".into()]), "{details}");
        assert!(fields.finish().is_ok());
    }
}

#[test]
fn every_wrong_field_is_told_with_its_place() {
    let mut fields = queried(&[("UserDetails", "{Locked:x,Roles:{},UserName:[a]}"), ("Flag", "x")]);
    let mut inside = fields.nested("UserDetails").expect("an object");
    inside.flag("Locked");
    inside.texts("Roles");
    inside.text("UserName");
    inside.refuse("Email", "must be an address");
    fields.flag("Flag");
    let told = names(&mut fields);
    let details =
        ["Locked", "Roles", "UserName", "Email"].map(|name| format!("UserDetails.{name}"));
    assert_eq!(told, [details.as_slice(), &["Flag".to_owned()]].concat());
}

#[test]
fn a_text_that_is_no_object_is_told_with_the_name_of_its_field() {
    for wrong in ["{UserName:bob", "{UserName:bob}}", "{a:1,a:2}", "[a]", "bob", "{", "{a:\"b}"] {
        let mut fields = queried(&[("UserDetails", wrong)]);
        assert!(fields.nested("UserDetails").is_none(), "{wrong}");
        let told = broken(&mut fields);
        assert!(
            matches!(told.as_slice(), [(name, rule)]
            if name == "UserDetails" && rule.starts_with("must")),
            "{told:?}"
        );
    }
    let deep = "[".repeat(50_000);
    let mut fields = queried(&[("UserDetails", deep.as_str())]);
    assert!(fields.nested("UserDetails").is_none());
    assert!(fields.finish().is_err());
}

#[test]
fn any_json_is_taken_as_it_is_or_out_of_a_text() {
    for (value, read) in [
        (json!([{"a": 1}]), json!([{"a": 1}])),
        (json!("[{\"a\":1}]"), json!([{"a": 1}])),
        (json!("[{a:1}]"), json!([{"a": "1"}])),
        (json!("text"), json!("text")),
        (json!(5), json!(5)),
    ] {
        assert_eq!(of(json!({"x": value})).json("X"), Some(read));
    }
}

#[test]
fn a_field_given_twice_is_refused_by_its_name() {
    let mut fields = queried(&[("UserName", "bob"), ("username", "bob")]);
    assert_eq!(names(&mut fields), ["username"]);
    let mut fields = queried(&[("UserDetails", "{UserName:a,userNAME:a}")]);
    assert!(fields.nested("UserDetails").is_some());
    assert_eq!(names(&mut fields), ["UserDetails.userNAME"]);
}

#[test]
fn two_carriers_say_the_same_or_are_refused() {
    let merged = |one: Value, other: Value| {
        let mut fields = of(json!({"X": one}));
        fields.merge(vec![("x".to_owned(), other)]);
        fields.finish().is_ok()
    };
    assert!(merged(json!("bob"), json!("bob")));
    assert!(merged(json!("5"), json!(5)));
    assert!(merged(json!("true"), json!(true)));
    assert!(merged(json!(["a"]), json!(["a"])));
    assert!(!merged(json!("bob"), json!("Bob")));
    assert!(!merged(json!("a"), json!(["a"])));
    assert!(merged(json!("bob"), json!(null)), "null is nothing");
}

#[test]
fn more_fields_than_anything_has_are_refused() {
    let object = |number: usize| {
        let members = (0..number).map(|at| (format!("f{at}"), json!(at)));
        Value::Object(members.collect())
    };
    assert!(of(object(128)).finish().is_ok());
    assert!(of(object(129)).finish().is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-c\\[\\]{}:,\" ]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-cA-C]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_field_is_it_is_read_or_told(value in any_json()) {
        let one = |read: fn(&mut Fields) -> bool| {
            let mut fields = of(json!({"X": value}));
            (read(&mut fields), fields.finish().is_err())
        };
        let absent = value.is_null();
        for (read, told) in [
            one(|fields| fields.text("X").is_some()),
            one(|fields| fields.texts("X").is_some()),
            one(|fields| fields.json("X").is_some()),
        ] {
            prop_assert!(read != told || absent && !read && !told, "{} {} {}", value, read, told);
        }
        let (read, told) = one(|fields| fields.nested("X").is_some());
        prop_assert!(read || told || absent, "{}", value);
        let (read, told) = one(|fields| fields.flag("X").is_some());
        prop_assert!(!(read && told), "{}", value);
    }
}
