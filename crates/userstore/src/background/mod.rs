//! What goes on beside requests, one loop a file: what is committed is sealed, checkpoints are
//! published, old entries are archived, mail is delivered.
//!
//! Every node runs every loop: what one node at a time is enough for is done in turns.

mod archive;
mod mail;
mod publishing;
mod repeat;
mod retention;
mod sealing;
mod turn;

use std::time::Duration;

use tokio::time::Instant;

use self::publishing::Publishers;
use self::repeat::Loop;
use self::sealing::Sealing;
use crate::configuration::Configuration;
use crate::wire::{self, Node};

/// How long an archive that is being written is waited for: it is begun again after the next start.
const ARCHIVE: Duration = Duration::from_secs(1);
/// How long the last checkpoints may take to be published.
const LAST_CHECKPOINTS: Duration = Duration::from_secs(5);

/// The loops of a node.
pub(crate) struct Background {
    sealing: Sealing,
    publishing: Option<Publishers>,
    retention: Option<Loop>,
    mail: Loop,
}

impl Background {
    /// Begins them.
    pub(crate) fn start(node: &Node, configuration: &Configuration) -> Self {
        let (audit, gate) = (&configuration.audit, node.gate());
        let publishers = wire::publishers(&audit.publish);
        let archiving = audit.retention.clone();
        Self {
            sealing: Sealing::start(gate.clone()),
            publishing: (!publishers.is_empty())
                .then(|| Publishers::start(gate, publishers, audit.publish.interval)),
            retention: archiving.map(|archiving| retention::start(node, archiving)),
            mail: mail::start(node.courier(&configuration.mail)),
        }
    }

    /// Ends them in order. The letter in hand is delivered while requests are drained. When they leave
    /// nothing more to do, all that waits is sealed, and then that is published. Neither takes longer
    /// than `deadline`: what is left is done by another node, or after the next start.
    pub(crate) async fn end(self, drained: impl Future<Output = ()>, deadline: Duration) {
        self.mail.stop();
        let now = Instant::now();
        let retention = async {
            if let Some(retention) = self.retention {
                retention.end(now + ARCHIVE).await;
            }
        };
        tokio::join!(drained, self.mail.end(now + deadline), retention);
        self.sealing.end(Instant::now() + deadline).await;
        if let Some(publishing) = self.publishing {
            publishing.end(Instant::now() + LAST_CHECKPOINTS).await;
        }
    }
}
