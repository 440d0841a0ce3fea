//! What every list, batch and act on a password costs, so that a change of it is seen.

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
    sqlite: Costs,
    postgres: Costs,
}

/// For up to 500 records, which are one chunk, and for more.
type Costs = (u64, u64);

impl Cost {
    /// For so many records.
    pub(crate) fn of(&self, engine: Engine, count: usize) -> u64 {
        let (few, many) = match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        };
        if count <= 500 { few } else { many }
    }
}

/// One row: the operation, then what it costs on SQLite and on PostgreSQL.
///
/// More than a chunk are 1 001 users or groups, which are three chunks; 900 attributes, two chunks,
/// since an owner has no more than 1 000; and a page of 1 000 of a list. Every write begins with a
/// reservation of numbers for its entries, and one that leaves more entries than it could foretell
/// runs again with more numbers: that is so where 1 001 records cost more than three times what one
/// chunk does. The users API has no pages: its list is streamed whole, in six pages here that grow.
macro_rules! costs {
    ($($operation:ident $sqlite:expr, $postgres:expr;)+) => {
        /// Every list, batch and act on a password.
        pub(crate) const COSTS: &[Cost] = &[$(Cost {
            operation: stringify!($operation),
            sqlite: $sqlite,
            postgres: $postgres,
        }),+];
    };
}

costs! {
    GetStores (3, 3), (3, 3);
    GetClients (5, 5), (5, 5);
    GetRoleAssignments (4, 4), (4, 4);
    GetAuditTrails (4, 4), (4, 4);
    GetAuditKeys (1, 1), (1, 1);
    GetEvents (4, 4), (4, 4);
    GetUsers (6, 6), (6, 6);
    CreateUsers (22, 60), (20, 56);
    UpdateUsers (29, 111), (27, 105);
    PatchUsers (23, 44), (21, 42);
    CreateOrUpdateUsers (29, 84), (27, 80);
    DeleteUsers (24, 73), (22, 69);
    DeleteUsersByPost (28, 105), (26, 99);
    GetUserList_Get (8, 48), (8, 48);
    GetPermissions_Get (1, 1), (1, 1);
    GetGroups (8, 8), (8, 8);
    GetAllGroupMembershipFromGroup (9, 9), (9, 9);
    GetAllGroupMembershipFromUser (9, 9), (9, 9);
    CreateGroups (28, 84), (26, 80);
    UpdateGroups (32, 100), (30, 96);
    PatchGroups (27, 55), (25, 53);
    CreateOrUpdateGroups (32, 96), (30, 92);
    DeleteGroups (30, 121), (28, 115);
    DeleteGroupsByPost (30, 121), (28, 115);
    GetUserProfiles (5, 5), (5, 5);
    GetUserProfilesByUserId (5, 5), (5, 5);
    CreateUserProfiles (20, 28), (18, 26);
    UpdateUserProfiles (21, 30), (19, 28);
    PatchUserProfiles (21, 30), (19, 28);
    CreateOrUpdateUserProfiles (21, 30), (19, 28);
    DeleteUserProfiles (19, 26), (17, 24);
    DeleteUserProfilesByPost (19, 26), (17, 24);
    GetGroupMetadatas (5, 5), (5, 5);
    GetGroupMetadataByGroupId (5, 5), (5, 5);
    CreateGroupMetadatas (20, 28), (18, 26);
    UpdateGroupMetadatas (21, 30), (19, 28);
    PatchGroupMetadatas (21, 30), (19, 28);
    CreateOrUpdateGroupMetadatas (21, 30), (19, 28);
    DeleteGroupMetadatas (19, 26), (17, 24);
    DeleteGroupMetadatasByPost (19, 26), (17, 24);
    SetInitialPassword (30, 30), (24, 24);
    ResetInitialPasswordExpiration (18, 18), (12, 12);
    ResetPassword (33, 33), (27, 27);
    VerifyPassword (34, 34), (26, 26);
    ChangePassword (53, 53), (41, 41);
    SendPasswordResetEmail (20, 20), (14, 14);
    ResetPasswordTokenRequest (20, 20), (14, 14);
    ResetPasswordTokenResponse (37, 37), (31, 31);
    ResetAccessFailedCount (21, 21), (15, 15);
    ChangePasswordPublic (52, 52), (40, 40);
    ResetPasswordTokenRequestPublic (16, 16), (10, 10);
    ResetPasswordTokenResponsePublic (37, 37), (29, 29);
}
