//! The operations of the users API, as clients of ServiceStack call them: `/api/users/…`, sign-in and
//! roles, each by its own path and by the name of its request type. Bound to one store by the
//! configuration.
//!
//! - `request`: what a request asks for, wherever in it that stands
//! - `operation`: what is asked of the use cases, a file for each operation
//! - `view`: their answers
//! - `edit`, `csv`, `cookies`, `qr`: details of users as they are sent and exported, what browsers keep,
//!   and pictures of secrets
//! - `predefined`: the paths that are made of the names of request types
//! - `response_status`: refusals as these clients read them

mod cookies;
mod csv;
mod edit;
mod operation;
mod predefined;
mod qr;
pub(crate) mod request;
pub(crate) mod response_status;
mod view;

use crate::openapi::ServiceConfig;

use crate::percent;

/// Whether a path, percent-encoded, is one of this API: what is below `/api` or `/json`, but for the
/// other API.
pub(crate) fn is_path(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    let (first, second) = (segments.next(), segments.next());
    is_literal(first, "json") || is_literal(first, "api") && !is_literal(second, "userstore")
}

fn is_literal(segment: Option<&str>, literal: &str) -> bool {
    let decoded = segment.and_then(percent::decode);
    decoded.is_some_and(|segment| segment.eq_ignore_ascii_case(literal))
}

/// Registers every operation. A literal of a path wins over a parameter, so the parameters come last.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    operation::configure(config);
    predefined::configure(config);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_api_or_json_is_of_this_api_but_for_the_other_one() {
        for path in
            ["/api", "/api/", "/API/Users/x", "/json/reply/X", "/%61pi/x", "/api//userstore"]
        {
            assert!(is_path(path), "{path}");
        }
        for path in ["/", "", "/apis", "/docs/", "/api/userstore", "/API/UserStore/v1/x", "/x/api"]
        {
            assert!(!is_path(path), "{path}");
        }
    }
}
