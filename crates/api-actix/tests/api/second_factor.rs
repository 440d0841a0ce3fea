//! The second factor where the UserStore API asks for a password.

use domain::access::Context;
use domain::password::Password;
use domain::second_factor::{Code, Seed};
use domain::store::StoreRef;
use domain::text::Folded;
use domain::time::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Answer, App};
use crate::passwords::{NEW, OLD};

/// Ada of the shop, who shows a second factor at every sign-in.
struct Ada {
    app: App,
    seed: Seed,
    recovery_codes: Vec<String>,
}

impl Ada {
    /// Ada, who has just proved to have the second factor.
    async fn enrolled() -> Self {
        let app = required().await;
        let (factors, sessions) = (app.world.second_factors(), app.world.sessions());
        let (shop, name) = (StoreRef::Id(app.shop.id), Folded::of("ada"));
        let password = || Password::parse(OLD.to_owned()).unwrap();
        let status = factors.status(shop.clone(), name.clone(), password(), "Userstore").await;
        let seed = status.unwrap().enrolment.unwrap().seed;
        let session = sessions.sign_in(shop.clone(), name, password(), false).await.unwrap();
        let caller = app.world.authenticate(session.tokens.session.reveal()).await.unwrap();
        let code = app.world.authenticator.code_at(&seed, app.world.clock.now());
        let elevated = factors.elevate(&Context::new(caller, shop), code).await.unwrap();
        let recovery_codes = elevated.recovery_codes.iter().map(|code| code.reveal().to_string());
        let recovery_codes = recovery_codes.collect();
        let ada = Self { app, seed, recovery_codes };
        ada.later();
        ada
    }

    /// In the next time step but one, when nobody is slowed down any more.
    fn later(&self) {
        self.app.world.clock.advance(SignedDuration::from_mins(1));
    }

    /// What the authenticator shows now.
    fn code(&self) -> String {
        let code = self.app.world.authenticator.code_at(&self.seed, self.app.world.clock.now());
        let Code::OneTime(code) = code else { panic!("no digits: {code:?}") };
        str::from_utf8(code.digits()).unwrap().to_owned()
    }

    /// Six digits that it does not show.
    fn wrong_code(&self) -> String {
        let rotate = |digit: char| if digit == '9' { '0' } else { char::from(digit as u8 + 1) };
        self.code().chars().map(rotate).collect()
    }
}

/// A shop with Ada, who must show a second factor and has none yet.
async fn required() -> App {
    let app = App::start().await;
    let ada = json!({"loginName": "ada", "isTwoFactorRequired": true});
    let id = app.user(ada).await["id"].as_str().unwrap().to_owned();
    app.set_password(&id, OLD).await;
    app
}

async fn verify(app: &App, code: Value) -> Answer {
    let shown = json!({"password": OLD, "oneTimePassword": code});
    app.post("/User/loginname/ada/password/verify", shown).await
}

async fn outcome(app: &App, code: Value) -> Value {
    verify(app, code).await.is(200).json()["outcome"].clone()
}

async fn change(app: &App, name: &str, code: Value) -> Answer {
    let body = json!({"oldPassword": OLD, "newPassword": NEW, "oneTimePassword": code});
    app.send(app.public(&format!("/{name}/password/change")).set_json(body)).await
}

async fn failures(app: &App) -> Value {
    app.get("/User/loginname/ada").await.json()["failedUserLoginAttempts"].clone()
}

