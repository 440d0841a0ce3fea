//! The paths that are made of the names of request types, as clients of ServiceStack make them: by
//! these every operation can be called.

use actix_web::HttpMessage as _;
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::operation;
use super::operation::endpoint::FormatQuery;
use super::operation::refusals::{AttemptRefusals, GetRefusals};
use super::request::{Effect, Request, Suffix};
use crate::openapi::ServiceConfig;
use crate::problem::{Kind, Problem};
use crate::request::body::Body;

/// Registers the paths. Their parameter stands where other paths of this API have literals.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_api)
        .service(post_api)
        .service(get_json_reply)
        .service(post_json_reply)
        .service(get_below_api)
        .service(post_below_api)
        .service(get_json_reply_below_api)
        .service(post_json_reply_below_api);
}

/// Defines the request types, with the effect and the operation of each.
macro_rules! request_types {
    ($($name:ident $effect:ident $operation:ident;)+) => {
        /// The name of an operation, ignoring case.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        pub(crate) enum RequestType {
            $(#[doc = concat!("`", stringify!($operation), "`")] $name,)+
        }

        impl RequestType {
            const ALL: &'static [(Self, &'static str)] =
                &[$((Self::$name, stringify!($name))),+];

            fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)+ }
            }

            async fn answer(self, request: Request) -> Result<HttpResponse, Problem> {
                match self { $(Self::$name => operation::$operation(request).await,)+ }
            }
        }
    };
}

request_types! {
    AddUser Writes add_user;
    GetUserTwoFactorStatus Writes get_user_two_factor_status;
    ElevateUserTwoFactorStatus Writes elevate_user_two_factor_status;
    ValidateUserPassword Writes validate_user_password;
    DeleteUser Writes delete_user;
    GetUser Reads get_user;
    UpdateUser Writes update_user;
    UpdateUserPassword Writes update_user_password;
    ResetUser Writes reset_user;
    ResetUserPassword Writes reset_user_password;
    PreviewResetUserPassword Writes preview_reset_user_password;
    ResetUser2fa Writes reset_user_2fa;
    GetUserList Reads get_user_list;
    Authenticate Reads authenticate;
    GetAccessToken Writes get_access_token;
    GetUserRoles Reads get_user_roles;
    GetPermissions Reads get_permissions;
    GetUserRolesPermissions Reads get_user_roles_permissions;
    GetUserHasChangedPassword Reads get_user_has_changed_password;
}

impl RequestType {
    /// The type of that name.
    fn named(name: &str) -> Option<Self> {
        let mut named = Self::ALL.iter().filter(|(_, known)| known.eq_ignore_ascii_case(name));
        named.next().map(|(named, _)| *named)
    }
}

/// Answers a request to the operation that the path names, with or without the suffix of a format.
async fn dispatch(http: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    let name = http.match_info().get("RequestType").unwrap_or_default();
    let (name, suffix) = match Suffix::split(name) {
        Some((bare, suffix)) => (bare, Some(suffix)),
        None => (name, None),
    };
    let named = RequestType::named(name).ok_or(Problem::new(Kind::NoSuchPath))?;
    if let Some(suffix) = suffix {
        http.extensions_mut().insert(suffix);
    }
    named.answer(Request::receive(http, body, named.effect()).await?).await
}

/// Emits the two handlers of a path.
macro_rules! predefined {
    ($path:literal: $get:ident $get_id:literal, $post:ident $post_id:literal) => {
        /// Does what the request type names, with the fields of the query.
        #[utoipa::path(
                    operation_id = $get_id,
                    tag = "Users",
                    security(
                        (),
                        ("apiKey" = []),
                        ("sessionHeader" = []),
                        ("sessionCookie" = []),
                        ("rememberedCookie" = []),
                    ),
                    params(
                        ("RequestType" = inline(RequestType), Path, description = "What to do"),
                        FormatQuery,
                    ),
                    responses(
                        (
                            status = 200,
                            description = "What the operation answers",
                            content((Value = "application/json"), (String = "text/csv")),
                        ),
                        (status = 204, description = "Done"),
                        AttemptRefusals,
                        GetRefusals,
                    ),
                )]
        #[get($path)]
        async fn $get(http: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
            dispatch(http, body).await
        }

        /// Does what the request type names, with the fields of the body.
        #[utoipa::path(
                    operation_id = $post_id,
                    tag = "Users",
                    security(
                        (),
                        ("apiKey" = []),
                        ("sessionHeader" = []),
                        ("sessionCookie" = []),
                        ("rememberedCookie" = []),
                    ),
                    params(
                        ("RequestType" = inline(RequestType), Path, description = "What to do"),
                        FormatQuery,
                    ),
                    request_body(content(
                        (Object = "application/json"),
                        (Object = "application/x-www-form-urlencoded"),
                    )),
                    responses(
                        (
                            status = 200,
                            description = "What the operation answers",
                            content((Value = "application/json"), (String = "text/csv")),
                        ),
                        (status = 204, description = "Done"),
                        AttemptRefusals,
                    ),
                )]
        #[post($path)]
        async fn $post(http: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
            dispatch(http, body).await
        }
    };
}

predefined!("/api/{RequestType}": get_api "GetRequestType", post_api "PostRequestType");
predefined!("/json/reply/{RequestType}":
    get_json_reply "GetJsonReply", post_json_reply "PostJsonReply");
predefined!("/api/api/{RequestType}":
    get_below_api "GetRequestTypeBelowApi", post_below_api "PostRequestTypeBelowApi");
predefined!("/api/json/reply/{RequestType}":
    get_json_reply_below_api "GetJsonReplyBelowApi", post_json_reply_below_api "PostJsonReplyBelowApi");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_types_are_found_by_their_names_ignoring_case() {
        assert_eq!(RequestType::named("adduser"), Some(RequestType::AddUser));
        assert_eq!(RequestType::named("RESETUSER2FA"), Some(RequestType::ResetUser2fa));
        for name in ["", "AddUsers", "Add", "users"] {
            assert_eq!(RequestType::named(name), None, "{name}");
        }
    }
}
