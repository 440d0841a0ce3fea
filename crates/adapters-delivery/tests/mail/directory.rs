use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use domain::delivery::{Language, Occasion, Postman as _, Undelivered};
use domain::user::{EmailAddress, LoginName, PersonName};

use crate::{about, into_directory, letter};

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn written(letter: &domain::delivery::Letter) -> String {
    let directory = tempfile::tempdir().unwrap();
    into_directory(directory.path()).send(letter).await.unwrap();
    fs::read_to_string(directory.path().join(format!("{}.eml", letter.id))).unwrap()
}

#[tokio::test]
async fn a_letter_becomes_a_file_that_only_its_owner_reads() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("not/there/yet");
    into_directory(&directory).send(&letter()).await.unwrap();
    let path = directory.join("01935000-0000-7000-8000-000000000001.eml");
    assert_eq!(files(&directory), std::slice::from_ref(&path));
    assert_eq!((mode(&path), mode(&directory)), (0o600, 0o700));
}

#[tokio::test]
async fn a_letter_that_comes_again_overwrites_itself() {
    let directory = tempfile::tempdir().unwrap();
    let mailer = into_directory(directory.path());
    mailer.send(&letter()).await.unwrap();
    let first = fs::read(&files(directory.path())[0]).unwrap();
    // A crash left a part of it behind.
    fs::write(directory.path().join(format!(".{}.draft", letter().id)), "x".repeat(100_000))
        .unwrap();
    mailer.send(&letter()).await.unwrap();
    let paths = files(directory.path());
    assert_eq!((paths.len(), fs::read(&paths[0]).unwrap()), (1, first));
}

#[tokio::test]
async fn a_directory_that_takes_nothing_is_tried_again_later() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let outcome = into_directory(&file.join("mail")).send(&letter()).await;
    let Err(Undelivered::NotNow(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("takes no mail"), "{why}");
}

#[tokio::test]
async fn the_whole_message_is_as_it_should_be() {
    insta::assert_snapshot!(written(&letter()).await.replace("\r\n", "\n"));
}

#[tokio::test]
async fn letters_beyond_ascii_are_encoded() {
    let mut letter = about(Occasion::PasswordChanged);
    letter.language = Some(Language::parse("de").unwrap());
    letter.first_name = Some(PersonName::parse("Zoë").unwrap());
    letter.to = EmailAddress::parse("zoe@bücher.example").unwrap();
    let message = written(&letter).await;
    assert!(message.is_ascii(), "{message}");
    assert!(message.contains("\r\nTo: zoe@xn--bcher-kva.example\r\n"), "{message}");
    insta::assert_snapshot!(message.replace("\r\n", "\n"));
}

/// What a hostile name would have to be on a line of its own for.
const INJECTED: &str = "Bcc: everybody@example.com";

#[tokio::test]
async fn no_name_adds_a_header_or_a_part() {
    let mut letter = letter();
    let boundary = format!("--=_{}", letter.id);
    // Line breaks that are no control characters, and what ends headers and parts.
    let name = format!("\u{2028}{INJECTED}\u{2029}{boundary}--");
    letter.first_name = Some(PersonName::parse(name.as_str()).unwrap());
    letter.login_name = LoginName::parse(name.as_str()).unwrap();
    let message = written(&letter).await;
    let (headers, body) = message.split_once("\r\n\r\n").unwrap();
    assert!(!headers.contains("Bcc") && message.is_ascii(), "{headers}");
    assert!(!message.lines().any(|line| line.starts_with("Bcc")), "{message}");
    assert_eq!(body.lines().filter(|line| line.starts_with(&boundary)).count(), 3, "{body}");
}

#[tokio::test]
async fn an_address_in_quotes_stays_one_address() {
    let mut letter = about(Occasion::PasswordChanged);
    letter.to = EmailAddress::parse("\"a, b@c.example\"@example.com").unwrap();
    let message = written(&letter).await;
    assert!(message.contains("\r\nTo: \"a, b@c.example\"@example.com\r\n"), "{message}");
}
