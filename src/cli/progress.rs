//! Progress on stderr: drawn only on a terminal, gone when done.

use super::options::Common;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// A bar of `steps` steps under a name; hidden if not wanted. indicatif draws nothing where stderr is not a terminal.
pub(super) fn bar(common: &Common, name: &'static str, steps: usize) -> ProgressBar {
    styled(common, ProgressBar::new(steps as u64), "{msg} [{bar:30}] {percent:>3} %  {eta} left").with_message(name)
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

/// A bar of many quick steps, with their rate.
pub(super) fn updates(common: &Common, name: &'static str, steps: u64) -> ProgressBar {
    let template = "{msg} [{bar:30}] {pos}/{len}  {per_sec}  {eta} left";
    styled(common, ProgressBar::new(steps), template).with_message(name)
}

/// A bar of bytes.
pub(super) fn bytes(common: &Common) -> ProgressBar {
    styled(common, ProgressBar::new(0), "{msg} [{bar:30}] {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left")
}

fn styled(common: &Common, bar: ProgressBar, template: &str) -> ProgressBar {
    if common.quiet {
        return ProgressBar::hidden();
    }
    // Templates are constant; the default style would serve as well.
    let style = ProgressStyle::with_template(template)
        .map(|style| style.progress_chars("=> "))
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style)
}
