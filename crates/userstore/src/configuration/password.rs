use std::path::PathBuf;

use adapters_crypto::{CostsError, EngineKind, HashOptions, HashSettings, HashSettingsError};

use super::error::ConfigurationError;
use super::layers::Layers;
use super::{parse, unless_empty};

/// How passwords are hashed, and which breached ones are known.
#[derive(Debug)]
pub(crate) struct Passwords {
    pub(crate) hashing: HashSettings,
    /// Whether the cost may lie below what protects anybody.
    pub(crate) test_profile: bool,
    /// The filter of breached passwords.
    pub(crate) breached: Option<PathBuf>,
}

const MEMORY: &str = "password.memory_kib";
const ITERATIONS: &str = "password.iterations";
const PARALLELISM: &str = "password.parallelism";
const THREADS: &str = "password.threads";
const QUEUE: &str = "password.queue";
const OUT_OF_RANGE: &str = "must lie in its range";

impl Passwords {
    pub(super) fn of(layers: &Layers) -> Result<Self, ConfigurationError> {
        let test_profile = layers.flag("password.test_profile")?;
        Ok(Self {
            hashing: hashing(layers, test_profile)?,
            test_profile,
            breached: unless_empty(layers.text("password.breached")?).map(PathBuf::from),
        })
    }
}

fn hashing(layers: &Layers, test_profile: bool) -> Result<HashSettings, ConfigurationError> {
    let options = HashOptions {
        memory_kib: layers.number(MEMORY, 8..=262_144)?,
        iterations: layers.number(ITERATIONS, 1..=16)?,
        parallelism: layers.number(PARALLELISM, 1..=4)?,
        threads: layers.number(THREADS, 0..=256)?,
        queue: layers.number(QUEUE, 1..=10_000)?,
        engine: parse(layers, "password.engine", |text| {
            EngineKind::parse(text).map_err(|_| "must be \"argon2\" or \"fast\"")
        })?,
        pepper: layers.flag("password.pepper")?,
        test_profile,
        ..HashOptions::default()
    };
    HashSettings::parse(&options).map_err(|error| refusal(layers, error))
}

/// The key that is to be changed, with its rule.
fn refusal(layers: &Layers, error: HashSettingsError) -> ConfigurationError {
    let (key, rule) = match error {
        HashSettingsError::TooCheap => (
            MEMORY,
            "must reach, with `password.iterations`, one of the pairs that OWASP names: 47104/1, \
             19456/2, 12288/3, 9216/4, 7168/5",
        ),
        HashSettingsError::Costs(CostsError::Memory) => {
            (MEMORY, "must be at least 8 for each lane of `password.parallelism`")
        }
        // These were held to their ranges already.
        HashSettingsError::Costs(CostsError::Iterations) => (ITERATIONS, OUT_OF_RANGE),
        HashSettingsError::Costs(CostsError::Parallelism) => (PARALLELISM, OUT_OF_RANGE),
        HashSettingsError::Threads => (THREADS, OUT_OF_RANGE),
        HashSettingsError::Queue => (QUEUE, OUT_OF_RANGE),
    };
    layers.refuse(key, rule)
}
