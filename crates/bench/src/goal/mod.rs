//! What is measured for which goal.

mod at_the_port;
mod audit;
mod durable_creates;
mod import;
mod lists;
mod memory;
mod nesting;
mod point_reads;
mod postgres;
mod sign_in;
mod sqlite;
mod start;

pub(crate) use postgres::measure as on_postgres;
pub(crate) use sqlite::{
    measure as on_sqlite, measure_audit as on_sqlite_with_audit,
    measure_many as on_sqlite_with_many, measure_sign_ins as on_sqlite_with_sign_ins,
};

use crate::spread::Spread;

/// What a goal demands of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    /// Whether the median of the rounds reaches it.
    pub(crate) fn is_met_by(self, measured: &Spread) -> bool {
        match self {
            Self::AtLeast(least) => measured.median() >= least,
            Self::AtMost(most) => measured.median() <= most,
        }
    }
}

/// A figure of a goal.
pub(crate) struct Goal {
    /// The number of the goal.
    pub(crate) number: &'static str,
    /// What is measured, against what.
    pub(crate) figure: String,
    /// What it is to be; `None` where it only explains another one.
    pub(crate) target: Option<Target>,
    /// What it was.
    pub(crate) measured: Spread,
}

/// A figure that a goal's figure is made of.
pub(crate) struct Raw {
    /// What was done, and by whom.
    pub(crate) what: String,
    /// What the figure counts.
    pub(crate) unit: &'static str,
    /// What it was.
    pub(crate) measured: Spread,
}

/// Everything that was measured.
#[derive(Default)]
pub(crate) struct Findings {
    /// Against the goals.
    pub(crate) goals: Vec<Goal>,
    /// The raw figures behind.
    pub(crate) raw: Vec<Raw>,
}

impl Findings {
    /// Adds a figure of a goal.
    pub(crate) fn goal(
        &mut self,
        number: &'static str,
        figure: impl Into<String>,
        target: Option<Target>,
        measured: Spread,
    ) {
        self.goals.push(Goal { number, figure: figure.into(), target, measured });
    }

    /// Adds a raw figure.
    pub(crate) fn raw(&mut self, what: impl Into<String>, unit: &'static str, rounds: &[f64]) {
        let measured = rounds.iter().copied().collect();
        self.raw.push(Raw { what: what.into(), unit, measured });
    }

    /// Adds what was found elsewhere.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.goals.append(&mut other.goals);
        self.raw.append(&mut other.raw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_decides_and_the_target_itself_is_met() {
        let measured: Spread = [1.0, 2.0, 9.0].into_iter().collect();
        assert!(Target::AtLeast(2.0).is_met_by(&measured));
        assert!(Target::AtMost(2.0).is_met_by(&measured));
        assert!(!Target::AtLeast(2.1).is_met_by(&measured));
        assert!(!Target::AtMost(1.9).is_met_by(&measured));
    }

    #[test]
    fn nothing_measured_meets_no_target() {
        assert!(!Target::AtLeast(0.0).is_met_by(&Spread::default()));
        assert!(!Target::AtMost(1.0).is_met_by(&Spread::default()));
    }
}
