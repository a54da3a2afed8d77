//! Lines of constant value on a grid: marching squares, joined to polylines.

use std::collections::BTreeMap;

use super::geometry::Point;

/// Lines on which bilinear data take the value `level`.
///
/// `values[i * ys.len() + j]` is at `(xs[i], ys[j])`. Cells with an unknown (NaN) corner hold no line. A closed line ends at the
/// point where it starts.
pub(crate) fn contour_lines(xs: &[f64], ys: &[f64], values: &[f64], level: f64) -> Vec<Vec<Point>> {
    let at = |i: usize, j: usize| values[i * ys.len() + j];
    // Grid edges are numbered by their lower node: even to the next x, odd to the next y.
    let mut crossings: BTreeMap<usize, Point> = BTreeMap::new();
    let mut neighbours: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..xs.len().saturating_sub(1) {
        for j in 0..ys.len().saturating_sub(1) {
            let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let heights = corners.map(|(i, j)| at(i, j) - level);
            if heights.iter().any(|h| !h.is_finite()) {
                continue;
            }
            let edges = [
                2 * (i * ys.len() + j),
                2 * ((i + 1) * ys.len() + j) + 1,
                2 * (i * ys.len() + j + 1),
                2 * (i * ys.len() + j) + 1,
            ];
            let crossed: Vec<usize> =
                (0..4).filter(|&k| (heights[k] >= 0.0) != (heights[(k + 1) % 4] >= 0.0)).collect();
            for &k in &crossed {
                let ((i0, j0), (i1, j1)) = (corners[k], corners[(k + 1) % 4]);
                let t = heights[k] / (heights[k] - heights[(k + 1) % 4]);
                let x = xs[i0] + t * (xs[i1] - xs[i0]);
                let y = ys[j0] + t * (ys[j1] - ys[j0]);
                crossings.insert(edges[k], (x, y));
            }
            // At a saddle, the mean decides which pair of corners is connected.
            let joined = heights.iter().sum::<f64>() >= 0.0;
            let segments: &[(usize, usize)] = match crossed.as_slice() {
                [a, b] => &[(*a, *b)],
                [] => &[],
                _ if joined == (heights[0] >= 0.0) => &[(0, 1), (2, 3)],
                _ => &[(3, 0), (1, 2)],
            };
            for &(a, b) in segments {
                neighbours.entry(edges[a]).or_default().push(edges[b]);
                neighbours.entry(edges[b]).or_default().push(edges[a]);
            }
        }
    }
    join(&crossings, &mut neighbours)
}

/// Walks along the crossings: first open lines from their ends, then the closed lines that are left.
fn join(crossings: &BTreeMap<usize, Point>, neighbours: &mut BTreeMap<usize, Vec<usize>>) -> Vec<Vec<Point>> {
    let ends = neighbours.iter().filter(|(_, next)| next.len() == 1).map(|(&edge, _)| edge);
    let starts: Vec<usize> = ends.chain(neighbours.keys().copied()).collect();
    let mut lines = Vec::new();
    for start in starts {
        let mut line = Vec::new();
        let mut here = start;
        loop {
            line.push(crossings[&here]);
            let Some(next) = neighbours.get_mut(&here).and_then(Vec::pop) else {
                break;
            };
            if let Some(back) = neighbours.get_mut(&next) {
                back.retain(|&edge| edge != here);
            }
            here = next;
        }
        if line.len() > 1 {
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(count: usize, value: impl Fn(f64, f64) -> f64) -> (Vec<f64>, Vec<f64>) {
        let nodes: Vec<f64> = (0..count).map(|i| 2.0 * i as f64 / (count - 1) as f64 - 1.0).collect();
        let values = nodes.iter().flat_map(|&x| nodes.iter().map(move |&y| (x, y))).map(|(x, y)| value(x, y)).collect();
        (nodes, values)
    }

    #[test]
    fn the_contour_of_a_cone_is_one_closed_circle() {
        let (nodes, values) = grid(81, f64::hypot);
        let lines = contour_lines(&nodes, &nodes, &values, 0.6);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        for &(x, y) in &lines[0] {
            assert!((x.hypot(y) - 0.6).abs() < 1e-3);
        }
        let length: f64 = lines[0].windows(2).map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1)).sum();
        assert!((length - std::f64::consts::TAU * 0.6).abs() < 0.01);
    }

    #[test]
    fn open_lines_run_from_edge_to_edge() {
        let (nodes, values) = grid(21, |x, y| x + 0.5 * y);
        let lines = contour_lines(&nodes, &nodes, &values, 0.03);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].iter().all(|&(x, y)| (x + 0.5 * y - 0.03).abs() < 1e-12));
        assert_eq!(lines[0].iter().filter(|p| p.1.abs() == 1.0).count(), 2);
    }

    #[test]
    fn a_saddle_gives_two_branches_that_do_not_cross() {
        let (nodes, values) = grid(20, |x, y| x * y);
        let lines = contour_lines(&nodes, &nodes, &values, 1e-4);
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert!(line.iter().all(|p| p.0 * line[0].0 > 0.0));
        }
    }

    #[test]
    fn unknown_values_hold_no_line() {
        let (nodes, mut values) = grid(21, |x, _| x + 0.01);
        for (index, value) in values.iter_mut().enumerate() {
            if index % 21 > 12 {
                *value = f64::NAN;
            }
        }
        let lines = contour_lines(&nodes, &nodes, &values, 0.0);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].iter().all(|p| p.1 <= nodes[12]));
    }
}
