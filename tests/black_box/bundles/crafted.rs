//! Bundles that are wrong in one way each, with what the document says of them.

use serde_json::{Map, Value};

use super::verifiers::{ours, python};
use crate::harness::{Database, Installation};

#[test]
fn the_second_verifier_passes_its_own_tests() {
    let output = python("test_verify_bundle.py").output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The second verifier is held against the same list by its own tests.
#[tokio::test]
async fn each_crafted_bundle_has_the_verdict_that_the_document_says() {
    let here = Installation::bare(Database::Sqlite).await;
    let directory = here.directory();
    let mut write = python("-m");
    let written = write.arg("second_verifier.crafted").arg(directory).status();
    assert!(written.expect("Python starts").success());
    let expected = std::fs::read(directory.join("expected.json")).expect("a list");
    let expected: Map<String, Value> = serde_json::from_slice(&expected).expect("JSON");
    assert!(expected.len() > 200, "all of them: {}", expected.len());
    let mut wrong = vec![];
    for (name, expected) in &expected {
        let bundle = directory.join(format!("{name}.jsonl"));
        let kept = directory.join(format!("{name}.checkpoint"));
        let found = ours(&here, &bundle, kept.exists().then_some(&*kept)).summary();
        if found != *expected {
            wrong.push(format!("{name}: {found} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}
