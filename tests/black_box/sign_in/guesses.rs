//! Guesses in parallel, on one node and on two, before and after a crash.

use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::{Cheap, RIGHT, WRONG, count, new_user_with_password, outcome, set};
use crate::harness::{ADMIN_KEY, Api, Database, Setting as _, on_both_databases};

on_both_databases![
    of_200_parallel_guesses_no_more_than_the_limit_are_tried,
    the_throttle_lets_no_more_through_and_tells_no_name_from_another,
    a_right_password_in_parallel_locks_nobody,
    a_crash_forgets_no_guess,
    every_door_sees_one_lock,
];

/// Connections that guess at once.
const CONNECTIONS: usize = 64;
/// Guesses.
const GUESSES: usize = 200;
/// Tries before the temporary lock.
const LIMIT: usize = 5;

/// Guesses of `password`, spread over these nodes.
async fn guess(nodes: &[Api], name: &str, password: &str) -> Vec<String> {
    let guesses = (0..GUESSES).map(|n| outcome(&nodes[n % nodes.len()], name, password));
    stream::iter(guesses).buffer_unordered(CONNECTIONS).collect().await
}

async fn failures(api: &Api, id: &str) -> usize {
    let user = api.get_user(id).await.json(200);
    user["failedUserLoginAttempts"].as_u64().expect("a number").try_into().expect("few")
}

/// Without the throttle, that the lock alone is seen to hold.
async fn assert_limited(nodes: &[Api]) {
    let api = &nodes[0];
    set(api, json!({ "throttle": false })).await;
    let id = new_user_with_password(api, "ada").await;
    let outcomes = guess(nodes, "ada", WRONG).await;
    assert_eq!(count(&outcomes, "Failed"), LIMIT, "{outcomes:?}");
    let others = count(&outcomes, "Locked") + count(&outcomes, "429");
    assert_eq!(others, GUESSES - LIMIT, "{outcomes:?}");
    assert_eq!(failures(api, &id).await, LIMIT);
    assert_eq!(outcome(api, "ada", RIGHT).await, "Locked");
}

async fn of_200_parallel_guesses_no_more_than_the_limit_are_tried(Cheap(here): Cheap) {
    let node = here.start().await;
    assert_limited(&[node.api(Some(ADMIN_KEY))]).await;
}

#[tokio::test]
async fn of_200_parallel_guesses_on_two_nodes_no_more_than_the_limit_are_tried() {
    let Cheap(here) = Cheap::on(Database::Postgres).await;
    let (one, other) = (here.start().await, here.start().await);
    assert_limited(&[one.api(Some(ADMIN_KEY)), other.api(Some(ADMIN_KEY))]).await;
}

async fn the_throttle_lets_no_more_through_and_tells_no_name_from_another(Cheap(here): Cheap) {
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    let id = new_user_with_password(&api, "ada").await;
    for name in ["ada", "nobody"] {
        let outcomes = guess(std::slice::from_ref(&api), name, WRONG).await;
        let failed = count(&outcomes, "Failed");
        assert!((3..=LIMIT).contains(&failed), "{name}: {outcomes:?}");
        // Who guesses long enough meets the lock of the account, or waits for the name.
        let others = count(&outcomes, "429") + count(&outcomes, "Locked");
        assert_eq!(failed + others, GUESSES, "{name}: {outcomes:?}");
    }
    assert!(failures(&api, &id).await <= LIMIT);
}

async fn a_right_password_in_parallel_locks_nobody(Cheap(here): Cheap) {
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    let id = new_user_with_password(&api, "ada").await;
    let outcomes = guess(std::slice::from_ref(&api), "ada", RIGHT).await;
    let succeeded = count(&outcomes, "Succeeded");
    assert!(succeeded >= LIMIT, "{outcomes:?}");
    assert_eq!(succeeded + count(&outcomes, "429"), GUESSES, "{outcomes:?}");
    assert_eq!(outcome(&api, "ada", RIGHT).await, "Succeeded");
    assert_eq!(failures(&api, &id).await, 0);
}

async fn a_crash_forgets_no_guess(Cheap(here): Cheap) {
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    set(&api, json!({ "throttle": false })).await;
    let id = new_user_with_password(&api, "ada").await;
    for _ in 0..4 {
        assert_eq!(outcome(&api, "ada", WRONG).await, "Failed");
    }
    node.kill();
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    assert_eq!(failures(&api, &id).await, 4);
    assert_eq!(outcome(&api, "ada", WRONG).await, "Failed");
    assert_eq!(outcome(&api, "ada", RIGHT).await, "Locked");
    node.kill();
    let node = here.start().await;
    assert_eq!(outcome(&node.api(Some(ADMIN_KEY)), "ada", RIGHT).await, "Locked");
}

/// C3: a lock that one door has begun is seen at all of them.
async fn every_door_sees_one_lock(Cheap(here): Cheap) {
    let node = here.start().await;
    let (api, anonymous) = (node.api(Some(ADMIN_KEY)), node.api(None));
    let settings = json!({ "throttle": false, "lockoutFailures": 3 });
    set(&api, settings).await;
    let change = |old: &str| json!({ "oldPassword": old, "newPassword": super::NEW });
    for begun_by in ["verify", "change", "public"] {
        let id = new_user_with_password(&api, begun_by).await;
        for _ in 0..3 {
            match begun_by {
                "verify" => assert_eq!(outcome(&api, begun_by, WRONG).await, "Failed"),
                "change" => {
                    let body = change(WRONG);
                    api.user_post(&id, "password/change", Some(&body)).await.problem(400);
                }
                _ => {
                    let body = change(WRONG);
                    anonymous.public(begun_by, "change", Some(&body)).await.problem(400);
                }
            }
        }
        assert_eq!(outcome(&api, begun_by, RIGHT).await, "Locked");
        let body = change(RIGHT);
        api.user_post(&id, "password/change", Some(&body)).await.problem(409);
        anonymous.public(begun_by, "change", Some(&body)).await.problem(400);
        api.user_post(&id, "lockout/reset", None).await.expect(200);
        assert_eq!(outcome(&api, begun_by, RIGHT).await, "Succeeded");
    }
}
