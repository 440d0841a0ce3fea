//! Use cases that go on to their end when the client goes away: an attempt that has taken a try gives
//! it back, and what was found out of a password is counted.

use actix_web::rt;
use domain::error::UseCaseError;
use tracing::{Instrument as _, Span};

use crate::problem::Problem;

/// Does `work` in a task of its own, which nobody breaks off; in the log it stays part of its
/// request.
pub(crate) async fn undivided<T: 'static>(
    work: impl Future<Output = Result<T, UseCaseError>> + 'static,
) -> Result<T, Problem> {
    match rt::spawn(work.instrument(Span::current())).await {
        Ok(done) => Ok(done?),
        Err(lost) => Err(Problem::internal(format!("a use case did not end: {lost}"))),
    }
}
