//! How the client reached the outermost proxy, as the proxy before this server says that the operator
//! trusts.

use std::net::SocketAddr;

use actix_web::http::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::client_address::{elements, is_trusted, split_from_right, unquoted};

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What a proxy tells of the request that it got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded<'h> {
    /// `http` or `https`.
    pub(crate) scheme: Option<&'h str>,
    /// Host, and port where it is not that of the scheme.
    pub(crate) host: Option<&'h str>,
}

/// What `peer` tells in `Forwarded` (RFC 7239), or else in `X-Forwarded-Proto` and `X-Forwarded-Host`:
/// nothing, where it is no proxy that is trusted. In a list the rightmost is the word of `peer`.
///
/// No page can make a browser send these headers to another site: who forges them deceives nobody but
/// themselves.
pub(crate) fn forwarded<'h>(
    peer: Option<SocketAddr>,
    headers: &'h HeaderMap,
    trusted: &[IpNet],
) -> Forwarded<'h> {
    if !peer.is_some_and(|peer| is_trusted(peer.ip(), trusted)) {
        return Forwarded::default();
    }
    let element = elements(headers, &header::FORWARDED).next();
    let told = |parameter: &str, name: &HeaderName| {
        let told = element.and_then(|element| value(element, parameter));
        told.or_else(|| elements(headers, name).next()).filter(|text| !text.is_empty())
    };
    Forwarded { scheme: told("proto", &X_FORWARDED_PROTO), host: told("host", &X_FORWARDED_HOST) }
}

/// The value of a parameter of an element of `Forwarded`.
fn value<'h>(element: &'h str, parameter: &str) -> Option<&'h str> {
    let mut values = split_from_right(element, b';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case(parameter).then_some(value)
    });
    let (value, None) = (values.next()?, values.next()) else { return None };
    unquoted(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    /// Scheme and host of a request that `peer` passes on with these headers.
    fn told(peer: &str, lines: &[(&'static str, &'static str)]) -> (String, String) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        let told = forwarded(Some(peer.parse().expect("an address")), &headers, &trusted);
        let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
        (text(told.scheme), text(told.host))
    }

    #[test]
    fn a_trusted_proxy_tells_scheme_and_host() {
        for (lines, scheme, host) in [
            (&[][..], "-", "-"),
            (&[("x-forwarded-proto", "https")], "https", "-"),
            (&[("x-forwarded-proto", "http, https")], "https", "-"),
            (&[("x-forwarded-host", "a.example:8443")], "-", "a.example:8443"),
            (
                &[("forwarded", "for=192.0.2.1;proto=https;host=\"a.example:1\"")],
                "https",
                "a.example:1",
            ),
            (&[("forwarded", "proto=http, PROTO=https")], "https", "-"),
            (&[("forwarded", "for=192.0.2.1"), ("x-forwarded-proto", "https")], "https", "-"),
            (&[("forwarded", "proto=http;proto=https")], "-", "-"),
            (&[("x-forwarded-proto", "")], "-", "-"),
        ] {
            let expected = (scheme.to_owned(), host.to_owned());
            assert_eq!(told("10.0.0.1:443", lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn nobody_else_is_believed() {
        let lines = [("x-forwarded-proto", "https"), ("forwarded", "host=evil.example")];
        assert_eq!(told("192.0.2.1:5000", &lines), ("-".to_owned(), "-".to_owned()));
    }
}
