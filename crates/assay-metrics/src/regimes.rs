//! Performance per market regime, in two ways that answer different questions.
//!
//! By bar: where did the money come from? Each bar's profit belongs to the regime known at its open, and the parts sum to the
//! whole. By entry: may the system trade in this regime? A whole trade belongs to the regime of its signal bar.

use serde::{Deserialize, Serialize};

use super::equity::simple_returns;
use super::nan_as_null;
use super::trades::{TradeColumns, TradeStats};
use crate::regime::{NO_REGIME, RegimeScheme};
use crate::stats::{Bootstrap, Interval, is_rounding, sharpe_interval};

/// What the bars of one regime brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegimeBars {
    /// Code of the regime, [`NO_REGIME`] for bars without one.
    pub code: u8,
    /// Number of bars.
    pub n_bars: usize,
    /// Sum of equity changes over its bars, money.
    #[serde(with = "nan_as_null")]
    pub pnl: f64,
    /// `pnl` over the total of all regimes. Parts of opposite sign exceed one; undefined where the total is zero, and of a losing
    /// total it is a share in the loss.
    #[serde(with = "nan_as_null")]
    pub share: f64,
    /// Mean over sd (ddof 1) of its bar returns times the square root of all bars a year: annual "while in regime", as if every
    /// bar were of this kind. Ratios of regimes do not average to the ratio of the whole. Undefined below two bars or without
    /// variation.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// 95 % bootstrap interval of `sharpe`; blocks span the joints between episodes.
    pub sharpe_interval: Option<Interval>,
    /// Sd (ddof 1) of its bar returns times the square root of bars a year. Undefined below two bars.
    #[serde(with = "nan_as_null")]
    pub volatility: f64,
}

/// Statistics of the trades that were signalled in one regime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegimeTrades {
    /// Code of the regime, [`NO_REGIME`] for trades without one.
    pub code: u8,
    /// Its trades.
    pub trades: TradeStats,
}

/// Splits an equity curve (start included) by the regime known at the open of each bar (convention).
///
/// Bar `i` earns `equity[i + 1] - equity[i]`, costs included. One row per regime of `scheme` and one for none, always all, in
/// its order; their `pnl` sums to the total. Bars beyond the end of `regime_at_open` have no regime. Intervals are computed where
/// `boot` is given, with the name of whose returns they are (it keys the random streams).
pub fn bars_by_regime(
    equity: &[f64],
    regime_at_open: &[u8],
    scheme: &RegimeScheme,
    bars_per_year: f64,
    boot: Option<(&Bootstrap, &str)>,
) -> Vec<RegimeBars> {
    let returns = simple_returns(equity);
    let total = equity.last().zip(equity.first()).map_or(f64::NAN, |(end, start)| end - start);
    let sums = sums_by_regime(equity, &returns, regime_at_open, scheme.len());
    scheme
        .rows()
        .zip(sums)
        .map(|(code, s)| {
            let r = || -> Vec<f64> {
                let of = |i: &usize| regime_at_open.get(*i).map_or(NO_REGIME, |&c| scheme.known(c)) == code;
                (0..returns.len()).filter(of).map(|i| returns[i]).collect()
            };
            RegimeBars {
                code,
                n_bars: s.n,
                pnl: s.pnl,
                share: if total == 0.0 { f64::NAN } else { s.pnl / total },
                sharpe: s.sharpe(bars_per_year),
                sharpe_interval: boot.and_then(|(boot, whose)| {
                    let purpose = format!("sharpe {whose} {}", scheme.name_of(code));
                    sharpe_interval(&r(), bars_per_year, boot, &purpose).map(Interval::from)
                }),
                volatility: s.sd() * bars_per_year.sqrt(),
            }
        })
        .collect()
}

/// Sums over the bars of one regime.
#[derive(Debug, Clone, Copy, Default)]
pub struct RegimeSums {
    /// Bars.
    pub n: usize,
    /// Sum of equity changes, money.
    pub pnl: f64,
    sum: f64,
    squares: f64,
    first: f64,
    varied: bool,
}

