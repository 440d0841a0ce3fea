use domain::access::Grant;
use domain::client::{ClientName, NewClient};
use domain::error::Invalid;
use domain::id::StoreId;
use domain::time::Instant;
use serde_json::Value;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};
use crate::request::fields::{Field, Fields, note};
use crate::userstore::grant::{self, GrantRequest};

/// An API client to make. Unknown properties are ignored.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = ClientInput)]
pub(super) struct ClientRequest {
    /// What it is to be called; unique in the store ignoring case.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    name: Field<ClientName>,
    /// What it may do, and where.
    #[schema(value_type = Vec<GrantRequest>, min_items = 1)]
    roles: Vec<Option<GrantRequest>>,
    /// From when on its key is refused: in the future. Never without it.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Field<Instant>,
}

impl ClientRequest {
    /// The client that `json` is; broken rules go to `invalid`.
    ///
    /// # Errors
    /// It is no object.
    pub(super) fn of(json: Value, invalid: &mut Invalid) -> Result<Self, Problem> {
        let Value::Object(object) = json else {
            return Err(Problem::because(Kind::MalformedBody, "A client is a JSON object."));
        };
        let mut fields = Fields::of(object, &["name", "roles", "expires"], "", invalid);
        let name = fields.text("name", ClientName::parse);
        if name.is_unset() {
            fields.broken("name", "must be given");
        }
        let expires = fields.text("expires", |text| text.parse::<Instant>());
        let roles = fields.list("roles");
        if roles.is_unset() || roles.value().is_some_and(Vec::is_empty) {
            fields.broken("roles", "must name at least one role");
        }
        let roles = roles.or(Vec::new()).into_iter().enumerate();
        let roles = roles.map(|(index, json)| read_role(index, json, invalid)).collect();
        Ok(Self { name, roles, expires })
    }

    /// What it makes, where `here` is the store in the path; `None` where a rule is broken, which
    /// goes to `invalid`.
    pub(super) fn create(&self, here: StoreId, invalid: &mut Invalid) -> Option<NewClient> {
        let mut grants = Vec::with_capacity(self.roles.len());
        for (index, role) in self.roles.iter().enumerate() {
            let grant = role.as_ref().and_then(|role| granted(index, role, here, invalid));
            grants.extend(grant);
        }
        Some(NewClient { name: self.name.or_unset()?, grants, expires: self.expires.or_unset() })
    }
}

fn read_role(index: usize, json: Value, invalid: &mut Invalid) -> Option<GrantRequest> {
    let Value::Object(object) = json else {
        note(invalid, format!("roles[{index}]"), "must be an object with a role");
        return None;
    };
    let mut fields = Fields::of(object, &grant::NAMES, format!("roles[{index}]."), invalid);
    Some(GrantRequest::of(&mut fields))
}

fn granted(
    index: usize,
    role: &GrantRequest,
    here: StoreId,
    invalid: &mut Invalid,
) -> Option<Grant> {
    role.grant(here, |property, rule| note(invalid, format!("roles[{index}].{property}"), rule))
}
