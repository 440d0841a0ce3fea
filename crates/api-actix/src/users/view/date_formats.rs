use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::shape::{Members, WrongType};

/// How dates and times are to be shown to the user.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DateFormats {
    /// What the formats are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Date and time in full, in the notation of .NET.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    long_date_time_format_net: Option<String>,
    /// Date and time in short, in the notation of .NET.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    short_date_time_format_net: Option<String>,
    /// Date and time in full, for a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    long_date_time_format_js: Option<String>,
    /// Date and time in short, for a browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    short_date_time_format_js: Option<String>,
}

impl DateFormats {
    /// What a value that is none has to be told.
    pub(crate) const RULE: &'static str = "must be an object of texts";

    /// Those that `value` says. `None` when it has another shape.
    pub(crate) fn of(value: Value) -> Option<Self> {
        Self::read(value).ok()
    }

    fn read(value: Value) -> Result<Self, WrongType> {
        let mut members = Members::of(value)?;
        Ok(Self {
            name: members.text("Name")?,
            long_date_time_format_net: members.text("LongDateTimeFormatNet")?,
            short_date_time_format_net: members.text("ShortDateTimeFormatNet")?,
            long_date_time_format_js: members.text("LongDateTimeFormatJs")?,
            short_date_time_format_js: members.text("ShortDateTimeFormatJs")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_match_ignoring_case_and_what_is_null_or_unknown_is_left_out() {
        let sent = json!({
            "name": "Swiss", "LONGDATETIMEFORMATNET": "D", "ShortDateTimeFormatJs": null, "More": 1,
        });
        let read = DateFormats::of(sent).expect("formats");
        let shown = serde_json::to_value(&read).expect("JSON");
        assert_eq!(shown, json!({"Name": "Swiss", "LongDateTimeFormatNet": "D"}));
        assert_eq!(DateFormats::of(shown), Some(read));
    }

    #[test]
    fn what_has_another_shape_is_none() {
        for value in [json!(null), json!("D"), json!(["D"]), json!({"Name": 1})] {
            assert_eq!(DateFormats::of(value.clone()), None, "{value}");
        }
    }
}
