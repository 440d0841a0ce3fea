//! How records are changed: one path for one change and for a batch, for users, groups, profiles
//! and metadata alike.
//!
//! A kind of record says in [`Resource::write`] how a chunk of changes is stored; everything that
//! the kinds have in common is here: which record a change means, what may not stand in one batch
//! twice, what becomes of the others when one is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::access::{Context, Gate, Permission, Room};
use crate::error::{Invalid, UseCaseError};
use crate::id::StoreId;
use crate::random::Random;
use crate::unit_of_work::{Access, Unique};
use crate::version::{Precondition, Version};

/// A kind of record that the API writes.
pub trait Resource: Sized + Send + Sync + 'static {
    /// Where records of this kind lie: `()` for the store itself, else their owner.
    type Scope: Clone + Send + Sync + 'static;
    /// What tells one from another there.
    type Id: Clone + Ord + Send + Sync + 'static;
    /// The name by which an upsert finds one of which it does not say the id.
    type Name: Clone + Ord + Send + Sync + 'static;
    /// One as a request wants it.
    type Draft: Clone + Send + Sync + 'static;
    /// Which of its relations.
    type Include: Copy + Send + Sync + 'static;
    /// One as it is shown, with relations.
    type Shown: Clone + Send + Sync + 'static;

    /// What writing needs.
    const MANAGE: Permission;
    /// The property that tells one from another, as the API prints it.
    const ID: &'static str;
    /// The property that names a record, as the API prints it.
    const NAME: &'static str;
    /// What is unique by which an upsert finds one: its id and its name.
    const FOUND_BY: [Unique; 2];

    /// The id of a new record.
    fn new_id(draft: Option<&Self::Draft>, random: &dyn Random) -> Self::Id;

    /// How many audit entries a new record leaves, as far as its draft tells.
    fn entries(draft: &Self::Draft) -> u32;

    /// Whether these changes may lock several groups, or users and groups: then they wait for all
    /// others that may, before they lock anything. So no two of them wait for each other.
    fn concern_graph(changes: &[Arc<Change<Self>>]) -> bool;

    /// What is locked before a batch of several chunks begins.
    ///
    /// # Errors
    /// What the store says.
    fn prepare(
        room: &mut Room<'_>,
        scope: &Self::Scope,
        changes: &[Arc<Change<Self>>],
    ) -> Result<(), UseCaseError> {
        let _ = (room, scope, changes);
        Ok(())
    }

    /// The ids of the records of these names, as far as there are any.
    ///
    /// # Errors
    /// What the store says.
    fn find_ids(
        room: &mut Room<'_>,
        scope: &Self::Scope,
        names: &[Self::Name],
    ) -> Result<BTreeMap<Self::Name, Self::Id>, UseCaseError>;

    /// Stores these changes, no two of which concern one record, in a number of statements that
    /// does not grow with them, and says of each what became of it. What is refused leaves no
    /// trace.
    ///
    /// # Errors
    /// A refusal or failure that cannot be laid to one of them.
    fn write(
        room: &mut Room<'_>,
        scope: &Self::Scope,
        changes: &[Planned<Self>],
    ) -> Result<Vec<Outcome<Self>>, UseCaseError>;
}

/// Makes the draft of a changed record from the record as it is. It runs inside the unit of work,
/// more than once when the unit is rerun.
pub type Edit<R> =
    Arc<dyn Fn(&<R as Resource>::Shown) -> Result<<R as Resource>::Draft, EditError> + Send + Sync>;

/// What became of one change: the record, or nothing where it was removed.
pub type Outcome<R> = Result<Option<<R as Resource>::Shown>, UseCaseError>;

/// Why an edit makes no draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// Rules of properties are broken.
    Invalid(Invalid),
    /// A condition inside the request does not hold.
    TestFailed(String),
}

impl From<EditError> for UseCaseError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Invalid(invalid) => Self::Invalid(invalid),
            EditError::TestFailed(which) => Self::TestFailed(which),
        }
    }
}

