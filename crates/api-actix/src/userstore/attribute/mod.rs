//! Keys and values that hang on an owner: profiles of users and metadata of groups. What they are
//! and how they are changed is written once for both; [`profile`] and [`metadata`] are their paths.

mod kind;
mod metadata;
mod profile;
mod request;
pub(in crate::userstore) mod view;

pub(in crate::userstore) use request::{AttributeRequest, MetadataInput, ProfileInput};

use actix_web::HttpResponse;
use domain::attribute::{Attribute, AttributeInStore, AttributeOrder};
use domain::error::UseCaseError;

use self::kind::ExposedOwner;
use super::listing::Listing;
use super::resource::{Exposed, answer, single};
use crate::caller::Call;
use crate::openapi::ServiceConfig;
use crate::problem::Problem;

/// Registers the operations on profiles and metadata.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    profile::configure(config);
    metadata::configure(config);
}

/// The attribute of the key in the path.
async fn find<O: ExposedOwner>(call: &Call) -> Result<HttpResponse, Problem> {
    let owner = owner::<O>(call)?;
    let key = single::read_id::<Attribute<O>>(call)?;
    let attributes = Attribute::<O>::records(&call.api.shared);
    let found = attributes.find(&call.context, owner, &key).await?;
    Ok(answer::found::<Attribute<O>>(&found))
}

/// The attributes of the owner in the path.
async fn list<O: ExposedOwner>(call: &Call) -> Result<HttpResponse, Problem> {
    let query = call.query();
    let owner = owner::<O>(call)?;
    let list = format!("{} of {owner}", O::LIST);
    let listing = Listing::read(call, query, &list, AttributeOrder::Key)?;
    let attributes = Attribute::<O>::records(&call.api.shared).clone();
    let context = call.context.clone();
    let fetch = move |wanted| {
        let (attributes, context) = (attributes.clone(), context.clone());
        async move { attributes.page(&context, owner, wanted).await }
    };
    listing.answer(call, query, write::<O>, fetch).await
}

fn owner<O: ExposedOwner>(call: &Call) -> Result<O, UseCaseError> {
    Attribute::<O>::scope(call).map_err(UseCaseError::NotFound)
}

fn write<O: ExposedOwner>(attribute: &AttributeInStore<O>, text: &mut Vec<u8>) {
    Attribute::<O>::write_json(attribute, text);
}
