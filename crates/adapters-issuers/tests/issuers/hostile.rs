//! Tokens that an attacker makes without the private key, or with the right key of the issuer for
//! something else.

use adapters_issuers::SigningAlgorithm;
use domain::credential::IssuersError;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::support::{NOW, TestKey, Trust, claims, claims_with, encoded, set, spliced};

/// The trust accepts a right token and refuses this one.
async fn refuses(trust: &Trust, token: &str, what: &str) {
    assert_eq!(trust.check(token).await, Err(IssuersError::Refused), "{what}");
}

/// Nobody is let in, whatever it is taken for.
async fn lets_nobody_in(trust: &Trust, token: &str, what: &str) {
    assert!(!trust.accepts(token).await, "{what}");
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let key = TestKey::rsa("a");
    let trust = Trust::in_keys(&[&key]);
    let right = key.token(&claims());
    let signature = right.rsplit('.').next().unwrap();
    for alg in ["none", "None", "NONE", "nOnE", "", "null", " none", "none\u{0}"] {
        let message =
            spliced(&key.header_with("alg", json!(alg)).to_string(), &claims().to_string());
        for signature in ["", "AAAA", signature] {
            refuses(&trust, &format!("{message}.{signature}"), alg).await;
        }
    }
    let message = spliced(&key.header().to_string(), &claims().to_string());
    refuses(&trust, &format!("{message}."), "an empty signature").await;
    for alg in [json!(["RS256"]), json!(256), json!({ "RS256": true }), json!(true)] {
        let message =
            spliced(&key.header_with("alg", alg.clone()).to_string(), &claims().to_string());
        refuses(&trust, &format!("{message}.{signature}"), &alg.to_string()).await;
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let key = TestKey::rsa("a");
    let trust = Trust::in_keys(&[&key]);
    let public = key.public();
    let secrets: [Vec<u8>; 6] = [
        key.pair().public_key_pem().into(),
        key.pair().public_key_pem().trim_end().into(),
        key.pair().public_key_raw().into(),
        public.to_string().into(),
        public["n"].as_str().unwrap().into(),
        Vec::new(),
    ];
    for (name, algorithm) in
        [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
    {
        let header = key.header_with("alg", json!(name)).to_string();
        let message = spliced(&header, &claims().to_string());
        for secret in &secrets {
            let secret = EncodingKey::from_secret(secret);
            let signature = crypto::sign(message.as_bytes(), &secret, algorithm).unwrap();
            refuses(&trust, &format!("{message}.{signature}"), name).await;
        }
    }
}

#[tokio::test]
async fn a_shared_secret_in_the_set_opens_nothing() {
    let secret = b"0123456789abcdef0123456789abcdef";
    for alg in [json!("HS256"), json!("RS256"), json!(null)] {
        let key = json!({ "kty": "oct", "k": encoded(secret), "kid": "a", "alg": alg });
        let trust = Trust::in_set(&set(&[key]));
        for header in [json!({ "alg": "HS256", "kid": "a" }), json!({ "alg": "RS256", "kid": "a" })]
        {
            let message = spliced(&header.to_string(), &claims().to_string());
            let secret = EncodingKey::from_secret(secret);
            let signature = crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap();
            refuses(&trust, &format!("{message}.{signature}"), &header.to_string()).await;
        }
    }
}

#[tokio::test]
async fn keys_and_their_addresses_are_not_taken_from_the_token() {
    let (key, own) = (TestKey::rsa("a"), TestKey::rsa("a"));
    let trust = Trust::in_keys(&[&key]);
    for (name, value) in [
        ("jwk", own.public()),
        ("jku", json!("https://evil.example/jwks")),
        ("jku", json!("http://127.0.0.1:1/jwks")),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("x5c", json!(["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"])),
    ] {
        let header = own.header_with(name, value.clone());
        refuses(&trust, &own.sign(&header, &claims()), name).await;
        if name != "x5c" {
            let header = key.header_with(name, value);
            refuses(&trust, &key.sign(&header, &claims()), "rightly signed too").await;
        }
    }
}

#[tokio::test]
async fn extensions_that_have_to_be_understood_are_not() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for crit in [json!(["exp"]), json!(["b64"]), json!(["unheard-of"]), json!([]), json!("exp")] {
        let header = key.header_with("crit", crit.clone());
        refuses(&trust, &key.sign(&header, &claims()), &crit.to_string()).await;
    }
}

#[tokio::test]
async fn the_name_of_a_key_is_looked_up_and_nothing_else() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for kid in [
        json!("b"),
        json!("A"),
        json!(""),
        json!("a\u{0}"),
        json!("../../../../dev/null"),
        json!("/dev/null"),
        json!("a' OR '1'='1"),
        json!("https://evil.example/key"),
        json!("x".repeat(8_000)),
        json!(["a"]),
        json!(0),
    ] {
        let header = key.header_with("kid", kid.clone());
        refuses(&trust, &key.sign(&header, &claims()), &kid.to_string()).await;
    }
}

