//! The change feed: `…/administration/Event`.

mod view;

use std::time::Duration;

use actix_web::{HttpResponse, get};
use utoipa::IntoParams;

use self::view::EventView;
use super::StorePath;
use super::audit::MOST_LEAVES;
use crate::caller::Call;
use crate::openapi::ServiceConfig;
use crate::openapi::refusals::FeedRefusals;
use crate::problem::Problem;
use crate::request::query::parse_number;
use crate::stream;

/// The longest wait, in seconds.
const LONGEST_WAIT: u64 = 20;
/// How many events are answered where nothing else is said.
const USUAL_LIMIT: u32 = 1000;

/// Registers the operation on events.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(get_events);
}

/// What changed behind a leaf of the audit log, in order of leaves: without a gap, and each event once
/// for whoever goes on behind the last `leafIndex` that they have seen. It tells that something
/// changed and not what.
#[utoipa::path(
    operation_id = "GetEvents",
    tags = ["Event", "Extension"],
    params(StorePath, EventQuery),
    responses(
        (status = 200, description = "The events; none when nothing changed", body = Vec<EventView>),
        FeedRefusals,
    ),
)]
#[get("/administration/Event")]
pub(crate) async fn get_events(call: Call) -> Result<HttpResponse, Problem> {
    let Wanted { after, limit, wait } = read(&call)?;
    let shared = &call.api.shared;
    let look = async || shared.log.events(&call.context, after, limit).await;
    let events = shared.waiting.find(wait, look).await?;
    let mut answer = HttpResponse::Ok();
    Ok(answer.content_type("application/json").body(stream::array(&events, view::write)))
}

/// Which events are asked for.
struct Wanted {
    after: Option<u64>,
    limit: u32,
    wait: Duration,
}

fn read(call: &Call) -> Result<Wanted, Problem> {
    let most = call.api.shared.limits.page_items;
    let mut parameters = call.query().reading();
    let after = parameters.read("after", |text| parse_number(text, 0..=MOST_LEAVES));
    let limit = parameters.read("limit", |text| parse_number(text, 1..=most));
    let wait = parameters.read("wait", |text| parse_number(text, 0..=LONGEST_WAIT));
    let limit = limit.unwrap_or(USUAL_LIMIT.min(most));
    parameters.or(Wanted { after, limit, wait: Duration::from_secs(wait.unwrap_or(0)) })
}

/// Which events to answer; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `read` reads it")]
struct EventQuery {
    /// The last `leafIndex` that was seen; from the first leaf on without it.
    #[param(nullable = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Option<u64>,
    /// Answer at most so many. How many it may be is a setting of the server, 1000 where nothing else
    /// is set.
    #[param(nullable = false, minimum = 1)]
    limit: Option<u32>,
    /// Where there is none: wait so many seconds for one. At once without it.
    #[param(nullable = false, minimum = 0, maximum = 20)]
    wait: Option<u64>,
}
