use std::time::Duration;

use domain::audit::Unpublished;
use tokio::time::timeout;

/// How long the taking of one checkpoint may last, all of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Gives up what takes longer, and says so of `whom`.
pub(super) async fn within<T>(
    patience: Duration,
    whom: &str,
    taken: impl Future<Output = Result<T, Unpublished>>,
) -> Result<T, Unpublished> {
    let late = |_| {
        let seconds = patience.as_secs_f64();
        Err(Unpublished(format!("{whom} has not taken the checkpoint within {seconds} s")))
    };
    timeout(patience, taken).await.unwrap_or_else(late)
}
