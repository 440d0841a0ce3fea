use async_trait::async_trait;
use domain::delivery::{Language, Letter, Occasion, Postman, Undelivered};
use lettre::Message;

use crate::link::{Filling, ResetLink};
use crate::message::compose;
use crate::sender::Sender;
use crate::settings::{Settings, SettingsError};
use crate::templates::{Fields, Templates};
use crate::transport::Carrier;

/// Writes letters as mail and sends them.
#[derive(Debug)]
pub struct Mailer {
    sender: Sender,
    templates: Templates,
    /// Of readers whose own is not known or has no templates.
    language: Language,
    link: Option<ResetLink>,
    carrier: Carrier,
}

impl Mailer {
    /// A mailer with these settings. Reads and tries all templates; reaches for no server.
    ///
    /// # Errors
    /// The first key whose value breaks a rule. A template that cannot be used is named with its
    /// file and line.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let sender = Sender::parse(&settings.from, &settings.transport)?;
        let templates = Templates::load(settings.templates.as_deref())
            .map_err(|error| SettingsError::new("mail.templates", error.to_string()))?;
        Ok(Self {
            language: language(&settings.language, &templates)?,
            link: ResetLink::parse(&settings.reset_link)?,
            carrier: Carrier::new(&settings.transport, &sender)?,
            sender,
            templates,
        })
    }

    fn write(&self, letter: &Letter) -> Result<Message, Undelivered> {
        let wanted = letter.language.as_ref().unwrap_or(&self.language);
        let set = self.templates.choose(&letter.occasion, [wanted, &self.language]);
        let fields =
            Fields::of(letter, set.language(), self.sender.service(), self.link_for(letter));
        // Where, and not why: that might quote the letter.
        let words = set.filled(fields).map_err(|error| {
            Undelivered::Never(format!("a template cannot be filled in: {}", error.place))
        })?;
        compose(letter, &self.sender, words)
    }

    fn link_for(&self, letter: &Letter) -> Option<String> {
        let (Occasion::ResetByAdministrator { token, .. } | Occasion::ResetByUser { token, .. }) =
            &letter.occasion
        else {
            return None;
        };
        let filling = Filling {
            token: token.reveal(),
            login_name: letter.login_name.as_str(),
            store: letter.store.as_str(),
        };
        self.link.as_ref().map(|link| link.filled(filling))
    }
}

fn language(text: &str, templates: &Templates) -> Result<Language, SettingsError> {
    const KEY: &str = "mail.language";
    let language =
        Language::parse(text).map_err(|rule| SettingsError::new(KEY, rule.to_string()))?;
    if !templates.speak(&language) {
        let rule = "must be a language that has templates of every occasion";
        return Err(SettingsError::new(KEY, rule));
    }
    Ok(language)
}

#[async_trait]
impl Postman for Mailer {
    async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        let message = self.write(letter)?;
        self.carrier.carry(letter.id, &message).await
    }
}
