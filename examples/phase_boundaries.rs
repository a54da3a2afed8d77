//! The boundaries of the phase diagram under Laplace components, as CSV.
//!
//!     cargo run --release --example phase_boundaries > boundaries.csv

use spectral_rbm::theory::phase::{Family, boundaries};
use spectral_rbm::{Prior, Result};

fn main() -> Result<()> {
    let family = Family::new(1.0, &[1.0], Prior::Laplace, Prior::Laplace)?; // κ, ratios of strengths, laws of u and v
    let inv_sigma: Vec<f64> = (1..=16).map(|k| 0.125 * f64::from(k)).collect();
    println!("curve,inv_sigma,w_over_sigma");
    for boundary in boundaries(&family, &inv_sigma, (0.0, 3.0), &|| ())? {
        for point in &boundary.points {
            println!("{},{},{:.10}", boundary.curve, point.inv_sigma, point.w_over_sigma);
        }
    }
    Ok(())
}
