//! Lists as bare JSON arrays: one page from the cursor, or all of it as a stream that holds no more
//! than one page in memory, and makes its pages shorter where the items are large.

use std::future::{Future, ready};
use std::{io, vec};

use actix_web::HttpResponse;
use bytes::Bytes;
use domain::error::UseCaseError;
use domain::page::Page;
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::problem::Problem;

/// Writes one item as JSON.
pub(crate) type Write<T> = fn(&T, &mut Vec<u8>);

/// One page as a whole array.
pub(crate) fn array<T>(items: &[T], write: Write<T>) -> Vec<u8> {
    let mut text = vec![b'['];
    append(items, write, &mut text);
    text.push(b']');
    text
}

/// Everything after `after`, in pages of at most `most` items and pieces of some bytes. The first
/// page is fetched before the status line is sent; a failure after that breaks the connection, and
/// the array is never closed.
///
/// # Errors
/// The first page cannot be fetched.
pub(crate) async fn all<T, K, F, Fetching>(
    fetch: F,
    after: Option<K>,
    most: u32,
    write: Write<T>,
) -> Result<HttpResponse, Problem>
where
    T: 'static,
    K: 'static,
    F: Fn(Option<K>, u32) -> Fetching + 'static,
    Fetching: Future<Output = Result<Page<T, K>, UseCaseError>> + 'static,
{
    let size = FIRST_SIZE.min(most);
    let Page { items, next } = fetch(after, size).await?;
    let page = Written { items: items.into_iter(), bytes: 0 };
    let mut walk = Walk { fetch, write, most, size, page, next, begun: false, closed: false };
    let mut first = vec![b'['];
    walk.write_piece(&mut first);
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json");
    if walk.closed {
        return Ok(answer.body(first));
    }
    let first = stream::once(ready(Ok(first.into())));
    Ok(answer.streaming(first.chain(stream::try_unfold(walk, Walk::step))))
}

/// Items of the first page of a whole list.
const FIRST_SIZE: u32 = 32;
/// A page of fewer bytes is followed by a longer one.
const SMALL_PAGE: usize = 256 * 1024;
/// A page of more bytes is followed by a shorter one.
const LARGE_PAGE: usize = 2 * 1024 * 1024;
/// A piece of the text ends with the item that reaches so many bytes.
const PIECE: usize = 64 * 1024;

/// How many items the next page has, when the last had `size` and took so many bytes.
fn next_size(size: u32, bytes: usize, most: u32) -> u32 {
    match bytes {
        ..SMALL_PAGE => size.saturating_mul(2).min(most),
        SMALL_PAGE..=LARGE_PAGE => size,
        _ => (size / 2).max(1),
    }
}

/// The way through a whole list.
struct Walk<T, K, F> {
    fetch: F,
    write: Write<T>,
    most: u32,
    /// Items of the present page.
    size: u32,
    page: Written<T>,
    /// After what the next page begins; `None` on the last one.
    next: Option<K>,
    /// Whether an item is written.
    begun: bool,
    /// Whether the end of the array is written.
    closed: bool,
}

/// A page that is being written.
struct Written<T> {
    /// What is not written yet.
    items: vec::IntoIter<T>,
    /// What is, in bytes.
    bytes: usize,
}

impl<T, K, F, Fetching> Walk<T, K, F>
where
    F: Fn(Option<K>, u32) -> Fetching,
    Fetching: Future<Output = Result<Page<T, K>, UseCaseError>>,
{
    /// The next piece of the text; `None` behind the end.
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, io::Error> {
        if self.closed {
            return Ok(None);
        }
        if self.page.items.as_slice().is_empty() {
            self.turn().await.map_err(|error| broken(&error))?;
        }
        let mut piece = Vec::new();
        self.write_piece(&mut piece);
        Ok(Some((piece.into(), self)))
    }

    /// Fetches the next page.
    async fn turn(&mut self) -> Result<(), UseCaseError> {
        let Some(next) = self.next.take() else {
            return Ok(());
        };
        self.size = next_size(self.size, self.page.bytes, self.most);
        let Page { items, next } = (self.fetch)(Some(next), self.size).await?;
        self.page = Written { items: items.into_iter(), bytes: 0 };
        self.next = next;
        Ok(())
    }
}

