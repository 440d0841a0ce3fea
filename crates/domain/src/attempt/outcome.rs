use crate::time::Instant;
use crate::user::User;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is the user.
    Succeeded,
    /// It is the user, who has to set another password first.
    PasswordChangeRequired,
    /// It is the user as far as the password says, and a second factor is due.
    TwoFactorRequired,
    /// No user of that name, no password, or a wrong one.
    Failed,
    /// The account is locked, for a time or until an administrator lifts it.
    Locked,
    /// The account is inactive, or outside of the time in which it may be used.
    NotValid,
    /// The password is right and has expired, and the user may not change it.
    Expired,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Succeeded,
        Self::PasswordChangeRequired,
        Self::TwoFactorRequired,
        Self::Failed,
        Self::Locked,
        Self::NotValid,
        Self::Expired,
    ];

    /// The name in the specification.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::PasswordChangeRequired => "PasswordChangeRequired",
            Self::TwoFactorRequired => "TwoFactorRequired",
            Self::Failed => "Failed",
            Self::Locked => "Locked",
            Self::NotValid => "NotValid",
            Self::Expired => "Expired",
        }
    }

    /// Whether the user has shown all that is asked for, and may go on, if only to set another
    /// password.
    pub(crate) const fn is_let_in(self) -> bool {
        matches!(self, Self::Succeeded | Self::PasswordChangeRequired)
    }

    /// What a right password comes to, the second factor aside.
    pub(crate) fn of_right(user: &User, now: Instant) -> Self {
        let has_passed = user.password_expires.is_some_and(|at| at <= now);
        // An initial password is no password to keep: nothing exempts it from its deadline, and who
        // missed it cannot use it to set another one (OWASP ASVS 6.4.1).
        if has_passed && (user.initial_password || !user.password_never_expires) {
            let may_change = user.can_change_expired_password && !user.initial_password;
            return if may_change { Self::PasswordChangeRequired } else { Self::Expired };
        }
        if user.initial_password || user.password_change_required {
            return Self::PasswordChangeRequired;
        }
        Self::Succeeded
    }
}

/// Why an account may not be tried at all, whatever its password.
pub(crate) fn refusal(user: &User, now: Instant) -> Option<Outcome> {
    if !user.active || !user.validity.contains(now) {
        return Some(Outcome::NotValid);
    }
    user.locked.then_some(Outcome::Locked)
}
