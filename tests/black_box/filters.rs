//! Filters, orders and positions of lists: the same answers on both databases.

use serde_json::{Value, json};

use crate::harness::{Api, Server, all_pages, id_of, ids_of, next_page, on_both_databases, texts};

on_both_databases![
    users_are_filtered,
    groups_are_filtered,
    attributes_are_filtered,
    the_audit_trail_is_filtered,
    a_wrong_filter_is_refused_with_its_column,
    a_filter_may_be_so_deep_and_so_long_and_no_more,
    lists_are_ordered_as_asked,
    a_wrong_order_is_refused,
    a_cursor_is_good_for_its_query_and_its_store_only,
    pages_are_stable_while_records_come_and_go,
    a_filtered_list_comes_in_pages,
    text_of_a_filter_is_no_statement,
];

/// The names of what a filter lets through, in alphabetical order.
async fn found(api: &Api, list: &str, filter: &str, name: &str) -> Vec<String> {
    let found = api.query(list, &[("filter", filter)]).await;
    assert_eq!(found.status, 200, "{filter}: {}", found.text());
    let mut names = texts(&found.json(200), name);
    names.sort();
    names
}

async fn check(api: &Api, list: &str, name: &str, table: &[(&str, &[&str])]) {
    for (filter, expected) in table {
        assert_eq!(found(api, list, filter, name).await, *expected, "{filter}");
    }
}

const ADA: &str = "0a5d3e7b-1c2d-4e3f-8a9b-0c1d2e3f4a01";
const BOB: &str = "0a5d3e7b-1c2d-4e3f-8a9b-0c1d2e3f4a02";

/// Four users who differ in everything that can be filtered by.
async fn seed_users(api: &Api) {
    let users = json!([
        {
            "id": ADA, "loginName": "ada", "firstName": "Ada", "lastName": "Lovelace",
            "emailAddress": "Ada@Example.com", "externalUniqueIdentifier": "HR-1",
            "userValidFrom": "2026-01-01T00:00:00Z", "userValidTo": "2030-01-01T00:00:00Z",
            "emailAddressConfirmed": true,
        },
        {
            "id": BOB, "loginName": "bob", "firstName": "Bob", "lastName": "Ångström",
            "emailAddress": "bob@example.org", "externalUniqueIdentifier": "hr-2",
            "isUserActive": false, "userValidFrom": "2026-06-01T02:00:00+02:00",
        },
        {
            "loginName": "cy%_\\'\"", "lastName": "lovelace", "isUserLocked": true,
            "passwordNeverExpires": true, "passwordExpiration": "2099-01-01T00:00:00Z",
        },
        {
            "loginName": "Élodie", "isUserLockEnabled": false,
            "canChangePasswordOnExpiration": false, "isPasswordChangeRequired": true,
        },
    ]);
    api.create_users(&users).await.expect(200);
}

