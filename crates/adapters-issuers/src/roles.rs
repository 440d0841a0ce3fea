use serde_json::Value;

/// The names in the claim `claim`: a list, or a text with commas or blanks between them. The name of a
/// claim is taken as it is first (some have the form of an address), then as a path whose steps are
/// parted by dots.
pub(crate) fn held(claims: &Value, claim: &str) -> Vec<String> {
    let by_path = || claim.split('.').try_fold(claims, |at, name| at.get(name));
    match claims.get(claim).or_else(by_path) {
        Some(Value::String(text)) => names(text),
        Some(Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn names(text: &str) -> Vec<String> {
    let apart = |c: char| c == ',' || c.is_whitespace();
    text.split(apart).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn roles_are_read_in_every_form_that_issuers_have() {
        for claims in [
            json!({ "role": ["a", "b"] }),
            json!({ "role": "a b" }),
            json!({ "role": "a,b" }),
            json!({ "role": " a,  b ," }),
            json!({ "role": ["a", 1, null, "b", ["c"]] }),
        ] {
            assert_eq!(held(&claims, "role"), ["a", "b"], "{claims}");
        }
        assert_eq!(held(&json!({ "role": "a" }), "role"), ["a"]);
    }

    #[test]
    fn a_claim_may_lie_deeper_or_have_dots_in_its_name() {
        let deep = json!({ "realm_access": { "roles": ["a"] } });
        assert_eq!(held(&deep, "realm_access.roles"), ["a"]);
        let named =
            json!({ "https://example.com/roles": "a", "https://example": { "com/roles": "b" } });
        assert_eq!(held(&named, "https://example.com/roles"), ["a"]);
    }

    #[test]
    fn what_is_not_there_or_no_list_holds_no_role() {
        for claims in
            [json!({}), json!({ "role": null }), json!({ "role": 1 }), json!({ "role": {} })]
        {
            assert_eq!(held(&claims, "role"), Vec::<String>::new(), "{claims}");
        }
        assert_eq!(held(&json!({ "a": { "b": "c" } }), "a.b.c"), Vec::<String>::new());
        assert_eq!(held(&json!({ "a": "c" }), "a.0"), Vec::<String>::new());
    }
}
