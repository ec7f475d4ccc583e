//! The same trades in another order, or drawn anew: how much of a result was luck of the path.

use rayon::prelude::*;

use crate::random::Stream;
use crate::stats::Blocks;

/// How trades become an equity curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Compounding {
    /// Outcomes are profits in money, added to the start equity.
    Additive {
        /// Equity before the first trade, in money; zero where only the sums matter.
        start: f64,
    },
    /// Outcomes are returns on equity (0.01 is one percent), compounded. A return of -1 or less leaves nothing.
    Compounded {
        /// Equity before the first trade, in money.
        start: f64,
    },
}

/// How a path draws its trades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TradeMethod {
    /// Every trade once, in random order: what the order alone does. The final value is the same on every path (but for
    /// rounding), so its distribution says nothing.
    Permutation,
    /// As many trades, drawn independently with replacement: the sampling error of the edge.
    Bootstrap,
    /// As many trades, in stationary [`Blocks`]: the same where trades depend on their neighbours.
    BlockBootstrap {
        /// Mean block length in trades; below one, or NaN, counts as one.
        mean_block: f64,
    },
}

/// What one path of trades came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradePath {
    /// Equity after the last trade, in money.
    pub final_equity: f64,
    /// Largest fall from the running peak, in money; the start counts as a peak.
    pub max_drawdown: f64,
    /// Largest fall as a fraction of the peak it fell from; above one where equity turned negative, NaN where the start
    /// is not above zero.
    pub max_drawdown_fraction: f64,
    /// Lowest equity, the start included, in money.
    pub lowest_equity: f64,
    /// Most losing trades in a row; a trade of exactly zero ends a run.
    pub longest_losing_run: u32,
}

impl TradePath {
    /// The figures of `outcomes` in the order given; all NaN where an outcome or the start is not finite.
    pub fn of(outcomes: impl IntoIterator<Item = f64>, curve: Compounding) -> Self {
        let start = match curve {
            Compounding::Additive { start } | Compounding::Compounded { start } => start,
        };
        let (mut equity, mut peak, mut lowest) = (start, start, start);
        let (mut depth, mut fraction) = (0.0_f64, if start > 0.0 { 0.0 } else { f64::NAN });
        let (mut run, mut longest, mut defined) = (0, 0, start.is_finite());
        for outcome in outcomes {
            defined &= outcome.is_finite();
            equity = match curve {
                Compounding::Additive { .. } => equity + outcome,
                Compounding::Compounded { .. } => equity * (1.0 + outcome).max(0.0),
            };
            peak = peak.max(equity);
            lowest = lowest.min(equity);
            depth = depth.max(peak - equity);
            if peak - equity > fraction * peak {
                fraction = (peak - equity) / peak;
            }
            run = if outcome < 0.0 { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        let [final_equity, max_drawdown, max_drawdown_fraction, lowest_equity] =
            [equity, depth, fraction, lowest].map(|x| if defined { x } else { f64::NAN });
        Self { final_equity, max_drawdown, max_drawdown_fraction, lowest_equity, longest_losing_run: longest }
    }
}

/// Resampled paths of a list of trades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradePaths {
    /// Number of paths.
    pub resamples: u32,
    /// Seed of the random streams.
    pub seed: u64,
    /// How a path draws its trades.
    pub method: TradeMethod,
}

impl TradePaths {
    /// The figures of every path, in order, the same on any number of threads.
    ///
    /// Path `i` draws from the stream (seed, method, `i`): two lists of as many trades are drawn alike.
    pub fn run(&self, outcomes: &[f64], curve: Compounding) -> Vec<TradePath> {
        (0..self.resamples).into_par_iter().map(|i| self.path(u64::from(i), outcomes, curve)).collect()
    }

