//! `phase-diagram`: map and boundaries of a family of ensembles.

use super::destination::Destination;
use super::error::CliError;
use super::options::{AxisRange, Common, PriorOptions};
use super::report::number;
use super::{progress, report};
use crate::io::Table;
use crate::io::number::exact;
use crate::study::drawing::phase_diagram;
use crate::study::tables;
use crate::theory::phase::{self, Boundary, Family, Phase, PhaseDiagram, PointStatus};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Folder used without --out.
pub(super) const DEFAULT_FOLDER: &str = "results/phase-diagram";
/// Largest grid, in points per axis: sixteen million points, about a gigabyte.
const MAX_GRID: usize = 4001;

/// Phase diagram in the plane (1/sigma, w_max/sigma): figure, map and boundaries.
///
/// Writes phase-diagram.png and .svg, phase-map.csv (the dominant state at every point of the grid), boundaries.csv (each
/// point a root found to 1e-10, with its bracket and status) and run.toml.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm phase-diagram
  spectral-rbm phase-diagram --prior bernoulli --modes-ratio 1,0.9,0.8 --out results/three-modes
  spectral-rbm phase-diagram --prior-u laplace --prior-v gaussian --kappa 0.5 --inv-sigma 0.4:1.6")]
#[serde(deny_unknown_fields)]
pub(super) struct PhaseDiagramOptions {
    #[command(flatten)]
    #[serde(flatten)]
    priors: PriorOptions,
    /// Hidden over visible units, N_h/N_v
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    kappa: f64,
    /// The modes' w relative to the largest, the first being 1
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, default_value = "1", value_name = "R,...")]
    modes_ratio: Vec<f64>,
    /// Points of the map on each axis
    #[arg(long, default_value_t = 201, value_name = "N", allow_negative_numbers = true)]
    grid: usize,
    /// Range of 1/sigma
    #[arg(long, default_value = "0:2", value_name = "LOW:HIGH")]
    inv_sigma: AxisRange,
    /// Range of w_max/sigma
    #[arg(long, default_value = "0:2", value_name = "LOW:HIGH")]
    w_over_sigma: AxisRange,
}

#[derive(Serialize)]
struct PhaseDiagramReport<'a> {
    kappa: f64,
    modes_ratio: &'a [f64],
    prior_u: &'a str,
    prior_v: &'a str,
    grid: usize,
    phases: Vec<Share>,
    boundaries: Vec<BoundaryRow>,
    /// (1/σ, w/σ) of the points without a stable state; their rows of the map have no numbers.
    left_out: Vec<[f64; 2]>,
    files: Vec<PathBuf>,
}

#[derive(Serialize)]
struct Share {
    phase: Phase,
    points: usize,
}

#[derive(Serialize)]
struct BoundaryRow {
    curve: String,
    points: usize,
    not_converged: usize,
    from: [f64; 2],
    to: [f64; 2],
}

impl PhaseDiagramOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        let (prior_u, prior_v) = self.priors.resolve();
        let family = Family::new(self.kappa, &self.modes_ratio, prior_u, prior_v)?;
        if !(2..=MAX_GRID).contains(&self.grid) {
            let message = format!("--grid is {}: choose between 2 and {MAX_GRID} points on each axis", self.grid);
            return Err(CliError::Input(message));
        }
        let (x, y) = (self.inv_sigma.points(self.grid), self.w_over_sigma.points(self.grid));
        phase::check_axes(&family, &x, &y)?;
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let bar = progress::bar(common, "phase diagram", PhaseDiagram::steps(&x));
        let diagram = PhaseDiagram::compute(&family, &x, &y, &|| bar.inc(1))?;
        bar.finish_and_clear();

        destination.save("phase-diagram", &phase_diagram(&diagram)?)?;
        write_map(&mut destination, &diagram)?;
        destination.table("boundaries.csv", &tables::boundaries(&diagram.boundaries))?;
        destination.write_run(common, "phase-diagram", &self)?;
        let summary = PhaseDiagramReport::new(&diagram, self.grid, &destination);
        report::show(common, &summary, || summary.table() + "\n" + &destination.summary());
        match summary.left_out.len() {
            0 => Ok(()),
            points => Err(CliError::Failed(format!("no stable state was found at {points} points of the map"))),
        }
    }
}

