//! Events on a trajectory, located between two knots.
//!
//! Between knots, w_α of a mode is the cubic through its values and slopes `dw_α/dt = G_αα` at both ends. An event is a root of
//! this cubic. Its error is that of the cubic: `(λ Δt)⁴/384` of w for a mode that grows at the rate λ.

use super::reliability::Unreliable;
use super::response::{Change, StateChange};
use crate::error::Result;

use crate::linalg::bracketed_root;
use nalgebra::DVector;
use serde::Serialize;

/// Accuracy of the time of an event on the cubic, in units of the interval.
const ROOT: f64 = 1e-14;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A mode left the bulk of the initial weights.
    LeavesBulk,
    /// A mode's w exceeded 1: without noise and fields it condenses.
    ExceedsOne,
    /// A mode's w fell below 1.
    FallsBelowOne,
    /// A mode overtook another one.
    Overtakes,
    /// A stable state of the machine appeared.
    StateAppears,
    /// A stable state of the machine vanished, or lost its stability.
    StateVanishes,
    /// The states of the population closure are approximate too often: what follows is unreliable.
    Unreliable,
}

impl EventKind {
    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::LeavesBulk => "leaves-bulk",
            Self::ExceedsOne => "exceeds-one",
            Self::FallsBelowOne => "falls-below-one",
            Self::Overtakes => "overtakes",
            Self::StateAppears => "state-appears",
            Self::StateVanishes => "state-vanishes",
            Self::Unreliable => "unreliable",
        }
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Time.
    pub time: f64,
    /// Kind.
    pub kind: EventKind,
    /// Identity of the mode, from 1: its rank at t = 0. For a state, the rank of its first condensed mode at the event; 0 if no
    /// mode is condensed, or where no mode is meant.
    pub mode: usize,
    /// w of the mode at the event. For a state its free energy; for an unreliable curve the share of approximate evaluations.
    pub value: f64,
}

impl Event {
    /// The event of a change of a state, at the knot that noticed it. The change happened since the knot before.
    pub(super) fn of(change: &StateChange, time: f64) -> Self {
        let kind = match change.change {
            Change::Appeared => EventKind::StateAppears,
            Change::Vanished | Change::LostStability => EventKind::StateVanishes,
        };
        let mode = change.modes_condensed.first().copied().unwrap_or(0);
        Self { time, kind, mode, value: change.free_energy }
    }

    /// The event at which a curve becomes unreliable.
    pub(super) fn unreliable(unreliable: &Unreliable) -> Self {
        Self { time: unreliable.from, kind: EventKind::Unreliable, mode: 0, value: unreliable.share }
    }
}

/// The modes at one time, by identity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Knot {
    pub time: f64,
    /// w of each identity.
    values: Vec<f64>,
    /// dw/dt of each identity.
    slopes: Vec<f64>,
}

impl Knot {
    pub fn new(time: f64, values: &DVector<f64>, slopes: &DVector<f64>, identities: &[usize]) -> Self {
        let mut knot = Self { time, values: vec![0.0; identities.len()], slopes: vec![0.0; identities.len()] };
        for (rank, &identity) in identities.iter().enumerate() {
            knot.values[identity] = values[rank];
            knot.slopes[identity] = slopes[rank];
        }
        knot
    }
}

