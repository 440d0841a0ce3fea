use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use adapters_delivery::CheckpointDirectory;
use domain::audit::log::{Checkpoint, StoredCheckpoint};
use domain::audit::{Publisher as _, Unpublished};
use domain::id::StoreId;
use uuid::Uuid;

use crate::support::{SHORT, checkpoint, over, refusal, store};

fn directory(path: &Path) -> CheckpointDirectory {
    CheckpointDirectory::new(path)
}

/// What is in the directory but its lock.
fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
    names.sort();
    names
}

fn name() -> String {
    format!("{}.checkpoint", store())
}

#[tokio::test]
async fn each_store_has_a_file_that_everybody_may_read() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path();
    let publisher = directory(path);
    let other = StoreId::new(Uuid::from_u128(7));
    let of_other = checkpoint(other, 3, 1);
    publisher.publish(store(), &over(42)).await.unwrap();
    publisher.publish(other, &of_other).await.unwrap();
    assert_eq!(names(path), [format!("{other}.checkpoint"), name()]);
    assert_eq!(fs::read_to_string(path.join(name())).unwrap(), over(42).note);
    let text = fs::read_to_string(path.join(format!("{other}.checkpoint"))).unwrap();
    assert_eq!(text, of_other.note);
    let mode = fs::metadata(path.join(name())).unwrap().permissions().mode();
    assert_eq!(mode & 0o7133, 0, "{mode:o}");
}

#[tokio::test]
async fn a_checkpoint_takes_the_place_of_a_smaller_one() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    for size in [1, 2, 2, 300] {
        publisher.publish(store(), &over(size)).await.unwrap();
        assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(size).note);
    }
    assert_eq!(names(home.path()), [name()]);
}

#[tokio::test]
async fn a_larger_checkpoint_stays_and_is_told() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    publisher.publish(store(), &over(300)).await.unwrap();
    let why = refusal(&publisher).await;
    assert!(why.contains(&name()), "{why}");
    assert!(why.contains("a checkpoint over 300 entries, and the log has 42"), "{why}");
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(300).note);
}

#[tokio::test]
async fn another_checkpoint_over_as_many_entries_stays_and_is_told() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    let other = checkpoint(store(), 42, 2);
    publisher.publish(store(), &other).await.unwrap();
    let why = refusal(&publisher).await;
    assert!(why.contains("another checkpoint over 42 entries"), "{why}");
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), other.note);
}

#[tokio::test]
async fn lines_that_witnesses_added_stay_until_the_log_grows() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    let path = home.path().join(name());
    let like_ours = over(42).note.lines().last().unwrap().replace("userstore/", "witness/");
    for line in [like_ours, cosignature()] {
        let witnessed = format!("{}{line}\n", over(42).note);
        fs::write(&path, &witnessed).unwrap();
        publisher.publish(store(), &over(42)).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), witnessed);
        publisher.publish(store(), &over(43)).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), over(43).note);
    }
}

/// The line of a witness, of 76 bytes: the id of a key, a time and a signature (C2SP
/// `tlog-cosignature`).
fn cosignature() -> String {
    format!("\u{2014} witness.example/w1 {}==", "A".repeat(102))
}

#[tokio::test]
async fn a_larger_checkpoint_that_a_witness_signed_stays_and_is_told() {
    let home = tempfile::tempdir().unwrap();
    let witnessed = format!("{}{}\n", over(300).note, cosignature());
    fs::write(home.path().join(name()), &witnessed).unwrap();
    let why = refusal(&directory(home.path())).await;
    assert!(why.contains("a checkpoint over 300 entries, and the log has 42"), "{why}");
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), witnessed);
}

#[tokio::test]
async fn what_is_no_checkpoint_of_the_store_stays_and_is_told() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(name());
    let foreign = checkpoint(StoreId::new(Uuid::from_u128(7)), 30, 1).note;
    let endless = format!("{}{}", over(30).note, format!("{}\n", cosignature()).repeat(600));
    assert!(endless.len() > 1 << 16);
    for content in [b"x", b"\xff\xfe".as_slice(), endless.as_bytes(), foreign.as_bytes()] {
        fs::write(&path, content).unwrap();
        for why in refusals(home.path()).await {
            let expected =
                format!("{} holds no checkpoint of this store: move it away", path.display());
            assert!(why.starts_with(&expected), "{why}");
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn an_empty_file_is_replaced() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    fs::write(home.path().join(name()), "").unwrap();
    assert_eq!(publisher.held(store()).await, Ok(None));
    publisher.publish(store(), &over(42)).await.unwrap();
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(42).note);
}

