//! `solve`: all stable fixed points of one ensemble.

use super::destination::{Destination, write_json};
use super::error::CliError;
use super::options::{BackendName, Common, PriorOptions};
use super::report::{number, numbers};
use super::{progress, report};
use crate::theory::average::Backend;
use crate::theory::phase::Phase;
use crate::theory::saddle::{self, Ensemble, Enumeration, FixedPoint, Search};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Longest search, in seconds by its own estimate.
const LONGEST_SEARCH: f64 = 60.0;

/// Fixed points of the replica-symmetric equations for one ensemble.
///
/// Prints the stable ones by free energy (with --all the unstable ones after them: all there are of
/// one mode, else those that the search met): magnetizations m (hidden) and m_bar
/// (visible) of each mode, overlaps q and q_bar, free energy per L, spectral radius, Almeida–Thouless number,
/// degeneracy, and with --size the thermodynamic weights.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm solve --modes 1.5,1.3 --sigma 0.5 --prior bernoulli
  spectral-rbm solve --modes 2 --kappa 0.5 --prior-u bernoulli --prior-v gaussian --format json
  spectral-rbm solve --modes 1.8,1.7 --sigma 0 --prior uniform --eta 0.1,0 --size 500 --all")]
#[serde(deny_unknown_fields)]
pub(super) struct Solve {
    /// Singular values w of the modes, in decreasing order
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, default_value = "1.5,1.3", value_name = "W,...")]
    modes: Vec<f64>,
    /// Scale of the noise in the weights
    #[arg(long, default_value_t = 0.5, allow_negative_numbers = true)]
    sigma: f64,
    /// Hidden over visible units, N_h/N_v
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    kappa: f64,
    #[command(flatten)]
    #[serde(flatten)]
    priors: PriorOptions,
    /// Visible field on each mode, scaled like w m [default: none]
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "ETA,...")]
    #[serde(default)]
    eta: Vec<f64>,
    /// Hidden field on each mode, scaled like w m [default: none]
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "THETA,...")]
    #[serde(default)]
    theta: Vec<f64>,
    /// Size L = sqrt(N_v N_h) at which thermodynamic weights are given
    #[arg(long, value_name = "L", allow_negative_numbers = true)]
    size: Option<f64>,
    /// How averages are computed
    #[arg(long, value_enum, default_value_t)]
    backend: BackendName,
    /// Also print the unstable fixed points that were met
    #[arg(long)]
    #[serde(default)]
    all: bool,
}

/// The result, as printed and written.
#[derive(Serialize)]
struct Solution<'a> {
    ensemble: &'a Ensemble,
    phase: Phase,
    fixed_points: Vec<&'a FixedPoint>,
    search: SearchReport,
}

#[derive(Serialize)]
struct SearchReport {
    starts: usize,
    found: usize,
    unconverged: usize,
    last_new: usize,
    random_starts: usize,
    random_new: usize,
    /// Whether these are all fixed points, including the unstable ones.
    complete: bool,
    note: &'static str,
}

impl Solve {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        let (prior_u, prior_v) = self.priors.resolve();
        for fields in [&mut self.eta, &mut self.theta] {
            if fields.is_empty() {
                fields.resize(self.modes.len(), 0.0);
            }
        }
        let backend = self.backend.resolve([&prior_u, &prior_v], self.modes.len());
        let ensemble = Ensemble::new(self.kappa, self.sigma, &self.modes, prior_u.clone())?
            .with_priors(prior_u, prior_v)?
            .with_fields(&self.eta, &self.theta)?
            .with_backend(backend);
        if let Some(size) = self.size {
            saddle::check_size(size)?;
        }
        let search = Search { seed: common.seed, ..Search::default() };
        self.check_time(saddle::search_seconds(&ensemble, &search)?)?;
        let destination = Destination::requested(common)?;
        let spinner = progress::spinner(common, "looking for fixed points");
        let mut found = saddle::enumerate_with(&ensemble, &search)?;
        spinner.finish_and_clear();
        if let Some(size) = self.size {
            found.weigh(&ensemble, size)?;
        }
        let solution = Solution {
            ensemble: &ensemble,
            phase: Phase::of_enumeration(&ensemble, &found),
            fixed_points: found.points.iter().filter(|point| point.stable || self.all).collect(),
            search: SearchReport::new(&found),
        };
        report::show(common, &solution, || solution.table());
        if self.backend == BackendName::Hermite && !common.quiet {
            note_hermite_error(&ensemble, &found)?;
        }
        if let Some(mut destination) = destination {
            write_json(&mut destination, "solution.json", &solution)?;
            destination.write_run(common, "solve", &self)?;
        }
        if found.dominant().is_none() {
            let message = format!(
                "no stable fixed point was found in {} starts; {} of them did not converge",
                found.starts, found.unconverged
            );
            return Err(CliError::Failed(message));
        }
        Ok(())
    }

    /// Refuses a search that would take too long.
    fn check_time(&self, seconds: f64) -> Result<(), CliError> {
        if seconds <= LONGEST_SEARCH {
            return Ok(());
        }
        let advice = match self.backend {
            BackendName::Hermite => "use the fourier backend",
            BackendName::Fourier => {
                "with strong modes and fields only gaussian priors are fast; fewer modes take less time"
            }
        };
        let minutes = (seconds / 60.0).ceil();
        Err(CliError::Input(format!("the search for all states would take some {minutes} minutes: {advice}")))
    }
}

