//! Which rules a new password breaks, where its owner and the store are known.

use super::{
    BrokenRule, Demands, HashTicket, Password, PasswordHash, PasswordService, StoredPassword,
    Verified, context_words,
};
use crate::access::Room;
use crate::error::{Invalid, UseCaseError};
use crate::store::{Settings, StoreName};
use crate::user::User;

/// What has to be known of an owner before a new password is hashed.
pub(super) struct Known {
    pub(super) store: StoreName,
    pub(super) settings: Settings,
    pub(super) user: User,
    pub(super) password: Option<StoredPassword>,
    /// The hashes of the passwords that may not be used again.
    pub(super) recent: Vec<PasswordHash>,
}

pub(super) fn recent(
    room: &mut Room<'_>,
    user: User,
    password: Option<StoredPassword>,
) -> Result<Known, UseCaseError> {
    let (store, settings) = (room.store.name.clone(), room.settings);
    // The present one is never set anew, whatever the history.
    let mut recent: Vec<_> = password.iter().map(|present| present.hash.clone()).collect();
    let earlier = settings.password_history.saturating_sub(1);
    if earlier > 0 {
        recent.extend(room.here().passwords().history(user.id, earlier)?);
    }
    Ok(Known { store, settings, user, password, recent })
}

impl PasswordService {
    /// The rules that a password breaks, whoever sets it.
    pub(crate) fn broken(
        &self,
        store: &StoreName,
        user: &User,
        settings: &Settings,
        password: &Password,
    ) -> Vec<BrokenRule> {
        let words = context_words(store, user);
        Demands::of(settings, user.two_factor_required).check(
            password,
            &words,
            &*self.attempt.blocklist,
        )
    }

    /// The same, for the owner of the password, who may not take one of the last ones again.
    pub(super) async fn broken_by_owner(
        &self,
        ticket: &dyn HashTicket,
        known: &Known,
        password: &Password,
    ) -> Result<Vec<BrokenRule>, UseCaseError> {
        let Known { store, user, settings, recent, .. } = known;
        let mut broken = self.broken(store, user, settings, password);
        for hash in recent {
            if ticket.verify(password, Some(hash)).await? != Verified::Wrong {
                broken.push(BrokenRule::RecentlyUsed { last: settings.password_history.max(1) });
                break;
            }
        }
        Ok(broken)
    }
}

/// Refuses the property of a request with every rule that is broken.
pub(crate) fn refuse_broken(property: &str, broken: &[BrokenRule]) -> Result<(), UseCaseError> {
    let mut invalid = Invalid::default();
    for rule in broken {
        invalid.add(property, rule.to_string());
    }
    Ok(invalid.or(())?)
}
