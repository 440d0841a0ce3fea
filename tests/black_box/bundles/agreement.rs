//! Both verifiers on the same altered copies of one bundle.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::thread;

use super::edits::Edit;
use super::verifiers::python;
use super::walk::Walk;

/// How many disagreements are shown.
const SHOWN: usize = 20;
/// For how many copies it is worth it to verify what comes before them a second time, side by side.
const WORTH_IT: usize = 10_000;

/// Asserts that in each of these copies both verifiers find that it is altered, and find the same.
pub(super) fn assert_found_alike(bundle: &Path, mut edits: Vec<Edit>) {
    edits.sort_by_key(Edit::first);
    let file = std::fs::read(bundle).expect("a bundle");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = edits.len().div_ceil(cores).max(WORTH_IT);
    let failures: Vec<String> = thread::scope(|scope| {
        let (file, mut threads) = (&file, vec![]);
        for (n, edits) in edits.chunks(share).enumerate() {
            threads.push(scope.spawn(move || differences(bundle, file, edits, &n.to_string())));
        }
        threads.into_iter().flat_map(|thread| thread.join().expect("a verdict on each")).collect()
    });
    let shown = failures.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(failures.is_empty(), "{} of {} copies:\n{shown}", failures.len(), edits.len());
}

/// The copies in which something is not as it must be.
fn differences(bundle: &Path, file: &[u8], edits: &[Edit], name: &str) -> Vec<String> {
    let [asked, answered] =
        ["asked", "answered"].map(|ending| bundle.with_extension(format!("{name}.{ending}")));
    let lines: String = edits.iter().map(|edit| edit.line() + "\n").collect();
    std::fs::write(&asked, lines).expect("a file");
    let mut theirs = python("verify_mutations.py")
        .arg(bundle)
        .stdin(File::open(&asked).expect("a file"))
        .stdout(File::create(&answered).expect("a file"))
        .stderr(Stdio::inherit())
        .spawn()
        .expect("Python starts");
    let mut walk = Walk::new(file);
    let ours: Vec<_> = edits.iter().map(|edit| walk.verdict(edit)).collect();
    assert!(theirs.wait().expect("a child").success(), "the second verifier breaks off");
    let theirs = std::fs::read_to_string(&answered).expect("verdicts");
    let theirs: Vec<_> = theirs.lines().collect();
    assert_eq!(theirs.len(), ours.len(), "a verdict on each");
    let pairs = edits.iter().zip(ours.iter().zip(theirs));
    let wrong = pairs.filter(|(_, (ours, theirs))| *ours != theirs || *theirs == "good");
    wrong.map(|(edit, (ours, theirs))| told(edit, ours, theirs)).collect()
}

fn told(edit: &Edit, ours: &str, theirs: &str) -> String {
    let edit: String = edit.line().chars().take(200).collect();
    format!("ours: {ours}, theirs: {theirs}: {edit}")
}
