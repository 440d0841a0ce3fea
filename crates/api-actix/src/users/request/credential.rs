//! The credential of a request: a Bearer token, the header of a session, or its cookie. A stronger one
//! that is wrong never gives way to a weaker one.

use actix_web::http::header::{self, HeaderMap, HeaderName};
use domain::token::{Purpose, Token};

use crate::caller::bearer;
use crate::problem::Problem;

const SESSION_HEADER: HeaderName = HeaderName::from_static("x-ss-id");
/// The cookie of a session that ends with the browser, and of one that is remembered.
const SESSION_COOKIES: [&str; 2] = ["ss-id", "ss-pid"];

/// What proves who sends a request.
pub(super) enum Credential<'h> {
    /// Sent on purpose, as a Bearer token.
    Bearer(&'h str),
    /// The session, sent on purpose.
    Session(Token),
    /// The session, as a browser sends it with every request.
    Cookie(Token),
}

impl Credential<'_> {
    /// Whether a browser would send it without being told to.
    pub(super) fn is_ambient(&self) -> bool {
        matches!(self, Self::Cookie(_))
    }

    /// The secret.
    pub(super) fn reveal(&self) -> &str {
        match self {
            Self::Bearer(text) => text,
            Self::Session(token) | Self::Cookie(token) => token.reveal(),
        }
    }
}

/// The strongest credential there is.
///
/// # Errors
/// 401: there is none, or the strongest is given twice or cannot be one.
pub(super) fn of(headers: &HeaderMap) -> Result<Credential<'_>, Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        return bearer(headers).map(Credential::Bearer);
    }
    if headers.contains_key(&SESSION_HEADER) {
        return in_header(headers).map(Credential::Session);
    }
    let [passing, remembered] = SESSION_COOKIES.map(|name| in_cookie(headers, name));
    match (passing?, remembered?) {
        // This server keeps one of them: another page has set the other, to pass for its own user.
        (Some(one), Some(other)) if one.hash() != other.hash() => {
            Err(Problem::unauthenticated(true))
        }
        (Some(token), _) | (None, Some(token)) => Ok(Credential::Cookie(token)),
        (None, None) => Err(Problem::unauthenticated(false)),
    }
}

/// Whether there is a cookie of a session.
pub(super) fn has_cookie(headers: &HeaderMap) -> bool {
    SESSION_COOKIES.into_iter().any(|name| in_cookie(headers, name).is_ok_and(|it| it.is_some()))
}

fn in_header(headers: &HeaderMap) -> Result<Token, Problem> {
    let mut lines = headers.get_all(&SESSION_HEADER);
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(Problem::unauthenticated(true));
    };
    session(line.to_str().unwrap_or_default().trim())
}

/// The session in the cookie of this name. `None` when there is no such cookie, or an empty one.
fn in_cookie(headers: &HeaderMap, name: &str) -> Result<Option<Token>, Problem> {
    let lines = headers.get_all(header::COOKIE);
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| value_of(pair, name));
    match (values.next(), values.next()) {
        (None | Some(b""), None) => Ok(None),
        (Some(value), None) => session(str::from_utf8(value).unwrap_or_default()).map(Some),
        _ => Err(Problem::unauthenticated(true)),
    }
}

/// The value of a cookie of this name. Cookies of others may hold any bytes.
fn value_of<'h>(pair: &'h [u8], name: &str) -> Option<&'h [u8]> {
    let at = pair.iter().position(|byte| *byte == b'=')?;
    let (known, value) = (pair.get(..at)?, pair.get(at + 1..)?);
    (known.trim_ascii() == name.as_bytes()).then(|| value.trim_ascii())
}

/// The token of a session: an API key does not stand here, nor what an issuer gave.
fn session(text: &str) -> Result<Token, Problem> {
    let token = Token::shown(Purpose::Session, text.to_owned());
    token.ok_or_else(|| Problem::unauthenticated(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    const SESSION: &str = "usr_session_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const OTHER: &str = "usr_session_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";

    /// The kind of the credential and the secret, or the challenge of the refusal.
    fn read(lines: &[(&'static str, String)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            headers.append(HeaderName::from_static(name), value);
        }
        match of(&headers) {
            Ok(Credential::Bearer(text)) => format!("bearer {text}"),
            Ok(Credential::Session(token)) => format!("session {}", token.reveal()),
            Ok(Credential::Cookie(token)) => format!("cookie {}", token.reveal()),
            Err(problem) => format!("{:?}", problem.headers().next().expect("a challenge").1),
        }
    }

    fn authorization(text: &str) -> (&'static str, String) {
        ("authorization", text.to_owned())
    }

    fn header(text: &str) -> (&'static str, String) {
        ("x-ss-id", text.to_owned())
    }

    fn cookie(text: &str) -> (&'static str, String) {
        ("cookie", text.to_owned())
    }

    #[test]
    fn a_bearer_beats_the_header_and_that_beats_the_cookies() {
        let cookies = cookie(&format!("ss-pid={SESSION}; ss-id={SESSION}"));
        let lines = [authorization("Bearer key"), header(OTHER), cookies];
        assert_eq!(read(&lines), "bearer key");
        assert_eq!(read(lines.get(1..).expect("two")), format!("session {OTHER}"));
        assert_eq!(read(lines.get(2..).expect("one")), format!("cookie {SESSION}"));
        assert_eq!(read(&[cookie(&format!("ss-pid={OTHER}"))]), format!("cookie {OTHER}"));
    }

    #[test]
    fn a_stronger_credential_that_is_none_never_gives_way() {
        let cookies = cookie(&format!("ss-id={SESSION}"));
        for wrong in [
            authorization("Basic YTpi"),
            authorization(""),
            authorization("Bearer"),
            header(""),
            header("key of admin"),
            header("eyJhbGciOiJub25lIn0.e30."),
        ] {
            assert!(read(&[wrong.clone(), cookies.clone()]).contains("Bearer"), "{wrong:?}");
        }
        let twice = [authorization("Bearer a"), authorization("Bearer b"), cookies.clone()];
        assert!(read(&twice).contains("invalid_token"));
        assert!(read(&[header(SESSION), header(SESSION), cookies]).contains("invalid_token"));
    }

    #[test]
    fn a_cookie_holds_one_session_and_nothing_else() {
        for text in [
            format!("ss-id={SESSION}; ss-id={OTHER}"),
            format!("ss-id=; ss-id={OTHER}"),
            format!("ss-id={SESSION}; ss-pid={OTHER}"),
            "ss-id=key of admin".to_owned(),
            format!("ss-id=\"{SESSION}\""),
        ] {
            assert!(read(&[cookie(&text)]).contains("invalid_token"), "{text}");
        }
        let apart = [cookie(&format!("ss-id={SESSION}")), cookie(&format!("ss-id={OTHER}"))];
        assert!(read(&apart).contains("invalid_token"));
    }

    #[test]
    fn cookies_of_others_and_empty_ones_do_not_matter() {
        for text in [
            format!("a=1;ss-id={SESSION};b"),
            format!("Ss-Id=x; ss-id = {SESSION} ; xss-id=y; \u{e4}=\u{e4}"),
            format!("ss-id={SESSION}; ss-pid="),
        ] {
            assert_eq!(read(&[cookie(&text)]), format!("cookie {SESSION}"), "{text}");
        }
        for text in ["", "ss-id=", "ss-id=; ss-pid=", "SS-ID=x", "ss-id"] {
            assert_eq!(read(&[cookie(text)]), "\"Bearer\"", "{text}");
        }
    }
}
