//! `userstore role list|assign|revoke|assignments`

use std::io;

use domain::access::{
    Assignment, AssignmentFilter, Context, Gate, Holder, Permission, Role, RoleService, Room,
};
use domain::error::{Missing, UseCaseError};
use domain::unit_of_work::Unique;

use super::grant::{StoreNames, id_of, meant};
use super::{at_the_gate, in_store, printed};
use crate::cli::{AssignmentArguments, HolderName, RoleCommand, WhichAssignments};
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::table;

/// Assignments that are read at once.
const PAGE: u32 = 500;

pub(super) fn run(configuration: &Configuration, command: RoleCommand) -> Result<(), Failure> {
    match command {
        RoleCommand::List => list(configuration),
        RoleCommand::Assign(arguments) => {
            at_the_gate(configuration, async |gate| assign(&gate, arguments).await)
        }
        RoleCommand::Revoke(arguments) => {
            at_the_gate(configuration, async |gate| revoke(&gate, arguments).await)
        }
        RoleCommand::Assignments(which) => {
            at_the_gate(configuration, async |gate| assignments(&gate, which).await)
        }
    }
}

/// Prints the roles of the configuration, with what each gives.
fn list(configuration: &Configuration) -> Result<(), Failure> {
    let row = |role: &Role| {
        let permissions: Vec<_> = role.permissions.iter().map(|it| it.to_string()).collect();
        [role.name.to_string(), permissions.join(",")]
    };
    let rows: Vec<_> = configuration.rules.roles.roles().iter().map(row).collect();
    printed(table::write(&mut io::stdout().lock(), ["ROLE", "PERMISSIONS"], &rows))
}

async fn assign(gate: &Gate, arguments: AssignmentArguments) -> Result<(), Failure> {
    let (context, assignment) = named(gate, arguments).await?;
    let done = RoleService::new(gate.clone()).assign(&context, assignment).await;
    done.map(drop).map_err(refusal)
}

async fn revoke(gate: &Gate, arguments: AssignmentArguments) -> Result<(), Failure> {
    let (context, assignment) = named(gate, arguments).await?;
    RoleService::new(gate.clone()).revoke(&context, assignment).await.map_err(refusal)
}

/// Who is to hold what, and in which store.
async fn named(
    gate: &Gate,
    arguments: AssignmentArguments,
) -> Result<(Context, Assignment), Failure> {
    let argument = arguments.grant();
    let own = id_of(gate, &arguments.place.store).await?;
    let context = in_store(arguments.place.store);
    let Some(name) = arguments.holder.name() else {
        return Err(Failure::Argument("no holder is named".into()));
    };
    let holder = holder(gate, &context, name).await?;
    let grant = meant(gate, &argument, own).await?;
    Ok((context, Assignment { holder, grant }))
}

async fn holder(gate: &Gate, context: &Context, name: HolderName) -> Result<Holder, Failure> {
    let needs = Permission::SystemManage;
    let found = gate.point(context, needs, move |room| found(room, &name)).await;
    found.map_err(refusal)
}

/// The holder of that name. That one named by id is there is found out when it is locked.
fn found(room: &mut Room<'_>, name: &HolderName) -> Result<Holder, UseCaseError> {
    let mut here = room.here();
    match name {
        HolderName::User(id) => Ok(Holder::User(*id)),
        HolderName::Group(id) => Ok(Holder::Group(*id)),
        HolderName::Client(id) => Ok(Holder::Client(*id)),
        HolderName::LoginName(name) => {
            let user = here.users().find_by_login_name(&name.folded())?;
            let user = user.ok_or(UseCaseError::NotFound(Missing::User))?;
            Ok(Holder::User(user.id))
        }
        HolderName::GroupName(name) => {
            let group = here.groups().find_by_names(&[name.folded()])?.pop();
            let group = group.ok_or(UseCaseError::NotFound(Missing::Group))?;
            Ok(Holder::Group(group.id))
        }
    }
}

async fn assignments(gate: &Gate, which: WhichAssignments) -> Result<(), Failure> {
    let context = in_store(which.place.store);
    let holder = match which.holder.name() {
        Some(name) => Some(holder(gate, &context, name).await?),
        None => None,
    };
    let roles = RoleService::new(gate.clone());
    let filter = AssignmentFilter { holder, role: which.role, reach: None };
    let stores = StoreNames::read(gate).await?;
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = roles.page(&context, filter.clone(), after, PAGE).await?;
        rows.extend(page.items.iter().map(|assignment| row(assignment, &stores)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let header = ["HOLDER", "ID", "ROLE", "STORE"];
    printed(table::write(&mut io::stdout().lock(), header, &rows))
}

fn row(Assignment { holder, grant }: &Assignment, stores: &StoreNames) -> [String; 4] {
    let kind = match holder {
        Holder::User(_) => "user",
        Holder::Group(_) => "group",
        Holder::Client(_) => "client",
    };
    let (role, place) = (grant.role().to_string(), stores.place(grant.reach()));
    [kind.into(), holder.to_string(), role, place]
}

/// What is refused, in the words of this command.
fn refusal(error: UseCaseError) -> Failure {
    let sentence = match error {
        UseCaseError::NotFound(Missing::User) => "the store has no such user",
        UseCaseError::NotFound(Missing::Group) => "the store has no such group",
        UseCaseError::NotFound(Missing::Role) => "they do not hold this role there themselves",
        UseCaseError::Duplicate(Unique::Role) => "they hold this role there already",
        other => return other.into(),
    };
    Failure::Argument(sentence.into())
}
