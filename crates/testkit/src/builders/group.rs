use domain::group::{Group, GroupName};
use domain::id::GroupId;
use domain::version::Version;

use super::uuid_of;

/// Makes a group.
#[derive(Clone, Debug)]
pub struct GroupBuilder {
    group: Group,
}

/// A group of that name.
pub fn a_group(name: &str) -> GroupBuilder {
    let id = GroupId::new(uuid_of("group", name));
    let name = GroupName::parse(name).expect("a name of a group");
    GroupBuilder { group: Group { id, name, version: Version::UNRECORDED } }
}

impl GroupBuilder {
    /// With this id instead of the one that follows from the name.
    #[must_use]
    pub fn id(mut self, id: GroupId) -> Self {
        self.group.id = id;
        self
    }

    /// The group, as it is before it is recorded.
    pub fn build(self) -> Group {
        self.group
    }
}
