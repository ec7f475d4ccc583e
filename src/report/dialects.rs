//! Figures by the definitions of other libraries, as text.

use super::TextTable;
use super::text::{count, render, width, wrap};
use crate::metrics::dialects::{Dialect, Figure};
use crate::runs::{DialectFigure, Explanation};

/// The figures of a dialect beside this program's own.
pub fn dialect_text(dialect: Dialect, figures: &[Figure], own: &[Figure]) -> String {
    let value = format!(">{dialect}");
    let mut table = TextTable::new(&["metric", &value, ">assay", "made of", ">n", ">a year"]).caption(format!(
        "Figures by the definitions of {dialect}. Fractions are fractions; `assay report RUN --explain METRIC` says why two differ."
    ));
    for f in figures {
        let ours = own.iter().find(|o| o.metric == f.metric);
        table.row([
            f.metric.name().to_owned(),
            figure(f.value),
            ours.map_or_else(|| "--".to_owned(), |o| figure(o.value)),
            f.grid.words().to_owned(),
            count(f.n as u64),
            f.per_year.map_or_else(|| "--".to_owned(), year),
        ]);
    }
    render(&table)
}

/// Five significant digits, without an exponent.
fn figure(x: f64) -> String {
    if x.is_nan() {
        return "--".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let whole = if x == 0.0 { 0 } else { libm::log10(x.abs()).floor() as i32 };
    let decimals = (4 - whole).clamp(0, 8) as usize;
    let text = format!("{x:.decimals$}");
    if text.trim_start_matches('-').bytes().all(|b| b == b'0' || b == b'.') { "0".to_owned() } else { text }
}

fn year(a: f64) -> String {
    let text = format!("{a:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// One figure under every definition.
pub fn explanation_text(e: &Explanation) -> String {
    let mut out = format!("{}: {}\n", e.metric, e.meaning);
    for u in &e.uncertainty {
        let what = match (&u.interval, u.standard_error) {
            (Some(i), _) => format!("95 % interval {} to {}", figure(i.lo), figure(i.hi)),
            (None, Some(s)) => format!("standard error {}", figure(s)),
            (None, None) => "not defined here".to_owned(),
        };
        for line in wrap(&format!("  {what}: {}", u.method), width()) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out.push('\n');
    let mut table = TextTable::new(&["by", ">value", "made of", ">n", ">a year", ">ddof"]);
    for DialectFigure { dialect, figure: found } in &e.dialects {
        match found {
            None => table.row([dialect.name(), "--", "has none", "", "", ""]),
            Some(f) => table.row([
                dialect.name().to_owned(),
                figure(f.value),
                f.grid.words().to_owned(),
                count(f.n as u64),
                f.per_year.map_or_else(|| "--".to_owned(), year),
                f.ddof.map_or_else(|| "--".to_owned(), |d| d.to_string()),
            ]),
        }
    }
    out.push_str(&render(&table));
    out.push('\n');
    for DialectFigure { dialect, figure } in &e.dialects {
        if let Some(f) = figure {
            for line in wrap(&format!("{dialect}: {}", f.formula), width()) {
                out.push_str(&line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn five_digits_are_shown() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1234567.0, "1234567"),
            (-3.032654, "-3.0327"),
            (0.000_123_456, "0.00012346"),
            (1e-12, "0"),
            (f64::NAN, "--"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (x, want) in cases {
            assert_eq!(figure(x), want);
        }
    }
}
