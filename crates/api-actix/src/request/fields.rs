//! The properties of a JSON object. A property is absent, null, a value or wrong, so that the
//! reader goes on after a wrong one and all broken rules are told at once.

use std::fmt::Display;
use std::str::FromStr;

use domain::error::Invalid;
use serde_json::{Map, Value};

/// Broken rules that one answer tells; a request with more is told these first.
const MOST_RULES: usize = 100;

/// What a request says of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field<T> {
    /// Nothing.
    Absent,
    /// `null`.
    Null,
    /// A value of the right type that keeps its rules.
    Value(T),
    /// Something else; the broken rule is noted already.
    Wrong,
}

impl<T> Field<T> {
    /// The value, where there is one.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Wrong => None,
        }
    }

    /// Whether nothing is said, or `null`.
    pub(crate) fn is_unset(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }
}

impl<T: Clone> Field<T> {
    /// The value; absent and null are unset.
    pub(crate) fn or_unset(&self) -> Option<T> {
        self.value().cloned()
    }

    /// The value; null is unset, absent is what it was.
    pub(crate) fn or_kept(&self, before: Option<&T>) -> Option<T> {
        match self {
            Self::Absent | Self::Wrong => before.cloned(),
            Self::Null => None,
            Self::Value(value) => Some(value.clone()),
        }
    }

    /// The value; absent and null are `otherwise`.
    pub(crate) fn or(&self, otherwise: T) -> T {
        self.or_unset().unwrap_or(otherwise)
    }
}

/// Notes a broken rule, up to a bound.
pub(crate) fn note(invalid: &mut Invalid, property: impl Into<String>, rule: impl Into<String>) {
    if invalid.fields.len() < MOST_RULES {
        invalid.add(property, rule);
    }
}

/// The id that a text is; the error is the broken rule.
pub(crate) fn parse_id<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_| "must be a UUID")
}

/// The known properties of one JSON object, found ignoring case. Others are ignored.
pub(crate) struct Fields<'i> {
    /// Where the object stands, as the prefix of its properties' names: empty, or `userProfiles[2].`.
    place: String,
    found: Vec<(&'static str, Value)>,
    invalid: &'i mut Invalid,
}

impl<'i> Fields<'i> {
    /// The properties `names` of `object`. A name given twice is a broken rule.
    pub(crate) fn of(
        object: Map<String, Value>,
        names: &[&'static str],
        place: impl Into<String>,
        invalid: &'i mut Invalid,
    ) -> Self {
        let mut fields = Self { place: place.into(), found: Vec::new(), invalid };
        for (key, value) in object {
            let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(&key)) else {
                continue;
            };
            if fields.found.iter().any(|(known, _)| known == name) {
                fields.broken(name, "must not be given twice");
            } else {
                fields.found.push((name, value));
            }
        }
        fields
    }

    /// Notes a broken rule of a property of this object.
    pub(crate) fn broken(&mut self, name: &str, rule: impl Into<String>) {
        note(self.invalid, format!("{}{name}", self.place), rule);
    }

    /// Whatever the property is, null included; `None` when it is absent.
    pub(crate) fn any(&mut self, name: &str) -> Option<Value> {
        let at = self.found.iter().position(|(known, _)| *known == name)?;
        Some(self.found.swap_remove(at).1)
    }

    fn wrong<T>(&mut self, name: &str, rule: impl Into<String>) -> Field<T> {
        self.broken(name, rule);
        Field::Wrong
    }

