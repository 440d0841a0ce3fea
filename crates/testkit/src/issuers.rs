use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::credential::{Assertion, Issuers, IssuersError};

/// Issuers whose tokens look like `test.1`. They vouch for whomever a test says.
#[derive(Debug, Default)]
pub struct TestIssuers {
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    tokens: BTreeMap<String, Assertion>,
    failures: VecDeque<IssuersError>,
}

impl TestIssuers {
    /// What each of their tokens begins with.
    const PREFIX: &str = "test.";

    /// A token that says so.
    pub fn token_for(&self, assertion: Assertion) -> String {
        let mut said = self.lock();
        let token = format!("{}{}", Self::PREFIX, said.tokens.len() + 1);
        said.tokens.insert(token.clone(), assertion);
        token
    }

    /// Lets the look at a coming token fail. Told several times, several fail, in this order.
    pub fn fail_next(&self, error: IssuersError) {
        self.lock().failures.push_back(error);
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Issuers for TestIssuers {
    async fn check(&self, presented: &str) -> Result<Option<Assertion>, IssuersError> {
        if !presented.starts_with(Self::PREFIX) {
            return Ok(None);
        }
        let mut said = self.lock();
        if let Some(failure) = said.failures.pop_front() {
            return Err(failure);
        }
        said.tokens.get(presented).cloned().map(Some).ok_or(IssuersError::Refused)
    }
}

#[cfg(test)]
mod tests {
    use domain::credential::Vouched;

    use super::*;
    use crate::block_on;

    fn assertion(subject: &str) -> Assertion {
        let (issuer, subject) = ("idp".into(), subject.into());
        Assertion { issuer, subject, roles: Vec::new(), vouched: Vouched::Everywhere }
    }

    #[test]
    fn a_token_says_what_it_was_made_for() {
        block_on(async {
            let issuers = TestIssuers::default();
            let [ada, bob] = ["ada", "bob"].map(|name| issuers.token_for(assertion(name)));
            assert_eq!(issuers.check(&ada).await, Ok(Some(assertion("ada"))));
            assert_eq!(issuers.check(&bob).await, Ok(Some(assertion("bob"))));
            assert_eq!(issuers.check("test.forged").await, Err(IssuersError::Refused));
            assert_eq!(issuers.check("another credential").await, Ok(None));
        });
    }

    #[test]
    fn a_failure_that_was_ordered_concerns_one_token() {
        block_on(async {
            let issuers = TestIssuers::default();
            let ada = issuers.token_for(assertion("ada"));
            let lost = IssuersError::Unavailable("lost".into());
            issuers.fail_next(lost.clone());
            assert_eq!(issuers.check("another credential").await, Ok(None));
            assert_eq!(issuers.check(&ada).await, Err(lost));
            assert_eq!(issuers.check(&ada).await, Ok(Some(assertion("ada"))));
        });
    }
}
