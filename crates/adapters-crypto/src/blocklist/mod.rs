//! The passwords that an attacker tries first: the list that is compiled in, and the one that the
//! operator had built.

mod breached;
mod common;

pub use breached::{BreachFilter, BreachFilterError, BuildError, Built, LineFault};
pub use common::CommonPasswords;

use domain::password::{Blocklist, Password};
use domain::text::Folded;

/// Both lists as one port of the domain.
#[derive(Debug)]
pub struct Lists {
    common: CommonPasswords,
    breached: Option<BreachFilter>,
}

impl Lists {
    /// The shipped list beside the operator's, where there is one.
    pub fn new(breached: Option<BreachFilter>) -> Self {
        Self { common: CommonPasswords::shipped(), breached }
    }
}

impl Blocklist for Lists {
    fn is_common(&self, folded: &Folded) -> bool {
        self.common.contains(folded)
    }

    fn is_breached(&self, password: &Password) -> bool {
        self.breached.as_ref().is_some_and(|filter| filter.contains(password.reveal()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn without_a_list_of_the_operator_only_the_shipped_one_counts() {
        let lists = Lists::new(None);
        assert!(lists.is_common(&Folded::of("Password")));
        assert!(!lists.is_breached(&password("password")));
    }

    #[test]
    fn the_list_of_the_operator_is_asked_for_the_password_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let (list, built) = (directory.path().join("list"), directory.path().join("filter"));
        fs::write(&list, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10434004\r\n").unwrap();
        BreachFilter::build(&list, &built).unwrap();
        let lists = Lists::new(Some(BreachFilter::open(&built).unwrap()));
        assert!(lists.is_breached(&password("password")));
        assert!(!lists.is_breached(&password("Password")));
    }
}
