use thiserror::Error;

use crate::time::Instant;

/// When an account may be used: the half-open window [from, to); an end that is unset is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    from: Option<Instant>,
    to: Option<Instant>,
}

/// The window would end before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must not be after userValidTo")]
pub struct ValidityError;

impl Validity {
    /// A window; `from` may equal `to`, which leaves no moment inside.
    ///
    /// # Errors
    /// `from` is after `to`.
    pub fn new(from: Option<Instant>, to: Option<Instant>) -> Result<Self, ValidityError> {
        match (from, to) {
            (Some(from), Some(to)) if from > to => Err(ValidityError),
            _ => Ok(Self { from, to }),
        }
    }

    /// The first moment inside.
    pub fn from(&self) -> Option<Instant> {
        self.from
    }

    /// The first moment after.
    pub fn to(&self) -> Option<Instant> {
        self.to
    }

    /// Whether the account may be used at that moment.
    pub fn contains(&self, now: Instant) -> bool {
        self.from.is_none_or(|from| from <= now) && self.to.is_none_or(|to| now < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_does_not_end_before_it_begins() {
        let at = |micros| Some(Instant::from_micros(micros).expect("in range"));
        assert!(Validity::new(at(2), at(1)).is_err());
        assert!(Validity::new(at(1), at(1)).is_ok());
        assert!(Validity::new(at(2), None).is_ok());
        assert!(Validity::new(None, at(1)).is_ok());
    }
}
