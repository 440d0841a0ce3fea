//! Tokens (JWT) of issuers as credentials: good ones on both APIs, hostile ones nowhere (RFC 8725).

mod hostile;
mod keys;

use serde_json::{Value, json};

use self::hostile::hostile_tokens;
use self::keys::{Key, Kind, Token, write_set};
use super::{Refusal, api_1, bearer, new_user, nobody};
use crate::harness::{Installation, Node, now, on_both_databases};
use crate::sign_in::Cheap;

on_both_databases![
    whom_an_issuer_vouches_for_acts_on_both_apis,
    no_hostile_token_is_taken,
    a_flipped_bit_anywhere_makes_a_token_worthless,
    keys_are_rotated_while_the_node_runs,
    the_word_of_an_issuer_counts_where_it_is_configured_to,
    another_claim_can_name_the_roles,
];

pub(super) const ISSUER: &str = "https://login.example.com";
pub(super) const AUDIENCE: &str = "userstore";
const FILE: &str = "issuer.jwks";

/// An installation with one issuer and these keys.
fn with_issuer(here: Installation, keys: &[&Key]) -> Installation {
    let file = here.directory().join(FILE);
    write_set(&file, keys);
    here.with("USERSTORE__ISSUERS__IDP__ISSUER", ISSUER)
        .with("USERSTORE__ISSUERS__IDP__AUDIENCE", AUDIENCE)
        .with("USERSTORE__ISSUERS__IDP__JWKS_FILE", &file.display().to_string())
}

/// What an issuer says of a manager of users, valid now.
pub(super) fn claims() -> Value {
    let now = now().as_second();
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "grace",
        "iat": now - 5,
        "nbf": now - 5,
        "exp": now + 600,
        "role": ["UserManager"],
    })
}

fn header(key: &Key) -> Value {
    json!({ "alg": key.algorithm(), "kid": key.id, "typ": "JWT" })
}

fn token(key: &Key, claims: &Value) -> String {
    Token::new(&header(key), claims).signed(key)
}

/// An installation with an issuer, and a token of it that is good on both APIs.
pub(super) fn with_token(here: Installation) -> (Installation, String) {
    let key = Key::new("one", Kind::Ed25519);
    (with_issuer(here, &[&key]), token(&key, &claims()))
}

/// Refused by both APIs, as any credential that is none.
async fn assert_refused(node: &Node, token: &str, why: &str) {
    let answer = bearer(node, token).get("/api/users").await;
    assert_eq!(answer.status, 401, "{why}: {}", answer.text());
    Refusal::read(answer, 401);
    let answer = node.api(Some(token)).get_users("").await;
    assert_eq!(answer.status, 401, "{why}: {}", answer.text());
}

async fn assert_taken(node: &Node, token: &str, why: &str) {
    let answer = bearer(node, token).get("/api/users").await;
    assert_eq!(answer.status, 200, "{why}: {}", answer.text());
    let answer = node.api(Some(token)).get_users("").await;
    assert_eq!(answer.status, 200, "{why}: {}", answer.text());
}

async fn whom_an_issuer_vouches_for_acts_on_both_apis(Cheap(here): Cheap) {
    let keys = Kind::ALL.map(|kind| Key::new(&format!("{kind:?}"), kind));
    let here = with_issuer(here, &keys.each_ref());
    let node = here.start().await;
    for key in &keys {
        let token = token(key, &claims());
        assert_taken(&node, &token, &key.id).await;
        let user = node.api(Some(&token)).new_user(&format!("by {}", key.id)).await;
        let added = json!({ "UserDetails": { "UserName": key.id } });
        bearer(&node, &token).call("AddUser", &added).await.expect(200);
        let entries = api_1(&node).entries_about(crate::harness::id_of(&user)).await;
        let by = entries[0]["user"].as_str().expect("a caller");
        assert!(by.contains("idp") && by.contains("grace"), "{by}");
        // A manager of users is no auditor, and no session.
        node.api(Some(&token)).get_audit_trails("").await.problem(403);
        for path in ["/api/auth", "/api/permissions"] {
            let status = bearer(&node, &token).get(path).await.status;
            assert!(status < 500, "{path}: {status}");
        }
        let out = bearer(&node, &token).post("/api/auth/logout", &json!({})).await.status;
        assert!([200, 401, 403].contains(&out), "{out}");
    }
    // Several audiences, and no role at all.
    let [key, ..] = &keys;
    let mut many = claims();
    many["aud"] = json!(["another", AUDIENCE]);
    assert_taken(&node, &token(key, &many), "several audiences").await;
    let mut none = claims();
    none.as_object_mut().expect("claims").remove("role");
    let answer = bearer(&node, &token(key, &none)).get("/api/users").await;
    assert_eq!(Refusal::read(answer, 403).code, "Forbidden");
    let mut unknown = claims();
    unknown["role"] = json!(["Emperor", "SystemAdmin"]);
    let answer = bearer(&node, &token(key, &unknown)).get("/api/users").await;
    assert_eq!(
        Refusal::read(answer, 403).code,
        "Forbidden",
        "SystemAdmin is held everywhere or not"
    );
}

