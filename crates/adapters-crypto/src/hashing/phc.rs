use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use thiserror::Error;

use super::costs::{Costs, CostsError};
use super::scheme::{Scheme, Variant, Version};

/// A hash in its stored form, taken apart:
/// `$argon2id$v=19$m=19456,t=2,p=1[,keyid=<key id>]$<salt>$<tag>`.
///
/// One hash has one text: what is read is written again byte by byte.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Phc {
    /// How it was made.
    pub(crate) scheme: Scheme,
    /// What made it differ from the hashes of the same password.
    pub(crate) salt: Vec<u8>,
    /// The output.
    pub(crate) tag: Vec<u8>,
}

/// Why a stored hash is none that we compute. Says nothing of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PhcError {
    #[error("it does not have the five fields algorithm, version, parameters, salt and hash")]
    Fields,
    #[error("its algorithm is unknown")]
    Algorithm,
    #[error("its version is unknown")]
    Version,
    #[error("its parameters are not m, t, p and perhaps keyid, in this order")]
    Parameters,
    #[error("its parameters are beyond what is computed: {0}")]
    Costs(#[from] CostsError),
    #[error("its salt is not the base64 of 8 to 64 bytes")]
    Salt,
    #[error("its output is not the base64 of 16 to 64 bytes")]
    Tag,
}

impl Phc {
    /// The length of a new salt in bytes, as RFC 9106 §3.1 recommends it for passwords.
    pub(crate) const SALT_BYTES: usize = 16;
    /// The length of a new output in bytes.
    pub(crate) const TAG_BYTES: usize = 32;

    /// Reads the stored form.
    pub(crate) fn parse(text: &str) -> Result<Self, PhcError> {
        let fields: Vec<&str> = text.split('$').collect();
        let ["", variant, version, parameters, salt, tag] = fields.as_slice() else {
            return Err(PhcError::Fields);
        };
        let variant = variant_of(variant).ok_or(PhcError::Algorithm)?;
        let version = version_of(version).ok_or(PhcError::Version)?;
        let (costs, key_id) = parameters_of(parameters)?;
        Ok(Self {
            scheme: Scheme { variant, version, costs, key_id },
            salt: bytes_of(salt)
                .filter(|salt| (8..=64).contains(&salt.len()))
                .ok_or(PhcError::Salt)?,
            tag: bytes_of(tag).filter(|tag| (16..=64).contains(&tag.len())).ok_or(PhcError::Tag)?,
        })
    }

    /// Whether the tag is this one; how long that takes does not depend on where they differ.
    pub(crate) fn matches(&self, tag: &[u8]) -> bool {
        self.tag.ct_eq(tag).into()
    }

    /// Whether a new hash would be made otherwise.
    pub(crate) fn is_outdated(&self, present: &Scheme) -> bool {
        self.scheme != *present
            || self.salt.len() != Self::SALT_BYTES
            || self.tag.len() != Self::TAG_BYTES
    }
}

impl fmt::Display for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scheme { variant, version, costs, key_id } = &self.scheme;
        write!(f, "${}$v={}", variant.name(), version.number())?;
        write!(f, "$m={},t={},p={}", costs.memory_kib(), costs.iterations(), costs.lanes())?;
        if let Some(key_id) = key_id {
            write!(f, ",keyid={key_id}")?;
        }
        let [salt, tag] = [&self.salt, &self.tag].map(|bytes| STANDARD_NO_PAD.encode(bytes));
        write!(f, "${salt}${tag}")
    }
}

fn variant_of(field: &str) -> Option<Variant> {
    Variant::ALL.into_iter().find(|variant| variant.name() == field)
}

fn version_of(field: &str) -> Option<Version> {
    let number = number_of(field, "v=")?;
    Version::ALL.into_iter().find(|version| version.number() == number)
}

fn parameters_of(field: &str) -> Result<(Costs, Option<String>), PhcError> {
    let parameters: Vec<&str> = field.split(',').collect();
    let (memory, iterations, lanes, key_id) = match parameters.as_slice() {
        [memory, iterations, lanes] => (memory, iterations, lanes, None),
        [memory, iterations, lanes, key_id] => {
            (memory, iterations, lanes, Some(key_id_of(key_id).ok_or(PhcError::Parameters)?))
        }
        _ => return Err(PhcError::Parameters),
    };
    let number = |parameter, name| number_of(parameter, name).ok_or(PhcError::Parameters);
    let costs =
        Costs::parse(number(memory, "m=")?, number(iterations, "t=")?, number(lanes, "p=")?)?;
    Ok((costs, key_id))
}

