//! Reads a password that is to be set, which is never an argument: others see those.

use std::io::{self, BufRead, IsTerminal as _};

use domain::password::Password;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Typed twice at a terminal, which does not show it; else the first line of standard input.
pub(super) fn read() -> Result<Password, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        return typed_twice(rpassword::prompt_password);
    }
    of_line(input.lock())
}

fn typed_twice(
    mut ask: impl FnMut(&'static str) -> io::Result<String>,
) -> Result<Password, Failure> {
    let mut asked = |prompt| ask(prompt).map(Zeroizing::new).map_err(unreadable);
    let first = asked("New password: ")?;
    let second = asked("The same again: ")?;
    if first != second {
        return Err(Failure::Argument("the two passwords differ: nothing is changed".into()));
    }
    accept(&first)
}

/// Without the end of the line; what comes after it is not read.
fn of_line(input: impl BufRead) -> Result<Password, Failure> {
    // A byte more than any password has, so that a longer one is refused and none is cut.
    const MOST: usize = Password::MOST_BYTES + "\r\n".len() + 1;
    let mut line = Zeroizing::new(Vec::with_capacity(MOST));
    let most = u64::try_from(MOST).unwrap_or(u64::MAX);
    input.take(most).read_until(b'\n', &mut line).map_err(unreadable)?;
    let text = line.strip_suffix(b"\n").unwrap_or(&line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    match str::from_utf8(text) {
        Ok(text) => accept(text),
        Err(_) => Err(Failure::Argument("the password must be UTF-8".into())),
    }
}

fn accept(text: &str) -> Result<Password, Failure> {
    Password::parse(text.to_owned())
        .map_err(|rule| Failure::Argument(format!("the password {rule}")))
}

fn unreadable(error: io::Error) -> Failure {
    Failure::io("the password cannot be read")(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(input: &[u8]) -> Result<String, String> {
        let read = of_line(input).map(|password| password.reveal().to_owned());
        read.map_err(|failure| failure.to_string())
    }

    fn typed(answers: [&str; 2]) -> Result<String, String> {
        let mut answers = answers.into_iter();
        let ask = |_| answers.next().map(str::to_owned).ok_or(io::ErrorKind::UnexpectedEof.into());
        let read = typed_twice(ask).map(|password| password.reveal().to_owned());
        read.map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_line_is_taken_without_its_end_and_else_as_it_is() {
        for input in [" two words \n", " two words \r\n", " two words ", " two words \nand more\n"]
        {
            assert_eq!(line(input.as_bytes()).as_deref(), Ok(" two words "), "{input:?}");
        }
    }

    #[test]
    fn what_can_be_no_password_is_told_and_never_shown() {
        for (input, rule) in [
            (&b""[..], "must not be empty"),
            (b"\n", "must not be empty"),
            (b"\xff\xfe\n", "must be UTF-8"),
            (b"hunter2\0\n", "must not contain the character U+0000"),
        ] {
            let said = line(input).unwrap_err();
            assert_eq!(said, format!("the password {rule}"));
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_never_cut() {
        let of = |bytes: usize| line("x".repeat(bytes).as_bytes()).map(|read| read.len());
        assert_eq!(of(Password::MOST_BYTES), Ok(Password::MOST_BYTES));
        for bytes in [Password::MOST_BYTES + 1, Password::MOST_BYTES + 3, 10_000_000] {
            assert!(of(bytes).unwrap_err().contains("at most 1024 bytes"), "{bytes}");
        }
        let exact = format!("{}\r\n", "x".repeat(Password::MOST_BYTES));
        assert_eq!(line(exact.as_bytes()).map(|read| read.len()), Ok(Password::MOST_BYTES));
    }

    #[test]
    fn what_is_typed_is_typed_twice() {
        assert_eq!(typed(["correct horse", "correct horse"]).as_deref(), Ok("correct horse"));
        let said = typed(["correct horse", "correct house"]).unwrap_err();
        assert!(said.contains("differ") && !said.contains("horse"), "{said}");
    }
}
