//! Groups in groups: what is refused, and who is in what by way of others.

use serde_json::{Value, json};

use crate::app::{Answer, App};

/// Makes a group below the groups `above` and gives its id.
async fn group(app: &App, name: &str, above: &[&str]) -> String {
    let group = app.post("/Group", json!({"name": name, "parentGroups": above})).await.is(201);
    group.json()["id"].as_str().unwrap().to_owned()
}

fn names(answer: Answer) -> Vec<String> {
    let groups: Vec<Value> = serde_json::from_value(answer.is(200).json()).unwrap();
    groups.iter().map(|group| group["name"].as_str().unwrap().to_owned()).collect()
}

/// The way to each group of an answer.
fn paths(answer: Answer) -> Vec<String> {
    let groups: Vec<Value> = serde_json::from_value(answer.is(200).json()).unwrap();
    let path = |group: &Value| {
        let steps = group["path"].as_array().unwrap().iter();
        let names: Vec<_> = steps.map(|step| step["name"].as_str().unwrap()).collect();
        names.join("/")
    };
    groups.iter().map(path).collect()
}

/// `top` above `Left` and `right`, both above `bottom`, which has the member ada; `aside` is alone
/// above `bottom`.
struct Diamond {
    app: App,
    top: String,
    bottom: String,
    ada: String,
}

impl Diamond {
    async fn new() -> Self {
        let app = App::start().await;
        let top = group(&app, "top", &[]).await;
        let left = group(&app, "Left", &[&top]).await;
        let right = group(&app, "right", &[&top]).await;
        let aside = group(&app, "aside", &[]).await;
        let bottom = group(&app, "bottom", &[&left, &right, &aside]).await;
        let ada = json!({"loginName": "ada", "memberOfGroups": [{"groupId": bottom}]});
        let ada = app.user(ada).await["id"].as_str().unwrap().to_owned();
        Self { app, top, bottom, ada }
    }
}

#[actix_web::test]
async fn a_group_may_not_come_to_lie_in_itself() {
    let Diamond { app, top, bottom, .. } = Diamond::new().await;
    let before = names(app.get("/Group?sortBy=name").await);
    let (top_path, bottom_path) = (format!("/Group/{top}"), format!("/Group/{bottom}"));
    let above = json!({"name": "top", "parentGroups": [bottom]});
    app.put(&top_path, above).await.problem(409, "cycle");
    let below = json!({"name": "bottom", "memberGroups": [top]});
    app.put(&bottom_path, below.clone()).await.problem(409, "cycle");
    let itself = json!([{"op": "add", "path": "/memberGroups/-", "value": top}]);
    app.patch(&top_path, itself).await.problem(409, "cycle");
    app.post("/Group/createorupdate", below).await.problem(409, "cycle");
    let both = json!({"name": "new", "parentGroups": [bottom], "memberGroups": [top]});
    app.post("/Group", both).await.problem(409, "cycle");
    assert_eq!(names(app.get("/Group?sortBy=name").await), before);
    let top = app.get(&top_path).await.json();
    assert_eq!(top["parentGroups"], json!([]));
}

#[actix_web::test]
async fn groups_below_and_above_come_by_name_and_each_once() {
    let Diamond { app, top, bottom, .. } = Diamond::new().await;
    let below = format!("/Group/parentGroup/{top}/membership");
    assert_eq!(names(app.get(&below).await), ["bottom", "Left", "right"]);
    assert_eq!(names(app.get(&format!("{below}?direction=DOWN")).await).len(), 3);
    assert!(names(app.get(&format!("{below}?direction=up")).await).is_empty());
    let above = format!("/group/PARENTGROUP/{bottom}/membership?direction=up");
    assert_eq!(names(app.get(&above).await), ["aside", "Left", "right", "top"]);
    let descending = format!("{above}&sortOrder=descending&filter=not%20(name%20eq%20%22left%22)");
    assert_eq!(names(app.get(&descending).await), ["top", "right", "aside"]);
}