/// A number as it is written: without sign, leading zeros or spaces.
fn number_of(parameter: &str, name: &str) -> Option<u32> {
    let digits = parameter.strip_prefix(name)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if plain { digits.parse().ok() } else { None }
}

/// The name of a key, also of one that is not ours: that it is not here must be told, and must not
/// pass for a wrong password.
fn key_id_of(parameter: &str) -> Option<String> {
    let name = parameter.strip_prefix("keyid=")?;
    let of_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let fits = (1..=32).contains(&name.len()) && name.bytes().all(of_base64);
    fits.then(|| name.to_owned())
}

fn bytes_of(field: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(field).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SALT: &str = "c29tZXNhbHRzb21lc2FsdA";
    const TAG: &str = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    fn text(parameters: &str) -> String {
        format!("$argon2id$v=19${parameters}${SALT}${TAG}")
    }

    fn error(text: &str) -> Option<PhcError> {
        Phc::parse(text).err()
    }

    #[test]
    fn a_stored_hash_is_taken_apart() {
        let phc = Phc::parse(&text("m=19456,t=2,p=1")).expect("a hash");
        assert_eq!(phc.scheme, Scheme::present(Costs::parse(19_456, 2, 1).unwrap(), None));
        assert_eq!(phc.salt, b"somesaltsomesalt");
        assert_eq!((phc.tag.len(), phc.tag[0]), (Phc::TAG_BYTES, 0x09));
    }

    #[test]
    fn the_key_of_its_pepper_stands_behind_the_costs() {
        let phc = Phc::parse(&text("m=8,t=1,p=1,keyid=ab12cd34")).expect("a hash");
        assert_eq!(phc.scheme.key_id.as_deref(), Some("ab12cd34"));
        assert!(Phc::parse(&text("m=8,t=1,p=1,keyid=Zm9v+/")).is_ok(), "the name of a foreign key");
    }

    #[test]
    fn hostile_texts_are_refused() {
        for (hostile, reason) in [
            ("", PhcError::Fields),
            ("$", PhcError::Fields),
            ("$$$$$", PhcError::Algorithm),
            ("$$$$$$", PhcError::Fields),
            ("argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Fields),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ", PhcError::Fields),
            ("$argon2id$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Fields),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA$", PhcError::Fields),
            ("$2b$12$abcdefghijklmnopqrstuv", PhcError::Fields),
            ("$scrypt$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Algorithm),
            ("$Argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Algorithm),
            ("$argon2id$v=18$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Version),
            ("$argon2id$v=019$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Version),
            ("$argon2id$19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Version),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Salt),
            ("$argon2id$v=19$m=8,t=1,p=1$$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Salt),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ=$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Salt),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHR$aGFzaGhhc2hoYXNoaGFzaA", PhcError::Salt),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g", PhcError::Tag),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$", PhcError::Tag),
            ("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFz*A", PhcError::Tag),
        ] {
            assert_eq!(error(hostile), Some(reason), "{hostile}");
        }
    }

    #[test]
    fn salts_and_outputs_have_a_ceiling() {
        let of = |salt: usize, tag: usize| {
            let [salt, tag] = [salt, tag].map(|length| STANDARD_NO_PAD.encode(vec![1; length]));
            error(&format!("$argon2id$v=19$m=8,t=1,p=1${salt}${tag}"))
        };
        assert_eq!(of(8, 16), None);
        assert_eq!(of(64, 64), None);
        assert_eq!(of(7, 16), Some(PhcError::Salt));
        assert_eq!(of(65, 16), Some(PhcError::Salt));
        assert_eq!(of(8, 15), Some(PhcError::Tag));
        assert_eq!(of(8, 65), Some(PhcError::Tag));
    }

    #[test]
    fn absurd_costs_are_refused() {
        for (costs, reason) in [
            ("m=4294967295,t=1,p=1", CostsError::Memory),
            ("m=262145,t=1,p=1", CostsError::Memory),
            ("m=0,t=1,p=1", CostsError::Memory),
            ("m=64,t=4294967295,p=1", CostsError::Iterations),
            ("m=64,t=0,p=1", CostsError::Iterations),
            ("m=64,t=1,p=16777215", CostsError::Parallelism),
            ("m=64,t=1,p=0", CostsError::Parallelism),
        ] {
            assert_eq!(error(&text(costs)), Some(PhcError::Costs(reason)), "{costs}");
        }
    }

    #[test]
    fn parameters_in_any_other_form_are_refused() {
        for parameters in [
            "",
            "m=64",
            "m=64,t=1",
            "t=1,m=64,p=1",
            "m=64,t=1,p=1,",
            "m=64,t=1,p=1,data=AAAA",
            "m=64,t=1,p=1,keyid=",
            "m=64,t=1,p=1,keyid=a b",
            "m=64,t=1,p=1,keyid=ab12cd34,data=AAAA",
            "m=64,t=1,p=1,keyid=0123456789012345678901234567890123",
            "keyid=ab12cd34,m=64,t=1,p=1",
            "m=+64,t=1,p=1",
            "m=-1,t=1,p=1",
            "m=064,t=1,p=1",
            "m= 64,t=1,p=1",
            "m=64,t=1,p=\u{661}",
            "m=99999999999999999999,t=1,p=1",
            "M=64,t=1,p=1",
            "m=,t=1,p=1",
        ] {
            assert_eq!(error(&text(parameters)), Some(PhcError::Parameters), "{parameters}");
        }
    }

    #[test]
    fn every_deviation_from_the_present_scheme_is_outdated() {
        let costs = |m, t, p| Costs::parse(m, t, p).unwrap();
        let present = Scheme::present(costs(64, 2, 1), Some("ab12cd34".into()));
        let of = |scheme: Scheme, salt, tag| Phc { scheme, salt: vec![0; salt], tag: vec![0; tag] };
        assert!(!of(present.clone(), 16, 32).is_outdated(&present));
        for scheme in [
            Scheme { variant: Variant::I, ..present.clone() },
            Scheme { version: Version::V16, ..present.clone() },
            Scheme { costs: costs(65, 2, 1), ..present.clone() },
            Scheme { costs: costs(64, 3, 1), ..present.clone() },
            Scheme { costs: costs(64, 2, 2), ..present.clone() },
            Scheme { key_id: None, ..present.clone() },
            Scheme { key_id: Some("another1".into()), ..present.clone() },
        ] {
            assert!(of(scheme.clone(), 16, 32).is_outdated(&present), "{scheme:?}");
        }
        assert!(of(present.clone(), 15, 32).is_outdated(&present));
        assert!(of(present.clone(), 16, 31).is_outdated(&present));
    }

    #[test]
    fn a_tag_matches_itself_only() {
        let phc = Phc::parse(&text("m=8,t=1,p=1")).unwrap();
        assert!(phc.matches(&phc.tag.clone()));
        let mut other = phc.tag.clone();
        other[31] ^= 1;
        assert!(!phc.matches(&other));
        assert!(!phc.matches(&phc.tag[..31]));
        assert!(!phc.matches(&[]));
    }

    fn any_text() -> impl Strategy<Value = String> {
        let costs = (32..=262_144_u32, 1..=16_u32, 1..=4_u32);
        let variant = prop::sample::select(Variant::ALL.as_slice());
        let version = prop::sample::select(Version::ALL.as_slice());
        let key_id = prop::option::of("[a-z0-9]{8}");
        let bytes = |range| prop::collection::vec(any::<u8>(), range);
        (variant, version, costs, key_id, bytes(8..=64), bytes(16..=64)).prop_map(
            |(variant, version, (memory, iterations, lanes), key_id, salt, tag)| {
                let costs = Costs::parse(memory, iterations, lanes).unwrap();
                Phc { scheme: Scheme { variant, version, costs, key_id }, salt, tag }.to_string()
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in any_text()) {
            let read = Phc::parse(&text).map(|phc| phc.to_string());
            prop_assert_eq!(read, Ok(text));
        }

        #[test]
        fn a_hash_has_one_text(
            text in any_text(),
            at in any::<prop::sample::Index>(),
            byte in b' '..=b'~',
        ) {
            let mut text = text.into_bytes();
            let at = at.index(text.len());
            text[at] = byte;
            let text = String::from_utf8(text).unwrap();
            if let Ok(read) = Phc::parse(&text) {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
