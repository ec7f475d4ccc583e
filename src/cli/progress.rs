//! Progress on standard error, only where somebody looks.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::eprintln_safe;
use crate::jobs::{Progress, Update};

/// A spinner with the stage that is running; silent unless standard error is a terminal.
pub(super) struct Spinner {
    bar: ProgressBar,
    quiet: bool,
}

impl Spinner {
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
        Self { bar, quiet }
    }

    /// What a job reports to.
    pub(super) fn progress(&self) -> Progress {
        let (bar, quiet) = (self.bar.clone(), self.quiet);
        Progress::new(move |update| match update {
            Update::Stage(what) | Update::Detail(what) => bar.set_message(what.to_owned()),
            Update::Count { done, total } => count(&bar, done, total),
            Update::Note(_) if quiet => {}
            // What must be told is told whether or not anybody sees the progress.
            Update::Note(text) | Update::Warning(text) => {
                bar.suspend(|| eprintln_safe(&format!("note: {text}")));
            }
            _ => {}
        })
    }

    /// Whether anybody sees it.
    pub(super) fn is_shown(&self) -> bool {
        !self.bar.is_hidden()
    }
}

/// Counts `done` of `total`, with the rate and the time that is left.
fn count(bar: &ProgressBar, done: u64, total: u64) {
    if bar.length() != Some(total) {
        bar.set_length(total);
        let text =
            "{spinner} {elapsed_precise} {msg} [{bar:30}] {human_pos} of {human_len}, {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(text) {
            bar.set_style(style);
        }
    }
    bar.set_position(done);
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
