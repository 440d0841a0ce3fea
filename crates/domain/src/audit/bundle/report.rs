use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use crate::audit::PublicKeyInfo;
use crate::audit::log::TreeHash;
use crate::id::StoreId;

/// Why a bundle is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The file, or the log, ends too early.
    Truncated,
    /// Something stands behind the end.
    Trailing,
    /// A line has not the form that is expected there.
    Malformed,
    /// A key, or the statement by which it succeeds another, is none.
    BadKey,
    /// An entry is not there.
    Removed,
    /// An entry stands behind a later one.
    Reordered,
    /// An entry or a checkpoint is there twice.
    Duplicated,
    /// An entry or a checkpoint does not belong there.
    Inserted,
    /// It belongs to another store.
    ForeignStore,
    /// It is signed by a key that is not in charge.
    WrongKey,
    /// An entry is not what was signed, or its content not what it commits to.
    Edited,
    /// A checkpoint is none, or its signature does not hold.
    BadCheckpoint,
    /// These entries are not those that were sealed.
    RootMismatch,
    /// The log is another one than that of the checkpoint that was kept.
    Forked,
}

impl Reason {
    /// The name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Trailing => "trailing",
            Self::Malformed => "malformed",
            Self::BadKey => "bad-key",
            Self::Removed => "removed",
            Self::Reordered => "reordered",
            Self::Duplicated => "duplicated",
            Self::Inserted => "inserted",
            Self::ForeignStore => "foreign-store",
            Self::WrongKey => "wrong-key",
            Self::Edited => "edited",
            Self::BadCheckpoint => "bad-checkpoint",
            Self::RootMismatch => "root-mismatch",
            Self::Forked => "forked",
        }
    }
}

/// The first thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub reason: Reason,
    /// From which leaf on the log is not proved.
    pub leaf: u64,
    /// The line, from 1 on; `None` when it is the kept checkpoint that does not fit, or the fault is
    /// one of the database itself.
    pub line: Option<u64>,
    /// The same as a sentence.
    pub detail: String,
}

impl Fault {
    /// One of the database itself, and of no line.
    pub fn of_database(reason: Reason, leaf: u64, detail: impl Into<String>) -> Self {
        Self { reason, leaf, line: None, detail: detail.into() }
    }
}

/// Whether it would show if entries were cut off at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tail {
    /// No: there is no checkpoint that was kept elsewhere.
    Unprotected,
    /// Yes, as far as the kept checkpoint goes that the good bundle was held against.
    Pinned,
}

/// What a verifier found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is wrong; `None` when the bundle is good.
    pub fault: Option<Fault>,
    /// Whose log; `None` without a manifest.
    pub store: Option<StoreId>,
    /// The first leaf; `None` without a manifest.
    pub first: Option<u64>,
    /// How many leaves the log has at its end; `None` without a manifest.
    pub size: Option<u64>,
    /// How many entries were found good.
    pub entries: u64,
    /// How many of them had a content that was erased.
    pub erased: u64,
    /// How many checkpoints were found good.
    pub checkpoints: u64,
    /// How many keys were found good.
    pub keys: u64,
    /// The root over all leaves; `None` unless the bundle is good.
    pub root: Option<TreeHash>,
    /// The key that signs last; `None` while not all keys were found good.
    pub key: Option<PublicKeyInfo>,
    /// Whether the end is protected.
    pub tail: Tail,
}

impl Report {
    /// Whether the bundle is good.
    pub fn is_valid(&self) -> bool {
        self.fault.is_none()
    }

    /// The report as a JSON object, in the form that `docs/audit-bundle.md` gives.
    pub fn to_json(&self) -> String {
        // Strings and integers always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fault = self.fault.as_ref();
        Printed {
            valid: self.is_valid(),
            reason: fault.map(|fault| fault.reason),
            leaf: fault.map(|fault| fault.leaf),
            line: fault.and_then(|fault| fault.line),
            detail: fault.map(|fault| fault.detail.as_str()),
            instance_id: self.store.map(|store| store.to_string()),
            first: self.first,
            size: self.size,
            entries: self.entries,
            erased: self.erased,
            checkpoints: self.checkpoints,
            keys: self.keys,
            root: self.root.map(|root| STANDARD.encode(root.0)),
            key: self.key.map(|key| STANDARD.encode(key.0)),
            tail: self.tail,
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Printed<'a> {
    valid: bool,
    reason: Option<Reason>,
    leaf: Option<u64>,
    line: Option<u64>,
    detail: Option<&'a str>,
    instance_id: Option<String>,
    first: Option<u64>,
    size: Option<u64>,
    entries: u64,
    erased: u64,
    checkpoints: u64,
    keys: u64,
    root: Option<String>,
    key: Option<String>,
    tail: Tail,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_printed_in_the_form_of_the_documentation() {
        let detail = "line 7: …".to_owned();
        let fault = Fault { reason: Reason::ForeignStore, leaf: 5, line: Some(7), detail };
        let mut report = Report {
            fault: Some(fault),
            store: None,
            first: Some(1),
            size: Some(9),
            entries: 4,
            erased: 1,
            checkpoints: 2,
            keys: 3,
            root: None,
            key: None,
            tail: Tail::Unprotected,
        };
        let expected = concat!(
            r#"{"valid":false,"reason":"foreign-store","leaf":5,"line":7,"detail":"line 7: …","#,
            r#""instanceId":null,"first":1,"size":9,"entries":4,"erased":1,"checkpoints":2,"keys":3,"#,
            r#""root":null,"key":null,"tail":"unprotected"}"#
        );
        assert_eq!(report.to_json(), expected);
        report.fault = None;
        report.tail = Tail::Pinned;
        assert!(report.to_json().starts_with(r#"{"valid":true,"reason":null,"leaf":null,"#));
        assert!(report.to_json().ends_with(r#""tail":"pinned"}"#));
    }
}
