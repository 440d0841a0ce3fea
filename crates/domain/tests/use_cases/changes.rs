//! Changes in short.

use domain::resource::{Change, Edit, Resource};
use domain::version::Precondition;

/// Makes a record.
pub(crate) fn create<R: Resource>(id: Option<R::Id>, draft: R::Draft) -> Change<R> {
    Change::Create { id, draft }
}

/// Changes one by an edit that looks at no relation and may change those of `writes`.
pub(crate) fn change<R: Resource<Include = I>, I: Copy + None>(
    id: R::Id,
    precondition: Precondition,
    writes: I,
    edit: Edit<R>,
) -> Change<R> {
    Change::Update { id, precondition, needs: I::NONE, writes, edit }
}

/// Removes one.
pub(crate) fn remove<R: Resource>(id: R::Id, precondition: Precondition) -> Change<R> {
    Change::Remove { id, precondition }
}

/// That there is a choice of no relation.
pub(crate) trait None {
    /// It.
    const NONE: Self;
}

impl None for domain::user::Include {
    const NONE: Self = Self::NONE;
}

impl None for domain::group::GroupInclude {
    const NONE: Self = Self::NONE;
}

impl None for () {
    const NONE: Self = ();
}
