use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::Connection;
use crate::Outcome;

/// Puts the bytes of the next request into an empty buffer, whichever connection asks.
pub(crate) type Requests = Arc<dyn Fn(&mut Vec<u8>) + Send + Sync>;

/// What a server was made to do.
pub(crate) struct Load {
    /// Requests that were answered as expected.
    pub(crate) answers: u32,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

impl Load {
    /// Answers per second of the clock on the wall.
    pub(crate) fn per_second(&self) -> f64 {
        f64::from(self.answers) / self.elapsed.as_secs_f64()
    }
}

/// Lets `clients` connections send one request after the other until `time` is over.
///
/// Fails at the first answer of another status than `expected`: a server that refuses fast is not
/// a fast server.
pub(crate) async fn drive(
    server: SocketAddr,
    clients: usize,
    time: Duration,
    expected: u16,
    requests: Requests,
) -> Outcome<Load> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Connection::open(server).await?);
    }
    let begin = Instant::now();
    let mut running = JoinSet::new();
    for connection in connections {
        running.spawn(send_until(connection, begin + time, expected, Arc::clone(&requests)));
    }
    let mut answers = 0;
    while let Some(ended) = running.join_next().await {
        answers += ended??;
    }
    Ok(Load { answers, elapsed: begin.elapsed() })
}

async fn send_until(
    mut connection: Connection,
    end: Instant,
    expected: u16,
    requests: Requests,
) -> Outcome<u32> {
    let mut request = Vec::with_capacity(1024);
    let mut answers = 0;
    while Instant::now() < end {
        request.clear();
        requests(&mut request);
        let answer = connection.exchange(&request).await?;
        if answer.status != expected {
            let body = String::from_utf8_lossy(answer.body);
            return Err(format!("{} where {expected} was due: {body}", answer.status).into());
        }
        answers += 1;
    }
    Ok(answers)
}
