//! Which mode is which: matched by vectors, in time and between machines.
//!
//! The modes are the largest ones at the end of the reference. From there they are followed backwards, from record to record, by
//! the overlap `|u·u'| |v·v'|` ([`track`]). They are numbered in the order in which they emerged, that is, became 20 % larger
//! than the edge of the bulk (or, without one, than the largest of them at the start). Modes that did not emerge come last, by
//! rank at the end. In another machine that started from the same weights, a mode is, at each time, the one that overlaps with it
//! most. Names thus survive crossings, and early times at which a mode is still lost among others.

use super::chains::{ChainProbe, ModeProbe};
use super::statistics::mean;

use super::view::Course;
use crate::error::{Error, Result};
use crate::theory::spectrum::track;

/// The modes of a reference machine through time.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    course: &'a Course,
    /// `ranks[record][mode]`.
    ranks: Vec<Vec<usize>>,
}

/// The curves of one machine, by the names of the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// `w[mode][record]`: as many records as the machine has.
    pub values: Vec<Vec<f64>>,
    /// `|u·u'| |v·v'|` with the reference's mode, `[mode][record]`: how certain the name is.
    pub overlaps: Vec<Vec<f64>>,
}

impl Followed {
    /// The mean of several machines over the records that all of them have, with the smallest of their overlaps.
    pub fn mean_of(machines: &[Self]) -> Self {
        let combine = |of: fn(&Self) -> &Vec<Vec<f64>>, fold: fn(&[f64]) -> f64| {
            let modes = machines.first().map_or(0, |first| of(first).len());
            let curve = |mode: usize| {
                let records = machines.iter().map(|machine| of(machine)[mode].len()).min().unwrap_or(0);
                let at = |record: usize| machines.iter().map(|machine| of(machine)[mode][record]).collect::<Vec<_>>();
                (0..records).map(|record| fold(&at(record))).collect()
            };
            (0..modes).map(curve).collect()
        };
        let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        Self { values: combine(|machine| &machine.values, mean), overlaps: combine(|machine| &machine.overlaps, least) }
    }
}

impl<'a> Reference<'a> {
    /// The first `modes` modes at the end of a course, followed back to its start and numbered as they emerged.
    ///
    /// # Errors
    /// [`Error::Range`] for a course without records, or with fewer modes.
    pub fn new(course: &'a Course, modes: usize) -> Result<Self> {
        let last = course.observations.last().map_or(0, |last| last.modes.singular_values.len());
        if last < modes.max(1) {
            let reason = format!("it shows {last} modes at its end, and {modes} are to be followed");
            return Err(Error::Range { name: "the reference", reason });
        }
        let mut ranks: Vec<Vec<usize>> = vec![(0..modes).collect()];
        for pair in course.observations.windows(2).rev() {
            let matches = track(&pair[1].modes, &pair[0].modes)?;
            let later = &ranks[ranks.len() - 1];
            let earlier = later.iter().map(|&rank| matches[rank].index).collect();
            ranks.push(earlier);
        }
        ranks.reverse();
        let order = by_emergence(course, &ranks);
        let ranks = ranks.iter().map(|record| order.iter().map(|&mode| record[mode]).collect()).collect();
        Ok(Self { course, ranks })
    }

    /// Probes of the chains of the reference's own run, with its names of the modes in place of ranks. Probes at times without a
    /// record, and modes that are not followed, are left out.
    pub fn named(&self, probes: &[ChainProbe]) -> Vec<ChainProbe> {
        let name = |probe: &ChainProbe| {
            let record = self.course.observations.iter().position(|seen| seen.time == probe.time)?;
            let named = self.ranks[record].iter().enumerate();
            let modes = named.filter_map(|(mode, &rank)| Some(ModeProbe { mode: mode + 1, ..*probe.modes.get(rank)? }));
            Some(ChainProbe { modes: modes.collect(), ..probe.clone() })
        };
        probes.iter().filter_map(name).collect()
    }

    /// The curves of a machine that was seen at the same times, or at the first of them.
    ///
    /// # Errors
    /// [`Error::Range`] if its times or its layers differ.
    pub fn follow(&self, other: &Course) -> Result<Followed> {
        let modes = self.ranks.first().map_or(0, Vec::len);
        let mut followed = Followed { values: vec![Vec::new(); modes], overlaps: vec![Vec::new(); modes] };
        if other.observations.len() > self.course.observations.len() {
            return Err(other_times());
        }
        for ((theirs, ours), ranks) in other.observations.iter().zip(&self.course.observations).zip(&self.ranks) {
            if (theirs.time - ours.time).abs() > 1e-9 * ours.time.abs() {
                return Err(other_times());
            }
            let matches = track(&ours.modes, &theirs.modes)?;
            for (mode, &rank) in ranks.iter().enumerate() {
                followed.values[mode].push(theirs.modes.singular_values[matches[rank].index]);
                followed.overlaps[mode].push(matches[rank].overlap);
            }
        }
        Ok(followed)
    }
}

