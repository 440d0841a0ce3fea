use actix_web::http::Method;
use serde_json::{Value, json};

use crate::bench::{Bench, on_both_databases};

on_both_databases![
    an_administrator_sets_a_password_in_so_many_statements,
    a_user_proves_and_changes_a_password_in_so_many_statements,
    a_reset_by_mail_costs_so_many_statements,
];

/// Somebody whom an administrator acts on.
struct Target<'a> {
    bench: &'a Bench,
    id: String,
}

impl<'a> Target<'a> {
    async fn make(bench: &'a Bench) -> Self {
        let ada = json!({ "loginName": "ada", "emailAddress": "ada@example.com" });
        let made = bench.post("User", &ada).await;
        Self { bench, id: made["id"].as_str().unwrap().to_owned() }
    }

    async fn act(&self, operation: &'static str, rest: &str, json: Option<&Value>) {
        let path = format!("User/{}/{rest}", self.id);
        self.bench.counted((operation, 1), Method::POST, &path, json).await;
    }
}

/// A password that the usual policy takes.
fn password(number: u8) -> Value {
    json!({ "password": text(number) })
}

fn text(number: u8) -> String {
    format!("correct horse battery {number}")
}

/// To change the one password to the other.
fn change(old: u8, new: u8) -> Value {
    json!({ "oldPassword": text(old), "newPassword": text(new) })
}

async fn an_administrator_sets_a_password_in_so_many_statements(bench: Bench) {
    let ada = Target::make(&bench).await;
    ada.act("SetInitialPassword", "password/initial", Some(&password(1))).await;
    ada.act("ResetInitialPasswordExpiration", "password/initial/reset", None).await;
    ada.act("ResetPassword", "password/reset", Some(&password(2))).await;
    ada.act("ResetAccessFailedCount", "lockout/reset", None).await;
    bench.check();
}

async fn a_user_proves_and_changes_a_password_in_so_many_statements(bench: Bench) {
    let ada = Target::make(&bench).await;
    bench.post(&format!("User/{}/password/reset", ada.id), &password(1)).await;
    let (verify, shown) = ("User/loginname/ada/password/verify", password(1));
    let right = bench.counted(("VerifyPassword", 1), Method::POST, verify, Some(&shown)).await;
    assert_eq!(right["outcome"], "Succeeded");
    ada.act("ChangePassword", "password/change", Some(&change(1, 2))).await;
    let path = "user/loginname/ada/password/change";
    bench.public("ChangePasswordPublic", path, Some(&change(2, 3))).await;
    bench.check();
}

async fn a_reset_by_mail_costs_so_many_statements(bench: Bench) {
    let ada = Target::make(&bench).await;
    ada.act("SendPasswordResetEmail", "password/reset/sendresetemail", None).await;
    ada.act("ResetPasswordTokenRequest", "password/reset/request", None).await;
    let answer = respond(&bench, 1).await;
    ada.act("ResetPasswordTokenResponse", "password/reset/response", Some(&answer)).await;
    let path = "user/loginname/ada/password/reset/request";
    bench.public("ResetPasswordTokenRequestPublic", path, None).await;
    let answer = respond(&bench, 2).await;
    let path = "user/loginname/ada/password/reset/response";
    bench.public("ResetPasswordTokenResponsePublic", path, Some(&answer)).await;
    bench.check();
}

/// A new password with the token that was mailed last.
async fn respond(bench: &Bench, number: u8) -> Value {
    let (courier, letters) = (bench.world().courier(), &bench.world().letters);
    while !courier.round(1).await.unwrap().is_idle() {}
    let token = letters.latest_token().unwrap();
    json!({ "password": text(number), "token": token.reveal() })
}
