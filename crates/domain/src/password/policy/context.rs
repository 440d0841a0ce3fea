//! Words that an attacker tries for one user, with what people usually make of them.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::store::StoreName;
use crate::text::Folded;
use crate::user::{EmailAddress, PersonName, User};

/// The name of the service, which users see.
const SERVICE: &str = "userstore";

/// The fewest characters of a word that counts.
const LEAST_LETTERS: usize = 4;

/// The words that a password of this user must not be made of: login name, address, the local parts
/// of both, names, and the names of the store and the service.
pub fn context_words(store: &StoreName, user: &User) -> Vec<Folded> {
    let login = user.login_name.as_str();
    let address = user.email.as_ref().map_or("", EmailAddress::as_str);
    let first = user.first_name.as_ref().map_or("", PersonName::as_str);
    let last = user.last_name.as_ref().map_or("", PersonName::as_str);
    let (first_last, last_first) = (format!("{first}{last}"), format!("{last}{first}"));
    [
        login,
        local_part(login),
        address,
        local_part(address),
        first,
        last,
        &first_last,
        &last_first,
        store.as_str(),
        SERVICE,
    ]
    .into_iter()
    .filter(|word| !word.is_empty())
    .map(folded)
    .collect()
}

/// What stands before the `@` of an address; any other text as it is.
fn local_part(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(local, _)| local)
}

/// In the normal form of passwords, or else they would not meet.
fn folded(word: &str) -> Folded {
    Folded::of(&word.nfkc().collect::<String>())
}

/// Whether the whole password is made of one of the words: the word or its reverse, once or
/// repeated, with digits before and behind, and with spaces and punctuation anywhere. Words of fewer
/// than four characters do not count.
pub(super) fn is_derived(password: &Folded, words: &[Folded]) -> bool {
    let forms = Forms::of(password);
    words.iter().any(|word| password == word && is_long(word.as_str()) || forms.derive_from(word))
}

fn is_long(word: &str) -> bool {
    word.chars().count() >= LEAST_LETTERS
}

/// Two forms of a text in which decoration no longer tells it apart.
struct Forms {
    /// Letters and digits alone.
    plain: Zeroizing<String>,
    /// The same without the digits at both ends.
    bare: Zeroizing<String>,
}

impl Forms {
    fn of(text: &Folded) -> Self {
        let plain = text.as_str().chars().filter(|character| character.is_alphanumeric());
        let plain = Zeroizing::new(plain.collect::<String>());
        let bare = Zeroizing::new(plain.trim_matches(char::is_numeric).to_owned());
        Self { plain, bare }
    }

    fn each(&self) -> [&str; 2] {
        [&self.plain, &self.bare]
    }

    fn derive_from(&self, word: &Folded) -> bool {
        let word = Self::of(word);
        word.each().into_iter().filter(|form| is_long(form)).any(|form| {
            self.each()
                .into_iter()
                .any(|text| repeats(text, form.chars()) || repeats(text, form.chars().rev()))
        })
    }
}

/// Whether the text is the word, once or several times in a row.
fn repeats(text: &str, word: impl Iterator<Item = char> + Clone) -> bool {
    let (length, period) = (text.chars().count(), word.clone().count());
    length >= period && length % period == 0 && text.chars().eq(word.cycle().take(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_derived_from(word: &str, password: &str) -> bool {
        is_derived(&folded(password), &[folded(word)])
    }

    #[test]
    fn a_decorated_word_is_derived_from_it() {
        for password in [
            "lovelace",
            "LoveLace",
            "lovelace1",
            "1234lovelace1234",
            "lovelace1815!",
            "!!lovelace??",
            "love-lace",
            "L o v e l a c e",
            "ecalevol",
            "Ecalevol99",
            "lovelacelovelace",
            "Lovelace Lovelace 2026",
            "lovelacelovelacelovelace",
            "\u{661}lovelace\u{662}",
        ] {
            assert!(is_derived_from("Lovelace", password), "{password}");
        }
    }

    #[test]
    fn the_whole_password_is_compared() {
        for password in [
            "lovelacex",
            "xlovelace",
            "countess lovelace",
            "love1lace",
            "lovelaceecalevol",
            "lovelacelovelac",
            "1815",
            "!",
        ] {
            assert!(!is_derived_from("lovelace", password), "{password}");
        }
    }

    #[test]
    fn words_of_fewer_than_four_characters_do_not_count() {
        assert!(!is_derived_from("ada", "ada"));
        assert!(!is_derived_from("ada", "adaadaadaadaadaada"));
        assert!(is_derived_from("anna", "annaannaannaanna"));
        assert!(!is_derived_from("\u{e4}\u{f6}\u{fc}", "\u{e4}\u{f6}\u{fc}"));
        assert!(is_derived_from("\u{e4}\u{f6}\u{fc}\u{df}", "\u{c4}\u{d6}\u{dc}\u{df}"));
    }

    #[test]
    fn the_digits_of_a_word_can_be_left_out() {
        assert!(is_derived_from("lovelace1815", "lovelace"));
        assert!(is_derived_from("lovelace1815", "lovelace2026"));
        assert!(is_derived_from("ada1815", "ada-1815"));
        assert!(is_derived_from("ada1815", "5181ada"));
        assert!(!is_derived_from("ada1815", "ada2026"), "ada alone is too short to count");
    }

    #[test]
    fn a_word_without_letters_is_compared_as_it_is() {
        assert!(is_derived_from("49301234567", "+49 30 1234567"));
        assert!(!is_derived_from("49301234567", "49301234568"));
        assert!(!is_derived_from("2026", "17 934 2026 8812 5531"));
        assert!(is_derived_from("-----", "-----"));
        assert!(!is_derived_from("-----", "------"));
    }

    #[test]
    fn compatibility_forms_are_one_word() {
        assert!(is_derived_from("\u{fb01}sherman", "fisherman"));
        assert!(is_derived_from("fisherman", "\u{ff26}isherman"));
    }

    #[test]
    fn the_local_part_ends_at_the_last_at_sign() {
        assert_eq!(local_part("\"a@b\"@example.com"), "\"a@b\"");
        assert_eq!(local_part("ada"), "ada");
    }
}