async fn no_hostile_token_is_taken(Cheap(here): Cheap) {
    let good = Kind::ALL.map(|kind| Key::new(&format!("{kind:?}"), kind));
    let here = with_issuer(here, &good.each_ref());
    let node = here.start().await;
    for key in &good {
        assert_taken(&node, &token(key, &claims()), &key.id).await;
    }
    let hostile = hostile_tokens(&good);
    assert!(hostile.len() >= 30, "only {} tokens", hostile.len());
    for (why, token) in &hostile {
        assert_refused(&node, token, why).await;
    }
    // Nor where a token could hide.
    let [key, ..] = &good;
    let token = token(key, &claims());
    for client in
        [nobody(&node).with("x-ss-id", "none").with_cookie("ss-id", "none"), nobody(&node)]
    {
        let answer = client.query("/api/users", &[("access_token", &token)]).await;
        assert_eq!(answer.status, 401, "{}", answer.text());
    }
    assert!(!node.log().contains(&token), "in the log");
}

async fn a_flipped_bit_anywhere_makes_a_token_worthless(Cheap(here): Cheap) {
    let key = Key::new("one", Kind::Ed25519);
    let here = with_issuer(here, &[&key]);
    let node = here.start().await;
    let good = token(&key, &claims());
    assert_taken(&node, &good, "as it is").await;
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone().into_bytes();
        if bytes[at] == b'.' {
            continue;
        }
        // Stays a letter of base64url, and never the same one.
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).expect("ASCII");
        let answer = node.api(Some(&text)).get_users("").await;
        assert_eq!(answer.status, 401, "letter {at}: {text}");
    }
}

async fn keys_are_rotated_while_the_node_runs(Cheap(here): Cheap) {
    let (old, new) = (Key::new("old", Kind::Ed25519), Key::new("new", Kind::P256));
    let here = with_issuer(here, &[&old]);
    let node = here.start().await;
    assert_taken(&node, &token(&old, &claims()), "before").await;
    assert_refused(&node, &token(&new, &claims()), "not yet published").await;
    let file = here.directory().join(FILE);
    write_set(&file, &[&old, &new]);
    taken_soon(&node, &token(&new, &claims())).await;
    assert_taken(&node, &token(&old, &claims()), "still published").await;
    write_set(&file, &[&new]);
    refused_soon(&node, &token(&old, &claims())).await;
    assert_taken(&node, &token(&new, &claims()), "after").await;
}

/// How often a node may be asked before it has looked at the file again.
const GLANCES: u32 = 1_200;

async fn taken_soon(node: &Node, token: &str) {
    becomes(node, token, 200).await;
}

async fn refused_soon(node: &Node, token: &str) {
    becomes(node, token, 401).await;
}

async fn becomes(node: &Node, token: &str, status: u16) {
    for _ in 0..GLANCES {
        if node.api(Some(token)).get_users("").await.status == status {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the node does not see the new keys");
}

async fn the_word_of_an_issuer_counts_where_it_is_configured_to(Cheap(here): Cheap) {
    let key = Key::new("one", Kind::Ed25519);
    let here = with_issuer(here, &[&key]);
    let node = here.start().await;
    here.run(&["store", "create", "shop"]).well();
    let good = token(&key, &claims());
    node.api(Some(&good)).in_store("shop").get_users("").await.problem(404);
    drop(node);
    let here = here.with("USERSTORE__ISSUERS__IDP__STORE", "shop");
    let node = here.start().await;
    node.api(Some(&good)).in_store("shop").get_users("").await.expect(200);
    node.api(Some(&good)).get_users("").await.problem(404);
    Refusal::read(bearer(&node, &good).get("/api/users").await, 403);
    drop(node);
    let here = here.with("USERSTORE__ISSUERS__IDP__STORE", "*");
    let node = here.start().await;
    // Of the built-in roles these two can be held everywhere, the others in one store only.
    for role in ["SystemAdmin", "AuditTrailReader"] {
        let mut claims = claims();
        claims["role"] = json!(role);
        let everywhere = token(&key, &claims);
        for store in ["default", "shop"] {
            let api = node.api(Some(&everywhere)).in_store(store);
            api.get_audit_trails("").await.expect(200);
        }
    }
    node.api(Some(&good)).get_users("").await.problem(404);
}

async fn another_claim_can_name_the_roles(Cheap(here): Cheap) {
    let key = Key::new("one", Kind::Rsa);
    let here = with_issuer(here, &[&key])
        .with("USERSTORE__ISSUERS__IDP__ROLE_CLAIM", "groups")
        .with("USERSTORE__ISSUERS__IDP__ALGORITHMS", "PS256,RS512")
        .with("USERSTORE__ISSUERS__IDP__TYPE", "at+jwt");
    let node = here.start().await;
    new_user(&node, "ada", &[]).await;
    let mut claims = claims();
    claims["groups"] = json!("UserManager");
    claims.as_object_mut().expect("claims").remove("role");
    let with = |algorithm: &str, kind: &str| {
        let header = json!({ "alg": algorithm, "kid": key.id, "typ": kind });
        Token::new(&header, &claims).signed_as(&key, algorithm)
    };
    for algorithm in ["PS256", "RS512"] {
        assert_taken(&node, &with(algorithm, "at+jwt"), algorithm).await;
        assert_taken(&node, &with(algorithm, "application/at+jwt"), algorithm).await;
        assert_refused(&node, &with(algorithm, "JWT"), "another type").await;
    }
    assert_refused(&node, &with("RS256", "at+jwt"), "not in the list").await;
}
