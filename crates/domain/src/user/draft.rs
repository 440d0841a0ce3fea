use super::{EmailAddress, ExternalId, LoginName, PersonName, User, Validity};
use crate::attribute::AttributeDraft;
use crate::error::Invalid;
use crate::id::{GroupId, UserId};
use crate::store::Settings;
use crate::time::Instant;
use crate::version::Version;

/// What a request says of `emailAddressConfirmed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// Nothing: it stays while the address stays, and ends when the address changes.
    Unsaid,
    /// Named on purpose, by a patch or an update of single properties: written as it is.
    Named(bool),
    /// Part of a whole replacement, sent back as it was read: written only while the address stays.
    Replaced(bool),
}

/// A user as a request wants it: every property that may be written, valid one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the reference")]
pub struct UserDraft {
    /// See [`User::external_id`].
    pub external_id: Option<ExternalId>,
    /// See [`User::login_name`].
    pub login_name: LoginName,
    /// See [`User::first_name`].
    pub first_name: Option<PersonName>,
    /// See [`User::last_name`].
    pub last_name: Option<PersonName>,
    /// See [`User::email`].
    pub email: Option<EmailAddress>,
    /// See [`User::email_confirmed`].
    pub email_confirmed: Confirmation,
    /// See [`User::validity`].
    pub validity: Validity,
    /// See [`User::active`].
    pub active: bool,
    /// See [`User::lock_enabled`].
    pub lock_enabled: bool,
    /// See [`User::locked`].
    pub locked: bool,
    /// See [`User::password_never_expires`].
    pub password_never_expires: bool,
    /// See [`User::can_change_expired_password`].
    pub can_change_expired_password: bool,
    /// See [`User::password_expires`]; a new value must lie in the future.
    pub password_expires: Option<Instant>,
    /// See [`User::password_change_required`].
    pub password_change_required: bool,
    /// See [`User::two_factor_required`].
    pub two_factor_required: bool,
    /// The whole set of groups to be directly in; `None` leaves the set.
    pub groups: Option<Vec<GroupId>>,
    /// The whole set of profiles; `None` leaves the set.
    pub profiles: Option<Vec<AttributeDraft>>,
}

impl UserDraft {
    /// The property that names the groups, as the API prints it.
    pub(crate) const GROUPS: &'static str = "memberOfGroups";

    /// Whether the password may not be given the expiration `after`: a new one lies in the future;
    /// one that has passed may be sent back as it was read.
    pub fn refuses_expiration(
        before: Option<Instant>,
        after: Option<Instant>,
        now: Instant,
    ) -> bool {
        after.is_some_and(|at| Some(at) != before && at <= now)
    }

    /// A new user of that name, everything else at its default.
    pub fn new(login_name: LoginName) -> Self {
        Self {
            external_id: None,
            login_name,
            first_name: None,
            last_name: None,
            email: None,
            email_confirmed: Confirmation::Unsaid,
            validity: Validity::default(),
            active: true,
            lock_enabled: true,
            locked: false,
            password_never_expires: false,
            can_change_expired_password: true,
            password_expires: None,
            password_change_required: false,
            two_factor_required: false,
            groups: None,
            profiles: None,
        }
    }

    /// The draft that changes nothing of `user`.
    pub fn of(user: &User) -> Self {
        let user = user.clone();
        Self {
            external_id: user.external_id,
            login_name: user.login_name,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email,
            email_confirmed: Confirmation::Unsaid,
            validity: user.validity,
            active: user.active,
            lock_enabled: user.lock_enabled,
            locked: user.locked,
            password_never_expires: user.password_never_expires,
            can_change_expired_password: user.can_change_expired_password,
            password_expires: user.password_expires,
            password_change_required: user.password_change_required,
            two_factor_required: user.two_factor_required,
            groups: None,
            profiles: None,
        }
    }

    /// The new user that this draft describes.
    ///
    /// # Errors
    /// The password would have expired before it is set.
    pub fn create(self, id: UserId, now: Instant, settings: &Settings) -> Result<User, Invalid> {
        check_expiration(None, self.password_expires, now)?;
        let email_confirmed = match self.email_confirmed {
            Confirmation::Unsaid => false,
            Confirmation::Named(said) | Confirmation::Replaced(said) => said,
        };
        let address = Address {
            confirmed: email_confirmed,
            signs_in: settings.login_by_email && self.email.is_some(),
        };
        Ok(self.into_user(address, Kept::of_new(id)))
    }

    /// `user`, changed as this draft says.
    ///
    /// # Errors
    /// The expiration of the password is moved into the past.
    pub fn apply(self, user: &User, now: Instant, settings: &Settings) -> Result<User, Invalid> {
        check_expiration(user.password_expires, self.password_expires, now)?;
        let address_stays = self.email == user.email;
        let email_confirmed = match self.email_confirmed {
            Confirmation::Unsaid => address_stays && user.email_confirmed,
            Confirmation::Named(said) => said,
            Confirmation::Replaced(said) => address_stays && said,
        };
        let unlocked = user.locked && !self.locked;
        let mut kept = Kept::of(user);
        if unlocked {
            kept.failed_sign_ins = 0;
        }
        // While the address stays, so does what the store made of it when it last looked.
        let signs_in = if address_stays {
            user.signs_in_by_email
        } else {
            settings.login_by_email && self.email.is_some()
        };
        let address = Address { confirmed: email_confirmed, signs_in };
        Ok(self.into_user(address, kept))
    }

