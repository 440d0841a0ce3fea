//! A request that proves by its body that it may act, and not by a credential.

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use domain::access::Principal;
use domain::store::StoreRef;
use domain::text::Folded;
use futures_util::future::LocalBoxFuture;

use crate::percent;
use crate::problem::{Kind, Problem};
use crate::request::query::Query;
use crate::state::Api;

/// A request to one store of whoever it may be, from a source that has not asked too often: that is
/// looked at before anything else. A credential that comes with it is not.
pub(crate) struct Anonymous {
    /// The use cases.
    pub(crate) api: Api,
    /// Where.
    pub(crate) store: StoreRef,
    request: HttpRequest,
}

impl FromRequest for Anonymous {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let api = Api::extract(&request).await?;
            api.shared.sources.admit(&request)?;
            request.extensions_mut().insert(Principal::Public);
            Query::parse(request.query_string())?.refuse_all()?;
            let store = request.match_info().get("userstore").unwrap_or_default();
            let store = StoreRef::parse(store).map_err(|_| Problem::new(Kind::NoSuchStore))?;
            Ok(Self { api, store, request })
        })
    }
}

impl Anonymous {
    /// The headers of the request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The login name that a parameter of the path is: any text, also one that can be nobody's,
    /// since nobody is told whose it is.
    pub(crate) fn login_name(&self, parameter: &str) -> Folded {
        login_name(self.request.match_info().get(parameter).unwrap_or_default())
    }
}

/// The longest name by which anybody signs in, in characters.
const LONGEST_NAME: usize = 256;

/// A login name as it is looked up, given as the path holds it. The edge has seen that the path can
/// be decoded. One that is too long to be anybody's is as good as an empty one, and takes no room.
pub(crate) fn login_name(encoded: &str) -> Folded {
    let name = percent::decode(encoded).unwrap_or(encoded.into());
    if name.chars().count() > LONGEST_NAME { Folded::of("") } else { Folded::of(&name) }
}
