use diesel::prelude::*;
use domain::store::{Overrides, PasswordPolicy, Store, StoreName};
use serde::{Deserialize, Serialize};

use super::{corrupt, parse, version};
use crate::error::Failure;
use crate::schema::stores;
use crate::types::Id;

/// A store as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = stores)]
pub(crate) struct StoreRow {
    id: Id,
    name: String,
    version: i64,
    settings: Option<String>,
}

impl TryFrom<StoreRow> for Store {
    type Error = Failure;

    fn try_from(row: StoreRow) -> Result<Self, Failure> {
        Ok(Self {
            id: row.id.into(),
            name: parse(row.name, StoreName::parse, "stores.name")?,
            set: row.settings.map_or(Ok(Overrides::default()), |text| read(&text))?,
            version: version(row.version, "stores.version")?,
        })
    }
}

/// A store as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = stores)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct NewStore<'a> {
    id: Id,
    name: &'a str,
    name_folded: String,
    version: i64,
    settings: Option<String>,
}

impl<'a> TryFrom<&'a Store> for NewStore<'a> {
    type Error = Failure;

    fn try_from(store: &'a Store) -> Result<Self, Failure> {
        Ok(Self {
            id: store.id.into(),
            name: store.name.as_str(),
            name_folded: store.name.folded().as_str().to_owned(),
            version: store.version.get().get(),
            settings: written(&store.set)?,
        })
    }
}

/// The settings of a store as they are kept, compact: most stores have none, some have one.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SettingsText {
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_by_email: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_history: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_max_age_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lockout_failures: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lockout_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_before_locked: Option<u32>,
}

/// The text of what is set; none where nothing is.
fn written(set: &Overrides) -> Result<Option<String>, Failure> {
    if set.is_empty() {
        return Ok(None);
    }
    let text = SettingsText {
        read_only: set.read_only,
        login_by_email: set.login_by_email,
        password_policy: set.password_policy.map(|policy| policy.name().to_owned()),
        password_history: set.password_history,
        password_max_age_days: set.password_max_age_days,
        lockout_failures: set.lockout_failures,
        lockout_seconds: set.lockout_seconds,
        attempts_before_locked: set.attempts_before_locked,
    };
    serde_json::to_string(&text).map(Some).map_err(|_| corrupt("stores.settings"))
}

/// What is set, out of its text. A setting out of its range is as impossible as one of a wrong type.
fn read(text: &str) -> Result<Overrides, Failure> {
    let refused = || corrupt("stores.settings");
    let text: SettingsText = serde_json::from_str(text).map_err(|_| refused())?;
    let policy = |name: String| PasswordPolicy::named(&name).ok_or_else(refused);
    let set = Overrides {
        read_only: text.read_only,
        login_by_email: text.login_by_email,
        password_policy: text.password_policy.map(policy).transpose()?,
        password_history: text.password_history,
        password_max_age_days: text.password_max_age_days,
        lockout_failures: text.lockout_failures,
        lockout_seconds: text.lockout_seconds,
        attempts_before_locked: text.attempts_before_locked,
    };
    if set.first_out_of_range().is_some() {
        return Err(refused());
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use domain::unit_of_work::StoreError;

    use super::*;

    #[test]
    fn what_is_set_comes_back_and_nothing_has_no_text() {
        assert_eq!(written(&Overrides::default()).expect("written"), None);
        let all = Overrides {
            read_only: Some(true),
            login_by_email: Some(false),
            password_policy: Some(PasswordPolicy::Identity),
            password_history: Some(24),
            password_max_age_days: Some(0),
            lockout_failures: Some(1),
            lockout_seconds: Some(86_400),
            attempts_before_locked: Some(100),
        };
        let text = written(&all).expect("written").expect("a text");
        assert_eq!(read(&text).expect("read"), all);
    }

    #[test]
    fn what_the_migration_writes_is_what_the_program_writes() {
        let set = Overrides { read_only: Some(true), ..Overrides::default() };
        assert_eq!(written(&set).expect("written").as_deref(), Some(r#"{"readOnly":true}"#));
    }

    #[test]
    fn impossible_settings_are_corrupt() {
        for text in [
            "",
            "[1]",
            r#"{"readOnly":1}"#,
            r#"{"passwordHistory":25}"#,
            r#"{"passwordPolicy":"x"}"#,
        ] {
            let failure = read(text).expect_err(text);
            assert_eq!(failure.error, StoreError::Corrupt("stores.settings".into()), "{text}");
        }
    }
}
