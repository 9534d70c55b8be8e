//! How far a job has come: a bar in a terminal, a plain line now and then elsewhere.

use super::show;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// The progress of one job. It goes to the error stream: the product stays clean.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    total: u64,
    done: u64,
}

impl Progress {
    /// Nothing is shown for a job of a few steps.
    pub(super) fn of(what: &'static str, total: u64) -> Self {
        let is_shown = total >= SHOWN_FROM && std::io::stderr().is_terminal();
        let bar = is_shown.then(|| {
            let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} to go")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total).with_style(style).with_message(what)
        });
        Self { bar, what, total, done: 0 }
    }

    /// The progress of a job of unknown length: a count in a terminal, nothing elsewhere.
    pub(super) fn unmeasured(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg} {pos}, {per_sec}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::no_length().with_style(style).with_message(what)
        });
        Self { bar, what, total: 0, done: 0 }
    }

    /// So many steps are done.
    pub(super) fn reach(&mut self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        } else if self.total >= SHOWN_FROM {
            let tenth = |n: u64| n.saturating_mul(10) / self.total;
            if tenth(done) > tenth(self.done) {
                show::aside(&format!("{}: {done} of {}", self.what, self.total));
            }
        }
        self.done = done;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Shorter jobs are over before a bar is read.
const SHOWN_FROM: u64 = 50;
