//! The cases of the closed form of one mode, each in its own coordinate.
//!
//! In `z = σ_v² σ_h² w²`, `τ = σ_v² σ_h² t` and `λ = Λ̂/σ_v²` the flow of a mode depends on λ only. Partial fractions integrate
//! it:
//!
//! ```text
//! dz/dτ = 2z (λ − 1/(1 − z)),      2(λ − 1) τ = [ ln z − (1/λ) ln |λ − 1 − λz| ],      z* = 1 − 1/λ if λ > 1, else 0.
//! ```
//!
//! The difference loses digits near z*, where z hardly moves, and near λ = 1, where both sides vanish. So each case has its own
//! coordinate, in which the time is monotone and nothing cancels:
//!
//! | case | coordinate x | (scale) τ |
//! |---|---|---|
//! | λ > 1, z < z* | `ln z − ln(z* − z)` | `2(λ−1) τ = [ x − (1 − 1/λ) softplus(x) ]` |
//! | λ > 1, z > z* | `ln(z/z* − 1)` | `2(λ−1) τ = [ softplus(x) − x/λ ]` |
//! | λ ≤ 1 | `ln z` | `2(λ−1) τ = [ x − (1/λ) ln(1 + λz/(1−λ)) ]` |
//! | λ ≤ 1, 1 − λ < z | `ln z` | `2λ τ = [ x + ln(1 + (1−λ)/(λz))/(1−λ) ]`, at λ = 1 `[ x + 1/z ]` |

/// The cases of the table, with `ratio` = λ and `excess` = λ − 1 = −`deficit`.
#[derive(Clone, Copy, Debug)]
pub(super) enum ModeFlow {
    Growing { ratio: f64, excess: f64, log_fixed: f64 },
    Falling { ratio: f64, excess: f64, log_fixed: f64 },
    Decaying { ratio: f64, deficit: f64 },
    // `reference` = ln z of the start. Both sides are multiplied by this z, and the start is subtracted from x, so that nothing
    // overflows for the smallest z.
    Marginal { ratio: f64, deficit: f64, reference: f64 },
}

impl ModeFlow {
    /// x from ln z. NaN on the other side of the fixed point, infinite at it.
    pub(super) fn coordinate(&self, log_z: f64) -> f64 {
        match *self {
            ModeFlow::Growing { log_fixed, .. } => {
                let distance = log_z - log_fixed;
                distance - (-distance.exp_m1()).ln()
            }
            ModeFlow::Falling { log_fixed, .. } => {
                let distance = log_z - log_fixed;
                // The same as ln(exp(d) − 1), which overflows.
                distance + (-(-distance).exp_m1()).ln()
            }
            ModeFlow::Decaying { .. } => log_z,
            ModeFlow::Marginal { reference, .. } => log_z - reference,
        }
    }

    pub(super) fn log_z(&self, x: f64) -> f64 {
        match *self {
            ModeFlow::Growing { log_fixed, .. } => log_fixed - softplus(-x),
            ModeFlow::Falling { log_fixed, .. } => log_fixed + softplus(x),
            ModeFlow::Decaying { .. } => x,
            ModeFlow::Marginal { reference, .. } => x + reference,
        }
    }

    /// The factor in front of τ.
    pub(super) fn scale(&self) -> f64 {
        match *self {
            ModeFlow::Growing { excess, .. } | ModeFlow::Falling { excess, .. } => 2.0 * excess,
            ModeFlow::Decaying { deficit, .. } => -2.0 * deficit,
            ModeFlow::Marginal { ratio, reference, .. } => 2.0 * ratio * reference.exp(),
        }
    }

    /// The scaled time at x, up to a constant, and its slope in x.
    pub(super) fn time(&self, x: f64) -> (f64, f64) {
        match *self {
            // softplus(x) = x + softplus(−x) gives two forms: the one for x > 0 does not cancel there.
            ModeFlow::Growing { ratio, excess, .. } => {
                let slope = 1.0 / ratio + excess / ratio * logistic(-x);
                let time =
                    if x > 0.0 { x / ratio - excess / ratio * softplus(-x) } else { x - excess / ratio * softplus(x) };
                (time, slope)
            }
            ModeFlow::Falling { ratio, excess, .. } if x > 0.0 => {
                (excess / ratio * x + softplus(-x), excess / ratio - logistic(-x))
            }
            ModeFlow::Falling { ratio, .. } => (softplus(x) - x / ratio, logistic(x) - 1.0 / ratio),
            ModeFlow::Decaying { ratio, deficit } => {
                let z = x.exp();
                let bend = if ratio > 0.0 { (ratio * z / deficit).ln_1p() / ratio } else { z / deficit };
                (x - bend, deficit * (1.0 - z) / (deficit + ratio * z))
            }
            ModeFlow::Marginal { ratio, deficit, reference } => {
                let start = reference.exp();
                if deficit == 0.0 {
                    return (start * x + (-x).exp_m1(), start - (-x).exp());
                }
                let offset = (deficit / ratio).ln() - reference;
                let bend = start / deficit * (softplus(offset - x) - softplus(offset));
                (start * x + bend, start * (1.0 - logistic(offset - x) / deficit))
            }
        }
    }

