//! A mail server that does as a test tells it, for what no real one can be made to do.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does next.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Says a line.
    Say(&'static str),
    /// Says nothing any more, and keeps the connection.
    Hang,
    /// Closes the connection.
    HangUp,
    /// Goes on listening.
    Wait,
}

/// What the server hears, for which it has an [`Act`].
#[derive(Clone, Copy)]
pub(crate) enum Heard<'a> {
    /// Somebody connected.
    Connection,
    /// A command, by its first word.
    Command(&'a str),
    /// A line of a message.
    Line,
    /// The end of a message.
    End,
}

/// How a server behaves.
pub(crate) type Manners = fn(Heard<'_>) -> Act;

/// A server that takes everything, but where the test says otherwise.
pub(crate) fn obliging(heard: Heard<'_>) -> Act {
    match heard {
        Heard::Connection => Act::Say("220 fake ESMTP"),
        Heard::Command("DATA") => Act::Say("354 go on"),
        Heard::Command("QUIT") => Act::Say("221 bye"),
        Heard::Command(_) | Heard::End => Act::Say("250 2.0.0 fine"),
        Heard::Line => Act::Wait,
    }
}

pub(crate) struct FakeServer {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl FakeServer {
    pub(crate) async fn start(acts: Manners) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::default();
        let task = tokio::spawn(serve(listener, acts, Arc::clone(&heard)));
        Self { port, heard, task }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The commands that came, each by its first word; a line of a message is none.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, acts: Manners, heard: Arc<Mutex<Vec<String>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that goes away is no failure of the server.
        let _ = converse(stream, acts, &heard).await;
    }
}

async fn converse(
    stream: TcpStream,
    acts: Manners,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut act = acts(Heard::Connection);
    let mut in_message = false;
    loop {
        match act {
            Act::Say(line) => stream.write_all(format!("{line}\r\n").as_bytes()).await?,
            Act::Hang => std::future::pending().await,
            Act::HangUp => return Ok(()),
            Act::Wait => {}
        }
        in_message |= matches!(act, Act::Say(line) if line.starts_with("354"));
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        act = match (in_message, word) {
            (true, ".") => acts(Heard::End),
            (true, _) => acts(Heard::Line),
            (false, word) => {
                heard.lock().unwrap().push(word.to_owned());
                acts(Heard::Command(word))
            }
        };
        in_message &= word != ".";
    }
}
