use super::{PersonName, User};
use crate::filter::{Operand, properties};

properties! {
    /// The properties of a user that lists filter by.
    pub enum UserProperty {
        Id, "id", Id;
        ExternalId, "externalUniqueIdentifier", ExactText;
        LoginName, "loginName", Text;
        FirstName, "firstName", Text;
        LastName, "lastName", Text;
        Email, "emailAddress", Text;
        EmailConfirmed, "emailAddressConfirmed", Flag;
        ValidFrom, "userValidFrom", Instant;
        ValidTo, "userValidTo", Instant;
        Active, "isUserActive", Flag;
        LockEnabled, "isUserLockEnabled", Flag;
        Locked, "isUserLocked", Flag;
        FailedSignIns, "failedUserLoginAttempts", Number;
        PasswordNeverExpires, "passwordNeverExpires", Flag;
        CanChangeExpiredPassword, "canChangePasswordOnExpiration", Flag;
        PasswordExpires, "passwordExpiration", Instant;
        InitialPassword, "isInitialPassword", Flag;
        PasswordChangeRequired, "isPasswordChangeRequired", Flag;
    }
}

impl UserProperty {
    /// The value that a filter compares; `None` when unset.
    pub fn value(self, user: &User) -> Option<Operand> {
        match self {
            Self::Id => Some(Operand::Id(user.id.as_uuid())),
            Self::ExternalId => user.external_id.as_ref().map(|id| Operand::exact(id.as_str())),
            Self::LoginName => Some(Operand::folded(user.login_name.as_str())),
            Self::FirstName => name(user.first_name.as_ref()),
            Self::LastName => name(user.last_name.as_ref()),
            Self::Email => user.email.as_ref().map(|email| Operand::folded(email.as_str())),
            Self::EmailConfirmed => Some(Operand::Flag(user.email_confirmed)),
            Self::ValidFrom => user.validity.from().map(Operand::Instant),
            Self::ValidTo => user.validity.to().map(Operand::Instant),
            Self::Active => Some(Operand::Flag(user.active)),
            Self::LockEnabled => Some(Operand::Flag(user.lock_enabled)),
            Self::Locked => Some(Operand::Flag(user.locked)),
            Self::FailedSignIns => Some(Operand::Number(user.failed_sign_ins.into())),
            Self::PasswordNeverExpires => Some(Operand::Flag(user.password_never_expires)),
            Self::CanChangeExpiredPassword => Some(Operand::Flag(user.can_change_expired_password)),
            Self::PasswordExpires => user.password_expires.map(Operand::Instant),
            Self::InitialPassword => Some(Operand::Flag(user.initial_password)),
            Self::PasswordChangeRequired => Some(Operand::Flag(user.password_change_required)),
        }
    }
}

fn name(name: Option<&PersonName>) -> Option<Operand> {
    name.map(|name| Operand::folded(name.as_str()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::audit::Audited as _;
    use crate::filter::tests::assert_compares_what_is_printed;
    use crate::id::{StoreId, UserId};
    use crate::time::Instant;
    use crate::user::{EmailAddress, ExternalId, LoginName, Validity};
    use crate::version::Version;

    fn at(micros: i64) -> Instant {
        Instant::from_micros(micros).expect("in range")
    }

    /// A user of whom every property that may be unset is, and every flag is off.
    fn bare() -> User {
        User {
            id: UserId::new(Uuid::from_u128(1)),
            external_id: None,
            login_name: LoginName::parse("Ada").expect("valid"),
            first_name: None,
            last_name: None,
            email: None,
            email_confirmed: false,
            signs_in_by_email: false,
            validity: Validity::default(),
            active: false,
            lock_enabled: false,
            locked: false,
            failed_sign_ins: 0,
            password_never_expires: false,
            can_change_expired_password: false,
            password_expires: None,
            initial_password: false,
            password_change_required: false,
            two_factor_required: false,
            two_factor_registered: false,
            last_attempt: None,
            number: 1,
            version: Version::UNRECORDED,
        }
    }

    fn full() -> User {
        User {
            external_id: Some(ExternalId::parse("Ab-7").expect("valid")),
            first_name: Some(PersonName::parse("ADA").expect("valid")),
            last_name: Some(PersonName::parse("Lovelace").expect("valid")),
            email: Some(EmailAddress::parse("Ada@Example.com").expect("valid")),
            validity: Validity::new(Some(at(1)), Some(at(2))).expect("in order"),
            failed_sign_ins: 3,
            password_expires: Some(at(4)),
            ..bare()
        }
    }

    /// `full` with one flag on.
    fn flagged() -> impl Iterator<Item = User> {
        let flags: [fn(&mut User) -> &mut bool; 8] = [
            |user| &mut user.email_confirmed,
            |user| &mut user.active,
            |user| &mut user.lock_enabled,
            |user| &mut user.locked,
            |user| &mut user.password_never_expires,
            |user| &mut user.can_change_expired_password,
            |user| &mut user.initial_password,
            |user| &mut user.password_change_required,
        ];
        flags.into_iter().map(|flag| {
            let mut user = full();
            *flag(&mut user) = true;
            user
        })
    }

    #[test]
    fn filters_compare_what_is_printed() {
        for user in flagged().chain([bare(), full()]) {
            let printed = user.content(StoreId::new(Uuid::nil()));
            assert_compares_what_is_printed(&printed, |property: UserProperty| {
                property.value(&user)
            });
        }
    }
}
