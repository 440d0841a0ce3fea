use std::fmt::Write as _;

use crate::settings::SettingsError;

/// The page where a password is set, as configured. Nothing of a request has a part in it.
#[derive(Clone, Debug)]
pub(crate) struct ResetLink(String);

/// What a link is filled in with.
#[derive(Clone, Copy)]
pub(crate) struct Filling<'a> {
    pub(crate) token: &'a str,
    pub(crate) login_name: &'a str,
    pub(crate) store: &'a str,
}

const KEY: &str = "mail.reset_link";
const TOKEN: &str = "{token}";
const LOGIN_NAME: &str = "{login_name}";
const STORE: &str = "{store}";

impl ResetLink {
    /// Reads `mail.reset_link`; `None` when it is empty.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, SettingsError> {
        if text.is_empty() {
            return Ok(None);
        }
        match broken_rule(text) {
            Some(rule) => Err(SettingsError::new(KEY, rule)),
            None => Ok(Some(Self(text.to_owned()))),
        }
    }

    /// The link for one user: what is filled in is percent-encoded, so it stays within the part of
    /// the URL where the configuration put it.
    pub(crate) fn filled(&self, filling: Filling<'_>) -> String {
        // What was filled in first holds no brace any more, so it is never taken for a place.
        self.0
            .replace(STORE, &percent_encoded(filling.store))
            .replace(LOGIN_NAME, &percent_encoded(filling.login_name))
            .replace(TOKEN, &percent_encoded(filling.token))
    }
}

fn broken_rule(text: &str) -> Option<&'static str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme));
    let Some(rest) = scheme.and_then(|scheme| text.strip_prefix(scheme)) else {
        return Some("must begin with https:// or http://");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains(['{', '}', '@']) {
        return Some("must name a host, and no {place} or @ in it");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`|"#.contains(&byte)) {
        return Some("must be a URL: other characters than those of RFC 3986 percent-encoded");
    }
    if !text.contains(TOKEN) {
        return Some("must hold {token} where the token goes");
    }
    let plain = text.replace(TOKEN, "").replace(LOGIN_NAME, "").replace(STORE, "");
    plain
        .contains(['{', '}'])
        .then_some("must hold no places but {token}, {login_name} and {store}")
}

/// Everything but the unreserved characters of RFC 3986 §2.3 as `%XX` of its UTF-8.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_stays_where_it_was_put() {
        let link = "https://id.example.com/{store}/reset?for={login_name}&token={token}#{store}";
        let link = ResetLink::parse(link).unwrap().unwrap();
        let filling =
            Filling { token: "usr_reset_Ab-_", login_name: "{token}&a=/ü ?#", store: "s.1" };
        assert_eq!(
            link.filled(filling),
            "https://id.example.com/s.1/reset?for=%7Btoken%7D%26a%3D%2F%C3%BC%20%3F%23\
             &token=usr_reset_Ab-_#s.1"
        );
    }

    #[test]
    fn no_link_is_none() {
        assert!(ResetLink::parse("").unwrap().is_none());
    }

    #[test]
    fn a_link_that_could_mislead_is_refused() {
        for (link, rule) in [
            ("javascript:{token}", "begin with"),
            ("id.example.com/{token}", "begin with"),
            ("https:///reset?{token}", "host"),
            ("https://{store}.example.com/{token}", "host"),
            ("https://id.example.com@evil.example/{token}", "host"),
            ("https://id.example.com/ reset?{token}", "URL"),
            ("https://id.example.com/\"{token}", "URL"),
            ("https://id.example.com/r\u{e9}set?{token}", "URL"),
            ("https://id.example.com/reset", "{token}"),
            ("https://id.example.com/{token}/{user}", "no places but"),
            ("https://id.example.com/{token}}", "no places but"),
        ] {
            let error = ResetLink::parse(link).unwrap_err();
            assert!(error.rule.contains(rule), "{link}: {error}");
            assert!(error.to_string().starts_with("the key `mail.reset_link` must "), "{error}");
        }
    }
}
