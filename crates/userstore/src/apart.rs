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

/// Pieces that are on the way at once: each has a few hundred entries.
const ON_THE_WAY: usize = 4;

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
    let pieces = Pieces { pieces, present: io::Cursor::default() };
    let (sent, consumed) = tokio::join!(send(export, sender), apart(move || consume(pieces)));
    sent?;
    consumed
}

/// A piece, or that no other comes because the export failed.
type Piece = Result<Vec<u8>, BrokenOff>;

struct BrokenOff;

async fn send(mut export: Export, sender: mpsc::Sender<Piece>) -> Result<(), Failure> {
    loop {
        let piece = match export.next().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(()),
            Err(error) => {
                // So that what is cut off is not taken for a whole.
                let _ = sender.send(Err(BrokenOff)).await;
                return Err(error.into());
            }
        };
        // Who reads may end before: what they have seen is enough for them.
        if sender.send(Ok(piece)).await.is_err() {
            return Ok(());
        }
    }
}

/// A bundle, as it is exported. Reading it blocks.
pub(crate) struct Pieces {
    pieces: mpsc::Receiver<Piece>,
    present: io::Cursor<Vec<u8>>,
}

impl io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.present.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.pieces.blocking_recv() {
                Some(Ok(piece)) => self.present = io::Cursor::new(piece),
                Some(Err(BrokenOff)) => return Err(io::Error::other("the export was broken off")),
                None => return Ok(0),
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
        let mut pieces = Pieces { pieces: receiver, present: io::Cursor::default() };
        pieces.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn pieces_are_read_as_one_file() {
        let pieces = ["one\n", "", "two\n"].map(|piece| Ok(piece.as_bytes().to_vec()));
        assert_eq!(read(pieces.into()).unwrap(), "one\ntwo\n");
        assert_eq!(read(vec![]).unwrap(), "");
    }

    #[test]
    fn what_was_broken_off_is_not_taken_for_a_whole() {
        let error = read(vec![Ok(b"one\n".to_vec()), Err(BrokenOff)]).unwrap_err();
        assert!(error.to_string().contains("broken off"), "{error}");
    }

    #[tokio::test]
    async fn a_panic_of_the_work_is_a_failure() {
        assert_eq!(apart(|| 7).await.unwrap(), 7);
        let failure = apart(|| panic!("at the disco")).await.map(|()| 0).unwrap_err();
        assert!(failure.to_string().contains("panicked"), "{failure}");
    }
}
