//! A JSON reader (RFC 8259) that takes no liberties: no duplicate keys, bounded depth, one value.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::{Map, Number, Value};

use crate::problem::{Kind, Problem};

/// How much JSON one body may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// How deep arrays and objects may stand in one another.
    pub(crate) depth: usize,
    /// How many values there may be all in all.
    pub(crate) values: usize,
}

/// Reads one JSON value.
///
/// # Errors
/// No JSON, not in UTF-8, a lone surrogate, a key given twice, more than `bounds` allow.
pub(crate) fn value(text: &[u8], bounds: Bounds) -> Result<Value, Problem> {
    let budget = Budget::of(bounds, 1);
    budget.read(text, Strict { depth: bounds.depth, budget: &budget })
}

/// Reads a JSON array of at most `most` items and makes something of each on the way, so that a
/// large batch is never held as JSON.
///
/// # Errors
/// Those of [`value`]; no array; too many items.
pub(crate) fn items<T>(
    text: &[u8],
    bounds: Bounds,
    most: usize,
    make: impl FnMut(Value) -> T,
) -> Result<Vec<T>, Problem> {
    let budget = Budget::of(bounds, most);
    let strict = Strict { depth: bounds.depth, budget: &budget };
    budget.read(text, Items { strict, make, one: false })
}

/// The same, where a lone object is as good as an array of one.
///
/// # Errors
/// Those of [`items`].
pub(crate) fn items_or_one<T>(
    text: &[u8],
    bounds: Bounds,
    most: usize,
    make: impl FnMut(Value) -> T,
) -> Result<Vec<T>, Problem> {
    let budget = Budget::of(bounds, most);
    let strict = Strict { depth: bounds.depth, budget: &budget };
    budget.read(text, Items { strict, make, one: true })
}

/// What a body may hold, and what is left of it while it is read.
struct Budget {
    values: usize,
    items: usize,
    left: Cell<usize>,
    /// Why reading ended, where it was for the budget.
    excess: Cell<Option<Excess>>,
}

#[derive(Clone, Copy)]
enum Excess {
    Values,
    Items,
}

impl Budget {
    fn of(bounds: Bounds, items: usize) -> Self {
        let left = Cell::new(bounds.values);
        Self { values: bounds.values, items, left, excess: Cell::new(None) }
    }

    fn read<'t, S: DeserializeSeed<'t>>(
        &self,
        text: &'t [u8],
        seed: S,
    ) -> Result<S::Value, Problem> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let read = seed.deserialize(&mut reader).and_then(|read| reader.end().map(|()| read));
        read.map_err(|error| match self.excess.get() {
            Some(excess) => self.exceeded(excess),
            None => malformed(&error),
        })
    }

    /// Takes one value of what is left.
    fn spend<E: de::Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| self.end(Excess::Values))?;
        self.left.set(left);
        Ok(())
    }

    fn end<E: de::Error>(&self, excess: Excess) -> E {
        self.excess.set(Some(excess));
        E::custom("too much")
    }

    fn exceeded(&self, excess: Excess) -> Problem {
        let detail = match excess {
            Excess::Values => format!("A body holds at most {} JSON values.", self.values),
            Excess::Items => format!("A batch has at most {} items.", self.items),
        };
        Problem::because(Kind::TooManyItems, detail)
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::because(
        Kind::MalformedBody,
        format!("The body is not the JSON that is taken: {error}."),
    )
}

/// Reads any value, `depth` arrays or objects deep.
#[derive(Clone, Copy)]
struct Strict<'b> {
    depth: usize,
    budget: &'b Budget,
}

impl Strict<'_> {
    fn inside<E: de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.budget.spend()?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut reader: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = reader.next_element_seed(self.inside()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut reader: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = reader.next_key::<String>()? {
            if members.contains_key(&key) {
                let key: String = key.chars().take(64).collect();
                return Err(de::Error::custom(format_args!("the key {key:?} is given twice")));
            }
            members.insert(key, reader.next_value_seed(self.inside()?)?);
        }
        Ok(Value::Object(members))
    }
}

/// Reads the items of the outermost array.
struct Items<'b, F> {
    strict: Strict<'b>,
    make: F,
    /// Whether a lone object is taken too.
    one: bool,
}

