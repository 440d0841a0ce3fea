use actix_web::{HttpResponse, get, post};
use domain::error::Invalid;
use domain::password::Password;
use domain::text::Folded;

use super::endpoint::{endpoints, request};
use super::read::{required_password, user_name, whole};
use super::refusals::{AnyoneRefusals, GetRefusals};
use super::sign_out::sign_out;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::cookies;
use crate::users::request::{Fields, Request};
use crate::users::view::AuthenticateResponse;

request! {
    /// Somebody who signs in, or out, or asks who is signed in.
    Authenticate {
        /// The name to sign in with. Without name and password the answer tells who is signed in.
        #[schema(nullable = false)]
        #[param(nullable = false)]
        user_name: Option<String>,
        /// The password.
        #[schema(nullable = false, format = Password)]
        #[param(nullable = false, format = Password)]
        password: Option<String>,
        /// Whether the session is to outlast the browser.
        #[schema(nullable = false)]
        #[param(nullable = false)]
        remember_me: Option<bool>,
        /// How: `credentials`, which is usual, or `logout`.
        #[schema(rename = "provider", nullable = false, example = "credentials")]
        #[param(rename = "provider", nullable = false, example = "credentials")]
        provider: Option<String>,
    }
}

endpoints! {
    for either: "/api/auth" => authenticate, Reads, Authenticate;
    get: authenticate_get "Authenticate_Get";
    post: authenticate_post "Authenticate_Post";
    document: {
        summary = "Signs in or out, or tells who is signed in.",
        description = "A wrong password counts as a failed attempt. Where a second factor is asked for, \
                       the session can do nothing but show it and end.",
    }
    responses: {
        (status = 200, description = "The session", body = AuthenticateResponse),
        AnyoneRefusals,
        GetRefusals,
    }
}

endpoints! {
    for anyone: "/api/auth/credentials" => sign_in, Writes, Authenticate;
    get: sign_in_get "AuthenticateCredentials_Get";
    post: sign_in_post "AuthenticateCredentials_Post";
    document: {
        summary = "Signs in.",
        description = "A wrong password counts as a failed attempt. Where a second factor is asked for, \
                       the session can do nothing but show it and end.",
    }
    responses: {
        (status = 200, description = "The session", body = AuthenticateResponse),
        AnyoneRefusals,
    }
}

/// What somebody wants who says how they prove to be themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    /// Nothing is said.
    Unsaid,
    /// To sign in by name and password.
    Credentials,
    /// To sign out.
    Logout,
}

/// Signs in or out, or tells who is signed in.
pub(crate) async fn authenticate(mut request: Request) -> Result<HttpResponse, Problem> {
    match provider(&mut request.fields)? {
        Provider::Logout => {
            request.admit_write()?;
            sign_out(request).await
        }
        Provider::Unsaid if !has_credentials(&request.fields) => who_is_signed_in(&request).await,
        Provider::Unsaid | Provider::Credentials => {
            request.admit_write()?;
            enter(request).await
        }
    }
}

/// Signs in.
async fn sign_in(mut request: Request) -> Result<HttpResponse, Problem> {
    match provider(&mut request.fields)? {
        Provider::Unsaid | Provider::Credentials => enter(request).await,
        Provider::Logout => {
            Err(Problem::invalid(Invalid::one(PROVIDER, "must be credentials, as the path says")))
        }
    }
}

const PROVIDER: &str = "provider";

fn provider(fields: &mut Fields) -> Result<Provider, Problem> {
    let provider = match fields.text(PROVIDER).map(|it| it.to_ascii_lowercase()).as_deref() {
        None | Some("") => Provider::Unsaid,
        Some("credentials") => Provider::Credentials,
        Some("logout") => Provider::Logout,
        Some(_) => {
            fields.refuse(PROVIDER, "must be credentials or logout");
            Provider::Unsaid
        }
    };
    whole(fields, Some(provider))
}

fn has_credentials(fields: &Fields) -> bool {
    fields.has("UserName") || fields.has("Password")
}

async fn who_is_signed_in(request: &Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let identity = request.api.shared.sessions.whoami(&context).await?;
    Ok(HttpResponse::Ok().json(AuthenticateResponse::identity(&identity)))
}

async fn enter(mut request: Request) -> Result<HttpResponse, Problem> {
    let store = request.anonymous()?;
    let (name, password, remember) = read(&mut request.fields)?;
    let sessions = request.api.shared.sessions.clone();
    let work = async move { sessions.sign_in(store, name, password, remember).await };
    let session = undivided(work).await?;
    let view = AuthenticateResponse::session(&session.identity, &session.tokens);
    let mut answer = HttpResponse::Ok().json(view);
    cookies::keep(&mut answer, &request, &session.tokens);
    Ok(answer)
}

fn read(fields: &mut Fields) -> Result<(Folded, Password, bool), Problem> {
    let (name, password) = (user_name(fields), required_password(fields, "Password"));
    let remember = fields.flag("RememberMe").unwrap_or_default();
    whole(fields, name.zip(password)).map(|(name, password)| (name, password, remember))
}
