use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use domain::credential::IssuersError;
use domain::time::{Clock, Instant};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::key_set::KeySet;
use crate::shelf::{Advice, Shelf};
use crate::source::Source;

/// The keys of one issuer, had anew as its source wants it.
pub(crate) struct Keys {
    issuer: Arc<str>,
    source: Source,
    clock: Arc<dyn Clock>,
    shelf: RwLock<Shelf>,
    /// Whoever holds it has keys fetched; there is no second one meanwhile.
    turn: Arc<Mutex<()>>,
}

impl Keys {
    pub(crate) fn new(
        issuer: Arc<str>,
        source: Source,
        clock: Arc<dyn Clock>,
        shelf: Shelf,
    ) -> Self {
        Self { issuer, source, clock, shelf: RwLock::new(shelf), turn: Arc::default() }
    }

    /// The keys for a token that names the key `kid`: those that are known when it is too early to ask
    /// again, or the issuer cannot be reached.
    pub(crate) async fn current(
        self: &Arc<Self>,
        kid: Option<&str>,
    ) -> Result<Arc<KeySet>, IssuersError> {
        match self.advice(kid) {
            Advice::Use => {}
            Advice::Renew => {
                // One request has it done, and nobody else waits for it.
                if let Ok(turn) = self.turn.clone().try_lock_owned() {
                    self.reload(turn).await;
                }
            }
            Advice::Fetch => {
                let turn = self.turn.clone().lock_owned().await;
                // Whoever had the turn before may have done it.
                if self.advice(kid) == Advice::Fetch {
                    self.reload(turn).await;
                }
            }
        }
        let keys = self.shelf.read().unwrap_or_else(PoisonError::into_inner).keys();
        keys.map_err(|why| IssuersError::Unavailable(format!("issuer {}: {why}", self.issuer)))
    }

    fn advice(&self, kid: Option<&str>) -> Advice {
        let known = self.shelf.read().unwrap_or_else(PoisonError::into_inner);
        known.advise(kid, self.clock.now(), self.source.pace())
    }

    /// Has the keys loaded by a task of its own, which goes on when the request ends early: else
    /// requests that are broken off could keep everybody from new keys.
    async fn reload(self: &Arc<Self>, turn: OwnedMutexGuard<()>) {
        let this = self.clone();
        let task = tokio::spawn(async move {
            let loaded = this.source.load().await.map_err(|error| error.to_string());
            this.note(loaded, this.clock.now());
            drop(turn);
        });
        // It ends early only with the runtime, and then nobody asks.
        let _ = task.await;
    }

    fn note(&self, loaded: Result<KeySet, String>, now: Instant) {
        let issuer = &*self.issuer;
        match &loaded {
            Ok(set) => tracing::debug!(issuer, keys = set.len(), "read the keys of an issuer"),
            Err(why) => tracing::warn!(issuer, why, "the keys of an issuer cannot be had"),
        }
        self.shelf.write().unwrap_or_else(PoisonError::into_inner).note(loaded, now);
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} of {})", self.source, self.issuer)
    }
}
