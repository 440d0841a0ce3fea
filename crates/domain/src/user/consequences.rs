use super::User;
use crate::access::Room;
use crate::attempt::forget_attempts;
use crate::delivery::{Notice, Occasion, tell};
use crate::error::UseCaseError;
use crate::id::UserId;

/// What follows from changes of users beside the changes themselves.
#[derive(Default)]
pub(super) struct Consequences {
    /// Those whose permanent lock ends.
    unlocked: Vec<User>,
    /// Those who have another address.
    readdressed: Vec<UserId>,
    /// Those who may sign in no longer.
    shut_out: Vec<UserId>,
    notices: Vec<Notice>,
}

impl Consequences {
    /// Notes what follows when `before` becomes `after`.
    pub(super) fn add(&mut self, before: &User, after: &User) {
        let told = Notice::of_change(before, after);
        self.readdressed.extend((!told.is_empty()).then_some(after.id));
        self.notices.extend(told);
        // Asked for no more, a second factor guards nothing: that is told as its removal.
        let guards_no_more = before.two_factor_required && !after.two_factor_required;
        if guards_no_more && before.two_factor_registered {
            self.notices.extend(Notice::to(after, Occasion::SecondFactorRemoved));
        }
        self.unlocked.extend((before.locked && !after.locked).then(|| after.clone()));
        let is_shut_out = (before.active && !after.active) || (!before.locked && after.locked);
        self.shut_out.extend(is_shut_out.then_some(after.id));
    }

    /// Stores it: one statement for each kind, none for nothing.
    pub(super) fn apply(self, room: &mut Room<'_>) -> Result<(), UseCaseError> {
        forget_attempts(room, &self.unlocked)?;
        // A token is worth nothing to whoever reads the mailbox that was the user's.
        if !self.readdressed.is_empty() {
            room.here().tokens().clear(&self.readdressed)?;
        }
        // They would be refused as long as this lasts; nor do they come back when it ends.
        if !self.shut_out.is_empty() {
            room.here().sessions().end_all(&self.shut_out, None)?;
        }
        tell(room, self.notices)
    }
}
