use std::collections::BTreeSet;

use super::{Account, profiles};
use crate::access::{PermissionSet, RoleName, Room};
use crate::attribute::{AttributeValue, Owner, Profile};
use crate::error::{Invalid, UseCaseError};
use crate::group::GroupName;
use crate::id::{GroupId, UserId};
use crate::text::{Folded, check};
use crate::user::{EmailAddress, PersonName, UserDraft};

/// What a request says of an account. Where a property is `None` it says nothing, and what the
/// account has stays; where it is `Some(None)` the account is to have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountEdit {
    /// Given name.
    pub first_name: Option<Option<PersonName>>,
    /// Family name.
    pub last_name: Option<Option<PersonName>>,
    /// Where mail goes.
    pub email: Option<Option<EmailAddress>>,
    /// The permanent lock.
    pub locked: Option<bool>,
    /// Whether the user must show a second factor at every sign-in.
    pub two_factor_required: Option<bool>,
    /// The whole set of roles to hold here directly.
    pub roles: Option<Vec<RoleName>>,
    /// What the user may do: it follows from the roles, so this only says what it is or comes to be.
    pub permissions: Option<PermissionSet>,
    /// The whole set of groups to be directly in.
    pub groups: Option<Vec<GroupName>>,
    /// The user's time zone: 1 to 256 characters.
    pub time_zone: Option<Option<AttributeValue>>,
    /// How dates are shown to the user: JSON text.
    pub date_formats: Option<Option<AttributeValue>>,
    /// Of what the user is notified: JSON text.
    pub notification_groups: Option<Option<AttributeValue>>,
}

impl AccountEdit {
    /// Refuses what no account can have.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let time_zone = self.time_zone.iter().flatten();
        let checked = time_zone.map(|zone| check(zone.as_str(), 1, 256)).find_map(Result::err);
        checked.map_or(Ok(()), |rule| Err(Invalid::one(profiles::TIME_ZONE, rule.to_string())))
    }

    /// Whether it would change what only they write who manage users. To send back what is there
    /// changes nothing.
    pub(super) fn reaches_beyond_own(&self, present: &Account) -> bool {
        // Each property is named, so that a new one has to be put on one side.
        let Self { locked, two_factor_required, roles, permissions, groups, .. } = self;
        let Self {
            first_name: _,
            last_name: _,
            email: _,
            time_zone: _,
            date_formats: _,
            notification_groups: _,
            ..
        } = self;
        let user = &present.user;
        locked.is_some_and(|said| said != user.locked)
            || two_factor_required.is_some_and(|said| said != user.two_factor_required)
            || roles.as_ref().is_some_and(|said| set(said) != set(&present.roles))
            || permissions.is_some_and(|said| said != present.permissions)
            || groups.as_ref().is_some_and(|said| folded(said) != folded(&present.groups))
    }

    /// Whether it would change the address.
    pub(super) fn changes_email(&self, present: &Account) -> bool {
        self.email.as_ref().is_some_and(|said| *said != present.user.email)
    }

    /// Whether it says anything of profiles.
    pub(super) fn writes_profiles(&self) -> bool {
        profiles::said(self).next().is_some()
    }

    /// The groups that it names, if it says anything of groups.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `groups`, with every one that is not there.
    pub(super) fn group_ids(
        &self,
        room: &mut Room<'_>,
    ) -> Result<Option<Vec<GroupId>>, UseCaseError> {
        let Some(names) = &self.groups else { return Ok(None) };
        let wanted: Vec<_> = folded(names).into_iter().collect();
        if wanted.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let found = room.here().groups().find_by_names(&wanted)?;
        let known: BTreeSet<_> = found.iter().map(|group| group.name.folded()).collect();
        let mut invalid = Invalid::default();
        for name in names.iter().filter(|name| !known.contains(&name.folded())) {
            invalid.add("groups", format!("must name groups of this store, and {name} is none"));
        }
        Ok(Some(invalid.or(found.into_iter().map(|group| group.id).collect())?))
    }

    /// `draft`, changed as this edit says: `groups` are those that it names, `present` the profiles
    /// that there are.
    pub(super) fn apply_to(
        &self,
        draft: UserDraft,
        groups: Option<Vec<GroupId>>,
        present: &[Profile],
    ) -> UserDraft {
        let edit = self.clone();
        UserDraft {
            profiles: self.writes_profiles().then(|| profiles::wanted(self, present)),
            groups,
            first_name: edit.first_name.unwrap_or(draft.first_name),
            last_name: edit.last_name.unwrap_or(draft.last_name),
            email: edit.email.unwrap_or(draft.email),
            locked: edit.locked.unwrap_or(draft.locked),
            two_factor_required: edit.two_factor_required.unwrap_or(draft.two_factor_required),
            ..draft
        }
    }

    /// A refusal of the user that names the properties of this edit.
    pub(super) fn named_here(&self, refusal: UseCaseError) -> UseCaseError {
        let UseCaseError::Invalid(mut invalid) = refusal else { return refusal };
        for field in &mut invalid.fields {
            if field.property == UserDraft::GROUPS {
                "groups".clone_into(&mut field.property);
            }
            if field.property == UserId::LIST
                && let Some((key, _)) = profiles::said(self).next()
            {
                key.clone_into(&mut field.property);
            }
        }
        invalid.into()
    }
}

fn set(roles: &[RoleName]) -> BTreeSet<&RoleName> {
    roles.iter().collect()
}

fn folded(groups: &[GroupName]) -> BTreeSet<Folded> {
    groups.iter().map(GroupName::folded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_property_that_the_request_has() {
        let value = AttributeValue::parse("[]").expect("a value");
        let edit = AccountEdit { notification_groups: Some(Some(value)), ..AccountEdit::default() };
        for (property, named) in [
            ("memberOfGroups", "groups"),
            ("userProfiles", "notificationGroups"),
            ("loginName", "loginName"),
        ] {
            let refusal = edit.named_here(Invalid::one(property, "must be").into());
            assert_eq!(refusal, Invalid::one(named, "must be").into());
        }
        assert_eq!(edit.named_here(UseCaseError::Upward), UseCaseError::Upward);
    }
}
