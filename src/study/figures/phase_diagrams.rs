//! Phase diagrams of one mode under four priors, and of three modes with their limits of metastability.

use super::made::Made;
use super::studio::Studio;
use crate::Prior;
use crate::plot::style::DOUBLE_COLUMN_MM;
use crate::plot::{Axis, Figure, Panel, Scale, escape};
use crate::study::drawing::{curve_style, panel};
use crate::study::error::Result;
use crate::study::tables;
use crate::theory::phase::{Curve, Family, PhaseDiagram};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(super) const ONE_MODE: &str = "phase-diagrams";
pub(super) const METASTABILITY: &str = "metastability";

pub(super) fn one_mode(studio: &Studio<'_>) -> Result<Made> {
    diagrams(studio, ONE_MODE, &Prior::NAMED, &[1.0])
}

pub(super) fn metastability(studio: &Studio<'_>) -> Result<Made> {
    diagrams(studio, METASTABILITY, &[Prior::Bernoulli, Prior::Laplace], &[1.0, 0.9, 0.8])
}

/// Phase diagrams side by side, and the boundaries of each.
fn diagrams(studio: &Studio<'_>, name: &'static str, priors: &[Prior], modes_ratio: &[f64]) -> Result<Made> {
    let diagrams = compute(studio, name, priors, modes_ratio, (studio.choose(41, 201), 2.0, 2.0))?;
    let mut made = Made::default();
    made.draw(name, side_by_side(&diagrams)?);
    for (prior, diagram) in priors.iter().zip(&diagrams) {
        made.table(format!("{name}-{prior}"), tables::boundaries(&diagram.boundaries));
    }
    Ok(made)
}

/// Diagrams of square machines under each prior, with the given number of points per axis, up to the given 1/σ and w_max/σ.
pub(super) fn compute(
    studio: &Studio<'_>,
    name: &'static str,
    priors: &[Prior],
    modes_ratio: &[f64],
    (points, right, top): (u32, f64, f64),
) -> Result<Vec<PhaseDiagram>> {
    let axis = |end: f64| -> Vec<f64> { (0..points).map(|n| end * f64::from(n) / f64::from(points - 1)).collect() };
    let (x, y) = (axis(right), axis(top));
    let step = steps(studio, name, priors.len() * PhaseDiagram::steps(&x));
    let diagram = |prior: &Prior| {
        let family = Family::new(1.0, modes_ratio, prior.clone(), prior.clone())?;
        Ok(PhaseDiagram::compute(&family, &x, &y, &step)?)
    };
    priors.iter().map(diagram).collect()
}

/// Counts the steps of some work, from any thread, and reports their share.
pub(super) fn steps(studio: &Studio<'_>, name: &'static str, all: usize) -> impl Fn() + Sync {
    let (done, progress) = (AtomicUsize::new(0), studio.progress);
    move || progress(name, (done.fetch_add(1, Relaxed) + 1) as f64 / all as f64)
}

/// Several phase diagrams, two per row across both columns, each under the name of its prior.
fn side_by_side(diagrams: &[PhaseDiagram]) -> Result<Figure> {
    let mut panels = Vec::new();
    for diagram in diagrams {
        let mut panel = panel(diagram, Scale::Linear)?;
        panel.title(&escape(&prior_title(diagram)));
        panels.push(panel);
    }
    list_curves(&mut panels, diagrams);
    let columns = diagrams.len().clamp(1, 2);
    let agree = |axis: fn(&Panel) -> &Axis, first: &dyn Fn(usize) -> usize| {
        (0..panels.len()).all(|i| axis(&panels[i]) == axis(&panels[first(i)]))
    };
    let same_x = agree(|panel| &panel.x, &|i| i % columns);
    let same_y = agree(|panel| &panel.y, &|i| i - i % columns);
    let rows = diagrams.len().div_ceil(columns);
    let full = panels.len() == rows * columns;
    let mut figure = if full {
        Figure::grid(DOUBLE_COLUMN_MM, rows, columns, panels)?
    } else {
        // An odd number of diagrams stands in one row.
        Figure::grid(DOUBLE_COLUMN_MM, 1, diagrams.len(), panels)?
    };
    if same_x && full {
        figure = figure.share_x();
    }
    if same_y && full {
        figure = figure.share_y();
    }
    Ok(figure.aspect(0.8))
}

/// Names the curves of all diagrams in the legend of the first, so that their order does not depend on which diagrams have them.
pub(super) fn list_curves(panels: &mut [Panel], diagrams: &[PhaseDiagram]) {
    let mut curves: Vec<Curve> =
        diagrams.iter().flat_map(|diagram| diagram.boundaries.iter().map(|boundary| boundary.curve)).collect();
    let order = |curve: &Curve| match *curve {
        Curve::ParamagneticFerromagnetic => (0, 0),
        Curve::ParamagneticSpinGlass => (1, 0),
        Curve::SpinGlassFerromagnetic => (2, 0),
        Curve::AlmeidaThouless => (3, 0),
        Curve::Metastable(mode) => (4, mode),
        Curve::Mixture(count) => (5, count),
    };
    curves.sort_by_key(order);
    curves.dedup();
    for (label, style) in curves.into_iter().rev().map(curve_style) {
        if panels.iter().any(|panel| panel.has_line(&label)) {
            panels[0].list_first(&label, style);
        }
    }
}

/// The name of the prior, or of both if they differ.
pub(super) fn prior_title(diagram: &PhaseDiagram) -> String {
    let (u, v) = (diagram.family.prior_u(), diagram.family.prior_v());
    if u == v { title(u) } else { format!("{} / {}", title(u), title(v)) }
}

/// The name of a prior with its first letter capitalised.
pub(super) fn title(prior: &Prior) -> String {
    let name = prior.name();
    name[..1].to_uppercase() + &name[1..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::FigureError;
    use crate::plot::sheet::svg_texts;
    use crate::study::drawing::made_up::{boundary, diagram};
    use crate::study::error::StudyError;

    #[test]
    fn a_gallery_names_its_priors_and_shares_its_labels() {
        let diagrams: Vec<PhaseDiagram> = Prior::NAMED.iter().map(|prior| diagram(prior, 21)).collect();
        let texts = svg_texts(&side_by_side(&diagrams).unwrap());
        assert!(texts.contains(&"(a) Gaussian".to_string()), "{texts:?}");
        assert!(texts.contains(&"(c) Bernoulli".to_string()));
        assert_eq!(texts.iter().filter(|text| *text == "max").count(), 2);
        assert_eq!(texts.iter().filter(|text| *text == "P–SG").count(), 1);
        // Three do not fill two rows: they stand in one.
        assert!(side_by_side(&diagrams[..3]).unwrap().svg().is_ok());
        assert!(matches!(side_by_side(&[]), Err(StudyError::Figure(FigureError::Panels { found: 0, .. }))));
    }

    #[test]
    fn the_legend_of_a_gallery_counts_modes_upwards_whichever_panel_has_them() {
        let mut diagrams = [Prior::Bernoulli, Prior::Laplace].map(|prior| diagram(&prior, 21));
        let limit = |mode: usize, height: f64| boundary(Curve::Metastable(mode), move |t| (t, height));
        diagrams[0].boundaries.extend([limit(3, 1.7), limit(2, 1.4)]);
        diagrams[1].boundaries.push(limit(1, 1.5));
        let texts = svg_texts(&side_by_side(&diagrams).unwrap());
        let listed: Vec<&str> = texts.iter().filter_map(|text| text.strip_prefix("metastable ")).collect();
        assert_eq!(listed, ["1", "2", "3"]);
    }
}
