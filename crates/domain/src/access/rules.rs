use super::RoleBook;
use crate::session::SessionRules;
use crate::store::StoreRules;

/// What the configuration says of everybody and of every store. It stays as it is while the process
/// lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Every role that there is.
    pub roles: RoleBook,
    /// The settings of stores that hold unless, or whatever else, is set.
    pub stores: StoreRules,
    /// How long sessions last.
    pub sessions: SessionRules,
}
