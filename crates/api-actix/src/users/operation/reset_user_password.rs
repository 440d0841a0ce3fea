use actix_web::{HttpResponse, get, post};
use domain::access::Permission;
use domain::error::UseCaseError;
use domain::password::Choice;
use domain::text::Folded;
use domain::token::{Purpose, Token};

use super::endpoint::{endpoints, request};
use super::read::{Sent, password, permitted, user_name, whole};
use super::refusals::ChangeRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::request::{Fields, Request};
use crate::users::view::ResetPassword;

request! {
    /// A password to be reset. With neither a password nor a token, one is generated.
    ResetUserPassword {
        /// The name that the user signs in with.
        user_name: String,
        /// The password to be set.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        new_password: Option<String>,
        /// What `PreviewResetUserPassword` answered: sets the password that was shown with it.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        preview_token: Option<String>,
    }
}

endpoints! {
    for caller: "/api/users/resetPassword/" => reset_user_password, Writes, ResetUserPassword;
    get: reset_user_password_get "ResetUserPassword_Get";
    post: reset_user_password_post "ResetUserPassword_Post";
    document: {
        summary = "Sets a password for another user, who has to replace it.",
        description = "For holders of `UserManage`. Sessions and locks of the user end.",
    }
    responses: {
        (status = 200, description = "The password, shown this once", body = ResetPassword),
        ChangeRefusals,
    }
}

/// Sets a password for another user, who has to replace it.
pub(crate) async fn reset_user_password(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let read = read(&mut request.fields);
    let (name, choice) = permitted(&request, &context, Permission::UserManage, read).await?;
    let passwords = request.api.shared.passwords.clone();
    let reset =
        undivided(
            async move { passwords.reset_as(&context, name, choice).await.map_err(named_here) },
        );
    Ok(HttpResponse::Ok().json(ResetPassword::from(&reset.await?)))
}

const NEW_PASSWORD: &str = "NewPassword";
const PREVIEW_TOKEN: &str = "PreviewToken";

fn read(fields: &mut Fields) -> Result<(Folded, Choice), Problem> {
    let name = user_name(fields);
    let token = Sent::of(fields, PREVIEW_TOKEN).text();
    let chosen = password(fields, NEW_PASSWORD);
    let choice = match (token, chosen) {
        (None, None) => Choice::Generated,
        (None, Some(password)) => Choice::Chosen(password),
        (Some(mut token), None) => {
            let token = std::mem::take(&mut *token);
            Choice::Previewed(Token::shown(Purpose::PasswordPreview, token))
        }
        (Some(_), Some(_)) => {
            fields.refuse(NEW_PASSWORD, format!("must not be given beside {PREVIEW_TOKEN}"));
            fields.refuse(PREVIEW_TOKEN, format!("must not be given beside {NEW_PASSWORD}"));
            return whole(fields, None);
        }
    };
    whole(fields, name.map(|name| (name, choice)))
}

/// The refusal with the name that this request has for the password.
fn named_here(refusal: UseCaseError) -> UseCaseError {
    let UseCaseError::Invalid(mut invalid) = refusal else {
        return refusal;
    };
    for broken in invalid.fields.iter_mut().filter(|broken| broken.property == "password") {
        NEW_PASSWORD.clone_into(&mut broken.property);
    }
    invalid.into()
}
