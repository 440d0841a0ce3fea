//! The refusals that an operation documents, by kind of operation.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::problem::CONTENT_TYPE;

/// Defines a set of documented refusals, with what a status means where that is more than usual.
macro_rules! refusals {
    ($(#[$doc:meta])* $name:ident: $($status:literal $(= $meaning:literal)?),+ $(,)?) => {
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let told = [$(($status, None$(.or(Some($meaning)))?)),+];
                told.into_iter().map(|(status, told)| refusal(status, told)).collect()
            }
        }
    };
}

refusals!(
    /// Of what needs no credential and no luck.
    PlainRefusals: 500
);
refusals!(
    /// Of files by name.
    FileRefusals: 400, 404, 500
);
refusals!(
    /// Of the question whether the node is ready.
    ReadyRefusals: 500, 503
);
refusals!(
    /// Of reads.
    ReadRefusals: 400, 401, 403, 404, 500, 503
);
refusals!(
    /// Of reads of what may be archived.
    FeedRefusals: 400, 401, 403, 404, 410, 500, 503
);
refusals!(
    /// Of writes of one resource.
    WriteRefusals: 400, 401, 403, 404, 409, 412, 413, 415, 500, 503
);
refusals!(
    /// Of writes of one resource that may happen only once.
    PostRefusals: 400, 401, 403, 404, 409, 412, 413, 415, 422, 500, 503
);
refusals!(
    /// Of the removal of one resource.
    RemoveRefusals: 400, 401, 403, 404, 409, 412, 413, 500, 503
);
refusals!(
    /// Of acts on one user that send nothing.
    ActRefusals:
        400, 401, 403, 404,
        409 = "The user has no address, or the password is not an initial one; or another conflict \
               with the present state",
        412, 500, 503
);
refusals!(
    /// Of acts on one user that send nothing and may happen only once.
    PostActRefusals: 400, 401, 403, 404, 409, 412, 422, 500, 503
);
refusals!(
    /// Of acts on one user that show a token.
    TokenRefusals:
        400 = "The request cannot be read, rules of properties are broken, or the token is not valid",
        401, 403, 404, 409, 412, 413, 415, 500, 503
);
refusals!(
    /// Of acts on one user that show a password, and may be tried only so often.
    AttemptRefusals:
        400 = "The request cannot be read, rules of properties are broken, or the password is wrong",
        401, 403, 404,
        409 = "The account may not be used, or the password has expired; or another conflict with \
               the present state",
        412, 413, 415, 429, 500, 503
);
refusals!(
    /// Of the question whether a password is right.
    VerifyRefusals: 400, 401, 403, 404, 413, 415, 429, 500, 503
);
refusals!(
    /// Of acts without a credential.
    PublicRefusals:
        400 = "The request cannot be read, rules of properties are broken, or what was sent does \
               not prove that the account may be used",
        403 = "The store is read-only",
        404 = "Unknown store",
        413, 415, 429, 500, 503
);
refusals!(
    /// Of acts without a credential that send nothing.
    PublicActRefusals:
        400,
        403 = "The store is read-only, or has switched this off",
        404 = "Unknown store",
        429, 500, 503
);
refusals!(
    /// Of batches.
    BatchRefusals: 400, 401, 403, 404, 409, 413, 415, 500, 503
);

refusals!(
    /// Of batches that may happen only once.
    PostBatchRefusals: 400, 401, 403, 404, 409, 413, 415, 422, 500, 503
);

fn refusal(status: u16, told: Option<&str>) -> (String, RefOr<Response>) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let meaning = told.unwrap_or_else(|| meaning(status));
    let mut response = ResponseBuilder::new().description(meaning).content(CONTENT_TYPE, content);
    if let Some((name, description)) = header(status) {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let header = HeaderBuilder::new().schema(Some(text)).description(Some(description)).build();
        response = response.header(name, header);
    }
    (status.to_string(), response.build().into())
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read, or rules of properties are broken",
        401 => "No valid credential",
        403 => "A permission is missing, or the store is read-only",
        404 => "Unknown, or in a store in which the caller holds no role",
        409 => "Duplicate, failed `test`, or another conflict with the present state",
        410 => "Archived: `firstLeaf` is the first leaf that is not",
        412 => "`If-Match` names another version than the present one",
        413 => "Too many bytes or items",
        415 => "Not JSON in UTF-8",
        422 => "The `Idempotency-Key` came before, with another request",
        429 => "Too many attempts, or too many requests from one address",
        503 => "Not available at the moment",
        _ => "A failure of the server; `requestId` names it in the log",
    }
}

fn header(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        401 => Some(("WWW-Authenticate", "`Bearer`")),
        412 => Some(("ETag", "The present version, where there is one")),
        429 | 503 => Some(("Retry-After", "Seconds to wait")),
        _ => None,
    }
}
