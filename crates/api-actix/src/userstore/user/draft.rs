//! What a request makes of a user: the drafts of create, PUT, createorupdate and PATCH.

use domain::error::Invalid;
use domain::time::Instant;
use domain::user::{Confirmation, EditError, User, UserDraft, UserWithRelations, Validity};
use serde_json::Value;

use super::request::UserRequest;
use super::view::UserView;
use crate::request::fields::{Field, note};
use crate::request::patch::{Kind, Patch, Shape};

impl UserRequest {
    /// A new user: what is unset takes its default.
    ///
    /// # Errors
    /// The login name is missing, a profile names another user, the password would have expired
    /// `now`, the validity would end before it begins.
    pub(super) fn create(&self, now: Instant) -> Result<UserDraft, Invalid> {
        let mut invalid = Invalid::default();
        self.require_of_new(now, &mut invalid);
        let Some(login_name) = self.login_name.or_unset() else {
            return Err(invalid);
        };
        self.onto(invalid.or(UserDraft::new(login_name))?, Confirmation::Named)
    }

    /// PUT: names, e-mail and external id are what the request says, unset included; what guards
    /// the account stays where the request is silent.
    ///
    /// # Errors
    /// The request is not about that user, the validity would end before it begins, the password
    /// would have expired `now`.
    pub(super) fn replace(&self, before: &User, now: Instant) -> Result<UserDraft, Invalid> {
        self.require_of_changed(before, now)?;
        let base = UserDraft {
            external_id: None,
            first_name: None,
            last_name: None,
            email: None,
            ..UserDraft::of(before)
        };
        self.onto(base, Confirmation::Replaced)
    }

    /// createorupdate of a user that is there, and PATCH: the properties that are present.
    ///
    /// # Errors
    /// The request is not about that user, the validity would end before it begins, the password
    /// would have expired `now`.
    pub(super) fn merge(&self, before: &User, now: Instant) -> Result<UserDraft, Invalid> {
        self.require_of_changed(before, now)?;
        self.onto(UserDraft::of(before), Confirmation::Named)
    }

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
];

/// The draft of `before` after a patch.
///
/// # Errors
/// What the patch refuses, and every rule that the patched user breaks.
pub(super) fn patched(
    patch: &Patch,
    before: &UserWithRelations,
    now: Instant,
) -> Result<UserDraft, EditError> {
    let shown = serde_json::to_value(UserView::from(before)).unwrap_or_default();
    let Value::Object(user) = patch.apply(shown)? else {
        return Err(EditError::Invalid(Invalid::one("operations", "must leave an object")));
    };
    let mut invalid = Invalid::default();
    for (name, _) in USER.iter().filter(|(_, kind)| matches!(kind, Kind::Flag)) {
        if user.get(*name).is_some_and(Value::is_null) {
            note(&mut invalid, *name, "must be true or false");
        }
    }
    let mut request = UserRequest::of(user, &mut invalid);
    request.require_user(before.user.id, &mut invalid);
    request.require_expiration(before.user.password_expires, now, &mut invalid);
    request.require_store(before.store, &mut invalid);
    if !patch.writes("emailAddressConfirmed") {
        request.email_address_confirmed = Field::Absent;
    }
    let request = invalid.or(request).map_err(EditError::Invalid)?;
    let mut draft = request.merge(&before.user, now).map_err(EditError::Invalid)?;
    // Null is as good as removed: the relation is empty then.
    if patch.writes("memberOfGroups") {
        draft.groups.get_or_insert_default();
    }
    if patch.writes("userProfiles") {
        draft.profiles.get_or_insert_default();
    }
    Ok(draft)
}
