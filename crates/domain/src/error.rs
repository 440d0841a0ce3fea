//! What a use case can answer but its result.

use jiff::SignedDuration;
use thiserror::Error;

use crate::access::Permission;
use crate::audit::IdsExhausted;
use crate::idempotency::Answer;
use crate::unit_of_work::{StoreError, Unique};
use crate::version::Version;

/// One broken rule of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The property, as the API prints it.
    pub property: String,
    /// The rule, as a sentence that begins with `must`.
    pub rule: String,
}

/// Every broken rule of a request, at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Error)]
#[error("the request breaks {} rules", fields.len())]
pub struct Invalid {
    /// The rules, in the order they were found.
    pub fields: Vec<FieldError>,
}

impl Invalid {
    /// One broken rule.
    pub fn one(property: impl Into<String>, rule: impl Into<String>) -> Self {
        let mut invalid = Self::default();
        invalid.add(property, rule);
        invalid
    }

    /// Adds a broken rule.
    pub fn add(&mut self, property: impl Into<String>, rule: impl Into<String>) {
        self.fields.push(FieldError { property: property.into(), rule: rule.into() });
    }

    /// `Ok(value)` when no rule is broken.
    ///
    /// # Errors
    /// Itself, when one is.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.fields.is_empty() { Ok(value) } else { Err(self) }
    }
}

/// What was looked for and is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The user store, or one in which the caller holds no role.
    Store,
    /// The user.
    User,
    /// The group.
    Group,
    /// The profile of the user.
    Profile,
    /// The metadata of the group.
    Metadata,
    /// The role of the holder.
    Role,
    /// The audit entry.
    AuditEntry,
    /// The checkpoint of the audit log.
    Checkpoint,
    /// The API client.
    Client,
}

