//! The OpenAPI 3.1 document, made from the handlers as they are registered.

pub(crate) mod refusals;
mod registry;

use actix_web::App;
use utoipa::openapi::info::{ContactBuilder, LicenseBuilder};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};

pub(crate) use registry::ServiceConfig;

use crate::problem::Document;
use crate::users::response_status::ErrorResponse;
use crate::{docs, health, users, userstore};
use registry::Documented;

/// A Bearer token, which every operation takes.
const BEARER: &str = "apiKey";
/// The other ways to send a session, which the users API takes.
const SESSION_SCHEMES: [&str; 3] = ["sessionHeader", "sessionCookie", "rememberedCookie"];

/// Registers every operation.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    health::configure(config);
    docs::configure(config);
    userstore::configure_register(config);
    config.scope(userstore::BASE, userstore::configure);
    users::configure(config);
}

/// The document of every operation.
pub(crate) fn document() -> OpenApi {
    let mut documented = Documented::default();
    // Only an application hands out what operations are registered with; this one serves nobody.
    let _ = App::new().configure(|framework| {
        configure(&mut ServiceConfig::documenting(framework, &mut documented));
    });
    let mut document = frame();
    document.paths.merge(documented.paths);
    document.components.get_or_insert_default().schemas.extend(documented.schemas);
    document
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
             document whose `type` is stable, but for the users API, which answers a \
             `ResponseStatus`. Names of properties, of query parameters and the \
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
    let (mut schemas, name) = (Vec::new(), <ErrorResponse<'_> as ToSchema>::name());
    <ErrorResponse<'_> as ToSchema>::schemas(&mut schemas);
    let components = ComponentsBuilder::new()
        .schema(<Document<'_> as ToSchema>::name(), <Document<'_> as PartialSchema>::schema())
        .schema(name, <ErrorResponse<'_> as PartialSchema>::schema())
        .schemas_from_iter(schemas);
    let components = security_schemes()
        .into_iter()
        .fold(components, |components, (name, scheme)| components.security_scheme(name, scheme))
        .build();
    let tag = |name: &str, text: &str| TagBuilder::new().name(name).description(Some(text)).build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(BEARER, [""; 0])]))
        .tags(Some([
            tag("User", "Users of a store."),
            tag("PublicAdmin", "What users do for themselves, without a credential."),
            tag("UserProfile", "Keys and values of users."),
            tag("Group", "Groups of users and of other groups."),
            tag("GroupMetadata", "Keys and values of groups."),
            tag("Store", "The register of stores, and their settings."),
            tag("Role", "Who of a store holds which role."),
            tag("Client", "Programs that call, and their keys."),
            tag(
                "Users",
                "Users of one store, sign-in and second factor, as clients of ServiceStack call \
                 them: fields stand in the path, the query, a form or a JSON body, and match \
                 ignoring case; a slash at the end of a path does not matter. Refusals are a \
                 `ResponseStatus`.",
            ),
            tag(
                "AuditTrail",
                "Who changed what, signed, and the proof that nothing of it is gone.",
            ),
            tag("Event", "That something changed, in the order in which it was sealed."),
            tag("Extension", "What the reference does not have."),
            tag("Operation", "The running of this server."),
        ]))
        .build()
}

/// How callers prove who they are.
fn security_schemes() -> [(&'static str, SecurityScheme); 4] {
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API key, the token of a session, or a token of an issuer that is known; what it may \
             do is given to its holder as roles.",
        ))
        .build();
    let sent = |name: &str, text: &str| ApiKeyValue::with_description(name, text);
    let [header, cookie, remembered] = SESSION_SCHEMES;
    let cookie_rule = "The token of a session. A POST needs an `Origin` or a `Sec-Fetch-Site` of \
                       this server's own pages, and a GET changes nothing.";
    let header_rule = "The token of a session, for the users API.";
    [
        (BEARER, SecurityScheme::Http(bearer)),
        (header, SecurityScheme::ApiKey(ApiKey::Header(sent("X-ss-id", header_rule)))),
        (cookie, SecurityScheme::ApiKey(ApiKey::Cookie(sent("ss-id", cookie_rule)))),
        (remembered, SecurityScheme::ApiKey(ApiKey::Cookie(sent("ss-pid", cookie_rule)))),
    ]
}
