//! What holds while several units run at once, on one node and on two.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use domain::access::{Permission, Room};
use domain::audit::{Action, Area, EntryOrder, EntryQuery};
use domain::error::{Missing, UseCaseError};
use domain::first_start::first_start;
use domain::id::UserId;
use domain::resource::Change;
use domain::store::{NewStore, Overrides, StoreName};
use domain::unit_of_work::{Access, StoreError, Unique, transact};
use domain::user::{PersonName, User, UserOrder, UserQuery};

use super::{Harness, Setting};
use crate::World;
use crate::builders::{a_caller, a_user};

/// Uniqueness is decided by the store, not by a look before.
pub async fn of_64_creates_of_one_login_name_one_wins(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let creating: Vec<_> = (0..64)
        .map(|n| {
            let node = if n % 2 == 0 { &s } else { &other };
            let (users, context) = (node.world.users(), node.context());
            let name = if n % 3 == 0 { "ADA" } else { "ada" };
            let create = Change::Create { id: None, draft: a_user(name).draft() };
            tokio::spawn(async move { users.apply(&context, (), create).await })
        })
        .collect();
    let mut made = 0;
    for outcome in creating {
        match outcome.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert_eq!(error, UseCaseError::Duplicate(Unique::LoginName)),
        }
    }
    assert_eq!((made, s.users().await.len()), (1, 1));
    let entries = s.entries().await;
    assert_eq!(entries.iter().filter(|entry| entry.area == Area::User).count(), 1);
}

/// A store of a name is made once, and the trail of each store that is not made stays empty.
pub async fn of_16_stores_of_one_name_one_is_made(harness: &dyn Harness) {
    let nodes = [harness.unit_of_work(), harness.second_node().await];
    let founding: Vec<_> = (0_u64..16)
        .zip(nodes.iter().cycle())
        .map(|(n, node)| {
            let world = World::further(Arc::clone(node), n << 32);
            let name = StoreName::parse(if n % 2 == 0 { "shop" } else { "SHOP" }).unwrap();
            let admin = a_caller().system_admin().build();
            let new = NewStore { id: None, name, set: Overrides::default() };
            tokio::spawn(async move { world.stores().create(&admin, None, new).await })
        })
        .collect();
    let mut made = 0;
    for outcome in founding {
        match outcome.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert_eq!(error, UseCaseError::Duplicate(Unique::StoreName)),
        }
    }
    assert_eq!(made, 1);
}

/// Nodes that start at once on an empty database make one administrator.
pub async fn of_4_first_starts_one_makes_the_first_key(harness: &dyn Harness) {
    let nodes = [harness.unit_of_work(), harness.second_node().await];
    let starting: Vec<_> = (0_u64..4)
        .zip(nodes.iter().cycle())
        .map(|(n, node)| {
            let gate = World::further(Arc::clone(node), n << 32).gate();
            tokio::spawn(async move { first_start(&gate, None).await })
        })
        .collect();
    let mut keys = Vec::new();
    for outcome in starting {
        keys.extend(outcome.await.unwrap().unwrap());
    }
    assert_eq!(keys.len(), 1);
    let hash = keys[0].hash();
    let found = transact(&*nodes[0], Access::Point, move |tx| tx.clients().find_by_key(&hash));
    let (_, client) = found.await.map_err(|error: StoreError| error).unwrap().unwrap();
    assert!(client.is_system_admin());
}

/// How far a user is counted: by the last name.
fn count(user: &User) -> u32 {
    user.last_name.as_ref().map_or(0, |name| name.as_str().parse().unwrap())
}

/// Reads for update, counts one further, writes.
fn count_up(room: &mut Room<'_>, id: UserId) -> Result<(), UseCaseError> {
    let found = room.here().users().find_all_for_update(&[id])?;
    let before = found.into_iter().next().ok_or(UseCaseError::NotFound(Missing::User))?;
    let last_name = PersonName::parse((count(&before) + 1).to_string()).ok();
    let after = User { last_name, ..before.clone() };
    if let Some(change) = room.journal.modified(&before, after)? {
        room.here().users().update_all(&[change])?;
    }
    Ok(())
}

/// Read, add one, write: 32 times at once, from two nodes.
pub async fn concurrent_changes_of_one_user_lose_none(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let id = s.has_user(a_user("ada").build()).await.id;
    let counting: Vec<_> = (0..32)
        .map(|n| {
            let node = if n % 2 == 0 { &s } else { &other };
            let (gate, context) = (node.world.gate(), node.context());
            tokio::spawn(async move {
                let count = move |room: &mut Room<'_>| count_up(room, id);
                gate.change(Access::Write, &context, Permission::UserManage, 1, count).await
            })
        })
        .collect();
    for outcome in counting {
        assert_eq!(outcome.await.unwrap(), Ok(()));
    }
    assert_eq!(s.user(id).await.as_ref().map(count), Some(32));
    let changes = s.entries().await.into_iter().filter(|entry| entry.action == Action::Modified);
    assert_eq!(changes.count(), 32);
}

/// Where two threads wait for each other, but not longer than it takes to be sure that the adapter
/// does not let both in at once.
#[derive(Default)]
struct Meeting {
    arrived: Mutex<u32>,
    changed: Condvar,
}

impl Meeting {
    const LONGEST: Duration = Duration::from_millis(300);

    fn arrive(&self) {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.changed.notify_all();
        let _ = self.changed.wait_timeout_while(arrived, Self::LONGEST, |n| *n < 2).unwrap();
    }
}

