//! Signing in and out, second factors and refresh tokens in the users API.

use actix_web::http::Method;
use domain::second_factor::{Code, Seed};
use domain::time::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::app::Answer;
use crate::users_scene::{Hub, PASSWORD};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[actix_web::test]
async fn a_session_is_told_to_whoever_knows_the_password() {
    let hub = Hub::start().await;
    let details = json!({"FirstName": "Ada", "SecondName": "Lovelace", "Roles": ["UserManager"]});
    hub.add("ada", details).await;
    let answer = hub.sign_in_by("ADA", PASSWORD).await.is(200);
    let cookies = answer.cookies();
    let session = answer.json();
    let (token, refresh) = (text(&session["BearerToken"]), text(&session["RefreshToken"]));
    assert!(token.starts_with("usr_session_") && refresh.starts_with("usr_refresh_"));
    let other = hub.app.get("/User/loginname/ada").await.json();
    assert_eq!(
        session,
        json!({
            "UserId": other["id"], "SessionId": token, "UserName": "ada", "DisplayName": "Ada Lovelace",
            "BearerToken": token, "RefreshToken": refresh,
            "RefreshTokenExpiry": session["RefreshTokenExpiry"],
            "Roles": ["UserManager"], "Permissions": ["UserRead", "UserManage"],
            "AuthProvider": "credentials", "ResponseStatus": {},
        })
    );
    assert!(text(&session["RefreshTokenExpiry"]).ends_with("0Z"));
    assert_eq!(
        cookies,
        [
            format!("ss-id={token}; Path=/; HttpOnly; SameSite=Strict"),
            "ss-pid=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0".to_owned(),
        ]
    );
    for wrong in [("ada", "another password"), ("nobody", PASSWORD)] {
        let refused = hub.sign_in_by(wrong.0, wrong.1).await;
        assert!(refused.cookies().is_empty());
        refused.code(401, "Unauthorized");
    }
    hub.ask("/api/auth/credentials", json!({})).await.faults(&["UserName", "Password"]);
}

#[actix_web::test]
async fn whoever_wishes_to_be_remembered_gets_a_cookie_that_lasts() {
    let hub = Hub::with_ada().await;
    let body = json!({"provider": "credentials", "UserName": "ada", "Password": PASSWORD, "RememberMe": "on"});
    let answer = hub.ask("/api/auth", body).await.is(200);
    let cookies = answer.cookies();
    let token = text(&answer.json()["SessionId"]);
    assert!(
        cookies[0].starts_with(&format!("ss-pid={token}; "))
            && cookies[0].contains("; Max-Age=1209600"),
        "{cookies:?}"
    );
    assert!(
        cookies[1].starts_with("ss-id=; ") && cookies[1].ends_with("; Max-Age=0"),
        "{cookies:?}"
    );
}

#[actix_web::test]
async fn who_is_signed_in_is_told_without_the_secret() {
    let hub = Hub::with_ada().await;
    let token = hub.sign_in("ada").await;
    for path in ["/api/auth", "/api/Authenticate"] {
        let told = hub.get_with(&token, path).await.is(200).json();
        assert_eq!((&told["UserName"], &told["DisplayName"]), (&json!("ada"), &json!("ada")));
        assert!(told.get("SessionId").is_none() && told.get("BearerToken").is_none(), "{told}");
    }
    hub.ask("/api/auth", json!({})).await.code(401, "Unauthorized");
    hub.get("admin", "/api/auth").await.code(401, "Unauthorized");
    hub.get_with(&token, "/api/auth?provider=facebook").await.faults(&["Provider"]);
}

