use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::UserId;
use crate::store::StoreName;
use crate::time::Instant;
use crate::user::{EmailAddress, LoginName, PersonName, User, UserDraft};

/// Lists of one password each.
#[derive(Default)]
struct Lists {
    common: Option<&'static str>,
    breached: Option<&'static str>,
}

impl Blocklist for Lists {
    fn is_common(&self, folded: &Folded) -> bool {
        self.common == Some(folded.as_str())
    }

    fn is_breached(&self, password: &Password) -> bool {
        self.breached == Some(password.reveal())
    }
}

fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).expect("a password")
}

fn nist() -> Settings {
    Settings { password_policy: PasswordPolicy::Nist, ..Settings::default() }
}

/// The policy `identity` with nothing demanded but what the test adds.
fn identity() -> Settings {
    Settings {
        password_policy: PasswordPolicy::Identity,
        identity_required_length: 1,
        identity_required_unique_chars: 1,
        identity_require_non_alphanumeric: false,
        identity_require_lowercase: false,
        identity_require_uppercase: false,
        identity_require_digit: false,
        ..Settings::default()
    }
}

fn check(settings: &Settings, text: &str) -> Vec<BrokenRule> {
    Demands::of(settings, false).check(&password(text), &[], &Lists::default())
}

fn ada() -> User {
    let draft = UserDraft {
        first_name: Some(PersonName::parse("Ada").expect("a name")),
        last_name: Some(PersonName::parse("Lovelace").expect("a name")),
        email: Some(EmailAddress::parse("countess@example.com").expect("an address")),
        ..UserDraft::new(LoginName::parse("al1815@corp").expect("a name"))
    };
    let now = Instant::from_micros(0).expect("in range");
    draft.create(UserId::new(Uuid::from_u128(1)), now, &nist()).expect("a user")
}

fn words() -> Vec<Folded> {
    context_words(&StoreName::parse("Difference-Engine").expect("a name"), &ada())
}

#[test]
fn nist_asks_for_15_characters_and_8_beside_a_second_factor() {
    for (second_factor, least) in [(false, 15), (true, 8)] {
        let check = |text: &str| {
            Demands::of(&nist(), second_factor).check(&password(text), &[], &Lists::default())
        };
        let enough = "\u{e4}b1 ".repeat(4);
        let long: String = enough.chars().take(least).collect();
        let short: String = enough.chars().take(least - 1).collect();
        assert_eq!(check(&long), [], "{long}");
        let least = u32::try_from(least).expect("a small number");
        assert_eq!(check(&short), [BrokenRule::TooShort { least }], "{short}");
    }
}

#[test]
fn a_character_outside_the_basic_plane_counts_once() {
    let crabs = "\u{1f980}".repeat(14);
    assert_eq!(check(&nist(), &crabs), [BrokenRule::TooShort { least: 15 }]);
    assert_eq!(check(&nist(), &format!("{crabs}\u{1f980}")), []);
}

#[test]
fn the_normal_form_is_counted() {
    let decomposed = "e\u{301}".repeat(14);
    assert_eq!(check(&nist(), &decomposed), [BrokenRule::TooShort { least: 15 }]);
    assert_eq!(check(&nist(), &"\u{fb01}".repeat(8)), []);
}

#[test]
fn passwords_of_64_characters_and_more_are_accepted() {
    for length in [64, 65, 128, 256] {
        assert_eq!(check(&nist(), &"\u{2003}".repeat(length)), []);
        assert_eq!(check(&nist(), &"\u{1f980}".repeat(length)), []);
    }
}

#[test]
fn a_common_password_is_refused_in_any_case_and_only_as_a_whole() {
    let lists = Lists { common: Some("correcthorsebattery"), ..Lists::default() };
    let check = |text| Demands::of(&nist(), false).check(&password(text), &[], &lists);
    assert_eq!(check("correcthorsebattery"), [BrokenRule::TooCommon]);
    assert_eq!(check("CorrectHorseBattery"), [BrokenRule::TooCommon]);
    assert_eq!(check("correcthorsebattery1"), []);
    assert_eq!(check("correcthorsebatterystaple"), []);
    assert_eq!(check("orrecthorsebattery"), []);
}

