use api_actix::UsersApi;
use domain::store::StoreName;

use super::error::ConfigurationError;
use super::layers::Layers;
use super::parse;

/// Reads the section `users_api`.
pub(super) fn read(layers: &Layers) -> Result<UsersApi, ConfigurationError> {
    Ok(UsersApi {
        store: parse(layers, "users_api.store", |text| {
            StoreName::parse(text).map_err(|rule| format!("must name a store, whose name {rule}"))
        })?,
        allow_get_writes: layers.flag("users_api.allow_get_writes")?,
        two_factor_issuer: parse(layers, "users_api.two_factor_issuer", issuer)?,
    })
}

/// A colon would end it in an `otpauth` URI.
fn issuer(text: &str) -> Result<String, &'static str> {
    let fits = (1..=64).contains(&text.chars().count());
    if !fits || text.contains(|c: char| c == ':' || c.is_control()) {
        return Err("must be 1 to 64 characters, none of them a colon or a control character");
    }
    Ok(text.to_owned())
}
