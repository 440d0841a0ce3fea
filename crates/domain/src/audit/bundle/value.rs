//! The forms that values have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;

use crate::id::StoreId;

/// The bytes of a base64 text, in its one form, where they are `N`: at most 64.
pub(super) fn base64<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Groups of four characters hold three bytes each; two bytes of the last one may be padding.
    let mut bytes = [0; 66];
    let fits = text.len() == N.div_ceil(3) * 4;
    let length = STANDARD.decode_slice(text, bytes.get_mut(..N.div_ceil(3) * 3)?).ok()?;
    if fits && length == N { bytes.first_chunk().copied() } else { None }
}

/// The id of a store, in its one form.
pub(super) fn store(text: &str) -> Option<StoreId> {
    let store: StoreId = text.parse().ok()?;
    (store.to_string() == text).then_some(store)
}

/// Whether it is a date and time that exist, in the form `YYYY-MM-DDThh:mm:ss.ffffffZ`.
pub(super) fn is_timestamp(text: &str) -> bool {
    const FORM: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";
    let has_form = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == *form,
        });
    has_form && exists(text).unwrap_or(false)
}

fn exists(text: &str) -> Option<bool> {
    let small = |place: usize| text.get(place..place + 2)?.parse::<i8>().ok();
    let (year, month, day) = (text.get(..4)?.parse().ok()?, small(5)?, small(8)?);
    let (hour, minute, second) = (small(11)?, small(14)?, small(17)?);
    let is_date = year >= 1 && Date::new(year, month, day).is_ok();
    Some(is_date && hour < 24 && minute < 60 && second < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_one_form_and_one_length() {
        assert_eq!(base64::<4>("AQIDBA=="), Some([1, 2, 3, 4]));
        for other in
            ["AQIDBA", "AQIDBB==", "AQIDBA=", "AQID", "AQIDBAUG", "AQID BA==", "AQIDBA==\n"]
        {
            assert_eq!(base64::<4>(other), None, "{other}");
        }
        for length in 0..=8 {
            let text = STANDARD.encode(&[9; 8][..length]);
            assert_eq!(base64::<4>(&text).is_some(), length == 4);
            assert_eq!(base64::<3>(&text).is_some(), length == 3);
        }
        assert_eq!(base64(&STANDARD.encode([7; 64])), Some([7; 64]));
        assert_eq!(base64(&STANDARD.encode([7; 44])), Some([7; 44]));
        assert_eq!(base64(&STANDARD.encode([7; 32])), Some([7; 32]));
        assert_eq!(base64(&STANDARD.encode([7; 16])), Some([7; 16]));
    }

    #[test]
    fn a_timestamp_has_one_form_and_exists() {
        for good in [
            "0001-01-01T00:00:00.000000Z",
            "2024-02-29T23:59:59.999999Z",
            "9999-12-31T23:59:59.999999Z",
        ] {
            assert!(is_timestamp(good), "{good}");
        }
        for other in [
            "0000-01-01T00:00:00.000000Z",
            "2023-02-29T00:00:00.000000Z",
            "2024-13-01T00:00:00.000000Z",
            "2024-00-01T00:00:00.000000Z",
            "2024-01-00T00:00:00.000000Z",
            "2024-01-01T24:00:00.000000Z",
            "2024-01-01T23:60:00.000000Z",
            "2024-12-31T23:59:60.000000Z",
            "2024-01-01T00:00:00.00000Z",
            "2024-01-01T00:00:00Z",
            "2024-01-01t00:00:00.000000Z",
            "2024-01-01T00:00:00.000000z",
            "2024-01-01T00:00:00.000000+",
            "+024-01-01T00:00:00.000000Z",
            "",
        ] {
            assert!(!is_timestamp(other), "{other}");
        }
    }
}
