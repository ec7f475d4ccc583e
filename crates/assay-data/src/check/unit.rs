//! Two files of one instrument whose prices are in two units, all along or from some bar on.

use super::report::{Against, Finding, FindingKind, FindingSeverity, Seen};
use super::view::{BarsView, median};
use crate::market::format_time;

/// Factors nearer to one than this are a spread.
const SPREAD: f64 = 0.01;

/// Share of the bars that a factor must fit.
const MOST: f64 = 0.9;

/// Ratios of two sources scatter: about a factor by this share of its logarithm, so that one far from 1 need not be met as closely as one that a
/// spread could be.
const SCATTER: f64 = 0.02;

/// And by no less and no more than this.
const CLOSE: (f64, f64) = (1e-4, 0.02);

/// Two sources are further apart than this only in a moment.
const SOURCES: f64 = 0.002;

/// So many bars in a row that do not fit are the beginning of another unit; fewer are bad prints.
const IN_A_ROW: usize = 10;

/// Two units are further apart than two sources get in a crash.
const APART: f64 = 0.05;

/// More changes than this are two markets, not two units.
const CHANGES: usize = 8;

/// Whether the prices of one are a constant times those of the other, or one constant first and another later.
pub(super) fn check(
    here: &BarsView<'_>,
    there: &BarsView<'_>,
    pairs: &[(usize, usize)],
    price: impl Fn(&BarsView<'_>, usize) -> f64,
    a: &mut Against,
    out: &mut Vec<Finding>,
) {
    let of = |&(i, k): &(usize, usize)| (i, price(here, i) / price(there, k));
    // What is no ratio is an error of one of the files, and said there.
    let ratios: Vec<(usize, f64)> = pairs.iter().map(of).filter(|(_, r)| r.is_finite() && *r > 0.0).collect();
    let mut seen = Seen::in_rows(here.rows);
    let factor = median(ratios.iter().map(|r| r.1));
    if !(factor.is_finite() && factor > 0.0) {
        return;
    }
    let text = if (factor - 1.0).abs() > SPREAD && fits(&ratios, factor, scatter(factor)) {
        let factor = round(factor);
        a.scale = Some(factor);
        let (i, k) = pairs[0];
        seen.see(here.row(i), || format!("{}, there {}", price(here, i), price(there, k)));
        format!(
            "prices are {} times those of the other file: another unit, or an adjustment",
            factor_text(factor)
        )
    } else if let Some(units) = changes(&ratios) {
        let mut words = vec![format!("{} times those of the other file", factor_text(round(units[0].1)))];
        for (at, factor) in &units[1..] {
            let (row, factor) = (ratios[*at].0, factor_text(round(*factor)));
            seen.see(here.row(row), || {
                format!("prices are {factor} times those of the other file from here")
            });
            words.push(format!("{factor} times from {} on", format_time(here.t[row])));
        }
        format!(
            "prices are {}: one of the files changes its unit, or adjusts for a split and the other does not",
            words.join(", ")
        )
    } else {
        return;
    };
    out.extend(seen.finding(FindingKind::ScaleDiffers, FindingSeverity::Error, text));
}

/// The power of ten that a factor is but for the difference of two sources: units are such.
fn round(factor: f64) -> f64 {
    let power = 10f64.powf(factor.log10().round());
    if near(factor, power, SOURCES) { power } else { factor }
}

fn scatter(factor: f64) -> f64 {
    (SCATTER * factor.ln().abs()).clamp(CLOSE.0, CLOSE.1)
}

fn near(ratio: f64, factor: f64, within: f64) -> bool {
    (ratio / factor - 1.0).abs() <= within
}

/// Whether most ratios are `factor`.
fn fits(ratios: &[(usize, f64)], factor: f64, within: f64) -> bool {
    let n = ratios.iter().filter(|r| near(r.1, factor, within)).count();
    n as f64 > MOST * ratios.len() as f64
}

/// Where each of several units begins, as a position in `ratios`, and its factor; `None` where there are not several, or they do not explain
/// the prices.
fn changes(ratios: &[(usize, f64)]) -> Option<Vec<(usize, f64)>> {
    let mut units: Vec<(usize, f64)> = Vec::new();
    let mut start = 0;
    while start < ratios.len() {
        let level = median(ratios[start..].iter().take(IN_A_ROW).map(|r| r.1));
        let mut misses = 0;
        let end = (start..ratios.len()).find(|&i| {
            misses = if near(ratios[i].1, level, CLOSE.1) { 0 } else { misses + 1 };
            misses == IN_A_ROW
        });
        let end = end.map_or(ratios.len(), |i| (i + 1 - IN_A_ROW).max(start + 1));
        if !fits(&ratios[start..end], level, CLOSE.1) {
            return None;
        }
        let level = median(ratios[start..end].iter().map(|r| r.1));
        if units.last().is_none_or(|(_, before)| !near(level, *before, APART)) {
            units.push((start, level));
        }
        if units.len() > CHANGES {
            return None;
        }
        start = end;
    }
    (units.len() > 1).then_some(units)
}

/// A factor to six digits.
fn factor_text(factor: f64) -> String {
    let digits = (5 - factor.log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{factor:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> Option<Vec<(usize, f64)>> {
        changes(&values.into_iter().enumerate().collect::<Vec<_>>())
    }

    #[test]
    fn units_begin_where_ratios_change_and_stay() {
        let wobble = |i: usize| 1.0 + 0.001 * (i as f64).sin();
        let split = |i: usize| if i < 40 { 4.0 } else { 1.0 };
        let got = of((0..100).map(|i| split(i) * wobble(i))).unwrap();
        assert_eq!(got.iter().map(|u| u.0).collect::<Vec<_>>(), [0, 40]);
        assert!((got[0].1 - 4.0).abs() < 0.01 && (got[1].1 - 1.0).abs() < 0.01, "{got:?}");
        // One unit, with bad prints: none.
        assert_eq!(of((0..100).map(|i| if i % 20 == 3 { 50.0 } else { wobble(i) })), None);
        // Another market drifts.
        assert_eq!(of((0..1000).map(|i| (0.01 * i as f64).exp())), None);
        assert_eq!(of((0..1000).map(|i| 1.0 + 0.5 * (i as f64 / 60.0).sin())), None);
    }

    #[test]
    fn a_factor_is_written_short() {
        let got: Vec<String> = [100.02, 0.01, 4.0, 0.3333333, 12345.6].map(factor_text).to_vec();
        assert_eq!(got, ["100.02", "0.01", "4", "0.333333", "12345.6"]);
    }
}
