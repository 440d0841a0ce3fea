use domain::attribute::{AttributeDraft, AttributeKey, AttributeValue};
use domain::id::{GroupId, UserId};
use domain::store::Settings;
use domain::time::Instant;
use domain::user::{
    Confirmation, EmailAddress, ExternalId, LoginName, PersonName, User, UserDraft, Validity,
};

use super::uuid_of;
use crate::ManualClock;

/// Makes a user, or the draft of one.
#[derive(Clone, Debug)]
pub struct UserBuilder {
    id: UserId,
    number: i64,
    draft: UserDraft,
    settings: Settings,
}

/// A user of that login name.
pub fn a_user(login_name: &str) -> UserBuilder {
    let id = UserId::new(uuid_of("user", login_name));
    let login_name = LoginName::parse(login_name).expect("a login name");
    let draft = UserDraft::new(login_name);
    UserBuilder { id, number: 0, draft, settings: Settings::default() }
}

impl UserBuilder {
    /// With this id instead of the one that follows from the name.
    #[must_use]
    pub fn id(mut self, id: UserId) -> Self {
        self.id = id;
        self
    }

    /// As another state of that user: with what of it never changes.
    #[must_use]
    pub fn replacing(mut self, user: &User) -> Self {
        (self.id, self.number) = (user.id, user.number);
        self
    }

    /// With this id in another system.
    #[must_use]
    pub fn external_id(mut self, id: &str) -> Self {
        self.draft.external_id = Some(ExternalId::parse(id).expect("an external id"));
        self
    }

    /// With a first and a last name.
    #[must_use]
    pub fn named(mut self, first: &str, last: &str) -> Self {
        let name = |text| Some(PersonName::parse(text).expect("a name of a person"));
        (self.draft.first_name, self.draft.last_name) = (name(first), name(last));
        self
    }

    /// With an e-mail address that nobody has confirmed.
    #[must_use]
    pub fn email(mut self, address: &str) -> Self {
        self.draft.email = Some(EmailAddress::parse(address).expect("an e-mail address"));
        self
    }

    /// Signs in by the e-mail address too, which is no other user's then.
    #[must_use]
    pub fn signing_in_by_email(mut self) -> Self {
        self.settings.login_by_email = true;
        self
    }

    /// The e-mail address is confirmed.
    #[must_use]
    pub fn confirmed(mut self) -> Self {
        self.draft.email_confirmed = Confirmation::Named(true);
        self
    }

    /// May be used from `from` until `to`.
    #[must_use]
    pub fn valid(mut self, from: Option<Instant>, to: Option<Instant>) -> Self {
        self.draft.validity = Validity::new(from, to).expect("a window");
        self
    }

    /// May not sign in.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.draft.active = false;
        self
    }

    /// Locked for good.
    #[must_use]
    pub fn locked(mut self) -> Self {
        self.draft.locked = true;
        self
    }

    /// Shows a second factor at every sign-in.
    #[must_use]
    pub fn two_factor_required(mut self) -> Self {
        self.draft.two_factor_required = true;
        self
    }

    /// In this group.
    #[must_use]
    pub fn in_group(mut self, group: GroupId) -> Self {
        self.draft.groups.get_or_insert_default().push(group);
        self
    }

    /// With this profile.
    #[must_use]
    pub fn profile(mut self, key: &str, value: &str) -> Self {
        self.draft.profiles.get_or_insert_default().push(AttributeDraft {
            key: AttributeKey::parse(key).expect("a key"),
            value: Some(AttributeValue::parse(value).expect("a value")),
        });
        self
    }

    /// What a request would say.
    pub fn draft(self) -> UserDraft {
        self.draft
    }

    /// The user, without its relations, as it is before it is recorded.
    pub fn build(self) -> User {
        use domain::time::Clock as _;
        let now = ManualClock::default().now();
        let user = self.draft.create(self.id, now, &self.settings).expect("a user");
        User { number: self.number, ..user }
    }
}
