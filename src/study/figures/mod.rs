//! The figures themselves, each from plain data: phases, learning, spectra, theory against simulation.

mod average_cost;
mod comparison;
mod inspection;
mod learning;
mod linear_dynamics;
mod phase_diagram;
mod phase_style;
mod spectrum_histogram;
mod spectrum_log_log;
mod spectrum_rank;
mod spectrum_time;
mod stable_states;

pub use average_cost::{CostCurves, CostPanel, average_costs, average_times};
pub use comparison::{ComparisonFigure, TheoryCurves, comparison, comparisons};
pub use inspection::{ComponentHistogram, LawCurve, ModeCourse, component_histograms, modes_against_update};
pub use learning::{Marks, learning_trajectory};
pub use linear_dynamics::{LinearCourse, linear_dynamics};
pub use phase_diagram::{
    LearningPath, phase_diagram, phase_diagram_gallery, phase_diagram_with_learning, phase_diagram_with_path,
};
pub use spectrum_histogram::{Bulk, SpectrumHistogram, spectrum_histogram, spectrum_histogram_with_outliers};
pub use spectrum_log_log::{FollowedModes, RankSpectrum, spectrum_log_log};
pub use spectrum_rank::spectra_by_rank;
pub use spectrum_time::spectrum_against_time;
pub use stable_states::stable_states;
