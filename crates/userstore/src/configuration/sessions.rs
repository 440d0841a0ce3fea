use std::ops::RangeInclusive;

use domain::session::SessionRules;
use jiff::SignedDuration;

use super::error::ConfigurationError;
use super::layers::Layers;

const IDLE: &str = "sessions.idle";
const LIFETIME: &str = "sessions.lifetime";
const REMEMBERED: &str = "sessions.remembered";
const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

/// Reads the section `sessions`.
pub(super) fn read(layers: &Layers) -> Result<SessionRules, ConfigurationError> {
    let duration =
        |key, range: RangeInclusive<i64>| layers.number(key, range).map(SignedDuration::from_secs);
    let rules = SessionRules {
        idle: duration(IDLE, 60..=DAY)?,
        lifetime: duration(LIFETIME, 300..=YEAR)?,
        remembered: duration(REMEMBERED, 300..=YEAR)?,
    };
    if rules.lifetime < rules.idle {
        return Err(layers.refuse(LIFETIME, format!("must not be less than `{IDLE}`")));
    }
    if rules.remembered < rules.lifetime {
        return Err(layers.refuse(REMEMBERED, format!("must not be less than `{LIFETIME}`")));
    }
    Ok(rules)
}