impl<'de, T, F: FnMut(Value) -> T> DeserializeSeed<'de> for Items<'_, F> {
    type Value = Vec<T>;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Vec<T>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de, T, F: FnMut(Value) -> T> Visitor<'de> for Items<'_, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut reader: A) -> Result<Vec<T>, A::Error> {
        let mut made = Vec::new();
        while let Some(item) = reader.next_element_seed(self.strict.inside()?)? {
            if made.len() == self.strict.budget.items {
                return Err(self.strict.budget.end(Excess::Items));
            }
            made.push((self.make)(item));
        }
        Ok(made)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, reader: A) -> Result<Vec<T>, A::Error> {
        if !self.one {
            return Err(de::Error::invalid_type(Unexpected::Map, &self));
        }
        Ok(vec![(self.make)(self.strict.visit_map(reader)?)])
    }

    /// Without the text, which may be the whole body.
    fn visit_str<E: de::Error>(self, _: &str) -> Result<Vec<T>, E> {
        Err(E::invalid_type(Unexpected::Other("a string"), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn deep(depth: usize) -> Bounds {
        Bounds { depth, values: 1_000_000 }
    }

    fn read(text: &[u8]) -> Option<Value> {
        value(text, deep(4)).ok()
    }

    #[test]
    fn what_is_not_strict_json_is_refused() {
        let bad: &[&[u8]] = &[
            b"",
            b"{",
            b"{}x",
            b"{} {}",
            b"[1,]",
            b"{'a':1}",
            b"NaN",
            b"01",
            b"1e999",
            b"\xEF\xBB\xBF{}",
            b"\"\xff\"",
            b"\"\\ud800\"",
            b"\"\\udc00\"",
            b"\"\\ud800\\u0041\"",
            b"\"a\nb\"",
            br#"{"a":1,"a":2}"#,
            br#"{"a":1,"\u0061":2}"#,
            br#"[{"x":{"a":1,"a":1}}]"#,
        ];
        for text in bad {
            assert_eq!(read(text), None, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn depth_is_counted_in_arrays_and_objects() {
        assert!(read(b"[[[[1]]]]").is_some());
        assert!(read(b"[[[[[]]]]]").is_none());
        assert!(read(br#"{"a":[{"b":[1]}]}"#).is_some());
        let pit = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert!(value(&pit, deep(32)).is_err());
        assert!(value(&pit[..100_000], deep(100)).is_err());
    }

    #[test]
    fn a_batch_is_an_array_of_bounded_length() {
        let count = |text: &[u8]| items(text, deep(4), 2, |_| ()).map(|items| items.len());
        assert_eq!(count(b"[]").ok(), Some(0));
        assert_eq!(count(b"[1,{}]").ok(), Some(2));
        let status = |text: &[u8]| count(text).expect_err("refused").status().as_u16();
        assert_eq!(status(b"[1,2,3]"), 413);
        assert_eq!(status(b"[1,2,3"), 413);
        for text in [&b"{}"[..], b"null", b"\"x\"", b"[1", b"[1]x", b""] {
            assert_eq!(status(text), 400);
        }
    }

    #[test]
    fn every_value_counts_in_all_items_together() {
        let bounds = Bounds { depth: 4, values: 5 };
        let status = |problem: Problem| problem.status().as_u16();
        assert!(value(b"[1,[2],{}]", bounds).is_ok());
        assert_eq!(value(b"[1,[2],{},4]", bounds).map_err(status), Err(413));
        assert_eq!(value(br#"{"a":[1,2,3],"b":0}"#, bounds).map_err(status), Err(413));
        let made = |text: &[u8]| items(text, bounds, 9, |_| ()).map(|made| made.len());
        assert_eq!(made(b"[[1],[2],3]").map_err(status), Ok(3));
        assert_eq!(made(b"[[1],[2],[3]]").map_err(status), Err(413));
    }

    #[test]
    fn what_is_no_array_is_not_said_again() {
        let text = format!("\"{}\"", "x".repeat(100_000));
        let problem = items(text.as_bytes(), deep(4), 2, |_| ()).expect_err("refused");
        let document = serde_json::to_value(problem.document("/x", "id")).expect("JSON");
        let detail = document["detail"].as_str().expect("a text");
        assert!(detail.contains("a string") && !detail.contains("xx"), "{detail}");
    }

    #[test]
    fn where_one_will_do_a_lone_object_is_a_batch_of_it() {
        let read = |text: &[u8]| items_or_one(text, deep(2), 2, |json| json);
        assert_eq!(read(br#"{"a":[1]}"#).ok(), Some(vec![serde_json::json!({"a": [1]})]));
        assert_eq!(read(b"[1,{}]").ok().map(|items| items.len()), Some(2));
        for text in
            [&b"[1,2,3]"[..], br#"{"a":1,"a":2}"#, br#"{"a":[[1]]}"#, b"{}{}", b"null", b"1"]
        {
            assert!(read(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
                prop::collection::hash_map(any::<String>(), inner, 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_json_text_is_read_as_it_is(json in any_json()) {
            let text = serde_json::to_vec(&json).expect("JSON");
            prop_assert_eq!(value(&text, deep(32)).ok(), Some(json));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = value(&bytes, deep(8));
            let _ = items(&bytes, deep(8), 3, |_| ());
        }

        #[test]
        fn a_cut_or_doubled_text_is_refused(json in any_json(), at in any::<prop::sample::Index>()) {
            prop_assume!(json.is_object() || json.is_array() || json.is_string());
            let text = serde_json::to_vec(&json).expect("JSON");
            prop_assert!(value(&text[..at.index(text.len())], deep(32)).is_err());
            prop_assert!(value(&[text.clone(), text].concat(), deep(32)).is_err());
        }
    }
}
