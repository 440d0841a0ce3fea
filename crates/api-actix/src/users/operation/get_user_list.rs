use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, get, post};
use domain::access::{Context, Permission};
use domain::account::{Account, AccountService};
use domain::error::UseCaseError;
use domain::id::UserId;
use domain::page::Place;

use super::endpoint::{endpoints, request};
use super::read::{permitted, whole};
use super::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::stream::{self, Array, Pages, Source, Written};
use crate::users::csv;
use crate::users::request::{Fields, Request};
use crate::users::view::UserDetails;

request! {
    /// All users.
    GetUserList {
        /// `json` or `csv`: answers a file to be kept. In the latter an apostrophe stands before what a
        /// spreadsheet would take for a formula.
        #[schema(nullable = false, example = "csv")]
        #[param(nullable = false, example = "csv")]
        export_format: Option<String>,
    }
}

endpoints! {
    for caller: "/api/users/" => get_user_list, Reads, GetUserList;
    get: get_user_list_get "GetUserList_Get";
    post: get_user_list_post "GetUserList_Post";
    document: {
        summary = "Lists all users, in order of their names.",
        description = "For holders of `UserManage`. The answer comes as a stream.",
    }
    responses: {
        (status = 200, description = "The users", content(
            (Vec<UserDetails> = "application/json"),
            (String = "text/csv"),
        )),
        ReadRefusals,
    }
}

/// A file to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Export {
    Json,
    Csv,
}

/// Lists all users.
pub(crate) async fn get_user_list(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let export = read(&mut request.fields);
    let export = permitted(&request, &context, Permission::UserManage, export).await?;
    let shared = &request.api.shared;
    let most = shared.limits.stream_items;
    let accounts = Accounts::new(shared.accounts.clone(), context);
    let answer = HttpResponse::Ok();
    match export {
        None => stream::answer(answer, Array::new(accounts, most)).await,
        Some(Export::Json) => {
            let answer = stream::answer(answer, Array::new(accounts, most)).await?;
            Ok(kept(answer, "attachment; filename=\"users.json\""))
        }
        Some(Export::Csv) => {
            let table = Table { accounts, most, begun: false };
            let mut answer = stream::answer(answer, table).await?;
            let csv = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
            answer.headers_mut().insert(header::CONTENT_TYPE, csv);
            Ok(kept(answer, "attachment; filename=\"users.csv\""))
        }
    }
}

fn read(fields: &mut Fields) -> Result<Option<Export>, Problem> {
    const NAME: &str = "ExportFormat";
    let format = fields.text(NAME).filter(|format| !format.is_empty());
    let export = match format.map(|format| format.to_ascii_lowercase()).as_deref() {
        None => None,
        Some("json") => Some(Export::Json),
        Some("csv") => Some(Export::Csv),
        Some(_) => {
            fields.refuse(NAME, "must be json or csv");
            None
        }
    };
    whole(fields, Some(export))
}

/// The answer as a file of that name.
fn kept(mut answer: HttpResponse, disposition: &'static str) -> HttpResponse {
    let disposition = HeaderValue::from_static(disposition);
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    answer
}

/// All accounts, page by page.
struct Accounts {
    service: AccountService,
    context: Context,
    /// Behind whom the next page begins.
    after: Option<Place<UserId>>,
    /// Whether there is no next page.
    ended: bool,
}

impl Accounts {
    fn new(service: AccountService, context: Context) -> Self {
        Self { service, context, after: None, ended: false }
    }
}

impl Pages for Accounts {
    type Item = Account;

    async fn turn(&mut self, size: u32) -> Result<Option<Vec<Account>>, UseCaseError> {
        if self.ended {
            return Ok(None);
        }
        let page = self.service.page(&self.context, self.after.take(), size).await?;
        self.ended = page.next.is_none();
        self.after = page.next;
        Ok(Some(page.items))
    }

    async fn write(
        &mut self,
        account: &mut Account,
        text: &mut Vec<u8>,
    ) -> Result<Written, UseCaseError> {
        // Texts, numbers and lists of them always serialize, and a `Vec` always takes them.
        let _ = serde_json::to_writer(text, &UserDetails::from(&*account));
        Ok(Written::Whole)
    }
}

/// All accounts as CSV: the names of the columns, and then page by page.
struct Table {
    accounts: Accounts,
    /// Rows of a page.
    most: u32,
    begun: bool,
}

impl Source for Table {
    async fn write(&mut self, text: &mut Vec<u8>) -> Result<Written, UseCaseError> {
        if !self.begun {
            self.begun = true;
            csv::write_head(text);
        }
        for account in self.accounts.turn(self.most).await?.unwrap_or_default() {
            csv::write(&account, text);
        }
        Ok(if self.accounts.ended { Written::Whole } else { Written::Part })
    }
}
