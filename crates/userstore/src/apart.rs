//! Work that blocks, beside tasks that must not.

use std::io;
use std::thread;

use domain::audit::bundle::Export;
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// Does `work`, which may block, on a thread of its own, and waits for it. It goes on when nobody
/// waits any more.
///
/// # Errors
/// There is no thread, or `work` panicked.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let (sender, done) = oneshot::channel();
    let run = move || {
        // Nobody waits for it any more when a signal came first.
        let _ = sender.send(work());
    };
    let what = "the work cannot be done";
    thread::Builder::new().spawn(run).map_err(Failure::io(what))?;
    done.await.map_err(|_| Failure::io(what)(io::Error::other("its thread panicked")))
}

/// Pieces that are on the way at once, so that one is read while another is written.
const ON_THE_WAY: usize = 2;

/// Lets `consume` read a bundle, on a thread of its own, while it is exported: neither gets far ahead
/// of the other.
///
/// # Errors
/// The export failed: then reading did too. There is no thread, or `consume` panicked.
pub(crate) async fn piped<T: Send + 'static>(
    export: Export,
    consume: impl FnOnce(Pieces) -> T + Send + 'static,
) -> Result<T, Failure> {
    let (sender, pieces) = mpsc::channel(ON_THE_WAY);
    let consume = move || consume(Pieces::of(pieces));
    let (sent, consumed) = tokio::join!(send(export, sender), apart(consume));
    sent?;
    consumed
}

/// What is on the way. Where it stops without an end, the export was broken off: what is cut off must
/// not be taken for a whole.
enum Piece {
    Lines(Vec<u8>),
    End,
}

async fn send(mut export: Export, sender: mpsc::Sender<Piece>) -> Result<(), Failure> {
    loop {
        let lines = export.next().await?;
        let is_last = lines.is_none();
        // Who reads may end before: what they have seen is enough for them.
        let is_taken = sender.send(lines.map_or(Piece::End, Piece::Lines)).await.is_ok();
        if is_last || !is_taken {
            return Ok(());
        }
    }
}

/// A bundle, as it is exported. Reading it blocks.
pub(crate) struct Pieces {
    coming: mpsc::Receiver<Piece>,
    present: io::Cursor<Vec<u8>>,
    is_ended: bool,
}

impl Pieces {
    fn of(coming: mpsc::Receiver<Piece>) -> Self {
        Self { coming, present: io::Cursor::default(), is_ended: false }
    }
}

impl io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.present.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.is_ended {
                return Ok(read);
            }
            match self.coming.blocking_recv() {
                Some(Piece::Lines(lines)) => self.present = io::Cursor::new(lines),
                Some(Piece::End) => self.is_ended = true,
                None => return Err(io::Error::other("the export was broken off")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn read(pieces: Vec<Piece>) -> io::Result<String> {
        let (sender, receiver) = mpsc::channel(pieces.len().max(1));
        for piece in pieces {
            assert!(sender.try_send(piece).is_ok(), "room for all");
        }
        drop(sender);
        let mut text = String::new();
        let mut pieces = Pieces::of(receiver);
        pieces.read_to_string(&mut text)?;
        assert_eq!(pieces.read(&mut [0; 8])?, 0, "the end is the end");
        Ok(text)
    }

    fn lines(text: &str) -> Piece {
        Piece::Lines(text.as_bytes().to_vec())
    }

    #[test]
    fn pieces_are_read_as_one_file() {
        let pieces = ["one\n", "", "two\n"].map(lines).into_iter().chain([Piece::End]);
        assert_eq!(read(pieces.collect()).unwrap(), "one\ntwo\n");
        assert_eq!(read(vec![Piece::End]).unwrap(), "");
    }

    #[test]
    fn what_was_broken_off_is_not_taken_for_a_whole() {
        for pieces in [vec![], vec![lines("one\n")]] {
            let error = read(pieces).unwrap_err();
            assert!(error.to_string().contains("broken off"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_panic_of_the_work_is_a_failure() {
        assert_eq!(apart(|| 7).await.unwrap(), 7);
        let failure = apart(|| panic!("at the disco")).await.map(|()| 0).unwrap_err();
        assert!(failure.to_string().contains("panicked"), "{failure}");
    }
}
