use super::Entry;
use crate::filter::{Operand, properties};

properties! {
    /// The properties of an audit entry that lists filter by.
    pub enum EntryProperty {
        Id, "id", Number;
        Timestamp, "timestamp", Instant;
        User, "user", ExactText;
        Area, "area", ExactText;
        PrimaryKey, "primaryKey", ExactText;
        Category, "category", ExactText;
        Action, "action", ExactText;
        DataSource, "dataSource", ExactText;
    }
}

impl EntryProperty {
    /// The value that a filter compares; always set.
    pub fn value(self, entry: &Entry) -> Option<Operand> {
        Some(match self {
            Self::Id => Operand::Number(entry.id.get()),
            Self::Timestamp => Operand::Instant(entry.timestamp),
            Self::User => Operand::exact(&entry.user),
            Self::Area => Operand::exact(entry.area.name()),
            Self::PrimaryKey => Operand::exact(&entry.primary_key),
            Self::Category => Operand::exact(Entry::CATEGORY),
            Self::Action => Operand::exact(entry.action.name()),
            Self::DataSource => Operand::exact(&entry.data_source),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::audit::{Action, Area, PublicKeyInfo, Signature, canonical};
    use crate::filter::tests::assert_compares_what_is_printed;
    use crate::id::{AuditId, StoreId};
    use crate::time::Instant;

    #[test]
    fn filters_compare_what_is_printed() {
        let entry = Entry {
            id: AuditId::new(7).expect("in range"),
            store: StoreId::new(Uuid::from_u128(1)),
            timestamp: Instant::from_micros(1_767_225_600_000_001).expect("in range"),
            user: "client:Ada".into(),
            area: Area::Membership,
            primary_key: "a/B".into(),
            action: Action::Deleted,
            data_source: "Default".into(),
            original: None,
            current: None,
            signature: Signature([0; 64]),
            public_key: PublicKeyInfo([0; 44]),
        };
        let signed = String::from_utf8(canonical::bytes(&entry)).expect("UTF-8");
        assert_compares_what_is_printed(&signed, |property: EntryProperty| property.value(&entry));
    }
}
