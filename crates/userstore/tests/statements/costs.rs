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
/// chunk does. Entries are stored with one statement more, which says that they wait to be sealed. The
/// users API has no pages: its list is streamed whole, in six pages here that grow.
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
    GetAuditTrails (6, 6), (6, 6);
    GetAuditKeys (3, 3), (3, 3);
    GetEvents (5, 5), (5, 5);
    GetUsers (6, 6), (6, 6);
    CreateUsers (25, 72), (23, 68);
    UpdateUsers (31, 120), (29, 114);
    PatchUsers (24, 47), (22, 45);
    CreateOrUpdateUsers (31, 92), (29, 88);
    DeleteUsers (26, 81), (24, 77);
    DeleteUsersByPost (31, 117), (29, 111);
    GetUserList_Get (8, 48), (8, 48);
    GetPermissions_Get (1, 1), (1, 1);
    GetGroups (8, 8), (8, 8);
    GetAllGroupMembershipFromGroup (9, 9), (9, 9);
    GetAllGroupMembershipFromUser (9, 9), (9, 9);
    CreateGroups (31, 96), (29, 92);
    UpdateGroups (34, 108), (32, 104);
    PatchGroups (28, 58), (26, 56);
    CreateOrUpdateGroups (34, 104), (32, 100);
    DeleteGroups (33, 135), (31, 129);
    DeleteGroupsByPost (33, 135), (31, 129);
    GetUserProfiles (5, 5), (5, 5);
    GetUserProfilesByUserId (5, 5), (5, 5);
    CreateUserProfiles (21, 30), (19, 28);
    UpdateUserProfiles (22, 32), (20, 30);
    PatchUserProfiles (22, 32), (20, 30);
    CreateOrUpdateUserProfiles (22, 32), (20, 30);
    DeleteUserProfiles (20, 28), (18, 26);
    DeleteUserProfilesByPost (20, 28), (18, 26);
    GetGroupMetadatas (5, 5), (5, 5);
    GetGroupMetadataByGroupId (5, 5), (5, 5);
    CreateGroupMetadatas (21, 30), (19, 28);
    UpdateGroupMetadatas (22, 32), (20, 30);
    PatchGroupMetadatas (22, 32), (20, 30);
    CreateOrUpdateGroupMetadatas (22, 32), (20, 30);
    DeleteGroupMetadatas (20, 28), (18, 26);
    DeleteGroupMetadatasByPost (20, 28), (18, 26);
    SetInitialPassword (31, 31), (25, 25);
    ResetInitialPasswordExpiration (18, 18), (12, 12);
    ResetPassword (34, 34), (28, 28);
    VerifyPassword (34, 34), (26, 26);
    ChangePassword (54, 54), (42, 42);
    SendPasswordResetEmail (20, 20), (14, 14);
    ResetPasswordTokenRequest (20, 20), (14, 14);
    ResetPasswordTokenResponse (38, 38), (32, 32);
    ResetAccessFailedCount (21, 21), (15, 15);
    ChangePasswordPublic (53, 53), (41, 41);
    ResetPasswordTokenRequestPublic (16, 16), (10, 10);
    ResetPasswordTokenResponsePublic (38, 38), (30, 30);
}
