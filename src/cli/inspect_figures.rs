//! Figures of a trained machine.

use super::destination::Destination;
use super::error::CliError;
use super::figures::bulk_title;
use crate::Prior;
use crate::plot::{self, Scale};
use crate::study::figures::{
    Bulk, ComponentHistogram, LawCurve, ModeCourse, SpectrumHistogram, component_histograms, phase_diagram_with_path,
};
use crate::study::figures::{modes_against_update, spectrum_histogram};
use crate::study::inspect::{Law, Reading, Seen, States, Trajectory};
use crate::theory::phase::{Family, PhaseDiagram};
use crate::theory::spectrum::BulkFit;

/// Files with the components.
pub(super) const COMPONENT_FILES: [&str; 2] = ["components.png", "components.svg"];
/// Files with the place on the phase diagram.
pub(super) const PLACE_FILES: [&str; 2] = ["phase-diagram.png", "phase-diagram.svg"];
/// Modes whose components are drawn, two modes per row: u and v.
const COMPONENT_MODES: usize = 4;
/// Number of modes drawn as images.
const IMAGES: usize = 20;
/// Images per row.
const COLUMNS: usize = 10;
/// The laws in the order of [`Prior::NAMED`].
const NAMES: [&str; 4] = ["Gaussian", "uniform", "Bernoulli", "Laplace"];
/// Points of the phase diagram on each axis.
const GRID: usize = 101;
/// Smallest and largest upper end of an axis.
const RANGE: (f64, f64) = (2.0, 1000.0);
/// Largest upper end of a linear axis; longer axes are logarithmic.
const LONGEST: f64 = 4.0;
/// Start of a logarithmic axis.
const FIRST: f64 = 0.1;

/// Draws the histogram of the spectrum, the components, the place on the phase diagram, and modes as images.
pub(super) fn all(
    destination: &mut Destination,
    reading: &Reading,
    states: &States,
    trajectory: Option<&Trajectory>,
    shape: Option<(usize, usize)>,
) -> Result<(), CliError> {
    histogram(destination, reading)?;
    components(destination, reading)?;
    place(destination, reading, states, trajectory)?;
    if let Some(trajectory) = trajectory {
        against_update(destination, trajectory)?;
    }
    if let Some(shape) = shape {
        let columns: Vec<Vec<f64>> =
            reading.modes.u.column_iter().take(IMAGES).map(|u| u.iter().copied().collect()).collect();
        let drawn = plot::modes_as_images(&columns, &reading.modes.singular_values, shape, COLUMNS)?;
        destination.save(&drawn, "modes")?;
    }
    Ok(())
}

/// Draws strengths and kurtosis of the followed modes. If the bulk is the ensemble's noise, with planted strengths and
/// σ; otherwise with singular values and without σ.
fn against_update(destination: &mut Destination, trajectory: &Trajectory) -> Result<(), CliError> {
    let updates: Vec<f64> = trajectory.steps.iter().map(|step| step.update as f64).collect();
    let known = |bulk: &BulkFit| if bulk.is_noise() { bulk.sigma } else { f64::NAN };
    let sigmas: Vec<f64> = trajectory.steps.iter().map(|step| known(&step.bulk)).collect();
    let mut modes = Vec::new();
    for mode in &trajectory.modes {
        let (mut strengths, mut kurtosis) = (vec![f64::NAN; updates.len()], vec![f64::NAN; updates.len()]);
        for passage in &mode.course {
            if let Some(outlier) = &passage.outlier {
                strengths[passage.step] = outlier.planted.unwrap_or(outlier.observed);
                kurtosis[passage.step] = outlier.kurtosis_u;
            }
        }
        modes.push(ModeCourse { strengths, kurtosis });
    }
    destination.save(&modes_against_update(&updates, &sigmas, &modes)?, "trajectory")
}

fn histogram(destination: &mut Destination, reading: &Reading) -> Result<(), CliError> {
    let bulk = &reading.bulk;
    let law = bulk.law.filter(|_| bulk.exists());
    let density = |s: f64| law.map_or(0.0, |law| law.density(s));
    let spectrum = SpectrumHistogram {
        title: bulk_title(bulk).unwrap_or_default(),
        singular_values: &reading.modes.singular_values,
        bulk: law.map(|law| Bulk { density: &density, edges: law.edges(), outliers: bulk.outliers }),
    };
    destination.save(&spectrum_histogram(&[spectrum])?, "histogram")
}

