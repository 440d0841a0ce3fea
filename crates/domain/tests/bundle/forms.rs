//! Files in another form.

use domain::audit::bundle::{LONGEST_LINE, Reason, Tail};

use crate::file::{Bundle, Kind, judge};
use crate::scene::{Scene, fifty};

#[track_caller]
fn assert_found(file: &[u8], reason: Reason, leaf: u64, line: u64) {
    let fault = judge(file).fault.expect("it is not good");
    assert_eq!((fault.reason, fault.leaf, fault.line), (reason, leaf, Some(line)));
}

fn text() -> String {
    String::from_utf8(fifty().file()).unwrap()
}

#[test]
fn an_empty_file_is_truncated_and_says_nothing() {
    let report = judge(b"");
    let fault = report.fault.clone().expect("truncated");
    assert_eq!((fault.reason, fault.leaf, fault.line), (Reason::Truncated, 0, Some(1)));
    assert_eq!((report.store, report.first, report.size, report.root), (None, None, None, None));
    assert_eq!((report.entries, report.erased, report.checkpoints, report.keys), (0, 0, 0, 0));
    assert_eq!(report.tail, Tail::Unprotected);
}

#[test]
fn what_is_no_bundle_is_malformed() {
    for file in [
        "\n".to_owned(),
        "null\n".into(),
        "{}\n".into(),
        "[]\n".into(),
        text().replace('\n', "\r\n"),
        format!("\u{feff}{}", text()),
        format!("\n{}", text()),
        format!(" {}", text()),
        text().replacen("bundle/1", "bundle/2", 1),
        text().replacen("{\"checkpoints\"", "{ \"checkpoints\"", 1),
        text().replacen("\"first\":0,", "\"first\":0,\"first\":0,", 1),
    ] {
        assert_found(file.as_bytes(), Reason::Malformed, 0, 1);
    }
    let utf_16: Vec<u8> = text().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_found(&utf_16, Reason::Malformed, 0, 1);
}

#[test]
fn a_file_that_was_written_anew_in_another_form_is_malformed() {
    let bundle = fifty();
    for place in 0..bundle.0.len() {
        let value: serde_json::Value = serde_json::from_str(&bundle.0[place]).unwrap();
        let leaf = bundle.next_at(place);
        let line = &bundle.0[place];
        let (first, rest) = line[1..line.len() - 1].split_once(':').unwrap();
        for written in [
            serde_json::to_string_pretty(&value).unwrap(),
            line.replacen(':', ": ", 1),
            format!("{line} "),
            format!("{line}\r"),
            format!("[{line}]"),
            format!("{{\"x\":0,{}", &line[1..]),
            format!("{},\"x\":0}}", &line[..line.len() - 1]),
            format!("{{{first}:{rest},{first}:{rest}}}"),
            line.replacen(first, &first.to_uppercase(), 1),
            String::new(),
        ] {
            let mut changed = bundle.clone();
            changed.0[place] = written;
            assert_found(&changed.file(), Reason::Malformed, leaf, place as u64 + 1);
        }
    }
}

#[test]
fn an_entry_whose_members_stand_in_another_order_is_malformed() {
    let bundle = fifty();
    let place = bundle.place_of(Kind::Entry(20));
    let line = &bundle.0[place];
    let (entry, leaf) = line.rsplit_once(",\"leaf\"").unwrap();
    let entry = entry.strip_prefix("{\"entry\":").unwrap();
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    let mut members = value["entry"].as_object().unwrap().clone();
    let put = |entry: &str| {
        let mut changed = bundle.clone();
        changed.0[place] = format!("{{\"entry\":{entry},\"leaf\"{leaf}");
        changed
    };
    assert_eq!(put(entry), bundle);
    let action = members.remove("action").unwrap();
    let behind = serde_json::to_string(&members).unwrap();
    let moved = format!("{},\"action\":{action}}}", &behind[..behind.len() - 1]);
    put(&moved).assert_found(Reason::Malformed, 20, place);
    put(&behind).assert_found(Reason::Malformed, 20, place);
    let leaf_first = format!("{{\"leaf\":20,\"entry\":{entry}}}");
    let mut changed = bundle.clone();
    changed.0[place] = leaf_first;
    changed.assert_found(Reason::Malformed, 20, place);
}

#[test]
fn what_is_no_utf_8_is_malformed() {
    let bundle = fifty();
    let mut file = bundle.file();
    let place = text().find("shop").unwrap();
    for byte in [0xff, 0xc0, 0x80, 0xed] {
        file[place] = byte;
        assert_eq!(judge(&file).fault.map(|fault| fault.reason), Some(Reason::Malformed));
    }
}

#[test]
fn what_stands_behind_the_end_is_found() {
    let (whole, lines) = (text(), fifty().0.len() as u64);
    for more in ["\n", "x", "\r\n", "{}\n", "\u{0}", &whole, &whole[..10]] {
        assert_found(format!("{whole}{more}").as_bytes(), Reason::Trailing, 50, lines + 1);
    }
    let without_end = &whole[..whole.len() - 1];
    assert_found(without_end.as_bytes(), Reason::Truncated, 50, lines);
}

#[test]
fn a_blank_line_is_malformed() {
    let bundle = fifty();
    for place in 0..bundle.0.len() {
        let mut changed = bundle.clone();
        changed.0.insert(place, String::new());
        changed.assert_found(Reason::Malformed, bundle.next_at(place), place);
    }
}

#[test]
fn a_line_that_is_too_long_is_malformed_whatever_it_holds() {
    let bundle = fifty();
    let place = bundle.place_of(Kind::Entry(20));
    for (length, reason) in [(LONGEST_LINE, Reason::Edited), (LONGEST_LINE + 1, Reason::Malformed)]
    {
        let mut changed = bundle.clone();
        let line = &mut changed.0[place];
        let more = "x".repeat(length - line.len());
        *line = line.replacen("\"dataSource\":\"", &format!("\"dataSource\":\"{more}"), 1);
        assert_eq!(line.len(), length);
        changed.assert_found(reason, 20, place);
    }
}

#[test]
fn the_bundle_of_another_store_does_not_go_on_in_this_one() {
    let (ours, theirs) = testkit::block_on(async {
        let scene = Scene::new().await;
        scene.user("ada").await;
        let ours = scene.export().await;
        let other = Scene { store: scene.world.make_store("other").await, ..scene };
        other.user("ada").await;
        (ours, other.export().await)
    });
    assert_eq!(ours.kinds(), theirs.kinds());
    for place in 2..ours.0.len() {
        let mut mixed = ours.clone();
        mixed.0[place].clone_from(&theirs.0[place]);
        mixed.assert_found(Reason::ForeignStore, ours.next_at(place), place);
    }
    let mut mixed = ours.clone();
    mixed.0[0].clone_from(&theirs.0[0]);
    mixed.assert_found(Reason::ForeignStore, 0, 2);
    let both = Bundle([ours.0.clone(), theirs.0].concat());
    both.assert_found(Reason::Trailing, 2, ours.0.len());
}
