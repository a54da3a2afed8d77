//! Progress on stderr: bars and spinners on a terminal, removed when done; elsewhere one line every half minute.

use super::options::Common;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Time before the first line and between two lines.
const LINE_PAUSE: Duration = Duration::from_secs(30);
/// Number of steps of a bar that shows a share. Large, since a line is printed only if the position has changed.
const SHARE: f64 = 1e12;

/// Time of the last line of any bar, since many short parts can make up long work.
static PACE: LazyLock<LinePace> = LazyLock::new(|| LinePace::new(Instant::now(), LINE_PAUSE));

/// The progress of some work.
pub(super) struct Bar {
    /// indicatif draws nothing where stderr is not a terminal.
    bar: ProgressBar,
    log: Option<BarLog>,
}

impl Bar {
    /// Adds finished steps.
    pub fn inc(&self, steps: u64) {
        self.bar.inc(steps);
        self.tell();
    }

    /// Sets the number of finished steps.
    pub fn set_position(&self, position: u64) {
        self.bar.set_position(position);
        self.tell();
    }

    /// Sets the finished share, for a bar made by [`share`].
    pub fn set_share(&self, share: f64) {
        self.set_position((share * SHARE) as u64);
    }

    /// Adds to the finished share.
    pub fn add_share(&self, share: f64) {
        self.inc((share * SHARE) as u64);
    }

    pub fn set_length(&self, length: u64) {
        self.bar.set_length(length);
    }

    pub fn set_message(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Continues from steps that were made before.
    pub fn starting_at(mut self, position: u64) -> Self {
        self.bar.set_position(position);
        self.bar.reset_eta();
        self.log = self.log.map(|log| BarLog::new(log.start, position));
        self
    }

    pub fn finish_and_clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Prints a warning above the bar.
    pub fn warn(&self, warning: &impl Display) {
        if !self.bar.is_hidden() || self.log.is_some() {
            self.bar.suspend(|| {
                let _ = writeln!(stderr(), "warning: {warning}");
            });
        }
    }

    fn tell(&self) {
        let Some(log) = &self.log else { return };
        let (now, position) = (Instant::now(), self.bar.position());
        if PACE.is_due(now) && log.moves_to(position) {
            PACE.told(now);
            let share = log.share(now, position, self.bar.length().unwrap_or_default());
            note(&format!("{}: {share}", self.bar.message()));
        }
    }
}

/// A bar of `steps` steps with a name; hidden if the user wants no progress.
pub(super) fn bar(common: &Common, name: &'static str, steps: usize) -> Bar {
    styled(common, name, steps as u64, "{msg} [{bar:30}] {percent:>3} %  {eta} left")
}

/// A bar that shows a share.
pub(super) fn share(common: &Common, name: &'static str) -> Bar {
    bar(common, name, SHARE as usize)
}

/// A spinner for work of unknown length.
pub(super) fn spinner(common: &Common, name: &'static str) -> Spinner {
    if common.quiet {
        return Spinner { bar: ProgressBar::hidden(), teller: None };
    }
    let bar = ProgressBar::new_spinner().with_message(name);
    bar.enable_steady_tick(Duration::from_millis(200));
    let teller = (!stderr().is_terminal()).then(|| Teller::start(name, &PACE, |line| note(&line)));
    Spinner { bar, teller }
}

/// A bar of many quick steps, with their rate.
pub(super) fn updates(common: &Common, name: &'static str, steps: u64) -> Bar {
    styled(common, name, steps, "{msg} [{bar:30}] {pos}/{len}  {per_sec}  {eta} left")
}

/// A bar of bytes.
pub(super) fn bytes(common: &Common) -> Bar {
    styled(common, "download", 0, "{msg} [{bar:30}] {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left")
}

fn styled(common: &Common, name: &'static str, steps: u64, template: &str) -> Bar {
    if common.quiet {
        return Bar { bar: ProgressBar::hidden(), log: None };
    }
    // Templates are constant, so an error cannot occur; the default style would work as well.
    let style = ProgressStyle::with_template(template)
        .map(|style| style.progress_chars("=> "))
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    LazyLock::force(&PACE);
    let log = (!stderr().is_terminal()).then(|| BarLog::new(Instant::now(), 0));
    Bar { bar: ProgressBar::new(steps).with_style(style).with_message(name), log }
}

/// Prints a line. Work goes on even if stderr is closed.
fn note(line: &str) {
    let _ = writeln!(stderr(), "note: {line}");
}

/// The sign of work of unknown length.
pub(super) struct Spinner {
    /// indicatif draws nothing where stderr is not a terminal.
    bar: ProgressBar,
    teller: Option<Teller>,
}

impl Spinner {
    pub fn finish_and_clear(self) {
        self.bar.finish_and_clear();
        drop(self.teller);
    }
}

/// A thread that tells what is being done and how long it has taken, until it is dropped.
struct Teller {
    /// The thread ends when this is dropped.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Teller {
    fn start(name: &'static str, pace: &'static LinePace, say: impl Fn(String) + Send + 'static) -> Self {
        let (end, ended) = mpsc::channel();
        let start = Instant::now();
        let tell = move || {
            while ended.recv_timeout(pace.left(Instant::now())) == Err(RecvTimeoutError::Timeout) {
                let now = Instant::now();
                if pace.is_due(now) {
                    pace.told(now);
                    say(so_far(name, now.saturating_duration_since(start)));
                }
            }
        };
        // Work goes on without lines if there can be no thread.
        Self { end: Some(end), thread: thread::Builder::new().spawn(tell).ok() }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        drop(self.end.take());
        // Nothing is told after the work is done.
        self.thread.take().map(JoinHandle::join);
    }
}

fn so_far(name: &str, time: Duration) -> String {
    format!("{name}: {} so far", HumanDuration(time))
}

/// The rate at which lines are printed.
struct LinePace {
    start: Instant,
    /// Milliseconds between lines, and before the first.
    pause: u64,
    /// Milliseconds from the start after which the next line is due.
    due: AtomicU64,
}

impl LinePace {
    fn new(start: Instant, pause: Duration) -> Self {
        let pause = pause.as_millis() as u64;
        Self { start, pause, due: AtomicU64::new(pause) }
    }

