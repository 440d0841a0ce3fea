//! The world of a test: what it is made with holds in it.

use domain::access::{Context, Due, Permission, Principal, Rules};
use domain::attempt::Outcome;
use domain::credential::{Assertion, Vouched};
use domain::group::{Direction, GroupInclude, GroupOrder, GroupQuery, GroupScope};
use domain::password::Password;
use domain::store::{Overrides, StoreRef, StoreRules};
use domain::text::Folded;
use domain::time::Clock as _;
use domain::user::Include;
use testkit::builders::{a_caller, a_group, a_user};
use testkit::{World, block_on};

#[test]
fn a_world_keeps_the_rules_that_it_is_given() {
    block_on(async {
        let pinned = Overrides { password_history: Some(7), ..Overrides::default() };
        let stores =
            StoreRules { pinned: [(Folded::of("shop"), pinned)].into(), ..StoreRules::default() };
        let world = World::with_rules(Rules { stores, ..Rules::default() });
        let (shop, other) = (world.make_store("Shop").await, world.make_store("other").await);
        assert_eq!(world.stores().settings(&shop).password_history, 7);
        assert_eq!(world.stores().settings(&other).password_history, 0);
    });
}

#[test]
fn what_a_world_makes_is_there_with_its_relations() {
    block_on(async {
        let world = World::new();
        let set = Overrides { login_by_email: Some(true), ..Overrides::default() };
        let shop = world.make_store_with("shop", set).await;
        let all = world.make_group(&shop, a_group("all").metadata("size", "L").draft()).await;
        let ada = a_user("ada").email("ada@example.com").in_group(all.group.id).draft();
        let ada = world.make_user(&shop, ada).await;
        assert!(ada.user.signs_in_by_email);
        let staff = a_group("staff").in_group(all.group.id).with_member(ada.user.id).draft();
        let staff = world.make_group(&shop, staff).await;

        let context = world.as_admin_in(&shop);
        let found = world.users().find(&context, ada.user.id, Include::ALL).await.unwrap();
        let mut groups: Vec<_> = found.groups.unwrap().into_iter().map(|group| group.id).collect();
        groups.sort_unstable();
        let mut expected = [all.group.id, staff.group.id];
        expected.sort_unstable();
        assert_eq!(groups, expected);
        let query = GroupQuery::first(GroupOrder::Name, 10);
        let up = GroupScope::Around(staff.group.id, Direction::Up);
        let above = world.groups().page(&context, up, query, GroupInclude::NONE).await.unwrap();
        let above: Vec<_> = above.items.into_iter().map(|group| group.group.id).collect();
        assert_eq!(above, [all.group.id]);
        let key = Folded::of("SIZE");
        let size = world.metadata().find(&context, all.group.id, &key).await.unwrap();
        assert_eq!(size.attribute.key.as_str(), "size");
    });
}

#[test]
fn a_user_with_a_password_signs_in_until_a_reset_by_mail_sets_another() {
    const OLD: &str = "correct horse battery";
    const NEW: &str = "staple of another horse";
    let password = |text: &str| Password::parse(text.to_owned()).unwrap();
    block_on(async {
        let world = World::new();
        let shop = world.make_store("shop").await;
        let ada = a_user("ada").email("ada@example.com").draft();
        world.make_user_with_password(&shop, ada, OLD).await;
        let sign_in = async |text: &str| {
            let (context, name) = (world.as_admin_in(&shop), Folded::of("ada"));
            let verified = world.passwords().verify(&context, name, password(text), None).await;
            verified.unwrap().outcome
        };
        assert_eq!(sign_in(OLD).await, Outcome::Succeeded);
        let before = world.hasher.computed();
        assert_eq!(sign_in(NEW).await, Outcome::Failed);
        assert_eq!(world.hasher.computed(), before + 1);

        let (store, name) = (StoreRef::Id(shop.id), Folded::of("ada"));
        world.passwords().ask_for_reset(store.clone(), name.clone()).await.unwrap();
        assert!(world.letters.latest_token().is_none(), "mail waits for the courier");
        while !world.courier().round(10).await.unwrap().is_idle() {}
        let token = world.letters.latest_token();
        assert!(token.is_some(), "{:?}", world.letters.letters());
        world.passwords().respond_public(store, name, token, password(NEW)).await.unwrap();
        assert_eq!(sign_in(NEW).await, Outcome::Succeeded);
    });
}

#[test]
fn a_user_signs_in_and_shows_codes_of_the_authenticator() {
    const PASSWORD: &str = "correct horse battery";
    let password = || Password::parse(PASSWORD.to_owned()).unwrap();
    block_on(async {
        let world = World::new();
        let shop = world.make_store("shop").await;
        let ada = a_user("ada").two_factor_required().draft();
        let ada = world.make_user_with_password(&shop, ada, PASSWORD).await.user;
        let (store, name) = (StoreRef::Id(shop.id), Folded::of("ada"));
        let (sessions, second_factors) = (world.sessions(), world.second_factors());
        let signed_in = sessions.sign_in(store.clone(), name.clone(), password(), false).await;
        let token = signed_in.unwrap().tokens.session;
        let caller = world.authenticate(token.reveal()).await.unwrap();
        assert_eq!((caller.user_of(shop.id), caller.due()), (Some(ada.id), Due::SecondFactor));

        let status = second_factors.status(store.clone(), name, password(), "Userstore").await;
        let seed = status.unwrap().enrolment.unwrap().seed;
        let code = world.authenticator.code_at(&seed, world.clock.now());
        let elevated = second_factors.elevate(&Context::new(caller, store), code).await;
        let token = elevated.unwrap().tokens.session;
        let caller = world.authenticate(token.reveal()).await.unwrap();
        assert_eq!((caller.user_of(shop.id), caller.due()), (Some(ada.id), Due::Nothing));
    });
}

#[test]
fn an_issuer_vouches_for_whomever_a_test_says() {
    block_on(async {
        let world = World::new();
        let (issuer, subject) = ("idp".into(), "ada".into());
        let roles = vec!["SystemAdmin".to_owned()];
        let vouched = Vouched::Everywhere;
        let token = world.issuers.token_for(Assertion { issuer, subject, roles, vouched });
        let caller = world.authenticate(&token).await.unwrap();
        assert_eq!(caller.principal().to_string(), "issuer:idp/ada");
        assert!(caller.permissions_everywhere().contains(Permission::SystemManage));
    });
}

#[test]
fn a_caller_who_has_signed_in_finds_an_account() {
    block_on(async {
        let world = World::new();
        let shop = world.make_store("shop").await;
        let ada = world.make_user(&shop, a_user("ada").draft()).await.user;
        let boss = a_user("boss").build().id;
        let caller = a_caller().signed_in(shop.id, boss, Due::Nothing).system_admin();
        let context = caller.acting_in(shop.id);
        assert_eq!(context.caller.principal(), Principal::User(boss));
        let found = world.accounts().find(&context, Folded::of("ada")).await;
        assert_eq!(found.unwrap().user, ada);
    });
}
