use std::cell::Cell;
use std::io::{self, Read};
use std::sync::{Arc, LazyLock};

use domain::access::Caller;
use domain::audit::bundle::{Exporter, Reason, Report, Verifier};
use testkit::builders::a_user;
use testkit::{TestPublicKeys, World, block_on};

use super::{CannotVerify, verify};

/// The lines of a bundle of more entries than a few batches hold.
fn large() -> Vec<String> {
    static LARGE: LazyLock<Vec<String>> = LazyLock::new(|| block_on(export(700)));
    LARGE.clone()
}

async fn export(users: u32) -> Vec<String> {
    let world = World::new();
    let store = world.make_store("shop").await;
    for number in 0..users {
        world.make_user(&store, a_user(&format!("user-{number}")).draft()).await;
        if number % 90 == 0 {
            world.sealer().seal(store.id).await.unwrap();
        }
    }
    let exporter = Exporter::new(world.gate());
    let mut export = exporter.begin(&Caller::system("cli"), store.id, None).await.unwrap();
    let mut file = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        file.extend(piece);
    }
    String::from_utf8(file).unwrap().lines().map(str::to_owned).collect()
}

fn file(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

fn in_parallel(bundle: impl Read + Send) -> Result<Report, CannotVerify> {
    verify(bundle, Arc::new(TestPublicKeys), None, |_, _| {})
}

/// What a verifier finds that takes one line after the other.
fn in_sequence(file: &[u8]) -> Report {
    let mut verifier = Verifier::new(Arc::new(TestPublicKeys), None);
    let mut lines = file.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next_if(|line| line.ends_with(b"\n")) {
        verifier.line(&line[..line.len() - 1], None);
    }
    verifier.finish(lines.next().is_some()).unwrap()
}

#[track_caller]
fn assert_found(file: &[u8], reason: Reason) {
    let report = in_parallel(file).unwrap();
    assert_eq!(report, in_sequence(file));
    assert_eq!(report.fault.map(|fault| fault.reason), Some(reason));
}

#[test]
fn a_good_bundle_is_good_on_all_cores() {
    let file = file(&large());
    let report = in_parallel(file.as_slice()).unwrap();
    assert_eq!(report.fault, None);
    assert_eq!(report.entries, 701);
    assert_eq!(report, in_sequence(&file));
}

#[test]
fn whatever_is_wrong_is_found_as_if_one_line_came_after_the_other() {
    let good = large();
    let lines = good.len();
    for place in [0, 1, 2, 3, 100, 257, 258, 259, 400, 511, 512, 600, lines - 2, lines - 1] {
        let (mut without, mut twice, mut behind) = (good.clone(), good.clone(), good.clone());
        without.remove(place);
        twice.insert(place, good[place].clone());
        let moved = behind.remove(place);
        behind.insert(lines - 2, moved);
        let mut edited = good.clone();
        edited[place] = good[place].replacen(['5', '7'], "6", 1);
        for changed in [without, twice, behind, edited] {
            let file = file(&changed);
            assert_eq!(in_parallel(file.as_slice()).unwrap(), in_sequence(&file), "{place}");
            let cut = &file[..file.len() / 2];
            assert_eq!(in_parallel(cut).unwrap(), in_sequence(cut), "{place}");
        }
    }
}

#[test]
fn what_decides_between_two_reasons_is_looked_for_up_to_the_end() {
    let good = large();
    let mut removed = good.clone();
    let moved = removed.remove(10);
    assert_found(&file(&removed), Reason::Removed);
    let mut reordered = removed.clone();
    reordered.push(moved);
    assert_found(&file(&reordered), Reason::Reordered);
    let without_end = file(&reordered);
    assert_found(&without_end[..without_end.len() - 1], Reason::Removed);
}

#[test]
fn an_end_within_a_line_is_told_from_one_behind_it() {
    let whole = file(&large());
    assert_found(&whole[..whole.len() - 1], Reason::Truncated);
    assert_found(&whole[..1], Reason::Truncated);
    assert_found(&[], Reason::Truncated);
    assert_found(&[&whole, b"x".as_slice()].concat(), Reason::Trailing);
    assert_found(&[whole.as_slice(), &whole].concat(), Reason::Trailing);
}

/// Reads this, and then fails.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_says_nothing_of_the_bundle() {
    let whole = file(&large());
    for length in [0, 10, 1_000, whole.len() / 2] {
        let found = in_parallel(Failing(&whole[..length]));
        assert!(matches!(found, Err(CannotVerify::Unreadable(_))), "{found:?}");
    }
    // What stands before it is wrong all the same.
    let mut edited = large();
    edited[20] = edited[20].replacen("\"user\":\"", "\"user\":\"x", 1);
    edited.swap(21, 22);
    let report = in_parallel(Failing(&file(&edited[..30])));
    assert!(report.is_err(), "what decides between two reasons may come later");
    edited[20] = String::new();
    let report = in_parallel(Failing(&file(&edited[..30]))).unwrap();
    assert_eq!(report.fault.map(|fault| fault.reason), Some(Reason::Malformed));
}

/// Reads this, and then more of it for ever.
struct Endless(Vec<u8>, usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&self.0[self.1..]).read(buffer)?;
        self.1 = (self.1 + read) % self.0.len();
        Ok(read)
    }
}

#[test]
fn nothing_is_read_behind_what_decides() {
    let report = in_parallel(Endless(file(&large()), 0)).unwrap();
    assert_eq!(report.fault.map(|fault| fault.reason), Some(Reason::Trailing));
    let report = in_parallel(Endless(b"\n".to_vec(), 0)).unwrap();
    assert_eq!(report.fault.map(|fault| fault.reason), Some(Reason::Malformed));
}

#[test]
fn progress_goes_up_to_all_entries() {
    let last = Cell::new((0, 0));
    let told = |done: u64, of: u64| {
        assert!(done >= last.get().0 && of == 701, "{done} of {of}");
        last.set((done, of));
    };
    let report = verify(file(&large()).as_slice(), Arc::new(TestPublicKeys), None, told);
    assert_eq!(report.unwrap().fault, None);
    assert_eq!(last.get(), (701, 701));
}

#[test]
fn what_is_no_checkpoint_is_told_before_anything_is_read() {
    let kept = Some("no checkpoint");
    let found = verify(Failing(&[]), Arc::new(TestPublicKeys), kept, |_, _| {});
    assert!(matches!(found, Err(CannotVerify::NoCheckpoint(_))), "{found:?}");
}
