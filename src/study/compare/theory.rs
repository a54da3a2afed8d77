//! The theories of a comparison: what each assumes, and what it predicts.

use super::align::Followed;
use super::course::{Ended, Prediction};
use super::curves::{Curves, above_bulk};
use crate::learning::{Setup, Unreliable};

/// A theory beside the simulations.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// Its name.
    pub name: String,
    /// What it assumes.
    pub setup: Setup,
    /// One prediction, or one for each run whose batches it passed through; each as far as it gets.
    pub predictions: Vec<Prediction>,
    /// Its curves, with the simulations' names of the modes; means over the predictions.
    pub followed: Followed,
}

impl Theory {
    /// The earliest premature end among the predictions.
    pub fn ended(&self) -> Option<&Ended> {
        let ended = self.predictions.iter().filter_map(|prediction| prediction.ended.as_ref());
        let time = |ended: &Ended| ended.time.unwrap_or(f64::NEG_INFINITY);
        ended.min_by(|a, b| time(a).total_cmp(&time(b)))
    }

    /// When the theory becomes unreliable: the earliest of its predictions.
    pub fn unreliable(&self) -> Option<Unreliable> {
        let found = self.predictions.iter().filter_map(|prediction| prediction.unreliable);
        found.min_by(|a, b| a.from.total_cmp(&b.from))
    }

    /// The curves before the theory becomes unreliable, if it does.
    pub fn while_reliable(&self, times: &[f64]) -> Option<Followed> {
        let from = self.unreliable()?.from;
        let records = times.iter().filter(|&&time| time < from).count();
        let cut = |curves: &[Vec<f64>]| -> Vec<Vec<f64>> {
            curves.iter().map(|curve| curve[..records.min(curve.len())].to_vec()).collect()
        };
        Some(Followed { values: cut(&self.followed.values), overlaps: cut(&self.followed.overlaps) })
    }

    /// Mean number of modes above the simulations' bulk at each time, as long as all predictions last, then NaN.
    pub fn above_bulk(&self, curves: &Curves) -> Vec<f64> {
        let edges = curves.bulk_edge.as_deref();
        let counts: Vec<Vec<f64>> = self.predictions.iter().map(|one| above_bulk(&one.course, edges)).collect();
        let mean = |record: usize| {
            let sum: Option<f64> = counts.iter().map(|count| count.get(record)).sum();
            sum.map_or(f64::NAN, |sum| sum / counts.len() as f64)
        };
        (0..curves.times.len()).map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::compare::Course;

    #[test]
    fn a_theory_is_cut_where_it_becomes_unreliable() {
        let times = [0.0, 0.5, 1.0];
        let theory = |unreliable: Option<f64>| {
            let unreliable = unreliable.map(|from| Unreliable { from, share: 0.25 });
            let prediction = Prediction { course: Course::default(), ended: None, reliability: None, unreliable };
            let followed = Followed { values: vec![vec![0.1, 0.2, 0.3]], overlaps: vec![vec![1.0; 3]] };
            Theory { name: String::new(), setup: Setup::default(), predictions: vec![prediction], followed }
        };
        assert!(theory(None).while_reliable(&times).is_none());
        let cut = |from| theory(Some(from)).while_reliable(&times).unwrap().values;
        assert_eq!((cut(0.5), cut(0.0), cut(0.7)), (vec![vec![0.1]], vec![vec![]], vec![vec![0.1, 0.2]]));
    }
}
