//! A pass over every record of a kind: each is read once, a page at a time.

use crate::access::{Context, Gate, Permission, Room};
use crate::error::UseCaseError;
use crate::time::Instant;

/// What a pass found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synchronized {
    /// Records that were read.
    pub synchronized: u64,
    /// Records that are stored in a form that no rule allows.
    pub failed: u64,
    /// When the pass began.
    pub started: Instant,
    /// When it ended.
    pub finished: Instant,
}

/// How many records one unit of work reads.
const PAGE: u32 = 500;

/// A pass by one caller.
pub(crate) struct Pass<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) context: &'a Context,
    pub(crate) needs: Permission,
}

impl Pass<'_> {
    /// Reads page after page by `check`, which says of each record whether it can be read.
    pub(crate) async fn walk<K: Copy + Send + Sync + 'static>(
        &self,
        check: impl Fn(&mut Room<'_>, Option<K>, u32) -> Result<Vec<(K, bool)>, UseCaseError>
        + Copy
        + Send
        + 'static,
    ) -> Result<Synchronized, UseCaseError> {
        let started = self.gate.now();
        let (mut synchronized, mut failed, mut after) = (0, 0, None);
        loop {
            let page =
                self.gate.read(self.context, self.needs, move |room| check(room, after, PAGE));
            let page = page.await?;
            let readable = page.iter().filter(|(_, readable)| *readable).count() as u64;
            synchronized += readable;
            failed += page.len() as u64 - readable;
            match page.last() {
                Some((last, _)) if page.len() == PAGE as usize => after = Some(*last),
                _ => break,
            }
        }
        Ok(Synchronized { synchronized, failed, started, finished: self.gate.now() })
    }
}
