use proptest::prelude::*;

use super::*;

fn string(json: &str) -> Option<String> {
    let mut cursor = Cursor::new(json);
    let text = cursor.string()?;
    cursor.end()?;
    Some(text.decode().into_owned())
}

#[test]
fn each_character_has_one_form() {
    for other in [
        r#""\/""#,
        r#""\u0041""#,
        r#""\u0008""#,
        r#""\u0009""#,
        r#""\u000a""#,
        r#""\u000c""#,
        r#""\u000d""#,
        r#""\u000B""#,
        r#""\u0022""#,
        r#""\u0020""#,
        r#""\u007f""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\u00""#,
        r#""\"#,
        r#""\""#,
        "\"\u{1}\"",
        "\"\n\"",
        "\"",
        "",
        "a",
    ] {
        assert_eq!(string(other), None, "{other}");
    }
    assert_eq!(string("\"\u{7f}\u{2028}/\u{1f600}\""), Some("\u{7f}\u{2028}/\u{1f600}".into()));
}

#[test]
fn an_integer_has_one_form_and_an_end() {
    let integer = |text| {
        let mut cursor = Cursor::new(text);
        let number = cursor.integer()?;
        cursor.end()?;
        Some(number)
    };
    assert_eq!(integer("0"), Some(0));
    assert_eq!(integer("9007199254740991"), Some(MOST));
    for other in ["", "00", "01", "-1", "-0", "+1", "1.0", "1e3", "9007199254740992", "1 ", "x"] {
        assert_eq!(integer(other), None, "{other}");
    }
    assert_eq!(integer("99999999999999999999999999"), None);
}

#[test]
fn what_was_read_is_at_hand() {
    let mut cursor = Cursor::new("abc1\"x\"null");
    assert_eq!(cursor.take("abd"), None);
    assert!(cursor.takes("abc"));
    let place = cursor.place();
    assert_eq!(cursor.integer(), Some(1));
    assert_eq!(cursor.nullable().unwrap().map(Text::raw), Some("x"));
    assert_eq!(cursor.since(place), Some("1\"x\""));
    assert_eq!(cursor.nullable(), Some(None));
    assert_eq!(cursor.end(), Some(()));
}

proptest! {
    #[test]
    fn whatever_is_written_in_canonical_form_is_read(text in any::<String>()) {
        let written = serde_json_canonicalizer::to_string(&text).unwrap();
        prop_assert_eq!(string(&written), Some(text));
    }

    #[test]
    fn what_is_read_is_in_canonical_form(json in r#""([ -~]|\\[nu"\\tbfr/0]|\\u00[01][0-9a-fA-F]){0,8}""#) {
        if let Some(text) = string(&json) {
            prop_assert_eq!(serde_json_canonicalizer::to_string(&text).unwrap(), json);
        }
    }
}
