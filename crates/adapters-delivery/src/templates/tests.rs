use domain::delivery::{DeliveryId, Letter};
use domain::token::{Purpose, Token};
use uuid::Uuid;

use super::*;

pub(super) fn token() -> Token {
    Token::shown(
        Purpose::PasswordReset,
        "usr_reset_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE".into(),
    )
    .unwrap()
}

/// A letter of each occasion, in full.
pub(super) fn letters() -> Vec<Letter> {
    let expires = "2026-11-22T13:05:00Z".parse().unwrap();
    let occasions = [
        Occasion::ResetByAdministrator { token: token(), expires },
        Occasion::ResetByUser { token: token(), expires },
        Occasion::PasswordChanged,
        Occasion::EmailChanged { now: Some(address("ada@new.example")) },
        Occasion::EmailChanged { now: None },
        Occasion::SecondFactorSet,
        Occasion::SecondFactorRemoved,
        Occasion::RecoveryCodeUsed,
    ];
    occasions.map(about).into()
}

pub(super) fn address(text: &str) -> domain::user::EmailAddress {
    domain::user::EmailAddress::parse(text).unwrap()
}

pub(super) fn about(occasion: Occasion) -> Letter {
    Letter {
        id: DeliveryId::new(Uuid::from_u128(7)),
        store: domain::store::StoreName::parse("default").unwrap(),
        to: address("ada@example.com"),
        language: None,
        login_name: domain::user::LoginName::parse("ada").unwrap(),
        first_name: Some(domain::user::PersonName::parse("Ada").unwrap()),
        at: "2026-11-22T12:04:59Z".parse().unwrap(),
        occasion,
    }
}

const LINK: &str = "https://id.example.com/reset?token=usr_reset_AbCd&for=ada";

fn filled(templates: &Templates, letter: &Letter, language: &str, link: Option<&str>) -> Words {
    let language = Language::parse(language).unwrap();
    let set = templates.choose(&letter.occasion, [&language, &language]);
    let fields = Fields::of(letter, set.language(), "Example Accounts", link.map(str::to_owned));
    set.filled(fields).unwrap()
}

fn shown(words: &Words) -> String {
    format!("{}\n\n{}\n\n{}\n", words.subject, words.text, words.html)
}

#[test]
fn every_occasion_has_its_words_in_every_language() {
    let templates = Templates::load(None).unwrap();
    for language in ["en", "de"] {
        for letter in letters() {
            let is_removal = matches!(letter.occasion, Occasion::EmailChanged { now: None });
            let suffix = if is_removal { "-removed" } else { "" };
            let name = format!("{language}-{}{suffix}", name_of(&letter.occasion));
            insta::assert_snapshot!(
                name,
                shown(&filled(&templates, &letter, language, Some(LINK)))
            );
        }
    }
}

#[test]
fn without_a_link_a_letter_shows_the_token() {
    let templates = Templates::load(None).unwrap();
    for language in ["en", "de"] {
        let mut letter = about(Occasion::ResetByUser {
            token: token(),
            expires: "2026-11-22T13:05:00Z".parse().unwrap(),
        });
        letter.first_name = None;
        let name = format!("{language}-token-for-nobody-by-name");
        insta::assert_snapshot!(name, shown(&filled(&templates, &letter, language, None)));
    }
}

#[test]
fn hostile_names_are_text_and_nothing_else() {
    let templates = Templates::load(None).unwrap();
    let name = "<script>alert(1)</script>\"' & {{ token }}{% include 'x' %}";
    for mut letter in letters() {
        letter.first_name = Some(domain::user::PersonName::parse(name).unwrap());
        letter.login_name = domain::user::LoginName::parse(name).unwrap();
        for language in ["en", "de"] {
            let words = filled(&templates, &letter, language, Some(LINK));
            assert_eq!(words.text.matches(name).count(), 2, "{}", words.text);
            assert!(!words.html.contains("<script>"), "{}", words.html);
            assert!(words.html.contains("&lt;script&gt;alert(1)&lt;"), "{}", words.html);
            assert!(words.html.contains("{{ token }}{% include"), "{}", words.html);
            assert!(!words.subject.contains("script"), "{}", words.subject);
        }
    }
}

#[test]
fn a_subject_is_one_line_whatever_is_in_it() {
    assert_eq!(on_one_line(" a\r\nBcc: x@y.z\t\u{b}b\u{2028}c\0 "), "a Bcc: x@y.z b c");
}

