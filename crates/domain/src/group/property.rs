use super::Group;
use crate::filter::{Operand, properties};

properties! {
    /// The properties of a group that lists filter by.
    pub enum GroupProperty {
        Id, "id", Id;
        Name, "name", Text;
    }
}

impl GroupProperty {
    /// The value that a filter compares; always set.
    pub fn value(self, group: &Group) -> Option<Operand> {
        Some(match self {
            Self::Id => Operand::Id(group.id.as_uuid()),
            Self::Name => Operand::folded(group.name.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::audit::Audited as _;
    use crate::filter::tests::assert_compares_what_is_printed;
    use crate::group::GroupName;
    use crate::id::{GroupId, StoreId};
    use crate::version::Version;

    #[test]
    fn filters_compare_what_is_printed() {
        let group = Group {
            id: GroupId::new(Uuid::from_u128(1)),
            name: GroupName::parse("Ärzte").expect("valid"),
            version: Version::UNRECORDED,
        };
        let printed = group.content(StoreId::new(Uuid::nil()));
        assert_compares_what_is_printed(&printed, |property: GroupProperty| property.value(&group));
    }
}
