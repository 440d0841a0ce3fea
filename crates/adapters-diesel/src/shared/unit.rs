//! One run of a unit's closure, and what is to become of its transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection as _;
use domain::unit_of_work::{Access, StoreError, Verdict, Work};

use super::super::Conn;
use super::session::{Mark, Session};
use crate::error::{Failure, Rerun};
use crate::lane::Step;

/// What a run asks for.
pub(crate) enum End {
    /// COMMIT.
    Keep {
        /// Whether it sent anything that writes or locks.
        wrote: bool,
        /// The first audit entry it wrote.
        mark: Option<Mark>,
    },
    /// ROLLBACK, then this.
    Undo(Step),
}

/// A finished run.
pub(crate) struct Ran {
    /// What is to become of the transaction.
    pub(crate) end: End,
    /// The connection is not to be used again.
    pub(crate) drop_connection: bool,
}

/// Runs the closure once. It is never run again after a panic, since nobody knows what it left.
pub(crate) fn run(conn: &mut Conn, access: Access, work: &mut Work) -> Ran {
    let mut session = Session::new(conn, access);
    let verdict = catch_unwind(AssertUnwindSafe(|| work(&mut session))).ok();
    let (failure, wrote, mark) = session.into_parts();
    let drop_connection = failure.as_ref().is_some_and(|failure| failure.drop_connection);
    Ran { end: end(access, verdict, failure, wrote, mark), drop_connection }
}

fn end(
    access: Access,
    verdict: Option<Verdict>,
    failure: Option<Failure>,
    wrote: bool,
    mark: Option<Mark>,
) -> End {
    match (verdict, failure) {
        (None, _) => {
            tracing::error!("a unit of work panicked and was rolled back");
            End::Undo(Step::Done(Err(StoreError::Other("the unit of work panicked".into()))))
        }
        (Some(verdict), Some(failure)) => End::Undo(after_failure(verdict, failure)),
        (Some(Verdict::Commit), None) if access != Access::Rehearse => End::Keep { wrote, mark },
        (Some(_), None) => End::Undo(Step::Done(Ok(()))),
    }
}

/// A closure that rolls back holds its own reason, unless the store failed as a whole.
fn after_failure(verdict: Verdict, failure: Failure) -> Step {
    let otherwise = match verdict {
        Verdict::Rollback if !failure.ends_unit() => Ok(()),
        _ => Err(failure.error.clone()),
    };
    match failure.rerun {
        Rerun::Never => Step::Done(otherwise),
        Rerun::Once | Rerun::Often => Step::Again { failure, otherwise },
    }
}

/// Sends a statement that opens or closes a transaction or savepoint.
pub(crate) fn control(conn: &mut Conn, sql: &str) -> Result<(), Failure> {
    conn.batch_execute(sql).map_err(Failure::from)
}
