//! How values look in JSON: what has a text form is written straight into the answer.

use std::fmt::Display;

use actix_web::HttpResponse;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use domain::synchronize::Synchronized;
use domain::time::Instant;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// The text form.
pub(super) fn text<T: Display, S: Serializer>(value: &T, writer: S) -> Result<S::Ok, S::Error> {
    writer.collect_str(value)
}

/// The text form, or null.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
pub(super) fn optional<T: Display, S: Serializer>(
    value: &Option<T>,
    writer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => writer.collect_str(value),
        None => writer.serialize_none(),
    }
}

/// Bytes that are shown in base64.
pub(super) struct Base64<'a>(pub(super) &'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

/// What a pass over all records of a kind found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Synchronization)]
pub(super) struct SynchronizedView {
    /// Records that were passed on.
    #[schema(minimum = 0)]
    synchronized: u64,
    /// Records that could not be.
    #[schema(minimum = 0)]
    failed: u64,
    /// When the pass began.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, format = DateTime)]
    started_at: Instant,
    /// When it ended.
    #[serde(serialize_with = "text")]
    #[schema(value_type = String, format = DateTime)]
    finished_at: Instant,
}

/// The answer that tells of a pass.
pub(super) fn synchronized(pass: Synchronized) -> HttpResponse {
    let Synchronized { synchronized, failed, started, finished } = pass;
    let view =
        SynchronizedView { synchronized, failed, started_at: started, finished_at: finished };
    HttpResponse::Ok().json(view)
}
