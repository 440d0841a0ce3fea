//! Second factors behind keys that are rotated, lost, or others than they were.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::{
    Authenticator, Refusal, api_1, bearer, due_session, elevate, new_enrolled, new_enrolling,
    nobody, without_limits,
};
use crate::harness::{Installation, on_both_databases};
use crate::sign_in::{Cheap, RIGHT};

on_both_databases![
    a_second_factor_outlives_a_rotation,
    a_code_seals_the_seed_under_the_present_key,
    a_node_without_the_key_of_a_second_factor_does_not_start,
    a_seed_that_cannot_be_opened_is_no_wrong_code,
];

/// The file of secret keys: `<id> <key>` a line, the present one first.
struct KeyFile(PathBuf);

impl KeyFile {
    fn of(here: &Installation) -> Self {
        let directories = [here.directory().to_owned(), here.directory().join("secrets")];
        let mut files = directories.into_iter().map(|directory| directory.join("secrets.key"));
        Self(files.find(|file| file.is_file()).expect("the file of secret keys"))
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.0).expect("keys");
        text.lines().map(str::to_owned).collect()
    }

    /// The file keeps its mode, which has to be that of its owner alone.
    fn write(&self, lines: &[String]) {
        let text = lines.join("\n") + "\n";
        fs::write(&self.0, text).expect("a file that its owner writes");
    }
}

/// A key of the same name which is another one.
fn foreign(line: &str) -> String {
    let (id, _) = line.split_once(' ').expect("an id and a key");
    format!("{id} {}=", "A".repeat(43))
}

async fn a_second_factor_outlives_a_rotation(Cheap(here): Cheap) {
    let node = here.start().await;
    without_limits(&node).await;
    let user = new_enrolled(&node, "ada", &[]).await;
    let due = nobody(&node).sign_in("ada", RIGHT).await;
    drop(node);
    here.run(&["secrets", "rotate"]).well();
    assert_eq!(KeyFile::of(&here).lines().len(), 2, "the former one is kept");

    let node = here.start().await;
    bearer(&node, &user.session.token).whoami().await.expect(200);
    let used = user.authenticator.code(user.step);
    Refusal::read(elevate(&due_session(&node, "ada").await, &used).await, 400);
    elevate(&bearer(&node, &due.token), &user.authenticator.code(user.step + 1)).await.expect(200);
    for code in &user.recovery_codes[..2] {
        elevate(&due_session(&node, "ada").await, code).await.expect(200);
        Refusal::read(elevate(&due_session(&node, "ada").await, code).await, 400);
    }
}

/// The former key opens it once more: then it is not needed for that any longer.
async fn a_code_seals_the_seed_under_the_present_key(Cheap(here): Cheap) {
    let node = here.start().await;
    without_limits(&node).await;
    let (_, authenticator, due) = new_enrolling(&node, "ada", &[]).await;
    drop(node);
    here.run(&["secrets", "rotate"]).well();
    let node = here.start().await;
    let step = Authenticator::step();
    elevate(&bearer(&node, &due.token), &authenticator.code(step)).await.expect(200);
    drop(node);

    let file = KeyFile::of(&here);
    let lines = file.lines();
    let [present, former] = lines.as_slice() else { panic!("{} keys", lines.len()) };
    file.write(&[present.clone(), foreign(former)]);
    let node = here.start().await;
    elevate(&due_session(&node, "ada").await, &authenticator.code(step + 1)).await.expect(200);
}

async fn a_node_without_the_key_of_a_second_factor_does_not_start(Cheap(here): Cheap) {
    let node = here.start().await;
    let user = new_enrolled(&node, "ada", &[]).await;
    drop(node);
    here.run(&["secrets", "rotate"]).well();
    drop(here.start().await);
    let file = KeyFile::of(&here);
    let lines = file.lines();
    let [present, former] = lines.as_slice() else { panic!("{} keys", lines.len()) };
    for kept in [present, former] {
        file.write(std::slice::from_ref(kept));
        let said = here.run(&["serve"]);
        assert_ne!(said.code, Some(0));
        assert!(said.stderr.contains("secrets.key lacks the key"), "{}", said.stderr);
    }
    file.write(&lines);
    let node = here.start().await;
    let fresh = user.authenticator.code(user.step + 1);
    elevate(&due_session(&node, "ada").await, &fresh).await.expect(200);
}

/// It is the operator's fault, and told and counted as nobody else's.
async fn a_seed_that_cannot_be_opened_is_no_wrong_code(Cheap(here): Cheap) {
    let node = here.start().await;
    without_limits(&node).await;
    let user = new_enrolled(&node, "ada", &[]).await;
    new_enrolling(&node, "bob", &[]).await;
    drop(node);
    let file = KeyFile::of(&here);
    let lines = file.lines();
    file.write(&[foreign(&lines[0])]);

    let node = here.start().await;
    let fresh = user.authenticator.code(user.step + 1);
    let due = due_session(&node, "ada").await;
    // More often than a code may be wrong.
    for code in [&fresh, &user.authenticator.wrong_code()].repeat(5) {
        let answer = elevate(&due, code).await.expect(503);
        assert!(!answer.header("retry-after").is_empty());
        Refusal::read(answer, 503);
    }
    let body = json!({ "password": RIGHT, "oneTimePassword": fresh });
    api_1(&node).post("User/loginname/ada/password/verify", &body).await.problem(503);
    let asked = json!({ "UserName": "bob", "Password": RIGHT });
    Refusal::read(nobody(&node).call("GetUserTwoFactorStatus", &asked).await, 503);
    let log = node.log();
    let seen = log.lines().filter(|line| line.contains(&fresh)).count();
    assert_eq!(seen, 0, "the code is in the log");
    drop(node);

    file.write(&lines);
    let node = here.start().await;
    elevate(&due_session(&node, "ada").await, &fresh).await.expect(200);
    elevate(&due_session(&node, "ada").await, &user.recovery_codes[0]).await.expect(200);
}
