use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex as Lock};
use std::time::{Duration, Instant};

use super::super::costs::Costs;
use super::super::engine::{EngineError, Input};
use super::*;
use crate::SystemRandom;
use crate::hashing::{EngineKind, HashOptions};

/// What the engines of a pool were asked, and a gate before them.
#[derive(Default)]
struct Watch {
    engines: AtomicUsize,
    wiped: AtomicUsize,
    at_work: AtomicUsize,
    most_at_work: AtomicUsize,
    seen: Lock<Vec<String>>,
    shut: Lock<bool>,
    opened: Condvar,
}

impl Watch {
    fn shut(&self) {
        *self.shut.lock().unwrap() = true;
    }

    fn open(&self) {
        *self.shut.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn pass(&self, password: &str) {
        self.seen.lock().unwrap().push(password.to_owned());
        let at_work = 1 + self.at_work.fetch_add(1, Ordering::SeqCst);
        self.most_at_work.fetch_max(at_work, Ordering::SeqCst);
        let shut = self.shut.lock().unwrap();
        drop(self.opened.wait_while(shut, |shut| *shut).unwrap());
        self.at_work.fetch_sub(1, Ordering::SeqCst);
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// Gives the password's first byte as every byte of the tag.
struct Watched(Arc<Watch>);

impl Engine for Watched {
    fn compute(&mut self, input: &Input<'_>, tag: &mut [u8]) -> Result<(), EngineError> {
        let password = str::from_utf8(input.password).unwrap();
        self.0.pass(password);
        match password {
            "panic" => panic!("as the test asked"),
            "no memory" => Err(EngineError::NoMemory),
            _ => {
                tag.fill(input.password[0]);
                Ok(())
            }
        }
    }

    fn wipe(&mut self) {
        self.0.wiped.fetch_add(1, Ordering::SeqCst);
    }
}

fn options() -> HashOptions {
    HashOptions {
        memory_kib: 32,
        iterations: 1,
        threads: 1,
        queue: 3,
        test_profile: true,
        ..HashOptions::default()
    }
}

fn random() -> Arc<dyn Random> {
    Arc::new(SystemRandom::new())
}

fn keys() -> Arc<SecretKeys> {
    Arc::new(SecretKeys::generate(random()))
}

fn watched(options: &HashOptions) -> (HashPool, Arc<Watch>) {
    let watch = Arc::new(Watch::default());
    let settings = HashSettings::parse(options).unwrap();
    let engines = Arc::clone(&watch);
    let pool = HashPool::start_with(&settings, keys(), random(), move || {
        engines.engines.fetch_add(1, Ordering::SeqCst);
        Box::new(Watched(Arc::clone(&engines)))
    });
    (pool.unwrap(), watch)
}

fn real(options: &HashOptions, keys: &Arc<SecretKeys>) -> HashPool {
    let settings = HashSettings::parse(options).unwrap();
    HashPool::start(&settings, Arc::clone(keys), random()).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).unwrap()
}

fn ticket(pool: &HashPool) -> Box<dyn HashTicket> {
    pool.admit().expect("a place")
}

/// A request of its own, on its way.
fn request(
    pool: &HashPool,
    text: &'static str,
) -> tokio::task::JoinHandle<Result<PasswordHash, HashError>> {
    let ticket = ticket(pool);
    tokio::spawn(async move { ticket.hash(&password(text)).await })
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn whoever_finds_no_place_is_refused_at_once() {
    let (pool, watch) = watched(&options());
    watch.shut();
    let admitted: Vec<_> = (0..16).filter_map(|_| pool.admit().ok()).collect();
    assert_eq!(admitted.len(), 4, "a thread and three that wait");
    drop(admitted);
    assert!(pool.admit().is_ok(), "a place that was given back");
    watch.open();
}

#[tokio::test]
async fn overload_takes_no_more_memory_than_the_threads_have() {
    let (pool, watch) = watched(&HashOptions { threads: 2, queue: 6, ..options() });
    watch.shut();
    let (mut served, mut refused) = (Vec::new(), 0);
    for _ in 0..32 {
        match pool.admit() {
            Ok(ticket) => {
                served.push(tokio::spawn(async move { ticket.hash(&password("ada")).await }));
            }
            Err(Overloaded) => refused += 1,
        }
    }
    assert_eq!((served.len(), refused), (8, 24));
    until("both threads work", || watch.at_work.load(Ordering::SeqCst) == 2).await;
    watch.open();
    for request in served {
        assert!(request.await.unwrap().is_ok());
    }
    assert_eq!(watch.engines.load(Ordering::SeqCst), 2);
    assert_eq!(watch.most_at_work.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn every_verification_computes_exactly_one_hash() {
    let (pool, watch) = watched(&options());
    let ticket = ticket(&pool);
    let ada = password("ada");
    let hash = ticket.hash(&ada).await.unwrap();
    let foreign =
        PasswordHash::parse("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW")
            .unwrap();
    let absurd = "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";
    let absurd = PasswordHash::parse(absurd).unwrap();
    let right = Verified::Right { outdated: false };
    for (password, hash, verified) in [
        (&ada, Some(&hash), right),
        (&password("bob"), Some(&hash), Verified::Wrong),
        (&ada, None, Verified::Wrong),
        (&ada, Some(&foreign), Verified::Wrong),
        (&ada, Some(&absurd), Verified::Wrong),
    ] {
        let before = watch.seen().len();
        assert_eq!(ticket.verify(password, hash).await, Ok(verified));
        assert_eq!(watch.seen().len(), before + 1);
    }
}

#[tokio::test]
async fn a_missing_key_is_no_wrong_password() {
    let (pool, watch) = watched(&options());
    let text = "$argon2id$v=19$m=32,t=1,p=1,keyid=gone0000$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";
    let hash = PasswordHash::parse(text).unwrap();
    let verified = ticket(&pool).verify(&password("ada"), Some(&hash)).await;
    assert_eq!(verified, Err(HashError::UnknownPepper { key_id: "gone0000".into() }));
    assert!(watch.seen().is_empty());
}

#[tokio::test]
async fn who_comes_first_is_served_first() {
    let (pool, watch) = watched(&options());
    watch.shut();
    let mut requests = Vec::new();
    for (number, name) in ["first", "second", "third", "fourth"].into_iter().enumerate() {
        requests.push(request(&pool, name));
        tokio::task::yield_now().await;
        if number == 0 {
            until("the first is served", || watch.seen().len() == 1).await;
        }
    }
    watch.open();
    for request in requests {
        request.await.unwrap().unwrap();
    }
    assert_eq!(watch.seen(), ["first", "second", "third", "fourth"]);
}

#[tokio::test]
async fn a_ticket_computes_one_hash_after_the_other() {
    let (pool, watch) = watched(&HashOptions { threads: 2, ..options() });
    let ticket = ticket(&pool);
    let (one, other) = (password("one"), password("other"));
    let (first, second) = tokio::join!(ticket.hash(&one), ticket.hash(&other));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(watch.seen(), ["one", "other"]);
    assert_eq!(watch.most_at_work.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_has_gone_is_passed_over_and_keeps_its_place_until_then() {
    let (pool, watch) = watched(&options());
    watch.shut();
    let served = request(&pool, "served");
    until("it is served", || watch.seen().len() == 1).await;
    for _ in 0..3 {
        let gone = request(&pool, "gone");
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
    }
    assert!(pool.admit().is_err(), "the queue would grow without bounds");
    watch.open();
    served.await.unwrap().unwrap();
    until("their places are free", || pool.admit().is_ok()).await;
    request(&pool, "next").await.unwrap().unwrap();
    assert_eq!(watch.seen(), ["served", "next"]);
}

#[tokio::test]
async fn whoever_waited_too_long_is_refused_unhashed() {
    let (pool, watch) = watched(&HashOptions { wait: Duration::ZERO, ..options() });
    assert_eq!(request(&pool, "late").await.unwrap(), Err(HashError::Overloaded));
    assert!(watch.seen().is_empty());
}

#[tokio::test]
async fn a_stop_refuses_what_waits_and_ends_after_what_is_computed() {
    let (pool, watch) = watched(&options());
    watch.shut();
    let served = request(&pool, "served");
    until("it is served", || watch.seen().len() == 1).await;
    let waiting = request(&pool, "waiting");
    let late = ticket(&pool);
    tokio::task::yield_now().await;
    let stop = thread::spawn(move || drop(pool));
    assert_eq!(waiting.await.unwrap(), Err(HashError::Overloaded));
    assert_eq!(late.hash(&password("late")).await, Err(HashError::Overloaded));
    watch.open();
    assert!(served.await.unwrap().is_ok());
    stop.join().unwrap();
    assert_eq!(watch.seen(), ["served"]);
}

#[tokio::test]
async fn a_panic_costs_its_request_and_not_the_thread() {
    let (pool, watch) = watched(&options());
    assert_eq!(request(&pool, "panic").await.unwrap(), Err(HashError::Overloaded));
    assert_eq!(request(&pool, "no memory").await.unwrap(), Err(HashError::Overloaded));
    assert!(request(&pool, "ada").await.unwrap().is_ok());
    assert_eq!(watch.engines.load(Ordering::SeqCst), 2, "one more after the panic");
    assert_eq!((0..9).filter_map(|_| pool.admit().ok()).collect::<Vec<_>>().len(), 4);
}

#[tokio::test]
async fn memory_is_wiped_when_there_is_nothing_to_do() {
    let (pool, watch) = watched(&options());
    assert!(request(&pool, "ada").await.unwrap().is_ok());
    assert_eq!(watch.wiped.load(Ordering::SeqCst), 0, "it is needed again at once");
    until("it is wiped", || watch.wiped.load(Ordering::SeqCst) == 1).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn threads_that_hash_go_last() {
    use rustix::process::getpriority_process;

    struct Nice(Arc<Lock<Option<i32>>>);
    impl Engine for Nice {
        fn compute(&mut self, _: &Input<'_>, _: &mut [u8]) -> Result<(), EngineError> {
            let thread = rustix::thread::gettid();
            *self.0.lock().unwrap() = Some(getpriority_process(Some(thread)).unwrap());
            Ok(())
        }

        fn wipe(&mut self) {}
    }

    let told = Arc::new(Lock::new(None));
    let engines = Arc::clone(&told);
    let settings = HashSettings::parse(&options()).unwrap();
    let make = move || Box::new(Nice(Arc::clone(&engines))) as Box<dyn Engine>;
    let pool = HashPool::start_with(&settings, keys(), random(), make).unwrap();
    request(&pool, "ada").await.unwrap().unwrap();
    let own = getpriority_process(Some(rustix::thread::gettid())).unwrap();
    assert_eq!(*told.lock().unwrap(), Some((own + 10).min(19)));
}

#[tokio::test]
async fn either_engine_verifies_what_the_other_hashed() {
    let keys = keys();
    let of = |engine| real(&HashOptions { engine, pepper: true, ..options() }, &keys);
    let pools = [of(EngineKind::Argon2), of(EngineKind::Fast)];
    for (hashing, verifying) in [(0, 1), (1, 0)] {
        let hash = ticket(&pools[hashing]).hash(&password("ada")).await.unwrap();
        let form = format!("$argon2id$v=19$m=32,t=1,p=1,keyid={}$", keys.present_id());
        assert!(hash.as_str().starts_with(&form));
        let ticket = ticket(&pools[verifying]);
        let right = Verified::Right { outdated: false };
        assert_eq!(ticket.verify(&password("ada"), Some(&hash)).await, Ok(right));
        assert_eq!(ticket.verify(&password("Ada"), Some(&hash)).await, Ok(Verified::Wrong));
    }
}

#[tokio::test]
async fn one_password_never_hashes_alike() {
    let pool = real(&options(), &keys());
    let ticket = ticket(&pool);
    let ada = password("ada");
    assert_ne!(ticket.hash(&ada).await.unwrap(), ticket.hash(&ada).await.unwrap());
}

#[tokio::test]
async fn a_peppered_hash_needs_its_key() {
    let keys = keys();
    let peppered = real(&HashOptions { pepper: true, ..options() }, &keys);
    let hash = ticket(&peppered).hash(&password("ada")).await.unwrap();
    let stripped = hash.as_str().replace(&format!(",keyid={}", keys.present_id()), "");
    let stripped = PasswordHash::parse(stripped).unwrap();
    let verified = ticket(&peppered).verify(&password("ada"), Some(&stripped)).await;
    assert_eq!(verified, Ok(Verified::Wrong), "the database alone must not do");
}

#[tokio::test]
async fn other_costs_and_other_keys_are_outdated() {
    let text = keys().to_text();
    let old = Arc::new(SecretKeys::from_text(&text, random()).unwrap());
    let new = Arc::new(SecretKeys::from_text(&text, random()).unwrap().rotated().unwrap());
    let peppered = HashOptions { pepper: true, ..options() };
    let hash = ticket(&real(&peppered, &old)).hash(&password("ada")).await.unwrap();
    for (options, keys, outdated) in [
        (peppered.clone(), &old, false),
        (peppered.clone(), &new, true),
        (options(), &old, true),
        (HashOptions { memory_kib: 64, ..peppered.clone() }, &old, true),
        (HashOptions { memory_kib: 16, ..peppered.clone() }, &old, true),
        (HashOptions { iterations: 2, ..peppered.clone() }, &old, true),
        (HashOptions { parallelism: 2, ..peppered }, &old, true),
    ] {
        let verified = ticket(&real(&options, keys)).verify(&password("ada"), Some(&hash)).await;
        assert_eq!(verified, Ok(Verified::Right { outdated }), "{options:?}");
    }
}

#[test]
fn the_costs_of_new_hashes_are_those_of_the_settings() {
    let pool = real(&options(), &keys());
    assert_eq!(pool.desk.present, Scheme::present(Costs::parse(32, 1, 1).unwrap(), None));
}
