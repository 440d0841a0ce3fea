use domain::account::{Account, Added};
use domain::attribute::AttributeValue;
use domain::group::GroupName;
use domain::password::Password;
use domain::time::Instant;
use domain::user::{EmailAddress, PersonName, User};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::shown::{Permissions, Roles, Utc};
use super::{DateFormats, NotificationGroup, VERSION};

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape of the reference")]
pub(crate) struct UserDetails<'a> {
    /// A number that is the user's alone, for ever.
    #[schema(format = Int32)]
    id: i64,
    /// The name to sign in with; unique ignoring case.
    user_name: &'a str,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    first_name: Option<&'a str>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    second_name: Option<&'a str>,
    /// Where mail goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<&'a str>,
    /// The permanent lock.
    locked: bool,
    /// The roles that are given to the user.
    #[schema(value_type = Vec<String>)]
    roles: Roles<'a>,
    /// What these roles, and those of the user's groups, allow.
    #[schema(value_type = Vec<String>)]
    permissions: Permissions,
    /// The names of the groups that the user is directly in.
    groups: Vec<&'a str>,
    /// What the user is notified of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    notification_groups: Option<Vec<NotificationGroup>>,
    /// The time zone of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time_zone_id: Option<&'a str>,
    /// How dates and times are to be shown to the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    date_formats: Option<DateFormats>,
    /// Whether a second factor is asked for at every sign-in.
    two_factor_required: bool,
    /// When somebody last tried to sign in as the user, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    last_logon_attempt_utc: Option<Utc>,
    /// Until when the user has to replace the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    change_password_by_utc: Option<Utc>,
    /// The password that was generated with the user, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Password)]
    generated_password: Option<&'a str>,
    /// Whether the user is kept here.
    is_internal: bool,
    /// Whether the user comes from Active Directory.
    #[serde(rename = "IsADUser")]
    is_ad_user: bool,
    /// Whether the user comes from an OAuth provider.
    #[serde(rename = "IsOAuthUser")]
    is_oauth_user: bool,
    /// Whether the user comes from a single sign-on.
    #[serde(rename = "IsSSOUser")]
    is_sso_user: bool,
    /// The version of the shape.
    version: i32,
}

impl<'a> From<&'a Account> for UserDetails<'a> {
    fn from(account: &'a Account) -> Self {
        let user = &account.user;
        let user_name = user.login_name.as_str();
        Self {
            id: user.number,
            user_name,
            first_name: user.first_name.as_ref().map(PersonName::as_str),
            second_name: user.last_name.as_ref().map(PersonName::as_str),
            email: user.email.as_ref().map(EmailAddress::as_str),
            locked: user.locked,
            roles: Roles(&account.roles),
            permissions: Permissions(account.permissions),
            groups: account.groups.iter().map(GroupName::as_str).collect(),
            notification_groups: notification_groups(account),
            time_zone_id: time_zone(account),
            date_formats: json(account.date_formats()).and_then(DateFormats::of),
            two_factor_required: user.two_factor_required,
            last_logon_attempt_utc: user.last_attempt.map(Utc),
            change_password_by_utc: change_password_by(user).map(Utc),
            generated_password: None,
            is_internal: true,
            is_ad_user: false,
            is_oauth_user: false,
            is_sso_user: false,
            version: VERSION,
        }
    }
}

impl<'a> From<&'a Added> for UserDetails<'a> {
    fn from(added: &'a Added) -> Self {
        let generated_password = added.generated.as_ref().map(Password::reveal);
        Self { generated_password, ..Self::from(&added.account) }
    }
}

/// Until when a user has to replace the password; nothing while no change is due.
pub(crate) fn change_password_by(user: &User) -> Option<Instant> {
    user.password_expires.filter(|_| user.password_change_required || user.initial_password)
}

/// The time zone of a user, where there is one.
pub(crate) fn time_zone(account: &Account) -> Option<&str> {
    account.time_zone().map(AttributeValue::as_str).filter(|text| !text.is_empty())
}

fn json(text: Option<&AttributeValue>) -> Option<Value> {
    text.and_then(|text| serde_json::from_str(text.as_str()).ok())
}

fn notification_groups(account: &Account) -> Option<Vec<NotificationGroup>> {
    let groups = json(account.notification_groups()).and_then(NotificationGroup::list)?;
    let user_name = account.user.login_name.as_str();
    Some(groups.into_iter().map(|group| group.of_user(user_name)).collect())
}