#[actix_web::test]
async fn a_session_ends_for_every_token_when_the_user_signs_out() {
    let hub = Hub::with_ada().await;
    for (method, path) in [
        (Method::POST, "/api/auth/logout"),
        (Method::GET, "/api/auth/logout"),
        (Method::POST, "/api/auth?provider=logout"),
    ] {
        let session = hub.sign_in_by("ada", PASSWORD).await.is(200).json();
        let (token, refresh) = (text(&session["SessionId"]), text(&session["RefreshToken"]));
        let request = Hub::request(method, path).insert_header(("x-ss-id", token.clone()));
        let answer = hub.app.send(request).await.is(200);
        assert_eq!(answer.json(), json!({"ResponseStatus": {}}));
        assert!(answer.cookies().iter().all(|cookie| cookie.ends_with("; Max-Age=0")));
        assert_eq!(answer.cookies().len(), 2);
        hub.get_with(&token, "/api/auth").await.code(401, "Unauthorized");
        let refresh = json!({"RefreshToken": refresh});
        hub.ask("/api/access-token", refresh).await.code(401, "Unauthorized");
    }
    hub.ask("/api/auth/logout", json!({})).await.code(401, "Unauthorized");
}

#[actix_web::test]
async fn a_refresh_token_gives_further_tokens_of_the_session() {
    let hub = Hub::with_ada().await;
    let session = hub.sign_in_by("ada", PASSWORD).await.is(200).json();
    let refresh = json!({"RefreshToken": session["RefreshToken"]});
    for _ in 0..2 {
        let given = hub.ask("/api/access-token", refresh.clone()).await.is(200).json();
        assert_eq!(given["AccessToken"], given["accessToken"]);
        assert_eq!(given.as_object().unwrap().len(), 2);
        assert_ne!(given["AccessToken"], session["BearerToken"]);
        hub.get_with(&text(&given["AccessToken"]), "/api/auth").await.is(200);
    }
    for wrong in ["x", "usr_refresh_x", session["BearerToken"].as_str().unwrap()] {
        hub.ask("/api/access-token", json!({"RefreshToken": wrong}))
            .await
            .code(401, "Unauthorized");
    }
    hub.ask("/api/access-token", json!({})).await.faults(&["RefreshToken"]);
}

/// Ada, of whom a second factor is asked.
struct Ada {
    hub: Hub,
    seed: Seed,
}

impl Ada {
    async fn asked() -> (Hub, Value) {
        let hub = Hub::start().await;
        hub.add("ada", json!({"TwoFactorRequired": true})).await;
        let status = Self::status(&hub).await.is(200).json();
        (hub, status)
    }

    async fn status(hub: &Hub) -> Answer {
        let body = json!({"UserName": "ada", "Password": PASSWORD});
        hub.ask("/api/users/twoFactorStatus", body).await
    }

    async fn offered() -> Self {
        let (hub, status) = Self::asked().await;
        Self { hub, seed: seed(&text(&status["SetupCode"])) }
    }

    fn code(&self) -> String {
        let code =
            self.hub.app.world.authenticator.code_at(&self.seed, self.hub.app.world.clock.now());
        let Code::OneTime(code) = code else { panic!("no digits: {code:?}") };
        str::from_utf8(code.digits()).unwrap().to_owned()
    }

    async fn elevate(&self, token: &str, code: &str) -> Answer {
        let body = json!({"OneTimePassword": code});
        self.hub.post_with(token, "/api/users/elevateTwoFactorStatus", body).await
    }
}

/// The seed that base32 shows.
fn seed(base32: &str) -> Seed {
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for letter in base32.bytes() {
        let five = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        held = (held << 5 | u32::from(five)) & 0xFFF;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xFF).unwrap());
        }
    }
    Seed::from_bytes(Zeroizing::new(bytes)).unwrap()
}

