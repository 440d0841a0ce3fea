//! Checks the tokens of issuers of the configuration: JWT (RFC 7519) that others sign to vouch for
//! somebody, by the rules of RFC 8725.
//!
//! [`TrustedIssuers`] is the adapter of [`domain::credential::Issuers`]. What a token says of how it is
//! to be checked counts for nothing:
//!
//! - the key is one of the issuer's own set that the configuration names, chosen by `kid`; no key and
//!   no address of one is taken out of a token
//! - the algorithm is one that the configuration allows *and* that the key is for. Those with a shared
//!   secret, and none, cannot be allowed: [`SigningAlgorithm`] has no name for them
//! - the token is for us (`iss`, `aud`), valid now by our clock (`exp`, `nbf`, `iat`), about somebody
//!   (`sub`), and no ID token, which tells a client who signed in and opens nothing
//!
//! Keys are read from a file or an address anew from time to time, and when a token names one that is
//! not known yet, though never more often than a pace allows: tokens of an attacker cause no storm. As
//! long as they cannot be had the last good ones count.
//!
//! Why a token is refused is logged at `debug`, and never told to whoever shows it.

mod algorithm;
mod claims;
mod compact;
mod header;
mod issuer;
mod key_set;
mod keys;
mod refusal;
mod roles;
mod settings;
mod shelf;
mod source;
mod trusted;

pub use algorithm::{SigningAlgorithm, UnknownAlgorithm};
pub use settings::{IssuerSettings, IssuerSettingsError, KeySource};
pub use trusted::TrustedIssuers;
