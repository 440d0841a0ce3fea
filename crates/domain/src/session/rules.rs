use jiff::SignedDuration;

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRules {
    /// How long a token may go unused.
    pub idle: SignedDuration,
    /// How long a session lasts, however much it is used.
    pub lifetime: SignedDuration,
    /// The same, where the user wishes to be remembered.
    pub remembered: SignedDuration,
}

impl Default for SessionRules {
    /// 30 minutes, 12 hours and 14 days.
    fn default() -> Self {
        Self {
            idle: SignedDuration::from_mins(30),
            lifetime: SignedDuration::from_hours(12),
            remembered: SignedDuration::from_hours(14 * 24),
        }
    }
}