impl RegimeSums {
    fn mean(&self) -> f64 {
        self.sum / self.n as f64
    }

    fn sd(&self) -> f64 {
        match (self.n, self.varied) {
            (0 | 1, _) => f64::NAN,
            (_, false) => 0.0,
            (n, true) => (self.squares / (n - 1) as f64).sqrt(),
        }
    }

    /// Annual Sharpe ratio "while in regime"; see [`RegimeBars::sharpe`].
    pub fn sharpe(&self, bars_per_year: f64) -> f64 {
        let (m, sd) = (self.mean(), self.sd());
        if sd.is_nan() || is_rounding(sd, m) { f64::NAN } else { m / sd * bars_per_year.sqrt() }
    }
}

/// The sums of every one of `kinds` regimes and of none, in the order of regime tables, in two passes over the curve (start
/// included) and no copies.
pub fn regime_sums(equity: &[f64], regime_at_open: &[u8], kinds: usize) -> Vec<RegimeSums> {
    sums_by_regime(equity, &simple_returns(equity), regime_at_open, kinds)
}

fn sums_by_regime(equity: &[f64], returns: &[f64], regime_at_open: &[u8], kinds: usize) -> Vec<RegimeSums> {
    let mut sums = vec![RegimeSums::default(); kinds + 1];
    // Codes of regimes are their places; anything else has none.
    let place = |i: usize| regime_at_open.get(i).map_or(kinds, |&c| usize::from(c).min(kinds));
    for (i, r) in returns.iter().enumerate() {
        let s = &mut sums[place(i)];
        if s.n == 0 {
            s.first = *r;
        }
        s.varied |= *r != s.first;
        s.n += 1;
        s.pnl += equity[i + 1] - equity[i];
        s.sum += r;
    }
    let means: Vec<f64> = sums.iter().map(RegimeSums::mean).collect();
    for (i, r) in returns.iter().enumerate() {
        let k = place(i);
        sums[k].squares += (r - means[k]) * (r - means[k]);
    }
    sums
}

/// Splits trades by the regime of their signal bar (convention): one row per regime of `scheme` and one for none, always
/// all, in its order. Trades beyond the end of `entry_regime` have no regime.
pub fn trades_by_regime(t: &TradeColumns, entry_regime: &[u8], scheme: &RegimeScheme) -> Vec<RegimeTrades> {
    scheme
        .rows()
        .map(|code| {
            let rows: Vec<usize> = (0..t.pnl.len())
                .filter(|&i| entry_regime.get(i).map_or(NO_REGIME, |&c| scheme.known(c)) == code)
                .collect();
            let trades = TradeStats::of(&TradeColumns {
                pnl: &gather(t.pnl, &rows),
                return_frac: &gather(t.return_frac, &rows),
                r_multiple: &gather(t.r_multiple, &rows),
                bars_held: &gather(t.bars_held, &rows),
                mae: &gather(t.mae, &rows),
                mfe: &gather(t.mfe, &rows),
            });
            RegimeTrades { code, trades }
        })
        .collect()
}

