//! Simulations and theories seen through one view.

use super::chains::{ChainProbe, probed};
use super::view::{Course, View};
use crate::error::{Error, Result};
use crate::learning::{Layers, Plan, Prepared, Reliability, ReliabilityLog, State, Unreliable, follow_states};
use crate::simulator::machine::{Machine, Trainer};
use crate::simulator::run::{self, Learner};
use nalgebra::DMatrix;

/// Trains to the end of a schedule of updates and observes the machine after each of them. `weights` reads W from the learner;
/// `step` gets the number of updates after every update.
///
/// # Errors
/// Those of training and of the view.
pub fn simulate<L: Learner>(
    learner: &mut L,
    weights: impl Fn(&L) -> DMatrix<f64>,
    view: &View,
    schedule: &[u64],
    step: &mut dyn FnMut(u64),
) -> run::Result<Course> {
    let mut course = Course::default();
    let mut look = |learner: &L| -> run::Result<()> {
        course.observations.push(view.observe_with_bulk(learner.time(), &weights(learner))?);
        Ok(())
    };
    through(learner, schedule, step, &mut look)?;
    Ok(course)
}

/// Same for a trainer that samples; its chains are probed too, at some of the records ([`probed`]).
///
/// # Errors
/// As [`simulate`].
pub fn simulate_probed(
    trainer: &mut Trainer<'_>,
    view: &View,
    schedule: &[u64],
    step: &mut dyn FnMut(u64),
) -> run::Result<(Course, Vec<ChainProbe>)> {
    let (mut course, mut probes, chosen) = (Course::default(), Vec::new(), probed(schedule));
    let mut look = |trainer: &Trainer<'_>| -> run::Result<()> {
        course.observations.push(view.observe_with_bulk(trainer.time(), &trainer.machine().weight_matrix())?);
        if chosen.contains(&trainer.updates()) {
            probes.extend(ChainProbe::of(trainer, view)?);
        }
        Ok(())
    };
    through(trainer, schedule, step, &mut look)?;
    Ok((course, probes))
}

/// Trains to each update of a schedule, and observes.
fn through<L: Learner>(
    learner: &mut L,
    schedule: &[u64],
    step: &mut dyn FnMut(u64),
    look: &mut dyn FnMut(&L) -> run::Result<()>,
) -> run::Result<()> {
    for &wanted in schedule {
        while learner.updates() < wanted {
            learner.update()?;
            step(learner.updates());
        }
        look(learner)?;
    }
    Ok(())
}

/// The course of a recorded run, from its machines and their times.
///
/// # Errors
/// Those of the view.
pub fn replay(view: &View, machines: impl IntoIterator<Item = (f64, Machine)>) -> Result<Course> {
    let seen = |(time, machine): (f64, Machine)| view.observe_with_bulk(time, &machine.weight_matrix());
    Ok(Course { observations: machines.into_iter().map(seen).collect::<Result<_>>()? })
}

/// What a theory predicts, as far as it gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The machine at the times of the plan, up to where the theory ended.
    pub course: Course,
    /// Why it ended early, if it did.
    pub ended: Option<Ended>,
    /// For the population closure: how often its states were known only approximately.
    pub reliability: Option<Reliability>,
    /// When its states began to be approximate too often.
    pub unreliable: Option<Unreliable>,
}

/// The end of a theory.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// The last time of the plan that the theory reached; `None` if it did not reach even the start.
    pub time: Option<f64>,
    /// What stopped it.
    pub error: Error,
}

/// Follows a theory through the times of a plan. A theory that diverges or cannot be solved on the way is not an error: it has
/// ended. `progress` gets each time that is reached, including those between the plan's.
///
/// # Errors
/// Those of the view; [`Error::Range`] for an invalid plan.
pub fn predict(prepared: &Prepared, plan: &Plan, view: &View, progress: &mut dyn FnMut(f64)) -> Result<Prediction> {
    let layers = prepared.flow.layers();
    let (mut course, mut log) = (Course::default(), ReliabilityLog::default());
    let mut visit = |time: f64, state: &State| {
        log.note(time, prepared.flow.reliability());
        course.observations.push(view.observe(time, &on_units(layers, state))?);
        Ok(())
    };
    let outcome = follow_states(&prepared.flow, &prepared.start, plan, &mut visit, progress);
    let ended = match outcome {
        Ok(_) => None,
        Err(error @ (Error::Divergent | Error::Step { .. } | Error::Unsolved { .. } | Error::NotFinite { .. })) => {
            Some(Ended { time: course.observations.last().map(|last| last.time), error })
        }
        Err(error) => return Err(error),
    };
    Ok(Prediction { course, ended, reliability: prepared.flow.reliability(), unreliable: log.unreliable() })
}

/// `W = B Y V_0ᵀ` on the units.
fn on_units(layers: &Layers, state: &State) -> DMatrix<f64> {
    match &layers.hidden_basis {
        // (V_0 Yᵀ)ᵀ first: Y has far fewer rows than W.
        Some(hidden) => layers.expand_columns(&(&state.weights * hidden.transpose())),
        None => layers.expand_columns(&state.weights),
    }
}