    fn milliseconds(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_millis() as u64
    }

    fn is_due(&self, now: Instant) -> bool {
        self.milliseconds(now) >= self.due.load(Relaxed)
    }

    fn told(&self, now: Instant) {
        self.due.store(self.milliseconds(now) + self.pause, Relaxed);
    }

    /// Time until the next line is due.
    fn left(&self, now: Instant) -> Duration {
        Duration::from_millis(self.due.load(Relaxed).saturating_sub(self.milliseconds(now)))
    }
}

/// The state of the lines of one bar.
struct BarLog {
    start: Instant,
    /// Steps done before the start.
    before: u64,
    /// Steps reported by the last line.
    told: AtomicU64,
}

impl BarLog {
    fn new(start: Instant, before: u64) -> Self {
        Self { start, before, told: AtomicU64::new(before) }
    }

    /// Whether there are more steps than the last line reported. If so, they count as reported.
    fn moves_to(&self, position: u64) -> bool {
        self.told.fetch_max(position, Relaxed) < position
    }

    /// The finished share, and the remaining time at the average pace since the start.
    fn share(&self, now: Instant, position: u64, length: u64) -> String {
        let percent = 100.0 * position as f64 / length.max(position).max(1) as f64;
        // At least two digits, so that small steps can be seen.
        let digits = if percent > 0.0 { (1.0 - percent.log10().floor()).clamp(1.0, 20.0) as usize } else { 1 };
        let each =
            now.saturating_duration_since(self.start).as_secs_f64() / position.saturating_sub(self.before) as f64;
        let left = Duration::try_from_secs_f64(each * length.saturating_sub(position) as f64).unwrap_or(Duration::MAX);
        format!("{percent:.digits$} % done, {} left", HumanDuration(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_line_is_due_after_half_a_minute_and_half_a_minute_after_each() {
        let start = Instant::now();
        let pace = LinePace::new(start, LINE_PAUSE);
        assert!(!pace.is_due(start + seconds(29)) && pace.is_due(start + seconds(30)));
        assert_eq!([12, 31].map(|time| pace.left(start + seconds(time))), [18, 0].map(seconds));
        pace.told(start + seconds(47));
        assert!(!pace.is_due(start + seconds(76)) && pace.is_due(start + seconds(77)));
    }

    #[test]
    fn a_search_tells_at_the_pace_of_all_lines_what_it_does_until_it_ends() {
        static QUICK: LazyLock<LinePace> = LazyLock::new(|| LinePace::new(Instant::now(), Duration::from_millis(20)));
        let (lines, told) = mpsc::channel();
        let (start, teller) = (Instant::now(), Teller::start("log Z", &QUICK, move |line| lines.send(line).unwrap()));
        for count in 1..=3 {
            assert_eq!(told.recv_timeout(seconds(60)).unwrap(), "log Z: 0 seconds so far");
            // The first pause may have begun before the search. Time is in whole milliseconds.
            assert!(start.elapsed() >= Duration::from_millis(19) * (count - 1), "{count} lines: {:?}", start.elapsed());
        }
        drop(teller);
        // The thread has ended: it no longer holds the other end.
        while told.try_recv().is_ok() {}
        assert_eq!(told.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }

    #[test]
    fn a_line_of_a_search_tells_how_long_it_has_taken() {
        assert_eq!(so_far("looking for fixed points", seconds(30)), "looking for fixed points: 30 seconds so far");
        assert_eq!(so_far("log Z", seconds(3600)), "log Z: 60 minutes so far");
    }

    #[test]
    fn steps_are_told_once() {
        let log = BarLog::new(Instant::now(), 5);
        assert!(!log.moves_to(5) && log.moves_to(6) && !log.moves_to(6) && log.moves_to(8));
    }

    #[test]
    fn a_line_tells_the_share_that_is_done_and_the_time_left() {
        let start = Instant::now();
        let line = |before, after, position, length| {
            BarLog::new(start, before).share(start + seconds(after), position, length)
        };
        assert_eq!(line(0, 30, 25, 100), "25.0 % done, 2 minutes left"); // 90 s
        assert_eq!(line(0, 40, 1, 1_000_000), "0.00010 % done, 66 weeks left"); // 4e7 s
        // Only the 30 steps of this run took the minute, so 40 more take 80 s.
        assert_eq!(line(30, 60, 60, 100), "60.0 % done, 80 seconds left");
        assert_eq!(line(0, 30, 100, 100), "100.0 % done, 0 seconds left");
        // An unknown length, and a time too long for a duration.
        assert_eq!(line(0, 30, 7, 0), "100.0 % done, 0 seconds left");
        assert!(line(0, 4_000_000_000, 1, u64::MAX).ends_with(" years left"));
    }
}
