//! Whether the chains of a simulation represent their machine: the error of the reference itself.
//!
//! PCD has the exact gradient while its chains are at equilibrium. Copies of the chains are probed after the k sweeps of an
//! update and after k more ([`Trainer::probe`]), along each mode `w, u, v`, with `z = u·s` and `g = (u·s)(v·⟨σ⟩)` of a chain:
//!
//! * change: the mean of g after 2k sweeps minus that after k, with the error of the mean of the chains' differences. At
//!   equilibrium it is chance;
//! * memory: `cov(g_k, g_2k)^{1/2}/⟨g⟩`, the spread of what a chain keeps over k sweeps. It is small if a chain sees all values
//!   of g, and 1 if each chain stays in a state of its own;
//! * autocorrelation of z over k sweeps: near 1 if no chain passes between the states of either sign;
//! * sign shares: the share of chains with z > 0, compared with the share of the data and with the share implied by the machine's
//!   fields. W is even under the flip of all units, so the weights of a configuration and of its image differ by the factor
//!   `e^{2h}`, `h = eta·s + theta·σ`, and at equilibrium, exactly,
//!
//! ```text
//! ⟨sign z⟩ = ⟨sign z tanh h⟩
//! ```
//!
//! * effect of the shares: the change that their error makes in the mean of g, (share − implied share)(⟨g⟩₊ − ⟨g⟩₋), relative to
//!   the data's. If chains cannot pass between two states, the force on the field along them never ends; it makes the two states
//!   unlike.
//!
//! None of this can find a state that no chain has visited.

use super::statistics::{mean, standard_error};
use super::view::View;
use crate::simulator::machine::{ChainStates, Machine, Probe, Trainer};
use crate::simulator::run::Result;
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// Number of samples of the data that chains are compared with.
const SAMPLES_COMPARED: usize = 2000;
/// Number of probes of a run's chains, approximately.
const PROBES: u64 = 16;
/// Deviations beyond chance, in standard errors: none of some hundred normal deviates is expected to be so large.
const CHANCE_ERRORS: f64 = 4.5;
/// Error of the chains above which it counts, as a share of the data's ⟨sσ⟩ along a mode.
const NOTABLE: f64 = 0.02;
/// Same for the effect of wrong shares on a machine: its own course would have been different, so w shows less of the effect.
const NOTABLE_SHARES: f64 = 0.05;
/// Memory above which chains sit in states of their own.
const STUCK: f64 = 0.5;
/// Share of a mode's probes above which a finding is frequent.
const SELDOM: f64 = 0.25;

/// The chains of one run after one of its updates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChainProbe {
    /// Update.
    pub update: u64,
    /// t.
    pub time: f64,
    /// Along each mode seen, by rank.
    pub modes: Vec<ModeProbe>,
}

/// Chains along one mode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ModeProbe {
    /// Number of the mode, from 1.
    pub mode: usize,
    /// w.
    pub w: f64,
    /// Mean of g over the data.
    pub data: f64,
    /// Mean of g over chains after the k sweeps of an update.
    pub after_k: f64,
    /// Same after k more sweeps.
    pub after_2k: f64,
    /// `after_2k` minus `after_k`.
    pub change: f64,
    /// Standard error of `change`.
    pub change_error: f64,
    /// Change over the gradient along the mode, which is data minus chains.
    pub change_over_gradient: f64,
    /// Spread of what a chain keeps of g over k sweeps, divided by the mean of g.
    pub memory: f64,
    /// Autocorrelation of z over k sweeps; 0 where z does not vary.
    pub autocorrelation: f64,
    /// Share of chains with z > 0.
    pub positive: f64,
    /// The share at equilibrium that follows from the machine's fields.
    pub positive_implied: f64,
    /// Standard error of the difference between `positive` and `positive_implied`.
    pub positive_error: f64,
    /// Share of the data with z > 0.
    pub positive_data: f64,
    /// Change in the mean of g from the error of the shares, relative to the data's.
    pub share_effect: f64,
}

/// Updates of a schedule after which chains are probed: about sixteen, evenly spaced.
pub fn probed(schedule: &[u64]) -> Vec<u64> {
    let last = schedule.last().copied().unwrap_or(0);
    let nearest = |part: u64| {
        let wanted = last as f64 * part as f64 / PROBES as f64;
        schedule.iter().copied().filter(|&update| update > 0).min_by(|&a, &b| {
            let far = |update: u64| (update as f64 - wanted).abs();
            far(a).total_cmp(&far(b))
        })
    };
    let mut chosen: Vec<u64> = (1..=PROBES).filter_map(nearest).collect();
    chosen.dedup();
    chosen
}

