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
            Occasion::PasswordChanged
            | Occasion::EmailChanged { .. }
            | Occasion::SecondFactorSet
            | Occasion::SecondFactorRemoved
            | Occasion::RecoveryCodeUsed => Ok(()),
            Occasion::ResetByAdministrator { .. } | Occasion::ResetByUser { .. } => {
                self.0.send(letter).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::delivery::DeliveryId;
    use domain::store::StoreName;
    use domain::time::Instant;
    use domain::token::{Purpose, Token};
    use domain::user::{EmailAddress, LoginName};
    use testkit::{Letterbox, SequentialRandom};

    use super::*;

    fn letter(occasion: Occasion) -> Letter {
        Letter {
            id: DeliveryId::new(uuid::Uuid::nil()),
            store: StoreName::parse("default").unwrap(),
            to: EmailAddress::parse("ada@example.com").unwrap(),
            language: None,
            login_name: LoginName::parse("ada").unwrap(),
            first_name: None,
            at: Instant::from_micros(0).unwrap(),
            occasion,
        }
    }

    #[tokio::test]
    async fn only_mail_that_somebody_asked_for_goes_out() {
        let letterbox = Arc::new(Letterbox::default());
        let postman = WithoutNotices(Arc::clone(&letterbox) as _);
        let token = Token::generate(Purpose::PasswordReset, &SequentialRandom::default());
        let expires = Instant::from_micros(1).unwrap();
        for occasion in [
            Occasion::PasswordChanged,
            Occasion::EmailChanged { now: None },
            Occasion::SecondFactorSet,
            Occasion::SecondFactorRemoved,
            Occasion::RecoveryCodeUsed,
            Occasion::ResetByAdministrator { token: token.clone(), expires },
            Occasion::ResetByUser { token, expires },
        ] {
            postman.send(&letter(occasion)).await.unwrap();
        }
        let sent: Vec<_> = letterbox.letters().into_iter().map(|letter| letter.occasion).collect();
        let [Occasion::ResetByAdministrator { .. }, Occasion::ResetByUser { .. }] = &sent[..]
        else {
            panic!("{sent:?}")
        };
    }
}
