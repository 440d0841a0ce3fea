//! The users that are read: each in one group, each with one profile.

use serde_json::{Value, json};

use crate::Outcome;
use crate::http::{Connection, post};
use crate::installation::{KEY, USERS};
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

/// Makes the users 0 to `count`, over HTTP; their groups are there.
pub(crate) async fn create_users(server: &Server, count: u32) -> Outcome<()> {
    let mut connection = Connection::open(server.address).await?;
    let path = format!("{USERS}/batch");
    let mut first = 0;
    while first < count {
        let end = count.min(first + BATCH);
        let users: Value = (first..end).map(user_with_relations).collect();
        let mut request = Vec::new();
        post(&mut request, &path, KEY, &users);
        let answer = connection.exchange(&request).await?;
        if answer.status != 200 {
            let body = String::from_utf8_lossy(answer.body);
            return Err(format!("a batch of users is answered {}: {body}", answer.status).into());
        }
        first = end;
    }
    Ok(())
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
