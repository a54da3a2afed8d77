//! Trajectories of learning machines on the phase diagram, theory and simulation together.

use super::claim::Claim;
use super::made::Made;
use super::outcomes::{ClusterFigure, brief};
use super::phase_diagrams::steps;
use super::studio::Studio;
use crate::Prior;
use crate::io::Table;
use crate::learning::Closure;
use crate::plot::{Color, Figure, LineStyle, Marker, MarkerStyle, Scale};
use crate::study::compare::{
    Assumptions, Experiment, PlanePoint, Planted, Resolved, crossing, predicted_path, simulated_path,
};
use crate::study::drawing::panel;
use crate::study::error::Result;
use crate::theory::phase::{Family, PhaseDiagram};
use rayon::prelude::*;

/// Name of the figure and of its files.
pub(super) const NAME: &str = "trajectory";
/// Standard deviations σ of the initial weights.
const STARTS: [f64; 3] = [0.4, 0.55, 0.7];
/// Ranges of 1/σ and w_max/σ that are shown.
const DIAGRAM_WINDOW: [(f64, f64); 2] = [(0.5, 2.75), (0.0, 4.0)];
/// Largest allowed difference between the crossing times of theory and simulation, relative to that time. A step is 5
/// to 7 % of it, and crossings are interpolated within a step.
const CROSSING_WITHIN: f64 = 0.05;
/// Columns of the table.
const PATH_COLUMNS: [&str; 7] = ["sigma", "of", "time", "inv_sigma", "w_over_sigma", "outlier_over_sigma", "w"];

/// One mode learned from noise of three strengths, all starting in the paramagnet and crossing the line w = 1 into the
/// ferromagnet.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let units = studio.choose((240, 120), (400, 200));
    let problem = |sigma: f64| ClusterFigure {
        units,
        amplitudes: vec![0.5],
        samples: studio.choose(10_000, 20_000),
        sigma,
        learning_rate: studio.choose(0.002, 0.001),
        updates: studio.choose(80, 120),
        records: studio.choose(40, 80),
        runs: 1,
    };
    // Reports what cannot be learned before anything is computed.
    let starts = STARTS.iter().map(|&sigma| problem(sigma).experiment(studio)).collect::<Result<Vec<_>>>()?;
    let diagram = background(studio, units.1 as f64 / units.0 as f64)?;
    let step = steps(studio, NAME, starts.iter().map(|(_, experiment)| experiment.updates() as usize).sum());
    let courses = starts.par_iter().map(|(planted, experiment)| courses(planted, experiment, &step));
    let courses = courses.collect::<Result<Vec<_>>>()?;
    let (mut made, mut paths, mut rows) = (Made::default(), Vec::new(), Vec::new());
    for (sigma, (theory, simulation)) in STARTS.into_iter().zip(&courses) {
        for (of, path) in [("theory", theory), ("simulation", simulation)] {
            rows.extend(path.iter().map(|point| row(sigma, of, point)));
        }
        made.claims.push(claim(sigma, theory, simulation));
        paths.push(LearningPath {
            theory: places(theory, |point| point.w_over_sigma),
            simulation: places(simulation, |point| point.w_over_sigma),
            outlier: places(simulation, |point| point.outlier),
        });
    }
    made.draw(NAME, on_diagram(&diagram, &paths)?);
    made.table(NAME, Table::new(PATH_COLUMNS, rows));
    Ok(made)
}

/// The paths of theory and simulation.
fn courses(start: &Planted, experiment: &Experiment, step: &dyn Fn()) -> Result<(Vec<PlanePoint>, Vec<PlanePoint>)> {
    let kappa = start.units.1 as f64 / start.units.0 as f64;
    let simulation = simulated_path(&experiment.simulate(&mut |_| step())?.0[0], kappa);
    // All sites, since these starts differ in their noise.
    let assumed = Assumptions { resolved: Some(Resolved::Sites), ..Assumptions::default() };
    let prediction = experiment.predict(&experiment.setup(Closure::Population, &assumed), &mut |_| ())?.course;
    let strengths: Vec<f64> = prediction.observations.iter().map(|seen| seen.singular_values[0]).collect();
    Ok((predicted_path(&prediction, &start.noise(experiment, &strengths)?, kappa), simulation))
}