impl From<Invalid> for EditError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// A change of one record.
pub enum Change<R: Resource> {
    /// Make it.
    Create {
        /// Its id; a new one without it.
        id: Option<R::Id>,
        /// What it is to be.
        draft: R::Draft,
    },
    /// Change what is there.
    Update {
        /// Which.
        id: R::Id,
        /// What must be true of it.
        precondition: Precondition,
        /// The relations that `edit` looks at.
        needs: R::Include,
        /// The relations that `edit` may change.
        writes: R::Include,
        /// How.
        edit: Edit<R>,
    },
    /// Change it if it is there, make it if not.
    Upsert {
        /// Which; without it, the one of that name.
        id: Option<R::Id>,
        /// Which, when there is no id.
        name: Option<R::Name>,
        /// What must be true of it; never met by one that is not there.
        precondition: Precondition,
        /// The relations that `edit` may change.
        writes: R::Include,
        /// What to make, or why the request is not enough to make one.
        create: Result<R::Draft, Invalid>,
        /// How to change what is there.
        edit: Edit<R>,
    },
    /// Remove it.
    Remove {
        /// Which.
        id: R::Id,
        /// What must be true of it.
        precondition: Precondition,
    },
}

impl<R: Resource> Change<R> {
    /// The record that it says is there, or may be.
    pub(crate) fn target(&self) -> Option<R::Id> {
        match self {
            Self::Update { id, .. } | Self::Remove { id, .. } => Some(id.clone()),
            Self::Upsert { id, .. } => id.clone(),
            Self::Create { .. } => None,
        }
    }
}

/// A change of which it is decided which record it means.
pub struct Planned<R: Resource> {
    /// The record: one that is there, or the id of the one to make.
    pub id: R::Id,
    /// Whether it was there under the name by which an upsert looked for it.
    pub found_by_name: bool,
    /// What to do.
    pub change: Arc<Change<R>>,
}

impl<R: Resource> Planned<R> {
    /// A change of which the id tells which record it means.
    pub(crate) fn of(id: R::Id, change: Change<R>) -> Self {
        Self { id, found_by_name: false, change: Arc::new(change) }
    }

    /// That a record goes, in whatever version it is.
    pub(crate) fn removal(id: R::Id) -> Self {
        let change = Change::Remove { id: id.clone(), precondition: Precondition::None };
        Self::of(id, change)
    }
}

impl<R: Resource> Clone for Planned<R> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            found_by_name: self.found_by_name,
            change: Arc::clone(&self.change),
        }
    }
}

/// What becomes of a batch when one of its changes is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing changes.
    Atomic,
    /// The others are made.
    Partial,
}

/// The use cases that write records of one kind.
pub struct Records<R> {
    pub(crate) gate: Gate,
    kind: PhantomData<fn() -> R>,
}

impl<R> Clone for Records<R> {
    fn clone(&self) -> Self {
        Self { gate: self.gate.clone(), kind: PhantomData }
    }
}

/// How many changes of a batch share their statements.
const CHUNK: usize = 500;
/// How often an upsert looks when somebody else makes, renames or removes the record in between.
const UPSERT_ROUNDS: u32 = 3;

