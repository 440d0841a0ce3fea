//! Argon2id with nothing around it, on every core at once.

use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::{Outcome, machine};

/// The parameters of the configuration's defaults: m in KiB, t, p.
const MEMORY_KIB: u32 = 19_456;
const ITERATIONS: u32 = 2;
const LANES: u32 = 1;
/// Bytes of a hash.
const TAG: usize = 32;

/// How it is computed.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    /// The crate `argon2` as it is usually called: with new memory for each hash.
    Plain,
    /// The same crate in memory that is kept.
    Reused,
    /// The crate `argon2-rust` in memory that is kept.
    Fast,
}

/// Hashes per second of the clock, one thread a core.
pub(crate) fn rate(engine: Engine, time: Duration) -> Outcome<f64> {
    let begin = Instant::now();
    let end = begin + time;
    let threads: Vec<_> =
        (0..machine::cores()).map(|_| thread::spawn(move || hash_until(engine, end))).collect();
    let mut hashes = 0;
    for thread in threads {
        hashes += thread.join().map_err(|_| "a hashing thread panicked")??;
    }
    Ok(f64::from(hashes) / begin.elapsed().as_secs_f64())
}

fn hash_until(engine: Engine, end: Instant) -> Outcome<u32> {
    match engine {
        Engine::Plain => {
            let argon2 = the_crate()?;
            count(end, |salt, tag| Ok(argon2.hash_password_into(PASSWORD, salt, tag)?))
        }
        Engine::Reused => {
            let argon2 = the_crate()?;
            let mut memory = vec![Block::new(); argon2.params().block_count()];
            count(end, |salt, tag| {
                Ok(argon2.hash_password_into_with_memory(PASSWORD, salt, tag, &mut memory)?)
            })
        }
        Engine::Fast => {
            let mut hasher = fast()?.hasher();
            count(end, |salt, tag| {
                hasher
                    .hash_into_with_ad(PASSWORD, salt, &[], &[], tag)
                    .map_err(|error| error.to_string().into())
            })
        }
    }
}

const PASSWORD: &[u8] = b"correct horse battery staple";

fn count(end: Instant, mut hash: impl FnMut(&[u8], &mut [u8]) -> Outcome<()>) -> Outcome<u32> {
    let (mut hashes, mut tag) = (0_u32, [0; TAG]);
    while Instant::now() < end {
        hash(&u128::from(hashes).to_be_bytes(), &mut tag)?;
        hashes += 1;
    }
    Ok(hashes)
}

fn the_crate() -> Outcome<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, ITERATIONS, LANES, Some(TAG))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn fast() -> Outcome<argon2_rust::Argon2> {
    let params = argon2_rust::Params::builder()
        .memory(argon2_rust::params::Memory::kib(MEMORY_KIB.into()))
        .passes(ITERATIONS)
        .lanes(LANES)
        .threads(1)
        .tag_len(argon2_rust::params::TagLen::bytes(TAG as u64))
        .build()
        .map_err(|error| error.to_string())?;
    let (algorithm, version) = (argon2_rust::Algorithm::Argon2id, argon2_rust::Version::V0x13);
    Ok(argon2_rust::Argon2::new(algorithm, version, params))
}
