use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;

/// A keep-alive connection with one request on its way at a time.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What an answer's head tells.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body begins.
    body: usize,
    /// Where it ends.
    end: usize,
}

/// An answer; its body lies in the buffer of the connection.
pub(crate) struct Answer<'a> {
    /// The status code.
    pub(crate) status: u16,
    /// The body, whole.
    pub(crate) body: &'a [u8],
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

    /// Sends a request and waits for its answer, which must have a `Content-Length`.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Outcome<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            self.receive().await?;
            if let Some(head) = Head::read(&self.received)? {
                break head;
            }
        };
        while self.received.len() < head.end {
            self.receive().await?;
        }
        let body = self.received.get(head.body..head.end).ok_or("an answer without a body")?;
        Ok(Answer { status: head.status, body })
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
        let length = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let status = status.ok_or("an answer without a status")?.parse()?;
        let length: usize = match length {
            Some((_, value)) => value.trim().parse()?,
            None if status == 204 => 0,
            None => return Err(format!("an answer of status {status} without its length").into()),
        };
        let body = end_of_head + 4;
        Ok(Some(Self { status, body, end: body + length }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_length_are_read_ignoring_case() {
        let answer = b"HTTP/1.1 201 Created\r\nETag: \"1\"\r\nConTent-length: 5\r\n\r\nhel";
        let head = Head::read(answer).unwrap().expect("a whole head");
        assert_eq!((head.status, head.end - head.body), (201, 5));
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
        assert_eq!(nothing.body, nothing.end);
    }
}
