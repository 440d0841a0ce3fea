//! Every operation of the reference, as its tables print them: paths, methods, codes and shapes.

use reqwest::Method;
use serde_json::{Value, json};

use super::fixture::Fixture;

/// What an answer holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Nothing.
    Nothing,
    /// One object with these properties, in this order.
    One(&'static [&'static str]),
    /// An array of such objects, not empty.
    Many(&'static [&'static str]),
}

/// One operation.
pub(super) struct Operation {
    pub(super) id: &'static str,
    pub(super) method: Method,
    /// Below the store, with the parameters of the document.
    pub(super) path: &'static str,
    /// Not the one it is walked with, but a query that it needs.
    pub(super) query: &'static str,
    pub(super) body: fn(&Fixture) -> Option<Value>,
    pub(super) status: u16,
    pub(super) shape: Shape,
}

pub(super) const USER: &[&str] = &[
    "instanceId",
    "id",
    "externalUniqueIdentifier",
    "loginName",
    "firstName",
    "lastName",
    "emailAddress",
    "emailAddressConfirmed",
    "userValidFrom",
    "userValidTo",
    "isUserActive",
    "isUserLockEnabled",
    "isUserLocked",
    "failedUserLoginAttempts",
    "passwordNeverExpires",
    "canChangePasswordOnExpiration",
    "passwordExpiration",
    "isInitialPassword",
    "isPasswordChangeRequired",
    "memberOfGroups",
    "userProfiles",
    "isTwoFactorRequired",
    "isTwoFactorRegistered",
];
pub(super) const GROUP: &[&str] =
    &["instanceId", "id", "name", "memberUsers", "parentGroups", "memberGroups", "metadata"];
pub(super) const METADATA: &[&str] = &["instanceId", "groupId", "key", "value"];
pub(super) const PROFILE: &[&str] = &["instanceId", "userId", "key", "value"];
pub(super) const ENTRY: &[&str] = &[
    "id",
    "timestamp",
    "user",
    "area",
    "primaryKey",
    "category",
    "action",
    "dataSource",
    "originalContent",
    "currentContent",
    "signature",
    "signaturePublicKeyInfo",
    "instanceId",
    "originalSalt",
    "originalCommitment",
    "currentSalt",
    "currentCommitment",
];
pub(super) const SUMMARY: &[&str] = &["synchronized", "failed", "startedAt", "finishedAt"];

