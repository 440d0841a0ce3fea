//! The command that exports, and the one that verifies: what they take, say and end with.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use super::bundle::{Bundle, keep};
use super::{checkpoint, sealed, size_of, text, verify, verify_against};
use crate::harness::{Database, Installation, Said, Server, on_both_databases};

on_both_databases![
    an_export_is_the_same_to_a_file_and_to_standard_output,
    an_export_seals_what_waits,
    an_auditor_needs_no_keys,
    a_store_is_exported_by_name_by_id_and_at_a_size,
    a_bundle_is_verified_without_a_database,
    a_verdict_is_told_in_words_too,
];

async fn with_users(server: &Server, many: usize) {
    let api = server.admin();
    for n in 0..many {
        api.new_user(&format!("user {n}")).await;
    }
    sealed(&server.installation, &api).await;
}

async fn an_export_is_the_same_to_a_file_and_to_standard_output(server: Server) {
    with_users(&server, 5).await;
    let here = &server.installation;
    let bundle = Bundle::export(here, "bundle.jsonl");
    let to_file = std::fs::read_to_string(&bundle.path).expect("a bundle");
    for arguments in [&["audit", "export"][..], &["audit", "export", "--output", "-"]] {
        assert_eq!(here.run(arguments).well().stdout, to_file);
    }
    assert_eq!(bundle.manifest["size"], 7);
    assert_eq!(bundle.entries.len(), 7);
    assert_eq!(bundle.keys.len(), 1);
    let shown: Vec<_> = bundle.entries.iter().map(|line| line["entry"].clone()).collect();
    assert_eq!(shown, server.admin().list("CustomAuditTrail").await);
}

async fn an_export_seals_what_waits(here: Installation) {
    let node = here.start().await;
    let api = super::admin(&node);
    let batch = (0..500).map(|n| json!({ "loginName": format!("user {n}") })).collect();
    api.create_users(&batch).await.expect(200);
    // Nobody is there any more to seal it.
    node.kill();
    let bundle = Bundle::export(&here, "bundle.jsonl");
    assert_eq!(bundle.entries.len(), 502);
    assert_eq!(verify(&here, &bundle.path).good()["entries"], 502);
}

/// As with a copy of the database, and nothing else.
async fn an_auditor_needs_no_keys(server: Server) {
    with_users(&server, 3).await;
    let here = &server.installation;
    let none = here.directory().join("no keys");
    let run = |arguments: &[&str]| {
        let mut command = here.command(arguments);
        command.env("USERSTORE__SECRETS__DIRECTORY", &none);
        Said::from(command.output().expect("the binary starts")).well()
    };
    run(&["audit", "verify", "--live"]);
    let exported = run(&["audit", "export"]).stdout;
    assert_eq!(exported, here.run(&["audit", "export"]).well().stdout);
    assert!(!none.exists(), "no key was made");
}

async fn a_store_is_exported_by_name_by_id_and_at_a_size(server: Server) {
    let api = server.admin();
    let early = size_of(&sealed(&server.installation, &api).await);
    with_users(&server, 3).await;
    let here = &server.installation;
    let id = super::store_id(&api).await;
    let export = |more: &[&str]| here.run(&[&["audit", "export"], more].concat());
    let whole = export(&[]).well().stdout;
    for store in [&id, "default", "DEFAULT"] {
        assert_eq!(export(&["--store", store]).well().stdout, whole);
    }
    let beginning = export(&["--size", &early.to_string()]).well().stdout;
    let bundle = keep(here.directory(), &beginning, "beginning.jsonl");
    let report = verify(here, &bundle).good();
    assert_eq!(report["size"], early);
    // It is what the later bundle begins with.
    let kept = Bundle::read(&bundle).checkpoints.pop().expect("a checkpoint");
    let later = keep(here.directory(), &whole, "later.jsonl");
    let kept = keep(here.directory(), &kept, "kept");
    verify_against(here, &later, &kept).good();
    for wrong in [&["--store", "nowhere"][..], &["--size", "1000"], &["--size", "0"]] {
        assert_ne!(export(wrong).code, Some(0), "{wrong:?}");
    }
}

async fn a_bundle_is_verified_without_a_database(server: Server) {
    with_users(&server, 3).await;
    let bundle = Bundle::export(&server.installation, "bundle.jsonl");
    let kept = checkpoint(&server.admin()).await.expect("a checkpoint");
    let kept = bundle.keep(&kept, "kept");
    // Nothing is configured, not even a database.
    let elsewhere = Installation::new(Database::Sqlite).await;
    let elsewhere = elsewhere.without("USERSTORE__DATABASE__URL");
    verify(&elsewhere, &bundle.path).good();
    assert_eq!(verify_against(&elsewhere, &bundle.path, &kept).good()["tail"], "pinned");

    let refusal = elsewhere.run(&["audit", "verify", "nowhere.jsonl"]);
    assert_eq!(refusal.code, Some(2), "{}", refusal.stderr);
    let none = keep(elsewhere.directory(), "no checkpoint\n", "none");
    let refusal =
        elsewhere.run(&["audit", "verify", text(&bundle.path), "--checkpoint", text(&none)]);
    assert_eq!(refusal.code, Some(2), "{}", refusal.stderr);
    for empty in ["", "\n", "{}\n"] {
        let empty = keep(elsewhere.directory(), empty, "empty.jsonl");
        verify(&elsewhere, &empty).bad();
    }
    for wrong in [&["audit", "verify"][..], &["audit", "verify", "x", "--live"], &["audit"]] {
        assert_eq!(elsewhere.run(wrong).code, Some(2), "{wrong:?}");
    }
}

async fn a_verdict_is_told_in_words_too(server: Server) {
    with_users(&server, 3).await;
    let here = &server.installation;
    let bundle = Bundle::export(here, "bundle.jsonl");
    let good = here.run(&["audit", "verify", text(&bundle.path)]).well();
    assert!(good.stdout.contains('5'), "how many entries: {}", good.stdout);
    let told = std::fs::read_to_string(&bundle.path).expect("a bundle");
    let forged = told.replacen("user 1", "user X", 1);
    assert_ne!(forged, told);
    let forged = keep(here.directory(), &forged, "forged.jsonl");
    let bad = here.run(&["audit", "verify", text(&forged)]);
    assert_eq!(bad.code, Some(1));
    let said = format!("{}{}", bad.stdout, bad.stderr);
    assert!(said.contains("edited") && said.contains('3'), "{said}");
    assert_eq!(verify(here, &forged).bad(), ("edited".into(), Some(3)));
    // No bar and no colour where there is no terminal.
    assert!(!said.contains('\u{1b}'), "{said:?}");
    piped_in(here, &told);
}

/// A bundle may come through a pipe, where the system names that as a file.
fn piped_in(here: &Installation, bundle: &str) {
    let mut command = here.command(&["audit", "verify", "/dev/stdin", "--json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the binary starts");
    let mut stdin = process.stdin.take().expect("a pipe");
    stdin.write_all(bundle.as_bytes()).expect("it reads");
    drop(stdin);
    let output = process.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
