//! What a row of the outbox holds, before it is sealed: JSON, so that a later version can read what
//! an earlier one has written.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{DeliveryId, Letter, Occasion};
use crate::id::{StoreId, UserId};
use crate::secrets::{SecretPurpose, Secrets};
use crate::store::StoreName;
use crate::text::Folded;
use crate::time::Instant;
use crate::token::{Purpose, Token};
use crate::user::{EmailAddress, LoginName, PersonName};

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Send this, in the language of that user.
    Letter(Box<Letter>, UserId),
    /// Look whether there is a user of that name, and send a token that sets a new password.
    Reset(Folded),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "errand", rename_all = "camelCase")]
enum Row {
    #[serde(rename_all = "camelCase")]
    Letter {
        user: String,
        to: String,
        login_name: String,
        first_name: Option<String>,
        at: i64,
        #[serde(flatten)]
        occasion: OccasionRow,
    },
    #[serde(rename_all = "camelCase")]
    Reset { name: String },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "occasion", rename_all = "camelCase")]
enum OccasionRow {
    ResetByAdministrator { token: Zeroizing<String>, expires: i64 },
    ResetByUser { token: Zeroizing<String>, expires: i64 },
    PasswordChanged,
    EmailChanged { now: Option<String> },
    SecondFactorSet,
    SecondFactorRemoved,
    RecoveryCodeUsed,
}

impl From<&Occasion> for OccasionRow {
    fn from(occasion: &Occasion) -> Self {
        match occasion {
            Occasion::ResetByAdministrator { token, expires } => Self::ResetByAdministrator {
                token: Zeroizing::new(token.reveal().to_owned()),
                expires: expires.as_micros(),
            },
            Occasion::ResetByUser { token, expires } => Self::ResetByUser {
                token: Zeroizing::new(token.reveal().to_owned()),
                expires: expires.as_micros(),
            },
            Occasion::PasswordChanged => Self::PasswordChanged,
            Occasion::EmailChanged { now } => {
                Self::EmailChanged { now: now.as_ref().map(|now| now.as_str().to_owned()) }
            }
            Occasion::SecondFactorSet => Self::SecondFactorSet,
            Occasion::SecondFactorRemoved => Self::SecondFactorRemoved,
            Occasion::RecoveryCodeUsed => Self::RecoveryCodeUsed,
        }
    }
}

impl OccasionRow {
    fn read(&self) -> Option<Occasion> {
        let token = |text: &str| Token::shown(Purpose::PasswordReset, text.to_owned());
        Some(match self {
            Self::ResetByAdministrator { token: text, expires } => {
                Occasion::ResetByAdministrator { token: token(text)?, expires: at(*expires)? }
            }
            Self::ResetByUser { token: text, expires } => {
                Occasion::ResetByUser { token: token(text)?, expires: at(*expires)? }
            }
            Self::PasswordChanged => Occasion::PasswordChanged,
            Self::EmailChanged { now } => {
                let now = now.as_ref().map(EmailAddress::parse).transpose().ok()?;
                Occasion::EmailChanged { now }
            }
            Self::SecondFactorSet => Occasion::SecondFactorSet,
            Self::SecondFactorRemoved => Occasion::SecondFactorRemoved,
            Self::RecoveryCodeUsed => Occasion::RecoveryCodeUsed,
        })
    }
}

fn at(micros: i64) -> Option<Instant> {
    Instant::from_micros(micros).ok()
}

/// What a sealed row is bound to: it cannot be opened as that of another store or delivery.
fn place(store: StoreId, id: DeliveryId) -> Vec<u8> {
    [store.as_uuid().as_bytes().as_slice(), id.as_uuid().as_bytes()].concat()
}

fn seal(secrets: &dyn Secrets, store: StoreId, id: DeliveryId, row: &Row) -> Vec<u8> {
    // Strings and numbers always serialize.
    let text = Zeroizing::new(serde_json::to_vec(row).unwrap_or_default());
    secrets.seal(SecretPurpose::Delivery, &place(store, id), &text)
}

/// The sealed row of a letter.
pub(super) fn letter(
    secrets: &dyn Secrets,
    store: StoreId,
    id: DeliveryId,
    letter: &super::Notice,
    now: Instant,
) -> Vec<u8> {
    let row = Row::Letter {
        user: letter.user.to_string(),
        to: letter.to.as_str().to_owned(),
        login_name: letter.login_name.as_str().to_owned(),
        first_name: letter.first_name.as_ref().map(|name| name.as_str().to_owned()),
        at: now.as_micros(),
        occasion: OccasionRow::from(&letter.occasion),
    };
    seal(secrets, store, id, &row)
}

/// The sealed row of a wish for a reset.
pub(super) fn reset(
    secrets: &dyn Secrets,
    store: StoreId,
    id: DeliveryId,
    name: &Folded,
) -> Vec<u8> {
    seal(secrets, store, id, &Row::Reset { name: name.as_str().to_owned() })
}

/// What was sealed; `None` when it cannot be opened or read.
pub(super) fn open(
    secrets: &dyn Secrets,
    (store, store_name): (StoreId, &StoreName),
    id: DeliveryId,
    sealed: &[u8],
) -> Option<Errand> {
    let text = secrets.open(SecretPurpose::Delivery, &place(store, id), sealed).ok()?;
    let row: Row = serde_json::from_slice(&text).ok()?;
    read(&row, store_name, id)
}

fn read(row: &Row, store: &StoreName, id: DeliveryId) -> Option<Errand> {
    Some(match row {
        Row::Reset { name } => Errand::Reset(Folded::from_folded(name)),
        Row::Letter { user, to, login_name, first_name, at: micros, occasion } => {
            let letter = Letter {
                id,
                store: store.clone(),
                to: EmailAddress::parse(to).ok()?,
                language: None,
                login_name: LoginName::parse(login_name).ok()?,
                first_name: first_name.as_ref().map(PersonName::parse).transpose().ok()?,
                at: at(*micros)?,
                occasion: occasion.read()?,
            };
            Errand::Letter(Box::new(letter), user.parse().ok()?)
        }
    })
}

/// The id under which the wishes for one name wait: the same for each of them, so that there is one.
/// A UUID of version 8 (RFC 9562 §5.8), as no other delivery has.
pub(super) fn id_of_reset(key: &[u8; 32]) -> DeliveryId {
    let [.., half] = key.as_chunks::<16>().0 else { return DeliveryId::new(Uuid::nil()) };
    DeliveryId::new(uuid::Builder::from_custom_bytes(*half).into_uuid())
}

/// Whether it is such an id.
pub(super) fn is_id_of_reset(id: DeliveryId) -> bool {
    id.as_uuid().get_version_num() == 8
}
