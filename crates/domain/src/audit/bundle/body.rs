use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use super::Reason;
use super::check::{Checked, CheckedCheckpoint, CheckedEntry, Checker, Finding};
use super::flaw::{Flaw, Verdict};
use super::head::Vouched;
use super::line::Contents;
use crate::audit::log::{Frontier, TreeHash};

/// The lines behind the keys, as far as they are read and good.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) checker: Arc<Checker>,
    frontier: Frontier,
    vouched: VecDeque<Vouched>,
    /// How many leaves the checkpoint before is over.
    sealed: Option<u64>,
    is_complete: bool,
    pub(super) entries: u64,
    pub(super) erased: u64,
    pub(super) checkpoints: u64,
    pin: Option<Pin>,
}

/// The root over as many leaves as a kept checkpoint is over.
#[derive(Clone)]
struct Pin {
    size: u64,
    root: Option<TreeHash>,
}

impl Body {
    /// No line yet. `pin` is how many leaves a kept checkpoint is over.
    pub(super) fn new(checker: Checker, vouched: VecDeque<Vouched>, pin: Option<u64>) -> Self {
        let frontier = checker.manifest.prefix.clone();
        let pin = pin.map(|size| Pin { size, root: None });
        let mut body = Self {
            checker: Arc::new(checker),
            frontier,
            vouched,
            sealed: None,
            is_complete: false,
            entries: 0,
            erased: 0,
            checkpoints: 0,
            pin,
        };
        body.note_pin();
        body
    }

    /// The leaf whose entry is expected.
    pub(super) fn next(&self) -> u64 {
        self.frontier.size()
    }

    /// Whether the last checkpoint was read.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The root over the leaves so far.
    pub(super) fn root(&self) -> TreeHash {
        self.frontier.root()
    }

    /// The root over as many leaves as the kept checkpoint is over.
    pub(super) fn pinned_root(&self) -> Option<TreeHash> {
        self.pin.as_ref().and_then(|pin| pin.root)
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, checked: Checked) -> Result<(), Flaw> {
        if self.is_complete {
            return Err(self.trailing());
        }
        if matches!(checked.0, Finding::Malformed) {
            let detail = "is neither an entry nor a checkpoint in canonical form";
            return Err(Verdict(Reason::Malformed, detail).at(self.next()));
        }
        // The first of them is the first line that shows what the prefix has to lead to.
        self.heed_statements()?;
        match checked.0 {
            Finding::Entry(entry) => self.entry(&entry),
            Finding::Checkpoint(checkpoint) => self.checkpoint(&checkpoint),
            Finding::Malformed | Finding::NoNote => {
                let detail = "holds no signed checkpoint";
                Err(Verdict(Reason::BadCheckpoint, detail).at(self.next()))
            }
        }
    }

    /// That something stands behind the last checkpoint.
    pub(super) fn trailing(&self) -> Flaw {
        Verdict(Reason::Trailing, "stands behind the last checkpoint").at(self.next())
    }

    fn entry(&mut self, entry: &CheckedEntry) -> Result<(), Flaw> {
        let next = self.next();
        let at_next = |reason, detail| Err(Verdict(reason, detail).at(next));
        self.place(entry)?;
        if !entry.is_of_store {
            return at_next(Reason::ForeignStore, "is an entry of another store");
        }
        if !entry.is_by_key_in_charge {
            return at_next(Reason::WrongKey, "is an entry by a key that is not in charge of it");
        }
        if !entry.is_signed {
            let edited = Verdict(Reason::Edited, "is an entry that is not what was signed");
            let inserted = "is an entry that nobody signed, in the place of another";
            let unless = Some(Verdict(Reason::Inserted, inserted));
            return Err(Flaw { unless, ..edited.at(next) });
        }
        let Some(contents) = entry.contents else {
            return at_next(Reason::Edited, "is an entry whose content is not what it commits to");
        };
        self.frontier.push(entry.hash);
        self.heed_statements()?;
        self.note_pin();
        self.entries += 1;
        self.erased += u64::from(contents == Contents::Erased);
        Ok(())
    }

