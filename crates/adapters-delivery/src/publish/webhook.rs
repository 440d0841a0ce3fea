use std::error::Error as _;
use std::fmt;
use std::iter::{once, successors};
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use domain::audit::log::StoredCheckpoint;
use domain::audit::{Publisher, Unpublished};
use domain::id::StoreId;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use thiserror::Error;

use super::patience::{PATIENCE, within};

/// An address that checkpoints may be posted to: by `https`, or by `http` on this machine. User,
/// password, path and query may be secret: it is shown as scheme, host and port.
#[derive(Clone)]
pub struct WebhookUrl(Url);

/// The text is no address that checkpoints are posted to. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WebhookUrlError {
    /// It is no URL.
    #[error("must be a URL")]
    Malformed,
    /// What is on the way could read the secret and exchange the checkpoint.
    #[error("must begin with https://, or with http:// on this machine")]
    InTheClear,
    /// A fragment is never sent.
    #[error("must have no fragment")]
    Fragment,
}

impl WebhookUrl {
    /// Reads `audit.publish.webhook`.
    ///
    /// # Errors
    /// [`WebhookUrlError`].
    pub fn parse(text: &str) -> Result<Self, WebhookUrlError> {
        let url = Url::parse(text).map_err(|_| WebhookUrlError::Malformed)?;
        if url.fragment().is_some() {
            return Err(WebhookUrlError::Fragment);
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_on_this_machine(&url) => Ok(Self(url)),
            _ => Err(WebhookUrlError::InTheClear),
        }
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(..)")
    }
}

fn is_on_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Posts checkpoints to an address, as `text/plain; charset=utf-8`. It is taken when the answer's
/// status is one of 200 to 299; redirects are not followed, and no more of an answer is read.
#[derive(Clone, Debug)]
pub struct CheckpointWebhook {
    client: Client,
    url: WebhookUrl,
    patience: Duration,
}

/// Nothing can be posted from this machine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no certificates can be checked: {0}")]
pub struct WebhookError(String);

impl CheckpointWebhook {
    /// Posts to `url`.
    ///
    /// # Errors
    /// The certificates that the system trusts cannot be had.
    pub fn new(url: WebhookUrl) -> Result<Self, WebhookError> {
        let client = Client::builder()
            .user_agent("userstore")
            .redirect(Policy::none())
            .referer(false)
            // Once in a minute at most: no connection is worth keeping.
            .pool_max_idle_per_host(0);
        let client = match url.0.scheme() {
            "https" => client.https_only(true),
            // On this machine: no proxy, and no certificates are needed.
            _ => client.no_proxy().tls_certs_only([]),
        };
        let client = client.build().map_err(|error| WebhookError(whole(error)))?;
        Ok(Self { client, url, patience: PATIENCE })
    }

    /// Gives up after `patience` instead of ten seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn post(&self, note: &str) -> Result<(), Unpublished> {
        let request = self.client.post(self.url.0.clone());
        let request = request.header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let sent = request.body(note.to_owned()).send().await;
        let answer = sent.map_err(|error| {
            Unpublished(format!("{} cannot be reached: {}", self.whom(), whole(error)))
        })?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(Unpublished(format!("{} answers {}", self.whom(), answer.status().as_u16())))
    }

    fn whom(&self) -> String {
        format!("the webhook at {}", self.url)
    }
}

#[async_trait]
impl Publisher for CheckpointWebhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    async fn publish(
        &self,
        _store: StoreId,
        checkpoint: &StoredCheckpoint,
    ) -> Result<(), Unpublished> {
        within(self.patience, &self.whom(), self.post(&checkpoint.note)).await
    }
}

/// An error with those beneath it, which say what really happened, without the address.
fn whole(error: reqwest::Error) -> String {
    let error = error.without_url();
    let beneath = successors(error.source(), |error| (*error).source());
    let texts = once(error.to_string()).chain(beneath.map(ToString::to_string));
    texts.collect::<Vec<_>>().join(": ")
}
