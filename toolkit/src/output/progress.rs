//! The bar that long work draws on a terminal.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// A bar of so many steps; it disappears when it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(bars: &MultiProgress, length: usize) -> Self {
        let bar = bars.add(ProgressBar::new(length as u64));
        bar.set_style(
            ProgressStyle::with_template("{spinner} [{pos}/{len}] {msg} {elapsed}")
                .expect("the template is valid"),
        );
        // One statement can take long; the spinner shows that the command has not died.
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    /// Names the step that begins.
    pub fn begin(&self, step: &str) {
        self.bar.set_message(step.to_owned());
    }

    /// Counts a step that has ended.
    pub fn end(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
