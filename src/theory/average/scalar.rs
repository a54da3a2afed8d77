//! The functions of one variable whose averages are taken (`docs/theory.md`, section 4).

/// Averages of the scalar functions over one distribution of S (or their values at one S).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scalar {
    /// `E[tanh S]`.
    pub tanh: f64,
    /// `E[sech² S]`.
    pub sech2: f64,
    /// `E[sech⁴ S]`.
    pub sech4: f64,
    /// `E[tanh S sech² S]`.
    pub tanh_sech2: f64,
    /// `E[(sech²)''(S)] = E[4 sech² S − 6 sech⁴ S]`, which cancels where S is spread over more than a unit.
    pub sech2_bend: f64,
}

impl Scalar {
    /// The functions at one point, with sech² formed without the cancellation of 1 − tanh².
    pub fn at(s: f64) -> Self {
        let tanh = s.tanh();
        let decay = (-2.0 * s.abs()).exp();
        let sech2 = 4.0 * decay / ((1.0 + decay) * (1.0 + decay));
        let sech4 = sech2 * sech2;
        Self { tanh, sech2, sech4, tanh_sech2: tanh * sech2, sech2_bend: 4.0 * sech2 - 6.0 * sech4 }
    }

    /// Adds `weight` times `other`.
    pub fn add(&mut self, weight: f64, other: &Self) {
        self.tanh += weight * other.tanh;
        self.sech2 += weight * other.sech2;
        self.sech4 += weight * other.sech4;
        self.tanh_sech2 += weight * other.tanh_sech2;
        self.sech2_bend += weight * other.sech2_bend;
    }

    /// Rounding removed where it left the range of the functions.
    pub fn in_range(self) -> Self {
        let share = |value: f64| value.clamp(0.0, 1.0);
        Self { tanh: self.tanh.clamp(-1.0, 1.0), sech2: share(self.sech2), sech4: share(self.sech4), ..self }
    }

    /// Plain mean of a list.
    pub fn mean(points: &[Self]) -> Self {
        let mut mean = Self::default();
        points.iter().for_each(|point| mean.add(1.0 / points.len() as f64, point));
        mean
    }
}

/// `log 2cosh s`, accurate for any s.
pub fn log_2cosh(s: f64) -> f64 {
    s.abs() + (-2.0 * s.abs()).exp().ln_1p()
}
