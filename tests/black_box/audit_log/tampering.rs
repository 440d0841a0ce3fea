//! Whoever tampers with the database is told of: which leaf, and why.

use serde_json::json;

use super::bundle::{Bundle, keep};
use super::{sealed, size_of, store_id, verify_live, verify_live_against};
use crate::harness::{Installation, Server, Sql, on_both_databases};

on_both_databases![
    a_changed_column_of_any_entry_is_named,
    a_value_that_cannot_be_is_no_good_either,
    a_log_without_its_head_is_told,
    a_log_that_says_it_is_longer_is_told,
    tiles_that_lead_to_no_root_are_told,
    a_log_that_nobody_seals_any_more_is_told,
    what_stands_outside_the_log_is_told,
    an_entry_that_is_gone_or_elsewhere_is_named,
    entries_that_changed_places_are_named,
    what_was_sealed_cannot_be_changed_either,
    a_log_that_was_cut_is_told_by_a_checkpoint_that_was_kept,
];

/// A store with a log of users, each with two changes; and another store.
struct Victim {
    server: Server,
    sql: Sql,
    store: String,
    size: u64,
}

impl Victim {
    async fn new(server: Server) -> Self {
        let api = server.admin();
        api.create_store(&json!({ "name": "other" })).await.expect(201);
        for n in 0..4 {
            let user = json!({ "loginName": format!("user {n}"), "firstName": "Ada" });
            let user = api.create_user(&user).await.json(201);
            let changed = json!({ "loginName": format!("user {n}"), "firstName": "Bob" });
            api.update_user(crate::harness::id_of(&user), &changed).await.expect(202);
            sealed(&server.installation, &api).await;
        }
        let size = size_of(&sealed(&server.installation, &api).await);
        let sql = server.installation.sql();
        let store = sql.id(&store_id(&api).await);
        let tables = [
            "audit_entries",
            "audit_leaves",
            "audit_checkpoints",
            "audit_logs",
            "audit_key_terms",
            "audit_tiles",
        ];
        for table in tables {
            sql.execute(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        Self { server, sql, store, size }
    }

    const fn here(&self) -> &Installation {
        &self.server.installation
    }

    /// The number of the entry at a leaf.
    async fn entry(&self, leaf: u64) -> u64 {
        let find = "SELECT entry_id AS value FROM audit_leaves WHERE store_id = ";
        self.sql.number(&format!("{find}{} AND leaf_index = {leaf}", self.store)).await
    }

    /// Brings a table back to what it was.
    async fn mend(&self, table: &str) {
        self.sql.execute(&format!("DELETE FROM {table}")).await;
        self.sql.execute(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
    }

    /// Changes something of the entry at a leaf, and takes what is said of that.
    async fn told_after(&self, leaf: u64, change: &str) -> (String, Option<u64>) {
        let entry = self.entry(leaf).await;
        let of_it = format!("store_id = {} AND id = {entry}", self.store);
        self.sql.change_one(&format!("UPDATE audit_entries SET {change} WHERE {of_it}")).await;
        let told = verify_live(self.here()).bad();
        self.mend("audit_entries").await;
        told
    }
}

async fn a_changed_column_of_any_entry_is_named(server: Server) {
    let victim = Victim::new(server).await;
    let sql = &victim.sql;
    let day = sql.days(1);
    let (salt, hash) = (sql.bytes(&[9; 16]), sql.bytes(&[9; 32]));
    let (signature, key) = (sql.bytes(&[9; 64]), sql.bytes(&[9; 44]));
    let edits = [
        format!("timestamp = timestamp + {day}"),
        "user_name = 'system:cli'".to_owned(),
        "area = 'Group'".to_owned(),
        "primary_key = primary_key || '0'".to_owned(),
        "action = CASE WHEN action = 'Added' THEN 'Deleted' ELSE 'Added' END".to_owned(),
        "data_source = 'Default'".to_owned(),
        "current_content = replace(current_content, ':', ' :')".to_owned(),
        format!("current_salt = {salt}"),
        format!("current_commitment = {hash}"),
        format!("current_commitment = {hash}, current_content = NULL, current_salt = NULL"),
        "current_commitment = NULL, current_content = NULL, current_salt = NULL".to_owned(),
        format!("signature = {signature}"),
    ];
    let last = victim.size - 1;
    for (place, edit) in edits.iter().enumerate() {
        // Of the first entry, the last one, and those between.
        let leaf = [0, last, 1 + place as u64 % (last - 1)][place % 3];
        assert_eq!(victim.told_after(leaf, edit).await, ("edited".into(), Some(leaf)), "{edit}");
    }
    for leaf in (0..=last).step_by(3) {
        let edit = "user_name = 'system:cli'";
        assert_eq!(victim.told_after(leaf, edit).await, ("edited".into(), Some(leaf)));
    }
    let of_original = "original_content = replace(original_content, 'Ada', 'Eve')";
    assert_eq!(victim.told_after(last, of_original).await, ("edited".into(), Some(last)));
    let told = victim.told_after(3, &format!("public_key = {key}")).await;
    assert_eq!(told, ("wrong-key".into(), Some(3)));
    // What is erased as the documents say is no fault.
    let erased = "UPDATE audit_entries SET current_content = NULL, current_salt = NULL, \
                  original_content = NULL, original_salt = NULL";
    sql.execute(erased).await;
    let report = verify_live(victim.here()).good();
    assert_eq!(report["erased"], victim.size);
    victim.mend("audit_entries").await;
    assert_eq!(verify_live(victim.here()).good()["erased"], 0);
}

/// A row that no program of ours ever wrote, and that none of ours reads: a verdict as any other, which
/// keeps no other log from being looked at.
async fn a_value_that_cannot_be_is_no_good_either(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store) = (&victim.sql, &victim.store);
    let entry = victim.entry(4).await;
    for change in [
        "current_content = NULL".to_owned(),
        "current_salt = NULL".to_owned(),
        "current_content = NULL, current_salt = NULL, current_commitment = NULL, action = ''"
            .into(),
        "area = 'Nothing'".to_owned(),
        format!("signature = {}", sql.bytes(&[9; 63])),
        format!("public_key = {}", sql.bytes(&[])),
        format!("current_salt = {}", sql.bytes(&[9; 15])),
    ] {
        let of_it = format!("store_id = {store} AND id = {entry}");
        sql.change_one(&format!("UPDATE audit_entries SET {change} WHERE {of_it}")).await;
        let said = victim.here().run(&["audit", "verify", "--live", "--store", "default"]);
        let told = format!("{}{}", said.stdout, said.stderr);
        assert_eq!(said.code, Some(1), "{change}: {told}");
        assert!(told.contains("leaf 4"), "{change}: {told}");
        let said = victim.here().run(&["audit", "verify", "--live", "--json"]);
        assert_eq!((said.code, said.stdout.lines().count()), (Some(1), 2), "{change}");
        victim.mend("audit_entries").await;
    }
    let key = format!("UPDATE audit_key_terms SET public_key = {}", sql.bytes(&[9; 43]));
    sql.change_one(&format!("{key} WHERE store_id = {store}")).await;
    assert_eq!(verify_live(victim.here()).bad(), ("malformed".into(), Some(0)));
    victim.mend("audit_key_terms").await;
    verify_live(victim.here()).good();
}

/// Of a log whose head is gone nothing can be exported.
async fn a_log_without_its_head_is_told(server: Server) {
    let victim = Victim::new(server).await;
    for table in ["audit_key_terms", "audit_logs"] {
        victim.sql.execute(&format!("DELETE FROM {table} WHERE store_id = {}", victim.store)).await;
        assert_eq!(verify_live(victim.here()).bad(), ("removed".into(), Some(0)), "{table}");
        let said = victim.here().run(&["audit", "verify", "--live", "--json"]);
        assert_eq!((said.code, said.stdout.lines().count()), (Some(1), 2), "{table}");
        victim.mend(table).await;
    }
    verify_live(victim.here()).good();
}

/// Nobody counts to the end that a log says it has.
async fn a_log_that_says_it_is_longer_is_told(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store) = (&victim.sql, &victim.store);
    let size = "UPDATE audit_logs SET size = 1000000000000";
    sql.change_one(&format!("{size} WHERE store_id = {store}")).await;
    assert_eq!(verify_live(victim.here()).bad(), ("truncated".into(), Some(victim.size)));
    victim.mend("audit_logs").await;
    verify_live(victim.here()).good();
}

/// Every entry is there, and nothing can be proved of any.
async fn tiles_that_lead_to_no_root_are_told(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store) = (&victim.sql, &victim.store);
    let hashes = vec![9; usize::try_from(victim.size).expect("a size") * 32];
    for statement in [
        format!("DELETE FROM audit_tiles WHERE store_id = {store}"),
        format!("UPDATE audit_tiles SET hashes = {} WHERE store_id = {store}", sql.bytes(&hashes)),
    ] {
        sql.change_one(&statement).await;
        assert_eq!(verify_live(victim.here()).bad().0, "root-mismatch", "{statement}");
        victim.mend("audit_tiles").await;
    }
    verify_live(victim.here()).good();
}

