use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::app::{Answer, App};

async fn with_users(count: usize) -> App {
    let app = App::start().await;
    for n in 0..count {
        app.user(json!({"loginName": format!("user {n}")})).await;
    }
    app
}

/// Users of whom every property that may be unset is set on some.
async fn with_different_users() -> App {
    let app = App::start().await;
    for user in [
        json!({
            "id": "00000000-0000-0000-0000-00000000000a", "loginName": "Ada",
            "externalUniqueIdentifier": "X-1", "firstName": "Ada", "lastName": "Lovelace",
            "emailAddress": "Ada@Example.com", "emailAddressConfirmed": true,
            "userValidFrom": "2026-02-01T00:00:00Z",
        }),
        json!({
            "id": "00000000-0000-0000-0000-00000000000b", "loginName": "bob", "lastName": "lovelace",
            "externalUniqueIdentifier": "x-1", "isUserActive": false,
        }),
        json!({
            "id": "00000000-0000-0000-0000-00000000000c", "loginName": "Zoë", "lastName": "Adams",
            "emailAddress": "zoe@example.org", "userValidTo": "2026-03-01T00:00:00Z",
        }),
        json!({"id": "00000000-0000-0000-0000-00000000000d", "loginName": "dee"}),
    ] {
        app.user(user).await;
    }
    app
}

fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let path = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    path.strip_prefix("/api/userstore/v1/shop/administration").map(str::to_owned)
}

fn names(list: &Value) -> Vec<String> {
    let users = list.as_array().unwrap().iter();
    users.map(|user| user["loginName"].as_str().unwrap().to_owned()).collect()
}

/// The path of a list with a filter.
pub fn filtered(list: &str, filter: &str) -> String {
    let mut path = format!("{list}?filter=");
    for byte in filter.bytes() {
        write!(path, "%{byte:02X}").unwrap();
    }
    path
}

/// The login names of all pages from `path` on, in their order.
async fn walk(app: &App, path: &str) -> Vec<String> {
    let mut path = path.to_owned();
    let mut seen = Vec::new();
    loop {
        let page = app.get(&path).await.is(200);
        seen.extend(names(&page.json()));
        match next(&page) {
            Some(link) => path = link,
            None => return seen,
        }
    }
}

