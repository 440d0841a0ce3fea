use std::ops::Range;
use std::sync::Arc;

use adapters_crypto::StrictKeys;
use domain::audit::bundle::{Verifier, Wanted};

use super::edits::{Edit, Splice, lines};

/// A bundle, and our verifier, which has taken its lines up to one of them.
pub(super) struct Walk<'a> {
    bundle: &'a [u8],
    lines: Vec<Range<usize>>,
    verifier: Verifier,
    taken: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bundle: &'a [u8]) -> Self {
        Self { bundle, lines: lines(bundle), verifier: verifier(), taken: 0 }
    }

    /// What is found in an altered copy: `good`, or reason and leaf.
    pub(super) fn verdict(&mut self, edit: &Edit) -> String {
        let first = self.lines.partition_point(|line| line.end <= edit.first());
        let mut verifier = self.verifier_before(first);
        let start = self.lines.get(first).map_or(self.bundle.len(), |line| line.start);
        let within_line = !altered_lines(self.bundle, edit, start, |line| {
            verifier.line(line, None);
            verifier.wanted() != Wanted::Nothing
        });
        let report = verifier.finish(within_line).expect("no checkpoint was kept");
        report
            .fault
            .map_or("good".into(), |fault| format!("{} {}", fault.reason.name(), fault.leaf))
    }

    /// A verifier that has taken all lines before this one.
    fn verifier_before(&mut self, line: usize) -> Verifier {
        if line < self.taken {
            (self.verifier, self.taken) = (verifier(), 0);
        }
        for range in &self.lines[self.taken..line] {
            self.verifier.line(&self.bundle[range.start..range.end - 1], None);
        }
        self.taken = line;
        self.verifier.clone()
    }
}

fn verifier() -> Verifier {
    Verifier::new(Arc::new(StrictKeys), None)
}

/// Gives `take` the lines of an altered copy, from that place of the file on, their line feeds left
/// out, for as long as it wants more; whether the last one that was there had a line feed.
fn altered_lines(
    file: &[u8],
    edit: &Edit,
    start: usize,
    mut take: impl FnMut(&[u8]) -> bool,
) -> bool {
    let mut place = start;
    let mut begun = vec![];
    let end = Splice { at: file.len(), cut: 0, put: vec![] };
    for Splice { at, cut, put } in edit.splices().iter().chain([&end]) {
        for piece in [&file[place..*at], put] {
            for part in piece.split_inclusive(|byte| *byte == b'\n') {
                begun.extend_from_slice(part);
                if let Some(line) = begun.strip_suffix(b"\n") {
                    if !take(line) {
                        return true;
                    }
                    begun.clear();
                }
            }
        }
        place = at + cut;
    }
    begun.is_empty()
}
