use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use domain::user::UserWithRelations;

use super::view;
use crate::caller::Call;
use crate::percent;
use crate::request::precondition;

/// Room for a user with a few relations, so that the buffer grows seldom.
const USUAL_BYTES: usize = 1536;

/// One user with its entity tag.
pub(super) fn one(status: StatusCode, user: &UserWithRelations) -> HttpResponse {
    finish(HttpResponse::build(status), user)
}

/// A user that was made, or found there, with the path at which it is.
pub(super) fn created(call: &Call, user: &UserWithRelations) -> HttpResponse {
    let store = percent::encode(call.parameter("userstore"));
    let path = format!("/api/userstore/v1/{store}/administration/User/{}", user.user.id);
    let mut answer = HttpResponse::Created();
    answer.insert_header((header::LOCATION, path));
    finish(answer, user)
}

fn finish(mut answer: HttpResponseBuilder, user: &UserWithRelations) -> HttpResponse {
    let mut body = Vec::with_capacity(USUAL_BYTES);
    view::write(user, &mut body);
    answer
        .content_type("application/json")
        .insert_header((header::ETAG, precondition::tag(user.user.version)))
        .body(body)
}
