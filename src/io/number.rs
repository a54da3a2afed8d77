//! Numbers in files.

/// 17 significant digits: the value reads back as it was.
pub fn exact(value: f64) -> String {
    format!("{value:.16e}")
}

/// At most `digits` significant digits, without trailing zeros.
pub fn short(value: f64, digits: usize) -> String {
    let value: f64 = format!("{value:.*e}", digits - 1).parse().unwrap_or(value);
    if value == 0.0 || (1e-4..1e6).contains(&value.abs()) { format!("{value}") } else { format!("{value:e}") }
}

/// `count` names with the numbers from 1, such as w_1, w_2, …
pub fn numbered(name: &str, count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(move |number| format!("{name}_{number}"))
}
