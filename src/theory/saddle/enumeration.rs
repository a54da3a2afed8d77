//! All the stable fixed points of an ensemble.
//!
//! The starts, in order:
//! 1. the paramagnet and the spin glass (where no field excludes them);
//! 2. every single mode, every pair, every triple (up to [`Search::subset`], and while there are no more than two thousand
//!    of them) and all modes, in equal parts; with every combination of signs where fields or an empirical law distinguish
//!    them;
//! 3. with fields: the stable states of the ensemble without them, in every combination of the signs that the fields make
//!    inequivalent;
//! 4. the states of the same starts at a quarter of the temperature (w, σ and fields times four), followed up in steps;
//! 5. random directions;
//! 6. from every unstable point met, down its unstable direction;
//! 7. Newton's method on the equations deflated by all points found (P. E. Farrell, Á. Birkisson and S. W. Funke,
//!    *SIAM J. Sci. Comput.* 37, A2026 (2015)), which cannot return to them;
//! 8. for one mode under symmetric laws, the whole of its equation, by branch and prune: nothing is left out then.
//!
//! Points are identified modulo the symmetries of the equations, whose number is kept as the degeneracy.

use super::ensemble::{Ensemble, Symmetry};
use super::equations::Equations;
use super::fixed_point::{FixedPoint, Kind};
use super::fluctuation;
use super::newton::Settings;
use super::scan;
use super::solver::Solver;
use super::start::Start;
use crate::error::{Error, Result};
use nalgebra::DVector;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Points whose order parameters are closer than this are the same: solutions are accurate to 1e-12 over the distance
/// to marginality, and two points this close merge within 1e-12 in w.
const SAME_POINT: f64 = 1e-6;
/// Temperatures through which low-temperature states are followed, as fractions of the ensemble's.
const TEMPERATURES: [f64; 4] = [0.25, 0.5, 0.75, 0.9];
/// Unstable directions followed from one start.
const DESCENTS: usize = 4;
/// Largest number of subsets of modes that are tried (all triples for up to 22 modes, all pairs for up to 62), and of
/// sign images of states.
const MAX_SUBSETS: usize = 2000;
/// Starts of the deflated search.
const DEFLATED_STARTS: usize = 12;
/// Points looked for from each of these starts.
const DEFLATIONS: usize = 8;

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// Largest number of modes started together, besides all of them.
    pub subset: usize,
    /// Random starts.
    pub random: usize,
    /// Whether starts are also followed from low temperature.
    pub from_low_temperature: bool,
    /// Whether deflation looks for points that no start leads to.
    pub deflation: bool,
    /// Whether the equations of a single mode are scanned for all their solutions.
    pub scan: bool,
    /// Seed of the random starts.
    pub seed: u64,
    /// The solver's settings.
    pub settings: Settings,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            subset: 3,
            random: 32,
            from_low_temperature: true,
            deflation: true,
            scan: true,
            seed: 0,
            settings: Settings { rounds: 30, ..Settings::default() },
        }
    }
}

/// The fixed points found, and how the search went.
#[derive(Clone, Debug, PartialEq)]
pub struct Enumeration {
    /// Stable points by free energy, then unstable ones by free energy.
    pub points: Vec<FixedPoint>,
    /// Solves started.
    pub starts: usize,
    /// Starts that ended without convergence.
    pub unconverged: usize,
    /// Number of the start (from 1) that found the last new stable point: far below `starts`, the search is saturated.
    pub last_new: usize,
    /// Random starts, which come after all the others but deflation.
    pub random_starts: usize,
    /// Random starts that found a stable point not found before: `random_new/random_starts` estimates the chance that
    /// one more start would.
    pub random_new: usize,
    /// Whether `points` are all solutions, up to symmetry: the equations of one mode were [scanned](Search::scan). Otherwise
    /// they are what the search met, and the unstable ones among them are by-products.
    pub complete: bool,
}

impl Enumeration {
    /// The stable points, by free energy.
    pub fn stable(&self) -> impl Iterator<Item = &FixedPoint> {
        self.points.iter().filter(|point| point.stable)
    }

    /// The stable point of lowest free energy.
    pub fn dominant(&self) -> Option<&FixedPoint> {
        self.points.first().filter(|point| point.stable)
    }

