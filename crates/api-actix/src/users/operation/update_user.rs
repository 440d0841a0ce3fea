use actix_web::{HttpResponse, get, post};
use domain::account::AccountEdit;
use domain::password::Password;
use domain::text::Folded;

use super::endpoint::{endpoints, request};
use super::read::{OWN, password, permitted, user_name, whole};
use super::refusals::AttemptRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::edit::{self, UserDetailsInput};
use crate::users::request::{Fields, Request};

request! {
    /// What is to be changed of a user.
    UpdateUser {
        /// The details: those that are absent stay as they are, an empty text clears. As JSON or JSV
        /// where they stand in a query or in a form.
        #[param(value_type = String)]
        user_details: UserDetailsInput,
        /// The present password: needed by users who change their own e-mail address.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        current_password: Option<String>,
    }
}

endpoints! {
    for caller: "/api/users/update/" => update_user, Writes, UpdateUser;
    get: update_user_get "UpdateUser_Get";
    post: update_user_post "UpdateUser_Post";
    document: {
        summary = "Changes details of a user.",
        description = "Users change names, e-mail address, time zone, formats and notifications of \
                       their own; holders of `UserManage` all details of everybody, but give no role, \
                       group or permission that reaches beyond what they hold themselves.",
    }
    responses: {
        (status = 204, description = "They are changed"),
        AttemptRefusals,
    }
}

/// What a request says.
struct Update {
    name: Folded,
    edit: AccountEdit,
    current_password: Option<Password>,
}

/// Changes details of a user.
pub(crate) async fn update_user(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let update = read(&mut request.fields);
    let Update { name, edit: wanted, current_password } =
        permitted(&request, &context, OWN, update).await?;
    let accounts = request.api.shared.accounts.clone();
    let work = async move {
        let updated = accounts.update(&context, name, wanted, current_password).await;
        updated.map_err(edit::placed)
    };
    undivided(work).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read(fields: &mut Fields) -> Result<Update, Problem> {
    let current_password = password(fields, "CurrentPassword");
    let Some(mut details) = edit::details(fields) else {
        return whole(fields, None);
    };
    let name = user_name(&mut details);
    let edit = edit::edit(&mut details);
    whole(fields, name.map(|name| Update { name, edit, current_password }))
}
