use actix_web::http::StatusCode;

/// What a request does to resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::userstore) enum Operation {
    /// POST.
    Create,
    /// PUT.
    Update,
    /// PATCH.
    Patch,
    /// POST of what may be there already.
    CreateOrUpdate,
    /// DELETE.
    Remove,
}

impl Operation {
    /// What one resource is answered with.
    pub(in crate::userstore) const fn status(self) -> StatusCode {
        match self {
            Self::Create | Self::CreateOrUpdate => StatusCode::CREATED,
            Self::Update | Self::Patch => StatusCode::ACCEPTED,
            Self::Remove => StatusCode::NO_CONTENT,
        }
    }

    /// What a whole batch is answered with.
    pub(super) const fn status_of_batch(self) -> StatusCode {
        match self {
            Self::Create | Self::CreateOrUpdate | Self::Update => StatusCode::OK,
            Self::Patch => StatusCode::ACCEPTED,
            Self::Remove => StatusCode::NO_CONTENT,
        }
    }

    /// Whether the answer says where the resource is.
    pub(super) const fn tells_location(self) -> bool {
        matches!(self, Self::Create | Self::CreateOrUpdate)
    }
}
