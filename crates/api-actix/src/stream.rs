//! Answers that are longer than memory should hold: texts that are made bit by bit, and JSON arrays
//! among them, of which no more than one page is in memory.
//!
//! What fits into the first piece is fetched before the status line is sent, so that a failure
//! there is an answer of its own. A later failure breaks the connection and never closes the array.

use std::future::ready;
use std::{io, mem, vec};

use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use domain::error::UseCaseError;
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::problem::Problem;

/// Writes one item as JSON.
pub(crate) type Write<T> = fn(&T, &mut Vec<u8>);

/// How much of a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Something follows.
    Part,
    /// All of it.
    Whole,
}

/// A text that is made bit by bit.
pub(crate) trait Source: 'static {
    /// Appends what comes next, at least one byte and not much more than [`PIECE`] of them.
    ///
    /// # Errors
    /// It cannot be fetched; the source is of no more use then.
    async fn write(&mut self, text: &mut Vec<u8>) -> Result<Written, UseCaseError>;
}

/// The items of a list, page by page.
pub(crate) trait Pages: 'static {
    /// An item, or what is left to write of one.
    type Item: 'static;

    /// The next page, of about `size` items where they are not large; `None` behind the last.
    async fn turn(&mut self, size: u32) -> Result<Option<Vec<Self::Item>>, UseCaseError>;

    /// Appends what comes next of an item, not much more than [`PIECE`] bytes.
    async fn write(
        &mut self,
        item: &mut Self::Item,
        text: &mut Vec<u8>,
    ) -> Result<Written, UseCaseError>;
}

/// A piece of an answer ends with the item that reaches so many bytes.
pub(crate) const PIECE: usize = 64 * 1024;
/// Items of the first page of a whole list.
const FIRST_SIZE: u32 = 32;
/// A page of fewer bytes is followed by a longer one.
const SMALL_PAGE: usize = 256 * 1024;
/// A page of more bytes is followed by a shorter one.
const LARGE_PAGE: usize = 2 * 1024 * 1024;

/// The answer that `head` begins and `source` makes, in one piece or as a stream.
///
/// # Errors
/// The first piece cannot be fetched.
pub(crate) async fn answer(
    mut head: HttpResponseBuilder,
    mut source: impl Source,
) -> Result<HttpResponse, Problem> {
    head.content_type("application/json");
    let (first, written) = piece(&mut source).await?;
    if written == Written::Whole {
        return Ok(head.body(first));
    }
    let first = stream::once(ready(Ok(first.into())));
    Ok(head.streaming(first.chain(stream::try_unfold(Some(source), next_piece))))
}

/// One page as a whole array.
pub(crate) fn array<T>(items: &[T], write: Write<T>) -> Vec<u8> {
    let mut text = vec![b'['];
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        write(item, &mut text);
    }
    text.push(b']');
    text
}

async fn piece(source: &mut impl Source) -> Result<(Vec<u8>, Written), UseCaseError> {
    let mut text = Vec::new();
    let mut written = Written::Part;
    while written == Written::Part && text.len() < PIECE {
        written = source.write(&mut text).await?;
    }
    Ok((text, written))
}

async fn next_piece<S: Source>(source: Option<S>) -> Result<Option<(Bytes, Option<S>)>, io::Error> {
    let Some(mut source) = source else {
        return Ok(None);
    };
    let (text, written) = piece(&mut source).await.map_err(|error| broken(&error))?;
    let rest = (written == Written::Part).then_some(source);
    Ok(Some((text.into(), rest)))
}

fn broken(error: &UseCaseError) -> io::Error {
    tracing::error!(cause = %error, "a streamed answer broke off");
    io::Error::other("the answer broke off")
}

/// How many items the next page has, when the last had `size` and took so many bytes.
fn next_size(size: u32, bytes: usize, most: u32) -> u32 {
    match bytes {
        ..SMALL_PAGE => size.saturating_mul(2).min(most),
        SMALL_PAGE..=LARGE_PAGE => size,
        _ => (size / 2).max(1),
    }
}

/// A JSON array of the items of all pages, which become shorter where the items are large.
pub(crate) struct Array<P: Pages> {
    pages: P,
    /// What is left of the present page.
    page: vec::IntoIter<P::Item>,
    /// The item that is partly written.
    item: Option<P::Item>,
    /// Whether an item is begun.
    begun: bool,
    /// Items of the next page, as far as is known before the present one is written.
    size: u32,
    most: u32,
    /// What is written of the present page; `None` on none.
    bytes: Option<usize>,
}

impl<P: Pages> Array<P> {
    /// Of all pages, of at most `most` items each.
    pub(crate) fn new(pages: P, most: u32) -> Self {
        let page = Vec::new().into_iter();
        let size = FIRST_SIZE.min(most);
        Self { pages, page, item: None, begun: false, size, most, bytes: None }
    }

    /// Goes on to the next item and parts it from the one before.
    async fn begin(&mut self, text: &mut Vec<u8>) -> Result<Option<P::Item>, UseCaseError> {
        let next = self.next().await?;
        if next.is_some() {
            text.push(if mem::replace(&mut self.begun, true) { b',' } else { b'[' });
        }
        Ok(next)
    }

    async fn next(&mut self) -> Result<Option<P::Item>, UseCaseError> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            if let Some(bytes) = self.bytes {
                self.size = next_size(self.size, bytes, self.most);
            }
            let Some(page) = self.pages.turn(self.size).await? else {
                return Ok(None);
            };
            self.page = page.into_iter();
            self.bytes = Some(0);
        }
    }
}

