use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;

/// A keep-alive connection with one request on its way at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// So many bytes behind its beginning.
    Length(usize),
    /// Behind a chunk of no bytes.
    Chunks,
}

/// What an answer's head tells.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body begins.
    body: usize,
    end: End,
    /// The header `Link`.
    link: Option<String>,
}

/// An answer; its body lies in the buffer of the connection.
pub(crate) struct Answer<'a> {
    /// The status code.
    pub(crate) status: u16,
    /// The header `Link`.
    pub(crate) link: Option<String>,
    /// The body, whole.
    pub(crate) body: &'a [u8],
}

/// The bytes of one answer as they come, head and framing included, until the server closes the
/// connection.
pub(crate) struct Stream {
    connection: Connection,
}

impl Stream {
    /// What came next; `None` when nothing more comes.
    pub(crate) async fn next(&mut self) -> Outcome<Option<&[u8]>> {
        let Connection { stream, received } = &mut self.connection;
        received.clear();
        let count = stream.read_buf(received).await?;
        Ok((count > 0).then_some(received.as_slice()))
    }
}

impl Connection {
    /// More than any answer that is waited for: a batch of users.
    const LONGEST: usize = 64 << 20;

    /// Connects to a server.
    pub(crate) async fn open(server: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096) })
    }

    /// Sends a request, which asks for the connection to be closed, and reads its answer piece by
    /// piece.
    pub(crate) async fn stream(mut self, request: &[u8]) -> Outcome<Stream> {
        self.stream.write_all(request).await?;
        self.received.reserve(64 * 1024);
        Ok(Stream { connection: self })
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            if let Some(head) = Head::read(&self.received)? {
                break head;
            }
        };
        let end = match head.end {
            End::Length(length) => head.body + length,
            End::Chunks => head.body + self.join_chunks(head.body).await?,
        };
        while self.received.len() < end {
            self.receive().await?;
        }
        let body = self.received.get(head.body..end).ok_or("an answer without a body")?;
        Ok(Answer { status: head.status, link: head.link, body })
    }

    /// Waits for a body in chunks, puts it there without its framing, and says how long it is.
    async fn join_chunks(&mut self, begin: usize) -> Outcome<usize> {
        loop {
            let framed = self.received.get(begin..).unwrap_or_default();
            if let Some(body) = joined(framed)? {
                self.received.truncate(begin);
                self.received.extend_from_slice(&body);
                return Ok(body.len());
            }
            self.receive().await?;
        }
    }

    async fn receive(&mut self) -> Outcome<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            return Err("the server closed a connection in the middle of an answer".into());
        }
        if self.received.len() > Self::LONGEST {
            return Err("an answer is longer than 64 MiB".into());
        }
        Ok(())
    }
}

/// The body that `framed` is in chunks (RFC 9112 §7.1); `None` while it is not whole.
fn joined(mut framed: &[u8]) -> Outcome<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let Some(end) = framed.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
        let (size, rest) = framed.split_at(end);
        let size = usize::from_str_radix(std::str::from_utf8(size)?.trim(), 16)?;
        let rest = rest.get(2..).unwrap_or_default();
        let (Some(chunk), Some(next)) = (rest.get(..size), rest.get(size + 2..)) else {
            return Ok(None);
        };
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        framed = next;
    }
}

impl Head {
    /// `None` while the head is not whole.
    fn read(received: &[u8]) -> Outcome<Option<Self>> {
        let Some(end_of_head) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = received.get(..end_of_head).unwrap_or_default();
        let head = std::str::from_utf8(head)?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.ok_or("an answer without a status")?.parse()?;
        let headers: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
        let header = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.trim())
        };
        let end = match (header("content-length"), header("transfer-encoding")) {
            (Some(length), _) => End::Length(length.parse()?),
            (None, Some("chunked")) => End::Chunks,
            (None, _) if status == 204 => End::Length(0),
            (None, _) => {
                return Err(format!("an answer of status {status} without its length").into());
            }
        };
        let link = header("link").map(str::to_owned);
        Ok(Some(Self { status, body: end_of_head + 4, end, link }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_length_are_read_ignoring_case() {
        let answer = b"HTTP/1.1 201 Created\r\nETag: \"1\"\r\nConTent-length: 5\r\n\r\nhel";
        let head = Head::read(answer).unwrap().expect("a whole head");
        assert_eq!((head.status, head.end), (201, End::Length(5)));
        assert_eq!(answer.get(head.body..), Some(b"hel".as_slice()));
    }

    #[test]
    fn half_a_head_is_waited_for() {
        assert_eq!(Head::read(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n").unwrap(), None);
    }

    #[test]
    fn an_answer_without_its_length_is_refused() {
        assert!(Head::read(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        let nothing = Head::read(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().expect("whole");
        assert_eq!(nothing.end, End::Length(0));
    }

    #[test]
    fn chunks_are_joined_when_the_last_has_come() {
        let whole = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(joined(whole).unwrap().as_deref(), Some(b"abcde".as_slice()));
        for end in 0..whole.len() {
            assert_eq!(joined(&whole[..end]).unwrap(), None, "{end}");
        }
        assert!(joined(b"x\r\n").is_err());
    }
}
