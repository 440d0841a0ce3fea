use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::http::{Connection, get};
use crate::process::Process;

/// How long a server may take to become ready.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is asked.
const GLANCE: Duration = Duration::from_millis(5);

/// A server in a process of its own.
pub(crate) struct Server {
    /// The process; the server ends with it.
    pub(crate) process: Process,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `command` and waits until a GET of `path` at `address` is answered 200.
    pub(crate) async fn start(
        command: &mut Command,
        address: SocketAddr,
        path: &str,
    ) -> Outcome<Self> {
        let mut process = Process::start(command)?;
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        while process.is_alive() && Instant::now() < deadline {
            last.clear();
            match look(address, path).await {
                Ok(200) => return Ok(Self { process, address }),
                Ok(status) => write!(last, "it answers {status}")?,
                Err(error) => write!(last, "{error}")?,
            }
            tokio::time::sleep(GLANCE).await;
        }
        let program = command.get_program().display();
        Err(format!("{program} does not become ready: {last}").into())
    }

    /// Ends it in order.
    pub(crate) fn stop(self) -> Outcome<()> {
        self.process.stop()
    }
}

async fn look(address: SocketAddr, path: &str) -> Outcome<u16> {
    let mut request = Vec::new();
    get(&mut request, path, "nobody");
    Ok(Connection::open(address).await?.exchange(&request).await?.status)
}

/// An address of this machine that is free now. Somebody else may take it before the server does,
/// which then ends and is told.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
