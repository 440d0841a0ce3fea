//! Which new passwords are accepted: the two presets of the specification, every broken rule told at
//! once. Lengths are counted in Unicode code points of the normal form.

mod context;

use std::collections::HashSet;
use std::fmt;

pub use context::context_words;

use super::{Blocklist, Password};
use crate::store::{PasswordPolicy, Settings};
use crate::text::Folded;

/// A rule that a new password breaks. It prints as a sentence that begins with `must` and ends with
/// the rule's name; the password is never part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokenRule {
    /// Too few characters.
    TooShort {
        /// The fewest.
        least: u32,
    },
    /// On the list of common passwords.
    TooCommon,
    /// In the set of breached passwords.
    Breached,
    /// Made of a name of the user, the store or the service.
    ContextWord,
    /// One of the user's last passwords.
    RecentlyUsed {
        /// How many of them are refused.
        last: u32,
    },
    /// No digit.
    RequiresDigit,
    /// No lower-case letter.
    RequiresLowercase,
    /// No upper-case letter.
    RequiresUppercase,
    /// Letters and digits alone.
    RequiresNonAlphanumeric,
    /// Too few characters that differ.
    RequiresUniqueChars {
        /// The fewest.
        least: u32,
    },
}

impl BrokenRule {
    /// Its name, which programs may compare: that of ASP.NET Core Identity where it has such a rule.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "PasswordTooShort",
            Self::TooCommon => "PasswordTooCommon",
            Self::Breached => "PasswordBreached",
            Self::ContextWord => "PasswordIsContextWord",
            Self::RecentlyUsed { .. } => "PasswordRecentlyUsed",
            Self::RequiresDigit => "PasswordRequiresDigit",
            Self::RequiresLowercase => "PasswordRequiresLower",
            Self::RequiresUppercase => "PasswordRequiresUpper",
            Self::RequiresNonAlphanumeric => "PasswordRequiresNonAlphanumeric",
            Self::RequiresUniqueChars { .. } => "PasswordRequiresUniqueChars",
        }
    }
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort { least } => {
                write!(f, "must have at least {least} character{}", plural(least))
            }
            Self::TooCommon => f.write_str("must not be a common password"),
            Self::Breached => f.write_str("must not be a password that is known from a breach"),
            Self::ContextWord => f.write_str(
                "must not be made of the name or the address of the user, nor of the name of the \
                 store or the service",
            ),
            Self::RecentlyUsed { last: 0 | 1 } => f.write_str("must differ from the last password"),
            Self::RecentlyUsed { last } => write!(f, "must differ from the last {last} passwords"),
            Self::RequiresDigit => f.write_str("must have a digit from 0 to 9"),
            Self::RequiresLowercase => f.write_str("must have a lower-case letter from a to z"),
            Self::RequiresUppercase => f.write_str("must have an upper-case letter from A to Z"),
            Self::RequiresNonAlphanumeric => {
                f.write_str("must have a character that is neither a letter nor a digit")
            }
            Self::RequiresUniqueChars { least } => {
                write!(f, "must have at least {least} different character{}", plural(least))
            }
        }?;
        write!(f, " ({})", self.name())
    }
}

const fn plural(number: u32) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// What a new password of one user has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    settings: Settings,
    second_factor_required: bool,
}

impl Demands {
    /// The fewest characters under NIST SP 800-63B-4 §3.1.1.2 when the password is the only factor.
    pub const ONLY_FACTOR: u32 = 15;
    /// The fewest when a second factor is always asked for as well.
    pub const ONE_OF_TWO: u32 = 8;

    /// The demands of a store with these settings on a user who must, or need not, show a second
    /// factor at every sign-in.
    pub fn of(settings: &Settings, second_factor_required: bool) -> Self {
        Self { settings: *settings, second_factor_required }
    }

    /// Every rule that the password breaks. `context` are the [`context_words`] of its user.
    ///
    /// Common passwords and context words are refused under the policy `nist-800-63b-4`, breached
    /// passwords under both.
    pub fn check(
        &self,
        password: &Password,
        context: &[Folded],
        lists: &dyn Blocklist,
    ) -> Vec<BrokenRule> {
        let mut broken = match self.settings.password_policy {
            PasswordPolicy::Nist => self.nist(password, context, lists),
            PasswordPolicy::Identity => self.identity(password),
        };
        if lists.is_breached(password) {
            broken.push(BrokenRule::Breached);
        }
        broken
    }

    fn nist(
        &self,
        password: &Password,
        context: &[Folded],
        lists: &dyn Blocklist,
    ) -> Vec<BrokenRule> {
        let least = if self.second_factor_required { Self::ONE_OF_TWO } else { Self::ONLY_FACTOR };
        let folded = Folded::of(password.reveal());
        broken_of([
            (length(password) < least, BrokenRule::TooShort { least }),
            (lists.is_common(&folded), BrokenRule::TooCommon),
            (context::is_derived(&folded, context), BrokenRule::ContextWord),
        ])
    }

    /// As `PasswordValidator` of ASP.NET Core Identity decides: letters and digits are those of
    /// ASCII, and white space alone is too short. But code points are counted, not units of UTF-16.
    fn identity(&self, password: &Password) -> Vec<BrokenRule> {
        let rules = &self.settings;
        let (least, differing) =
            (rules.identity_required_length, rules.identity_required_unique_chars);
        let blank = password.reveal().trim().is_empty();
        let lacks = |kind: fn(char) -> bool| !password.reveal().chars().any(kind);
        let no_digit = rules.identity_require_digit && lacks(|c| c.is_ascii_digit());
        let no_lower = rules.identity_require_lowercase && lacks(|c| c.is_ascii_lowercase());
        let no_upper = rules.identity_require_uppercase && lacks(|c| c.is_ascii_uppercase());
        let no_other =
            rules.identity_require_non_alphanumeric && lacks(|c| !c.is_ascii_alphanumeric());
        broken_of([
            (blank || length(password) < least, BrokenRule::TooShort { least }),
            (no_digit, BrokenRule::RequiresDigit),
            (no_lower, BrokenRule::RequiresLowercase),
            (no_upper, BrokenRule::RequiresUppercase),
            (no_other, BrokenRule::RequiresNonAlphanumeric),
            (distinct(password) < differing, BrokenRule::RequiresUniqueChars { least: differing }),
        ])
    }
}

fn broken_of<const N: usize>(rules: [(bool, BrokenRule); N]) -> Vec<BrokenRule> {
    rules.into_iter().filter_map(|(broken, rule)| broken.then_some(rule)).collect()
}

fn length(password: &Password) -> u32 {
    saturating(password.reveal().chars().count())
}

fn distinct(password: &Password) -> u32 {
    saturating(password.reveal().chars().collect::<HashSet<_>>().len())
}

fn saturating(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