impl<R: Resource> Records<R> {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate, kind: PhantomData }
    }

    /// Whether the caller may write here at all, and the id of the store. For refusals of a request
    /// that come before its use case: who may not write hears that first.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn admit(&self, context: &Context) -> Result<StoreId, UseCaseError> {
        self.gate.point(context, R::MANAGE, |room| Ok(room.store.id)).await
    }

    /// Makes one change. The record as it is then; `None` when it is removed.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`]; [`UseCaseError::Stale`]; [`UseCaseError::Duplicate`];
    /// [`UseCaseError::Invalid`] and what an edit refuses; what the kind of record refuses; what
    /// the gate refuses.
    pub async fn apply(
        &self,
        context: &Context,
        scope: R::Scope,
        change: Change<R>,
    ) -> Result<Option<R::Shown>, UseCaseError> {
        let changes: Arc<[_]> = [Arc::new(change)].into();
        let one = |outcomes: Vec<Outcome<R>>| outcomes.into_iter().next().unwrap_or(Ok(None));
        let made = self.run(context, Access::Write, &scope, &changes, Mode::Atomic, one).await;
        made.map_err(UseCaseError::of_whole)
    }

    /// Makes all of these changes, or as `mode` says. `access` is `Bulk`, or `Rehearse` to see what
    /// would become of them.
    ///
    /// # Errors
    /// [`UseCaseError::Item`] with the position of the first change that is refused, where the
    /// batch is atomic; what the gate refuses.
    pub async fn apply_all(
        &self,
        context: &Context,
        access: Access,
        scope: R::Scope,
        mode: Mode,
        changes: Vec<Change<R>>,
    ) -> Result<Vec<Outcome<R>>, UseCaseError> {
        let changes: Arc<[_]> = changes.into_iter().map(Arc::new).collect();
        self.run(context, access, &scope, &changes, mode, Ok).await
    }

    /// `finish` gives what the unit answers, which is what an idempotency key keeps.
    async fn run<T: Send + 'static>(
        &self,
        context: &Context,
        access: Access,
        scope: &R::Scope,
        changes: &Arc<[Arc<Change<R>>]>,
        mode: Mode,
        finish: impl Fn(Vec<Outcome<R>>) -> Result<T, UseCaseError> + Copy + Send + Sync + 'static,
    ) -> Result<T, UseCaseError> {
        let ids: Arc<[R::Id]> = changes.iter().map(|change| self.new_id(change)).collect();
        let entries = changes.iter().map(|change| entries(change)).fold(0, u32::saturating_add);
        for round in 1.. {
            let (scope, ids) = (scope.clone(), Arc::clone(&ids));
            let batch = Arc::clone(changes);
            let last = round == UPSERT_ROUNDS;
            let done = self
                .gate
                .change(access, context, R::MANAGE, entries, move |room| {
                    let outcomes = Batch::<R> { scope: &scope, mode }.run(room, &batch, &ids)?;
                    let mut both = batch.iter().zip(&outcomes);
                    if !last && both.any(|(change, outcome)| is_overtaken(change, outcome)) {
                        return Err(UseCaseError::Overtaken);
                    }
                    finish(outcomes)
                })
                .await;
            match done {
                Err(UseCaseError::Overtaken) if !last => {}
                Err(refusal) if !last && names_overtaken(changes, &refusal) => {}
                done => return done,
            }
        }
        Err(UseCaseError::Overtaken)
    }

    fn new_id(&self, change: &Change<R>) -> R::Id {
        let (id, draft) = match change {
            Change::Create { id, draft } => (id.as_ref(), Some(draft)),
            Change::Upsert { id, create, .. } => (id.as_ref(), create.as_ref().ok()),
            Change::Update { id, .. } | Change::Remove { id, .. } => (Some(id), None),
        };
        id.cloned().unwrap_or_else(|| R::new_id(draft, self.gate.random()))
    }
}

/// How many audit entries a change leaves as far as it tells: groups that are named need not be
/// there, and no numbers are reserved for what may be refused.
fn entries<R: Resource>(change: &Change<R>) -> u32 {
    match change {
        Change::Create { draft, .. } | Change::Upsert { create: Ok(draft), .. } => {
            R::entries(draft)
        }
        Change::Update { .. } | Change::Upsert { .. } | Change::Remove { .. } => 1,
    }
}

/// Whether an upsert may have met what somebody else had made meanwhile, and would find now.
fn is_overtaken<R: Resource>(change: &Change<R>, outcome: &Outcome<R>) -> bool {
    match (change, outcome) {
        (Change::Upsert { .. }, Err(UseCaseError::Duplicate(what))) => R::FOUND_BY.contains(what),
        (Change::Upsert { .. }, Err(UseCaseError::Overtaken)) => true,
        _ => false,
    }
}

