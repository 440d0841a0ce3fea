//! Every operation of the specification, as its tables print them: paths, methods, codes, shapes.

use serde_json::{Value, json};

use super::fixture::Fixture;
use crate::sign_in::{NEW, RIGHT};

/// Who may ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Anybody, whatever credential they have.
    Anyone,
    /// A user with a session, for what is their own.
    Session,
    /// A user of whom the second factor is due.
    Elevating,
    /// Holders of `UserManage`.
    Manager,
    /// The user whom it concerns, and holders of `UserManage`.
    SelfOrManager,
    /// The holder of a refresh token.
    Refresher,
}

/// What an answer holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Nothing.
    Nothing,
    /// An object: what must be in it, and what may be.
    One(&'static [&'static str], &'static [&'static str]),
    /// An array of such objects, not empty.
    Many(&'static [&'static str], &'static [&'static str]),
    /// An array of texts.
    Texts,
    /// True or false.
    Flag,
}

/// One operation.
pub(super) struct Operation {
    /// Of the predefined routes, where it has one.
    pub(super) request_type: Option<&'static str>,
    /// Below `/api`, without a slash at the end.
    pub(super) path: &'static str,
    /// Whether the REST route takes GET beside POST.
    pub(super) by_get: bool,
    /// Whether it changes anything: by GET only where that is not switched off. What counts attempts
    /// does, and what gives a session or a token.
    pub(super) writes: bool,
    pub(super) who: Who,
    pub(super) status: u16,
    pub(super) shape: Shape,
    pub(super) fields: fn(&Fixture) -> Value,
}

impl Operation {
    /// The path with the name in it, where one belongs there.
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("/api{}", self.path.replace("{UserName}", name))
    }

    /// What goes beside the path: a name in the path is not repeated.
    pub(super) fn fields_beside_path(&self, fixture: &Fixture) -> Value {
        let mut fields = (self.fields)(fixture);
        if self.path.contains("{UserName}") {
            fields.as_object_mut().expect("an object").remove("UserName");
        }
        fields
    }

    /// Whether the fields name a user by `UserName`, as whom it concerns.
    pub(super) fn names_a_user(&self) -> bool {
        matches!(self.who, Who::Manager | Who::SelfOrManager)
            && !["/users", "/users/add"].contains(&self.path)
    }
}

/// The request types of the predefined routes.
pub(super) const REQUEST_TYPES: [&str; 19] = [
    "AddUser",
    "GetUserTwoFactorStatus",
    "ElevateUserTwoFactorStatus",
    "ValidateUserPassword",
    "DeleteUser",
    "GetUser",
    "UpdateUser",
    "UpdateUserPassword",
    "ResetUser",
    "ResetUserPassword",
    "PreviewResetUserPassword",
    "ResetUser2fa",
    "GetUserList",
    "Authenticate",
    "GetAccessToken",
    "GetUserRoles",
    "GetPermissions",
    "GetUserRolesPermissions",
    "GetUserHasChangedPassword",
];

/// Where predefined routes lie.
pub(super) const PREDEFINED: [&str; 4] = ["/api", "/json/reply", "/api/api", "/api/json/reply"];

const DETAILS: &[&str] = &[
    "Id",
    "UserName",
    "Locked",
    "Roles",
    "Permissions",
    "Groups",
    "TwoFactorRequired",
    "IsInternal",
    "IsADUser",
    "IsOAuthUser",
    "IsSSOUser",
    "Version",
];
const MORE_DETAILS: &[&str] = &[
    "FirstName",
    "SecondName",
    "Email",
    "NotificationGroups",
    "TimeZoneId",
    "DateFormats",
    "LastLogonAttemptUtc",
    "ChangePasswordByUtc",
    "GeneratedPassword",
];
const STATUS: &[&str] = &["TwoFactorRequired", "TwoFactorRegistration", "Version"];
const MORE_STATUS: &[&str] = &["ChangePasswordByUtc", "SetupCode", "SetupImageUrl"];
const SIGNED_IN: &[&str] = &["UserId", "SessionId", "UserName", "BearerToken"];
const MORE_SIGNED_IN: &[&str] = &[
    "DisplayName",
    "RefreshToken",
    "RefreshTokenExpiry",
    "Roles",
    "Permissions",
    "AuthProvider",
    "ResponseStatus",
    "Meta",
];
/// Who is signed in need not be told the secret again.
const KNOWN: &[&str] = &["UserId", "UserName"];
const MORE_KNOWN: &[&str] = &[
    "SessionId",
    "BearerToken",
    "DisplayName",
    "RefreshToken",
    "RefreshTokenExpiry",
    "Roles",
    "Permissions",
    "AuthProvider",
    "ResponseStatus",
    "Meta",
];
const SIGNED_OUT: &[&str] =
    &["UserName", "DisplayName", "Roles", "Permissions", "AuthProvider", "ResponseStatus", "Meta"];
