use super::log::{SealedEntry, Sealer};
use super::{Entry, EntryOrder, EntryQuery};
use crate::access::{Context, Gate, Permission};
use crate::error::{Missing, UseCaseError};
use crate::id::AuditId;
use crate::page::{Page, Place};
use crate::unit_of_work::StoreError;

/// How many chunks are sealed at most before a list: a log that waits for more is behind by far, and
/// is being sealed already.
const MOST_CHUNKS: u32 = 16;

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

    /// The entries that the query asks for. In order of commit, those that wait are sealed before
    /// the first page: so it shows whatever was committed before it was asked for, but where the log
    /// cannot be sealed, and where more than 65 536 wait.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        query: EntryQuery,
    ) -> Result<Page<Entry, Place<AuditId>>, UseCaseError> {
        if query.order.by == EntryOrder::Commit {
            return self.page_of_log(context, query).await;
        }
        self.gate
            .read(context, Permission::AuditRead, move |room| {
                let found = room.here().audit().list(&query.and_one_more())?;
                let place = |entry: &Entry| Place { sort: String::new(), id: entry.id };
                Ok(Page::cut(found, query.limit, place))
            })
            .await
    }

    async fn page_of_log(
        &self,
        context: &Context,
        query: EntryQuery,
    ) -> Result<Page<Entry, Place<AuditId>>, UseCaseError> {
        if query.after.is_none() {
            self.seal(context).await?;
        }
        self.gate
            .read(context, Permission::AuditRead, move |room| {
                let found = room.here().log().entries(&query.and_one_more())?;
                let place = |sealed: &SealedEntry| Place {
                    sort: sealed.leaf.to_string(),
                    id: sealed.entry.id,
                };
                let Page { items, next } = Page::cut(found, query.limit, place);
                Ok(Page { items: items.into_iter().map(|sealed| sealed.entry).collect(), next })
            })
            .await
    }

    /// Seals what waits now in the store of the context.
    async fn seal(&self, context: &Context) -> Result<(), UseCaseError> {
        let waits = self
            .gate
            .point(context, Permission::AuditRead, |room| {
                let waits = !room.here().log().runs(1)?.is_empty();
                Ok(waits.then_some(room.store.id))
            })
            .await?;
        let Some(store) = waits else { return Ok(()) };
        let sealer = Sealer::new(self.gate.clone());
        for _ in 0..MOST_CHUNKS {
            match sealer.seal(store).await {
                Ok(outcome) if outcome.more => {}
                // Another node will, which has the key, or nobody does, since the log is not what was
                // signed: what is sealed can be read all the same.
                Ok(_)
                | Err(UseCaseError::Store(StoreError::Unavailable(_) | StoreError::Corrupt(_))) => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
