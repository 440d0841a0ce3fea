//! The sections of roles and stores.

use domain::access::{Permission, PermissionSet, RoleName};
use domain::store::{Overrides, PasswordPolicy, Settings};
use domain::text::Folded;

use super::{
    Configuration, ConfigurationError, Layers, from_environment, from_file, sentence, variables,
};

fn settings(configuration: &Configuration, store: &str, set: Overrides) -> Settings {
    configuration.rules.stores.resolve(&Folded::of(store), set)
}

/// The file, then the environment.
fn from_both(text: &str, pairs: &[(&str, &str)]) -> Result<Configuration, ConfigurationError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("userstore.toml");
    std::fs::write(&path, text).unwrap();
    let layers = Layers::defaults()?.with_file(&path)?;
    Configuration::of(&layers.with_environment(variables(pairs))?)
}

#[test]
fn the_defaults_say_what_the_program_would_do_without_them() {
    let configuration = from_environment(&[]).unwrap();
    assert_eq!(settings(&configuration, "any", Overrides::default()), Settings::default());
    assert!(configuration.rules.stores.pinned.is_empty());
    assert_eq!(configuration.rules.roles.roles().len(), 4);
}

#[test]
fn a_pinned_setting_wins_over_one_that_is_set_and_that_over_the_defaults() {
    let configuration = from_file(
        "[store_defaults]\nlockout_failures = 7\nlockout_seconds = 70\npassword_history = 1\n\
         [stores.Shop]\nlockout_failures = 9\npassword_policy = 'Identity'\n",
    )
    .unwrap();
    let set =
        Overrides { lockout_failures: Some(8), lockout_seconds: Some(80), ..Overrides::default() };
    let shop = settings(&configuration, "shop", set);
    assert_eq!((shop.lockout_failures, shop.lockout_seconds, shop.password_history), (9, 80, 1));
    assert_eq!(shop.password_policy, PasswordPolicy::Identity);
    let other = settings(&configuration, "other", set);
    assert_eq!((other.lockout_failures, other.password_policy), (8, PasswordPolicy::Nist));
}

#[test]
fn the_environment_says_the_same_as_a_file_and_wins() {
    let text = "[stores.shop]\nread_only = false\n[roles]\nHelpDesk = ['UserRead']\n";
    let configuration = from_both(
        text,
        &[
            ("USERSTORE__STORES__SHOP__READ_ONLY", "true"),
            ("USERSTORE__STORE_DEFAULTS__PASSWORD_HISTORY", "3"),
            ("USERSTORE__ROLES__HELPDESK", "UserRead, AuditRead"),
            ("USERSTORE__ROLES__CLERK", "groupread"),
        ],
    )
    .unwrap();
    let shop = settings(&configuration, "Shop", Overrides::default());
    assert_eq!((shop.read_only, shop.password_history), (true, 3));
    let roles = &configuration.rules.roles;
    let help_desk = roles.find(&RoleName::parse("helpdesk").unwrap()).unwrap();
    assert_eq!(help_desk.name.as_str(), "HelpDesk");
    let both = PermissionSet::of(&[Permission::UserRead, Permission::AuditRead]);
    assert_eq!(help_desk.permissions, both);
    assert!(roles.permissions(&RoleName::parse("clerk").unwrap()).contains(Permission::GroupRead));
}

#[test]
fn a_store_may_bear_a_name_with_dots() {
    let configuration = from_file("[stores.\"eu.shop\"]\nread_only = true\n").unwrap();
    assert!(settings(&configuration, "eu.shop", Overrides::default()).read_only);
}

#[test]
fn what_a_section_says_wrongly_is_told_with_its_key() {
    for (text, key, rule) in [
        ("[stores.shop]\nbogus = 1", "stores.shop.bogus", "does not exist"),
        ("[stores]\nread_only = true", "stores.read_only", "does not exist"),
        ("[store_defaults]\nbogus = 1", "store_defaults.bogus", "does not exist"),
        ("[store_defaults.read_only]", "store_defaults.read_only", "must be true or false"),
        ("[stores.shop]\nread_only = 'true'", "stores.shop.read_only", "must be true or false"),
        (
            "[stores.shop]\npassword_history = 25",
            "stores.shop.password_history",
            "must be a number from 0 to 24",
        ),
        (
            "[store_defaults]\nlockout_seconds = -1",
            "store_defaults.lockout_seconds",
            "must be a number from 1 to 86400",
        ),
        (
            "[store_defaults]\nattempts_before_locked = 101",
            "store_defaults.attempts_before_locked",
            "must be a number from 0 to 100",
        ),
        (
            "[stores.shop]\npassword_policy = 'strict'",
            "stores.shop.password_policy",
            "must be \"nist-800-63b-4\" or \"identity\"",
        ),
        (
            "[stores.\"a b\"]\nread_only = true",
            "stores.a b.read_only",
            "must name a store, whose name may hold only the characters A-Z a-z 0-9 . _ -",
        ),
        (
            "[stores.Shop]\nread_only = true\n[stores.shop]\nread_only = true",
            "stores.shop.read_only",
            "must not be there twice, whatever its letter case",
        ),
        ("[roles]\nHelpDesk = 'UserRead'", "roles.HelpDesk", "must be a list of texts in quotes"),
        ("[roles]\nHelpDesk = [1]", "roles.HelpDesk", "must be a list of texts in quotes"),
        ("[roles.HelpDesk]", "roles.HelpDesk", "must be a list of texts in quotes"),
        ("[roles]\nHelpDesk = []", "roles.HelpDesk", "must list at least one permission"),
        (
            "[roles]\nHelpDesk = ['UserRead', 'SystemManage']",
            "roles.HelpDesk",
            "must not list SystemManage, which only SystemAdmin gives",
        ),
        (
            "[roles]\nsystemadmin = ['UserRead']",
            "roles.systemadmin",
            "must not bear the name of a built-in role",
        ),
        (
            "[roles]\n\"a b\" = ['UserRead']",
            "roles.a b",
            "must name a role with 1 to 64 of the characters A-Z a-z 0-9 . _ -",
        ),
    ] {
        let said = sentence(from_file(text));
        assert!(said.starts_with(&format!("the key `{key}` in the file ")), "{text}: {said}");
        assert!(said.ends_with(rule), "{text}: {said}");
    }
}

#[test]
fn a_permission_that_is_none_is_told_with_those_that_are() {
    let said = sentence(from_file("[roles]\nHelpDesk = ['UserRaed']"));
    assert!(said.contains("`roles.HelpDesk`") && said.contains("one of UserRead, "), "{said}");
    let said = sentence(from_environment(&[("USERSTORE__ROLES__HELPDESK", "")]));
    assert!(said.contains("`roles.helpdesk`"), "{said}");
}

#[test]
fn a_section_may_be_empty() {
    for text in ["[stores]", "[stores.shop]", "[roles]", "[store_defaults]"] {
        assert!(from_file(text).is_ok(), "{text}");
    }
}

#[test]
fn what_is_made_up_is_listed_with_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("userstore.toml");
    std::fs::write(&path, "[roles]\nHelpDesk = ['UserRead', 'GroupRead']").unwrap();
    let layers = Layers::defaults().unwrap().with_file(&path).unwrap();
    let rows = layers.listed(|_| None);
    let row = rows.iter().find(|row| row[0] == "roles.HelpDesk").expect("listed");
    assert_eq!(row[1], r#"["UserRead", "GroupRead"]"#);
}