impl ChainProbe {
    /// Probes the current chains of a trainer along the modes of its machine in a view; `None` if it has no chains.
    ///
    /// # Errors
    /// Those of the view.
    pub fn of(trainer: &Trainer<'_>, view: &View) -> Result<Option<Self>> {
        let Some(probe) = trainer.probe(SAMPLES_COMPARED) else { return Ok(None) };
        let machine = trainer.machine();
        let seen = view.observe(trainer.time(), &machine.weight_matrix())?;
        let u = view.on_units(&seen.modes.u);
        let modes = (0..seen.modes.singular_values.len()).map(|rank| {
            let vectors = (u.column(rank).into_owned(), seen.modes.v.column(rank).into_owned());
            ModeProbe { mode: rank + 1, w: seen.modes.singular_values[rank], ..along(&probe, machine, &vectors) }
        });
        Ok(Some(Self { update: trainer.updates(), time: seen.time, modes: modes.collect() }))
    }
}

/// Projections of the configurations of chains on a mode.
struct Projected {
    z: Vec<f64>,
    g: Vec<f64>,
}

fn project(states: &ChainStates, (u, v): &(DVector<f64>, DVector<f64>)) -> Projected {
    let product = |layer: &DMatrix<f32>, vector: &DVector<f64>| -> Vec<f64> {
        (layer * vector.map(|x| x as f32)).iter().map(|&x| f64::from(x)).collect()
    };
    let (z, x) = (product(&states.visible, u), product(&states.hidden_means, v));
    Projected { g: z.iter().zip(&x).map(|(z, x)| z * x).collect(), z }
}

/// eta·s + theta·σ of each chain.
fn fields(states: &ChainStates, machine: &Machine) -> Vec<f64> {
    let sum = &states.visible * DVector::from_column_slice(&machine.eta)
        + &states.hidden * DVector::from_column_slice(&machine.theta);
    sum.iter().map(|&h| f64::from(h)).collect()
}

fn along(probe: &Probe, machine: &Machine, vectors: &(DVector<f64>, DVector<f64>)) -> ModeProbe {
    let [data, once, twice] = [&probe.data, &probe.once, &probe.twice].map(|states| project(states, vectors));
    let [of_data, after_k, after_2k] = [&data, &once, &twice].map(|of| mean(&of.g));
    let differences: Vec<f64> = twice.g.iter().zip(&once.g).map(|(later, earlier)| later - earlier).collect();
    let varies = (covariance(&once.z, &once.z) * covariance(&twice.z, &twice.z)).sqrt();
    // sign z minus its value at equilibrium, as shares.
    let fields = fields(&probe.once, machine);
    let excess: Vec<f64> = once.z.iter().zip(&fields).map(|(z, h)| 0.5 * z.signum() * (1.0 - h.tanh())).collect();
    let wrong = mean(&excess);
    let of_sign = |sign: f64| {
        let chosen = once.z.iter().zip(&once.g).filter(|(z, _)| **z * sign > 0.0);
        mean(&chosen.map(|(_, g)| *g).collect::<Vec<f64>>())
    };
    // NaN if all chains have one sign.
    let unlike = of_sign(1.0) - of_sign(-1.0);
    let share = positive(&once.z);
    ModeProbe {
        mode: 0,
        w: f64::NAN,
        data: of_data,
        after_k,
        after_2k,
        change: after_2k - after_k,
        change_error: standard_error(&differences).unwrap_or(f64::NAN),
        change_over_gradient: (after_2k - after_k) / (of_data - after_k),
        memory: covariance(&once.g, &twice.g).max(0.0).sqrt() / after_k.abs(),
        autocorrelation: if varies > 0.0 { covariance(&once.z, &twice.z) / varies } else { 0.0 },
        positive: share,
        positive_implied: share - wrong,
        positive_error: standard_error(&excess).unwrap_or(f64::NAN),
        positive_data: positive(&data.z),
        share_effect: if unlike.is_finite() { wrong * unlike / of_data } else { 0.0 },
    }
}

fn positive(z: &[f64]) -> f64 {
    z.iter().filter(|z| **z > 0.0).count() as f64 / z.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (centre_a, centre_b) = (mean(a), mean(b));
    mean(&a.iter().zip(b).map(|(a, b)| (a - centre_a) * (b - centre_b)).collect::<Vec<f64>>())
}