#[actix_web::test]
async fn a_second_factor_is_offered_until_it_is_proved() {
    let (hub, status) = Ada::asked().await;
    assert_eq!(
        (&status["TwoFactorRequired"], &status["TwoFactorRegistration"], &status["Version"]),
        (&json!(true), &json!("NotRegistered"), &json!(1))
    );
    assert_eq!(text(&status["SetupCode"]).len(), 32);
    assert!(text(&status["SetupImageUrl"]).starts_with("data:image/png;base64,iVBORw0KGgo"));
    assert_eq!(Ada::status(&hub).await.is(200).json(), status);
    hub.add("bob", json!({})).await;
    let body = json!({"UserName": "bob", "Password": PASSWORD});
    assert_eq!(
        hub.ask("/api/users/twoFactorStatus", body).await.is(200).json(),
        json!({"TwoFactorRequired": false, "TwoFactorRegistration": "NotRequired", "Version": 1})
    );
    for wrong in
        [json!({"UserName": "ada", "Password": "x"}), json!({"UserName": "eve", "Password": "x"})]
    {
        hub.ask("/api/users/twoFactorStatus", wrong).await.code(401, "Unauthorized");
    }
    hub.ask("/api/users/twoFactorStatus", json!({})).await.faults(&["UserName", "Password"]);
}

#[actix_web::test]
async fn a_session_can_do_nothing_until_the_second_factor_is_shown() {
    let ada = Ada::offered().await;
    let session = ada.hub.sign_in_by("ada", PASSWORD).await.is(200).json();
    assert!(session.get("RefreshToken").is_none() && session.get("RefreshTokenExpiry").is_none());
    let before = text(&session["BearerToken"]);
    ada.hub.get_with(&before, "/api/users/ada").await.code(403, "TwoFactorRequired");
    ada.elevate(&before, "12345").await.faults(&["OneTimePassword"]);
    ada.elevate(&before, "").await.faults(&["OneTimePassword"]);
    let code = ada.code();
    let (head, tail) = code.split_at(3);
    let spaced = format!(" {head} {tail}");
    let answer = ada.elevate(&before, &spaced).await.is(200);
    assert_eq!(answer.cookies().len(), 2);
    let elevated = answer.json();
    let codes = text(&elevated["Meta"]["RecoveryCodes"]);
    assert_eq!(codes.split(',').count(), 10);
    assert!(elevated["RefreshToken"].is_string());
    let after = text(&elevated["SessionId"]);
    assert_ne!(after, before);
    ada.hub.get_with(&before, "/api/users/ada").await.code(401, "Unauthorized");
    ada.hub.get_with(&after, "/api/users/ada").await.is(200);
    let status = Ada::status(&ada.hub).await.is(200).json();
    assert_eq!(status["TwoFactorRegistration"], "Registered");
    assert!(status.get("SetupCode").is_none() && status.get("SetupImageUrl").is_none());

    let next = ada.hub.sign_in("ada").await;
    ada.elevate(&next, &code).await.code(400, "InvalidOneTimePassword");
    ada.hub.app.world.clock.advance(SignedDuration::from_mins(1));
    let again = ada.elevate(&next, &codes.split(',').next().unwrap().to_uppercase()).await;
    assert!(again.is(200).json().get("Meta").is_none());
}

#[actix_web::test]
async fn a_second_factor_is_removed_by_its_owner_with_both_proofs_and_by_an_administrator_without()
{
    let ada = Ada::offered().await;
    let token = ada.hub.sign_in("ada").await;
    let elevated = ada.elevate(&token, &ada.code()).await.is(200).json();
    let token = text(&elevated["BearerToken"]);
    let codes = text(&elevated["Meta"]["RecoveryCodes"]);
    let path = "/api/users/reset2fa/";
    let own = json!({"UserName": "ada"});
    ada.hub.post_with(&token, path, own).await.faults(&["CurrentPassword", "OneTimePassword"]);
    let proof = json!({
        "UserName": "ada", "CurrentPassword": PASSWORD, "OneTimePassword": codes.split(',').next().unwrap(),
    });
    ada.hub.post_with(&token, path, proof).await.is(204);
    let status = Ada::status(&ada.hub).await.is(200).json();
    assert_eq!(status["TwoFactorRegistration"], "NotRegistered");
    ada.hub.post("manager", path, json!({"UserName": "ada"})).await.is(204);
    let anew = Ada::status(&ada.hub).await.is(200).json();
    assert_ne!(anew["SetupCode"], status["SetupCode"]);
    ada.hub.post("manager", path, json!({"UserName": "eve"})).await.code(404, "NotFound");
}
