use std::io::{self, BufRead as _, BufReader, Read};

use domain::audit::bundle::LONGEST_LINE;

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a line feed, or with nothing at all.
    Whole,
    /// Within a line.
    WithinLine,
}

/// The lines of a file. Of one that is longer than a bundle's may be, only its beginning is kept: one
/// byte more than is allowed.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
}

/// Successive lines.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Batch {
    /// How many lines it has at most, and how many bytes when it takes no further one.
    const LINES: usize = 256;
    const BYTES: usize = 256 << 10;

    fn is_full(&self) -> bool {
        self.ends.len() >= Self::LINES || self.bytes.len() >= Self::BYTES
    }

    /// The lines, without their line feeds.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let line = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            line
        })
    }
}

impl<R: Read> Lines<R> {
    /// How much is asked of the file at once.
    const AT_ONCE: usize = 256 << 10;

    pub(super) fn new(file: R) -> Self {
        Self { reader: BufReader::with_capacity(Self::AT_ONCE, file) }
    }

    /// The next lines, and what comes behind them if it is not more lines.
    pub(super) fn batch(&mut self) -> (Batch, Option<io::Result<End>>) {
        let mut batch = Batch::default();
        while !batch.is_full() {
            if let Some(end) = self.line(&mut batch.bytes).transpose() {
                return (batch, Some(end));
            }
            batch.ends.push(batch.bytes.len());
        }
        (batch, None)
    }

    /// Appends the next line, or gives the end of the file.
    pub(super) fn line(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<End>> {
        // The line feed, and the byte that makes it too long.
        let most = LONGEST_LINE + 2;
        let before = bytes.len();
        let read = self.reader.by_ref().take(most as u64).read_until(b'\n', bytes)?;
        if bytes.len() > before && bytes.last() == Some(&b'\n') {
            bytes.pop();
            return Ok(None);
        }
        if read == most {
            bytes.truncate(before + LONGEST_LINE + 1);
            return self.skip_line();
        }
        bytes.truncate(before);
        Ok(Some(if read == 0 { End::Whole } else { End::WithinLine }))
    }

    /// Leaves out what is left of a line.
    fn skip_line(&mut self) -> io::Result<Option<End>> {
        loop {
            let ahead = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                ahead => ahead?,
            };
            let line_feed = ahead.iter().position(|byte| *byte == b'\n');
            let (read, is_end) =
                (line_feed.map_or(ahead.len(), |place| place + 1), ahead.is_empty());
            self.reader.consume(read);
            if is_end {
                return Ok(Some(End::WithinLine));
            }
            if line_feed.is_some() {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(file: &[u8]) -> (Vec<Vec<u8>>, End) {
        let mut lines = Lines::new(file);
        let mut read = Vec::new();
        loop {
            let (batch, end) = lines.batch();
            read.extend(batch.lines().map(<[u8]>::to_vec));
            if let Some(end) = end {
                return (read, end.unwrap());
            }
        }
    }

    #[test]
    fn a_file_ends_with_a_line_or_within_one() {
        assert_eq!(all(b""), (vec![], End::Whole));
        assert_eq!(all(b"\n"), (vec![vec![]], End::Whole));
        assert_eq!(all(b"a\n\nb\r\n"), (vec![b"a".into(), vec![], b"b\r".into()], End::Whole));
        assert_eq!(all(b"a\nb"), (vec![b"a".into()], End::WithinLine));
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() {
        for beyond in [0, 1, 2, 3, 300 << 10, 1 << 20] {
            let long = vec![b'x'; LONGEST_LINE + beyond];
            let (lines, end) = all(&[&long, b"\nnext\n".as_slice()].concat());
            assert_eq!(end, End::Whole);
            assert_eq!(lines.len(), 2, "{beyond}");
            assert_eq!(lines[0].len(), LONGEST_LINE + beyond.min(1));
            assert_eq!(lines[1], b"next");
            assert_eq!(all(&long), (vec![], End::WithinLine));
        }
    }

    #[test]
    fn batches_are_bounded_by_lines_and_by_bytes() {
        let short = b"\n".repeat(3 * Batch::LINES);
        let long = [vec![b'x'; 100 << 10], vec![b'\n']].concat().repeat(9);
        for (file, most) in [(short, Batch::LINES), (long, 3)] {
            let mut lines = Lines::new(file.as_slice());
            for _ in 0..3 {
                assert_eq!(lines.batch().0.lines().count(), most);
            }
        }
    }
}
