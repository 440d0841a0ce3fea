use super::Password;
use crate::text::Folded;

/// Passwords that an attacker tries first. Both questions are about the whole password.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Blocklist: Send + Sync + 'static {
    /// Whether the password, folded, is on the shipped list of common passwords.
    fn is_common(&self, folded: &Folded) -> bool;

    /// Whether the password is in the set of breached passwords that the operator supplied; false
    /// where there is none. Wrong for one in some ten thousand that are not in the set.
    fn is_breached(&self, password: &Password) -> bool;
}
