//! More sign-ins than can be hashed: some are refused at once, and nothing else waits.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use serde_json::json;

use super::{RIGHT, new_user_with_password};
use crate::harness::{ADMIN_KEY, Installation, on_both_databases};

on_both_databases![
    what_cannot_be_hashed_is_refused_at_once_and_health_is_told_meanwhile,
    the_source_limit_slows_down_whoever_has_no_credential,
    a_password_of_megabytes_is_refused_before_anything_is_hashed,
];

async fn what_cannot_be_hashed_is_refused_at_once_and_health_is_told_meanwhile(
    installation: Installation,
) {
    let here = installation
        .with("USERSTORE__PASSWORD__THREADS", "1")
        .with("USERSTORE__PASSWORD__QUEUE", "4");
    let node = here.start().await;
    let api = node.api(Some(ADMIN_KEY));
    for n in 0..4 {
        new_user_with_password(&api, &format!("user{n}")).await;
    }
    let tries = (0..120).map(|n| {
        let (api, name) = (&api, format!("user{}", n % 4));
        async move { api.verify(&name, RIGHT).await }
    });
    let health = async {
        for _ in 0..20 {
            node.api(None).get("/healthz").await.expect(200);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (answers, ()) = join(join_all(tries), health).await;
    let overloaded: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!overloaded.is_empty(), "nobody was refused");
    for answer in overloaded {
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert!(answers.iter().any(|answer| answer.status == 200), "nobody was served");
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.iter().all(|status| [200, 429, 503].contains(status)), "{statuses:?}");
    for n in 0..4 {
        let user = api.list(&format!("User?filter=loginName%20eq%20%22user{n}%22")).await;
        assert_eq!(user[0]["failedUserLoginAttempts"], 0, "overload counts nothing");
    }
}

async fn the_source_limit_slows_down_whoever_has_no_credential(installation: Installation) {
    let here = installation
        .with_cheap_hashes()
        .with("USERSTORE__SERVER__SOURCE_LIMIT__ENABLED", "true")
        .with("USERSTORE__SERVER__SOURCE_LIMIT__PER_SECOND", "1")
        .with("USERSTORE__SERVER__SOURCE_LIMIT__BURST", "3");
    let node = here.start().await;
    let mut statuses = Vec::new();
    for n in 0..6 {
        // Whoever is no trusted proxy speaks for itself alone.
        let spoofed = node.api(None).with("x-forwarded-for", &format!("192.0.2.{n}"));
        let answer = spoofed.public(&format!("user{n}"), "reset/request", None).await;
        if answer.status == 429 {
            assert!(answer.header("retry-after").parse::<u32>().is_ok());
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..3], [202, 202, 202]);
    assert!(statuses[3..].contains(&429), "{statuses:?}");

    let trusting = here.with("USERSTORE__SERVER__TRUSTED_PROXIES", "127.0.0.0/8");
    drop(node);
    let node = trusting.start().await;
    for n in 0..6 {
        let proxied = node.api(None).with("x-forwarded-for", &format!("192.0.2.{n}"));
        proxied.public("ada", "reset/request", None).await.expect(202);
    }
}

async fn a_password_of_megabytes_is_refused_before_anything_is_hashed(installation: Installation) {
    let node = installation.start().await;
    let (api, anonymous) = (node.api(Some(ADMIN_KEY)), node.api(None));
    new_user_with_password(&api, "ada").await;
    let huge = "x".repeat(10 * 1024 * 1024);
    let began = Instant::now();
    assert_eq!(api.verify("ada", &huge).await.status, 413);
    let change = json!({ "oldPassword": huge, "newPassword": RIGHT });
    assert_eq!(anonymous.public("ada", "change", Some(&change)).await.status, 413);
    assert!(began.elapsed() < Duration::from_secs(30));
    let long = json!({ "oldPassword": "x".repeat(1_025), "newPassword": "" });
    let broken = anonymous.public("ada", "change", Some(&long)).await.broken_properties();
    assert_eq!(broken, ["newPassword", "oldPassword"]);
}