const ROLES: &[&str] = &["Roles", "Total", "Returned"];
const ROLES_AND_PERMISSIONS: &[&str] =
    &["UserName", "Roles", "Permissions", "TwoFactorEnabled", "TwoFactorRegistration"];

use Shape::{Flag, Many, Nothing, One, Texts};
use Who::{Anyone, Elevating, Manager, Refresher, SelfOrManager, Session};

fn name(fixture: &Fixture) -> Value {
    json!({ "UserName": fixture.name })
}

fn nothing(_: &Fixture) -> Value {
    json!({})
}

fn new_details(fixture: &Fixture) -> Value {
    let user = json!({
        "UserName": format!("{}-new", fixture.name),
        "Roles": ["UserManager"],
        "TwoFactorRequired": false,
    });
    json!({ "UserDetails": user, "Password": NEW, "SkipCheck": false })
}

fn renamed(fixture: &Fixture) -> Value {
    json!({ "UserDetails": { "UserName": fixture.name, "FirstName": "Renamed" } })
}

/// One row: `RequestType path methods effect who status shape, fields`; `-` for what has no request
/// type of its own.
macro_rules! operations {
    ($($name:tt $path:literal $methods:ident $effect:ident $who:ident $status:literal $shape:expr, $fields:expr;)+) => {
        /// Every operation.
        pub(super) fn operations() -> Vec<Operation> {
            vec![$(Operation {
                request_type: Some(stringify!($name)).filter(|name| *name != "-"),
                path: $path,
                by_get: stringify!($methods) == "both",
                writes: stringify!($effect) == "writes",
                who: $who,
                status: $status,
                shape: $shape,
                fields: $fields,
            }),+]
        }
    };
}

operations! {
    AddUser "/users/add" both writes Manager 200 One(DETAILS, MORE_DETAILS), new_details;
    GetUserTwoFactorStatus "/users/twoFactorStatus" post writes Anyone 200 One(STATUS, MORE_STATUS), |f| json!({ "UserName": f.name, "Password": RIGHT });
    ElevateUserTwoFactorStatus "/users/elevateTwoFactorStatus" post writes Elevating 200 One(SIGNED_IN, MORE_SIGNED_IN), |f| json!({ "OneTimePassword": f.code });
    ValidateUserPassword "/users/validatePassword" both writes Anyone 204 Nothing, |f| json!({ "UserName": f.name, "CurrentPassword": RIGHT });
    DeleteUser "/users/delete" both writes Manager 204 Nothing, name;
    GetUser "/users/{UserName}" both reads SelfOrManager 200 One(DETAILS, MORE_DETAILS), name;
    UpdateUser "/users/update" both writes SelfOrManager 204 Nothing, renamed;
    UpdateUserPassword "/users/updatePassword" both writes SelfOrManager 204 Nothing, |f| json!({ "UserName": f.name, "CurrentPassword": RIGHT, "Password": NEW });
    ResetUser "/users/reset" both writes SelfOrManager 204 Nothing, name;
    ResetUserPassword "/users/resetPassword" both writes Manager 200 One(&["Password", "ChangeByDateUtc", "Version"], &[]), name;
    PreviewResetUserPassword "/users/previewResetPassword" post writes Manager 200 One(&["Password", "PreviewToken", "Version"], &[]), name;
    ResetUser2fa "/users/reset2fa" both writes SelfOrManager 204 Nothing, name;
    GetUserList "/users" both reads Manager 200 Many(DETAILS, MORE_DETAILS), nothing;
    Authenticate "/auth/credentials" both writes Anyone 200 One(SIGNED_IN, MORE_SIGNED_IN), |f| json!({ "provider": "credentials", "UserName": f.name, "Password": RIGHT });
    Authenticate "/auth" both reads Session 200 One(KNOWN, MORE_KNOWN), nothing;
    - "/auth/logout" both writes Session 200 One(&[], SIGNED_OUT), nothing;
    GetAccessToken "/access-token" both writes Refresher 200 One(&["AccessToken", "accessToken"], &["ResponseStatus"]), |f| json!({ "RefreshToken": f.session.refresh });
    GetUserRoles "/userRoles" both reads Session 200 One(ROLES, &["Version"]), nothing;
    GetPermissions "/permissions" both reads Session 200 Texts, nothing;
    GetUserRolesPermissions "/userRolesPermissions" both reads SelfOrManager 200 One(ROLES_AND_PERMISSIONS, &["TimeZoneId", "Version"]), name;
    GetUserHasChangedPassword "/userHasChangedPassword" both reads Session 200 Flag, nothing;
}
