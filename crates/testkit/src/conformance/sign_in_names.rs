//! What is counted by name, in a table in which a name may take the place of another one.

use domain::attempt::{Attempts, NameKey, NameRecord};
use domain::unit_of_work::{InStore, StoreError, Verdict};

use super::attempts::some_attempts;
use super::stores::founded_again;
use super::waiting::beside;
use super::{Harness, Setting};

/// The highest number that every adapter keeps.
const MOST: u32 = i32::MAX.unsigned_abs();

/// A name of that place in the table.
fn name(slot: u16, rest: u8) -> NameKey {
    let mut bytes = [rest; 32];
    bytes.iter_mut().zip(slot.to_be_bytes()).for_each(|(byte, of_slot)| *byte = of_slot);
    NameKey::from_bytes(bytes)
}

/// A record of which everything is counted.
fn some_record() -> NameRecord {
    let failed_at = "2026-06-30T12:34:56.789012Z".parse().ok();
    NameRecord { failures: 4, failed_at, decoy: some_attempts() }
}

fn failures(failures: u32) -> NameRecord {
    NameRecord { failures, ..NameRecord::default() }
}

async fn save(s: &Setting, name: NameKey, record: NameRecord) {
    let saving = s.write(move |here| {
        here.throttle().lock(&name)?;
        here.throttle().save(&name, &record)
    });
    saving.await.unwrap();
}

/// Whoever looks at a record locks it, and with it its place.
async fn look(s: &Setting, name: NameKey) -> NameRecord {
    s.write(move |here| here.throttle().lock(&name)).await.unwrap()
}

/// Nothing before the first; then what was saved last, at the edges too.
pub async fn what_is_counted_under_a_name_comes_back(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let highest = Attempts {
        failures: MOST,
        window: MOST,
        locked_until: "9999-12-31T23:59:59.999999Z".parse().ok(),
        in_flight: MOST,
        reserved_at: "0001-01-01T00:00:00Z".parse().ok(),
        epoch: MOST,
    };
    let highest = NameRecord { failures: MOST, failed_at: highest.reserved_at, decoy: highest };
    let records = [
        some_record(),
        highest,
        NameRecord { failed_at: None, ..some_record() },
        NameRecord { decoy: Attempts { locked_until: None, ..some_attempts() }, ..some_record() },
        NameRecord { decoy: Attempts { reserved_at: None, ..some_attempts() }, ..some_record() },
        NameRecord::default(),
    ];
    for name in [name(0, 0), name(0x8000, 0x80), name(u16::MAX, u8::MAX)] {
        assert_eq!(look(&s, name).await, NameRecord::default());
        for record in records {
            save(&s, name, record).await;
            assert_eq!(look(&s, name).await, record);
        }
    }
}

/// One place, one name: who is saved there takes it, who only looks does not.
pub async fn a_name_takes_the_place_of_another_when_it_is_saved(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, bob, beside) = (name(7, 1), name(7, 2), name(8, 1));
    save(&s, ada, some_record()).await;
    save(&s, beside, failures(1)).await;
    assert_eq!(look(&s, bob).await, NameRecord::default());
    assert_eq!(look(&s, ada).await, some_record(), "a look took the place");
    save(&s, bob, failures(2)).await;
    assert_eq!(look(&s, bob).await, failures(2));
    assert_eq!(look(&s, ada).await, NameRecord::default());
    save(&s, ada, failures(3)).await;
    assert_eq!(look(&s, bob).await, NameRecord::default());
    assert_eq!(look(&s, beside).await, failures(1), "another place");
}

/// Many at once; who only shares a place with one of them is not forgotten.
pub async fn cleared_names_are_forgotten(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for slot in [0, 600, 1_199] {
        save(&s, name(slot, 1), some_record()).await;
    }
    let (shares, other) = (name(5, 2), name(1_200, 1));
    save(&s, shares, some_record()).await;
    save(&s, other, some_record()).await;
    let names: Vec<_> = (0..1_200).map(|slot| name(slot, 1)).collect();
    s.write(move |here| here.throttle().clear(&names)).await.unwrap();
    for slot in [0, 600, 1_199] {
        let NameRecord { failures, failed_at, decoy } = look(&s, name(slot, 1)).await;
        assert_eq!((failures, failed_at), (0, None), "{slot}");
        // Whether its epoch goes on is left to the adapter.
        assert_eq!(decoy, Attempts { epoch: decoy.epoch, ..Attempts::default() }, "{slot}");
    }
    assert_eq!(look(&s, shares).await, some_record());
    assert_eq!(look(&s, other).await, some_record());
    assert_eq!(s.write(|here| here.throttle().clear(&[])).await, Ok(()));
}

