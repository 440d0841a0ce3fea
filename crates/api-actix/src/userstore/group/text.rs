//! Groups as text. A group may have more members than memory should hold: then its text is made bit
//! by bit, and its members are fetched on the way.

use std::{mem, vec};

use domain::access::Context;
use domain::error::UseCaseError;
use domain::group::{GroupService, GroupWithRelations};
use domain::id::{GroupId, StoreId, UserId};
use domain::user::User;
use serde::Serialize;

use super::view::GroupView;
use crate::stream::{PIECE, Source, Written};
use crate::userstore::user::view::UserView;

/// How many members are fetched at once.
const MEMBERS: u32 = 500;

/// What is left to write of a group.
pub(super) enum GroupText {
    /// All of it, with all members.
    Whole(GroupWithRelations),
    /// Something of a group whose members are fetched on the way.
    Long(LongText),
}

/// What is left to write of a group with many members.
pub(super) struct LongText {
    store: StoreId,
    group: GroupId,
    /// What stands before the members, until it is written.
    head: Vec<u8>,
    /// Members that are at hand.
    members: vec::IntoIter<User>,
    /// Whether a member is written.
    begun: bool,
    /// Behind whom the next ones come.
    after: Option<UserId>,
    /// Whether no more come.
    ended: bool,
    /// What stands behind the members.
    tail: Vec<u8>,
}

/// The relation that is written bit by bit, as it looks where it is left out. Inside of a name the
/// quotes would be escaped, so its first place in the text of a group is its own.
const LEFT_OUT: &str = r#""memberUsers":null"#;

impl From<GroupWithRelations> for GroupText {
    fn from(mut group: GroupWithRelations) -> Self {
        let members = if group.more_members { group.member_users.take() } else { None };
        let Some(members) = members else {
            return Self::Whole(group);
        };
        let text = serde_json::to_string(&GroupView::from(&group)).unwrap_or_default();
        let (head, tail) = text.split_once(LEFT_OUT).unwrap_or((&text, ""));
        Self::Long(LongText {
            store: group.store,
            group: group.group.id,
            head: [head, r#""memberUsers":["#].concat().into_bytes(),
            after: members.last().map(|user| user.id),
            members: members.into_iter(),
            begun: false,
            ended: false,
            tail: ["]", tail].concat().into_bytes(),
        })
    }
}

impl LongText {
    /// Writes members that are at hand, about a piece of them.
    fn write_members(&mut self, text: &mut Vec<u8>) {
        let end = text.len() + PIECE;
        while text.len() < end
            && let Some(user) = self.members.next()
        {
            if mem::replace(&mut self.begun, true) {
                text.push(b',');
            }
            write(&UserView::alone(self.store, &user), text);
        }
    }
}

fn write(view: &impl Serialize, text: &mut Vec<u8>) {
    // Strings, numbers and booleans always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, view);
}

/// Writes groups, and fetches the members that are not at hand.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) groups: GroupService,
    pub(super) context: Context,
}

impl Writer {
    /// Appends what comes next of a group.
    ///
    /// # Errors
    /// Members cannot be fetched.
    pub(super) async fn write(
        &self,
        group: &mut GroupText,
        text: &mut Vec<u8>,
    ) -> Result<Written, UseCaseError> {
        let group = match group {
            GroupText::Whole(group) => {
                write(&GroupView::from(&*group), text);
                return Ok(Written::Whole);
            }
            GroupText::Long(group) => group,
        };
        text.append(&mut group.head);
        group.write_members(text);
        if !group.members.as_slice().is_empty() {
            return Ok(Written::Part);
        }
        if group.ended {
            text.append(&mut group.tail);
            return Ok(Written::Whole);
        }
        let page = self.groups.members(&self.context, group.group, group.after, MEMBERS).await?;
        group.members = page.items.into_iter();
        group.ended = page.next.is_none();
        group.after = page.next;
        Ok(Written::Part)
    }
}

/// One group alone.
pub(super) struct Single {
    pub(super) writer: Writer,
    pub(super) group: GroupText,
}

impl Source for Single {
    async fn write(&mut self, text: &mut Vec<u8>) -> Result<Written, UseCaseError> {
        self.writer.write(&mut self.group, text).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::group::{GroupDraft, GroupInclude, GroupName, SetChange};
    use domain::unit_of_work::StoreError;
    use std::sync::Arc;
    use testkit::builders::a_user;
    use testkit::{MemoryStore, World};

    /// A group of three, of whom `at_hand` are there when its text begins.
    struct Scene {
        memory: MemoryStore,
        writer: Writer,
        whole: GroupWithRelations,
        long: GroupText,
    }

    impl Scene {
        async fn new(at_hand: usize) -> Self {
            let memory = MemoryStore::new();
            let world = World::on(Arc::new(memory.clone()));
            let store = world.make_store("shop").await;
            let mut users = Vec::new();
            for name in ["ada", "bob", "cem"] {
                users.push(world.make_user(&store, a_user(name).draft()).await.user.id);
            }
            let name = GroupName::parse(r#"a "memberUsers":null"#).expect("valid");
            let member_users = SetChange::Replace(users);
            let draft = GroupDraft { member_users, ..GroupDraft::new(name) };
            let id = world.make_group(&store, draft).await.group.id;
            let writer = Writer { groups: world.groups(), context: world.as_admin_in(&store) };
            let found = writer.groups.find(&writer.context, id, GroupInclude::ALL).await;
            let whole = found.expect("the group is there");
            let mut cut = GroupWithRelations { more_members: true, ..whole.clone() };
            cut.member_users.as_mut().expect("filled").truncate(at_hand);
            Self { memory, writer, whole, long: GroupText::from(cut) }
        }

        async fn write(&mut self) -> (Result<Written, UseCaseError>, String) {
            let mut text = Vec::new();
            let mut written = Ok(Written::Part);
            while written == Ok(Written::Part) {
                written = self.writer.write(&mut self.long, &mut text).await;
            }
            (written, String::from_utf8(text).expect("UTF-8"))
        }
    }

    #[tokio::test]
    async fn a_text_made_bit_by_bit_is_that_of_the_whole_group() {
        for at_hand in 0..=3 {
            let mut scene = Scene::new(at_hand).await;
            let whole = serde_json::to_string(&GroupView::from(&scene.whole)).expect("JSON");
            assert_eq!(scene.write().await, (Ok(Written::Whole), whole));
        }
    }

    #[tokio::test]
    async fn a_failure_between_members_ends_the_text_before_its_end() {
        let mut scene = Scene::new(1).await;
        scene.memory.fail_next_call(StoreError::Unavailable("gone".into()));
        let (written, text) = scene.write().await;
        assert!(written.is_err());
        assert!(text.ends_with("\"isTwoFactorRegistered\":false}"), "{text}");
    }
}
