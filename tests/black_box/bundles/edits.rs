//! Altered copies of a file, as the few places where they differ from it.

use std::fmt::Write as _;
use std::ops::Range;

use crate::harness::hex;

/// At the place `at` of a file, `cut` bytes are replaced by those of `put`.
#[derive(Clone, Debug)]
pub(super) struct Splice {
    pub(super) at: usize,
    pub(super) cut: usize,
    pub(super) put: Vec<u8>,
}

/// A copy of a file: at least one splice; they are in order and apart from one another.
#[derive(Clone, Debug)]
pub(super) struct Edit(Vec<Splice>);

impl Edit {
    pub(super) fn new(at: usize, cut: usize, put: &[u8]) -> Self {
        Self(vec![Splice { at, cut, put: put.to_vec() }])
    }

    /// The bytes of two places exchanged, the earlier one first.
    pub(super) fn swap(file: &[u8], one: &Range<usize>, other: &Range<usize>) -> Self {
        let splice = |place: &Range<usize>, by: &Range<usize>| Splice {
            at: place.start,
            cut: place.len(),
            put: file[by.clone()].to_vec(),
        };
        Self(vec![splice(one, other), splice(other, one)])
    }

    /// The place of the first change.
    pub(super) fn first(&self) -> usize {
        self.0[0].at
    }

    pub(super) fn splices(&self) -> &[Splice] {
        &self.0
    }

    /// The whole copy.
    pub(super) fn apply(&self, file: &[u8]) -> Vec<u8> {
        let (mut copy, mut place) = (vec![], 0);
        for Splice { at, cut, put } in &self.0 {
            copy.extend_from_slice(&file[place..*at]);
            copy.extend_from_slice(put);
            place = at + cut;
        }
        copy.extend_from_slice(&file[place..]);
        copy
    }

    /// The line of `tests/verify_mutations.py`.
    pub(super) fn line(&self) -> String {
        let mut line = String::new();
        for Splice { at, cut, put } in &self.0 {
            let begun = if line.is_empty() { '[' } else { ',' };
            write!(line, r#"{begun}[{at},{cut},"{}"]"#, hex(put)).expect("a text takes all");
        }
        line + "]"
    }
}

/// The lines of a file with their line feeds.
pub(super) fn lines(file: &[u8]) -> Vec<Range<usize>> {
    let lines = file.split_inclusive(|byte| *byte == b'\n');
    let ranges = lines.scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some(start..*end)
    });
    ranges.collect()
}

/// Every bit of every byte, one at a time.
pub(super) fn flips(file: &[u8]) -> impl Iterator<Item = Edit> {
    let bits = (0..8).map(|bit| 1_u8 << bit);
    file.iter()
        .enumerate()
        .flat_map(move |(at, byte)| bits.clone().map(move |bit| Edit::new(at, 1, &[byte ^ bit])))
}

/// The file cut off, each time one byte later.
pub(super) fn truncations(file: &[u8]) -> impl Iterator<Item = Edit> {
    (0..file.len()).map(|at| Edit::new(at, file.len() - at, &[]))
}

/// Every run of lines left out, also those of one line.
pub(super) fn deletions(lines: &[Range<usize>]) -> impl Iterator<Item = Edit> {
    lines.iter().enumerate().flat_map(|(first, from)| {
        let ends = lines[first..].iter().map(|to| to.end);
        ends.map(|end| Edit::new(from.start, end - from.start, &[]))
    })
}

/// Every two lines exchanged.
pub(super) fn swaps(file: &[u8], lines: &[Range<usize>]) -> impl Iterator<Item = Edit> {
    lines.iter().enumerate().flat_map(move |(first, one)| {
        lines[first + 1..].iter().map(move |other| Edit::swap(file, one, other))
    })
}

/// Every line written a second time, before every other one and at the end.
pub(super) fn duplications(file: &[u8], lines: &[Range<usize>]) -> impl Iterator<Item = Edit> {
    insertions(lines, lines.iter().map(|line| &file[line.clone()]))
}

/// Each of these lines written before every line of the file and at its end.
pub(super) fn insertions<'a>(
    lines: &[Range<usize>],
    strange: impl Iterator<Item = &'a [u8]>,
) -> impl Iterator<Item = Edit> {
    let end = lines.last().expect("a line").end;
    let places: Vec<_> = lines.iter().map(|line| line.start).chain([end]).collect();
    strange
        .flat_map(move |line| places.iter().map(|at| Edit::new(*at, 0, line)).collect::<Vec<_>>())
}

/// Each of these lines written in the place of every other line of the file.
pub(super) fn replacements<'a>(
    file: &[u8],
    lines: &[Range<usize>],
    strange: impl Iterator<Item = &'a [u8]>,
) -> impl Iterator<Item = Edit> {
    strange.flat_map(move |by| {
        let others = lines.iter().filter(move |line| file[line.start..line.end] != *by);
        others.map(move |line| Edit::new(line.start, line.len(), by))
    })
}

/// A number below `end`: those for successive `n` are spread evenly, and the same in each run.
pub(super) fn spread(n: usize, end: usize) -> usize {
    let n = u64::try_from(n).expect("fits");
    let fraction = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let place = (u128::from(fraction) * u128::try_from(end).expect("fits")) >> 64;
    usize::try_from(place).expect("below `end`")
}

/// So many copies, of all kinds in turn, altered in places all over the file.
pub(super) fn samples(file: &[u8], many: usize) -> Vec<Edit> {
    let lines = lines(file);
    let place = |n| spread(n, lines.len());
    let line = |n| lines[place(n)].clone();
    // Another line, mostly far away from the one of the same number.
    let away = |n| 1 + spread(n + 7 * many, lines.len() - 1);
    let other = |n| lines[(place(n) + away(n)) % lines.len()].clone();
    let sample = |n| match n % 8 {
        0 => Edit::new(line(n).start, line(n).len(), &[]),
        1 => Edit::new(line(n).start, 0, &file[other(n)]),
        2 => Edit::new(line(n).start, line(n).len(), &file[other(n)]),
        3 if line(n).start < other(n).start => Edit::swap(file, &line(n), &other(n)),
        3 => Edit::swap(file, &other(n), &line(n)),
        4 => Edit::new(line(n).start, file.len() - line(n).start, &[]),
        _ => {
            let at = spread(n, file.len());
            Edit::new(at, 1, &[file[at] ^ 1 << (n / 8 % 8)])
        }
    };
    (0..many).map(sample).collect()
}
