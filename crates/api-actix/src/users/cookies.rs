//! The cookies by which a browser keeps a session: `ss-id` until it is closed, `ss-pid` where the user
//! wished to be remembered. Scripts do not see them, other sites do not make a browser send them.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use domain::session::SessionTokens;
use domain::time::Instant;

use super::request::Request;

/// Of a session that ends with the browser.
const SESSION: &str = "ss-id";
/// Of one that is remembered.
const REMEMBERED: &str = "ss-pid";

/// What removes a cookie.
const GONE: &str = "; Max-Age=0";

/// Lets the browser that sent `request` keep a session, and no other beside it. Not where another site
/// has made it send that.
pub(crate) fn keep(answer: &mut HttpResponse, request: &Request, tokens: &SessionTokens) {
    if request.may_set_cookies() {
        let now = request.api.shared.clock.now();
        set_session(answer.headers_mut(), tokens, now, request.is_secure());
    }
}

/// Lets the browser that sent `request` forget every session: whoever could sign out was no other site.
pub(crate) fn forget(answer: &mut HttpResponse, request: &Request) {
    remove_session(answer.headers_mut(), request.is_secure());
}

fn set_session(headers: &mut HeaderMap, tokens: &SessionTokens, now: Instant, secure: bool) {
    let token = tokens.session.reveal();
    if tokens.remembered {
        let end = format!("; Max-Age={}", seconds(now, tokens.expires));
        set(headers, REMEMBERED, token, &end, secure);
        set(headers, SESSION, "", GONE, secure);
    } else {
        set(headers, SESSION, token, "", secure);
        set(headers, REMEMBERED, "", GONE, secure);
    }
}

fn remove_session(headers: &mut HeaderMap, secure: bool) {
    for name in [SESSION, REMEMBERED] {
        set(headers, name, "", GONE, secure);
    }
}

fn set(headers: &mut HeaderMap, name: &str, value: &str, end: &str, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}");
    // Tokens are made of letters, digits, `-` and `_`: all of which a header takes.
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Whole seconds from `now` on.
fn seconds(now: Instant, end: Instant) -> i64 {
    (end.as_micros().saturating_sub(now.as_micros()) / 1_000_000).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::token::{Purpose, Token};

    fn tokens(remembered: bool) -> SessionTokens {
        let session = Token::shown(Purpose::Session, "usr_session_abc".to_owned());
        let expires = Instant::from_micros(90_500_000).expect("in range");
        SessionTokens { session: session.expect("a token"), refresh: None, remembered, expires }
    }

    fn kept(remembered: bool, secure: bool) -> Vec<String> {
        let mut headers = HeaderMap::new();
        let now = Instant::from_micros(0).expect("in range");
        set_session(&mut headers, &tokens(remembered), now, secure);
        cookies(&headers)
    }

    fn cookies(headers: &HeaderMap) -> Vec<String> {
        let cookies = headers.get_all(header::SET_COOKIE);
        cookies.map(|cookie| cookie.to_str().expect("ASCII").to_owned()).collect()
    }

    #[test]
    fn a_session_ends_with_the_browser_unless_it_is_remembered() {
        assert_eq!(
            kept(false, false),
            [
                "ss-id=usr_session_abc; Path=/; HttpOnly; SameSite=Strict",
                "ss-pid=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
            ]
        );
        assert_eq!(
            kept(true, true),
            [
                "ss-pid=usr_session_abc; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=90",
                "ss-id=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0",
            ]
        );
    }

    #[test]
    fn both_are_forgotten() {
        let mut headers = HeaderMap::new();
        remove_session(&mut headers, true);
        assert_eq!(
            cookies(&headers),
            [
                "ss-id=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0",
                "ss-pid=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0",
            ]
        );
    }
}
