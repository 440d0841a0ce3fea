//! Tokens that somebody forged, or that were meant for another place or time.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::keys::{Key, Kind, Token, encode};
use super::{claims, header, token};
use crate::harness::now;

/// Each with the reason why it must be refused.
pub(super) fn hostile_tokens(good: &[Key; 3]) -> Vec<(String, String)> {
    let mut all = unsigned(good);
    all.extend(confused(good));
    all.extend(pointing_elsewhere(good));
    all.extend(signed_by_others(good));
    all.extend(claiming_wrongly(&good[2]));
    all.extend(misshapen(&good[2]));
    all
}

fn named(why: &str, token: String) -> (String, String) {
    (why.to_owned(), token)
}

/// RFC 8725 §3.1, §3.2: not signed at all.
fn unsigned(good: &[Key; 3]) -> Vec<(String, String)> {
    let none = ["none", "None", "NONE", "nOnE", ""].map(|algorithm| {
        let header = json!({ "alg": algorithm, "kid": good[0].id, "typ": "JWT" });
        let token = Token::new(&header, &claims());
        named(&format!("alg {algorithm:?}"), token.with_signature(b""))
    });
    let absent = Token::new(&json!({ "kid": good[0].id, "typ": "JWT" }), &claims());
    let stripped = Token::new(&header(&good[0]), &claims());
    let mut all = none.to_vec();
    all.push(named("no alg", absent.signed(&good[0])));
    all.push(named("an empty signature", stripped.with_signature(b"")));
    all.push(named("no third part", stripped.text.clone()));
    all.push(named("a signature of zeros", stripped.with_signature(&[0; 256])));
    let none = Token::new(&json!({ "alg": "none", "kid": good[0].id }), &claims());
    all.push(named("none with a good signature", none.signed(&good[0])));
    all
}

/// RFC 8725 §2.1: a public key taken for a secret, and one algorithm for another.
fn confused(good: &[Key; 3]) -> Vec<(String, String)> {
    let mut all = vec![];
    for key in good {
        for (algorithm, digest) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
            let header = json!({ "alg": algorithm, "kid": key.id, "typ": "JWT" });
            let token = Token::new(&header, &claims());
            let public = key.public().to_string().into_bytes();
            for secret in
                [key.known_bytes(), public, encode(&key.known_bytes()).into_bytes(), vec![]]
            {
                let tag = hmac::sign(&hmac::Key::new(digest, &secret), token.text.as_bytes());
                let why = format!("{algorithm} with the public key of {}", key.id);
                all.push((why, token.with_signature(tag.as_ref())));
            }
        }
        for algorithm in ["RS256", "ES256", "EdDSA", "PS256", "RS384", "ES384", "ES256K"] {
            if algorithm == key.algorithm() {
                continue;
            }
            let header = json!({ "alg": algorithm, "kid": key.id, "typ": "JWT" });
            let token = Token::new(&header, &claims()).signed_as(key, algorithm);
            all.push((format!("{algorithm} by {}", key.id), token));
        }
    }
    // Psychic signatures: r and s are zero (CVE-2022-21449).
    let token = Token::new(&header(&good[1]), &claims());
    all.push(named("r and s of zero", token.with_signature(&[0; 64])));
    all
}

/// RFC 8725 §3.5: keys that the token brings or names itself.
fn pointing_elsewhere(good: &[Key; 3]) -> Vec<(String, String)> {
    let own = Key::new(&good[2].id, Kind::Ed25519);
    let set = json!({ "keys": [own.public()] });
    let members: [(&str, Value); 8] = [
        ("jwk", own.public()),
        ("jku", json!("http://127.0.0.1:9/keys")),
        ("jku", json!("https://login.example.com/keys")),
        ("x5u", json!("https://login.example.com/certificate")),
        ("x5c", json!([encode(&own.known_bytes())])),
        ("jwks", set),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' UNION SELECT 'x")),
    ];
    let token = |(member, value): (&str, Value)| {
        let mut header = header(&own);
        header[member] = value.clone();
        (format!("{member} {value}"), Token::new(&header, &claims()).signed(&own))
    };
    members.map(token).to_vec()
}