impl<P: Pages> Source for Array<P> {
    async fn write(&mut self, text: &mut Vec<u8>) -> Result<Written, UseCaseError> {
        let before = text.len();
        let item = match self.item.take() {
            Some(item) => Some(item),
            None => self.begin(text).await?,
        };
        let Some(mut item) = item else {
            text.extend(if self.begun { &b"]"[..] } else { b"[]" });
            return Ok(Written::Whole);
        };
        if self.pages.write(&mut item, text).await? == Written::Part {
            self.item = Some(item);
        }
        self.bytes = self.bytes.map(|bytes| bytes + text.len() - before);
        Ok(Written::Part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::{self, MessageBody as _};
    use domain::unit_of_work::StoreError;
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::rc::Rc;

    /// Pages of the numbers up to `last`, each item written in `parts` parts of `weight` bytes.
    struct Numbers {
        next: u32,
        last: u32,
        /// The first that cannot be fetched.
        broken: u32,
        parts: u32,
        weight: usize,
        sizes: Rc<RefCell<Vec<u32>>>,
    }

    impl Numbers {
        fn up_to(last: u32) -> Self {
            let sizes = Rc::default();
            Self { next: 0, last, broken: u32::MAX, parts: 1, weight: 1, sizes }
        }
    }

    impl Pages for Numbers {
        /// A number and how many of its parts are written.
        type Item = (u32, u32);

        async fn turn(&mut self, size: u32) -> Result<Option<Vec<(u32, u32)>>, UseCaseError> {
            if self.next >= self.last {
                return Ok(None);
            }
            self.sizes.borrow_mut().push(size);
            let end = self.last.min(self.next + size);
            if end > self.broken {
                return Err(StoreError::Other("gone".into()).into());
            }
            let page = (self.next..end).map(|number| (number, 0)).collect();
            self.next = end;
            Ok(Some(page))
        }

        async fn write(
            &mut self,
            (number, part): &mut (u32, u32),
            text: &mut Vec<u8>,
        ) -> Result<Written, UseCaseError> {
            if *part == 0 {
                text.extend(number.to_string().bytes());
            }
            text.resize(text.len() + self.weight, b' ');
            *part += 1;
            Ok(if *part < self.parts { Written::Part } else { Written::Whole })
        }
    }

    async fn answered(pages: Numbers, most: u32) -> Result<HttpResponse, ()> {
        answer(HttpResponse::Ok(), Array::new(pages, most)).await.map_err(|_| ())
    }

    /// The numbers of an answer, and how long its pieces are.
    async fn read(answer: HttpResponse) -> Result<(Vec<u32>, Vec<usize>), ()> {
        let mut body = pin!(answer.into_body());
        let (mut text, mut pieces) = (Vec::new(), Vec::new());
        while let Some(piece) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            let piece = piece.map_err(|_| ())?;
            pieces.push(piece.len());
            text.extend(piece);
        }
        Ok((serde_json::from_slice(&text).expect("an array"), pieces))
    }

    #[tokio::test]
    async fn pages_join_into_one_array() {
        for last in [0, 1, 2, 5, 100] {
            let answer = answered(Numbers::up_to(last), 2).await.expect("an answer");
            let (numbers, pieces) = read(answer).await.expect("whole");
            assert_eq!(numbers, (0..last).collect::<Vec<_>>());
            assert_eq!(pieces.len(), 1);
        }
    }

    #[tokio::test]
    async fn an_item_may_be_written_in_parts_over_several_pieces() {
        let pages = Numbers { parts: 10, weight: 30_000, ..Numbers::up_to(3) };
        let answer = answered(pages, 2).await.expect("the first piece");
        let (numbers, pieces) = read(answer).await.expect("whole");
        assert_eq!(numbers, [0, 1, 2]);
        assert!(pieces.len() > 9 && pieces.iter().all(|size| (1..PIECE + 30_010).contains(size)));
    }

    #[tokio::test]
    async fn a_failure_before_the_first_piece_is_full_is_an_answer_of_its_own() {
        for broken in [0, 3] {
            let pages = Numbers { broken, ..Numbers::up_to(5) };
            assert!(answered(pages, 2).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_later_failure_breaks_the_answer_and_never_closes_the_array() {
        let pages = Numbers { broken: 4, weight: PIECE, ..Numbers::up_to(5) };
        let answer = answered(pages, 2).await.expect("the first piece");
        assert!(body::to_bytes(answer.into_body()).await.is_err());
    }

    #[tokio::test]
    async fn large_items_come_in_shorter_pages_and_in_pieces() {
        let pages = Numbers { weight: 100_000, ..Numbers::up_to(48) };
        let sizes = Rc::clone(&pages.sizes);
        let answer = answered(pages, 500).await.expect("the first piece");
        let (numbers, pieces) = read(answer).await.expect("whole");
        assert_eq!(numbers.len(), 48);
        assert!(pieces.iter().all(|size| *size < 200_000), "{pieces:?}");
        assert_eq!(*sizes.borrow(), [32, 16]);
    }

    #[test]
    fn pages_grow_while_they_are_small_and_shrink_when_they_are_large() {
        assert_eq!(next_size(32, 1000, 500), 64);
        assert_eq!(next_size(256, 1000, 500), 500);
        assert_eq!(next_size(500, SMALL_PAGE - 1, 500), 500);
        assert_eq!(next_size(64, SMALL_PAGE, 500), 64);
        assert_eq!(next_size(64, LARGE_PAGE, 500), 64);
        assert_eq!(next_size(64, LARGE_PAGE + 1, 500), 32);
        assert_eq!(next_size(1, LARGE_PAGE + 1, 500), 1);
        assert_eq!(next_size(u32::MAX, 0, u32::MAX), u32::MAX);
    }
}
