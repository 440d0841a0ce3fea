//! Every alteration of a small bundle, and some of a large one.

use serde_json::Value;

use super::agreement::assert_found_alike;
use super::edits::{
    Edit, deletions, duplications, flips, insertions, lines, replacements, samples, swaps,
    truncations,
};
use super::logs::{export, fifty_entries};
use super::verifiers::{both, python};
use super::walk::Walk;
use crate::harness::{Database, Server};

/// How many copies of the large bundle are verified.
const SAMPLES: usize = 300;

#[tokio::test]
async fn every_alteration_of_fifty_entries_is_found_by_both_alike() {
    let server = Server::start(Database::Sqlite).await;
    let here = &server.installation;
    fifty_entries(&server).await;
    let bundle = export(here, "default");
    let report = both(here, &bundle, None).report.expect("a verdict");
    assert_eq!(report["valid"], true, "{report}");
    assert_eq!([&report["entries"], &report["keys"]], [50, 2], "{report}");
    assert!(report["erased"].as_u64() > Some(0), "{report}");
    assert!(report["checkpoints"].as_u64() > Some(2), "{report}");

    let file = std::fs::read(&bundle).expect("a bundle");
    let foreign = std::fs::read(export(here, "shop")).expect("a bundle");
    let strange: Vec<_> = [&b"\n"[..], b"{}\n", b"x\n"]
        .into_iter()
        .chain(foreign.split_inclusive(|byte| *byte == b'\n'))
        .collect();
    let lines = lines(&file);
    let edits: Vec<Edit> = flips(&file)
        .chain(truncations(&file))
        .chain(deletions(&lines))
        .chain(swaps(&file, &lines))
        .chain(duplications(&file, &lines))
        .chain(insertions(&lines, strange.iter().copied()))
        .chain(replacements(&file, &lines, strange.iter().copied()))
        .collect();
    assert!(edits.len() > 9 * file.len(), "every bit, and more: {}", edits.len());
    assert_found_alike(&bundle, edits);
}

#[test]
fn alterations_of_100_000_entries_are_found_by_both_alike() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let bundle = directory.path().join("large.jsonl");
    let mut write = python("-m");
    let written = write.args(["second_verifier.large", "100000"]).arg(&bundle).status();
    assert!(written.expect("Python starts").success());
    let file = std::fs::read(&bundle).expect("a bundle");
    assert_eq!(
        file.split(|byte| *byte == b'\n').filter(|line| line.ends_with(b"}")).count(),
        100_045
    );
    assert_found_alike(&bundle, samples(&file, SAMPLES));
}

/// The short way, on which half a million copies are verified, leads where the command leads.
#[tokio::test]
async fn copies_are_verified_as_the_commands_verify_files() {
    let server = Server::start(Database::Sqlite).await;
    fifty_entries(&server).await;
    let here = &server.installation;
    let bundle = export(here, "default");
    let file = std::fs::read(&bundle).expect("a bundle");
    let copy = here.directory().join("copy.jsonl");
    let mut walk = Walk::new(&file);
    for edit in samples(&file, 80) {
        std::fs::write(&copy, edit.apply(&file)).expect("a file");
        let found = both(here, &copy, None).summary();
        let found = [&found[0], &found[1]].map(Value::to_string).join(" ").replace('"', "");
        assert_eq!(walk.verdict(&edit), found, "{}", edit.line());
    }
}