/// The phase diagram of one mode along the data's ±1 direction, with Gaussian hidden components as in the initial
/// noise.
fn background(studio: &Studio<'_>, kappa: f64) -> Result<PhaseDiagram> {
    let points = studio.choose(81, 201);
    let axes = DIAGRAM_WINDOW.map(|(low, high)| -> Vec<f64> {
        (0..points).map(|n| low + (high - low) * f64::from(n) / f64::from(points - 1)).collect()
    });
    let family = Family::new(kappa, &[1.0], Prior::Bernoulli, Prior::Gaussian)?;
    let step = steps(studio, NAME, PhaseDiagram::steps(&axes[0]));
    Ok(PhaseDiagram::compute(&family, &axes[0], &axes[1], &step)?)
}

fn places(path: &[PlanePoint], of: fn(&PlanePoint) -> f64) -> Vec<(f64, f64)> {
    path.iter().map(|point| (point.inv_sigma, of(point))).collect()
}

fn row(sigma: f64, of: &str, point: &PlanePoint) -> Vec<String> {
    let w = point.w_over_sigma / point.inv_sigma;
    let numbers = [point.time, point.inv_sigma, point.w_over_sigma, point.outlier, w];
    // Unknown values are left empty.
    let number = |value: f64| if value.is_finite() { brief(value) } else { String::new() };
    [brief(sigma), of.to_owned()].into_iter().chain(numbers.map(number)).collect()
}

/// The claim about the places where both cross the line.
fn claim(sigma: f64, theory: &[PlanePoint], simulation: &[PlanePoint]) -> Claim {
    let statement = format!("from σ = {sigma} the machine crosses from paramagnet to ferromagnet, w = 1");
    let place = |point: &PlanePoint| format!("t = {:.4}, 1/σ = {:.3}", point.time, point.inv_sigma);
    let (predicted, found) = (crossing(theory), crossing(simulation));
    let holds = predicted.zip(found).is_some_and(|(a, b)| (a.time - b.time).abs() < CROSSING_WITHIN * a.time);
    let text = |point: Option<PlanePoint>| point.as_ref().map_or("no crossing".to_owned(), place);
    Claim::new(NAME, statement, format!("theory: {}", text(predicted)), text(found), Some(holds))
}

/// The path of one machine over the phase diagram while it learns: points (1/σ, w_max/σ) in the order of time.
struct LearningPath {
    /// From the theory.
    theory: Vec<(f64, f64)>,
    /// From the simulation.
    simulation: Vec<(f64, f64)>,
    /// From the spectrum of the simulated machine alone; NaN where it gives no value.
    outlier: Vec<(f64, f64)>,
}

/// A phase diagram with the paths of learning machines: theories as lines, simulations as points (the first is marked), readings
/// of the spectrum as crosses. Points outside the diagram are not shown.
fn on_diagram(diagram: &PhaseDiagram, paths: &[LearningPath]) -> Result<Figure> {
    let mut panel = panel(diagram, Scale::Linear)?;
    let apart = |points: &[(f64, f64)]| -> (Vec<f64>, Vec<f64>) { points.iter().copied().unzip() };
    for path in paths {
        let (xs, ys) = apart(&path.theory);
        panel.line(&xs, &ys, LineStyle::solid(Color::White).width(2.6));
        panel.line(&xs, &ys, LineStyle::solid(Color::Rgb(160, 0, 0)).width(1.4)).label("theory");
    }
    for path in paths {
        let drawn = [
            (&path.simulation[..], Marker::OpenCircle, 3.2, "simulation"),
            (&path.outlier[..], Marker::Cross, 2.6, "simulation, from its outlier"),
            (&path.simulation[..path.simulation.len().min(1)], Marker::Square, 4.5, "start"),
        ];
        for (points, marker, size, label) in drawn {
            let (xs, ys) = apart(points);
            panel.points(&xs, &ys, MarkerStyle::new(marker, Color::Black).size(size)).label(label);
        }
    }
    Ok(Figure::single_column(panel).aspect(0.9))
}
