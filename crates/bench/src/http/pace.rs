use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{Connection, Requests};
use crate::Outcome;

/// What came of requests that were sent at times of their own, whatever the server did.
#[derive(Default)]
pub(crate) struct Paced {
    /// Each answer's status, and how long after its time it had come.
    pub(crate) answers: Vec<(u16, Duration)>,
    /// How long all took.
    pub(crate) elapsed: Duration,
}

impl Paced {
    /// Answers of that status per second.
    pub(crate) fn per_second(&self, status: u16) -> f64 {
        let count = self.answers.iter().filter(|(answered, _)| *answered == status).count();
        u32::try_from(count).map_or(f64::INFINITY, f64::from) / self.elapsed.as_secs_f64()
    }

    /// The time within which 99 of 100 answers of that status came, in milliseconds; not a number
    /// when there was none.
    pub(crate) fn p99(&self, status: u16) -> f64 {
        let of_status = self.answers.iter().filter(|(answered, _)| *answered == status);
        let mut times: Vec<_> = of_status.map(|(_, time)| *time).collect();
        times.sort_unstable();
        let rank = (times.len() * 99).div_ceil(100).saturating_sub(1);
        times.get(rank).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

/// Sends `per_second` requests a second, spread over `connections`, until `time` is over. A request
/// whose connection is still busy when its time comes is sent as soon as it is free, and the wait
/// counts.
pub(crate) async fn pace(
    server: SocketAddr,
    connections: u32,
    per_second: f64,
    time: Duration,
    requests: Requests,
) -> Outcome<Paced> {
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::open(server).await?);
    }
    let every = Duration::from_secs_f64(f64::from(connections) / per_second);
    let begin = Instant::now();
    let mut running = JoinSet::new();
    for (number, connection) in (0..connections).zip(opened) {
        let first = begin + every.mul_f64(f64::from(number) / f64::from(connections));
        running.spawn(send(connection, first, every, begin + time, Arc::clone(&requests)));
    }
    let mut paced = Paced::default();
    while let Some(ended) = running.join_next().await {
        paced.answers.extend(ended??);
    }
    paced.elapsed = begin.elapsed();
    Ok(paced)
}

async fn send(
    mut connection: Connection,
    first: Instant,
    every: Duration,
    end: Instant,
    requests: Requests,
) -> Outcome<Vec<(u16, Duration)>> {
    let (mut answers, mut due, mut request) = (Vec::new(), first, Vec::with_capacity(1024));
    while due < end {
        tokio::time::sleep_until(due.into()).await;
        request.clear();
        requests(&mut request);
        let status = connection.exchange(&request).await?.status;
        answers.push((status, due.elapsed()));
        // Who is late by more than a turn goes on from now: the past is not caught up with.
        due = (due + every).max(Instant::now());
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_answers_the_last_but_one_counts() {
        let answers = (1..=100).map(|n| (200, Duration::from_millis(n))).collect();
        let paced = Paced { answers, elapsed: Duration::from_secs(2) };
        assert!((paced.p99(200) - 99.0).abs() < 1e-9);
        assert!((paced.per_second(200) - 50.0).abs() < 1e-9);
        assert!(paced.p99(503).is_nan());
    }
}
