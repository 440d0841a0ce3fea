//! What computes Argon2. The two engines give the same bytes; they differ in speed and in whose
//! code it is.

mod argon2_crate;
mod fast;

use thiserror::Error;

pub(crate) use self::argon2_crate::Argon2Crate;
pub(crate) use self::fast::Fast;

use super::costs::Costs;
use super::scheme::{Variant, Version};

/// Computes one hash at a time in memory that it keeps between them.
pub(crate) trait Engine {
    /// Fills `tag` with the output for `input`. Memory beyond that of the costs it was made for is
    /// given back before this returns.
    fn compute(&mut self, input: &Input<'_>, tag: &mut [u8]) -> Result<(), EngineError>;

    /// Wipes what earlier computations may have left in its memory.
    fn wipe(&mut self);
}

/// What a hash is computed of.
pub(crate) struct Input<'a> {
    /// The algorithm.
    pub(crate) variant: Variant,
    /// Its version.
    pub(crate) version: Version,
    /// What it costs.
    pub(crate) costs: Costs,
    /// The password.
    pub(crate) password: &'a [u8],
    /// The salt.
    pub(crate) salt: &'a [u8],
    /// The pepper; empty for none.
    pub(crate) secret: &'a [u8],
}

/// Why there is no output.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum EngineError {
    /// The memory of the costs is not to be had.
    #[error("there is not enough memory")]
    NoMemory,
    /// The engine refuses what our bounds allow.
    #[error("the engine refuses: {0}")]
    Refused(String),
}

/// Which engine computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineKind {
    /// The crate `argon2` of the `RustCrypto` project.
    #[default]
    Argon2,
    /// The crate `argon2-rust`: about twice as fast where the processor has AVX2 or AVX-512, and
    /// not audited.
    Fast,
}

/// There is no engine of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the engine must be \"argon2\" or \"fast\"")]
pub struct UnknownEngine;

impl EngineKind {
    /// Reads the name that a configuration gives it.
    ///
    /// # Errors
    /// [`UnknownEngine`].
    pub fn parse(name: &str) -> Result<Self, UnknownEngine> {
        match name {
            "argon2" => Ok(Self::Argon2),
            "fast" => Ok(Self::Fast),
            _ => Err(UnknownEngine),
        }
    }

    /// An engine that keeps the memory of `costs`. It takes it with its first hash: who never
    /// hashes does not pay for it.
    pub(crate) fn make(self, costs: Costs) -> Box<dyn Engine> {
        match self {
            Self::Argon2 => Box::new(Argon2Crate::new(costs)),
            Self::Fast => Box::new(Fast::new(costs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn both(costs: Costs) -> [Box<dyn Engine>; 2] {
        [EngineKind::Argon2, EngineKind::Fast].map(|kind| kind.make(costs))
    }

    fn costs(memory_kib: u32, iterations: u32, lanes: u32) -> Costs {
        Costs::parse(memory_kib, iterations, lanes).unwrap()
    }

    fn input<'a>(costs: Costs, password: &'a [u8], salt: &'a [u8], secret: &'a [u8]) -> Input<'a> {
        Input { variant: Variant::Id, version: Version::V19, costs, password, salt, secret }
    }

    fn tag_of(engine: &mut dyn Engine, input: &Input<'_>, length: usize) -> Vec<u8> {
        let mut tag = vec![0; length];
        engine.compute(input, &mut tag).expect("computes");
        tag
    }

    fn hex(tag: &[u8]) -> String {
        use std::fmt::Write as _;
        tag.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    /// From the test program of the reference implementation, `hashtest(0x13, 2, 16, 1, …)`.
    #[test]
    fn both_compute_what_the_reference_implementation_prints() {
        let costs = costs(65_536, 2, 1);
        for mut engine in both(costs) {
            let tag = tag_of(engine.as_mut(), &input(costs, b"password", b"somesalt", b""), 32);
            let printed = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
            assert_eq!(hex(&tag), printed);
        }
    }

    /// The inputs of RFC 9106 §5.3 without its associated data, computed by OpenSSL 3, which also
    /// gives the RFC's own tag when it is told the data.
    #[test]
    fn both_take_the_secret_and_the_lanes_as_openssl_does() {
        let costs = costs(32, 3, 4);
        for mut engine in both(costs) {
            let tag = tag_of(engine.as_mut(), &input(costs, &[1; 32], &[2; 16], &[3; 8]), 32);
            let printed = "0034de3c8a75efc1148100eaf5ba9b1ce6d50ba5cdf6ae4018c54a4fc03ac10d";
            assert_eq!(hex(&tag), printed);
        }
    }

    #[test]
    fn memory_that_was_used_before_changes_nothing() {
        let small = costs(64, 1, 1);
        for mut engine in both(small) {
            let asked = input(small, b"password", b"somesalt", b"pepper");
            let first = tag_of(engine.as_mut(), &asked, 32);
            for other in [costs(8, 3, 1), costs(512, 1, 4), small] {
                tag_of(engine.as_mut(), &input(other, b"another", b"othersalt", b""), 64);
            }
            assert_eq!(tag_of(engine.as_mut(), &asked, 32), first);
            engine.wipe();
            assert_eq!(tag_of(engine.as_mut(), &asked, 32), first);
        }
    }

    #[test]
    fn engines_are_named_in_the_configuration() {
        assert_eq!(EngineKind::parse("argon2"), Ok(EngineKind::Argon2));
        assert_eq!(EngineKind::parse("fast"), Ok(EngineKind::Fast));
        for name in ["", "Fast", "argon2-rust", "argon2 "] {
            assert_eq!(EngineKind::parse(name), Err(UnknownEngine), "{name}");
        }
    }

    fn bytes(length: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), length)
    }

    proptest! {
        #[test]
        fn the_engines_agree_on_every_input(
            password in bytes(0..=1_024),
            salt in bytes(8..=64),
            secret in bytes(0..=64),
            length in 16..=64_usize,
            (memory, iterations, lanes) in (32..=300_u32, 1..=4_u32, 1..=4_u32),
            variant in prop::sample::select(Variant::ALL.as_slice()),
            version in prop::sample::select(Version::ALL.as_slice()),
        ) {
            let costs = costs(memory, iterations, lanes);
            let input =
                Input { variant, version, costs, password: &password, salt: &salt, secret: &secret };
            let [mut one, mut other] = both(costs);
            prop_assert_eq!(
                tag_of(one.as_mut(), &input, length),
                tag_of(other.as_mut(), &input, length)
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn the_engines_agree_at_the_default_costs(
            password in bytes(1..=64),
            salt in bytes(16),
            secret in bytes(32),
        ) {
            let costs = costs(19_456, 2, 1);
            let input = input(costs, &password, &salt, &secret);
            let [mut one, mut other] = both(costs);
            prop_assert_eq!(
                tag_of(one.as_mut(), &input, 32),
                tag_of(other.as_mut(), &input, 32)
            );
        }
    }
}
