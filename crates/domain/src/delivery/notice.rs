use super::repository::{Delivery, DeliveryId};
use super::{Occasion, sealed};
use crate::access::Room;
use crate::attempt::NameKey;
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::text::Folded;
use crate::user::{EmailAddress, LoginName, PersonName, User};

/// Mail that a change causes.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(super) user: UserId,
    /// Whether it goes where the user reads mail now.
    is_present: bool,
    pub(super) to: EmailAddress,
    pub(super) login_name: LoginName,
    pub(super) first_name: Option<PersonName>,
    pub(super) occasion: Occasion,
}

impl Notice {
    /// To the user's address; `None` when there is none.
    pub(crate) fn to(user: &User, occasion: Occasion) -> Option<Self> {
        user.email.clone().map(|to| Self::to_address(user, to, occasion))
    }

    /// To that address of the user.
    fn to_address(user: &User, to: EmailAddress, occasion: Occasion) -> Self {
        let is_present = user.email.as_ref() == Some(&to);
        let User { id, login_name, first_name, .. } = user.clone();
        Self { user: id, is_present, to, login_name, first_name, occasion }
    }

    /// What a change of a user gives cause to say: a new address is told to the user at the old one
    /// and at the new one.
    pub(crate) fn of_change(before: &User, after: &User) -> Vec<Self> {
        if before.email == after.email {
            return Vec::new();
        }
        let addresses = before.email.iter().chain(&after.email);
        let told = |to: &EmailAddress| {
            let occasion = Occasion::EmailChanged { now: after.email.clone() };
            Self::to_address(after, to.clone(), occasion)
        };
        addresses.map(told).collect()
    }
}

/// Puts mail into the outbox: it goes out when the unit is stored, and not otherwise. One statement,
/// none for nothing.
pub(crate) fn tell(room: &mut Room<'_>, notices: Vec<Notice>) -> Result<(), UseCaseError> {
    if notices.is_empty() {
        return Ok(());
    }
    let (secrets, random, store, now) =
        (room.secrets(), room.random(), room.store.id, room.journal.now());
    let delivery = |notice: Notice| {
        let id = DeliveryId::new(random.new_uuid());
        let sealed = sealed::letter(secrets, store, id, &notice, now);
        // A mailbox that the user has left, perhaps because it takes no mail, holds up no other.
        let line = if notice.is_present { notice.user.as_uuid() } else { id.as_uuid() };
        Delivery { id, line, due: now, sealed }
    };
    let deliveries: Vec<_> = notices.into_iter().map(delivery).collect();
    Ok(room.here().outbox().put(&deliveries)?)
}

/// Puts the wish of somebody without a credential into the outbox, whether there is a user of that
/// name or not. While one waits, another one of that name is none.
pub(crate) fn ask_for_reset(room: &mut Room<'_>, name: &Folded) -> Result<(), UseCaseError> {
    let (secrets, store, now) = (room.secrets(), room.store.id, room.journal.now());
    let key = NameKey::of(secrets, store, name);
    let id = sealed::id_of_reset(key.as_bytes());
    let sealed = sealed::reset(secrets, store, id, name);
    Ok(room.here().outbox().put(&[Delivery { id, line: id.as_uuid(), due: now, sealed }])?)
}
