//! Use cases that go on to their end when the client goes away: an attempt that has taken a try gives
//! it back, and what was found out of a password is counted.

use actix_web::rt;
use domain::error::UseCaseError;
use tracing::Instrument as _;

use crate::problem::Problem;

/// Does `work` in a task of its own, which nobody breaks off, under the id of its request in the
/// log.
pub(crate) async fn undivided<T: 'static>(
    request_id: &str,
    work: impl Future<Output = Result<T, UseCaseError>> + 'static,
) -> Result<T, Problem> {
    let span = tracing::info_span!("request", request_id);
    match rt::spawn(work.instrument(span)).await {
        Ok(done) => Ok(done?),
        Err(lost) => Err(Problem::internal(format!("a use case did not end: {lost}"))),
    }
}
