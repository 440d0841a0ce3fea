//! What a request of the users API asks for: bound from path, query and body, in the forms that
//! clients of ServiceStack send.

mod carrier;
mod credential;
mod fields;
mod form;
mod format;
mod jsv;
mod origin;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest};
use domain::access::{Context, Principal};
use domain::store::StoreRef;

use crate::problem::{Kind, Problem};
use crate::request::body::Body;
use crate::state::Api;
pub(crate) use fields::Fields;
pub(crate) use format::Suffix;

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It does not.
    Reads,
    /// It does: by GET only as far as the configuration allows, and never for a cookie alone.
    Writes,
}

/// A request that could be read; who sends it is not known yet.
pub(crate) struct Request {
    /// The use cases.
    pub(crate) api: Api,
    /// What it says.
    pub(crate) fields: Fields,
    effect: Effect,
    http: HttpRequest,
}

impl Request {
    /// Reads a request to an operation of this effect.
    ///
    /// # Errors
    /// 405 for a GET that would write, where that is switched off; 406 for another format than JSON;
    /// 413, 415; 400 for what cannot be read, and for fields that are given twice.
    pub(crate) async fn receive(
        http: HttpRequest,
        body: Body,
        effect: Effect,
    ) -> Result<Self, Problem> {
        let api = Api::extract(&http).await;
        let api = api.map_err(|_| Problem::internal("the application holds no API"))?;
        let fields = carrier::read(&api, &http, body).await?;
        format::negotiate(&http, &fields)?;
        let mut request = Self { api, fields, effect, http };
        if effect == Effect::Writes {
            request.admit_write()?;
        }
        Ok(request)
    }

    /// Makes it a request to an operation that writes: for what turns out to be one as it is read.
    ///
    /// # Errors
    /// 405 for a GET, where it may not write.
    pub(crate) fn admit_write(&mut self) -> Result<(), Problem> {
        self.effect = Effect::Writes;
        if self.http.method() == Method::GET && !self.api.shared.users_api.allow_get_writes {
            return Err(Problem::method_not_allowed(HeaderValue::from_static("POST")));
        }
        Ok(())
    }

    /// Who sends the request, and the store that this API serves.
    ///
    /// # Errors
    /// 401 without a valid credential; 403 for a write by GET or from another site that only a cookie
    /// would allow.
    pub(crate) async fn context(&self) -> Result<Context, Problem> {
        let credential = credential::of(self.http.headers())?;
        if credential.is_ambient() {
            self.refuse_foreign()?;
        }
        let caller = self.api.shared.authenticator.authenticate(credential.reveal()).await?;
        self.http.extensions_mut().insert(caller.principal());
        Ok(Context::new(caller, self.store()))
    }

    /// The store, for whoever it may be from a source that has not asked too often. A credential that
    /// comes with the request is not looked at.
    ///
    /// # Errors
    /// 429; 403 for a GET that a page of another site makes a browser send: a picture on it could lock an
    /// account.
    pub(crate) fn anonymous(&self) -> Result<StoreRef, Problem> {
        self.api.shared.sources.admit(&self.http)?;
        if *self.http.method() == Method::GET && origin::is_foreign(&self.http, self.proxies()) {
            let detail = "A page of another site made a browser send this GET; send a POST.";
            return Err(Problem::because(Kind::CrossSite, detail));
        }
        self.http.extensions_mut().insert(Principal::Public);
        Ok(self.store())
    }

    /// Whether the answer may set cookies: not when another site sent the request, or a link that
    /// somebody else has made up, which would sign its victim in as somebody else.
    pub(crate) fn may_set_cookies(&self) -> bool {
        match *self.http.method() {
            Method::GET => origin::is_own(&self.http, self.proxies()),
            _ => !origin::is_foreign(&self.http, self.proxies()),
        }
    }

    /// Whether a browser keeps the session of whoever sends the request.
    pub(crate) fn has_cookie(&self) -> bool {
        credential::has_cookie(self.http.headers())
    }

    /// Whether the request came over TLS, as far as the server or a proxy that it trusts knows.
    pub(crate) fn is_secure(&self) -> bool {
        origin::is_secure(&self.http, self.proxies())
    }

    /// The name that the path holds without the suffix of a format: for when nobody has the whole
    /// name. `None` where the name does not come from the path, or has no such suffix.
    ///
    /// # Errors
    /// 406 for a format that is not offered.
    pub(crate) fn name_without_suffix(&self) -> Result<Option<String>, Problem> {
        let Some(name) = carrier::name_in_path(&self.http)? else { return Ok(None) };
        match Suffix::split(&name) {
            Some((bare, suffix)) => suffix.offered().map(|()| Some(bare.to_owned())),
            None => Ok(None),
        }
    }

    fn store(&self) -> StoreRef {
        StoreRef::Name(self.api.shared.users_api.store.clone())
    }

    fn proxies(&self) -> &[ipnet::IpNet] {
        self.api.shared.sources.trusted_proxies()
    }

    /// Refuses what a page of another site can make a browser send with the cookies of its user.
    fn refuse_foreign(&self) -> Result<(), Problem> {
        let writes = self.effect == Effect::Writes;
        match *self.http.method() {
            Method::GET if !writes => Ok(()),
            Method::GET => Err(Problem::because(
                Kind::CrossSite,
                "A GET that changes anything needs more than a cookie: send the session as \
                 `Authorization: Bearer` or `X-ss-id`, or send a POST.",
            )),
            _ if origin::is_own(&self.http, self.proxies()) => Ok(()),
            _ => Err(Problem::new(Kind::CrossSite)),
        }
    }
}
