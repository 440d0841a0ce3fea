//! Old entries go into archives that verify by themselves; what stays is proved as before.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::bundle::{Bundle, keep};
use super::proofs::{assert_consistent, assert_included};
use super::{
    Report, admin, end, eventually, sealed, size_of, store_id, text, verify, verify_against,
    verify_live, verify_live_against,
};
use crate::harness::{Api, Installation, Node, Sql, on_both_databases};

on_both_databases![
    old_entries_are_archived_and_the_rest_is_proved_as_before,
    one_archive_goes_on_where_the_one_before_ends,
    a_crash_between_archive_and_dropping_loses_nothing,
    nothing_is_dropped_whose_archive_is_not_good,
    nothing_is_dropped_that_is_not_old,
];

/// A log, a part of which is old.
struct Aged {
    here: Installation,
    store: String,
    /// The checkpoints, each a few leaves larger.
    notes: Vec<String>,
    /// How many leaves are old.
    cut: u64,
}

fn archives(here: &Installation) -> PathBuf {
    here.directory().join("archives")
}

/// Makes every checkpoint of up to so many leaves forty days older.
async fn age(sql: &Sql, size: u64) {
    let days = sql.days(40);
    let set = format!("UPDATE audit_checkpoints SET sealed_at = sealed_at - {days}");
    assert_ne!(sql.execute(&format!("{set} WHERE size <= {size}")).await, 0);
}

/// Creates users, and has them sealed by several checkpoints.
async fn grow(here: &Installation, api: &Api, name: &str) -> Vec<String> {
    let mut notes = vec![];
    for n in 0..4 {
        for m in 0..5 {
            api.new_user(&format!("{name} {n} {m}")).await;
        }
        notes.push(sealed(here, api).await);
    }
    notes
}

impl Aged {
    async fn new(here: Installation) -> Self {
        let node = here.start().await;
        let api = admin(&node);
        let mut notes = grow(&here, &api, "old").await;
        let (cut, store) = (size_of(notes.last().expect("a note")), store_id(&api).await);
        notes.extend(grow(&here, &api, "new").await);
        end(node, &here).await;
        age(&here.sql(), cut).await;
        std::fs::create_dir(archives(&here)).expect("a directory");
        let directory = archives(&here).display().to_string();
        let here = here
            .with("USERSTORE__AUDIT__RETENTION_DAYS", "30")
            .with("USERSTORE__AUDIT__ARCHIVE_DIRECTORY", &directory);
        Self { here, store, notes, cut }
    }

    fn size(&self) -> u64 {
        size_of(self.notes.last().expect("a note"))
    }

    fn archive(&self, first: u64, cut: u64) -> PathBuf {
        archives(&self.here).join(format!("{}-{first}-{cut}.jsonl", self.store))
    }

    /// How many entries are in the database.
    async fn entries(&self) -> u64 {
        self.here.sql().number("SELECT count(*) AS value FROM audit_entries").await
    }

    /// Waits until the log begins with that leaf and nothing before it is left.
    async fn dropped(&self, cut: u64) {
        let sql = self.here.sql();
        eventually("old entries are dropped", async || {
            let first = sql.number("SELECT max(first_leaf) AS value FROM audit_logs").await;
            (first == cut).then_some(())
        })
        .await;
    }

    /// Starts a node, and waits until all before the cut is archived and dropped.
    async fn retained(&self) -> Node {
        let node = self.here.start().await;
        self.dropped(self.cut).await;
        node
    }
}

async fn old_entries_are_archived_and_the_rest_is_proved_as_before(here: Installation) {
    let aged = Aged::new(here).await;
    let (cut, size, here) = (aged.cut, aged.size(), &aged.here);
    let whole = Bundle::export(here, "whole.jsonl");
    let node = aged.retained().await;
    let api = admin(&node);

    let file = aged.archive(0, cut);
    let archive = Bundle::read(&file);
    assert_eq!(verify(here, &file).good()["entries"], cut);
    assert_eq!(archive.entries[..], whole.entries[..archive.entries.len()]);
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(archives(here)).expect("a directory").count(), 1);

    assert_eq!(aged.entries().await, size - cut);
    for gone in ["Event".to_owned(), "Event?after=0".into(), format!("Event?after={}", cut - 2)] {
        let problem = api.read(&gone).await.problem(410);
        assert!(problem.to_string().contains(&cut.to_string()), "where it begins now: {problem}");
    }
    let events = api.list(&format!("Event?after={}", cut - 1)).await;
    assert_eq!(events.len() as u64, size - cut);
    let listed = api.list("CustomAuditTrail").await;
    let rest: Vec<_> = whole.entries[archive.entries.len()..].iter().collect();
    assert_eq!(
        listed.iter().collect::<Vec<_>>(),
        rest.iter().map(|line| &line["entry"]).collect::<Vec<_>>()
    );
    let old = &archive.entries[3]["entry"]["id"];
    api.get_audit_trail(&old.to_string()).await.problem(404);

    for entry in &listed {
        assert_included(&api, entry, None).await;
    }
    let last = aged.notes.last().expect("a note");
    for note in &aged.notes {
        // Also of what is archived: the hashes stay.
        assert_consistent(&api, note, last).await;
    }
    assert_eq!(verify_live(here).good()["first"], cut);
    api.new_user("behind it").await;
    let note = sealed(here, &api).await;
    assert_consistent(&api, last, &note).await;
    let bundle = Bundle::export(here, "rest.jsonl");
    let report = verify(here, &bundle.path).good();
    assert_eq!((report["first"].as_u64(), report["size"].as_u64()), (Some(cut), Some(size + 1)));
    // The archive ends where the rest begins, and who kept its end pins the rest with it.
    let seam = archive.checkpoints.last().expect("a checkpoint");
    let kept = archive.keep(seam, "../seam");
    assert_eq!(verify_against(here, &bundle.path, &kept).good()["tail"], "pinned");
    verify_live_against(here, &kept).good();
    // One of before can be checked with the archive only, and the verifier says that it cannot.
    let early = keep(here.directory(), &aged.notes[0], "early");
    assert_eq!(verify_against(here, &file, &early).good()["tail"], "pinned");
    let said = here.run(&["audit", "verify", text(&bundle.path), "--checkpoint", text(&early)]);
    assert_eq!(said.code, Some(2), "{}{}", said.stdout, said.stderr);
}

