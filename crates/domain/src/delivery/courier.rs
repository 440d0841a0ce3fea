//! The worker that empties the outboxes.

use std::sync::Arc;

use jiff::SignedDuration;

use super::sealed::{self, Errand};
use super::{Claimed, DeliveryId, Language, Letter, Occasion, Postman, Undelivered};
use crate::access::{Caller, Context, Gate, Permission, Room, SystemRoom};
use crate::attempt::{find_by_name, refusal};
use crate::error::UseCaseError;
use crate::password::{StartedBy, send_token};
use crate::store::StoreRef;
use crate::text::Folded;
use crate::time::Instant;
use crate::token::Purpose;
use crate::unit_of_work::Access;
use crate::user::User;

/// What was done in one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Taken by the postman, or done otherwise.
    pub delivered: u32,
    /// Put back for later, each with the reason.
    pub postponed: Vec<Failed>,
    /// Given up, each with the reason.
    pub buried: Vec<Failed>,
}

/// A delivery that failed, for the operator: it says nothing of the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Which.
    pub id: DeliveryId,
    /// Why.
    pub why: String,
}

impl Round {
    /// Whether there was nothing to do.
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }

    fn note(&mut self, id: DeliveryId, fate: &Fate) {
        let failed = |why: &String| Failed { id, why: why.clone() };
        match fate {
            Fate::Delivered | Fate::Done => self.delivered = self.delivered.saturating_add(1),
            Fate::Postponed(why) => self.postponed.push(failed(why)),
            Fate::Buried(why) => self.buried.push(failed(why)),
        }
    }
}

/// Delivers what waits in the outboxes: at least once, in order for each user. Any number of them,
/// on any number of nodes, may run at once.
#[derive(Clone)]
pub struct Courier {
    gate: Gate,
    postman: Arc<dyn Postman>,
}

/// How long a delivery is one worker's alone: longer than any postman takes.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How long to wait after the first try; twice as long after each further one.
const FIRST_PAUSE: i64 = 15;
/// The longest to wait between tries, in seconds.
const LONGEST_PAUSE: i64 = 3_600;
/// After how many tries a delivery is given up: a day and a half after the first.
const MOST_TRIES: u32 = 40;
/// The same for what only tells of a change, half an hour after the first: it must not hold up a
/// token that is sent later.
const MOST_TRIES_OF_A_NOTICE: u32 = 8;
/// How long dead letters are kept.
const DEAD_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Dead letters that are forgotten at once.
const DEAD_AT_ONCE: u32 = 10_000;

/// What is to become of a delivery.
enum Fate {
    Delivered,
    /// The same, and its row is gone already.
    Done,
    Postponed(String),
    Buried(String),
}

impl Courier {
    /// The worker behind `gate`.
    pub fn new(gate: Gate, postman: Arc<dyn Postman>) -> Self {
        Self { gate, postman }
    }

    fn caller() -> Caller {
        Caller::system("mail")
    }

    /// Delivers up to `limit` of what is due, one after the other: each is claimed when its turn has
    /// come, so that no lease runs while another one is delivered.
    ///
    /// # Errors
    /// The store failed; what was claimed is due again when its lease ends.
    pub async fn round(&self, limit: u32) -> Result<Round, UseCaseError> {
        let mut round = Round::default();
        for _ in 0..limit {
            let Some(claimed) = self.claim().await? else { break };
            let fate = self.deliver(&claimed).await?;
            round.note(claimed.delivery.id, &fate);
            if !matches!(fate, Fate::Done) {
                self.settle(claimed, fate).await?;
            }
        }
        Ok(round)
    }

