use std::time::Duration;

/// How much is measured, and for how long.
pub(crate) struct Plan {
    /// How often everything that is compared is measured in turn: A B A B …
    pub(crate) rounds: usize,
    /// How long one measurement lasts.
    pub(crate) window: Duration,
    /// Users in the SQLite database.
    pub(crate) users: u32,
    /// Users in the PostgreSQL database.
    pub(crate) postgres_users: u32,
}

impl Plan {
    /// What `docs/benchmarks.md` shows: at most six minutes.
    pub(crate) fn full() -> Self {
        Self { rounds: 5, window: Duration::from_secs(3), users: 100_000, postgres_users: 100_000 }
    }

    /// A look in less than a minute.
    pub(crate) fn quick() -> Self {
        Self {
            rounds: 3,
            window: Duration::from_millis(700),
            users: 10_000,
            postgres_users: 10_000,
        }
    }
}
