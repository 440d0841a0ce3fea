//! Where operations are registered: with the framework for every worker, and with the document, which
//! is made once. Made again for every worker it would cost each of them megabytes that the allocator
//! keeps.

use actix_web::dev::HttpServiceFactory;
use actix_web::web;
use utoipa::openapi::path::Paths;
use utoipa::openapi::{RefOr, Schema};
use utoipa_actix_web::OpenApiFactory;

/// The registry of operations below a path.
pub(crate) struct ServiceConfig<'c> {
    framework: &'c mut web::ServiceConfig,
    /// The path, without a slash at the end.
    prefix: &'c str,
    /// Where the document is being made.
    documented: Option<&'c mut Documented>,
}

/// What the document says of the operations that were registered.
#[derive(Default)]
pub(super) struct Documented {
    /// The operations by path and method.
    pub(super) paths: Paths,
    /// The shapes that they name.
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

impl<'c> ServiceConfig<'c> {
    /// The registry of a worker.
    pub(crate) fn of_worker(framework: &'c mut web::ServiceConfig) -> Self {
        Self { framework, prefix: "", documented: None }
    }

    /// A registry that describes what it registers.
    pub(super) fn documenting(
        framework: &'c mut web::ServiceConfig,
        documented: &'c mut Documented,
    ) -> Self {
        Self { framework, prefix: "", documented: Some(documented) }
    }

    /// Registers an operation.
    pub(crate) fn service<F>(&mut self, operation: F) -> &mut Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        if let Some(documented) = &mut self.documented {
            documented.add(self.prefix, &operation);
        }
        self.framework.service(operation);
        self
    }

    /// Registers what `configure` does.
    pub(crate) fn configure(&mut self, configure: fn(&mut ServiceConfig<'_>)) -> &mut Self {
        configure(self);
        self
    }

    /// Registers what `configure` does, below a path.
    pub(super) fn scope(
        &mut self,
        prefix: &str,
        configure: fn(&mut ServiceConfig<'_>),
    ) -> &mut Self {
        let documented = &mut self.documented;
        let scope = web::scope(prefix).configure(|framework| {
            configure(&mut ServiceConfig {
                framework,
                prefix,
                documented: documented.as_deref_mut(),
            });
        });
        self.framework.service(scope);
        self
    }
}

impl Documented {
    fn add(&mut self, prefix: &str, operation: &impl OpenApiFactory) {
        let mut paths = operation.paths();
        let named = |(path, item)| (format!("{prefix}{path}"), item);
        paths.paths = std::mem::take(&mut paths.paths).into_iter().map(named).collect();
        self.paths.merge(paths);
        operation.schemas(&mut self.schemas);
    }
}
