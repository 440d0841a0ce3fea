use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use testkit::postgres::TestDatabase;

use super::{Node, Sql};

/// The key that the first start gives to its client.
pub(crate) const ADMIN_KEY: &str = "chosen-by-the-operator-0123456789abcdef";

/// Which database an installation is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// What the nodes and commands of one user store share: a directory, a database, a configuration.
pub(crate) struct Installation {
    directory: TempDir,
    environment: Vec<(String, String)>,
    /// Dropped with its database when this is.
    _postgres: Option<TestDatabase>,
}

impl Installation {
    /// An installation with the usual configuration, on an empty database.
    pub(crate) async fn new(database: Database) -> Self {
        Self::bare(database)
            .await
            .with("USERSTORE__BOOTSTRAP__ADMIN_KEY", ADMIN_KEY)
            .with("USERSTORE__LOG__FORMAT", "json")
    }

    /// The same with nothing configured but what must be.
    pub(crate) async fn bare(database: Database) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let bare = |postgres| Self { directory, environment: vec![], _postgres: postgres };
        let installation = match database {
            Database::Sqlite => {
                let bare = bare(None);
                let file = bare.directory().join("userstore.db");
                bare.with("USERSTORE__DATABASE__URL", &format!("sqlite://{}", file.display()))
            }
            Database::Postgres => {
                let made = TestDatabase::create().await.expect("a database");
                let url = made.url();
                let bare = bare(Some(made));
                let secrets = bare.directory().join("secrets").display().to_string();
                bare.with("USERSTORE__DATABASE__URL", &url)
                    .with("USERSTORE__SECRETS__DIRECTORY", &secrets)
            }
        };
        let mail = installation.mail_directory().display().to_string();
        installation
            .with("USERSTORE__SERVER__BIND", "127.0.0.1:0")
            .with("USERSTORE__MAIL__DIRECTORY", &mail)
    }

    /// The same with hashes that protect nobody and take no time.
    #[must_use]
    pub(crate) fn with_cheap_hashes(self) -> Self {
        self.with("USERSTORE__PASSWORD__TEST_PROFILE", "true")
            .with("USERSTORE__PASSWORD__MEMORY_KIB", "64")
            .with("USERSTORE__PASSWORD__ITERATIONS", "1")
            .with("USERSTORE__PASSWORD__QUEUE", "1000")
            .with("USERSTORE__SERVER__SOURCE_LIMIT__ENABLED", "false")
    }

    fn mail_directory(&self) -> PathBuf {
        self.directory().join("mail")
    }

    /// The mail that was delivered so far, each as it was written, in the order of their names.
    pub(crate) fn letters(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.mail_directory()) else { return Vec::new() };
        let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }

    /// The first token among the letters that is none of `known`, as soon as there is one.
    pub(crate) async fn token_but(&self, known: &[String]) -> String {
        for _ in 0..600 {
            let found = self.letters().into_iter().filter_map(|letter| token_in(&letter));
            if let Some(token) = found.into_iter().find(|token| !known.contains(token)) {
                return token;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no token came in {:?}", self.letters());
    }

    /// Sets a variable of the environment of every node and command.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Leaves a variable unset.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What a variable of the environment is set to.
    fn variable(&self, name: &str) -> Option<&str> {
        let mut environment = self.environment.iter();
        environment.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The database itself, past the program.
    pub(crate) fn sql(&self) -> Sql {
        Sql::at(self.variable("USERSTORE__DATABASE__URL").expect("a database"))
    }

    /// Where the secrets lie: beside the database, where no other directory is named.
    pub(crate) fn secrets(&self) -> PathBuf {
        let named = self.variable("USERSTORE__SECRETS__DIRECTORY");
        named.map_or_else(|| self.directory().to_owned(), PathBuf::from)
    }

    /// A command of the binary in the directory of this installation. Nothing of the environment
    /// of the test reaches it but the path.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.directory()).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command that ends by itself.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().expect("the binary starts");
        Said::from(output)
    }

    /// Starts a node and waits until it is ready.
    pub(crate) async fn start(&self) -> Node {
        let mut node = self.spawn();
        node.wait_until_ready().await;
        node
    }

    /// Starts a node and waits for nothing.
    pub(crate) fn spawn(&self) -> Node {
        Node::spawn(self.command(&["serve"]), self.directory())
    }

    /// Starts a node whose secrets lie in a directory of its own, and waits until it is ready.
    pub(crate) async fn start_with_secrets(&self, directory: &Path) -> Node {
        let mut command = self.command(&["serve"]);
        command.env("USERSTORE__SECRETS__DIRECTORY", directory);
        let mut node = Node::spawn(command, self.directory());
        node.wait_until_ready().await;
        node
    }
}

/// The binary: what `USERSTORE_BIN` names, else what cargo built beside this test.
fn binary() -> PathBuf {
    let path = std::env::var_os("USERSTORE_BIN").map_or_else(beside_this_test, PathBuf::from);
    assert!(
        path.is_file(),
        "{} is not there: build it by `cargo build --workspace`, or name it in USERSTORE_BIN",
        path.display()
    );
    path
}

/// Tests lie in `deps/` of the directory where the binaries lie.
fn beside_this_test() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let built = test.parent().and_then(Path::parent).expect("two directories up");
    built.join("userstore")
}

/// How a command ended, and what it said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Said {
    /// Itself, when the command ended well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// What a refused command said, which is one sentence.
    #[track_caller]
    pub(crate) fn refusal(self) -> String {
        assert_ne!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        assert!(self.code.is_some(), "it ended by itself");
        let sentence = self.stderr.trim().to_owned();
        assert_eq!(sentence.lines().count(), 1, "one sentence: {sentence}");
        sentence
    }

    /// The API key that the command made and showed.
    #[track_caller]
    pub(crate) fn key(self) -> String {
        let said = self.well();
        keys_in(&said.stdout).pop().unwrap_or_else(|| panic!("no key in: {}", said.stdout))
    }
}

/// Everything in a text that has the form of a made key: `us_` and 43 characters of base64url.
pub(crate) fn keys_in(text: &str) -> Vec<String> {
    let of_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let words = text.split(|c| !of_key(c));
    words.filter(|word| word.len() == 46 && word.starts_with("us_")).map(str::to_owned).collect()
}

/// The token in a letter, whose lines may be folded as RFC 2045 §6.7 says.
pub(crate) fn token_in(letter: &str) -> Option<String> {
    const PREFIX: &str = "usr_reset_";
    let unfolded = letter.replace("=\r\n", "").replace("=\n", "");
    let (_, rest) = unfolded.split_once(PREFIX)?;
    let is_part = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let secret: String = rest.chars().take_while(is_part).take(43).collect();
    Some(format!("{PREFIX}{secret}"))
}
