//! Servers that refuse, hang, drop and stammer. None of it is told with a word of the letter.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use adapters_delivery::{Login, Secret, SmtpSettings, Tls};
use domain::delivery::{Postman as _, Undelivered};
use domain::user::EmailAddress;

use crate::fake::{Act, FakeServer, Heard, Manners, obliging};
use crate::{OF_THE_LETTER, by_smtp, in_the_clear, letter};

async fn outcome(settings: SmtpSettings) -> Result<(), Undelivered> {
    let outcome = by_smtp(settings).send(&letter()).await;
    let told = format!("{outcome:?}");
    assert!(!OF_THE_LETTER.iter().any(|part| told.contains(part)), "{told}");
    outcome
}

/// What comes of a letter, and the commands that the server heard.
async fn told(acts: Manners) -> (Result<(), Undelivered>, Vec<String>) {
    let server = FakeServer::start(acts).await;
    (outcome(in_the_clear(server.port())).await, server.commands())
}

fn not_now(why: &str) -> Result<(), Undelivered> {
    Err(Undelivered::NotNow(why.into()))
}

fn never(why: &str) -> Result<(), Undelivered> {
    Err(Undelivered::Never(why.into()))
}

#[tokio::test]
async fn a_server_that_takes_everything_is_spoken_to_in_order() {
    let (outcome, commands) = told(obliging).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(commands, ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
}

#[tokio::test]
async fn nobody_there_is_tried_again_later() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let outcome = outcome(in_the_clear(port)).await;
    let Err(Undelivered::NotNow(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("refused"), "{why}");
}

#[tokio::test]
async fn a_server_that_hangs_is_left_in_time_at_every_step() {
    let hangs: [(Manners, &str); 6] = [
        (|_| Act::Hang, "connecting to"),
        (|heard| hanging_at("EHLO", heard), "connecting to"),
        (|heard| hanging_at("MAIL", heard), "naming the sender to"),
        (|heard| hanging_at("RCPT", heard), "naming the recipient to"),
        (|heard| hanging_at("DATA", heard), "handing the message to"),
        (
            |heard| if matches!(heard, Heard::End) { Act::Hang } else { obliging(heard) },
            "handing the message to",
        ),
    ];
    for (acts, step) in hangs {
        let server = FakeServer::start(acts).await;
        let patience = Duration::from_millis(300);
        let outcome = outcome(SmtpSettings { patience, ..in_the_clear(server.port()) }).await;
        assert_eq!(outcome, not_now(&format!("{step} the mail server: no answer within 0.3 s")));
    }
}

fn hanging_at(step: &str, heard: Heard<'_>) -> Act {
    match heard {
        Heard::Command(word) if word == step => Act::Hang,
        _ => obliging(heard),
    }
}

#[tokio::test]
async fn a_server_that_drops_in_the_middle_of_the_message_is_tried_again_later() {
    let (outcome, _) = told(|heard| match heard {
        Heard::Line => Act::HangUp,
        _ => obliging(heard),
    })
    .await;
    let Err(Undelivered::NotNow(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("handing the message to the mail server: "), "{why}");
}

#[tokio::test]
async fn a_server_that_hangs_up_instead_of_an_answer_is_tried_again_later() {
    let (outcome, _) = told(|heard| match heard {
        Heard::End => Act::HangUp,
        _ => obliging(heard),
    })
    .await;
    let why = "it ends the conversation, or does not speak SMTP";
    assert_eq!(outcome, not_now(&format!("handing the message to the mail server: {why}")));
}

#[tokio::test]
async fn a_server_that_hangs_up_after_it_took_the_message_has_taken_it() {
    let (outcome, _) = told(|heard| match heard {
        Heard::Command("QUIT") => Act::HangUp,
        _ => obliging(heard),
    })
    .await;
    assert_eq!(outcome, Ok(()));
}

/// Refuses recipients in these words.
fn refusing_recipients(words: &'static str, heard: Heard<'_>) -> Act {
    match heard {
        Heard::Command("RCPT") => Act::Say(words),
        _ => obliging(heard),
    }
}

#[tokio::test]
async fn a_recipient_that_is_refused_for_now_is_tried_again_later() {
    let (outcome, commands) =
        told(|heard| refusing_recipients("452 4.2.2 ada@example.com is full", heard)).await;
    let why = "naming the recipient to the mail server: it answers 452 4.2.2";
    assert_eq!(outcome, not_now(why));
    assert_eq!(commands, ["EHLO", "MAIL", "RCPT"]);
}

#[tokio::test]
async fn a_recipient_that_is_refused_for_good_is_given_up() {
    let (outcome, commands) =
        told(|heard| refusing_recipients("550 no ada@example.com here", heard)).await;
    assert_eq!(outcome, never("naming the recipient to the mail server: it answers 550"));
    assert_eq!(commands, ["EHLO", "MAIL", "RCPT"]);
}

#[tokio::test]
async fn a_message_that_is_refused_for_good_is_given_up() {
    let (outcome, _) = told(|heard| match heard {
        Heard::End => Act::Say("554 5.7.1 the message holds lovelace"),
        _ => obliging(heard),
    })
    .await;
    assert_eq!(outcome, never("handing the message to the mail server: it answers 554 5.7.1"));
}

#[tokio::test]
async fn a_refusal_of_ourselves_is_no_fault_of_the_letter() {
    let (outcome, commands) = told(|_| Act::Say("554 5.7.1 not from there")).await;
    assert_eq!(outcome, not_now("connecting to the mail server: it answers 554 5.7.1"));
    assert_eq!(commands, [""; 0]);
    let (outcome, _) = told(|heard| match heard {
        Heard::Command("MAIL") => Act::Say("530 5.7.0 who are you"),
        _ => obliging(heard),
    })
    .await;
    assert_eq!(outcome, not_now("naming the sender to the mail server: it answers 530 5.7.0"));
}

#[tokio::test]
async fn without_starttls_on_offer_nothing_is_said() {
    let server = FakeServer::start(obliging).await;
    let login = Some(Login { user: "user".into(), password: Secret::new("password".into()) });
    let tls = Tls::StartTls;
    let outcome = outcome(SmtpSettings { tls, login, ..in_the_clear(server.port()) }).await;
    let Err(Undelivered::NotNow(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("STARTTLS is not supported"), "{why}");
    assert_eq!(server.commands(), ["EHLO"]);
}

#[tokio::test]
async fn what_does_not_speak_smtp_is_tried_again_later() {
    let (outcome, _) = told(|_| Act::Say("HTTP/1.1 400 Bad Request")).await;
    let why = "it ends the conversation, or does not speak SMTP";
    assert_eq!(outcome, not_now(&format!("connecting to the mail server: {why}")));
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_knows_them() {
    let server = FakeServer::start(obliging).await;
    let mut letter = letter();
    letter.to = EmailAddress::parse("zoë@example.com").unwrap();
    let outcome = by_smtp(in_the_clear(server.port())).send(&letter).await;
    assert_eq!(outcome, never("the mail server takes no address with letters beyond ASCII"));
    assert_eq!(server.commands(), ["EHLO"]);
}
