//! A learning flow: w_α against time, with its events.

use super::spectrum_time::{NAMED_CURVES, OTHERS, leading_style, value_axis};
use crate::learning::{EventKind, Snapshot, Trajectory};
use crate::plot::axis::Axis;
use crate::plot::style::{Color, LineStyle, MarkerStyle, SINGLE_COLUMN_MM};
use crate::plot::{Dash, Figure, FigureError, Marker, Panel};
use std::ops::Range;

/// Style of curves where they are unreliable.
pub(super) const UNRELIABLE: LineStyle = LineStyle { color: Color::Gray, width: 1.0, dash: Dash::Dotted };

/// Indices of the times up to the first unreliable one, and from that one on; both include it, so that lines join.
pub(super) fn reliable_part(times: &[f64], unreliable_from: Option<f64>) -> (Range<usize>, Range<usize>) {
    let from = unreliable_from.unwrap_or(f64::INFINITY);
    let first = times.iter().position(|&time| time >= from);
    first.map_or((0..times.len(), 0..0), |first| (0..first + 1, first..times.len()))
}

/// Lower end of the axis of values, as a share of the smallest value at the start.
const BELOW_START: f64 = 0.5;

/// Largest number of modes drawn.
const FLOW_MODES: usize = 60;

/// Events of one kind on the curves.
struct Marks<'a> {
    /// Name (marked-up), for the legend.
    name: &'a str,
    /// Time and w of each.
    points: &'a [(f64, f64)],
    /// How they are drawn.
    marker: Marker,
}

/// A learning flow: w of the modes by identity, with its events, as wide as a column.
///
/// # Errors
/// If there are no times or modes.
pub fn learning_trajectory(trajectory: &Trajectory, bulk_edge: Option<f64>) -> Result<Figure, FigureError> {
    let times: Vec<f64> = trajectory.snapshots.iter().map(|snapshot| snapshot.time).collect();
    let shown = |snapshot: &Snapshot| snapshot.by_identity.iter().take(FLOW_MODES).copied().collect();
    let modes: Vec<Vec<f64>> = trajectory.snapshots.iter().map(shown).collect();
    let of = |kind: EventKind| -> Vec<(f64, f64)> {
        let chosen = trajectory.events.iter().filter(|event| event.kind == kind && event.mode <= FLOW_MODES);
        chosen.map(|event| (event.time, event.value)).collect()
    };
    let (emergence, condensation) = (of(EventKind::LeavesBulk), of(EventKind::ExceedsOne));
    let marks = [
        Marks { name: "leaves the bulk", points: &emergence, marker: Marker::OpenCircle },
        Marks { name: "w = 1", points: &condensation, marker: Marker::Circle },
    ];
    curves(&times, &modes, bulk_edge, &marks, trajectory.unreliable.map(|found| found.from))
}

/// Singular values w_α of followed modes against time t, on a logarithmic axis; as wide as a column.
///
/// `modes[k]` holds the values of all modes at `times[k]`, in one order at all times. The first five differ in style; the others
/// are thin and grey. The edge of the bulk is dashed, and w = 1 a thin line. Modes that fall below half of the smallest value at
/// the start leave the frame. Curves after `unreliable_from` are grey and dotted.
fn curves(
    times: &[f64],
    modes: &[Vec<f64>],
    bulk_edge: Option<f64>,
    marks: &[Marks<'_>],
    unreliable_from: Option<f64>,
) -> Result<Figure, FigureError> {
    let count = modes.first().map_or(0, Vec::len);
    if count == 0 {
        return Err(FigureError::Empty("modes of a trajectory"));
    }
    if times.len() != modes.len() {
        return Err(FigureError::Length { what: "times of a trajectory", expected: modes.len(), found: times.len() });
    }
    if let Some(short) = modes.iter().find(|values| values.len() != count) {
        return Err(FigureError::Length { what: "modes at a time", expected: count, found: short.len() });
    }
    let mut y = value_axis("w_α", modes.iter().flatten());
    y.end = y.end.max(1.5);
    // Modes that die out must not take room from those that grow.
    let smallest = modes[0].iter().copied().filter(|w| *w > 0.0).fold(y.end, f64::min);
    y.start = y.start.max(BELOW_START * smallest);
    let mut panel = Panel::new(Axis::linear("t", times[0]..times[times.len() - 1]), y);
    panel.horizontal_line(1.0, LineStyle::new(Color::Gray, Dash::Solid).width(0.6));
    let curve = |mode: usize| modes.iter().map(|values| values[mode]).collect::<Vec<f64>>();
    let mut draw = |mode: usize, style: LineStyle, name: &str| {
        let curve = curve(mode);
        let (reliable, rest) = reliable_part(times, unreliable_from);
        panel.line(&times[reliable.clone()], &curve[reliable], style).label(name);
        if !rest.is_empty() {
            panel.line(&times[rest.clone()], &curve[rest], UNRELIABLE).label("unreliable");
        }
    };
    for mode in NAMED_CURVES..count {
        draw(mode, OTHERS, &format!("w_α, α > {NAMED_CURVES}"));
    }
    for mode in 0..count.min(NAMED_CURVES) {
        draw(mode, leading_style(mode), &format!("w_{{{}}}", mode + 1));
    }
    if let Some(edge) = bulk_edge {
        panel.horizontal_line(edge, LineStyle::dashed(Color::Black).width(1.2)).label("bulk edge");
    }
    for mark in marks.iter().filter(|mark| !mark.points.is_empty()) {
        let (xs, ys): (Vec<f64>, Vec<f64>) = mark.points.iter().copied().unzip();
        panel.points(&xs, &ys, MarkerStyle::new(mark.marker, Color::Black)).label(mark.name);
    }
    Ok(Figure::with(SINGLE_COLUMN_MM, 1, 1, vec![panel]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn modes_events_and_edge_are_named() {
        let times: Vec<f64> = (0..50).map(|i| 0.1 * f64::from(i)).collect();
        let modes: Vec<Vec<f64>> =
            times.iter().map(|t| (1..9).map(|k| 0.1 * (t / f64::from(k)).exp().min(20.0)).collect()).collect();
        let points = [(2.3, 1.0), (4.6, 1.0)];
        let marks = [Marks { name: "condenses", points: &points, marker: Marker::Circle }];
        let figure = curves(&times, &modes, Some(0.2), &marks, None).unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        for name in ["1", "5", "bulk edge", "condenses"] {
            assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
        }
        assert!(!svg_texts(&figure).iter().any(|text| text == "unreliable"));
        let from = curves(&times, &modes, Some(0.2), &marks, Some(2.0)).unwrap();
        assert_on_paper(&from);
        assert!(svg_texts(&from).iter().any(|text| text == "unreliable"));
        assert!(curves(&times[1..], &modes, None, &[], None).is_err());
        assert!(curves(&[], &[], None, &[], None).is_err());
    }
}