fn write_map(destination: &mut Destination, diagram: &PhaseDiagram) -> Result<(), CliError> {
    let header = ["inv_sigma", "w_over_sigma", "phase", "q", "q_bar", "m", "m_bar", "at_number", "stable_fixed_points"];
    let rows = diagram.points.iter().map(|point| {
        let mut row = vec![exact(point.inv_sigma), exact(point.w_over_sigma), point.phase.to_string()];
        row.extend([point.q, point.q_bar, point.m, point.m_bar, point.at_number].map(exact));
        row.push(point.stable_fixed_points.to_string());
        row
    });
    destination.table("phase-map.csv", &Table::new(header, rows))
}

impl<'a> PhaseDiagramReport<'a> {
    fn new(diagram: &'a PhaseDiagram, grid: usize, destination: &Destination) -> Self {
        let all = [Phase::Paramagnetic, Phase::Ferromagnetic, Phase::SpinGlass, Phase::Mixed, Phase::Unconverged];
        let count = |phase| diagram.points.iter().filter(|point| point.phase == phase).count();
        let family = &diagram.family;
        Self {
            kappa: family.kappa(),
            modes_ratio: family.modes_ratio(),
            prior_u: family.prior_u().name(),
            prior_v: family.prior_v().name(),
            grid,
            phases: all.into_iter().map(|phase| Share { phase, points: count(phase) }).collect(),
            boundaries: diagram.boundaries.iter().filter_map(BoundaryRow::new).collect(),
            left_out: diagram
                .points
                .iter()
                .filter(|point| point.phase == Phase::Unconverged)
                .map(|point| [point.inv_sigma, point.w_over_sigma])
                .collect(),
            files: destination.written().to_vec(),
        }
    }

    fn table(&self) -> String {
        let ratios: Vec<String> = self.modes_ratio.iter().map(|&ratio| report::plain(ratio)).collect();
        let mut text = format!(
            "kappa {}, modes {}, u {}, v {}; {} x {} points\n\n",
            report::plain(self.kappa),
            ratios.join(" "),
            self.prior_u,
            self.prior_v,
            self.grid,
            self.grid
        );
        let total = self.phases.iter().map(|share| share.points).sum::<usize>() as f64;
        let shares = self.phases.iter().filter(|share| share.points > 0);
        text += &report::table(
            &["phase", "points", "share"],
            shares.map(|s| {
                vec![s.phase.to_string(), s.points.to_string(), format!("{:.1} %", 100.0 * s.points as f64 / total)]
            }),
        );
        let end = |point: [f64; 2]| format!("({}, {})", number(point[0]), number(point[1]));
        if let Some(&first) = self.left_out.first() {
            let count = self.left_out.len();
            text += &format!(
                "left out of the map: {count} points, where no stable state was found, the first at {} (all are in the JSON, and \
                 'unconverged' in phase-map.csv)\n",
                end(first)
            );
        }
        text += "\n";
        text += &report::table(
            &["boundary", "points", "not converged", "from (1/sigma, w/sigma)", "to"],
            self.boundaries.iter().map(|piece| {
                let (points, open) = (piece.points.to_string(), piece.not_converged.to_string());
                vec![piece.curve.clone(), points, open, end(piece.from), end(piece.to)]
            }),
        );
        text
    }
}

impl BoundaryRow {
    fn new(boundary: &Boundary) -> Option<Self> {
        let (first, last) = (boundary.points.first()?, boundary.points.last()?);
        Some(Self {
            curve: boundary.curve.to_string(),
            points: boundary.points.len(),
            not_converged: boundary.points.iter().filter(|point| point.status == PointStatus::Unconverged).count(),
            from: [first.inv_sigma, first.w_over_sigma],
            to: [last.inv_sigma, last.w_over_sigma],
        })
    }
}
