//! The text that a file of breached passwords is made of: the format of Pwned Passwords.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::build::{BuildError, LineFault};

/// The SHA-1 of a password.
pub(super) type Hash = [u8; 20];

/// Characters of a hash in hexadecimal.
const DIGITS: usize = 40;
/// Digits of the largest count, 2⁶⁴ - 1.
const MOST_COUNT_DIGITS: usize = 20;
/// One byte more than the longest line has: a hash, a colon, a count, a line end of two bytes.
const LONGEST_LINE: u64 = 64;
/// The list is read in pieces of so many bytes.
const PIECE: usize = 1 << 20;

/// The hashes of a list, in its order, which is ascending; equal ones may follow each other.
pub(super) struct Hashes<R> {
    lines: R,
    path: PathBuf,
    line: Vec<u8>,
    /// Lines read so far.
    number: u64,
    last: Hash,
}

impl Hashes<BufReader<File>> {
    /// Opens the list at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, BuildError> {
        match File::open(path) {
            Ok(file) => Ok(Self::new(BufReader::with_capacity(PIECE, file), path)),
            Err(error) => Err(BuildError::Unreadable { path: path.to_owned(), error }),
        }
    }
}

impl<R: BufRead> Hashes<R> {
    fn new(lines: R, path: &Path) -> Self {
        Self { lines, path: path.to_owned(), line: Vec::new(), number: 0, last: [0; 20] }
    }

    fn accept(&mut self) -> Result<Hash, LineFault> {
        let hash = hash_in(&self.line).ok_or(LineFault::NoHash)?;
        if hash < self.last {
            return Err(LineFault::NotOrdered);
        }
        self.last = hash;
        Ok(hash)
    }
}

impl<R: BufRead> Iterator for Hashes<R> {
    type Item = Result<Hash, BuildError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line.clear();
        match self.lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line) {
            Ok(0) => return None,
            Ok(_) => self.number += 1,
            Err(error) => {
                return Some(Err(BuildError::Unreadable { path: self.path.clone(), error }));
            }
        }
        let accepted = self.accept();
        Some(accepted.map_err(|fault| BuildError::Line {
            path: self.path.clone(),
            line: self.number,
            fault,
        }))
    }
}

/// The hash in a line, which may have a count, and an end of either kind.
fn hash_in(line: &[u8]) -> Option<Hash> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (digits, rest) = line.split_first_chunk::<DIGITS>()?;
    if !rest.is_empty() && !rest.strip_prefix(b":").is_some_and(is_count) {
        return None;
    }
    let mut hash = Hash::default();
    for (byte, [high, low]) in hash.iter_mut().zip(digits.as_chunks().0) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(hash)
}

fn is_count(text: &[u8]) -> bool {
    (1..=MOST_COUNT_DIGITS).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: &str = "000000005AD76BD555C1D6D771DE417A4B87E4B4";
    const HIGH: &str = "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8";

    fn read(text: &str) -> Result<Vec<Hash>, BuildError> {
        Hashes::new(text.as_bytes(), Path::new("list")).collect()
    }

    fn refusal(text: &str) -> (u64, LineFault) {
        match read(text) {
            Err(BuildError::Line { line, fault, .. }) => (line, fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hashes_are_read_in_either_case_with_and_without_counts_and_with_either_line_end() {
        let low = hash_in(LOW.as_bytes()).unwrap();
        let high = hash_in(HIGH.to_uppercase().as_bytes()).unwrap();
        assert_eq!(low[..6], [0, 0, 0, 0, 0x5a, 0xd7]);
        for text in [
            format!("{LOW}:4\r\n{HIGH}:10434004\r\n"),
            format!("{LOW}:4\n{HIGH}:99999999999999999999\n"),
            format!("{LOW}\n{HIGH}"),
            format!("{LOW}\r\n{HIGH}:1"),
        ] {
            assert_eq!(read(&text).unwrap(), [low, high], "{text:?}");
        }
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn any_other_line_is_refused_with_its_number() {
        let short = LOW.strip_prefix('0').unwrap();
        for wrong in [
            "\n".to_owned(),
            "password\n".to_owned(),
            format!("{short}\n"),
            format!("{short}:12\n"),
            format!("{LOW}0\n"),
            format!("{LOW}:\n"),
            format!("{LOW}:-1\n"),
            format!("{LOW}:1 \n"),
            format!(" {LOW}:1\n"),
            format!("{LOW};1\n"),
            format!("{short}G:1\n"),
            format!("{LOW}:{}\n", "1".repeat(100)),
            "0".repeat(1_000_000),
        ] {
            let text = format!("{LOW}:3\n{LOW}\n{wrong}{HIGH}:1\n");
            assert_eq!(refusal(&text), (3, LineFault::NoHash), "{wrong:?}");
        }
    }

    #[test]
    fn a_list_ordered_otherwise_is_refused() {
        let text = format!("{HIGH}:10434004\n{HIGH}:1\n{LOW}:4\n");
        assert_eq!(refusal(&text), (3, LineFault::NotOrdered));
    }
}
