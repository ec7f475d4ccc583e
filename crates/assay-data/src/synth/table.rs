//! Moments of several histories side by side, as text.

use super::Moments;
use super::Regime;
use crate::market::format_time;

/// The moments of each named history as a table: a row a moment, a column a history, `-` where there is no value.
pub fn moments_table(histories: &[(&str, &Moments)]) -> String {
    let mut rows: Vec<Vec<String>> = vec![vec![String::new()]];
    rows[0].extend(histories.iter().map(|(name, _)| (*name).to_string()));
    let mut row = |label: String, cell: &dyn Fn(&Moments) -> String| {
        let mut cells = vec![label];
        cells.extend(histories.iter().map(|(_, m)| cell(m)));
        rows.push(cells);
    };
    let mut add = |label: &str, cell: &dyn Fn(&Moments) -> String| row(label.to_string(), cell);
    add("bars", &|m| m.bars.to_string());
    add("first bar", &|m| m.span_ms.map_or_else(none, |s| date(s.0)));
    add("last bar", &|m| m.span_ms.map_or_else(none, |s| date(s.1)));
    add("sd of log returns, %", &|m| number(100.0 * m.return_sd, 3));
    add("skewness", &|m| number(m.return_skew, 2));
    add("kurtosis (normal: 3)", &|m| number(m.return_kurtosis, 1));
    add("ACF of returns, lag 1", &|m| number(m.return_acf1, 3));
    add("variance ratio, 24 bars", &|m| number(m.variance_ratio24, 2));
    for (i, lag) in [1, 24, 168].into_iter().enumerate() {
        add(&format!("ACF of |returns|, lag {lag}"), &|m| number(m.abs_return_acf[i], 3));
    }
    add("mean (high - low) / close, %", &|m| number(100.0 * m.range, 3));
    add("mean |body| / range", &|m| number(m.body, 2));
    add("true range / close, calmest year, %", &|m| {
        m.true_range_by_year.map_or_else(none, |y| number(100.0 * y.0, 2))
    });
    add("true range / close, wildest year, %", &|m| {
        m.true_range_by_year.map_or_else(none, |y| number(100.0 * y.1, 2))
    });
    add("correlation of volume, |return|", &|m| number(m.volume_return_correlation, 2));
    add("correlation of log volume, log range", &|m| number(m.volume_range_correlation, 2));
    add("ACF of log volume, lag 1", &|m| number(m.volume_acf1, 2));
    add("volume, busiest / calmest hour", &|m| number(m.hour_ratio, 2));
    add("busiest, calmest hour, UTC", &|m| m.hours.map_or_else(none, |(b, c)| format!("{b:02}, {c:02}")));
    if histories.iter().any(|(_, m)| m.shares.is_some()) {
        for r in Regime::ALL {
            add(&format!("share of {r}, %"), &|m| {
                m.shares.map_or_else(none, |s| number(100.0 * s[r.index()], 1))
            });
        }
    }
    align(&rows)
}

/// What stands for a missing value.
fn none() -> String {
    "-".to_string()
}

/// The date of a time.
fn date(time_ms: i64) -> String {
    let mut text = format_time(time_ms);
    text.truncate(10);
    text
}

/// `x` with `decimals` decimals, `-` for NaN.
fn number(x: f64, decimals: usize) -> String {
    if x.is_finite() { format!("{x:.decimals$}") } else { none() }
}

/// Labels to the left, values to the right, two spaces between columns.
fn align(rows: &[Vec<String>]) -> String {
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = format!("{:<w$}", row[0], w = widths[0]);
        for (cell, w) in row.iter().zip(&widths).skip(1) {
            line.push_str(&format!("  {cell:>w$}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{
        moments,
        tests::{one, preset, truth},
    };
    use super::*;

    #[test]
    fn columns_line_up() {
        let s = one(&preset());
        let (a, b) = (moments(&s.bars).with_labels(truth(&s)), moments(&s.bars.slice(0, 1)));
        let text = moments_table(&[("synthetic", &a), ("one bar", &b)]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("  synthetic     one bar"), "{text}");
        assert!(lines.iter().all(|l| l.len() == lines[0].len()), "{text}");
        assert!(text.contains("share of QUIET, %") && !text.contains("NaN"), "{text}");
    }
}
