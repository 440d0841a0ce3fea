use std::fmt::Write as _;

use domain::second_factor::{OneTimePassword, Seed, TimeStep, Totp};
use totp_rs::Builder;
use zeroize::Zeroizing;

/// The codes of authenticators: RFC 6238 with SHA-1, six digits and steps of 30 seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuthenticatorCodes;

const DIGITS: u8 = 6;

impl Totp for AuthenticatorCodes {
    #[expect(clippy::expect_used, reason = "the generator makes six digits of every seed")]
    fn password(&self, seed: &Seed, step: TimeStep) -> OneTimePassword {
        let codes = Builder::new()
            .with_secret(seed.reveal())
            .with_digits(DIGITS)
            .with_step_duration(TimeStep::SECONDS)
            .build_noncompliant();
        let code = codes.generate(step.get().saturating_mul(TimeStep::SECONDS));
        let shown = Zeroizing::new(code.to_string());
        let digits = shown.as_bytes().try_into().ok().and_then(OneTimePassword::from_digits);
        digits.expect("six digits")
    }

    /// Written here, not by totp-rs, which leaves copies of the seed behind in memory. It names what
    /// others take as given too: some authenticators ask for it.
    fn uri(&self, seed: &Seed, issuer: &str, account: &str) -> Zeroizing<String> {
        let secret = seed.base32();
        let (issuer, account) = (encoded(issuer), encoded(account));
        let period = TimeStep::SECONDS;
        // Room for all of it: a text that grows leaves its beginning behind.
        let room = 128 + secret.len() + 2 * issuer.len() + account.len();
        let mut uri = Zeroizing::new(String::with_capacity(room));
        for part in ["otpauth://totp/", &issuer, ":", &account, "?secret=", &secret, "&issuer="] {
            uri.push_str(part);
        }
        uri.push_str(&issuer);
        // Writing to a text cannot fail.
        let _ = write!(uri, "&algorithm=SHA1&digits={DIGITS}&period={period}");
        uri
    }
}

/// A name with everything but the unreserved characters of RFC 3986 percent-encoded. A colon parts
/// issuer and account even when it is encoded, so in a name it becomes a hyphen.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b':' => text.push('-'),
            b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            // Writing to a text cannot fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use domain::time::Instant;
    use proptest::prelude::*;
    use totp_rs::Totp as Oracle;

    use super::*;

    fn seed(bytes: [u8; Seed::BYTES]) -> Seed {
        Seed::from_bytes(Zeroizing::new(bytes.to_vec())).expect("a seed")
    }

    fn of_the_rfcs() -> Seed {
        seed(*b"12345678901234567890")
    }

    fn code(seed: &Seed, step: TimeStep) -> String {
        let code = AuthenticatorCodes.password(seed, step);
        str::from_utf8(code.digits()).expect("digits").to_owned()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1: its eight digits, of which six are shown.
        for (second, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let now = Instant::from_micros(second * 1_000_000).expect("in range");
            assert!(eight.ends_with(&code(&of_the_rfcs(), TimeStep::at(now))), "{second}");
        }
    }

    #[test]
    fn codes_are_those_of_rfc_4226() {
        // Appendix D: counts zero to nine.
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (count, expected) in (0..).zip(codes) {
            assert_eq!(code(&of_the_rfcs(), TimeStep::new(count)), expected, "{count}");
        }
    }

    #[test]
    fn the_last_step_of_all_has_a_code_too() {
        assert_eq!(code(&of_the_rfcs(), TimeStep::new(u64::MAX)).len(), 6);
    }

    #[test]
    fn the_uri_is_what_authenticators_expect() {
        let uri = AuthenticatorCodes.uri(&of_the_rfcs(), "Example & Söhne", "ada@example.com");
        assert_eq!(
            uri.as_str(),
            "otpauth://totp/Example%20%26%20S%C3%B6hne:ada%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example%20%26%20S%C3%B6hne\
             &algorithm=SHA1&digits=6&period=30"
        );
    }

    /// What another implementation takes out of a URI: issuer, account and seed.
    fn read(uri: &str) -> (String, String, Vec<u8>) {
        let read = Oracle::from_url(uri).expect("a URI of an authenticator");
        let issuer = read.issuer().unwrap_or_default().to_owned();
        (issuer, read.account_name().to_owned(), read.secret().as_bytes().to_vec())
    }

    #[test]
    fn hostile_names_stay_names() {
        for name in [
            "a:b",
            "%3A",
            "a%2Fb",
            "../../x",
            "x?secret=AAAA&issuer=evil",
            "#fragment",
            "x&secret=AAAA",
            "søren ✓ 名前",
            "\u{202e}drowssap",
            "a b+c",
            "\"<script>\"",
        ] {
            let expected = name.replace(':', "-");
            let uri = AuthenticatorCodes.uri(&of_the_rfcs(), name, name);
            let (issuer, account, seed) = read(&uri);
            assert_eq!((issuer, account), (expected.clone(), expected), "{}", *uri);
            assert_eq!(seed, of_the_rfcs().reveal(), "{}", *uri);
        }
    }

    proptest! {
        #[test]
        fn every_uri_is_read_as_it_was_meant(
            issuer in "\\PC{1,40}",
            account in "\\PC{1,40}",
            bytes: [u8; 20],
        ) {
            let uri = AuthenticatorCodes.uri(&seed(bytes), &issuer, &account);
            let inert = |c: char| c.is_ascii_alphanumeric() || "-._~%:/?=&".contains(c);
            prop_assert!(uri.chars().all(inert), "{}", *uri);
            let expected = [issuer, account].map(|name| name.replace(':', "-"));
            let (issuer, account, seed) = read(&uri);
            prop_assert_eq!([issuer, account], expected);
            prop_assert_eq!(seed, bytes);
        }

        #[test]
        fn the_codes_are_those_that_the_uri_stands_for(bytes: [u8; 20], step in 0_u64..1 << 40) {
            let seed = seed(bytes);
            let uri = AuthenticatorCodes.uri(&seed, "issuer", "account");
            let oracle = Oracle::from_url(uri.as_str()).expect("a URI of an authenticator");
            let shown = oracle.generate(step * TimeStep::SECONDS).to_string();
            prop_assert_eq!(code(&seed, TimeStep::new(step)), shown);
        }
    }
}
