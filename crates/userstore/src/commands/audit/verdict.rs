use std::io::{self, Write};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::bundle::{Report, Tail};

/// What was found of one bundle, or of one log.
pub(super) struct Verdict {
    /// What was verified.
    pub(super) what: String,
    pub(super) report: Report,
    /// How long it took.
    pub(super) took: Duration,
}

impl Verdict {
    /// As a JSON object, or for people: the verdict in one line, then what is wrong, then counts, then
    /// what is not proved.
    pub(super) fn print(&self, json: bool, out: &mut impl Write) -> io::Result<()> {
        if json { writeln!(out, "{}", self.report.to_json()) } else { self.tell(out) }
    }

    fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { what, report, .. } = self;
        let verdict = if report.is_valid() { "good" } else { "NOT GOOD" };
        writeln!(out, "{verdict}: {what}")?;
        for (name, value) in self.lines() {
            writeln!(out, "  {name:12} {value}")?;
        }
        Ok(())
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let report = &self.report;
        let mut lines = vec![];
        if let Some(fault) = &report.fault {
            lines.push(("first fault", format!("{}: {}", fault.reason.name(), fault.detail)));
            let line = fault.line.map(|line| format!(", line {line}")).unwrap_or_default();
            lines.push(("where", format!("leaf {}{line}", fault.leaf)));
        }
        lines.extend(report.store.map(|store| ("store", store.to_string())));
        lines.extend(self.leaves().map(|leaves| ("leaves", leaves)));
        let good = if report.is_valid() { "" } else { " found good before" };
        let counts = format!(
            "{} entries ({} erased), {} checkpoints, {} keys{good}",
            report.entries, report.erased, report.checkpoints, report.keys
        );
        lines.push(("counts", counts));
        lines.extend(report.key.map(|key| ("signed by", STANDARD.encode(key.0))));
        lines.push(("speed", self.speed()));
        if report.is_valid() {
            lines.extend(self.unproved().into_iter().map(|what| ("not proved", what)));
        }
        lines
    }

    fn leaves(&self) -> Option<String> {
        let (first, size) = (self.report.first?, self.report.size?);
        Some(match size.checked_sub(1) {
            Some(last) if first <= last => format!("{first} to {last}"),
            _ => format!("none from {first} on"),
        })
    }

    fn speed(&self) -> String {
        let micros = self.took.as_micros().max(1);
        let a_second = u128::from(self.report.entries) * 1_000_000 / micros;
        format!("{a_second} entries a second, {:.2} s", self.took.as_secs_f64())
    }

    /// What even a good report leaves open.
    fn unproved(&self) -> Vec<String> {
        let Report { first, tail, .. } = &self.report;
        let mut open = vec![];
        if let Some(first) = first.filter(|first| *first > 0) {
            open.push(format!("what stood before leaf {first}: its archives have to be verified"));
        }
        if *tail == Tail::Unprotected {
            let end = "that nothing was cut off at the end, and that the whole was not made anew: for \
                       that, give --checkpoint a checkpoint that was kept elsewhere, and look whether \
                       the key is yours";
            open.push(end.to_owned());
        }
        open
    }
}

#[cfg(test)]
mod tests {
    use domain::audit::PublicKeyInfo;
    use domain::audit::bundle::{Fault, Reason};

    use super::*;

    fn verdict(fault: Option<Fault>) -> Verdict {
        let report = Report {
            fault,
            store: Some("018f3b1e-0000-7000-8000-000000000001".parse().unwrap()),
            first: Some(0),
            size: Some(50),
            entries: 50,
            erased: 2,
            checkpoints: 3,
            keys: 1,
            root: None,
            key: Some(PublicKeyInfo([0; 44])),
            tail: Tail::Unprotected,
        };
        Verdict { what: "a.jsonl".into(), report, took: Duration::from_millis(500) }
    }

    fn told(verdict: &Verdict, json: bool) -> String {
        let mut out = Vec::new();
        verdict.print(json, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_good_report_says_what_is_not_proved() {
        let mut good = verdict(None);
        let text = told(&good, false);
        assert!(text.starts_with("good: a.jsonl\n"), "{text}");
        for part in [
            "0 to 49",
            "50 entries (2 erased), 3 checkpoints, 1 keys\n",
            "signed by    AAAA",
            "100 entries a",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.contains("not proved   that nothing was cut off at the end"), "{text}");
        good.report.tail = Tail::Pinned;
        assert!(!told(&good, false).contains("not proved"));
        (good.report.first, good.report.size) = (Some(50), Some(50));
        let text = told(&good, false);
        assert!(text.contains("none from 50 on"), "{text}");
        assert!(text.contains("not proved   what stood before leaf 50"), "{text}");
    }

    #[test]
    fn the_first_fault_is_told_with_its_place() {
        let detail = "the signature does not hold".to_owned();
        let fault = Fault { reason: Reason::Edited, leaf: 17, line: Some(21), detail };
        let mut bad = verdict(Some(fault));
        let text = told(&bad, false);
        assert!(text.starts_with("NOT GOOD: a.jsonl\n"), "{text}");
        assert!(text.contains("edited: the signature does not hold\n"), "{text}");
        assert!(
            text.contains("leaf 17, line 21\n") && text.contains("found good before"),
            "{text}"
        );
        bad.report.fault.as_mut().unwrap().line = None;
        assert!(told(&bad, false).contains("leaf 17\n"));
    }

    #[test]
    fn for_machines_it_is_one_object_a_line() {
        let text = told(&verdict(None), true);
        assert_eq!(text.lines().count(), 1);
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&object["valid"], &object["entries"]), (&true.into(), &50.into()));
    }
}
