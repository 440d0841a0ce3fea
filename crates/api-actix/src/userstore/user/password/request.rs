//! Bodies with secrets. Each secret goes from the JSON into a type of its own that wipes it, and the
//! bytes are wiped where nobody else holds them. No error tells anything of one.

use std::convert::Infallible;

use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use domain::error::Invalid;
use domain::password::Password;
use domain::second_factor::Code;
use domain::time::Instant;
use domain::token::{Purpose, Token};
use serde_json::Value;
use utoipa::ToSchema;
use zeroize::Zeroize as _;

use crate::problem::{Kind, Problem};
use crate::request::body::Body;
use crate::request::fields::{Field, Fields};
use crate::request::json;
use crate::state::Api;

/// A body with secrets.
pub(in crate::userstore) trait SecretBody: Sized {
    /// Its properties.
    const NAMES: &'static [&'static str];

    /// What the properties say. `None` where a rule is broken, which is noted.
    fn take(fields: &mut Fields<'_>) -> Option<Self>;
}

/// The most bytes of such a body: far more than its secrets have when every character is escaped.
const MOST_BYTES: usize = 64 * 1024;

/// What a body says.
///
/// # Errors
/// It cannot be read, or breaks rules: all of them are told at once.
pub(in crate::userstore) async fn read<T: SecretBody>(
    api: &Api,
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Problem> {
    let limits = api.shared.limits;
    let most = limits.body_bytes.min(MOST_BYTES);
    let sent = body.json(headers, most, limits.patience()).await?;
    let value = json::value(&sent, limits.json());
    wipe(sent);
    let Value::Object(object) = value? else {
        return Err(Problem::because(Kind::MalformedBody, "The body must be a JSON object."));
    };
    let mut invalid = Invalid::default();
    let taken = T::take(&mut Fields::of(object, T::NAMES, "", &mut invalid));
    let taken = taken.filter(|_| invalid.fields.is_empty());
    taken.ok_or_else(|| Problem::invalid(invalid))
}

/// Wipes the bytes of a body, unless the connection reads further ones into the same memory.
fn wipe(sent: Bytes) {
    if let Ok(mut sent) = sent.try_into_mut() {
        sent.as_mut().zeroize();
    }
}

/// A first password. Unknown properties are ignored.
#[derive(ToSchema)]
#[schema(as = InitialPassword)]
pub(super) struct InitialPassword {
    /// The password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(super) password: Password,
    /// Until when the user has to replace it: in the future. Without it, after the days of the
    /// store's setting.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) expiration: Option<Instant>,
}

impl SecretBody for InitialPassword {
    const NAMES: &'static [&'static str] = &["password", "expiration"];

    fn take(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.required_text("password", Password::parse);
        let expiration = match fields.text("expiration", |text| text.parse()) {
            Field::Value(at) => Some(at),
            Field::Absent | Field::Null | Field::Wrong => None,
        };
        Some(Self { password: password?, expiration })
    }
}

/// A password. Unknown properties are ignored.
#[derive(ToSchema)]
#[schema(as = NewPassword)]
pub(super) struct NewPassword {
    /// The password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(super) password: Password,
}

impl SecretBody for NewPassword {
    const NAMES: &'static [&'static str] = &["password"];

    fn take(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.required_text("password", Password::parse)?;
        Some(Self { password })
    }
}

/// What a user shows to sign in. Unknown properties are ignored.
#[derive(ToSchema)]
#[schema(as = ShownPassword, rename_all = "camelCase")]
pub(super) struct ShownPassword {
    /// The password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(super) password: Password,
    /// The second factor, where one is required: six digits of the authenticator, or a recovery code.
    /// Spaces do not count.
    #[schema(value_type = Option<String>, format = Password)]
    pub(super) one_time_password: Option<Code>,
}

impl SecretBody for ShownPassword {
    const NAMES: &'static [&'static str] = &["password", ONE_TIME_PASSWORD];

    fn take(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.required_text("password", Password::parse);
        let one_time_password = code(fields);
        Some(Self { password: password?, one_time_password })
    }
}

const ONE_TIME_PASSWORD: &str = "oneTimePassword";

/// The second factor, where one is shown. What can be none is noted, so that it is never tried.
fn code(fields: &mut Fields<'_>) -> Option<Code> {
    match fields.text(ONE_TIME_PASSWORD, Code::parse) {
        Field::Value(code) => Some(code),
        Field::Absent | Field::Null | Field::Wrong => None,
    }
}

/// A password, and the token that allows to set it. Unknown properties are ignored.
#[derive(ToSchema)]
#[schema(as = TokenPassword)]
pub(in crate::userstore) struct TokenPassword {
    /// The password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(in crate::userstore) password: Password,
    /// The token as it was mailed. A text that can be none is refused like one that is wrong.
    #[schema(value_type = String, format = Password)]
    pub(in crate::userstore) token: Option<Token>,
}

impl SecretBody for TokenPassword {
    const NAMES: &'static [&'static str] = &["password", "token"];

    fn take(fields: &mut Fields<'_>) -> Option<Self> {
        let shown = |text| Ok::<_, Infallible>(Token::shown(Purpose::PasswordReset, text));
        let password = fields.required_text("password", Password::parse);
        let token = fields.required_text("token", shown);
        Some(Self { password: password?, token: token? })
    }
}

/// The present password, and the one to replace it. Unknown properties are ignored.
#[derive(ToSchema)]
#[schema(as = ChangePassword, rename_all = "camelCase")]
pub(super) struct ChangePassword {
    /// The present password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(super) old_password: Password,
    /// The new one.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(super) new_password: Password,
}

impl SecretBody for ChangePassword {
    const NAMES: &'static [&'static str] = &["oldPassword", "newPassword"];

    fn take(fields: &mut Fields<'_>) -> Option<Self> {
        let old = fields.required_text("oldPassword", Password::parse);
        let new = fields.required_text("newPassword", Password::parse);
        Some(Self { old_password: old?, new_password: new? })
    }
}

/// The same of whoever shows no credential beside it. Unknown properties are ignored.
#[derive(ToSchema)]
#[schema(as = ChangeOwnPassword, rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub(in crate::userstore) struct ChangeOwnPassword {
    /// The present password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(in crate::userstore) old_password: Password,
    /// The new one.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(in crate::userstore) new_password: Password,
    /// The second factor, where one is required: six digits of the authenticator, or a recovery code.
    /// Spaces do not count.
    #[schema(value_type = Option<String>, format = Password)]
    pub(in crate::userstore) one_time_password: Option<Code>,
}

impl SecretBody for ChangeOwnPassword {
    const NAMES: &'static [&'static str] = &["oldPassword", "newPassword", ONE_TIME_PASSWORD];

    fn take(fields: &mut Fields<'_>) -> Option<Self> {
        let change = ChangePassword::take(fields);
        let one_time_password = code(fields);
        let ChangePassword { old_password, new_password } = change?;
        Some(Self { old_password, new_password, one_time_password })
    }
}
