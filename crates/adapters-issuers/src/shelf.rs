//! What is known of the keys of an issuer, and when others are to be had: rules without a clock or a
//! source.

use std::sync::Arc;

use domain::time::Instant;
use jiff::SignedDuration;

use crate::key_set::KeySet;

/// How often keys are had anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// A set is taken for current for so long.
    pub(crate) fresh: SignedDuration,
    /// The least time between two attempts.
    pub(crate) retry: SignedDuration,
}

/// The last good set, and the last attempt to have one.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    set: Option<(Arc<KeySet>, Instant)>,
    tried: Option<Instant>,
    failure: Option<String>,
}

/// What to do about a token before its key is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Nothing: what is known is all there is at the moment.
    Use,
    /// The keys may be had anew; those that are known are good enough meanwhile.
    Renew,
    /// The keys have to be had anew first.
    Fetch,
}

impl Shelf {
    /// What to do about a token that names the key `kid`.
    pub(crate) fn advise(&self, kid: Option<&str>, now: Instant, pace: Pace) -> Advice {
        if self.tried.is_some_and(|at| !has_passed(at, pace.retry, now)) {
            return Advice::Use;
        }
        match &self.set {
            None => Advice::Fetch,
            Some((set, _)) if set.lacks(kid) => Advice::Fetch,
            Some((_, since)) if has_passed(*since, pace.fresh, now) => Advice::Renew,
            Some(_) => Advice::Use,
        }
    }

    /// The last good set; without any, why there is none.
    pub(crate) fn keys(&self) -> Result<Arc<KeySet>, String> {
        let failure = || self.failure.clone().unwrap_or_else(|| "not asked yet".into());
        self.set.as_ref().map(|(set, _)| set.clone()).ok_or_else(failure)
    }

    /// Notes how an attempt ended. The last good set stays when it failed.
    pub(crate) fn note(&mut self, outcome: Result<KeySet, String>, now: Instant) {
        self.tried = Some(now);
        match outcome {
            Ok(set) => {
                self.set = Some((Arc::new(set), now));
                self.failure = None;
            }
            Err(failure) => self.failure = Some(failure),
        }
    }
}

/// Whether so much time has passed. A clock that was set back is no reason to wait.
fn has_passed(since: Instant, duration: SignedDuration, now: Instant) -> bool {
    now < since || since.saturating_add(duration) <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace =
        Pace { fresh: SignedDuration::from_secs(600), retry: SignedDuration::from_secs(30) };

    fn at(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000).expect("in range")
    }

    fn set() -> KeySet {
        let key = r#"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AAAA"}"#;
        KeySet::read(format!(r#"{{"keys":[{key}]}}"#).as_bytes()).expect("a set")
    }

    fn advised(shelf: &Shelf, kid: &str, second: i64) -> Advice {
        shelf.advise(Some(kid), at(second), PACE)
    }

    #[test]
    fn a_set_is_used_while_it_is_fresh_and_renewed_then() {
        let mut shelf = Shelf::default();
        assert_eq!(advised(&shelf, "a", 0), Advice::Fetch);
        shelf.note(Ok(set()), at(0));
        for second in [0, 30, 599] {
            assert_eq!(advised(&shelf, "a", second), Advice::Use, "{second}");
        }
        for second in [600, 9_999, -1] {
            assert_eq!(advised(&shelf, "a", second), Advice::Renew, "{second}");
        }
    }

    #[test]
    fn an_unknown_name_is_worth_an_attempt_once_in_a_while() {
        let mut shelf = Shelf::default();
        for asked in [0, 31] {
            shelf.note(Ok(set()), at(asked));
            assert_eq!(advised(&shelf, "b", asked + 29), Advice::Use);
            assert_eq!(advised(&shelf, "b", asked + 30), Advice::Fetch);
            assert_eq!(shelf.advise(None, at(asked + 30), PACE), Advice::Use);
        }
    }

    #[test]
    fn the_last_good_set_outlives_an_outage() {
        let mut shelf = Shelf::default();
        shelf.note(Ok(set()), at(0));
        shelf.note(Err("down".into()), at(700));
        assert_eq!(advised(&shelf, "a", 729), Advice::Use);
        assert_eq!(advised(&shelf, "a", 730), Advice::Renew);
        assert_eq!(shelf.keys().expect("keys").len(), 1);
    }

    #[test]
    fn without_any_set_there_is_nothing_to_do_but_to_wait() {
        let mut shelf = Shelf::default();
        shelf.note(Err("down".into()), at(0));
        assert_eq!(advised(&shelf, "a", 29), Advice::Use);
        assert_eq!(shelf.keys().expect_err("no keys"), "down");
        assert_eq!(advised(&shelf, "a", 30), Advice::Fetch);
    }
}
