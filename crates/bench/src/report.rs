//! The page `docs/benchmarks.md`: what stands between its marks is written anew, the rest is kept.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::goal::{Findings, Goal, Target};
use crate::spread::Spread;
use crate::talk::say;
use crate::{Outcome, machine};

const BEGIN: &str = "<!-- measured: what stands below is written by `make bench` -->";
const END: &str = "<!-- measured: end -->";

/// Writes what was measured into the page.
pub(crate) fn write(findings: &Findings) -> Outcome<()> {
    let page = page();
    let text = fs::read_to_string(&page).map_err(|error| format!("{}: {error}", page.display()))?;
    let text = replaced(&text, &tables(findings))
        .ok_or_else(|| format!("{} has lost its marks", page.display()))?;
    fs::write(&page, text)?;
    say(format_args!("wrote {}", page.display()));
    Ok(())
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md")
}

/// The page with other tables between its marks; `None` when it has none.
fn replaced(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{tables}\n{END}{after}"))
}

/// What was measured, in Markdown.
pub(crate) fn tables(findings: &Findings) -> String {
    let mut text = format!("Machine: {}.\n\n", machine::description());
    text.push_str("| Goal | Figure | Target | Median | Min – max | Met |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for goal in &findings.goals {
        text.push_str(&line(goal));
    }
    text.push_str("\n| Raw figure | Unit | Median | Min – max |\n| --- | --- | --- | --- |\n");
    for raw in &findings.raw {
        let (median, range) = cells(&raw.measured);
        // Writing to a String does not fail.
        let _ = writeln!(text, "| {} | {} | {median} | {range} |", raw.what, raw.unit);
    }
    text
}

fn line(goal: &Goal) -> String {
    let Goal { number, figure, target, measured } = goal;
    let (median, range) = cells(measured);
    let (target, met) = match target {
        Some(target @ Target::AtLeast(least)) => {
            (format!("≥ {}", number_text(*least)), met(*target, measured))
        }
        Some(target @ Target::AtMost(most)) => {
            (format!("≤ {}", number_text(*most)), met(*target, measured))
        }
        None => ("–".into(), "–"),
    };
    format!("| {number} | {figure} | {target} | {median} | {range} | {met} |\n")
}

fn met(target: Target, measured: &Spread) -> &'static str {
    if target.is_met_by(measured) { "yes" } else { "**no**" }
}

fn cells(measured: &Spread) -> (String, String) {
    let range = format!("{} – {}", number_text(measured.min()), number_text(measured.max()));
    (number_text(measured.median()), range)
}

/// Three significant digits at least, none after the point that say nothing; thousands apart.
fn number_text(value: f64) -> String {
    let digits = match value.abs() {
        small if small < 10.0 => 2,
        small if small < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    if digits > 0 || !value.is_finite() {
        return text;
    }
    let mut apart = String::new();
    for (at, digit) in text.chars().enumerate() {
        if apart.ends_with(|last: char| last.is_ascii_digit())
            && (text.len() - at).is_multiple_of(3)
        {
            apart.push('\u{a0}');
        }
        apart.push(digit);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_by_hand_is_kept() {
        let page = format!("# Title\n\n{BEGIN}\nold\n{END}\n\n## What was tried\n");
        let written = replaced(&page, "new\n").expect("marks");
        assert_eq!(written, format!("# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\n## What was tried\n"));
        assert_eq!(replaced(&written, "new\n").as_deref(), Some(written.as_str()));
        assert_eq!(replaced("# Title\n", "new\n"), None);
    }

    #[test]
    fn the_page_has_its_marks() {
        let text = fs::read_to_string(page()).expect("the page is there");
        assert!(replaced(&text, "").is_some());
    }

    #[test]
    fn numbers_have_no_more_digits_than_they_mean() {
        let texts = [0.456, 1.5, 20.04, 123.4, 20_000.0, 1_234_567.8].map(number_text);
        assert_eq!(texts, ["0.46", "1.50", "20.0", "123", "20\u{a0}000", "1\u{a0}234\u{a0}568"]);
    }

    #[test]
    fn a_negative_number_keeps_its_sign_beside_it() {
        assert_eq!([-515.0, -1_515.0].map(number_text), ["-515", "-1\u{a0}515"]);
    }

    #[test]
    fn a_figure_that_falls_short_says_so() {
        let mut findings = Findings::default();
        let half = Some(Target::AtLeast(0.5));
        findings.goal("P8", "one", half, [0.4].into_iter().collect());
        findings.goal("P8", "other", half, [0.6].into_iter().collect());
        let text = tables(&findings);
        assert!(text.contains("| P8 | one | ≥ 0.50 | 0.40 | 0.40 – 0.40 | **no** |"), "{text}");
        assert!(text.contains("| P8 | other | ≥ 0.50 | 0.60 | 0.60 – 0.60 | yes |"), "{text}");
    }
}
