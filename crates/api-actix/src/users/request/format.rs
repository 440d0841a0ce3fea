//! Formats of answers: JSON is the only one, and whoever asks for another one hears that.

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpMessage as _, HttpRequest};

use super::fields::Fields;
use crate::problem::{Kind, Problem};

/// The end of a path that asks for a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// `.json`.
    Json,
    /// That of a format that ServiceStack has and this server has not.
    Other,
}

impl Suffix {
    const OTHERS: &[&str] = &["xml", "jsv", "csv", "html", "soap11", "soap12"];

    /// What stands before a suffix, and the suffix. `None` when there is none, or nothing before it.
    pub(crate) fn split(segment: &str) -> Option<(&str, Self)> {
        let (bare, suffix) = segment.rsplit_once('.').filter(|(bare, _)| !bare.is_empty())?;
        if suffix.eq_ignore_ascii_case("json") {
            return Some((bare, Self::Json));
        }
        let other = Self::OTHERS.iter().any(|other| suffix.eq_ignore_ascii_case(other));
        other.then_some((bare, Self::Other))
    }

    /// That the format is one of ours.
    ///
    /// # Errors
    /// 406.
    pub(super) fn offered(self) -> Result<(), Problem> {
        match self {
            Self::Json => Ok(()),
            Self::Other => Err(Problem::new(Kind::NotAcceptable)),
        }
    }
}

/// That the request takes JSON. What its path ends in beats the field `format`, and that beats the
/// header `Accept`, which does not matter either where the request names the format of a file.
///
/// # Errors
/// 406.
pub(super) fn negotiate(http: &HttpRequest, fields: &Fields) -> Result<(), Problem> {
    if let Some(suffix) = http.extensions().get::<Suffix>() {
        return suffix.offered();
    }
    if let Some(format) = fields.peek("format").filter(|format| !format.is_empty()) {
        let json = format.eq_ignore_ascii_case("json");
        return if json { Ok(()) } else { Err(Problem::new(Kind::NotAcceptable)) };
    }
    let name = http.match_info().get("UserName").and_then(Suffix::split);
    if matches!(name, Some((_, Suffix::Json))) {
        return Ok(());
    }
    if fields.has("ExportFormat") || takes_json(http.headers()) {
        return Ok(());
    }
    Err(Problem::new(Kind::NotAcceptable))
}

/// Whether `Accept` takes JSON (RFC 9110 §12.5.1): the range that fits best decides.
fn takes_json(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).filter_map(|line| line.to_str().ok());
    let ranges = lines.flat_map(|line| line.split(',')).filter_map(Range::read);
    let (mut any, mut best) = (false, None);
    for range in ranges {
        any = true;
        best = best.max(range.fit().map(|fit| (fit, range.wanted)));
    }
    !any || best.is_some_and(|(_, wanted)| wanted)
}

/// One media range.
struct Range<'h> {
    media_type: &'h str,
    /// Whether its weight is above 0.
    wanted: bool,
}

impl<'h> Range<'h> {
    fn read(element: &'h str) -> Option<Self> {
        let mut parts = element.split(';').map(str::trim);
        let media_type = parts.next().filter(|range| range.contains('/'))?;
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
        });
        let wanted = weight.is_none_or(|weight| weight.parse().is_ok_and(|q: f32| q > 0.0));
        Some(Self { media_type, wanted })
    }

    /// How closely it names JSON. `None` when it does not.
    fn fit(&self) -> Option<u8> {
        let ranges = ["*/*", "application/*", "application/json"];
        let fit = ranges.iter().position(|range| range.eq_ignore_ascii_case(self.media_type))?;
        u8::try_from(fit).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use serde_json::Value;

    use crate::request::json::Bounds;
    use crate::users::request::form;

    /// Whether JSON may be answered to a request with these headers.
    fn takes(accept: &[&'static str]) -> bool {
        asked("", None, accept)
    }

    fn asked(query: &str, suffix: Option<Suffix>, accept: &[&'static str]) -> bool {
        let mut request = TestRequest::default();
        for line in accept {
            request = request.append_header((header::ACCEPT, *line));
        }
        let request = request.to_http_request();
        if let Some(suffix) = suffix {
            request.extensions_mut().insert(suffix);
        }
        let mut fields = Fields::none(Bounds { depth: 4, values: 100 });
        fields.merge(form::pairs(query).expect("a query"));
        negotiate(&request, &fields).is_ok()
    }

    #[test]
    fn whoever_takes_json_among_others_gets_it() {
        for accept in [
            &[][..],
            &[""],
            &["*/*"],
            &["application/json"],
            &["Application/JSON;charset=utf-8"],
            &["application/*;q=0.1"],
            &["text/html,application/xhtml+xml,*/*;q=0.8"],
            &["text/html", "application/json;q=0.5"],
            &["*/*;q=0, application/json"],
            &["nonsense"],
        ] {
            assert!(takes(accept), "{accept:?}");
        }
    }

    #[test]
    fn whoever_takes_others_only_does_not() {
        for accept in [
            &["text/html"][..],
            &["application/xml, text/csv"],
            &["application/json;q=0"],
            &["application/json; q=0, */*"],
            &["application/*;q=0.0, */*"],
            &["application/json;q=x"],
            &["text/*"],
        ] {
            assert!(!takes(accept), "{accept:?}");
        }
    }

    #[test]
    fn the_suffix_beats_the_field_and_that_beats_the_header() {
        let html = &["text/html"][..];
        assert!(asked("format=xml", Some(Suffix::Json), html));
        assert!(!asked("format=json", Some(Suffix::Other), &[]));
        assert!(asked("FORMAT=Json", None, html));
        for format in ["xml", "jsv", "html", "json,xml", "js"] {
            assert!(!asked(&format!("format={format}"), None, &[]), "{format}");
        }
        assert!(asked("format=", None, &[]));
        assert!(asked("exportFormat=csv", None, &["text/csv"]));
    }

    #[test]
    fn a_suffix_is_one_of_a_known_format() {
        for (segment, split) in [
            ("bob.json", Some(("bob", Suffix::Json))),
            ("a.b.JSON", Some(("a.b", Suffix::Json))),
            ("bob.xml", Some(("bob", Suffix::Other))),
            ("bob.Soap12", Some(("bob", Suffix::Other))),
            ("bob.smith", None),
            (".json", None),
            ("json", None),
            ("bob.", None),
        ] {
            assert_eq!(Suffix::split(segment), split, "{segment}");
        }
    }

    #[test]
    fn a_format_that_is_no_text_is_none() {
        let mut fields = Fields::none(Bounds { depth: 4, values: 100 });
        fields.merge(vec![("format".to_owned(), Value::from(1))]);
        assert!(negotiate(&TestRequest::default().to_http_request(), &fields).is_ok());
    }
}
