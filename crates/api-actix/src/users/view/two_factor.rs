use domain::second_factor::TwoFactorStatus;
use domain::user::User;
use serde::Serialize;
use utoipa::ToSchema;

use super::VERSION;
use super::shown::Utc;
use super::user_details::change_password_by;

/// How far a user is with a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum TwoFactorRegistration {
    /// None is asked for.
    NotRequired,
    /// One is asked for, and the user has yet to prove one.
    NotRegistered,
    /// One is asked for, and there.
    Registered,
}

impl TwoFactorRegistration {
    /// That of a user.
    pub(crate) fn of(user: &User) -> Self {
        match (user.two_factor_required, user.two_factor_registered) {
            (false, _) => Self::NotRequired,
            (true, false) => Self::NotRegistered,
            (true, true) => Self::Registered,
        }
    }
}

/// What a user has to know of the second factor before signing in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TwoFactorStatus)]
pub(crate) struct TwoFactorStatusView<'a> {
    /// Until when the user has to replace the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    change_password_by_utc: Option<Utc>,
    /// The secret for an authenticator, in base32, until a code has proved that the user has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    setup_code: Option<&'a str>,
    /// The same as a QR code: a `data:image/png` URI. None where the name of the user is too long for
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    setup_image_url: Option<&'a str>,
    /// Whether a second factor is asked for.
    two_factor_required: bool,
    /// How far the user is.
    two_factor_registration: TwoFactorRegistration,
    /// The version of the shape.
    version: i32,
}

impl<'a> TwoFactorStatusView<'a> {
    /// Of a user, with what is to be set up as text and as picture.
    pub(crate) fn new(
        status: &TwoFactorStatus,
        setup_code: Option<&'a str>,
        setup_image_url: Option<&'a str>,
    ) -> Self {
        let user = &status.user;
        Self {
            change_password_by_utc: change_password_by(user).map(Utc),
            setup_code,
            setup_image_url,
            two_factor_required: user.two_factor_required,
            two_factor_registration: TwoFactorRegistration::of(user),
            version: VERSION,
        }
    }
}
