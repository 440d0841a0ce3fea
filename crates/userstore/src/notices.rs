//! The configuration may leave it at mail that users asked for.

use std::sync::Arc;

use async_trait::async_trait;
use domain::delivery::{Letter, Occasion, Postman, Undelivered};

/// The postman of an installation that does not tell users of changes: it takes such letters and
/// sends the others.
pub(crate) struct WithoutNotices(pub(crate) Arc<dyn Postman>);

#[async_trait]
impl Postman for WithoutNotices {
    async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        match letter.occasion {
            Occasion::PasswordChanged | Occasion::EmailChanged { .. } => Ok(()),
            Occasion::ResetByAdministrator { .. } | Occasion::ResetByUser { .. } => {
                self.0.send(letter).await
            }
        }
    }
}
