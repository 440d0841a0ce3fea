//! The raw things that the server is held against.

pub(crate) mod actix;
pub(crate) mod argon2;
pub(crate) mod ed25519;
pub(crate) mod pgbench;
pub(crate) mod sqlite;
pub(crate) mod statements;
