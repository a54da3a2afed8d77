//! Trajectories of learning machines on the phase diagram, theory and simulation together.

use super::super::error::CliError;
use super::gallery::Gallery;
use super::outcomes::brief;
use crate::Prior;
use crate::cli::progress;
use crate::learning::Closure;
use crate::study::compare::{
    Assumptions, Design, Experiment, PlanePoint, Planted, Resolved, Runs, crossing, predicted_path, simulated_path,
};
use crate::study::figures::LearningPath;
use crate::study::figures::phase_diagram_with_learning;
use crate::study::letter::Claim;
use crate::theory::phase::{Family, PhaseDiagram};
use rayon::prelude::*;

const NAME: &str = "trajectory";
/// Standard deviations σ of the initial weights.
const STARTS: [f64; 3] = [0.4, 0.55, 0.7];
/// Ranges of 1/σ and w_max/σ that are shown.
const WINDOW: [(f64, f64); 2] = [(0.5, 2.75), (0.0, 4.0)];
/// Largest allowed difference between the crossing times of theory and simulation, relative to that time. A step is 5
/// to 7 % of it, and crossings are interpolated within a step.
const WITHIN: f64 = 0.05;
/// Columns of the CSV file.
const HEADER: [&str; 7] = ["sigma", "of", "time", "inv_sigma", "w_over_sigma", "outlier_over_sigma", "w"];

/// One mode learned from noise of three strengths, all starting in the paramagnet and crossing the line w = 1 into the
/// ferromagnet.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let quick = gallery.options.quick;
    let units = if quick { (240, 120) } else { (400, 200) };
    let kappa = units.1 as f64 / units.0 as f64;
    let seed = gallery.common.seed;
    let starts = STARTS.map(|sigma| Planted {
        units,
        amplitudes: vec![0.5],
        prior_u: Prior::Bernoulli,
        samples: gallery.cluster_samples(10_000, 20_000),
        sigma,
        seed,
    });
    let design = Design {
        batch_size: Some(gallery.cluster_batch()),
        learning_rate: Some(if quick { 0.002 } else { 0.001 }),
        updates: Some(if quick { 80 } else { 120 }),
        records: if quick { 40 } else { 80 },
        gibbs_steps: Some(10),
        runs: Runs::Simulated { count: Some(1), seed },
        ..Design::default()
    };
    // Reports what cannot be learned before anything is computed.
    let experiments = starts.iter().map(|start| start.experiment(design.clone())).collect::<Result<Vec<_>, _>>()?;
    let diagram = background(gallery, kappa)?;
    let bar = progress::updates(gallery.common, NAME, experiments.iter().map(Experiment::updates).sum());
    let courses =
        starts.par_iter().zip(&experiments).map(|(start, experiment)| courses(start, experiment, &|| bar.inc(1)));
    let courses = courses.collect::<Result<Vec<_>, CliError>>()?;
    let (mut paths, mut rows) = (Vec::new(), Vec::new());
    for (start, (theory, simulation)) in starts.iter().zip(&courses) {
        for (of, path) in [("theory", theory), ("simulation", simulation)] {
            rows.extend(path.iter().map(|point| row(start.sigma, of, point)));
        }
        gallery.claims.push(claim(start.sigma, theory, simulation));
        paths.push(LearningPath {
            theory: places(theory, |point| point.w_over_sigma),
            simulation: places(simulation, |point| point.w_over_sigma),
            outlier: places(simulation, |point| point.outlier),
        });
    }
    bar.finish_and_clear();
    gallery.destination.save(&phase_diagram_with_learning(&diagram, &paths)?, NAME)?;
    gallery.destination.write_csv(&format!("{NAME}.csv"), &HEADER, rows)
}

/// The paths of theory and simulation.
fn courses(
    start: &Planted,
    experiment: &Experiment,
    step: &dyn Fn(),
) -> Result<(Vec<PlanePoint>, Vec<PlanePoint>), CliError> {
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
fn background(gallery: &Gallery, kappa: f64) -> Result<PhaseDiagram, CliError> {
    let points = if gallery.options.quick { 81 } else { 201 };
    let axes = WINDOW.map(|(low, high)| -> Vec<f64> {
        (0..points).map(|n| low + (high - low) * f64::from(n) / f64::from(points - 1)).collect()
    });
    let family = Family::new(kappa, &[1.0], Prior::Bernoulli, Prior::Gaussian)?;
    let bar = progress::bar(gallery.common, NAME, PhaseDiagram::steps(&axes[0]));
    let diagram = PhaseDiagram::compute(&family, &axes[0], &axes[1], &|| bar.inc(1))?;
    bar.finish_and_clear();
    Ok(diagram)
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
    let holds = predicted.zip(found).is_some_and(|(a, b)| (a.time - b.time).abs() < WITHIN * a.time);
    let text = |point: Option<PlanePoint>| point.as_ref().map_or("no crossing".to_owned(), place);
    Claim::new(NAME, statement, format!("theory: {}", text(predicted)), text(found), Some(holds))
}
