//! Handlers out of the operations. utoipa and actix want a function for each method, which does
//! nothing but receive the request, so macros write them.

use utoipa::IntoParams;

/// What every request may say of its answer; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `Request::receive` reads it")]
pub(crate) struct FormatQuery {
    /// `json`, which is the only format that is offered.
    #[param(nullable = false, example = "json")]
    format: Option<String>,
}

/// Describes what a request of that type says, in a query as in a body.
macro_rules! request {
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* }) => {
        $(#[$doc])*
        #[derive(utoipa::IntoParams, utoipa::ToSchema)]
        #[into_params(parameter_in = Query, rename_all = "PascalCase")]
        #[schema(rename_all = "PascalCase")]
        #[expect(dead_code, reason = "describes the fields; the operation reads them")]
        pub(crate) struct $name {
            $($fields)*
            /// The version of the request type; of no account.
            #[param(nullable = false)]
            version: Option<i32>,
        }
    };
}
pub(super) use request;

/// Emits the handlers of an operation: by GET, where it has a name for that, and by POST. It is for
/// `anyone`, for a `caller`, or for `either`. The document is as `utoipa::path` takes it; the answers
/// stand apart, since a GET that writes has one more. utoipa knows the methods by their names alone:
/// `get` and `post` have to be in scope.
macro_rules! endpoints {
    (for anyone: $($rest:tt)*) => {
        $crate::users::operation::endpoint::endpoints! { @ { () } $($rest)* }
    };
    (for caller: $($rest:tt)*) => {
        $crate::users::operation::endpoint::endpoints! {
            @ {
                ("apiKey" = []),
                ("sessionHeader" = []),
                ("sessionCookie" = []),
                ("rememberedCookie" = []),
            }
            $($rest)*
        }
    };
    (for either: $($rest:tt)*) => {
        $crate::users::operation::endpoint::endpoints! {
            @ {
                (),
                ("apiKey" = []),
                ("sessionHeader" = []),
                ("sessionCookie" = []),
                ("rememberedCookie" = []),
            }
            $($rest)*
        }
    };
    (
        @ $security:tt
        $path:literal => $operation:ident, $effect:ident, $request:ident;
        $(get: $get:ident $get_id:literal;)?
        post: $post:ident $post_id:literal;
        document: $document:tt
        responses: $responses:tt
    ) => {
        $($crate::users::operation::endpoint::endpoint! {
            get $get $get_id $effect; $path => $operation, $request;
            $security $document $responses
        })?
        $crate::users::operation::endpoint::endpoint! {
            post $post $post_id $effect; $path => $operation, $request;
            $security $document $responses
        }
    };
}
pub(super) use endpoints;

/// Emits one handler with its document.
macro_rules! endpoint {
    (
        get $handler:ident $id:literal Writes;
        $path:literal => $operation:ident, $request:ident;
        $security:tt $document:tt { $($responses:tt)* }
    ) => {
        $crate::users::operation::endpoint::endpoint! {
            @get $handler $id Writes; $path => $operation, $request;
            $security $document
            { $($responses)* $crate::users::operation::refusals::GetRefusals, }
        }
    };
    (
        get $handler:ident $id:literal Reads;
        $path:literal => $operation:ident, $request:ident;
        $security:tt $document:tt $responses:tt
    ) => {
        $crate::users::operation::endpoint::endpoint! {
            @get $handler $id Reads; $path => $operation, $request;
            $security $document $responses
        }
    };
    (
        @get $handler:ident $id:literal $effect:ident;
        $path:literal => $operation:ident, $request:ident;
        { $($security:tt)* } { $($document:tt)* } { $($responses:tt)* }
    ) => {
        #[utoipa::path(
            operation_id = $id,
            tag = "Users",
            security($($security)*),
            params($request, $crate::users::operation::endpoint::FormatQuery),
            responses($($responses)*),
            $($document)*
        )]
        #[get($path)]
        pub(crate) async fn $handler(
            http: actix_web::HttpRequest,
            body: $crate::request::body::Body,
        ) -> Result<actix_web::HttpResponse, $crate::problem::Problem> {
            use $crate::users::request::{Effect, Request};
            $operation(Request::receive(http, body, Effect::$effect).await?).await
        }
    };
    (
        post $handler:ident $id:literal $effect:ident;
        $path:literal => $operation:ident, $request:ident;
        { $($security:tt)* } { $($document:tt)* } { $($responses:tt)* }
    ) => {
        #[utoipa::path(
            operation_id = $id,
            tag = "Users",
            security($($security)*),
            params($crate::users::operation::endpoint::FormatQuery),
            request_body(content(
                ($request = "application/json"),
                ($request = "application/x-www-form-urlencoded"),
            )),
            responses($($responses)*),
            $($document)*
        )]
        #[post($path)]
        pub(crate) async fn $handler(
            http: actix_web::HttpRequest,
            body: $crate::request::body::Body,
        ) -> Result<actix_web::HttpResponse, $crate::problem::Problem> {
            use $crate::users::request::{Effect, Request};
            $operation(Request::receive(http, body, Effect::$effect).await?).await
        }
    };
}
pub(super) use endpoint;
