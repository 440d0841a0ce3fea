use super::costs::Costs;

/// How a hash is made, as its stored form says. Two hashes of one scheme, with salts and tags of one
/// length, are equally good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheme {
    /// The algorithm.
    pub(crate) variant: Variant,
    /// Its version.
    pub(crate) version: Version,
    /// What it costs.
    pub(crate) costs: Costs,
    /// The name of the key that its pepper is derived from.
    pub(crate) key_id: Option<String>,
}

impl Scheme {
    /// How new hashes are made.
    pub(crate) fn present(costs: Costs, key_id: Option<String>) -> Self {
        Self { variant: Variant::Id, version: Version::V19, costs, key_id }
    }
}

/// The algorithms of RFC 9106.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Argon2d.
    D,
    /// Argon2i.
    I,
    /// Argon2id, the one for new hashes.
    Id,
}

impl Variant {
    /// Every one.
    pub(crate) const ALL: [Self; 3] = [Self::D, Self::I, Self::Id];

    /// Its name in a PHC string.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::D => "argon2d",
            Self::I => "argon2i",
            Self::Id => "argon2id",
        }
    }
}

/// The versions of the algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.0, of before the RFC.
    V16,
    /// 1.3, that of the RFC.
    V19,
}

impl Version {
    /// Every one.
    pub(crate) const ALL: [Self; 2] = [Self::V16, Self::V19];

    /// Its number in a PHC string.
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::V16 => 16,
            Self::V19 => 19,
        }
    }
}
