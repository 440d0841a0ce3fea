use actix_web::{HttpResponse, get, post};
use domain::access::Permission;
use domain::account::NewAccount;
use domain::user::LoginName;

use super::endpoint::{endpoints, request};
use super::read::{password, permitted, required, whole};
use super::refusals::AddRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::edit::{self, UserDetailsInput};
use crate::users::request::{Fields, Request};
use crate::users::view::UserDetails;

request! {
    /// A user to be made.
    AddUser {
        /// The details; as JSON or JSV where they stand in a query or in a form.
        #[param(value_type = String)]
        user_details: UserDetailsInput,
        /// The first password. Without it one is generated, which the user has to replace in time.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        password: Option<String>,
        /// Whether the password may break the policy of the store.
        #[param(nullable = false)]
        skip_check: Option<bool>,
    }
}

endpoints! {
    for caller: "/api/users/add/" => add_user, Writes, AddUser;
    get: add_user_get "AddUser_Get";
    post: add_user_post "AddUser_Post";
    document: {
        summary = "Makes a user.",
        description = "For holders of `UserManage`.",
    }
    responses: {
        (status = 200, description = "The user, and the password if it was generated", body = UserDetails),
        AddRefusals,
    }
}

/// Makes a user.
pub(crate) async fn add_user(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let new = read(&mut request.fields);
    let new = permitted(&request, &context, Permission::UserManage, new).await?;
    let accounts = request.api.shared.accounts.clone();
    let work = async move { accounts.add(&context, new).await.map_err(edit::placed) };
    let added = undivided(work).await?;
    Ok(HttpResponse::Ok().json(UserDetails::from(&added)))
}

fn read(fields: &mut Fields) -> Result<NewAccount, Problem> {
    let password = password(fields, "Password");
    let skip_check = fields.flag("SkipCheck").unwrap_or_default();
    let Some(mut details) = edit::details(fields) else {
        return whole(fields, None);
    };
    let login_name = login_name(&mut details);
    let edit = edit::edit(&mut details);
    let new = login_name.map(|login_name| NewAccount { login_name, edit, password, skip_check });
    whole(fields, new)
}

fn login_name(details: &mut Fields) -> Option<LoginName> {
    const NAME: &str = "UserName";
    let name = required(details, NAME)?;
    let parsed = LoginName::parse(name.as_str());
    parsed.map_err(|rule| details.refuse(NAME, rule.to_string())).ok()
}
