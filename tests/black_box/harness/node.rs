use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Api;

/// How long a node may take for anything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a test looks again.
const GLANCE: Duration = Duration::from_millis(5);

/// A running process of the binary; killed when dropped.
pub(crate) struct Node {
    process: Child,
    log: PathBuf,
    address: Option<SocketAddr>,
}

impl Node {
    /// Starts `command`, with its output and its errors in one file of `directory`.
    pub(crate) fn spawn(mut command: Command, directory: &Path) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let log = directory.join(format!("node-{number}.log"));
        let file = File::create_new(&log).expect("a new log");
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file);
        let process = command.spawn().expect("the binary starts");
        Self { process, log, address: None }
    }

    /// Waits until the node listens and says that it is ready.
    pub(crate) async fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.assert_alive(deadline);
            if self.address().is_some() && self.says_ready().await {
                return;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Where it listens, once the log tells.
    pub(crate) fn address(&mut self) -> Option<SocketAddr> {
        if self.address.is_none() {
            self.address = self.log().lines().find_map(listening_address);
        }
        self.address
    }

    async fn says_ready(&self) -> bool {
        let api = self.api(None);
        let answer = api.try_send(api.request(reqwest::Method::GET, "/readyz")).await;
        answer.is_ok_and(|answer| answer.status == 200)
    }

    fn assert_alive(&mut self, deadline: Instant) {
        if let Some(status) = self.process.try_wait().expect("a child") {
            panic!("the node ended ({status}): {}", self.log());
        }
        assert!(Instant::now() < deadline, "the node does not become ready: {}", self.log());
    }

    /// The API for the holder of `key`, or for nobody in particular.
    pub(crate) fn api(&self, key: Option<&str>) -> Api {
        Api::new(self.address.expect("a node that listens"), key)
    }

    /// The memory that the process holds now (`VmRSS`), in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("the status of the process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
        let kibibytes: u64 = kibibytes.expect("VmRSS").trim().parse().expect("a number");
        kibibytes * 1024
    }

    /// Everything the node has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a readable log")
    }

    /// SIGKILL: nothing more is written, nothing is closed.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("a child");
        self.process.wait().expect("a child");
    }

    /// Asks it to end: SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// SIGSTOP: it does nothing any more, and keeps all that it holds.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// SIGCONT: it goes on where it was frozen.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let kill = r#"kill -"$1" "$2""#;
        let sent = Command::new("sh").args(["-c", kill, "sh", name, &pid]).status();
        assert!(sent.expect("a shell").success(), "SIG{name} is sent");
    }

    /// Waits until the process has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().expect("a child") {
                return status;
            }
            assert!(Instant::now() < deadline, "the node does not end: {}", self.log());
            tokio::time::sleep(GLANCE).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address in a line of the log that tells where the node listens.
fn listening_address(line: &str) -> Option<SocketAddr> {
    if !line.contains("listening") {
        return None;
    }
    let event: Value = serde_json::from_str(line).ok()?;
    let address = event.get("address").or_else(|| event.pointer("/fields/address"))?;
    address.as_str()?.parse().ok()
}
