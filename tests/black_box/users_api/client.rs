use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, encoded};

/// The users API of one node, for one caller.
#[derive(Clone)]
pub(super) struct UsersClient {
    api: Api,
}

impl UsersClient {
    pub(super) const fn of(api: Api) -> Self {
        Self { api }
    }

    /// The same caller with one header more on each request.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        Self { api: self.api.with(name, value) }
    }

    /// The same requests with a cookie.
    pub(super) fn with_cookie(&self, name: &str, value: &str) -> Self {
        self.with("cookie", &format!("{name}={value}"))
    }

    /// GET of a path below the host, with the query it carries.
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.api.get(path).await
    }

    /// GET with these fields in the query.
    pub(super) async fn query(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.get(&with_query(path, &encode(fields))).await
    }

    /// POST of a JSON body.
    pub(super) async fn post(&self, path: &str, fields: &Value) -> Answer {
        let text = fields.to_string();
        self.api.send_json_text(Method::POST, path, text.as_bytes()).await
    }

    /// POST of a form.
    pub(super) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = "application/x-www-form-urlencoded";
        self.text(Method::POST, path, form, encode(fields)).await
    }

    /// Sends a text as it is.
    pub(super) async fn text(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        text: impl Into<String>,
    ) -> Answer {
        let request = self.api.request(method, path).header("content-type", media_type);
        self.api.send(request.body(text.into())).await
    }

    /// A request without a body.
    pub(super) async fn send(&self, method: Method, path: &str) -> Answer {
        self.api.send(self.api.request(method, path)).await
    }

    /// POST to the predefined route of a request type.
    pub(super) async fn call(&self, request_type: &str, fields: &Value) -> Answer {
        self.post(&format!("/api/{request_type}"), fields).await
    }

    /// The answer to whoever wants to sign in.
    pub(super) async fn try_sign_in(&self, name: &str, password: &str) -> Answer {
        let fields = json!({ "provider": "credentials", "UserName": name, "Password": password });
        self.post("/api/auth/credentials", &fields).await
    }

    /// Signs in.
    pub(super) async fn sign_in(&self, name: &str, password: &str) -> SignedIn {
        SignedIn::of(&self.try_sign_in(name, password).await.json(200))
    }

    /// Who the caller is, as the server tells.
    pub(super) async fn whoami(&self) -> Answer {
        self.get("/api/auth").await
    }
}

/// What somebody has who signed in.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) token: String,
    pub(super) refresh: Option<String>,
    pub(super) body: Value,
}

impl SignedIn {
    /// Reads an `AuthenticateResponse`.
    #[track_caller]
    pub(super) fn of(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let token = text("BearerToken").unwrap_or_else(|| panic!("no token: {body}"));
        assert_eq!(text("SessionId").as_ref(), Some(&token), "one secret: {body}");
        let refresh = text("RefreshToken");
        assert_eq!(refresh.is_some(), body["RefreshTokenExpiry"].is_string(), "{body}");
        Self { token, refresh, body: body.clone() }
    }

    /// The refresh token, where there must be one.
    #[track_caller]
    pub(super) fn refresh(&self) -> &str {
        self.refresh.as_deref().unwrap_or_else(|| panic!("no refresh token: {}", self.body))
    }
}

/// A refusal of this API.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
    /// The properties whose rules are broken, in alphabetical order.
    pub(super) fields: Vec<String>,
}

impl Refusal {
    /// Reads an answer that must be a refusal with that status, of the documented shape.
    #[track_caller]
    pub(super) fn read(answer: Answer, status: u16) -> Self {
        let answer = answer.expect(status);
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.json(status);
        let members: Vec<_> = body.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["ResponseStatus"], "{body}");
        let told = &body["ResponseStatus"];
        let members = told.as_object().expect("an object").keys().map(String::as_str);
        for member in members {
            assert!(["ErrorCode", "Message", "Errors"].contains(&member), "{member} in {told}");
        }
        let mut fields = told["Errors"].as_array().map_or_else(Vec::new, |errors| {
            errors.iter().map(|error| text(error, "FieldName")).collect::<Vec<_>>()
        });
        fields.sort();
        fields.dedup();
        for error in told["Errors"].as_array().into_iter().flatten() {
            assert!(!text(error, "ErrorCode").is_empty() && !text(error, "Message").is_empty());
        }
        Self { code: text(told, "ErrorCode"), message: text(told, "Message"), fields }
    }

    /// Whether a broken rule of that property is told, by its own name or by the path to it.
    pub(super) fn names(&self, property: &str) -> bool {
        let own = |field: &String| field.rsplit('.').next() == Some(property);
        self.fields.iter().any(own)
    }
}

#[track_caller]
fn text(object: &Value, member: &str) -> String {
    let text = object[member].as_str().filter(|text| !text.is_empty());
    text.unwrap_or_else(|| panic!("{member} in {object}")).to_owned()
}

pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Fields as a query and a form write them.
pub(super) fn encode(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}
