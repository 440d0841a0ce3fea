use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use domain::random::Random;
use domain::secrets::{OpenError, SecretPurpose, Secrets};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The keys for what is secret in the database: the present one, and former ones that still open
/// what was sealed and verify what was peppered with them. Wiped when dropped, and never printed.
///
/// None is used as it is: the key for a purpose is HMAC-SHA256(key, `userstore/<label>`), so that
/// what is made for one purpose is worthless for another.
///
/// Sealed bytes are: 1 (their version), the 8 characters of the key id, a nonce of 24 random bytes,
/// and the ciphertext with its tag of XChaCha20-Poly1305. Its associated data are the label of the
/// purpose, a zero byte, and the place.
pub struct SecretKeys {
    /// The present one.
    present: Key,
    /// Those before it, latest first.
    former: Vec<Key>,
    random: Arc<dyn Random>,
}

/// A key with its name.
struct Key {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// Why a text holds no secret keys. Says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeysError {
    /// A line is no key, two have one id, or there is none or too many.
    Malformed,
    /// There is no room for one more.
    Full,
}

const KEY_BYTES: usize = 32;
const ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;
const PEPPER: &str = "pepper";
/// The first of the sealed bytes.
const SEALED_VERSION: u8 = 1;

impl SecretKeys {
    /// The most keys that are kept.
    pub(crate) const MOST: usize = 64;
    /// The longest text, in bytes: a line takes 54.
    pub(crate) const MOST_TEXT_BYTES: usize = 4096;

    /// One new key.
    pub fn generate(random: Arc<dyn Random>) -> Self {
        Self { present: Key::generate(random.as_ref()), former: Vec::new(), random }
    }

    /// Reads one key a line, the present one first: `<key id> <base64 of 32 bytes>`.
    pub(crate) fn from_text(text: &str, random: Arc<dyn Random>) -> Result<Self, KeysError> {
        let keys: Option<Vec<Key>> = text.lines().map(Key::from_line).collect();
        let mut keys = keys.ok_or(KeysError::Malformed)?.into_iter();
        let present = keys.next().ok_or(KeysError::Malformed)?;
        let read = Self { present, former: keys.collect(), random };
        if read.count() > Self::MOST || read.has_twins() {
            return Err(KeysError::Malformed);
        }
        Ok(read)
    }

    /// The text that [`Self::from_text`] reads.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(Self::MOST_TEXT_BYTES));
        for key in self.latest_first() {
            key.write_line(&mut text);
        }
        text
    }

    /// The same keys behind a new one.
    pub(crate) fn rotated(self) -> Result<Self, KeysError> {
        if self.count() >= Self::MOST {
            return Err(KeysError::Full);
        }
        let Self { present, mut former, random } = self;
        former.insert(0, present);
        Ok(Self { present: Key::generate(random.as_ref()), former, random })
    }

    /// The name of the key for what is sealed and peppered from now on.
    pub fn present_id(&self) -> &str {
        &self.present.id
    }

    /// The names of all keys, the present one first, which may be told to anybody.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.latest_first().map(|key| key.id.as_str())
    }

    /// The first of these names that no key has: what is registered in the database and not here.
    pub fn missing<'a>(&self, registered: &'a [String]) -> Option<&'a str> {
        registered.iter().map(String::as_str).find(|id| self.find(id).is_none())
    }

    /// What passwords are peppered with under the key of this name.
    pub(crate) fn pepper(&self, id: &str) -> Option<Zeroizing<[u8; 32]>> {
        self.find(id).map(|key| key.derive(PEPPER))
    }

    fn latest_first(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.present).chain(&self.former)
    }

    /// Known names hash alike after a rotation: a throttle must not forget whom it counted.
    fn oldest(&self) -> &Key {
        self.former.last().unwrap_or(&self.present)
    }

    fn count(&self) -> usize {
        1 + self.former.len()
    }

    fn find(&self, id: &str) -> Option<&Key> {
        self.latest_first().find(|key| key.id == id)
    }

    fn has_twins(&self) -> bool {
        let mut ids: Vec<_> = self.ids().collect();
        ids.sort_unstable();
        ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
    }
}

