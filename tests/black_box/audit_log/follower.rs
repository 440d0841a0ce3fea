use serde_json::Value;

use crate::harness::Api;

/// Follows the feed of a store, and keeps what it was told.
#[derive(Default)]
pub(super) struct Follower {
    events: Vec<Value>,
}

impl Follower {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Asks for what comes next, and waits for it up to so many seconds; how many events came. They
    /// follow one another without a gap, and say what an event says and no more.
    pub(super) async fn read(&mut self, api: &Api, wait: u32) -> usize {
        let after = self.events.len().checked_sub(1).map(|last| format!("&after={last}"));
        let rest = format!("Event?wait={wait}{}", after.unwrap_or_default());
        let told = api.list(&rest).await;
        for event in &told {
            assert_eq!(event["leafIndex"].as_u64(), Some(self.events.len() as u64), "{event}");
            let mut members: Vec<_> = event.as_object().expect("an object").keys().collect();
            members.sort();
            assert_eq!(members, ["action", "area", "leafIndex", "primaryKey", "timestamp"]);
            self.events.push(event.clone());
        }
        told.len()
    }

    pub(super) fn events(&self) -> &[Value] {
        &self.events
    }

    /// What happened to records of that kind, each as its key, in order.
    pub(super) fn keys(&self, area: &str, action: &str) -> Vec<String> {
        let told = self.events.iter().filter(|it| it["area"] == area && it["action"] == action);
        told.map(|event| event["primaryKey"].as_str().expect("a key").to_owned()).collect()
    }
}