    /// Whether it is the entry of the next leaf.
    fn place(&self, entry: &CheckedEntry) -> Result<(), Flaw> {
        let (next, size) = (self.next(), self.checker.manifest.size);
        let verdict = match entry.leaf.cmp(&next) {
            Ordering::Less if entry.is_of_store && entry.is_signed => {
                Verdict(Reason::Duplicated, "is an entry that was there before")
            }
            Ordering::Less => Verdict(Reason::Inserted, "is an entry for a leaf that has another"),
            _ if next == size => {
                Verdict(Reason::Inserted, "is an entry behind the last one of the log")
            }
            Ordering::Equal => return Ok(()),
            Ordering::Greater => {
                let removed = "is an entry before which another was removed";
                let reordered = "is an entry that stands before an earlier one";
                let unless = Some(Verdict(Reason::Reordered, reordered));
                return Err(Flaw { unless, ..Verdict(Reason::Removed, removed).at(next) });
            }
        };
        Err(verdict.at(next))
    }

    fn checkpoint(&mut self, checkpoint: &CheckedCheckpoint) -> Result<(), Flaw> {
        let next = self.next();
        let at_next = |reason, detail| Err(Verdict(reason, detail).at(next));
        if !checkpoint.is_of_store {
            return at_next(Reason::ForeignStore, "is a checkpoint of another store");
        }
        self.place_checkpoint(checkpoint.size)?;
        if !checkpoint.names_key_in_charge {
            let detail = "is a checkpoint by a key that is not in charge of it";
            return at_next(Reason::WrongKey, detail);
        }
        if !checkpoint.is_signed {
            return at_next(Reason::BadCheckpoint, "is a checkpoint that is not what was signed");
        }
        let Checker { manifest, .. } = &*self.checker;
        if checkpoint.root != self.frontier.root() {
            let detail = "is a checkpoint over other entries than these";
            let since = self.sealed.unwrap_or(manifest.first);
            return Err(Verdict(Reason::RootMismatch, detail).at(since));
        }
        let is_last = next == manifest.size;
        if is_last && self.checkpoints + 1 != manifest.checkpoints {
            let detail = "is the last checkpoint, and there are not as many as the manifest says";
            return at_next(Reason::Malformed, detail);
        }
        self.checkpoints += 1;
        self.sealed = Some(next);
        self.is_complete = is_last;
        Ok(())
    }

    /// Whether a checkpoint over `size` leaves belongs behind what was read.
    fn place_checkpoint(&self, size: u64) -> Result<(), Flaw> {
        let (next, manifest) = (self.next(), &self.checker.manifest);
        let before = self.sealed.or((manifest.first < manifest.size).then_some(manifest.first));
        let verdict = if before.is_some_and(|before| size <= before) {
            Verdict(Reason::Duplicated, "is a checkpoint over no more leaves than that before it")
        } else if size > manifest.size {
            Verdict(Reason::BadCheckpoint, "is a checkpoint over more leaves than there are")
        } else if size > next {
            Verdict(Reason::Removed, "is a checkpoint before which an entry was removed")
        } else if size < next {
            Verdict(Reason::Inserted, "is a checkpoint behind an entry that it is not over")
        } else {
            return Ok(());
        };
        Err(verdict.at(next))
    }

    /// Holds the tree against what keys that take over here have signed.
    fn heed_statements(&mut self) -> Result<(), Flaw> {
        let next = self.next();
        while let Some(vouched) = self.vouched.front().filter(|vouched| vouched.from == next) {
            if vouched.root != self.frontier.root() {
                let detail = "shows that a key took over behind other entries than these";
                return Err(Verdict(Reason::RootMismatch, detail).at(next));
            }
            self.vouched.pop_front();
        }
        Ok(())
    }

    fn note_pin(&mut self) {
        let size = self.frontier.size();
        if let Some(pin) = self.pin.as_mut().filter(|pin| pin.size == size) {
            pin.root = Some(self.frontier.root());
        }
    }
}
