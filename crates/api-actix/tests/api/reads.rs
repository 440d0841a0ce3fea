use serde_json::{Value, json};
use testkit::builders::a_user;

use crate::app::App;

#[actix_web::test]
async fn a_user_is_shown_with_every_property_in_the_printed_order_and_ours_behind() {
    let app = App::start().await;
    let staff = app.add_group("staff").await;
    let draft = a_user("Ada").email("ada@example.com").profile("color", "red").in_group(staff);
    let ada = app.world.make_user(&app.shop, draft.draft()).await;
    let (id, shop) = (ada.user.id, app.shop.id);

    let answer = app.get(&format!("/User/{id}")).await.is(200);

    let expected = format!(
        concat!(
            r#"{{"instanceId":"{shop}","id":"{id}","externalUniqueIdentifier":null,"#,
            r#""loginName":"Ada","firstName":null,"lastName":null,"#,
            r#""emailAddress":"ada@example.com","emailAddressConfirmed":false,"#,
            r#""userValidFrom":null,"userValidTo":null,"isUserActive":true,"#,
            r#""isUserLockEnabled":true,"isUserLocked":false,"failedUserLoginAttempts":0,"#,
            r#""passwordNeverExpires":false,"canChangePasswordOnExpiration":true,"#,
            r#""passwordExpiration":null,"isInitialPassword":false,"#,
            r#""isPasswordChangeRequired":false,"memberOfGroups":[{{"instanceId":"{shop}","#,
            r#""id":"{staff}","name":"staff","memberUsers":null,"parentGroups":null,"#,
            r#""memberGroups":null,"metadata":null}}],"userProfiles":[{{"instanceId":"{shop}","#,
            r#""userId":"{id}","key":"color","value":"red"}}],"#,
            r#""isTwoFactorRequired":false,"isTwoFactorRegistered":false}}"#,
        ),
        shop = shop,
        id = id,
        staff = staff,
    );
    assert_eq!(answer.text(), expected);
    assert_eq!(answer.header("etag"), Some(&*format!("\"{}\"", ada.user.version.get())));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn relations_that_are_left_out_are_null_and_empty_ones_are_empty() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    let path = format!("/User/{}", ada["id"].as_str().unwrap());
    let shown = |answer: crate::app::Answer| {
        let user: Value = answer.is(200).json();
        (user["memberOfGroups"].clone(), user["userProfiles"].clone())
    };
    assert_eq!(shown(app.get(&path).await), (json!([]), json!([])));
    assert_eq!(shown(app.get(&format!("{path}?include=")).await), (Value::Null, Value::Null));
    let profiles = app.get(&format!("{path}?INCLUDE=userprofiles")).await;
    assert_eq!(shown(profiles), (Value::Null, json!([])));
    app.get(&format!("{path}?include=password")).await.refuses(&["include"]);
}

#[actix_web::test]
async fn a_user_is_found_by_its_login_name_ignoring_case() {
    let app = App::start().await;
    for (name, path) in [
        ("Ada", "aDA"),
        ("a/b", "A%2FB"),
        ("a%2Fb", "a%252fb"),
        ("Zoë +x", "ZO%C3%8B%20+X"),
        ("batch", "batch"),
    ] {
        let made = app.user(json!({"loginName": name})).await;
        let found = app.get(&format!("/User/loginname/{path}")).await.is(200).json();
        assert_eq!(found, made, "{name}");
    }
    for path in ["nobody", "%00", "%0A", &"x".repeat(257), "a/b"] {
        let answer = app.get(&format!("/User/loginname/{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn an_unknown_id_and_no_id_at_all_are_not_found() {
    let app = App::start().await;
    for id in ["00000000-0000-0000-0000-000000000000", "1e9", "x", "%00", "batch2", "%2E%2E"] {
        app.get(&format!("/User/{id}")).await.problem(404, "not-found");
        app.get(&format!("/CustomAuditTrail/{id}")).await.problem(404, "not-found");
    }
    for id in ["0", "-1", "+1", "9007199254740992", "99999999999999999999", "1.0"] {
        app.get(&format!("/CustomAuditTrail/{id}")).await.problem(404, "not-found");
    }
}
