//! The profiles in which the users API keeps what a user has no property for.

use super::AccountEdit;
use crate::attribute::{AttributeDraft, AttributeKey, AttributeValue, Profile};
use crate::text::Folded;

/// The key of the time zone.
pub(super) const TIME_ZONE: &str = "timeZoneId";
/// The key of the formats of dates.
pub(super) const DATE_FORMATS: &str = "dateFormats";
/// The key of the notifications.
pub(super) const NOTIFICATION_GROUPS: &str = "notificationGroups";

const KEYS: [&str; 3] = [TIME_ZONE, DATE_FORMATS, NOTIFICATION_GROUPS];

/// Whether it is one of them.
pub(super) fn is_known(profile: &Profile) -> bool {
    KEYS.into_iter().any(|key| is(&profile.key, key))
}

/// The value of the profile of that key. `None` when there is none.
pub(super) fn find<'a>(profiles: &'a [Profile], key: &str) -> Option<&'a AttributeValue> {
    profiles.iter().find(|profile| is(&profile.key, key))?.value.as_ref()
}

fn is(key: &AttributeKey, known: &str) -> bool {
    key.folded() == Folded::of(known)
}

/// Every profile that the user is to have: what the edit says, and those of `present` of which it
/// says nothing.
pub(super) fn wanted(edit: &AccountEdit, present: &[Profile]) -> Vec<AttributeDraft> {
    let draft = |profile: &Profile| AttributeDraft {
        key: profile.key.clone(),
        value: profile.value.clone(),
    };
    let mut wanted: Vec<_> = present.iter().map(draft).collect();
    for (key, value) in said(edit) {
        let before = wanted.iter().position(|draft| is(&draft.key, key));
        // The other API may spell it in another way, and it stays so.
        let spelled = before.map(|at| wanted.swap_remove(at).key);
        if let Some(value) = value {
            let key = spelled.unwrap_or_else(|| AttributeKey::built_in(key));
            wanted.push(AttributeDraft { key, value: Some(value.clone()) });
        }
    }
    wanted
}

/// The keys of which the edit says something, each with the value that it is to have.
pub(super) fn said(
    edit: &AccountEdit,
) -> impl Iterator<Item = (&'static str, Option<&AttributeValue>)> {
    let values = [&edit.time_zone, &edit.date_formats, &edit.notification_groups];
    let both = KEYS.into_iter().zip(values);
    both.filter_map(|(key, said)| said.as_ref().map(|value| (key, value.as_ref())))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::UserId;
    use crate::version::Version;

    fn value(text: &str) -> AttributeValue {
        AttributeValue::parse(text).expect("a value")
    }

    fn profile(key: &str, text: &str) -> Profile {
        Profile {
            owner: UserId::new(Uuid::nil()),
            key: AttributeKey::parse(key).expect("a key"),
            value: Some(value(text)),
            version: Version::UNRECORDED,
        }
    }

    fn drafts(edit: &AccountEdit, present: &[Profile]) -> Vec<(String, String)> {
        let text = |draft: AttributeDraft| {
            let value = draft.value.expect("a value");
            (draft.key.as_str().to_owned(), value.as_str().to_owned())
        };
        let mut drafts: Vec<_> = wanted(edit, present).into_iter().map(text).collect();
        drafts.sort_unstable();
        drafts
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn what_an_edit_says_is_set_or_removed_and_the_others_stay() {
        let present =
            [profile("colour", "red"), profile(TIME_ZONE, "UTC"), profile("dateformats", "{}")];
        let edit = AccountEdit {
            time_zone: Some(None),
            notification_groups: Some(Some(value("[]"))),
            ..AccountEdit::default()
        };
        assert_eq!(
            drafts(&edit, &present),
            [pair("colour", "red"), pair("dateformats", "{}"), pair(NOTIFICATION_GROUPS, "[]")]
        );
    }

    #[test]
    fn a_key_keeps_its_spelling() {
        let present = [profile("TIMEZONEID", "UTC")];
        let edit =
            AccountEdit { time_zone: Some(Some(value("Europe/Zurich"))), ..AccountEdit::default() };
        assert_eq!(drafts(&edit, &present), [pair("TIMEZONEID", "Europe/Zurich")]);
        assert!(is_known(&present[0]));
        assert_eq!(find(&present, TIME_ZONE), Some(&value("UTC")));
    }
}