/// What the specification adds to the reference, as far as it is built: method and path.
pub(super) const EXTENSIONS: &[(&str, &str)] = &[
    ("get", "/api/userstore/v1"),
    ("post", "/api/userstore/v1"),
    ("get", "/api/userstore/v1/{userstore}"),
    ("put", "/api/userstore/v1/{userstore}"),
    ("patch", "/api/userstore/v1/{userstore}"),
    ("delete", "/api/userstore/v1/{userstore}"),
    ("post", "/api/userstore/v1/{userstore}/administration/User/batch/delete"),
    ("post", "/api/userstore/v1/{userstore}/administration/Group/batch/delete"),
    (
        "post",
        "/api/userstore/v1/{userstore}/administration/Group/{groupId}/GroupMetadata/batch/delete",
    ),
    ("post", "/api/userstore/v1/{userstore}/administration/user/{userId}/UserProfile/batch/delete"),
    (
        "post",
        "/api/userstore/v1/{userstore}/administration/User/loginname/{userName}/password/verify",
    ),
    (
        "post",
        "/api/userstore/v1/{userstore}/PublicAdmin/user/loginname/{loginName}/password/reset/request",
    ),
    ("get", "/api/userstore/v1/{userstore}/administration/Role/assignment"),
    ("post", "/api/userstore/v1/{userstore}/administration/Role/assignment"),
    ("delete", "/api/userstore/v1/{userstore}/administration/Role/assignment"),
    ("get", "/api/userstore/v1/{userstore}/administration/Client"),
    ("post", "/api/userstore/v1/{userstore}/administration/Client"),
    ("delete", "/api/userstore/v1/{userstore}/administration/Client"),
    ("get", "/api/userstore/v1/{userstore}/administration/CustomAuditTrail/checkpoint"),
    ("get", "/api/userstore/v1/{userstore}/administration/CustomAuditTrail/checkpoint/{size}"),
    ("get", "/api/userstore/v1/{userstore}/administration/CustomAuditTrail/{id}/proof"),
    ("get", "/api/userstore/v1/{userstore}/administration/CustomAuditTrail/consistency"),
    ("get", "/api/userstore/v1/{userstore}/administration/CustomAuditTrail/keys"),
    ("get", "/api/userstore/v1/{userstore}/administration/Event"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/openapi.json"),
    ("get", "/docs"),
    ("get", "/docs/"),
    ("get", "/docs/{file}"),
];

/// One row: `Id METHOD path status shape, body`.
macro_rules! operations {
    ($($id:ident $method:ident $path:literal $status:literal $shape:expr, $body:expr;)+) => {
        /// Every operation that is built.
        pub(super) fn operations() -> Vec<Operation> {
            vec![$({
                let (path, query) = $path.split_once('?').unwrap_or(($path, ""));
                Operation {
                    id: stringify!($id),
                    method: Method::$method,
                    path,
                    query,
                    body: $body,
                    status: $status,
                    shape: $shape,
                }
            }),+]
        }
    };
}

use Shape::{Many, Nothing, One};

const NO_BODY: fn(&Fixture) -> Option<Value> = |_| None;

operations! {
    GetAuditTrail GET "administration/CustomAuditTrail/{id}" 200 One(ENTRY), NO_BODY;
    GetAuditTrails GET "administration/CustomAuditTrail" 200 Many(ENTRY), NO_BODY;

    GetAllGroupMembershipFromGroup GET "administration/Group/parentGroup/{parentGroupId}/membership" 200 Many(GROUP), NO_BODY;
    GetAllGroupMembershipFromUser GET "administration/Group/user/{userid}/membership" 200 Many(GROUP), NO_BODY;
    SynchronizeAllGroup GET "administration/Group/synchronize" 200 One(SUMMARY), NO_BODY;
    GetGroups GET "administration/Group" 200 Many(GROUP), NO_BODY;
    CreateGroup POST "administration/Group" 201 One(GROUP), |f| Some(f.new_group());
    UpdateGroups PUT "administration/Group/batch" 200 Many(GROUP), |f| Some(json!([f.renamed_group()]));
    CreateGroups POST "administration/Group/batch" 200 Many(GROUP), |f| Some(json!([f.new_group()]));
    DeleteGroups DELETE "administration/Group/batch" 204 Nothing, |f| Some(json!([f.group]));
    PatchGroups PATCH "administration/Group/batch" 202 Many(GROUP), |f| Some(json!([{ "ids": [f.group], "patch": f.patch("/name") }]));
    GetGroup GET "administration/Group/{id}" 200 One(GROUP), NO_BODY;
    UpdateGroup PUT "administration/Group/{id}" 202 One(GROUP), |f| Some(f.renamed_group());
    DeleteGroup DELETE "administration/Group/{id}" 204 Nothing, NO_BODY;
    PatchGroup PATCH "administration/Group/{id}" 202 One(GROUP), |f| Some(f.patch("/name"));
    CreateOrUpdateGroup POST "administration/Group/createorupdate" 201 One(GROUP), |f| Some(f.renamed_group());
    CreateOrUpdateGroups POST "administration/Group/createorupdate/batch" 200 Many(GROUP), |f| Some(json!([f.renamed_group(), f.new_group()]));

    GetGroupMetadataByGroupId GET "administration/Group/{groupId}/GroupMetadata/groupId" 200 Many(METADATA), NO_BODY;
    GetGroupMetadata GET "administration/Group/{groupId}/GroupMetadata/{key}" 200 One(METADATA), NO_BODY;
    UpdateGroupMetadata PUT "administration/Group/{groupId}/GroupMetadata/{key}" 202 One(METADATA), |f| Some(f.attribute("color"));
    DeleteGroupMetadata DELETE "administration/Group/{groupId}/GroupMetadata/{key}" 204 Nothing, NO_BODY;
    PatchGroupMetadata PATCH "administration/Group/{groupId}/GroupMetadata/{key}" 202 One(METADATA), |f| Some(f.patch("/value"));
    GetGroupMetadatas GET "administration/Group/{groupId}/GroupMetadata" 200 Many(METADATA), NO_BODY;
    CreateGroupMetadata POST "administration/Group/{groupId}/GroupMetadata" 201 One(METADATA), |f| Some(f.attribute("new"));
    UpdateGroupMetadatas PUT "administration/Group/{groupId}/GroupMetadata/batch" 200 Many(METADATA), |f| Some(json!([f.attribute("color")]));
    CreateGroupMetadatas POST "administration/Group/{groupId}/GroupMetadata/batch" 200 Many(METADATA), |f| Some(json!([f.attribute("new")]));
    DeleteGroupMetadatas DELETE "administration/Group/{groupId}/GroupMetadata/batch" 204 Nothing, |f| Some(json!([{ "item1": f.group, "item2": "color" }]));
    PatchGroupMetadatas PATCH "administration/Group/{groupId}/GroupMetadata/batch" 202 Many(METADATA), |f| Some(json!([{ "ids": [{ "item1": f.group, "item2": "color" }], "patch": f.patch("/value") }]));
    CreateOrUpdateGroupMetadata POST "administration/Group/{groupId}/GroupMetadata/createorupdate" 201 One(METADATA), |f| Some(f.attribute("color"));
    CreateOrUpdateGroupMetadatas POST "administration/Group/{groupId}/GroupMetadata/createorupdate/batch" 200 Many(METADATA), |f| Some(json!([f.attribute("color"), f.attribute("new")]));

    ChangePasswordPublic POST "PublicAdmin/user/loginname/{loginName}/password/change" 200 Nothing, |_| Some(Fixture::changed_password());
    ResetPasswordTokenResponsePublic POST "PublicAdmin/user/loginname/{loginname}/password/reset/response" 200 Nothing, |f| Some(f.password_by_token());

    GetUserByLoginName GET "administration/User/loginname/{userName}" 200 One(USER), NO_BODY;
    SynchronizeAllUser GET "administration/User/synchronize" 200 One(SUMMARY), NO_BODY;
    SetInitialPassword POST "administration/User/{userId}/password/initial" 200 One(USER), |_| Some(Fixture::password());
    ResetInitialPasswordExpiration POST "administration/User/{userId}/password/initial/reset" 200 One(USER), NO_BODY;
    ResetPassword POST "administration/User/{userId}/password/reset" 200 One(USER), |_| Some(Fixture::new_password());
    SendPasswordResetEmail POST "administration/User/{userId}/password/reset/sendresetemail" 200 One(USER), NO_BODY;
    ResetPasswordTokenRequest POST "administration/User/{userId}/password/reset/request" 200 One(USER), NO_BODY;
    ResetPasswordTokenResponse POST "administration/User/{userId}/password/reset/response" 200 One(USER), |f| Some(f.password_by_token());
    ResetAccessFailedCount POST "administration/User/{userId}/lockout/reset" 200 One(USER), NO_BODY;
    ChangePassword POST "administration/User/{userId}/password/change" 200 One(USER), |_| Some(Fixture::changed_password());
    SetUserState POST "administration/User/{userId}/state?isActive=false" 200 One(USER), NO_BODY;
    GetUsers GET "administration/User" 200 Many(USER), NO_BODY;
    CreateUser POST "administration/User" 201 One(USER), |f| Some(f.new_user());
    UpdateUsers PUT "administration/User/batch" 200 Many(USER), |f| Some(json!([f.renamed_user()]));
    CreateUsers POST "administration/User/batch" 200 Many(USER), |f| Some(json!([f.new_user()]));
    DeleteUsers DELETE "administration/User/batch" 204 Nothing, |f| Some(json!([f.user]));
    PatchUsers PATCH "administration/User/batch" 202 Many(USER), |f| Some(json!({ "ids": [f.user], "patch": { "operations": f.patch("/firstName") } }));
    GetUser GET "administration/User/{id}" 200 One(USER), NO_BODY;
    UpdateUser PUT "administration/User/{id}" 202 One(USER), |f| Some(f.renamed_user());
    DeleteUser DELETE "administration/User/{id}" 204 Nothing, NO_BODY;
    PatchUser PATCH "administration/User/{id}" 202 One(USER), |f| Some(f.patch("/firstName"));
    CreateOrUpdateUser POST "administration/User/createorupdate" 201 One(USER), |f| Some(f.renamed_user());
    CreateOrUpdateUsers POST "administration/User/createorupdate/batch" 200 Many(USER), |f| Some(json!([f.renamed_user(), f.new_user()]));

    GetUserProfilesByUserId GET "administration/user/{userId}/UserProfile/userId" 200 Many(PROFILE), NO_BODY;
    GetUserProfile GET "administration/user/{userId}/UserProfile/{key}" 200 One(PROFILE), NO_BODY;
    UpdateUserProfile PUT "administration/user/{userId}/UserProfile/{key}" 202 One(PROFILE), |f| Some(f.attribute("color"));
    DeleteUserProfile DELETE "administration/user/{userId}/UserProfile/{key}" 204 Nothing, NO_BODY;
    PatchUserProfile PATCH "administration/user/{userId}/UserProfile/{key}" 202 One(PROFILE), |f| Some(f.patch("/value"));
    GetUserProfiles GET "administration/user/{userId}/UserProfile" 200 Many(PROFILE), NO_BODY;
    CreateUserProfile POST "administration/user/{userId}/UserProfile" 201 One(PROFILE), |f| Some(f.attribute("new"));
    UpdateUserProfiles PUT "administration/user/{userId}/UserProfile/batch" 200 Many(PROFILE), |f| Some(json!([f.attribute("color")]));
    CreateUserProfiles POST "administration/user/{userId}/UserProfile/batch" 200 Many(PROFILE), |f| Some(json!([f.attribute("new")]));
    DeleteUserProfiles DELETE "administration/user/{userId}/UserProfile/batch" 204 Nothing, |f| Some(json!([{ "item1": f.user, "item2": "color" }]));
    PatchUserProfiles PATCH "administration/user/{userId}/UserProfile/batch" 202 Many(PROFILE), |f| Some(json!([{ "ids": [{ "item1": f.user, "item2": "color" }], "patch": f.patch("/value") }]));
    CreateOrUpdateUserProfile POST "administration/user/{userId}/UserProfile/createorupdate" 201 One(PROFILE), |f| Some(f.attribute("color"));
    CreateOrUpdateUserProfiles POST "administration/user/{userId}/UserProfile/createorupdate/batch" 200 Many(PROFILE), |f| Some(json!([f.attribute("color"), f.attribute("new")]));
}
