//! What `inspect` prints and writes about a machine.

use super::data::DataReport;
use super::destination::Destination;
use super::error::CliError;
use super::report;
use super::report::number;
use crate::io::Table;
use crate::io::number::exact;
use crate::study::inspect::{
    ComponentLaw, DataStates, FollowedMode, Outlier, Position, Reading, States, TrainingPath, Waypoint,
};
use crate::theory::saddle::FixedPoint;
use crate::theory::spectrum::{BulkFit, Standing};
use serde::Serialize;
use std::path::PathBuf;

/// Files written only with `--update all`.
pub(super) const TRAJECTORY_FILES: [&str; 4] = ["trajectory.csv", "modes.csv", "trajectory.png", "trajectory.svg"];
/// Number of outliers and fixed points shown in a table.
const OUTLIERS_SHOWN: usize = 20;

/// The result, as printed and written.
#[derive(Serialize)]
pub(super) struct InspectReport<'a> {
    model: Model,
    singular_values: &'a [f64],
    bulk: &'a BulkFit,
    outliers: &'a [Outlier],
    position: &'a Option<Position>,
    fixed_points: Vec<&'a FixedPoint>,
    modes_in_fixed_points: usize,
    /// The σ and strengths assumed for the fixed points, where they are not known.
    fixed_points_note: Option<&'static str>,
    search: SearchCount,
    data: &'a Option<DataStates>,
    /// The data whose states are listed, if given.
    pub data_set: Option<DataReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trajectory: Option<Way<'a>>,
}

#[derive(Clone, Serialize)]
pub(super) struct Model {
    pub file: Option<PathBuf>,
    pub model_type: Option<String>,
    pub update: Option<u64>,
    pub visible: usize,
    pub hidden: usize,
    pub kappa: f64,
    /// Assumptions made in reading the model.
    pub notes: Vec<String>,
}

#[derive(Serialize)]
struct SearchCount {
    starts: usize,
    found: usize,
    unconverged: usize,
}

#[derive(Serialize)]
struct Way<'a> {
    steps: &'a [Waypoint],
    modes: &'a [FollowedMode],
}

/// Writes `trajectory.csv` and `modes.csv`; unknown values are NaN.
pub(super) fn write_trajectory(destination: &mut Destination, trajectory: &TrainingPath) -> Result<(), CliError> {
    let or_nan = |value: Option<f64>| exact(value.unwrap_or(f64::NAN));
    let header = [
        "update",
        "time",
        "sigma",
        "sigma_error",
        "edge",
        "ks_distance",
        "outliers",
        "inv_sigma",
        "inv_sigma_error",
        "w_over_sigma",
        "w_over_sigma_error",
        "phase",
        "note",
    ];
    let rows = trajectory.steps.iter().map(|step| {
        let (bulk, position) = (&step.bulk, &step.position);
        let mut row = vec![step.update.to_string()];
        row.extend([step.time, bulk.sigma, bulk.sigma_error, bulk.edge, bulk.ks_distance].map(exact));
        row.push(bulk.outliers.to_string());
        row.push(or_nan(position.map(|position| position.inv_sigma)));
        row.push(or_nan(position.map(|position| position.inv_sigma_error)));
        row.push(or_nan(position.and_then(|position| position.w_over_sigma)));
        row.push(or_nan(position.and_then(|position| position.w_over_sigma_error)));
        row.push(position.map_or("unknown".to_owned(), |position| position.phase.to_string()));
        row.push(bulk.note.clone().unwrap_or_default());
        row
    });
    destination.table("trajectory.csv", &Table::new(header, rows))?;
    let header = [
        "update",
        "mode",
        "rank",
        "observed",
        "overlap",
        "planted",
        "planted_error",
        "kurtosis_u",
        "kurtosis_v",
        "prior_u",
        "prior_v",
        "eta",
        "theta",
    ];
    let rows = trajectory.modes.iter().flat_map(|mode| {
        mode.course.iter().map(move |passage| {
            let outlier = passage.outlier.as_ref();
            let value = |of: fn(&Outlier) -> f64| exact(outlier.map_or(f64::NAN, of));
            let mut row = vec![trajectory.steps[passage.step].update.to_string(), mode.mode.to_string()];
            row.extend([passage.rank.to_string(), exact(passage.observed), exact(passage.overlap)]);
            row.push(or_nan(outlier.and_then(|outlier| outlier.planted)));
            row.push(or_nan(outlier.and_then(|outlier| outlier.planted_error)));
            row.extend([value(|outlier| outlier.kurtosis_u), value(|outlier| outlier.kurtosis_v)]);
            row.extend(["u", "v"].map(|side| {
                let law = outlier.map(|outlier| if side == "u" { outlier.prior_u } else { outlier.prior_v });
                law.map_or("bulk", |law| law.name()).to_owned()
            }));
            row.extend([value(|outlier| outlier.eta), value(|outlier| outlier.theta)]);
            row
        })
    });
    destination.table("modes.csv", &Table::new(header, rows))
}