#[test]
fn a_breached_password_is_refused_under_both_policies_and_as_it_is_written() {
    let lists = Lists { breached: Some("correct horse battery"), ..Lists::default() };
    for settings in [nist(), identity()] {
        let check = |text| Demands::of(&settings, false).check(&password(text), &[], &lists);
        assert_eq!(check("correct horse battery"), [BrokenRule::Breached]);
        assert_eq!(check("Correct horse battery"), []);
        assert_eq!(check("correct horse battery "), []);
    }
}

#[test]
fn what_is_made_of_the_user_the_store_or_the_service_is_refused() {
    let check =
        |text| Demands::of(&nist(), false).check(&password(text), &words(), &Lists::default());
    for text in [
        "al1815@corp, al1815@corp",
        "AL1815 al1815 AL1815",
        "countess@example.com",
        "1234countess1234!",
        "Lovelace1815!!!",
        "Ada Lovelace 1815",
        "lovelaceada2026",
        "difference-engine",
        "UserstoreUserstore",
        "erotsresu 123456",
    ] {
        assert_eq!(check(text), [BrokenRule::ContextWord], "{text}");
    }
}

#[test]
fn a_context_word_inside_another_text_is_accepted() {
    let check =
        |text| Demands::of(&nist(), false).check(&password(text), &words(), &Lists::default());
    for text in [
        "countess of the engine",
        "lovelace and babbage",
        "my userstore login",
        "Ada ada ada ada ada",
        "example.com/example.com",
        "ecalevol lovelace",
    ] {
        assert_eq!(check(text), [], "{text}");
    }
}

#[test]
fn a_user_without_names_leaves_no_empty_word() {
    let bare = User { first_name: None, last_name: None, email: None, ..ada() };
    let words = context_words(&StoreName::parse("shop").expect("a name"), &bare);
    let words: Vec<_> = words.iter().map(Folded::as_str).collect();
    assert_eq!(words, ["al1815@corp", "al1815", "shop", "userstore"]);
}

#[test]
fn identity_knows_no_common_and_no_context_word() {
    let lists = Lists { common: Some("lovelace"), ..Lists::default() };
    let broken = Demands::of(&identity(), false).check(&password("lovelace"), &words(), &lists);
    assert_eq!(broken, []);
}

#[test]
fn identity_asks_for_the_same_beside_a_second_factor() {
    let settings = Settings { identity_required_length: 12, ..identity() };
    for second_factor in [false, true] {
        let demands = Demands::of(&settings, second_factor);
        let check = |text| demands.check(&password(text), &[], &Lists::default());
        assert_eq!(check("abcdefghijk"), [BrokenRule::TooShort { least: 12 }]);
        assert_eq!(check("abcdefghijkl"), []);
    }
}

#[test]
fn each_rule_of_identity_stands_alone() {
    let all = identity();
    for (settings, broken, kept, rule) in [
        (
            Settings { identity_required_length: 6, ..all },
            "\u{1f980}2345",
            "\u{1f980}23456",
            BrokenRule::TooShort { least: 6 },
        ),
        (
            Settings { identity_require_digit: true, ..all },
            "abc\u{661}",
            "abc0",
            BrokenRule::RequiresDigit,
        ),
        (
            Settings { identity_require_lowercase: true, ..all },
            "ABC\u{e4}",
            "ABCz",
            BrokenRule::RequiresLowercase,
        ),
        (
            Settings { identity_require_uppercase: true, ..all },
            "abc\u{c4}",
            "abcZ",
            BrokenRule::RequiresUppercase,
        ),
        (
            Settings { identity_require_non_alphanumeric: true, ..all },
            "abcXYZ019",
            "abcXYZ01\u{e4}",
            BrokenRule::RequiresNonAlphanumeric,
        ),
        (
            Settings { identity_require_non_alphanumeric: true, ..all },
            "a",
            "a ",
            BrokenRule::RequiresNonAlphanumeric,
        ),
        (
            Settings { identity_required_unique_chars: 3, ..all },
            "abababab",
            "ababababA",
            BrokenRule::RequiresUniqueChars { least: 3 },
        ),
    ] {
        assert_eq!(check(&settings, broken), [rule], "{broken}");
        assert_eq!(check(&settings, kept), [], "{kept}");
        assert_eq!(check(&all, broken), [], "switched off: {broken}");
    }
}

