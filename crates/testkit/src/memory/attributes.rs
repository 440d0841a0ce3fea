use std::sync::Arc;

use domain::attribute::{
    Attribute, AttributeProperty, AttributeQuery, AttributeRepository, Extent, Metadata, Owner,
    Profile,
};
use domain::audit::{Action, Recorded};
use domain::id::{GroupId, UserId};
use domain::page::Place;
use domain::text::Folded;
use domain::unit_of_work::StoreError;

use super::image::Tenant;
use super::list::select;
use super::table::{Table, in_order};
use super::unit::OpenStore;

type Attributes<O> = Table<(O, Folded), Arc<Attribute<O>>>;

/// Where a store keeps the owners of one kind and their attributes.
pub(super) trait Tabled: Owner {
    fn is_there(self, tenant: &Tenant) -> bool;
    fn table(tenant: &Tenant) -> &Attributes<Self>;
    fn table_mut(tenant: &mut Tenant) -> &mut Attributes<Self>;
}

impl Tabled for UserId {
    fn is_there(self, tenant: &Tenant) -> bool {
        tenant.users.contains(&self)
    }

    fn table(tenant: &Tenant) -> &Table<(Self, Folded), Arc<Profile>> {
        &tenant.profiles
    }

    fn table_mut(tenant: &mut Tenant) -> &mut Table<(Self, Folded), Arc<Profile>> {
        &mut tenant.profiles
    }
}

impl Tabled for GroupId {
    fn is_there(self, tenant: &Tenant) -> bool {
        tenant.groups.contains(&self)
    }

    fn table(tenant: &Tenant) -> &Table<(Self, Folded), Arc<Metadata>> {
        &tenant.metadata
    }

    fn table_mut(tenant: &mut Tenant) -> &mut Table<(Self, Folded), Arc<Metadata>> {
        &mut tenant.metadata
    }
}

impl Tenant {
    /// The attributes of an owner, in order of the folded key.
    pub(super) fn attributes_of<O: Tabled>(&self, owner: O) -> impl Iterator<Item = &Attribute<O>> {
        O::table(self)
            .from((owner, Folded::of("")))
            .take_while(move |((of, _), _)| *of == owner)
            .map(|(_, attribute)| &**attribute)
    }

    fn change_attribute<O: Tabled>(
        &mut self,
        change: &Recorded<Attribute<O>>,
    ) -> Result<(), StoreError> {
        let attribute = change.record();
        let owner_is_there = attribute.owner.is_there(self);
        let table = O::table_mut(self);
        let key = (attribute.owner, attribute.key.folded());
        let present = table.contains(&key);
        match change.entry().action {
            Action::Added if !owner_is_there => return Err(StoreError::DanglingReference),
            Action::Added if present => {
                return Err(StoreError::Conflict { what: O::UNIQUE });
            }
            Action::Modified | Action::Deleted if !present => return Err(StoreError::Stale),
            Action::Added | Action::Modified => table.put(key, Arc::new(attribute.clone())),
            Action::Deleted => drop(table.remove(&key)),
        }
        self.log(change)
    }
}

impl<O: Tabled> AttributeRepository<O> for OpenStore<'_, '_> {
    fn find_all(&mut self, owner: O, keys: &[Folded]) -> Result<Vec<Attribute<O>>, StoreError> {
        self.read(|tenant| {
            let of = tenant.attributes_of(owner);
            of.filter(|attribute| keys.contains(&attribute.key.folded())).cloned().collect()
        })
    }

    fn of(&mut self, owner: O) -> Result<Vec<Attribute<O>>, StoreError> {
        self.read(|tenant| tenant.attributes_of(owner).cloned().collect())
    }

    fn of_all(&mut self, owners: &[O]) -> Result<Vec<Attribute<O>>, StoreError> {
        self.read(|tenant| {
            let owners = in_order(owners).into_iter();
            owners.flat_map(|owner| tenant.attributes_of(owner)).cloned().collect()
        })
    }

    fn extent(&mut self, owner: O) -> Result<Extent, StoreError> {
        self.read(|tenant| {
            let each = tenant.attributes_of(owner).map(Extent::of);
            each.fold(Extent::default(), Extent::and)
        })
    }

    fn list(&mut self, owner: O, query: &AttributeQuery) -> Result<Vec<Attribute<O>>, StoreError> {
        self.read(|tenant| {
            select(
                tenant.attributes_of(owner),
                query,
                |property: AttributeProperty, attribute| {
                    property.value(&attribute.key, attribute.value.as_ref())
                },
                |_, attribute| Place { sort: String::new(), id: attribute.key.folded() },
            )
        })
    }

    fn apply(&mut self, changes: &[Recorded<Attribute<O>>]) -> Result<(), StoreError> {
        self.write(|tenant| changes.iter().try_for_each(|change| tenant.change_attribute(change)))
    }
}