/// Nothing is signed for such a log, so what is new waits for ever.
async fn a_log_that_nobody_seals_any_more_is_told(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store) = (&victim.sql, &victim.store);
    sql.change_one(&format!("UPDATE audit_logs SET size = size - 1 WHERE store_id = {store}"))
        .await;
    victim.server.admin().new_user("unsealed").await;
    assert_eq!(verify_live(victim.here()).bad(), ("malformed".into(), Some(victim.size)));
    victim.mend("audit_logs").await;
    assert_eq!(verify_live(victim.here()).good()["size"], victim.size + 1);
}

/// The API would show it, and no bundle has it.
async fn what_stands_outside_the_log_is_told(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store, size) = (&victim.sql, &victim.store, victim.size);
    let entry = victim.entry(4).await;
    let forged = entry + 1_000_000;
    for statement in [
        format!(
            "CREATE TABLE forged AS SELECT * FROM audit_entries \
             WHERE store_id = {store} AND id = {entry}"
        ),
        format!("UPDATE forged SET id = {forged}"),
        "INSERT INTO audit_entries SELECT * FROM forged".to_owned(),
        format!("INSERT INTO audit_leaves VALUES ({store}, {}, {forged})", size + 5),
    ] {
        sql.execute(&statement).await;
    }
    assert_eq!(verify_live(victim.here()).bad(), ("inserted".into(), Some(size)));
    victim.mend("audit_leaves").await;
    victim.mend("audit_entries").await;
    // A log that says it is shorter, or a checkpoint over more than there is.
    let earlier = "SELECT max(size) AS value FROM audit_checkpoints WHERE store_id = ";
    let earlier = sql.number(&format!("{earlier}{store} AND size < {size}")).await;
    sql.change_one(&format!("UPDATE audit_logs SET size = {earlier} WHERE store_id = {store}"))
        .await;
    assert_eq!(verify_live(victim.here()).bad(), ("malformed".into(), Some(earlier)));
    victim.mend("audit_logs").await;
    sql.change_one(&format!(
        "INSERT INTO audit_checkpoints (store_id, size, sealed_at, note) SELECT store_id, size + 1, \
         sealed_at, note FROM audit_checkpoints WHERE store_id = {store} AND size = {size}"
    ))
    .await;
    assert_eq!(verify_live(victim.here()).bad(), ("malformed".into(), Some(size)));
    victim.mend("audit_checkpoints").await;
    verify_live(victim.here()).good();
}