    /// Sets the thermodynamic weight of each stable point with its images, `∝ degeneracy · e^{−F}`,
    /// `F = L f + ½ log det(1 − ĀDBD)`; weights sum to one. Where the determinant vanishes (a continuum, a marginal point)
    /// F is not defined to this order and no point gets a weight.
    ///
    /// # Errors
    /// L that [`check_size`] refuses; those of the averages.
    pub fn weigh(&mut self, ensemble: &Ensemble, size: f64) -> Result<()> {
        check_size(size)?;
        // Measured from the lowest, since L f itself may overflow.
        let lowest = self.dominant().map_or(0.0, |point| point.free_energy);
        let stable = self.points.iter_mut().filter(|point| point.stable);
        let mut logs = Vec::new();
        for point in stable {
            let fluctuations = 0.5 * fluctuation::log_determinant(ensemble, point)?;
            logs.push((point.degeneracy.ln() - size * (point.free_energy - lowest) - fluctuations, point));
        }
        // A vanishing determinant leaves rounding noise, of either sign.
        let undefined = |point: &FixedPoint| point.kind == Kind::Continuum;
        if logs.iter().any(|(log, point)| !log.is_finite() || undefined(point)) {
            logs.into_iter().for_each(|(_, point)| point.weight = None);
            return Ok(());
        }
        let largest = logs.iter().map(|(log, _)| *log).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logs.iter().map(|(log, _)| (log - largest).exp()).sum();
        for (log, point) in logs {
            point.weight = Some((log - largest).exp() / total);
        }
        Ok(())
    }
}

/// Largest L at which free energies, which are known to some 1e-15, tell the weights of states apart.
const LARGEST_SIZE: f64 = 1e12;

/// Checks a size L at which states are to be weighed.
///
/// # Errors
/// [`Error::Size`] unless 0 < L ≤ 1e12.
pub fn check_size(size: f64) -> Result<()> {
    if size > 0.0 && size <= LARGEST_SIZE { Ok(()) } else { Err(Error::Size(size)) }
}

/// [`enumerate_with`] the default search.
///
/// # Errors
/// As [`Solver::solve`].
///
/// ```
/// use spectral_rbm::{Ensemble, Prior, theory::saddle};
/// // Bernoulli components: the state of the second mode is stable besides that of the first.
/// let found = saddle::enumerate(&Ensemble::new(1.0, 0.2, &[2.0, 1.8], Prior::Bernoulli)?)?;
/// let condensed: Vec<_> = found.stable().map(|point| point.modes_condensed.clone()).collect();
/// assert_eq!(condensed, [[1], [2]]);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
pub fn enumerate(ensemble: &Ensemble) -> Result<Enumeration> {
    enumerate_with(ensemble, &Search::default())
}

/// Searches for all stable fixed points of an ensemble, as the module says. Meant for up to ten modes.
///
/// # Errors
/// As [`Solver::solve`].
pub fn enumerate_with(ensemble: &Ensemble, search: &Search) -> Result<Enumeration> {
    let mut catalogue = Catalogue::new(ensemble);
    let mut solver = Solver::with_settings(ensemble, search.settings)?;
    let directions = directions(ensemble, search);
    if !ensemble.has_fields() {
        let modes = ensemble.modes().len();
        catalogue.add(&solver.descend(&Start::paramagnet(modes), DESCENTS)?);
        if ensemble.sigma() > 0.0 {
            catalogue.add(&solver.descend(&Start::spin_glass(modes), DESCENTS)?);
        }
    }
    for start in &directions {
        catalogue.add(&solver.descend(start, DESCENTS)?);
    }
    for start in field_free_images(ensemble, search)? {
        catalogue.add(&solver.descend(&start, DESCENTS)?);
    }
    if search.from_low_temperature {
        let mut ladder = Vec::new();
        for temperature in TEMPERATURES {
            ladder.push(Solver::with_settings(&ensemble.at_temperature(temperature), search.settings)?);
        }
        for start in &directions {
            let mut start = start.clone();
            for solver in &mut ladder {
                let point = solver.solve(&start)?;
                if point.is_converged() {
                    start = Start::from(&point);
                }
            }
            catalogue.add(&solver.descend(&start, DESCENTS)?);
        }
    }
    for start in random_starts(ensemble, search) {
        let known = catalogue.stable();
        catalogue.add(&solver.descend(&start, DESCENTS)?);
        catalogue.random_new += usize::from(catalogue.stable() > known);
    }
    if search.deflation {
        deflate(&mut solver, &directions, &mut catalogue)?;
    }
    if search.scan
        && let Some(points) = scan::solutions(&mut solver)?
    {
        points.iter().for_each(|point| catalogue.add_point(point));
        catalogue.complete = true;
    }
    Ok(catalogue.finish(search.random))
}