#[test]
fn white_space_alone_has_no_length_under_identity() {
    assert_eq!(check(&identity(), " \u{2003}\t"), [BrokenRule::TooShort { least: 1 }]);
    assert_eq!(check(&identity(), " x"), []);
}

#[test]
fn every_broken_rule_is_told_at_once() {
    let settings = Settings {
        password_policy: PasswordPolicy::Identity,
        identity_required_unique_chars: 2,
        ..Settings::default()
    };
    let lists = Lists { common: Some("\u{661}"), breached: Some("x") };
    let broken = Demands::of(&settings, false).check(&password("x"), &[], &lists);
    let names: Vec<_> = broken.into_iter().map(BrokenRule::name).collect();
    assert_eq!(
        names,
        [
            "PasswordTooShort",
            "PasswordRequiresDigit",
            "PasswordRequiresUpper",
            "PasswordRequiresNonAlphanumeric",
            "PasswordRequiresUniqueChars",
            "PasswordBreached",
        ]
    );

    let lists = Lists { common: Some("lovelace"), breached: Some("lovelace") };
    let broken = Demands::of(&nist(), false).check(&password("lovelace"), &words(), &lists);
    let names: Vec<_> = broken.into_iter().map(BrokenRule::name).collect();
    assert_eq!(
        names,
        ["PasswordTooShort", "PasswordTooCommon", "PasswordIsContextWord", "PasswordBreached"]
    );
}

#[test]
fn a_broken_rule_is_a_sentence_with_its_name() {
    for (rule, sentence) in [
        (BrokenRule::TooShort { least: 15 }, "must have at least 15 characters (PasswordTooShort)"),
        (BrokenRule::TooShort { least: 1 }, "must have at least 1 character (PasswordTooShort)"),
        (BrokenRule::TooCommon, "must not be a common password (PasswordTooCommon)"),
        (
            BrokenRule::Breached,
            "must not be a password that is known from a breach (PasswordBreached)",
        ),
        (
            BrokenRule::ContextWord,
            "must not be made of the name or the address of the user, nor of the name of the store \
             or the service (PasswordIsContextWord)",
        ),
        (
            BrokenRule::RecentlyUsed { last: 1 },
            "must differ from the last password (PasswordRecentlyUsed)",
        ),
        (
            BrokenRule::RecentlyUsed { last: 5 },
            "must differ from the last 5 passwords (PasswordRecentlyUsed)",
        ),
        (BrokenRule::RequiresDigit, "must have a digit from 0 to 9 (PasswordRequiresDigit)"),
        (
            BrokenRule::RequiresLowercase,
            "must have a lower-case letter from a to z (PasswordRequiresLower)",
        ),
        (
            BrokenRule::RequiresUppercase,
            "must have an upper-case letter from A to Z (PasswordRequiresUpper)",
        ),
        (
            BrokenRule::RequiresNonAlphanumeric,
            "must have a character that is neither a letter nor a digit \
             (PasswordRequiresNonAlphanumeric)",
        ),
        (
            BrokenRule::RequiresUniqueChars { least: 4 },
            "must have at least 4 different characters (PasswordRequiresUniqueChars)",
        ),
    ] {
        assert_eq!(rule.to_string(), sentence);
    }
}

proptest! {
    #[test]
    fn nist_takes_any_characters_of_sufficient_length(text in "\\PC{15,80}") {
        let password = password(&text);
        prop_assume!(password.reveal().chars().count() >= 15);
        let broken = Demands::of(&nist(), false).check(&password, &words(), &Lists::default());
        prop_assert_eq!(broken, []);
    }

    #[test]
    fn no_broken_rule_echoes_the_password(text in "[!#-&*-/:-@]{3,14}") {
        let settings = Settings { password_policy: PasswordPolicy::Identity, ..Settings::default() };
        for settings in [nist(), settings] {
            for rule in check(&settings, &text) {
                prop_assert!(!rule.to_string().contains(&text));
            }
        }
    }

    #[test]
    fn more_never_breaks_a_rule_of_identity(text in "\\PC{1,30}", more in "\\PC{1,5}") {
        let settings = Settings { password_policy: PasswordPolicy::Identity, ..Settings::default() };
        let before = check(&settings, &text);
        // A space between, so that nothing composes over the border.
        let after = check(&settings, &format!("{text} {more}"));
        prop_assert!(after.iter().all(|rule| before.contains(rule)), "{before:?} {after:?}");
    }
}
