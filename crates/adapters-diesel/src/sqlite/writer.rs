//! The one writer, with group commit: units that wait together share one transaction and one
//! fsync, each in a savepoint of its own. No unit is told of its outcome before the COMMIT.

use std::time::{Duration, Instant};

use domain::unit_of_work::StoreError;

use super::dialect;
use super::shared::session::Mark;
use super::shared::single::Single;
use super::shared::unit::{End, control, run};
use crate::error::Failure;
use crate::lane::{Job, Queue, Step, Worker};

/// The most units of one group.
const MOST: usize = 64;
/// How long a group stays open for units that come meanwhile. Nobody waits for them: the group
/// closes when the queue is empty.
const OPEN_FOR: Duration = Duration::from_millis(5);

/// The writer's connection.
pub(super) struct Writer {
    single: Single,
}

/// What a unit waits to be told when its group is committed.
enum Member {
    /// It is in the transaction.
    Kept { mark: Option<Mark> },
    /// It was undone.
    Undone(Step),
}

/// The transaction ended under a unit: neighbours that were in it are undone as well.
struct Lost;

impl Writer {
    /// A writer on this connection.
    pub(super) fn new(single: Single) -> Self {
        Self { single }
    }

    fn group(&mut self, first: Job, queue: &Queue) {
        if let Err(failure) = self.single.begin_with(dialect::BEGIN_WRITE) {
            return refuse(first, &failure, queue);
        }
        let begun = Instant::now();
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            let Ok(member) = self.member(&mut job) else {
                self.single.disconnect();
                for (job, member) in group {
                    self.alone(job, member, queue);
                }
                return self.single.serve(job, queue);
            };
            group.push((job, member));
            if group.len() < MOST && begun.elapsed() < OPEN_FOR {
                next = queue.take_sharing();
            }
        }
        tracing::trace!(units = group.len(), "group commit");
        match self.single.try_commit() {
            Ok(()) => group.into_iter().for_each(|(job, member)| put(job, member.step(), queue)),
            Err(failure) => self.after_failed_commit(group, &failure, queue),
        }
    }

    /// Runs a unit in its savepoint. The savepoint that cannot be closed is the sign that SQLite
    /// rolled back the whole transaction by itself, as it may do on a full disk.
    fn member(&mut self, job: &mut Job) -> Result<Member, Lost> {
        let conn = self.single.begun().map_err(|_| Lost)?;
        let lost = |_: Failure| Lost;
        control(conn, "SAVEPOINT unit").map_err(lost)?;
        match run(conn, job.access, &mut job.work).end {
            End::Keep { mark, .. } => {
                control(conn, "RELEASE SAVEPOINT unit").map_err(lost)?;
                Ok(Member::Kept { mark })
            }
            End::Undo(step) => {
                control(conn, "ROLLBACK TO SAVEPOINT unit; RELEASE SAVEPOINT unit")
                    .map_err(lost)?;
                Ok(Member::Undone(step))
            }
        }
    }

    /// Every unit of the group goes alone, so that each has its own answer; but one that turns out
    /// to be stored is not run again.
    fn after_failed_commit(&mut self, group: Vec<(Job, Member)>, failure: &Failure, queue: &Queue) {
        tracing::warn!(?failure, units = group.len(), "a group commit failed");
        for (job, member) in group {
            match self.was_stored(&member, failure) {
                Ok(true) => job.answer(Ok(())),
                Ok(false) => self.alone(job, member, queue),
                Err(_) => job.answer(Err(StoreError::OutcomeUnknown)),
            }
        }
    }

    /// What becomes of a unit whose group was undone: it goes alone, unless it has its answer.
    fn alone(&mut self, job: Job, member: Member, queue: &Queue) {
        match member {
            Member::Undone(Step::Done(answer)) => job.answer(answer),
            _ => self.single.serve(job, queue),
        }
    }

    /// SQLite is definite: what a new connection does not see was not stored.
    fn was_stored(&mut self, member: &Member, failure: &Failure) -> Result<bool, Failure> {
        match member {
            Member::Kept { mark: Some(mark) } if !failure.refused => self.single.is_stored(mark),
            _ => Ok(false),
        }
    }
}

impl Member {
    fn step(self) -> Step {
        match self {
            Self::Kept { .. } => Step::Done(Ok(())),
            Self::Undone(step) => step,
        }
    }
}

