//! A connection that runs one unit at a time, each in a transaction of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::unit_of_work::{Access, StoreError, Work};

use super::super::{Conn, Connector, dialect};
use super::session::Mark;
use super::unit::{End, Ran, control, run};
use crate::error::Failure;
use crate::lane::{Job, Queue, Step, Worker};

/// How long units fail at once after an attempt to connect that took as long: else every one of
/// them would wait for the same timeout. An attempt that is refused faster is simply made again.
const REFUSE_FOR: Duration = Duration::from_millis(200);
/// How long a COMMIT that got no answer is looked for.
const LOOK_FOR: Duration = Duration::from_secs(2);
/// Between two attempts to connect while looking.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// A connection that is made when it is needed, and made again when it broke.
pub(crate) struct Single {
    connector: Arc<Connector>,
    conn: Option<Conn>,
    used: Instant,
    failed: Option<(Instant, Failure)>,
}

impl Single {
    /// Connects at the first unit.
    pub(crate) fn new(connector: Arc<Connector>) -> Self {
        Self { connector, conn: None, used: Instant::now(), failed: None }
    }

    /// Runs the unit once.
    pub(crate) fn attempt(&mut self, access: Access, work: &mut Work) -> Step {
        let outcome = match access {
            Access::Point if self.connector.points_need_no_transaction() => self.point(work),
            Access::Point => self.transaction(Access::Read, work),
            _ => self.transaction(access, work),
        };
        self.used = Instant::now();
        outcome.unwrap_or_else(|failure| {
            let otherwise = Err(failure.error.clone());
            Step::Again { failure, otherwise }
        })
    }

    fn point(&mut self, work: &mut Work) -> Result<Step, Failure> {
        let conn = self.connection()?;
        let Ran { end, drop_connection } = run(conn, Access::Point, work);
        if drop_connection {
            self.disconnect();
        }
        Ok(match end {
            End::Keep { .. } => Step::Done(Ok(())),
            End::Undo(step) => step,
        })
    }

    fn transaction(&mut self, access: Access, work: &mut Work) -> Result<Step, Failure> {
        let conn = self.begin(access)?;
        let Ran { end, drop_connection } = run(conn, access, work);
        if drop_connection {
            self.disconnect();
        }
        Ok(match end {
            End::Keep { wrote: true, mark } => self.commit(mark),
            End::Keep { wrote: false, .. } => {
                self.roll_back();
                Step::Done(Ok(()))
            }
            End::Undo(step) => {
                self.roll_back();
                step
            }
        })
    }

    /// Opens a transaction, on a new connection when the one at hand has broken unseen. What is busy
    /// stayed so for as long as units may wait for a lock: that is waited out once more at most.
    pub(crate) fn begin_with(&mut self, sql: &str) -> Result<&mut Conn, Failure> {
        match control(self.connection()?, sql) {
            Ok(()) => {}
            Err(failure) if failure.refused => return Err(failure.once()),
            Err(_) => {
                self.disconnect();
                control(self.connection()?, sql)?;
            }
        }
        self.begun()
    }

    /// The connection that holds the open transaction. It is never made again here: on a new one
    /// the unit would run without a transaction.
    pub(crate) fn begun(&mut self) -> Result<&mut Conn, Failure> {
        self.conn.as_mut().ok_or_else(|| Failure::unreachable("the connection was lost"))
    }

    fn begin(&mut self, access: Access) -> Result<&mut Conn, Failure> {
        self.begin_with(match access {
            Access::Point | Access::Read => dialect::BEGIN_READ,
            Access::Write | Access::Bulk | Access::Rehearse => dialect::BEGIN_WRITE,
        })
    }

    fn commit(&mut self, mark: Option<Mark>) -> Step {
        let Some(failure) = self.try_commit().err() else { return Step::Done(Ok(())) };
        if failure.refused {
            let otherwise = Err(failure.error.clone());
            return Step::Again { failure, otherwise };
        }
        Step::Done(self.look_for(mark))
    }

    /// Sends COMMIT. When that fails the connection is given up, whatever its state.
    pub(crate) fn try_commit(&mut self) -> Result<(), Failure> {
        let committed = control(self.begun()?, "COMMIT");
        if committed.is_err() {
            self.disconnect();
        }
        committed
    }

    /// Whether a unit whose COMMIT got no answer was stored: its audit entry tells, when it is
    /// there. When it is not, the server may still be about to store it.
    fn look_for(&mut self, mark: Option<Mark>) -> Result<(), StoreError> {
        tracing::warn!("a commit got no answer");
        let found = mark.is_some_and(|mark| self.is_stored(&mark).unwrap_or(false));
        if found { Ok(()) } else { Err(StoreError::OutcomeUnknown) }
    }

    pub(crate) fn is_stored(&mut self, mark: &Mark) -> Result<bool, Failure> {
        let deadline = Instant::now() + LOOK_FOR;
        loop {
            self.failed = None;
            let looked = self.connection().and_then(|conn| super::is_stored(conn, mark));
            match looked {
                Err(failure) if Instant::now() < deadline => {
                    tracing::debug!(?failure, "looking for a commit");
                    self.disconnect();
                    std::thread::sleep(LOOK_PAUSE);
                }
                looked => return looked,
            }
        }
    }

    fn roll_back(&mut self) {
        let Some(conn) = self.conn.as_mut() else { return };
        if control(conn, "ROLLBACK").is_err() {
            self.disconnect();
        }
    }

    /// Gives the connection up; the next unit makes a new one.
    pub(crate) fn disconnect(&mut self) {
        self.conn = None;
    }

    /// The connection, made or made again when needed.
    pub(crate) fn connection(&mut self) -> Result<&mut Conn, Failure> {
        self.drop_when_dead();
        if self.conn.is_none() {
            self.conn = Some(self.connect()?);
        }
        self.used = Instant::now();
        self.conn.as_mut().ok_or_else(|| Failure::unreachable("there is no connection"))
    }

    fn drop_when_dead(&mut self) {
        if self.used.elapsed() < self.connector.rest() {
            return;
        }
        let alive = self.conn.as_mut().is_some_and(|conn| control(conn, "SELECT 1").is_ok());
        if !alive {
            self.disconnect();
        }
    }

    fn connect(&mut self) -> Result<Conn, Failure> {
        if let Some((at, failure)) = &self.failed
            && at.elapsed() < REFUSE_FOR
        {
            return Err(failure.clone());
        }
        let began = Instant::now();
        let connected = self.connector.connect().map_err(Failure::unreachable);
        let slow = connected.as_ref().err().filter(|_| began.elapsed() >= REFUSE_FOR);
        self.failed = slow.map(|failure| (Instant::now(), failure.clone()));
        connected
    }
}

impl Worker for Single {
    /// What runs again without a pause runs again here: this connection is fresh then, while
    /// another one may have broken as well.
    fn serve(&mut self, mut job: Job, queue: &Queue) {
        loop {
            let step = self.attempt(job.access, &mut job.work);
            match job.settle(step) {
                Some(again) if again.is_due(Instant::now()) => job = again,
                Some(later) => return queue.put_back(later),
                None => return,
            }
        }
    }
}