/// Keys that are none of the issuer's.
fn signed_by_others(good: &[Key; 3]) -> Vec<(String, String)> {
    let mut all = vec![];
    for (key, kind) in good.iter().zip(Kind::ALL) {
        let forged = Key::new(&key.id, kind);
        all.push(named("the id of a good key", token(&forged, &claims())));
        let unknown = Key::new("unknown", kind);
        all.push(named("an unknown key", token(&unknown, &claims())));
    }
    // Each header names the key of another one.
    for (signer, named_key) in [(0, 1), (1, 2), (2, 0)] {
        let token = Token::new(&header(&good[named_key]), &claims()).signed(&good[signer]);
        all.push(named("signed by another key", token));
    }
    all
}

/// RFC 8725 §3.8–3.12: for another audience, from another issuer, at another time, of another kind.
fn claiming_wrongly(key: &Key) -> Vec<(String, String)> {
    let now = now().as_second();
    let changed: Vec<(&str, Value)> = vec![
        ("iss", json!("https://evil.example.com")),
        ("iss", json!("https://login.example.com/")),
        ("iss", json!("HTTPS://login.example.com")),
        ("iss", json!("https://login.example.com.evil.example")),
        ("iss", json!(["https://login.example.com"])),
        ("iss", Value::Null),
        ("aud", json!("another")),
        ("aud", json!(["another", "userstore2"])),
        ("aud", json!([])),
        ("aud", json!("")),
        ("aud", json!({ "userstore": true })),
        ("aud", Value::Null),
        ("exp", json!(now - 600)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("2100-01-01T00:00:00Z")),
        ("exp", Value::Null),
        ("nbf", json!(now + 600)),
        ("iat", json!(now + 3_600)),
        ("sub", json!("")),
        ("sub", json!("a\u{0}b")),
        ("sub", json!("x".repeat(300))),
        ("sub", json!(7)),
        ("sub", Value::Null),
    ];
    let mut all: Vec<_> = changed
        .into_iter()
        .map(|(claim, value)| {
            let mut claims = claims();
            if value.is_null() {
                claims.as_object_mut().expect("claims").remove(claim);
            } else {
                claims[claim] = value.clone();
            }
            (format!("{claim} {value}"), token(key, &claims))
        })
        .collect();
    // Made to tell who somebody is, not what they may do.
    for kind in ["ID+JWT", "logout+jwt", "secevent+jwt", "dpop+jwt"] {
        let mut header = header(key);
        header["typ"] = json!(kind);
        let token = Token::new(&header, &claims()).signed(key);
        all.push((format!("typ {kind}"), token));
    }
    all
}

/// What is signed well and is no token all the same.
fn misshapen(key: &Key) -> Vec<(String, String)> {
    let (head, body) = (header(key).to_string(), claims().to_string());
    let good = token(key, &claims());
    let mut critical = header(key);
    critical["crit"] = json!(["exp"]);
    let mut unknown = header(key);
    unknown["crit"] = json!(["b64"]);
    unknown["b64"] = json!(false);
    let twice = body.replacen('{', "{\"aud\":\"another\",", 1);
    vec![
        named("crit", Token::new(&critical, &claims()).signed(key)),
        named("unencoded payload", Token::new(&unknown, &claims()).signed(key)),
        named("a claim twice", Token::of_texts(&head, &twice).signed(key)),
        named("claims that are no object", Token::of_texts(&head, "[]").signed(key)),
        named("claims that are no JSON", Token::of_texts(&head, "{").signed(key)),
        named("a header that is no JSON", Token::of_texts("{", &body).signed(key)),
        named("a header that is no object", Token::of_texts("\"x\"", &body).signed(key)),
        named("deep claims", Token::of_texts(&head, &"[".repeat(3_000)).signed(key)),
        named("padding", format!("{good}=")),
        named("four parts", format!("{good}.{}", encode(b"x"))),
        named("five parts", format!("{good}.{0}.{0}", encode(b"x"))),
        named("a space", good.replacen('.', ". ", 1)),
        named("dots alone", "..".to_owned()),
    ]
}
