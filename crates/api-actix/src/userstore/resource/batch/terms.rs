use domain::resource::Mode;
use domain::unit_of_work::Access;
use domain::version::Precondition;

use crate::caller::Call;
use crate::problem::{Kind, Problem};
use crate::request::{precondition, query};

/// The parameters of a batch.
const PARAMETERS: &[&str] = &["mode", "dryRun"];

/// How a batch is to be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// What becomes of the others when one is refused.
    pub(super) mode: Mode,
    /// For good, or to see what would become of it.
    pub(super) access: Access,
}

impl Terms {
    /// Reads the query and the conditions.
    ///
    /// # Errors
    /// A parameter that is none or unknown; a condition, which can only be about one resource.
    pub(super) fn read(call: &Call) -> Result<Self, Problem> {
        let query = call.query();
        query.refuse_all_but(PARAMETERS)?;
        let mode = query.parsed("mode", parse_mode)?.unwrap_or(Mode::Atomic);
        let is_rehearsal = query.parsed("dryRun", query::parse_flag)?.unwrap_or(false);
        if precondition::if_match(call.headers())? != Precondition::None {
            let detail = "If-Match names one resource and cannot stand on a batch.";
            return Err(Problem::because(Kind::MalformedRequest, detail));
        }
        let access = if is_rehearsal { Access::Rehearse } else { Access::Bulk };
        Ok(Self { mode, access })
    }
}

fn parse_mode(text: &str) -> Result<Mode, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "atomic" => Ok(Mode::Atomic),
        "partial" => Ok(Mode::Partial),
        _ => Err("must be atomic or partial"),
    }
}
