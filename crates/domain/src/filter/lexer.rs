/// Cuts a filter into tokens. It never fails: what is no token of the grammar is a word, or a
/// string without an end, and refused by whoever looks for something else there.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
    column: usize,
}

/// A parenthesis, a bracket, a string with its quotes, a word, or nothing at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Of its first character, counted in characters from 1.
    pub(super) column: usize,
    pub(super) text: &'a str,
}

impl Token<'_> {
    /// Whether it is this parenthesis or word, ignoring case.
    pub(super) fn is(self, text: &str) -> bool {
        self.text.eq_ignore_ascii_case(text)
    }

    pub(super) fn is_word(self) -> bool {
        self.text.chars().next().is_some_and(|first| !DELIMITERS.contains(&first))
    }
}

/// What ends a word.
const DELIMITERS: [char; 6] = [' ', '(', ')', '[', ']', '"'];

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, column: 1 }
    }

    /// The next token; again and again the empty one at the end.
    pub(super) fn next(&mut self) -> Token<'a> {
        let rest = self.rest.trim_start_matches(' ');
        self.column += self.rest.len() - rest.len();
        let (text, rest) = rest.split_at_checked(first_token(rest)).unwrap_or((rest, ""));
        let token = Token { column: self.column, text };
        self.column += text.chars().count();
        self.rest = rest;
        token
    }
}

/// The length in bytes of the token at the beginning of the text.
fn first_token(text: &str) -> usize {
    match text.chars().next() {
        None => 0,
        Some('(' | ')' | '[' | ']') => 1,
        Some('"') => first_string(text),
        Some(_) => text.find(DELIMITERS).unwrap_or(text.len()),
    }
}

/// The length in bytes of the string at the beginning of the text, both quotes included.
fn first_string(text: &str) -> usize {
    let mut escaped = false;
    let closing = text.char_indices().skip(1).find(|&(_, character)| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes
    });
    closing.map_or(text.len(), |(at, quote)| at + quote.len_utf8())
}
