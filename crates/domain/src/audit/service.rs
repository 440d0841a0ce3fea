use super::{Entry, EntryQuery};
use crate::access::{Context, Gate, Permission};
use crate::error::{Missing, UseCaseError};
use crate::id::AuditId;
use crate::page::{Page, Place};

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

    /// The entries that the query asks for.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        query: EntryQuery,
    ) -> Result<Page<Entry, Place<AuditId>>, UseCaseError> {
        self.gate
            .read(context, Permission::AuditRead, move |room| {
                let found = room.here().audit().list(&query.and_one_more())?;
                let place = |entry: &Entry| Place { sort: String::new(), id: entry.id };
                Ok(Page::cut(found, query.limit, place))
            })
            .await
    }
}
