//! The cost of averages: Fourier integrals against tensor products of Gauss rules.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::Prior;
use crate::cli::progress;
use crate::cli::report::exact;
use crate::study::figures::{CostCurves, CostPanel};
use crate::study::figures::{average_costs, average_times};
use crate::theory::average::study::{Cost, StudiedField, fourier, hermite, reference};

/// Noise of the field.
const NOISE: f64 = 0.5;
/// Field strengths of one, two and three modes.
const COEFFICIENTS: [f64; 3] = [1.5, 1.2, 0.9];
/// Largest number of points of a Gauss rule, in quick figures and in others.
const MOST_POINTS: [usize; 2] = [300_000, 3_000_000];
/// Columns of the table of errors.
const HEADER: [&str; 6] = ["prior", "modes", "method", "setting", "nodes", "error"];
/// Columns of the table of times. Times have files of their own, since only they differ between runs.
const TIMES_HEADER: [&str; 5] = ["prior", "modes", "method", "setting", "seconds"];

/// Accuracy against nodes and, in figures and tables of their own, against time, under the four laws and with one, two
/// and three modes. Times are measured on this machine.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let quick = gallery.options.quick;
    let tolerances: Vec<f64> = (1..=if quick { 8 } else { 16 })
        .map(|n| if quick { 2 * n } else { n })
        .map(|digits| 10f64.powi(-digits))
        .collect();
    let bar = progress::bar(gallery.common, "averages", COEFFICIENTS.len() * Prior::NAMED.len());
    let (mut panels, mut rows, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for modes in 1..=COEFFICIENTS.len() {
        let mut curves = Vec::new();
        for prior in Prior::NAMED {
            let problem =
                StudiedField { prior: prior.clone(), coefficients: COEFFICIENTS[..modes].to_vec(), noise: NOISE };
            let right = reference(&problem)?;
            let fourier = fourier(&problem, &right, &tolerances)?;
            let gauss = hermite(&problem, &right, &sizes(&prior, modes, MOST_POINTS[usize::from(!quick)]))?;
            for (method, costs) in [("fourier", &fourier), ("gauss", &gauss)] {
                let named = [prior.name().to_owned(), modes.to_string(), method.to_owned()];
                rows.extend(costs.iter().map(|cost| [&named[..], &errors(cost)].concat()));
                times.extend(costs.iter().map(|cost| [&named[..], &[cost.setting, cost.seconds].map(exact)].concat()));
            }
            curves.push(CostCurves { prior: capital(prior.name()), fourier, gauss });
            bar.inc(1);
        }
        let title = ["one mode", "two modes", "three modes"][modes - 1].to_owned();
        panels.push(CostPanel { title, curves });
    }
    bar.finish_and_clear();
    gallery.destination.save(&average_costs(&panels)?, "averages")?;
    gallery.destination.write_csv("averages.csv", &HEADER, rows)?;
    gallery.destination.measured(|destination| {
        destination.save(&average_times(&panels)?, "averages-times")?;
        destination.write_csv("averages-times.csv", &TIMES_HEADER, times)
    })
}

/// Numbers of nodes per dimension whose tensor product does not have too many points.
fn sizes(prior: &Prior, modes: usize, most: usize) -> Vec<usize> {
    const SIZES: [usize; 14] = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 200];
    let points = |n: usize| match prior {
        Prior::Gaussian => n,
        Prior::Bernoulli => n << modes,
        Prior::Uniform => n.pow(modes as u32 + 1),
        _ => n * (2 * n).pow(modes as u32),
    };
    SIZES.into_iter().filter(|&n| points(n) <= most).collect()
}

fn errors(cost: &Cost) -> [String; 3] {
    [exact(cost.setting), cost.nodes.to_string(), exact(cost.error)]
}

/// A name with its first letter capitalised.
fn capital(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}
