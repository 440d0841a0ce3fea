//! What every list and batch costs, so that a change of it is seen.

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Statements of one operation, those that open and close transactions included, but not the one
/// that authenticates.
pub(crate) struct Cost {
    /// As the document names it.
    pub(crate) operation: &'static str,
    sqlite: [u64; 3],
    postgres: [u64; 3],
}

impl Cost {
    /// For so many records.
    pub(crate) fn of(&self, engine: Engine, count: usize) -> u64 {
        let costs = match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        };
        costs[count.div_ceil(500) - 1]
    }
}

/// For one chunk of records, for two and for three, on SQLite and on PostgreSQL. A list has pages
/// of up to 1 000 records, which are two chunks; an owner has up to 1 000 attributes.
macro_rules! costs {
    ($($operation:ident $sqlite:expr, $postgres:expr;)+) => {
        /// Every list and every batch.
        pub(crate) const COSTS: &[Cost] = &[$(Cost {
            operation: stringify!($operation),
            sqlite: $sqlite,
            postgres: $postgres,
        }),+];
    };
}

costs! {
    GetStores [0, 0, 0], [0, 0, 0];
    GetClients [0, 0, 0], [0, 0, 0];
    GetRoleAssignments [0, 0, 0], [0, 0, 0];
    GetAuditTrails [0, 0, 0], [0, 0, 0];
    GetUsers [0, 0, 0], [0, 0, 0];
    CreateUsers [0, 0, 0], [0, 0, 0];
    UpdateUsers [0, 0, 0], [0, 0, 0];
    PatchUsers [0, 0, 0], [0, 0, 0];
    CreateOrUpdateUsers [0, 0, 0], [0, 0, 0];
    DeleteUsers [0, 0, 0], [0, 0, 0];
    DeleteUsersByPost [0, 0, 0], [0, 0, 0];
    GetGroups [0, 0, 0], [0, 0, 0];
    GetAllGroupMembershipFromGroup [0, 0, 0], [0, 0, 0];
    GetAllGroupMembershipFromUser [0, 0, 0], [0, 0, 0];
    CreateGroups [0, 0, 0], [0, 0, 0];
    UpdateGroups [0, 0, 0], [0, 0, 0];
    PatchGroups [0, 0, 0], [0, 0, 0];
    CreateOrUpdateGroups [0, 0, 0], [0, 0, 0];
    DeleteGroups [0, 0, 0], [0, 0, 0];
    DeleteGroupsByPost [0, 0, 0], [0, 0, 0];
    GetUserProfiles [0, 0, 0], [0, 0, 0];
    GetUserProfilesByUserId [0, 0, 0], [0, 0, 0];
    CreateUserProfiles [0, 0, 0], [0, 0, 0];
    UpdateUserProfiles [0, 0, 0], [0, 0, 0];
    PatchUserProfiles [0, 0, 0], [0, 0, 0];
    CreateOrUpdateUserProfiles [0, 0, 0], [0, 0, 0];
    DeleteUserProfiles [0, 0, 0], [0, 0, 0];
    DeleteUserProfilesByPost [0, 0, 0], [0, 0, 0];
    GetGroupMetadatas [0, 0, 0], [0, 0, 0];
    GetGroupMetadataByGroupId [0, 0, 0], [0, 0, 0];
    CreateGroupMetadatas [0, 0, 0], [0, 0, 0];
    UpdateGroupMetadatas [0, 0, 0], [0, 0, 0];
    PatchGroupMetadatas [0, 0, 0], [0, 0, 0];
    CreateOrUpdateGroupMetadatas [0, 0, 0], [0, 0, 0];
    DeleteGroupMetadatas [0, 0, 0], [0, 0, 0];
    DeleteGroupMetadatasByPost [0, 0, 0], [0, 0, 0];
}
