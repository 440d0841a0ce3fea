//! What several operations read of a request.

use std::fmt::Display;
use std::mem;

use domain::access::{Context, Needs, Permission};
use domain::password::Password;
use domain::second_factor::Code;
use domain::text::Folded;
use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::users::request::{Fields, Request};

/// What a field that is missing has to be told.
pub(super) const MUST_BE_GIVEN: &str = "must be given";

/// What users may do to themselves, and holders of the permission to everybody.
pub(super) const OWN: Needs = Needs::own_or(Permission::UserManage);

/// The field of a code of a second factor.
const CODE: &str = "OneTimePassword";

/// The longest name by which anybody signs in, in characters.
const LONGEST_NAME: usize = 256;

/// A text as a request sends it.
pub(super) enum Sent {
    /// None, or an empty one.
    Nothing,
    /// Something else than a text, which is noted.
    Wrong,
    /// A text.
    Text(Zeroizing<String>),
}

impl Sent {
    /// The text of a field.
    pub(super) fn of(fields: &mut Fields, name: &'static str) -> Self {
        let given = fields.has(name);
        match fields.secret(name) {
            Some(text) if !text.is_empty() => Self::Text(text),
            None if given => Self::Wrong,
            _ => Self::Nothing,
        }
    }

    /// Whether there is none.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// The text, if there is one.
    pub(super) fn text(self) -> Option<Zeroizing<String>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nothing | Self::Wrong => None,
        }
    }

    /// The text as a password. What can be none is noted.
    pub(super) fn password(self, fields: &mut Fields, name: &'static str) -> Option<Password> {
        parsed(fields, name, self.text()?, Password::parse)
    }
}

/// A text that has to be there. Noted where it is missing or empty.
pub(super) fn required(fields: &mut Fields, name: &'static str) -> Option<Zeroizing<String>> {
    let sent = Sent::of(fields, name);
    if sent.is_nothing() {
        fields.refuse(name, MUST_BE_GIVEN);
    }
    sent.text()
}

/// The name of the user whom the request concerns. Noted where it is missing.
pub(super) fn user_name(fields: &mut Fields) -> Option<Folded> {
    const NAME: &str = "UserName";
    let given = fields.has(NAME);
    match fields.text(NAME) {
        Some(text) if !text.is_empty() => Some(login_name(&text)),
        // Of another type, which is noted.
        None if given => None,
        _ => {
            fields.refuse(NAME, MUST_BE_GIVEN);
            None
        }
    }
}

/// A login name as it is looked up. One that is too long to be anybody's is as good as an empty one,
/// and takes no room.
pub(super) fn login_name(name: &str) -> Folded {
    if name.chars().count() > LONGEST_NAME { Folded::of("") } else { Folded::of(name) }
}

/// A password, if there is one. What can be none is noted.
pub(super) fn password(fields: &mut Fields, name: &'static str) -> Option<Password> {
    Sent::of(fields, name).password(fields, name)
}

/// A password that has to be there.
pub(super) fn required_password(fields: &mut Fields, name: &'static str) -> Option<Password> {
    let text = required(fields, name)?;
    parsed(fields, name, text, Password::parse)
}

/// A code of a second factor, if there is one. What can be none is noted.
pub(super) fn code(fields: &mut Fields) -> Option<Code> {
    let text = Sent::of(fields, CODE).text()?;
    parsed(fields, CODE, text, Code::parse)
}

/// A code of a second factor that has to be there.
pub(super) fn required_code(fields: &mut Fields) -> Option<Code> {
    let text = required(fields, CODE)?;
    parsed(fields, CODE, text, Code::parse)
}

/// What `parse` makes of a secret, which it wipes.
fn parsed<T, E: Display>(
    fields: &mut Fields,
    name: &'static str,
    mut text: Zeroizing<String>,
    parse: fn(String) -> Result<T, E>,
) -> Option<T> {
    let parsed = parse(mem::take(&mut text));
    parsed.map_err(|rule| fields.refuse(name, rule.to_string())).ok()
}

/// The name of the user whom the request concerns, of which nothing else has to be read.
///
/// # Errors
/// Those of [`permitted`].
pub(super) async fn named(
    request: &mut Request,
    context: &Context,
    needs: impl Into<Needs>,
) -> Result<Folded, Problem> {
    let name = user_name(&mut request.fields);
    let name = whole(&mut request.fields, name);
    permitted(request, context, needs, name).await
}

/// What was read, when no rule is broken.
///
/// # Errors
/// 400 with every rule that is.
pub(super) fn whole<T>(fields: &mut Fields, read: Option<T>) -> Result<T, Problem> {
    fields.finish()?;
    read.ok_or_else(|| Problem::internal("a field is missing, and no rule is broken"))
}

/// What was read. When it could not be, who may not do this here hears that instead.
///
/// # Errors
/// What the gate refuses; what is wrong with the request.
pub(super) async fn permitted<T>(
    request: &Request,
    context: &Context,
    needs: impl Into<Needs>,
    read: Result<T, Problem>,
) -> Result<T, Problem> {
    match read {
        Ok(read) => Ok(read),
        Err(problem) => {
            request.api.shared.gate.point(context, needs, |_| Ok(())).await?;
            Err(problem)
        }
    }
}
