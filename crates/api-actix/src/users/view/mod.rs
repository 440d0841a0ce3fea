//! How API 2 shows what there is: JSON in Pascal case, where nothing stands for null.

mod authenticated;
mod date_formats;
mod notification_group;
mod reset;
mod roles;
mod shape;
mod shown;
mod two_factor;
mod user_details;

pub(crate) use authenticated::{AuthenticateResponse, GetAccessTokenResponse, joined};
pub(crate) use date_formats::DateFormats;
pub(crate) use notification_group::NotificationGroup;
pub(crate) use reset::{PreviewReset, ResetPassword};
pub(crate) use roles::{GetUserRolesResponse, UserRolesPermissions};
pub(crate) use shown::utc;
pub(crate) use two_factor::{TwoFactorRegistration, TwoFactorStatusView};
pub(crate) use user_details::{UserDetails, change_password_by, time_zone};

/// The version of every shape that tells one.
const VERSION: i32 = 1;
