//! The refusals that operations of this API document, in its shape.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::users::response_status::ErrorResponse;

/// Defines a set of documented refusals.
macro_rules! refusals {
    ($(#[$doc:meta])* $name:ident: $($status:literal),+) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$($status),+].into_iter().map(refusal).collect()
            }
        }
    };
}

refusals!(
    /// Of what anybody may ask, and tries a credential.
    AnyoneRefusals: 400, 401, 403, 404, 406, 413, 415, 429, 500, 503
);
refusals!(
    /// Of what a session asks for itself.
    SessionRefusals: 400, 401, 403, 406, 409, 413, 415, 429, 500, 503
);
refusals!(
    /// Of reads that name nobody.
    ReadRefusals: 400, 401, 403, 406, 413, 415, 500, 503
);
refusals!(
    /// Of reads of a user.
    FindRefusals: 400, 401, 403, 404, 406, 413, 415, 500, 503
);
refusals!(
    /// Of making a user.
    AddRefusals: 400, 401, 403, 406, 409, 413, 415, 500, 503
);
refusals!(
    /// Of changes of a user.
    ChangeRefusals: 400, 401, 403, 404, 406, 409, 413, 415, 500, 503
);
refusals!(
    /// Of changes of a user that a password or a code allows, and that may be tried only so often.
    AttemptRefusals: 400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503
);
refusals!(
    /// Of a GET that changes anything, beside those of the operation.
    GetRefusals: 405
);

fn refusal(status: u16) -> (String, RefOr<Response>) {
    let schema = Ref::from_schema_name(<ErrorResponse<'_> as ToSchema>::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let description = meaning(status);
    let mut response =
        ResponseBuilder::new().description(description).content("application/json", content);
    if let Some((name, description)) = header(status) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let header = HeaderBuilder::new().schema(Some(text)).description(Some(description)).build();
        response = response.header(name, header);
    }
    (status.to_string(), response.build().into())
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => {
            "The request cannot be read, rules of fields are broken, or the present password, the \
             code or the token is wrong"
        }
        401 => "No valid credential, or a wrong one",
        403 => {
            "A permission is missing, the second factor or another password is due, the store is \
             read-only, or a cookie does not suffice"
        }
        404 => "Unknown",
        405 => "A GET may change nothing here",
        406 => "Another format than JSON is asked for",
        409 => "Duplicate, or another conflict with the present state",
        413 => "Too many bytes or changes",
        415 => "Neither JSON nor a form, in UTF-8",
        429 => "Too many attempts, or too many requests from one address",
        503 => "Not available at the moment",
        _ => "A failure of the server; `X-Request-Id` names it in the log",
    }
}

fn header(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        401 => Some(("WWW-Authenticate", "`Bearer`")),
        405 => Some(("Allow", "`POST`")),
        429 | 503 => Some(("Retry-After", "Seconds to wait")),
        _ => None,
    }
}
