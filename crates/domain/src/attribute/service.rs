use super::Kept;
use super::{Attribute, AttributeQuery, Owner};
use crate::access::{Context, Room};
use crate::error::UseCaseError;
use crate::id::{GroupId, StoreId, UserId};
use crate::page::{Page, Place};
use crate::resource::Records;
use crate::text::Folded;

/// The use cases on profiles of users.
pub type ProfileService = Records<Attribute<UserId>>;
/// The use cases on metadata of groups.
pub type MetadataService = Records<Attribute<GroupId>>;

/// An attribute with the store that its owner belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeInStore<O> {
    /// The store.
    pub store: StoreId,
    /// The attribute.
    pub attribute: Attribute<O>,
}

impl<O: Kept> Records<Attribute<O>> {
    /// The attribute of that key.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`] when owner or attribute is not there; what the gate refuses.
    pub async fn find(
        &self,
        context: &Context,
        owner: O,
        key: &Folded,
    ) -> Result<AttributeInStore<O>, UseCaseError> {
        let key = [key.clone()];
        self.gate
            .point(context, O::READ, move |room| {
                let store = room.store.id;
                let found = O::attributes(&mut *room.here()).find_all(owner, &key)?;
                if let Some(attribute) = found.into_iter().next() {
                    return Ok(AttributeInStore { store, attribute });
                }
                require_owner(room, owner)?;
                Err(UseCaseError::NotFound(O::MISSING_ATTRIBUTE))
            })
            .await
    }

    /// The attributes of an owner that the query asks for: two statements besides the store's own.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`] when the owner is not there; what the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        owner: O,
        query: AttributeQuery,
    ) -> Result<Page<AttributeInStore<O>, Place<Folded>>, UseCaseError> {
        self.gate
            .read(context, O::READ, move |room| {
                require_owner(room, owner)?;
                let store = room.store.id;
                let found = O::attributes(&mut *room.here()).list(owner, &query.and_one_more())?;
                let place = |attribute: &Attribute<O>| Place {
                    sort: String::new(),
                    id: attribute.key.folded(),
                };
                let page = Page::cut(found, query.limit, place);
                let in_store = |attribute| AttributeInStore { store, attribute };
                Ok(Page { items: page.items.into_iter().map(in_store).collect(), next: page.next })
            })
            .await
    }
}

fn require_owner<O: Kept>(room: &mut Room<'_>, owner: O) -> Result<(), UseCaseError> {
    if O::is_there(&mut *room.here(), owner)? {
        return Ok(());
    }
    Err(UseCaseError::NotFound(<O as Owner>::MISSING))
}