async fn an_entry_that_is_gone_or_elsewhere_is_named(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store) = (&victim.sql, &victim.store);
    let last = victim.size - 1;
    let other = "(SELECT id FROM stores WHERE name = 'other')";
    for leaf in [0, 4, last] {
        let entry = victim.entry(leaf).await;
        let of_it = format!("store_id = {store} AND id = {entry}");
        for statement in [
            format!("DELETE FROM audit_entries WHERE {of_it}"),
            format!("UPDATE audit_entries SET id = id + 100000 WHERE {of_it}"),
            format!("UPDATE audit_entries SET store_id = {other}, id = id + 100000 WHERE {of_it}"),
        ] {
            sql.change_one(&statement).await;
            let told = verify_live(victim.here()).bad();
            assert_eq!(told, ("removed".into(), Some(leaf)), "{statement}");
            victim.mend("audit_entries").await;
        }
    }
    // The store to which it was moved tells of it too.
    let entry = victim.entry(4).await;
    let moved = format!(
        "UPDATE audit_entries SET store_id = {other}, id = id + 100000 \
         WHERE store_id = {store} AND id = {entry}"
    );
    sql.change_one(&moved).await;
    let live = ["audit", "verify", "--live", "--store", "other", "--json"];
    assert_eq!(victim.here().run(&live).code, Some(1));
    // And so does a look at all stores.
    assert_eq!(victim.here().run(&["audit", "verify", "--live"]).code, Some(1));
    victim.mend("audit_entries").await;
    victim.here().run(&["audit", "verify", "--live"]).well();
    // A leaf that is gone, with its entry or without.
    sql.change_one(&format!(
        "DELETE FROM audit_leaves WHERE store_id = {store} AND leaf_index = 4"
    ))
    .await;
    assert_eq!(verify_live(victim.here()).bad(), ("removed".into(), Some(4)));
    sql.change_one(&format!("DELETE FROM audit_entries WHERE store_id = {store} AND id = {entry}"))
        .await;
    assert_eq!(verify_live(victim.here()).bad(), ("removed".into(), Some(4)));
    victim.mend("audit_leaves").await;
    victim.mend("audit_entries").await;
    verify_live(victim.here()).good();
}

