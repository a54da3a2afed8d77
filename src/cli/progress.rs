//! Progress on stderr: drawn only on a terminal, gone when done.

use super::options::Common;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// A bar of `steps` steps under a name; hidden if not wanted. indicatif draws nothing where stderr is not a terminal.
pub(super) fn bar(common: &Common, name: &'static str, steps: usize) -> ProgressBar {
    if common.quiet {
        return ProgressBar::hidden();
    }
    // The template is constant; the default style would serve as well.
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent:>3} %  {eta} left")
        .map(|style| style.progress_chars("=> "))
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(steps as u64).with_style(style).with_message(name)
}

/// A sign of life for a search whose length is not known beforehand.
pub(super) fn spinner(common: &Common, name: &'static str) -> ProgressBar {
    if common.quiet {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(name);
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}
