//! The feed: every change once, in order, without a gap, to whoever follows it.

use std::time::{Duration, Instant};

use futures_util::future::join;
use serde_json::{Value, json};

use super::follower::Follower;
use super::writers::Writers;
use super::{Fleet, admin, feed, sealed, size_of};
use crate::harness::{Api, Server, id_of, on_both_databases};

on_both_databases![
    a_reader_sees_every_change_once_across_a_restart_and_from_the_other_node,
    an_event_says_what_happened_and_not_what_was_in_it,
    who_waits_is_told_as_soon_as_there_is_something,
    who_waits_in_vain_is_told_so_in_time,
    wrong_parameters_are_refused,
    the_feed_is_for_readers_of_users,
    each_store_has_a_feed_of_its_own,
];

/// Follows the feed until it was told of all these users.
async fn follow(follower: &mut Follower, api: &Api, ids: &[String]) {
    let deadline = Instant::now() + super::PATIENCE;
    loop {
        let added = follower.keys("User", "Added");
        if ids.iter().all(|id| added.contains(id)) {
            return;
        }
        assert!(Instant::now() < deadline, "not told of all users");
        follower.read(api, 2).await;
    }
}

/// Lets eight write through these nodes, and follows the feed of another meanwhile; the ids.
async fn write_and_follow(
    writers: &[Api],
    prefix: &str,
    follower: &mut Follower,
    reader: &Api,
) -> Vec<String> {
    let mut writers = Writers::start(writers, prefix);
    let writing = async {
        let mut ids = writers.next(120).await;
        ids.extend(writers.stop().await);
        ids
    };
    let reading = async {
        for _ in 0..8 {
            follower.read(reader, 1).await;
        }
    };
    let (ids, ()) = join(writing, reading).await;
    follow(follower, reader, &ids).await;
    ids
}

async fn a_reader_sees_every_change_once_across_a_restart_and_from_the_other_node(
    mut fleet: Fleet,
) {
    let mut follower = Follower::new();
    let apis = [fleet.api(0), fleet.api(1)];
    let mut ids = write_and_follow(&apis, "before", &mut follower, &apis[0]).await;
    fleet.kill(0);
    fleet.start().await;
    // On PostgreSQL the first node is now the one that was the other.
    let apis = [fleet.api(0), fleet.api(1)];
    ids.extend(write_and_follow(&apis, "after", &mut follower, &apis[0]).await);

    let mut added = follower.keys("User", "Added");
    added.sort();
    ids.sort();
    assert_eq!(added, ids);
    assert_eq!(follower.keys("UserProfile", "Added").len(), ids.len());
    let size = size_of(&sealed(&fleet.here, &apis[0]).await);
    for api in apis {
        let again = feed(&api).await;
        assert_eq!(again.events(), follower.events(), "whoever asks is told the same");
        assert_eq!(again.events().len() as u64, size);
    }
}

async fn an_event_says_what_happened_and_not_what_was_in_it(server: Server) {
    let api = server.admin();
    let user = api.create_user(&json!({ "loginName": "ada", "firstName": "Secret" })).await;
    let id = id_of(&user.json(201)).to_owned();
    api.update_user(&id, &json!({ "loginName": "ada" })).await.expect(202);
    api.delete_user(&id).await.expect(204);
    sealed(&server.installation, &api).await;
    let feed = feed(&api).await;
    let own: Vec<_> = feed.events().iter().filter(|event| event["primaryKey"] == id).collect();
    let actions: Vec<_> = own.iter().map(|event| event["action"].as_str()).collect();
    assert_eq!(actions, [Some("Added"), Some("Modified"), Some("Deleted")]);
    let entries = api.entries_about(&id).await;
    for (event, entry) in own.iter().zip(&entries) {
        assert_eq!(event["timestamp"], entry["timestamp"]);
        assert_eq!(event["area"], "User");
    }
    assert!(!Value::from(feed.events().to_vec()).to_string().contains("Secret"));
}

/// The number of the last event.
async fn last(api: &Api) -> u64 {
    feed(api).await.events().len() as u64 - 1
}

async fn who_waits_is_told_as_soon_as_there_is_something(server: Server) {
    let api = server.admin();
    sealed(&server.installation, &api).await;
    for round in 0..3 {
        let path = format!("Event?after={}&wait=20", last(&api).await);
        let waiting = async {
            let told = api.list(&path).await;
            (told, Instant::now())
        };
        let writing = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            api.new_user(&format!("user {round}")).await;
            Instant::now()
        };
        let ((told, when), written) = join(waiting, writing).await;
        assert_eq!(told.len(), 1, "{told:?}");
        let late = when.saturating_duration_since(written);
        assert!(late < Duration::from_secs(5), "told after {late:?}");
    }
}

async fn who_waits_in_vain_is_told_so_in_time(server: Server) {
    let api = server.admin();
    sealed(&server.installation, &api).await;
    let last = last(&api).await;
    for (wait, least) in [("", 0), ("&wait=0", 0), ("&wait=1", 900)] {
        let asked = Instant::now();
        let path = format!("Event?after={last}{wait}");
        assert_eq!(api.list(&path).await, Vec::<Value>::new());
        let took = asked.elapsed();
        assert!(took >= Duration::from_millis(least), "{path}: after {took:?}");
        assert!(took < Duration::from_millis(least + 3_000), "{path}: after {took:?}");
    }
    // Who is beyond the end has read another log, and is told so at once.
    let beyond = api.read("Event?after=9007199254740991&wait=20").await;
    assert!(beyond.problem(400)["errors"]["after"].is_array());
}

async fn wrong_parameters_are_refused(server: Server) {
    let api = server.admin();
    for wrong in ["after=-1", "after=x", "after=", "limit=0", "limit=-1", "wait=21", "wait=x"] {
        api.read(&format!("Event?{wrong}")).await.problem(400);
    }
    sealed(&server.installation, &api).await;
    assert_eq!(api.list("Event?limit=1").await.len(), 1);
    let all = api.list("Event").await;
    assert_eq!(api.list("Event?limit=1000").await, all);
}

async fn the_feed_is_for_readers_of_users(server: Server) {
    for (role, status) in [
        ("UserManager@default", 200),
        ("UserStoreAdmin@default", 200),
        ("AuditTrailReader@default", 403),
        ("SystemAdmin", 200),
    ] {
        let key = server.make_key(role, &[role]);
        server.holder_of(&key).read("Event").await.expect(status);
        // The other way round with what shows contents, or commits to them.
        let of_audit = if role.starts_with("User") { 403 } else { 200 };
        sealed(&server.installation, &server.admin()).await;
        for rest in ["checkpoint", "keys", "consistency?from=1"] {
            let rest = format!("CustomAuditTrail/{rest}");
            server.holder_of(&key).read(&rest).await.expect(of_audit);
        }
    }
    server.anonymous().read("Event").await.problem(401);
}

async fn each_store_has_a_feed_of_its_own(server: Server) {
    let api = server.admin();
    api.create_store(&json!({ "name": "shop" })).await.expect(201);
    let shop = admin(&server.node).in_store("shop");
    let there = shop.new_user("there").await;
    let here = api.new_user("here").await;
    sealed(&server.installation, &api).await;
    assert_eq!(feed(&shop).await.keys("User", "Added"), [id_of(&there)]);
    assert_eq!(feed(&api).await.keys("User", "Added"), [id_of(&here)]);
}
