//! Values of the domain, so that a test says what matters to it and nothing else.
//!
//! What is not said has its default. Ids are made of names, so that equal names have equal ids and
//! every run sees the same ones; `id` says another.
//!
//! ```
//! use testkit::builders::{a_user, a_group};
//!
//! let staff = a_group("staff").build();
//! let ada = a_user("ada").email("ada@example.com").profile("color", "red").in_group(staff.id).draft();
//! assert_eq!(ada.login_name.as_str(), "ada");
//! ```
//!
//! # Panics
//! A builder that is given a text that its type refuses panics: the test is wrong.
#![expect(clippy::expect_used, reason = "a test that builds an invalid value is wrong itself")]
#![expect(clippy::missing_panics_doc, reason = "said once, in the documentation of the module")]

mod caller;
mod client;
mod group;
mod user;

pub use caller::{CallerBuilder, a_caller};
pub use client::{ClientBuilder, a_client};
pub use group::{GroupBuilder, a_group};
pub use user::{UserBuilder, a_user};

use domain::audit::Signer as _;
use domain::id::StoreId;
use domain::store::{Overrides, Store, StoreName};
use domain::version::Version;
use uuid::Uuid;

use crate::TestSigner;

/// A store of that name, nothing set for it, that is not yet recorded; the usual key signs its trail.
pub fn a_store(name: &str) -> Store {
    Store {
        id: StoreId::new(uuid_of("store", name)),
        name: StoreName::parse(name).expect("a name of a store"),
        set: Overrides::default(),
        audit_key: TestSigner::default().public_key(),
        version: Version::UNRECORDED,
    }
}

/// A UUID of the form of version 7 that `kind` and `name` determine: FNV-1a over both.
pub fn uuid_of(kind: &str, name: &str) -> Uuid {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    const OFFSET: u128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D;
    let bytes = kind.bytes().chain([0]).chain(name.bytes());
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    let shape = !(0xF000_u128 << 64) & !(0xC000_u128 << 48);
    Uuid::from_u128(hash & shape | 0x7000 << 64 | 0x8000 << 48)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_kind_and_name() {
        assert_eq!(uuid_of("user", "ada"), uuid_of("user", "ada"));
        assert_ne!(uuid_of("user", "ada"), uuid_of("user", "bob"));
        assert_ne!(uuid_of("user", "ada"), uuid_of("group", "ada"));
        assert_eq!(uuid_of("user", "ada").get_version_num(), 7);
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let user = a_user("ada").build();
        assert_eq!(user.login_name.as_str(), "ada");
        assert!(user.active && user.email.is_none() && !user.signs_in_by_email);
        assert!(a_store("shop").set.is_empty());
    }
}
