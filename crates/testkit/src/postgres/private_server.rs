use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::binaries::Binaries;
use super::watchdog::Watchdog;
use super::{HarnessError, Server};

/// The superuser of every server that the harness makes.
const USER: &str = "userstore";

/// A free port may be taken by somebody else before the server binds it.
const ATTEMPTS: u32 = 5;

/// What a server of its own is to be like.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether a COMMIT waits for the disk. False is much faster and loses data in a power failure.
    pub durable: bool,
    /// TCP connections must be encrypted; `None`: they are not.
    pub tls: Option<Tls>,
    /// Further lines of `postgresql.conf`; the last one of a name holds.
    pub settings: Vec<(String, String)>,
}

/// What the server shows of itself, in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Its certificate, and those of its issuers.
    pub certificate: String,
    /// The private key of the certificate.
    pub key: String,
}

/// A server of one's own, for tests that stop it, harm it or configure it. Removed when dropped.
#[derive(Debug)]
pub struct PrivateServer {
    home: PathBuf,
    port: u16,
    binaries: Binaries,
    account: Account,
    server: Server,
    /// Stops and removes the server; see there.
    _watchdog: Watchdog,
}

impl PrivateServer {
    /// Starts a server on a free port of 127.0.0.1; takes about a second, and blocks.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start: the sentence holds the end of its log.
    pub fn start(options: &Options) -> Result<Self, HarnessError> {
        let binaries = Binaries::find()?;
        let home = new_home()?;
        let account = Account::for_owner_of(&home)?;
        account.own(&home)?;
        let watchdog = Watchdog::over(&home, &binaries, account)?;
        let server = Server::at(&url(0))?;
        let mut this = Self { home, port: 0, binaries, account, server, _watchdog: watchdog };
        this.make_cluster(options)?;
        this.bind_free_port()?;
        Ok(this)
    }

    /// The URL of its database `postgres`, for a superuser.
    pub fn url(&self) -> String {
        self.server.url("postgres")
    }

    /// The TCP port on 127.0.0.1; the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server as a place for test databases.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Stops in order: sessions are ended, everything is written.
    ///
    /// # Errors
    /// It was not running, or does not stop.
    pub fn stop(&self) -> Result<(), HarnessError> {
        self.pg_ctl(&["stop", "--mode=fast"])
    }

    /// Stops as a crash does: nothing more is written, the next start recovers from the log.
    ///
    /// # Errors
    /// It was not running.
    pub fn stop_immediate(&self) -> Result<(), HarnessError> {
        self.pg_ctl(&["stop", "--mode=immediate"])
    }

