//! Moments of the history, of the model and of the drawn paths, beside each other.

use serde::{Deserialize, Serialize};

use super::{Drawn, MonteCarloRun};
use crate::data::Loaded;
use crate::metrics::nan_as_null;
use crate::paths::BarMoments;
use crate::runs::Inputs;
use crate::stats::{quantile_type7, sorted};

/// A moment over all paths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DrawnMoment {
    /// Paths on which it has a value.
    pub n: usize,
    /// Its median.
    #[serde(with = "nan_as_null")]
    pub median: f64,
    /// Its 5 % quantile (type 7).
    #[serde(with = "nan_as_null")]
    pub p5: f64,
    /// Its 95 % quantile.
    #[serde(with = "nan_as_null")]
    pub p95: f64,
}

/// A moment of log returns of a bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MomentRow {
    /// Which: `mean` and `volatility` are those of a year.
    pub name: String,
    /// Of the judged bars.
    #[serde(with = "nan_as_null")]
    pub history: f64,
    /// Of the fitted model in the long run; null where it does not state it, or there is none.
    #[serde(with = "nan_as_null")]
    pub model: f64,
    /// Of the drawn bars.
    pub drawn: DrawnMoment,
}

/// The moments of one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SymbolMoments {
    /// The symbol.
    pub symbol: String,
    /// Bars of history they are of.
    pub bars: usize,
    /// The moments.
    pub rows: Vec<MomentRow>,
}

/// Names of the moments.
const NAMES: [&str; 6] = ["mean", "volatility", "skewness", "kurtosis", "acf1", "acf1_squares"];

/// The moments in the order of [`NAMES`], mean and deviation of a year of `per_year` bars.
fn annual(m: &BarMoments, per_year: f64) -> [f64; 6] {
    [m.mean * per_year, m.sd * per_year.sqrt(), m.skewness, m.kurtosis, m.acf1, m.squares_acf1]
}

/// Moments of the drawn bars of each symbol of a path, those after the first `kept`.
pub(super) fn of_drawn(kept: usize, path: &Inputs) -> Vec<BarMoments> {
    let returns = |l: &Loaded| -> Vec<f64> {
        let closes = &l.bars.close()[kept.saturating_sub(1)..];
        closes.windows(2).map(|c| libm::log(c[1] / c[0])).collect()
    };
    path.symbols.iter().map(|l| BarMoments::of(&returns(l))).collect()
}

/// One moment over all paths.
fn over_paths(values: impl Iterator<Item = f64>) -> DrawnMoment {
    let ascending = sorted(&values.filter(|v| v.is_finite()).collect::<Vec<_>>());
    let [median, p5, p95] = [0.5, 0.05, 0.95].map(|p| quantile_type7(&ascending, p));
    DrawnMoment { n: ascending.len(), median, p5, p95 }
}

/// The table of one symbol.
fn rows(
    history: &BarMoments,
    model: Option<&BarMoments>,
    drawn: &[[f64; 6]],
    per_year: f64,
) -> Vec<MomentRow> {
    let history = annual(history, per_year);
    let model = model.map_or([f64::NAN; 6], |m| annual(m, per_year));
    let row = |(k, name): (usize, &&str)| MomentRow {
        name: (*name).to_owned(),
        history: history[k],
        model: model[k],
        drawn: over_paths(drawn.iter().map(|d| d[k])),
    };
    NAMES.iter().enumerate().map(row).collect()
}

impl MonteCarloRun<'_> {
    /// Moments of what bars were drawn from and of what was drawn, of each symbol.
    pub(super) fn moments(&self, drawn: &Drawn) -> Vec<SymbolMoments> {
        let (Some(histories), Some(history)) = (&self.histories, self.history) else { return vec![] };
        let data = &self.scenario.data;
        let of_symbol = |(k, moments): (usize, &BarMoments)| {
            let per_year = data.bars_per_year(history.inputs().symbols[k].bars.timeframe());
            let paths: Vec<[f64; 6]> = drawn.moments.iter().map(|p| annual(&p[k], per_year)).collect();
            let model = histories.model.as_ref().map(|m| &m.moments);
            SymbolMoments {
                symbol: data.name(k).to_owned(),
                bars: histories.drawn(),
                rows: rows(moments, model, &paths, per_year),
            }
        };
        histories.moments.iter().enumerate().map(of_symbol).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_of_a_year_and_leave_undefined_paths_out() {
        let m =
            BarMoments { mean: 1e-4, sd: 0.01, skewness: 0.1, kurtosis: 5.0, acf1: -0.02, squares_acf1: 0.2 };
        let of = |mean: f64| [mean, 1.0, f64::NAN, 4.0, 0.0, 0.1];
        let r = rows(&m, None, &[of(0.1), of(0.3), of(0.2)], 10_000.0);
        assert_eq!(r.len(), NAMES.len());
        assert!((r[0].history - 1.0).abs() < 1e-12 && (r[1].history - 1.0).abs() < 1e-12);
        assert!(r[0].model.is_nan() && r[0].drawn.median == 0.2);
        assert!((r[0].drawn.p5 - 0.11).abs() < 1e-12 && (r[0].drawn.p95 - 0.29).abs() < 1e-12);
        assert!(r[2].drawn.n == 0 && r[2].drawn.median.is_nan() && r[3].history == 5.0);
        let r = rows(&m, Some(&m), &[], 10_000.0);
        assert!(r[0].model == r[0].history && r[0].drawn.n == 0);
    }
}
