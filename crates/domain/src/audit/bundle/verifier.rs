use std::sync::Arc;

use super::body::Body;
use super::check::{Checked, Checker, LONGEST_LINE};
use super::flaw::{Flaw, Verdict};
use super::head::Head;
use super::kept::{ArchiveNeeded, KeptCheckpoint};
use super::line::{ENTRY, Manifest};
use super::{Fault, Reason, Report, Tail};
use crate::audit::PublicKeys;

/// What a verifier still wants of the lines to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Each line, and what a [`Checker`] finds of it.
    Checked,
    /// Each line; it looks for one more thing, and need not have it checked.
    Plain,
    /// None: the verdict is there.
    Nothing,
}

/// Judges a bundle, line by line from its beginning to its end.
///
/// Behind the keys its [`Checker`] can do most of the work in any order beforehand; the verdict is the
/// same.
#[derive(Clone)]
pub struct Verifier {
    head: Head,
    body: Option<Body>,
    kept: Option<KeptCheckpoint>,
    lines: u64,
    fault: Option<Fault>,
    search: Option<Search>,
}

/// What is looked for once something is wrong: only that decides between two reasons.
#[derive(Clone)]
struct Search {
    /// How an entry line with the leaf ends.
    end: String,
    /// The verdict when there is one.
    found: Verdict,
}

impl Verifier {
    /// A verifier that reads keys by `keys`; a good bundle is held against `kept`.
    pub fn new(keys: Arc<dyn PublicKeys>, kept: Option<KeptCheckpoint>) -> Self {
        let head = Head::new(keys);
        Self { head, body: None, kept, lines: 0, fault: None, search: None }
    }

    /// What checks the lines behind the keys; `None` before those.
    pub fn checker(&self) -> Option<&Arc<Checker>> {
        self.body.as_ref().map(|body| &body.checker)
    }

    /// What is wanted of the lines to come.
    pub fn wanted(&self) -> Wanted {
        match (&self.fault, &self.search) {
            (None, _) => Wanted::Checked,
            (Some(_), Some(_)) => Wanted::Plain,
            (Some(_), None) => Wanted::Nothing,
        }
    }

    /// How many entries were found good.
    pub fn entries(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| body.entries)
    }

    /// How many entries the bundle says it holds; 0 while that is not known.
    pub fn expected(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| {
            let manifest = &body.checker.manifest;
            manifest.size - manifest.first
        })
    }

    /// Takes the next line, its line feed left out; `checked` is what the [`Checker`] finds of it, which
    /// is found here where it is wanted and missing. Of a line that is longer than [`LONGEST_LINE`] one
    /// byte more than that is enough.
    pub fn line(&mut self, line: &[u8], checked: Option<Checked>) {
        self.lines += 1;
        if self.fault.is_some() {
            self.look_at(line);
        } else if let Err(flaw) = self.judge(line, checked) {
            self.found(flaw);
        }
    }

    fn judge(&mut self, line: &[u8], checked: Option<Checked>) -> Result<(), Flaw> {
        if let Some(body) = &mut self.body {
            let checked = checked.unwrap_or_else(|| body.checker.check(line));
            return body.line(checked);
        }
        self.head.line(line)?;
        let pin = self.kept.as_ref().map(KeptCheckpoint::size);
        self.body = self.head.whole().map(|(checker, vouched)| Body::new(checker, vouched, pin));
        Ok(())
    }

    /// Something is wrong with the present line.
    fn found(&mut self, flaw: Flaw) {
        let Flaw { leaf, verdict, unless } = flaw;
        self.fault = Some(fault(verdict, leaf, self.lines));
        let end = || format!(",\"leaf\":{leaf}}}");
        self.search = unless.map(|found| Search { end: end(), found });
    }

    /// Looks for what decides between two reasons.
    fn look_at(&mut self, line: &[u8]) {
        let is_found = |search: &mut Search| {
            line.len() <= LONGEST_LINE
                && line.starts_with(ENTRY.as_bytes())
                && line.ends_with(search.end.as_bytes())
        };
        if let (Some(search), Some(at)) = (self.search.take_if(is_found), &mut self.fault) {
            *at = fault(search.found, at.leaf, at.line.unwrap_or_default());
        }
    }

    /// The verdict, at the end of the file or once nothing more is wanted; `within_line` says that the
    /// file does not end with a line feed.
    ///
    /// # Errors
    /// [`ArchiveNeeded`].
    pub fn finish(mut self, within_line: bool) -> Result<Report, ArchiveNeeded> {
        if self.fault.is_none() {
            self.end(within_line);
        }
        if self.fault.is_none() {
            self.hold_against_kept()?;
        }
        Ok(self.report())
    }

    /// Where nothing was wrong up to the end: whether that is the end.
    fn end(&mut self, within_line: bool) {
        self.lines += 1;
        let next = self.next();
        match &self.body {
            Some(body) if !body.is_complete() => self.found(truncated(next)),
            None => self.found(truncated(next)),
            Some(body) if within_line => self.found(body.trailing()),
            Some(_) => {}
        }
    }

    fn hold_against_kept(&mut self) -> Result<(), ArchiveNeeded> {
        let (Some(kept), Some(body)) = (&self.kept, &self.body) else { return Ok(()) };
        if let Some((reason, leaf)) = kept.hold_against(&body.checker, body.pinned_root())? {
            let detail = match reason {
                Reason::ForeignStore => "the kept checkpoint is of another store",
                Reason::Truncated => "the log ends before the kept checkpoint",
                Reason::WrongKey => "the kept checkpoint is not signed by the key in charge",
                _ => "the log is another one than that of the kept checkpoint",
            };
            self.fault = Some(Fault { reason, leaf, line: None, detail: detail.to_owned() });
        }
        Ok(())
    }

    fn manifest(&self) -> Option<&Manifest> {
        let body = self.body.as_ref().map(|body| &body.checker.manifest);
        body.or_else(|| self.head.manifest())
    }

    /// The leaf whose entry is expected; 0 while nobody knows.
    fn next(&self) -> u64 {
        let first = self.head.manifest().map_or(0, |manifest| manifest.first);
        self.body.as_ref().map_or(first, Body::next)
    }

    fn report(self) -> Report {
        let (manifest, body) = (self.manifest(), self.body.as_ref());
        let count = |of: fn(&Body) -> u64| body.map_or(0, of);
        Report {
            store: manifest.map(|manifest| manifest.store),
            first: manifest.map(|manifest| manifest.first),
            size: manifest.map(|manifest| manifest.size),
            entries: count(|body| body.entries),
            erased: count(|body| body.erased),
            checkpoints: count(|body| body.checkpoints),
            keys: body.map_or(self.head.keys(), |body| body.checker.terms.len() as u64),
            root: body.filter(|_| self.fault.is_none()).map(Body::root),
            key: body.and_then(|body| body.checker.terms.last()).map(|term| term.key),
            tail: match (&self.kept, &self.fault) {
                (Some(_), None) => Tail::Pinned,
                _ => Tail::Unprotected,
            },
            fault: self.fault,
        }
    }
}

fn truncated(next: u64) -> Flaw {
    Verdict(Reason::Truncated, "is not there, or not whole: the file ends too early").at(next)
}

fn fault(Verdict(reason, detail): Verdict, leaf: u64, line: u64) -> Fault {
    Fault { reason, leaf, line: Some(line), detail: format!("line {line} {detail}") }
}