/// Rounds and Newton steps of a start, as assumed by [`search_seconds`].
const ROUNDS: f64 = 40.0;
/// Time of one term of an average, in seconds, as assumed by [`search_seconds`].
const TERM: f64 = 1e-8;
/// Number of terms above which they do not fit the caches and cost twice as much.
const CACHED: f64 = 3e5;

/// About how many seconds a search takes, within a factor of a few: strong fields under laws other than the Gaussian, and
/// tensor rules, can ask for hours.
///
/// # Errors
/// Fields too large to average.
pub fn search_seconds(ensemble: &Ensemble, search: &Search) -> Result<f64> {
    let modes = ensemble.modes().len();
    let mut starts = vec![0.0; modes + 1];
    for start in directions(ensemble, search) {
        starts[start.magnetization.iter().filter(|m| **m != 0.0).count()] += 1.0;
    }
    let cost = |ensemble: &Ensemble, condensed: usize| -> Result<f64> {
        let terms = Equations::new(ensemble)?.terms(condensed)?;
        Ok(if terms > CACHED { 2.0 * terms } else { terms })
    };
    let mut total = search.random as f64 * cost(ensemble, modes)?;
    let ladder: &[f64] = if search.from_low_temperature { &TEMPERATURES } else { &[] };
    for (condensed, &starts) in starts.iter().enumerate().filter(|(_, starts)| **starts > 0.0) {
        total += starts * cost(ensemble, condensed)?;
        for &temperature in ladder {
            total += starts * cost(&ensemble.at_temperature(temperature), condensed)?;
        }
    }
    let images = if ensemble.has_fields() { 2.0 } else { 1.0 };
    Ok(images * total * ROUNDS * TERM)
}

/// The stable states of the ensemble without fields, in every combination of signs that the fields tell apart: as long
/// as the fields are weak, each of them survives as a state of its own.
fn field_free_images(ensemble: &Ensemble, search: &Search) -> Result<Vec<Start>> {
    let symmetry = ensemble.symmetry();
    if !matches!(symmetry, Symmetry::SignOfEachMode(_)) || !ensemble.has_fields() {
        return Ok(Vec::new());
    }
    let mut images = Vec::new();
    let search = Search { scan: false, ..*search };
    for point in enumerate_with(&ensemble.without_fields(), &search)?.stable() {
        let broken: Vec<usize> = (0..ensemble.modes().len())
            .filter(|&mode| point.magnetization[mode] != 0.0 && !symmetry.is_free(mode))
            .collect();
        images.extend(sign_images(&Start::from(point), &broken));
        images.truncate(MAX_SUBSETS);
    }
    Ok(images)
}

/// A start with the signs of the given modes in every combination.
fn sign_images(start: &Start, modes: &[usize]) -> Vec<Start> {
    let mut images = vec![start.clone()];
    for &mode in modes {
        if images.len() >= MAX_SUBSETS {
            break;
        }
        let flipped: Vec<Start> = images
            .iter()
            .map(|image| {
                let mut image = image.clone();
                image.magnetization[mode] *= -1.0;
                image
            })
            .collect();
        images.extend(flipped);
    }
    images
}

/// A point, and the coordinates that identify it.
struct Entry {
    point: FixedPoint,
    representative: DVector<f64>,
}

/// Points found so far, modulo symmetry.
struct Catalogue {
    symmetry: Symmetry,
    rotations: Vec<Vec<usize>>,
    entries: Vec<Entry>,
    starts: usize,
    unconverged: usize,
    last_new: usize,
    random_new: usize,
    complete: bool,
}

impl Catalogue {
    fn new(ensemble: &Ensemble) -> Self {
        Self {
            symmetry: ensemble.symmetry(),
            rotations: (0..ensemble.modes().len()).map(|mode| ensemble.rotation_group(mode)).collect(),
            entries: Vec::new(),
            starts: 0,
            unconverged: 0,
            last_new: 0,
            random_new: 0,
            complete: false,
        }
    }

    /// Coordinates that agree for images of one point: signs removed, the norm alone within a continuum, and q.
    fn representative(&self, point: &FixedPoint) -> DVector<f64> {
        let mut m = point.magnetization.clone();
        for group in self.rotations.iter().filter(|group| group.len() > 1) {
            let norm = group.iter().map(|&mode| m[mode] * m[mode]).sum::<f64>().sqrt();
            group.iter().for_each(|&mode| m[mode] = 0.0);
            m[group[0]] = norm;
        }
        m.push(point.overlap)
    }

