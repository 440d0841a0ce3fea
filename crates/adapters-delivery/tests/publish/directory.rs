use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use adapters_delivery::CheckpointDirectory;
use domain::audit::{Publisher as _, Unpublished};
use domain::id::StoreId;
use domain::random::Random as _;
use testkit::SequentialRandom;
use uuid::Uuid;

use crate::support::{SHORT, checkpoint, over, refusal, store};

fn directory(path: &Path) -> CheckpointDirectory {
    CheckpointDirectory::new(path, &SequentialRandom::default())
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn name() -> String {
    format!("{}.checkpoint", store())
}

#[tokio::test]
async fn each_store_has_a_file_that_everybody_may_read() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("not/there/yet");
    let publisher = directory(&path);
    let other = StoreId::new(Uuid::from_u128(7));
    let of_other = checkpoint(other, 3, 1);
    publisher.publish(store(), &over(42)).await.unwrap();
    publisher.publish(other, &of_other).await.unwrap();
    assert_eq!(names(&path), [format!("{other}.checkpoint"), name()]);
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
    let line = over(42).note.lines().last().unwrap().replace("userstore/", "witness/");
    let witnessed = format!("{}{line}\n", over(42).note);
    fs::write(home.path().join(name()), &witnessed).unwrap();
    publisher.publish(store(), &over(42)).await.unwrap();
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), witnessed);
    publisher.publish(store(), &over(43)).await.unwrap();
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(43).note);
}

#[tokio::test]
async fn what_is_no_checkpoint_of_the_store_is_replaced() {
    let home = tempfile::tempdir().unwrap();
    let publisher = directory(home.path());
    let foreign = checkpoint(StoreId::new(Uuid::from_u128(7)), 300, 1).note;
    let endless = "x".repeat(100_000);
    for content in [b"", b"\xff\xfe".as_slice(), endless.as_bytes(), foreign.as_bytes()] {
        fs::write(home.path().join(name()), content).unwrap();
        publisher.publish(store(), &over(42)).await.unwrap();
        assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(42).note);
    }
}

#[tokio::test]
async fn what_was_left_unfinished_is_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let writer = SequentialRandom::default().new_uuid().simple();
    fs::write(home.path().join(format!(".{}.{writer}", store())), "x".repeat(100_000)).unwrap();
    directory(home.path()).publish(store(), &over(42)).await.unwrap();
    assert_eq!(names(home.path()), [name()]);
    assert_eq!(fs::read_to_string(home.path().join(name())).unwrap(), over(42).note);
}

#[tokio::test]
async fn a_directory_in_the_place_of_a_file_is_told() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(name())).unwrap();
    let why = refusal(&directory(home.path())).await;
    assert!(why.contains(&name()) && why.contains("cannot be written"), "{why}");
}

#[tokio::test]
async fn a_directory_that_takes_nothing_is_told() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let why = refusal(&directory(&file.join("out"))).await;
    assert!(why.contains("file/out") && why.contains("cannot be written"), "{why}");
}

#[tokio::test]
async fn a_directory_that_hangs_is_given_up() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(name());
    // Whoever opens it waits for a writer.
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let publisher = directory(home.path()).with_patience(SHORT);
    let taken = publisher.publish(store(), &over(42)).await;
    // Lets the one that waits end.
    drop(fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
    let Err(Unpublished(why)) = taken else { panic!("a checkpoint in a pipe") };
    assert!(why.ends_with("has not taken the checkpoint within 0.3 s"), "{why}");
}