/// Templates of a deployer, each with its text.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn refusal(files: &[(&str, &str)]) -> String {
    Templates::load(Some(directory(files).path())).unwrap_err().to_string()
}

#[test]
fn a_file_replaces_the_built_in_of_its_name_and_no_other() {
    let own = directory(&[
        ("en/password-changed.txt", "Dear {{ login_name }} of {{ store }}"),
        ("layout.html", "<main>{% block content %}{% endblock %}</main>"),
        ("README.md", "ours"),
    ]);
    let templates = Templates::load(Some(own.path())).unwrap();
    let words = filled(&templates, &about(Occasion::PasswordChanged), "en", None);
    assert_eq!(words.text, "Dear ada of default");
    assert_eq!(words.subject, "Your password was changed");
    assert!(words.html.starts_with("<main>"), "{}", words.html);
    let german = filled(&templates, &about(Occasion::PasswordChanged), "de", None);
    assert!(german.text.contains("Guten Tag"), "{}", german.text);
}

#[test]
fn a_language_without_an_occasion_falls_back_whole() {
    let own = directory(&[
        ("fr/password-changed.subject", "Votre mot de passe"),
        ("fr/password-changed.txt", "Bonjour {{ first_name }}, {{ at }}"),
        ("fr/password-changed.html", "<p>Bonjour {{ first_name }}</p>"),
    ]);
    let templates = Templates::load(Some(own.path())).unwrap();
    let [french, german, dutch] = ["fr", "de", "nl"].map(|tag| Language::parse(tag).unwrap());
    let chosen = |occasion: &Occasion, languages| templates.choose(occasion, languages).language();
    assert_eq!(chosen(&Occasion::PasswordChanged, [&french, &german]), "fr");
    let removed = Occasion::EmailChanged { now: None };
    assert_eq!(chosen(&removed, [&french, &german]), "de");
    assert_eq!(chosen(&removed, [&french, &dutch]), "en");
    assert!(!templates.speak(&french) && templates.speak(&german));
    let words = filled(&templates, &about(Occasion::PasswordChanged), "fr", None);
    assert_eq!(words.text, "Bonjour Ada, 2026-11-22 12:04 UTC");
}

#[test]
fn a_broken_template_is_named_with_its_line() {
    for (text, line) in [
        ("a\n{% if login_name %}\nb", 3),
        ("a\n\n{{ frist_name }}", 3),
        ("{{ login_name | upper_case }}", 1),
        ("a\n{{ token }}", 2),
        ("{% include 'missing.txt' %}", 1),
        ("{% if first_name %}{% else %}\n{{ none_such }}{% endif %}", 2),
    ] {
        let said = refusal(&[("de/password-changed.txt", text)]);
        let place = format!("de/password-changed.txt, line {line}: ");
        assert!(said.starts_with("must hold templates that can be filled in: "), "{said}");
        assert!(said.contains(&place) && said.lines().count() == 1, "{text}: {said}");
    }
    let said = refusal(&[("layout.html", "\n{{ none_such }}")]);
    assert!(said.contains("layout.html, line 2: "), "{said}");
}

#[test]
fn a_directory_that_cannot_be_meant_is_refused() {
    for (name, rule) in [
        ("en/password-change.txt", "mail that is sent"),
        ("en/password-changed.de.txt", "mail that is sent"),
        ("english/password-changed.txt", "mail that is sent"),
        ("DE/password-changed.txt", "mail that is sent"),
        ("password-changed.txt", "mail that is sent"),
        ("fr/password-changed.txt", "must hold fr/password-changed.subject too"),
    ] {
        let said = refusal(&[(name, "text")]);
        assert!(said.contains(rule), "{name}: {said}");
    }
    let absent = Templates::load(Some(Path::new("/no/such/directory"))).unwrap_err().to_string();
    assert!(absent.contains("can be read: /no/such/directory: "), "{absent}");
    let latin = directory(&[]);
    std::fs::create_dir(latin.path().join("en")).unwrap();
    std::fs::write(latin.path().join("en/password-changed.txt"), b"gr\xfc\xdfe").unwrap();
    let said = Templates::load(Some(latin.path())).unwrap_err().to_string();
    assert!(said.contains("en/password-changed.txt: "), "{said}");
}
