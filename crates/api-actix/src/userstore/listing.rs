//! What a request for a list asks: from where, how much, and in which pieces.

use std::future::Future;

use actix_web::HttpResponse;
use actix_web::http::header;
use domain::error::UseCaseError;
use domain::page::Page;

use crate::caller::Call;
use crate::cursor::{self, List};
use crate::problem::Problem;
use crate::request::query::Query;
use crate::stream::{self, Write};

/// A position in a list.
pub(super) trait Key: Sized + 'static {
    /// The list whose positions these are.
    const LIST: List;

    /// Its bytes.
    fn to_bytes(&self) -> Vec<u8>;

    /// The position that these bytes are; `None` when they are none.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// Parameters of lists that are not there yet.
const NOT_OFFERED: &[&str] = &["filter", "sortBy", "sortOrder"];

/// Which part of a list is asked for.
pub(super) struct Listing<K> {
    after: Option<K>,
    /// One page of so many items; the whole list when unset.
    limit: Option<u32>,
}

impl<K: Key> Listing<K> {
    /// Reads `limit` and `cursor`.
    ///
    /// # Errors
    /// A limit that is none or too large, a cursor of another list, a wish to filter or to sort.
    pub(super) fn read(call: &Call, query: &Query<'_>) -> Result<Self, Problem> {
        query.refuse(NOT_OFFERED)?;
        let most = call.api.shared.limits.page_items;
        let limit = query.parsed("limit", |text| parse_limit(text, most))?;
        let after = query.parsed("cursor", |text| {
            let key = cursor::decode(K::LIST, &call.context.store, text);
            let key = key.and_then(|key| K::from_bytes(&key));
            key.ok_or("must be the cursor of an earlier page of this list")
        })?;
        Ok(Self { after, limit })
    }

    /// One page with a link to the next, or the whole list as a stream.
    ///
    /// # Errors
    /// The page, or the first one of the stream, cannot be fetched.
    pub(super) async fn answer<T, F, Fetching>(
        self,
        call: &Call,
        query: &Query<'_>,
        write: Write<T>,
        fetch: F,
    ) -> Result<HttpResponse, Problem>
    where
        T: 'static,
        F: Fn(Option<K>, u32) -> Fetching + 'static,
        Fetching: Future<Output = Result<Page<T, K>, UseCaseError>> + 'static,
    {
        let Some(limit) = self.limit else {
            let most = call.api.shared.limits.stream_items;
            return stream::all(fetch, self.after, most, write).await;
        };
        let page = fetch(self.after, limit).await?;
        let mut answer = HttpResponse::Ok();
        answer.content_type("application/json");
        if let Some(next) = page.next {
            let cursor = cursor::encode(K::LIST, &call.context.store, &next.to_bytes());
            let link = format!("<{}?{}>; rel=\"next\"", call.path(), query.with("cursor", &cursor));
            answer.insert_header((header::LINK, link));
        }
        Ok(answer.body(stream::array(&page.items, write)))
    }
}

fn parse_limit(text: &str, most: u32) -> Result<u32, String> {
    // `parse` would also take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|limit| digits && (1..=most).contains(limit));
    limit.ok_or_else(|| format!("must be a number from 1 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_from_1_to_the_most() {
        for text in ["", "0", "-1", "+1", "11", "1.0", "1e1", "1000000000000000000", " 1", "x"] {
            assert!(parse_limit(text, 10).is_err(), "{text}");
        }
        assert_eq!(parse_limit("1", 10), Ok(1));
        assert_eq!(parse_limit("010", 10), Ok(10));
    }
}
