use std::sync::Arc;

use super::{Blocklist, PasswordHasher};
use crate::access::{Gate, Permission};
use crate::attempt::Attempt;

/// The use cases on passwords: those of administrators in `administer`, those of whoever knows the
/// present password in `change` and `verify`, those of whoever was sent a token in `reset`.
#[derive(Clone)]
pub struct PasswordService {
    pub(crate) attempt: Attempt,
}

/// The property of a request that holds a password that is set.
pub(crate) const PASSWORD: &str = "password";
/// What every operation of an administrator on passwords needs.
pub(super) const MANAGE: Permission = Permission::UserManage;

impl PasswordService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate, hasher: Arc<dyn PasswordHasher>, blocklist: Arc<dyn Blocklist>) -> Self {
        Self { attempt: Attempt { gate, hasher, blocklist } }
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.attempt.gate
    }
}
