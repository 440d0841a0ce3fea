use domain::group::Group;
use domain::id::{GroupId, StoreId, UserId};
use domain::time::Instant;
use domain::user::{EmailAddress, ExternalId, PersonName, User, UserWithRelations};
use serde::Serialize;
use utoipa::ToSchema;

use crate::userstore::attribute::view::ProfileView;
use crate::userstore::shown;

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
#[expect(clippy::struct_excessive_bools, reason = "the shape of the reference")]
pub(crate) struct UserView<'a> {
    /// The store that the user belongs to.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    instance_id: StoreId,
    /// Immutable.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    id: UserId,
    /// The user's id in another system; unique in the store.
    #[schema(required)]
    external_unique_identifier: Option<&'a str>,
    /// The name to sign in with; unique in the store ignoring case.
    login_name: &'a str,
    /// Given name.
    #[schema(required)]
    first_name: Option<&'a str>,
    /// Family name.
    #[schema(required)]
    last_name: Option<&'a str>,
    /// Where mail goes.
    #[schema(required)]
    email_address: Option<&'a str>,
    /// Whether the owner of the address has been shown to be the user.
    email_address_confirmed: bool,
    /// The first moment at which the user may sign in; null = always before `userValidTo`.
    #[serde(serialize_with = "shown::optional")]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    user_valid_from: Option<Instant>,
    /// The first moment at which the user may no longer sign in; null = never.
    #[serde(serialize_with = "shown::optional")]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    user_valid_to: Option<Instant>,
    /// False refuses sign-in.
    is_user_active: bool,
    /// False: failed sign-ins are counted and never lock.
    is_user_lock_enabled: bool,
    /// The permanent lock.
    is_user_locked: bool,
    /// Consecutive failed sign-ins; read-only.
    failed_user_login_attempts: u32,
    /// Whether the password is exempt from expiry.
    password_never_expires: bool,
    /// Whether the user may change an expired password.
    can_change_password_on_expiration: bool,
    /// When the password expires.
    #[serde(serialize_with = "shown::optional")]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    password_expiration: Option<Instant>,
    /// Whether the password is an administrator's first one; read-only.
    is_initial_password: bool,
    /// Whether the user must set a new password at the next sign-in.
    is_password_change_required: bool,
    /// The groups that the user is directly in; null where they are left out.
    #[schema(required)]
    member_of_groups: Option<Vec<GroupView<'a>>>,
    /// The user's profiles; null where they are left out.
    #[schema(required)]
    user_profiles: Option<Vec<ProfileView<'a>>>,
    /// Whether the user must show a second factor at every sign-in.
    is_two_factor_required: bool,
    /// Whether there is a second factor that the user has proved to have; read-only.
    is_two_factor_registered: bool,
}

/// A group as a user's relation: its own relations are null.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MemberOfGroup)]
pub(crate) struct GroupView<'a> {
    /// The store that the group belongs to.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    instance_id: StoreId,
    /// Immutable.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    id: GroupId,
    /// Unique in the store ignoring case.
    name: &'a str,
    /// Always null here.
    #[schema(required, value_type = Option<Vec<Object>>)]
    member_users: Option<()>,
    /// Always null here.
    #[schema(required, value_type = Option<Vec<Object>>)]
    parent_groups: Option<()>,
    /// Always null here.
    #[schema(required, value_type = Option<Vec<Object>>)]
    member_groups: Option<()>,
    /// Always null here.
    #[schema(required, value_type = Option<Vec<Object>>)]
    metadata: Option<()>,
}

impl<'a> From<&'a UserWithRelations> for UserView<'a> {
    fn from(shown: &'a UserWithRelations) -> Self {
        let UserWithRelations { store, user, groups, profiles } = shown;
        Self {
            member_of_groups: views(groups.as_deref(), |group| GroupView::of(*store, group)),
            user_profiles: views(profiles.as_deref(), |profile| ProfileView::of(*store, profile)),
            ..Self::alone(*store, user)
        }
    }
}

