use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Outcome;
use crate::server::{Server, free_address};
use crate::talk::say;

/// The key of the first start, a `SystemAdmin`.
pub(crate) const KEY: &str = "bench-key-0123456789abcdef0123456789abcdef";
/// The path of users in the store that the first start makes.
pub(crate) const USERS: &str = "/api/userstore/v1/default/administration/User";

/// The path of groups there.
pub(crate) const GROUPS: &str = "/api/userstore/v1/default/administration/Group";
/// The path of stores.
pub(crate) const STORES: &str = "/api/userstore/v1";

/// Name of the database file.
const DATABASE: &str = "userstore.db";

/// The server's binary: what `USERSTORE_BIN` names, else what cargo builds now, optimised.
pub(crate) fn binary() -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("USERSTORE_BIN") {
        return Ok(named.into());
    }
    say(format_args!("building the server"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built =
        Command::new(cargo).args(["build", "--release", "--locked", "-p", "userstore"]).status()?;
    if !built.success() {
        return Err("the server does not build".into());
    }
    Ok(target_directory()?.join("release/userstore"))
}

/// Where cargo built this program, two directories up.
fn target_directory() -> Outcome<PathBuf> {
    let this = std::env::current_exe()?;
    let target = this.parent().and_then(Path::parent);
    Ok(target.ok_or("the bench lies in no target directory")?.to_owned())
}

/// The server's binary with a directory and an embedded database of its own.
pub(crate) struct Installation {
    directory: TempDir,
    binary: PathBuf,
}

impl Installation {
    /// An installation that has never started. Its directory lies beside the build and not in the
    /// temporary one, which may be memory where a sync costs nothing.
    pub(crate) fn new(binary: &Path) -> Outcome<Self> {
        let directory = tempfile::Builder::new().prefix("bench-").tempdir_in(target_directory()?)?;
        Ok(Self { directory, binary: binary.to_owned() })
    }

    /// The file of its database.
    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join(DATABASE)
    }

    /// A command of the program on this installation.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(self.directory.path())
            .env_clear()
            .env("USERSTORE__DATABASE__URL", format!("sqlite://{}", self.database().display()))
            .stdin(Stdio::null());
        command
    }

    /// Starts the server with its defaults and waits until it is ready.
    pub(crate) async fn start(&self) -> Outcome<Server> {
        self.start_with(&[]).await
    }

    /// The same with these variables in its environment.
    pub(crate) async fn start_with(&self, variables: &[(&str, &str)]) -> Outcome<Server> {
        let address = free_address()?;
        let log = File::create(self.directory.path().join("log"))?;
        let mut command = self.command();
        command
            .arg("serve")
            .env("USERSTORE__SERVER__BIND", address.to_string())
            .env("USERSTORE__BOOTSTRAP__ADMIN_KEY", KEY)
            .envs(variables.iter().copied())
            .stdout(log.try_clone()?)
            .stderr(log);
        match Server::start(&mut command, address, "/readyz").await {
            Ok(server) => Ok(server),
            Err(error) => {
                let log = fs::read_to_string(self.directory.path().join("log"))?;
                Err(format!("{error}\n{log}").into())
            }
        }
    }

    /// A copy of the database, while no server has it open.
    pub(crate) fn copy_of_database(&self) -> Outcome<PathBuf> {
        let copies = self.directory.path().join("copy");
        fs::create_dir(&copies)?;
        for entry in fs::read_dir(self.directory.path())? {
            let path = entry?.path();
            match path.file_name().and_then(OsStr::to_str) {
                // The log of a database that was not closed belongs to it.
                Some(name) if name.starts_with(DATABASE) => fs::copy(&path, copies.join(name))?,
                _ => continue,
            };
        }
        Ok(copies.join(DATABASE))
    }
}
