use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;

use super::eventually;

/// What somebody outside received; one item is a request, a datagram, or all of a connection.
#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<String>>>);

impl Received {
    fn add(&self, bytes: &[u8]) {
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        self.0.lock().expect("unpoisoned").push(text);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().expect("unpoisoned").clone()
    }
}

/// A web server that takes requests; it ends when dropped.
pub(super) struct Web {
    port: u16,
    received: Received,
    serving: JoinHandle<()>,
}

impl Web {
    /// Answers the first requests with these heads, one after the other, and all further ones with
    /// 204.
    pub(super) async fn start(answers: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (received, mut answers) = (Received::default(), answers.to_vec());
        answers.reverse();
        let seen = received.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let Some(request) = request(&mut stream).await else { continue };
                seen.add(&request);
                let head = answers.pop().unwrap_or_else(|| "HTTP/1.1 204 No Content".into());
                let answer = format!("{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                // Whoever asks may be gone.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, received, serving }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/checkpoints", self.port)
    }

    /// The requests so far, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.received.all()
    }

    /// Waits for a request with that body, and gives its head.
    pub(super) async fn head_of(&self, body: &str) -> String {
        eventually("the web server is told", async || {
            let requests = self.requests().into_iter();
            let mut split = requests.filter_map(|all| {
                all.split_once("\r\n\r\n").map(|(head, body)| (head.to_owned(), body.to_owned()))
            });
            split.find(|(_, found)| found == body).map(|(head, _)| head)
        })
        .await
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// One request, as many bytes as its head says.
async fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = vec![];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lines = head.lines().map(str::to_ascii_lowercase);
            let mut length = lines.filter_map(|line| {
                line.strip_prefix("content-length:").map(|length| length.trim().to_owned())
            });
            let length: usize = length.next().map_or(0, |length| length.parse().expect("a number"));
            if body.len() >= length {
                return Some(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A syslog server on UDP.
pub(super) struct Syslog {
    socket: UdpSocket,
}

impl Syslog {
    pub(super) async fn start() -> Self {
        Self { socket: UdpSocket::bind("127.0.0.1:0").await.expect("a port") }
    }

    pub(super) fn url(&self) -> String {
        format!("udp://{}", self.socket.local_addr().expect("an address"))
    }

    /// The next message.
    pub(super) async fn next(&self) -> String {
        let mut bytes = vec![0; 65_536];
        let receiving = self.socket.recv(&mut bytes);
        let received = tokio::time::timeout(super::PATIENCE, receiving).await;
        let length = received.expect("a message in time").expect("a message");
        bytes.truncate(length);
        String::from_utf8(bytes).expect("UTF-8")
    }
}

/// A syslog server on TCP, where each message says first how long it is (RFC 6587 §3.4.1).
pub(super) struct TcpSyslog {
    listener: TcpListener,
}

impl TcpSyslog {
    pub(super) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.expect("a port") }
    }

    pub(super) fn url(&self) -> String {
        format!("tcp://{}", self.listener.local_addr().expect("an address"))
    }

    /// The first message of the next connection.
    pub(super) async fn next(&self) -> String {
        let receiving = async {
            let (mut stream, _) = self.listener.accept().await.expect("a connection");
            let mut length = String::new();
            loop {
                match stream.read_u8().await.expect("a length") {
                    b' ' => break,
                    digit => length.push(char::from(digit)),
                }
            }
            let mut bytes = vec![0; length.parse().expect("a number")];
            stream.read_exact(&mut bytes).await.expect("a message");
            String::from_utf8(bytes).expect("UTF-8")
        };
        tokio::time::timeout(super::PATIENCE, receiving).await.expect("a message in time")
    }
}
