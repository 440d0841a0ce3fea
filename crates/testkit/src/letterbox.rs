use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::delivery::{Letter, Occasion, Postman, Undelivered};
use domain::token::Token;

/// Where letters arrive, in memory.
#[derive(Debug, Default)]
pub struct Letterbox {
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    letters: Vec<Letter>,
    failures: VecDeque<Undelivered>,
}

impl Letterbox {
    /// Every letter that arrived, the first one first; one that came twice is there twice.
    pub fn letters(&self) -> Vec<Letter> {
        self.lock().letters.clone()
    }

    /// Takes every letter out.
    pub fn empty(&self) -> Vec<Letter> {
        std::mem::take(&mut self.lock().letters)
    }

    /// The token in the latest letter that has one.
    pub fn latest_token(&self) -> Option<Token> {
        self.lock().letters.iter().rev().find_map(token_in).cloned()
    }

    /// Lets the next `count` letters not arrive. Told several times, one after the other.
    pub fn fail_next(&self, count: usize, why: &Undelivered) {
        self.lock().failures.extend(std::iter::repeat_n(why.clone(), count));
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token_in(letter: &Letter) -> Option<&Token> {
    match &letter.occasion {
        Occasion::ResetByAdministrator { token, .. } | Occasion::ResetByUser { token, .. } => {
            Some(token)
        }
        Occasion::PasswordChanged
        | Occasion::EmailChanged { .. }
        | Occasion::SecondFactorSet
        | Occasion::SecondFactorRemoved
        | Occasion::RecoveryCodeUsed => None,
    }
}

#[async_trait]
impl Postman for Letterbox {
    async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        let mut content = self.lock();
        if let Some(failure) = content.failures.pop_front() {
            return Err(failure);
        }
        content.letters.push(letter.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::delivery::DeliveryId;
    use domain::store::StoreName;
    use domain::time::Clock as _;
    use domain::token::Purpose;
    use domain::user::{EmailAddress, LoginName};

    use super::*;
    use crate::builders::uuid_of;
    use crate::{ManualClock, SequentialRandom, block_on};

    fn letter(name: &str, occasion: Occasion) -> Letter {
        Letter {
            id: DeliveryId::new(uuid_of("delivery", name)),
            store: StoreName::parse("shop").unwrap(),
            to: EmailAddress::parse("ada@example.com").unwrap(),
            language: None,
            login_name: LoginName::parse(name).unwrap(),
            first_name: None,
            at: ManualClock::default().now(),
            occasion,
        }
    }

    #[test]
    fn what_is_sent_arrives_but_for_what_is_let_fail() {
        block_on(async {
            let (letterbox, changed) = (Letterbox::default(), Occasion::PasswordChanged);
            let not_now = Undelivered::NotNow("busy".into());
            let never = Undelivered::Never("refused".into());
            letterbox.fail_next(2, &not_now);
            letterbox.fail_next(1, &never);
            let letter = letter("ada", changed);
            for expected in [Err(not_now.clone()), Err(not_now), Err(never), Ok(())] {
                assert_eq!(letterbox.send(&letter).await, expected);
            }
            let arrived: Vec<_> = letterbox.letters().iter().map(|letter| letter.id).collect();
            assert_eq!(arrived, [letter.id]);
            assert_eq!(letterbox.empty().len(), 1);
            assert!(letterbox.letters().is_empty());
        });
    }

    #[test]
    fn the_latest_token_is_found() {
        block_on(async {
            let (letterbox, random) = (Letterbox::default(), SequentialRandom::default());
            assert!(letterbox.latest_token().is_none());
            let expires = ManualClock::default().now();
            let [first, second] =
                [(); 2].map(|()| Token::generate(Purpose::PasswordReset, &random));
            let occasions = [
                Occasion::ResetByUser { token: first, expires },
                Occasion::ResetByAdministrator { token: second.clone(), expires },
                Occasion::PasswordChanged,
            ];
            for occasion in occasions {
                letterbox.send(&letter("ada", occasion)).await.unwrap();
            }
            let found = letterbox.latest_token().unwrap();
            assert_eq!(found.hash(), second.hash());
        });
    }
}
