//! Units on SQLite that wait together share one commit, and nothing else.

use std::sync::mpsc;
use std::time::Duration;

use domain::audit::Recorded;
use domain::unit_of_work::{Access, StoreError, Unique, Verdict};
use domain::user::User;
use futures_util::future::{join, join_all};
use testkit::builders::a_user;
use testkit::conformance::Setting;

use crate::places::Sqlite;

/// Holds the writer's thread until it is released, so that what is queued meanwhile is one group.
struct Gate {
    release: mpsc::Sender<()>,
    unit: tokio::task::JoinHandle<Result<(), StoreError>>,
}

impl Gate {
    async fn close(s: &Setting) -> Self {
        let (entered, has_entered) = tokio::sync::oneshot::channel();
        let (release, released) = mpsc::channel();
        let (unit_of_work, mut entered) = (s.unit_of_work(), Some(entered));
        let unit = tokio::spawn(async move {
            let hold = Box::new(move |_: &mut dyn domain::unit_of_work::Transaction| {
                if let Some(entered) = entered.take() {
                    entered.send(()).unwrap();
                }
                released.recv_timeout(Duration::from_secs(10)).unwrap();
                Verdict::Commit
            });
            unit_of_work.run(Access::Bulk, hold).await
        });
        has_entered.await.unwrap();
        Self { release, unit }
    }

    /// Polls every unit once, which queues it, then opens.
    async fn queue<T>(self, units: Vec<impl Future<Output = T>>) -> Vec<T> {
        let open = async { self.release.send(()).unwrap() };
        let (outcomes, ()) = join(join_all(units), open).await;
        self.unit.await.unwrap().unwrap();
        outcomes
    }
}

async fn users(s: &Setting, count: usize) -> Vec<Recorded<User>> {
    s.all_added((0..count).map(|n| a_user(&format!("user {n}")).build()).collect()).await
}

#[test]
fn sixty_four_units_share_one_commit() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        let s = Setting::of(&sqlite).await;
        let users = users(&s, 64).await;
        let gate = Gate::close(&s).await;
        let before = sqlite.database.statements();
        let outcomes = gate.queue(users.iter().map(|user| s.insert(user)).collect()).await;
        let sent = sqlite.database.statements() - before;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(s.users().await.len(), 64);
        // COMMIT of the gate; a savepoint, a user, an entry, that it waits and a release for each
        // unit; the rest opens and closes groups. A slow machine may close a group after 5 ms.
        let groups = (sent - 1 - 64 * 5) / 2;
        assert!((1..=16).contains(&groups), "{groups} groups");
    });
}

#[test]
fn a_refused_unit_leaves_its_neighbours_alone() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        let s = Setting::of(&sqlite).await;
        let mut users = users(&s, 9).await;
        users[4] = s.added(a_user("USER 3").build()).await;
        let gate = Gate::close(&s).await;
        let outcomes = gate.queue(users.iter().map(|user| s.insert(user)).collect()).await;
        for (n, outcome) in outcomes.into_iter().enumerate() {
            let conflict = Err(StoreError::Conflict { what: Unique::LoginName });
            assert_eq!(outcome, if n == 4 { conflict } else { Ok(()) }, "unit {n}");
        }
        for (n, user) in users.iter().enumerate() {
            if n == 4 { s.assert_absent(user).await } else { s.assert_stored(user).await }
        }
    });
}

#[test]
fn a_panic_and_a_rehearsal_leave_their_neighbours_alone() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        let s = Setting::of(&sqlite).await;
        let users = users(&s, 6).await;
        let gate = Gate::close(&s).await;
        let unit = |n: usize| {
            let (s, user) = (&s, users[n].clone());
            let access = if n == 1 { Access::Rehearse } else { Access::Write };
            s.here(access, move |here| {
                let inserted = here.users().insert(&user);
                assert_ne!(n, 3, "a unit that panics, on purpose");
                inserted
            })
        };
        let outcomes = gate.queue((0..6).map(unit).collect()).await;
        for (n, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome.is_ok(), n != 3, "unit {n}: {outcome:?}");
        }
        for (n, user) in users.iter().enumerate() {
            if n == 1 || n == 3 { s.assert_absent(user).await } else { s.assert_stored(user).await }
        }
    });
}

#[test]
fn a_bulk_change_commits_alone() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        let s = Setting::of(&sqlite).await;
        let users = users(&s, 3).await;
        let gate = Gate::close(&s).await;
        let unit = |n: usize| {
            let user = users[n].clone();
            let access = if n == 1 { Access::Bulk } else { Access::Write };
            s.here(access, move |here| here.users().insert(&user))
        };
        let before = sqlite.database.statements();
        let outcomes = gate.queue((0..3).map(unit).collect()).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        // COMMIT of the gate; two groups of one unit in a savepoint; one transaction without.
        assert_eq!(sqlite.database.statements() - before, 1 + 7 + 5 + 7);
    });
}
