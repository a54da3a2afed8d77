//! Where ticks stand and how they are labelled.

/// Ticks of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ticks {
    /// Value and label (marked-up text).
    pub major: Vec<(f64, String)>,
    /// Values without a label.
    pub minor: Vec<f64>,
}

/// A tick closer than this to the end of an axis, in units of its length, is at the end.
const END_TOLERANCE: f64 = 1e-9;
/// More labels than these intervals need crowd a linear axis of any length.
const MOST_INTERVALS: f64 = 8.0;
/// Smallest distance between minor ticks, in pt.
const MINOR_SPACING: f64 = 3.0;
/// Smallest distance between the ticks at 9 and 10 of a decade, where ticks are densest, in pt.
const DENSEST_MINOR_SPACING: f64 = 0.8;

/// Ticks at multiples of 1, 2 or 5 times a power of ten: the finest step for which the labels fit, or the next one if it, unlike
/// the finest, has ticks at both ends.
///
/// `fits` gets the labels and the distance between them in pt.
pub(crate) fn linear_ticks(start: f64, end: f64, length: f64, fits: impl Fn(&[String], f64) -> bool) -> Ticks {
    let span = end - start;
    // From a step that is surely too fine to one as long as the axis.
    let finest = (span / 50.0).log10().floor() as i32;
    let candidates: Vec<(f64, i32, f64)> = (finest..finest + 4)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| (digit * 10f64.powi(power), power, digit)))
        .collect();
    let majors = |&(step, power, _): &(f64, i32, f64)| {
        let values = multiples(step, start, end);
        let labels: Vec<String> = values.iter().map(|&v| linear_label(v, power, start, end)).collect();
        (values, labels)
    };
    let reaches_ends = |values: &[f64]| {
        let near = |value: Option<&f64>, at: f64| value.is_some_and(|v| (v - at).abs() < END_TOLERANCE * span);
        near(values.first(), start) && near(values.last(), end)
    };
    let mut chosen = None;
    for candidate in &candidates {
        let (values, labels) = majors(candidate);
        if values.len() < 2 {
            break;
        }
        let spacing = candidate.0 / span;
        if spacing * MOST_INTERVALS < 1.0 || !fits(&labels, length * spacing) {
            continue;
        }
        match &chosen {
            None => chosen = Some((candidate, values, labels)),
            Some((_, finer, _)) => {
                if !reaches_ends(finer) && reaches_ends(&values) && values.len() > 2 {
                    chosen = Some((candidate, values, labels));
                }
                break;
            }
        }
    }
    // If nothing fits, the coarsest step that still shows a scale.
    let Some((&(step, _, digit), values, labels)) = chosen.or_else(|| {
        candidates.iter().rev().map(|c| (c, majors(c))).find(|(_, m)| m.0.len() > 1).map(|(c, m)| (c, m.0, m.1))
    }) else {
        return Ticks { major: Vec::new(), minor: Vec::new() };
    };
    let parts = if digit == 2.0 { [4.0, 2.0] } else { [5.0, 1.0] };
    let minor = parts
        .iter()
        .find(|&&parts| length * step / span / parts >= MINOR_SPACING)
        .map(|parts| multiples(step / parts, start, end))
        .unwrap_or_default();
    Ticks {
        minor: minor.into_iter().filter(|m| values.iter().all(|v| (v - m).abs() > 0.01 * step)).collect(),
        major: values.into_iter().zip(labels).collect(),
    }
}

/// The multiples of a step in a range, its ends included.
fn multiples(step: f64, start: f64, end: f64) -> Vec<f64> {
    let slack = END_TOLERANCE * (end - start) / step;
    let first = (start / step - slack).ceil();
    let last = (end / step + slack).floor();
    let count = (last - first + 1.0).max(0.0) as usize;
    (0..count).map(|i| (first + i as f64) * step).collect()
}

/// A value with the decimals of its step, or with a power of ten on axes of large or tiny numbers.
fn linear_label(value: f64, power: i32, start: f64, end: f64) -> String {
    let largest = start.abs().max(end.abs());
    if value == 0.0 {
        return "0".to_string();
    }
    if (1e-3..1e5).contains(&largest) {
        return with_minus(&format!("{value:.*}", power.min(0).unsigned_abs() as usize));
    }
    let exponent = largest.log10().floor() as i32;
    let decimals = (exponent - power).max(0) as usize;
    let mantissa = with_minus(&format!("{:.decimals$}", value / 10f64.powi(exponent)));
    format!("{mantissa}×10^{{{}}}", with_minus(&exponent.to_string()))
}

