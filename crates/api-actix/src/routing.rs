//! Which operation a path names. Literal segments match ignoring case and win over parameters; the
//! table is made from the published document, so what is routed is what is documented.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use utoipa::openapi::{PathItem, Paths};

use crate::percent;

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
        for segment in segments(pattern) {
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
        let path: Vec<_> = segments(path).take(MOST_SEGMENTS + 1).collect();
        if path.len() > MOST_SEGMENTS {
            return None;
        }
        let endpoint = self.endpoints.get(descend(&self.root, &path)?)?;
        let spelled: Vec<_> = segments(&endpoint.pattern)
            .zip(&path)
            .map(|(known, given)| if known.starts_with('{') { given } else { known })
            .collect();
        let respelled = (spelled != path).then(|| format!("/{}", spelled.join("/")));
        Some(Matched { endpoint: Arc::clone(endpoint), respelled })
    }
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
            "/api/{store}/User",
            "/api/{store}/User/{id}",
            "/api/{store}/User/batch",
            "/api/{store}/User/loginname/{name}",
            "/api/{store}/User/{id}/state",
            "/api/{store}/user/{id}/Profile",
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
        let (pattern, respelled) = found("/API/MyStore/uSER/AbC").expect("found");
        assert_eq!(pattern, "/api/{store}/User/{id}");
        assert_eq!(respelled.as_deref(), Some("/api/MyStore/User/AbC"));
        assert_eq!(found("/api/MyStore/User/AbC").expect("found").1, None);
    }

    #[test]
    fn each_path_keeps_its_own_spelling_of_a_literal() {
        let (pattern, respelled) = found("/api/s/USER/1/PROFILE").expect("found");
        assert_eq!(pattern, "/api/{store}/user/{id}/Profile");
        assert_eq!(respelled.as_deref(), Some("/api/s/user/1/Profile"));
        assert_eq!(found("/api/s/User/1/state").expect("found").1, None);
    }

    #[test]
    fn a_literal_wins_over_a_parameter_and_gives_way_where_it_leads_nowhere() {
        assert_eq!(found("/api/s/User/BATCH").expect("found").0, "/api/{store}/User/batch");
        assert_eq!(
            found("/api/s/User/batch/state").expect("found").0,
            "/api/{store}/User/{id}/state"
        );
        assert_eq!(
            found("/api/s/User/loginname/x").expect("found").0,
            "/api/{store}/User/loginname/{name}"
        );
    }

    #[test]
    fn an_encoded_literal_is_the_literal_and_an_encoded_slash_is_no_slash() {
        let (pattern, respelled) = found("/api/s/%55ser/loginname/a%2Fb").expect("found");
        assert_eq!(pattern, "/api/{store}/User/loginname/{name}");
        assert_eq!(respelled.as_deref(), Some("/api/s/User/loginname/a%2Fb"));
    }

    #[test]
    fn trailing_junk_and_empty_segments_are_unknown() {
        for path in
            ["/", "", "/api/s/User/", "/api//User", "/api/s/User/1/", "/api/s/User/1/x", "/docs//"]
        {
            assert!(found(path).is_none(), "{path}");
        }
        assert_eq!(found("/DOCS/").expect("found").0, "/docs/");
        assert!(found(&"/a".repeat(10_000)).is_none());
    }
}
