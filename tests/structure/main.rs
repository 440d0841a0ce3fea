//! The invariants of `docs/architecture.md` that no compiler holds: who depends on whom, where the
//! clock is read, what a migration may say.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

mod dependencies;
mod migrations;
mod security;
mod sources;

use std::path::{Path, PathBuf};

/// The root of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is one directory up")
}

/// Every file below `directory` whose name ends with `ending`, in order.
fn files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = entries
        .flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] })
        .filter(|path| path.to_str().is_some_and(|name| name.ends_with(ending)))
        .collect();
    found.sort();
    found
}

/// A path as the workspace names it.
fn name(path: &Path) -> String {
    path.strip_prefix(root()).expect("inside the workspace").display().to_string()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
