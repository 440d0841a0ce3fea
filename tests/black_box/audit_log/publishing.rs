//! Checkpoints go to somebody outside, who can show later what the log was.

use std::path::PathBuf;

use serde_json::Value;

use super::bundle::{Bundle, keep};
use super::receivers::{Syslog, TcpSyslog, Web};
use super::{
    admin, checkpoint, end, eventually, sealed, size_of, store_id, verify_against, verify_live,
    verify_live_against,
};
use crate::harness::{Api, Database, Installation, on_both_databases};

on_both_databases![
    checkpoints_are_published_to_a_directory_a_web_server_and_syslog,
    a_receiver_that_refuses_is_asked_again_and_hinders_no_other,
    a_backup_that_was_restored_and_goes_on_is_told_as_forked,
];

fn published(here: &Installation) -> PathBuf {
    here.directory().join("published")
}

fn publishing(here: Installation, to: &[(&str, &str)]) -> Installation {
    let directory = published(&here);
    std::fs::create_dir_all(&directory).expect("a directory");
    let here = here
        .with("USERSTORE__AUDIT__PUBLISH__INTERVAL", "1")
        .with("USERSTORE__AUDIT__PUBLISH__DIRECTORY", &directory.display().to_string());
    let key = |name: &str| format!("USERSTORE__AUDIT__PUBLISH__{name}");
    to.iter().fold(here, |here, (name, value)| here.with(&key(name), value))
}

/// Waits until the directory holds the checkpoint over all that is sealed; where, and the note.
async fn in_directory(here: &Installation, api: &Api) -> (PathBuf, String) {
    let note = sealed(here, api).await;
    let file = published(here).join(format!("{}.checkpoint", store_id(api).await));
    eventually("the directory holds the checkpoint", async || {
        let found = std::fs::read_to_string(&file).ok();
        found.filter(|found| *found == note).map(|found| (file.clone(), found))
    })
    .await
}

/// The checkpoint in a message by RFC 5424.
fn in_syslog(message: &str) -> String {
    let parts: Vec<_> = message.splitn(8, ' ').collect();
    let [head, time, _host, name, _process, id, data, text] = parts.as_slice() else {
        panic!("eight parts: {message}");
    };
    // Facility 13 (log audit), severity 5 (notice); version 1.
    assert_eq!((*head, *name, *id, *data), ("<109>1", "userstore", "checkpoint", "-"));
    assert!(time.contains('T') && time.parse::<jiff::Timestamp>().is_ok(), "{message}");
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    text["checkpoint"].as_str().expect("a checkpoint").to_owned()
}

async fn checkpoints_are_published_to_a_directory_a_web_server_and_syslog(here: Installation) {
    let (web, syslog) = (Web::start(&[]).await, Syslog::start().await);
    let here = publishing(here, &[("WEBHOOK", &web.url()), ("SYSLOG", &syslog.url())]);
    let node = here.start().await;
    let api = admin(&node);
    let mut kept = vec![];
    for n in 0..3 {
        api.new_user(&format!("user {n}")).await;
        let (file, note) = in_directory(&here, &api).await;
        let head = web.head_of(&note).await.to_lowercase();
        assert!(head.starts_with("post /checkpoints http/1.1"), "{head}");
        assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
        while in_syslog(&syslog.next().await) != note {}
        kept.push(keep(here.directory(), &note, &format!("kept {n}")));
        verify_live_against(&here, &file).good();
    }
    let bundle = Bundle::export(&here, "bundle.jsonl");
    for kept in kept {
        assert_eq!(verify_against(&here, &bundle.path, &kept).good()["tail"], "pinned");
    }
    // Nothing is left there but whole checkpoints and the lock.
    let files = std::fs::read_dir(published(&here)).expect("a directory");
    let names: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
    let is_known = |name: &str| name == ".lock" || name.ends_with(".checkpoint");
    assert!(names.iter().all(|name| name.to_str().is_some_and(is_known)), "{names:?}");
}

async fn a_receiver_that_refuses_is_asked_again_and_hinders_no_other(here: Installation) {
    let elsewhere = Web::start(&[]).await;
    let web = Web::start(&[
        "HTTP/1.1 503 Service Unavailable".into(),
        format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {}", elsewhere.url()),
        "HTTP/1.1 404 Not Found".into(),
    ])
    .await;
    // Nobody is there.
    let here = publishing(here, &[("WEBHOOK", &web.url()), ("SYSLOG", "tcp://127.0.0.1:9")]);
    let node = here.start().await;
    let api = admin(&node);
    api.new_user("ada").await;
    let (_, note) = in_directory(&here, &api).await;
    eventually("the web server is asked again", async || (web.requests().len() >= 4).then_some(()))
        .await;
    web.head_of(&note).await;
    assert_eq!(elsewhere.requests(), Vec::<String>::new(), "no redirect is followed");
    node.api(None).get("/readyz").await.expect(200);
    api.new_user("bob").await;
    in_directory(&here, &api).await;
}

