use std::time::Duration;

use actix_web::rt;
use domain::delivery::{Courier, Failed};
use domain::error::UseCaseError;
use domain::unit_of_work::StoreError;
use futures_util::future::join_all;
use tokio::time::Instant;
use tracing::{error, warn};

use super::repeat::{Found, Loop, Task};

const TASK: Task = Task { name: "delivery of mail", pause: Duration::from_secs(1) };
/// How often dead letters are looked at.
const HOUR: Duration = Duration::from_secs(3_600);
/// Letters that are on their way at once.
const WORKERS: u32 = 4;
/// Letters of each before it is asked whether to stop.
const LETTERS: u32 = 4;

/// Begins to deliver mail. Every node may: a letter is one worker's at a time.
pub(super) fn start(courier: Courier) -> Loop {
    let mut looked = Instant::now();
    Loop::start(TASK, async move || {
        if looked.elapsed() >= HOUR {
            looked = Instant::now();
            courier.forget_dead().await?;
        }
        // One looks whether there is anything; then several do it at once, since each letter may
        // wait long for the mail server.
        if deliver(courier.clone(), 1).await? == Found::Nothing {
            return Ok(Found::Nothing);
        }
        let several = (0..WORKERS).map(|_| deliver(courier.clone(), LETTERS));
        for outcome in join_all(several).await {
            outcome?;
        }
        Ok(Found::Work)
    })
}

/// One worker's round.
async fn deliver(courier: Courier, letters: u32) -> Result<Found, UseCaseError> {
    // In a task of its own: a panic does not cut the other workers short.
    let round = rt::spawn(async move { courier.round(letters).await }).await;
    let round = round.unwrap_or_else(|panic| Err(StoreError::Other(panic.to_string()).into()))?;
    for Failed { id, why } in &round.postponed {
        warn!(delivery = %id, why, "mail is not taken now and is tried again later");
    }
    for Failed { id, why } in &round.buried {
        error!(delivery = %id, why, "mail is given up");
    }
    Ok(if round.is_idle() { Found::Nothing } else { Found::Work })
}
