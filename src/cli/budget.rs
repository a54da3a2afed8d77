//! Limits on the time and memory of a command, estimated before work starts.

use super::error::CliError;

/// Approximate number of multiplications per second on several cores.
const SPEED: f64 = 1e11;
/// Least time that a step takes, in seconds.
const LEAST: f64 = 1e-6;
/// Least time that an update of a machine takes, in seconds: it chooses a batch and draws both layers.
const LEAST_UPDATE: f64 = 4e-6;
/// Longest time that a command may take, in seconds: thirty days.
const LONGEST_COMMAND: f64 = 30.0 * DAY;
/// Seconds in a day.
const DAY: f64 = 86_400.0;
/// Longest time between two looks at the progress, in seconds.
const LONGEST_UPDATE: f64 = 60.0;
/// Bytes in a GiB.
const GIB: f64 = (1u64 << 30) as f64;

/// Approximate time of a step with this number of multiplications, in seconds.
pub(super) fn seconds(multiplications: f64) -> f64 {
    LEAST.max(multiplications / SPEED)
}

/// Approximate time of an update with this number of multiplications, in seconds.
pub(super) fn update_seconds(multiplications: f64) -> f64 {
    LEAST_UPDATE.max(seconds(multiplications))
}

/// Refuses a number of steps that would take more than a month, at `seconds` per step.
pub(super) fn check_time(option: &str, steps: f64, seconds: f64) -> Result<(), CliError> {
    let most = LONGEST_COMMAND / seconds;
    if steps <= most {
        return Ok(());
    }
    let days = steps * seconds / DAY;
    let duration = if days < 1000.0 { format!("{days:.0} days") } else { format!("{:.1e} years", days / 365.25) };
    let right = if most < 1.0 {
        "one alone takes too long, a smaller machine or fewer chains are needed".to_owned()
    } else {
        format!("at most {}, some 30 days, are taken", short(most.floor()))
    };
    Err(CliError::Input(format!("{option} is {}: that would take some {duration}; {right}", whole(steps))))
}

/// Refuses a number of Gibbs steps that would make one update take more than a minute: progress is shown only between
/// updates.
pub(super) fn check_gibbs_steps(steps: usize, chains: usize, weights: f64) -> Result<(), CliError> {
    let each = seconds(2.0 * chains as f64 * weights);
    let most = LONGEST_UPDATE / each;
    if steps as f64 <= most {
        return Ok(());
    }
    let (minutes, most) = (short((steps as f64 * each / 60.0).ceil()), short(most.floor()));
    Err(CliError::Input(format!(
        "--gibbs-steps is {steps}: one update would take some {minutes} minutes; at most {most}, a minute, are taken"
    )))
}

/// Refuses `count` things of `bytes` bytes each that do not fit into the free memory.
pub(super) fn check_memory(option: &str, count: usize, bytes: f64) -> Result<(), CliError> {
    let needed = count as f64 * bytes;
    let Some(free) = free_memory().filter(|&free| needed > free) else { return Ok(()) };
    Err(CliError::Input(format!(
        "{option} is {count}: some {} GiB of memory would be needed, and {:.1} are free: at most {} fit",
        short((needed / GIB).ceil()),
        free / GIB,
        short((free / bytes).floor())
    )))
}

/// A count as it was given, if it is a whole number.
fn whole(count: f64) -> String {
    if count < 1e15 { format!("{count}") } else { format!("{count:.3e}") }
}

/// A whole number, to two digits if it is large.
fn short(count: f64) -> String {
    if count < 1e6 { format!("{count}") } else { format!("{count:.1e}") }
}

/// Bytes of memory that this process can still allocate; `None` where the system does not say.
fn free_memory() -> Option<f64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let system = read("/proc/meminfo").and_then(|text| number(&text, "MemAvailable:")).map(|kib| kib * 1024.0);
    // The limit of the process (ulimit -v), minus what it uses.
    let limit = read("/proc/self/limits").and_then(|text| number(&text, "Max address space"));
    let used = read("/proc/self/status").and_then(|text| number(&text, "VmSize:")).map(|kib| kib * 1024.0);
    let process = limit.zip(used).map(|(limit, used)| (limit - used).max(0.0));
    // The limit of the container or job.
    let group = read("/proc/self/cgroup").and_then(|text| {
        let folder = text.lines().find_map(|line| line.strip_prefix("0::"))?.trim_end_matches('/').to_owned();
        let value = |name: &str| read(&format!("/sys/fs/cgroup{folder}/{name}"))?.trim().parse::<f64>().ok();
        Some((value("memory.max")? - value("memory.current")?).max(0.0))
    });
    [system, process, group].into_iter().flatten().reduce(f64::min)
}

/// The number after a name.
fn number(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_take_months_is_refused_with_the_most_that_is_taken() {
        // 1e6 multiplications take 1e-5 s, so 2.6e11 steps take a month.
        assert!(check_time("--steps", 2.5e11, seconds(1e6)).is_ok());
        let refused = check_time("--steps", 3e11, seconds(1e6)).unwrap_err().to_string();
        let expected = "--steps is 300000000000: that would take some 35 days; at most 2.6e11, some 30 days, are taken";
        assert_eq!(refused, expected);
        // A small step takes a microsecond.
        assert!(check_time("--steps", 2.5e12, seconds(1.0)).is_ok());
        assert!(check_time("--steps", 2.7e12, seconds(1.0)).is_err());
        // A small update takes four microseconds, a large one the time of its multiplications.
        assert!(check_time("--updates", 6e11, update_seconds(1.0)).is_ok());
        assert!(check_time("--updates", 7e11, update_seconds(1.0)).is_err());
        assert_eq!(update_seconds(1e9), seconds(1e9));
        assert!(check_time("--steps", f64::INFINITY, 1e-6).is_err() && check_time("--steps", 0.0, 1e30).is_ok());
        assert!(check_time("--gibbs-steps", 1.0, 1e30).unwrap_err().to_string().contains("one alone"));
    }

    #[test]
    fn what_does_not_fit_into_memory_is_refused() {
        assert!(check_memory("--hidden", 1000, 1e3).is_ok());
        let Some(free) = free_memory() else { return };
        assert!((1e6..1e15).contains(&free), "{free}");
        assert!(check_memory("--hidden", usize::MAX, 4.0).unwrap_err().to_string().contains("at most"));
    }

    #[test]
    fn numbers_are_read_from_tables() {
        assert_eq!(number("a: 1 kB\nMem: 25 kB\n", "Mem:"), Some(25.0));
        assert_eq!(number("Max address space         unlimited   unlimited   bytes", "Max address space"), None);
        assert_eq!(number("", "Mem:"), None);
    }
}
