//! A parser by recursive descent. It recurses on parentheses only, so their bound is its own.

use std::marker::PhantomData;

use uuid::Uuid;

use super::lexer::{Lexer, Token};
use super::{
    Comparison, Filter, FilterError, Kind, MAX_CHARACTERS, MAX_COMPARISONS, MAX_DEPTH, Operand,
    Property,
};

type Result<T> = std::result::Result<T, FilterError>;

pub(super) fn filter<P: Property>(text: &str) -> Result<Filter<P>> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        let rule = format!("must be at most {MAX_CHARACTERS} characters long");
        return refuse(MAX_CHARACTERS + 1, rule);
    }
    let mut parser = Parser::new(text);
    if parser.next.text.is_empty() {
        return refuse(1, "must not be empty");
    }
    let filter = parser.disjunction()?;
    if parser.next.text.is_empty() {
        Ok(filter)
    } else {
        refuse(parser.next.column, "must end here, or go on with one of and, or")
    }
}

fn refuse<T>(column: usize, rule: impl Into<String>) -> Result<T> {
    Err(FilterError { column, rule: rule.into() })
}

struct Parser<'a, P> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    /// Open parentheses.
    depth: usize,
    comparisons: usize,
    properties: PhantomData<P>,
}

impl<'a, P: Property> Parser<'a, P> {
    fn new(text: &'a str) -> Self {
        let mut lexer = Lexer::new(text);
        let next = lexer.next();
        Self { lexer, next, depth: 0, comparisons: 0, properties: PhantomData }
    }

    fn take(&mut self) -> Token<'a> {
        std::mem::replace(&mut self.next, self.lexer.next())
    }

    /// Takes the next token if it is this one.
    fn took(&mut self, text: &str) -> bool {
        let is = self.next.is(text);
        if is {
            self.take();
        }
        is
    }

    fn disjunction(&mut self) -> Result<Filter<P>> {
        self.chain("or", Self::conjunction, Filter::Or)
    }

    fn conjunction(&mut self) -> Result<Filter<P>> {
        self.chain("and", Self::factor, Filter::And)
    }

    /// One part, or several with `word` between them.
    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Filter<P>>,
        join: fn(Vec<Filter<P>>) -> Filter<P>,
    ) -> Result<Filter<P>> {
        let first = part(self)?;
        if !self.next.is(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.took(word) {
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn factor(&mut self) -> Result<Filter<P>> {
        if self.next.is("(") {
            return self.group();
        }
        if !self.took("not") {
            return self.comparison();
        }
        if !self.next.is("(") {
            return refuse(self.next.column, "must be an opening parenthesis after not");
        }
        Ok(Filter::Not(Box::new(self.group()?)))
    }

    fn group(&mut self) -> Result<Filter<P>> {
        let opening = self.take();
        if self.depth == MAX_DEPTH {
            let rule = format!("must not nest parentheses more than {MAX_DEPTH} deep");
            return refuse(opening.column, rule);
        }
        self.depth += 1;
        let filter = self.disjunction()?;
        if !self.took(")") {
            let rule = "must be a closing parenthesis, or one of and, or";
            return refuse(self.next.column, rule);
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter<P>> {
        if self.comparisons == MAX_COMPARISONS {
            let rule = format!("must not hold more than {MAX_COMPARISONS} comparisons");
            return refuse(self.next.column, rule);
        }
        self.comparisons += 1;
        let property = self.property()?;
        if self.took("pr") {
            return Ok(Filter::Present(property));
        }
        let comparison = operator(property, self.take())?;
        let value = self.take();
        if value.text == "null" {
            return with_null(property, comparison, value);
        }
        let operand = operand(property.kind(), value)?;
        Ok(Filter::Compare { property, comparison, operand })
    }

    fn property(&mut self) -> Result<P> {
        let name = self.take();
        if !name.is_word() {
            return refuse(
                name.column,
                "must be the word not, an opening parenthesis or a property",
            );
        }
        if self.next.text == "[" {
            return refuse(self.next.column, "must not be a value path: name a property alone");
        }
        if name.text.contains(':') {
            return refuse(name.column, "must name a property without a URN before it");
        }
        if name.text.contains('.') {
            return refuse(name.column, "must name a property without a sub-attribute");
        }
        match P::ALL.iter().find(|property| name.is(property.name())) {
            Some(property) => Ok(*property),
            None => refuse(name.column, format!("must name one of {}", names::<P>())),
        }
    }
}

fn names<P: Property>() -> String {
    let names: Vec<_> = P::ALL.iter().map(|property| property.name()).collect();
    names.join(", ")
}

/// The comparison that the token stands for, if the property takes it.
fn operator<P: Property>(property: P, token: Token<'_>) -> Result<Comparison> {
    let suitable = || Comparison::ALL.into_iter().filter(|it| it.suits(property.kind()));
    if let Some(comparison) = suitable().find(|it| token.is(it.operator())) {
        return Ok(comparison);
    }
    let operators: Vec<_> = suitable().map(Comparison::operator).collect();
    let rule = format!(
        "must be one of the operators {}, pr for {}",
        operators.join(", "),
        property.name()
    );
    refuse(token.column, rule)
}

fn with_null<P>(property: P, comparison: Comparison, null: Token<'_>) -> Result<Filter<P>> {
    match comparison {
        Comparison::Eq => Ok(Filter::Not(Box::new(Filter::Present(property)))),
        Comparison::Ne => Ok(Filter::Present(property)),
        _ => refuse(null.column, "must not be null except after eq or ne"),
    }
}

fn operand(kind: Kind, token: Token<'_>) -> Result<Operand> {
    match kind {
        Kind::Text => string(token).map(|text| Operand::folded(&text)),
        Kind::ExactText => string(token).map(Operand::Text),
        Kind::Id => match Uuid::try_parse(&string(token)?) {
            Ok(id) => Ok(Operand::Id(id)),
            Err(_) => refuse(token.column, "must be a UUID"),
        },
        Kind::Instant => match string(token)?.parse() {
            Ok(instant) => Ok(Operand::Instant(instant)),
            Err(error) => refuse(token.column, error.to_string()),
        },
        Kind::Number => match serde_json::from_str(token.text) {
            Ok(number) => Ok(Operand::Number(number)),
            Err(_) => refuse(token.column, "must be a whole number of at most 64 bits"),
        },
        Kind::Flag => match token.text {
            "true" => Ok(Operand::Flag(true)),
            "false" => Ok(Operand::Flag(false)),
            _ => refuse(token.column, "must be true or false"),
        },
    }
}

fn string(token: Token<'_>) -> Result<String> {
    match serde_json::from_str(token.text) {
        Ok(text) => Ok(text),
        Err(_) => refuse(token.column, "must be a JSON string in double quotes"),
    }
}