/// Why a use case was refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UseCaseError {
    /// Rules of properties are broken.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// What the request names is not there.
    #[error("{0:?} not found")]
    NotFound(Missing),
    /// The caller lacks a permission.
    #[error("the permission {0} is missing")]
    Forbidden(Permission),
    /// The caller would grant what they lack, or act on somebody who holds more.
    #[error("the caller holds less than what the change concerns")]
    Upward,
    /// The caller has to show the second factor first.
    #[error("the second factor is due")]
    SecondFactorDue,
    /// The caller has to set another password first.
    #[error("a change of the password is due")]
    PasswordChangeDue,
    /// Nobody does that to themselves by this operation; another one may be meant for it.
    #[error("not for oneself")]
    NotForOneself,
    /// Nobody removes themselves.
    #[error("nobody removes themselves")]
    OwnRemoval,
    /// The store takes no writes.
    #[error("the store is read-only")]
    StoreReadOnly,
    /// The configuration pins the setting of the store, by its name there.
    #[error("the configuration pins the setting {0}")]
    Pinned(&'static str),
    /// The store to remove holds something, and that is not confirmed.
    #[error("the store is not empty")]
    StoreNotEmpty,
    /// The audit entry is not in the log yet.
    #[error("the entry is not sealed yet")]
    NotSealed,
    /// What is asked for of the audit log is archived, and in the database no more.
    #[error("the log begins with leaf {first} here: what was before it is archived")]
    Archived {
        /// The first leaf whose entry is still there.
        first: u64,
    },
    /// A key that signed once does not come back.
    #[error("the key has retired")]
    RetiredKey,
    /// What the trail holds of a user is not erased while the user is there.
    #[error("the user is still there: delete the user first")]
    NotDeleted,
    /// Another record holds what must be unique.
    #[error("{0:?} is taken")]
    Duplicate(Unique),
    /// The last holder of `SystemAdmin` cannot be removed.
    #[error("the last holder of SystemAdmin cannot be removed")]
    LastSystemAdmin,
    /// The current password is not the one that was sent.
    #[error("the password is wrong")]
    WrongPassword,
    /// The code of the second factor is not right, or was used before.
    #[error("the code is wrong")]
    WrongCode,
    /// The account is locked, or may not be used for another reason.
    #[error("the account may not be used")]
    Locked,
    /// The password has expired, and the user may not change it.
    #[error("the password has expired")]
    PasswordExpired,
    /// The token is none, or is used up, has expired, or is another user's.
    #[error("the token is not valid")]
    InvalidToken,
    /// An anonymous request is refused; nobody is told why.
    #[error("refused")]
    Refused,
    /// Too many attempts: none is looked at before some time has passed.
    #[error("too many attempts")]
    Throttled {
        /// Whole seconds to wait, at least one.
        seconds: u32,
    },
    /// No password can be hashed at the moment: too many wait already.
    #[error("too many passwords are being hashed")]
    Overloaded,
    /// A hash that is stored cannot be checked with the keys that are here; the text is for the log.
    #[error("a password cannot be checked: {0}")]
    Unverifiable(String),
    /// The password of the user is not an initial one.
    #[error("the password is not an initial one")]
    NotInitial,
    /// The user has no address to send mail to.
    #[error("the user has no e-mail address")]
    NoAddress,
    /// The operation is switched off in the store.
    #[error("switched off")]
    SwitchedOff,
    /// A group would come to lie in itself, directly or through others.
    #[error("groups would nest in a circle")]
    Cycle,
    /// What was found by its name is no longer what was meant, every time it was looked for.
    #[error("other changes came in between")]
    Overtaken,
    /// A condition inside the request does not hold: the `test` of a JSON Patch.
    #[error("a test of the request failed: {0}")]
    TestFailed(String),
    /// The precondition does not hold for the present version.
    #[error("the resource is in another version")]
    Stale {
        /// The version it is in; `None` when it is not there.
        present: Option<Version>,
    },
    /// An item of a batch is refused; nothing changed.
    #[error("item {index}: {source}")]
    Item {
        /// Position in the batch, from 0.
        index: usize,
        /// Why.
        source: Box<UseCaseError>,
    },
    /// The request would change more records than one unit takes.
    #[error("more than {most} records would change at once")]
    TooLarge {
        /// The most that are taken.
        most: u32,
    },
    /// The request happened before: what it was answered then.
    #[error("the request was answered before")]
    Replayed(Answer),
    /// Another request came with the same idempotency key.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// No numbers for audit entries are at hand. The gate answers this one itself.
    #[error(transparent)]
    IdsExhausted(#[from] IdsExhausted),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for UseCaseError {
    fn from(error: StoreError) -> Self {
        match error {
            // No request names the number of an audit entry.
            StoreError::Conflict { what } if what != Unique::AuditId => Self::Duplicate(what),
            other => Self::Store(other),
        }
    }
}

impl UseCaseError {
    /// That an attempt comes too early by `wait`: rounded up, so that whoever comes when we said is
    /// not sent away again.
    pub(crate) fn throttled(wait: SignedDuration) -> Self {
        let seconds = wait.saturating_add(SignedDuration::from_millis(999)).as_secs().max(1);
        Self::Throttled { seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
    }

    /// The same refusal, as that of item `index` of a batch. Failures of the store concern the
    /// whole batch and stay as they are.
    #[must_use]
    pub fn of_item(self, index: usize) -> Self {
        match self {
            Self::Item { .. } => self,
            whole if whole.concerns_all() => whole,
            source => Self::Item { index, source: Box::new(source) },
        }
    }

    /// The refusal itself, where the batch was of one item.
    #[must_use]
    pub fn of_whole(self) -> Self {
        match self {
            Self::Item { source, .. } => *source,
            whole => whole,
        }
    }

    /// Whether it concerns a batch as a whole, and not one item of it.
    pub(crate) fn concerns_all(&self) -> bool {
        matches!(
            self,
            Self::Store(_)
                | Self::IdsExhausted(_)
                | Self::TooLarge { .. }
                | Self::Overtaken
                | Self::Replayed(_)
                | Self::KeyReused
        )
    }
}
