use diesel::prelude::*;
use domain::audit::PublicKeyInfo;
use domain::store::{Overrides, PasswordPolicy, Store, StoreName};
use serde::{Deserialize, Serialize};

use super::{bytes, corrupt, parse, version};
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
    audit_key: Vec<u8>,
}

impl TryFrom<StoreRow> for Store {
    type Error = Failure;

    fn try_from(row: StoreRow) -> Result<Self, Failure> {
        Ok(Self {
            id: row.id.into(),
            name: parse(row.name, StoreName::parse, "stores.name")?,
            set: row.settings.map_or(Ok(Overrides::default()), |text| read(&text))?,
            audit_key: PublicKeyInfo(bytes(row.audit_key, "stores.audit_key")?),
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
    audit_key: &'a [u8],
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
            audit_key: &store.audit_key.0,
        })
    }
}

/// The name of a policy as it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct PolicyName(PasswordPolicy);

impl From<PasswordPolicy> for PolicyName {
    fn from(policy: PasswordPolicy) -> Self {
        Self(policy)
    }
}

impl From<PolicyName> for PasswordPolicy {
    fn from(name: PolicyName) -> Self {
        name.0
    }
}

impl From<PolicyName> for String {
    fn from(name: PolicyName) -> Self {
        name.0.name().to_owned()
    }
}

impl TryFrom<String> for PolicyName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        PasswordPolicy::named(&name).map(Self).ok_or("no policy of that name")
    }
}

/// Defines the text of the settings, each with the type it has there.
macro_rules! settings_text {
    ($($name:ident: $type:ty,)+) => {
        /// The settings of a store as they are kept, compact: most stores have none, some have one.
        #[derive(Default, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct SettingsText {
            $(#[serde(skip_serializing_if = "Option::is_none")] $name: Option<$type>,)+
        }

        impl From<&Overrides> for SettingsText {
            fn from(set: &Overrides) -> Self {
                Self { $($name: set.$name.map(Into::into),)+ }
            }
        }

        impl From<SettingsText> for Overrides {
            fn from(text: SettingsText) -> Self {
                Self { $($name: text.$name.map(Into::into),)+ }
            }
        }
    };
}

settings_text! {
    read_only: bool,
    login_by_email: bool,
    password_policy: PolicyName,
    password_history: u32,
    password_max_age_days: u32,
    password_deadline_days: u32,
    breached_at_sign_in: bool,
    identity_required_length: u32,
    identity_required_unique_chars: u32,
    identity_require_non_alphanumeric: bool,
    identity_require_lowercase: bool,
    identity_require_uppercase: bool,
    identity_require_digit: bool,
    self_service_reset: bool,
    throttle: bool,
    lockout_failures: u32,
    lockout_seconds: u32,
    attempts_before_locked: u32,
}

/// The text of what is set; none where nothing is.
fn written(set: &Overrides) -> Result<Option<String>, Failure> {
    if set.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string(&SettingsText::from(set));
    text.map(Some).map_err(|_| corrupt("stores.settings"))
}

/// What is set, out of its text. A setting out of its range is as impossible as one of a wrong type.
fn read(text: &str) -> Result<Overrides, Failure> {
    let refused = || corrupt("stores.settings");
    let text: SettingsText = serde_json::from_str(text).map_err(|_| refused())?;
    let set = Overrides::from(text);
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
            password_deadline_days: Some(365),
            breached_at_sign_in: Some(true),
            identity_required_length: Some(128),
            identity_required_unique_chars: Some(2),
            identity_require_non_alphanumeric: Some(false),
            identity_require_lowercase: Some(true),
            identity_require_uppercase: Some(false),
            identity_require_digit: Some(true),
            self_service_reset: Some(false),
            throttle: Some(true),
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
    fn a_setting_of_a_later_version_is_passed_over() {
        let set = read(r#"{"ofTomorrow":[1],"throttle":false,"passwordPolicy":"identity"}"#);
        let known = Overrides {
            throttle: Some(false),
            password_policy: Some(PasswordPolicy::Identity),
            ..Overrides::default()
        };
        assert_eq!(set.expect("read"), known);
    }

    #[test]
    fn impossible_settings_are_corrupt() {
        for text in [
            "",
            "[1]",
            r#"{"readOnly":1}"#,
            r#"{"passwordHistory":25}"#,
            r#"{"passwordDeadlineDays":0}"#,
            r#"{"passwordPolicy":"x"}"#,
        ] {
            let failure = read(text).expect_err(text);
            assert_eq!(failure.error, StoreError::Corrupt("stores.settings".into()), "{text}");
        }
    }
}
