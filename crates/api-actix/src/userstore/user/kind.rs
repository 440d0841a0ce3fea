use domain::error::{Missing, UseCaseError};
use domain::id::{StoreId, UserId};
use domain::resource::Records;
use domain::user::{Include, User, UserWithRelations};
use domain::version::Version;
use serde_json::Value;

use super::draft::USER;
use super::request::UserRequest;
use super::view::UserView;
use crate::caller::Call;
use crate::request::patch::Shape;
use crate::state::Shared;
use crate::userstore::resource::Exposed;
use crate::userstore::resource::named::id_in_item;

impl Exposed for User {
    type Request = UserRequest;
    type View<'a> = UserView<'a>;

    const MISSING: Missing = Missing::User;
    const SHAPE: Shape = USER;

    fn records(shared: &Shared) -> &Records<Self> {
        &shared.users
    }

    fn scope(_call: &Call) -> Result<(), Missing> {
        Ok(())
    }

    fn id_in_path(call: &Call) -> Option<UserId> {
        call.parameter("id").parse().ok()
    }

    fn id_in_item(_scope: &(), item: Value) -> Result<(UserId, Value), UseCaseError> {
        id_in_item(item, Missing::User)
    }

    fn shown_id(shown: &UserWithRelations) -> Value {
        Value::String(shown.user.id.to_string())
    }

    fn store(shown: &UserWithRelations) -> StoreId {
        shown.store
    }

    fn version(shown: &UserWithRelations) -> Version {
        shown.user.version
    }

    fn location(base: &str, shown: &UserWithRelations) -> String {
        format!("{base}/administration/User/{}", shown.user.id)
    }

    fn relations(wanted: impl Fn(&str) -> bool) -> Include {
        Include { groups: wanted("memberOfGroups"), profiles: wanted("userProfiles") }
    }
}
