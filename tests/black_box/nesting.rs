//! Groups in groups: never in a circle, and everything that follows from lying in one another.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{
    ADMIN_KEY, Answer, Api, Database, Installation, Server, all_pages, assert_item, id_of, ids_of,
    on_both_databases, texts,
};

on_both_databases![
    of_32_writers_who_build_a_ring_one_is_refused,
    a_circle_is_refused_however_it_would_be_closed,
    a_circle_within_one_batch_is_refused,
    a_user_is_in_every_group_above_through_20_levels,
    a_group_is_reached_once_over_several_ways,
    membership_goes_down_by_default_and_up_on_demand,
    membership_is_explained_by_a_way,
    without_a_group_in_the_middle_nothing_leads_through_it,
    membership_of_what_is_not_there_is_not_found,
];

const RING: usize = 32;

/// Groups named by their number, with two digits.
async fn numbered(api: &Api, count: usize) -> Vec<Value> {
    let groups: Value = (0..count).map(|n| json!({ "name": format!("g{n:02}") })).collect();
    let groups = api.post("Group/batch", &groups).await.json(200);
    groups.as_array().expect("a list").clone()
}

/// Lays each of the groups in the one before it, and the user in the last.
async fn chain(api: &Api, count: usize, user: &Value) -> Vec<Value> {
    let mut groups = numbered(api, count).await;
    for pair in groups.windows(2) {
        let link = json!({ "name": pair[0]["name"], "memberGroups": [id_of(&pair[1])] });
        api.put(&format!("Group/{}", id_of(&pair[0])), &link).await.expect(202);
    }
    let last = groups.last_mut().expect("a group");
    let members = json!([{ "op": "add", "path": "/memberUsers/-", "value": id_of(user) }]);
    api.patch(&format!("Group/{}", id_of(last)), &members).await.expect(202);
    groups
}

/// Writes one link of the ring in one of the ways in which it can be written.
async fn lay_in(api: &Api, way: usize, outer: &Value, inner: &Value) -> Answer {
    let (above, below) = (format!("Group/{}", id_of(outer)), format!("Group/{}", id_of(inner)));
    match way % 4 {
        0 => {
            let group = json!({ "name": outer["name"], "memberGroups": [id_of(inner)] });
            api.put(&above, &group).await
        }
        1 => {
            let group = json!({ "name": inner["name"], "parentGroups": [{ "id": outer["id"] }] });
            api.put(&below, &group).await
        }
        2 => {
            let link = json!({ "memberGroupId": inner["id"] });
            let patch = json!([{ "op": "add", "path": "/memberGroups/-", "value": link }]);
            api.patch(&above, &patch).await
        }
        _ => {
            let patch = json!([{ "op": "add", "path": "/parentGroups", "value": [id_of(outer)] }]);
            api.patch(&below, &patch).await
        }
    }
}

async fn build_a_ring(nodes: &[Api]) {
    let groups = numbered(&nodes[0], RING).await;
    let links = (0..RING).map(|n| {
        let (api, outer, inner) = (&nodes[n % nodes.len()], &groups[n], &groups[(n + 1) % RING]);
        // So that every way is taken on every node.
        lay_in(api, n / nodes.len(), outer, inner)
    });
    let answers = join_all(links).await;
    let mut refused = 0;
    for answer in answers {
        assert!([202, 409].contains(&answer.status), "{}: {}", answer.status, answer.text());
        if answer.status == 409 {
            assert_eq!(answer.problem(409)["type"], "urn:userstore:problem:cycle");
            refused += 1;
        }
    }
    // Any 31 of the links are no ring, and the 32nd closes it.
    assert_eq!(refused, 1);
    for node in nodes {
        assert_eq!(assert_no_circle(node).await, RING - 1);
    }
}

