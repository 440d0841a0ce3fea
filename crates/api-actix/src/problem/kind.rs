use actix_web::http::StatusCode;

/// Defines the causes of refusals: each has a stable `type`, a title and a status.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $status:ident, $title:literal;)+) => {
        /// Why a request is refused or failed, as clients may tell by the problem's `type`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($(#[$doc])* $variant,)+
        }

        impl Kind {
            /// Every cause.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable URI of the cause.
            pub(crate) const fn uri(self) -> &'static str {
                match self { $(Self::$variant => concat!("urn:userstore:problem:", $slug),)+ }
            }

            /// The cause in words, the same every time.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// The status it is answered with.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }
        }
    };
}

kinds! {
    /// Rules of properties are broken; `errors` names them.
    Validation = "validation", BAD_REQUEST, "Rules of properties are broken";
    /// The body is not the JSON that the operation takes.
    MalformedBody = "malformed-body", BAD_REQUEST, "The body cannot be read";
    /// Path, query or a header cannot be read.
    MalformedRequest = "malformed-request", BAD_REQUEST, "The request cannot be read";
    /// No credential, or none that is valid.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A valid credential is needed";
    /// The caller lacks a permission.
    Forbidden = "forbidden", FORBIDDEN, "A permission is missing";
    /// The store takes no writes.
    StoreReadOnly = "store-read-only", FORBIDDEN, "The store is read-only";
    /// The path names no operation.
    NoSuchPath = "no-such-path", NOT_FOUND, "No such path";
    /// The store is not there, or the caller holds no role in it.
    NoSuchStore = "no-such-store", NOT_FOUND, "No such store";
    /// The store has no such user, audit entry …
    NotFound = "not-found", NOT_FOUND, "Not found";
    /// The path takes other methods; `Allow` names them.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// Another record holds what must be unique.
    Duplicate = "duplicate", CONFLICT, "A value that must be unique is taken";
    /// A `test` of the JSON Patch failed.
    TestFailed = "test-failed", CONFLICT, "A test of the patch failed";
    /// The last holder of everything would be gone.
    LastSystemAdmin = "last-system-admin", CONFLICT, "The last holder of SystemAdmin stays";
    /// Another change came in between.
    Conflict = "conflict", CONFLICT, "Another change came in between";
    /// The version that `If-Match` demands is not the present one.
    Stale = "stale", PRECONDITION_FAILED, "The resource is in another version";
    /// The body has too many bytes.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The batch has too many items, or would change too many records.
    TooManyItems = "too-many-items", PAYLOAD_TOO_LARGE, "Too much at once";
    /// The body has a type that the operation does not take.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported";
    /// A failure of ours; the log knows more under the request id.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server failed";
    /// The database does not answer, or conflicting changes keep it busy.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service is not available at the moment";
    /// Whether the change was stored is not known.
    OutcomeUnknown = "outcome-unknown", SERVICE_UNAVAILABLE, "Whether the change was stored is not known";
    /// This node is starting, stopping, or without its database.
    NotReady = "not-ready", SERVICE_UNAVAILABLE, "This node serves no requests at the moment";
}

impl Kind {
    /// The cause to show for an error of the framework, of which only the status is known.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NoSuchPath,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            status if status.is_client_error() => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_cause_has_its_own_uri_and_an_error_status() {
        let uris: HashSet<_> = Kind::ALL.iter().map(|kind| kind.uri()).collect();
        assert_eq!(uris.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let status = kind.status();
            assert!(status.is_client_error() || status.is_server_error(), "{kind:?}");
        }
    }
}
