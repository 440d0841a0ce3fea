//! Refusals as clients of ServiceStack read them: the same [`Problem`]s as those of the other API, with
//! the codes, the names and some statuses of this one.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};

/// Why a request was refused or failed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ErrorResponse<'a> {
    /// The refusal.
    response_status: ResponseStatus<'a>,
}

/// A refusal or a failure.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct ResponseStatus<'a> {
    /// Stable name of the cause; programs decide by it.
    #[schema(example = "ValidationError")]
    error_code: &'a str,
    /// The cause in words. The header `X-Request-Id` has the id under which the log knows more.
    message: String,
    /// The fields that are at fault, where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldRefusal<'a>>,
}

/// What is wrong with a field.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = ResponseError)]
struct FieldRefusal<'a> {
    /// Stable name of the cause.
    #[schema(example = "ValidationError")]
    error_code: &'a str,
    /// The field.
    #[schema(example = "UserName")]
    field_name: String,
    /// The rule that it breaks.
    #[schema(example = "UserName must be given.")]
    message: String,
}

/// The status of a refusal in this API. `known` tells whether somebody known sent the request.
pub(crate) fn status(problem: &Problem, known: bool) -> StatusCode {
    code(problem.kind(), known).0
}

/// The body of a refusal.
pub(crate) fn body(problem: &Problem, known: bool) -> ErrorResponse<'_> {
    let (_, error_code, at_fault) = code(problem.kind(), known);
    let mut errors: Vec<FieldRefusal<'_>> = Vec::new();
    for broken in problem.errors() {
        let field_name = field_name(&broken.property);
        let message = sentence(&field_name, &broken.rule);
        errors.push(FieldRefusal { error_code, field_name, message });
    }
    if let Some(field) = at_fault {
        let message = problem.detail().to_owned();
        errors.push(FieldRefusal { error_code, field_name: field.to_owned(), message });
    }
    let message = match errors.first() {
        Some(first) => first.message.clone(),
        // To whoever is known the store is no secret: what they lack is a permission.
        None if known && problem.kind() == Kind::NoSuchStore => Kind::Forbidden.detail().to_owned(),
        None => problem.detail().to_owned(),
    };
    ErrorResponse { response_status: ResponseStatus { error_code, message, errors } }
}

/// What a cause is here: its status, its code, and the field that is at fault.
fn code(kind: Kind, known: bool) -> (StatusCode, &'static str, Option<&'static str>) {
    let unauthorized = (StatusCode::UNAUTHORIZED, "Unauthorized", None);
    let as_ever = |code| (kind.status(), code, None);
    let field = |code, field| (kind.status(), code, Some(field));
    match kind {
        Kind::Validation => as_ever("ValidationError"),
        Kind::MalformedBody | Kind::MalformedRequest => as_ever("BadRequest"),
        Kind::WrongPassword => field("InvalidCurrentPassword", "CurrentPassword"),
        Kind::WrongCode => field("InvalidOneTimePassword", "OneTimePassword"),
        Kind::InvalidToken => field("InvalidToken", "PreviewToken"),
        Kind::Unauthenticated | Kind::Refused | Kind::AccountLocked | Kind::PasswordExpired => {
            unauthorized
        }
        Kind::Forbidden | Kind::NotForOneself | Kind::CrossSite | Kind::SwitchedOff => {
            as_ever("Forbidden")
        }
        Kind::SecondFactorDue => as_ever("TwoFactorRequired"),
        Kind::PasswordChangeDue => as_ever("PasswordChangeRequired"),
        Kind::StoreReadOnly => as_ever("StoreReadOnly"),
        // Whoever is known and holds nothing in the one store of this API lacks a permission.
        Kind::NoSuchStore if known => (StatusCode::FORBIDDEN, "Forbidden", None),
        Kind::NoSuchStore | Kind::NoSuchPath | Kind::NotFound | Kind::NoSuchCheckpoint => {
            as_ever("NotFound")
        }
        Kind::MethodNotAllowed => as_ever("MethodNotAllowed"),
        Kind::NotAcceptable => as_ever("NotAcceptable"),
        Kind::Duplicate => as_ever("AlreadyExists"),
        Kind::TestFailed
        | Kind::LastSystemAdmin
        | Kind::OwnRemoval
        | Kind::Conflict
        | Kind::Stale
        | Kind::Cycle
        | Kind::StoreNotEmpty
        | Kind::NotSealed
        | Kind::NotDeleted
        | Kind::NotInitialPassword
        | Kind::NoEmailAddress
        | Kind::SettingPinned
        | Kind::KeyReused => as_ever("Conflict"),
        Kind::Archived => as_ever("Gone"),
        Kind::BodyTooLarge | Kind::TooManyItems => as_ever("RequestEntityTooLarge"),
        Kind::UnsupportedMediaType => as_ever("UnsupportedMediaType"),
        Kind::TooManyAttempts | Kind::TooManyRequests => as_ever("TooManyRequests"),
        Kind::Internal => as_ever("InternalServerError"),
        Kind::Unavailable | Kind::Overloaded | Kind::OutcomeUnknown | Kind::NotReady => {
            as_ever("ServiceUnavailable")
        }
    }
}

