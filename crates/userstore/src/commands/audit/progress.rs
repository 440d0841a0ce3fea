use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressStyle};

/// How far a verifier is: a bar on standard error, where that is a terminal.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(io::stderr().is_terminal().then(bar))
    }

    /// So many entries are done, of so many.
    pub(super) fn tell(&self, done: u64, of: u64) {
        let Some(bar) = &self.0 else { return };
        if bar.length() != Some(of) {
            bar.set_length(of);
        }
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let form = "{wide_bar} {human_pos} of {human_len} entries, {per_sec}, {eta} left";
    // The form is good: a test holds it.
    let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}