    fn into_user(self, address: Address, kept: Kept) -> User {
        User {
            id: kept.id,
            external_id: self.external_id,
            login_name: self.login_name,
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            email_confirmed: address.confirmed,
            signs_in_by_email: address.signs_in,
            validity: self.validity,
            active: self.active,
            lock_enabled: self.lock_enabled,
            locked: self.locked,
            failed_sign_ins: kept.failed_sign_ins,
            password_never_expires: self.password_never_expires,
            can_change_expired_password: self.can_change_expired_password,
            password_expires: self.password_expires,
            initial_password: kept.initial_password,
            password_change_required: self.password_change_required,
            two_factor_required: self.two_factor_required,
            two_factor_registered: kept.two_factor_registered,
            last_attempt: kept.last_attempt,
            number: kept.number,
            version: kept.version,
        }
    }
}

/// What no draft decides.
#[derive(Clone, Copy)]
struct Kept {
    id: UserId,
    failed_sign_ins: u32,
    initial_password: bool,
    two_factor_registered: bool,
    last_attempt: Option<Instant>,
    number: i64,
    version: Version,
}

impl Kept {
    fn of_new(id: UserId) -> Self {
        Self {
            id,
            failed_sign_ins: 0,
            initial_password: false,
            two_factor_registered: false,
            last_attempt: None,
            number: 0,
            version: Version::UNRECORDED,
        }
    }

    fn of(user: &User) -> Self {
        let User { id, failed_sign_ins, initial_password, two_factor_registered, .. } = *user;
        let User { last_attempt, number, version, .. } = *user;
        Self {
            id,
            failed_sign_ins,
            initial_password,
            two_factor_registered,
            last_attempt,
            number,
            version,
        }
    }
}

/// What is known of the address of a user.
#[derive(Clone, Copy)]
struct Address {
    confirmed: bool,
    signs_in: bool,
}

fn check_expiration(
    before: Option<Instant>,
    after: Option<Instant>,
    now: Instant,
) -> Result<(), Invalid> {
    if UserDraft::refuses_expiration(before, after, now) {
        return Err(Invalid::one("passwordExpiration", "must lie in the future"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(micros: i64) -> Instant {
        Instant::from_micros(micros).expect("in range")
    }

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("valid")
    }

    fn ada() -> User {
        let mut draft = UserDraft::new(LoginName::parse("ada").expect("valid"));
        draft.email = Some(address("ada@example.com"));
        draft.email_confirmed = Confirmation::Named(true);
        draft.create(UserId::new(Uuid::from_u128(1)), at(0), &Settings::default()).expect("valid")
    }

    #[test]
    fn a_new_user_is_active_unlocked_and_may_be_locked() {
        let draft = UserDraft::new(LoginName::parse("bob").expect("valid"));
        let user = draft
            .create(UserId::new(Uuid::from_u128(2)), at(0), &Settings::default())
            .expect("valid");
        assert!(user.active && user.lock_enabled && user.can_change_expired_password);
        assert!(!user.locked && !user.password_never_expires && !user.email_confirmed);
        assert!(!user.initial_password && !user.password_change_required);
        assert_eq!(user.failed_sign_ins, 0);
    }

    #[test]
    fn the_draft_of_a_user_changes_nothing() {
        assert_eq!(UserDraft::of(&ada()).apply(&ada(), at(5), &Settings::default()), Ok(ada()));
    }

    #[test]
    fn a_changed_address_is_unconfirmed_unless_the_flag_is_named() {
        let moved = |said| {
            let mut draft = UserDraft::of(&ada());
            draft.email = Some(address("new@example.com"));
            draft.email_confirmed = said;
            draft.apply(&ada(), at(0), &Settings::default()).expect("valid").email_confirmed
        };
        assert!(!moved(Confirmation::Unsaid));
        assert!(!moved(Confirmation::Replaced(true)));
        assert!(moved(Confirmation::Named(true)));
    }

    #[test]
    fn a_replacement_writes_the_flag_while_the_address_stays() {
        let kept = |said| {
            let mut draft = UserDraft::of(&ada());
            draft.email_confirmed = said;
            draft.apply(&ada(), at(0), &Settings::default()).expect("valid").email_confirmed
        };
        assert!(kept(Confirmation::Unsaid));
        assert!(kept(Confirmation::Replaced(true)));
        assert!(!kept(Confirmation::Replaced(false)));
    }

    #[test]
    fn lifting_the_permanent_lock_clears_the_counter() {
        let mut locked = ada();
        (locked.locked, locked.failed_sign_ins) = (true, 100);
        let mut draft = UserDraft::of(&locked);
        assert_eq!(
            draft
                .clone()
                .apply(&locked, at(0), &Settings::default())
                .expect("valid")
                .failed_sign_ins,
            100
        );
        draft.locked = false;
        assert_eq!(
            draft.apply(&locked, at(0), &Settings::default()).expect("valid").failed_sign_ins,
            0
        );
    }

    #[test]
    fn a_new_expiration_lies_in_the_future() {
        let mut draft = UserDraft::of(&ada());
        draft.password_expires = Some(at(10));
        assert!(draft.clone().apply(&ada(), at(10), &Settings::default()).is_err());
        let expired =
            draft.clone().apply(&ada(), at(9), &Settings::default()).expect("in the future");
        assert!(
            draft.apply(&expired, at(20), &Settings::default()).is_ok(),
            "sent back as it was read"
        );
    }
}
