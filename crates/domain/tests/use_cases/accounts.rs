//! Accounts: users as the users API makes, changes, resets and removes them.

mod adding;
mod ending;
mod listing;
mod managing;
mod own;
mod rights;

use domain::access::{Assignment, Context, Due, Grant, Holder, Reach, RoleName};
use domain::account::{Account, AccountEdit, NewAccount};
use domain::attribute::AttributeValue;
use domain::audit::{Action, Area, Entry};
use domain::error::UseCaseError;
use domain::group::{Group, GroupName};
use domain::id::UserId;
use domain::store::Store;
use domain::text::Folded;
use domain::user::{EmailAddress, LoginName, PersonName};
use testkit::World;
use testkit::builders::a_caller;

use crate::{make_group, trail};

fn value(text: &str) -> AttributeValue {
    AttributeValue::parse(text).expect("a value")
}

fn person(text: &str) -> PersonName {
    PersonName::parse(text).expect("a name")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn groups(names: &[&str]) -> Vec<GroupName> {
    names.iter().map(|name| GroupName::parse(*name).expect("a name")).collect()
}

fn role(name: &str) -> RoleName {
    RoleName::parse(name).expect("a name")
}

/// An account of which nothing is said but the name.
fn new(name: &str) -> NewAccount {
    let login_name = LoginName::parse(name).expect("a name");
    NewAccount { login_name, edit: AccountEdit::default(), password: None, skip_check: false }
}

/// The account, as an administrator sees it.
async fn account(world: &World, store: &Store, name: &str) -> Account {
    let found = world.accounts().find(&world.as_admin_in(store), Folded::of(name)).await;
    found.expect("the account")
}

async fn update(
    world: &World,
    context: &Context,
    name: &str,
    edit: AccountEdit,
) -> Result<(), UseCaseError> {
    world.accounts().update(context, Folded::of(name), edit, None).await
}

/// A user who has signed in and holds `role` here, in the database too.
async fn a_session(world: &World, store: &Store, user: UserId, role: RoleName) -> Context {
    let grant = Grant::new(role.clone(), Reach::Store(store.id)).expect("a role of a store");
    give(world, store, Holder::User(user), grant).await;
    a_caller().signed_in(store.id, user, Due::Nothing).holding(role, store.id).acting_in(store.id)
}

async fn give(world: &World, store: &Store, holder: Holder, grant: Grant) {
    let assignment = Assignment { holder, grant };
    world.roles().assign(&world.as_admin_in(store), assignment).await.expect("is given");
}

/// A group that makes its members `SystemAdmin`.
async fn make_admins(world: &World, store: &Store) -> Group {
    let admins = make_group(world, store, "admins").await;
    give(world, store, Holder::Group(admins.id), Grant::system_admin()).await;
    admins
}

/// What the entries since `before` are of.
async fn told_since(world: &World, store: &Store, before: usize) -> Vec<(Area, Action)> {
    let entries = trail(world, store).await.split_off(before);
    entries.iter().map(|entry| (entry.area, entry.action)).collect()
}

/// What an entry says that its record is now.
fn current(entry: &Entry) -> &str {
    let opened = entry.current.as_ref().and_then(|current| current.opened.as_ref());
    &opened.expect("content").content
}

/// The properties that the refusal names.
fn broken<T: std::fmt::Debug>(answer: Result<T, UseCaseError>) -> Vec<String> {
    let Err(UseCaseError::Invalid(invalid)) = answer else { panic!("{answer:?}") };
    invalid.fields.into_iter().map(|field| field.property).collect()
}
