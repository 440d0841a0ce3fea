//! The templates that are compiled in.

/// The text of a template of `templates/`, under the name that it has in a deployer's directory.
macro_rules! template {
    ($name:literal) => {
        ($name, include_str!(concat!("../../templates/", $name)))
    };
}

/// Name and text of each.
pub(super) const BUILT_IN: [(&str, &str); 43] = [
    template!("layout.html"),
    template!("en/reset-by-administrator.subject"),
    template!("en/reset-by-administrator.txt"),
    template!("en/reset-by-administrator.html"),
    template!("en/reset-by-user.subject"),
    template!("en/reset-by-user.txt"),
    template!("en/reset-by-user.html"),
    template!("en/password-changed.subject"),
    template!("en/password-changed.txt"),
    template!("en/password-changed.html"),
    template!("en/email-changed.subject"),
    template!("en/email-changed.txt"),
    template!("en/email-changed.html"),
    template!("en/second-factor-set.subject"),
    template!("en/second-factor-set.txt"),
    template!("en/second-factor-set.html"),
    template!("en/second-factor-removed.subject"),
    template!("en/second-factor-removed.txt"),
    template!("en/second-factor-removed.html"),
    template!("en/recovery-code-used.subject"),
    template!("en/recovery-code-used.txt"),
    template!("en/recovery-code-used.html"),
    template!("de/reset-by-administrator.subject"),
    template!("de/reset-by-administrator.txt"),
    template!("de/reset-by-administrator.html"),
    template!("de/reset-by-user.subject"),
    template!("de/reset-by-user.txt"),
    template!("de/reset-by-user.html"),
    template!("de/password-changed.subject"),
    template!("de/password-changed.txt"),
    template!("de/password-changed.html"),
    template!("de/email-changed.subject"),
    template!("de/email-changed.txt"),
    template!("de/email-changed.html"),
    template!("de/second-factor-set.subject"),
    template!("de/second-factor-set.txt"),
    template!("de/second-factor-set.html"),
    template!("de/second-factor-removed.subject"),
    template!("de/second-factor-removed.txt"),
    template!("de/second-factor-removed.html"),
    template!("de/recovery-code-used.subject"),
    template!("de/recovery-code-used.txt"),
    template!("de/recovery-code-used.html"),
];
