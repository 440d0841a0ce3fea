use std::any::Any;
use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq as _;
use thiserror::Error;

/// A key that a caller chose for one request: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// Accepts a key.
    ///
    /// # Errors
    /// The rule of the type.
    pub fn parse(text: impl Into<String>) -> Result<Self, IdempotencyKeyError> {
        let text = text.into();
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > 255 || !visible {
            return Err(IdempotencyKeyError);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A keyed hash of a request, which tells whether two requests are the same and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint(pub [u8; 32]);

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Fingerprint {}

/// An answer as it is kept: opaque to the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

/// Makes the answer of what a use case gives; `None` when it is not of the expected type.
type Render = dyn Fn(&dyn Any) -> Option<Answer> + Send + Sync;

/// That a request happens once: its key, its fingerprint, and how its answer is made, for the
/// answer is stored in the unit of work that it tells of.
#[derive(Clone)]
pub struct Once {
    /// Which request.
    pub key: IdempotencyKey,
    /// What it said.
    pub fingerprint: Fingerprint,
    render: Arc<Render>,
}

impl Once {
    /// Of a use case that gives a `T`. The type is erased here and found again in
    /// when the answer is made, so that the gate, which stores it, knows none of them.
    pub fn new<T: 'static>(
        key: IdempotencyKey,
        fingerprint: Fingerprint,
        render: impl Fn(&T) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let render = move |outcome: &dyn Any| outcome.downcast_ref().map(&render);
        Self { key, fingerprint, render: Arc::new(render) }
    }

    /// The answer that tells of `outcome`; `None` when the use case gives another type than this
    /// was made for.
    pub(crate) fn answer(&self, outcome: &dyn Any) -> Option<Answer> {
        (self.render)(outcome)
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        assert!(IdempotencyKey::parse("8e03978e-40d5-43dd-bc93-6894a57f9324").is_ok());
        for text in ["", " ", "a b", "a\n", "\u{e4}", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(text), Err(IdempotencyKeyError), "{text}");
        }
    }

    #[test]
    fn an_answer_is_made_of_the_expected_type_alone() {
        let key = IdempotencyKey::parse("k").expect("valid");
        let render = |n: &u8| Answer(vec![*n]);
        let once = Once::new(key, Fingerprint([0; 32]), render);
        assert_eq!(once.answer(&7_u8), Some(Answer(vec![7])));
        assert_eq!(once.answer(&7_u16), None);
    }
}
