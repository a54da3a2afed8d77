//! Which mode is which: matched by vectors, in time and between machines.
//!
//! A mode is named by its rank at the end of the reference. Backwards from there it is followed from record to record by the
//! overlap `|u·u'| |v·v'|` ([`track`]); in another machine that started from the same weights it is, at each time, the mode
//! that overlaps with it most. Names thus survive crossings, and an early time at which a mode still is lost among others.

use super::view::Course;
use crate::error::{Error, Result};
use crate::spectrum::track;

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
    /// `|u·u'| |v·v'|` with the reference's mode, likewise: how sure the name is.
    pub overlaps: Vec<Vec<f64>>,
}

impl<'a> Reference<'a> {
    /// The first `modes` modes at the end of a course, followed back to its start.
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
        Ok(Self { course, ranks })
    }

    /// The curves of a machine that was seen at the same times, or at the first of them.
    ///
    /// # Errors
    /// [`Error::Range`] if its times are other ones, or its layers.
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

fn other_times() -> Error {
    Error::Range { name: "the times", reason: "they must be the same in all that is compared".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::View;
    use crate::spectrum::drawn;
    use nalgebra::DMatrix;

    /// Two straight lines that cross at t = 1/2, in frames that a second machine has turned by 0.2 into each other, and
    /// whose lines it reaches 0.1 higher: the curves by name are the lines put in, ranks would have kinks.
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
                // The larger one at the end is the first.
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
}
