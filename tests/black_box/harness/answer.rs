use reqwest::header::HeaderMap;
use serde_json::Value;

/// What the server answered, whole.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    request: String,
}

impl Answer {
    /// Reads the answer to `request`, which is named when an expectation fails.
    pub(crate) async fn read(request: String, response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("the body comes whole").to_vec();
        Self { status, headers, body, request }
    }

    /// Itself, when the status is the expected one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text());
        self
    }

    /// The JSON of an answer with the expected status.
    #[track_caller]
    pub(crate) fn json(self, status: u16) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.media_type(), "application/json", "{}", answer.request);
        answer.parse()
    }

    /// The problem document of a refusal with the expected status: RFC 9457, §3.
    #[track_caller]
    pub(crate) fn problem(self, status: u16) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.media_type(), "application/problem+json", "{}", answer.request);
        let problem = answer.parse();
        assert_eq!(problem["status"], status, "{problem}");
        for member in ["type", "title", "instance"] {
            assert!(problem[member].is_string(), "{}: no {member} in {problem}", answer.request);
        }
        problem
    }

    /// The properties whose rules a request broke, in alphabetical order.
    #[track_caller]
    pub(crate) fn broken_properties(self) -> Vec<String> {
        let problem = self.problem(400);
        let errors =
            problem["errors"].as_object().unwrap_or_else(|| panic!("no errors: {problem}"));
        for messages in errors.values() {
            let told = messages.as_array().is_some_and(|all| !all.is_empty());
            assert!(told, "messages are a list: {problem}");
        }
        let mut properties: Vec<String> = errors.keys().cloned().collect();
        properties.sort();
        properties
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("{}: no header {name}", self.request));
        value.to_str().expect("a readable header")
    }

    /// The entity tag, which must be a strong one.
    #[track_caller]
    pub(crate) fn etag(&self) -> String {
        let tag = self.header("etag");
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "strong: {tag}");
        tag.to_owned()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn media_type(&self) -> &str {
        let value = self.headers.get("content-type").map(|value| value.to_str().expect("ASCII"));
        value.and_then(|value| value.split(';').next()).unwrap_or("none")
    }

    #[track_caller]
    fn parse(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error} in {}", self.request, self.text()))
    }
}
