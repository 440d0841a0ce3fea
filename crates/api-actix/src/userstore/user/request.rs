//! A user as a client sends it: every property absent, null, a value or wrong.

use domain::attribute::AttributeDraft;
use domain::error::Invalid;
use domain::id::{GroupId, StoreId, UserId};
use domain::time::Instant;
use domain::user::{EmailAddress, ExternalId, LoginName, PersonName, UserDraft, Validity};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::request::fields::{Field, Fields, note};
use crate::userstore::attribute::ProfileInput;
use crate::userstore::resource::named::{Named, Relations};

/// A user to make or to change. Read-only properties and unknown ones are ignored.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = UserInput, rename_all = "camelCase")]
pub(crate) struct UserRequest {
    /// The store's id; one that differs from the store in the path is refused.
    #[schema(value_type = Option<Uuid>)]
    pub(super) instance_id: Field<StoreId>,
    /// Chosen by the client on create, by the server where it is unset; immutable.
    #[schema(value_type = Option<Uuid>)]
    pub(super) id: Field<UserId>,
    /// The user's id in another system; unique in the store. An empty one is unset.
    #[schema(value_type = Option<String>, max_length = 256)]
    pub(super) external_unique_identifier: Field<ExternalId>,
    /// The name to sign in with; unique in the store ignoring case.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    pub(super) login_name: Field<LoginName>,
    /// Given name.
    #[schema(value_type = Option<String>, max_length = 256)]
    pub(super) first_name: Field<PersonName>,
    /// Family name.
    #[schema(value_type = Option<String>, max_length = 256)]
    pub(super) last_name: Field<PersonName>,
    /// Where mail goes.
    #[schema(value_type = Option<String>, format = Email, max_length = 254)]
    pub(super) email_address: Field<EmailAddress>,
    /// A PUT that changes the address sets this to false, whatever it says here.
    #[schema(value_type = Option<bool>)]
    pub(super) email_address_confirmed: Field<bool>,
    /// The first moment at which the user may sign in; not after `userValidTo`.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) user_valid_from: Field<Instant>,
    /// The first moment at which the user may no longer sign in.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) user_valid_to: Field<Instant>,
    /// True on create where it is unset.
    #[schema(value_type = Option<bool>)]
    pub(super) is_user_active: Field<bool>,
    /// True on create where it is unset.
    #[schema(value_type = Option<bool>)]
    pub(super) is_user_lock_enabled: Field<bool>,
    /// The permanent lock; lifting it also clears the count of failed sign-ins.
    #[schema(value_type = Option<bool>)]
    pub(super) is_user_locked: Field<bool>,
    /// False on create where it is unset.
    #[schema(value_type = Option<bool>)]
    pub(super) password_never_expires: Field<bool>,
    /// True on create where it is unset.
    #[schema(value_type = Option<bool>)]
    pub(super) can_change_password_on_expiration: Field<bool>,
    /// When the password expires; a new value lies in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) password_expiration: Field<Instant>,
    /// Whether the user must set a new password at the next sign-in.
    #[schema(value_type = Option<bool>)]
    pub(super) is_password_change_required: Field<bool>,
    /// The whole set of groups to be directly in, as objects with `id` or `groupId`, or as ids.
    /// Unset leaves the set as it is.
    #[schema(value_type = Option<Vec<GroupReference>>)]
    pub(super) member_of_groups: Field<Vec<GroupId>>,
    /// The whole set of profiles. Unset leaves the set as it is.
    #[schema(value_type = Option<Vec<ProfileInput>>)]
    pub(super) user_profiles: Field<Vec<AttributeDraft>>,
    /// Whether the user must show a second factor at every sign-in; false on create where it is unset.
    #[schema(value_type = Option<bool>)]
    pub(super) is_two_factor_required: Field<bool>,
    /// What the request names beside.
    #[schema(ignore)]
    pub(super) named: Named<UserId>,
}

/// A group that a user is to be in.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `group` reads")]
pub(crate) enum GroupReference {
    /// By its id.
    #[schema(value_type = Uuid)]
    Id(String),
    /// By an object that has it.
    #[schema(title = "Group")]
    Object(GroupObject),
}