/// The name that a property has in this API.
fn field_name(property: &str) -> String {
    let named = |name: &str| match name {
        "loginName" => "UserName".to_owned(),
        "lastName" => "SecondName".to_owned(),
        "emailAddress" => "Email".to_owned(),
        "newPassword" => "Password".to_owned(),
        other => capitalised(other),
    };
    property.split('.').map(named).collect::<Vec<_>>().join(".")
}

fn capitalised(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

/// What a field must do, as a sentence.
fn sentence(field: &str, rule: &str) -> String {
    let subject = if field.is_empty() { "The request" } else { field };
    format!("{subject} {}.", rule.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::error::{Invalid, Missing, UseCaseError};
    use domain::unit_of_work::{StoreError, Unique};
    use serde_json::{Value, json};

    fn shown(error: UseCaseError) -> (u16, Value) {
        let problem = Problem::from(error);
        let body = serde_json::to_value(body(&problem, true)).expect("JSON");
        (status(&problem, true).as_u16(), body["ResponseStatus"].clone())
    }

    #[test]
    fn broken_rules_are_told_under_the_names_of_this_api() {
        let mut invalid = Invalid::default();
        invalid.add("loginName", "must be given");
        invalid.add("UserDetails.Locked", "must be true or false");
        invalid.add("newPassword", "must not be the present one");
        invalid.add("timeZoneId", "must be short.");
        let (status, body) = shown(invalid.into());
        assert_eq!(status, 400);
        assert_eq!(body["ErrorCode"], "ValidationError");
        assert_eq!(body["Message"], "UserName must be given.");
        let told = json!(["UserName", "UserDetails.Locked", "Password", "TimeZoneId"]);
        let names: Vec<_> =
            body["Errors"].as_array().expect("errors").iter().map(|it| &it["FieldName"]).collect();
        assert_eq!(json!(names), told);
        assert_eq!(body["Errors"][3]["Message"], "TimeZoneId must be short.");
    }

    #[test]
    fn refusals_have_the_statuses_and_codes_of_this_api() {
        for (error, status, code) in [
            (UseCaseError::Refused, 401, "Unauthorized"),
            (UseCaseError::Locked, 401, "Unauthorized"),
            (UseCaseError::PasswordExpired, 401, "Unauthorized"),
            (UseCaseError::WrongPassword, 400, "InvalidCurrentPassword"),
            (UseCaseError::WrongCode, 400, "InvalidOneTimePassword"),
            (UseCaseError::InvalidToken, 400, "InvalidToken"),
            (UseCaseError::SecondFactorDue, 403, "TwoFactorRequired"),
            (UseCaseError::PasswordChangeDue, 403, "PasswordChangeRequired"),
            (UseCaseError::Upward, 403, "Forbidden"),
            (UseCaseError::NotForOneself, 403, "Forbidden"),
            (UseCaseError::StoreReadOnly, 403, "StoreReadOnly"),
            (UseCaseError::NotFound(Missing::User), 404, "NotFound"),
            (UseCaseError::NotFound(Missing::Store), 403, "Forbidden"),
            (UseCaseError::OwnRemoval, 409, "Conflict"),
            (UseCaseError::LastSystemAdmin, 409, "Conflict"),
            (UseCaseError::Duplicate(Unique::LoginName), 409, "AlreadyExists"),
            (UseCaseError::Throttled { seconds: 3 }, 429, "TooManyRequests"),
            (UseCaseError::Overloaded, 503, "ServiceUnavailable"),
            (UseCaseError::Store(StoreError::Other("x".into())), 500, "InternalServerError"),
        ] {
            let (told, body) = shown(error.clone());
            assert_eq!((told, body["ErrorCode"].as_str()), (status, Some(code)), "{error:?}");
            assert!(body["Message"].as_str().is_some_and(|text| !text.is_empty()), "{error:?}");
        }
    }

    #[test]
    fn who_is_known_hears_that_a_permission_is_missing() {
        let (_, body) = shown(UseCaseError::NotFound(Missing::Store));
        assert_eq!(body["Message"], Kind::Forbidden.detail());
    }

    #[test]
    fn who_is_unknown_hears_that_the_store_is_not_there() {
        let problem = Problem::from(UseCaseError::NotFound(Missing::Store));
        assert_eq!(status(&problem, false), 404);
    }

    #[test]
    fn a_single_field_at_fault_is_named() {
        let (_, body) = shown(UseCaseError::WrongPassword);
        assert_eq!(body["Errors"][0]["FieldName"], "CurrentPassword");
        assert_eq!(body["Errors"][0]["ErrorCode"], "InvalidCurrentPassword");
        let (_, body) = shown(UseCaseError::Duplicate(Unique::LoginName));
        assert_eq!(body["Errors"][0]["FieldName"], "UserName");
    }

    #[test]
    fn a_failure_of_ours_tells_nothing_of_itself() {
        let (_, body) = shown(UseCaseError::Store(StoreError::Corrupt("SECRET".into())));
        assert!(!body.to_string().contains("SECRET"));
    }
}
