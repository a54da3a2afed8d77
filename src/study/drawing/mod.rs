//! Drawings of results: phases, learning, spectra, theory against simulation, a trained machine.
//!
//! They are shared by commands and by the named [`figures`](super::figures).

mod comparison;
mod inspection;
mod learning;
#[cfg(test)]
pub(super) mod made_up;
mod phase_diagram;
mod phase_style;
mod run;
mod spectrum_histogram;
mod spectrum_time;

pub use comparison::{ComparisonFigure, TheoryCurves, comparison, comparisons};
pub use inspection::{COMPONENTS, PLACE, inspection};
pub use learning::learning_trajectory;
pub use phase_diagram::phase_diagram;
pub use run::{fits_on_a_page, modes, of_run, samples, spectrum};
pub use spectrum_histogram::{SpectrumHistogram, spectrum_histogram};

pub(super) use phase_diagram::{axis, draw_boundaries, panel};
pub(super) use phase_style::{UNKNOWN, curve_style};
pub(super) use run::bulk_title;
pub(super) use spectrum_time::{NAMED_CURVES, OTHERS, leading_style, value_axis};
