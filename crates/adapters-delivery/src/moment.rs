//! A point in time as mail says it: in UTC, to the minute before it.

use domain::time::Instant;

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// Spelled out where the language is known, else as `2026-01-31 12:00 UTC`.
pub(crate) fn spelled(at: Instant, language: &str) -> String {
    let text = at.to_string();
    // `2026-01-31T12:00:00.000000Z`, always.
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let minute = time.get(..5).unwrap_or(time);
    let month_of = |months: [&'static str; 12]| day_of(date, months);
    match language {
        "en" => month_of(ENGLISH)
            .map(|(day, month, year)| format!("{day} {month} {year}, {minute} UTC")),
        "de" => month_of(GERMAN)
            .map(|(day, month, year)| format!("{day}. {month} {year}, {minute} Uhr (UTC)")),
        _ => None,
    }
    .unwrap_or_else(|| format!("{date} {minute} UTC"))
}

/// Day, month and year of a date such as `2026-01-31`.
fn day_of<'a>(date: &'a str, months: [&'static str; 12]) -> Option<(u8, &'static str, &'a str)> {
    let mut parts = date.split('-');
    let year = parts.next()?;
    let month: usize = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    Some((day, months.get(month.checked_sub(1)?)?, year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_it_in_utc() {
        let at: Instant = "2026-03-01T00:05:59.9+02:00".parse().unwrap();
        for (language, text) in [
            ("en", "28 February 2026, 22:05 UTC"),
            ("de", "28. Februar 2026, 22:05 Uhr (UTC)"),
            ("fr", "2026-02-28 22:05 UTC"),
        ] {
            assert_eq!(spelled(at, language), text);
        }
        let last: Instant = "9999-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(spelled(last, "en"), "31 December 9999, 23:59 UTC");
    }
}
