//! Progress on standard error, only where somebody looks.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::eprintln_safe;

/// A spinner with the stage that is running; silent unless standard error is a terminal.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::new_spinner();
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self(bar)
    }

    pub(super) fn stage(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
    }

    /// Counts `done` of `total`, with the rate and the time that is left.
    pub(super) fn count(&self, done: u64, total: u64) {
        if self.0.length() != Some(total) {
            self.0.set_length(total);
            let text = "{spinner} {elapsed_precise} {msg} [{bar:30}] {human_pos} of {human_len}, {per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(text) {
                self.0.set_style(style);
            }
        }
        self.0.set_position(done);
    }

    /// Writes what a reader should be told of to standard error, whether or not anybody sees the progress.
    pub(super) fn tell(&self, notes: Vec<String>) {
        self.0.suspend(|| notes.iter().for_each(|n| eprintln_safe(&format!("note: {n}"))));
    }

    /// Whether anybody sees it.
    pub(super) fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
