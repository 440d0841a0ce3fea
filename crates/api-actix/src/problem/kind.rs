use actix_web::http::StatusCode;

/// Defines the causes of refusals: each has a stable `type`, a status, a title and a sentence.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $status:ident, $title:literal, $detail:literal;)+) => {
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

            /// What to say where an occurrence has no words of its own.
            pub(crate) const fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail,)+ }
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
    Validation = "validation", BAD_REQUEST, "Rules of properties are broken",
        "`errors` names each property with the rules it breaks.";
    /// The body is not the JSON that the operation takes.
    MalformedBody = "malformed-body", BAD_REQUEST, "The body cannot be read",
        "The body is not the JSON that this operation takes.";
    /// Path, query or a header cannot be read.
    MalformedRequest = "malformed-request", BAD_REQUEST, "The request cannot be read",
        "The path, the query or a header is not of the form that this operation takes.";
    /// The password that was sent as the present one is another.
    WrongPassword = "wrong-password", BAD_REQUEST, "The password is wrong",
        "The present password is another one.";
    /// The code of the second factor is not right.
    WrongCode = "wrong-code", BAD_REQUEST, "The code is wrong",
        "The code is not the present one, or was used before.";
    /// The token is no good to its sender.
    InvalidToken = "invalid-token", BAD_REQUEST, "The token is not valid",
        "The token was never given, is used up, has expired or was given to another user.";
    /// An anonymous request is refused, whatever the reason.
    Refused = "refused", BAD_REQUEST, "The request is refused",
        "What was sent does not prove that the account may be used.";
    /// No credential, or none that is valid.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A valid credential is needed",
        "Send an API key, the token of a session or that of an issuer as `Authorization: Bearer`.";
    /// The caller lacks a permission.
    Forbidden = "forbidden", FORBIDDEN, "A permission is missing",
        "The caller lacks a permission that this operation needs.";
    /// The second factor has to be shown first.
    SecondFactorDue = "second-factor-required", FORBIDDEN, "The second factor is due",
        "The session may show its second factor and sign out, until the second factor is shown.";
    /// Another password has to be set first.
    PasswordChangeDue = "password-change-required", FORBIDDEN, "A change of the password is due",
        "The session may set another password and sign out, until another password is set.";
    /// Nobody does that to themselves.
    NotForOneself = "not-for-oneself", FORBIDDEN, "Not for oneself",
        "Nobody does that to themselves; change what is your own by the operation for it.";
    /// Only a cookie would allow it, and nothing shows that a page of this server asked.
    CrossSite = "cross-site", FORBIDDEN, "The request came from another site",
        "With a cookie alone a POST needs an `Origin` or a `Sec-Fetch-Site` of this server's own pages.";
    /// The store takes no writes.
    StoreReadOnly = "store-read-only", FORBIDDEN, "The store is read-only",
        "The store takes no writes at present.";
    /// The store does not offer the operation.
    SwitchedOff = "switched-off", FORBIDDEN, "The operation is switched off",
        "A setting of the store has switched this operation off.";
    /// The path names no operation.
    NoSuchPath = "no-such-path", NOT_FOUND, "No such path",
        "No operation has this path.";
    /// The store is not there, or the caller holds no role in it.
    NoSuchStore = "no-such-store", NOT_FOUND, "No such store",
        "There is no store of this id or name, or the caller holds no role in it.";
    /// The store has no such user, audit entry …
    NotFound = "not-found", NOT_FOUND, "Not found",
        "The store does not have what the path names.";
    /// The audit log has no checkpoint of that size, or none at all.
    NoSuchCheckpoint = "no-such-checkpoint", NOT_FOUND, "No such checkpoint",
        "The audit log has no checkpoint of this size, or nothing is sealed yet.";
    /// The path takes other methods; `Allow` names them.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The method is not allowed here",
        "The header Allow names the methods that this path takes.";
    /// Another format is asked for than there is.
    NotAcceptable = "not-acceptable", NOT_ACCEPTABLE, "The format is not offered",
        "Answers are application/json and nothing else.";
    /// Another record holds what must be unique.
    Duplicate = "duplicate", CONFLICT, "A value that must be unique is taken",
        "Another record holds a value that must be unique.";
    /// A `test` of the JSON Patch failed.
    TestFailed = "test-failed", CONFLICT, "A test of the patch failed",
        "A test operation of the patch does not hold, so nothing was changed.";
    /// The last holder of everything would be gone.
    LastSystemAdmin = "last-system-admin", CONFLICT, "The last holder of SystemAdmin stays",
        "Without this holder of SystemAdmin nobody could administer the system.";
    /// Nobody removes themselves.
    OwnRemoval = "own-removal", CONFLICT, "Nobody removes themselves",
        "Somebody else may remove this user.";
    /// Another change came in between.
    Conflict = "conflict", CONFLICT, "Another change came in between",
        "The same records were changed by somebody else meanwhile; read them and try again.";
    /// What is asked for of the audit log is in the database no more.
    Archived = "archived", GONE, "The entries are archived",
        "The log begins with a later leaf here: what was before it is archived.";
    /// The version that `If-Match` demands is not the present one.
    Stale = "stale", PRECONDITION_FAILED, "The resource is in another version",
        "The present version is not among those of If-Match; the header ETag names it where there is one.";
    /// Groups would nest in a circle.
    Cycle = "cycle", CONFLICT, "Groups would nest in a circle",
        "A group would come to lie in itself, directly or through others.";
    /// The store has something in it.
    StoreNotEmpty = "store-not-empty", CONFLICT, "The store is not empty",
        "The store holds users or groups; confirm with its name that it is to go with all of them.";
    /// The audit log does not have the entry yet.
    NotSealed = "not-sealed", CONFLICT, "The entry is not sealed yet",
        "The entry is not in the audit log yet, or was not at that size; entries are sealed within a second.";
    /// The trail of a user is erased only once the user is gone.
    NotDeleted = "not-deleted", CONFLICT, "The user is still there",
        "What the audit trail holds of a user is erased when the user is deleted, or later.";
    /// A lock is on the account, or it may not be used for another reason.
    AccountLocked = "account-locked", CONFLICT, "The account may not be used",
        "The account is locked, inactive, or outside of its time.";
    /// The password has expired for good.
    PasswordExpired = "password-expired", CONFLICT, "The password has expired",
        "The password has expired, and the user may not change it; an administrator may.";
    /// The password was not set by an administrator as the first one.
    NotInitialPassword = "not-initial-password", CONFLICT, "The password is not an initial one",
        "Only an initial password has a lifetime that can begin anew.";
    /// Mail would have nowhere to go.
    NoEmailAddress = "no-email-address", CONFLICT, "The user has no e-mail address",
        "The user has no e-mail address that mail could be sent to.";
    /// The configuration decides the setting.
    SettingPinned = "setting-pinned", CONFLICT, "The configuration decides this setting",
        "The configuration of the server pins the setting, so it cannot be changed here.";
    /// The body has too many bytes.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large",
        "The body has more bytes than this operation takes.";
    /// The batch has too many items, or would change too many records.
    TooManyItems = "too-many-items", PAYLOAD_TOO_LARGE, "Too much at once",
        "The request has more items, or would change more records, than one request may.";
    /// An `Idempotency-Key` came before, with another request.
    KeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The key came with another request",
        "The Idempotency-Key was sent before with another request; use a new one.";
    /// The body has a type that the operation does not take.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported",
        "Send application/json, text/json or another type that ends in +json.";
    /// Too many failed attempts under one name.
    TooManyAttempts = "too-many-attempts", TOO_MANY_REQUESTS, "Too many attempts",
        "There were too many failed attempts; this one was not looked at. Try again after Retry-After.";
    /// Too many requests from one address.
    TooManyRequests = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests",
        "Too many requests came from this address; try again after Retry-After.";
    /// A failure of ours; the log knows more under the request id.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server failed",
        "The log of the server knows more under the request id.";
    /// The database does not answer, or conflicting changes keep it busy.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service is not available at the moment",
        "The database does not answer or is busy; try again after Retry-After.";
    /// Too many passwords are being hashed.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too much is being done at the moment",
        "Too many passwords are being checked or set; nothing was counted, try again after Retry-After.";
    /// Whether the change was stored is not known.
    OutcomeUnknown = "outcome-unknown", SERVICE_UNAVAILABLE, "Whether the change was stored is not known",
        "The database did not say whether the change was stored; look before you send it again.";
    /// This node is starting, stopping, or without its database.
    NotReady = "not-ready", SERVICE_UNAVAILABLE, "This node serves no requests at the moment",
        "This node is starting, stopping or without its database; try again after Retry-After.";
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
