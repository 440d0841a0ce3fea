use jiff::SignedDuration;

use super::TimeStep;
use crate::attempt::{Attempts, Limits};
use crate::store::Settings;

/// The second factor of a user, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// The seed, sealed.
    pub sealed: Vec<u8>,
    /// Whether a code has proved that the user has it. Until then it is offered, and asked for by
    /// nobody.
    pub registered: bool,
    /// The last step whose code was accepted: no earlier one, nor itself, is accepted again.
    pub last_step: Option<TimeStep>,
    /// Wrong codes, apart from wrong passwords: nothing of them is in flight between two units.
    pub attempts: Attempts,
}

/// After how many wrong codes none is looked at for a time, whatever holds for passwords: six digits
/// are guessed soon.
const TRIES: u32 = 5;
const LOCK: SignedDuration = SignedDuration::from_mins(5);

impl SecondFactor {
    /// One that nobody has proved to have yet.
    pub fn pending(sealed: Vec<u8>) -> Self {
        let attempts = Attempts::default();
        Self { sealed, registered: false, last_step: None, attempts }
    }

    /// How many codes may be tried on an account that may be locked or not. Three of a million are
    /// right at a time: a hundred in a row leave a guesser three chances in ten thousand. Where nothing
    /// locks for good, five in five minutes are four in a thousand a day, for whoever has the password.
    pub fn limits(settings: &Settings, lock_enabled: bool) -> Limits {
        Limits { temporary: Some((TRIES, LOCK)), at_once: 1, ..Limits::of(settings, lock_enabled) }
    }

    /// Whether the code of that step was not accepted before.
    pub fn is_fresh(&self, step: TimeStep) -> bool {
        self.last_step.is_none_or(|last| last < step)
    }
}
