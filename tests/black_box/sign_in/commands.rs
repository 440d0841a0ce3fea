//! `userstore user set-password` and `userstore user unlock`, beside a running node.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use super::{Cheap, NEW, RIGHT, WRONG, new_user_with_password, outcome, set};
use crate::harness::{ADMIN_KEY, Installation, on_both_databases};

on_both_databases![
    an_operator_sets_a_password,
    a_password_that_breaks_rules_is_not_set,
    an_operator_unlocks,
];

/// Runs a command with a line on its standard input: its exit code, and all it said.
fn run_with_line(here: &Installation, arguments: &[&str], line: &str) -> (Option<i32>, String) {
    let mut child = here
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(format!("{line}\n").as_bytes()).expect("a line");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

async fn an_operator_sets_a_password(Cheap(here): Cheap) {
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    let id = new_user_with_password(&api, "ada").await;
    let (code, said) = run_with_line(&here, &["user", "set-password", "ADA"], NEW);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(NEW), "{said}");
    assert_eq!(outcome(&api, "ada", NEW).await, "Succeeded");
    let entries = api.entries_about(&id).await;
    let last = entries.last().expect("an entry").to_string();
    assert!(last.contains("system:") && last.contains("passwordSet"), "{last}");

    let said = here.run(&["user", "set-password", "ada", "--generate"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let made = said.stdout.lines().last().expect("a password").trim().to_owned();
    assert_eq!(outcome(&api, "ada", &made).await, "Succeeded");
    let (code, said) = run_with_line(&here, &["user", "set-password", "ada", "--initial"], NEW);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(outcome(&api, "ada", NEW).await, "PasswordChangeRequired");
}

async fn a_password_that_breaks_rules_is_not_set(Cheap(here): Cheap) {
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    new_user_with_password(&api, "ada").await;
    let (code, said) = run_with_line(&here, &["user", "set-password", "ada"], "password");
    assert_ne!(code, Some(0));
    for rule in ["PasswordTooShort", "PasswordTooCommon"] {
        assert!(said.contains(rule), "{rule}: {said}");
    }
    let (code, said) = run_with_line(&here, &["user", "set-password", "nobody"], NEW);
    assert_ne!(code, Some(0));
    assert!(said.contains("no such user"), "{said}");
    assert_eq!(outcome(&api, "ada", RIGHT).await, "Succeeded");
}

async fn an_operator_unlocks(Cheap(here): Cheap) {
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    set(&api, json!({ "throttle": false, "lockoutFailures": 1 })).await;
    new_user_with_password(&api, "ada").await;
    assert_eq!(outcome(&api, "ada", WRONG).await, "Failed");
    assert_eq!(outcome(&api, "ada", RIGHT).await, "Locked");
    let said = here.run(&["user", "unlock", "ada"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(outcome(&api, "ada", RIGHT).await, "Succeeded");
}
