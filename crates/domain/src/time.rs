//! Time as a value. Rules take an [`Instant`]; only an adapter of [`Clock`] reads the real one.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use thiserror::Error;

/// A point in time in UTC, in whole microseconds, from year 1 to year 9999: every point that
/// RFC 3339 can write with a four-digit year, the end of .NET's `DateTime` included, which is
/// beyond jiff's own time stamps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// First and last microsecond of the range.
const FIRST: i64 = -62_135_596_800_000_000;
const LAST: i64 = 253_402_300_799_999_999;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Why a text is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InstantError {
    /// The text does not have the form of RFC 3339 §5.6 with an offset.
    #[error("must be a date and time of RFC 3339 with an offset, such as 2026-01-31T12:00:00Z")]
    Malformed,
    /// The point lies before year 1 or after year 9999.
    #[error("must lie between the years 0001 and 9999")]
    OutOfRange,
}

impl Instant {
    /// From microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InstantError::OutOfRange`] outside the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Result<Self, InstantError> {
        if (FIRST..=LAST).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(InstantError::OutOfRange)
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This point moved by `duration`, kept within the range of the type.
    #[must_use]
    pub fn saturating_add(self, duration: SignedDuration) -> Self {
        let limit = if duration.is_negative() { FIRST } else { LAST };
        let by = i64::try_from(duration.as_micros()).ok();
        let moved = by.and_then(|by| self.0.checked_add(by)).unwrap_or(limit);
        Self(moved.clamp(FIRST, LAST))
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    /// Parses RFC 3339 with any offset; digits below a microsecond are cut.
    fn from_str(text: &str) -> Result<Self, InstantError> {
        // jiff also reads the RFC 9557 suffix, other separators and short forms: they are not RFC 3339.
        let at = |index| text.as_bytes().get(index).copied();
        let shaped = (at(4), at(7), at(13), at(16))
            == (Some(b'-'), Some(b'-'), Some(b':'), Some(b':'))
            && matches!(at(10), Some(b'T' | b't'))
            && !text.contains(['[', ',']);
        if !shaped || !ends_in_offset(text) {
            return Err(InstantError::Malformed);
        }
        let text = &cut_fraction(text);
        let pieces =
            DateTimeParser::new().parse_pieces(text).map_err(|_| InstantError::Malformed)?;
        let (Some(time), Some(offset)) = (pieces.time(), pieces.to_numeric_offset()) else {
            return Err(InstantError::Malformed);
        };
        let local = pieces.date().to_datetime(time).duration_since(EPOCH);
        let utc = local - SignedDuration::from_secs(i64::from(offset.seconds()));
        // Towards the past, also before 1970: a cut never moves a point forward.
        let micros = utc.as_nanos().div_euclid(1_000);
        i64::try_from(micros).map_err(|_| InstantError::OutOfRange).and_then(Self::from_micros)
    }
}

/// Whether the text ends in `Z` or in an offset of the form `+hh:mm` (RFC 3339 §5.6).
fn ends_in_offset(text: &str) -> bool {
    let number = |tens: u8, ones: u8, below: u8| {
        tens.is_ascii_digit() && ones.is_ascii_digit() && (tens - b'0') * 10 + ones - b'0' < below
    };
    match text.as_bytes() {
        [.., b'Z' | b'z'] => true,
        [.., b'+' | b'-', h1, h2, b':', m1, m2] => number(*h1, *h2, 24) && number(*m1, *m2, 60),
        _ => false,
    }
}

/// The text with at most nine digits in its fraction, which may have any number of them.
fn cut_fraction(text: &str) -> String {
    let Some((whole, rest)) = text.split_once('.') else { return text.to_owned() };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (fraction, offset) = rest.split_at_checked(digits).unwrap_or((rest, ""));
    format!("{whole}.{}{offset}", fraction.get(..9).unwrap_or(fraction))
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC with six fraction digits and `Z`: one form everywhere, signed bytes included.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil =
            EPOCH.checked_add(SignedDuration::from_micros(self.0)).map_err(|_| fmt::Error)?;
        write!(f, "{civil:.6}Z")
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tells the time.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Clock: Send + Sync + 'static {
    /// The present moment. A use case reads it once and passes the value on.
    fn now(&self) -> Instant;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_becomes_utc_with_six_digits() {
        let at: Instant = "2026-01-31T13:00:00.5+01:00".parse().expect("valid");
        assert_eq!(at.to_string(), "2026-01-31T12:00:00.500000Z");
    }

    #[test]
    fn what_is_not_rfc_3339_is_refused() {
        for text in [
            "",
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00Z",
            "20260131T120000Z",
            "2026-01-31T12:00:00Z[UTC]",
            "2026-13-31T12:00:00Z",
            "2026-01-31T12:00:00,5Z",
            "2026-01-31T12:00:00+01",
            "2026-01-31T12:00:00+0100",
            "2026-01-31T12:00:00+01:00:30",
            "2026-01-31T12:00:00+24:00",
            "2026-01-31T12:00:00+01:60",
            "2026-01-31T12:00:00.Z",
            "now",
        ] {
            assert_eq!(text.parse::<Instant>(), Err(InstantError::Malformed), "{text}");
        }
    }

    #[test]
    fn the_edges_of_the_range_hold() {
        for text in ["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"] {
            assert_eq!(text.parse::<Instant>().map(|at| at.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("0001-01-01T00:00:00+01:00".parse::<Instant>(), Err(InstantError::OutOfRange));
        assert_eq!(
            "9999-12-31T23:59:59.9999999Z".parse::<Instant>().map(Instant::as_micros),
            Ok(LAST)
        );
        assert!("0000-12-31T23:59:59Z".parse::<Instant>().is_err());
        assert!(Instant::from_micros(i64::MAX).is_err());
        let last = Instant::from_micros(LAST).expect("in range");
        assert_eq!(last.saturating_add(SignedDuration::MAX), last);
    }

    #[test]
    fn a_fraction_may_have_any_number_of_digits() {
        let at: Instant = "2030-01-31T12:00:00.12345678901234567890-23:59".parse().expect("valid");
        assert_eq!(at.to_string(), "2030-02-01T11:59:00.123456Z");
    }

    #[test]
    fn a_cut_never_moves_a_point_forward() {
        let before: Instant = "1969-12-31T23:59:59.9999999Z".parse().expect("valid");
        assert_eq!(before.as_micros(), -1);
    }
}