#[actix_web::test]
async fn a_user_is_in_every_group_above_those_that_they_are_in() {
    let Diamond { app, ada, .. } = Diamond::new().await;
    let path = format!("/Group/user/{ada}/membership");
    let groups = app.get(&path).await;
    let bottom = groups.json().as_array().unwrap()[1].clone();
    assert_eq!(bottom["memberUsers"][0]["loginName"], "ada");
    assert_eq!(bottom.get("path"), None);
    assert_eq!(names(groups), ["aside", "bottom", "Left", "right", "top"]);
    let bob = app.user(json!({"loginName": "bob"})).await;
    let nothing = app.get(&format!("/Group/user/{}/membership", bob["id"].as_str().unwrap())).await;
    assert!(names(nothing).is_empty());
}

#[actix_web::test]
async fn a_path_tells_how_one_comes_to_each_group() {
    let Diamond { app, top, bottom, ada } = Diamond::new().await;
    let explained = format!("/Group/user/{ada}/membership?explain=true&include=");
    let answer = app.get(&explained).await;
    let last = answer.text().rfind("\"path\":[").unwrap();
    assert!(last > answer.text().rfind("\"metadata\":null").unwrap());
    let first = &answer.json()[1];
    assert_eq!(first["path"], json!([{"id": bottom, "name": "bottom"}]));
    let expected = ["bottom/aside", "bottom", "bottom/Left", "bottom/right", "bottom/Left/top"];
    assert_eq!(paths(answer), expected);
    let below = format!("/Group/parentGroup/{top}/membership?explain=TRUE");
    assert_eq!(paths(app.get(&below).await), ["Left/bottom", "Left", "right"]);
    let above = format!("/Group/parentGroup/{bottom}/membership?explain=true&direction=up");
    assert_eq!(paths(app.get(&above).await), ["aside", "Left", "right", "Left/top"]);
}

#[actix_web::test]
async fn memberships_come_in_pages_whose_cursors_are_their_own() {
    let Diamond { app, top, bottom, ada } = Diamond::new().await;
    let path = format!("/Group/user/{ada}/membership?limit=2&explain=true");
    let first = app.get(&path).await;
    let link = first.header("link").unwrap().to_owned();
    let link = link.split("administration").nth(1).unwrap().split('>').next().unwrap();
    assert_eq!(names(first), ["aside", "bottom"]);
    let second = app.get(link).await;
    assert_eq!(names(second), ["Left", "right"]);
    let cursor = link.split("cursor=").nth(1).unwrap();
    for other in [
        format!("/Group/parentGroup/{top}/membership?cursor={cursor}"),
        format!("/Group/parentGroup/{bottom}/membership?direction=up&cursor={cursor}"),
        format!("/Group?sortBy=name&cursor={cursor}"),
    ] {
        app.get(&other).await.refuses(&["cursor"]);
    }
}

#[actix_web::test]
async fn who_is_not_there_is_in_no_group_and_around_none() {
    let Diamond { app, top, ada, .. } = Diamond::new().await;
    for id in ["x", "00000000-0000-0000-0000-000000000000"] {
        for path in ["/Group/parentGroup", "/Group/user"] {
            app.get(&format!("{path}/{id}/membership")).await.problem(404, "not-found");
        }
    }
    app.get(&format!("/Group/parentGroup/{ada}/membership")).await.problem(404, "not-found");
    app.get(&format!("/Group/user/{top}/membership")).await.problem(404, "not-found");
}

#[actix_web::test]
async fn directions_and_flags_that_are_none_are_refused() {
    let Diamond { app, top, ada, .. } = Diamond::new().await;
    let around = format!("/Group/parentGroup/{top}/membership");
    app.get(&format!("{around}?direction=left")).await.refuses(&["direction"]);
    app.get(&format!("{around}?explain=yes")).await.refuses(&["explain"]);
    app.get(&format!("/Group/user/{ada}/membership?explain=")).await.refuses(&["explain"]);
}

#[actix_web::test]
async fn a_long_chain_of_groups_is_followed_to_its_end() {
    let app = App::start().await;
    let mut above = group(&app, "g00", &[]).await;
    let top = above.clone();
    for depth in 1..=40 {
        above = group(&app, &format!("g{depth:02}"), &[&above]).await;
    }
    let below = format!("/Group/parentGroup/{top}/membership?explain=true");
    let answer = app.get(&below).await.is(200);
    let list = answer.json();
    assert_eq!(list.as_array().unwrap().len(), 40);
    assert_eq!(list[39]["path"].as_array().unwrap().len(), 40);
}
