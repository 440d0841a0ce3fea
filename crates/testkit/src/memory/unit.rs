use domain::access::{Administrators, RoleRepository};
use domain::attempt::{AttemptRepository, ThrottleRepository};
use domain::attribute::AttributeRepository;
use domain::audit::AuditRepository;
use domain::audit::log::{LogRepository, Logs};
use domain::client::{ClientDirectory, ClientRepository};
use domain::delivery::{Deliveries, Outbox};
use domain::group::{GroupRepository, MembershipRepository, NestingRepository};
use domain::id::{GroupId, StoreId, UserId};
use domain::idempotency::AnswerRepository;
use domain::password::PasswordRepository;
use domain::second_factor::SecondFactorRepository;
use domain::session::{SessionDirectory, SessionRepository};
use domain::store::StoreRepository;
use domain::token::TokenRepository;
use domain::unit_of_work::{InStore, StoreError, Transaction, Verdict};
use domain::user::UserRepository;

use super::faults::Faults;
use super::image::{Image, Tenant};
use super::trail::Trail;

/// An open unit of work: an image of its own, and the failure that has ended it, if one has.
pub(super) struct OpenUnit<'a> {
    image: Image,
    writes: bool,
    faults: &'a Faults,
    failure: Option<StoreError>,
}

impl<'a> OpenUnit<'a> {
    pub(super) fn begin(image: Image, writes: bool, faults: &'a Faults) -> Self {
        Self { image, writes, faults, failure: None }
    }

    /// What is to be stored; `None` for nothing.
    pub(super) fn end(self, verdict: Verdict) -> Result<Option<Image>, StoreError> {
        match (self.failure, verdict) {
            // Whatever the closure made of it: it runs again.
            (Some(StoreError::Retryable), _) => Err(StoreError::Retryable),
            (Some(failure), Verdict::Commit) => Err(failure),
            (_, Verdict::Rollback) => Ok(None),
            (None, Verdict::Commit) => Ok(Some(self.image)),
        }
    }

    /// One call of a repository that reads.
    pub(super) fn read<T>(&mut self, call: impl FnOnce(&Image) -> T) -> Result<T, StoreError> {
        self.call(|image| Ok(call(image)))
    }

    /// One call of a repository that writes or locks, which a unit that only reads refuses.
    pub(super) fn write<T>(
        &mut self,
        call: impl FnOnce(&mut Image) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let writes = self.writes;
        self.call(|image| {
            if !writes {
                return Err(StoreError::Other("a write in a unit of work that only reads".into()));
            }
            call(image)
        })
    }

    /// After a failed call every further one fails alike, until the savepoint around it ends.
    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Image) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let outcome = self.faults.at_call().and_then(|()| call(&mut self.image));
        self.failure = outcome.as_ref().err().cloned();
        outcome
    }
}

/// Whether a failure ends the whole unit, savepoints or not.
fn ends_the_unit(failure: &StoreError) -> bool {
    matches!(failure, StoreError::Retryable | StoreError::Unavailable(_))
}

impl Transaction for OpenUnit<'_> {
    fn stores(&mut self) -> &mut dyn StoreRepository {
        self
    }

    fn clients(&mut self) -> &mut dyn ClientDirectory {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionDirectory {
        self
    }

    fn administrators(&mut self) -> &mut dyn Administrators {
        self
    }

    fn answers(&mut self) -> &mut dyn AnswerRepository {
        self
    }

    fn deliveries(&mut self) -> &mut dyn Deliveries {
        self
    }

    fn logs(&mut self) -> &mut dyn Logs {
        self
    }

    fn store(&mut self, id: StoreId) -> Box<dyn InStore + '_> {
        Box::new(OpenStore { unit: self, id })
    }

    fn nested(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Verdict,
    ) -> Result<(), StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let savepoint = self.image.clone();
        let verdict = work(self);
        if verdict == Verdict::Commit && self.failure.is_none() {
            return Ok(());
        }
        self.image = savepoint;
        let failure = match &self.failure {
            Some(failure) if ends_the_unit(failure) => self.failure.clone(),
            _ => self.failure.take(),
        };
        match (failure, verdict) {
            (Some(failure), Verdict::Commit) => Err(failure),
            _ => Ok(()),
        }
    }
}

/// One store in an open unit of work.
pub(super) struct OpenStore<'a, 'b> {
    pub(super) unit: &'a mut OpenUnit<'b>,
    pub(super) id: StoreId,
}

impl OpenStore<'_, '_> {
    /// One call that reads what belongs to the store.
    pub(super) fn read<T>(&mut self, call: impl FnOnce(&Tenant) -> T) -> Result<T, StoreError> {
        let id = self.id;
        self.unit.read(|image| image.look_into(id, call))
    }

    /// The same, of what the unit is going to change.
    pub(super) fn read_locked<T>(
        &mut self,
        call: impl FnOnce(&Tenant) -> T,
    ) -> Result<T, StoreError> {
        let id = self.id;
        self.unit.write(|image| Ok(image.look_into(id, call)))
    }

    /// One call that writes to the store, which must be there.
    pub(super) fn write<T>(
        &mut self,
        call: impl FnOnce(&mut Tenant) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let id = self.id;
        self.unit.write(|image| {
            if !image.stores.contains(&id) {
                return Err(StoreError::DanglingReference);
            }
            let tenant = image.tenants.edit(id);
            let outcome = call(tenant)?;
            tenant.trail.let_wait();
            Ok(outcome)
        })
    }

    /// One call that writes to the trail, which outlives its store.
    pub(super) fn write_trail<T>(
        &mut self,
        call: impl FnOnce(&mut Trail) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let id = self.id;
        self.unit.write(|image| call(&mut image.tenants.edit(id).trail))
    }
}

impl InStore for OpenStore<'_, '_> {
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn profiles(&mut self) -> &mut dyn AttributeRepository<UserId> {
        self
    }

    fn groups(&mut self) -> &mut dyn GroupRepository {
        self
    }

    fn metadata(&mut self) -> &mut dyn AttributeRepository<GroupId> {
        self
    }

    fn nestings(&mut self) -> &mut dyn NestingRepository {
        self
    }

    fn memberships(&mut self) -> &mut dyn MembershipRepository {
        self
    }

    fn roles(&mut self) -> &mut dyn RoleRepository {
        self
    }

    fn clients(&mut self) -> &mut dyn ClientRepository {
        self
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        self
    }

    fn attempts(&mut self) -> &mut dyn AttemptRepository {
        self
    }

    fn throttle(&mut self) -> &mut dyn ThrottleRepository {
        self
    }

    fn tokens(&mut self) -> &mut dyn TokenRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }

    fn log(&mut self) -> &mut dyn LogRepository {
        self
    }
}
