//! The look of phases and of the curves between them, the same in every figure.

use crate::plot::Category;
use crate::plot::style::{Color, Dash, LineStyle};
use crate::theory::phase::{Curve, Phase};

/// Legend label of cells and boundary points whose state is unknown.
pub(in crate::study) const UNKNOWN: &str = "not converged";

/// The index of a phase in [`categories`].
pub(super) fn category(phase: Phase) -> usize {
    match phase {
        Phase::Paramagnetic => 0,
        Phase::Ferromagnetic => 1,
        Phase::SpinGlass => 2,
        Phase::Mixed => 3,
        // A family of ensembles has no fields: neither names a phase.
        Phase::Unconverged | Phase::WithFields => 4,
    }
}

/// Categories in the order of [`category`]; no two phases look alike, in grey either.
pub(super) fn categories() -> [Category; 5] {
    [
        Category::filled(Color::Rgb(248, 248, 248), "P"),
        Category::filled(Color::SkyBlue.tint(0.3), "F"),
        Category::filled(Color::Orange.tint(0.5), "SG"),
        Category::filled(Color::BluishGreen.tint(0.5), "F+SG"),
        Category::hatched(UNKNOWN),
    ]
}

/// The name of a curve in the legend, and its style.
pub(in crate::study) fn curve_style(curve: Curve) -> (String, LineStyle) {
    // Darker than the palette, to be visible on any fill.
    const DARK: [Color; 4] =
        [Color::Rgb(165, 55, 120), Color::Rgb(0, 85, 60), Color::Rgb(80, 80, 80), Color::Rgb(140, 75, 0)];
    // Up to three of the first family, and neighbours in the second, differ in dash as well.
    let other = |index: usize, dashes: &[Dash]| {
        LineStyle::new(DARK[index % DARK.len()], dashes[index % dashes.len()]).width(0.9)
    };
    let main = |color, dash| LineStyle::new(color, dash).width(1.2);
    match curve {
        Curve::ParamagneticFerromagnetic => ("P–F".into(), main(Color::Black, Dash::Solid)),
        Curve::ParamagneticSpinGlass => ("P–SG".into(), main(Color::Vermillion, Dash::LongDashed)),
        Curve::SpinGlassFerromagnetic => ("SG–F".into(), main(Color::Blue, Dash::DashDotted)),
        Curve::AlmeidaThouless => ("AT".into(), main(Color::Rgb(110, 30, 80), Dash::DashDotDotted)),
        Curve::Metastable(count) => {
            let style = other(count, &[Dash::ShortDashed, Dash::SparselyDashed, Dash::Dashed]);
            (format!("metastable {count}"), style)
        }
        Curve::Mixture(count) => {
            let style = other(count + 1, &[Dash::SparselyDotted, Dash::Dotted]);
            (format!("{count}-mode mixture"), style)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_differ_in_grey() {
        let mut luminances: Vec<f64> = categories().iter().take(4).map(|category| category.color.luminance()).collect();
        luminances.sort_by(f64::total_cmp);
        assert!(luminances.windows(2).all(|pair| pair[1] - pair[0] > 0.06), "{luminances:?}");
    }

    #[test]
    fn no_two_curves_look_alike() {
        let mut curves = vec![
            Curve::ParamagneticFerromagnetic,
            Curve::ParamagneticSpinGlass,
            Curve::SpinGlassFerromagnetic,
            Curve::AlmeidaThouless,
        ];
        curves.extend((1..=4).map(Curve::Metastable));
        curves.extend((2..=5).map(Curve::Mixture));
        for (index, &one) in curves.iter().enumerate() {
            for &other in &curves[..index] {
                assert_ne!(curve_style(one).1, curve_style(other).1, "{one:?} {other:?}");
            }
        }
        // For as many modes as figures show, in grey too.
        let dash = |curve| curve_style(curve).1.dash;
        for (one, other) in [(1, 2), (1, 3), (2, 3)] {
            assert_ne!(dash(Curve::Metastable(one)), dash(Curve::Metastable(other)));
        }
    }
}
