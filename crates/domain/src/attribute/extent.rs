use super::Attribute;

/// How much attributes of one owner are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// How many there are.
    pub count: u64,
    /// The bytes of their keys and values together, in UTF-8.
    pub bytes: u64,
}

impl Extent {
    /// That of one attribute.
    pub fn of<O>(attribute: &Attribute<O>) -> Self {
        let value = attribute.value.as_ref().map_or(0, |value| value.as_str().len());
        // Lengths in memory always fit.
        let bytes = u64::try_from(attribute.key.as_str().len() + value).unwrap_or(u64::MAX);
        Self { count: 1, bytes }
    }

    /// That of both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// What is left without the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_sub(other.count),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}
