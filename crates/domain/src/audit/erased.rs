use super::{Area, Audited};
use crate::id::{StoreId, UserId};

/// That what the trail held of a user was erased. The entry stays, also when the same user's are
/// erased once more: it holds nothing of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Whose.
    pub user: UserId,
}

impl Audited for Erased {
    const AREA: Area = Area::User;

    fn primary_key(&self) -> String {
        self.user.to_string()
    }

    fn content(&self, _: StoreId) -> String {
        r#"{"erased":true}"#.into()
    }
}
