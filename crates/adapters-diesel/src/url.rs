use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio_postgres::config::Host;

use crate::settings::Tls;

/// Where a database is: `sqlite://path`, or `postgres://user:password@host:port/database`.
///
/// Neither `Debug` nor `Display` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Place);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres {
        /// How to connect, without TLS.
        config: Box<tokio_postgres::Config>,
        /// What `sslmode` and `sslrootcert` say.
        tls: Tls,
    },
}

/// Why a text is no URL of a database.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DatabaseUrlError {
    /// Another scheme, or none.
    #[error("must begin with sqlite://, postgres:// or postgresql://")]
    Scheme,
    /// `sqlite://` without a path.
    #[error("must name a file after sqlite://")]
    NoPath,
    /// An in-memory database: it would vanish with its connection, of which there are many.
    #[error("must name a file after sqlite://: a database in memory cannot be shared")]
    InMemory,
    /// Parameters after the path.
    #[error("must have no parameters after the path of the file")]
    SqliteParameters,
    /// No host in a PostgreSQL URL.
    #[error("must name the host of the server")]
    NoHost,
    /// The driver refuses it.
    #[error("is no URL of a PostgreSQL database: {0}")]
    Postgres(String),
    /// A mode that is not offered.
    #[error("must have an sslmode of disable, prefer, require or verify-full")]
    SslMode,
    /// A name of a parameter that only the driver takes for `sslmode`.
    #[error("must write the name of its parameter sslmode without escapes")]
    EscapedSslMode,
    /// A password that would be cut into host and parameters.
    #[error("must write ? and @ inside its user, password and parameters as %3F and %40")]
    Delimiter,
    /// A root certificate that would not be looked at.
    #[error("must have sslmode=verify-full, as it has an sslrootcert")]
    RootCertificateUnused,
    /// A broken escape.
    #[error("must write its sslrootcert in UTF-8, with two hexadecimal digits after every %")]
    Escape,
}

impl DatabaseUrl {
    /// Reads a URL. In those of PostgreSQL, `sslmode` is `disable`, `prefer` (the default),
    /// `require` or `verify-full`, and `sslrootcert` a PEM file.
    ///
    /// # Errors
    /// What is wrong, as a sentence whose subject is the URL. It names parameters but no value, which
    /// might be part of a secret.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            return sqlite(path).map(Self);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text).map(Self);
        }
        Err(DatabaseUrlError::Scheme)
    }

    /// The file of an SQLite database.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Sqlite(path) => Some(path),
            Place::Postgres { .. } => None,
        }
    }

    /// What the URL says about TLS.
    pub fn tls(&self) -> Tls {
        match &self.0 {
            Place::Sqlite(_) => Tls::Disable,
            Place::Postgres { tls, .. } => tls.clone(),
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0
    }
}

fn sqlite(path: &str) -> Result<Place, DatabaseUrlError> {
    match path {
        "" => Err(DatabaseUrlError::NoPath),
        _ if path.contains(":memory:") => Err(DatabaseUrlError::InMemory),
        _ if path.contains('?') => Err(DatabaseUrlError::SqliteParameters),
        _ => Ok(Place::Sqlite(PathBuf::from(path))),
    }
}

fn postgres(text: &str) -> Result<Place, DatabaseUrlError> {
    let (user, rest) = text.split_once('@').unwrap_or(("", text));
    if user.contains('?') || rest.contains('@') {
        return Err(DatabaseUrlError::Delimiter);
    }
    let (address, parameters) = text.split_once('?').unwrap_or((text, ""));
    let (mut mode, mut root, mut others) = (None, None, Vec::new());
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", value)) => root = Some(PathBuf::from(unescape(value)?)),
            _ => others.push(parameter),
        }
    }
    let tls = tls(mode, root)?;
    let address = format!("{address}?{}", others.join("&"));
    let config: tokio_postgres::Config =
        address.parse().map_err(|error: tokio_postgres::Error| {
            DatabaseUrlError::Postgres(crate::migration::chain(&error))
        })?;
    if config.get_ssl_mode() != tokio_postgres::Config::new().get_ssl_mode() {
        return Err(DatabaseUrlError::EscapedSslMode);
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(DatabaseUrlError::NoHost);
    }
    Ok(Place::Postgres { config: Box::new(config), tls })
}

fn tls(mode: Option<&str>, root: Option<PathBuf>) -> Result<Tls, DatabaseUrlError> {
    let tls = match mode {
        None | Some("prefer") => Tls::Prefer,
        Some("disable") => Tls::Disable,
        Some("require") => Tls::Require,
        Some("verify-full") => return Ok(Tls::VerifyFull { root_certificates: root }),
        Some(_) => return Err(DatabaseUrlError::SslMode),
    };
    if root.is_some() { Err(DatabaseUrlError::RootCertificateUnused) } else { Ok(tls) }
}

