use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::Answer;

/// The API of one node in the words of its operations, for one caller and one store.
#[derive(Clone)]
pub(crate) struct Api {
    http: Client,
    origin: String,
    store: String,
    headers: Vec<(String, String)>,
}

impl Api {
    pub(crate) fn new(address: SocketAddr, key: Option<&str>) -> Self {
        let http = Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        let headers = key.map(|key| ("authorization".to_owned(), format!("Bearer {key}")));
        Self {
            http,
            origin: format!("http://{address}"),
            store: "default".into(),
            headers: headers.into_iter().collect(),
        }
    }

    /// The scheme, host and port of the node.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The same caller in another store.
    pub(crate) fn in_store(&self, store: &str) -> Self {
        Self { store: store.into(), ..self.clone() }
    }

    /// The same caller with one header more on each request.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut api = self.clone();
        api.headers.push((name.into(), value.into()));
        api
    }

    /// The path of something below the store's `administration`.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/userstore/v1/{}/administration/{rest}", self.store)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.origin));
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    /// The answer, or how the connection failed.
    pub(crate) async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let request = request.build()?;
        let name = format!("{} {}", request.method(), request.url().path());
        Ok(Answer::read(name, self.http.execute(request).await?).await)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends bytes as they are, labelled as JSON.
    pub(crate) async fn send_json_text(&self, method: Method, path: &str, text: &[u8]) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        self.send(request.body(text.to_vec())).await
    }

    async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send_json_text(method, path, body.to_string().as_bytes()).await
    }

    /// Sends JSON, where there is any, to what lies at `rest` below the store's `administration`.
    pub(crate) async fn call(&self, method: Method, rest: &str, body: Option<&Value>) -> Answer {
        match body {
            Some(body) => self.send_json(method, &self.path(rest), body).await,
            None => self.send(self.request(method, &self.path(rest))).await,
        }
    }

    /// POST to what lies at `rest` below the store's `administration`.
    pub(crate) async fn post(&self, rest: &str, body: &Value) -> Answer {
        self.call(Method::POST, rest, Some(body)).await
    }

    /// PUT to what lies at `rest` below the store's `administration`.
    pub(crate) async fn put(&self, rest: &str, body: &Value) -> Answer {
        self.call(Method::PUT, rest, Some(body)).await
    }

    /// PATCH of what lies at `rest` below the store's `administration`.
    pub(crate) async fn patch(&self, rest: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, rest, Some(body)).await
    }

    /// DELETE of what lies at `rest` below the store's `administration`.
    pub(crate) async fn delete(&self, rest: &str) -> Answer {
        self.call(Method::DELETE, rest, None).await
    }

    /// POST without a credential of the caller's own to what lies at `rest` of a user of that name.
    pub(crate) async fn public(&self, name: &str, rest: &str, body: Option<&Value>) -> Answer {
        let name = encoded(name);
        let path = format!(
            "/api/userstore/v1/{}/PublicAdmin/user/loginname/{name}/password/{rest}",
            self.store
        );
        match body {
            Some(body) => self.send_json(Method::POST, &path, body).await,
            None => self.send(self.request(Method::POST, &path)).await,
        }
    }

    /// POST to what lies at `rest` of a user.
    pub(crate) async fn user_post(&self, id: &str, rest: &str, body: Option<&Value>) -> Answer {
        self.call(Method::POST, &format!("User/{id}/{rest}"), body).await
    }

    /// What comes of this password under that name.
    pub(crate) async fn verify(&self, name: &str, password: &str) -> Answer {
        let rest = format!("User/loginname/{}/password/verify", encoded(name));
        self.post(&rest, &serde_json::json!({ "password": password })).await
    }

    /// What lies at `rest` below the store's `administration`.
    pub(crate) async fn read(&self, rest: &str) -> Answer {
        self.get(&self.path(rest)).await
    }

    /// The same with these parameters.
    pub(crate) async fn query(&self, rest: &str, parameters: &[(&str, &str)]) -> Answer {
        let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        self.read(&format!("{rest}?{}", pairs.collect::<Vec<_>>().join("&"))).await
    }

    /// The list that lies at `rest` below the store's `administration`.
    pub(crate) async fn list(&self, rest: &str) -> Vec<Value> {
        let list = self.read(rest).await.json(200);
        list.as_array().unwrap_or_else(|| panic!("a list: {list}")).clone()
    }

    /// Sends JSON, where there is any, to a store itself; `rest` is empty, or begins with `?`.
    pub(crate) async fn call_store(
        &self,
        method: Method,
        rest: &str,
        body: Option<&Value>,
    ) -> Answer {
        let path = format!("/api/userstore/v1/{}{rest}", self.store);
        match body {
            Some(body) => self.send_json(method, &path, body).await,
            None => self.send(self.request(method, &path)).await,
        }
    }

    /// A new store.
    pub(crate) async fn create_store(&self, store: &Value) -> Answer {
        self.send_json(Method::POST, "/api/userstore/v1", store).await
    }

    pub(crate) async fn create_user(&self, user: &Value) -> Answer {
        self.send_json(Method::POST, &self.path("User"), user).await
    }

    pub(crate) async fn create_users(&self, users: &Value) -> Answer {
        self.send_json(Method::POST, &self.path("User/batch"), users).await
    }

    pub(crate) async fn create_or_update_user(&self, user: &Value) -> Answer {
        self.send_json(Method::POST, &self.path("User/createorupdate"), user).await
    }

    pub(crate) async fn get_user(&self, id: &str) -> Answer {
        self.get(&self.path(&format!("User/{id}"))).await
    }

    pub(crate) async fn get_user_by_login_name(&self, name: &str) -> Answer {
        self.get(&self.path(&format!("User/loginname/{name}"))).await
    }

    /// `query` is empty, or begins with `?`.
    pub(crate) async fn get_users(&self, query: &str) -> Answer {
        self.get(&self.path(&format!("User{query}"))).await
    }

    pub(crate) async fn update_user(&self, id: &str, user: &Value) -> Answer {
        self.send_json(Method::PUT, &self.path(&format!("User/{id}")), user).await
    }

    pub(crate) async fn patch_user(&self, id: &str, patch: &Value) -> Answer {
        self.send_json(Method::PATCH, &self.path(&format!("User/{id}")), patch).await
    }

    pub(crate) async fn delete_user(&self, id: &str) -> Answer {
        self.send(self.request(Method::DELETE, &self.path(&format!("User/{id}")))).await
    }

    pub(crate) async fn get_audit_trail(&self, id: &str) -> Answer {
        self.get(&self.path(&format!("CustomAuditTrail/{id}"))).await
    }

    /// `query` is empty, or begins with `?`.
    pub(crate) async fn get_audit_trails(&self, query: &str) -> Answer {
        self.get(&self.path(&format!("CustomAuditTrail{query}"))).await
    }

    /// A new user with nothing but a login name.
    #[track_caller]
    pub(crate) fn new_user(&self, login_name: &str) -> impl Future<Output = Value> {
        let user = serde_json::json!({ "loginName": login_name });
        async move { self.create_user(&user).await.json(201) }
    }

    /// A new group with nothing but a name.
    #[track_caller]
    pub(crate) fn new_group(&self, name: &str) -> impl Future<Output = Value> {
        let group = serde_json::json!({ "name": name });
        async move { self.post("Group", &group).await.json(201) }
    }

    /// The entries about one record, in commit order.
    pub(crate) async fn entries_about(&self, primary_key: &str) -> Vec<Value> {
        let all = self.get_audit_trails("").await.json(200);
        let all = all.as_array().expect("a list").iter();
        all.filter(|entry| entry["primaryKey"] == primary_key).cloned().collect()
    }
}

/// Every byte of a text as `%XX`.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}
