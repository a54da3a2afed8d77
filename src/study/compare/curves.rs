//! Means of simulations, with their errors.

use super::statistics::{mean, standard_error};

use super::align::{Followed, Reference};
use super::view::Course;
use crate::error::Result;

/// w_α(t) of several simulations that differ in the seed of batches and chains.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Times of the records.
    pub times: Vec<f64>,
    /// `w[run][mode][record]`.
    pub runs: Vec<Vec<Vec<f64>>>,
    /// Mean over the runs, `[mode][record]`.
    pub mean: Vec<Vec<f64>>,
    /// Standard error of the mean, `[mode][record]`: the deviation between runs (with R − 1) over √R. `None` for one run.
    pub error: Option<Vec<Vec<f64>>>,
    /// Upper edge of the bulk, averaged over the runs in which it is known; where no run knows it, the last known value. `None`
    /// if there is no bulk at any time.
    pub bulk_edge: Option<Vec<f64>>,
    /// Number of singular values of the whole W above its bulk, averaged over the runs that have one; NaN if none has.
    pub outliers: Vec<f64>,
    /// Number of singular values in the view above [`bulk_edge`](Self::bulk_edge), averaged over the runs; NaN without it.
    pub above_bulk: Vec<f64>,
}

impl Curves {
    /// The curves of runs, with the names of their reference.
    ///
    /// # Errors
    /// Those of the alignment.
    pub fn of(reference: &Reference<'_>, courses: &[Course]) -> Result<Self> {
        let followed: Vec<Followed> = courses.iter().map(|course| reference.follow(course)).collect::<Result<_>>()?;
        let runs: Vec<Vec<Vec<f64>>> = followed.into_iter().map(|followed| followed.values).collect();
        let times = courses.first().map_or(Vec::new(), Course::times);
        let modes = runs.first().map_or(0, Vec::len);
        let of_runs = |mode: usize, record: usize| runs.iter().map(|run| run[mode][record]).collect::<Vec<f64>>();
        let table = |of: &dyn Fn(&[f64]) -> f64| -> Vec<Vec<f64>> {
            (0..modes).map(|mode| (0..times.len()).map(|record| of(&of_runs(mode, record))).collect()).collect()
        };
        let mean_of = table(&mean);
        let error = (runs.len() > 1).then(|| table(&|values| standard_error(values).unwrap_or(f64::NAN)));
        let bulks = |record: usize| courses.iter().filter_map(move |course| course.observations[record].bulk);
        let outliers: Vec<f64> = (0..times.len())
            .map(|record| mean(&bulks(record).map(|bulk| bulk.outliers as f64).collect::<Vec<_>>()))
            .collect();
        let edges: Vec<f64> =
            (0..times.len()).map(|record| mean(&bulks(record).map(|bulk| bulk.edge).collect::<Vec<_>>())).collect();
        let bulk_edge = filled(edges);
        let counts: Vec<Vec<f64>> = courses.iter().map(|course| above_bulk(course, bulk_edge.as_deref())).collect();
        let above_bulk =
            (0..times.len()).map(|record| mean(&counts.iter().map(|of| of[record]).collect::<Vec<_>>())).collect();
        Ok(Self { times, runs, mean: mean_of, error, bulk_edge, outliers, above_bulk })
    }
}

/// Number of singular values in the view that exceed the edge, at each time; NaN without an edge.
pub fn above_bulk(course: &Course, edges: Option<&[f64]>) -> Vec<f64> {
    let count = |(record, seen): (usize, &super::view::Observation)| match edges {
        Some(edges) => seen.singular_values.iter().filter(|&&w| w > edges[record]).count() as f64,
        None => f64::NAN,
    };
    course.observations.iter().enumerate().map(count).collect()
}

/// Replaces unknown entries by the last known one, or by the first known one if there is none before; `None` if none is known.
fn filled(mut edges: Vec<f64>) -> Option<Vec<f64>> {
    let mut last = *edges.iter().find(|edge| edge.is_finite())?;
    for edge in &mut edges {
        if edge.is_finite() {
            last = *edge;
        } else {
            *edge = last;
        }
    }
    Some(edges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::compare::{ObservedBulk, View};
    use nalgebra::DMatrix;

    #[test]
    fn means_errors_and_edges_are_those_of_three_curves_by_hand() {
        let view = View::new(2, 2, None, 1).unwrap();
        let course = |values: [f64; 3], edges: [Option<f64>; 3]| Course {
            observations: (0..3)
                .map(|k| {
                    let weights = DMatrix::from_row_slice(2, 2, &[values[k], 0.0, 0.0, 0.1]);
                    let bulk =
                        edges[k].map(|edge| ObservedBulk { edge, outliers: k, sigma: 0.5 * edge, planted: None });
                    super::super::Observation { bulk, ..view.observe(k as f64, &weights).unwrap() }
                })
                .collect(),
        };
        let courses = [
            course([1.0, 2.0, 3.0], [None, Some(1.8), None]),
            course([1.0, 4.0, 6.0], [None, Some(2.2), None]),
            course([1.0, 6.0, 9.0], [None, None, None]),
        ];
        let reference = Reference::new(&courses[0], 1).unwrap();
        let curves = Curves::of(&reference, &courses).unwrap();
        let close = |found: &[f64], exact: [f64; 3]| found.iter().zip(exact).all(|(a, b)| (a - b).abs() < 1e-14);
        assert!(close(&curves.mean[0], [1.0, 4.0, 6.0]));
        // Deviations 0, 2, 3 with R − 1, over √3.
        assert!(close(&curves.error.unwrap()[0], [0.0, 2.0 / 3f64.sqrt(), 3f64.sqrt()]));
        assert!(close(&curves.bulk_edge.unwrap(), [2.0; 3]));
        assert!(close(&curves.above_bulk, [0.0, 2.0 / 3.0, 1.0]));
        assert!(curves.outliers[0].is_nan() && curves.outliers[1] == 1.0);
        let one = Curves::of(&reference, &courses[..1]).unwrap();
        assert!(one.error.is_none());
        assert!(Curves::of(&reference, &[course([1.0; 3], [None; 3])]).unwrap().bulk_edge.is_none());
    }
}
