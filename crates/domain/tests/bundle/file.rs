//! A bundle as text, and what a verifier says of it.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use domain::audit::bundle::{ArchiveNeeded, KeptCheckpoint, Reason, Report, Verifier, Wanted};
use testkit::TestPublicKeys;

use crate::scene::fifty;

/// The lines of a bundle, without their line feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bundle(pub(crate) Vec<String>);

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Manifest,
    Key,
    /// Of the entry of a leaf.
    Entry(u64),
    /// Of a checkpoint over so many leaves.
    Checkpoint(u64),
}

impl Bundle {
    pub(crate) fn of(file: &[u8]) -> Self {
        let text = std::str::from_utf8(file).unwrap();
        Self(text.lines().map(str::to_owned).collect())
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let mut file = String::new();
        self.0.iter().for_each(|line| writeln!(file, "{line}").unwrap());
        file.into_bytes()
    }

    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.0.iter().map(|line| kind(line)).collect()
    }

    /// How many lines stand before the first entry.
    pub(crate) fn head(&self) -> usize {
        let is_head = |kind: &Kind| matches!(kind, Kind::Manifest | Kind::Key);
        self.kinds().iter().take_while(|kind| is_head(kind)).count()
    }

    /// The leaf whose entry is expected at that place, where all before it is good.
    pub(crate) fn next_at(&self, place: usize) -> u64 {
        let read = &self.kinds()[..place];
        let last = read.iter().rev().find_map(|kind| match kind {
            Kind::Entry(leaf) => Some(leaf + 1),
            _ => None,
        });
        if place == 0 { 0 } else { last.unwrap_or(self.number("first")) }
    }

    /// A number that the manifest gives.
    pub(crate) fn number(&self, member: &str) -> u64 {
        let manifest: serde_json::Value = serde_json::from_str(&self.0[0]).unwrap();
        manifest[member].as_u64().unwrap()
    }

    /// Where the entry of a leaf stands.
    pub(crate) fn place_of(&self, wanted: Kind) -> usize {
        self.kinds().iter().position(|kind| *kind == wanted).unwrap()
    }

    /// The same with another number in the manifest.
    pub(crate) fn with_number(mut self, member: &str, number: u64) -> Self {
        let (from, to) = (self.number(member), number);
        let (old, new) = (format!("\"{member}\":{from}"), format!("\"{member}\":{to}"));
        assert!(self.0[0].contains(&old));
        self.0[0] = self.0[0].replacen(&old, &new, 1);
        self
    }

    /// The same with the leaves numbered one after the other from `first` on: nothing that is signed
    /// says them.
    pub(crate) fn renumbered(mut self) -> Self {
        let mut leaf = self.number("first");
        for line in &mut self.0 {
            if matches!(kind(line), Kind::Entry(_)) {
                *line = with_leaf(line, leaf);
                leaf += 1;
            }
        }
        self
    }

    /// The note of a checkpoint.
    pub(crate) fn note(&self, size: u64) -> String {
        let line = &self.0[self.place_of(Kind::Checkpoint(size))];
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["checkpoint"].as_str().unwrap().to_owned()
    }

    /// Where the terms of the keys begin.
    pub(crate) fn terms(&self) -> Vec<u64> {
        let keys = self.0[1..self.head()].iter();
        keys.map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["from"].as_u64().unwrap()
        })
        .collect()
    }

    /// The size of the next checkpoint over a leaf.
    pub(crate) fn sealed_over(&self, leaf: u64) -> u64 {
        self.sealed().into_iter().find(|over| *over > leaf).expect("a checkpoint")
    }

    /// The sizes of the checkpoints.
    pub(crate) fn sealed(&self) -> Vec<u64> {
        let size = |kind: &Kind| match kind {
            Kind::Checkpoint(size) => Some(*size),
            _ => None,
        };
        self.kinds().iter().filter_map(size).collect()
    }

    /// The verdict; of lines that the bundle of fifty begins with too, by a verifier that has read
    /// them.
    pub(crate) fn judge(&self) -> Report {
        static FIFTY: LazyLock<(Bundle, Vec<Verifier>)> = LazyLock::new(|| {
            let fifty = fifty();
            let stations = stations(&fifty);
            (fifty, stations)
        });
        let (fifty, stations) = &*FIFTY;
        let same = self.0.iter().zip(&fifty.0).take_while(|(ours, theirs)| ours == theirs).count();
        let rest = Self(self.0[same..].to_vec());
        go_on(stations[same].clone(), &rest.file()).unwrap()
    }

    /// Asserts what is wrong first.
    #[track_caller]
    pub(crate) fn assert_found(&self, reason: Reason, leaf: u64, place: usize) {
        let fault = self.judge().fault.expect("it is not good");
        let found = (fault.reason, fault.leaf, fault.line);
        assert_eq!(found, (reason, leaf, Some(place as u64 + 1)), "{}", fault.detail);
    }
}

fn kind(line: &str) -> Kind {
    if let Some((_, leaf)) = line.rsplit_once(",\"leaf\":") {
        return Kind::Entry(leaf.strip_suffix('}').unwrap().parse().unwrap());
    }
    if line.starts_with("{\"checkpoint\":") {
        return Kind::Checkpoint(line.split("\\n").nth(1).unwrap().parse().unwrap());
    }
    if line.starts_with("{\"from\":") { Kind::Key } else { Kind::Manifest }
}

/// The line of an entry with another leaf.
pub(crate) fn with_leaf(line: &str, leaf: u64) -> String {
    let (entry, _) = line.rsplit_once(",\"leaf\":").unwrap();
    format!("{entry},\"leaf\":{leaf}}}")
}

fn verifier() -> Verifier {
    Verifier::new(Arc::new(TestPublicKeys), None)
}

/// A verifier before each line of a good bundle, and one behind the last.
pub(crate) fn stations(good: &Bundle) -> Vec<Verifier> {
    let mut stations = vec![verifier()];
    for line in &good.0 {
        let mut next = stations.last().unwrap().clone();
        next.line(line.as_bytes(), None);
        stations.push(next);
    }
    stations
}

pub(crate) fn judge(file: &[u8]) -> Report {
    go_on(verifier(), file).unwrap()
}

/// Holds a bundle against a checkpoint.
pub(crate) fn judge_against(file: &[u8], kept: &str) -> Result<Report, ArchiveNeeded> {
    let kept = KeptCheckpoint::read(kept).unwrap();
    go_on(Verifier::new(Arc::new(TestPublicKeys), Some(kept)), file)
}

/// Lets a verifier read the rest of a file.
pub(crate) fn go_on(mut verifier: Verifier, mut rest: &[u8]) -> Result<Report, ArchiveNeeded> {
    while verifier.wanted() != Wanted::Nothing {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return verifier.finish(!rest.is_empty());
        };
        verifier.line(&rest[..end], None);
        rest = &rest[end + 1..];
    }
    verifier.finish(false)
}
