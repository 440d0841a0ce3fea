//! The one place that gives a refusal of the domain its status.

use domain::access::Permission;
use domain::credential::AuthenticationError;
use domain::error::{FieldError, Missing, UseCaseError};
use domain::store::printed_name;
use domain::unit_of_work::{StoreError, Unique};

use super::{Kind, Problem};

impl From<UseCaseError> for Problem {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Invalid(invalid) => Self::invalid(invalid),
            UseCaseError::NotFound(missing) => not_found(missing),
            UseCaseError::Forbidden(permission) => forbidden(permission),
            UseCaseError::Upward => Self::because(
                Kind::Forbidden,
                "The change concerns more than what the caller holds.",
            ),
            UseCaseError::SecondFactorDue => Self::new(Kind::SecondFactorDue),
            UseCaseError::PasswordChangeDue => Self::new(Kind::PasswordChangeDue),
            UseCaseError::NotForOneself => Self::new(Kind::NotForOneself),
            UseCaseError::OwnRemoval => Self::new(Kind::OwnRemoval),
            UseCaseError::StoreReadOnly => Self::new(Kind::StoreReadOnly),
            UseCaseError::Duplicate(what) => duplicate(what),
            UseCaseError::LastSystemAdmin => Self::new(Kind::LastSystemAdmin),
            UseCaseError::WrongPassword => Self::new(Kind::WrongPassword),
            UseCaseError::WrongCode => Self::new(Kind::WrongCode),
            UseCaseError::InvalidToken => Self::new(Kind::InvalidToken),
            UseCaseError::Refused => Self::new(Kind::Refused),
            UseCaseError::Locked => Self::new(Kind::AccountLocked),
            UseCaseError::PasswordExpired => Self::new(Kind::PasswordExpired),
            UseCaseError::NotInitial => Self::new(Kind::NotInitialPassword),
            UseCaseError::NoAddress => Self::new(Kind::NoEmailAddress),
            UseCaseError::SwitchedOff => Self::new(Kind::SwitchedOff),
            UseCaseError::Throttled { seconds } => Self::retriable(Kind::TooManyAttempts, seconds),
            UseCaseError::Overloaded => Self::retriable(Kind::Overloaded, 1),
            UseCaseError::Unverifiable(cause) => Self::passing(Kind::Unavailable, cause),
            UseCaseError::Cycle => Self::new(Kind::Cycle),
            UseCaseError::StoreNotEmpty => Self::new(Kind::StoreNotEmpty),
            UseCaseError::NotSealed => Self::retriable(Kind::NotSealed, 1),
            UseCaseError::Archived { first } => Self::archived(first),
            UseCaseError::NotDeleted => Self::new(Kind::NotDeleted),
            // Keys are registered by the command line alone.
            UseCaseError::RetiredKey => Self::internal("a key that had retired was registered"),
            UseCaseError::Pinned(setting) => pinned(&printed_name(setting)),
            UseCaseError::Overtaken => Self::new(Kind::Conflict),
            UseCaseError::KeyReused => Self::new(Kind::KeyReused),
            UseCaseError::Replayed(_) => Self::internal("a kept answer was not replayed"),
            UseCaseError::TestFailed(which) => Self::because(Kind::TestFailed, which),
            UseCaseError::Stale { present } => Self::stale(present),
            UseCaseError::Item { index, source } => Self::from(*source).of_item(index),
            UseCaseError::TooLarge { most } => {
                Self::because(Kind::TooManyItems, format!("At most {most} records change at once."))
            }
            UseCaseError::IdsExhausted(error) => Self::internal(error.to_string()),
            UseCaseError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Conflict { what } => duplicate(what),
            StoreError::DanglingReference | StoreError::Stale => Self::new(Kind::Conflict),
            StoreError::Retryable | StoreError::Unavailable(_) => {
                Self::passing(Kind::Unavailable, cause)
            }
            StoreError::OutcomeUnknown => Self::passing(Kind::OutcomeUnknown, cause),
            StoreError::Corrupt(_) | StoreError::Other(_) => Self::internal(cause),
        }
    }
}

