//! The time from which a curve of the population closure is unreliable.

use super::population::Reliability;

/// Smallest number of evaluations over which approximate ones are counted.
pub const WINDOW: u64 = 20;
/// Largest share of them that may be approximate.
pub const TOLERATED: f64 = 0.05;

/// Counts of a flow's evaluations at the times that it passed.
///
/// At each of these times the approximate evaluations are counted among the last [`WINDOW`] ones. The window begins at one of the
/// times, and may therefore hold more evaluations. If there are fewer in all, their share still refers to [`WINDOW`]. Once the
/// share exceeds [`TOLERATED`], the curve is unreliable from the first time after the first of these approximate evaluations, and
/// to the end: later states follow from earlier ones. It is also unreliable from the last search that did not find a state which
/// the next one found late.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReliabilityLog {
    entries: Vec<(f64, Reliability)>,
    /// Time of the last search, and the number of searches until then that found a state late.
    searched: Option<(f64, u64)>,
    /// Time of the search before the first of these.
    late: Option<f64>,
}

/// Time from which a curve is unreliable.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Unreliable {
    /// t.
    pub from: f64,
    /// Share of approximate evaluations in the window that has too many; 1 where a state was found late.
    pub share: f64,
}

impl ReliabilityLog {
    /// Records the counts at a time. Records nothing for flows without counts.
    pub fn note(&mut self, time: f64, counts: Option<Reliability>) {
        self.entries.extend(counts.map(|counts| (time, counts)));
    }

    /// Records the counts after a search for states.
    pub fn searched(&mut self, time: f64, counts: Option<Reliability>) {
        let Some(Reliability { late, .. }) = counts else { return };
        if let Some((before, known)) = self.searched
            && late > known
        {
            self.late.get_or_insert(before);
        }
        self.searched = Some((time, late));
    }

    /// Time from which the curve is unreliable; `None` if the recorded counts show none.
    pub fn unreliable(&self) -> Option<Unreliable> {
        let late = self.late.map(|from| Unreliable { from, share: 1.0 });
        late.into_iter().chain(self.often_approximate()).min_by(|a, b| a.from.total_cmp(&b.from))
    }

    fn often_approximate(&self) -> Option<Unreliable> {
        let none = (f64::NEG_INFINITY, Reliability::default());
        (0..self.entries.len()).find_map(|last| {
            let now = self.entries[last].1;
            let enough = |first: &usize| now.evaluations - self.entries[*first].1.evaluations >= WINDOW;
            let first = (0..last).rev().find(enough);
            let before = first.map_or(none, |first| self.entries[first]).1;
            let among = (now.evaluations - before.evaluations).max(WINDOW);
            let share = (now.approximate - before.approximate) as f64 / among as f64;
            let begin = first.map_or(0, |first| first + 1);
            let from = self.entries[begin..=last].iter().find(|(_, counts)| counts.approximate > before.approximate)?.0;
            (share > TOLERATED).then_some(Unreliable { from, share })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flow with `per_time` evaluations between times. Those with the given numbers are approximate.
    fn unreliable(per_time: u64, total: u64, approximate: &[u64]) -> Option<Unreliable> {
        let mut log = ReliabilityLog::default();
        for evaluations in (per_time..=total).step_by(per_time as usize) {
            let approximate = approximate.iter().filter(|&&number| number <= evaluations).count() as u64;
            let counts = Reliability { evaluations, approximate, ..Reliability::default() };
            log.note(evaluations as f64, Some(counts));
        }
        log.unreliable()
    }

    #[test]
    fn a_few_approximate_evaluations_are_tolerated_and_more_are_not() {
        assert_eq!(unreliable(1, 200, &[]), None);
        // One of any twenty is a share of 5 %.
        assert_eq!(unreliable(1, 200, &[1, 30, 51, 72, 120]), None);
        // Two of twenty are too many: from the first of them on.
        assert_eq!(unreliable(1, 200, &[30, 60, 79]), Some(Unreliable { from: 60.0, share: 0.1 }));
        assert_eq!(unreliable(1, 200, &[1, 2]), Some(Unreliable { from: 1.0, share: 0.1 }));
        // Where times are farther apart than the window, all evaluations between two times form one window.
        assert_eq!(unreliable(50, 200, &[60, 70]), None);
        assert_eq!(unreliable(50, 200, &[60, 70, 80]), Some(Unreliable { from: 100.0, share: 0.06 }));
        // Other responses have no counts.
        let mut none = ReliabilityLog::default();
        none.note(1.0, None);
        none.searched(1.0, None);
        assert_eq!(none.unreliable(), None);
    }

    #[test]
    fn a_state_found_late_makes_the_curve_unreliable_from_the_search_before() {
        let mut log = ReliabilityLog::default();
        for (time, late) in [(0.0, 0), (1.0, 0), (2.0, 1), (3.0, 1), (4.0, 2)] {
            log.searched(time, Some(Reliability { late, ..Reliability::default() }));
            assert_eq!(log.unreliable(), (time >= 2.0).then_some(Unreliable { from: 1.0, share: 1.0 }));
        }
        // Too many approximate evaluations before.
        let mut before = ReliabilityLog { late: log.late, ..ReliabilityLog::default() };
        before.note(0.5, Some(Reliability { evaluations: 20, approximate: 2, ..Reliability::default() }));
        assert_eq!(before.unreliable(), Some(Unreliable { from: 0.5, share: 0.1 }));
    }
}
