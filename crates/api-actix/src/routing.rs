//! Which operation a path names. Literal segments match ignoring case and win over parameters; the
//! table is made from the published document, so what is routed is what is documented. In the users API
//! a slash at the end does not matter, and a literal at the end may have the suffix of a format.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use utoipa::openapi::{PathItem, Paths};

use crate::percent;
use crate::users::{self, request::Suffix};

/// More segments than any path of ours has: longer ones are not looked at.
const MOST_SEGMENTS: usize = 16;

/// One path of the document with its methods.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// The path as the document writes it.
    pub(crate) pattern: String,
    methods: Vec<Method>,
    /// The methods as the header `Allow`.
    pub(crate) allow: HeaderValue,
}

impl Endpoint {
    /// Whether the document lists `method` for this path.
    pub(crate) fn takes(&self, method: &Method) -> bool {
        self.methods.contains(method)
    }
}

/// What a path turned out to be.
#[derive(Debug)]
pub(crate) struct Matched {
    /// The endpoint it names.
    pub(crate) endpoint: Arc<Endpoint>,
    /// The path with its literals as the document spells them, where they were spelled otherwise.
    pub(crate) respelled: Option<String>,
    /// The format that its end asks for.
    pub(crate) suffix: Option<Suffix>,
}

/// Every path of the document, as a tree of segments.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    root: Node,
    endpoints: Vec<Arc<Endpoint>>,
}

#[derive(Debug, Default)]
struct Node {
    /// Lower-case literal → what follows. Two paths may spell one literal in two ways.
    literals: BTreeMap<String, Node>,
    parameter: Option<Box<Node>>,
    endpoint: Option<usize>,
}

impl RouteTable {
    /// The table of these paths.
    pub(crate) fn of(paths: &Paths) -> Self {
        let mut table = Self::default();
        for (pattern, item) in &paths.paths {
            table.add(pattern, methods(item));
        }
        table
    }

    fn add(&mut self, pattern: &str, methods: Vec<Method>) {
        let mut node = &mut self.root;
        for segment in walked(pattern) {
            node = if segment.starts_with('{') {
                node.parameter.get_or_insert_default()
            } else {
                node.literals.entry(segment.to_ascii_lowercase()).or_default()
            };
        }
        node.endpoint = Some(self.endpoints.len());
        let names: Vec<_> = methods.iter().map(Method::as_str).collect();
        let allow = HeaderValue::from_str(&names.join(", "));
        let allow = allow.unwrap_or_else(|_| HeaderValue::from_static(""));
        let pattern = pattern.to_owned();
        self.endpoints.push(Arc::new(Endpoint { pattern, methods, allow }));
    }

    /// The endpoint that `path` names, still percent-encoded. `None` when there is none.
    pub(crate) fn find(&self, path: &str) -> Option<Matched> {
        let given: Vec<_> = walked(path).take(MOST_SEGMENTS + 1).collect();
        if given.len() > MOST_SEGMENTS {
            return None;
        }
        let found = self.find_with_suffix(path, &given);
        let (endpoint, suffix) = match found {
            Some((endpoint, suffix)) => (endpoint, Some(suffix)),
            None => (self.endpoints.get(descend(&self.root, &given)?)?, None),
        };
        let spelled: Vec<_> = segments(&endpoint.pattern)
            .zip(given.into_iter().chain([""]))
            .map(|(known, given)| if known.starts_with('{') { given } else { known })
            .collect();
        let spelled = format!("/{}", spelled.join("/"));
        let respelled = (spelled != path).then_some(spelled);
        Some(Matched { endpoint: Arc::clone(endpoint), respelled, suffix })
    }

    /// The endpoint of the users API whose last literal is followed by the suffix of a format.
    fn find_with_suffix(&self, path: &str, given: &[&str]) -> Option<(&Arc<Endpoint>, Suffix)> {
        if !users::is_path(path) {
            return None;
        }
        let (last, before) = given.split_last()?;
        let (bare, suffix) = Suffix::split(last)?;
        let whole: Vec<_> = before.iter().copied().chain([bare]).collect();
        let endpoint = self.endpoints.get(descend(&self.root, &whole)?)?;
        let is_literal = walked(&endpoint.pattern).last().is_some_and(|it| !it.starts_with('{'));
        is_literal.then_some((endpoint, suffix))
    }
}

