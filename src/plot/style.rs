//! Colours, line styles, markers and sizes: what all figures share.
//!
//! The palette is that of Okabe and Ito (2008), which colour-blind readers can distinguish. No figure relies on colour alone:
//! dashes and markers differ as well, and fills differ in luminance.

/// Width of a single column of the journals of the American Physical Society, in mm.
pub const SINGLE_COLUMN_MM: f64 = 86.0;
/// Width of a figure across both columns, in mm.
pub const DOUBLE_COLUMN_MM: f64 = 178.0;

/// Points (1/72 inch) in a millimetre.
pub(crate) const POINTS_PER_MM: f64 = 72.0 / 25.4;
/// Size of all type, in pt.
pub(crate) const FONT_SIZE: f64 = 8.0;
/// Width of frames and major ticks, in pt.
pub(crate) const FRAME_WIDTH: f64 = 0.6;
/// Width of minor ticks, in pt.
pub(crate) const MINOR_TICK_WIDTH: f64 = 0.4;
/// Length of major ticks, in pt.
pub(crate) const TICK_LENGTH: f64 = 3.5;
/// Length of minor ticks, in pt.
pub(crate) const MINOR_TICK_LENGTH: f64 = 2.0;

/// A colour: one of the Okabe–Ito palette, a grey or any other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Color {
    /// Black.
    Black,
    /// Orange.
    Orange,
    /// Sky blue.
    SkyBlue,
    /// Bluish green.
    BluishGreen,
    /// Yellow; too light for lines.
    Yellow,
    /// Blue.
    Blue,
    /// Vermillion.
    Vermillion,
    /// Reddish purple.
    ReddishPurple,
    /// Middle grey.
    Gray,
    /// White.
    White,
    /// Red, green and blue, 0 to 255.
    Rgb(u8, u8, u8),
}

impl Color {
    /// Red, green and blue, 0 to 255.
    pub fn rgb(self) -> (u8, u8, u8) {
        match self {
            Color::Black => (0, 0, 0),
            Color::Orange => (230, 159, 0),
            Color::SkyBlue => (86, 180, 233),
            Color::BluishGreen => (0, 158, 115),
            Color::Yellow => (240, 228, 66),
            Color::Blue => (0, 114, 178),
            Color::Vermillion => (213, 94, 0),
            Color::ReddishPurple => (204, 121, 167),
            Color::Gray => (128, 128, 128),
            Color::White => (255, 255, 255),
            Color::Rgb(red, green, blue) => (red, green, blue),
        }
    }

    /// The colour mixed with white: `strength` 1 is the colour itself, 0 is white.
    pub fn tint(self, strength: f64) -> Color {
        blend(Color::White, self, strength)
    }

    /// Relative luminance between 0 (black) and 1 (white), as a grey printer shows it.
    #[cfg(test)]
    pub(crate) fn luminance(self) -> f64 {
        let (red, green, blue) = self.rgb();
        (0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)) / 255.0
    }
}

/// The colour a `fraction` of the way from one to the other.
fn blend(from: Color, to: Color, fraction: f64) -> Color {
    let fraction = fraction.clamp(0.0, 1.0);
    let mix = |a: u8, b: u8| (f64::from(a) + fraction * (f64::from(b) - f64::from(a))).round() as u8;
    let ((r0, g0, b0), (r1, g1, b1)) = (from.rgb(), to.rgb());
    Color::Rgb(mix(r0, r1), mix(g0, g1), mix(b0, b1))
}

/// The colours of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colormap {
    /// Dark blue through middle grey to light yellow, for a quantity with a meaningful zero; luminance grows evenly, so signs can
    /// be distinguished in grey print.
    Signed,
    /// White to black.
    Grays,
}

/// The signed map at five even steps.
const SIGNED: [Color; 5] = [
    Color::Rgb(8, 29, 88),
    Color::Rgb(35, 86, 165),
    Color::Rgb(136, 136, 136),
    Color::Rgb(240, 184, 96),
    Color::Rgb(255, 244, 190),
];
const GRAYS: [Color; 2] = [Color::White, Color::Black];

impl Colormap {
    /// The colour at `fraction` of the range, 0 to 1.
    pub fn color(self, fraction: f64) -> Color {
        let steps: &[Color] = match self {
            Colormap::Signed => &SIGNED,
            Colormap::Grays => &GRAYS,
        };
        let position = fraction.clamp(0.0, 1.0) * (steps.len() - 1) as f64;
        let below = (position.floor() as usize).min(steps.len() - 2);
        blend(steps[below], steps[below + 1], position - below as f64)
    }
}

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Unbroken.
    Solid,
    /// Dashes of middle length.
    Dashed,
    /// Short dashes.
    ShortDashed,
    /// Short dashes far apart.
    SparselyDashed,
    /// Dots.
    Dotted,
    /// Dots far apart.
    SparselyDotted,
    /// Dash, dot, dash, dot.
    DashDotted,
    /// Long dashes with short gaps.
    LongDashed,
    /// Dash, dot, dot.
    DashDotDotted,
}

