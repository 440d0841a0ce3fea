use domain::access::{Assignment, Grant, Holder};
use domain::attribute::{Metadata, Profile};
use domain::client::Client;
use domain::group::{Group, Membership, Nesting};
use domain::user::User;

use super::Setting;
use super::attributes::{a_profile, metadata};
use crate::builders::{a_client, a_user};

/// What is in a store that has one of everything.
pub(super) struct Full {
    /// In the group `staff`; she signs in by her address.
    pub(super) ada: User,
    pub(super) staff: Group,
    /// The group that `staff` lies in.
    pub(super) all: Group,
    pub(super) membership: Membership,
    pub(super) nesting: Nesting,
    /// A profile of ada.
    pub(super) color: Profile,
    /// Metadata of `staff`.
    pub(super) size: Metadata,
    pub(super) import: Client,
    /// `SystemAdmin`, held by `all`.
    pub(super) role: Assignment,
}

impl Full {
    /// Puts one of everything into a store.
    pub(super) async fn of(s: &Setting) -> Self {
        let ada = a_user("ada").external_id("x").email("ada@example.com").signing_in_by_email();
        let ada = s.has_user(ada.build()).await;
        let [staff, all] = s.has_groups(["staff", "all"]).await;
        Self {
            membership: s.has_member(&staff, &ada).await,
            nesting: s.has_nestings(&[(&all, &staff)]).await[0],
            color: s.has_profile(a_profile(ada.id, "color", "red")).await,
            size: s.has_attribute(metadata(staff.id, "size", "M")).await,
            import: s.has_client(a_client("import").build()).await,
            role: s.has_role(Holder::Group(all.id), Grant::system_admin()).await,
            ada,
            staff,
            all,
        }
    }
}
