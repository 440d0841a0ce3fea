//! Who may do what: permissions, roles, callers, and the one gate that enforces them.

mod caller;
mod gate;
mod permission;
mod role;

pub use caller::{Caller, Principal};
pub use gate::{Context, Gate, Ports, Room, SystemRoom};
pub use permission::{Permission, PermissionSet};
pub use role::{Grant, GrantError, Reach, Role, UnknownRole, may_act_on, may_grant};
