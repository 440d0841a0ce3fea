//! Lists as bare JSON arrays: one page from the cursor, or all of it as a stream that holds no more
//! than one page in memory.

use std::future::Future;
use std::io;

use actix_web::HttpResponse;
use bytes::Bytes;
use domain::error::UseCaseError;
use domain::page::Page;
use futures_util::stream::{self, Stream};

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

/// Everything after `after`, page by page. The first page is fetched before the status line is
/// sent; a failure after that breaks the connection, and the array is never closed.
///
/// # Errors
/// The first page cannot be fetched.
pub(crate) async fn all<T, K, F, Fetching>(
    fetch: F,
    after: Option<K>,
    write: Write<T>,
) -> Result<HttpResponse, Problem>
where
    T: 'static,
    K: 'static,
    F: Fn(Option<K>) -> Fetching + 'static,
    Fetching: Future<Output = Result<Page<T, K>, UseCaseError>> + 'static,
{
    let Page { items, next } = fetch(after).await?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json");
    let Some(next) = next else {
        return Ok(answer.body(array(&items, write)));
    };
    let mut first = vec![b'['];
    append(&items, write, &mut first);
    let chunks = stream::once(std::future::ready(Ok(first.into())));
    Ok(answer.streaming(futures_util::StreamExt::chain(chunks, rest(fetch, next, write))))
}

/// What follows the first page, the end of the array included.
fn rest<T, K, F, Fetching>(
    fetch: F,
    after: K,
    write: Write<T>,
) -> impl Stream<Item = Result<Bytes, io::Error>>
where
    F: Fn(Option<K>) -> Fetching,
    Fetching: Future<Output = Result<Page<T, K>, UseCaseError>>,
{
    stream::try_unfold((fetch, Some(after)), move |(fetch, after)| async move {
        let Some(after) = after else {
            return Ok(None);
        };
        let page = fetch(Some(after)).await.map_err(|error| broken(&error))?;
        let mut chunk = Vec::new();
        if !page.items.is_empty() {
            chunk.push(b',');
            append(&page.items, write, &mut chunk);
        }
        if page.next.is_none() {
            chunk.push(b']');
        }
        Ok(Some((chunk.into(), (fetch, page.next))))
    })
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
    use actix_web::body;
    use domain::unit_of_work::StoreError;
    use std::future::ready;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the items of lists are larger")]
    fn write(n: &u32, text: &mut Vec<u8>) {
        text.extend(n.to_string().bytes());
    }

    /// Pages of two of the numbers up to `last`, failing at `broken`.
    fn pages(
        last: u32,
        broken: u32,
    ) -> impl Fn(Option<u32>) -> std::future::Ready<Result<Page<u32, u32>, UseCaseError>> {
        move |after| {
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
        let answer = all(pages(last, broken), None, write).await.map_err(|_| ())?;
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
        assert!(all(pages(5, 0), None, write).await.is_err());
    }

    #[tokio::test]
    async fn a_later_failure_breaks_the_answer_and_never_closes_the_array() {
        let answer = all(pages(5, 4), None, write).await.expect("the first page");
        assert!(body::to_bytes(answer.into_body()).await.is_err());
    }
}
