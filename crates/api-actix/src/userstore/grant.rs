//! Roles and where they are held, as clients send and see them; and who may give them.

use std::future::Future;

use domain::access::{Grant, GrantError, Reach, RoleName};
use domain::error::UseCaseError;
use domain::id::StoreId;
use domain::store::StoreRef;
use domain::version::Precondition;
use serde::Serialize;
use utoipa::ToSchema;

use super::shown;
use crate::caller::Call;
use crate::problem::Problem;
use crate::request::fields::{Field, Fields};
use crate::request::precondition;

/// What `reading` makes of a request. When it cannot be read, who may not manage here hears that
/// instead: what is wrong with the request is for those who may make it.
///
/// # Errors
/// What the gate or `reading` refuses.
pub(super) async fn administrated<T>(
    call: &Call,
    reading: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    match reading.await {
        Ok(read) => Ok(read),
        Err(problem) => {
            call.api.shared.stores.find(&call.context).await?;
            Err(problem)
        }
    }
}

/// Refuses `If-Match`: neither roles nor clients have an entity tag that it could match.
///
/// # Errors
/// The header is given.
pub(super) fn refuse_condition(call: &Call) -> Result<(), Problem> {
    if precondition::if_match(call.headers())? == Precondition::None {
        return Ok(());
    }
    Err(Problem::stale(None))
}

/// The id of the store in the path.
///
/// # Errors
/// What the gate refuses.
pub(super) async fn here(call: &Call) -> Result<StoreId, UseCaseError> {
    match call.context.store {
        StoreRef::Id(id) => Ok(id),
        StoreRef::Name(_) => Ok(call.api.shared.stores.find(&call.context).await?.id),
    }
}

/// A role that a client holds, and where.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Grant)]
pub(super) struct GrantView<'a> {
    /// The role.
    role: &'a str,
    /// The store in which it is held; null where it is held in every store.
    #[serde(serialize_with = "shown::optional")]
    #[schema(required, value_type = Option<Uuid>)]
    store_id: Option<StoreId>,
}

impl<'a> From<&'a Grant> for GrantView<'a> {
    fn from(grant: &'a Grant) -> Self {
        Self { role: grant.role().as_str(), store_id: store(grant.reach()) }
    }
}

/// The store that a reach is; `None` for every store.
pub(super) fn store(reach: Reach) -> Option<StoreId> {
    match reach {
        Reach::Everywhere => None,
        Reach::Store(store) => Some(store),
    }
}

/// A role and where it is held, as a client sends it.
#[derive(Clone, Debug, ToSchema)]
#[schema(as = GrantInput, rename_all = "camelCase")]
pub(super) struct GrantRequest {
    /// The name of the role, ignoring case.
    #[schema(value_type = String, min_length = 1, max_length = 64)]
    role: Field<RoleName>,
    /// The store in which it is held: the one in the path where it is absent, and every store where
    /// it is null. `SystemAdmin` is always held in every store.
    #[schema(value_type = Option<Uuid>)]
    store_id: Field<StoreId>,
}

/// The properties of a grant.
pub(super) const NAMES: [&str; 2] = ["role", "storeId"];

impl GrantRequest {
    /// Takes the properties of a grant out of `fields`, and notes the broken rules there.
    pub(super) fn of(fields: &mut Fields<'_>) -> Self {
        let role = fields.text("role", |text| RoleName::parse(&text));
        if role.is_unset() {
            fields.broken("role", "must be given");
        }
        Self { role, store_id: fields.id("storeId") }
    }

    /// The grant, where `here` is the store in the path; `None` where a rule is broken, which
    /// `broken` is told with the property.
    pub(super) fn grant(
        &self,
        here: StoreId,
        broken: impl FnOnce(&'static str, String),
    ) -> Option<Grant> {
        let store = match &self.store_id {
            Field::Absent => Where::Unsaid,
            Field::Null => Where::Said(Reach::Everywhere),
            Field::Value(store) => Where::Said(Reach::Store(*store)),
            Field::Wrong => return None,
        };
        grant(self.role.or_unset()?, store, here).map_err(|rule| broken("storeId", rule)).ok()
    }
}

/// Where a role is said to be held.
#[derive(Clone, Copy, Debug)]
pub(super) enum Where {
    /// Nothing is said.
    Unsaid,
    /// There.
    Said(Reach),
}

/// The role, held where it is said to be; else where it usually is, `here` being the store in the
/// path. The error is the rule that is broken.
pub(super) fn grant(role: RoleName, said: Where, here: StoreId) -> Result<Grant, String> {
    let reach = match said {
        Where::Said(reach) => reach,
        Where::Unsaid if role == RoleName::SYSTEM_ADMIN => Reach::Everywhere,
        Where::Unsaid => Reach::Store(here),
    };
    Grant::new(role, reach).map_err(|error| match error {
        GrantError::SystemAdminInOneStore => {
            "must be null or absent: SystemAdmin is held in every store".to_owned()
        }
        GrantError::StoreRoleEverywhere(role) => {
            format!("must name a store: {role} is held in one")
        }
    })
}
