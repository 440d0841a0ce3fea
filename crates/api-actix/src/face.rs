//! The form in which a refusal is shown, which the path decides: it must be known where no operation
//! was found, too.

use actix_web::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;

use crate::problem::{self, Problem};
use crate::users;
use crate::users::response_status;

/// The two forms of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// A problem document (RFC 9457).
    Problem,
    /// As clients of ServiceStack read them.
    ResponseStatus,
}

impl Face {
    /// That of a path, which is percent-encoded.
    pub(crate) fn of(path: &str) -> Self {
        if users::is_path(path) { Self::ResponseStatus } else { Self::Problem }
    }

    /// The media type.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Problem => problem::CONTENT_TYPE,
            Self::ResponseStatus => "application/json",
        }
    }

    /// The status of a refusal. `known` tells whether it is known who sent the request.
    pub(crate) fn status(self, problem: &Problem, known: bool) -> StatusCode {
        match self {
            Self::Problem => problem.status(),
            Self::ResponseStatus => response_status::status(problem, known),
        }
    }

    /// The body of a refusal of a request to `path`, which the log knows under `request_id`.
    pub(crate) fn body(
        self,
        problem: &Problem,
        known: bool,
        path: &str,
        request_id: &str,
    ) -> Bytes {
        match self {
            Self::Problem => bytes(&problem.document(path, request_id)),
            Self::ResponseStatus => bytes(&response_status::body(problem, known)),
        }
    }
}

fn bytes(document: &impl Serialize) -> Bytes {
    // Strings and numbers always serialize.
    serde_json::to_vec(document).unwrap_or_default().into()
}
