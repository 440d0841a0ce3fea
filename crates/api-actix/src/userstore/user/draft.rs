//! What a request makes of a user: the drafts of create, PUT, createorupdate and PATCH.

use domain::error::Invalid;
use domain::id::{StoreId, UserId};
use domain::text::Folded;
use domain::time::Instant;
use domain::user::{Confirmation, LoginName, User, UserDraft, UserWithRelations, Validity};
use serde_json::{Map, Value};

use super::request::UserRequest;
use crate::request::fields::{Field, note};
use crate::request::patch::{Kind, Patch, Shape};
use crate::userstore::resource::Received;

impl UserRequest {
    /// `base`, with what the request says: null unsets what can be unset, and leaves the rest.
    fn onto(
        &self,
        base: UserDraft,
        confirm: fn(bool) -> Confirmation,
    ) -> Result<UserDraft, Invalid> {
        let from = self.user_valid_from.or_kept(base.validity.from().as_ref());
        let to = self.user_valid_to.or_kept(base.validity.to().as_ref());
        let validity = Validity::new(from, to)
            .map_err(|rule| Invalid::one("userValidFrom", rule.to_string()))?;
        let confirmed = self.email_address_confirmed.value().copied();
        Ok(UserDraft {
            external_id: self.external_unique_identifier.or_kept(base.external_id.as_ref()),
            login_name: self.login_name.or(base.login_name),
            first_name: self.first_name.or_kept(base.first_name.as_ref()),
            last_name: self.last_name.or_kept(base.last_name.as_ref()),
            email: self.email_address.or_kept(base.email.as_ref()),
            email_confirmed: confirmed.map_or(Confirmation::Unsaid, confirm),
            validity,
            active: self.is_user_active.or(base.active),
            lock_enabled: self.is_user_lock_enabled.or(base.lock_enabled),
            locked: self.is_user_locked.or(base.locked),
            password_never_expires: self.password_never_expires.or(base.password_never_expires),
            can_change_expired_password: self
                .can_change_password_on_expiration
                .or(base.can_change_expired_password),
            password_expires: self.password_expiration.or_kept(base.password_expires.as_ref()),
            password_change_required: self
                .is_password_change_required
                .or(base.password_change_required),
            two_factor_required: self.is_two_factor_required.or(base.two_factor_required),
            groups: self.member_of_groups.or_unset(),
            profiles: self.user_profiles.or_unset(),
        })
    }
}

const GROUP: Shape = &[
    ("instanceId", Kind::Fixed),
    ("id", Kind::Fixed),
    ("name", Kind::Fixed),
    ("memberUsers", Kind::Fixed),
    ("parentGroups", Kind::Fixed),
    ("memberGroups", Kind::Fixed),
    ("metadata", Kind::Fixed),
];
const PROFILE: Shape = &[
    ("instanceId", Kind::Fixed),
    ("userId", Kind::Fixed),
    ("key", Kind::Text),
    ("value", Kind::Text),
];
/// A user as a patch sees it.
pub(super) const USER: Shape = &[
    ("instanceId", Kind::Fixed),
    ("id", Kind::Fixed),
    ("externalUniqueIdentifier", Kind::Text),
    ("loginName", Kind::Text),
    ("firstName", Kind::Text),
    ("lastName", Kind::Text),
    ("emailAddress", Kind::Text),
    ("emailAddressConfirmed", Kind::Flag),
    ("userValidFrom", Kind::Text),
    ("userValidTo", Kind::Text),
    ("isUserActive", Kind::Flag),
    ("isUserLockEnabled", Kind::Flag),
    ("isUserLocked", Kind::Flag),
    ("failedUserLoginAttempts", Kind::Fixed),
    ("passwordNeverExpires", Kind::Flag),
    ("canChangePasswordOnExpiration", Kind::Flag),
    ("passwordExpiration", Kind::Text),
    ("isInitialPassword", Kind::Fixed),
    ("isPasswordChangeRequired", Kind::Flag),
    ("memberOfGroups", Kind::List(GROUP)),
    ("userProfiles", Kind::List(PROFILE)),
    ("isTwoFactorRequired", Kind::Flag),
    ("isTwoFactorRegistered", Kind::Fixed),
];