#[actix_web::test]
async fn the_whole_list_is_one_array_however_many_pages_it_takes() {
    for count in [0, 1, 3, 4, 7] {
        let app = with_users(count).await;
        let answer = app.get("/User").await.is(200);
        assert_eq!(names(&answer.json()).len(), count);
        assert_eq!(answer.header("link"), None);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[actix_web::test]
async fn pages_follow_one_another_by_their_links() {
    let app = with_users(7).await;
    let all = names(&app.get("/User").await.json());
    let mut path = "/User?LIMIT=3&include=&x=%26".to_owned();
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let page = app.get(&path).await.is(200);
        assert_eq!(page.json()[0]["userProfiles"], Value::Null);
        seen.extend(names(&page.json()));
        pages += 1;
        let Some(link) = next(&page) else { break };
        assert!(link.starts_with("/User?LIMIT=3&include=&x=%26&cursor="), "{link}");
        path = link;
    }
    assert_eq!((seen, pages), (all, 3));
}

#[actix_web::test]
async fn a_link_keeps_filter_and_order() {
    let app = with_users(4).await;
    let path =
        "/User?limit=1&filter=loginName%20co%20%22user%22&sortby=LOGINNAME&sortOrder=Descending";
    let link = next(&app.get(path).await.is(200)).unwrap();
    assert!(link.starts_with(&format!("{path}&cursor=")), "{link}");
    assert_eq!(walk(&app, path).await, ["user 3", "user 2", "user 1", "user 0"]);
}

#[actix_web::test]
async fn a_cursor_without_a_limit_streams_the_rest() {
    let app = with_users(7).await;
    let all = names(&app.get("/User").await.json());
    let first = next(&app.get("/User?limit=2").await).unwrap();
    let rest = app.get(&first.replace("limit=2&", "")).await.is(200);
    assert_eq!(names(&rest.json()), all[2..]);
}

#[actix_web::test]
async fn limits_and_cursors_that_are_none_are_refused() {
    let app = with_users(2).await;
    for list in ["/User", "/Group", "/CustomAuditTrail"] {
        for limit in ["0", "-1", "51", "1000000000000000000", "x", "", "1.5"] {
            app.get(&format!("{list}?limit={limit}")).await.refuses(&["limit"]);
        }
        for cursor in ["x", "", "%00", &"A".repeat(5000)] {
            app.get(&format!("{list}?cursor={cursor}")).await.refuses(&["cursor"]);
        }
    }
    app.get("/User?limit=50").await.is(200);
    app.get("/User?limit=1&Limit=1").await.problem(400, "malformed-request");
    app.get("/User?include=%ff").await.problem(400, "malformed-request");
}

#[actix_web::test]
async fn a_cursor_belongs_to_its_list_its_store_its_filter_and_its_order() {
    let app = with_users(2).await;
    let link = next(&app.get("/User?limit=1").await).unwrap();
    let cursor = link.split("cursor=").nth(1).unwrap();
    for list in [
        "/CustomAuditTrail?limit=1",
        "/Group?limit=1",
        "/User?filter=loginName%20pr",
        "/User?sortBy=loginName",
        "/User?sortOrder=descending",
    ] {
        app.get(&format!("{list}&cursor={cursor}")).await.refuses(&["cursor"]);
    }
    // As many items as one likes, and the usual order by its name.
    for same in ["/User?limit=2", "/User?sortBy=ID&sortOrder=ascending", "/User?include="] {
        app.get(&format!("{same}&cursor={cursor}")).await.is(200);
    }
    let other = format!("/api/userstore/v1/other/administration{link}");
    let request = app.request(actix_web::http::Method::GET, "").uri(&other);
    app.send(request).await.refuses(&["cursor"]);
}

#[actix_web::test]
async fn a_cursor_of_one_owner_is_none_of_another() {
    let app = App::start().await;
    let (mut cursors, mut lists) = (Vec::new(), Vec::new());
    for name in ["ada", "bob"] {
        let profiles = json!([{"key": "a"}, {"key": "b"}]);
        let user = app.user(json!({"loginName": name, "userProfiles": profiles})).await;
        let list = format!("/user/{}/UserProfile?limit=1", user["id"].as_str().unwrap());
        let link = next(&app.get(&list).await.is(200)).unwrap();
        app.get(&link).await.is(200);
        cursors.push(link.split("cursor=").nth(1).unwrap().to_owned());
        lists.push(list);
    }
    app.get(&format!("{}&cursor={}", lists[0], cursors[1])).await.refuses(&["cursor"]);
}

#[actix_web::test]
async fn pages_stay_in_step_while_users_come_and_go() {
    let app = App::start().await;
    for name in ["b", "d", "f", "h"] {
        app.user(json!({"loginName": name})).await;
    }
    let first = app.get("/User?limit=2&sortBy=loginName").await.is(200);
    assert_eq!(names(&first.json()), ["b", "d"]);
    // Before the place, at it and behind it.
    let user = app.get("/User/loginname/d").await.json();
    app.delete(&format!("/User/{}", user["id"].as_str().unwrap())).await.is(204);
    for name in ["a", "c", "e"] {
        app.user(json!({"loginName": name})).await;
    }
    assert_eq!(walk(&app, &next(&first).unwrap()).await, ["e", "f", "h"]);
}

#[actix_web::test]
async fn filters_compare_every_kind_of_property() {
    let app = with_different_users().await;
    for (filter, expected) in [
        // Text, ignoring case.
        ("loginName eq \"ADA\"", &["Ada"][..]),
        ("LOGINNAME EQ \"zoË\"", &["Zoë"]),
        ("loginName co \"O\"", &["bob", "Zoë"]),
        ("lastName sw \"LOVE\"", &["Ada", "bob"]),
        ("emailAddress ew \".COM\"", &["Ada"]),
        ("lastName gt \"adams\"", &["Ada", "bob"]),
        ("lastName le \"ADAMS\"", &["Zoë"]),
        // Text as typed.
        ("externalUniqueIdentifier eq \"X-1\"", &["Ada"]),
        ("externalUniqueIdentifier ne \"X-1\"", &["bob", "Zoë", "dee"]),
        // Ids.
        ("id eq \"00000000-0000-0000-0000-00000000000C\"", &["Zoë"]),
        ("id lt \"00000000-0000-0000-0000-00000000000b\"", &["Ada"]),
        // Flags.
        ("isUserActive eq false", &["bob"]),
        ("emailAddressConfirmed ne false", &["Ada"]),
        // Numbers.
        ("failedUserLoginAttempts gt 0", &[]),
        ("failedUserLoginAttempts le 0 and loginName sw \"d\"", &["dee"]),
        // Points in time.
        ("userValidFrom eq \"2026-02-01T01:00:00+01:00\"", &["Ada"]),
        ("userValidTo ge \"2026-03-01T00:00:00Z\"", &["Zoë"]),
        ("userValidTo lt \"2026-03-01T00:00:00Z\"", &[]),
        // Presence and logic.
        ("firstName pr", &["Ada"]),
        ("lastName eq null", &["dee"]),
        ("not (lastName pr) or emailAddress pr", &["Ada", "Zoë", "dee"]),
        ("lastName pr and (isUserActive eq false or emailAddress pr)", &["Ada", "bob", "Zoë"]),
    ] {
        let list = app.get(&filtered("/User", filter)).await.is(200);
        assert_eq!(names(&list.json()), expected, "{filter}");
        let pages = format!("{}&limit=1", filtered("/User", filter));
        assert_eq!(walk(&app, &pages).await, expected, "{filter}");
    }
}

#[actix_web::test]
async fn a_wrong_filter_is_refused_with_its_column_and_the_rule() {
    let app = with_users(1).await;
    let deep = format!("{}id pr{}", "(".repeat(17), ")".repeat(17));
    let long = format!("loginName eq \"{}\"", "x".repeat(2000));
    for (filter, column) in [
        ("", 1),
        ("x eq 1", 1),
        ("loginName", 10),
        ("loginName eq", 13),
        ("loginName eq ada", 14),
        ("isUserActive co \"x\"", 14),
        ("id pr and", 10),
        ("id eq \"1\"", 7),
        (&deep, 17),
        (&long, 2001),
    ] {
        let problem = app.get(&filtered("/User", filter)).await.refuses(&["filter"]);
        let rule = problem["errors"]["filter"][0].as_str().unwrap();
        assert!(
            rule.starts_with("must ") && rule.ends_with(&format!("(column {column})")),
            "{rule}"
        );
    }
}

#[actix_web::test]
async fn lists_are_ordered_by_each_key_both_ways() {
    let app = with_different_users().await;
    for (key, expected) in [
        ("id", ["Ada", "bob", "Zoë", "dee"]),
        ("loginName", ["Ada", "bob", "dee", "Zoë"]),
        // Unset comes first, and what is equal ignoring case by id.
        ("lastName", ["dee", "Zoë", "Ada", "bob"]),
        ("emailAddress", ["bob", "dee", "Ada", "Zoë"]),
    ] {
        let mut expected = expected.to_vec();
        for order in ["ascending", "descending"] {
            let path = format!("/User?sortBy={key}&sortOrder={order}");
            assert_eq!(names(&app.get(&path).await.is(200).json()), expected, "{path}");
            for limit in [1, 3] {
                assert_eq!(walk(&app, &format!("{path}&limit={limit}")).await, expected, "{path}");
            }
            expected.reverse();
        }
    }
}

#[actix_web::test]
async fn a_key_by_which_no_list_is_ordered_is_refused_with_those_that_can() {
    let app = with_users(1).await;
    for (path, rule) in [
        ("/User?sortBy=firstName", "must be one of id, loginName, lastName, emailAddress"),
        ("/Group?sortBy=", "must be one of id, name"),
        ("/CustomAuditTrail?sortBy=timestamp", "must be one of commit, id"),
    ] {
        let problem = app.get(path).await.refuses(&["sortBy"]);
        assert_eq!(problem["errors"]["sortBy"], json!([rule]));
    }
    let wrong = "/User?limit=0&filter=x&sortBy=x&sortOrder=up&cursor=x";
    app.get(wrong).await.refuses(&["filter", "limit", "sortBy", "sortOrder"]);
}

#[actix_web::test]
async fn a_first_page_that_fails_is_a_problem_of_its_own() {
    let app = with_users(1).await;
    for list in ["/User", "/User?limit=1", "/Group", "/Group?limit=1", "/CustomAuditTrail"] {
        let error = domain::unit_of_work::StoreError::Unavailable("SECRET".into());
        app.memory.fail_next_call(error);
        let answer = app.get(list).await;
        assert_eq!(answer.header("retry-after"), Some("1"));
        let problem = answer.problem(503, "unavailable");
        assert!(!problem.to_string().contains("SECRET"));
    }
}
