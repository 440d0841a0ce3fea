//! The refusals that an operation documents, by kind of operation.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::problem::CONTENT_TYPE;

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
    /// Of batches.
    BatchRefusals: 400, 401, 403, 404, 409, 413, 415, 500, 503
);

refusals!(
    /// Of batches that may happen only once.
    PostBatchRefusals: 400, 401, 403, 404, 409, 413, 415, 422, 500, 503
);

fn refusal(status: u16) -> (String, RefOr<Response>) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let mut response =
        ResponseBuilder::new().description(meaning(status)).content(CONTENT_TYPE, content);
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
        412 => "`If-Match` names another version than the present one",
        413 => "Too many bytes or items",
        415 => "Not JSON in UTF-8",
        422 => "The `Idempotency-Key` came before, with another request",
        503 => "Not available at the moment",
        _ => "A failure of the server; `requestId` names it in the log",
    }
}

fn header(status: u16) -> Option<(&'static str, &'static str)> {
    match status {
        401 => Some(("WWW-Authenticate", "`Bearer`")),
        412 => Some(("ETag", "The present version, where there is one")),
        503 => Some(("Retry-After", "Seconds to wait")),
        _ => None,
    }
}
