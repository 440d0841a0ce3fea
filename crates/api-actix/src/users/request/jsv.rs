//! JSV, the notation of ServiceStack for values inside a text: JSON without quotation marks, where
//! none are needed. `{UserName:bob,Roles:[Auditor,"a,b"]}`; a quotation mark inside of a quoted text is
//! written twice. Every value but a list and an object is a text; what is empty is null.

use serde_json::{Map, Value};

use crate::request::json::Bounds;

/// Why a text is no JSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// It ends inside of a list, an object or a quoted text.
    Unterminated,
    /// A character stands where it cannot.
    Misplaced,
    /// A key is given twice.
    Repeated,
    /// It is deeper, or holds more values, than is taken.
    TooMuch,
}

impl Malformed {
    /// The rule that is broken.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Unterminated => "must be JSON or JSV, and ends too early",
            Self::Misplaced => "must be JSON or JSV, and a character is out of place",
            Self::Repeated => "must not have a key twice",
            Self::TooMuch => "must not be nested so deep or hold so many values",
        }
    }
}

/// Reads one value: the whole text is it.
///
/// # Errors
/// [`Malformed`].
pub(super) fn value(text: &str, bounds: Bounds) -> Result<Value, Malformed> {
    let mut reader = Reader { rest: text.trim(), values: bounds.values };
    let value = reader.value(bounds.depth)?;
    reader.end().map(|()| value)
}

/// Reads the items of a list without its brackets. An empty text has none.
///
/// # Errors
/// [`Malformed`].
pub(super) fn list(text: &str, bounds: Bounds) -> Result<Vec<Value>, Malformed> {
    let mut reader = Reader { rest: text.trim(), values: bounds.values };
    let mut items = Vec::new();
    if reader.rest.is_empty() {
        return Ok(items);
    }
    loop {
        items.push(reader.item(bounds.depth)?);
        if !reader.skip(',') {
            return reader.end().map(|()| items);
        }
    }
}

/// What is left of the text, and how many values it may still hold.
struct Reader<'t> {
    rest: &'t str,
    values: usize,
}

impl<'t> Reader<'t> {
    /// A value, in which arrays and objects stand at most `depth` deep in one another.
    fn value(&mut self, depth: usize) -> Result<Value, Malformed> {
        self.values = self.values.checked_sub(1).ok_or(Malformed::TooMuch)?;
        if self.skip('{') {
            return self.object(inside(depth)?);
        }
        if self.skip('[') {
            return self.array(inside(depth)?);
        }
        let text = self.text(&[])?;
        Ok(text.map_or(Value::Null, Value::String))
    }

    /// A value that is not empty.
    fn item(&mut self, depth: usize) -> Result<Value, Malformed> {
        match self.value(depth)? {
            Value::Null if self.rest.is_empty() => Err(Malformed::Unterminated),
            Value::Null => Err(Malformed::Misplaced),
            item => Ok(item),
        }
    }

    /// What follows `[`.
    fn array(&mut self, depth: usize) -> Result<Value, Malformed> {
        let mut items = Vec::new();
        if self.skip(']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.item(depth)?);
            if self.closes(']')? {
                return Ok(Value::Array(items));
            }
        }
    }

    /// What follows `{`.
    fn object(&mut self, depth: usize) -> Result<Value, Malformed> {
        let mut members = Map::new();
        if self.skip('}') {
            return Ok(Value::Object(members));
        }
        loop {
            let key = self.key()?;
            if members.contains_key(&key) {
                return Err(Malformed::Repeated);
            }
            members.insert(key, self.value(depth)?);
            if self.closes('}')? {
                return Ok(Value::Object(members));
            }
        }
    }

    /// A key and the colon behind it.
    fn key(&mut self) -> Result<String, Malformed> {
        let key = self.text(&[':'])?;
        match key {
            Some(key) if self.skip(':') => Ok(key),
            _ => Err(self.misplaced()),
        }
    }

    /// Whether the list or the object ends here; else there is another one of what it holds.
    fn closes(&mut self, bracket: char) -> Result<bool, Malformed> {
        if self.skip(bracket) {
            return Ok(true);
        }
        if self.skip(',') { Ok(false) } else { Err(self.misplaced()) }
    }

