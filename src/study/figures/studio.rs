//! What the figures of one invocation share.

use super::course::TrainingCourse;
use crate::data::Dataset;
use crate::simulator::run::Training;
use crate::study::error::Result;
use std::cell::OnceCell;

/// What figures are made from.
pub struct Studio<'a> {
    /// Coarse grids and short runs.
    pub quick: bool,
    /// Seed of everything random.
    pub seed: u64,
    /// Samples of clusters; `None` for as many as each figure needs.
    pub samples: Option<usize>,
    /// ±1 data of the figures that show given data, and how the letter's machine learns them.
    pub given: Option<(&'a Dataset, Training)>,
    /// Gets the name of a stage and the share of it that is done.
    pub progress: &'a (dyn Fn(&'static str, f64) + Sync),
    /// The letter's training run, made when a figure first asks for it.
    pub course: OnceCell<TrainingCourse>,
}

impl Studio<'_> {
    /// One of two values: for quick figures, or for others.
    pub(super) fn choose<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Samples per batch of clusters.
    pub fn cluster_batch(&self) -> usize {
        self.choose(250, 500)
    }

    /// The letter's training run.
    pub(super) fn course(&self) -> Result<&TrainingCourse> {
        if let Some(course) = self.course.get() {
            return Ok(course);
        }
        let Some((data, training)) = &self.given else {
            let reason = "this figure shows given data, and there are none".to_owned();
            return Err(crate::Error::Range { name: "the figure", reason }.into());
        };
        let total = training.updates_in(training.epochs, data.len()) as f64;
        let course =
            TrainingCourse::run(data, training, &mut |updates| (self.progress)("training", updates as f64 / total))?;
        Ok(self.course.get_or_init(|| course))
    }
}