impl<'a> UserView<'a> {
    /// A user whose relations are left out: one that is itself the relation of something.
    pub(in crate::userstore) fn alone(store: StoreId, user: &'a User) -> Self {
        Self {
            instance_id: store,
            id: user.id,
            external_unique_identifier: user.external_id.as_ref().map(ExternalId::as_str),
            login_name: user.login_name.as_str(),
            first_name: user.first_name.as_ref().map(PersonName::as_str),
            last_name: user.last_name.as_ref().map(PersonName::as_str),
            email_address: user.email.as_ref().map(EmailAddress::as_str),
            email_address_confirmed: user.email_confirmed,
            user_valid_from: user.validity.from(),
            user_valid_to: user.validity.to(),
            is_user_active: user.active,
            is_user_lock_enabled: user.lock_enabled,
            is_user_locked: user.locked,
            failed_user_login_attempts: user.failed_sign_ins,
            password_never_expires: user.password_never_expires,
            can_change_password_on_expiration: user.can_change_expired_password,
            password_expiration: user.password_expires,
            is_initial_password: user.initial_password,
            is_password_change_required: user.password_change_required,
            member_of_groups: None,
            user_profiles: None,
            is_two_factor_required: user.two_factor_required,
            is_two_factor_registered: user.two_factor_registered,
        }
    }
}

fn views<'a, T, V>(relation: Option<&'a [T]>, view: impl Fn(&'a T) -> V) -> Option<Vec<V>> {
    relation.map(|items| items.iter().map(view).collect())
}

impl<'a> GroupView<'a> {
    /// A group whose relations are left out.
    pub(in crate::userstore) fn of(store: StoreId, group: &'a Group) -> Self {
        Self {
            instance_id: store,
            id: group.id,
            name: group.name.as_str(),
            member_users: None,
            parent_groups: None,
            member_groups: None,
            metadata: None,
        }
    }
}

/// Writes a user as JSON.
pub(super) fn write(user: &UserWithRelations, text: &mut Vec<u8>) {
    // Strings, numbers and booleans always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, &UserView::from(user));
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::audit::Audited as _;
    use domain::store::Settings;
    use domain::user::{Confirmation, LoginName, UserDraft, Validity};
    use uuid::Uuid;

    fn at(micros: i64) -> Instant {
        Instant::from_micros(micros).expect("in range")
    }

    fn ada() -> UserWithRelations {
        let mut draft = UserDraft::new(LoginName::parse("Ada \"\u{e4}\"").expect("valid"));
        draft.external_id = ExternalId::parse("x-1").ok();
        draft.email = EmailAddress::parse("ada@example.com").ok();
        draft.email_confirmed = Confirmation::Named(true);
        draft.validity = Validity::new(Some(at(1)), Some(at(2))).expect("valid");
        draft.password_expires = Some(at(3));
        draft.two_factor_required = true;
        let user = draft
            .create(UserId::new(Uuid::from_u128(7)), at(0), &Settings::default())
            .expect("valid");
        let store = StoreId::new(Uuid::from_u128(1));
        UserWithRelations { store, user, groups: None, profiles: None }
    }

    #[test]
    fn without_its_relations_a_user_looks_as_in_the_audit_trail() {
        let user = ada();
        let mut shown = Vec::new();
        write(&user, &mut shown);
        let shown = String::from_utf8(shown).expect("UTF-8");
        // The API shows what is our own after what the reference prints.
        let ours = r#","isTwoFactorRequired":true,"isTwoFactorRegistered":false}"#;
        let relations = r#","memberOfGroups":null,"userProfiles":null"#;
        let audited = user.user.content(user.store);
        let printed = audited.strip_suffix(ours).expect("ours at the end");
        assert_eq!(shown, format!("{printed}{relations}{ours}"));
    }
}