/// Events between two knots, in order.
pub(super) fn between(before: &Knot, after: &Knot, bulk_edge: Option<f64>) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    let modes = before.values.len();
    let curve = |mode: usize| Cubic::new(before, after, mode);
    let mut passes = |mode: usize, level: f64, up: EventKind, down: Option<EventKind>| -> Result<()> {
        let (start, end) = (before.values[mode] - level, after.values[mode] - level);
        let kind = if start <= 0.0 && end > 0.0 {
            Some(up)
        } else if start > 0.0 && end <= 0.0 {
            down
        } else {
            None
        };
        if let Some(kind) = kind {
            let at = bracketed_root(&|x| Ok(curve(mode).at(x) - level), (0.0, 1.0), (start, end), ROOT)?;
            events.push(Event { time: curve(mode).time(at), kind, mode: mode + 1, value: level });
        }
        Ok(())
    };
    for mode in 0..modes {
        if let Some(edge) = bulk_edge {
            passes(mode, edge, EventKind::LeavesBulk, None)?;
        }
        passes(mode, 1.0, EventKind::ExceedsOne, Some(EventKind::FallsBelowOne))?;
    }
    // Within the bulk, ranks change all the time and mean nothing.
    let outside = |mode: usize| before.values[mode].min(after.values[mode]) > bulk_edge.unwrap_or(0.0);
    let outliers: Vec<usize> = (0..modes).filter(|&mode| outside(mode)).collect();
    for (index, &first) in outliers.iter().enumerate() {
        for &second in &outliers[index + 1..] {
            let start = before.values[first] - before.values[second];
            let end = after.values[first] - after.values[second];
            if (start < 0.0) != (end < 0.0) {
                let (a, b) = (curve(first), curve(second));
                let at = bracketed_root(&|x| Ok(a.at(x) - b.at(x)), (0.0, 1.0), (start, end), ROOT)?;
                let mode = 1 + if end > 0.0 { first } else { second };
                events.push(Event { time: a.time(at), kind: EventKind::Overtakes, mode, value: a.at(at) });
            }
        }
    }
    events.sort_by(|a, b| a.time.total_cmp(&b.time));
    Ok(events)
}

/// The cubic with given values and slopes at both ends of an interval.
#[derive(Clone, Copy)]
struct Cubic {
    start: f64,
    span: f64,
    values: [f64; 2],
    /// Slopes times the span.
    slopes: [f64; 2],
}

impl Cubic {
    fn new(before: &Knot, after: &Knot, mode: usize) -> Self {
        let span = after.time - before.time;
        Self {
            start: before.time,
            span,
            values: [before.values[mode], after.values[mode]],
            slopes: [span * before.slopes[mode], span * after.slopes[mode]],
        }
    }

    /// Value at the fraction x of the interval.
    fn at(&self, x: f64) -> f64 {
        let y = 1.0 - x;
        let [value, next] = self.values;
        let [slope, next_slope] = self.slopes;
        y * y * (value * (1.0 + 2.0 * x) + slope * x) + x * x * (next * (1.0 + 2.0 * y) - next_slope * y)
    }

    fn time(&self, x: f64) -> f64 {
        self.start + x * self.span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knot(time: f64, modes: &[(f64, f64)]) -> Knot {
        let (values, slopes): (Vec<f64>, Vec<f64>) = modes.iter().copied().unzip();
        Knot { time, values, slopes }
    }

    /// w = 0.5 + t³ passes 0.9 and 1, and crosses the mode that falls as 2 − t. Both are cubics, so the times are exact.
    #[test]
    fn events_of_cubics_are_exact() {
        let at = |t: f64| knot(t, &[(2.0 - t, -1.0), (0.5 + t.powi(3), 3.0 * t * t)]);
        let events = between(&at(0.2), &at(1.1), Some(0.9)).unwrap();
        let kinds: Vec<_> = events.iter().map(|event| (event.kind, event.mode)).collect();
        let expected = [
            (EventKind::LeavesBulk, 2),
            (EventKind::ExceedsOne, 2),
            (EventKind::FallsBelowOne, 1),
            (EventKind::Overtakes, 2),
        ];
        assert_eq!(kinds[..3], expected[..3]);
        assert_eq!(events.len(), 3, "within the bulk at the start, the second mode's overtaking is not told");
        let times = [0.4f64.cbrt(), 0.5f64.cbrt(), 1.0];
        for (event, time) in events.iter().zip(times) {
            assert!((event.time - time).abs() < 1e-12, "{event:?}");
        }
        let events = between(&at(0.8), &at(1.1), None).unwrap();
        let overtaking = events.iter().find(|event| event.kind == EventKind::Overtakes).unwrap();
        assert_eq!(overtaking.mode, 2);
        // t³ + t = 3/2.
        assert!((overtaking.time.powi(3) + overtaking.time - 1.5).abs() < 1e-12);
        assert!(between(&at(0.1), &at(0.2), Some(0.9)).unwrap().is_empty());
    }
}