/// Summary of the probes of a mode from its emergence on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChainSummary {
    /// Name of the mode, from 1.
    pub mode: usize,
    /// Number of probes.
    pub looks: usize,
    /// Sum of the changes, divided by that of the data's ⟨sσ⟩.
    pub change: f64,
    /// Sum of the changes, in units of its standard error.
    pub change_in_errors: f64,
    /// Root mean square of the changes, divided by that of the gradients.
    pub change_over_gradient: f64,
    /// Largest memory.
    pub memory: f64,
    /// Number of probes with a memory above one half.
    pub stuck: usize,
    /// Mean autocorrelation of z over k sweeps.
    pub autocorrelation: f64,
    /// Share of chains with z > 0 at the probe with the largest effect of the shares.
    pub positive: f64,
    /// Share at equilibrium at that probe.
    pub positive_implied: f64,
    /// Standard error of the difference between `positive` and `positive_implied`.
    pub positive_error: f64,
    /// Share of the data at that probe.
    pub positive_data: f64,
    /// Effect of the shares at that probe, relative to the data's ⟨sσ⟩.
    pub share_effect: f64,
    /// Number of probes at which the shares are beyond chance and their effect exceeds one twentieth.
    pub unbalanced: usize,
}

/// Summaries of the probes of a run's chains, one per mode with at least two probes after its emergence; `emerged` holds the
/// times of emergence.
pub fn summaries(probes: &[ChainProbe], emerged: &[Option<f64>]) -> Vec<ChainSummary> {
    let of = |(index, emerged): (usize, &Option<f64>)| {
        let from = emerged.unwrap_or(f64::INFINITY);
        let seen = probes.iter().filter(|probe| probe.time >= from);
        let seen: Vec<ModeProbe> =
            seen.filter_map(|probe| probe.modes.iter().find(|of| of.mode == index + 1).copied()).collect();
        (seen.len() > 1).then(|| ChainSummary::of(&seen))
    };
    emerged.iter().enumerate().filter_map(of).collect()
}

impl ChainSummary {
    fn of(seen: &[ModeProbe]) -> Self {
        let sum = |of: fn(&ModeProbe) -> f64| seen.iter().map(of).sum::<f64>();
        let change = sum(|of| of.change);
        let worst =
            seen.iter().max_by(|a, b| a.share_effect.abs().total_cmp(&b.share_effect.abs())).unwrap_or(&seen[0]);
        let unbalanced = |of: &&ModeProbe| {
            let excess = (of.positive - of.positive_implied).abs();
            excess > CHANCE_ERRORS * of.positive_error && of.share_effect.abs() > NOTABLE_SHARES
        };
        Self {
            mode: seen[0].mode,
            looks: seen.len(),
            change: change / sum(|of| of.data.abs()),
            change_in_errors: change.abs() / sum(|of| of.change_error.powi(2)).sqrt(),
            change_over_gradient: (sum(|of| of.change.powi(2)) / sum(|of| (of.data - of.after_k).powi(2))).sqrt(),
            memory: seen.iter().map(|of| of.memory).fold(0.0, f64::max),
            stuck: seen.iter().filter(|of| of.memory > STUCK).count(),
            autocorrelation: sum(|of| of.autocorrelation) / seen.len() as f64,
            positive: worst.positive,
            positive_implied: worst.positive_implied,
            positive_error: worst.positive_error,
            positive_data: worst.positive_data,
            share_effect: worst.share_effect.abs(),
            unbalanced: seen.iter().filter(unbalanced).count(),
        }
    }

    /// Whether a finding at `looks` probes exceeds what chance or a passing transition explains.
    fn often(&self, looks: usize) -> bool {
        looks > 1 && looks as f64 > SELDOM * self.looks as f64
    }