/// What an old backup says is whole by itself: only who was told of more can tell.
async fn a_backup_that_was_restored_and_goes_on_is_told_as_forked(here: Installation) {
    let here = publishing(here, &[]);
    let node = here.start().await;
    let api = admin(&node);
    api.new_user("before").await;
    sealed(&here, &api).await;
    end(node, &here).await;
    let backup = here.sql().back_up().await;

    let node = here.start().await;
    let api = admin(&node);
    let old = size_of(&checkpoint(&api).await.expect("a checkpoint"));
    for n in 0..5 {
        api.new_user(&format!("lost {n}")).await;
    }
    let (file, note) = in_directory(&here, &api).await;
    let kept = keep(here.directory(), &std::fs::read_to_string(file).expect("a file"), "kept");
    verify_live_against(&here, &kept).good();
    end(node, &here).await;

    here.sql().restore(&backup).await;
    assert_eq!(verify_live_against(&here, &kept).bad(), ("truncated".into(), Some(old)));
    let node = here.start().await;
    let api = admin(&node);
    for n in 0..8 {
        api.new_user(&format!("other {n}")).await;
    }
    sealed(&here, &api).await;
    assert_eq!(verify_live(&here).good()["tail"], "unprotected");
    let size = size_of(&note);
    assert_eq!(verify_live_against(&here, &kept).bad(), ("forked".into(), Some(size)));
    let bundle = Bundle::export(&here, "forked.jsonl");
    assert_eq!(verify_against(&here, &bundle.path, &kept).bad(), ("forked".into(), Some(size)));
}

#[tokio::test]
async fn syslog_is_told_through_tcp_and_through_a_socket_of_the_system() {
    let tcp = TcpSyslog::start().await;
    let here = Installation::new(Database::Sqlite).await;
    let here = publishing(here, &[("SYSLOG", &tcp.url())]);
    let node = here.start().await;
    let first = in_syslog(&tcp.next().await);
    assert!(first.starts_with("userstore/"), "{first}");
    drop(node);

    let path = here.directory().join("log.socket");
    let socket = tokio::net::UnixDatagram::bind(&path).expect("a socket");
    let here = publishing(here, &[("SYSLOG", &format!("unix://{}", path.display()))]);
    let node = here.start().await;
    let mut bytes = vec![0; 65_536];
    let received = tokio::time::timeout(super::PATIENCE, socket.recv(&mut bytes)).await;
    bytes.truncate(received.expect("a message in time").expect("a message"));
    let told = in_syslog(&String::from_utf8(bytes).expect("UTF-8"));
    assert_eq!(Some(told), checkpoint(&admin(&node)).await);
}

#[tokio::test]
async fn a_receiver_that_cannot_be_is_refused_before_the_start() {
    for (name, value) in [
        ("WEBHOOK", "http://log.example.com/checkpoints"),
        ("WEBHOOK", "ftp://127.0.0.1/"),
        ("WEBHOOK", "nonsense"),
        ("SYSLOG", "127.0.0.1:514"),
        ("SYSLOG", "tls://127.0.0.1:514"),
        ("INTERVAL", "0"),
        ("INTERVAL", "often"),
        ("DIRECTORY", "/nowhere/at/all"),
        ("DIRECTORY", "/dev/null"),
    ] {
        let here = Installation::new(Database::Sqlite).await;
        let key = format!("USERSTORE__AUDIT__PUBLISH__{name}");
        let here = here.with(&key, value);
        let sentence = here.run(&["config", "check"]).refusal();
        assert!(sentence.contains(&format!("audit.publish.{}", name.to_lowercase())), "{sentence}");
    }
}

/// What is not mounted is not made in its place: it would hold nothing that contradicts a log.
#[tokio::test]
async fn a_directory_that_is_gone_is_told_and_taken_again_when_it_is_back() {
    let here = publishing(Installation::new(Database::Sqlite).await, &[]);
    let (there, away) = (published(&here), here.directory().join("away"));
    let node = here.start().await;
    let api = admin(&node);
    in_directory(&here, &api).await;
    std::fs::rename(&there, &away).expect("moved away");
    api.new_user("ada").await;
    let told = format!("the directory {} is not there", there.display());
    eventually("the operator is told", async || node.log().contains(&told).then_some(())).await;
    assert!(!there.exists(), "it was made");
    std::fs::rename(&away, &there).expect("moved back");
    in_directory(&here, &api).await;
    std::fs::rename(&there, &away).expect("moved away");
    end(node, &here).await;
    assert!(here.run(&["config", "check"]).refusal().contains("audit.publish.directory"));
    assert!(!there.exists(), "it was made");
}

/// Such an address is often a secret by itself.
#[tokio::test]
async fn the_address_of_a_web_server_is_not_told_beyond_its_host() {
    const CANARY: &str = "canary-52ac0d";
    // Nobody is there.
    let address = format!("http://127.0.0.1:9/{CANARY}?token={CANARY}");
    let here = Installation::new(Database::Sqlite).await;
    let here = publishing(here, &[("WEBHOOK", &address)]);
    let checked = here.run(&["config", "check"]).well();
    assert!(checked.stdout.contains("127.0.0.1:9"), "{}", checked.stdout);
    let node = here.start().await;
    eventually("the operator is told", async || node.log().contains("webhook").then_some(())).await;
    for said in [checked.stdout, checked.stderr, node.log()] {
        assert!(!said.contains(CANARY), "{said}");
    }
}