#[tokio::test]
async fn without_a_name_there_has_to_be_one_key_alone() {
    let [one, other] = [TestKey::ed25519("a"), TestKey::ed25519("b")];
    let trust = Trust::in_keys(&[&one, &other]);
    for key in [&one, &other] {
        let nameless = key.sign(&key.header_with("kid", json!(null)), &claims());
        refuses(&trust, &nameless, "one of two").await;
        assert!(trust.accepts(&key.token(&claims())).await);
    }
}

#[tokio::test]
async fn an_algorithm_is_bound_to_the_kind_of_the_key() {
    let keys = [TestKey::rsa("a"), TestKey::p256("b"), TestKey::p384("c"), TestKey::ed25519("d")];
    let trust = Trust::in_keys(&keys.each_ref());
    for key in &keys {
        let right = key.header()["alg"].as_str().unwrap().to_owned();
        for algorithm in SigningAlgorithm::ALL.into_iter().filter(|it| it.name() != right) {
            let header = key.header_with("alg", json!(algorithm.name()));
            let token = key.sign(&header, &claims());
            refuses(&trust, &token, &format!("{right} as {algorithm}")).await;
        }
    }
}

#[tokio::test]
async fn an_algorithm_that_is_not_on_the_list_is_refused() {
    let (rsa, ed) = (TestKey::rsa("a"), TestKey::ed25519("b"));
    let keys = set(&[rsa.public(), ed.public()]);
    let trust = Trust::with(&keys, |it| it.algorithms = vec![SigningAlgorithm::Ps256]);
    refuses(&trust, &rsa.token(&claims()), "RS256").await;
    refuses(&trust, &ed.token(&claims()), "EdDSA").await;
    let header = rsa.header_with("alg", json!("PS256")).to_string();
    let listed = rsa.sign_by(Algorithm::PS256, &header, &claims().to_string());
    assert!(trust.accepts(&listed).await);
}

#[tokio::test]
async fn a_key_for_something_else_checks_no_token() {
    let key = TestKey::rsa("a");
    for (name, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt", "wrapKey"])),
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!("HS256")),
    ] {
        let trust = Trust::in_set(&set(&[key.public_with(name, value.clone())]));
        refuses(&trust, &key.token(&claims()), &format!("{name} {value}")).await;
    }
    assert!(Trust::in_keys(&[&key]).accepts(&key.token(&claims())).await);
}

#[tokio::test]
async fn a_token_for_or_by_somebody_else_is_refused() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for (name, value) in [
        ("aud", json!(null)),
        ("aud", json!("another-service")),
        ("aud", json!(["another-service"])),
        ("aud", json!([])),
        ("aud", json!("")),
        ("aud", json!("userstore ")),
        ("aud", json!({ "userstore": true })),
        ("iss", json!(null)),
        ("iss", json!("")),
        ("iss", json!("https://id.example/realms/staff/")),
        ("iss", json!("https://id.example/realms/guests")),
        ("iss", json!(["https://id.example/realms/staff"])),
        ("sub", json!(null)),
        ("sub", json!("")),
        ("sub", json!("ada\r\nadmin")),
        ("sub", json!("ada\u{0}")),
        ("sub", json!("a".repeat(257))),
        ("sub", json!(1)),
    ] {
        let claims = claims_with(name, value);
        refuses(&trust, &key.token(&claims), &claims.to_string()).await;
    }
}

#[tokio::test]
async fn a_token_of_another_time_is_refused() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for (name, value) in [
        ("exp", json!(null)),
        ("exp", json!(NOW)),
        ("exp", json!(NOW - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("4102444800")),
        ("exp", json!(1e300)),
        ("nbf", json!(NOW + 61)),
        ("nbf", json!("now")),
        ("iat", json!(NOW + 61)),
        ("iat", json!(false)),
    ] {
        let claims = claims_with(name, value);
        refuses(&trust, &key.token(&claims), &claims.to_string()).await;
    }
    let token = key.token(&claims());
    assert!(trust.accepts(&token).await);
    trust.wait(300);
    refuses(&trust, &token, "it has expired meanwhile").await;
}