/// Undoes percent-encoding (RFC 3986 §2.1).
fn unescape(text: &str) -> Result<String, DatabaseUrlError> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(DatabaseUrlError::Escape)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| DatabaseUrlError::Escape)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| DatabaseUrlError::Escape)
}

impl fmt::Display for DatabaseUrl {
    /// The URL without password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = match &self.0 {
            Place::Sqlite(path) => return write!(f, "sqlite://{}", path.display()),
            Place::Postgres { config, .. } => config,
        };
        f.write_str("postgres://")?;
        if let Some(user) = config.get_user() {
            write!(f, "{user}@")?;
        }
        for (number, host) in config.get_hosts().iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            let ports = config.get_ports();
            if let Some(port) = ports.get(number).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> DatabaseUrlError {
        DatabaseUrl::parse(text).expect_err("must be refused")
    }

    #[test]
    fn a_file_is_named_absolutely_or_relatively() {
        let absolute = DatabaseUrl::parse("sqlite:///var/lib/users.db").expect("valid");
        assert_eq!(absolute.sqlite_path(), Some(Path::new("/var/lib/users.db")));
        let relative = DatabaseUrl::parse("sqlite://data/users.db").expect("valid");
        assert_eq!(relative.sqlite_path(), Some(Path::new("data/users.db")));
    }

    #[test]
    fn what_names_no_file_is_refused() {
        assert_eq!(refused("sqlite://"), DatabaseUrlError::NoPath);
        assert_eq!(refused("sqlite://:memory:"), DatabaseUrlError::InMemory);
        assert_eq!(refused("sqlite://a.db?mode=ro"), DatabaseUrlError::SqliteParameters);
        for text in ["", "a.db", "mysql://h/d", "sqlite:a.db"] {
            assert_eq!(refused(text), DatabaseUrlError::Scheme, "{text}");
        }
    }

    #[test]
    fn no_print_shows_the_password() {
        let url = DatabaseUrl::parse("postgres://ada:s3cret@db.example:6432/users?sslmode=disable")
            .expect("valid");
        assert_eq!(url.to_string(), "postgres://ada@db.example:6432/users");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://ada@db.example:6432/users)");
        let told = refused("postgres://ada:s3cret@db.example/users?nonsense=1").to_string();
        assert!(!told.contains("s3cret"), "{told}");
        assert!(told.contains("nonsense"), "{told}");
    }

    #[test]
    fn a_delimiter_inside_a_password_is_refused_unless_it_is_escaped() {
        for text in [
            "postgres://ada:s3c?ret@h/d?sslmode=require",
            "postgres://ada:s3c@ret@h/d?sslmode=require",
            "postgres://ada:s3c@r?et@h/d?sslmode=require",
            "postgres://h/d?application_name=a@b&sslmode=require",
        ] {
            assert_eq!(refused(text), DatabaseUrlError::Delimiter, "{text}");
        }
        let escaped = "postgres://ada:s3c%3Fr%40et@h/d?sslmode=require";
        assert_eq!(DatabaseUrl::parse(escaped).expect("valid").tls(), Tls::Require);
    }

    #[test]
    fn tls_follows_sslmode() {
        let tls = |parameters: &str| {
            DatabaseUrl::parse(&format!("postgresql://h/d{parameters}")).expect("valid").tls()
        };
        assert_eq!(tls(""), Tls::Prefer);
        assert_eq!(tls("?sslmode=disable"), Tls::Disable);
        assert_eq!(tls("?connect_timeout=3&sslmode=require"), Tls::Require);
        assert_eq!(tls("?sslmode=verify-full"), Tls::VerifyFull { root_certificates: None });
        assert_eq!(
            tls("?sslmode=verify-full&sslrootcert=%2Fetc%2Fmy%20ca.pem"),
            Tls::VerifyFull { root_certificates: Some("/etc/my ca.pem".into()) }
        );
    }

    #[test]
    fn tls_that_would_protect_less_than_it_says_is_refused() {
        assert_eq!(refused("postgres://h/d?sslmode=verify-ca"), DatabaseUrlError::SslMode);
        assert_eq!(refused("postgres://h/d?ssl%6Dode=require"), DatabaseUrlError::EscapedSslMode);
        assert_eq!(
            refused("postgres://h/d?sslmode=require&sslrootcert=ca.pem"),
            DatabaseUrlError::RootCertificateUnused
        );
        assert_eq!(
            refused("postgres://h/d?sslmode=verify-full&sslrootcert=%ZZ"),
            DatabaseUrlError::Escape
        );
    }
}
