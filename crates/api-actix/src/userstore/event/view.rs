use domain::audit::log::Event;
use domain::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::userstore::shown;

/// That a record changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(super) struct EventView<'a> {
    /// Its leaf in the audit log: from 0 on, without a gap.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    leaf_index: u64,
    /// What kind of record changed.
    #[schema(example = "User")]
    area: &'a str,
    /// `Added`, `Modified` or `Deleted`.
    #[schema(example = "Added")]
    action: &'a str,
    /// Which one: an id, `ownerId/key` of a profile, `groupId/memberId` of a membership.
    primary_key: &'a str,
    /// When the change was made.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = String, format = DateTime)]
    timestamp: Instant,
}

impl<'a> From<&'a Event> for EventView<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            leaf_index: event.leaf,
            area: event.area.name(),
            action: event.action.name(),
            primary_key: &event.primary_key,
            timestamp: event.timestamp,
        }
    }
}

/// Writes an event as JSON.
pub(super) fn write(event: &Event, text: &mut Vec<u8>) {
    // Strings and numbers always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, &EventView::from(event));
}