/// The modes that are followed, in the order in which they emerged.
fn by_emergence(course: &Course, ranks: &[Vec<usize>]) -> Vec<usize> {
    let value = |record: usize, mode: usize| course.observations[record].modes.singular_values[ranks[record][mode]];
    let modes = ranks.first().map_or(0, Vec::len);
    let edge = course.observations.iter().find_map(|seen| seen.bulk.map(|bulk| bulk.edge));
    let level = EMERGED * edge.unwrap_or_else(|| (0..modes).map(|mode| value(0, mode)).fold(0.0, f64::max));
    let emerged = |mode: usize| (0..ranks.len()).find(|&record| value(record, mode) >= level);
    let mut order: Vec<(usize, usize)> = (0..modes).map(|mode| (emerged(mode).unwrap_or(usize::MAX), mode)).collect();
    // Among modes that emerged between the same two records, the larger comes first; a stable sort keeps the rest by rank.
    order.sort_by(|&(at, a), &(other, b)| {
        let larger =
            || if at == usize::MAX { std::cmp::Ordering::Equal } else { value(at, b).total_cmp(&value(at, a)) };
        at.cmp(&other).then_with(larger)
    });
    order.into_iter().map(|(_, mode)| mode).collect()
}

fn other_times() -> Error {
    Error::Range { name: "the times", reason: "they must be the same in all that is compared".to_owned() }
}

/// A mode has emerged at this multiple of the edge of the bulk.
pub const EMERGED: f64 = 1.2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::compare::View;
    use crate::theory::spectrum::drawn;
    use nalgebra::DMatrix;

    /// Two straight lines that cross at t = 1/2. In a second machine their frames are turned by 0.2 into each other, and the
    /// lines lie 0.1 higher. The curves by name are the lines put in; curves by rank would have kinks.
    #[test]
    fn names_survive_a_crossing() {
        let frame = drawn::Machine::draw(30, 20, &[1.0, 1.0], 0.0, 3);
        let view = View::new(30, 20, None, 2).unwrap();
        let turn = |angle: f64| DMatrix::from_row_slice(2, 2, &[angle.cos(), -angle.sin(), angle.sin(), angle.cos()]);
        let course = |shift: f64, angle: f64| {
            let at = |k: u32| {
                let t = 0.03 + 0.1 * f64::from(k);
                let strengths = DMatrix::from_diagonal(&vec![2.0 - t + shift, 1.0 + t + shift].into());
                let (u, v) = (&frame.u * turn(angle), &frame.v * turn(angle));
                view.observe(t, &(u * strengths * v.transpose())).unwrap()
            };
            Course { observations: (0..10).map(at).collect() }
        };
        let (ours, theirs) = (course(0.0, 0.0), course(0.1, 0.2));
        let reference = Reference::new(&ours, 2).unwrap();
        for (course, shift) in [(&ours, 0.0), (&theirs, 0.1)] {
            let followed = reference.follow(course).unwrap();
            for (record, t) in ours.times().into_iter().enumerate() {
                // The mode that is larger at the end comes first.
                assert!((followed.values[0][record] - (1.0 + t + shift)).abs() < 1e-12);
                assert!((followed.values[1][record] - (2.0 - t + shift)).abs() < 1e-12);
                let overlap = if shift == 0.0 { 1.0 } else { 0.2f64.cos().powi(2) };
                assert!((followed.overlaps[0][record] - overlap).abs() < 1e-10);
            }
        }
        // A theory that ended early is followed as far as it goes; other times are refused.
        let early = Course { observations: theirs.observations[..4].to_vec() };
        assert_eq!(reference.follow(&early).unwrap().values[0].len(), 4);
        let mut late = early.clone();
        late.observations.remove(0);
        assert!(reference.follow(&late).is_err());
        assert!(Reference::new(&Course::default(), 1).is_err());
    }

    /// Two modes from 0.2: one emerges at once and stays at 1, the other takes longer and ends at 2. They are numbered as they
    /// came.
    #[test]
    fn modes_are_numbered_as_they_emerge() {
        let frame = drawn::Machine::draw(30, 20, &[1.0, 1.0], 0.0, 4);
        let view = View::new(30, 20, None, 2).unwrap();
        let curves = |t: f64| [0.2 * (1.0 + 4.0 * (3.0 * t).tanh()), 0.2 * (1.0 + 9.0 * (t / 3.0).powi(4))];
        let at = |k: u32| {
            let t = 0.3 * f64::from(k) + 0.01;
            let weights = &frame.u * DMatrix::from_diagonal(&curves(t).to_vec().into()) * frame.v.transpose();
            view.observe(t, &weights).unwrap()
        };
        let course = Course { observations: (0..=10).map(at).collect() };
        assert!(course.observations[10].modes.singular_values[0] > 1.9);
        let followed = Reference::new(&course, 2).unwrap().follow(&course).unwrap();
        for (record, t) in course.times().into_iter().enumerate() {
            for (mode, exact) in curves(t).into_iter().enumerate() {
                assert!((followed.values[mode][record] - exact).abs() < 1e-12);
            }
        }
    }
}
