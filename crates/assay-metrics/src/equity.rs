//! Statistics of an equity curve on a fixed time grid.

use serde::{Deserialize, Serialize};

use super::drawdown::{Drawdown, drawdowns};
use super::nan_as_null;
use crate::stats::{mean, quantile_type7, sharpe_ratio, sorted, std_dev};

/// Simple returns `E_t / E_{t-1} - 1` of a curve that includes its start.
///
/// An account at zero or below is over: every return after it is zero, whatever the curve does.
pub fn simple_returns(equity: &[f64]) -> Vec<f64> {
    let mut over = false;
    equity
        .windows(2)
        .map(|w| {
            over |= w[0] <= 0.0;
            if over { 0.0 } else { w[1] / w[0] - 1.0 }
        })
        .collect()
}

/// Performance of an equity curve `E_0..E_n`, start included, with returns `r_t = E_t / E_{t-1} - 1` and `A` periods a year.
///
/// The risk-free rate and the minimum acceptable return are zero. NaN (`null` in JSON) marks what is undefined: everything
/// where a value is not finite or the start is not positive, otherwise as said at each field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EquityStats {
    /// Number of periods `n`.
    pub periods: usize,
    /// Periods a year `A`, which every annual figure below uses.
    pub periods_per_year: f64,
    /// Equity at the start, money.
    #[serde(with = "nan_as_null")]
    pub start_equity: f64,
    /// Equity at the end, money.
    #[serde(with = "nan_as_null")]
    pub end_equity: f64,
    /// Whether equity was ever zero or less; the account is over from there (see [`simple_returns`]).
    pub ruined: bool,
    /// `E_n / E_0 - 1`.
    #[serde(with = "nan_as_null")]
    pub total_return: f64,
    /// Compound annual growth `(E_n / E_0)^(A / n) - 1` (convention). -1 where ruined; undefined below
    /// [`LEAST_DAYS_OF_GROWTH`]: what a few days did is no year.
    #[serde(with = "nan_as_null")]
    pub cagr: f64,
    /// Annual volatility: sd of returns (ddof 1) times `sqrt(A)`. Undefined below two returns.
    #[serde(with = "nan_as_null")]
    pub volatility: f64,
    /// Annual Sharpe ratio: mean over sd (ddof 1) times `sqrt(A)`; W. F. Sharpe, Journal of Portfolio Management 21 (1994),
    /// 49-58. Undefined below two returns or where they do not vary.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// Annual Sortino ratio: mean over `downside_deviation` times `sqrt(A)`; F. A. Sortino and L. N. Price, Journal of
    /// Investing 3 (1994), 59-64. Undefined where no return is negative.
    #[serde(with = "nan_as_null")]
    pub sortino: f64,
    /// `sqrt(mean(min(r, 0)²))` over all returns, per period, not annualised; same source.
    #[serde(with = "nan_as_null")]
    pub downside_deviation: f64,
    /// Deepest fall from the running peak, a positive fraction ([`Drawdown::depth`]).
    #[serde(with = "nan_as_null")]
    pub max_drawdown: f64,
    /// `cagr / max_drawdown` over the whole curve (T. W. Young, Futures 20 (1991), 40, takes 36 months). Undefined without a
    /// drawdown.
    #[serde(with = "nan_as_null")]
    pub calmar: f64,
    /// Ulcer index: root mean square of the fraction below the peak, start included; P. G. Martin and B. B. McCann, The
    /// Investor's Guide to Fidelity Funds (1989).
    #[serde(with = "nan_as_null")]
    pub ulcer: f64,
    /// Martin ratio `cagr / ulcer`; same source. Undefined without a drawdown.
    #[serde(with = "nan_as_null")]
    pub martin: f64,
    /// Omega at threshold zero: sum of gains over absolute sum of losses; C. Keating and W. F. Shadwick, Journal of
    /// Performance Measurement 6(3) (2002), 59-84. Undefined without a loss.
    #[serde(with = "nan_as_null")]
    pub omega: f64,
    /// `|95 % quantile| / |5 % quantile|` of returns, type 7 (convention). Undefined where the lower is zero.
    #[serde(with = "nan_as_null")]
    pub tail_ratio: f64,
    /// Historical value at risk: 5 % quantile of returns per period, type 7, a loss being negative (convention).
    #[serde(with = "nan_as_null")]
    pub var95: f64,
    /// Expected shortfall: mean of the lowest `floor(0.05 (n - 1)) + 1` returns per period; R. T. Rockafellar and S. Uryasev,
    /// Journal of Risk 2(3) (2000), 21-41, up to the weight of the boundary value.
    #[serde(with = "nan_as_null")]
    pub cvar95: f64,
    /// The deepest and longest falls.
    pub drawdown: Drawdown,
}

/// Fewest days, of a year of 365, whose growth is told as that of a year.
pub const LEAST_DAYS_OF_GROWTH: f64 = 30.0;

