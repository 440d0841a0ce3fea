use std::time::Duration;

use domain::access::Gate;
use domain::audit::Lease;
use domain::error::UseCaseError;
use tokio::time::Instant;

/// How long a turn is used before it is prolonged: each time is a write. A lease lasts ten seconds.
const USED: Duration = Duration::from_secs(3);
/// How long it is believed that another node has the turn.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long a turn that is passed on is still used: until its lease is about to end.
const LAST_USED: Duration = Duration::from_secs(9);
/// When a turn that was passed on is asked for again, if no other node wanted it.
const ASKED_AGAIN: Duration = Duration::from_secs(12);

/// The turns of this node at a task that one node at a time is enough for.
pub(super) struct Turn {
    lease: Lease,
    /// When it was asked for last.
    asked: Instant,
    /// Until when this node has it for sure.
    had_until: Instant,
    /// Until when it is not asked for.
    quiet_until: Instant,
}

impl Turn {
    /// The turns at the task `name`.
    pub(super) fn new(gate: Gate, name: &'static str) -> Self {
        let now = Instant::now();
        let lease = Lease::new(gate, name);
        Self { lease, asked: now, had_until: now, quiet_until: now }
    }

    /// Whether it is this node's turn.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn have(&mut self) -> Result<bool, UseCaseError> {
        let now = Instant::now();
        if now < self.had_until {
            return Ok(true);
        }
        if now < self.quiet_until {
            return Ok(false);
        }
        let had = self.lease.take().await?;
        self.asked = now;
        self.had_until = if had { now + USED } else { now };
        self.quiet_until = if had { now } else { now + BELIEVED };
        Ok(had)
    }

    /// Lets another node have the next turn, where there is one: this node cannot do all of the task.
    pub(super) fn pass_on(&mut self) {
        self.had_until = self.asked + LAST_USED;
        self.quiet_until = self.asked + ASKED_AGAIN;
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use testkit::World;

    use super::*;

    /// Two nodes on one database; time passes for both and for it.
    struct Nodes {
        world: World,
        one: Turn,
        two: Turn,
    }

    impl Nodes {
        fn new() -> Self {
            let world = World::new();
            let turn = || Turn::new(world.gate(), "task");
            let (one, two) = (turn(), turn());
            Self { world, one, two }
        }

        async fn have(&mut self) -> (bool, bool) {
            (self.one.have().await.unwrap(), self.two.have().await.unwrap())
        }

        async fn after(&mut self, seconds: u32) -> (bool, bool) {
            self.world.clock.advance(SignedDuration::from_secs(seconds.into()));
            tokio::time::advance(Duration::from_secs(seconds.into())).await;
            self.have().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_node_has_it_as_long_as_it_goes_on_asking() {
        let mut nodes = Nodes::new();
        assert_eq!(nodes.have().await, (true, false));
        for _ in 0..20 {
            assert_eq!(nodes.after(2).await, (true, false));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn another_node_has_it_when_the_first_one_is_gone() {
        let mut nodes = Nodes::new();
        assert_eq!(nodes.have().await, (true, false));
        nodes.world.clock.advance(SignedDuration::from_secs(11));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(nodes.two.have().await.unwrap());
        assert!(!nodes.one.have().await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_passed_on_where_there_is_another_node() {
        let mut nodes = Nodes::new();
        assert_eq!(nodes.have().await, (true, false));
        nodes.one.pass_on();
        assert_eq!(nodes.after(8).await, (true, false));
        nodes.one.pass_on();
        assert_eq!(nodes.after(3).await, (false, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_is_alone_has_it_again() {
        let mut nodes = Nodes::new();
        assert!(nodes.one.have().await.unwrap());
        nodes.one.pass_on();
        let mut had = vec![];
        for _ in 0..13 {
            tokio::time::advance(Duration::from_secs(1)).await;
            nodes.world.clock.advance(SignedDuration::from_secs(1));
            had.push(nodes.one.have().await.unwrap());
        }
        assert_eq!(had.iter().filter(|had| !**had).count(), 3, "{had:?}");
        assert!(had[12]);
    }
}