impl Received<User> for UserRequest {
    fn read(object: Map<String, Value>, invalid: &mut Invalid) -> Self {
        Self::of(object, invalid)
    }

    fn stores(&self) -> &[(String, StoreId)] {
        &self.named.stores
    }

    fn id(&self) -> Option<UserId> {
        self.id.or_unset()
    }

    fn require_id(&self, invalid: &mut Invalid) -> Option<UserId> {
        if self.id.is_unset() {
            note(invalid, "id", "must be given");
        }
        self.id.or_unset()
    }

    fn shown_id(&self, _scope: &()) -> Value {
        self.id.value().map_or(Value::Null, |id| Value::String(id.to_string()))
    }

    fn name(&self) -> Option<Folded> {
        self.login_name.value().map(LoginName::folded)
    }

    fn replaces(&self, relation: &str) -> bool {
        match relation {
            "memberOfGroups" => self.member_of_groups.value().is_some(),
            "userProfiles" => self.user_profiles.value().is_some(),
            _ => false,
        }
    }

    fn check_new(&self, _scope: &(), now: Instant, invalid: &mut Invalid) {
        self.require_login_name(invalid);
        // The profiles of a new user name no other user; without an id of its own, none.
        self.named.require_owner(self.id.or_unset(), invalid);
        // A request that only came too late may be one that was granted before: the domain refuses it
        // when no answer is kept for it.
        if !invalid.fields.is_empty() {
            self.require_expiration(None, now, invalid);
        }
    }

    fn check_whole(&self, _scope: &(), id: Option<&UserId>, invalid: &mut Invalid) {
        self.require_login_name(invalid);
        if let Some(id) = id {
            self.require_user(*id, invalid);
        }
    }

    fn check_upsert(&self, _scope: &(), invalid: &mut Invalid) {
        // Without an id only the store knows whose profiles they are: the user that it finds.
        if let Some(id) = self.id.value() {
            self.require_user(*id, invalid);
        }
    }

    fn check_changed(&self, before: &UserWithRelations, now: Instant, invalid: &mut Invalid) {
        self.require_user(before.user.id, invalid);
        self.require_expiration(before.user.password_expires, now, invalid);
    }

    fn create(&self, now: Instant) -> Result<UserDraft, Invalid> {
        let mut invalid = Invalid::default();
        self.check_new(&(), now, &mut invalid);
        let Some(login_name) = self.login_name.or_unset() else {
            return Err(invalid);
        };
        self.onto(invalid.or(UserDraft::new(login_name))?, Confirmation::Named)
    }

    /// Names, e-mail and external id are what the request says, unset included; what guards the
    /// account stays where the request is silent.
    fn replace(&self, before: &UserWithRelations, _now: Instant) -> Result<UserDraft, Invalid> {
        let base = UserDraft {
            external_id: None,
            first_name: None,
            last_name: None,
            email: None,
            ..UserDraft::of(&before.user)
        };
        self.onto(base, Confirmation::Replaced)
    }

    fn merge(&self, before: &UserWithRelations, _now: Instant) -> Result<UserDraft, Invalid> {
        self.onto(UserDraft::of(&before.user), Confirmation::Named)
    }

    fn patched(
        mut self,
        patch: &Patch,
        before: &UserWithRelations,
        now: Instant,
    ) -> Result<UserDraft, Invalid> {
        if !patch.writes("emailAddressConfirmed") {
            self.email_address_confirmed = Field::Absent;
        }
        let draft = self.merge(before, now)?;
        Ok(UserDraft {
            groups: written(patch, "memberOfGroups", draft.groups),
            profiles: written(patch, "userProfiles", draft.profiles),
            ..draft
        })
    }
}

/// What a relation is to hold after a patch, where the patch writes it: null is as good as removed.
fn written<T>(patch: &Patch, relation: &str, after: Option<Vec<T>>) -> Option<Vec<T>> {
    patch.writes(relation).then(|| after.unwrap_or_default())
}
