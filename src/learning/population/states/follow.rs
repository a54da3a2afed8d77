//! States followed from one call to the next: where each is now, and which have appeared or vanished.

use super::relax::softest_modes;
use super::search::StateSearch;
use super::state::FoundState;
use crate::Result;
use crate::learning::population::point::Point;
use crate::learning::population::solver::{NEAR_BY, solve};
use crate::learning::response::{Change, StateChange};
use crate::learning::state::State;
use nalgebra::DMatrix;

/// State of the flow at the last call, and its move to this state.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    last: Option<State>,
    motion: Option<State>,
}

impl Course {
    /// Move of the flow from the last call to a state, along its move before and in units of it.
    pub fn to(&self, state: &State) -> f64 {
        let (Some(last), Some(motion)) = (&self.last, &self.motion) else { return 0.0 };
        let mut step = state.clone();
        step.add(-1.0, last);
        step.dot(motion) / motion.dot(motion)
    }

    /// Notes that the flow is at a state.
    pub fn moved(&mut self, state: &State) {
        if self.last.as_ref() == Some(state) {
            return;
        }
        if let Some(last) = self.last.replace(state.clone()) {
            let mut motion = state.clone();
            motion.add(-1.0, &last);
            self.motion = Some(motion);
        }
    }
}

impl StateSearch<'_> {
    /// A state of the last call as it is now, if it is still there.
    pub(super) fn followed(&self, known: &FoundState, moved: f64) -> Result<Option<FoundState>> {
        let start = (known.lambda.clone(), known.reaction.clone());
        let before = Point::at(self.factors, start.0.clone(), start.1.clone());
        if let Some(directions) = &known.directions {
            let Some(soft) = softest_modes(self.factors, &before)? else { return Ok(None) };
            let along = |f: &DMatrix<f64>| self.factors.visible.fields(&f.column(0).into_owned()).normalize();
            // Several directions rotate within their span.
            let turned = directions.ncols() == 1 && along(directions).dot(&along(&soft.directions)).powi(2) < 0.5;
            let goes_on = !turned && soft.first() < self.settings.goes_on * self.softest;
            return Ok(if goes_on { self.integral(&before, &soft, false) } else { None });
        }
        // Starts from the extrapolated motion, so that little is left to solve.
        let ahead = known.motion.as_ref().filter(|_| moved.abs() < self.settings.farthest);
        let ahead = ahead.map(|(lambda, reaction)| (&start.0 + lambda * moved, &start.1 + reaction * moved));
        let solved = |start| solve(self.factors, start, None, self.order.share(), self.settings.solved);
        let Some(state) = ahead.and_then(solved).or_else(|| solved(start)) else { return Ok(None) };
        if before.distance(&state.point) > NEAR_BY {
            return Ok(None);
        }
        let (mut softness, mut exact) = (None, true);
        if !state.fluctuations.stiffer_than(self.softest) {
            let Some(soft) = softest_modes(self.factors, &state.point)? else { return Ok(None) };
            let now = soft.first();
            softness = known.refused.filter(|before| now > self.settings.again * before);
            exact = now > self.very_soft();
            if softness.is_none() {
                match self.integral(&state.point, &soft, false) {
                    Some(integral) => return Ok(Some(integral)),
                    None => softness = Some(now),
                }
            }
        }
        let motion = if moved == 0.0 && known.motion.is_some() {
            known.motion.clone()
        } else {
            Some((&state.point.lambda - &known.lambda, &state.point.reaction - &known.reaction))
        };
        Ok(Some(FoundState { motion, refused: softness, ..self.gaussian(state, known.naive.clone(), exact) }))
    }
}

/// The states that have vanished and, except at first, those that have appeared.
pub(super) fn changes(before: &[FoundState], now: &[FoundState], size: f64) -> Vec<StateChange> {
    let noted = |change: Change| {
        move |state: &FoundState| StateChange {
            change,
            modes_condensed: Vec::new(),
            free_energy: -state.log_weight / size,
        }
    };
    // States move from call to call, but each remains the nearest to where it was.
    let vanished = nearest_missing(before, now).into_iter().map(noted(Change::Vanished));
    let appeared = if before.is_empty() { Vec::new() } else { nearest_missing(now, before) };
    vanished.chain(appeared.into_iter().map(noted(Change::Appeared))).collect()
}

/// Those of `states` that are not the nearest to any of `others`. Each of `others` continues its nearest state, or is continued
/// by it.
fn nearest_missing<'a>(states: &'a [FoundState], others: &[FoundState]) -> Vec<&'a FoundState> {
    let nearest = |other: &FoundState| {
        let distance = |state: &FoundState| {
            let path = std::iter::once(&state.lambda).chain(state.along.points());
            path.map(|lambda| (lambda - &other.lambda).norm()).fold(f64::INFINITY, f64::min)
        };
        (0..states.len()).min_by(|&a, &b| distance(&states[a]).total_cmp(&distance(&states[b])))
    };
    let reached: Vec<usize> = others.iter().filter_map(nearest).collect();
    states.iter().enumerate().filter(|(index, _)| !reached.contains(index)).map(|(_, state)| state).collect()
}
