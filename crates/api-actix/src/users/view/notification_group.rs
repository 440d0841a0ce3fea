use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::VERSION;
use super::shape::{Members, WrongType};

/// A group of notifications that the user gets.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NotificationGroup {
    /// The version of the shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    version: Option<i32>,
    /// Its id in the system that notifies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<NotificationGroupId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    group_name: Option<String>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    group_display_name: Option<String>,
    /// What the user is notified of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    notification_types: Option<Vec<String>>,
    /// How the user is notified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    notification_method: Option<String>,
    /// The user; read-only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user_name: Option<String>,
}

/// A number, or a text that is none.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
enum NotificationGroupId {
    /// A number.
    #[schema(title = "Number")]
    Number(i64),
    /// A text.
    #[schema(title = "Text")]
    Text(String),
}

impl NotificationGroup {
    /// What a value that is no list of them has to be told.
    pub(crate) const RULE: &'static str = "must be a list of objects with the properties of \
                                           notification groups, each of its type";

    /// Those that `value` says, without version and user. `None` when it is no list of such objects.
    pub(crate) fn list(value: Value) -> Option<Vec<Self>> {
        let Value::Array(items) = value else {
            return None;
        };
        items.into_iter().map(Self::read).collect::<Result<_, _>>().ok()
    }

    /// The group as it is shown with the user of that name.
    pub(super) fn of_user(self, user_name: &str) -> Self {
        Self { version: Some(VERSION), user_name: Some(user_name.to_owned()), ..self }
    }

    fn read(value: Value) -> Result<Self, WrongType> {
        let mut members = Members::of(value)?;
        Ok(Self {
            version: None,
            id: members.value("Id").map(NotificationGroupId::read).transpose()?,
            group_name: members.text("GroupName")?,
            group_display_name: members.text("GroupDisplayName")?,
            notification_types: members.texts("NotificationTypes")?,
            notification_method: members.text("NotificationMethod")?,
            user_name: None,
        })
    }
}

impl NotificationGroupId {
    fn read(value: Value) -> Result<Self, WrongType> {
        match value {
            // JSV has no numbers. A text that is not written as one stays a text.
            Value::String(text) => Ok(match text.parse::<i64>() {
                Ok(number) if number.to_string() == text => Self::Number(number),
                _ => Self::Text(text),
            }),
            Value::Number(number) => number.as_i64().map(Self::Number).ok_or(WrongType),
            _ => Err(WrongType),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_lists_may_stand_as_text() {
        let jsv = json!([{
            "Id": "7", "groupname": "Night", "NotificationTypes": "Mail, Page",
            "UserName": "eve", "Version": "9",
        }]);
        let json = json!([{"Id": 7, "GroupName": "Night", "NotificationTypes": ["Mail", "Page"]}]);
        let read = NotificationGroup::list(jsv).expect("groups");
        assert_eq!(serde_json::to_value(&read).expect("JSON"), json);
        assert_eq!(NotificationGroup::list(json), Some(read));
    }

    #[test]
    fn a_group_is_shown_with_its_user() {
        let groups = NotificationGroup::list(json!([{"Id": "007"}])).expect("groups");
        assert_eq!(serde_json::to_value(groups).expect("JSON"), json!([{"Id": "007"}]));
        let groups = NotificationGroup::list(json!([{"Id": "night"}])).expect("groups");
        let shown: Vec<_> = groups.into_iter().map(|group| group.of_user("ada")).collect();
        let shown = serde_json::to_value(shown).expect("JSON");
        assert_eq!(shown, json!([{"Version": 1, "Id": "night", "UserName": "ada"}]));
    }

    #[test]
    fn what_has_another_shape_is_none() {
        for value in [
            json!({}),
            json!("x"),
            json!([1]),
            json!([{"Id": 1.5}]),
            json!([{"Id": 1, "ID": 2}]),
            json!([{"Id": true}]),
            json!([{"NotificationTypes": [1]}]),
            json!([{"NotificationMethod": 1}]),
        ] {
            assert_eq!(NotificationGroup::list(value.clone()), None, "{value}");
        }
    }
}
