//! `test-postgres <command…>`: starts a throw-away PostgreSQL, runs the command with its address in
//! `USERSTORE_TEST_POSTGRES_URL`, removes the server, and exits with the command's status.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitCode, ExitStatus};

use testkit::postgres::{HarnessError, Options, PrivateServer, URL_VARIABLE};
use tokio::signal::unix::{Signal, SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(std::env::args_os().skip(1).collect()).await {
        Ok(status) => exit_code(status),
        Err(error) => {
            // Nobody is left to tell when even the standard error is closed.
            let _ = writeln!(std::io::stderr(), "test-postgres: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Vec<OsString>) -> Result<ExitStatus, HarnessError> {
    let Some((program, arguments)) = arguments.split_first() else {
        return Err(HarnessError::new("name the command to run: test-postgres <command…>"));
    };
    // The handlers come first: a signal during the start must not kill this process either.
    let (mut interrupt, mut terminate) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let server = PrivateServer::start(&Options::default())?;
    let child = Command::new(program)
        .args(arguments)
        .env(URL_VARIABLE, server.url())
        .spawn()
        .map_err(|error| HarnessError::because(program.display(), error))?;
    end_of(child, &mut interrupt, &mut terminate).await
}

fn listen(kind: SignalKind) -> Result<Signal, HarnessError> {
    signal(kind).map_err(|error| HarnessError::because("signals cannot be received", error))
}

/// Waits until the child ends. SIGTERM is passed on; SIGINT reaches it anyway, being sent by the
/// terminal to both.
async fn end_of(
    mut child: Child,
    interrupt: &mut Signal,
    terminate: &mut Signal,
) -> Result<ExitStatus, HarnessError> {
    let pid = child.id().to_string();
    let (told, mut ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || told.send(child.wait()));
    loop {
        tokio::select! {
            ended = &mut ended => {
                let status = ended.map_err(|error| unwatched(&error))?;
                return status.map_err(|error| unwatched(&error));
            }
            _ = interrupt.recv() => {}
            _ = terminate.recv() => pass_on_termination(&pid),
        }
    }
}

fn unwatched(error: &dyn Display) -> HarnessError {
    HarnessError::because("the end of the command cannot be seen", error)
}

fn pass_on_termination(pid: &str) {
    // It may have ended by itself in this moment.
    let _ = Command::new("sh").args(["-c", r#"kill -TERM "$1""#, "sh", pid]).status();
}

/// The status of the command; 128 + n when signal n killed it, as a shell says it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
