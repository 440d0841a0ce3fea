//! The server: from the first request to the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::HttpServer;
use actix_web::dev::{Server, ServerHandle};
use actix_web::rt;
use adapters_diesel::Database;
use api_actix::{Api, Limits, NotReady, Parts, Readiness};
use tracing::{info, warn};

use crate::background::Background;
use crate::configuration::{self, Configuration};
use crate::failure::Failure;
use crate::shutdown::Signals;
use crate::wire::{self, Node};

/// How long a client may take to send the head of a request.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the database may take to answer whether it is there.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Serves until a signal ends it.
pub(crate) async fn run(configuration: &Configuration, database: &Database) -> Result<(), Failure> {
    let mut signals = Signals::listen().map_err(Failure::io("signals cannot be received"))?;
    let served = serve(configuration, database, &mut signals).await;
    close(database.clone(), &mut signals, configuration.server.shutdown_deadline).await;
    served
}

async fn serve(
    configuration: &Configuration,
    database: &Database,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let opened = tokio::select! {
        node = Node::open(configuration, database) => Some(node?),
        _ = signals.next() => None,
    };
    let Some(node) = opened else { return Ok(()) };
    // No signal cuts this short: a key that was made must be shown.
    node.found(configuration).await?;
    warn_of_missing_store(&node, configuration).await?;
    let draining = Arc::new(AtomicBool::new(false));
    let readiness = readiness(database.clone(), Arc::clone(&draining));
    let api = api(&node, readiness, configuration)?;
    let waiting = api.clone();
    let server = bind(api, &configuration.server)?;
    let background = Background::start(&node, configuration);
    let drain = move || {
        draining.store(true, Ordering::Relaxed);
        waiting.end_waiting();
    };
    until_drained(server, background, signals, drain, configuration).await
}

/// The store may be made later, so it is no reason not to start.
async fn warn_of_missing_store(node: &Node, configuration: &Configuration) -> Result<(), Failure> {
    let store = &configuration.users_api.store;
    if !node.has_store(store).await? {
        warn!(%store, "users_api.store names no store: the users API answers 404 until there is one");
    }
    Ok(())
}

fn api(node: &Node, readiness: Readiness, configuration: &Configuration) -> Result<Api, Failure> {
    let passwords = &configuration.passwords;
    if passwords.test_profile {
        warn!(
            "password.test_profile is on: passwords may be hashed too cheaply to protect anybody"
        );
    }
    let parts = Parts {
        ports: node.ports.clone(),
        hasher: node.hasher(passwords)?,
        blocklist: wire::blocklist(passwords)?,
        issuers: configuration.issuers.clone(),
        users: configuration.users_api.clone(),
        readiness,
    };
    Ok(Api::new(parts, limits(&configuration.limits), configuration.server.sources.clone()))
}

/// Closes the database, which waits for the statements under way: no longer than `deadline`, and not
/// after a further signal. What is not committed by then is as if it had never begun.
async fn close(database: Database, signals: &mut Signals, deadline: Duration) {
    let (closed, all_closed) = tokio::sync::oneshot::channel();
    thread::spawn(move || {
        database.close();
        let _ = closed.send(());
    });
    tokio::select! {
        _ = all_closed => info!("the database is closed"),
        () = rt::time::sleep(deadline) => warn!("the database did not end its work in time"),
        signal = signals.next() => warn!(signal, "the database is left as it is"),
    }
}

fn bind(api: Api, settings: &configuration::Server) -> Result<Server, Failure> {
    let mut server = HttpServer::new(move || api_actix::app(&api))
        .disable_signals()
        .client_request_timeout(REQUEST_HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        // Who has closed the connection waits for nothing any more.
        .h1_allow_half_closed(false)
        .shutdown_timeout(settings.shutdown_deadline.as_secs());
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    let what = format!("the address {} cannot be listened on", settings.bind);
    let server = server.bind(settings.bind).map_err(Failure::io(what))?;
    for address in server.addrs() {
        info!(%address, "listening");
    }
    Ok(server.run())
}

/// Runs the server until a signal comes, every request in flight is answered and what goes on beside
/// them has ended.
async fn until_drained(
    server: Server,
    background: Background,
    signals: &mut Signals,
    begin_to_drain: impl FnOnce(),
    configuration: &Configuration,
) -> Result<(), Failure> {
    let handle = server.handle();
    let mut running = rt::spawn(server);
    let signal = tokio::select! {
        ended = &mut running => {
            let ended = ended.unwrap_or_else(|panic| Err(panic.into()));
            return ended.map_err(Failure::io("the server failed"));
        }
        signal = signals.next() => signal,
    };
    info!(signal, "draining");
    begin_to_drain();
    let settings = &configuration.server;
    let ended = background.end(drain(&handle, settings), settings.shutdown_deadline);
    tokio::select! {
        () = ended => Ok(()),
        signal = signals.next() => {
            warn!(signal, "requests in flight are cut off");
            Err(Failure::Forced)
        }
    }
}

/// Goes on accepting for the delay, then lets what is in flight end, up to the deadline.
async fn drain(handle: &ServerHandle, settings: &configuration::Server) {
    rt::time::sleep(settings.shutdown_delay).await;
    let began = Instant::now();
    handle.stop(true).await;
    if began.elapsed() < settings.shutdown_deadline {
        info!("every request is answered");
    } else {
        warn!("the deadline has passed: what was in flight is cut off");
    }
}

fn readiness(database: Database, draining: Arc<AtomicBool>) -> Readiness {
    Arc::new(move || {
        let (database, draining) = (database.clone(), draining.load(Ordering::Relaxed));
        Box::pin(async move {
            if draining {
                return Err(NotReady::Draining);
            }
            match rt::time::timeout(PING_TIMEOUT, database.ping()).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(NotReady::Database(error.to_string())),
                Err(_) => Err(NotReady::Database("no answer in time".into())),
            }
        })
    })
}

fn limits(settings: &configuration::Limits) -> Limits {
    Limits {
        body_bytes: settings.body_bytes,
        batch_bytes: settings.batch_bytes,
        batch_items: settings.batch_items,
        page_items: settings.page_items,
        ..Limits::default()
    }
}
