use domain::second_factor::{Code, OneTimePassword, Seed, TimeStep, Totp};
use domain::time::Instant;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Makes codes as an authenticator does, of seed and step alone, by another function than real ones:
/// a use case that makes codes itself, past the port, shows. Tests use it as the user's authenticator
/// too.
#[derive(Debug, Default)]
pub struct TestAuthenticator;

impl TestAuthenticator {
    /// What a user types who looks at the authenticator at that moment.
    pub fn code_at(&self, seed: &Seed, now: Instant) -> Code {
        Code::OneTime(self.password(seed, TimeStep::at(now)))
    }
}

impl Totp for TestAuthenticator {
    #[expect(clippy::expect_used, reason = "what is made of digits is digits")]
    fn password(&self, seed: &Seed, step: TimeStep) -> OneTimePassword {
        let hash = Sha256::new()
            .chain_update(step.get().to_be_bytes())
            .chain_update(seed.reveal())
            .finalize();
        let mut digits = [b'0'; 6];
        digits.iter_mut().zip(hash).for_each(|(digit, byte)| *digit += byte % 10);
        OneTimePassword::from_digits(digits).expect("six digits")
    }

    /// Nothing in it is escaped.
    fn uri(&self, seed: &Seed, issuer: &str, account: &str) -> Zeroizing<String> {
        let secret = seed.base32();
        let secret = secret.as_str();
        format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SequentialRandom;

    #[test]
    fn a_code_follows_from_seed_and_step() {
        let random = SequentialRandom::default();
        let [one, other] = [(); 2].map(|()| Seed::generate(&random));
        let [first, second] = [1, 2].map(TimeStep::new);
        let code = |seed, step| TestAuthenticator.password(seed, step);
        assert_eq!(code(&one, first), code(&one, first));
        assert_ne!(code(&one, first), code(&one, second));
        assert_ne!(code(&one, first), code(&other, first));
    }

    #[test]
    fn a_uri_carries_the_seed() {
        let seed = Seed::generate(&SequentialRandom::default());
        let uri = TestAuthenticator.uri(&seed, "Userstore", "ada");
        assert!(uri.starts_with("otpauth://totp/Userstore:ada?secret="));
        assert!(uri.contains(seed.base32().as_str()));
    }
}
