//! The users that are read: each in one group, each with one profile.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::http::{Connection, post};
use crate::installation::{GROUPS, KEY, USERS};
use crate::server::Server;

/// How many users share a group.
const USERS_PER_GROUP: u32 = 100;
/// How many users are made by one request.
const BATCH: u32 = 5_000;

/// The id of the user of that number: ascending like the ids that the server makes.
pub(crate) fn user_id(number: u32) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// The id of the group of that number.
pub(crate) fn group_id(number: u32) -> String {
    format!("00000000-0000-7000-9000-{number:012}")
}

/// The group that a user is in.
fn group_of(user: u32) -> u32 {
    user / USERS_PER_GROUP
}

/// How many groups that many users need.
pub(crate) fn groups(users: u32) -> u32 {
    users.div_ceil(USERS_PER_GROUP)
}

/// A user as a client sends it, without relations.
pub(crate) fn user(name: &str) -> Value {
    json!({
        "externalUniqueIdentifier": format!("https://directory.example.com/{name}"),
        "loginName": name,
        "firstName": "Augusta Ada",
        "lastName": "King of Lovelace",
        "emailAddress": format!("{name}@example.com"),
    })
}

fn user_with_relations(number: u32) -> Value {
    let mut user = user(&format!("user-{number}"));
    if let Some(properties) = user.as_object_mut() {
        properties.insert("id".into(), user_id(number).into());
        properties.insert("memberOfGroups".into(), json!([group_id(group_of(number))]));
        let profile = json!({ "key": "department", "value": "Analytical Engines" });
        properties.insert("userProfiles".into(), json!([profile]));
    }
    user
}

/// What making one batch of users cost.
pub(crate) struct Batch {
    /// How many.
    pub(crate) users: u32,
    /// The server's processor time, in seconds.
    pub(crate) processor: f64,
    /// From the first byte of the request to the last of the answer.
    pub(crate) elapsed: Duration,
}

/// Makes the users 0 to `count` and their groups, over HTTP; what each batch of users cost.
pub(crate) async fn create_users(server: &Server, count: u32) -> Outcome<Vec<Batch>> {
    let group = |number| json!({ "id": group_id(number), "name": format!("group-{number}") });
    let numbers: Vec<_> = (0..groups(count)).collect();
    for numbers in numbers.chunks(BATCH as usize) {
        create(server, GROUPS, &numbers.iter().copied().map(group).collect()).await?;
    }
    let mut batches = Vec::new();
    let mut first = 0;
    while first < count {
        let end = count.min(first + BATCH);
        let users: Value = (first..end).map(user_with_relations).collect();
        let (before, begin) = (server.process.processor_seconds()?, Instant::now());
        create(server, USERS, &users).await?;
        let processor = server.process.processor_seconds()? - before;
        batches.push(Batch { users: end - first, processor, elapsed: begin.elapsed() });
        first = end;
    }
    Ok(batches)
}

/// Makes all of `records` by one request.
pub(crate) async fn create(server: &Server, path: &str, records: &Value) -> Outcome<()> {
    let mut request = Vec::new();
    post(&mut request, &format!("{path}/batch"), KEY, records);
    let mut connection = Connection::open(server.address).await?;
    let answer = connection.exchange(&request).await?;
    if answer.status == 200 {
        return Ok(());
    }
    let body = String::from_utf8_lossy(answer.body);
    Err(format!("a batch is answered {}: {body}", answer.status).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_with_their_numbers() {
        assert!(user_id(9) < user_id(10));
        assert_eq!(user_id(100_000), "00000000-0000-7000-8000-000000100000");
    }

    #[test]
    fn every_user_has_a_group_that_is_made() {
        assert_eq!(groups(101), 2);
        assert!((0..101).all(|user| group_of(user) < groups(101)));
    }

    #[test]
    fn a_user_to_make_has_one_group_and_one_profile() {
        let user = user_with_relations(7);
        assert_eq!(user["memberOfGroups"].as_array().map(Vec::len), Some(1));
        assert_eq!(user["userProfiles"].as_array().map(Vec::len), Some(1));
    }
}