impl Secrets for SecretKeys {
    fn keyed_hash(&self, purpose: SecretPurpose, text: &[u8]) -> [u8; 32] {
        mac(self.oldest().derive(purpose.label()).as_slice(), &[text])
    }

    #[expect(clippy::expect_used, reason = "the cipher takes up to 256 GiB")]
    fn seal(&self, purpose: SecretPurpose, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        self.random.fill(&mut nonce);
        let bound = bound_to(purpose, place);
        let payload = Payload { msg: plain, aad: &bound };
        let cipher = self.present.cipher(purpose);
        let ciphertext = cipher.encrypt(&XNonce::from(nonce), payload).expect("a short text");
        [&[SEALED_VERSION], self.present.id.as_bytes(), &nonce, &ciphertext].concat()
    }

    fn open(
        &self,
        purpose: SecretPurpose,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let sealed = Sealed::parse(sealed).ok_or(OpenError)?;
        let key = self.find(sealed.key_id).ok_or(OpenError)?;
        let bound = bound_to(purpose, place);
        let payload = Payload { msg: sealed.ciphertext, aad: &bound };
        let opened = key.cipher(purpose).decrypt(&XNonce::from(sealed.nonce), payload);
        opened.map(Zeroizing::new).map_err(|_| OpenError)
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKeys(..)")
    }
}

impl Key {
    fn generate(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        random.fill(bytes.as_mut_slice());
        Self { id: new_id(random), bytes }
    }

    fn from_line(line: &str) -> Option<Self> {
        let (id, encoded) = line.split_once(' ')?;
        let of_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if id.len() != ID_BYTES || !id.bytes().all(of_id) {
            return None;
        }
        // The decoder wants room for a whole group of characters.
        let mut decoded = Zeroizing::new([0; KEY_BYTES + 1]);
        let length = STANDARD.decode_slice(encoded, decoded.as_mut_slice()).ok()?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        bytes.copy_from_slice(decoded.get(..length).filter(|_| length == KEY_BYTES)?);
        Some(Self { id: id.to_owned(), bytes })
    }

    fn write_line(&self, text: &mut String) {
        text.push_str(&self.id);
        text.push(' ');
        STANDARD.encode_string(self.bytes.as_slice(), text);
        text.push('\n');
    }

    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(self.bytes.as_slice(), &[b"userstore/", label.as_bytes()]))
    }

    fn cipher(&self, purpose: SecretPurpose) -> XChaCha20Poly1305 {
        let key = self.derive(purpose.label());
        XChaCha20Poly1305::new((&*key).into())
    }
}

/// Sealed bytes, taken apart.
struct Sealed<'a> {
    key_id: &'a str,
    nonce: [u8; NONCE_BYTES],
    ciphertext: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        if *version != SEALED_VERSION {
            return None;
        }
        let (key_id, rest) = rest.split_at_checked(ID_BYTES)?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        Some(Self { key_id: str::from_utf8(key_id).ok()?, nonce: *nonce, ciphertext })
    }
}

/// The associated data. No label holds a zero byte, so no two pairs give the same.
fn bound_to(purpose: SecretPurpose, place: &[u8]) -> Vec<u8> {
    [purpose.label().as_bytes(), &[0], place].concat()
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Eight characters of which each of the 36 is as likely as any other.
fn new_id(random: &dyn Random) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut id = String::with_capacity(ID_BYTES);
    while id.len() < ID_BYTES {
        let mut byte = [0];
        random.fill(&mut byte);
        let [byte] = byte.map(usize::from);
        // 252 is the largest multiple of 36: what is above would favour the first letters.
        if let Some(letter) = ALPHABET.get(byte % ALPHABET.len()).filter(|_| byte < 252) {
            id.push(char::from(*letter));
        }
    }
    id
}

#[cfg(test)]
mod tests;
