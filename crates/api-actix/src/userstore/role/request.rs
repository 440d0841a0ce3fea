use domain::access::{Assignment, Holder};
use domain::error::Invalid;
use domain::id::{ClientId, GroupId, StoreId, UserId};
use serde_json::Value;
use utoipa::ToSchema;

use super::holder;
use crate::problem::{Kind, Problem};
use crate::request::fields::{Field, Fields, note};
use crate::userstore::grant::{self, GrantRequest};

/// A role to give to a user, a group or a client. Unknown properties are ignored.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = RoleAssignmentInput, rename_all = "camelCase")]
pub(super) struct AssignmentRequest {
    /// The user who is to hold it. One holder is needed.
    #[schema(value_type = Option<Uuid>)]
    user_id: Field<UserId>,
    /// The group whose members are to hold it.
    #[schema(value_type = Option<Uuid>)]
    group_id: Field<GroupId>,
    /// The client that is to hold it.
    #[schema(value_type = Option<Uuid>)]
    client_id: Field<ClientId>,
    #[serde(flatten)]
    grant: GrantRequest,
}

impl AssignmentRequest {
    /// The assignment that `json` is; broken rules go to `invalid`.
    ///
    /// # Errors
    /// It is no object.
    pub(super) fn of(json: Value, invalid: &mut Invalid) -> Result<Self, Problem> {
        let Value::Object(object) = json else {
            let detail = "An assignment is a JSON object.";
            return Err(Problem::because(Kind::MalformedBody, detail));
        };
        let names = [&holder::NAMES[..], &grant::NAMES].concat();
        let mut fields = Fields::of(object, &names, "", invalid);
        let request = Self {
            user_id: fields.id("userId"),
            group_id: fields.id("groupId"),
            client_id: fields.id("clientId"),
            grant: GrantRequest::of(&mut fields),
        };
        request.require_one_holder(&mut fields);
        Ok(request)
    }

    fn require_one_holder(&self, fields: &mut Fields<'_>) {
        let unset = [self.user_id.is_unset(), self.group_id.is_unset(), self.client_id.is_unset()];
        let mut named = holder::NAMES.iter().zip(unset).filter(|(_, unset)| !unset);
        if named.next().is_none() {
            fields.broken("userId", holder::MUST_BE_GIVEN);
        }
        for (second, _) in named {
            fields.broken(second, holder::MUST_BE_ALONE);
        }
    }

    /// The assignment, where `here` is the store in the path; `None` where a rule is broken, which
    /// goes to `invalid`.
    pub(super) fn assignment(&self, here: StoreId, invalid: &mut Invalid) -> Option<Assignment> {
        let grant = self.grant.grant(here, |property, rule| note(invalid, property, rule));
        Some(Assignment { holder: self.holder()?, grant: grant? })
    }

    fn holder(&self) -> Option<Holder> {
        let user = self.user_id.or_unset().map(Holder::User);
        let group = || self.group_id.or_unset().map(Holder::Group);
        let client = || self.client_id.or_unset().map(Holder::Client);
        user.or_else(group).or_else(client)
    }
}