#[tokio::test]
async fn a_note_that_is_not_what_it_is_said_to_be_is_not_put_there() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    publisher.publish(store(), &over(42)).await.unwrap();
    let foreign = checkpoint(StoreId::new(Uuid::from_u128(7)), 43, 1).note;
    for note in ["x".to_owned(), over(300).note, foreign] {
        let Unpublished(why) =
            publisher.publish(store(), &StoredCheckpoint { note, ..over(43) }).await.unwrap_err();
        assert!(why.ends_with("is no checkpoint over 43 entries of this store"), "{why}");
        assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(42).note);
    }
}

#[tokio::test]
async fn what_was_left_unfinished_is_overwritten() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(format!(".{}.draft", store())), "x".repeat(100_000)).unwrap();
    directory(home.path()).publish(store(), &over(42)).await.unwrap();
    assert_eq!(names(home.path()), [name()]);
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(42).note);
}

#[tokio::test]
async fn what_is_there_is_seen() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    assert_eq!(publisher.held(store()).await, Ok(None));
    publisher.publish(store(), &over(42)).await.unwrap();
    let (held, _) = Checkpoint::read(&over(42).note).unwrap();
    assert_eq!(publisher.held(store()).await, Ok(Some(held)));
    let witnessed = format!("{}{}\n", over(42).note, cosignature());
    fs::write(home.path().join(name()), witnessed).unwrap();
    assert_eq!(publisher.held(store()).await, Ok(Some(held)));
}

/// Why nothing is seen there, and why nothing is taken there.
async fn refusals(path: &Path) -> [String; 2] {
    let publisher = directory(path);
    let Unpublished(unseen) = publisher.held(store()).await.unwrap_err();
    [unseen, refusal(&publisher).await]
}

#[tokio::test]
async fn whatever_is_no_file_is_told_and_not_waited_for() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(name());
    let expected = format!("{} cannot be read: it is not a regular file", path.display());
    fs::create_dir(&path).unwrap();
    assert_eq!(refusals(home.path()).await, [(); 2].map(|()| expected.clone()));
    fs::remove_dir(&path).unwrap();
    // Whoever opens it waits for a writer.
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(refusals(home.path()).await, [(); 2].map(|()| expected.clone()));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_taken_for_none() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(name());
    // A way that has no end.
    std::os::unix::fs::symlink(&path, &path).unwrap();
    for why in refusals(home.path()).await {
        assert!(why.starts_with(&format!("{} cannot be read: ", path.display())), "{why}");
    }
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_told_and_never_made() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("not-mounted");
    let expected = format!("the directory {} is not there", path.display());
    assert_eq!(refusals(&path).await, [(); 2].map(|()| expected.clone()));
    assert!(!path.exists());
    fs::write(&path, "").unwrap();
    let expected = format!("{} is not a directory", path.display());
    assert_eq!(refusals(&path).await, [(); 2].map(|()| expected.clone()));
}

#[tokio::test]
async fn a_directory_that_another_process_has_locked_is_waited_for_and_given_up() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path()).with_patience(SHORT);
    let lock = File::create(home.path().join(".lock")).unwrap();
    lock.lock().unwrap();
    let why = refusal(&publisher).await;
    assert!(why.ends_with("has not taken the checkpoint within 0.3 s"), "{why}");
    assert_eq!(names(home.path()), [""; 0]);
    drop(lock);
    publisher.publish(store(), &over(42)).await.unwrap();
    assert_eq!(names(home.path()), [name()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_never_goes_back_whoever_writes_at_once() {
    let home = tempfile::tempdir().unwrap();
    for round in 0..20_u64 {
        let writers = (1..=8).map(|n| {
            let publisher = directory(home.path());
            let size = round * 8 + n;
            tokio::spawn(async move { publisher.publish(store(), &over(size)).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            // Who comes after a larger one is refused.
            let _ = writer.await.unwrap();
        }
        let note = fs::read_to_string(home.path().join(name())).unwrap();
        assert_eq!(note, over(round * 8 + 8).note);
    }
    assert_eq!(names(home.path()), [name()]);
}