fn put(job: Job, step: Step, queue: &Queue) {
    if let Some(job) = job.settle(step) {
        queue.put_back(job);
    }
}

/// What waits behind a unit that got no transaction would wait as long for the same: all of it
/// fails alike.
fn refuse(first: Job, failure: &Failure, queue: &Queue) {
    let others = std::iter::from_fn(|| queue.take_sharing()).take(MOST - 1);
    let jobs: Vec<_> = std::iter::once(first).chain(others).collect();
    for job in jobs {
        let otherwise = Err(failure.error.clone());
        put(job, Step::Again { failure: failure.clone(), otherwise }, queue);
    }
}

impl Worker for Writer {
    fn serve(&mut self, job: Job, queue: &Queue) {
        if job.shares_commit() {
            self.group(job, queue);
        } else {
            self.single.serve(job, queue);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use domain::attribute::{AttributeKey, Profile};
    use domain::audit::Recorded;
    use domain::unit_of_work::{Access, Verdict, Work};
    use domain::user::User;
    use domain::version::Version;
    use testkit::World;
    use testkit::builders::a_user;
    use testkit::conformance::Setting;

    use super::super::{Connector, Role, migrate};
    use super::*;
    use crate::counter::Counter;
    use crate::lane::Limits;
    use crate::migration::Direction;
    use crate::settings::Settings;
    use crate::url::DatabaseUrl;

    /// A store in a file, and a writer to it whose connections begin with a statement of the test.
    struct Scene {
        path: PathBuf,
        s: Setting,
        counter: Counter,
        _directory: tempfile::TempDir,
    }

    impl Scene {
        fn new() -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("test.db");
            migrate(&connector(&path), Direction::Up).expect("migrates");
            let url = DatabaseUrl::parse(&format!("sqlite://{}", path.display())).expect("a URL");
            let database = crate::Database::open(&Settings::new(url)).expect("opens");
            let world = World::on(database.unit_of_work());
            let s = testkit::block_on(Setting::on(world, "shop"));
            Self { path, s, counter: Counter::default(), _directory: directory }
        }

        fn users(&self, names: impl Iterator<Item = String>) -> Vec<Recorded<User>> {
            let users = names.map(|name| a_user(&name).build()).collect();
            testkit::block_on(self.s.all_added(users))
        }

        /// A unit that inserts these users until one fails, and commits all the same.
        fn inserting(&self, users: &[Recorded<User>], runs: &Arc<AtomicUsize>) -> Work {
            let (users, store, runs) = (users.to_vec(), self.s.store.id, Arc::clone(runs));
            Box::new(move |tx| {
                runs.fetch_add(1, Ordering::Relaxed);
                for user in &users {
                    if tx.store(store).users().insert(user).is_err() {
                        break;
                    }
                }
                Verdict::Commit
            })
        }

        /// Runs the units as one group, and gives their answers in order.
        fn run(&self, prelude: &'static str, units: Vec<Work>) -> Vec<Result<(), StoreError>> {
            let mut connector = self.connector(Duration::from_secs(5));
            connector.prelude = prelude;
            run_with(connector, units)
        }

        fn connector(&self, wait: Duration) -> Connector {
            Connector::new(&self.path, wait, self.counter.clone()).for_role(Role::Writer)
        }

        fn assert_only(&self, users: &[Recorded<User>]) {
            testkit::block_on(async {
                for user in users {
                    self.s.assert_stored(user).await;
                }
                assert_eq!(self.s.users().await.len(), users.len());
            });
        }
    }

    fn run_with(connector: Connector, units: Vec<Work>) -> Vec<Result<(), StoreError>> {
        let mut writer = Writer::new(Single::new(Arc::new(connector)));
        let queue = Queue::new(Limits { waiting: 64, writers: 1 });
        let mut answers = Vec::new();
        for unit in units {
            let (job, answer) = Job::new(Access::Write, unit);
            answers.push(answer);
            queue.push(job).expect("room");
        }
        queue.close();
        while let Some(job) = queue.take() {
            let turn = queue.turn_of(&job);
            writer.serve(job, &queue);
            drop(turn);
        }
        answers.into_iter().map(|answer| answer.blocking_recv().expect("an answer")).collect()
    }

    fn connector(path: &Path) -> Connector {
        Connector::new(path, Duration::from_secs(5), Counter::default())
    }

    fn runs(count: &Arc<AtomicUsize>) -> usize {
        count.load(Ordering::Relaxed)
    }

    #[test]
    fn a_full_disk_fails_who_fills_it_and_nobody_else() {
        let scene = Scene::new();
        let long = "x".repeat(200);
        let modest = scene.users(["ada", "bob", "eve"].map(str::to_owned).into_iter());
        let greedy = scene.users((0..300).map(|n| format!("{long}{n}")));
        let [ada, bob, eve] = modest.as_slice() else { panic!("three users") };
        let (first, other) = (Arc::default(), Arc::default());
        let answers = scene.run(
            "PRAGMA max_page_count = 40",
            vec![
                scene.inserting(std::slice::from_ref(ada), &first),
                scene.inserting(&greedy, &other),
                scene.inserting(std::slice::from_ref(bob), &other),
                scene.inserting(std::slice::from_ref(eve), &other),
            ],
        );
        let [ada, greedy, bob, eve] = answers.as_slice() else { panic!("{answers:?}") };
        assert_eq!([ada, bob, eve], [&Ok(()); 3]);
        let full = matches!(greedy, Err(StoreError::Unavailable(why)) if why.contains("full"));
        assert!(full, "{greedy:?}");
        // SQLite rolled the whole group back: who was in it already ran again.
        assert_eq!(runs(&first), 2);
        scene.assert_only(&modest);
    }

    #[test]
    fn a_unit_that_panicked_is_not_run_again_with_its_undone_group() {
        let scene = Scene::new();
        let long = "x".repeat(200);
        let greedy = scene.users((0..300).map(|n| format!("{long}{n}")));
        let (panics, others) = (Arc::<AtomicUsize>::default(), Arc::default());
        let count = Arc::clone(&panics);
        let panicking: Work = Box::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            panic!("a unit that panics, on purpose")
        });
        let answers = scene
            .run("PRAGMA max_page_count = 40", vec![panicking, scene.inserting(&greedy, &others)]);
        let [panicked, full] = answers.as_slice() else { panic!("{answers:?}") };
        assert!(matches!(panicked, Err(StoreError::Other(_))), "{panicked:?}");
        assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
        assert_eq!((runs(&panics), runs(&others)), (1, 2));
    }

    #[test]
    fn units_that_find_the_file_locked_wait_for_it_together() {
        let scene = Scene::new();
        let users = scene.users((0..8).map(|n| format!("user {n}")));
        let mut elsewhere = scene.connector(Duration::ZERO).connect().expect("opens");
        control(&mut elsewhere, dialect::BEGIN_WRITE).expect("locks the file");
        let count = Arc::default();
        let units = users.iter().map(|user| scene.inserting(std::slice::from_ref(user), &count));
        let before = scene.counter.count();
        let answers = run_with(scene.connector(Duration::from_millis(20)), units.collect());
        assert_eq!(answers, vec![Err(StoreError::Retryable); 8]);
        assert_eq!(runs(&count), 0);
        assert_eq!(scene.counter.count() - before, 2, "attempts for all of them");
    }

    #[test]
    fn a_group_whose_commit_fails_is_run_one_by_one() {
        let scene = Scene::new();
        let users = scene.users(["ada", "bob"].map(str::to_owned).into_iter());
        let [ada, bob] = users.as_slice() else { panic!("two users") };
        let stray = Profile {
            owner: a_user("nobody").build().id,
            key: AttributeKey::parse("color").expect("a key"),
            value: None,
            version: Version::UNRECORDED,
        };
        let stray = [testkit::block_on(scene.s.added(stray))];
        let store = scene.s.store.id;
        let dangling: Work = Box::new(move |tx| {
            let _ = tx.store(store).profiles().apply(&stray);
            Verdict::Commit
        });
        let count = Arc::default();
        let answers = scene.run(
            // For one transaction, foreign keys are looked at by COMMIT only.
            "PRAGMA defer_foreign_keys = ON",
            vec![
                scene.inserting(std::slice::from_ref(ada), &count),
                dangling,
                scene.inserting(std::slice::from_ref(bob), &count),
            ],
        );
        assert_eq!(answers, [Ok(()), Err(StoreError::DanglingReference), Ok(())]);
        // A slow machine may close the group before the last one is in it.
        assert!((3..=4).contains(&runs(&count)), "{} runs", runs(&count));
        scene.assert_only(&users);
    }
}
