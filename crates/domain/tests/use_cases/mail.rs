use domain::delivery::{Language, Occasion, Round, Undelivered};
use domain::user::EmailAddress;
use testkit::block_on;
use testkit::builders::a_user;

use crate::scene::{ANY, NEW, RIGHT, Scene, password};

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

#[test]
fn the_owner_is_told_of_every_change_of_the_password() {
    block_on(async {
        let scene = Scene::new().await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        let admin = scene.admin();
        let passwords = scene.world.passwords();
        passwords.reset(&admin, scene.id, ANY, password(RIGHT)).await.expect("is set");
        let letters = scene.letters().await;
        assert_eq!(letters.len(), 2);
        for letter in letters {
            assert!(matches!(letter.occasion, Occasion::PasswordChanged), "{letter:?}");
            assert_eq!(
                (letter.to, letter.store),
                (address("ada@example.com"), scene.store.name.clone())
            );
        }
    });
}

#[test]
fn a_new_address_is_told_at_the_old_one_and_at_the_new_one() {
    block_on(async {
        let scene = Scene::new().await;
        scene.edit(|draft| draft.email = Some(address("new@example.com"))).await;
        let told = scene.letters().await;
        let to: Vec<_> = told.iter().map(|letter| letter.to.as_str()).collect();
        assert_eq!(to, ["ada@example.com", "new@example.com"]);
        scene.edit(|draft| draft.email = None).await;
        let told = scene.letters().await;
        assert_eq!(told.len(), 1);
        let Occasion::EmailChanged { now: None } = told[0].occasion else { panic!("{told:?}") };
        scene.edit(|draft| draft.first_name = None).await;
        assert!(scene.letters().await.is_empty(), "nothing was changed that is told");
    });
}

#[test]
fn what_is_rolled_back_is_not_told() {
    block_on(async {
        let scene = Scene::new().await;
        let stale = domain::version::Precondition::OneOf(vec![]);
        let passwords = scene.world.passwords();
        let refused = passwords.reset(&scene.admin(), scene.id, stale, password(NEW)).await;
        assert!(refused.is_err());
        assert!(scene.letters().await.is_empty());
    });
}

#[test]
fn mail_is_written_in_the_language_of_the_profile() {
    block_on(async {
        let draft = a_user("ada").email("ada@example.com").profile("Locale", "de-CH").draft();
        let scene = Scene::of(domain::store::Overrides::default(), draft).await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        let letters = scene.letters().await;
        let language = letters[0].language.as_ref().map(Language::as_str);
        assert_eq!(language, Some("de"));
    });
}

#[test]
fn what_is_not_taken_is_tried_again_later_and_later_and_in_order() {
    block_on(async {
        let scene = Scene::new().await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        scene.change_public("ada", NEW, RIGHT).await.expect("is changed");
        let busy = Undelivered::NotNow("busy".into());
        scene.world.letters.fail_next(2, &busy);
        let courier = scene.world.courier();
        let postponed = async || courier.round(10).await.expect("the store works").postponed;
        assert_eq!(postponed().await.len(), 1, "the second letter waits for the first");
        scene.wait(14);
        assert_eq!(courier.round(10).await, Ok(Round::default()));
        scene.wait(1);
        assert_eq!(postponed().await[0].why, "busy");
        scene.wait(29);
        assert_eq!(courier.round(10).await, Ok(Round::default()));
        scene.wait(1);
        assert_eq!(courier.round(10).await, Ok(Round { delivered: 2, ..Round::default() }));
        let ids: Vec<_> = scene.letters().await.iter().map(|letter| letter.id).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids.len(), 2);
    });
}

#[test]
fn what_will_never_be_taken_is_given_up_and_holds_up_nothing() {
    block_on(async {
        let scene = Scene::new().await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        scene.change_public("ada", NEW, RIGHT).await.expect("is changed");
        scene.world.letters.fail_next(1, &Undelivered::Never("no such mailbox".into()));
        let round = scene.world.courier().round(10).await.expect("the store works");
        assert_eq!((round.delivered, round.buried.len()), (1, 1));
    });
}

#[test]
fn a_letter_is_not_tried_for_ever() {
    block_on(async {
        let scene = Scene::new().await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        scene.world.letters.fail_next(1_000, &Undelivered::NotNow("busy".into()));
        let courier = scene.world.courier();
        let mut tries = 0;
        loop {
            let round = courier.round(1).await.expect("the store works");
            scene.wait(3_600);
            tries += 1;
            if round.buried.len() == 1 {
                break;
            }
            assert_eq!(round.postponed.len(), 1);
        }
        assert_eq!(tries, 8, "a notice must not hold up a token for long");
        assert!(courier.round(1).await.expect("the store works").is_idle());
    });
}

#[test]
fn a_token_that_has_expired_is_not_sent() {
    block_on(async {
        let scene = Scene::new().await;
        let by = domain::password::StartedBy::User;
        let passwords = scene.world.passwords();
        passwords.send_reset(&scene.admin(), scene.id, ANY, by).await.expect("is sent");
        scene.wait(3_600);
        let round = scene.world.courier().round(10).await.expect("the store works");
        assert_eq!((round.delivered, round.buried.len()), (0, 1));
        assert!(scene.letters().await.is_empty());
    });
}

#[test]
fn several_workers_deliver_every_letter_once() {
    block_on(async {
        let scene = Scene::new().await;
        for number in 0..20 {
            let name = format!("user{number}");
            let draft = a_user(&name).email("u@example.com").draft();
            scene.world.make_user_with_password(&scene.store, draft, RIGHT).await;
        }
        let workers: Vec<_> = (0..8).map(|_| scene.world.courier()).collect();
        let rounds = futures_util::future::join_all(workers.iter().map(|it| it.round(100))).await;
        let delivered: u32 = rounds.into_iter().map(|it| it.expect("works").delivered).sum();
        assert_eq!(delivered, 20);
        assert_eq!(scene.world.letters.letters().len(), 20);
    });
}

#[test]
fn what_cannot_be_read_waits_for_a_node_that_has_the_key() {
    block_on(async {
        let scene = Scene::new().await;
        scene.change_public("ada", RIGHT, NEW).await.expect("is changed");
        let other = scene.world.without_the_secrets();
        let round = other.courier().round(1).await.expect("the store works");
        assert_eq!((round.postponed.len(), round.buried.len()), (1, 0));
        scene.wait(15);
        assert_eq!(scene.letters().await.len(), 1);
    });
}