    /// The figures of path `index`: a path of [`TradePaths::run`] again, by itself.
    pub fn path(&self, index: u64, outcomes: &[f64], curve: Compounding) -> TradePath {
        let n = outcomes.len();
        let stream = |purpose| Stream::new(self.seed, purpose, index);
        match self.method {
            TradeMethod::Permutation => {
                let (mut stream, mut order) = (stream("trades permutation"), outcomes.to_vec());
                // R. A. Fisher and F. Yates, Statistical Tables (1938), as in D. E. Knuth, TAOCP 2, algorithm 3.4.2P.
                for last in (1..n).rev() {
                    order.swap(last, stream.below(last + 1));
                }
                TradePath::of(order, curve)
            }
            TradeMethod::Bootstrap => {
                let mut stream = stream("trades bootstrap");
                TradePath::of((0..n).map(|_| outcomes[stream.below(n)]), curve)
            }
            TradeMethod::BlockBootstrap { mean_block } => {
                let blocks = Blocks::new(stream("trades block bootstrap"), n, mean_block);
                TradePath::of(blocks.flatten().map(|at| outcomes[at]), curve)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{mean, quantile_type7, sorted, variance};
    use assay_testing::close;
    use proptest::prelude::*;

    const MONEY: Compounding = Compounding::Additive { start: 0.0 };
    const GROWTH: Compounding = Compounding::Compounded { start: 1.0 };
    const PROFITS: [f64; 7] = [120.0, -80.0, 50.0, -60.0, 200.0, -150.0, 30.0];
    const RETURNS: [f64; 7] = [0.05, -0.03, 0.02, -0.04, 0.08, -0.06, 0.01];

    /// Every order of `x`.
    fn orders(x: &[f64]) -> Vec<Vec<f64>> {
        if x.is_empty() {
            return vec![vec![]];
        }
        let mut all = vec![];
        for i in 0..x.len() {
            let mut rest = x.to_vec();
            let first = rest.remove(i);
            for mut tail in orders(&rest) {
                tail.insert(0, first);
                all.push(tail);
            }
        }
        all
    }

    /// Every draw of `left` values of `x` with replacement.
    fn draws(x: &[f64], left: usize) -> Vec<Vec<f64>> {
        if left == 0 {
            return vec![vec![]];
        }
        let shorter = draws(x, left - 1);
        x.iter().flat_map(|&v| shorter.iter().map(move |s| [&[v], &s[..]].concat())).collect()
    }

    fn share(x: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
        x.iter().filter(|&&v| holds(v)).count() as f64 / x.len() as f64
    }

    #[test]
    fn all_orders_of_seven_profits_match_the_reference() {
        let paths: Vec<TradePath> = orders(&PROFITS).into_iter().map(|o| TradePath::of(o, MONEY)).collect();
        assert!(paths.iter().all(|p| p.final_equity == 110.0));
        let falls = sorted(&paths.iter().map(|p| p.max_drawdown).collect::<Vec<_>>());
        assert_eq!(falls.len(), 5040);
        assert!(close(mean(&falls), 207.42857142857142, 1e-12));
        assert_eq!((falls[0], falls[5039]), (150.0, 290.0));
        for (p, want) in
            [(0.05, 150.0), (0.25, 150.0), (0.5, 210.0), (0.75, 240.0), (0.95, 290.0), (0.99, 290.0)]
        {
            assert_eq!(quantile_type7(&falls, p), want);
        }
        assert!(close(share(&falls, |d| d >= 200.0), 0.6095238095238096, 1e-12));
        assert_eq!(TradePath::of(PROFITS, MONEY).max_drawdown, 150.0, "the real order was the luckiest");
    }

    #[test]
    fn all_orders_of_seven_returns_match_the_reference() {
        let paths: Vec<TradePath> = orders(&RETURNS).into_iter().map(|o| TradePath::of(o, GROWTH)).collect();
        assert!(paths.iter().all(|p| close(p.final_equity, 1.0225991349503998, 1e-14)));
        let falls = sorted(&paths.iter().map(|p| p.max_drawdown_fraction).collect::<Vec<_>>());
        assert!(close(mean(&falls), 0.08969374366476199, 1e-12));
        let quantiles = [(0.05, 0.06), (0.25, 0.0688), (0.5, 0.0882), (0.75, 0.10716544), (0.95, 0.124672)];
        for (p, want) in quantiles.into_iter().chain([(0.0, 0.06), (1.0, 0.124672)]) {
            assert!(close(quantile_type7(&falls, p), want, 1e-12), "{p}");
        }
        assert!(close(share(&falls, |d| d >= 0.10 - 1e-12), 0.2571428571428571, 1e-12));
        assert!(close(TradePath::of(RETURNS, GROWTH).max_drawdown_fraction, 0.06, 1e-12));
    }

    #[test]
    fn all_draws_of_five_profits_match_the_reference() {
        let all = draws(&[100.0, -60.0, 40.0, -90.0, 70.0], 5);
        let paths: Vec<TradePath> = all.into_iter().map(|d| TradePath::of(d, MONEY)).collect();
        assert_eq!(paths.len(), 3125);
        let finals: Vec<f64> = paths.iter().map(|p| p.final_equity).collect();
        assert!(close(mean(&finals), 60.0, 1e-12));
        assert!(close(variance(&finals, 0).sqrt(), 165.7709262808168, 1e-12));
        assert!(close(share(&finals, |f| f < 0.0), 0.33344, 1e-12));
        assert!(close(share(&finals, |f| f <= 0.0), 0.37504, 1e-12));
        let falls = sorted(&paths.iter().map(|p| p.max_drawdown).collect::<Vec<_>>());
        assert!(close(mean(&falls), 122.576, 1e-12));
        let quantiles = [(0.05, 0.0), (0.25, 60.0), (0.5, 90.0), (0.75, 170.0), (0.95, 270.0)];
        for (p, want) in quantiles.into_iter().chain([(0.99, 352.7999999999929)]) {
            assert!(close(quantile_type7(&falls, p), want, 1e-12), "{p}");
        }
    }

    #[test]
    fn drawn_paths_come_near_the_exhaustive_ones() {
        let run = |method, x: &[f64]| TradePaths { resamples: 20_000, seed: 3, method }.run(x, MONEY);
        let falls = |paths: &[TradePath]| mean(&paths.iter().map(|p| p.max_drawdown).collect::<Vec<_>>());
        let five = [100.0, -60.0, 40.0, -90.0, 70.0];
        // Standard errors: 48 / sqrt(20000) and 87 / sqrt(20000); four of each.
        assert!((falls(&run(TradeMethod::Permutation, &PROFITS)) - 207.42857).abs() < 1.4);
        let drawn = run(TradeMethod::Bootstrap, &five);
        assert!((falls(&drawn) - 122.576).abs() < 2.5);
        let finals: Vec<f64> = drawn.iter().map(|p| p.final_equity).collect();
        assert!((mean(&finals) - 60.0).abs() < 4.0 * 165.77 / 20_000f64.sqrt());
        let single = run(TradeMethod::BlockBootstrap { mean_block: 1.0 }, &five);
        assert!((falls(&single) - 122.576).abs() < 2.5);
    }

    #[test]
    fn figures_by_hand() {
        let p = TradePath::of([10.0, -5.0, -15.0, 0.0, -1.0, 30.0], Compounding::Additive { start: 10.0 });
        assert_eq!(
            (p.final_equity, p.max_drawdown, p.lowest_equity, p.longest_losing_run),
            (29.0, 21.0, -1.0, 2)
        );
        assert_eq!(p.max_drawdown_fraction, 1.05);
        let ruin = TradePath::of([0.5, -1.5, 3.0], Compounding::Compounded { start: 2.0 });
        assert_eq!((ruin.final_equity, ruin.max_drawdown, ruin.max_drawdown_fraction), (0.0, 3.0, 1.0));
        assert!(TradePath::of([f64::NAN, 1.0], MONEY).final_equity.is_nan());
        let none = TradePath::of([], GROWTH);
        assert_eq!((none.final_equity, none.max_drawdown_fraction, none.longest_losing_run), (1.0, 0.0, 0));
    }

    proptest! {
        #[test]
        fn a_permutation_keeps_the_sum_and_any_path_repeats(
            x in prop::collection::vec(-100.0f64..100.0, 0..40), seed: u64, block in 0.0f64..9.0,
        ) {
            let total: f64 = x.iter().sum();
            let methods = [TradeMethod::Permutation, TradeMethod::Bootstrap];
            for method in methods.into_iter().chain([TradeMethod::BlockBootstrap { mean_block: block }]) {
                let config = TradePaths { resamples: 5, seed, method };
                for (i, p) in config.run(&x, MONEY).iter().enumerate() {
                    prop_assert_eq!(format!("{p:?}"), format!("{:?}", config.path(i as u64, &x, MONEY)));
                    prop_assert!(p.max_drawdown >= 0.0 && p.lowest_equity <= p.final_equity.min(0.0));
                    prop_assert!(method != TradeMethod::Permutation || (p.final_equity - total).abs() < 1e-9);
                }
            }
        }
    }
}
