use super::{Due, Permission};

/// What a use case asks of whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Who holds it may enter.
    pub(super) permission: Permission,
    /// Whether users of the store may enter without it, for what is their own: the use case asks
    /// [`super::Room::require_own_or`] as soon as it knows whom it concerns.
    pub(super) own: bool,
    /// What may still be due.
    pub(super) due: Due,
}

impl Needs {
    /// Who holds `permission`, and users of the store for what is their own.
    pub const fn own_or(permission: Permission) -> Self {
        Self { permission, own: true, due: Due::Nothing }
    }

    /// The same, also for those of whom as much as `due` is still due.
    #[must_use]
    pub const fn while_due(self, due: Due) -> Self {
        Self { due, ..self }
    }
}

/// Who holds it, when nothing is due.
impl From<Permission> for Needs {
    fn from(permission: Permission) -> Self {
        Self { permission, own: false, due: Due::Nothing }
    }
}