async fn entries_that_changed_places_are_named(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store) = (&victim.sql, &victim.store);
    let checkpoint_before = async |leaf: u64| {
        let find =
            "SELECT coalesce(max(size), 0) AS value FROM audit_checkpoints WHERE store_id = ";
        sql.number(&format!("{find}{store} AND size <= {leaf}")).await
    };
    for (one, another) in [(2, 3), (2, victim.size - 1), (0, 1)] {
        for (from, to) in [(one, 1_000_000), (another, one), (1_000_000, another)] {
            let set = format!("UPDATE audit_leaves SET leaf_index = {to}");
            sql.change_one(&format!("{set} WHERE store_id = {store} AND leaf_index = {from}"))
                .await;
        }
        // Each entry is genuine: what does not fit is the first checkpoint over them.
        let told = verify_live(victim.here()).bad();
        assert_eq!(told, ("root-mismatch".into(), Some(checkpoint_before(one).await)));
        victim.mend("audit_leaves").await;
    }
    // One entry in the place of another. The database has one row of it, and so one place for it.
    let (entry, another) = (victim.entry(4).await, victim.entry(7).await);
    let swap = [(entry, 1_000_000), (another, entry), (1_000_000, another)];
    for (from, to) in swap {
        let set =
            format!("UPDATE audit_entries SET id = {to} WHERE store_id = {store} AND id = {from}");
        sql.change_one(&set).await;
    }
    assert_eq!(verify_live(victim.here()).bad(), ("edited".into(), Some(4)));
    victim.mend("audit_entries").await;
    verify_live(victim.here()).good();
}