impl<'a> InspectReport<'a> {
    pub fn new(model: Model, reading: &'a Reading, states: &'a States, trajectory: Option<&'a TrainingPath>) -> Self {
        let found = &states.found;
        Self {
            model,
            singular_values: &reading.modes.singular_values,
            bulk: &reading.bulk,
            outliers: &reading.outliers,
            position: &states.position,
            fixed_points: found.points.iter().filter(|point| point.stable).collect(),
            fixed_points_note: fixed_points_note(&reading.bulk),
            modes_in_fixed_points: states.ensemble.modes().len().min(reading.outliers.len()),
            search: SearchCount { starts: found.starts, found: found.points.len(), unconverged: found.unconverged },
            data: &states.data,
            data_set: None,
            trajectory: trajectory.map(|way| Way { steps: &way.steps, modes: &way.modes }),
        }
    }

    pub fn text(&self) -> String {
        let (model, bulk, position) = (&self.model, self.bulk, self.position);
        let mut text = report::model_notes(&model.notes);
        text += &report::bulk((model.visible, model.hidden), model.update, bulk);
        text += &match position {
            None => "position: not claimed, nor a phase: the bulk is not the ensemble's noise\n".to_owned(),
            Some(Position { inv_sigma, inv_sigma_error, w_over_sigma, w_over_sigma_error, phase }) => {
                let strongest = w_over_sigma.map_or("-".to_owned(), |ratio| with_error(ratio, *w_over_sigma_error));
                let noise = with_error(*inv_sigma, Some(*inv_sigma_error));
                format!("position: 1/sigma {noise}, w_max/sigma {strongest}: {phase}\n")
            }
        };
        text += &self.outlier_table();
        text += &self.state_table();
        if let Some(way) = &self.trajectory {
            text += &format!("\n{} checkpoints, {} modes emerged:\n\n", way.steps.len(), way.modes.len());
            let row = |mode: &FollowedMode| {
                let rank = mode.last_rank.map_or("lost".to_owned(), |rank| rank.to_string());
                vec![mode.mode.to_string(), mode.emerged.to_string(), rank]
            };
            text += &report::table(
                &["mode", "emerged at update", "rank at the end"],
                way.modes.iter().take(OUTLIERS_SHOWN).map(row),
            );
        }
        text + "\n"
    }

