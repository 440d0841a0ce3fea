use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Error, Hasher, Params};

use super::{Costs, Engine, EngineError, Input, Variant, Version};

/// The crate `argon2-rust`, which chooses the instructions of the processor when it runs, asks for
/// huge pages, and wipes its memory after each hash.
pub(crate) struct Fast {
    hasher: Option<Hasher>,
    /// The memory that is kept between the hashes, in KiB.
    kept_kib: u32,
}

impl Fast {
    /// An engine that keeps the memory of `costs`.
    pub(crate) fn new(costs: Costs) -> Self {
        Self { hasher: None, kept_kib: costs.memory_kib() }
    }

    /// The keeper of the memory, told what it is to compute next.
    fn hasher_for(&mut self, argon2: Argon2) -> &mut Hasher {
        let hasher = self.hasher.get_or_insert_with(|| argon2.hasher());
        hasher.set_argon2(argon2);
        hasher
    }
}

impl Engine for Fast {
    fn compute(&mut self, input: &Input<'_>, tag: &mut [u8]) -> Result<(), EngineError> {
        let argon2 = configured(input, tag.len())?;
        let (password, salt, secret) = (input.password, input.salt, input.secret);
        let computed = if input.costs.memory_kib() > self.kept_kib {
            argon2.hash_into_with_ad(password, salt, secret, &[], tag)
        } else {
            self.hasher_for(argon2).hash_into_with_ad(password, salt, secret, &[], tag)
        };
        computed.map_err(told)
    }

    fn wipe(&mut self) {
        // Done after every hash.
    }
}

fn configured(input: &Input<'_>, tag_bytes: usize) -> Result<Argon2, EngineError> {
    let algorithm = match input.variant {
        Variant::D => Algorithm::Argon2d,
        Variant::I => Algorithm::Argon2i,
        Variant::Id => Algorithm::Argon2id,
    };
    let version = match input.version {
        Version::V16 => argon2_rust::Version::V0x10,
        Version::V19 => argon2_rust::Version::V0x13,
    };
    let params = Params::builder()
        .memory(Memory::kib(input.costs.memory_kib().into()))
        .passes(input.costs.iterations())
        .lanes(input.costs.lanes())
        .threads(1)
        .tag_len(TagLen::bytes(tag_bytes as u64))
        .build()
        .map_err(told)?;
    Ok(Argon2::new(algorithm, version, params))
}

fn told(error: Error) -> EngineError {
    match error {
        Error::MemoryAllocationError => EngineError::NoMemory,
        other => EngineError::Refused(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compute(engine: &mut Fast, memory_kib: u32) {
        let input = Input {
            variant: Variant::Id,
            version: Version::V19,
            costs: Costs::parse(memory_kib, 1, 1).unwrap(),
            password: b"password",
            salt: b"somesalt",
            secret: b"",
        };
        engine.compute(&input, &mut [0; 32]).expect("computes");
    }

    fn kept(engine: &Fast) -> usize {
        engine.hasher.as_ref().map_or(0, Hasher::reserved_blocks)
    }

    #[test]
    fn memory_is_taken_with_the_first_hash_and_kept() {
        let mut engine = Fast::new(Costs::parse(64, 1, 1).unwrap());
        assert_eq!(kept(&engine), 0);
        compute(&mut engine, 64);
        compute(&mut engine, 32);
        assert_eq!(kept(&engine), 64);
    }

    #[test]
    fn memory_beyond_its_own_costs_is_given_back() {
        let mut engine = Fast::new(Costs::parse(64, 1, 1).unwrap());
        compute(&mut engine, 64);
        compute(&mut engine, 4_096);
        assert_eq!(kept(&engine), 64);
    }
}
