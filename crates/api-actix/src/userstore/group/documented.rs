//! How requests name the members of relations; for the document.

use serde::Serialize;
use utoipa::ToSchema;

/// Describes a relation whose members are named by `id`, by `$link` or by a bare id.
macro_rules! references {
    ($(#[$doc:meta])* $name:ident, $object:ident, $title:literal, $link:ident) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(untagged)]
        #[expect(dead_code, reason = "describes what `references` reads")]
        pub(super) enum $name {
            /// By its id.
            #[schema(value_type = Uuid)]
            Id(String),
            /// By an object that has it.
            #[schema(title = $title)]
            Object($object),
        }

        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $object {
            /// Its id.
            #[schema(value_type = Option<Uuid>)]
            id: Option<String>,
            /// The same, as the link names it; one of the two is needed.
            #[schema(value_type = Option<Uuid>)]
            $link: Option<String>,
        }
    };
}

references!(
    /// A user that is to be in a group.
    UserReference, UserObject, "User", user_id
);
references!(
    /// A group in which another one is to lie.
    ParentGroupReference, ParentGroupObject, "ParentGroup", parent_group_id
);
references!(
    /// A group that is to lie in another one.
    MemberGroupReference, MemberGroupObject, "MemberGroup", member_group_id
);