/// An object that names a group.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupObject {
    /// The group's id.
    #[schema(value_type = Option<Uuid>)]
    id: Option<String>,
    /// The same, as the link names it; one of the two is needed.
    #[schema(value_type = Option<Uuid>)]
    group_id: Option<String>,
}

/// The properties that a request may write, as the API prints them.
const NAMES: &[&str] = &[
    "instanceId",
    "id",
    "externalUniqueIdentifier",
    "loginName",
    "firstName",
    "lastName",
    "emailAddress",
    "emailAddressConfirmed",
    "userValidFrom",
    "userValidTo",
    "isUserActive",
    "isUserLockEnabled",
    "isUserLocked",
    "passwordNeverExpires",
    "canChangePasswordOnExpiration",
    "passwordExpiration",
    "isPasswordChangeRequired",
    "memberOfGroups",
    "userProfiles",
    "isTwoFactorRequired",
];

impl UserRequest {
    /// Reads the properties of a user; broken rules go to `invalid`.
    pub(super) fn of(object: Map<String, Value>, invalid: &mut Invalid) -> Self {
        let mut named = Named::default();
        let mut fields = Fields::of(object, NAMES, "", invalid);
        let (groups, profiles) = (fields.list("memberOfGroups"), fields.list("userProfiles"));
        let mut request = Self {
            instance_id: fields.id("instanceId"),
            id: fields.id("id"),
            external_unique_identifier: fields
                .filled_text("externalUniqueIdentifier", ExternalId::parse),
            login_name: fields.text("loginName", LoginName::parse),
            first_name: fields.text("firstName", PersonName::parse),
            last_name: fields.text("lastName", PersonName::parse),
            email_address: fields.text("emailAddress", EmailAddress::parse),
            email_address_confirmed: fields.flag("emailAddressConfirmed"),
            user_valid_from: fields.text("userValidFrom", |text| text.parse::<Instant>()),
            user_valid_to: fields.text("userValidTo", |text| text.parse::<Instant>()),
            is_user_active: fields.flag("isUserActive"),
            is_user_lock_enabled: fields.flag("isUserLockEnabled"),
            is_user_locked: fields.flag("isUserLocked"),
            password_never_expires: fields.flag("passwordNeverExpires"),
            can_change_password_on_expiration: fields.flag("canChangePasswordOnExpiration"),
            password_expiration: fields.text("passwordExpiration", |text| text.parse::<Instant>()),
            is_password_change_required: fields.flag("isPasswordChangeRequired"),
            member_of_groups: Field::Absent,
            user_profiles: Field::Absent,
            is_two_factor_required: fields.flag("isTwoFactorRequired"),
            named: Named::default(),
        };
        if let Field::Value(store) = request.instance_id {
            named.stores.push(("instanceId".to_owned(), store));
        }
        let mut relations = Relations { named: &mut named, invalid };
        request.member_of_groups = relations.references("memberOfGroups", "groupId", groups);
        request.user_profiles = relations.attributes(profiles);
        request.named = named;
        request.check_itself(invalid);
        request
    }

    /// The rules that hold in every request.
    fn check_itself(&self, invalid: &mut Invalid) {
        if self.login_name == Field::Null {
            note(invalid, "loginName", "must not be null");
        }
        let window = Validity::new(self.user_valid_from.or_unset(), self.user_valid_to.or_unset());
        if let Err(rule) = window {
            note(invalid, "userValidFrom", rule.to_string());
        }
    }

    /// A password that expired at `before` is given no other moment up to `now`.
    pub(super) fn require_expiration(
        &self,
        before: Option<Instant>,
        now: Instant,
        invalid: &mut Invalid,
    ) {
        let after = self.password_expiration.or_kept(before.as_ref());
        if UserDraft::refuses_expiration(before, after, now) {
            note(invalid, "passwordExpiration", "must lie in the future");
        }
    }

    /// A request that describes a whole user has a login name.
    pub(super) fn require_login_name(&self, invalid: &mut Invalid) {
        if self.login_name == Field::Absent {
            note(invalid, "loginName", "must be given");
        }
    }

    /// Whatever user the request names is this one.
    pub(super) fn require_user(&self, user: UserId, invalid: &mut Invalid) {
        if self.id.value().is_some_and(|id| *id != user) {
            note(invalid, "id", "must be the id in the path");
        }
        self.named.require_owner(Some(user), invalid);
    }
}
