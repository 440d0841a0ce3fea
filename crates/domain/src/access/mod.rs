//! Who may do what: permissions, roles, callers, and the one gate that enforces them.

mod assignment;
mod authority;
mod caller;
mod gate;
pub(crate) mod limits;
mod needs;
mod permission;
mod removal;
mod repository;
mod role;
mod role_book;
mod room;
mod rules;
mod service;

pub use assignment::{Assignment, AssignmentFilter, Holder};
pub use authority::Authority;
pub use caller::{Caller, Due, Principal, SignedIn};
pub use gate::{Context, Gate, Ports};
pub(crate) use limits::{Held, keep_an_administrator, refuse_upward};
pub use needs::Needs;
pub use permission::{Permission, PermissionSet, UnknownPermission};
pub(crate) use removal::remove_roles;
pub use repository::{Administrators, RoleRepository};
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockAdministrators, MockRoleRepository};
pub use role::{Grant, GrantError, Reach, RoleName, RoleNameError};
pub use role_book::{Role, RoleBook, RoleBookError};
pub use room::{Room, SystemRoom};
pub use rules::Rules;
pub use service::RoleService;