    /// Removes dead letters that nobody has looked at for a month.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_dead(&self) -> Result<(), UseCaseError> {
        let caller = Self::caller();
        self.gate
            .system(Access::Write, &caller, None, |room| {
                let oldest = room.now().saturating_add(-DEAD_KEPT);
                Ok(room.deliveries().forget_dead(oldest, DEAD_AT_ONCE)?)
            })
            .await
    }

    async fn claim(&self) -> Result<Option<Claimed>, UseCaseError> {
        let caller = Self::caller();
        self.gate
            .system(Access::Write, &caller, None, |room| {
                let now = room.now();
                Ok(room.deliveries().claim(now, now.saturating_add(LEASE), 1)?.pop())
            })
            .await
    }

    async fn deliver(&self, claimed: &Claimed) -> Result<Fate, UseCaseError> {
        if claimed.tries > MOST_TRIES {
            return Ok(Fate::Buried("every try ended without an answer".into()));
        }
        let Some(errand) = self.read(claimed).await? else {
            // Perhaps a node that has the key comes by.
            let why = "its content cannot be read with the keys that are here";
            return Ok(later(claimed, MOST_TRIES, why.into()));
        };
        match errand {
            Errand::Reset(name) => self.answer(claimed, name).await,
            Errand::Letter(letter, _) => Ok(self.send(claimed, &letter).await),
        }
    }

    /// What the delivery says, with the language of the user as it is now.
    async fn read(&self, claimed: &Claimed) -> Result<Option<Errand>, UseCaseError> {
        let (gate, claimed) = (self.gate.clone(), claimed.clone());
        let caller = Self::caller();
        self.gate
            .system(Access::Read, &caller, None, move |room| {
                let Some(store) = room.stores().find(claimed.store)? else { return Ok(None) };
                let place = (store.id, &store.name);
                let Claimed { delivery, .. } = &claimed;
                let errand = sealed::open(gate.secrets(), place, delivery.id, &delivery.sealed);
                let Some(mut errand) = errand else { return Ok(None) };
                if let Errand::Letter(letter, user) = &mut errand {
                    let key = [Folded::of(Language::PROFILE)];
                    let found = room.inside(store.id).profiles().find_all(*user, &key)?;
                    let tag = found.first().and_then(|profile| profile.value.as_ref());
                    letter.language = tag.and_then(|tag| Language::parse(tag.as_str()).ok());
                }
                Ok(Some(errand))
            })
            .await
    }

    async fn send(&self, claimed: &Claimed, letter: &Letter) -> Fate {
        if expires(&letter.occasion).is_some_and(|at| at <= self.gate.now()) {
            return Fate::Buried("its token expired before it could be delivered".into());
        }
        match self.postman.send(letter).await {
            Ok(()) => Fate::Delivered,
            Err(Undelivered::Never(why)) => Fate::Buried(why),
            Err(Undelivered::NotNow(why)) => later(claimed, most_tries(&letter.occasion), why),
        }
    }

    /// Makes the token that somebody asked for, and the letter with it: in one unit with the end of
    /// the wish, so that it is answered once.
    async fn answer(&self, claimed: &Claimed, name: Folded) -> Result<Fate, UseCaseError> {
        let context = Context::new(Self::caller(), StoreRef::Id(claimed.store));
        let wish = claimed.clone();
        let answer = move |room: &mut Room<'_>| {
            if !room.deliveries().delivered(&wish)? || !room.settings.self_service_reset {
                return Ok(());
            }
            let now = room.journal.now();
            // Locked, and looked at then: the letter goes to no address that was just changed.
            let found = find_by_name(room, &name)?.map(|user| user.id);
            let found: Vec<_> = found.into_iter().collect();
            let user = room.here().users().find_all_for_update(&found)?.pop();
            let Some(user) = user.filter(|user| may_reset(user, now)) else { return Ok(()) };
            let token = room.here().tokens().find(user.id, Purpose::PasswordReset)?;
            if token.is_some_and(|token| StartedBy::just_now(token.expires, now)) {
                return Ok(());
            }
            send_token(room, &user, StartedBy::User)
        };
        let needs = Permission::UserManage;
        match self.gate.change(Access::Write, &context, needs, 0, answer).await {
            Ok(()) => Ok(Fate::Done),
            // Nothing is set in a store that takes no writes: the wish ends here.
            Err(UseCaseError::StoreReadOnly | UseCaseError::NotFound(_)) => Ok(Fate::Delivered),
            Err(error) => Err(error),
        }
    }

    async fn settle(&self, claimed: Claimed, fate: Fate) -> Result<(), UseCaseError> {
        let caller = Self::caller();
        let settled = move |room: &mut SystemRoom<'_>| {
            let now = room.now();
            let deliveries = room.deliveries();
            let _ = match &fate {
                Fate::Delivered | Fate::Done => deliveries.delivered(&claimed)?,
                // A wish is forgotten: its id is that of every further wish for the name.
                Fate::Buried(_) if is_wish(&claimed) => deliveries.delivered(&claimed)?,
                Fate::Postponed(why) => {
                    deliveries.postpone(&claimed, now.saturating_add(pause(claimed.tries)), why)?
                }
                Fate::Buried(why) => deliveries.bury(&claimed, now, why)?,
            };
            Ok(())
        };
        self.gate.system(Access::Write, &caller, None, settled).await
    }
}

/// Whether it is somebody's wish for a reset: its line is its own.
fn is_wish(claimed: &Claimed) -> bool {
    sealed::is_id_of_reset(claimed.delivery.id)
}

/// What becomes of a delivery that may be taken later.
fn later(claimed: &Claimed, most_tries: u32, why: String) -> Fate {
    if claimed.tries >= most_tries { Fate::Buried(why) } else { Fate::Postponed(why) }
}

fn most_tries(occasion: &Occasion) -> u32 {
    if expires(occasion).is_some() { MOST_TRIES } else { MOST_TRIES_OF_A_NOTICE }
}

/// Whether somebody who forgot the password may set another one.
fn may_reset(user: &User, now: Instant) -> bool {
    user.email.is_some() && refusal(user, now).is_none()
}

fn expires(occasion: &Occasion) -> Option<Instant> {
    match occasion {
        Occasion::ResetByAdministrator { expires, .. } | Occasion::ResetByUser { expires, .. } => {
            Some(*expires)
        }
        Occasion::PasswordChanged
        | Occasion::EmailChanged { .. }
        | Occasion::SecondFactorSet
        | Occasion::SecondFactorRemoved
        | Occasion::RecoveryCodeUsed => None,
    }
}

fn pause(tries: u32) -> SignedDuration {
    let doubled = FIRST_PAUSE.checked_shl(tries.saturating_sub(1).min(16)).unwrap_or(LONGEST_PAUSE);
    SignedDuration::from_secs(doubled.min(LONGEST_PAUSE))
}
