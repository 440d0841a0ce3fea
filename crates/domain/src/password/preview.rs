//! Resets as an administrator of users makes them: a password is chosen, generated, or shown before it
//! is set.

use jiff::SignedDuration;

use super::record::{deadline, guarded, refuse_own_or_upward, refuse_read_only, store_password};
use super::rules::refuse_broken;
use super::service::{MANAGE, PASSWORD};
use super::update::given;
use super::{Password, PasswordService};
use crate::access::{Context, Room};
use crate::attempt::forget_attempts;
use crate::error::{Missing, UseCaseError};
use crate::id::UserId;
use crate::secrets::SecretPurpose;
use crate::text::Folded;
use crate::time::Instant;
use crate::token::{Purpose, StoredToken, Token};
use crate::unit_of_work::Access;
use crate::user::{User, find_by_login_name};
use crate::version::Precondition;

/// A password that is shown before it is set, and what sets it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The password, which nothing keeps.
    pub password: Password,
    /// What sets it, once, within 15 minutes, for the caller who was shown it: it carries the password,
    /// sealed.
    pub token: Token,
}

/// Which password a reset sets.
#[derive(Clone, Debug)]
pub enum Choice {
    /// A new one.
    Generated,
    /// This one, where no rule is against it.
    Chosen(Password),
    /// The one that was shown with this token; `None` for what cannot be a token.
    Previewed(Option<Token>),
}

/// What a reset has set.
#[derive(Clone, Debug)]
pub struct Reset {
    /// The password.
    pub password: Password,
    /// Until when the user has to change it.
    pub change_by: Instant,
}

const PREVIEW_LASTS: SignedDuration = SignedDuration::from_mins(15);
const PURPOSE: Purpose = Purpose::PasswordPreview;

impl PasswordService {
    /// Makes a password for the user of that name, and what sets it: until then nothing changes. A
    /// preview before is worth nothing any more.
    ///
    /// # Errors
    /// [`Missing::User`]; [`UseCaseError::NotForOneself`]; [`UseCaseError::Upward`]; what the gate
    /// refuses.
    pub async fn preview(
        &self,
        context: &Context,
        login_name: Folded,
    ) -> Result<Preview, UseCaseError> {
        let password = Password::generate(self.gate().random());
        let preview = move |room: &mut Room<'_>| {
            let id = another(room, &login_name)?.id;
            let user = guarded(room, id, &Precondition::None)?;
            let place = place(room, user.id);
            let plain = password.reveal().as_bytes();
            let sealed = room.secrets().seal(SecretPurpose::PreviewedPassword, &place, plain);
            let token = Token::carrying(PURPOSE, &sealed);
            let expires = room.journal.now().saturating_add(PREVIEW_LASTS);
            let stored = StoredToken { hash: token.hash(), expires };
            room.here().tokens().put(user.id, PURPOSE, &stored)?;
            Ok(Preview { password: password.clone(), token })
        };
        self.gate().change(Access::Write, context, MANAGE, 0, preview).await
    }

    /// Sets a password for the user of that name, who has to change it until the deadline of the store;
    /// every lock and every session of the user ends.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `password` with every rule that a chosen one breaks;
    /// [`UseCaseError::InvalidToken`]; [`UseCaseError::NotForOneself`]; [`Missing::User`];
    /// [`UseCaseError::Upward`]; [`UseCaseError::Overloaded`]; what the gate refuses.
    pub async fn reset_as(
        &self,
        context: &Context,
        login_name: Folded,
        choice: Choice,
    ) -> Result<Reset, UseCaseError> {
        let ticket = self.attempt.admit()?;
        let (generated, wanted) = (Password::generate(self.gate().random()), choice.clone());
        let look = move |room: &mut Room<'_>| {
            refuse_read_only(room)?;
            let user = another(room, &login_name)?;
            let password = match &wanted {
                Choice::Generated => generated.clone(),
                Choice::Chosen(password) => password.clone(),
                Choice::Previewed(token) => {
                    let shown = token.as_ref().map(|token| previewed(room, user.id, token));
                    shown.transpose()?.flatten().ok_or(UseCaseError::InvalidToken)?
                }
            };
            Ok((user, password, room.store.name.clone(), room.settings))
        };
        let (user, password, store, settings) = self.gate().read(context, MANAGE, look).await?;
        if let Choice::Chosen(password) = &choice {
            refuse_broken(PASSWORD, &self.broken(&store, &user, &settings, password))?;
        }
        let hash = ticket.hash(&password).await?;
        let id = user.id;
        let write = move |room: &mut Room<'_>| {
            let user = guarded(room, id, &Precondition::None)?;
            if let Choice::Previewed(token) = &choice {
                take(room, id, token.as_ref())?;
            }
            let now = room.journal.now();
            let after = given(&user, &room.settings, now);
            let after = User { locked: false, failed_sign_ins: 0, ..after };
            let after = store_password(room, &user, after, &hash)?;
            forget_attempts(room, std::slice::from_ref(&after))?;
            Ok(deadline(&room.settings, now))
        };
        let change_by = self.gate().change(Access::Write, context, MANAGE, 1, write).await?;
        Ok(Reset { password, change_by })
    }
}

/// The user of that name, who is not the caller and holds nothing that the caller lacks.
fn another(room: &mut Room<'_>, login_name: &Folded) -> Result<User, UseCaseError> {
    let user = find_by_login_name(room, login_name)?;
    let user = user.ok_or(UseCaseError::NotFound(Missing::User))?;
    refuse_own_or_upward(room, user.id)?;
    Ok(user)
}

/// What a previewed password is bound to: the store, the user, and who was shown it.
fn place(room: &Room<'_>, user: UserId) -> Vec<u8> {
    let store = room.store.id.as_uuid();
    let caller = room.caller().principal().to_string();
    [store.as_bytes().as_slice(), user.as_uuid().as_bytes(), caller.as_bytes()].concat()
}

/// The password that the token carries. `None` when it is worth nothing here.
fn previewed(
    room: &mut Room<'_>,
    user: UserId,
    token: &Token,
) -> Result<Option<Password>, UseCaseError> {
    let stored = room.here().tokens().find(user, PURPOSE)?;
    let now = room.journal.now();
    if !stored.is_some_and(|stored| now < stored.expires && stored.hash == token.hash()) {
        return Ok(None);
    }
    let (secrets, place) = (room.secrets(), place(room, user));
    let plain = token
        .carried(PURPOSE)
        .and_then(|sealed| secrets.open(SecretPurpose::PreviewedPassword, &place, &sealed).ok());
    let text = plain.and_then(|plain| String::from_utf8(plain.to_vec()).ok());
    Ok(text.and_then(|text| Password::parse(text).ok()))
}

/// Uses up the token, unless somebody else was faster.
fn take(room: &mut Room<'_>, user: UserId, token: Option<&Token>) -> Result<(), UseCaseError> {
    let token = token.ok_or(UseCaseError::InvalidToken)?;
    let is_shown = previewed(room, user, token)?.is_some();
    if is_shown && room.here().tokens().take(user, PURPOSE, &token.hash())? {
        return Ok(());
    }
    Err(UseCaseError::InvalidToken)
}
