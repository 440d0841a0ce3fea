use super::Reason;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) leaf: u64,
    pub(super) verdict: Verdict,
    /// The verdict instead, when an entry line with that leaf comes later in the file.
    pub(super) unless: Option<Verdict>,
}

/// A reason, and the same as a sentence whose subject is the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict(pub(super) Reason, pub(super) &'static str);

impl Verdict {
    /// The flaw, from that leaf on.
    pub(super) fn at(self, leaf: u64) -> Flaw {
        Flaw { leaf, verdict: self, unless: None }
    }
}
