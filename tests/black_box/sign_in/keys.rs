//! Parameters that change, peppers, and keys that are lost.

use super::{Cheap, RIGHT, new_user_with_password, outcome};
use crate::harness::{ADMIN_KEY, Installation, on_both_databases};

on_both_databases![
    a_password_outlives_every_change_of_parameters_engine_and_pepper,
    a_node_without_a_registered_key_does_not_start,
    parameters_below_those_of_owasp_are_refused,
];

async fn assert_verifies(here: &Installation) {
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    for _ in 0..2 {
        assert_eq!(outcome(&api, "ada", RIGHT).await, "Succeeded");
    }
}

async fn a_password_outlives_every_change_of_parameters_engine_and_pepper(Cheap(here): Cheap) {
    {
        let node = here.start().await;
        new_user_with_password(&node.api(Some(ADMIN_KEY)), "ada").await;
    }
    let here = here.with("USERSTORE__PASSWORD__ITERATIONS", "2");
    assert_verifies(&here).await;
    let here = here.with("USERSTORE__PASSWORD__PEPPER", "true");
    assert_verifies(&here).await;
    let here = here.with("USERSTORE__PASSWORD__ENGINE", "fast");
    assert_verifies(&here).await;
    let said = here.run(&["secrets", "rotate"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_verifies(&here).await;
    let here = here.with("USERSTORE__PASSWORD__PEPPER", "false");
    assert_verifies(&here).await;
}

async fn a_node_without_a_registered_key_does_not_start(Cheap(here): Cheap) {
    drop(here.start().await);
    let file = [here.directory().to_owned(), here.directory().join("secrets")]
        .into_iter()
        .map(|directory| directory.join("secrets.key"))
        .find(|file| file.is_file())
        .expect("the file of secret keys");
    std::fs::remove_file(&file).expect("it goes");
    let said = here.run(&["serve"]);
    assert_ne!(said.code, Some(0));
    assert!(said.stderr.contains("secrets.key"), "{}", said.stderr);
    assert!(!file.exists(), "a key was made in its place");
}

async fn parameters_below_those_of_owasp_are_refused(installation: Installation) {
    for (memory, iterations) in [("19455", "2"), ("47103", "1"), ("7167", "5"), ("7168", "4")] {
        let here = [("MEMORY_KIB", memory), ("ITERATIONS", iterations)];
        let mut command = installation.command(&["serve"]);
        command.envs(here.map(|(key, value)| (format!("USERSTORE__PASSWORD__{key}"), value)));
        let output = command.output().expect("the binary starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "m={memory} t={iterations}");
        assert!(said.contains("password."), "{said}");
    }
}