    /// A string that `parse` accepts.
    pub(crate) fn text<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Field<T> {
        match self.any(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::String(text)) => match parse(text) {
                Ok(value) => Field::Value(value),
                Err(rule) => self.wrong(name, rule.to_string()),
            },
            Some(_) => self.wrong(name, "must be a string"),
        }
    }

    /// A string that `parse` accepts and that must be given. `None` where it is not, which is noted.
    pub(crate) fn required_text<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        match self.text(name, parse) {
            Field::Value(value) => Some(value),
            Field::Wrong => None,
            Field::Absent | Field::Null => {
                self.broken(name, "must be given");
                None
            }
        }
    }

    /// A string that `parse` accepts; an empty one is as good as null.
    pub(crate) fn filled_text<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Field<T> {
        let found = self.found.iter_mut().find(|(known, _)| *known == name);
        if let Some((_, value)) = found
            && value == ""
        {
            *value = Value::Null;
        }
        self.text(name, parse)
    }

    /// A UUID.
    pub(crate) fn id<T: FromStr>(&mut self, name: &str) -> Field<T> {
        self.text(name, |text| parse_id(&text))
    }

    /// A boolean.
    pub(crate) fn flag(&mut self, name: &str) -> Field<bool> {
        match self.any(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Bool(value)) => Field::Value(value),
            Some(_) => self.wrong(name, "must be true or false"),
        }
    }

    /// An array.
    pub(crate) fn list(&mut self, name: &str) -> Field<Vec<Value>> {
        match self.any(name) {
            None => Field::Absent,
            Some(Value::Null) => Field::Null,
            Some(Value::Array(items)) => Field::Value(items),
            Some(_) => self.wrong(name, "must be an array"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NAMES: &[&str] = &["name", "flag", "items"];

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("no object: {value}") };
        object
    }

    fn upper(mut text: String) -> Result<String, &'static str> {
        text.make_ascii_uppercase();
        if text.is_empty() { Err("must not be empty") } else { Ok(text) }
    }

    #[test]
    fn absent_null_value_and_wrong_are_told_apart() {
        let mut invalid = Invalid::default();
        let mut fields =
            Fields::of(object(json!({"NAME": "a", "flag": null})), NAMES, "", &mut invalid);
        assert_eq!(fields.text("name", upper), Field::Value("A".into()));
        assert_eq!(fields.flag("flag"), Field::Null);
        assert_eq!(fields.list("items"), Field::Absent);
        assert!(invalid.fields.is_empty());
    }

    #[test]
    fn all_broken_rules_are_noted_with_their_place() {
        let mut invalid = Invalid::default();
        let json = json!({"name": 1, "flag": "true", "items": {}, "other": 1});
        let mut fields = Fields::of(object(json), NAMES, "x[1].", &mut invalid);
        assert_eq!(fields.text("name", upper), Field::Wrong);
        assert_eq!(fields.flag("flag"), Field::Wrong);
        assert_eq!(fields.list("items"), Field::Wrong);
        let noted: Vec<_> = invalid.fields.iter().map(|e| e.property.as_str()).collect();
        assert_eq!(noted, ["x[1].name", "x[1].flag", "x[1].items"]);
    }

    #[test]
    fn what_must_be_given_is_missed() {
        let read = |json: Value| {
            let mut invalid = Invalid::default();
            let mut fields = Fields::of(object(json), NAMES, "", &mut invalid);
            let read = fields.required_text("name", upper);
            let rule = invalid.fields.first().map(|error| error.rule.clone());
            (read, rule)
        };
        let missed = (None, Some("must be given".to_owned()));
        assert_eq!(read(json!({"name": "a"})), (Some("A".to_owned()), None));
        assert_eq!(read(json!({"name": null})), missed);
        assert_eq!(read(json!({"other": "a"})), missed);
        assert_eq!(read(json!({"name": ""})), (None, Some("must not be empty".to_owned())));
        assert_eq!(read(json!({"name": 1})), (None, Some("must be a string".to_owned())));
    }

    #[test]
    fn a_name_in_two_spellings_is_given_twice() {
        let mut invalid = Invalid::default();
        Fields::of(
            object(json!({"name": "a", "Name": "a", "x": 1, "X": 2})),
            NAMES,
            "",
            &mut invalid,
        );
        assert_eq!(invalid, Invalid::one("name", "must not be given twice"));
    }

    #[test]
    fn the_number_of_rules_told_is_bounded() {
        let mut invalid = Invalid::default();
        for n in 0..1000 {
            note(&mut invalid, format!("p{n}"), "must be good");
        }
        assert_eq!(invalid.fields.len(), MOST_RULES);
    }
}
