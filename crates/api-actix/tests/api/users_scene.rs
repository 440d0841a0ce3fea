//! The users API, spoken to in verbs.

use actix_web::http::Method;
use actix_web::http::header::SET_COOKIE;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::app::{Answer, App};

/// A password that breaks no rule.
pub const PASSWORD: &str = "a password that is long";

/// The API with the store that it serves.
pub struct Hub {
    pub app: App,
}

/// The key of the client of that name.
pub fn key(client: &str) -> String {
    format!("key of {client}")
}

impl Hub {
    pub async fn start() -> Self {
        Self { app: App::start().await }
    }

    /// An API with the user ada, who has a password of her own.
    pub async fn with_ada() -> Self {
        let hub = Self::start().await;
        hub.add("ada", json!({})).await;
        hub
    }

    /// Makes a user with a password and these details.
    pub async fn add(&self, name: &str, details: Value) -> Value {
        let mut user = json!({"UserName": name});
        user.as_object_mut().unwrap().extend(details.as_object().unwrap().clone());
        let body = json!({"UserDetails": user, "Password": PASSWORD});
        self.post("admin", "/api/users/add/", body).await.is(200).json()
    }

    /// A request below this API, without a credential.
    pub fn request(method: Method, path: &str) -> TestRequest {
        TestRequest::default().method(method).uri(path)
    }

    /// Posts JSON with the key of a client.
    pub async fn post(&self, client: &str, path: &str, body: Value) -> Answer {
        self.post_with(&key(client), path, body).await
    }

    /// Posts JSON with a bearer token.
    pub async fn post_with(&self, token: &str, path: &str, body: Value) -> Answer {
        let request = Self::request(Method::POST, path);
        let request = request.insert_header(("authorization", format!("Bearer {token}")));
        self.app.send(request.set_json(body)).await
    }

    /// Gets with the key of a client.
    pub async fn get(&self, client: &str, path: &str) -> Answer {
        self.get_with(&key(client), path).await
    }

    /// Gets with a bearer token.
    pub async fn get_with(&self, token: &str, path: &str) -> Answer {
        let request = Self::request(Method::GET, path);
        self.app.send(request.insert_header(("authorization", format!("Bearer {token}")))).await
    }

    /// Posts JSON without a credential.
    pub async fn ask(&self, path: &str, body: Value) -> Answer {
        self.app.send(Self::request(Method::POST, path).set_json(body)).await
    }

    /// Signs in with a password.
    pub async fn sign_in_by(&self, name: &str, password: &str) -> Answer {
        self.ask("/api/auth/credentials", json!({"UserName": name, "Password": password})).await
    }

    /// The token of a new session.
    pub async fn sign_in(&self, name: &str) -> String {
        let session = self.sign_in_by(name, PASSWORD).await.is(200).json();
        session["BearerToken"].as_str().unwrap().to_owned()
    }

    /// A user as an administrator sees it.
    pub async fn details(&self, name: &str) -> Value {
        self.get("admin", &format!("/api/users/{name}")).await.is(200).json()
    }

    /// What validatePassword says of a password.
    pub async fn validate(&self, name: &str, password: &str) -> Answer {
        let body = json!({"UserName": name, "Password": password});
        self.ask("/api/users/validatePassword/", body).await
    }
}

impl Answer {
    /// The answer, which is a refusal of the users API with this code.
    #[track_caller]
    pub fn code(self, status: u16, code: &str) -> Value {
        let body = self.is(status).json();
        assert_eq!(body["ResponseStatus"]["ErrorCode"], code, "{body}");
        body["ResponseStatus"].clone()
    }

    /// The answer, which refuses exactly these fields.
    #[track_caller]
    pub fn faults(self, fields: &[&str]) -> Value {
        let status = self.code(400, "ValidationError");
        let mut told: Vec<_> = status["Errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["FieldName"].as_str().unwrap())
            .collect();
        let mut expected = fields.to_vec();
        told.sort_unstable();
        told.dedup();
        expected.sort_unstable();
        assert_eq!(told, expected, "{status}");
        status
    }

    /// The cookies that the answer sets.
    pub fn cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).map(|line| line.to_str().unwrap().to_owned()).collect()
    }
}
