//! The flow in the frame of the singular vectors: the equations of `docs/theory.md`, section 2, integrated directly.
//!
//! They are singular where two w meet, and cost more than the flow of W. They serve as a cross-check, and follow the
//! projected fields by their own equations, including the rotation terms.

use nalgebra::{DMatrix, DVector};
use spectral_rbm::learning::{Flow, Frame, Split, State};
use spectral_rbm::{Error, Result};

/// A state of the flow in the frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameState {
    /// w_α, u^α, v^α.
    pub frame: Frame,
    /// All visible fields.
    pub eta: DVector<f64>,
    /// All hidden fields, in the hidden basis.
    pub theta: DVector<f64>,
    /// η_α = u^α·eta, moved by its own equation.
    pub projected_eta: DVector<f64>,
    /// θ_α = v^α·theta, moved by its own equation.
    pub projected_theta: DVector<f64>,
}

/// A [`Flow`] written as equations for the frame. For DOP853, so the complete rate is in one part.
#[derive(Debug)]
pub struct FrameFlow<'a> {
    flow: &'a Flow,
    shape: FrameState,
}

/// A frame with the signs of its vectors chosen to match those of `reference`.
pub fn aligned(mut frame: Frame, reference: &Frame) -> Frame {
    for mode in 0..frame.modes().min(reference.modes()) {
        let along =
            frame.u.column(mode).dot(&reference.u.column(mode)) + frame.v.column(mode).dot(&reference.v.column(mode));
        if along < 0.0 {
            frame.u.column_mut(mode).neg_mut();
            frame.v.column_mut(mode).neg_mut();
        }
    }
    frame
}

impl FrameState {
    /// The frame of a state, with its fields projected.
    ///
    /// # Errors
    /// Those of the decomposition.
    pub fn of(flow: &Flow, state: &State) -> Result<Self> {
        let frame = Frame::of(&state.weights)?;
        Ok(Self {
            projected_eta: frame.u.tr_mul(&flow.layers().project(&state.eta)),
            projected_theta: frame.v.tr_mul(&state.theta),
            eta: state.eta.clone(),
            theta: state.theta.clone(),
            frame,
        })
    }

    /// All components in one vector.
    pub fn to_vector(&self) -> DVector<f64> {
        DVector::from_vec(self.parts().concat())
    }

    /// Sets all components from a vector made by [`to_vector`](Self::to_vector).
    pub fn copy_from(&mut self, vector: &DVector<f64>) {
        let mut rest = vector.as_slice();
        let parts = [
            self.frame.singular_values.as_mut_slice(),
            self.frame.u.as_mut_slice(),
            self.frame.v.as_mut_slice(),
            self.eta.as_mut_slice(),
            self.theta.as_mut_slice(),
            self.projected_eta.as_mut_slice(),
            self.projected_theta.as_mut_slice(),
        ];
        for part in parts {
            let (values, others) = rest.split_at(part.len());
            part.copy_from_slice(values);
            rest = others;
        }
    }

    fn parts(&self) -> [&[f64]; 7] {
        [
            self.frame.singular_values.as_slice(),
            self.frame.u.as_slice(),
            self.frame.v.as_slice(),
            self.eta.as_slice(),
            self.theta.as_slice(),
            self.projected_eta.as_slice(),
            self.projected_theta.as_slice(),
        ]
    }
}

impl<'a> FrameFlow<'a> {
    /// The flow of frames with the shape of `start`.
    pub fn new(flow: &'a Flow, start: &FrameState) -> Self {
        Self { flow, shape: start.clone() }
    }

    /// Rates of all components.
    ///
    /// # Errors
    /// Those of the flow; [`Error::Unsolved`] where two w meet and their vectors are not defined.
    pub fn rates(&self, t: f64, state: &FrameState) -> Result<FrameState> {
        let whole = State { weights: state.frame.weights(), eta: state.eta.clone(), theta: state.theta.clone() };
        let gradient = self.flow.gradient(t, &whole)?;
        let rates = state.frame.rates(&gradient.weights)?;
        if rates.visible.iter().chain(&rates.hidden).any(|omega| omega.is_nan()) {
            let reason = "two modes have the same w: their frame is not defined, the flow of W is".to_owned();
            return Err(Error::Unsolved { what: "the frame", reason });
        }
        // The projected fields follow their own equations; only what leaves the frame needs the complete fields.
        let layers = self.flow.layers();
        let projected_eta = state.frame.u.tr_mul(&layers.project(&gradient.eta))
            + &rates.visible * &state.projected_eta
            + rates.leaving_u.tr_mul(&layers.project(&state.eta));
        let projected_theta = state.frame.v.tr_mul(&gradient.theta)
            + &rates.hidden * &state.projected_theta
            + rates.leaving_v.tr_mul(&state.theta);
        let (u, v): (DMatrix<f64>, DMatrix<f64>) = (rates.u(&state.frame), rates.v(&state.frame));
        let frame = Frame { singular_values: rates.singular_values, u, v };
        Ok(FrameState { frame, eta: gradient.eta, theta: gradient.theta, projected_eta, projected_theta })
    }
}

impl Split for FrameFlow<'_> {
    fn slow(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>> {
        let mut state = self.shape.clone();
        state.copy_from(y);
        Ok(self.rates(t, &state)?.to_vector())
    }

    fn fast(&self, _: f64, y: &DVector<f64>) -> Result<DVector<f64>> {
        Ok(DVector::zeros(y.len()))
    }
}