/// The segments of a path as the tree holds them: those of the users API without a slash at the end.
fn walked(path: &str) -> impl Iterator<Item = &str> {
    let bare = path.strip_suffix('/').filter(|_| users::is_path(path));
    segments(bare.unwrap_or(path))
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn methods(item: &PathItem) -> Vec<Method> {
    [
        (Method::GET, item.get.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::PATCH, item.patch.is_some()),
        (Method::DELETE, item.delete.is_some()),
    ]
    .into_iter()
    .filter_map(|(method, there)| there.then_some(method))
    .collect()
}

/// Walks down the tree, literals first.
fn descend(node: &Node, path: &[&str]) -> Option<usize> {
    let Some((segment, rest)) = path.split_first() else {
        return node.endpoint;
    };
    let found = literal(node, segment).and_then(|next| descend(next, rest));
    found.or_else(|| {
        let next = node.parameter.as_deref().filter(|_| !segment.is_empty())?;
        descend(next, rest)
    })
}

fn literal<'t>(node: &'t Node, segment: &str) -> Option<&'t Node> {
    if node.literals.is_empty() {
        return None;
    }
    node.literals.get(&percent::decode(segment)?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> RouteTable {
        let mut table = RouteTable::default();
        for pattern in [
            "/docs",
            "/docs/",
            "/x/{store}/User",
            "/x/{store}/User/{id}",
            "/x/{store}/User/batch",
            "/x/{store}/User/loginname/{name}",
            "/x/{store}/User/{id}/state",
            "/x/{store}/user/{id}/Profile",
        ] {
            table.add(pattern, vec![Method::GET]);
        }
        table
    }

    fn found(path: &str) -> Option<(String, Option<String>)> {
        let table = table();
        table.find(path).map(|m| (m.endpoint.pattern.clone(), m.respelled))
    }

    #[test]
    fn literals_match_ignoring_case_and_keep_the_parameters() {
        let (pattern, respelled) = found("/X/MyStore/uSER/AbC").expect("found");
        assert_eq!(pattern, "/x/{store}/User/{id}");
        assert_eq!(respelled.as_deref(), Some("/x/MyStore/User/AbC"));
        assert_eq!(found("/x/MyStore/User/AbC").expect("found").1, None);
    }

    #[test]
    fn each_path_keeps_its_own_spelling_of_a_literal() {
        let (pattern, respelled) = found("/x/s/USER/1/PROFILE").expect("found");
        assert_eq!(pattern, "/x/{store}/user/{id}/Profile");
        assert_eq!(respelled.as_deref(), Some("/x/s/user/1/Profile"));
        assert_eq!(found("/x/s/User/1/state").expect("found").1, None);
    }

    #[test]
    fn a_literal_wins_over_a_parameter_and_gives_way_where_it_leads_nowhere() {
        assert_eq!(found("/x/s/User/BATCH").expect("found").0, "/x/{store}/User/batch");
        assert_eq!(found("/x/s/User/batch/state").expect("found").0, "/x/{store}/User/{id}/state");
        assert_eq!(
            found("/x/s/User/loginname/x").expect("found").0,
            "/x/{store}/User/loginname/{name}"
        );
    }

    #[test]
    fn an_encoded_literal_is_the_literal_and_an_encoded_slash_is_no_slash() {
        let (pattern, respelled) = found("/x/s/%55ser/loginname/a%2Fb").expect("found");
        assert_eq!(pattern, "/x/{store}/User/loginname/{name}");
        assert_eq!(respelled.as_deref(), Some("/x/s/User/loginname/a%2Fb"));
    }

    #[test]
    fn trailing_junk_and_empty_segments_are_unknown() {
        for path in ["/", "", "/x/s/User/", "/x//User", "/x/s/User/1/", "/x/s/User/1/x", "/docs//"]
        {
            assert!(found(path).is_none(), "{path}");
        }
        assert_eq!(found("/DOCS/").expect("found").0, "/docs/");
        assert!(found(&"/a".repeat(10_000)).is_none());
    }

    #[test]
    fn paths_of_the_users_api_take_a_slash_and_a_suffix_at_their_end() {
        let mut table = RouteTable::default();
        for pattern in ["/api/users/", "/api/users/add/", "/api/users/{UserName}", "/api/{Type}"] {
            table.add(pattern, vec![Method::GET]);
        }
        let found = |path: &str| {
            let Matched { endpoint, respelled, suffix } = table.find(path)?;
            Some((endpoint.pattern.clone(), respelled.unwrap_or(path.to_owned()), suffix))
        };
        for (path, pattern, respelled, suffix) in [
            ("/api/users", "/api/users/", "/api/users/", None),
            ("/api/users/", "/api/users/", "/api/users/", None),
            ("/API/users.json/", "/api/users/", "/api/users/", Some(Suffix::Json)),
            ("/api/users/ADD", "/api/users/add/", "/api/users/add/", None),
            ("/api/users/add.xml", "/api/users/add/", "/api/users/add/", Some(Suffix::Other)),
            ("/api/users/bob.json", "/api/users/{UserName}", "/api/users/bob.json", None),
            ("/api/users/a%2Fb/", "/api/users/{UserName}", "/api/users/a%2Fb", None),
            ("/api/GetUser.json", "/api/{Type}", "/api/GetUser.json", None),
        ] {
            let expected = (pattern.to_owned(), respelled.to_owned(), suffix);
            assert_eq!(found(path), Some(expected), "{path}");
        }
        for path in
            ["/api/users//", "/api//add", "/api/", "/api/users/add/x", "/api/users/a%2564d.json/x"]
        {
            assert_eq!(found(path), None, "{path}");
        }
        let encoded_twice = found("/api/users/%2561dd.json").expect("found").0;
        assert_eq!(encoded_twice, "/api/users/{UserName}");
    }
}
