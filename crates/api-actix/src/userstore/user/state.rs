use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use bytes::Bytes;
use domain::error::{Invalid, Missing, UseCaseError};
use domain::id::UserId;
use domain::user::{User, UserWithRelations};
use domain::version::Precondition;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::view::UserView;
use super::{UserIdPath, users};
use crate::caller::Call;
use crate::openapi::refusals::PostRefusals;
use crate::problem::{Kind, Problem};
use crate::request::body::Body;
use crate::request::fields::Fields;
use crate::request::precondition;
use crate::request::query::{Query, parse_flag};
use crate::userstore::resource::answer::{Reply, once};
use crate::userstore::resource::{admitted, received};
use crate::userstore::{IdempotencyKeyHeader, IfMatch, StorePath};

/// Lets a user sign in, or refuses it. The state is told by one of the parameters, or by the body.
#[utoipa::path(
    operation_id = "SetUserState",
    tag = "User",
    params(StorePath, UserIdPath, StateQuery, IfMatch, IdempotencyKeyHeader),
    request_body(content = Option<StateRequest>, content_type = "application/json"),
    responses(
        (status = 200, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        PostRefusals,
    ),
)]
#[post("/administration/User/{userId}/state")]
pub(crate) async fn set_user_state(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let wish = admitted::<User, _>(&call, read(&call, body)).await?;
    let Wish { id, condition, active, sent } = wish;
    let users = users(&call);
    // The unit of work gives what every change of a user gives, and an idempotency key keeps that.
    once(
        &call,
        sent,
        |context| async move { users.set_active(&context, id, condition, active).await.map(Some) },
        |user: &Option<UserWithRelations>| match user {
            Some(user) => Reply::of::<User>(StatusCode::OK, user),
            None => Reply::empty(StatusCode::OK),
        },
    )
    .await
}

struct Wish {
    id: UserId,
    condition: Precondition,
    active: bool,
    sent: Bytes,
}

async fn read(call: &Call, body: Body) -> Result<Wish, Problem> {
    let query = call.query();
    query.refuse_all_but(&[FLAGS, &[STATE]].concat())?;
    let condition = precondition::if_match(call.headers())?;
    let id = call.parameter("userId").parse();
    let id = id.map_err(|_| UseCaseError::NotFound(Missing::User))?;
    let said = in_query(query)?;
    let limits = call.api.shared.limits;
    let sent = body.json_if_any(call.headers(), limits.body_bytes, limits.patience()).await?;
    let active = match (said, &sent) {
        (Some(active), _) => active,
        (None, Some(sent)) => in_body(received::one_value(call, sent)?)?,
        (None, None) => {
            let detail = "A parameter or the body says whether the user is active.";
            return Err(Problem::because(Kind::MalformedBody, detail));
        }
    };
    Ok(Wish { id, condition, active, sent: sent.unwrap_or_default() })
}

/// The parameters that say whether the user is active.
const FLAGS: &[&str] = &["isActive", "isUserActive", "active"];
/// The parameter that says it in a word.
const STATE: &str = "state";

/// What the parameters say; all that are given say the same.
fn in_query(query: &Query) -> Result<Option<bool>, Problem> {
    let mut said = query.parsed(STATE, parse_state)?;
    for name in FLAGS {
        let flag = query.parsed(name, parse_flag)?;
        if said.is_some() && flag.is_some() && said != flag {
            let rule = "must not differ from what another parameter says";
            return Err(Problem::invalid(Invalid::one(*name, rule)));
        }
        said = said.or(flag);
    }
    Ok(said)
}

fn parse_state(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "active" => Ok(true),
        "inactive" => Ok(false),
        _ => Err("must be Active or Inactive"),
    }
}

/// What the body says: a boolean, or an object with `isUserActive`.
fn in_body(json: Value) -> Result<bool, Problem> {
    let object = match json {
        Value::Bool(active) => return Ok(active),
        Value::Object(object) => object,
        _ => {
            let detail = "A state is true, false or an object with isUserActive.";
            return Err(Problem::because(Kind::MalformedBody, detail));
        }
    };
    let mut invalid = Invalid::default();
    let mut fields = Fields::of(object, &["isUserActive"], "", &mut invalid);
    let active = fields.flag("isUserActive");
    if active.is_unset() {
        fields.broken("isUserActive", "must be given");
    }
    invalid.or(active.or(false)).map_err(Problem::invalid)
}

/// The state to set; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; `in_query` reads it")]
struct StateQuery {
    /// Whether the user may sign in.
    #[param(nullable = false)]
    is_active: Option<bool>,
    /// The same.
    #[param(nullable = false)]
    is_user_active: Option<bool>,
    /// The same.
    #[param(nullable = false)]
    active: Option<bool>,
    /// The same: `Active` or `Inactive`.
    #[param(nullable = false, example = "Inactive")]
    state: Option<String>,
}

/// The state to set, where no parameter says it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = UserState)]
#[expect(dead_code, reason = "describes what `in_body` reads")]
enum StateRequest {
    /// Whether the user may sign in.
    #[schema(title = "Flag")]
    Flag(bool),
    /// The same in an object.
    #[schema(title = "Object")]
    Object(StateObject),
}

/// The state to set.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserStateObject)]
struct StateObject {
    /// Whether the user may sign in.
    is_user_active: bool,
}
