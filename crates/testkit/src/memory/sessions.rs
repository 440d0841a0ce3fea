use domain::id::{SessionId, StoreId, UserId};
use domain::session::{Presented, Session, SessionDirectory, SessionRepository};
use domain::time::Instant;
use domain::token::TokenHash;
use domain::unit_of_work::StoreError;
use domain::user::User;

use super::image::Tenant;
use super::table::length;
use super::unit::{OpenStore, OpenUnit};

/// A session with its tokens.
#[derive(Clone)]
pub(super) struct KeptSession {
    session: Session,
    refresh: Option<TokenHash>,
    /// Each with when it was used last.
    tokens: Vec<(TokenHash, Instant)>,
}

impl KeptSession {
    /// When that token of the session was used last.
    fn used(&self, token: &TokenHash) -> Option<Instant> {
        let mut tokens = self.tokens.iter();
        tokens.find_map(|(hash, used)| (hash == token).then_some(*used))
    }

    /// Adds a token, and drops those that went unused and those that are too many with it.
    fn add_token(&mut self, token: TokenHash, now: Instant, unused_since: Instant, keep: u32) {
        self.tokens.retain(|(_, used)| *used >= unused_since);
        self.tokens.sort_by_key(|(_, used)| *used);
        let others = length(keep).saturating_sub(1);
        let surplus = self.tokens.len().saturating_sub(others);
        self.tokens.drain(..surplus);
        self.tokens.push((token, now));
    }
}

impl Tenant {
    fn presented(&self, store: StoreId, token: &TokenHash) -> Option<Presented> {
        self.sessions.values().find_map(|kept| {
            let used = kept.used(token)?;
            let session = kept.session.clone();
            let owner = self.users.get(&session.user)?;
            Some(Presented { store, session, used, user: User::clone(owner) })
        })
    }

    fn refreshed_by(&self, refresh: &TokenHash) -> Option<&Session> {
        let mut sessions = self.sessions.values();
        let found = sessions.find(|kept| kept.refresh.as_ref() == Some(refresh));
        found.map(|kept| &kept.session)
    }

    fn touch_token(&mut self, token: &TokenHash, now: Instant) {
        let holder = self.sessions.iter().find(|(_, kept)| kept.used(token).is_some());
        let Some(id) = holder.map(|(id, _)| *id) else { return };
        let tokens = self.sessions.get_mut(&id).into_iter().flat_map(|kept| &mut kept.tokens);
        for (_, used) in tokens.filter(|(hash, _)| hash == token) {
            *used = now;
        }
    }

    /// Ends every session of these users but `except`.
    pub(super) fn end_sessions(&mut self, users: &[UserId], except: Option<SessionId>) {
        self.sessions.retain(|id, kept| Some(*id) == except || !users.contains(&kept.session.user));
    }

    fn tidy_sessions(&mut self, user: UserId, now: Instant, keep: u32) {
        self.sessions.retain(|_, kept| kept.session.user != user || kept.session.expires > now);
        let of_user = self.sessions.values().map(|kept| &kept.session);
        let mut left: Vec<_> = of_user
            .filter(|session| session.user == user)
            .map(|session| (session.second_factor, session.started, session.id))
            .collect();
        left.sort_unstable();
        let surplus = left.len().saturating_sub(length(keep));
        for (.., id) in left.into_iter().take(surplus) {
            self.sessions.remove(&id);
        }
    }
}

impl SessionDirectory for OpenUnit<'_> {
    fn find_by_token(&mut self, token: &TokenHash) -> Result<Option<Presented>, StoreError> {
        self.read(|image| {
            image.tenants.iter().find_map(|(store, tenant)| tenant.presented(*store, token))
        })
    }

    fn find_by_refresh(
        &mut self,
        refresh: &TokenHash,
    ) -> Result<Option<(StoreId, Session)>, StoreError> {
        self.read(|image| {
            image.tenants.iter().find_map(|(store, tenant)| {
                tenant.refreshed_by(refresh).map(|session| (*store, session.clone()))
            })
        })
    }
}

/// Writers take turns, so what is found is locked until the unit ends.
impl SessionRepository for OpenStore<'_, '_> {
    fn insert(
        &mut self,
        session: &Session,
        token: &TokenHash,
        refresh: Option<TokenHash>,
    ) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.require_user(session.user)?;
            let tokens = vec![(*token, session.started)];
            let kept = KeptSession { session: session.clone(), refresh, tokens };
            tenant.sessions.put(session.id, kept);
            Ok(())
        })
    }

    fn find_for_update(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.read_locked(|tenant| tenant.sessions.get(&id).map(|kept| kept.session.clone()))
    }

    fn elevate(
        &mut self,
        id: SessionId,
        token: &TokenHash,
        refresh: &TokenHash,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.write(|tenant| {
            let kept = tenant.sessions.get_mut(&id).ok_or(StoreError::Stale)?;
            kept.session.second_factor = true;
            kept.refresh = Some(*refresh);
            kept.tokens = vec![(*token, now)];
            Ok(())
        })
    }

    fn add_token(
        &mut self,
        id: SessionId,
        token: &TokenHash,
        now: Instant,
        unused_since: Instant,
        keep: u32,
    ) -> Result<(), StoreError> {
        self.write(|tenant| {
            let kept = tenant.sessions.get_mut(&id).ok_or(StoreError::DanglingReference)?;
            kept.add_token(*token, now, unused_since, keep);
            Ok(())
        })
    }

    fn touch(&mut self, token: &TokenHash, now: Instant) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.touch_token(token, now);
            Ok(())
        })
    }

    fn end(&mut self, id: SessionId) -> Result<bool, StoreError> {
        self.write(|tenant| Ok(tenant.sessions.remove(&id).is_some()))
    }

    fn end_all(&mut self, users: &[UserId], except: Option<SessionId>) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.end_sessions(users, except);
            Ok(())
        })
    }

    fn tidy(&mut self, user: UserId, now: Instant, keep: u32) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.tidy_sessions(user, now, keep);
            Ok(())
        })
    }
}
