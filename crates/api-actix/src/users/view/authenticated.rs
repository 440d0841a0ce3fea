use domain::second_factor::RecoveryCode;
use domain::session::{Identity, SessionTokens};
use domain::user::{PersonName, User};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::shown::{Permissions, Roles, Utc};

/// What came of signing in or out, or of the question who is signed in.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AuthenticateResponse<'a> {
    /// The id of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Uuid)]
    user_id: Option<String>,
    /// What proves the session: secret, and the same as the bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    session_id: Option<&'a str>,
    /// The name to sign in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user_name: Option<&'a str>,
    /// The name for people: given and family name, or the login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    display_name: Option<String>,
    /// What to send as `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    bearer_token: Option<&'a str>,
    /// What gives further bearer tokens of the session. None before the second factor is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    refresh_token: Option<&'a str>,
    /// When the refresh token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    refresh_token_expiry: Option<Utc>,
    /// The roles of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Vec<String>>)]
    roles: Option<Roles<'a>>,
    /// What they allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Vec<String>>)]
    permissions: Option<Permissions>,
    /// How the user has signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    auth_provider: Option<&'static str>,
    /// Empty: nothing failed.
    response_status: Succeeded,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    meta: Option<AuthenticateMeta<'a>>,
}

/// Nothing failed.
#[derive(Default, Serialize, ToSchema)]
struct Succeeded {}

/// What a session says beside the usual.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct AuthenticateMeta<'a> {
    /// Recovery codes, joined with commas: each is a second factor once. Shown this once.
    #[schema(format = Password)]
    recovery_codes: &'a str,
}

impl<'a> AuthenticateResponse<'a> {
    /// To whoever is signed in.
    pub(crate) fn identity(identity: &'a Identity) -> Self {
        let user = &identity.user;
        Self {
            user_id: Some(user.id.to_string()),
            user_name: Some(user.login_name.as_str()),
            display_name: Some(display_name(user)),
            roles: Some(Roles(&identity.roles)),
            permissions: Some(Permissions(identity.permissions)),
            auth_provider: Some("credentials"),
            ..Self::default()
        }
    }

    /// To whoever has just signed in.
    pub(crate) fn session(identity: &'a Identity, tokens: &'a SessionTokens) -> Self {
        let session = Some(tokens.session.reveal());
        let (refresh, expires) = match &tokens.refresh {
            Some((token, expires)) => (Some(token.reveal()), Some(Utc(*expires))),
            None => (None, None),
        };
        Self {
            session_id: session,
            bearer_token: session,
            refresh_token: refresh,
            refresh_token_expiry: expires,
            ..Self::identity(identity)
        }
    }

    /// The same with recovery codes, as [`joined`] joins them; none when there are none.
    pub(crate) fn with_recovery_codes(self, codes: &'a str) -> Self {
        let meta = (!codes.is_empty()).then_some(AuthenticateMeta { recovery_codes: codes });
        Self { meta, ..self }
    }
}

/// Recovery codes with commas between them.
pub(crate) fn joined(codes: &[RecoveryCode]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(codes.len() * 32));
    for (index, code) in codes.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&code.reveal());
    }
    text
}

fn display_name(user: &User) -> String {
    let names = [&user.first_name, &user.last_name];
    let names = names.into_iter().flatten().map(PersonName::as_str);
    let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() { user.login_name.to_string() } else { names.join(" ") }
}

/// A further token of a session. Clients read the one or the other spelling.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetAccessTokenResponse<'a> {
    /// What to send as `Authorization: Bearer`.
    #[schema(format = Password)]
    access_token: &'a str,
    /// The same.
    #[serde(rename = "accessToken")]
    #[schema(format = Password)]
    also: &'a str,
}

impl<'a> From<&'a SessionTokens> for GetAccessTokenResponse<'a> {
    fn from(tokens: &'a SessionTokens) -> Self {
        let token = tokens.session.reveal();
        Self { access_token: token, also: token }
    }
}
