use std::path::{Path, PathBuf};

use serde_json::Value;

use super::text;
use crate::harness::Installation;

/// A bundle, as whoever reads the document about it reads it.
pub(super) struct Bundle {
    pub(super) path: PathBuf,
    pub(super) manifest: Value,
    pub(super) keys: Vec<Value>,
    /// The entry lines, in order.
    pub(super) entries: Vec<Value>,
    /// The checkpoints, as signed notes.
    pub(super) checkpoints: Vec<String>,
}

impl Bundle {
    /// Exports the store `default` into a file of that name.
    pub(super) fn export(here: &Installation, name: &str) -> Self {
        let path = here.directory().join(name);
        let export = ["audit", "export", "--store", "default", "--output", text(&path)];
        here.run(&export).well();
        Self::read(&path)
    }

    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a bundle");
        assert!(text.ends_with('\n'), "whole lines");
        let mut lines = text.lines().map(|line| {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        });
        let manifest = lines.next().expect("a manifest");
        assert_eq!(manifest["format"], "userstore-audit-bundle/1");
        let (mut keys, mut entries, mut checkpoints) = (vec![], vec![], vec![]);
        for line in lines {
            match line["checkpoint"].as_str() {
                Some(note) => checkpoints.push(note.to_owned()),
                None if line["entry"].is_object() => entries.push(line),
                None => keys.push(line),
            }
        }
        Self { path: path.to_owned(), manifest, keys, entries, checkpoints }
    }

    /// What the entries say, as the feed tells it.
    pub(super) fn told(&self) -> Vec<[Value; 4]> {
        let told = self.entries.iter().map(|line| {
            let entry = &line["entry"];
            [&line["leaf"], &entry["area"], &entry["action"], &entry["primaryKey"]]
                .map(Value::clone)
        });
        told.collect()
    }

    /// Keeps a checkpoint in a file of that name beside the bundle.
    pub(super) fn keep(&self, note: &str, name: &str) -> PathBuf {
        keep(self.path.parent().expect("a directory"), note, name)
    }
}

/// Keeps a checkpoint in a file of that name.
pub(super) fn keep(directory: &Path, note: &str, name: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, note).expect("a file");
    path
}
