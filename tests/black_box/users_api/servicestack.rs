//! The client that others wrote, `@servicestack/client` from npm, drives every operation unchanged.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::table::REQUEST_TYPES;
use super::{Nodes, api_1};
use crate::harness::{ADMIN_KEY, on_both_databases};

on_both_databases![the_client_of_servicestack_drives_every_operation];

/// Fewer checks than these were not all.
const FEWEST_CHECKS: usize = 60;

/// Where the driver and its package lie.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("servicestack")
}

/// The program that runs it: `USERSTORE_TEST_NODE`, else `node`.
fn node_program() -> String {
    std::env::var("USERSTORE_TEST_NODE").unwrap_or_else(|_| "node".to_owned())
}

async fn the_client_of_servicestack_drives_every_operation(nodes: Nodes) {
    let package = folder().join("node_modules/@servicestack/client/package.json");
    assert!(
        package.is_file(),
        "@servicestack/client is not there: run `make tools`, or `npm ci` in tests/servicestack"
    );
    let api = api_1(nodes.first());
    for group in ["staff", "night shift"] {
        api.new_group(group).await;
    }
    let output = Command::new(node_program())
        .arg("driver.mjs")
        .current_dir(folder())
        .env("USERSTORE_ORIGINS", format!("{} {}", api.origin(), api_1(nodes.other()).origin()))
        .env("USERSTORE_KEY", ADMIN_KEY)
        .stdin(Stdio::null())
        .output()
        .expect("Node.js (18 or later) runs the client: install the Debian package nodejs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().last().unwrap_or("nothing");
    assert!(output.status.success(), "{last}\n{complaint}\n{}", nodes.first().log());
    let checks: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(checks.iter().all(|check| check["ok"] == true), "{said}");
    assert!(checks.len() >= FEWEST_CHECKS, "only {} checks", checks.len());
    for name in REQUEST_TYPES {
        let is_of = |check: &Value| {
            check["operations"].as_array().is_some_and(|names| names.iter().any(|it| it == name))
        };
        assert!(checks.iter().any(is_of), "{name} was not driven");
    }
}