    /// Bracket of the x at which the scaled time is `target`, that is, `span` after the start.
    pub(super) fn bracket(&self, start: f64, span: f64, target: f64) -> (f64, f64) {
        let from = self.coordinate(start);
        match *self {
            // The curve lies below both its asymptotes x and x/λ, and rises by at least 1/λ.
            ModeFlow::Growing { ratio, .. } => {
                (target.max(ratio * target).max(from), (from + ratio * span).min(f64::MAX))
            }
            // The curve lies above its asymptote −x/λ.
            ModeFlow::Falling { ratio, .. } => ((-ratio * target).min(from), from),
            // The curve lies below its asymptote x.
            ModeFlow::Decaying { .. } => (target.min(from), from),
            // d ln z/dτ = −2 (1 − λ + λz)/(1 − z) is steepest at the start. With 1 − λ < z it never exceeds its value there.
            ModeFlow::Marginal { ratio, deficit, .. } => {
                let z = start.exp();
                let steepest = (deficit + ratio * z) / (1.0 - z);
                (-span / (ratio * z) * steepest, 0.0)
            }
        }
    }
}

/// ln(1 + e^x).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// 1/(1 + e^{−x}), the slope of softplus.
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The x in [low, high] at which a monotone function has the value `target`. Newton's method starts from the lower end. Where it
/// leaves the bracket or does not halve the step, bisection takes over.
pub(super) fn root(function: impl Fn(f64) -> (f64, f64), target: f64, mut low: f64, mut high: f64) -> f64 {
    let rising = function(high).0 >= function(low).0;
    let mut at = low;
    let mut step = high - low;
    // Bisection alone needs at most 1100 halvings of the widest bracket of doubles.
    for _ in 0..1100 {
        let (value, slope) = function(at);
        if value == target {
            return at;
        }
        if (value < target) == rising {
            low = at
        } else {
            high = at
        }
        let newton = at - (value - target) / slope;
        let inside = newton >= low && newton <= high && (newton - at).abs() < 0.5 * step.abs();
        let next = if inside { newton } else { low + 0.5 * (high - low) };
        step = next - at;
        if step.abs() <= f64::EPSILON * at.abs().max(1.0) {
            return next;
        }
        at = next;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_rising_and_falling_functions() {
        let log = |x: f64| (x.ln(), 1.0 / x);
        assert!((root(log, 1.5, 1e-3, 1e3) / 1.5f64.exp() - 1.0).abs() < 1e-15);
        // Newton's step from the lower end leaves the bracket.
        let flat = |x: f64| (-x.powi(9), -9.0 * x.powi(8));
        assert!((root(flat, -2.0, 1e-6, 100.0) - 2f64.powf(1.0 / 9.0)).abs() < 1e-15);
        assert_eq!(root(|x| (x, 1.0), 3.0, 3.0, 3.0), 3.0);
    }

    /// Compares the slopes with central differences, and the coordinates with their inverses, in every case.
    #[test]
    fn slopes_and_inverses() {
        let log_fixed = (1.0 - 1.0 / 3.0f64).ln();
        for (flow, log_z) in [
            (ModeFlow::Growing { ratio: 3.0, excess: 2.0, log_fixed }, [log_fixed - 4.0, log_fixed - 0.01]),
            (ModeFlow::Falling { ratio: 3.0, excess: 2.0, log_fixed }, [log_fixed + 0.01, -0.01]),
            (ModeFlow::Decaying { ratio: 0.4, deficit: 0.6 }, [-5.0, -0.1]),
            (ModeFlow::Decaying { ratio: 0.0, deficit: 1.0 }, [-5.0, -0.1]),
            (ModeFlow::Marginal { ratio: 0.9, deficit: 0.1, reference: -0.1 }, [-5.0, -0.2]),
            (ModeFlow::Marginal { ratio: 1.0, deficit: 0.0, reference: -0.1 }, [-5.0, -0.2]),
        ] {
            for log_z in log_z {
                let x = flow.coordinate(log_z);
                assert!((flow.log_z(x) - log_z).abs() < 1e-14, "{flow:?}");
                let step = 1e-5;
                let difference = (flow.time(x + step).0 - flow.time(x - step).0) / (2.0 * step);
                let slope = flow.time(x).1;
                // The third derivative is of the order of the slope or of 1.
                assert!((difference - slope).abs() < 1e-9 * (1.0 + slope.abs()), "{flow:?}: {difference} for {slope}");
            }
        }
    }
}
