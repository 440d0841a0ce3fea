//! Ed25519 with nothing around it, on every core at once.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use adapters_crypto::{Ed25519Signer, SystemRandom};
use domain::audit::Signer as _;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use ed25519_dalek::{Signature, VerifyingKey};

use crate::{Outcome, machine};

/// About as long as what is signed of an entry, in bytes.
const MESSAGE: usize = 560;
/// Different messages that a thread goes through.
const MESSAGES: u8 = 64;

/// A key with messages that it signed.
struct Signed {
    signer: Ed25519Signer,
    key: VerifyingKey,
    messages: Vec<(Vec<u8>, Signature)>,
}

impl Signed {
    fn new() -> Outcome<Self> {
        let signer = Ed25519Signer::generate(&SystemRandom::new());
        let key = VerifyingKey::from_public_key_der(&signer.public_key().0)?;
        let sign = |n| {
            let message = vec![n; MESSAGE];
            let signature = Signature::from_bytes(&signer.sign(&message).0);
            (message, signature)
        };
        let messages = (0..MESSAGES).map(sign).collect();
        Ok(Self { signer, key, messages })
    }
}

/// Strict verifications per second of the clock, one thread a core.
pub(crate) fn verifications(time: Duration) -> Outcome<f64> {
    on_every_core(time, |signed, end| {
        let mut count = 0_u32;
        while Instant::now() < end {
            for (message, signature) in &signed.messages {
                signed.key.verify_strict(message, signature)?;
            }
            count += u32::from(MESSAGES);
        }
        Ok(count)
    })
}

/// Signatures per second of the clock, one thread a core.
pub(crate) fn signatures(time: Duration) -> Outcome<f64> {
    on_every_core(time, |signed, end| {
        let mut count = 0_u32;
        while Instant::now() < end {
            for (message, _) in &signed.messages {
                black_box(signed.signer.sign(message));
            }
            count += u32::from(MESSAGES);
        }
        Ok(count)
    })
}

fn on_every_core(time: Duration, work: fn(&Signed, Instant) -> Outcome<u32>) -> Outcome<f64> {
    let begin = Instant::now();
    let end = begin + time;
    let threads: Vec<_> =
        (0..machine::cores()).map(|_| thread::spawn(move || work(&Signed::new()?, end))).collect();
    let mut count = 0;
    for thread in threads {
        count += thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(f64::from(count) / begin.elapsed().as_secs_f64())
}