/// Ticks at powers of ten: every one, or every second, third, … if labels would touch. Powers of ten at the ends are labelled if
/// possible. Short axes also label 2 and 5, or fall back to linear ticks.
pub(crate) fn log_ticks(start: f64, end: f64, length: f64, fits: impl Fn(&[String], f64) -> bool) -> Ticks {
    let (low, high) = (start.log10(), end.log10());
    let decades = high - low;
    let first = (low - END_TOLERANCE * decades).ceil() as i32;
    let last = (high + END_TOLERANCE * decades).floor() as i32;
    if last <= first {
        return short_log_ticks(start, end, length, fits);
    }
    let all: Vec<i32> = (first..=last).collect();
    let label = |exponent: &i32| format!("10^{{{}}}", with_minus(&exponent.to_string()));
    let labelled = |stride: usize| all.iter().step_by(stride).collect::<Vec<_>>();
    let stride_fits = |stride: usize| {
        let labels: Vec<String> = labelled(stride).into_iter().map(label).collect();
        fits(&labels, length * stride as f64 / decades)
    };
    let steps = all.len() - 1;
    let finest = (1..=steps).find(|&stride| stride_fits(stride)).unwrap_or(steps);
    // A slightly coarser stride is better if it reaches both ends.
    let stride = (finest..=2 * finest).find(|stride| steps.is_multiple_of(*stride)).unwrap_or(finest);
    let major: Vec<(f64, String)> = labelled(stride).into_iter().map(|e| (10f64.powi(*e), label(e))).collect();
    let minor = if stride == 1 && length / decades * (10f64 / 9.0).log10() >= DENSEST_MINOR_SPACING {
        between_decades(start, end, &[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    } else {
        all.iter().filter(|&&e| !((e - first) as usize).is_multiple_of(stride)).map(|&e| 10f64.powi(e)).collect()
    };
    Ticks { major, minor }
}

/// Ticks of an axis with at most one power of ten: at 1, 2, 5 if there are some, else linear.
fn short_log_ticks(start: f64, end: f64, length: f64, fits: impl Fn(&[String], f64) -> bool) -> Ticks {
    let values = between_decades(start, end, &[1.0, 2.0, 5.0]);
    if values.len() < 2 {
        return linear_ticks(start, end, length, fits);
    }
    let label = |value: f64| {
        let exponent = (value.log10() + 1e-9).floor() as i32;
        let digit = (value / 10f64.powi(exponent)).round();
        if (-3..4).contains(&exponent) {
            format!("{:.*}", exponent.min(0).unsigned_abs() as usize, value)
        } else {
            format!("{digit}×10^{{{}}}", with_minus(&exponent.to_string()))
        }
    };
    Ticks {
        major: values.iter().map(|&v| (v, label(v))).collect(),
        minor: between_decades(start, end, &[3.0, 4.0, 6.0, 7.0, 8.0, 9.0]),
    }
}

/// The given digits times powers of ten, within the range.
fn between_decades(start: f64, end: f64, digits: &[f64]) -> Vec<f64> {
    let (low, high) = (start.log10().floor() as i32, end.log10().ceil() as i32);
    let within = |v: &f64| *v >= start * (1.0 - 1e-9) && *v <= end * (1.0 + 1e-9);
    (low..=high).flat_map(|e| digits.iter().map(move |d| d * 10f64.powi(e))).filter(within).collect()
}

fn with_minus(number: &str) -> String {
    number.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &Ticks) -> Vec<&str> {
        ticks.major.iter().map(|(_, label)| label.as_str()).collect()
    }

    fn at_least(spacing: f64) -> impl Fn(&[String], f64) -> bool {
        move |_, distance| distance >= spacing
    }

    #[test]
    fn linear_ticks_of_known_ranges() {
        let ticks = linear_ticks(0.0, 2.0, 200.0, at_least(30.0));
        assert_eq!(labels(&ticks), ["0", "0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(ticks.minor.len(), 16);
        let ticks = linear_ticks(0.0, 2.0, 70.0, at_least(30.0));
        assert_eq!(labels(&ticks), ["0", "1", "2"]);
        let ticks = linear_ticks(-0.13, 0.27, 200.0, at_least(40.0));
        assert_eq!(labels(&ticks), ["−0.1", "0", "0.1", "0.2"]);
        let ticks = linear_ticks(0.0, 3e-5, 100.0, at_least(20.0));
        assert_eq!(labels(&ticks)[1], "1×10^{−5}");
    }

    #[test]
    fn a_step_that_reaches_both_ends_is_preferred() {
        // Steps of 0.2 fit and miss 0.5; steps of 0.5 reach both ends.
        let ticks = linear_ticks(0.0, 1.5, 100.0, at_least(12.0));
        assert_eq!(labels(&ticks), ["0", "0.5", "1.0", "1.5"]);
    }

    #[test]
    fn log_ticks_label_both_ends() {
        let ticks = log_ticks(1e-3, 1e3, 200.0, at_least(22.0));
        assert_eq!(labels(&ticks).first(), Some(&"10^{−3}"));
        assert_eq!(labels(&ticks).last(), Some(&"10^{3}"));
        assert_eq!(ticks.major.len(), 7);
        assert_eq!(ticks.minor.len(), 6 * 8);
        // Twelve decades on a short axis: every third, ends included.
        let ticks = log_ticks(1e-12, 1.0, 100.0, at_least(20.0));
        assert_eq!(labels(&ticks), ["10^{−12}", "10^{−9}", "10^{−6}", "10^{−3}", "10^{0}"]);
        assert_eq!(ticks.minor.len(), 8);
    }

    #[test]
    fn short_log_axes_still_have_numbers() {
        let ticks = log_ticks(0.2, 6.0, 100.0, at_least(10.0));
        assert_eq!(labels(&ticks), ["0.2", "0.5", "1", "2", "5"]);
        let ticks = log_ticks(3.0, 4.0, 100.0, at_least(20.0));
        assert!(ticks.major.len() > 1);
    }

    #[test]
    fn an_axis_too_short_for_its_labels_still_has_two() {
        let ticks = linear_ticks(0.0, 1.0, 5.0, at_least(100.0));
        assert!(ticks.major.len() >= 2);
    }
}
