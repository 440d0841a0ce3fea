//! The address that a request came from, as far as it is known for sure: that of the peer, or what
//! proxies say that the operator trusts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client behind `peer`.
///
/// Each proxy adds, on the right, the address that it was asked from. So they are read from the
/// right as long as the one who said it is trusted, and what stands further to the left is hearsay.
/// Where a proxy hides the address, the client is taken for that proxy. `Forwarded` (RFC 7239) and
/// `X-Forwarded-For` are as good as one another; where they tell two addresses, one of them was
/// forged and passed on, and the client is taken for the peer.
pub(crate) fn client_address(
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    trusted: &[IpNet],
) -> IpAddr {
    // Only a connection without addresses, such as that of a test, has no peer.
    let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip().to_canonical());
    let is_trusted = |address: IpAddr| is_trusted(address, trusted);
    if !is_trusted(peer) {
        return peer;
    }
    let told = |name: HeaderName, address: fn(&str) -> Option<IpAddr>| {
        headers.contains_key(&name).then(|| {
            let hops = elements(headers, &name).map(address);
            farthest(peer, hops, is_trusted)
        })
    };
    match (told(header::FORWARDED, forwarded_for), told(X_FORWARDED_FOR, node)) {
        (Some(one), Some(other)) if one != other => peer,
        (one, other) => one.or(other).unwrap_or(peer),
    }
}

/// Whether it is the address of a proxy that is believed.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|net| net.contains(&address))
}

/// The farthest address that somebody trusted tells, from `peer` on.
fn farthest(
    peer: IpAddr,
    hops: impl Iterator<Item = Option<IpAddr>>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut known = peer;
    for hop in hops {
        match hop {
            Some(address) if is_trusted(address) => known = address,
            Some(address) => return address,
            None => return known,
        }
    }
    known
}

/// The elements of the lists in all lines of a header, from the right. What is no text is an element
/// that says nothing.
pub(crate) fn elements<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h str> {
    let lines: Vec<_> = headers.get_all(name).collect();
    let texts = lines.into_iter().rev().map(|line| line.to_str().unwrap_or_default());
    texts.flat_map(|text| split_from_right(text, b','))
}

/// The parts of `text` between separators, from the right; a separator in quotes separates nothing.
/// From the right, since what stands there is from whoever is nearest: a quotation mark that somebody
/// further away left open swallows nothing of it.
pub(crate) fn split_from_right(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let (before, last) = match last_outside_quotes(whole.as_bytes(), separator) {
            Some(at) => (whole.get(..at), whole.get(at + 1..)),
            None => (None, Some(whole)),
        };
        rest = before;
        last.map(str::trim)
    })
}

fn last_outside_quotes(text: &[u8], separator: u8) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b'"' if !is_escaped(text.get(..at).unwrap_or_default()) => quoted = !quoted,
            byte if *byte == separator && !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether what follows `before` is a quoted pair (RFC 9110 §5.6.4).
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The address in the parameter `for` of an element of `Forwarded`. `None` where it is not told.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut named = split_from_right(element, b';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    });
    let (value, None) = (named.next()?, named.next()) else { return None };
    node(unquoted(value)?)
}

/// The text of a token or of a quoted string. `None` for a quoted string with escapes, which no
/// address needs.
pub(crate) fn unquoted(value: &str) -> Option<&str> {
    match value.strip_prefix('"') {
        Some(opened) => opened.strip_suffix('"').filter(|inside| !inside.contains(['"', '\\'])),
        None => Some(value),
    }
}

/// The address of a node (RFC 7239 §6), with or without a port. `None` for one that is unknown,
/// hidden, or nothing of the kind.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok();
    let address: IpAddr = bare.or_else(|| in_brackets(text)).or_else(|| before_port(text))?;
    Some(address.to_canonical())
}

/// An address of IPv6 in brackets, with or without a port.
fn in_brackets(text: &str) -> Option<IpAddr> {
    let (address, port) = text.strip_prefix('[')?.split_once(']')?;
    let ended = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    address.parse::<Ipv6Addr>().ok().filter(|_| ended).map(IpAddr::from)
}

/// An address of IPv4 with a port.
fn before_port(text: &str) -> Option<IpAddr> {
    let (address, port) = text.split_once(':')?;
    address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port)).map(IpAddr::from)
}

