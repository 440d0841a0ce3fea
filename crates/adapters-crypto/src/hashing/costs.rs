use thiserror::Error;

/// What a hash costs, in the bounds within which we compute one, whether a setting or a stored hash
/// asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Costs {
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
}

/// The rule that the cost parameters of a hash break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CostsError {
    /// More memory than any stored hash may demand, or less than the algorithm can divide.
    #[error("the memory must be between 8 KiB for each lane and 262144 KiB")]
    Memory,
    /// Too many, or none.
    #[error("there must be 1 to 16 iterations")]
    Iterations,
    /// Too many, or none.
    #[error("the parallelism must be 1 to 4")]
    Parallelism,
}

impl Costs {
    const MOST_MEMORY_KIB: u32 = 256 * 1024;
    const MOST_ITERATIONS: u32 = 16;
    const MOST_LANES: u32 = 4;
    /// Two blocks of 1 KiB for each of the four slices of a lane.
    const LEAST_KIB_OF_LANE: u32 = 8;

    /// Memory in KiB and iterations that OWASP's Password Storage Cheat Sheet holds to be equally
    /// strong, each the least.
    const OWASP: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

    /// Accepts costs within the bounds.
    pub(crate) fn parse(memory_kib: u32, iterations: u32, lanes: u32) -> Result<Self, CostsError> {
        if !(1..=Self::MOST_LANES).contains(&lanes) {
            return Err(CostsError::Parallelism);
        }
        if !(1..=Self::MOST_ITERATIONS).contains(&iterations) {
            return Err(CostsError::Iterations);
        }
        if !(Self::LEAST_KIB_OF_LANE * lanes..=Self::MOST_MEMORY_KIB).contains(&memory_kib) {
            return Err(CostsError::Memory);
        }
        Ok(Self { memory_kib, iterations, lanes })
    }

    /// Whether they are at least as high as one of OWASP's pairs.
    pub(crate) fn satisfy_owasp(self) -> bool {
        Self::OWASP.iter().any(|(memory, iterations)| {
            self.memory_kib >= *memory && self.iterations >= *iterations
        })
    }

    /// `m` in KiB.
    pub(crate) fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// `t`.
    pub(crate) fn iterations(self) -> u32 {
        self.iterations
    }

    /// `p`.
    pub(crate) fn lanes(self) -> u32 {
        self.lanes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_within_the_bounds_are_taken() {
        for (memory, iterations, lanes) in [(8, 1, 1), (32, 16, 4), (262_144, 1, 1), (19_456, 2, 1)]
        {
            assert!(
                Costs::parse(memory, iterations, lanes).is_ok(),
                "{memory}/{iterations}/{lanes}"
            );
        }
    }

    #[test]
    fn costs_outside_of_the_bounds_are_refused_by_name() {
        for (memory, iterations, lanes, error) in [
            (7, 1, 1, CostsError::Memory),
            (31, 1, 4, CostsError::Memory),
            (262_145, 1, 1, CostsError::Memory),
            (u32::MAX, 1, 1, CostsError::Memory),
            (64, 0, 1, CostsError::Iterations),
            (64, 17, 1, CostsError::Iterations),
            (64, 1, 0, CostsError::Parallelism),
            (64, 1, 5, CostsError::Parallelism),
            (64, 1, u32::MAX, CostsError::Parallelism),
        ] {
            assert_eq!(Costs::parse(memory, iterations, lanes), Err(error));
        }
    }

    #[test]
    fn what_is_just_below_every_pair_of_owasp_is_too_cheap() {
        let satisfy =
            |memory, iterations| Costs::parse(memory, iterations, 1).unwrap().satisfy_owasp();
        for (memory, iterations) in Costs::OWASP {
            assert!(satisfy(memory, iterations), "{memory}/{iterations}");
            assert!(satisfy(memory, iterations + 1), "{memory}/{iterations} and more");
            assert!(!satisfy(memory - 1, iterations), "{memory}/{iterations} less one KiB");
        }
        assert!(!satisfy(7_167, 16));
    }
}
