//! The details of a user as a request sends them.

use std::fmt::Display;

use domain::access::{Permission, PermissionSet, RoleName};
use domain::account::AccountEdit;
use domain::attribute::AttributeValue;
use domain::error::UseCaseError;
use domain::group::GroupName;
use domain::user::{EmailAddress, PersonName};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::request::Fields;
use super::view::{DateFormats, NotificationGroup};

/// Details of a user to be set. Those that are absent or null stay as they are, an empty text clears.
/// What only the server says (`Id`, `ChangePasswordByUtc` …) is ignored.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
#[expect(dead_code, reason = "describes the fields; `edit` reads them")]
pub(crate) struct UserDetailsInput {
    /// The name to sign in with; says whose details they are.
    #[schema(min_length = 1, max_length = 256)]
    user_name: String,
    /// Given name.
    #[schema(max_length = 256)]
    first_name: Option<String>,
    /// Family name.
    #[schema(max_length = 256)]
    second_name: Option<String>,
    /// Where mail goes.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// The permanent lock.
    locked: Option<bool>,
    /// The roles that the user is to hold.
    roles: Option<Vec<String>>,
    /// What the roles allow, before or after the change: nothing else can be said here.
    permissions: Option<Vec<String>>,
    /// The names of the groups that the user is to be directly in.
    groups: Option<Vec<String>>,
    /// What the user is notified of.
    notification_groups: Option<Vec<NotificationGroup>>,
    /// The time zone of the user.
    time_zone_id: Option<String>,
    /// How dates and times are to be shown to the user.
    date_formats: Option<DateFormats>,
    /// Whether a second factor is to be asked for at every sign-in.
    two_factor_required: Option<bool>,
}

/// The details in a request. Noted where there are none.
pub(super) fn details(fields: &mut Fields) -> Option<Fields> {
    const NAME: &str = "UserDetails";
    let given = fields.has(NAME);
    let details = fields.nested(NAME);
    if !given {
        fields.refuse(NAME, "must be given");
    }
    details
}

/// What the details change. Rules that they break are noted.
pub(super) fn edit(details: &mut Fields) -> AccountEdit {
    AccountEdit {
        first_name: clearable(details, "FirstName", PersonName::parse),
        last_name: clearable(details, "SecondName", PersonName::parse),
        email: clearable(details, "Email", EmailAddress::parse),
        locked: details.flag("Locked"),
        two_factor_required: details.flag("TwoFactorRequired"),
        roles: each(details, "Roles", |name| RoleName::parse(&name)),
        permissions: permissions(details),
        groups: each(details, "Groups", GroupName::parse),
        time_zone: clearable(details, "TimeZoneId", AttributeValue::parse),
        date_formats: kept(details, "DateFormats", DateFormats::RULE, DateFormats::of),
        notification_groups: kept(
            details,
            "NotificationGroups",
            NotificationGroup::RULE,
            NotificationGroup::list,
        ),
    }
}

/// A refusal that names the properties of an account as they stand in a request.
pub(super) fn placed(refusal: UseCaseError) -> UseCaseError {
    let UseCaseError::Invalid(mut invalid) = refusal else {
        return refusal;
    };
    let outside = ["password", "currentPassword"];
    for broken in &mut invalid.fields {
        if !outside.contains(&broken.property.as_str()) {
            broken.property.insert_str(0, "UserDetails.");
        }
    }
    invalid.into()
}

fn permissions(details: &mut Fields) -> Option<PermissionSet> {
    let named: Vec<Permission> = each(details, "Permissions", |name| name.parse())?;
    Some(PermissionSet::of(&named))
}

/// A text that an empty one clears.
#[expect(clippy::option_option, reason = "nothing is said, or none is wanted, or a value")]
fn clearable<T, E: Display>(
    details: &mut Fields,
    name: &'static str,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Option<Option<T>> {
    let text = details.text(name)?;
    if text.is_empty() {
        return Some(None);
    }
    let parsed = parse(text).map_err(|rule| details.refuse(name, rule.to_string()));
    parsed.ok().map(Some)
}

/// A list of names.
fn each<T, E: Display>(
    details: &mut Fields,
    name: &'static str,
    parse: impl Fn(String) -> Result<T, E>,
) -> Option<Vec<T>> {
    let parsed: Result<Vec<_>, _> = details.texts(name)?.into_iter().map(parse).collect();
    parsed.map_err(|rule| details.refuse(name, format!("must be a list of which each {rule}"))).ok()
}

/// What is kept as JSON text, in the form in which it is shown; an empty text clears it.
#[expect(clippy::option_option, reason = "nothing is said, or none is wanted, or a value")]
fn kept<T: Serialize>(
    details: &mut Fields,
    name: &'static str,
    rule: &'static str,
    read: fn(Value) -> Option<T>,
) -> Option<Option<AttributeValue>> {
    let value = details.json(name)?;
    if value.as_str().is_some_and(str::is_empty) {
        return Some(None);
    }
    let Some(read) = read(value) else {
        details.refuse(name, rule);
        return None;
    };
    // Texts, numbers and lists of them always serialize.
    let text = serde_json::to_string(&read).unwrap_or_default();
    let parsed = AttributeValue::parse(text).map_err(|rule| details.refuse(name, rule.to_string()));
    parsed.ok().map(Some)
}
