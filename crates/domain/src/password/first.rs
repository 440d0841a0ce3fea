use super::PasswordHash;
use super::record::{FLAG, deadline, initial, owned};
use crate::access::Room;
use crate::audit::Recorded;
use crate::error::UseCaseError;
use crate::store::Settings;
use crate::time::Instant;
use crate::user::User;

/// The password that a user is made with.
#[derive(Clone)]
pub(crate) struct FirstPassword {
    hash: PasswordHash,
    origin: Origin,
}

#[derive(Clone, Copy)]
enum Origin {
    /// It was made by us, and has to be replaced by the deadline of the store.
    Generated,
    /// Whoever makes the user has chosen it, and need not change it.
    Chosen {
        /// Whether it was let pass whatever the policy says.
        unchecked: bool,
    },
}

impl FirstPassword {
    /// One that was generated.
    pub(crate) fn generated(hash: PasswordHash) -> Self {
        Self { hash, origin: Origin::Generated }
    }

    /// One that was chosen; `unchecked` when the policy was not asked.
    pub(crate) fn chosen(hash: PasswordHash, unchecked: bool) -> Self {
        Self { hash, origin: Origin::Chosen { unchecked } }
    }

    /// The user, who is made with it.
    pub(crate) fn given_to(&self, user: &User, settings: &Settings, now: Instant) -> User {
        match self.origin {
            Origin::Generated => initial(user, deadline(settings, now)),
            Origin::Chosen { .. } => owned(user, settings, now),
        }
    }

    /// What the entry of the user says of it.
    pub(crate) const fn flags(&self) -> &'static [&'static str] {
        match self.origin {
            Origin::Generated | Origin::Chosen { unchecked: false } => &[FLAG],
            Origin::Chosen { unchecked: true } => &[FLAG, "passwordPolicySkipped"],
        }
    }

    /// Sets it for a user that was just made. The owner is told nothing: there was none before.
    pub(crate) fn set(
        &self,
        room: &mut Room<'_>,
        made: &Recorded<User>,
    ) -> Result<(), UseCaseError> {
        Ok(room.here().passwords().set(made.record().id, &self.hash, made.stamp(), 0)?)
    }
}
