use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::harness::Api;

/// How many write at once.
pub(super) const WRITERS: usize = 8;

/// Eight who create users, and tell the id of each that was acknowledged.
pub(super) struct Writers {
    tasks: JoinSet<()>,
    told: UnboundedReceiver<String>,
    stop: Arc<AtomicBool>,
}

impl Writers {
    /// Begins to write, by turns through these APIs. Each goes on until it is stopped, or until its
    /// connection breaks.
    pub(super) fn start(apis: &[Api], prefix: &str) -> Self {
        let (tell, told) = unbounded_channel();
        let (mut tasks, stop) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        for writer in 0..WRITERS {
            let (api, prefix) = (apis[writer % apis.len()].clone(), format!("{prefix}-{writer}"));
            tasks.spawn(write(api, prefix, tell.clone(), stop.clone()));
        }
        Self { tasks, told, stop }
    }

    /// The next ids that are acknowledged, as soon as there are so many, or nobody writes any more.
    pub(super) async fn next(&mut self, many: usize) -> Vec<String> {
        let mut ids = vec![];
        while ids.len() < many {
            let Some(id) = self.told.recv().await else { break };
            ids.push(id);
        }
        ids
    }

    /// Lets each finish what it is at, and gives the ids that were not asked for yet.
    pub(super) async fn stop(mut self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        let ids = self.next(usize::MAX).await;
        self.tasks.join_all().await;
        ids
    }
}

/// Creates users with a profile, and now and then ten at once.
async fn write(api: Api, prefix: String, tell: UnboundedSender<String>, stop: Arc<AtomicBool>) {
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let (path, body) = if n % 7 == 3 {
            ("User/batch", (0..10).map(|of| user(&format!("{prefix}-{n}-{of}"))).collect())
        } else {
            ("User", user(&format!("{prefix}-{n}")))
        };
        let Some(ids) = create(&api, path, &body).await else { return };
        for id in ids {
            if tell.send(id).is_err() {
                return;
            }
        }
    }
}

fn user(name: &str) -> Value {
    json!({ "loginName": name, "userProfiles": [{ "key": "k", "value": "v" }] })
}

/// The ids of what was created; `None` when the connection broke, so that nobody knows.
async fn create(api: &Api, path: &str, body: &Value) -> Option<Vec<String>> {
    let request = api.request(reqwest::Method::POST, &api.path(path)).json(body);
    let answer = api.try_send(request).await.ok()?;
    let status = answer.status;
    assert!(status == 200 || status == 201, "{status}: {}", answer.text());
    let made = answer.json(status);
    let made = made.as_array().cloned().unwrap_or_else(|| vec![made]);
    Some(made.iter().map(|user| crate::harness::id_of(user).to_owned()).collect())
}
