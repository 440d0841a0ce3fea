//! Logs that grow while everybody writes, on one node and on two.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::error::UseCaseError;
use domain::resource::Change;
use domain::unit_of_work::StoreError;
use tokio::task::JoinHandle;

use super::trail::ALL;
use super::{Harness, Setting};
use crate::TestSigner;
use crate::builders::{a_caller, a_user};

const WRITERS: usize = 8;
const USERS_OF_EACH: usize = 12;

/// Writers that make users, half of them on each node, and how many of them still do.
struct Writers {
    working: Vec<JoinHandle<()>>,
    left: Arc<AtomicUsize>,
}

impl Writers {
    fn on(nodes: [&Setting; 2]) -> Self {
        let left = Arc::new(AtomicUsize::new(WRITERS));
        let write = |n: usize| {
            let (node, left) = (nodes[n % 2].clone(), Arc::clone(&left));
            tokio::spawn(async move {
                for m in 0..USERS_OF_EACH {
                    let draft = a_user(&format!("user {n} {m}")).profile("color", "red").draft();
                    let create = Change::Create { id: None, draft };
                    let made = node.world.users().apply(&node.context(), (), create).await;
                    assert!(made.is_ok(), "{made:?}");
                }
                left.fetch_sub(1, Ordering::SeqCst);
            })
        };
        Self { working: (0..WRITERS).map(write).collect(), left }
    }

    async fn done(self) {
        for writer in self.working {
            writer.await.unwrap();
        }
    }
}

/// Seals by a node as long as anybody writes, and then what is left.
fn sealing(node: &Setting, left: &Arc<AtomicUsize>) -> JoinHandle<u64> {
    let (node, left) = (node.clone(), Arc::clone(left));
    tokio::spawn(async move {
        let mut entries = 0;
        loop {
            let last = left.load(Ordering::SeqCst) == 0;
            let sealed = node.world.sealer().seal(node.store.id).await.unwrap();
            entries += sealed.entries;
            if last && node.waiting().await.is_empty() {
                return entries;
            }
            tokio::task::yield_now().await;
        }
    })
}

async fn in_time<T>(working: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), working).await.unwrap()
}

/// Each entry once, none left out, and every checkpoint is over those before it.
pub async fn two_that_seal_under_8_writers_seal_each_entry_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let writers = Writers::on([&s, &other]);
    let sealing = [&s, &other].map(|node| sealing(node, &writers.left));
    in_time(writers.done()).await;
    let mut sealed = 0;
    for sealer in sealing {
        sealed += in_time(sealer).await.unwrap();
    }
    let size = s.head().await.size;
    assert_eq!((sealed, s.entries().await.len() as u64), (size, size));
    assert_eq!(s.users().await.len(), WRITERS * USERS_OF_EACH);
    s.assert_whole().await;
}

/// Of those who have read one size of a log.
pub async fn of_16_that_make_a_log_grow_at_once_one_does(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    s.has_users((0..20).map(|n| a_user(&format!("user {n}")).build()).collect()).await;
    // The shorter growths end inside a run, the last takes all.
    let mut growths = Vec::new();
    for count in 6..22 {
        growths.push(s.growth(count).await);
    }
    let growing: Vec<_> = growths
        .into_iter()
        .enumerate()
        .map(|(n, growth)| {
            let node = if n % 2 == 0 { s.clone() } else { other.clone() };
            tokio::spawn(async move { node.grow(&growth).await })
        })
        .collect();
    let mut grown = 0;
    for outcome in growing {
        match outcome.await.unwrap() {
            Ok(()) => grown += 1,
            Err(error) => assert_eq!(error, StoreError::Stale),
        }
    }
    assert_eq!((grown, s.log().await.checkpoints.len()), (1, 1));
    s.seal(ALL as usize).await;
    s.assert_whole().await;
}

/// What each key signs is of its own term, without a gap, and no writer is refused.
pub async fn a_log_is_handed_over_twice_under_8_writers(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let next = [1, 2].map(|seed| {
        s.world.keys.add(TestSigner::from_seed([seed; 32]));
        other.world.keys.add(TestSigner::from_seed([seed; 32]))
    });
    let writers = Writers::on([&s, &other]);
    let sealing = sealing(&other, &writers.left);
    let (admin, rotation) = (a_caller().system_admin().build(), s.world.rotation());
    for (new, written) in next.into_iter().zip([10, 50]) {
        // In the midst of it.
        in_time(async {
            while s.users().await.len() < written {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(rotation.register(&admin, new).await, Ok(()));
        let handing_over = in_time(rotation.hand_over(&admin, s.store.id, new)).await;
        assert_eq!(handing_over, Ok::<_, UseCaseError>(()));
    }
    in_time(writers.done()).await;
    in_time(sealing).await.unwrap();
    // What handing over has left behind, where everybody else was through before.
    s.seal_by_node().await;
    let terms = s.log().await.terms;
    assert_eq!(terms.len(), 3);
    assert!(terms.is_sorted_by(|before, after| before.from < after.from), "{terms:?}");
    assert_eq!(s.users().await.len(), WRITERS * USERS_OF_EACH);
    s.assert_whole().await;
}
