//! Settings in the document of the API.

use std::borrow::Cow;

use domain::store::{PasswordPolicy, Setting, Values};
use serde_json::Value;
use utoipa::openapi::schema::{KnownFormat, Object, SchemaFormat, SchemaType};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{SetView, SettingsView, printed};

/// The settings to set; `read` reads them.
pub(in crate::userstore::store) struct SetInput;

/// Whether the settings of an object are always there, and never null.
#[derive(Clone, Copy)]
enum Presence {
    There,
    ThereOrNull,
    AbsentOrNull,
}

/// Describes an object of all settings.
macro_rules! object {
    ($type:ty, $name:literal, $presence:ident, $about:literal) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                object($about, Presence::$presence).into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

object!(
    SettingsView,
    "StoreSettings",
    There,
    "The settings that hold in a store: what the configuration pins, before what is set, before \
     the defaults."
);
object!(
    SetView,
    "StoreSet",
    ThereOrNull,
    "The settings that are set for a store; null where nothing is set."
);
object!(
    SetInput,
    "StoreSetInput",
    AbsentOrNull,
    "The settings to set for a store; those that are absent or null are not set."
);

fn object(about: &str, presence: Presence) -> ObjectBuilder {
    let object = ObjectBuilder::new().description(Some(about));
    printed().fold(object, |object, (name, setting)| {
        let object = object.property(name, property(setting, presence));
        if matches!(presence, Presence::AbsentOrNull) { object } else { object.required(name) }
    })
}

fn property(setting: &Setting, presence: Presence) -> Object {
    let property = ObjectBuilder::new().description(Some(setting.about));
    let nullable = !matches!(presence, Presence::There);
    let typed = |is| if nullable { SchemaType::from_iter([is, Type::Null]) } else { is.into() };
    match &setting.takes {
        Values::Flags => property.schema_type(typed(Type::Boolean)),
        Values::Numbers(range) => property
            .schema_type(typed(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(*range.start()))
            .maximum(Some(*range.end())),
        Values::Policies => {
            let names = PasswordPolicy::ALL.map(|policy| Value::from(policy.name()));
            let null = nullable.then_some(Value::Null);
            property
                .schema_type(typed(Type::String))
                .enum_values(Some(names.into_iter().chain(null)))
        }
    }
    .build()
}