/// Walks all groups and gives the number of links. Both ends of each tell of it.
async fn assert_no_circle(api: &Api) -> usize {
    let groups = api.list("Group").await;
    let links = |relation: &str| -> BTreeMap<String, Vec<String>> {
        let of = |group: &Value| (id_of(group).to_owned(), ids_of(&group[relation]));
        groups.iter().map(of).collect()
    };
    let (below, above) = (links("memberGroups"), links("parentGroups"));
    let down: BTreeSet<_> = pairs(&below).collect();
    let up: BTreeSet<_> = pairs(&above).map(|(inner, outer)| (outer, inner)).collect();
    assert_eq!(down, up, "both ends agree");
    for start in below.keys() {
        let (mut reached, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(group) = next.pop() {
            next.extend(below[group].iter().filter(|inner| reached.insert((*inner).clone())));
        }
        assert!(!reached.contains(start), "{start} lies in itself");
    }
    down.len()
}

fn pairs(links: &BTreeMap<String, Vec<String>>) -> impl Iterator<Item = (&str, &str)> {
    links.iter().flat_map(|(from, to)| to.iter().map(|to| (from.as_str(), to.as_str())))
}

async fn of_32_writers_who_build_a_ring_one_is_refused(server: Server) {
    build_a_ring(&[server.admin()]).await;
}

#[tokio::test]
async fn of_32_writers_on_two_nodes_who_build_a_ring_one_is_refused() {
    let installation = Installation::new(Database::Postgres).await;
    let nodes = [installation.start().await, installation.start().await];
    build_a_ring(&nodes.each_ref().map(|node| node.api(Some(ADMIN_KEY)))).await;
}

async fn a_circle_is_refused_however_it_would_be_closed(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let groups = chain(&api, 3, &user).await;
    let (first, last) = (&groups[0], &groups[2]);
    let before = api.list("Group").await;
    for way in 0..4 {
        for (outer, inner) in [(last, first), (first, first)] {
            let refused = lay_in(&api, way, outer, inner).await.problem(409);
            assert_eq!(refused["type"], "urn:userstore:problem:cycle", "way {way}");
        }
    }
    let new =
        json!({ "name": "new", "memberGroups": [id_of(first)], "parentGroups": [id_of(last)] });
    for path in ["Group", "Group/createorupdate"] {
        let refused = api.post(path, &new).await.problem(409);
        assert_eq!(refused["type"], "urn:userstore:problem:cycle", "{path}");
    }
    assert_eq!(api.list("Group").await, before);
}

async fn a_circle_within_one_batch_is_refused(server: Server) {
    let api = server.admin();
    let groups = numbered(&api, 3).await;
    let link = |outer: usize, inner: usize| {
        json!({ "id": groups[outer]["id"], "name": groups[outer]["name"],
            "memberGroups": [id_of(&groups[inner])] })
    };
    let ring = json!([link(0, 1), link(1, 2), link(2, 0)]);
    let refused = assert_item(api.put("Group/batch", &ring).await, 409, 2);
    assert_eq!(refused["type"], "urn:userstore:problem:cycle");
    assert_eq!(assert_no_circle(&api).await, 0);
    let partly = api.put("Group/batch?mode=partial", &ring).await.json(200);
    let statuses: Vec<_> =
        partly.as_array().expect("a list").iter().map(|item| item["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(202), Some(202), Some(409)]);
    assert_eq!(assert_no_circle(&api).await, 2);
}

async fn a_user_is_in_every_group_above_through_20_levels(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let groups = chain(&api, 20, &user).await;
    api.new_group("aside").await;
    let path = format!("Group/user/{}/membership", id_of(&user));
    let found = api.read(&path).await.json(200);
    let expected: Vec<_> = (0..20).map(|n| format!("g{n:02}")).collect();
    assert_eq!(texts(&found, "name"), expected, "each once, by name");
    // A group of the list is whole, as if it had been read alone.
    let last = api.read(&format!("Group/{}", id_of(&groups[19]))).await.json(200);
    assert_eq!(found[19], last);
    assert_eq!(texts(&last["memberUsers"], "loginName"), ["ada"]);
    // Not even the direct one of a user who is in none.
    let bob = api.new_user("bob").await;
    let none = format!("Group/user/{}/membership", id_of(&bob));
    assert_eq!(api.read(&none).await.json(200), json!([]));
    // Only the direct one is among the user's own.
    let ada = api.get_user(id_of(&user)).await.json(200);
    assert_eq!(texts(&ada["memberOfGroups"], "name"), ["g19"]);

    let (paged, pages) = all_pages(&api, &api.path(&format!("{path}?limit=7"))).await;
    assert_eq!((Value::Array(paged), pages), (found, 3));
}

/// `top` holds `left` and `right`, and both hold `bottom`.
async fn diamond(api: &Api) -> BTreeMap<&'static str, String> {
    let mut ids = BTreeMap::new();
    for (name, above) in
        [("top", &[][..]), ("left", &["top"]), ("right", &["top"]), ("bottom", &["left", "right"])]
    {
        let above: Value = above.iter().map(|name| json!(ids[name])).collect();
        let group = json!({ "name": name, "parentGroups": above });
        let made = api.post("Group", &group).await.json(201);
        ids.insert(name, id_of(&made).to_owned());
    }
    ids
}

async fn a_group_is_reached_once_over_several_ways(server: Server) {
    let api = server.admin();
    let ids = diamond(&api).await;
    let user = json!({ "loginName": "ada", "memberOfGroups": [ids["bottom"], ids["left"]] });
    let user = api.create_user(&user).await.json(201);
    let found = api.read(&format!("Group/user/{}/membership", id_of(&user))).await.json(200);
    assert_eq!(texts(&found, "name"), ["bottom", "left", "right", "top"]);
    let below = api.read(&format!("Group/parentGroup/{}/membership", ids["top"])).await.json(200);
    assert_eq!(texts(&below, "name"), ["bottom", "left", "right"]);
}

async fn membership_goes_down_by_default_and_up_on_demand(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let groups = chain(&api, 5, &user).await;
    let around = |query: &str| {
        let (api, path) =
            (api.clone(), format!("Group/parentGroup/{}/membership{query}", id_of(&groups[2])));
        async move { api.read(&path).await }
    };
    for query in ["", "?direction=down", "?Direction=Down"] {
        assert_eq!(texts(&around(query).await.json(200), "name"), ["g03", "g04"], "{query}");
    }
    for query in ["?direction=up", "?DIRECTION=UP"] {
        assert_eq!(texts(&around(query).await.json(200), "name"), ["g00", "g01"], "{query}");
    }
    for query in ["?direction=", "?direction=left", "?direction=up&direction=up"] {
        around(query).await.problem(400);
    }
    let sorted = around("?sortBy=name&sortOrder=descending").await.json(200);
    assert_eq!(texts(&sorted, "name"), ["g04", "g03"]);
    let filtered = around("?filter=name%20eq%20%22G04%22").await.json(200);
    assert_eq!(texts(&filtered, "name"), ["g04"]);
    let bare = around("?include=").await.json(200);
    assert!(bare[0]["memberUsers"].is_null() && bare[0]["parentGroups"].is_null(), "{bare}");
}

async fn membership_is_explained_by_a_way(server: Server) {
    let api = server.admin();
    let ids = diamond(&api).await;
    let user = json!({ "loginName": "ada", "memberOfGroups": [ids["bottom"]] });
    let user = api.create_user(&user).await.json(201);
    let path = format!("Group/user/{}/membership", id_of(&user));
    let told = api.read(&format!("{path}?explain=true")).await.json(200);
    let way = |n: usize| texts(&told[n]["path"], "name");
    assert_eq!(way(0), ["bottom"]);
    assert_eq!(way(1), ["bottom", "left"]);
    assert_eq!(way(2), ["bottom", "right"]);
    let over = way(3);
    assert!(over == ["bottom", "left", "top"] || over == ["bottom", "right", "top"], "{over:?}");
    let not_told = api.read(&path).await.json(200);
    assert!(not_told[0].get("path").is_none(), "{not_told}");

    let down = format!("Group/parentGroup/{}/membership?explain=true", ids["top"]);
    let down = api.read(&down).await.json(200);
    assert_eq!(texts(&down[0]["path"], "name").last().map(String::as_str), Some("bottom"));
    api.read(&format!("{path}?explain=perhaps")).await.problem(400);
}

async fn without_a_group_in_the_middle_nothing_leads_through_it(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let groups = chain(&api, 20, &user).await;
    let middle = id_of(&groups[10]);
    let neighbours = [9, 11].map(|n| format!("Group/{}", id_of(&groups[n])));
    let mut tags = vec![];
    for neighbour in &neighbours {
        tags.push(api.read(neighbour).await.etag());
    }
    api.delete(&format!("Group/{middle}")).await.expect(204);
    let found = api.read(&format!("Group/user/{}/membership", id_of(&user))).await.json(200);
    let expected: Vec<_> = (11..20).map(|n| format!("g{n:02}")).collect();
    assert_eq!(texts(&found, "name"), expected);
    for (neighbour, tag) in neighbours.iter().zip(&tags) {
        assert_ne!(api.read(neighbour).await.etag(), *tag, "{neighbour} lost a link");
    }
    assert_eq!(assert_no_circle(&api).await, 17);
    // Each link that ended has its entry.
    for key in
        [format!("{}/{middle}", id_of(&groups[9])), format!("{middle}/{}", id_of(&groups[11]))]
    {
        let entries = api.entries_about(&key).await;
        let told: Vec<_> = entries.iter().map(|entry| entry["action"].as_str()).collect();
        assert_eq!(told, [Some("Added"), Some("Deleted")], "{key}");
        assert_eq!(entries[0]["area"], "Membership");
    }
}

async fn membership_of_what_is_not_there_is_not_found(server: Server) {
    let api = server.admin();
    for id in ["01890a5d-ac96-774b-bcce-b302099a8057", "no-uuid", "%20"] {
        api.read(&format!("Group/user/{id}/membership")).await.problem(404);
        api.read(&format!("Group/parentGroup/{id}/membership")).await.problem(404);
        api.read(&format!("Group/parentGroup/{id}/membership?direction=up")).await.problem(404);
    }
}