async fn one_archive_goes_on_where_the_one_before_ends(here: Installation) {
    let mut aged = Aged::new(here).await;
    let (first, cut) = (aged.cut, aged.size());
    let node = aged.retained().await;
    let more = grow(&aged.here, &admin(&node), "more").await;
    end(node, &aged.here).await;
    age(&aged.here.sql(), cut).await;
    aged.cut = cut;
    let node = aged.retained().await;
    let (one, other) = (aged.archive(0, first), aged.archive(first, cut));
    let report = verify(&aged.here, &other).good();
    assert_eq!((report["first"].as_u64(), report["size"].as_u64()), (Some(first), Some(cut)));
    let seam = Bundle::read(&one).checkpoints.pop().expect("a checkpoint");
    let seam = keep(aged.here.directory(), &seam, "seam");
    assert_eq!(verify_against(&aged.here, &other, &seam).good()["tail"], "pinned");
    let last = more.last().expect("a note");
    assert_consistent(&admin(&node), &aged.notes[0], last).await;
    assert_eq!(aged.entries().await, size_of(last) - cut);
    verify_live(&aged.here).good();
}

/// What keeps the database from deleting any entry, and what ends that.
fn hold(sql: &Sql) -> (&'static str, &'static str) {
    if sql.is_sqlite() {
        let hold = "CREATE TRIGGER held BEFORE DELETE ON audit_entries \
                    BEGIN SELECT RAISE(ABORT, 'held'); END";
        return (hold, "DROP TRIGGER held");
    }
    let hold = "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql \
                AS $$ BEGIN RAISE EXCEPTION 'held'; END $$; \
                CREATE TRIGGER held BEFORE DELETE ON audit_entries \
                FOR EACH ROW EXECUTE FUNCTION held()";
    (hold, "DROP TRIGGER held ON audit_entries")
}

async fn a_crash_between_archive_and_dropping_loses_nothing(here: Installation) {
    let aged = Aged::new(here).await;
    let sql = aged.here.sql();
    let (hold, release) = hold(&sql);
    sql.execute(hold).await;
    let before = aged.entries().await;
    let node = aged.here.start().await;
    let file = aged.archive(0, aged.cut);
    eventually("the archive is there", async || file.is_file().then_some(())).await;
    end(node, &aged.here).await;
    assert_eq!(aged.entries().await, before, "nothing is dropped yet");
    let archive = std::fs::read(&file).expect("an archive");
    verify(&aged.here, &file).good();
    verify_live(&aged.here).good();
    sql.execute(release).await;
    let node = aged.retained().await;
    assert_eq!(aged.entries().await, before - aged.cut);
    assert_eq!(std::fs::read(&file).expect("an archive"), archive);
    assert_eq!(std::fs::read_dir(archives(&aged.here)).expect("a directory").count(), 1);
    admin(&node).new_user("ada").await;
    sealed(&aged.here, &admin(&node)).await;
    assert_eq!(verify_live(&aged.here).good()["first"], aged.cut);
}

async fn nothing_is_dropped_whose_archive_is_not_good(here: Installation) {
    let aged = Aged::new(here).await;
    let file = aged.archive(0, aged.cut);
    std::fs::write(&file, "{\"format\":\"userstore-audit-bundle/1\"}\n").expect("a file");
    let before = aged.entries().await;
    let node = aged.here.start().await;
    let name = file.file_name().expect("a name").to_str().expect("UTF-8");
    eventually("the operator is told", async || node.log().contains(name).then_some(())).await;
    admin(&node).new_user("ada").await;
    sealed(&aged.here, &admin(&node)).await;
    assert_eq!(aged.entries().await, before + 1);
    assert_eq!(verify_live(&aged.here).good()["first"], 0);
}

async fn nothing_is_dropped_that_is_not_old(here: Installation) {
    let aged = Aged::new(here).await;
    let here = aged.here.with("USERSTORE__AUDIT__RETENTION_DAYS", "41");
    let node = here.start().await;
    let api = admin(&node);
    // Its turn comes with the start: whatever it does is done when all this is.
    grow(&here, &api, "more").await;
    assert_eq!(std::fs::read_dir(archives(&here)).expect("a directory").count(), 0);
    assert_eq!(api.list("Event").await.len() as u64, aged_size(&api).await);
    let said = here.run(&["audit", "verify", "--live", "--store", "default", "--json"]);
    assert_eq!(Report::of(&said).good()["first"], 0);
}

async fn aged_size(api: &Api) -> u64 {
    size_of(&super::checkpoint(api).await.expect("a checkpoint"))
}
