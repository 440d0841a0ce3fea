use serde_json::{Value, json};

use crate::app::{Answer, App};

async fn with_users(count: usize) -> App {
    let app = App::start().await;
    for n in 0..count {
        app.user(json!({"loginName": format!("user {n}")})).await;
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
    for limit in ["0", "-1", "51", "1000000000000000000", "x", "", "1.5"] {
        app.get(&format!("/User?limit={limit}")).await.refuses(&["limit"]);
        app.get(&format!("/CustomAuditTrail?limit={limit}")).await.refuses(&["limit"]);
    }
    app.get("/User?limit=50").await.is(200);
    let users = next(&app.get("/User?limit=1").await).unwrap();
    let cursor = users.split("cursor=").nth(1).unwrap();
    for cursor in ["x", "", "%00", &"A".repeat(5000)] {
        app.get(&format!("/User?cursor={cursor}")).await.refuses(&["cursor"]);
    }
    app.get(&format!("/CustomAuditTrail?cursor={cursor}")).await.refuses(&["cursor"]);
    app.get("/User?limit=1&Limit=1").await.problem(400, "malformed-request");
    app.get("/User?include=%ff").await.problem(400, "malformed-request");
}

#[actix_web::test]
async fn a_cursor_belongs_to_its_store() {
    let app = with_users(2).await;
    let link = next(&app.get("/User?limit=1").await).unwrap();
    let other = format!("/api/userstore/v1/other/administration{link}");
    let request = app.request(actix_web::http::Method::GET, "").uri(&other);
    app.send(request).await.refuses(&["cursor"]);
}

#[actix_web::test]
async fn a_first_page_that_fails_is_a_problem_of_its_own() {
    let app = with_users(1).await;
    let error = domain::unit_of_work::StoreError::Unavailable("SECRET".into());
    app.memory.fail_next_call(error);
    let answer = app.get("/User").await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    let problem = answer.problem(503, "unavailable");
    assert!(!problem.to_string().contains("SECRET"));
}

#[actix_web::test]
async fn filters_and_orders_that_are_not_there_are_refused_and_not_ignored() {
    let app = with_users(1).await;
    for list in ["/User", "/CustomAuditTrail"] {
        app.get(&format!("{list}?filter=a")).await.refuses(&["filter"]);
        app.get(&format!("{list}?limit=1&FILTER=")).await.refuses(&["filter"]);
        app.get(&format!("{list}?sortBy=x&sortorder=y")).await.refuses(&["sortBy", "sortOrder"]);
    }
}