impl<T, K, F> Walk<T, K, F> {
    /// Writes items of the page until the piece is long enough, and the end after the last item.
    fn write_piece(&mut self, text: &mut Vec<u8>) {
        let before = text.len();
        while text.len() < PIECE
            && let Some(item) = self.page.items.next()
        {
            if self.begun {
                text.push(b',');
            }
            (self.write)(&item, text);
            self.begun = true;
        }
        self.page.bytes += text.len() - before;
        if self.page.items.as_slice().is_empty() && self.next.is_none() {
            text.push(b']');
            self.closed = true;
        }
    }
}

fn broken(error: &UseCaseError) -> io::Error {
    tracing::error!(cause = %error, "a streamed list broke off");
    io::Error::other("the list broke off")
}

fn append<T>(items: &[T], write: Write<T>, text: &mut Vec<u8>) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        write(item, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::{self, MessageBody as _};
    use domain::unit_of_work::StoreError;
    use std::future::poll_fn;
    use std::sync::{Arc, Mutex};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the items of lists are larger")]
    fn write(n: &u32, text: &mut Vec<u8>) {
        text.extend(n.to_string().bytes());
    }

    /// Pages of two of the numbers up to `last`, failing at `broken`.
    fn pages(
        last: u32,
        broken: u32,
    ) -> impl Fn(Option<u32>, u32) -> std::future::Ready<Result<Page<u32, u32>, UseCaseError>> {
        move |after, _| {
            let first = after.map_or(0, |n| n + 1);
            if first >= broken {
                return ready(Err(StoreError::Other("gone".into()).into()));
            }
            let items: Vec<_> = (first..last).take(2).collect();
            let next = items.last().copied().filter(|n| n + 1 < last);
            ready(Ok(Page { items, next }))
        }
    }

    async fn text(last: u32, broken: u32) -> Result<String, ()> {
        let answer = all(pages(last, broken), None, 2, write).await.map_err(|_| ())?;
        let bytes = body::to_bytes(answer.into_body()).await.map_err(|_| ())?;
        Ok(String::from_utf8(bytes.to_vec()).expect("UTF-8"))
    }

    #[tokio::test]
    async fn pages_join_into_one_array() {
        assert_eq!(text(0, 9).await.as_deref(), Ok("[]"));
        assert_eq!(text(1, 9).await.as_deref(), Ok("[0]"));
        assert_eq!(text(5, 9).await.as_deref(), Ok("[0,1,2,3,4]"));
    }

    #[tokio::test]
    async fn a_failure_on_the_first_page_is_an_answer_of_its_own() {
        assert!(all(pages(5, 0), None, 2, write).await.is_err());
    }

    #[tokio::test]
    async fn a_later_failure_breaks_the_answer_and_never_closes_the_array() {
        let answer = all(pages(5, 4), None, 2, write).await.expect("the first page");
        assert!(body::to_bytes(answer.into_body()).await.is_err());
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

    #[tokio::test]
    async fn large_items_come_in_shorter_pages_and_in_pieces() {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sizes);
        let fetch = move |after: Option<u32>, size: u32| {
            seen.lock().expect("no panic").push(size);
            let first = after.map_or(0, |n| n + 1);
            let items: Vec<_> = (first..first + size).collect();
            let next = items.last().copied().filter(|n| *n < 40);
            ready(Ok(Page { items, next }))
        };
        let large: Write<u32> = |_, text| {
            text.push(b'"');
            text.resize(text.len() + 100_000, b'x');
            text.push(b'"');
        };
        let answer = all(fetch, None, 500, large).await.expect("the first page");
        let mut body = std::pin::pin!(answer.into_body());
        let mut text = Vec::new();
        while let Some(piece) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            let piece = piece.expect("a piece");
            assert!(piece.len() < 200_000, "{}", piece.len());
            text.extend(piece);
        }
        let items: Vec<String> = serde_json::from_slice(&text).expect("an array");
        assert_eq!(items.len(), 48);
        assert_eq!(*sizes.lock().expect("no panic"), [32, 16]);
    }
}
