use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::password::{HashError, Password};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::oneshot::{Receiver, Sender, channel};
use zeroize::Zeroizing;

use super::engine::{Engine, EngineError, Input};
use super::scheme::Scheme;

/// A place in the queue. A ticket and its job share it, so that the job of a request that has gone
/// counts until a thread has passed over it.
pub(crate) type Place = Arc<OwnedSemaphorePermit>;

/// The output of Argon2.
pub(crate) type Tag = Zeroizing<Vec<u8>>;

/// One hash to compute.
pub(crate) struct Task {
    /// How.
    pub(crate) scheme: Scheme,
    /// The pepper, where the scheme names a key.
    pub(crate) pepper: Option<Zeroizing<[u8; 32]>>,
    /// The salt.
    pub(crate) salt: Vec<u8>,
    /// How long the output is, in bytes.
    pub(crate) tag_bytes: usize,
    /// Of what.
    pub(crate) password: Password,
}

impl Task {
    /// Computes it.
    pub(crate) fn compute(&self, engine: &mut dyn Engine) -> Result<Tag, EngineError> {
        let input = Input {
            variant: self.scheme.variant,
            version: self.scheme.version,
            costs: self.scheme.costs,
            password: self.password.reveal().as_bytes(),
            salt: &self.salt,
            secret: self.pepper.as_ref().map_or(&[], |pepper| pepper.as_slice()),
        };
        let mut tag = Zeroizing::new(vec![0; self.tag_bytes]);
        engine.compute(&input, &mut tag)?;
        Ok(tag)
    }
}

/// A task on its way through the queue.
pub(crate) struct Job {
    /// What is to be computed.
    pub(crate) task: Task,
    since: Instant,
    answer: Sender<Result<Tag, HashError>>,
    place: Place,
}

impl Job {
    /// A job, and the end at which its answer arrives.
    pub(crate) fn new(task: Task, place: Place) -> (Self, Receiver<Result<Tag, HashError>>) {
        let (answer, receiver) = channel();
        (Self { task, since: Instant::now(), answer, place }, receiver)
    }

    /// Whether nobody waits for it any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// How long it has waited.
    pub(crate) fn waited(&self) -> Duration {
        self.since.elapsed()
    }

    /// Tells who waits for it.
    pub(crate) fn answer(self, result: Result<Tag, HashError>) {
        drop(self.place);
        // Who asked may have gone meanwhile.
        let _ = self.answer.send(result);
    }
}
