use std::fmt::{self, Write as _};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use async_trait::async_trait;
use domain::audit::log::StoredCheckpoint;
use domain::audit::{Publisher, Unpublished};
use domain::id::StoreId;
use rustix::system::uname;
use serde_json::json;
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket, UnixDatagram, lookup_host};

use super::patience::{PATIENCE, within};

/// Where log messages are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogTarget(Way);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Udp(Place),
    Tcp(Place),
    Unix(PathBuf),
}

/// A host, by name or address, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
}

/// The text names nothing that log messages are taken by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be udp://host:port, tcp://host:port or unix:///path of a socket")]
pub struct SyslogTargetError;

impl SyslogTarget {
    /// The longest path that a socket can have on Linux.
    const MOST_PATH_BYTES: usize = 107;

    /// Reads `audit.publish.syslog`: `udp://host:port`, `tcp://host:port` or `unix:///path`. An
    /// address of version 6 stands in brackets.
    ///
    /// # Errors
    /// [`SyslogTargetError`].
    pub fn parse(text: &str) -> Result<Self, SyslogTargetError> {
        let (scheme, rest) = text.split_once("://").ok_or(SyslogTargetError)?;
        let way = match scheme {
            "udp" => Place::parse(rest).map(Way::Udp),
            "tcp" => Place::parse(rest).map(Way::Tcp),
            "unix" => Self::is_path(rest).then(|| Way::Unix(rest.into())),
            _ => None,
        };
        way.map(Self).ok_or(SyslogTargetError)
    }

    fn is_path(text: &str) -> bool {
        text.starts_with('/')
            && !text.ends_with('/')
            && text.len() <= Self::MOST_PATH_BYTES
            && !text.contains('\0')
    }
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').filter(|host| host.parse::<Ipv6Addr>().is_ok())?,
            None => Some(host).filter(|host| is_host_name(host))?,
        };
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| is_port && *port > 0)?;
        Some(Self { host: host.to_owned(), port })
    }

    fn get(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

/// A name or an address of version 4.
fn is_host_name(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=253).contains(&text.len()) && text.bytes().all(is_of_name)
}

impl fmt::Display for SyslogTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Way::Udp(place) => write!(f, "udp://{place}"),
            Way::Tcp(place) => write!(f, "tcp://{place}"),
            Way::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Hands checkpoints to a log server as messages of RFC 5424.
///
/// The message is one line of ASCII, written here: `syslog` 7 has a number where RFC 5424 has the
/// name of the kind of message, puts no length before messages by TCP, waits without end on its
/// thread, and reads the clock itself.
#[derive(Clone, Debug)]
pub struct CheckpointSyslog {
    target: SyslogTarget,
    /// The name of this machine.
    host: String,
    patience: Duration,
}

/// Facility 13, `log audit`; severity 5, `notice`.
const PRIORITY: u8 = 13 * 8 + 5;

impl CheckpointSyslog {
    /// Hands checkpoints to `target`.
    pub fn new(target: SyslogTarget) -> Self {
        Self { target, host: host_name(), patience: PATIENCE }
    }

    /// Gives up after `patience` instead of ten seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The message (RFC 5424 §6). Its time is that of the checkpoint.
    fn message(&self, checkpoint: &StoredCheckpoint) -> String {
        let (at, host, process) = (checkpoint.sealed_at, &self.host, process::id());
        let text = in_ascii(&json!({ "checkpoint": checkpoint.note }).to_string());
        format!("<{PRIORITY}>1 {at} {host} userstore {process} checkpoint - {text}")
    }

    async fn hand_over(&self, message: &str) -> Result<(), Unpublished> {
        let handed_over = match &self.target.0 {
            Way::Udp(place) => by_udp(place, message).await,
            Way::Tcp(place) => by_tcp(place, message).await,
            Way::Unix(path) => {
                let socket = UnixDatagram::unbound();
                async { socket?.send_to(message.as_bytes(), path).await.map(drop) }.await
            }
        };
        handed_over
            .map_err(|error| Unpublished(format!("{} cannot be reached: {error}", self.whom())))
    }

    fn whom(&self) -> String {
        format!("the log server at {}", self.target)
    }
}

#[async_trait]
impl Publisher for CheckpointSyslog {
    fn name(&self) -> &'static str {
        "syslog"
    }

    async fn publish(
        &self,
        _store: StoreId,
        checkpoint: &StoredCheckpoint,
    ) -> Result<(), Unpublished> {
        let message = self.message(checkpoint);
        within(self.patience, &self.whom(), self.hand_over(&message)).await
    }
}

/// One datagram (RFC 5426), to the first of the host's addresses that takes one. Nobody says whether
/// it arrives; on this machine the system tells at once where nobody listens.
async fn by_udp(place: &Place, message: &str) -> io::Result<()> {
    let mut failed = ErrorKind::NotFound.into();
    for address in lookup_host(place.get()).await? {
        match one_datagram(address, message).await {
            Ok(()) => return Ok(()),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn one_datagram(to: SocketAddr, message: &str) -> io::Result<()> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    socket.send(message.as_bytes()).await?;
    socket.take_error()?.map_or(Ok(()), Err)
}

/// One message with its length before it (RFC 6587 §3.4.1), on a connection of its own.
///
/// The protocol has no answer. But a server that has read to the end closes its side too: this waits
/// for that, so that one that hangs is not taken for one that has the message.
async fn by_tcp(place: &Place, message: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(place.get()).await?;
    stream.write_all(format!("{} {message}", message.len()).as_bytes()).await?;
    stream.shutdown().await?;
    let mut said = [0; 64];
    while stream.read(&mut said).await? > 0 {}
    Ok(())
}

/// JSON without a character beyond ASCII: relays may take those for what they like.
fn in_ascii(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a String does not fail.
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    ascii
}

/// The name of this machine; `-`, which says that it is not known, where it is no name of RFC 5424.
fn host_name() -> String {
    let name = uname().nodename().to_string_lossy().into_owned();
    let is_name = (1..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
    if is_name { name } else { "-".into() }
}