    /// Adds the points that one start met; it ended at the last one.
    fn add(&mut self, points: &[FixedPoint]) {
        self.starts += 1;
        self.unconverged += usize::from(points.last().is_some_and(|point| !point.is_converged()));
        for point in points.iter().filter(|point| point.is_converged()) {
            self.add_point(point);
        }
    }

    fn add_point(&mut self, point: &FixedPoint) {
        let signs = self.symmetry.signs(&point.magnetization);
        let point = FixedPoint {
            magnetization: point.magnetization.component_mul(&signs),
            magnetization_bar: point.magnetization_bar.component_mul(&signs),
            ..point.clone()
        };
        let representative = self.representative(&point);
        if self.entries.iter().any(|entry| (&entry.representative - &representative).amax() < SAME_POINT) {
            return;
        }
        if point.stable {
            self.last_new = self.starts;
        }
        self.entries.push(Entry { point, representative });
    }

    /// Number of stable points.
    fn stable(&self) -> usize {
        self.entries.iter().filter(|entry| entry.point.stable).count()
    }

    fn finish(self, random_starts: usize) -> Enumeration {
        let mut points: Vec<FixedPoint> = self.entries.into_iter().map(|entry| entry.point).collect();
        points.sort_by(|a, b| b.stable.cmp(&a.stable).then(a.free_energy.total_cmp(&b.free_energy)));
        Enumeration {
            points,
            starts: self.starts,
            unconverged: self.unconverged,
            last_new: self.last_new,
            random_starts,
            random_new: self.random_new,
            complete: self.complete,
        }
    }
}

/// Subsets of the modes in equal parts, with the signs that matter.
fn directions(ensemble: &Ensemble, search: &Search) -> Vec<Start> {
    let modes = ensemble.modes().len();
    let pairs = modes * modes.saturating_sub(1) / 2;
    let affordable = match modes {
        _ if modes + pairs * (1 + modes.saturating_sub(2) / 3) <= MAX_SUBSETS => 3,
        _ if modes + pairs <= MAX_SUBSETS => 2,
        _ => 1,
    };
    let subset_size = search.subset.min(affordable);
    let mut subsets: Vec<Vec<usize>> = Vec::new();
    for a in 0..modes {
        subsets.push(vec![a]);
        for b in a + 1..modes {
            if subset_size >= 2 {
                subsets.push(vec![a, b]);
            }
            subsets.extend((b + 1..modes).filter(|_| subset_size >= 3).map(|c| vec![a, b, c]));
        }
    }
    if modes > subset_size {
        subsets.push((0..modes).collect());
    }
    subsets.sort_by_key(Vec::len);
    subsets.iter().flat_map(|subset| signed(ensemble, subset)).collect()
}

/// The start that condenses `subset`, once for every combination of signs that no symmetry makes equivalent.
fn signed(ensemble: &Ensemble, subset: &[usize]) -> Vec<Start> {
    let symmetry = ensemble.symmetry();
    let mut broken: Vec<usize> = subset.iter().copied().filter(|&mode| !symmetry.is_free(mode)).collect();
    if symmetry == Symmetry::GlobalFlip {
        broken.truncate(subset.len() - 1);
    }
    // Beyond triples (the start of all modes) the combinations are those of the states found without fields.
    broken.truncate(3);
    sign_images(&Start::condensed(ensemble.modes().len(), subset), &broken)
}

fn random_starts(ensemble: &Ensemble, search: &Search) -> Vec<Start> {
    let mut random = ChaCha8Rng::seed_from_u64(search.seed);
    let modes = ensemble.modes().len();
    let draw = |_| {
        let direction = DVector::from_fn(modes, |_, _| random.sample::<f64, _>(StandardNormal));
        let length = random.random::<f64>().sqrt();
        Start { magnetization: direction.normalize() * length, overlap: random.random() }
    };
    (0..search.random).map(draw).collect()
}

/// Looks for points beside those found, from the largest subsets, until it finds no more.
fn deflate(solver: &mut Solver, directions: &[Start], catalogue: &mut Catalogue) -> Result<()> {
    for start in directions.iter().rev().take(DEFLATED_STARTS) {
        for _ in 0..DEFLATIONS {
            let known: Vec<DVector<f64>> = catalogue.entries.iter().map(|entry| entry.point.state()).collect();
            let Some(point) = solver.solve_deflated(start, &known)? else { break };
            let mut points = vec![point];
            if points[0].is_converged() && !points[0].stable {
                points = solver.descend(&Start::from(&points[0]), DESCENTS)?;
            }
            let before = catalogue.entries.len();
            catalogue.add(&points);
            if catalogue.entries.len() == before {
                break;
            }
        }
    }
    Ok(())
}
