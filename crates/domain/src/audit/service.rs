use super::Entry;
use crate::access::{Context, Gate, Permission};
use crate::error::{Missing, UseCaseError};
use crate::id::AuditId;
use crate::page::Page;

/// Reads the audit trail of a store.
#[derive(Clone)]
pub struct AuditService {
    gate: Gate,
}

impl AuditService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// The entry of that number.
    ///
    /// # Errors
    /// [`Missing::AuditEntry`]; what the gate refuses.
    pub async fn find(&self, context: &Context, id: AuditId) -> Result<Entry, UseCaseError> {
        self.gate
            .point(context, Permission::AuditRead, move |room| {
                let found = room.here().audit().find(id)?;
                found.ok_or(UseCaseError::NotFound(Missing::AuditEntry))
            })
            .await
    }

    /// Up to `limit` entries after that of number `after`, ascending.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        after: Option<AuditId>,
        limit: u32,
    ) -> Result<Page<Entry, AuditId>, UseCaseError> {
        self.gate
            .read(context, Permission::AuditRead, move |room| {
                let found = room.here().audit().page(after, limit.saturating_add(1))?;
                Ok(Page::cut(found, limit, |entry| entry.id))
            })
            .await
    }
}
