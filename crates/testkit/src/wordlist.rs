use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use domain::password::{Blocklist, Password};
use domain::text::Folded;

/// A blocklist of the words that it is told; none at first.
#[derive(Debug, Default)]
pub struct Wordlist {
    common: Words,
    breached: Words,
}

#[derive(Debug, Default)]
struct Words(Mutex<BTreeSet<String>>);

impl Words {
    fn add(&self, word: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(word.to_owned());
    }

    fn has(&self, word: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(word)
    }
}

impl Wordlist {
    /// A common password from now on, ignoring case.
    pub fn add_common(&self, word: &str) {
        self.common.add(Folded::of(word).as_str());
    }

    /// A breached password from now on: this one, in its normal form.
    pub fn add_breached(&self, password: &Password) {
        self.breached.add(password.reveal());
    }
}

impl Blocklist for Wordlist {
    fn is_common(&self, folded: &Folded) -> bool {
        self.common.has(folded.as_str())
    }

    fn is_breached(&self, password: &Password) -> bool {
        self.breached.has(password.reveal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_it_was_told_and_no_more() {
        let words = Wordlist::default();
        let [ada, upper] = ["ada", "ADA"].map(|text| Password::parse(text.to_owned()).unwrap());
        assert!(!words.is_common(&Folded::of("ada")) && !words.is_breached(&ada));
        words.add_common("aDa");
        assert!(words.is_common(&Folded::of("ADA")) && !words.is_breached(&ada));
        words.add_breached(&ada);
        assert!(words.is_breached(&ada) && !words.is_breached(&upper));
    }
}