impl EquityStats {
    /// Measures the curve `equity` (start included) of `periods_per_year` periods a year.
    pub fn of(equity: &[f64], periods_per_year: f64) -> Self {
        let usable = equity.iter().all(|e| e.is_finite()) && equity.first().is_some_and(|&e| e > 0.0);
        let mut s = Self::undefined(equity, periods_per_year);
        if !usable {
            return s;
        }
        let r = simple_returns(equity);
        let n = r.len() as f64;
        let growth = s.end_equity / s.start_equity;
        let tails = Tails::of(&r);
        let (gains, losses) = r.iter().fold((0.0, 0.0), |(g, l), &x| (g + x.max(0.0), l - x.min(0.0)));
        let falls = drawdowns(equity);

        s.total_return = growth - 1.0;
        s.cagr = if s.ruined {
            -1.0
        } else if n * 365.0 < LEAST_DAYS_OF_GROWTH * periods_per_year {
            f64::NAN
        } else {
            libm::pow(growth, periods_per_year / n) - 1.0
        };
        s.volatility = std_dev(&r, 1) * periods_per_year.sqrt();
        s.sharpe = sharpe_ratio(&r, periods_per_year);
        s.downside_deviation = (r.iter().map(|x| x.min(0.0) * x.min(0.0)).sum::<f64>() / n).sqrt();
        s.sortino = ratio(mean(&r), s.downside_deviation) * periods_per_year.sqrt();
        s.drawdown = Drawdown::of(equity);
        s.max_drawdown = s.drawdown.depth;
        s.calmar = ratio(s.cagr, s.max_drawdown);
        s.ulcer = (falls.iter().map(|d| d * d).sum::<f64>() / falls.len() as f64).sqrt();
        s.martin = ratio(s.cagr, s.ulcer);
        s.omega = ratio(gains, losses);
        s.var95 = tails.low;
        s.tail_ratio = ratio(tails.high.abs(), s.var95.abs());
        s.cvar95 = tails.below_mean;
        s
    }

    /// Everything undefined that cannot be read off the curve.
    fn undefined(equity: &[f64], periods_per_year: f64) -> Self {
        let nan = f64::NAN;
        Self {
            periods: equity.len().saturating_sub(1),
            periods_per_year,
            start_equity: equity.first().copied().unwrap_or(nan),
            end_equity: equity.last().copied().unwrap_or(nan),
            ruined: equity.iter().any(|&e| e <= 0.0),
            total_return: nan,
            cagr: nan,
            volatility: nan,
            sharpe: nan,
            sortino: nan,
            downside_deviation: nan,
            max_drawdown: nan,
            calmar: nan,
            ulcer: nan,
            martin: nan,
            omega: nan,
            tail_ratio: nan,
            var95: nan,
            cvar95: nan,
            drawdown: Drawdown { depth: nan, ..Drawdown::of(&[]) },
        }
    }
}

/// The tails of returns: what sorting all of them would give, without sorting the middle.
struct Tails {
    /// 5 % quantile, type 7.
    low: f64,
    /// 95 % quantile, type 7.
    high: f64,
    /// Mean of the lowest `floor((n - 1) / 20) + 1`, summed upwards.
    below_mean: f64,
}

impl Tails {
    fn of(r: &[f64]) -> Self {
        let n = r.len();
        // With one twentieth exact in neither binary nor decimal halves, whole numbers avoid a rounding trap.
        let tail = n.saturating_sub(1) / 20 + 1;
        if n < 64 {
            let ascending = sorted(r);
            return Self {
                low: quantile_type7(&ascending, 0.05),
                high: quantile_type7(&ascending, 0.95),
                below_mean: ascending.get(..tail).map_or(f64::NAN, mean),
            };
        }
        let mut v = r.to_vec();
        // Both places that each quantile lies between, and all below the lower ones.
        let [below, above] = [0.05, 0.95].map(|p| ((n - 1) as f64 * p) as usize);
        let cut = tail.max(below + 2).min(n - 1);
        let (left, _, right) = v.select_nth_unstable_by(cut, f64::total_cmp);
        left.sort_unstable_by(f64::total_cmp);
        let lowest: Vec<f64> = left.to_vec();
        let (_, at, rest) = right.select_nth_unstable_by(above - cut - 1, f64::total_cmp);
        let next = rest.iter().copied().min_by(f64::total_cmp);
        let weight = |p: f64, below: usize| (n - 1) as f64 * p - below as f64;
        Self {
            low: between(lowest[below], lowest.get(below + 1).copied(), weight(0.05, below)),
            high: between(*at, next, weight(0.95, above)),
            below_mean: mean(&lowest[..tail]),
        }
    }
}