/// Whether it is the number of a port, or a hidden one.
fn is_port(text: &str) -> bool {
    let hidden = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let number = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    number || text.strip_prefix('_').is_some_and(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    /// Where a request comes from that a proxy at 10.0.0.1 passes on with these headers.
    fn through_proxy(lines: &[(&str, &str)]) -> String {
        from("10.0.0.1:443", lines)
    }

    fn from(peer: &str, lines: &[(&str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().expect("a network"));
        let peer = peer.parse().expect("an address");
        client_address(Some(peer), &headers, &trusted).to_string()
    }

    #[test]
    fn who_is_not_trusted_is_taken_for_nobody_else() {
        for name in ["forwarded", "x-forwarded-for"] {
            for value in ["for=198.51.100.1", "198.51.100.1", "10.0.0.7"] {
                assert_eq!(from("192.0.2.1:5000", &[(name, value)]), "192.0.2.1");
            }
        }
        assert_eq!(from("[2001:db8::1]:1", &[]), "2001:db8::1");
        assert_eq!(client_address(None, &HeaderMap::new(), &[]).to_string(), "0.0.0.0");
    }

    #[test]
    fn a_peer_in_either_form_of_its_address_is_the_same() {
        let told = [("x-forwarded-for", "198.51.100.1")];
        assert_eq!(from("[::ffff:10.0.0.1]:1", &told), "198.51.100.1");
        assert_eq!(from("[::ffff:192.0.2.1]:1", &told), "192.0.2.1");
        assert_eq!(from("[fd00::1]:1", &told), "198.51.100.1");
    }

    #[test]
    fn the_nearest_address_that_is_not_a_proxy_is_the_client() {
        for (told, client) in [
            ("198.51.100.1", "198.51.100.1"),
            ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
            ("203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("203.0.113.9,198.51.100.1 ,10.0.0.2,\t10.0.0.3", "198.51.100.1"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("198.51.100.1:5000", "198.51.100.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("198.51.100.1, fd00::1", "198.51.100.1"),
        ] {
            assert_eq!(through_proxy(&[("x-forwarded-for", told)]), client, "{told}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        for (told, client) in [
            ("for=192.0.2.43", "192.0.2.43"),
            ("For=192.0.2.43", "192.0.2.43"),
            ("for=\"192.0.2.43:47011\"", "192.0.2.43"),
            ("for=\"192.0.2.43:_port-1\"", "192.0.2.43"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("by=203.0.113.43; for=192.0.2.60 ;proto=http", "192.0.2.60"),
            ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
            ("for=192.0.2.43, for=10.0.0.2", "192.0.2.43"),
            ("host=\"a, for=203.0.113.1\";for=192.0.2.60", "192.0.2.60"),
            ("host=\"a\\\", for=203.0.113.1\";for=192.0.2.60", "192.0.2.60"),
        ] {
            assert_eq!(through_proxy(&[("forwarded", told)]), client, "{told}");
        }
    }

    #[test]
    fn where_a_proxy_says_no_address_the_client_is_that_proxy() {
        for told in [
            "for=unknown",
            "for=_hidden",
            "for=\"_gazonk:80\"",
            "for=203.0.113.9, for=unknown",
            "for=203.0.113.9, proto=https",
            "for=203.0.113.9,",
            "",
            "=",
            "for",
            "for=",
            "for=\"",
            "for=\"\"",
            "for=\"192.0.2.1",
            "for=\"192.0.2\\.1\"",
            "for=192.0.2.1;for=192.0.2.2",
            "for=999.0.0.1",
            "for=[fe80::1%eth0]",
            "for=\"[2001:db8::1]x\"",
            "for=\"[2001:db8::1\"",
            "for=\"192.0.2.1:\"",
            "for=\"192.0.2.1:123456\"",
            "for=\"192.0.2.1:_\"",
        ] {
            assert_eq!(through_proxy(&[("forwarded", told)]), "10.0.0.1", "{told}");
        }
        let hidden = "for=203.0.113.9, for=unknown, for=10.0.0.2";
        assert_eq!(through_proxy(&[("forwarded", hidden)]), "10.0.0.2");
        for told in ["unknown", "", ",", "203.0.113.9, x", "for=203.0.113.9", "\u{e4}"] {
            assert_eq!(through_proxy(&[("x-forwarded-for", told)]), "10.0.0.1", "{told}");
        }
    }

    #[test]
    fn what_a_client_leaves_open_swallows_nothing_of_what_the_proxy_says() {
        for forged in ["for=\"", "for=\"203.0.113.9", "\\", "\"\\\"", "for=203.0.113.9;host=\"a,"] {
            let line = format!("{forged}, for=198.51.100.1");
            assert_eq!(through_proxy(&[("forwarded", &line)]), "198.51.100.1", "{line}");
            let lines = [("forwarded", forged), ("forwarded", "for=198.51.100.1")];
            assert_eq!(through_proxy(&lines), "198.51.100.1", "{forged}");
        }
        let lines = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(through_proxy(&lines), "198.51.100.1");
    }

    #[test]
    fn a_header_that_the_proxy_only_passes_on_makes_nobody_somebody_else() {
        let told = |forwarded| {
            through_proxy(&[("forwarded", forwarded), ("x-forwarded-for", "198.51.100.1")])
        };
        assert_eq!(told("for=198.51.100.1"), "198.51.100.1");
        for forged in ["for=203.0.113.9", "for=unknown", ""] {
            assert_eq!(told(forged), "10.0.0.1", "{forged}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(
            bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\\'),
                Just(b'['), Just(b';'), Just(b'='), 0x20_u8..0x7f, 0x80_u8..], 0..80),
            forwarded in any::<bool>(),
        ) {
            let name = if forwarded { header::FORWARDED } else { X_FORWARDED_FOR };
            let mut headers = HeaderMap::new();
            headers.append(name, HeaderValue::from_bytes(&bytes).expect("a value"));
            let peer = "10.0.0.1:1".parse().expect("an address");
            let trusted = ["10.0.0.0/8".parse().expect("a network")];
            let _ = client_address(Some(peer), &headers, &trusted);
        }

        #[test]
        fn whatever_stands_before_it_the_word_of_the_proxy_counts(before in "[ -~]{0,60}") {
            let line = format!("{before}, for=\"198.51.100.1:80\"");
            prop_assert_eq!(through_proxy(&[("forwarded", &line)]), "198.51.100.1");
        }
    }
}
