use std::cmp::Ordering;

use domain::text::Folded;

/// The common passwords that come with the program, folded: 15 000 of 15 characters and more, 50 000
/// of 6 to 14. Where they come from stands in `data/README.md`.
///
/// They are searched where they lie in the program: nothing is read or set up at the start.
#[derive(Clone, Copy, Debug)]
pub struct CommonPasswords {
    /// One a line, ordered by their bytes.
    sorted: &'static [u8],
}

impl CommonPasswords {
    /// The shipped list.
    pub fn shipped() -> Self {
        Self { sorted: include_bytes!("../../data/common-passwords.txt") }
    }

    /// Whether the whole of a folded password is on the list.
    pub fn contains(self, folded: &Folded) -> bool {
        let wanted = folded.as_str().as_bytes();
        let mut rest = self.sorted;
        while !rest.is_empty() {
            let (before, line, after) = around_the_middle(rest);
            rest = match wanted.cmp(line) {
                Ordering::Less => before,
                Ordering::Equal => return true,
                Ordering::Greater => after,
            };
        }
        false
    }
}

/// The line in the middle of some lines, between those before and those after it. A line end in the
/// middle counts to the line that it ends.
fn around_the_middle(lines: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let is_end = |byte: &u8| *byte == b'\n';
    let (left, right) = lines.split_at(lines.len() / 2);
    let start = left.iter().rposition(is_end).map_or(0, |end| end + 1);
    let end = left.len() + right.iter().position(is_end).unwrap_or(right.len());
    let (before, _) = lines.split_at(start);
    let (upto, from) = lines.split_at(end);
    (before, upto.get(start..).unwrap_or_default(), from.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_set;
    use proptest::prelude::*;

    use super::*;

    fn contains(password: &str) -> bool {
        CommonPasswords::shipped().contains(&Folded::of(password))
    }

    fn shipped() -> Vec<&'static str> {
        str::from_utf8(CommonPasswords::shipped().sorted).unwrap().lines().collect()
    }

    #[test]
    fn what_everybody_takes_is_common_in_any_case() {
        for password in ["123456", "password", "PassWord", "QWERTY123", "1qaz2wsx3edc4rfv"] {
            assert!(contains(password), "{password}");
        }
        assert!(contains("ManchesterUnited"));
    }

    #[test]
    fn only_the_whole_password_counts() {
        let neighbours = "manchesterunited\nmanchesterunited1";
        assert!(neighbours.lines().all(contains));
        for password in ["", "\n", "anchesterunited", "manchesterunited\n", "\nmanchesterunited"] {
            assert!(!contains(password), "{password:?}");
        }
        assert!(!contains(neighbours));
        assert!(!contains("correct horse battery staple, but longer"));
    }

    #[test]
    fn every_shipped_password_is_found() {
        assert!(shipped().into_iter().all(contains));
    }

    #[test]
    fn the_shipped_list_is_folded_and_sorted_without_doubles() {
        let list = shipped();
        assert!(list.iter().all(|line| Folded::of(line).as_str() == *line));
        assert!(list.is_sorted_by(|left, right| left.as_bytes() < right.as_bytes()));
    }

    #[test]
    fn the_shipped_list_serves_long_and_short_policies_and_stays_small() {
        let (long, short): (Vec<_>, Vec<_>) =
            shipped().into_iter().partition(|line| line.chars().count() >= 15);
        assert_eq!((long.len(), short.len()), (15_000, 50_000));
        assert!(short.iter().all(|line| line.chars().count() >= 6));
        assert!(CommonPasswords::shipped().sorted.len() <= 700_000);
    }

    proptest! {
        #[test]
        fn exactly_the_lines_are_found(
            lines in btree_set("[a-c]{1,3}", 0..12), wanted in "[a-c]{0,3}", ended: bool,
        ) {
            let mut text = lines.iter().cloned().collect::<Vec<_>>().join("\n");
            if ended && !text.is_empty() {
                text.push('\n');
            }
            let list = CommonPasswords { sorted: text.leak().as_bytes() };
            prop_assert_eq!(list.contains(&Folded::of(&wanted)), lines.contains(&wanted));
        }
    }
}