async fn users_are_filtered(server: Server) {
    let api = server.admin();
    seed_users(&api).await;
    let (a, b, c, e) = ("ada", "bob", "cy%_\\'\"", "Élodie");
    check(
        &api,
        "User",
        "loginName",
        &[
            (r#"loginName eq "ADA""#, &[a]),
            (r#"LOGINNAME EQ "éLODIE""#, &[e]),
            (r#"loginName eq "e\u0301lodie""#, &[e]),
            (r#"loginName ne "ada""#, &[b, c, e]),
            (r#"loginName sw "A""#, &[a]),
            (r#"loginName co "D""#, &[a, e]),
            (r#"loginName ew "B""#, &[b]),
            (r#"loginName co "%""#, &[c]),
            (r#"loginName co "_""#, &[c]),
            (r#"loginName ew "'\"""#, &[c]),
            (r#"loginName co "\\""#, &[c]),
            (r#"loginName sw """#, &[a, b, c, e]),
            (r#"loginName gt "bob""#, &[c, e]),
            (r#"loginName ge "bob""#, &[b, c, e]),
            (r#"loginName lt "bob""#, &[a]),
            (r#"loginName le "BOB""#, &[a, b]),
            (r#"lastName eq "Lovelace""#, &[a, c]),
            (r#"lastName ne "Lovelace""#, &[b, e]),
            (r#"lastName sw "a""#, &[]),
            (r#"lastName sw "Å""#, &[b]),
            ("lastName pr", &[a, b, c]),
            ("not (lastName pr)", &[e]),
            ("lastName eq null", &[e]),
            ("lastName ne null", &[a, b, c]),
            (r#"not (lastName eq "lovelace")"#, &[b, e]),
            (r#"lastName gt "a""#, &[a, b, c]),
            (r#"not (lastName gt "a")"#, &[e]),
            (r#"firstName co "o""#, &[b]),
            (r#"emailAddress eq "ada@example.COM""#, &[a]),
            (r#"emailAddress ew ".org""#, &[b]),
            ("emailAddressConfirmed eq true", &[a]),
            (r#"externalUniqueIdentifier eq "hr-1""#, &[]),
            (r#"externalUniqueIdentifier eq "HR-1""#, &[a]),
            (r#"externalUniqueIdentifier sw "h""#, &[b]),
            ("isUserActive eq false", &[b]),
            ("isUserActive ne false", &[a, c, e]),
            ("isUserLocked eq true or isUserLockEnabled eq false", &[c, e]),
            ("passwordNeverExpires eq true", &[c]),
            ("canChangePasswordOnExpiration eq false", &[e]),
            ("isPasswordChangeRequired eq true", &[e]),
            ("isInitialPassword eq true", &[]),
            ("failedUserLoginAttempts eq 0", &[a, b, c, e]),
            ("failedUserLoginAttempts gt 0", &[]),
            (r#"userValidFrom ge "2026-06-01T00:00:00Z""#, &[b]),
            (r#"userValidFrom gt "2026-06-01T00:00:00Z""#, &[]),
            (r#"userValidFrom lt "2026-03-01T00:00:00+01:00""#, &[a]),
            ("userValidTo pr", &[a]),
            (r#"passwordExpiration gt "2098-12-31T23:59:59.999999Z""#, &[c]),
            (&format!(r#"id eq "{ADA}""#), &[a]),
            (&format!(r#"id eq "{}""#, ADA.to_uppercase()), &[a]),
            (&format!(r#"id gt "{ADA}" and id le "{BOB}""#), &[b]),
            (r#"loginName eq "ada" or loginName eq "bob" and isUserActive eq true"#, &[a]),
            (r#"(loginName eq "ada" or loginName eq "bob") and isUserActive eq false"#, &[b]),
            (r#"not (loginName eq "ada" or loginName eq "bob")"#, &[c, e]),
            ("lastName pr AND NOT (firstName pr)", &[c]),
            ("  loginName   pr  ", &[a, b, c, e]),
        ],
    )
    .await;
}

async fn groups_are_filtered(server: Server) {
    let api = server.admin();
    let groups = json!([{ "id": ADA, "name": "Admins" }, { "id": BOB, "name": "Ärzte" },
        { "name": "auditors" }, { "name": "old admins" }]);
    api.post("Group/batch", &groups).await.expect(200);
    let by_id = format!(r#"id eq "{BOB}" or id eq "{ADA}""#);
    let table: [(&str, &[&str]); 8] = [
        (r#"name eq "ADMINS""#, &["Admins"]),
        (r#"name sw "a""#, &["Admins", "auditors"]),
        (r#"name ew "admins""#, &["Admins", "old admins"]),
        (r#"name co "ÄRZ""#, &["Ärzte"]),
        (r#"name gt "b""#, &["old admins", "Ärzte"]),
        (r#"name ne "admins" and name co "admin""#, &["old admins"]),
        (r#"not (name co "a")"#, &["Ärzte"]),
        (&by_id, &["Admins", "Ärzte"]),
    ];
    check(&api, "Group", "name", &table).await;
    let outer = json!({ "name": "outer", "memberGroups": [ADA, BOB] });
    let outer = api.post("Group", &outer).await.json(201);
    let below = format!("Group/parentGroup/{}/membership", id_of(&outer));
    check(
        &api,
        &below,
        "name",
        &[(r#"name sw "a""#, &["Admins"]), ("name pr", &["Admins", "Ärzte"])],
    )
    .await;
}

async fn attributes_are_filtered(server: Server) {
    let api = server.admin();
    let attributes = json!([
        { "key": "Color", "value": "Red" },
        { "key": "shape", "value": "round" },
        { "key": "size" },
    ]);
    let user = json!({ "loginName": "ada", "userProfiles": attributes });
    let user = api.create_user(&user).await.json(201);
    let group = json!({ "name": "staff", "metadata": attributes });
    let group = api.post("Group", &group).await.json(201);
    for list in [
        format!("user/{}/UserProfile", id_of(&user)),
        format!("Group/{}/GroupMetadata", id_of(&group)),
    ] {
        check(
            &api,
            &list,
            "key",
            &[
                (r#"key eq "COLOR""#, &["Color"]),
                (r#"key sw "S""#, &["shape", "size"]),
                (r#"value eq "Red""#, &["Color"]),
                (r#"value eq "red""#, &[]),
                ("value pr", &["Color", "shape"]),
                ("value eq null", &["size"]),
                (r#"value ne "round""#, &["Color", "size"]),
                (r#"value gt "a""#, &["shape"]),
            ],
        )
        .await;
        let descending = api.query(&list, &[("sortOrder", "descending"), ("sortBy", "key")]).await;
        assert_eq!(texts(&descending.json(200), "key"), ["size", "shape", "Color"]);
        api.query(&list, &[("sortBy", "value")]).await.problem(400);
        api.query(&list, &[("filter", "userId pr")]).await.problem(400);
    }
}

async fn the_audit_trail_is_filtered(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let id = id_of(&user);
    api.update_user(id, &json!({ "loginName": "Ada" })).await.expect(202);
    api.new_group("staff").await;
    api.delete_user(id).await.expect(204);
    let of_user = format!(r#"primaryKey eq "{id}""#);
    let modified = format!(r#"primaryKey eq "{id}" and action eq "Modified""#);
    let (both, capital) = (r#"area eq "Group" or action eq "Deleted""#, r#"area eq "user""#);
    for (filter, expected) in [
        (of_user.as_str(), &["Added", "Deleted", "Modified"][..]),
        (&modified, &["Modified"]),
        (r#"area eq "User" and action ne "Added""#, &["Deleted", "Modified"]),
        (both, &["Added", "Deleted"]),
        (capital, &[]),
        (r#"dataSource eq "default" and area sw "User""#, &["Added", "Deleted", "Modified"]),
        (r#"user sw "client:" and area eq "User""#, &["Added", "Deleted", "Modified"]),
        (r#"timestamp gt "2020-01-01T00:00:00Z" and area eq "Group""#, &["Added"]),
        (r#"timestamp lt "2020-01-01T00:00:00Z""#, &[]),
        (r#"category ne "DatabaseRecordChange""#, &[]),
    ] {
        assert_eq!(found(&api, "CustomAuditTrail", filter, "action").await, expected, "{filter}");
    }
    let last = api.get_audit_trails("").await.json(200);
    let last = last.as_array().and_then(|all| all.last()).expect("an entry")["id"].clone();
    let by_number = api.query("CustomAuditTrail", &[("filter", &format!("id ge {last}"))]).await;
    assert_eq!(by_number.json(200)[0]["id"], last);
    let backwards = api.query("CustomAuditTrail", &[("sortOrder", "descending"), ("limit", "1")]);
    assert_eq!(backwards.await.json(200)[0]["id"], last);
}

async fn a_wrong_filter_is_refused_with_its_column(server: Server) {
    let api = server.admin();
    for (filter, column) in [
        ("", 1),
        ("   ", 1),
        ("loginName", 10),
        ("shoes eq 7", 1),
        (r#"loginName is "ada""#, 11),
        ("loginName eq ada", 14),
        ("loginName eq 7", 14),
        (r#"loginName eq "ada"#, 14),
        ("isUserActive gt true", 14),
        ("isUserActive eq 1", 17),
        (r#"isUserActive eq "true""#, 17),
        (r#"id eq "no-uuid""#, 7),
        (r#"userValidFrom gt "yesterday""#, 18),
        ("failedUserLoginAttempts eq 1.5", 28),
        ("loginName gt null", 14),
        (r#"loginName eq "ada" and"#, 23),
        (r#"loginName eq "ada" loginName pr"#, 20),
        (r#"(loginName eq "ada""#, 20),
        (r#"loginName eq "ada")"#, 19),
        ("not loginName pr", 5),
        (r#"userProfiles[key eq "x"]"#, 13),
        (r#"name.first eq "x""#, 1),
        (r#"memberOfGroups eq "x""#, 1),
        (r#"password eq "x""#, 1),
    ] {
        let problem = api.query("User", &[("filter", filter)]).await.problem(400);
        let told = problem["errors"]["filter"].to_string();
        assert!(told.contains(&format!("column {column})")), "{filter}: {problem}");
    }
    for list in ["Group", "CustomAuditTrail"] {
        let answer = api.query(list, &[("filter", r#"loginName eq "x""#)]).await;
        assert_eq!(answer.broken_properties(), ["filter"], "{list}");
    }
    api.read("User?filter=loginName%20pr&filter=loginName%20pr").await.problem(400);
    api.read("User?filter=%ff").await.problem(400);
}

async fn a_filter_may_be_so_deep_and_so_long_and_no_more(server: Server) {
    let api = server.admin();
    api.new_user("ada").await;
    let nested = |depth: usize| "(".repeat(depth) + "loginName pr" + &")".repeat(depth);
    let chain = |count: usize| vec!["loginName pr"; count].join(" and ");
    let long = |length: usize| {
        let text = r#"loginName ne "" and loginName pr"#;
        format!(r#"loginName ne "{}" and loginName pr"#, "x".repeat(length - text.len()))
    };
    for (good, bad) in
        [(nested(16), nested(17)), (chain(64), chain(65)), (long(2_000), long(2_001))]
    {
        assert_eq!(found(&api, "User", &good, "loginName").await, ["ada"]);
        let answer = api.query("User", &[("filter", &bad)]).await;
        assert_eq!(answer.broken_properties(), ["filter"]);
    }
    let nots = |depth: usize| "not (".repeat(depth) + "loginName pr" + &")".repeat(depth);
    assert_eq!(found(&api, "User", &nots(16), "loginName").await, ["ada"]);
    api.query("User", &[("filter", &nots(17))]).await.problem(400);
}

async fn lists_are_ordered_as_asked(server: Server) {
    let api = server.admin();
    seed_users(&api).await;
    let (a, b, c, e) = ("ada", "bob", "cy%_\\'\"", "Élodie");
    for (by, names) in [
        ("loginName", [a, b, c, e]),
        // Whose name is unset comes first; of equal ones the smaller id. The generated id of `c`
        // is greater than the given ones.
        ("lastName", [e, a, c, b]),
    ] {
        let ascending = api.query("User", &[("sortBy", by)]).await.json(200);
        let mut expected = names.to_vec();
        if by == "lastName" {
            let equal = ascending[1]["id"].as_str() < ascending[2]["id"].as_str();
            assert!(equal, "{ascending}");
            expected
                .sort_by_key(|name| texts(&ascending, "loginName").iter().position(|n| n == name));
            assert_eq!((expected[0], expected[3]), (e, b));
        }
        assert_eq!(texts(&ascending, "loginName"), expected, "{by}");
        expected.reverse();
        for order in ["descending", "Descending"] {
            let parameters = [("SORTBY", by), ("sortorder", order)];
            let descending = api.query("User", &parameters).await.json(200);
            assert_eq!(texts(&descending, "loginName"), expected, "{by}");
        }
        let paged = format!("User?sortBy={by}&sortOrder=descending&limit=1");
        let (users, pages) = all_pages(&api, &api.path(&paged)).await;
        assert_eq!(
            (texts(&Value::Array(users), "loginName"), pages),
            (expected.iter().map(|&n| n.to_owned()).collect(), 4)
        );
    }
    let by_address = api.query("User", &[("sortBy", "emailAddress")]).await.json(200);
    assert_eq!(texts(&by_address, "loginName")[2..], [a, b]);
    for name in ["b", "A", "ä"] {
        api.new_group(name).await;
    }
    let by_name = api.query("Group", &[("sortBy", "name")]).await.json(200);
    assert_eq!(texts(&by_name, "name"), ["A", "b", "ä"]);
    let by_id = api.query("Group", &[("sortOrder", "descending")]).await.json(200);
    let mut ids = ids_of(&by_id);
    ids.reverse();
    assert_eq!(texts(&by_id, "id"), ids);
}

async fn a_wrong_order_is_refused(server: Server) {
    let api = server.admin();
    for (name, value) in [
        ("sortBy", "shoes"),
        ("sortBy", ""),
        ("sortBy", "loginName,id"),
        ("sortBy", "isUserActive"),
        ("sortOrder", "sideways"),
        ("sortOrder", ""),
    ] {
        let answer = api.query("User", &[(name, value)]).await;
        assert_eq!(answer.broken_properties(), [name], "{name}={value}");
    }
    api.query("Group", &[("sortBy", "loginName")]).await.problem(400);
    api.query("CustomAuditTrail", &[("sortBy", "timestamp")]).await.problem(400);
}

/// The cursor behind the first page of a list.
async fn cursor(api: &Api, list: &str) -> String {
    let answer = api.read(list).await.expect(200);
    let next = next_page(&answer).unwrap_or_else(|| panic!("{list} has a second page"));
    let (_, cursor) = next.split_once("cursor=").expect("a cursor");
    cursor.split('&').next().expect("its text").to_owned()
}

async fn a_cursor_is_good_for_its_query_and_its_store_only(server: Server) {
    server.installation.run(&["store", "create", "other"]).well();
    let (api, other) = (server.admin(), server.admin().in_store("other"));
    for api in [&api, &other] {
        seed_users(api).await;
        api.post("Group/batch", &json!([{ "name": "a" }, { "name": "b" }])).await.expect(200);
    }
    let lists = [
        "User?limit=1",
        "User?limit=1&sortBy=loginName",
        "User?limit=1&sortBy=loginName&sortOrder=descending",
        "User?limit=1&sortOrder=descending",
        "User?limit=1&filter=loginName%20pr",
        "Group?limit=1",
        "Group?limit=1&sortBy=name",
        "CustomAuditTrail?limit=1",
        "CustomAuditTrail?limit=1&filter=id%20gt%200",
    ];
    for of in lists {
        let cursor = cursor(&api, of).await;
        for list in lists {
            let answer = api.read(&format!("{list}&cursor={cursor}")).await;
            let status = if list == of { 200 } else { 400 };
            assert_eq!(answer.status, status, "the cursor of {of} in {list}: {}", answer.text());
        }
        let elsewhere = other.read(&format!("{of}&cursor={cursor}")).await;
        assert_eq!(elsewhere.broken_properties(), ["cursor"], "{of}");
        // The size of the page is no part of the query.
        let larger = of.replace("limit=1", "limit=2");
        api.read(&format!("{larger}&cursor={cursor}")).await.expect(200);
        for spoiled in [
            cursor.replace(['A', 'B', 'C', 'D'], "E"),
            cursor.chars().skip(1).collect(),
            format!("{cursor}A"),
        ] {
            if spoiled != cursor {
                api.read(&format!("{of}&cursor={spoiled}")).await.problem(400);
            }
        }
    }
}

async fn pages_are_stable_while_records_come_and_go(server: Server) {
    let api = server.admin();
    for (by, order) in
        [("id", "ascending"), ("loginName", "ascending"), ("loginName", "descending")]
    {
        let name = |n: usize| format!("{by}-{order}-{n:03}");
        let users: Value = (0..60).map(|n| json!({ "loginName": name(n) })).collect();
        let users = api.create_users(&users).await.json(200);
        let filter = format!("loginName%20sw%20%22{by}-{order}%22");
        let mut next =
            Some(api.path(&format!("User?limit=7&sortBy={by}&sortOrder={order}&filter={filter}")));
        let (mut seen, mut page) = (vec![], 0);
        while let Some(path) = next {
            let answer = api.get(&path).await;
            next = next_page(&answer);
            seen.extend(texts(&answer.json(200), "loginName"));
            // One that was shown goes, and one comes that lies before all others; the last of the
            // page goes too, at which the next begins.
            for gone in [seen.len() - 7.min(seen.len()), seen.len() - 1] {
                let record = users.as_array().expect("a list").iter();
                let record = record.clone().find(|user| user["loginName"] == seen[gone]);
                if let Some(record) = record {
                    api.delete_user(id_of(record)).await;
                }
            }
            let edge = if order == "ascending" { "000" } else { "999" };
            api.new_user(&format!("{by}-{order}-{edge}-{page}")).await;
            page += 1;
            assert!(page < 50, "the pages come to an end");
        }
        let mut once: Vec<_> = seen.iter().filter(|name| name.matches('-').count() == 2).collect();
        once.sort();
        assert_eq!(once, (0..60).map(name).collect::<Vec<_>>().iter().collect::<Vec<_>>());
        let mut all = seen.clone();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), seen.len(), "nothing is shown twice");
    }
}

async fn a_filtered_list_comes_in_pages(server: Server) {
    let api = server.admin();
    let users: Value = (0..30)
        .map(|n| json!({ "loginName": format!("u{n:02}"), "isUserActive": n % 3 == 0 }))
        .collect();
    api.create_users(&users).await.expect(200);
    let path = api.path("User?filter=isUserActive%20eq%20true&sortBy=loginName&limit=4");
    let (found, pages) = all_pages(&api, &path).await;
    let expected: Vec<_> = (0..30).step_by(3).map(|n| format!("u{n:02}")).collect();
    assert_eq!((texts(&Value::Array(found), "loginName"), pages), (expected, 3));
}

async fn text_of_a_filter_is_no_statement(server: Server) {
    let api = server.admin();
    seed_users(&api).await;
    for text in ["' OR 1=1 --", "%", "_", "\\", "';DROP TABLE users;--", "*", "$1", "?", "🦀"] {
        for operator in ["eq", "sw", "co", "ew", "gt"] {
            for property in ["loginName", "lastName", "externalUniqueIdentifier"] {
                let filter = format!("{property} {operator} {}", json!(text));
                api.query("User", &[("filter", &filter)]).await.json(200);
            }
        }
    }
    let with_nul = api.query("User", &[("filter", r#"loginName co "a\u0000b""#)]).await;
    assert!([200, 400].contains(&with_nul.status), "{}", with_nul.text());
    assert_eq!(api.list("User").await.len(), 4);
}
