//! Opaque positions in lists: where the next page begins, of which list, and in which order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{AuditId, ClientId, GroupId, StoreId, UserId};
use domain::page::Place;
use domain::store::StoreRef;
use domain::text::Folded;
use uuid::Uuid;

/// What tells one item of a list from another, as the bytes of a cursor.
pub(crate) trait Key: Sized + 'static {
    /// Its bytes.
    fn to_bytes(&self) -> Vec<u8>;

    /// The key that these bytes are; `None` when they are none.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// Makes and reads the cursors of one list, as one query asks for it. A cursor of another list, of
/// another store, of another filter or order is none.
///
/// The mark in a cursor guards against mistakes, not against forgery: a forged cursor shows nothing
/// that a page would not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursors {
    origin: Fnv,
}

/// Longer texts are not worth decoding. A cursor holds a text of 256 characters and perhaps a key
/// of as many, of at most four bytes each; composing may make three out of one.
const MOST_CHARACTERS: usize = 12 * 1024;

impl Cursors {
    /// Those of the list in `store`, as the path names it, that `parts` tell from others.
    pub(crate) fn of(store: &StoreRef, parts: &[&str]) -> Self {
        let store = match store {
            StoreRef::Id(id) => id.to_string(),
            StoreRef::Name(name) => name.folded().as_str().to_owned(),
        };
        let origin = Fnv::START.with(store.as_bytes());
        Self { origin: parts.iter().fold(origin, |mark, part| mark.with(part.as_bytes())) }
    }

    /// The cursor that stands behind the item at `place`.
    pub(crate) fn encode<K: Key>(self, place: &Place<K>) -> String {
        let id = place.id.to_bytes();
        // A key is far shorter than 64 KiB; a longer one would make a cursor that is refused.
        let length = u16::try_from(id.len()).unwrap_or(u16::MAX);
        let position = [&length.to_be_bytes()[..], &id, place.sort.as_bytes()].concat();
        let mark = self.mark(&position);
        URL_SAFE_NO_PAD.encode([position, mark.to_vec()].concat())
    }

    /// The place that a cursor stands behind; `None` when the text is no cursor of this list.
    pub(crate) fn decode<K: Key>(self, text: &str) -> Option<Place<K>> {
        if text.len() > MOST_CHARACTERS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (position, mark) = bytes.split_last_chunk()?;
        if *mark != self.mark(position) {
            return None;
        }
        let (length, rest) = position.split_first_chunk()?;
        let (id, sort) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        Some(Place { sort: text_of(sort)?.to_owned(), id: K::from_bytes(id)? })
    }

    fn mark(self, position: &[u8]) -> [u8; 8] {
        self.origin.with(position).0.to_be_bytes()
    }
}

/// The text that these bytes are. No list holds U+0000, and not every database takes it.
fn text_of(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// FNV-1a of parts, each ended by a byte that no UTF-8 text holds.
#[derive(Clone, Copy, Debug)]
struct Fnv(u64);

impl Fnv {
    const START: Self = Self(0xcbf2_9ce4_8422_2325);

    fn with(self, part: &[u8]) -> Self {
        let bytes = part.iter().chain(&[0xFF]);
        Self(
            bytes.fold(self.0, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            }),
        )
    }
}

/// Keys that are a UUID.
macro_rules! uuid_keys {
    ($($id:ident),+) => {
        $(impl Key for $id {
            fn to_bytes(&self) -> Vec<u8> {
                self.as_uuid().into_bytes().to_vec()
            }

            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self::new)
            }
        })+
    };
}
uuid_keys!(UserId, GroupId, StoreId, ClientId);

impl Key for AuditId {
    fn to_bytes(&self) -> Vec<u8> {
        self.get().to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::new(i64::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl Key for Folded {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        text_of(bytes).map(Self::from_folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cursors(store: &str, parts: &[&str]) -> Cursors {
        Cursors::of(&StoreRef::parse(store).expect("valid"), parts)
    }

    fn place(sort: &str) -> Place<UserId> {
        Place { sort: sort.to_owned(), id: UserId::new(Uuid::from_u128(7)) }
    }

    #[test]
    fn a_cursor_belongs_to_one_query_of_one_list_of_one_store() {
        let parts = ["users", "active eq true", "loginName", "ascending"];
        let text = cursors("Shop", &parts).encode(&place("ada"));
        assert_eq!(cursors("shop", &parts).decode(&text), Some(place("ada")));
        assert_eq!(cursors("other", &parts).decode::<UserId>(&text), None);
        for index in 0..parts.len() {
            let mut others = parts;
            others[index] = "x";
            assert_eq!(cursors("shop", &others).decode::<UserId>(&text), None, "{others:?}");
        }
        assert_eq!(cursors("shop", &parts).decode::<AuditId>(&text), None);
    }

    #[test]
    fn parts_are_not_run_together() {
        let text = cursors("shop", &["ab", "c"]).encode(&place(""));
        assert_eq!(cursors("shop", &["a", "bc"]).decode::<UserId>(&text), None);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "a", "AAAA", "%%%", &"A".repeat(100_000), &"A".repeat(32)] {
            assert_eq!(cursors("shop", &[]).decode::<UserId>(text), None);
        }
    }

    #[test]
    fn a_forged_cursor_with_a_character_that_no_database_holds_is_refused() {
        let cursors = cursors("shop", &[]);
        assert_eq!(cursors.decode::<UserId>(&cursors.encode(&place("a\0b"))), None);
        let key = Place { sort: String::new(), id: Folded::from_folded("a\0b") };
        assert_eq!(cursors.decode::<Folded>(&cursors.encode(&key)), None);
    }

    #[test]
    fn the_longest_texts_make_a_cursor_that_is_read() {
        let key = Folded::of(&"\u{1F600}".repeat(256));
        let place = Place { sort: key.as_str().to_owned(), id: key };
        let text = cursors("shop", &[]).encode(&place);
        assert_eq!(cursors("shop", &[]).decode(&text), Some(place));
    }

    #[test]
    fn a_key_that_folds_further_stays_as_it_is() {
        let key = Folded::of("\u{1E9B}\u{323}");
        assert_ne!(Folded::of(key.as_str()), key);
        let place = Place { sort: String::new(), id: key };
        let text = cursors("shop", &[]).encode(&place);
        assert_eq!(cursors("shop", &[]).decode(&text), Some(place));
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_its_place(sort in "[^\\x00]{0,256}", id in any::<u128>()) {
            let place = Place { sort, id: GroupId::new(Uuid::from_u128(id)) };
            let text = cursors("shop", &["groups"]).encode(&place);
            prop_assert_eq!(cursors("shop", &["groups"]).decode(&text), Some(place));
        }

        #[test]
        fn any_changed_cursor_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
            let text = cursors("shop", &[]).encode(&place("ada"));
            let at = at.index(text.len());
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != text);
            prop_assert_eq!(cursors("shop", &[]).decode::<UserId>(&changed), None);
        }
    }
}