impl From<AuthenticationError> for Problem {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Refused => Self::unauthenticated(true),
            AuthenticationError::Unavailable(cause) => Self::passing(Kind::Unavailable, cause),
            AuthenticationError::Store(error) => error.into(),
        }
    }
}

fn forbidden(permission: Permission) -> Problem {
    Problem::because(Kind::Forbidden, format!("The permission {permission} is missing."))
}

fn pinned(setting: &str) -> Problem {
    let property = format!("set.{setting}");
    let rule =
        "must stay as it is: the configuration of the server decides this setting".to_owned();
    let detail = format!("The configuration of the server decides {setting}.");
    let errors = vec![FieldError { property, rule }];
    Problem { errors, ..Problem::because(Kind::SettingPinned, detail) }
}

fn not_found(missing: Missing) -> Problem {
    match missing {
        Missing::Store => Problem::new(Kind::NoSuchStore),
        Missing::User => Problem::because(Kind::NotFound, "There is no such user."),
        Missing::Group => Problem::because(Kind::NotFound, "There is no such group."),
        Missing::Profile => {
            Problem::because(Kind::NotFound, "The user has no profile of this key.")
        }
        Missing::Metadata => {
            Problem::because(Kind::NotFound, "The group has no metadata of this key.")
        }
        Missing::Role => {
            Problem::because(Kind::NotFound, "The role is not given to that holder there.")
        }
        Missing::AuditEntry => Problem::because(Kind::NotFound, "There is no such audit entry."),
        Missing::Checkpoint => Problem::new(Kind::NoSuchCheckpoint),
        Missing::Client => Problem::because(Kind::NotFound, "There is no such client."),
    }
}

fn duplicate(what: Unique) -> Problem {
    let property = property(what);
    let rule = "must be unique, and this value is taken";
    let error = FieldError { property: property.to_owned(), rule: rule.to_owned() };
    let detail = format!("The value of {property} is taken.");
    Problem { errors: vec![error], ..Problem::because(Kind::Duplicate, detail) }
}

/// The property that holds what must be unique.
fn property(what: Unique) -> &'static str {
    match what {
        Unique::StoreId | Unique::UserId | Unique::GroupId | Unique::ClientId | Unique::AuditId => {
            "id"
        }
        Unique::StoreName | Unique::GroupName | Unique::ClientName => "name",
        Unique::LoginName => "loginName",
        Unique::ExternalId => "externalUniqueIdentifier",
        Unique::EmailAddress => "emailAddress",
        Unique::ProfileKey | Unique::MetadataKey => "key",
        Unique::Membership => "memberOfGroups",
        Unique::Nesting => "memberGroups",
        Unique::Role => "role",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::error::Invalid;

    #[test]
    fn a_failure_of_ours_tells_the_client_nothing() {
        for error in [StoreError::Corrupt("SECRET".into()), StoreError::Other("SECRET".into())] {
            let problem = Problem::from(error);
            let shown = serde_json::to_string(&problem.document("/x", "id")).expect("JSON");
            assert!(!shown.contains("SECRET"), "{shown}");
            assert!(problem.cause().expect("logged").contains("SECRET"));
            assert_eq!(problem.status(), 500);
        }
        let unavailable = Problem::from(StoreError::Unavailable("SECRET".into()));
        let shown = serde_json::to_string(&unavailable.document("/x", "id")).expect("JSON");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert_eq!(unavailable.headers().next().expect("a header").0, "retry-after");
    }

    #[test]
    fn an_item_of_a_batch_is_named_by_its_position() {
        let error = UseCaseError::from(Invalid::one("id", "must be new")).of_item(7);
        let problem = Problem::from(error);
        assert_eq!(problem.status(), 400);
        let document = serde_json::to_value(problem.document("/x", "id")).expect("JSON");
        assert_eq!(document["index"], 7);
        assert_eq!(document["errors"]["id"][0], "must be new");
    }
}
