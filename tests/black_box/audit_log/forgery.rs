//! An entry that somebody writes into the database who has the database, and a key.

use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::proofs::sha256;
use super::{eventually, feed, sealed, size_of, store_id, verify_live};
use crate::harness::{Api, Server, Sql, on_both_databases};

on_both_databases![
    an_entry_that_a_retired_key_signs_is_told,
    an_entry_that_nobody_ever_sealed_is_told,
];

const PRIMARY_KEY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const CONTENT: &str = r#"{"loginName":"mallory"}"#;
const SALT: [u8; 16] = [7; 16];

/// Somebody who has a private key.
pub(super) struct Forger {
    pair: Ed25519KeyPair,
}

impl Forger {
    /// Steals the key in a file.
    pub(super) fn stealing(file: &Path) -> Self {
        let pem = std::fs::read_to_string(file).expect("a key");
        let lines = pem.lines().filter(|line| !line.starts_with('-'));
        let der = STANDARD.decode(lines.collect::<String>()).expect("base64");
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).expect("a private key");
        Self { pair }
    }

    /// The `SubjectPublicKeyInfo`.
    pub(super) fn public_key(&self) -> Vec<u8> {
        let head = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
        [head.as_slice(), self.pair.public_key().as_ref()].concat()
    }

    /// Puts an entry into the trail of a store, flawless but for who signed it; its number.
    async fn insert(&self, sql: &Sql, store: &str) -> u64 {
        let next = "SELECT max(next) AS value FROM audit_sequences";
        let id = sql.number(next).await
            + 10_000
            + sql.number("SELECT count(*) AS value FROM audit_entries").await;
        let commitment = sha256(&[&SALT, CONTENT.as_bytes()]);
        let public_key = self.public_key();
        let signed = format!(
            r#"{{"action":"Added","area":"User","category":"DatabaseRecordChange","currentCommitment":"{}","dataSource":"default","id":{id},"instanceId":"{store}","originalCommitment":null,"primaryKey":"{PRIMARY_KEY}","signaturePublicKeyInfo":"{}","timestamp":"2026-01-01T00:00:00.000000Z","user":"client:{PRIMARY_KEY}"}}"#,
            STANDARD.encode(&commitment),
            STANDARD.encode(&public_key),
        );
        let signature = self.pair.sign(signed.as_bytes());
        let time = if sql.is_sqlite() { "1767225600000000" } else { "'2026-01-01T00:00:00Z'" };
        let insert = format!(
            "INSERT INTO audit_entries (store_id, id, timestamp, user_name, area, primary_key, \
             action, data_source, current_content, current_salt, current_commitment, signature, \
             public_key) VALUES ({}, {id}, {time}, 'client:{PRIMARY_KEY}', 'User', \
             '{PRIMARY_KEY}', 'Added', 'default', '{CONTENT}', {}, {}, {}, {})",
            sql.id(store),
            sql.bytes(&SALT),
            sql.bytes(&commitment),
            sql.bytes(signature.as_ref()),
            sql.bytes(&public_key),
        );
        sql.change_one(&insert).await;
        id
    }
}

/// Has an entry sealed that was never the program's.
async fn let_seal(api: &Api, sql: &Sql, store: &str, id: u64) -> u64 {
    let before = feed(api).await.events().len();
    let wait = format!(
        "INSERT INTO audit_pending (store_id, first_id, last_id) VALUES ({}, {id}, {id})",
        sql.id(store)
    );
    sql.change_one(&wait).await;
    eventually("it is sealed", async || {
        let feed = feed(api).await;
        feed.events().get(before).map(|event| event["leafIndex"].as_u64().expect("a leaf"))
    })
    .await
}

async fn an_entry_that_a_retired_key_signs_is_told(server: Server) {
    let (api, here) = (server.admin(), &server.installation);
    let (sql, store) = (here.sql(), store_id(&api).await);
    let forger = Forger::stealing(&here.secrets().join("audit.key"));
    sealed(here, &api).await;
    // While the key is in charge nobody can tell: this shows that the forgery is a good one.
    let id = forger.insert(&sql, &store).await;
    let_seal(&api, &sql, &store, id).await;
    verify_live(here).good();

    here.run(&["audit", "key", "rotate"]).well();
    sealed(here, &api).await;
    verify_live(here).good();
    let id = forger.insert(&sql, &store).await;
    let leaf = let_seal(&api, &sql, &store, id).await;
    api.new_user("behind it").await;
    sealed(here, &api).await;
    assert_eq!(verify_live(here).bad(), ("wrong-key".into(), Some(leaf)));
    let bundle = super::bundle::Bundle::export(here, "bundle.jsonl");
    assert_eq!(super::verify(here, &bundle.path).bad(), ("wrong-key".into(), Some(leaf)));
}

async fn an_entry_that_nobody_ever_sealed_is_told(server: Server) {
    let (api, here) = (server.admin(), &server.installation);
    let (sql, store) = (here.sql(), store_id(&api).await);
    let size = size_of(&sealed(here, &api).await);
    verify_live(here).good();
    let forger = Forger::stealing(&here.secrets().join("audit.key"));
    let id = forger.insert(&sql, &store).await;
    let said = here.run(&["audit", "verify", "--live", "--store", "default"]);
    assert_eq!(said.code, Some(1), "{}{}", said.stdout, said.stderr);
    let told = format!("{}{}", said.stdout, said.stderr);
    assert!(told.contains(&id.to_string()), "its number {id}: {told}");
    let (reason, _) = verify_live(here).bad();
    assert!(!reason.is_empty());
    // It is in no bundle, since it is no part of the log.
    let bundle = super::bundle::Bundle::export(here, "bundle.jsonl");
    assert_eq!(super::verify(here, &bundle.path).good()["entries"], size);
}