#[actix_web::test]
async fn verifying_takes_the_code_where_a_second_factor_is_required() {
    let ada = Ada::enrolled().await;
    let app = &ada.app;
    let user = app.get("/User/loginname/ada").await.json();
    assert_eq!(
        (&user["isTwoFactorRequired"], &user["isTwoFactorRegistered"]),
        (&json!(true), &json!(true))
    );
    let password_alone = json!({"password": OLD});
    let path = "/User/loginname/ada/password/verify";
    let told = app.post(path, password_alone).await.is(200).json();
    assert_eq!(told["outcome"], "TwoFactorRequired");
    assert_eq!(outcome(app, json!(null)).await, "TwoFactorRequired");
    assert_eq!(outcome(app, json!(ada.wrong_code())).await, "Failed");
    let code = ada.code();
    let (begin, end) = code.split_at(3);
    let spaced = format!(" {begin} {end} ");
    let right = verify(app, json!(spaced)).await.is(200).json();
    assert_eq!(
        (&right["outcome"], &right["user"]["loginName"]),
        (&json!("Succeeded"), &json!("ada"))
    );
    assert_eq!(outcome(app, json!(code)).await, "Failed", "a code works once");
    ada.later();
    let recovery_code = json!(ada.recovery_codes[0].to_uppercase());
    assert_eq!(outcome(app, recovery_code.clone()).await, "Succeeded");
    assert_eq!(outcome(app, recovery_code).await, "Failed", "a recovery code works once");
}

#[actix_web::test]
async fn a_right_code_makes_no_wrong_password_right() {
    let ada = Ada::enrolled().await;
    let shown = json!({"password": NEW, "oneTimePassword": ada.code()});
    let answer = ada.app.post("/User/loginname/ada/password/verify", shown).await.is(200).json();
    assert_eq!((&answer["outcome"], &answer["user"]), (&json!("Failed"), &Value::Null));
    assert_eq!(outcome(&ada.app, json!(ada.code())).await, "Succeeded", "the code was not used up");
}

#[actix_web::test]
async fn nobody_passes_whose_second_factor_is_required_and_not_there_yet() {
    let app = required().await;
    assert_eq!(outcome(&app, json!(null)).await, "TwoFactorRequired");
    assert_eq!(outcome(&app, json!("123456")).await, "TwoFactorRequired");
    change(&app, "ada", json!(null)).await.problem(400, "refused");
    change(&app, "ada", json!("123456")).await.problem(400, "refused");
}

#[actix_web::test]
async fn what_can_be_no_code_is_refused_before_anything_is_hashed_or_counted() {
    let ada = Ada::enrolled().await;
    let app = &ada.app;
    let hashes = app.world.hasher.computed();
    for wrong in [
        json!(""),
        json!("12345"),
        json!("1234567"),
        json!("12345a"),
        json!(123_456),
        json!(["123456"]),
        json!("u".repeat(24)),
        json!("1".repeat(10_000)),
    ] {
        let told = verify(app, wrong.clone()).await.refuses(&["oneTimePassword"]);
        assert!(!told.to_string().contains("123456"), "{told}");
        for name in ["ada", "nobody"] {
            change(app, name, wrong.clone()).await.refuses(&["oneTimePassword"]);
        }
    }
    let all = json!({"oldPassword": "", "newPassword": null, "oneTimePassword": "x"});
    let all = app.send(app.public("/ada/password/change").set_json(all)).await;
    all.refuses(&["oldPassword", "newPassword", "oneTimePassword"]);
    assert_eq!(app.world.hasher.computed(), hashes);
    assert_eq!(failures(app).await, 0);
    assert_eq!(outcome(app, json!(ada.code())).await, "Succeeded");
}

#[actix_web::test]
async fn who_changes_a_password_without_a_credential_shows_the_second_factor_too() {
    let ada = Ada::enrolled().await;
    let app = &ada.app;
    change(app, "ada", json!(null)).await.problem(400, "refused");
    change(app, "ada", json!(ada.wrong_code())).await.problem(400, "refused");
    assert!(change(app, "ada", json!(ada.code())).await.is(200).body.is_empty());
    ada.later();
    let shown = json!({"password": NEW, "oneTimePassword": ada.code()});
    let answer = app.post("/User/loginname/ada/password/verify", shown).await.is(200).json();
    assert_eq!(answer["outcome"], "Succeeded");
}

#[actix_web::test]
async fn a_code_is_ignored_where_none_is_required() {
    let app = App::start().await;
    let id = app.user(json!({"loginName": "ada"})).await["id"].as_str().unwrap().to_owned();
    app.set_password(&id, OLD).await;
    assert_eq!(outcome(&app, json!("123456")).await, "Succeeded");
    change(&app, "ada", json!("123456")).await.is(200);
}
