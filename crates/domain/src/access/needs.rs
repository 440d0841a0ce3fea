use super::{Due, Permission};
use crate::error::UseCaseError;

/// What a use case asks of whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Who holds it may enter.
    pub(super) permission: Permission,
    /// Whether users of the store may enter without it, for what is their own: the use case asks
    /// [`super::Room::require_own_or`] as soon as it knows whom it concerns.
    pub(super) own: bool,
    /// Whether another password may still be due.
    password_change: bool,
    /// Whether the second factor may still be due.
    second_factor: bool,
}

impl Needs {
    /// Who holds `permission`, and users of the store for what is their own.
    pub const fn own_or(permission: Permission) -> Self {
        Self { permission, own: true, password_change: false, second_factor: false }
    }

    /// The same, also for those of whom `due` is still due.
    #[must_use]
    pub const fn while_due(self, due: Due) -> Self {
        match due {
            Due::Nothing => self,
            Due::PasswordChange => Self { password_change: true, ..self },
            Due::SecondFactor => Self { second_factor: true, ..self },
        }
    }

    /// Refuses those who have to do something else first.
    ///
    /// # Errors
    /// [`UseCaseError::PasswordChangeDue`]; [`UseCaseError::SecondFactorDue`].
    pub(super) fn refuse(self, due: Due) -> Result<(), UseCaseError> {
        match due {
            Due::PasswordChange if !self.password_change => Err(UseCaseError::PasswordChangeDue),
            Due::SecondFactor if !self.second_factor => Err(UseCaseError::SecondFactorDue),
            _ => Ok(()),
        }
    }
}

/// Who holds it, when nothing is due.
impl From<Permission> for Needs {
    fn from(permission: Permission) -> Self {
        Self { permission, own: false, password_change: false, second_factor: false }
    }
}
