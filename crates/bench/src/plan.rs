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
    /// Users in the large SQLite database.
    pub(crate) many_users: u32,
    /// Users in the small one that it is held against.
    pub(crate) few_users: u32,
    /// Groups that nest in one another.
    pub(crate) groups: u32,
    /// Stores in the large database.
    pub(crate) stores: u32,
}

impl Plan {
    /// What `docs/benchmarks.md` shows: about a quarter of an hour.
    pub(crate) fn full() -> Self {
        Self {
            rounds: 5,
            window: Duration::from_secs(3),
            users: 100_000,
            postgres_users: 100_000,
            many_users: 1_000_000,
            few_users: 10_000,
            groups: 10_000,
            stores: 2_000,
        }
    }

    /// A look in less than a minute.
    pub(crate) fn quick() -> Self {
        Self {
            rounds: 3,
            window: Duration::from_millis(700),
            users: 10_000,
            postgres_users: 10_000,
            many_users: 20_000,
            few_users: 2_000,
            groups: 2_000,
            stores: 50,
        }
    }
}
