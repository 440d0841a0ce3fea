use argon2::{Algorithm, Argon2, Block, Error, Params};
use zeroize::Zeroize as _;

use super::{Costs, Engine, EngineError, Input, Variant, Version};

/// The crate `argon2`, in memory of our own.
pub(crate) struct Argon2Crate {
    memory: Memory,
    /// How many blocks are kept between the hashes.
    kept: usize,
}

impl Argon2Crate {
    /// An engine that keeps the memory of `costs`.
    pub(crate) fn new(costs: Costs) -> Self {
        Self { memory: Memory::default(), kept: blocks_of(costs) }
    }
}

impl Engine for Argon2Crate {
    fn compute(&mut self, input: &Input<'_>, tag: &mut [u8]) -> Result<(), EngineError> {
        let argon2 = configured(input, tag.len())?;
        let blocks = blocks_of(input.costs);
        if blocks > self.kept {
            let mut once = Memory::of(blocks)?;
            return once.hash(&argon2, input, tag);
        }
        if self.memory.blocks.is_empty() {
            self.memory = Memory::of(self.kept)?;
        }
        self.memory.hash(&argon2, input, tag)
    }

    fn wipe(&mut self) {
        self.memory.wipe();
    }
}

/// Blocks of 1 KiB that are wiped before they are given back.
#[derive(Default)]
struct Memory {
    blocks: Vec<Block>,
    used: bool,
}

impl Memory {
    fn of(blocks: usize) -> Result<Self, EngineError> {
        let mut memory = Self::default();
        memory.blocks.try_reserve_exact(blocks).map_err(|_| EngineError::NoMemory)?;
        memory.blocks.resize(blocks, Block::new());
        Ok(memory)
    }

    fn hash(
        &mut self,
        argon2: &Argon2<'_>,
        input: &Input<'_>,
        tag: &mut [u8],
    ) -> Result<(), EngineError> {
        self.used = true;
        argon2
            .hash_password_into_with_memory(input.password, input.salt, tag, &mut self.blocks)
            .map_err(refused)
    }

    fn wipe(&mut self) {
        if std::mem::take(&mut self.used) {
            self.blocks.iter_mut().for_each(Block::zeroize);
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.wipe();
    }
}

fn configured<'a>(input: &Input<'a>, tag_bytes: usize) -> Result<Argon2<'a>, EngineError> {
    let algorithm = match input.variant {
        Variant::D => Algorithm::Argon2d,
        Variant::I => Algorithm::Argon2i,
        Variant::Id => Algorithm::Argon2id,
    };
    let version = match input.version {
        Version::V16 => argon2::Version::V0x10,
        Version::V19 => argon2::Version::V0x13,
    };
    let params = Params::new(
        input.costs.memory_kib(),
        input.costs.iterations(),
        input.costs.lanes(),
        Some(tag_bytes),
    );
    params
        .and_then(|params| Argon2::new_with_secret(input.secret, algorithm, version, params))
        .map_err(refused)
}

/// How many blocks of 1 KiB a computation uses: as many as fill four slices of each lane evenly.
fn blocks_of(costs: Costs) -> usize {
    let slices = costs.lanes() * 4;
    (costs.memory_kib() / slices * slices) as usize
}

fn refused(error: Error) -> EngineError {
    EngineError::Refused(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(memory_kib: u32, lanes: u32) -> Costs {
        Costs::parse(memory_kib, 1, lanes).unwrap()
    }

    fn compute(engine: &mut Argon2Crate, costs: Costs) {
        let input = Input {
            variant: Variant::Id,
            version: Version::V19,
            costs,
            password: b"password",
            salt: b"somesalt",
            secret: b"",
        };
        engine.compute(&input, &mut [0; 32]).expect("computes");
    }

    fn is_clean(engine: &Argon2Crate) -> bool {
        engine.memory.blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0))
    }

    #[test]
    fn blocks_are_counted_as_the_crate_counts_them() {
        for (memory_kib, lanes) in [(8, 1), (32, 4), (35, 1), (100, 3), (19_456, 1), (262_144, 4)] {
            let counted = Params::new(memory_kib, 1, lanes, None).unwrap().block_count();
            assert_eq!(blocks_of(costs(memory_kib, lanes)), counted, "{memory_kib}/{lanes}");
        }
    }

    #[test]
    fn memory_is_taken_with_the_first_hash_and_kept() {
        let mut engine = Argon2Crate::new(costs(64, 1));
        assert_eq!(engine.memory.blocks.len(), 0);
        compute(&mut engine, costs(64, 1));
        let place = engine.memory.blocks.as_ptr();
        compute(&mut engine, costs(32, 1));
        compute(&mut engine, costs(64, 1));
        assert_eq!((engine.memory.blocks.as_ptr(), engine.memory.blocks.len()), (place, 64));
    }

    #[test]
    fn memory_beyond_its_own_costs_is_given_back() {
        let mut engine = Argon2Crate::new(costs(64, 1));
        compute(&mut engine, costs(4_096, 4));
        assert_eq!(engine.memory.blocks.capacity(), 0);
        compute(&mut engine, costs(64, 1));
        compute(&mut engine, costs(4_096, 1));
        assert_eq!(engine.memory.blocks.capacity(), 64);
    }

    #[test]
    fn a_wiped_memory_holds_nothing_of_the_password() {
        let mut engine = Argon2Crate::new(costs(64, 1));
        compute(&mut engine, costs(64, 1));
        assert!(!is_clean(&engine));
        engine.wipe();
        assert!(is_clean(&engine));
    }
}
