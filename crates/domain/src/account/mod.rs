//! Accounts: users as the users API shows and changes them, each with the groups it is in, the roles
//! it holds in the store, and those of its profiles that this API has fields for.
//!
//! What is stored is what [`crate::user`] and [`crate::access`] store, by the same code: one user, two
//! faces.

mod add;
mod edit;
mod load;
mod own;
mod profiles;
mod roles;
mod service;
mod update;

pub use add::{Added, NewAccount};
pub use edit::AccountEdit;
pub use service::AccountService;

use crate::access::{PermissionSet, RoleName};
use crate::attribute::{AttributeValue, Profile};
use crate::group::GroupName;
use crate::user::User;

/// A user with what the users API shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: User,
    /// The groups that the user is directly in, in order of the folded name.
    pub groups: Vec<GroupName>,
    /// Those profiles that the users API has fields for, in order of the folded key.
    pub profiles: Vec<Profile>,
    /// The roles that the user holds here, none inherited from groups, in order of the name.
    pub roles: Vec<RoleName>,
    /// What the user may do here, by roles of groups too.
    pub permissions: PermissionSet,
}

impl Account {
    /// The user's time zone.
    pub fn time_zone(&self) -> Option<&AttributeValue> {
        profiles::find(&self.profiles, profiles::TIME_ZONE)
    }

    /// How dates are shown to the user: JSON text.
    pub fn date_formats(&self) -> Option<&AttributeValue> {
        profiles::find(&self.profiles, profiles::DATE_FORMATS)
    }

    /// Of what the user is notified: JSON text.
    pub fn notification_groups(&self) -> Option<&AttributeValue> {
        profiles::find(&self.profiles, profiles::NOTIFICATION_GROUPS)
    }
}