    /// Starts again after a stop, on the same port and data, and waits until it answers.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_again(&self) -> Result<(), HarnessError> {
        let options = format!("--options=-p {}", self.port);
        self.pg_ctl(&["start", &options])
    }

    /// Stops in order and starts again.
    ///
    /// # Errors
    /// It does not stop or start.
    pub fn restart(&self) -> Result<(), HarnessError> {
        self.stop()?;
        self.start_again()
    }

    /// Kills one of the server's processes with SIGKILL, as `kill -9` or the kernel short of memory
    /// does: PostgreSQL then ends every session and recovers. `pid` is what `pg_backend_pid()` said.
    ///
    /// # Errors
    /// There is no such process.
    pub fn kill_backend(&self, pid: i32) -> Result<(), HarnessError> {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"kill -KILL "$1""#, "sh", &pid.to_string()]);
        self.run(&mut shell)
    }

    fn make_cluster(&self, options: &Options) -> Result<(), HarnessError> {
        let mut initdb = Command::new(self.binaries.program("initdb"));
        initdb
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg(format!("--username={USER}"))
            .arg("--pgdata")
            .arg(self.data());
        self.run(&mut initdb)?;
        if let Some(tls) = &options.tls {
            self.write("server.crt", &tls.certificate)?;
            self.write("server.key", &tls.key)?;
        }
        let defaults = std::fs::read_to_string(self.data().join("postgresql.conf"))
            .map_err(|error| HarnessError::because("postgresql.conf cannot be read", error))?;
        self.write("postgresql.conf", &(defaults + &configuration(options, &self.home)))?;
        self.write("pg_hba.conf", &host_based_authentication(options))
    }

    fn bind_free_port(&mut self) -> Result<(), HarnessError> {
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            self.port = free_port()?;
            outcome = self.start_again();
            if outcome.is_ok() {
                break;
            }
        }
        outcome?;
        self.server = Server::at(&url(self.port))?;
        // The harness itself goes through the socket, which TLS does not concern.
        self.server.admin = tokio_postgres::Config::new();
        self.server.admin.host_path(&self.home).port(self.port).user(USER).dbname("postgres");
        Ok(())
    }

    fn pg_ctl(&self, arguments: &[&str]) -> Result<(), HarnessError> {
        let mut pg_ctl = Command::new(self.binaries.program("pg_ctl"));
        pg_ctl
            .args(arguments)
            .args(["--wait", "--silent", "--timeout=60", "--pgdata"])
            .arg(self.data());
        if arguments.first() == Some(&"start") {
            pg_ctl.arg("--log").arg(self.log());
        }
        self.run(&mut pg_ctl)
    }

    /// Runs `command` under the account of the server.
    fn run(&self, command: &mut Command) -> Result<(), HarnessError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let output =
            self.account.run(command.current_dir(&self.home).env("LC_ALL", "C")).output().map_err(
                |error| HarnessError::because(format!("{program} cannot be started"), error),
            )?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let last_lines: Vec<_> = log.lines().rev().take(10).collect();
        let last_lines: Vec<_> = last_lines.into_iter().rev().collect();
        Err(HarnessError::because(
            format!("{program} failed ({})", output.status),
            format!("{}\n{}", said.trim(), last_lines.join("\n")),
        ))
    }

    /// Writes a file of the data directory that only the server may read.
    fn write(&self, name: &str, text: &str) -> Result<(), HarnessError> {
        let path = self.data().join(name);
        std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)))
            .map_err(|error| {
                HarnessError::because(format!("{} cannot be written", path.display()), error)
            })?;
        self.account.own(&path)
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    fn log(&self) -> PathBuf {
        self.home.join("log")
    }
}

fn url(port: u16) -> String {
    format!("postgres://{USER}@{}:{port}/postgres", Ipv4Addr::LOCALHOST)
}

/// A fresh directory; from here on the [`Watchdog`] removes it.
fn new_home() -> Result<PathBuf, HarnessError> {
    tempfile::Builder::new()
        .prefix("userstore-postgres-")
        .tempdir()
        .map(tempfile::TempDir::keep)
        .map_err(|error| HarnessError::because("no temporary directory can be made", error))
}

fn free_port() -> Result<u16, HarnessError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| HarnessError::because("there is no free port", error))
}

/// What is added to `postgresql.conf`.
fn configuration(options: &Options, home: &Path) -> String {
    let durable = if options.durable { "on" } else { "off" };
    let tls = if options.tls.is_some() { "on" } else { "off" };
    let sockets = home.display().to_string();
    let ours = [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", sockets.as_str()),
        ("max_connections", "300"),
        ("shared_buffers", "32MB"),
        ("fsync", durable),
        ("synchronous_commit", durable),
        ("full_page_writes", durable),
        // A vacuum in a template would hold up every database that is made from it.
        ("autovacuum", durable),
        ("ssl", tls),
    ];
    let theirs = options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut text = String::new();
    for (name, value) in ours.into_iter().chain(theirs) {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
    }
    text
}

/// Who may come in: everybody by the socket, and by TCP from this machine, encrypted if so asked.
fn host_based_authentication(options: &Options) -> String {
    let tcp = if options.tls.is_some() { "hostssl" } else { "host" };
    format!("local all all trust\n{tcp} all all 127.0.0.1/32 trust\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_the_caller_comes_last_and_is_quoted() {
        let options = Options {
            settings: vec![("application_name".into(), "it's".into())],
            ..Options::default()
        };
        let text = configuration(&options, Path::new("/somewhere"));
        assert!(text.ends_with("application_name = 'it''s'\n"), "{text}");
        assert!(text.contains("fsync = 'off'"), "{text}");
    }

    #[test]
    fn with_tls_nobody_comes_in_by_tcp_in_the_clear() {
        let tls = Some(Tls { certificate: String::new(), key: String::new() });
        let rules = host_based_authentication(&Options { tls, ..Options::default() });
        assert!(rules.contains("hostssl all all 127.0.0.1/32"), "{rules}");
        assert!(!rules.contains("host all"), "{rules}");
    }
}