#[tokio::test]
async fn a_token_of_another_type_is_refused() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for typ in ["id_token", "logout+jwt", "secevent+jwt", "dpop+jwt", "JOSE", "", "JWT "] {
        let header = key.header_with("typ", json!(typ));
        refuses(&trust, &key.sign(&header, &claims()), typ).await;
    }
    for name in ["nonce", "at_hash", "c_hash"] {
        let claims = claims_with(name, json!("LDktKdoQak3Pk0cnXxCltA"));
        refuses(&trust, &key.token(&claims), "an ID token").await;
    }
    let keys = set(&[key.public()]);
    let strict = Trust::with(&keys, |it| it.token_type = Some("at+jwt".into()));
    for typ in [json!("JWT"), json!(null), json!("at-jwt")] {
        let header = key.header_with("typ", typ.clone());
        refuses(&strict, &key.sign(&header, &claims()), &typ.to_string()).await;
    }
    let header = key.header_with("typ", json!("AT+JWT"));
    assert!(strict.accepts(&key.sign(&header, &claims())).await);
}

#[tokio::test]
async fn members_that_stand_twice_are_refused() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for header in [
        r#"{"alg":"none","alg":"EdDSA","kid":"a"}"#,
        r#"{"alg":"EdDSA","kid":"b","kid":"a"}"#,
        r#"{"alg":"EdDSA","kid":"a","typ":"JWT","typ":"JWT"}"#,
        r#"{"alg":"EdDSA","kid":"a","a\u006cg":"none"}"#,
    ] {
        refuses(&trust, &key.sign_text(header, &claims().to_string()), header).await;
    }
    let rest = claims().to_string();
    let rest = rest.strip_prefix('{').unwrap();
    for more in [r#""sub":"root""#, r#""iss":"x""#, r#""aud":"x""#, r#""exp":1"#] {
        let claims = format!("{{{more},{rest}");
        refuses(&trust, &key.sign_text(&key.header().to_string(), &claims), more).await;
    }
}

#[tokio::test]
async fn what_is_not_whole_or_not_plain_lets_nobody_in() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    let right = key.token(&claims());
    assert!(trust.accepts(&right).await);
    let [header, body, signature] = right.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for token in [
        format!("{header}.{body}"),
        format!("{header}..{signature}"),
        format!(".{body}.{signature}"),
        format!("{body}.{header}.{signature}"),
        format!("{right}."),
        format!(".{right}"),
        format!("{right}.{signature}"),
        format!("{header}.{header}.{body}.{signature}"),
        format!("{header}.{body}.{signature}=="),
        format!("{header}.{body}=.{signature}"),
        format!("{header}=.{body}.{signature}"),
        format!(" {right}"),
        format!("{right} "),
        format!("{right}\n"),
        format!("{right}\0"),
        format!("{header} .{body}.{signature}"),
        format!("Bearer {right}"),
        right.to_uppercase(),
        right.replace('.', ","),
        format!("{header}.{}.{signature}", encoded("null")),
        format!("{header}.{}.{signature}", encoded("[]")),
        format!("{}.{body}.{signature}", encoded("{}")),
        format!("{}.{body}.{signature}", encoded("[\"alg\"]")),
    ] {
        lets_nobody_in(&trust, &token, &token).await;
    }
}

#[tokio::test]
async fn a_huge_token_is_not_looked_at() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    let padded = |length: usize| key.token(&claims_with("padding", json!("x".repeat(length))));
    assert!(trust.accepts(&padded(11_000)).await);
    refuses(&trust, &padded(12_500), "over 16 KiB").await;
    refuses(&trust, &"x".repeat(1 << 20), "not even a token").await;
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let claims = format!(r#"{{"deep":{deep}}}"#);
    refuses(&trust, &key.sign_text(&key.header().to_string(), &claims), "deep").await;
}

#[tokio::test]
async fn the_key_of_another_issuer_signs_nothing_here() {
    let (key, other) = (TestKey::ed25519("a"), TestKey::ed25519("a"));
    let trust = Trust::in_keys(&[&key]);
    refuses(&trust, &other.token(&claims()), "the same name, another key").await;
    let claims: Value = claims_with("sub", json!("root"));
    let right = key.token(&crate::support::claims());
    let (_, signature) = right.rsplit_once('.').unwrap();
    let message = spliced(&key.header().to_string(), &claims.to_string());
    refuses(&trust, &format!("{message}.{signature}"), "other claims").await;
}
