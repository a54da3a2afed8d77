//! What can go wrong, said with the offending value and what would be right.

/// Errors of the library's computations.
///
/// A solver that merely fails to converge does not return an error: it returns its result with its residual and a
/// [`Status`](crate::theory::saddle::Status) that says so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// κ = N_h/N_v is not between 1e-9 and 1e9.
    #[error("kappa = N_h/N_v is {0:?}: it must lie between 1e-9 and 1e9")]
    Kappa(f64),
    /// The standard deviation of the weight noise is negative, not finite or beyond 1e100.
    #[error("sigma is {0:?}: it must lie between 0 and 1e100")]
    Sigma(f64),
    /// The list of modes is empty.
    #[error("no modes are given: at least one singular value w is needed")]
    NoModes,
    /// A singular value is negative, not finite or beyond 1e100.
    #[error("mode {mode} has w = {value:?}: singular values must lie between 0 and 1e100")]
    Mode {
        /// Rank of the mode, from 1.
        mode: usize,
        /// The value given.
        value: f64,
    },
    /// The singular values are not in decreasing order.
    #[error("the modes are not in decreasing order: w_{mode} = {value} exceeds w_{} = {previous}", mode - 1)]
    Unordered {
        /// Rank of the mode that is too large, from 1.
        mode: usize,
        /// Its value.
        value: f64,
        /// The value before it.
        previous: f64,
    },
    /// Two lists that must have one entry per mode differ in length.
    #[error("{name} has {found} entries and there are {expected} modes: one entry per mode is needed")]
    Length {
        /// Name of the list.
        name: &'static str,
        /// Entries found.
        found: usize,
        /// Entries needed.
        expected: usize,
    },
    /// A parameter is NaN or infinite.
    #[error("{name} is {value}: it must be finite")]
    NotFinite {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
    },
    /// A parameter that must not be negative is.
    #[error("{name} is {value}: it must not be negative")]
    Negative {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
    },
    /// A name that is not a prior.
    #[error("\"{0}\" is not a prior: choose gaussian, uniform, bernoulli or laplace")]
    UnknownPrior(String),
    /// A name that is not an average.
    #[error("\"{0}\" is not an average: choose V, V-prime, tanh, sech2, sech4, tanh-sech2 or log2cosh")]
    UnknownFunction(String),
    /// Tensor-product Gauss–Hermite beyond three modes.
    #[error("the hermite backend takes at most 3 modes under this prior, {0} were given: use fourier")]
    HermiteModes(usize),
    /// A quadrature rule of zero or too many nodes.
    #[error("a quadrature rule of {0} nodes was asked for: choose between 1 and 1024")]
    QuadratureNodes(usize),
    /// The field is so large that its Fourier representation would need more nodes than are reasonable.
    #[error("the field is too large for the fourier backend: about {nodes:.1e} nodes would be needed (at most 1e7)")]
    FieldTooLarge {
        /// Nodes that the field would need.
        nodes: f64,
    },
    /// An empirical prior without sites or without modes.
    #[error("the empirical prior is empty: it has {sites} sites and {modes} modes")]
    EmptyComponents {
        /// Rows given.
        sites: usize,
        /// Columns given.
        modes: usize,
    },
    /// A grid or range that cannot be used.
    #[error("{name}: {reason}")]
    Range {
        /// Which grid.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A root search was given an interval that does not bracket a root.
    #[error("no change of sign between {low} and {high}")]
    NoBracket {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// The iteration for singular values, or for eigenvalues, did not converge: not known of any finite matrix.
    #[error("the singular values of a {rows} × {columns} matrix did not converge")]
    NoConvergence {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
    /// The response of a machine around a single state, where that state has become unstable.
    #[error(
        "the Gaussian response diverges: a mode has condensed (without fields, one with w >= 1); a smaller learning rate, or a mean-field response, is needed"
    )]
    Divergent,
    /// Equations or integrals of the machine's states that could not be solved.
    #[error("{what}: {reason}")]
    Unsolved {
        /// What was looked for.
        what: &'static str,
        /// How it failed.
        reason: String,
    },
    /// An integration whose steps became too small to come to an end, or whose numbers are no longer finite.
    #[error(
        "the integration could not go on from t = {at:.6e}: its tolerance asks for steps there that are too small to come to an end; stop earlier, allow larger errors, or take the steps of a learning rate (one of a map is too large)"
    )]
    Step {
        /// Time that was reached.
        at: f64,
    },
    /// Thermodynamic weights for a size that is not positive, or too large for the accuracy of free energies.
    #[error("the size L is {0:?}: it must be positive and at most 1e12")]
    Size(f64),
}

/// Result with the library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;
