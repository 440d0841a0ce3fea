//! What both databases do alike, compiled once for each: `super::Conn` is the connection and
//! `super::dialect` what truly differs. Functions that are generic over the backend would need
//! diesel's private traits.

mod answers;
mod attempts;
mod attributes;
mod audit;
mod backfill;
mod chunks;
mod clients;
mod deliveries;
mod filters;
mod fragment;
mod groups;
mod growth;
pub(crate) mod keys;
mod listing;
mod lists;
mod log;
mod logs;
mod memberships;
pub(crate) mod migrate;
mod nestings;
mod passwords;
mod records;
mod roles;
mod second_factors;
pub(crate) mod session;
mod sessions;
pub(crate) mod single;
mod stores;
mod throttle;
mod tokens;
pub(crate) mod unit;
mod users;

pub(crate) use audit::is_stored;
