use std::collections::BTreeMap;

use domain::delivery::{Letter, Occasion};
use domain::user::EmailAddress;
use minijinja::Value;

use crate::moment::spelled;

/// What a template can say: texts by name. What there is none of is empty.
pub(crate) struct Fields(BTreeMap<&'static str, String>);

const OF_EVERY: [&str; 6] = ["language", "service", "store", "login_name", "first_name", "at"];
const OF_RESET: [&str; 3] = ["token", "link", "expires"];
const OF_EMAIL_CHANGED: [&str; 1] = ["address"];

impl Fields {
    /// What is to be said of a letter.
    pub(crate) fn of(letter: &Letter, language: &str, service: &str, link: Option<String>) -> Self {
        let first_name = letter.first_name.as_ref().map(ToString::to_string);
        let mut fields = BTreeMap::from([
            ("language", language.to_owned()),
            ("service", service.to_owned()),
            ("store", letter.store.to_string()),
            ("login_name", letter.login_name.to_string()),
            ("first_name", first_name.unwrap_or_default()),
            ("at", spelled(letter.at, language)),
        ]);
        match &letter.occasion {
            Occasion::ResetByAdministrator { token, expires }
            | Occasion::ResetByUser { token, expires } => {
                fields.insert("token", token.reveal().to_owned());
                fields.insert("link", link.unwrap_or_default());
                fields.insert("expires", spelled(*expires, language));
            }
            Occasion::PasswordChanged
            | Occasion::SecondFactorSet
            | Occasion::SecondFactorRemoved
            | Occasion::RecoveryCodeUsed => {}
            Occasion::EmailChanged { now } => {
                let shown = now.as_ref().map(|now| shown_to(&letter.to, now));
                fields.insert("address", shown.unwrap_or_default());
            }
        }
        Self(fields)
    }

    /// All that templates of an occasion can name, each with this text: what templates are tried
    /// with.
    pub(super) fn sample(occasion: &str, text: &str) -> Self {
        let own: &[_] = match occasion {
            "reset-by-administrator" | "reset-by-user" => &OF_RESET,
            "email-changed" => &OF_EMAIL_CHANGED,
            _ => &[],
        };
        Self(OF_EVERY.iter().chain(own).map(|name| (*name, text.to_owned())).collect())
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::from(fields.0)
    }
}

/// An address as a reader may see it. Whoever has the old address need not be the owner of the new
/// one: an administrator may have mended a mistake.
fn shown_to(reader: &EmailAddress, address: &EmailAddress) -> String {
    if reader.folded() == address.folded() {
        return address.to_string();
    }
    let (local, domain) = address.as_str().rsplit_once('@').unwrap_or_default();
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests {
    use super::super::{OCCASIONS, name_of};
    use super::*;
    use crate::templates::tests::letters;

    #[test]
    fn templates_are_tried_with_the_names_that_a_letter_gives_them() {
        let letters = letters();
        let tried: Vec<_> = letters.iter().map(|letter| name_of(&letter.occasion)).collect();
        assert!(OCCASIONS.iter().all(|occasion| tried.contains(occasion)), "{tried:?}");
        for letter in &letters {
            let given = Fields::of(letter, "en", "Example", None);
            let sample = Fields::sample(name_of(&letter.occasion), "");
            assert!(given.0.keys().eq(sample.0.keys()), "{:?}", letter.occasion);
        }
    }

    #[test]
    fn only_its_owner_sees_a_new_address_whole() {
        let [old, new] =
            ["ada@old.example", "Ada.L@new.example"].map(|text| EmailAddress::parse(text).unwrap());
        assert_eq!(shown_to(&old, &new), "A***@new.example");
        assert_eq!(shown_to(&new, &new), "Ada.L@new.example");
    }
}
