//! Who calls, and in which store: made from the credential and the path, before anything else of a
//! request is looked at. What the caller may do is not decided here.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest};
use domain::access::{Caller, Context};
use domain::store::StoreRef;
use futures_util::future::LocalBoxFuture;

use crate::problem::{Kind, Problem};
use crate::request::query::Query;
use crate::state::Api;

/// The id of a request, which the edge leaves for whoever shows it.
pub(crate) struct RequestId(pub(crate) String);

/// A request of a known caller.
pub(crate) struct Authenticated {
    /// The use cases.
    pub(crate) api: Api,
    /// Who acts.
    pub(crate) caller: Caller,
    query: Query,
    request: HttpRequest,
}

impl FromRequest for Authenticated {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let api = Api::extract(&request).await?;
            let caller = authenticate(&api, request.headers()).await?;
            request.extensions_mut().insert(caller.principal());
            let query = Query::parse(request.query_string())?;
            Ok(Self { api, caller, query, request })
        })
    }
}

impl Authenticated {
    /// The method.
    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    /// The headers of the request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// A parameter of the path. What is percent-encoded there and would divide the path stays so.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.request.match_info().get(name).unwrap_or_default()
    }

    /// The path as the document spells it, percent-encoded.
    pub(crate) fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// The query as it was sent, percent-encoded.
    pub(crate) fn query_string(&self) -> &str {
        self.request.query_string()
    }

    /// The id under which the log knows the request.
    pub(crate) fn request_id(&self) -> String {
        let id = self.request.extensions().get::<RequestId>().map(|id| id.0.clone());
        id.unwrap_or_default()
    }

    /// The parameters of the query.
    pub(crate) fn query(&self) -> &Query {
        &self.query
    }

    /// What proves who calls: secret.
    ///
    /// # Errors
    /// There is none, so that nobody would be known.
    pub(crate) fn credential(&self) -> Result<&str, Problem> {
        bearer(self.headers())
    }
}

/// A request of a known caller to one store.
pub(crate) struct Call {
    /// Who acts, and where.
    pub(crate) context: Context,
    request: Authenticated,
}

/// What is true of every request is true of one to a store.
impl Deref for Call {
    type Target = Authenticated;

    fn deref(&self) -> &Authenticated {
        &self.request
    }
}

impl FromRequest for Call {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let known = Authenticated::from_request(request, payload);
        Box::pin(async move {
            let request = known.await?;
            let store = StoreRef::parse(request.parameter("userstore"));
            let store = store.map_err(|_| Problem::new(Kind::NoSuchStore))?;
            Ok(Self { context: Context::new(request.caller.clone(), store), request })
        })
    }
}

async fn authenticate(api: &Api, headers: &HeaderMap) -> Result<Caller, Problem> {
    let credential = bearer(headers)?;
    Ok(api.shared.authenticator.authenticate(credential).await?)
}

/// The one Bearer credential (RFC 6750 §2.1).
///
/// # Errors
/// 401: there is none, or another kind of it, or more than one.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut lines = headers.get_all(header::AUTHORIZATION);
    let (line, None) = (lines.next(), lines.next()) else {
        return Err(Problem::unauthenticated(true));
    };
    let line = line.ok_or_else(|| Problem::unauthenticated(false))?;
    let text = line.to_str().map_err(|_| Problem::unauthenticated(true))?;
    let (scheme, credential) = text.split_once(' ').unwrap_or((text, ""));
    let credential = credential.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || credential.is_empty() {
        return Err(Problem::unauthenticated(false));
    }
    Ok(credential)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn read(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(line).expect("a header"));
        }
        bearer(&headers).ok().map(str::to_owned)
    }

    #[test]
    fn the_scheme_matches_ignoring_case() {
        assert_eq!(read(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(read(&["bEARER   abc "]).as_deref(), Some("abc"));
    }

    #[test]
    fn anything_but_one_bearer_credential_is_none() {
        for lines in [
            &[][..],
            &["abc"],
            &["Basic abc"],
            &["Bearer"],
            &["Bearer "],
            &["Bearer a", "Bearer a"],
        ] {
            assert_eq!(read(lines), None, "{lines:?}");
        }
    }
}
