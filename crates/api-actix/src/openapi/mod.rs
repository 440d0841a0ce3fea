//! The OpenAPI 3.1 document, made from the handlers as they are registered.

pub(crate) mod refusals;

use actix_web::App;
use utoipa::openapi::info::{ContactBuilder, LicenseBuilder};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt as _, scope};

use crate::problem::Document;
use crate::{docs, health, userstore};

const SECURITY_SCHEME: &str = "apiKey";

/// Registers every operation.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    health::configure(config);
    docs::configure(config);
    userstore::configure_register(config);
    config.service(scope::scope(userstore::BASE).configure(userstore::configure));
}

/// The document of every operation.
pub(crate) fn document() -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(frame()).configure(configure);
    app.split_for_parts().1
}

/// The document as it is served and kept in the repository.
pub(crate) fn text(document: &OpenApi) -> String {
    // Strings, numbers and maps of them always serialize.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// What the document says beside the operations.
fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Userstore")
        .version("1")
        .description(Some(
            "Users, their groups and profiles, and a signed audit trail, compatible with the \
             ProAuth UserStore API. Extensions are additive. Every refusal is an RFC 9457 problem \
             document whose `type` is stable. Names of properties, of query parameters and the \
             literal segments of paths match ignoring case.",
        ))
        .contact(Some(ContactBuilder::new().name(Some("The Userstore project")).build()))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ))
        .build();
    let key = SecurityScheme::Http(
        Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key; what it may do is given to its client as roles."))
            .build(),
    );
    let components = ComponentsBuilder::new()
        .schema(<Document<'_> as ToSchema>::name(), <Document<'_> as PartialSchema>::schema())
        .security_scheme(SECURITY_SCHEME, key)
        .build();
    let tag = |name: &str, text: &str| TagBuilder::new().name(name).description(Some(text)).build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(SECURITY_SCHEME, [""; 0])]))
        .tags(Some([
            tag("User", "Users of a store."),
            tag("PublicAdmin", "What users do for themselves, without a credential."),
            tag("UserProfile", "Keys and values of users."),
            tag("Group", "Groups of users and of other groups."),
            tag("GroupMetadata", "Keys and values of groups."),
            tag("Store", "The register of stores, and their settings."),
            tag("Role", "Who of a store holds which role."),
            tag("Client", "Programs that call, and their keys."),
            tag("AuditTrail", "Who changed what, signed."),
            tag("Extension", "What the reference does not have."),
            tag("Operation", "The running of this server."),
        ]))
        .build()
}
