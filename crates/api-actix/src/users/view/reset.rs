use domain::password::{Preview, Reset};
use serde::Serialize;
use utoipa::ToSchema;

use super::VERSION;
use super::shown::Utc;

/// A password that was set for a user, shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResetPassword<'a> {
    /// The password.
    #[schema(format = Password)]
    password: &'a str,
    /// Until when the user has to replace it.
    #[schema(value_type = String, format = DateTime)]
    change_by_date_utc: Utc,
    /// The version of the shape.
    version: i32,
}

impl<'a> From<&'a Reset> for ResetPassword<'a> {
    fn from(reset: &'a Reset) -> Self {
        Self {
            password: reset.password.reveal(),
            change_by_date_utc: Utc(reset.change_by),
            version: VERSION,
        }
    }
}

/// A password that a reset would set, and what makes it so; each is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PreviewReset<'a> {
    /// The password.
    #[schema(format = Password)]
    password: &'a str,
    /// What `ResetUserPassword` takes to set it: once, within 15 minutes, from the same caller.
    #[schema(format = Password)]
    preview_token: &'a str,
    /// The version of the shape.
    version: i32,
}

impl<'a> From<&'a Preview> for PreviewReset<'a> {
    fn from(preview: &'a Preview) -> Self {
        Self {
            password: preview.password.reveal(),
            preview_token: preview.token.reveal(),
            version: VERSION,
        }
    }
}
