use aws_lc_rs::hmac;

use crate::harness::now;

/// What a user has on a phone: RFC 6238 with SHA-1, six digits and steps of 30 seconds.
pub(super) struct Authenticator {
    key: hmac::Key,
}

impl Authenticator {
    /// Takes over a seed as it is typed: base32 (RFC 4648 §6) without padding.
    pub(super) fn of(setup_code: &str) -> Self {
        const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (mut seed, mut held, mut bits) = (vec![], 0_usize, 0_u32);
        for letter in setup_code.chars() {
            let value = ALPHABET.find(letter).unwrap_or_else(|| panic!("base32: {letter}"));
            (held, bits) = ((held << 5) | value, bits + 5);
            if bits >= 8 {
                bits -= 8;
                seed.push(u8::try_from((held >> bits) & 0xFF).expect("a byte"));
                held &= (1 << bits) - 1;
            }
        }
        assert!(seed.len() >= 20, "160 bits at least");
        Self { key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed) }
    }

    /// The present step. Its code is accepted in the next step too, that of the next one in this and
    /// the two that follow: tests use these, so that they need not look at the clock.
    pub(super) fn step() -> u64 {
        u64::try_from(now().as_second()).expect("after 1970") / 30
    }

    /// The code of a step: RFC 4226 §5.3.
    pub(super) fn code(&self, step: u64) -> String {
        let tag = hmac::sign(&self.key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 0xF);
        let four: [u8; 4] = tag[at..at + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(four) & 0x7FFF_FFFF) % 1_000_000)
    }

    /// A code that is right at no time near this one.
    pub(super) fn wrong_code(&self) -> String {
        let now = Self::step();
        let near: Vec<_> = (now - 3..now + 4).map(|step| self.code(step)).collect();
        let codes = (0..).map(|n| format!("{n:06}"));
        codes.into_iter().find(|code| !near.contains(code)).expect("one of a million")
    }
}

#[test]
fn codes_are_those_of_rfc_6238() {
    let authenticator = Authenticator::of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
        assert_eq!(authenticator.code(seconds / 30), code);
    }
}