impl Dash {
    /// Lengths drawn and left out in turn, in units of the line width; empty for a solid line.
    pub(crate) fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[4.0, 2.0],
            Dash::ShortDashed => &[2.2, 1.6],
            Dash::SparselyDashed => &[3.0, 4.2],
            Dash::SparselyDotted => &[1.2, 3.4],
            Dash::Dotted => &[1.1, 1.6],
            Dash::DashDotted => &[5.0, 1.8, 1.2, 1.8],
            Dash::LongDashed => &[8.0, 2.2],
            Dash::DashDotDotted => &[6.0, 1.6, 1.2, 1.6, 1.2, 1.6],
        }
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStyle {
    /// Its colour.
    pub color: Color,
    /// Its width in pt.
    pub width: f64,
    /// How it is broken.
    pub dash: Dash,
}

impl LineStyle {
    /// A line of 1 pt.
    pub fn new(color: Color, dash: Dash) -> Self {
        LineStyle { color, width: 1.0, dash }
    }

    /// An unbroken line of 1 pt.
    pub fn solid(color: Color) -> Self {
        Self::new(color, Dash::Solid)
    }

    /// A dashed line of 1 pt.
    pub fn dashed(color: Color) -> Self {
        Self::new(color, Dash::Dashed)
    }

    /// A dotted line of 1 pt.
    pub fn dotted(color: Color) -> Self {
        Self::new(color, Dash::Dotted)
    }

    /// The same line with another width in pt.
    pub fn width(mut self, points: f64) -> Self {
        self.width = points;
        self
    }

    /// The style of the `index`-th of several curves: colour and dash both differ.
    pub fn nth(index: usize) -> Self {
        const CYCLE: [(Color, Dash); 7] = [
            (Color::Black, Dash::Solid),
            (Color::Vermillion, Dash::Dashed),
            (Color::Blue, Dash::DashDotted),
            (Color::BluishGreen, Dash::LongDashed),
            (Color::ReddishPurple, Dash::Dotted),
            (Color::Orange, Dash::DashDotDotted),
            (Color::SkyBlue, Dash::ShortDashed),
        ];
        let (color, dash) = CYCLE[index % CYCLE.len()];
        Self::new(color, dash)
    }
}

/// The shape of a data point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    Circle,
    /// An open circle.
    OpenCircle,
    /// A filled square.
    Square,
    /// An open square.
    OpenSquare,
    /// A filled triangle.
    Triangle,
    /// An open triangle.
    OpenTriangle,
    /// A filled triangle that points down, at what lies below it.
    DownTriangle,
    /// A filled diamond.
    Diamond,
    /// An open diamond.
    OpenDiamond,
    /// A cross, arms along the diagonals.
    Cross,
}

/// How data points look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarkerStyle {
    /// The shape.
    pub marker: Marker,
    /// The colour.
    pub color: Color,
    /// The diameter in pt.
    pub size: f64,
}

impl MarkerStyle {
    /// Markers of 3.5 pt.
    pub fn new(marker: Marker, color: Color) -> Self {
        MarkerStyle { marker, color, size: 3.5 }
    }

    /// The same marker with another diameter in pt.
    pub fn size(mut self, points: f64) -> Self {
        self.size = points;
        self
    }

    /// The style of the `index`-th of several data sets; its colour is that of
    /// [`LineStyle::nth`], so that theory and simulation pair up.
    pub fn nth(index: usize) -> Self {
        const CYCLE: [Marker; 6] = [
            Marker::Circle,
            Marker::OpenSquare,
            Marker::Triangle,
            Marker::OpenDiamond,
            Marker::Square,
            Marker::OpenCircle,
        ];
        Self::new(CYCLE[index % CYCLE.len()], LineStyle::nth(index).color)
    }
}

/// How much of its colour a band keeps.
pub(crate) const BAND_OPACITY: f64 = 0.25;

/// Padding around the whole figure, in pt.
pub(crate) const PAD: f64 = 1.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colormaps_run_from_end_to_end() {
        assert_eq!(Colormap::Signed.color(0.0), SIGNED[0]);
        assert_eq!(Colormap::Signed.color(1.0), SIGNED[4]);
        assert_eq!(Colormap::Grays.color(0.5), Color::Rgb(128, 128, 128));
    }

    #[test]
    fn the_signed_map_brightens_all_the_way() {
        let luminance: Vec<f64> = (0..=50).map(|i| Colormap::Signed.color(f64::from(i) / 50.0).luminance()).collect();
        assert!(luminance.windows(2).all(|pair| pair[1] > pair[0]));
    }

    #[test]
    fn equal_steps_of_a_signed_value_are_equal_steps_of_grey() {
        // From end to end, the luminance is a straight line within 2 % of its span.
        let luminance = |fraction: f64| Colormap::Signed.color(fraction).luminance();
        let (dark, light) = (luminance(0.0), luminance(1.0));
        for step in 0..=32 {
            let fraction = f64::from(step) / 32.0;
            let even = dark + fraction * (light - dark);
            assert!((luminance(fraction) - even).abs() < 0.02 * (light - dark), "{fraction}");
        }
    }

    #[test]
    fn a_tint_lies_between_white_and_the_colour() {
        assert_eq!(Color::Black.tint(0.0).rgb(), (255, 255, 255));
        assert_eq!(Color::Blue.tint(1.0).rgb(), Color::Blue.rgb());
        assert!(Color::Blue.tint(0.4).luminance() > Color::Blue.tint(0.6).luminance());
    }
}