/// Neither what was saved nor what was cleared.
pub async fn names_of_a_unit_that_is_rolled_back_are_as_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, bob) = (name(1, 1), name(2, 2));
    save(&s, ada, some_record()).await;
    let failing: Result<(), _> = s
        .write(move |here| {
            here.throttle().clear(&[ada])?;
            here.throttle().lock(&bob)?;
            here.throttle().save(&bob, &some_record())?;
            Err(StoreError::Stale)
        })
        .await;
    assert_eq!(failing, Err(StoreError::Stale));
    assert_eq!(look(&s, ada).await, some_record());
    assert_eq!(look(&s, bob).await, NameRecord::default());
}

/// Counts one failure more.
fn count(here: &mut dyn InStore, name: NameKey) -> Result<u32, StoreError> {
    let before = here.throttle().lock(&name)?;
    let after = NameRecord { failures: before.failures + 1, ..before };
    here.throttle().save(&name, &after)?;
    Ok(after.failures)
}

/// Two who come first wait for each other too: there is nothing yet that they could lock.
pub async fn of_two_first_failures_the_second_waits_and_both_count(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let nodes = [(&s, &other, Verdict::Commit, 2), (&s, &s, Verdict::Commit, 2)];
    let undone = [(&other, &s, Verdict::Rollback, 1), (&s, &s, Verdict::Rollback, 1)];
    for (slot, (one, two, verdict, counted)) in (0..).zip(nodes.into_iter().chain(undone)) {
        let (name, store) = (name(slot, 9), s.store.id);
        let outcome = beside(
            [one, two],
            move |tx| tx.store(store).throttle().lock(&name).map(drop),
            move |tx| count(&mut *tx.store(store), name).map(|_| verdict),
            move |tx| count(&mut *tx.store(store), name),
        )
        .await;
        assert!(!outcome.passed, "two units counted at once");
        assert_eq!(outcome.seen, counted, "in round {slot}");
        assert_eq!(look(&s, name).await, failures(counted), "in round {slot}");
    }
}

/// From two nodes, under two names of one place that nobody has tried before: whoever comes last
/// has the place, and no unit fails.
pub async fn of_32_failures_at_once_none_fails_its_unit(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s.clone()];
    let (ada, bob) = (name(3, 1), name(3, 2));
    for names in [[ada, ada], [ada, bob]] {
        s.write(move |here| here.throttle().clear(&[ada, bob])).await.unwrap();
        let counting: Vec<_> = (0..32)
            .map(|n| {
                let (node, name) = (nodes[n % 2].clone(), names[n / 2 % 2]);
                tokio::spawn(async move { node.write(move |here| count(here, name)).await })
            })
            .collect();
        for counted in counting {
            assert!(matches!(counted.await.unwrap(), Ok(1..=32)));
        }
        let [of_ada, of_bob] = [look(&s, ada).await.failures, look(&s, bob).await.failures];
        if names == [ada, ada] {
            assert_eq!((of_ada, of_bob), (32, 0));
        } else {
            assert!((of_ada == 0) != (of_bob == 0), "{of_ada} and {of_bob}");
        }
    }
}

/// Also at one place.
pub async fn each_store_has_names_of_its_own(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    let ada = name(7, 1);
    save(&here, ada, some_record()).await;
    assert_eq!(look(&there, ada).await, NameRecord::default());
    save(&there, name(7, 2), failures(2)).await;
    there.write(move |there| there.throttle().clear(&[ada])).await.unwrap();
    assert_eq!(look(&here, ada).await, some_record());
}

/// They are in nobody's way, and the store that has the id next has none.
pub async fn names_go_with_their_store(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    save(&s, name(7, 1), some_record()).await;
    let again = founded_again(&s).await;
    assert_eq!(look(&again, name(7, 1)).await, NameRecord::default());
}
