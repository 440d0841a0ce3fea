//! The JSON text of a record as API 1 shows it, relation arrays left out: what an entry commits to.
//! Never a secret: a password or key has no place in these shapes.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer as _};

use crate::access::{Assignment, Grant, Holder, Reach};
use crate::attribute::{Attribute, AttributeValue, Owner};
use crate::audit::{Area, Audited};
use crate::client::Client;
use crate::group::{Group, Membership, Nesting};
use crate::id::{AuditId, StoreId};
use crate::store::{PasswordPolicy, Store};
use crate::time::Instant;
use crate::user::{EmailAddress, ExternalId, PersonName, User};
use crate::version::Version;

/// Text of any of the shapes below: they hold strings, numbers and booleans, which always serialize.
fn json(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

fn text(instant: Option<Instant>) -> Option<String> {
    instant.map(|at| at.to_string())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape of the reference")]
struct UserRecord<'a> {
    instance_id: String,
    id: String,
    external_unique_identifier: Option<&'a str>,
    login_name: &'a str,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    email_address: Option<&'a str>,
    email_address_confirmed: bool,
    user_valid_from: Option<String>,
    user_valid_to: Option<String>,
    is_user_active: bool,
    is_user_lock_enabled: bool,
    is_user_locked: bool,
    failed_user_login_attempts: u32,
    password_never_expires: bool,
    can_change_password_on_expiration: bool,
    password_expiration: Option<String>,
    is_initial_password: bool,
    is_password_change_required: bool,
    is_two_factor_required: bool,
    is_two_factor_registered: bool,
}

impl Audited for User {
    const AREA: Area = Area::User;

    fn primary_key(&self) -> String {
        self.id.to_string()
    }

    fn content(&self, store: StoreId) -> String {
        json(&UserRecord {
            instance_id: store.to_string(),
            id: self.id.to_string(),
            external_unique_identifier: self.external_id.as_ref().map(ExternalId::as_str),
            login_name: self.login_name.as_str(),
            first_name: self.first_name.as_ref().map(PersonName::as_str),
            last_name: self.last_name.as_ref().map(PersonName::as_str),
            email_address: self.email.as_ref().map(EmailAddress::as_str),
            email_address_confirmed: self.email_confirmed,
            user_valid_from: text(self.validity.from()),
            user_valid_to: text(self.validity.to()),
            is_user_active: self.active,
            is_user_lock_enabled: self.lock_enabled,
            is_user_locked: self.locked,
            failed_user_login_attempts: self.failed_sign_ins,
            password_never_expires: self.password_never_expires,
            can_change_password_on_expiration: self.can_change_expired_password,
            password_expiration: text(self.password_expires),
            is_initial_password: self.initial_password,
            is_password_change_required: self.password_change_required,
            is_two_factor_required: self.two_factor_required,
            is_two_factor_registered: self.two_factor_registered,
        })
    }

    fn set_number(&mut self, number: AuditId) {
        self.number = number.get();
    }

    fn set_version(&mut self, version: Version) {
        self.version = version;
    }
}

/// The owner's property is named by its kind, so the members are written one by one.
impl<O: Owner> Audited for Attribute<O> {
    const AREA: Area = O::AREA;

    fn primary_key(&self) -> String {
        format!("{}/{}", self.owner, self.key)
    }

    fn content(&self, store: StoreId) -> String {
        let mut text = Vec::new();
        let mut writer = serde_json::Serializer::new(&mut text);
        let written = writer.serialize_map(Some(4)).and_then(|mut map| {
            map.serialize_entry("instanceId", &store.to_string())?;
            map.serialize_entry(O::LINK, &self.owner.to_string())?;
            map.serialize_entry("key", self.key.as_str())?;
            map.serialize_entry("value", &self.value.as_ref().map(AttributeValue::as_str))?;
            map.end()
        });
        // Strings always serialize, and a `Vec` always takes them.
        let _ = written;
        String::from_utf8(text).unwrap_or_default()
    }

    fn set_version(&mut self, version: Version) {
        self.version = version;
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupRecord<'a> {
    instance_id: String,
    id: String,
    name: &'a str,
}

impl Audited for Group {
    const AREA: Area = Area::Group;

    fn primary_key(&self) -> String {
        self.id.to_string()
    }

    fn content(&self, store: StoreId) -> String {
        json(&GroupRecord {
            instance_id: store.to_string(),
            id: self.id.to_string(),
            name: self.name.as_str(),
        })
    }

    fn set_version(&mut self, version: Version) {
        self.version = version;
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the link keys of the reference")]
struct MembershipRecord {
    instance_id: String,
    group_id: String,
    user_id: String,
}

impl Audited for Membership {
    const AREA: Area = Area::Membership;

    fn primary_key(&self) -> String {
        format!("{}/{}", self.group, self.user)
    }

    fn content(&self, store: StoreId) -> String {
        json(&MembershipRecord {
            instance_id: store.to_string(),
            group_id: self.group.to_string(),
            user_id: self.user.to_string(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the link keys of the reference")]
struct NestingRecord {
    instance_id: String,
    group_id: String,
    member_group_id: String,
}

impl Audited for Nesting {
    const AREA: Area = Area::Membership;

    fn primary_key(&self) -> String {
        format!("{}/{}", self.parent, self.child)
    }

    fn content(&self, store: StoreId) -> String {
        json(&NestingRecord {
            instance_id: store.to_string(),
            group_id: self.parent.to_string(),
            member_group_id: self.child.to_string(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AssignmentRecord<'a> {
    instance_id: String,
    user_id: Option<String>,
    group_id: Option<String>,
    client_id: Option<String>,
    #[serde(flatten)]
    role: RoleRecord<'a>,
}

impl Audited for Assignment {
    const AREA: Area = Area::Role;

    fn primary_key(&self) -> String {
        format!("{}/{}", self.holder, self.grant.role())
    }

    fn content(&self, store: StoreId) -> String {
        let (mut user_id, mut group_id, mut client_id) = (None, None, None);
        match self.holder {
            Holder::User(id) => user_id = Some(id.to_string()),
            Holder::Group(id) => group_id = Some(id.to_string()),
            Holder::Client(id) => client_id = Some(id.to_string()),
        }
        let role = RoleRecord::from(&self.grant);
        json(&AssignmentRecord {
            instance_id: store.to_string(),
            user_id,
            group_id,
            client_id,
            role,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientRecord<'a> {
    instance_id: String,
    id: String,
    name: &'a str,
    roles: Vec<RoleRecord<'a>>,
    created: String,
    expires: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleRecord<'a> {
    role: &'a str,
    /// Null = in every store.
    store_id: Option<String>,
}

impl<'a> From<&'a Grant> for RoleRecord<'a> {
    fn from(grant: &'a Grant) -> Self {
        let store_id = match grant.reach() {
            Reach::Everywhere => None,
            Reach::Store(id) => Some(id.to_string()),
        };
        Self { role: grant.role().as_str(), store_id }
    }
}

impl Audited for Client {
    const AREA: Area = Area::Client;

    fn primary_key(&self) -> String {
        self.id.to_string()
    }

    fn content(&self, store: StoreId) -> String {
        json(&ClientRecord {
            instance_id: store.to_string(),
            id: self.id.to_string(),
            name: self.name.as_str(),
            roles: self.grants.iter().map(RoleRecord::from).collect(),
            created: self.created.to_string(),
            expires: text(self.expires),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StoreRecord<'a> {
    id: String,
    name: &'a str,
    read_only: Option<bool>,
    login_by_email: Option<bool>,
    password_policy: Option<&'static str>,
    password_history: Option<u32>,
    password_max_age_days: Option<u32>,
    password_deadline_days: Option<u32>,
    breached_at_sign_in: Option<bool>,
    identity_required_length: Option<u32>,
    identity_required_unique_chars: Option<u32>,
    identity_require_non_alphanumeric: Option<bool>,
    identity_require_lowercase: Option<bool>,
    identity_require_uppercase: Option<bool>,
    identity_require_digit: Option<bool>,
    self_service_reset: Option<bool>,
    throttle: Option<bool>,
    lockout_failures: Option<u32>,
    lockout_seconds: Option<u32>,
    attempts_before_locked: Option<u32>,
}

impl Audited for Store {
    const AREA: Area = Area::Store;

    fn primary_key(&self) -> String {
        self.id.to_string()
    }

    fn content(&self, _: StoreId) -> String {
        json(&StoreRecord {
            id: self.id.to_string(),
            name: self.name.as_str(),
            read_only: self.set.read_only,
            login_by_email: self.set.login_by_email,
            password_policy: self.set.password_policy.map(PasswordPolicy::name),
            password_history: self.set.password_history,
            password_max_age_days: self.set.password_max_age_days,
            password_deadline_days: self.set.password_deadline_days,
            breached_at_sign_in: self.set.breached_at_sign_in,
            identity_required_length: self.set.identity_required_length,
            identity_required_unique_chars: self.set.identity_required_unique_chars,
            identity_require_non_alphanumeric: self.set.identity_require_non_alphanumeric,
            identity_require_lowercase: self.set.identity_require_lowercase,
            identity_require_uppercase: self.set.identity_require_uppercase,
            identity_require_digit: self.set.identity_require_digit,
            self_service_reset: self.set.self_service_reset,
            throttle: self.set.throttle,
            lockout_failures: self.set.lockout_failures,
            lockout_seconds: self.set.lockout_seconds,
            attempts_before_locked: self.set.attempts_before_locked,
        })
    }

    fn set_version(&mut self, version: Version) {
        self.version = version;
    }
}
