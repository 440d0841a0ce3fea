use actix_web::{HttpResponse, get, post};
use domain::password::Password;
use domain::text::Folded;

use super::endpoint::{endpoints, request};
use super::read::{MUST_BE_GIVEN, Sent, user_name, whole};
use super::refusals::AnyoneRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::request::{Fields, Request};

request! {
    /// A password to be looked at: `Password` or `CurrentPassword` alone is compared with the user's;
    /// with both, `CurrentPassword` is, and `Password` is looked at as one to replace it.
    ValidateUserPassword {
        /// The name to sign in with.
        user_name: String,
        /// The present password, or one to replace it.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        password: Option<String>,
        /// The present password.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        current_password: Option<String>,
    }
}

endpoints! {
    for anyone: "/api/users/validatePassword/" => validate_user_password, Writes, ValidateUserPassword;
    get: validate_user_password_get "ValidateUserPassword_Get";
    post: validate_user_password_post "ValidateUserPassword_Post";
    document: {
        summary = "Says whether this is the password of the user, and whether another could replace it.",
        description = "A wrong one counts as a failed attempt.",
    }
    responses: {
        (status = 204, description = "It is, and could"),
        AnyoneRefusals,
    }
}

const PASSWORD: &str = "Password";
const CURRENT_PASSWORD: &str = "CurrentPassword";

/// What is to be looked at.
enum Asked {
    /// Whether it is the present one.
    Present(Password),
    /// Whether the first is the present one, and the second could replace it.
    Replacement(Password, Password),
}

/// Says whether this is the password of the user, and whether another could replace it.
pub(crate) async fn validate_user_password(mut request: Request) -> Result<HttpResponse, Problem> {
    let store = request.anonymous()?;
    let (name, asked) = read(&mut request.fields)?;
    let passwords = request.api.shared.passwords.clone();
    let work = async move {
        match asked {
            Asked::Present(password) => passwords.validate(store, name, password).await,
            Asked::Replacement(present, new) => {
                passwords.validate_change(store, name, present, new).await
            }
        }
    };
    undivided(work).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read(fields: &mut Fields) -> Result<(Folded, Asked), Problem> {
    let name = user_name(fields);
    let (password, current) = (Sent::of(fields, PASSWORD), Sent::of(fields, CURRENT_PASSWORD));
    if password.is_nothing() && current.is_nothing() {
        fields.refuse(PASSWORD, MUST_BE_GIVEN);
    }
    let password = password.password(fields, PASSWORD);
    let asked = match (current.password(fields, CURRENT_PASSWORD), password) {
        (Some(current), Some(new)) => Some(Asked::Replacement(current, new)),
        (current, password) => current.or(password).map(Asked::Present),
    };
    whole(fields, name.zip(asked))
}