/// Notes a large error of the hermite backend, which does not know its own error in strong fields; the other backend
/// does.
fn note_hermite_error(ensemble: &Ensemble, found: &Enumeration) -> Result<(), CliError> {
    let Some(point) = found.dominant() else { return Ok(()) };
    let exact = ensemble.clone().with_backend(Backend::Fourier);
    let (m, q) = saddle::round(&exact, &point.magnetization, point.overlap)?;
    let change = (m - &point.magnetization).amax().max((q - point.overlap).abs());
    if change > BackendName::NOTABLE_ERROR {
        eprintln!(
            "note: the hermite backend has not converged here: by fourier the first state changes by {change:.1e} in a round"
        );
    }
    Ok(())
}

impl SearchReport {
    fn new(found: &Enumeration) -> Self {
        Self {
            starts: found.starts,
            found: found.points.len(),
            unconverged: found.unconverged,
            last_new: found.last_new,
            random_starts: found.random_starts,
            random_new: found.random_new,
            complete: found.complete,
            note: if found.complete {
                "the equation of the one mode was scanned: these are all fixed points, the unstable ones too"
            } else {
                "unstable fixed points are those that the search met: there may be others"
            },
        }
    }
}

impl Solution<'_> {
    fn table(&self) -> String {
        let ensemble = self.ensemble;
        let mut text = format!(
            "kappa {}, sigma {}, modes {}, u {}, v {}: {}\n\n",
            report::plain(ensemble.kappa()),
            report::plain(ensemble.sigma()),
            ensemble.modes().iter().map(|&w| report::plain(w)).collect::<Vec<_>>().join(" "),
            ensemble.prior_u(),
            ensemble.prior_v(),
            self.phase
        );
        let header = [
            "state",
            "condensed",
            "m",
            "m_bar",
            "q",
            "q_bar",
            "free energy",
            "radius",
            "stable",
            "AT number",
            "images",
            "weight",
            "residual",
        ];
        text += &report::table(&header, self.fixed_points.iter().map(|point| row(point)));
        let search = &self.search;
        text += &format!(
            "\n{} starts found {} fixed points, {} of them stable; the last new stable one at start {}; {} of {} random starts \
             found a new one; {} starts did not converge.\n",
            search.starts,
            search.found,
            self.fixed_points.iter().filter(|point| point.stable).count(),
            search.last_new,
            search.random_new,
            search.random_starts,
            search.unconverged
        );
        text += &format!("{}.\n", search.note);
        text
    }
}

fn row(point: &FixedPoint) -> Vec<String> {
    let condensed: Vec<String> = point.modes_condensed.iter().map(usize::to_string).collect();
    vec![
        // The name of the kind in JSON.
        serde_json::to_value(point.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default(),
        if condensed.is_empty() { "-".to_owned() } else { condensed.join(",") },
        numbers(&point.magnetization),
        numbers(&point.magnetization_bar),
        number(point.overlap),
        number(point.overlap_bar),
        number(point.free_energy),
        number(point.spectral_radius),
        if point.stable { "yes" } else { "no" }.to_owned(),
        number(point.at_number),
        format!("{}", point.degeneracy),
        point.weight.map_or("-".to_owned(), number),
        format!("{:.1e}", point.residual),
    ]
}
