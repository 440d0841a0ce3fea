//! The query of a request: names match ignoring case, none may be given twice.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use domain::error::Invalid;

use crate::percent;
use crate::problem::{Kind, Problem};

/// More parameters than any operation has.
const MOST_PARAMETERS: usize = 64;

/// The parameters of one request.
#[derive(Debug, Default)]
pub(crate) struct Query {
    parameters: Vec<(String, String)>,
}

impl Query {
    /// Reads the part of the URI after `?`, in the form of HTML forms: `+` is a space.
    ///
    /// # Errors
    /// Bad percent-encoding, no UTF-8, a name that is given twice, more than 64 parameters.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if parameters.len() == MOST_PARAMETERS {
                return Err(malformed("The query has too many parameters."));
            }
            if parameters.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                return Err(malformed("A parameter of the query is given twice."));
            }
            parameters.push((name, value));
        }
        Ok(Self { parameters })
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut found =
            self.parameters.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, read by `parse`.
    ///
    /// # Errors
    /// `parse` refused it, with a sentence that begins with `must`.
    pub(crate) fn parsed<T, E: Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let value = self.get(name).map(parse).transpose();
        value.map_err(|rule| Problem::invalid(Invalid::one(name, rule.to_string())))
    }

    /// Reads parameters so that all broken rules are told at once.
    pub(crate) fn reading(&self) -> Parameters<'_> {
        Parameters { query: self, invalid: Invalid::default() }
    }

    /// Refuses every parameter: for writes, where a mistyped one must not execute.
    ///
    /// # Errors
    /// There is a parameter.
    pub(crate) fn refuse_all(&self) -> Result<(), Problem> {
        self.refuse_all_but(&[])
    }

    /// Refuses every parameter but these.
    ///
    /// # Errors
    /// There is another one.
    pub(crate) fn refuse_all_but(&self, known: &[&str]) -> Result<(), Problem> {
        let mut invalid = Invalid::default();
        for (name, _) in &self.parameters {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                let rule = "must not be given: the operation has no such parameter";
                invalid.add(shortened(name), rule);
            }
        }
        invalid.or(()).map_err(Problem::invalid)
    }

    /// The same query with `name` set to `value`, percent-encoded.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let others = self.parameters.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
        let pairs = others.map(|(name, value)| (name.as_str(), value.as_str()));
        let encoded: Vec<_> = pairs
            .chain([(name, value)])
            .map(|(name, value)| format!("{}={}", percent::encode(name), percent::encode(value)))
            .collect();
        encoded.join("&")
    }
}

/// Reads parameters, and notes the rules that they break.
pub(crate) struct Parameters<'q> {
    query: &'q Query,
    invalid: Invalid,
}

impl Parameters<'_> {
    /// The value of a parameter, read by `parse`, whose refusals begin with `must`; `None` where it is
    /// not given or breaks a rule.
    pub(crate) fn read<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.query.get(name).map(parse)?;
        value.map_err(|rule| self.invalid.add(name, rule.to_string())).ok()
    }

    /// The same of a parameter that has to be given.
    pub(crate) fn require<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.query.get(name).is_none() {
            self.invalid.add(name, "must be given");
        }
        self.read(name, parse)
    }

    /// Whether no rule is broken so far.
    pub(crate) fn are_sound(&self) -> bool {
        self.invalid.fields.is_empty()
    }

    /// `Ok(value)` when no rule is broken.
    ///
    /// # Errors
    /// Every rule that is.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Problem> {
        self.invalid.or(value).map_err(Problem::invalid)
    }
}

/// Reads a number in digits.
///
/// # Errors
/// It is none, or not in the range.
pub(crate) fn parse_number<T: FromStr + PartialOrd + Display>(
    text: &str,
    range: RangeInclusive<T>,
) -> Result<T, String> {
    // `parse` would also take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && range.contains(number));
    number.ok_or_else(|| format!("must be a number from {} to {}", range.start(), range.end()))
}

/// Reads `true` or `false`, ignoring case.
///
/// # Errors
/// The rule that another text breaks.
pub(crate) fn parse_flag(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn decode(text: &str) -> Result<String, Problem> {
    percent::decode_form(text).ok_or_else(|| malformed("The query is not percent-encoded UTF-8."))
}

fn malformed(detail: &'static str) -> Problem {
    Problem::because(Kind::MalformedRequest, detail)
}

fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_ignoring_case_and_values_are_decoded() {
        let query = Query::parse("Limit=5&a+b=%C3%A4+%2B&flag").expect("valid");
        assert_eq!(query.get("limit"), Some("5"));
        assert_eq!(query.get("A B"), Some("ä +"));
        assert_eq!(query.get("flag"), Some(""));
        assert_eq!(query.get("other"), None);
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        for text in ["a=1&a=2", "a=1&A=1", "limit=1&%6cimit=1"] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
        assert!(Query::parse("%").is_err());
        assert!(Query::parse("a=%ff").is_err());
        let many: Vec<_> = (0..65).map(|n| format!("p{n}=")).collect();
        assert!(Query::parse(&many.join("&")).is_err());
    }

    #[test]
    fn parameters_that_an_operation_does_not_have_are_refused() {
        let refused = |text, known: &[&str]| {
            Query::parse(text).expect("valid").refuse_all_but(known).is_err()
        };
        assert!(!refused("", &[]));
        assert!(refused("mode", &[]));
        assert!(!refused("MODE=x", &["mode"]));
        assert!(refused("mode=x&mod=x", &["mode"]));
    }

    #[test]
    fn a_number_is_in_digits_and_in_its_range() {
        for text in ["", "0", "-1", "+1", "11", "1.0", "1e1", "1000000000000000000", " 1", "x"] {
            let rule = parse_number::<u32>(text, 1..=10);
            assert_eq!(rule, Err("must be a number from 1 to 10".to_owned()), "{text}");
        }
        assert_eq!(parse_number("1", 1..=10_u64), Ok(1));
        assert_eq!(parse_number("010", 1..=10_u64), Ok(10));
    }

    #[test]
    fn all_parameters_that_break_a_rule_are_told() {
        let query = Query::parse("a=x&b=2").expect("valid");
        let mut parameters = query.reading();
        let one_digit = |text: &str| parse_number(text, 0..=9_u8);
        assert_eq!(parameters.read("a", one_digit), None);
        assert_eq!(parameters.require("b", one_digit), Some(2));
        assert_eq!(parameters.read("c", one_digit), None);
        assert_eq!(parameters.require("d", one_digit), None);
        let told = parameters.or(()).expect_err("two rules");
        let told: Vec<_> = told.errors().iter().map(|error| error.property.as_str()).collect();
        assert_eq!(told, ["a", "d"]);
    }

    #[test]
    fn a_flag_is_true_or_false() {
        assert_eq!((parse_flag("TRUE"), parse_flag("False")), (Ok(true), Ok(false)));
        for text in ["", "1", "yes", " true", "t"] {
            assert!(parse_flag(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_following_query_keeps_the_others() {
        let query = Query::parse("include=a%2Cb&Cursor=old&x=%26").expect("valid");
        assert_eq!(query.with("cursor", "new"), "include=a%2Cb&x=%26&cursor=new");
    }
}
