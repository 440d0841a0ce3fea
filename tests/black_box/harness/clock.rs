use jiff::Timestamp;

/// The time on the wall, which the nodes see too.
#[expect(clippy::disallowed_methods, reason = "tests of whole processes have no clock to set")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