/// The same of the refusal of an atomic batch.
fn names_overtaken<R: Resource>(changes: &[Arc<Change<R>>], refusal: &UseCaseError) -> bool {
    let UseCaseError::Item { index, source } = refusal else { return false };
    let outcome: Outcome<R> = Err((**source).clone());
    changes.get(*index).is_some_and(|change| is_overtaken(change, &outcome))
}

/// A batch in its unit of work.
struct Batch<'a, R: Resource> {
    scope: &'a R::Scope,
    mode: Mode,
}

impl<R: Resource> Batch<'_, R> {
    /// What becomes of each change, in their order.
    fn run(
        &self,
        room: &mut Room<'_>,
        changes: &[Arc<Change<R>>],
        new_ids: &[R::Id],
    ) -> Result<Vec<Outcome<R>>, UseCaseError> {
        if R::concern_graph(changes) {
            room.here().nestings().lock_graph()?;
        }
        if changes.len() > CHUNK {
            R::prepare(room, self.scope, changes)?;
        }
        let planned = self.plan(room, changes, new_ids)?;
        let mut outcomes = Vec::with_capacity(planned.len());
        for chunk in planned.chunks(CHUNK) {
            let first = outcomes.len();
            outcomes.extend(self.chunk(room, first, chunk)?);
        }
        Ok(outcomes)
    }

    /// Decides which record each change means, and refuses those that mean one a second time.
    fn plan(
        &self,
        room: &mut Room<'_>,
        changes: &[Arc<Change<R>>],
        new_ids: &[R::Id],
    ) -> Result<Vec<Result<Planned<R>, UseCaseError>>, UseCaseError> {
        let names: BTreeSet<_> = changes.iter().filter_map(|change| wanted_name(change)).collect();
        let names: Vec<_> = names.into_iter().cloned().collect();
        let present =
            if names.is_empty() { BTreeMap::new() } else { R::find_ids(room, self.scope, &names)? };
        let (mut seen, mut seen_names) = (BTreeSet::new(), BTreeSet::new());
        let mut plans = Vec::with_capacity(changes.len());
        for (change, new_id) in changes.iter().zip(new_ids) {
            let name = wanted_name(change);
            let found = name.and_then(|name| present.get(name));
            let (found_by_name, id) = (found.is_some(), found.unwrap_or(new_id).clone());
            let new_name = name.is_none_or(|name| seen_names.insert(name.clone()));
            let new = seen.insert(id.clone());
            plans.push(match **change {
                Change::Upsert { id: None, name: None, .. } => {
                    Err(Invalid::one(R::NAME, "must be present where there is no id").into())
                }
                _ if !new_name => Err(repeated(R::NAME)),
                _ if !new => Err(repeated(R::ID)),
                _ => Ok(Planned { id, found_by_name, change: Arc::clone(change) }),
            });
        }
        Ok(plans)
    }

    /// What becomes of the changes of one chunk, the first of which stands at `first`.
    fn chunk(
        &self,
        room: &mut Room<'_>,
        first: usize,
        chunk: &[Result<Planned<R>, UseCaseError>],
    ) -> Result<Vec<Outcome<R>>, UseCaseError> {
        let sound: Vec<_> = chunk.iter().filter_map(|plan| plan.as_ref().ok()).cloned().collect();
        let mut written = match (self.mode, sound.len()) {
            (_, 0) => Vec::new(),
            (Mode::Atomic, 1) => vec![self.single(room, &sound)?],
            _ => self.halve(room, &sound)?,
        }
        .into_iter();
        let mut outcomes = Vec::with_capacity(chunk.len());
        for (index, plan) in (first..).zip(chunk) {
            let outcome = match plan {
                Ok(_) => written.next().unwrap_or(Ok(None)),
                Err(refusal) => Err(refusal.clone()),
            };
            match outcome {
                Err(refusal) if self.mode == Mode::Atomic => return Err(refusal.of_item(index)),
                outcome => outcomes.push(outcome),
            }
        }
        Ok(outcomes)
    }

    /// One change alone, which needs no savepoint: its refusal ends the unit.
    fn single(
        &self,
        room: &mut Room<'_>,
        change: &[Planned<R>],
    ) -> Result<Outcome<R>, UseCaseError> {
        match R::write(room, self.scope, change) {
            Ok(outcomes) => Ok(outcomes.into_iter().next().unwrap_or(Ok(None))),
            Err(refusal) if !refusal.concerns_all() => Ok(Err(refusal)),
            Err(failure) => Err(failure),
        }
    }

    /// The changes in a savepoint; where a refusal cannot be laid to one of them, each half of them.
    fn halve(
        &self,
        room: &mut Room<'_>,
        changes: &[Planned<R>],
    ) -> Result<Vec<Outcome<R>>, UseCaseError> {
        let refusal = match room.nested(&mut |room| R::write(room, self.scope, changes)) {
            Err(refusal) if !refusal.concerns_all() => refusal,
            outcome => return outcome,
        };
        if changes.len() <= 1 {
            return Ok(vec![Err(refusal)]);
        }
        let (left, right) = changes.split_at(changes.len() / 2);
        let mut outcomes = self.halve(room, left)?;
        if self.mode == Mode::Atomic && outcomes.iter().any(Result::is_err) {
            return Ok(outcomes);
        }
        outcomes.extend(self.halve(room, right)?);
        Ok(outcomes)
    }
}