    /// A text, quoted or not. One without quotation marks ends before `,`, a bracket, or one of `ends`.
    /// `None` when it is empty.
    fn text(&mut self, ends: &[char]) -> Result<Option<String>, Malformed> {
        self.rest = self.rest.trim_start();
        if let Some(quoted) = self.rest.strip_prefix('"') {
            return self.quoted(quoted).map(Some);
        }
        let ended = |c: char| ",{}[]\"".contains(c) || ends.contains(&c);
        let end = self.rest.find(ended).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        let text = text.trim_end();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// What follows a quotation mark, to the one that closes it.
    fn quoted(&mut self, quoted: &'t str) -> Result<String, Malformed> {
        let mut text = String::new();
        let mut rest = quoted;
        loop {
            let (part, after) = rest.split_once('"').ok_or(Malformed::Unterminated)?;
            text.push_str(part);
            let Some(twice) = after.strip_prefix('"') else {
                self.rest = after;
                return Ok(text);
            };
            text.push('"');
            rest = twice;
        }
    }

    /// Passes over `expected`, where it is next.
    fn skip(&mut self, expected: char) -> bool {
        let next = self.rest.trim_start().strip_prefix(expected);
        if let Some(rest) = next {
            self.rest = rest;
        }
        next.is_some()
    }

    fn end(&self) -> Result<(), Malformed> {
        if self.rest.trim_start().is_empty() { Ok(()) } else { Err(Malformed::Misplaced) }
    }

    fn misplaced(&self) -> Malformed {
        if self.rest.trim_start().is_empty() {
            Malformed::Unterminated
        } else {
            Malformed::Misplaced
        }
    }
}

fn inside(depth: usize) -> Result<usize, Malformed> {
    depth.checked_sub(1).ok_or(Malformed::TooMuch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const BOUNDS: Bounds = Bounds { depth: 4, values: 100 };

    fn read(text: &str) -> Result<Value, Malformed> {
        value(text, BOUNDS)
    }

    #[test]
    fn objects_lists_and_texts_need_no_quotation_marks() {
        for (text, expected) in [
            ("bob", json!("bob")),
            ("{}", json!({})),
            ("[]", json!([])),
            (
                "{UserName:bob,Roles:[Auditor,\"a,b\"]}",
                json!({"UserName": "bob", "Roles": ["Auditor", "a,b"]}),
            ),
            ("{\"User Name\":\"say \"\"hi\"\"\"}", json!({"User Name": "say \"hi\""})),
            ("{a:{b:{c:d}},e:[[f],[g]]}", json!({"a": {"b": {"c": "d"}}, "e": [["f"], ["g"]]})),
            ("{Url:https://a.example/?x=1}", json!({"Url": "https://a.example/?x=1"})),
            ("{a:,b:\"\"}", json!({"a": null, "b": ""})),
            (" { a : b c , d : [ e , f ] } ", json!({"a": "b c", "d": ["e", "f"]})),
            ("{n:1,t:true}", json!({"n": "1", "t": "true"})),
            ("{Name:Zo\u{eb}}", json!({"Name": "Zo\u{eb}"})),
            ("{a:\"{[,:]}\"}", json!({"a": "{[,:]}"})),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_ends_too_early_is_told_from_what_is_out_of_place() {
        for text in
            ["{", "[", "{a", "{a:", "{a:b", "{a:b,", "[a", "[a,", "[[a]", "\"a", "\"a\"\"", "{\"a"]
        {
            assert_eq!(read(text), Err(Malformed::Unterminated), "{text}");
        }
        for text in [
            "a]",
            "{a:b}}",
            "{a:b}c",
            "[a}",
            "{a:b]",
            "{a}",
            "{:b}",
            "{a:b,}",
            "[a,]",
            "[,a]",
            "[a,,b]",
            "a\"b",
            "{a:\"b\"c}",
            "\"a\" \"b\"",
            "{a:b,[c]}",
            "a,b",
        ] {
            assert_eq!(read(text), Err(Malformed::Misplaced), "{text}");
        }
    }

    #[test]
    fn a_key_is_given_once() {
        assert_eq!(read("{a:1,a:1}"), Err(Malformed::Repeated));
        assert_eq!(read("{a:1,\"a\":1}"), Err(Malformed::Repeated));
    }

    #[test]
    fn depth_and_size_are_bounded() {
        assert!(read("[[[[a]]]]").is_ok());
        assert_eq!(read("[[[[[a]]]]]"), Err(Malformed::TooMuch));
        assert_eq!(read(&"[".repeat(100_000)), Err(Malformed::TooMuch));
        assert_eq!(read(&"{a:".repeat(100_000)), Err(Malformed::TooMuch));
        let items = |number| format!("[{}]", vec!["a"; number].join(","));
        assert!(read(&items(99)).is_ok());
        assert_eq!(read(&items(100)), Err(Malformed::TooMuch));
    }

    #[test]
    fn a_list_needs_no_brackets() {
        let texts = |text| list(text, BOUNDS).map(Value::from);
        assert_eq!(texts(""), Ok(json!([])));
        assert_eq!(texts(" a, b c ,\"d,e\""), Ok(json!(["a", "b c", "d,e"])));
        assert_eq!(texts("a,"), Err(Malformed::Unterminated));
        assert_eq!(texts("a,,b"), Err(Malformed::Misplaced));
        assert_eq!(texts("a]"), Err(Malformed::Misplaced));
    }

    /// Writes a value as JSV, with every text quoted.
    fn written(value: &Value) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match value {
            Value::Array(items) => format!("[{}]", joined(items.iter().map(written).collect())),
            Value::Object(members) => {
                let member =
                    |(key, value): (&String, &Value)| format!("{}:{}", quoted(key), written(value));
                format!("{{{}}}", joined(members.iter().map(member).collect()))
            }
            Value::String(text) => quoted(text),
            _ => String::new(),
        }
    }

    fn quoted(text: &str) -> String {
        format!("\"{}\"", text.replace('"', "\"\""))
    }

    fn any_value() -> impl Strategy<Value = Value> {
        any::<String>().prop_map(Value::from).prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in any_value()) {
            prop_assert_eq!(read(&written(&value)), Ok(value));
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"[a\[\]{}:," \u{e4}\\]{0,60}"#, other in any::<String>()) {
            for text in [text, other] {
                let _ = (read(&text), list(&text, BOUNDS));
            }
        }

        #[test]
        fn a_part_of_an_object_is_none(value in any_value(), cut in 1_usize..40) {
            let whole = format!("{{a:{}}}", written(&value));
            let part: String = whole.chars().take(whole.chars().count().saturating_sub(cut)).collect();
            prop_assume!(!part.is_empty());
            prop_assert!(read(&part).is_err(), "{}", part);
        }
    }
}
