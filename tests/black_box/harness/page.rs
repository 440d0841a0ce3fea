use serde_json::Value;

use super::{Answer, Api};

/// Every item of a list, read by following `Link: <…>; rel="next"` from `path`, and the number of
/// pages.
pub(crate) async fn all_pages(api: &Api, path: &str) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut next) = (vec![], 0, Some(path.to_owned()));
    while let Some(path) = next {
        let answer = api.get(&path).await;
        next = next_page(&answer);
        let page = answer.json(200);
        items.extend(page.as_array().expect("a list").iter().cloned());
        pages += 1;
        assert!(pages <= 1000, "the pages come to an end");
    }
    (items, pages)
}

/// Where the page behind this one is, if there is one.
pub(crate) fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?;
    Some(next_of(link.to_str().expect("ASCII")))
}

/// The reference of a header `Link` with nothing but a next page.
fn next_of(link: &str) -> String {
    let reference = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(r#">; rel="next""#));
    let reference = reference.unwrap_or_else(|| panic!("a link to the next page: {link}"));
    assert!(reference.starts_with("/api/"), "path-absolute: {reference}");
    reference.to_owned()
}