/// What [`quantile_type7`] makes of two neighbours.
fn between(a: f64, b: Option<f64>, weight: f64) -> f64 {
    match b {
        Some(b) if weight > 0.0 && a != b => a + (b - a) * weight,
        _ => a,
    }
}

/// `a / b` for a positive `b`, otherwise NaN.
pub(super) fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{ar1, close};
    use proptest::prelude::*;

    fn reference_curve() -> Vec<f64> {
        let mut equity = vec![1.0];
        for r in ar1(51, 400, 0.0012, 0.05, 0.015) {
            equity.push(equity[equity.len() - 1] * (1.0 + r));
        }
        equity
    }

    #[test]
    fn statistics_match_reference_values() {
        let s = EquityStats::of(&reference_curve(), 365.0);
        for (name, got, want) in [
            ("end", s.end_equity, 1.341516768584367),
            ("cagr", s.cagr, 0.30746913786010777),
            ("volatility", s.volatility, 0.2946968907607079),
            ("sharpe", s.sharpe, 1.056822848774506),
            ("downside deviation", s.downside_deviation, 0.010349873109893356),
            ("sortino", s.sortino, 1.5750570555392125),
            ("max drawdown", s.max_drawdown, 0.1695996757193985),
            ("calmar", s.calmar, 1.8129111188208482),
            ("ulcer", s.ulcer, 0.07873843910371404),
            ("martin", s.martin, 3.9049432698952833),
            ("omega", s.omega, 1.1457364310199396),
            ("tail ratio", s.tail_ratio, 1.0242560946020722),
            ("var95", s.var95, -0.02425679833869464),
            ("cvar95", s.cvar95, -0.028726191562899562),
        ] {
            assert!(close(got, want, 1e-11), "{name}: {got} is not {want}");
        }
        assert_eq!((s.drawdown.longest_underwater, s.drawdown.longest_duration), (152, 153));
        assert_eq!((s.drawdown.peak, s.drawdown.trough), (30, 99));
        assert_eq!((s.periods, s.ruined), (400, false));
    }

    #[test]
    fn an_account_at_zero_is_over() {
        let r = simple_returns(&[100.0, 50.0, 0.0, 10.0, 20.0]);
        assert_eq!(r, [-0.5, -1.0, 0.0, 0.0]);
        let s = EquityStats::of(&[100.0, -10.0, 200.0], 365.0);
        assert!(s.ruined);
        assert_eq!((s.cagr, s.total_return, s.max_drawdown), (-1.0, 1.0, 1.1));
    }

    #[test]
    fn undefined_statistics_survive_json() {
        let s = EquityStats::of(&[1.0, 1.0, 1.0], 365.0);
        let text = serde_json::to_string(&s).unwrap();
        assert!(text.contains(r#""sharpe":null"#) && text.contains(r#""volatility":0.0"#), "{text}");
        let back: EquityStats = serde_json::from_str(&text).unwrap();
        assert!(back.sharpe.is_nan() && back.volatility == 0.0);
    }

    proptest! {
        #[test]
        fn tails_are_those_of_the_sorted_returns(
            r in prop::collection::vec((-3i32..4, -0.1f64..0.1), 0..400),
        ) {
            // Some values repeat, as those of days without a trade do.
            let r: Vec<f64> = r.into_iter().map(|(k, x)| if k < 0 { 0.0 } else { x }).collect();
            let ascending = sorted(&r);
            let tails = Tails::of(&r);
            let tail = r.len().saturating_sub(1) / 20 + 1;
            let mean = ascending.get(..tail).map_or(f64::NAN, mean);
            for (got, want) in [
                (tails.low, quantile_type7(&ascending, 0.05)),
                (tails.high, quantile_type7(&ascending, 0.95)),
                (tails.below_mean, mean),
            ] {
                prop_assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "{} {}", got, want);
            }
        }

        #[test]
        fn the_unit_of_money_changes_no_ratio(
            steps in prop::collection::vec(-0.2f64..0.2, 2..60), scale in 1e-3f64..1e6,
        ) {
            let mut equity = vec![1000.0];
            for r in steps {
                equity.push(equity[equity.len() - 1] * (1.0 + r));
            }
            let scaled: Vec<f64> = equity.iter().map(|e| e * scale).collect();
            let (a, b) = (EquityStats::of(&equity, 365.0), EquityStats::of(&scaled, 365.0));
            let same = |x: f64, y: f64| x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-9 * x.abs().max(1e-6);
            for (x, y) in [
                (a.total_return, b.total_return), (a.sharpe, b.sharpe), (a.sortino, b.sortino),
                (a.max_drawdown, b.max_drawdown), (a.ulcer, b.ulcer), (a.omega, b.omega),
                (a.var95, b.var95), (a.cvar95, b.cvar95), (a.volatility, b.volatility),
            ] {
                prop_assert!(same(x, y), "{} {}", x, y);
            }
        }
    }
}