/// A deadlock, where the database lets it come to one, is resolved by running one unit again.
pub async fn two_units_that_lock_in_opposite_order_both_commit(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, bob) =
        (s.has_user(a_user("ada").build()).await.id, s.has_user(a_user("bob").build()).await.id);
    let meeting = Arc::new(Meeting::default());
    let crossing = [(ada, bob), (bob, ada)].map(|(first, second)| {
        let (gate, context, meeting) = (s.world.gate(), s.context(), Arc::clone(&meeting));
        tokio::spawn(async move {
            let cross = move |room: &mut Room<'_>| {
                count_up(room, first)?;
                meeting.arrive();
                count_up(room, second)
            };
            gate.change(Access::Write, &context, Permission::UserManage, 2, cross).await
        })
    });
    for outcome in crossing {
        assert_eq!(outcome.await.unwrap(), Ok(()));
    }
    let counted: Vec<_> = s.users().await.iter().map(count).collect();
    assert_eq!(counted, [2, 2]);
}

/// A writer changes two users between the two looks of one reader, who sees none of it.
pub async fn a_read_sees_one_state_while_a_writer_commits(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, bob) =
        (s.has_user(a_user("ada").build()).await.id, s.has_user(a_user("bob").build()).await.id);
    // Reserves the numbers, so that the writer below is one unit.
    s.recorded(2, |_| Ok(())).await;

    let (looked, has_looked) = tokio::sync::oneshot::channel();
    let looked = Mutex::new(Some(looked));
    let written = Arc::new(Meeting::default());
    let (store, unit_of_work, done) = (s.store.id, s.unit_of_work(), Arc::clone(&written));
    let reading = tokio::spawn(async move {
        transact(&*unit_of_work, Access::Read, move |tx| {
            let first = tx.store(store).users().find(ada)?;
            if let Some(looked) = looked.lock().unwrap().take() {
                looked.send(()).unwrap();
                done.arrive();
            }
            let second = tx.store(store).users().find(bob)?;
            Ok::<_, UseCaseError>([first, second].map(|user| user.as_ref().map(count)))
        })
        .await
    });
    has_looked.await.unwrap();
    let count_both = move |room: &mut Room<'_>| {
        count_up(room, ada)?;
        count_up(room, bob)
    };
    let (gate, context) = (s.world.gate(), s.context());
    let writing = gate.change(Access::Write, &context, Permission::UserManage, 2, count_both);
    assert_eq!(writing.await, Ok(()));
    written.arrive();

    let [first, second] = reading.await.unwrap().unwrap();
    assert_eq!(first, second, "two states in one read");
    let counted: Vec<_> = s.users().await.iter().map(count).collect();
    assert_eq!(counted, [1, 1]);
}

/// Callers who go away in the middle: each pair of users is there whole or not at all.
pub async fn a_dropped_future_does_not_tear_a_unit(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for n in 0..60_u64 {
        let pair = ["left", "right"].map(|side| a_user(&format!("{side} {n}")).build());
        let pair = s.all_added(pair.to_vec()).await;
        let unit = s.write(move |here| {
            here.users().insert(&pair[0])?;
            here.users().insert(&pair[1])
        });
        // How far a unit gets before its caller is gone differs from run to run, on purpose.
        let _ = tokio::time::timeout(Duration::from_micros(n * 40), unit).await;
        assert_pairs(&s).await;
    }
    // A unit whose caller is gone may still be at work: this one comes after it.
    s.has_user(a_user("left last").build()).await;
    s.has_user(a_user("right last").build()).await;
    assert_pairs(&s).await;
}

async fn assert_pairs(s: &Setting) {
    let (by_id, by_number) = (UserOrder::Id, EntryOrder::Id);
    let both = s.read(move |here| {
        let users = here.users().list(&UserQuery::first(by_id, 1_000))?;
        Ok((users, here.audit().list(&EntryQuery::first(by_number, 1_000))?))
    });
    let (users, entries) = both.await;
    let of = |side: &str| -> BTreeSet<String> {
        let names = users.iter().map(|user| user.login_name.as_str());
        names.filter_map(|name| name.strip_prefix(side)).map(str::to_owned).collect()
    };
    assert_eq!(of("left "), of("right "));
    let made = entries.iter().filter(|entry| entry.area == Area::User).count();
    assert_eq!(made, users.len(), "users and entries differ");
}

/// A commit is seen by everybody from the moment it is answered.
pub async fn what_one_node_commits_the_other_sees(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    for n in 0..20 {
        let (writer, reader) = if n % 2 == 0 { (&s, &other) } else { (&other, &s) };
        let user = writer.added(a_user(&format!("user {n}")).build()).await;
        writer.insert(&user).await.unwrap();
        reader.assert_stored(&user).await;
    }
}

/// Numbers of entries are given out once, whoever asks.
pub async fn reserved_numbers_never_overlap(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let reserving: Vec<_> = (1..=16_u32)
        .map(|n| {
            let node = if n % 2 == 0 { &s } else { &other };
            let (unit_of_work, store) = (node.unit_of_work(), node.store.id);
            tokio::spawn(async move {
                let mut blocks = Vec::new();
                for count in [n, 1, 100] {
                    let first = transact(&*unit_of_work, Access::Write, move |tx| {
                        tx.store(store).audit().reserve_ids(count)
                    });
                    let first = first.await.unwrap().get();
                    blocks.push(first..first + i64::from(count));
                }
                blocks
            })
        })
        .collect();
    let mut given = BTreeSet::new();
    for blocks in reserving {
        for number in blocks.await.unwrap().into_iter().flatten() {
            // 1 is the entry of the store itself.
            assert!(number > 1 && given.insert(number), "{number} is given out twice");
        }
    }
    assert_eq!(given.len(), 16 * 101 + (1..=16).sum::<usize>());
}
