use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::password::{
    HashError, HashTicket, Overloaded, Password, PasswordHash, PasswordHasher, Verified,
};
use sha2::{Digest as _, Sha256};

/// Hashes passwords at once, in the shape of a PHC string that no real engine reads:
/// `$test$v=1$<salt>$<hash>`. The salts count, so that every run sees the same ones and no two
/// hashes of one password are alike.
#[derive(Clone, Debug, Default)]
pub struct InstantHasher {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    computed: u32,
    salts: u32,
    version: u32,
    places: u32,
    taken: u32,
    failures: VecDeque<HashError>,
}

impl Default for State {
    fn default() -> Self {
        let failures = VecDeque::new();
        Self { computed: 0, salts: 0, version: 1, places: u32::MAX, taken: 0, failures }
    }
}

impl InstantHasher {
    /// How many hashes were computed so far, by whatever call: each costs the same.
    pub fn computed(&self) -> u32 {
        self.lock().computed
    }

    /// How many tickets there may be at once, from now on; without limit at first.
    pub fn has_places(&self, places: u32) {
        self.lock().places = places;
    }

    /// Which version is the present one, 1 at first: hashes of every other one are outdated.
    pub fn is_version(&self, version: u32) {
        self.lock().version = version;
    }

    /// Lets a coming hash or verification fail, which computes nothing. Told several times, several
    /// fail, in this order.
    pub fn fail_next(&self, error: HashError) {
        self.lock().failures.push_back(error);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to compute a hash, with the state as it is then.
    fn begin(&self) -> Result<MutexGuard<'_, State>, HashError> {
        let mut state = self.lock();
        if let Some(failure) = state.failures.pop_front() {
            return Err(failure);
        }
        state.computed += 1;
        Ok(state)
    }
}

impl PasswordHasher for InstantHasher {
    fn admit(&self) -> Result<Box<dyn HashTicket>, Overloaded> {
        let mut state = self.lock();
        if state.taken >= state.places {
            return Err(Overloaded);
        }
        state.taken += 1;
        Ok(Box::new(Place(self.clone())))
    }
}

/// One of the places.
struct Place(InstantHasher);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.lock().taken -= 1;
    }
}

/// Each call gives way to others first: what may happen while a real engine is at work can happen.
#[async_trait]
impl HashTicket for Place {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        tokio::task::yield_now().await;
        let mut state = self.0.begin()?;
        state.salts += 1;
        let salt = STANDARD_NO_PAD.encode(state.salts.to_be_bytes());
        Ok(phc_string(state.version, &salt, password))
    }

    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<Verified, HashError> {
        tokio::task::yield_now().await;
        let state = self.0.begin()?;
        let Some((hash, (version, salt))) = hash.and_then(|hash| Some((hash, read(hash)?))) else {
            return Ok(Verified::Wrong);
        };
        if phc_string(version, salt, password) != *hash {
            return Ok(Verified::Wrong);
        }
        Ok(Verified::Right { outdated: version != state.version })
    }
}

#[expect(clippy::expect_used, reason = "base64 is printable, and the string is short")]
fn phc_string(version: u32, salt: &str, password: &Password) -> PasswordHash {
    let digest = Sha256::new()
        .chain_update(version.to_be_bytes())
        .chain_update(salt)
        .chain_update(password.reveal())
        .finalize();
    let text = format!("$test$v={version}${salt}${}", STANDARD_NO_PAD.encode(digest));
    PasswordHash::parse(text).expect("a PHC string")
}

/// The version and the salt of a hash. `None` when it is of another engine.
fn read(hash: &PasswordHash) -> Option<(u32, &str)> {
    let mut parts = hash.as_str().strip_prefix("$test$v=")?.split('$');
    Some((parts.next()?.parse().ok()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_on;

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn a_password_is_verified_by_its_hash_alone() {
        block_on(async {
            let ticket = InstantHasher::default().admit().unwrap();
            let (ada, bob) = (password("ada"), password("bob"));
            let hash = ticket.hash(&ada).await.unwrap();
            assert_ne!(ticket.hash(&ada).await, Ok(hash.clone()), "a salt came twice");
            let right = Ok(Verified::Right { outdated: false });
            assert_eq!(ticket.verify(&ada, Some(&hash)).await, right);
            assert_eq!(ticket.verify(&bob, Some(&hash)).await, Ok(Verified::Wrong));
            let unknown = PasswordHash::parse("$argon2id$v=19$m=8$AA$AA").unwrap();
            assert_eq!(ticket.verify(&ada, Some(&unknown)).await, Ok(Verified::Wrong));
            assert_eq!(ticket.verify(&ada, None).await, Ok(Verified::Wrong));
        });
    }

    #[test]
    fn every_hash_is_counted_and_a_failed_one_is_none() {
        block_on(async {
            let hasher = InstantHasher::default();
            let ticket = hasher.admit().unwrap();
            let ada = password("ada");
            let hash = ticket.hash(&ada).await.unwrap();
            ticket.verify(&ada, Some(&hash)).await.unwrap();
            ticket.verify(&ada, None).await.unwrap();
            assert_eq!(hasher.computed(), 3);
            let lost = HashError::UnknownPepper { key_id: "abc".into() };
            hasher.fail_next(lost.clone());
            hasher.fail_next(HashError::Overloaded);
            assert_eq!(ticket.verify(&ada, Some(&hash)).await, Err(lost));
            assert_eq!(ticket.hash(&ada).await, Err(HashError::Overloaded));
            assert!(ticket.verify(&ada, Some(&hash)).await.is_ok());
            assert_eq!(hasher.computed(), 4);
        });
    }

    #[test]
    fn a_hash_of_another_version_is_outdated() {
        block_on(async {
            let hasher = InstantHasher::default();
            let ticket = hasher.admit().unwrap();
            let ada = password("ada");
            let old = ticket.hash(&ada).await.unwrap();
            hasher.is_version(2);
            let new = ticket.hash(&ada).await.unwrap();
            for (hash, outdated) in [(old, true), (new, false)] {
                let verified = ticket.verify(&ada, Some(&hash)).await;
                assert_eq!(verified, Ok(Verified::Right { outdated }));
            }
        });
    }

    #[test]
    fn a_place_is_free_again_when_its_ticket_is_dropped() {
        let hasher = InstantHasher::default();
        hasher.has_places(1);
        let ticket = hasher.admit().ok();
        assert!(ticket.is_some());
        assert_eq!(hasher.admit().err(), Some(Overloaded));
        drop(ticket);
        assert!(hasher.admit().is_ok());
    }
}
