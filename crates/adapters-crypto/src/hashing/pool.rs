use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use domain::password::{
    HashError, HashTicket, Overloaded, Password, PasswordHash, PasswordHasher, Verified,
};
use domain::random::Random;
use tokio::sync::{Mutex, Semaphore};
use zeroize::Zeroizing;

use super::engine::Engine;
use super::job::{Job, Place, Tag, Task};
use super::phc::Phc;
use super::queue::Queue;
use super::scheme::Scheme;
use super::settings::HashSettings;
use super::worker::Worker;
use crate::SecretKeys;

/// Hashes passwords on a fixed set of threads of lowered priority, each with memory that it keeps,
/// for a bounded number of requests at a time. Beyond that a request is refused at once and costs
/// nothing.
///
/// When it is dropped, what waits is refused, and the hashes that are being computed are waited for.
pub struct HashPool {
    places: Arc<Semaphore>,
    desk: Arc<Desk>,
    threads: Vec<JoinHandle<()>>,
}

/// What every ticket needs.
struct Desk {
    present: Scheme,
    keys: Arc<SecretKeys>,
    random: Arc<dyn Random>,
    queue: Arc<Queue<Job>>,
}

impl HashPool {
    /// Starts the threads. They take their memory with their first hash.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(
        settings: &HashSettings,
        keys: Arc<SecretKeys>,
        random: Arc<dyn Random>,
    ) -> io::Result<Self> {
        let (engine, costs) = (settings.engine, settings.costs);
        Self::start_with(settings, keys, random, move || engine.make(costs))
    }

    fn start_with<M>(
        settings: &HashSettings,
        keys: Arc<SecretKeys>,
        random: Arc<dyn Random>,
        make: M,
    ) -> io::Result<Self>
    where
        M: Fn() -> Box<dyn Engine> + Clone + Send + 'static,
    {
        if settings.are_too_cheap() {
            tracing::warn!("passwords are hashed below OWASP's costs, as only a test suite may do");
        }
        let key_id = settings.pepper.then(|| keys.present_id().to_owned());
        let queue = Arc::new(Queue::new());
        let present = Scheme::present(settings.costs, key_id);
        let mut pool = Self {
            places: Arc::new(Semaphore::new(settings.threads.get() + settings.queue)),
            desk: Arc::new(Desk { present, keys, random, queue: Arc::clone(&queue) }),
            threads: Vec::new(),
        };
        for number in 1..=settings.threads.get() {
            let worker = Worker { make: make.clone(), wait: settings.wait };
            let queue = Arc::clone(&queue);
            let thread = thread::Builder::new().name(format!("hash-{number}"));
            pool.threads.push(thread.spawn(move || worker.serve(&queue))?);
        }
        Ok(pool)
    }
}

impl PasswordHasher for HashPool {
    fn admit(&self) -> Result<Box<dyn HashTicket>, Overloaded> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Overloaded)?;
        Ok(Box::new(Ticket {
            desk: Arc::clone(&self.desk),
            place: Arc::new(place),
            turn: Mutex::new(()),
        }))
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.desk.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that hashes passwords ended in a panic");
            }
        }
    }
}

struct Ticket {
    desk: Arc<Desk>,
    place: Place,
    /// Held while a hash is computed: one place is for one hash at a time.
    turn: Mutex<()>,
}

impl Ticket {
    async fn compute(
        &self,
        scheme: &Scheme,
        salt: &[u8],
        tag_bytes: usize,
        password: &Password,
    ) -> Result<Tag, HashError> {
        let task = Task {
            pepper: self.desk.pepper_of(scheme)?,
            scheme: scheme.clone(),
            salt: salt.to_vec(),
            tag_bytes,
            password: password.clone(),
        };
        let _turn = self.turn.lock().await;
        let (job, answer) = Job::new(task, Arc::clone(&self.place));
        self.desk.queue.push(job).map_err(|_| HashError::Overloaded)?;
        answer.await.unwrap_or(Err(HashError::Overloaded))
    }

    /// Costs what a hash costs.
    async fn pretend(&self, password: &Password) -> Result<(), HashError> {
        let salt = [0; Phc::SALT_BYTES];
        self.compute(&self.desk.present, &salt, Phc::TAG_BYTES, password).await.map(drop)
    }
}

#[async_trait]
impl HashTicket for Ticket {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let scheme = self.desk.present.clone();
        let mut salt = vec![0; Phc::SALT_BYTES];
        self.desk.random.fill(&mut salt);
        let tag = self.compute(&scheme, &salt, Phc::TAG_BYTES, password).await?;
        Ok(stored(&Phc { scheme, salt, tag: tag.to_vec() }))
    }

    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<Verified, HashError> {
        let Some(phc) = hash.and_then(readable) else {
            return self.pretend(password).await.map(|()| Verified::Wrong);
        };
        let tag = self.compute(&phc.scheme, &phc.salt, phc.tag.len(), password).await?;
        Ok(if phc.matches(&tag) {
            Verified::Right { outdated: phc.is_outdated(&self.desk.present) }
        } else {
            Verified::Wrong
        })
    }
}

impl Desk {
    fn pepper_of(&self, scheme: &Scheme) -> Result<Option<Zeroizing<[u8; 32]>>, HashError> {
        let Some(key_id) = &scheme.key_id else { return Ok(None) };
        let unknown = || HashError::UnknownPepper { key_id: key_id.clone() };
        self.keys.pepper(key_id).map(Some).ok_or_else(unknown)
    }
}

/// The hash, unless it is none that we compute, which the operator is told.
fn readable(hash: &PasswordHash) -> Option<Phc> {
    Phc::parse(hash.as_str())
        .inspect_err(|reason| tracing::error!(%reason, "a stored password hash cannot be read"))
        .ok()
}

#[expect(clippy::expect_used, reason = "the form is written here, and has at most 240 characters")]
fn stored(phc: &Phc) -> PasswordHash {
    PasswordHash::parse(phc.to_string()).expect("a PHC string")
}

#[cfg(test)]
mod tests;