/// Draws the components of the first modes beside the four laws, including the noise of the vectors where it is known.
fn components(destination: &mut Destination, reading: &Reading) -> Result<(), CliError> {
    let count = reading.outliers.len().min(COMPONENT_MODES);
    if count == 0 {
        return Ok(());
    }
    let (u, v) = reading.components(count);
    let laws = |overlap: f64| -> Vec<Seen> {
        Prior::NAMED.into_iter().filter(|_| overlap.is_finite()).map(|law| Seen::new(law, overlap)).collect()
    };
    let seen: Vec<_> = reading.outliers[..count]
        .iter()
        .flat_map(|outlier| [laws(outlier.squared_overlap_u), laws(outlier.squared_overlap_v)])
        .collect();
    let densities: Vec<Vec<_>> =
        seen.iter().map(|laws| laws.iter().map(|law| move |y: f64| law.density(y)).collect()).collect();
    let panels: Vec<ComponentHistogram<'_>> = densities
        .iter()
        .enumerate()
        .map(|(index, densities)| {
            let (mode, hidden) = (index / 2, index % 2 == 1);
            let outlier = &reading.outliers[mode];
            let (law, vectors) = if hidden { (outlier.prior_v, &v) } else { (outlier.prior_u, &u) };
            ComponentHistogram {
                title: format!(
                    "mode {}, {}: {}",
                    mode + 1,
                    if hidden { "v\u{302}" } else { "u\u{302}" },
                    if law == Law::Unclaimed { "no law claimed" } else { capital(law.name()) }
                ),
                // A letter and a combining accent, so that both labels look alike.
                label: if hidden { "v\u{302}_j" } else { "u\u{302}_i" },
                components: &vectors.as_slice()[mode * vectors.nrows()..(mode + 1) * vectors.nrows()],
                laws: NAMES
                    .into_iter()
                    .zip(densities)
                    .map(|(name, density)| -> LawCurve<'_> { (name, density) })
                    .collect(),
            }
        })
        .collect();
    destination.save(&component_histograms(&panels)?, "components")
}

/// Name of a law, with a capital if it is the name of a person.
fn capital(name: &str) -> &str {
    NAMES.into_iter().find(|capital| capital.eq_ignore_ascii_case(name)).unwrap_or(name)
}

/// Draws the machine's place, and its path there, on the phase diagram of one mode under the law of the strongest mode
/// (Gaussian if undecided).
fn place(
    destination: &mut Destination,
    reading: &Reading,
    states: &States,
    trajectory: Option<&Trajectory>,
) -> Result<(), CliError> {
    let last = [&states.position];
    let positions = trajectory.iter().flat_map(|way| way.steps.iter().map(|step| &step.position)).chain(last);
    // Below the threshold w cannot be seen, and is drawn as 0.
    let path: Vec<(f64, f64)> =
        positions.flatten().map(|place| (place.inv_sigma, place.w_over_sigma.unwrap_or(0.0))).collect();
    if path.is_empty() {
        return Ok(());
    }
    let strongest = reading.outliers.first();
    let law = |side: Option<Prior>| side.unwrap_or(Prior::Gaussian);
    let prior_u = law(strongest.and_then(|outlier| outlier.prior_u.prior()));
    let prior_v = law(strongest.and_then(|outlier| outlier.prior_v.prior()));
    let family = Family::new(reading.kappa(), &[1.0], prior_u, prior_v)?;
    let end =
        |of: fn(&(f64, f64)) -> f64| path.iter().map(of).fold(RANGE.0, |end, value| end.max(1.1 * value)).min(RANGE.1);
    let ends = (end(|point| point.0), end(|point| point.1));
    let scale = if ends.0.max(ends.1) > LONGEST { Scale::Log } else { Scale::Linear };
    let axis = |end: f64| -> Vec<f64> {
        let fractions = (0..GRID).map(|n| n as f64 / (GRID - 1) as f64);
        match scale {
            Scale::Linear => fractions.map(|fraction| end * fraction).collect(),
            Scale::Log => fractions.map(|fraction| FIRST * (1.5 * end / FIRST).powf(fraction)).collect(),
        }
    };
    let diagram = PhaseDiagram::compute(&family, &axis(ends.0), &axis(ends.1), &|| ())?;
    // A machine beyond the axes is drawn just inside them.
    let (xs, ys) = (&diagram.inv_sigma, &diagram.w_over_sigma);
    let first = if scale == Scale::Log { 1 } else { 0 };
    let place = |&(x, y): &(f64, f64)| (x.clamp(xs[first], xs[GRID - 2]), y.clamp(ys[first], ys[GRID - 2]));
    let inside: Vec<(f64, f64)> = path.iter().map(place).collect();
    let end = if states.position.is_some() { "machine" } else { "last known place" };
    destination.save(&phase_diagram_with_path(&diagram, scale, &inside, end)?, "phase-diagram")
}