    fn outlier_table(&self) -> String {
        let count = self.outliers.len();
        let mut text = report::outliers(self.bulk, count);
        if count == 0 {
            return text + "\n";
        }
        text += &if count > OUTLIERS_SHOWN { format!(", the first {OUTLIERS_SHOWN}:\n\n") } else { ":\n\n".to_owned() };
        let rows = self.outliers.iter().take(OUTLIERS_SHOWN).map(|outlier| {
            let (planted, error) = (outlier.planted, outlier.planted_error);
            let mark = if outlier.near_threshold { " (near the threshold)" } else { "" };
            vec![
                outlier.rank.to_string(),
                number(outlier.observed),
                planted.map_or("-".to_owned(), |w| with_error(w, error) + mark),
                format!("{:.3}", outlier.kurtosis_u),
                format!("{:.3}", outlier.kurtosis_v),
                law(outlier.prior_u),
                law(outlier.prior_v),
                format!("{:.3}", outlier.eta),
                format!("{:.3}", outlier.theta),
            ]
        });
        let header = ["rank", "observed", "planted", "kurtosis u", "kurtosis v", "law u", "law v", "eta", "theta"];
        text += &report::table(&header, rows);
        if self.outliers.iter().any(|outlier| outlier.prior_u == ComponentLaw::Unclaimed) {
            text += "no law is claimed of components whose noise is not known: the bulk's note says why\n";
        }
        text
    }

    fn state_table(&self) -> String {
        let mut text = format!(
            "\n{} stable fixed points of {} of the {} modes (--modes), with the machine's components and fields",
            self.fixed_points.len(),
            self.modes_in_fixed_points,
            self.outliers.len()
        );
        text += &self.fixed_points_note.map_or(String::new(), |note| format!(", {note}"));
        text += &if self.fixed_points.len() > OUTLIERS_SHOWN {
            format!(", the first {OUTLIERS_SHOWN}:\n\n")
        } else {
            ":\n\n".to_owned()
        };
        let list =
            |values: &nalgebra::DVector<f64>| values.iter().map(|&value| rounded(value)).collect::<Vec<_>>().join(" ");
        let rows = self.fixed_points.iter().take(OUTLIERS_SHOWN).enumerate().map(|(index, point)| {
            vec![
                (index + 1).to_string(),
                list(&point.magnetization),
                list(&point.magnetization_bar),
                format!("{:.4}", point.overlap),
                format!("{:.4}", point.overlap_bar),
                number(point.free_energy),
                format!("{:.4}", point.spectral_radius),
                format!("{:.4}", point.at_number),
                point.weight.map_or("-".to_owned(), |weight| format!("{weight:.2e}")),
                self.data.as_ref().map_or("-".to_owned(), |data| format!("{:.3}", data.shares[index])),
            ]
        });
        let header =
            ["state", "m", "m_bar", "q", "q_bar", "free energy", "radius", "AT number", "weight", "share of data"];
        text += &report::table(&header, rows);
        if let Some(data) = self.data {
            text += &format!(
                "of {} samples, {:.3} ended in unstable points, and {} led to no solution\n",
                data.samples, data.at_unstable, data.unconverged
            );
        }
        text
    }
}

/// The σ and strengths assumed for the fixed points, where they are not known.
fn fixed_points_note(bulk: &BulkFit) -> Option<&'static str> {
    match bulk.standing {
        Standing::Noise => None,
        Standing::Absent if bulk.law.is_none() => Some("without noise, at the singular values for strengths"),
        _ => Some("with sigma and strengths as if the bulk were noise, which it is not"),
    }
}

/// A law in a table.
fn law(law: ComponentLaw) -> String {
    if law == ComponentLaw::Unclaimed { "-".to_owned() } else { law.name().to_owned() }
}

/// Four decimals, without a minus sign for zero.
fn rounded(value: f64) -> String {
    format!("{:.4}", (value * 1e4).round() / 1e4 + 0.0)
}

/// A value to two digits of its error.
fn with_error(value: f64, error: Option<f64>) -> String {
    let Some(error) = error.filter(|error| *error > 0.0) else { return number(value) };
    let decimals = (1 - error.log10().floor() as i32).clamp(0, 12) as usize;
    format!("{value:.decimals$} ± {error:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_two_digits_of_their_error() {
        assert_eq!(with_error(0.006_733_3, Some(0.000_102)), "0.00673 ± 0.00010");
        assert_eq!(with_error(2.383_2, Some(0.0171)), "2.383 ± 0.017");
        assert_eq!((rounded(-1e-9), rounded(-0.123_46)), ("0.0000".to_owned(), "-0.1235".to_owned()));
    }
}
