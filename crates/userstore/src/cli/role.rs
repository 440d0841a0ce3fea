use clap::{Args, Subcommand};
use domain::access::RoleName;
use domain::group::GroupName;
use domain::id::{ClientId, GroupId, UserId};
use domain::store::StoreRef;
use domain::user::LoginName;

use super::{GrantArgument, InStore, Place};

/// What to do with roles.
#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// List the roles that can be given, with what each gives
    List,
    /// Give a role to somebody of a store
    #[command(mut_group("holder", |group| group.required(true)))]
    Assign(AssignmentArguments),
    /// Take a role from somebody of a store
    #[command(mut_group("holder", |group| group.required(true)))]
    Revoke(AssignmentArguments),
    /// List who of a store holds which role
    Assignments(WhichAssignments),
}

/// Who is to hold a role, which one, and where.
#[derive(Debug, Args)]
pub(crate) struct AssignmentArguments {
    #[command(flatten)]
    pub(crate) place: InStore,
    #[command(flatten)]
    pub(crate) holder: HolderArguments,
    /// Which role, as `role list` prints it
    #[arg(long, value_parser = RoleName::parse)]
    role: RoleName,
    #[command(flatten)]
    reach: ReachArguments,
}

/// Where a role is held.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct ReachArguments {
    #[arg(long, help = "In every store; SystemAdmin is held so without saying")]
    everywhere: bool,
    /// In this store; without it, in the one of --store
    #[arg(long, value_name = "STORE", value_parser = StoreRef::parse)]
    reach: Option<StoreRef>,
}

impl AssignmentArguments {
    /// Which role, and where.
    pub(crate) fn grant(&self) -> GrantArgument {
        let place = match &self.reach {
            ReachArguments { everywhere: true, .. } => Place::Everywhere,
            ReachArguments { reach: Some(store), .. } => Place::In(store.clone()),
            ReachArguments { .. } => Place::Unsaid,
        };
        GrantArgument { role: self.role.clone(), place }
    }
}

/// Which assignments are listed.
#[derive(Debug, Args)]
pub(crate) struct WhichAssignments {
    #[command(flatten)]
    pub(crate) place: InStore,
    #[command(flatten)]
    pub(crate) holder: HolderArguments,
    /// Only those of this role
    #[arg(long, value_parser = RoleName::parse)]
    pub(crate) role: Option<RoleName>,
}

/// Names one holder, or none.
#[derive(Debug, Args)]
#[group(id = "holder", multiple = false)]
pub(crate) struct HolderArguments {
    /// The user of this id
    #[arg(long, value_name = "ID")]
    user: Option<UserId>,
    /// The user of this login name
    #[arg(long, value_name = "NAME", value_parser = |text: &str| LoginName::parse(text))]
    login_name: Option<LoginName>,
    /// The group of this id, and so everybody in it
    #[arg(long, value_name = "ID")]
    group: Option<GroupId>,
    /// The group of this name
    #[arg(long, value_name = "NAME", value_parser = |text: &str| GroupName::parse(text))]
    group_name: Option<GroupName>,
    /// The API client of this id
    #[arg(long, value_name = "ID")]
    client: Option<ClientId>,
}

/// How the command line names a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HolderName {
    /// A user by id.
    User(UserId),
    /// A user by login name.
    LoginName(LoginName),
    /// A group by id.
    Group(GroupId),
    /// A group by name.
    GroupName(GroupName),
    /// An API client by id.
    Client(ClientId),
}

impl HolderArguments {
    /// The holder, when one is named.
    pub(crate) fn name(self) -> Option<HolderName> {
        let Self { user, login_name, group, group_name, client } = self;
        let user = user.map(HolderName::User).or(login_name.map(HolderName::LoginName));
        let group = group.map(HolderName::Group).or(group_name.map(HolderName::GroupName));
        user.or(group).or(client.map(HolderName::Client))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn assign(arguments: &[&str]) -> Result<AssignmentArguments, clap::Error> {
        let all = ["userstore", "role", "assign"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Command::Role(RoleCommand::Assign(arguments)) => Ok(arguments),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn exactly_one_holder_is_named() {
        let ada = LoginName::parse("ada").unwrap();
        let said = assign(&["--login-name", "ada", "--role", "UserManager"]).unwrap();
        assert_eq!(said.holder.name(), Some(HolderName::LoginName(ada)));
        assert!(assign(&["--role", "UserManager"]).is_err());
        let two = ["--login-name", "ada", "--group-name", "staff", "--role", "UserManager"];
        assert!(assign(&two).is_err());
    }

    #[test]
    fn a_role_is_held_in_one_place() {
        let place = |arguments: &[&str]| {
            let role = ["--login-name", "ada", "--role", "AuditTrailReader"];
            assign(&[&role, arguments].concat()).map(|said| said.grant().place)
        };
        let shop = StoreRef::parse("shop").unwrap();
        assert_eq!(place(&[]).unwrap(), Place::Unsaid);
        assert_eq!(place(&["--everywhere"]).unwrap(), Place::Everywhere);
        assert_eq!(place(&["--reach", "shop"]).unwrap(), Place::In(shop));
        assert!(place(&["--everywhere", "--reach", "shop"]).is_err());
    }

    #[test]
    fn a_list_needs_no_holder() {
        let all = ["userstore", "role", "assignments"];
        let parsed = Cli::try_parse_from(all).unwrap();
        let Command::Role(RoleCommand::Assignments(which)) = parsed.command else {
            panic!("{parsed:?}")
        };
        assert_eq!((which.holder.name(), which.role), (None, None));
    }
}
