use domain::access::{
    Authority, Caller, Context, Due, Grant, Principal, Reach, RoleBook, RoleName, SignedIn,
};
use domain::id::{ClientId, SessionId, StoreId, UserId};
use domain::store::StoreRef;

use super::uuid_of;

/// Makes a caller.
#[derive(Clone, Debug)]
pub struct CallerBuilder {
    principal: Principal,
    signed_in: Option<SignedIn>,
    book: RoleBook,
    grants: Vec<Grant>,
}

/// An API client that calls, and holds nothing yet.
pub fn a_caller() -> CallerBuilder {
    let id = ClientId::new(uuid_of("client", "caller"));
    CallerBuilder {
        principal: Principal::Client(id),
        signed_in: None,
        book: RoleBook::built_in(),
        grants: Vec::new(),
    }
}

impl CallerBuilder {
    /// Who calls.
    #[must_use]
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principal = principal;
        self
    }

    /// A user of `store` who has signed in, of whom `due` is still due. The session follows from the
    /// user; no store knows it.
    #[must_use]
    pub fn signed_in(mut self, store: StoreId, user: UserId, due: Due) -> Self {
        let session = SessionId::new(uuid_of("session", &user.to_string()));
        self.signed_in = Some(SignedIn { store, user, session, due });
        self
    }

    /// What the roles give, where it is not only the built-in ones.
    #[must_use]
    pub fn by_book(mut self, book: RoleBook) -> Self {
        self.book = book;
        self
    }

    /// Holds `SystemAdmin`.
    #[must_use]
    pub fn system_admin(mut self) -> Self {
        self.grants.push(Grant::system_admin());
        self
    }

    /// Holds `role` in `store`.
    #[must_use]
    pub fn holding(mut self, role: RoleName, store: StoreId) -> Self {
        self.grants.push(Grant::new(role, Reach::Store(store)).expect("a role of a store"));
        self
    }

    /// Holds `role` in every store.
    #[must_use]
    pub fn holding_everywhere(mut self, role: RoleName) -> Self {
        self.grants.push(Grant::new(role, Reach::Everywhere).expect("a role of every store"));
        self
    }

    /// The caller.
    pub fn build(self) -> Caller {
        let authority = Authority::of(&self.book, &self.grants);
        match self.signed_in {
            Some(by) => Caller::signed_in(by, authority),
            None => Caller::new(self.principal, authority),
        }
    }

    /// The caller, acting in `store`.
    pub fn acting_in(self, store: StoreId) -> Context {
        Context::new(self.build(), StoreRef::Id(store))
    }
}