    /// Objections to chains of k sweeps per update, in words; empty if there are none. `persistent` chains have signs and a
    /// memory of their own; others start at the data.
    pub fn doubts(&self, k: usize, persistent: bool) -> Vec<String> {
        let (mode, percent) = (self.mode, |value: f64| format!("{:.1} %", 100.0 * value));
        let mut doubts = Vec::new();
        if self.change_in_errors > CHANCE_ERRORS && self.change.abs() > NOTABLE {
            doubts.push(format!(
                "along mode {mode} the chains' ⟨sσ⟩ changes by {} on average ({:.0} standard errors) when they make {} sweeps in the place of \
                 {k}",
                percent(self.change),
                self.change_in_errors,
                2 * k
            ));
        }
        if persistent && self.often(self.stuck) {
            doubts.push(format!(
                "at {} of {} looks each chain sat in a state with a ⟨sσ⟩ of its own along mode {mode}, which {k} sweeps did not change (memory \
                 up to {:.2})",
                self.stuck, self.looks, self.memory
            ));
        }
        if persistent && self.often(self.unbalanced) {
            doubts.push(format!(
                "{} of the chains have the positive sign of mode {mode} where by the machine's own fields {} would ({} of the data do): an error \
                 of {} in ⟨sσ⟩",
                percent(self.positive),
                percent(self.positive_implied),
                percent(self.positive_data),
                percent(self.share_effect)
            ));
        }
        doubts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Spins;
    use crate::simulator::machine::{Algorithm, Settings};

    fn settings(gibbs_steps: usize) -> Settings {
        Settings {
            algorithm: Algorithm::Pcd,
            gibbs_steps,
            chains: 4000,
            batch_size: 100,
            learning_rate: 0.0,
            ..Settings::default()
        }
    }

    /// A machine of one mode with fields along it, after enough sweeps: the shares implied by the fields are those from
    /// enumeration, the chains have them too, and more sweeps change nothing.
    #[test]
    fn chains_at_equilibrium_are_above_suspicion() {
        let data = Spins::from_fn(200, 8, |sample, _| sample % 4 == 0);
        let (visible, hidden, w) = (8, 5, 1.2f32);
        let entry = w / (visible as f32 * hidden as f32).sqrt();
        let machine =
            Machine::new(visible, hidden, vec![entry; visible * hidden], vec![0.04; visible], vec![-0.02; hidden])
                .unwrap();
        let mut trainer = Trainer::new(machine.clone(), &data, settings(50)).unwrap();
        (0..4).for_each(|_| trainer.update().unwrap());
        let view = View::new(visible, hidden, None, 1).unwrap();
        let seen = ChainProbe::of(&trainer, &view).unwrap().unwrap().modes[0];
        // The share of samples with a positive sum, from exact samples: u may have either sign.
        let exact = machine.exact_samples(200_000, 1).unwrap();
        let mut row = [0.0; 8];
        let (mut above, mut zero) = (0.0, 0.0);
        for sample in 0..200_000 {
            exact.expand(sample, &mut row);
            let sum: f32 = row.iter().sum();
            above += f64::from(u8::from(sum > 0.0)) / 2e5;
            zero += f64::from(u8::from(sum == 0.0)) / 2e5;
        }
        let share = if (seen.positive_data - 0.25).abs() < 0.1 { above } else { 1.0 - above - zero };
        // A sum of zero has no sign; rounding gives it one.
        assert!((seen.positive - share).abs() < 4.0 * (0.25f64 / 4000.0).sqrt() + zero, "{seen:?} {share}");
        assert!((seen.positive - seen.positive_implied).abs() < 4.0 * seen.positive_error, "{seen:?}");
        assert!(
            seen.change.abs() < 4.0 * seen.change_error && seen.memory < 0.3 && seen.autocorrelation.abs() < 0.1,
            "{seen:?}"
        );
        let looks: Vec<ChainProbe> =
            (0..3).map(|k| ChainProbe { update: k, time: k as f64, modes: vec![seen] }).collect();
        let summaries = summaries(&looks, &[Some(0.5), None]);
        assert_eq!((summaries.len(), summaries[0].looks), (1, 2));
        assert!(summaries[0].doubts(50, true).is_empty());
    }

    /// Chains that start from independent units in a machine of two deep states cannot know that its fields leave one state
    /// empty. Half of them are in each state, and the identity of the shares shows it at once.
    #[test]
    fn frozen_signs_are_seen_in_the_fields() {
        let data = Spins::from_fn(200, 40, |sample, _| sample % 2 == 0);
        let (visible, hidden, w) = (40, 20, 2.5f32);
        let entry = w / (visible as f32 * hidden as f32).sqrt();
        let machine =
            Machine::new(visible, hidden, vec![entry; visible * hidden], vec![0.1; visible], vec![0.0; hidden])
                .unwrap();
        let trainer = Trainer::new(machine, &data, settings(5)).unwrap();
        let view = View::new(visible, hidden, None, 1).unwrap();
        let seen = ChainProbe::of(&trainer, &view).unwrap().unwrap().modes[0];
        // e^{2h} with h = 0.1 · 40 · 0.98: the other state has 4e-4 of the weight.
        let rare = seen.positive_implied.min(1.0 - seen.positive_implied);
        assert!(rare < 0.01 && (0.2..0.8).contains(&seen.positive) && seen.autocorrelation > 0.9, "{seen:?}");
        assert!((seen.positive - seen.positive_implied).abs() > CHANCE_ERRORS * seen.positive_error, "{seen:?}");
    }

    #[test]
    fn looks_are_spread_over_a_schedule() {
        assert_eq!(probed(&[0, 1, 2, 3]), [1, 2, 3]);
        let every: Vec<u64> = (0..=320).collect();
        assert_eq!(probed(&every), (1..=16).map(|part| 20 * part).collect::<Vec<u64>>());
        assert!(probed(&[]).is_empty() && probed(&[0]).is_empty());
    }
}
