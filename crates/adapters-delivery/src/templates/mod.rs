//! What mail says: the built-in templates and those that replace them.

mod built_in;
mod directory;
mod error;
mod fields;

use std::fmt;
use std::path::Path;

use domain::delivery::{Language, Occasion};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};

use built_in::BUILT_IN;
use error::{BrokenTemplate, TemplatesError};
pub(crate) use fields::Fields;

/// The occasions, as templates are named after them.
const OCCASIONS: [&str; 7] = [
    "reset-by-administrator",
    "reset-by-user",
    "password-changed",
    "email-changed",
    "second-factor-set",
    "second-factor-removed",
    "recovery-code-used",
];

/// What each occasion has in each language: the endings of names.
const PARTS: [&str; 3] = ["subject", "txt", "html"];

/// The language that is always there.
const ENGLISH: &str = "en";

const fn name_of(occasion: &Occasion) -> &'static str {
    match occasion {
        Occasion::ResetByAdministrator { .. } => "reset-by-administrator",
        Occasion::ResetByUser { .. } => "reset-by-user",
        Occasion::PasswordChanged => "password-changed",
        Occasion::EmailChanged { .. } => "email-changed",
        Occasion::SecondFactorSet => "second-factor-set",
        Occasion::SecondFactorRemoved => "second-factor-removed",
        Occasion::RecoveryCodeUsed => "recovery-code-used",
    }
}

/// Every template there is, compiled and tried.
pub(crate) struct Templates {
    environment: Environment<'static>,
}

/// The templates of one occasion in one language.
#[derive(Clone, Copy)]
pub(crate) struct Set<'a> {
    environment: &'a Environment<'static>,
    language: &'a str,
    occasion: &'static str,
}

/// A mail in words.
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Templates {
    /// The built-in templates, and those of the directory in their place.
    ///
    /// # Errors
    /// [`TemplatesError`]: what is here can be filled in.
    pub(crate) fn load(directory: Option<&Path>) -> Result<Self, TemplatesError> {
        let mut environment = environment().map_err(BrokenTemplate::from)?;
        for (name, text) in BUILT_IN {
            environment.add_template(name, text).map_err(BrokenTemplate::from)?;
        }
        for file in directory.map(directory::read).transpose()?.unwrap_or_default() {
            let added = environment.add_template_owned(file.name, file.text);
            added.map_err(BrokenTemplate::from)?;
        }
        let this = Self { environment };
        this.check()?;
        Ok(this)
    }

    /// Whether every occasion has its words in the language.
    pub(crate) fn speak(&self, language: &Language) -> bool {
        OCCASIONS.iter().all(|occasion| self.has(language.as_str(), occasion, "txt"))
    }

    /// The templates of an occasion, in the first of these languages that has them, else in English.
    pub(crate) fn choose<'a>(
        &'a self,
        occasion: &Occasion,
        languages: [&'a Language; 2],
    ) -> Set<'a> {
        let occasion = name_of(occasion);
        let mut languages = languages.into_iter().map(Language::as_str);
        let language = languages.find(|language| self.has(language, occasion, "txt"));
        self.set(language.unwrap_or(ENGLISH), occasion)
    }

    fn set<'a>(&'a self, language: &'a str, occasion: &'static str) -> Set<'a> {
        Set { environment: &self.environment, language, occasion }
    }

    fn has(&self, language: &str, occasion: &str, part: &str) -> bool {
        self.environment.get_template(&file_name(language, occasion, part)).is_ok()
    }

    /// Every occasion of a language is whole, and can be filled in with all there is to say and with
    /// as little as there may be.
    fn check(&self) -> Result<(), TemplatesError> {
        let names = self.environment.templates().filter_map(|(name, _)| name.split_once('/'));
        for (language, file) in names {
            let is_about = |occasion: &&&str| file.split('.').next() == Some(**occasion);
            let Some(occasion) = OCCASIONS.iter().find(is_about) else { continue };
            if let Some(part) = PARTS.iter().find(|part| !self.has(language, occasion, part)) {
                return Err(TemplatesError::Incomplete(file_name(language, occasion, part)));
            }
            for text in ["sample", ""] {
                self.set(language, occasion).filled(Fields::sample(occasion, text))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.environment.templates().map(|(name, _)| name)).finish()
    }
}

impl<'a> Set<'a> {
    pub(crate) fn language(&self) -> &'a str {
        self.language
    }

    /// The mail with these fields.
    pub(crate) fn filled(&self, fields: Fields) -> Result<Words, BrokenTemplate> {
        let fields = minijinja::Value::from(fields);
        let [subject, text, html] = PARTS.map(|part| {
            let name = file_name(self.language, self.occasion, part);
            self.environment.get_template(&name)?.render(&fields)
        });
        Ok(Words { subject: on_one_line(&subject?), text: text?, html: html? })
    }
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // A name that a template has wrong is found when it is tried.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    Ok(environment)
}

fn file_name(language: &str, occasion: &str, part: &str) -> String {
    format!("{language}/{occasion}.{part}")
}

/// A header has one line, whatever a template or a name has.
fn on_one_line(text: &str) -> String {
    let apart = |c: char| c.is_whitespace() || c.is_control();
    text.split(apart).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
