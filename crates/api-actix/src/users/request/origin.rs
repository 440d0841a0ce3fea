//! Whether a request was sent by a page of this server or of another one, as browsers say.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::http::uri::Authority;
use ipnet::IpNet;

use crate::forwarded::{Forwarded, forwarded};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a browser says that a page of this server sent the request.
pub(super) fn is_own(http: &HttpRequest, trusted: &[IpNet]) -> bool {
    match sender(http, trusted) {
        Sender::Own => true,
        Sender::Foreign | Sender::Nobody => false,
    }
}

/// Whether a browser says that another page sent the request.
pub(super) fn is_foreign(http: &HttpRequest, trusted: &[IpNet]) -> bool {
    sender(http, trusted) == Sender::Foreign
}

/// Whether the client came over TLS.
pub(super) fn is_secure(http: &HttpRequest, trusted: &[IpNet]) -> bool {
    let told = forwarded(http.peer_addr(), http.headers(), trusted).scheme;
    let own = if http.app_config().secure() { "https" } else { "http" };
    told.unwrap_or(own).eq_ignore_ascii_case("https")
}

/// Which page made a browser send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    /// One of this server.
    Own,
    /// Another one.
    Foreign,
    /// None: the user did, or it is no browser.
    Nobody,
}

/// `Sec-Fetch-Site` decides where it is sent: no page can forge it. Older browsers send `Origin`.
fn sender(http: &HttpRequest, trusted: &[IpNet]) -> Sender {
    let headers = http.headers();
    if headers.contains_key(&SEC_FETCH_SITE) {
        return match only(headers, &SEC_FETCH_SITE) {
            Some("same-origin") => Sender::Own,
            Some("none") => Sender::Nobody,
            _ => Sender::Foreign,
        };
    }
    if !headers.contains_key(header::ORIGIN) {
        return Sender::Nobody;
    }
    let origin = only(headers, &header::ORIGIN).and_then(Origin::read);
    if origin.is_some() && origin == own(http, trusted) { Sender::Own } else { Sender::Foreign }
}

/// Scheme, host and port (RFC 6454 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    secure: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// `None` for the opaque origin `null`, and for what is none.
    fn read(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        match scheme.to_ascii_lowercase().as_str() {
            "https" => Self::of(true, authority),
            "http" => Self::of(false, authority),
            _ => None,
        }
    }

    fn of(secure: bool, authority: &str) -> Option<Self> {
        let authority: Authority = authority.parse().ok()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Some(Self { secure, host: authority.host().to_ascii_lowercase(), port })
    }
}

/// The origin under which the client knows this server.
fn own(http: &HttpRequest, trusted: &[IpNet]) -> Option<Origin> {
    let Forwarded { host, .. } = forwarded(http.peer_addr(), http.headers(), trusted);
    let host = host.or_else(|| only(http.headers(), &header::HOST));
    Origin::of(is_secure(http, trusted), host?)
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut lines = headers.get_all(name);
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    line.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    /// Who sent a request with these headers to `http://users.example`, from a client or a proxy.
    fn sent(peer: &str, lines: &[(&str, &str)]) -> (Sender, bool) {
        let mut request = TestRequest::default().peer_addr(peer.parse().expect("an address"));
        for line in lines {
            request = request.append_header(*line);
        }
        let request = request.to_http_request();
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        (sender(&request, &trusted), is_secure(&request, &trusted))
    }

    fn direct(lines: &[(&str, &str)]) -> Sender {
        let host = [("host", "users.example")];
        sent("192.0.2.1:1", &[&host, lines].concat()).0
    }

    #[test]
    fn the_browser_says_which_site_it_was() {
        for (site, sender) in [
            ("same-origin", Sender::Own),
            ("none", Sender::Nobody),
            ("same-site", Sender::Foreign),
            ("cross-site", Sender::Foreign),
            ("Same-Origin, cross-site", Sender::Foreign),
            ("", Sender::Foreign),
        ] {
            assert_eq!(direct(&[("sec-fetch-site", site)]), sender, "{site}");
            let origin = ("origin", "http://users.example");
            assert_eq!(direct(&[("sec-fetch-site", site), origin]), sender, "{site}");
        }
        let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")];
        assert_eq!(direct(&twice), Sender::Foreign);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(direct(&[]), Sender::Nobody);
        for own in ["http://users.example", "HTTP://Users.Example:80"] {
            assert_eq!(direct(&[("origin", own)]), Sender::Own, "{own}");
        }
        for foreign in [
            "https://users.example",
            "http://users.example:8080",
            "http://users.example.evil.example",
            "http://evil.example",
            "http://users.example@evil.example",
            "http://x@users.example",
            "http://users.example/x",
            "ftp://users.example",
            "users.example",
            "null",
            "",
        ] {
            assert_eq!(direct(&[("origin", foreign)]), Sender::Foreign, "{foreign}");
        }
        let twice = [("origin", "http://users.example"), ("origin", "http://users.example")];
        assert_eq!(direct(&twice), Sender::Foreign);
    }

    #[test]
    fn a_proxy_that_is_trusted_tells_where_the_client_thinks_it_is() {
        let lines = [
            ("host", "internal:8080"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "users.example"),
            ("origin", "https://users.example"),
        ];
        assert_eq!(sent("10.0.0.1:1", &lines), (Sender::Own, true));
        assert_eq!(sent("192.0.2.1:1", &lines), (Sender::Foreign, false));
    }
}