fn repeated(property: &str) -> UseCaseError {
    Invalid::one(property, "must not be given twice in one batch").into()
}

/// The name by which a change is to be found.
fn wanted_name<R: Resource>(change: &Change<R>) -> Option<&R::Name> {
    match change {
        Change::Upsert { id: None, name, .. } => name.as_ref(),
        _ => None,
    }
}

/// The precondition of a change of what is there.
pub(crate) fn require(precondition: &Precondition, present: Version) -> Result<(), UseCaseError> {
    if precondition.is_met_by(present) {
        return Ok(());
    }
    Err(UseCaseError::Stale { present: Some(present) })
}

/// RFC 9110 §13.1.1: `If-Match` is false when there is no current representation.
pub(crate) fn require_nothing_present(precondition: &Precondition) -> Result<(), UseCaseError> {
    match precondition {
        Precondition::None => Ok(()),
        Precondition::Exists | Precondition::OneOf(_) => Err(UseCaseError::Stale { present: None }),
    }
}

/// What a sound change does to its record.
pub(crate) enum Step<R: Resource> {
    /// It is made.
    Make(R::Draft),
    /// What is there is changed.
    Edit(R::Draft),
    /// What is there is removed.
    Remove,
}

/// What a change does, given the record that is there, if one is: `version` and `named` tell its
/// version and whether it still bears the name by which an upsert found it.
pub(crate) fn step<R: Resource>(
    planned: &Planned<R>,
    present: Option<&R::Shown>,
    not_found: UseCaseError,
    version: impl Fn(&R::Shown) -> Version,
    named: impl Fn(&R::Shown, &R::Name) -> bool,
) -> Result<Step<R>, UseCaseError> {
    match (&*planned.change, present) {
        // What was found by its name is another one now, or gone.
        (Change::Upsert { .. }, None) if planned.found_by_name => Err(UseCaseError::Overtaken),
        (Change::Create { draft, .. }, _) => Ok(Step::Make(draft.clone())),
        (Change::Update { precondition, edit, .. }, Some(present)) => {
            require(precondition, version(present))?;
            Ok(Step::Edit(edit(present)?))
        }
        (Change::Remove { precondition, .. }, Some(present)) => {
            require(precondition, version(present))?;
            Ok(Step::Remove)
        }
        (Change::Update { .. } | Change::Remove { .. }, None) => Err(not_found),
        (Change::Upsert { id, name, precondition, edit, .. }, Some(present)) => {
            if id.is_none() && name.as_ref().is_some_and(|name| !named(present, name)) {
                return Err(UseCaseError::Overtaken);
            }
            require(precondition, version(present))?;
            Ok(Step::Edit(edit(present)?))
        }
        (Change::Upsert { precondition, create, .. }, None) => {
            require_nothing_present(precondition)?;
            Ok(Step::Make(create.clone()?))
        }
    }
}