async fn what_was_sealed_cannot_be_changed_either(server: Server) {
    let victim = Victim::new(server).await;
    let (sql, store) = (&victim.sql, &victim.store);
    let sizes = format!(
        "SELECT size AS value FROM audit_checkpoints WHERE store_id = {store} ORDER BY size"
    );
    let sizes = sql.texts(&sizes).await;
    let (middle, last) = (&sizes[sizes.len() / 2], &sizes[sizes.len() - 1]);
    for size in [middle, last] {
        let of_it = format!("WHERE store_id = {store} AND size = {size}");
        let note = format!("SELECT note AS value FROM audit_checkpoints {of_it}");
        let mut forged = sql.texts(&note).await.remove(0).into_bytes();
        let signature = forged.iter().rposition(|byte| *byte == b' ').expect("a signature");
        let digit = &mut forged[signature + 20];
        *digit = if *digit == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("UTF-8");
        sql.change_one(&format!("UPDATE audit_checkpoints SET note = '{forged}' {of_it}")).await;
        let told = verify_live(victim.here()).bad();
        assert_eq!(told, ("bad-checkpoint".into(), Some(size.parse().expect("a size"))));
        victim.mend("audit_checkpoints").await;
    }
    // A term of a key that never was.
    let term = format!(
        "INSERT INTO audit_key_terms (store_id, number, public_key, from_leaf, statement) \
         VALUES ({store}, 1, {}, 3, 'by nobody')",
        sql.bytes(&[9; 44])
    );
    sql.change_one(&term).await;
    assert_eq!(verify_live(victim.here()).bad().0, "bad-key");
    victim.mend("audit_key_terms").await;
    verify_live(victim.here()).good();
}

async fn a_log_that_was_cut_is_told_by_a_checkpoint_that_was_kept(server: Server) {
    let victim = Victim::new(server).await;
    let here = victim.here();
    let (sql, store) = (&victim.sql, &victim.store);
    let bundle = Bundle::export(here, "bundle.jsonl");
    let note = bundle.checkpoints.last().expect("a checkpoint");
    let kept = keep(here.directory(), note, "kept");
    assert_eq!(verify_live_against(here, &kept).good()["tail"], "pinned");
    let cut = size_of(&bundle.checkpoints[bundle.checkpoints.len() - 2]);
    for leaf in cut..victim.size {
        let entry = victim.entry(leaf).await;
        sql.change_one(&format!(
            "DELETE FROM audit_entries WHERE store_id = {store} AND id = {entry}"
        ))
        .await;
    }
    for statement in [
        format!("DELETE FROM audit_leaves WHERE store_id = {store} AND leaf_index >= {cut}"),
        format!("DELETE FROM audit_checkpoints WHERE store_id = {store} AND size > {cut}"),
    ] {
        sql.execute(&statement).await;
    }
    sql.change_one(&format!("UPDATE audit_logs SET size = {cut} WHERE store_id = {store}")).await;
    assert_eq!(verify_live(here).bad(), ("malformed".into(), Some(cut)), "the tiles are as before");
    let tile = format!("UPDATE audit_tiles SET hashes = substr(hashes, 1, {})", 32 * cut);
    sql.change_one(&format!("{tile} WHERE store_id = {store}")).await;
    // By itself the log looks whole, and the report says what that is worth.
    assert_eq!(verify_live(here).good()["tail"], "unprotected");
    assert_eq!(verify_live_against(here, &kept).bad(), ("truncated".into(), Some(cut)));
    // The checkpoint of another store pins nothing here.
    let other = here.run(&["audit", "export", "--store", "other"]).well().stdout;
    let other = keep(here.directory(), &other, "other.jsonl");
    let note = Bundle::read(&other).checkpoints.pop().expect("a checkpoint");
    let foreign = keep(here.directory(), &note, "foreign");
    assert_eq!(verify_live_against(here, &foreign).bad(), ("foreign-store".into(), Some(0)));
}
