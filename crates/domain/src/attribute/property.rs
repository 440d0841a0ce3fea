use super::{AttributeKey, AttributeValue};
use crate::filter::{Operand, properties};

properties! {
    /// The properties of an attribute that lists filter by.
    pub enum AttributeProperty {
        Key, "key", Text;
        Value, "value", ExactText;
    }
}

impl AttributeProperty {
    /// The value that a filter compares; `None` when unset.
    pub fn value(self, key: &AttributeKey, value: Option<&AttributeValue>) -> Option<Operand> {
        match self {
            Self::Key => Some(Operand::folded(key.as_str())),
            Self::Value => value.map(|value| Operand::exact(value.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::attribute::Profile;
    use crate::audit::Audited as _;
    use crate::filter::tests::assert_compares_what_is_printed;
    use crate::id::{StoreId, UserId};
    use crate::version::Version;

    #[test]
    fn filters_compare_what_is_printed() {
        for value in [Some("Blau"), None] {
            let profile = Profile {
                owner: UserId::new(Uuid::from_u128(1)),
                key: AttributeKey::parse("Farbe").expect("valid"),
                value: value.map(|text| AttributeValue::parse(text).expect("valid")),
                version: Version::UNRECORDED,
            };
            let printed = profile.content(StoreId::new(Uuid::nil()));
            assert_compares_what_is_printed(&printed, |property: AttributeProperty| {
                property.value(&profile.key, profile.value.as_ref())
            });
        }
    }
}
