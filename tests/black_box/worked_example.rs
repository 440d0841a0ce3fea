//! The worked example of `docs/audit.md`, run as it is printed: Python and OpenSSL, nothing of ours.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What stands between the first fence of that language and its end.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let fence = format!("\n```{language}\n");
    let (_, behind) = page.split_once(&fence).expect("a block of that language");
    behind.split_once("```").expect("its end").0
}

fn run(directory: &Path) -> (bool, String) {
    let output = Command::new("python3")
        .args(["check.py", "entry.json"])
        .current_dir(directory)
        .output()
        .expect("python3: `make tools` installs it");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("UTF-8"))
}

#[test]
fn the_example_prints_what_the_page_says_and_no_altered_entry_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let page = fs::read_to_string(root.join("docs/audit.md")).expect("the page");
    let directory = tempfile::tempdir().expect("a directory");
    let entry = block(&page, "json");
    let script = block(&page, "python");
    assert!(script.lines().count() <= 30, "the page promises thirty lines");
    fs::write(directory.path().join("check.py"), script).expect("written");
    fs::write(directory.path().join("entry.json"), entry).expect("written");
    let (passed, said) = run(directory.path());
    assert!(passed, "{said}");
    let mut lines: Vec<_> = said.lines().collect();
    // OpenSSL and Python write at their own time: the order of lines is not theirs to keep.
    lines.sort_unstable();
    let mut expected: Vec<_> = block(&page, "text").lines().collect();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    for (from, to) in [("\"Added\"", "\"Deleted\""), ("\"id\": 42", "\"id\": 43")] {
        let forged = entry.replacen(from, to, 1);
        assert_ne!(forged, entry);
        fs::write(directory.path().join("entry.json"), forged).expect("written");
        assert!(!run(directory.path()).0, "{from} can be altered");
    }
}
