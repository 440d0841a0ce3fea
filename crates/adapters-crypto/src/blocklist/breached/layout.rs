//! How the file of breached passwords is laid out, everything in little-endian order:
//!
//! ```text
//! header   magic 16 | version 4 | ranges 4 | hashes 8 | bytes of the file 8 | checksum 32
//! filters  the fingerprints of each range, 2 bytes each
//! index    of each range: lowest key 8 | seed 8 | segment 4 | positions 4
//! ```
//!
//! The checksum is the SHA-256 of the header before it and of the index. The filters are not in it:
//! at gigabytes, they are only ever read where a look-up leads.

use sha2::{Digest as _, Sha256};

use super::fuse::Fuse;

const MAGIC: [u8; 16] = *b"userstore-breach";
const VERSION: u32 = 1;
/// Bytes of the header that the checksum covers.
const COVERED: usize = 40;
/// Bytes of the whole header.
pub(super) const HEADER: usize = COVERED + 32;
/// Bytes of a range in the index.
const ENTRY: usize = 24;

/// Why bytes are no file of breached passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It never was one.
    Foreign,
    /// It has another version than ours.
    Version(u32),
    /// It was one.
    Damaged,
}

/// A run of neighbouring keys with a filter of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// The lowest key.
    pub(super) lowest: u64,
    pub(super) fuse: Fuse,
}

/// What a file tells about itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Different hashes in it.
    pub(super) hashes: u64,
    /// The ranges in ascending order, each with the byte at which its fingerprints begin.
    pub(super) ranges: Vec<(Range, u64)>,
}

impl Index {
    /// Adds what follows the ranges so far.
    pub(super) fn push(&mut self, range: Range) {
        self.ranges.push((range, self.end()));
    }

    /// The byte after the last fingerprint.
    pub(super) fn end(&self) -> u64 {
        self.ranges.last().map_or(HEADER as u64, |(range, start)| start + range.fuse.bytes())
    }

    /// The header and, to stand at [`Self::end`], the index.
    pub(super) fn encoded(&self) -> (Vec<u8>, Vec<u8>) {
        let index: Vec<u8> = self.ranges.iter().flat_map(|(range, _)| entry(range)).collect();
        let length = self.end() + index.len() as u64;
        // Four billion ranges would be petabytes.
        let ranges = u32::try_from(self.ranges.len()).unwrap_or(u32::MAX);
        let mut header = Vec::with_capacity(HEADER);
        header.extend(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend(ranges.to_le_bytes());
        header.extend(self.hashes.to_le_bytes());
        header.extend(length.to_le_bytes());
        let checksum = checksum(&header, &index);
        header.extend(checksum);
        (header, index)
    }

    /// Reads what a whole file tells about itself.
    pub(super) fn of(file: &[u8]) -> Result<Self, Unfit> {
        let mut rest = file;
        if take(&mut rest) != Some(MAGIC) {
            return Err(Unfit::Foreign);
        }
        match take(&mut rest).map(u32::from_le_bytes) {
            Some(VERSION) => Self::of_current(file, rest).ok_or(Unfit::Damaged),
            Some(other) => Err(Unfit::Version(other)),
            None => Err(Unfit::Damaged),
        }
    }

    /// `rest` is what follows the version.
    fn of_current(file: &[u8], mut rest: &[u8]) -> Option<Self> {
        let ranges = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
        let hashes = u64::from_le_bytes(take(&mut rest)?);
        let length = u64::from_le_bytes(take(&mut rest)?);
        let told: [u8; 32] = take(&mut rest)?;
        let filters = rest.len().checked_sub(ranges.checked_mul(ENTRY)?)?;
        let (_, index) = rest.split_at(filters);
        if length != file.len() as u64 || told != checksum(file.get(..COVERED)?, index) {
            return None;
        }
        Self::of_entries(hashes, index)
            .filter(|read| read.end() == (HEADER + filters) as u64)
            .filter(|read| !read.ranges.is_empty())
    }

    fn of_entries(hashes: u64, mut index: &[u8]) -> Option<Self> {
        let mut read = Self { hashes, ranges: Vec::with_capacity(index.len() / ENTRY) };
        while !index.is_empty() {
            let range = parsed(&mut index)?;
            if read.ranges.last().is_some_and(|(before, _)| before.lowest >= range.lowest) {
                return None;
            }
            read.push(range);
        }
        Some(read)
    }
}

fn entry(range: &Range) -> impl Iterator<Item = u8> + use<> {
    let (seed, segment, positions) = range.fuse.parts();
    let keys = range.lowest.to_le_bytes().into_iter().chain(seed.to_le_bytes());
    keys.chain(segment.to_le_bytes()).chain(positions.to_le_bytes())
}

fn parsed(index: &mut &[u8]) -> Option<Range> {
    let lowest = u64::from_le_bytes(take(index)?);
    let seed = u64::from_le_bytes(take(index)?);
    let segment = u32::from_le_bytes(take(index)?);
    let positions = u32::from_le_bytes(take(index)?);
    Some(Range { lowest, fuse: Fuse::parse(seed, segment, positions)? })
}

fn checksum(header: &[u8], index: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(header).chain_update(index).finalize().into()
}

/// The next bytes, taken off `rest`.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(lowest: u64, seed: u64) -> Range {
        Range { lowest, fuse: Fuse::parse(seed, 4, 8).unwrap() }
    }

    fn file(index: &Index) -> Vec<u8> {
        let (mut file, entries) = index.encoded();
        file.resize(usize::try_from(index.end()).unwrap(), 0xaa);
        file.extend(entries);
        file
    }

    fn two_ranges() -> Index {
        let mut index = Index { hashes: 5, ..Index::default() };
        index.push(range(10, 1));
        index.push(range(20, 2));
        index
    }

    #[test]
    fn what_was_written_is_read() {
        let index = two_ranges();
        let file = file(&index);
        assert_eq!(file.len(), 72 + 2 * 32 + 2 * 24);
        assert_eq!(Index::of(&file), Ok(index));
    }

    #[test]
    fn the_header_is_little_endian_on_every_machine() {
        let file = file(&two_ranges());
        assert_eq!(&file[..16], b"userstore-breach");
        assert_eq!(&file[16..40], b"\x01\0\0\0\x02\0\0\0\x05\0\0\0\0\0\0\0\xb8\0\0\0\0\0\0\0");
        assert_eq!(&file[136..160], b"\x0a\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x04\0\0\0\x08\0\0\0");
    }

    #[test]
    fn ranges_out_of_order_and_none_at_all_are_refused() {
        for lowest in [[10, 10], [20, 10]] {
            let mut index = Index { hashes: 2, ..Index::default() };
            for lowest in lowest {
                index.push(range(lowest, 0));
            }
            assert_eq!(Index::of(&file(&index)), Err(Unfit::Damaged));
        }
        assert_eq!(Index::of(&file(&Index::default())), Err(Unfit::Damaged));
    }

    #[test]
    fn another_version_is_told_from_a_foreign_file() {
        let mut file = file(&two_ranges());
        file[16] = 2;
        assert_eq!(Index::of(&file), Err(Unfit::Version(2)));
        file[0] ^= 1;
        assert_eq!(Index::of(&file), Err(Unfit::Foreign));
        assert_eq!(Index::of(b""), Err(Unfit::Foreign));
    }
}
