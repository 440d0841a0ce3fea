//! Where the keys of an issuer are had from.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use thiserror::Error;

use crate::key_set::{KeySet, KeySetError};
use crate::shelf::Pace;

/// The most bytes of a set that are read.
const MOST_BYTES: usize = 1 << 20;

/// How long an answer may take, all of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why keys cannot be had.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
    #[error("it cannot be read: {0}")]
    File(#[from] io::Error),
    #[error("it cannot be fetched: {}", whole(.0))]
    Fetch(#[from] reqwest::Error),
    #[error("it is answered with {0}")]
    Status(StatusCode),
    #[error("it is longer than 1 MiB")]
    TooLong,
    #[error("it {0}")]
    Set(#[from] KeySetError),
}

/// A file or an address with a JWK set.
pub(crate) enum Source {
    File(PathBuf),
    Address(Client, Url),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Address(_, url) => write!(f, "{url}"),
        }
    }
}

impl Source {
    /// An address. Nothing is fetched from elsewhere: redirects are not followed.
    ///
    /// # Errors
    /// The certificates that the system trusts cannot be had.
    pub(crate) fn at(address: Url) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            .redirect(Policy::none())
            .no_gzip()
            // Once in ten minutes: no connection is worth keeping, least of all for the runtime of
            // another worker.
            .pool_max_idle_per_host(0);
        let client = match address.scheme() {
            "https" => client.https_only(true),
            // On this machine: no proxy, and no certificates are needed.
            _ => client.no_proxy().tls_certs_only([]),
        };
        Ok(Self::Address(client.build()?, address))
    }

    /// How often it is looked at.
    pub(crate) const fn pace(&self) -> Pace {
        let (fresh, retry) = match self {
            Self::File(_) => (5, 1),
            Self::Address(..) => (600, 30),
        };
        Pace { fresh: SignedDuration::from_secs(fresh), retry: SignedDuration::from_secs(retry) }
    }

    /// The keys as they are now.
    pub(crate) async fn load(&self) -> Result<KeySet, SourceError> {
        match self {
            // A few kilobytes of a local file: shorter than a way to another thread and back.
            Self::File(path) => read(path),
            Self::Address(client, url) => {
                let json = fetched(client.get(url.clone()).send().await?).await?;
                Ok(KeySet::read(&json)?)
            }
        }
    }
}

/// The keys of a file.
pub(crate) fn read(path: &Path) -> Result<KeySet, SourceError> {
    let mut json = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut json)?;
    if json.len() > MOST_BYTES {
        return Err(SourceError::TooLong);
    }
    Ok(KeySet::read(&json)?)
}

async fn fetched(mut response: Response) -> Result<Vec<u8>, SourceError> {
    if response.status() != StatusCode::OK {
        return Err(SourceError::Status(response.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(SourceError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with those beneath it, which say what really happened.
fn whole(error: &reqwest::Error) -> String {
    let beneath = std::iter::successors(std::error::Error::source(error), |error| error.source());
    let texts = std::iter::once(error.to_string()).chain(beneath.map(ToString::to_string));
    texts.collect::<Vec<_>>().join(": ")
}
