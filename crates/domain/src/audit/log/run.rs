use crate::id::AuditId;

/// Successive numbers of entries that were stored at once and wait to be sealed. Runs of a store do
/// not overlap; a number of a run may be nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The first number.
    pub first: AuditId,
    /// The last one; the first, where it is the only one.
    pub last: AuditId,
}

impl Run {
    /// The runs that these numbers form, each as long as it can be.
    pub fn of(ids: impl IntoIterator<Item = AuditId>) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for id in ids {
            match runs.last_mut() {
                Some(run) if id.get() == run.last.get() + 1 => run.last = id,
                _ => runs.push(Self { first: id, last: id }),
            }
        }
        runs
    }

    /// What of `runs`, in order, is behind when everything up to `last` is sealed: the runs to drop,
    /// and what is left of one that is sealed in part.
    pub(super) fn up_to(runs: Vec<Self>, last: AuditId) -> (Vec<Self>, Option<Self>) {
        let taken: Vec<_> = runs.into_iter().take_while(|run| run.first <= last).collect();
        let cut = taken.last().filter(|run| run.last > last);
        let rest =
            cut.and_then(|run| Some(Self { first: AuditId::new(last.get() + 1)?, last: run.last }));
        (taken, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> AuditId {
        AuditId::new(number).unwrap()
    }

    fn run(first: i64, last: i64) -> Run {
        Run { first: id(first), last: id(last) }
    }

    #[test]
    fn successive_numbers_form_a_run() {
        assert_eq!(Run::of([]), []);
        assert_eq!(
            Run::of([5, 6, 7, 9, 8, 10].map(id)),
            [run(5, 7), run(9, 9), run(8, 8), run(10, 10)]
        );
    }

    #[test]
    fn what_is_sealed_in_part_leaves_a_rest() {
        let runs = || vec![run(1, 3), run(5, 9), run(12, 12)];
        assert_eq!(Run::up_to(runs(), id(12)), (runs(), None));
        assert_eq!(Run::up_to(runs(), id(9)), (vec![run(1, 3), run(5, 9)], None));
        assert_eq!(Run::up_to(runs(), id(6)), (vec![run(1, 3), run(5, 9)], Some(run(7, 9))));
        assert_eq!(Run::up_to(runs(), id(1)), (vec![run(1, 3)], Some(run(2, 3))));
    }
}