/// The values at `rows`, as far as the column reaches.
fn gather<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().filter_map(|&i| column.get(i).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{sharpe_ratio, std_dev};
    use proptest::prelude::*;

    fn five() -> RegimeScheme {
        RegimeScheme::named("five", ["A", "B", "C", "D", "E"]).unwrap()
    }

    #[test]
    fn a_bar_belongs_to_the_regime_at_its_open() {
        let equity = [100.0, 110.0, 99.0, 99.0, 120.0];
        let rows = bars_by_regime(&equity, &[0, 3, 0], &five(), 365.0, None);
        let found: Vec<_> = rows.iter().map(|r| (r.code, r.n_bars, r.pnl)).collect();
        let want = [(0, 2, 10.0), (1, 0, 0.0), (2, 0, 0.0), (3, 1, -11.0), (4, 0, 0.0), (NO_REGIME, 1, 21.0)];
        assert_eq!(found, want);
        assert_eq!(rows[0].share, 0.5);
        assert!((rows[0].sharpe - sharpe_ratio(&[0.1, 0.0], 365.0)).abs() < 1e-12);
        assert!(rows[3].sharpe.is_nan() && rows[0].sharpe_interval.is_none());
    }

    #[test]
    fn intervals_come_with_a_bootstrap() {
        let equity: Vec<f64> = (0..400).map(|i| 100.0 + f64::from(i % 7) + f64::from(i) / 10.0).collect();
        let rows = bars_by_regime(&equity, &[1; 399], &five(), 365.0, Some((&Bootstrap::default(), "S7")));
        assert!(rows[1].sharpe_interval.unwrap().contains(rows[1].sharpe));
        assert!(rows[0].sharpe_interval.is_none());
    }

    #[test]
    fn a_trade_belongs_to_the_regime_of_its_signal() {
        let t = TradeColumns { pnl: &[1.0, -2.0, 3.0, 5.0], bars_held: &[1, 2, 3], ..Default::default() };
        let rows = trades_by_regime(&t, &[2, 2, 77], &five());
        let found: Vec<_> = rows.iter().map(|r| (r.code, r.trades.n, r.trades.wins)).collect();
        assert_eq!(found, [(0, 0, 0), (1, 0, 0), (2, 2, 1), (3, 0, 0), (4, 0, 0), (NO_REGIME, 2, 2)]);
        assert_eq!((rows[2].trades.avg_bars, rows[5].trades.avg_bars), (1.5, 3.0));
        // A scheme of two has three rows, and a code beyond it none of the two.
        let two = RegimeScheme::named("two", ["UP", "DOWN"]).unwrap();
        let rows = trades_by_regime(&t, &[2, 0, 1], &two);
        let found: Vec<_> = rows.iter().map(|r| (r.code, r.trades.n)).collect();
        assert_eq!(found, [(0, 1), (1, 1), (NO_REGIME, 2)]);
        let bars = bars_by_regime(&[1.0, 2.0, 4.0, 3.0], &[1, 2, 1], &two, 365.0, None);
        let found: Vec<_> = bars.iter().map(|r| (r.code, r.pnl)).collect();
        assert_eq!(found, [(0, 0.0), (1, 0.0), (NO_REGIME, 2.0)]);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole(
            bars in prop::collection::vec((-0.2f64..0.2, 0u8..9), 1..300), start in 1.0f64..1e7,
        ) {
            let mut equity = vec![start];
            for (r, _) in &bars {
                equity.push(equity[equity.len() - 1] * (1.0 + r));
            }
            let codes: Vec<u8> = bars.iter().map(|b| b.1).collect();
            let rows = bars_by_regime(&equity, &codes, &five(), 365.0, None);
            let largest = equity.iter().fold(0.0f64, |m, &e| m.max(e));
            let sum: f64 = rows.iter().map(|r| r.pnl).sum();
            prop_assert!((sum - (equity[equity.len() - 1] - start)).abs() <= 1e-9 * largest);
            prop_assert_eq!(rows.iter().map(|r| r.n_bars).sum::<usize>(), bars.len());
            // The sums are those of the functions on a copy, to the bit.
            let returns = simple_returns(&equity);
            for row in &rows {
                let of = |i: &usize| five().known(codes[*i]) == row.code;
                let r: Vec<f64> = (0..returns.len()).filter(of).map(|i| returns[i]).collect();
                prop_assert_eq!(row.sharpe.to_bits(), sharpe_ratio(&r, 365.0).to_bits());
                prop_assert_eq!(row.volatility.to_bits(), (std_dev(&r, 1) * 365f64.sqrt()).to_bits());
            }
        }
    }
}
