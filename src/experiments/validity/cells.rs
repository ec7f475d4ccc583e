//! What is measured of the gate: which markets, how many trials, what was promised.

use super::markets::MadeMarket;
use crate::stats::{Interval, wilson};

/// How a candidate is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellSearch {
    /// One crossover, fixed beforehand.
    One,
    /// The best of a grid of crossovers, by its Sharpe ratio: 10 by 10.
    Grid100,
    /// 10 by 20.
    Grid200,
    /// 100 crossovers, each with 10 stops and 10 targets.
    Grid10000,
    /// 100 candidates chosen by the results of those before.
    Tpe,
    /// A position that was known beforehand.
    Known,
}

/// What is promised of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellClaim {
    /// So large a share is promoted at most.
    AtMost(f64),
    /// So large a share is promoted at least.
    AtLeast(f64),
    /// None is promoted.
    Never,
    /// Nothing is: it is shown for comparison.
    Shown,
}

/// Histories of one market, and one way to search them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValidityCell {
    /// Its name.
    pub name: &'static str,
    /// The market.
    pub market: MadeMarket,
    /// The search.
    pub search: CellSearch,
    /// Length of a history in years.
    pub years: usize,
    /// Histories of the short run.
    pub few: u64,
    /// What is promised.
    pub claim: CellClaim,
}

const NOISE: [MadeMarket; 4] =
    [MadeMarket::Gbm, MadeMarket::Ar1, MadeMarket::Garch, MadeMarket::TwoVolatilities];

/// Most promotions of noise.
const FALSE: CellClaim = CellClaim::AtMost(0.05);

/// Least promotions of an edge.
const POWER: CellClaim = CellClaim::AtLeast(0.8);

impl ValidityCell {
    /// All cells, in the order of the page.
    pub fn all() -> Vec<Self> {
        let noise = |k: usize, search: CellSearch, name: &'static str, few: u64| Self {
            name,
            market: NOISE[k],
            search,
            years: 3,
            few,
            claim: FALSE,
        };
        let planted =
            |name, market, search, years, few, claim| Self { name, market, search, years, few, claim };
        vec![
            noise(0, CellSearch::One, "gbm-1", 0),
            noise(1, CellSearch::One, "ar1-1", 0),
            noise(2, CellSearch::One, "garch-1", 0),
            noise(3, CellSearch::One, "two-volatilities-1", 0),
            noise(0, CellSearch::Grid100, "gbm-100", 300),
            noise(1, CellSearch::Grid100, "ar1-100", 100),
            noise(2, CellSearch::Grid100, "garch-100", 100),
            noise(3, CellSearch::Grid100, "two-volatilities-100", 100),
            noise(0, CellSearch::Grid10000, "gbm-10000", 0),
            noise(1, CellSearch::Grid10000, "ar1-10000", 0),
            noise(2, CellSearch::Grid10000, "garch-10000", 0),
            noise(3, CellSearch::Grid10000, "two-volatilities-10000", 0),
            planted("gbm-tpe", MadeMarket::Gbm, CellSearch::Tpe, 3, 0, CellClaim::Never),
            planted("foreseen-1", MadeMarket::Foreseen, CellSearch::Known, 5, 50, POWER),
            planted("hidden-trend-200", MadeMarket::HiddenTrend, CellSearch::Grid200, 5, 50, POWER),
        ]
    }

    /// Trials of each history.
    pub fn trials(&self) -> u64 {
        match self.search {
            CellSearch::One | CellSearch::Known => 1,
            CellSearch::Grid100 | CellSearch::Tpe => 100,
            CellSearch::Grid200 => 200,
            CellSearch::Grid10000 => 10_000,
        }
    }

    /// The seed of history `i`: of the market, the number of trials and looks, and its number, from 0; none is left out
    /// and none drawn again.
    pub fn seed(&self, i: u64) -> u64 {
        let text = format!("assay-oc-1|{}|{}|1|{i}", self.market.name(), self.trials());
        let digest = crate::data::sha256_hex(text.as_bytes());
        u64::from_str_radix(&digest[..16], 16).unwrap_or(i)
    }
}

/// What became of one history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellHistory {
    /// Whether its candidate passed.
    pub promoted: bool,
    /// Whether the gate left it open.
    pub open: bool,
    /// Annual Sharpe ratio of the candidate.
    pub sharpe: f64,
    /// That expected of the best by luck.
    pub expected: f64,
    /// The chance of luck.
    pub family_p: f64,
}

/// What became of all histories of a cell.
#[derive(Debug, Clone)]
pub struct CellResult {
    /// The cell.
    pub cell: ValidityCell,
    /// Its histories, in their order.
    pub histories: Vec<CellHistory>,
}

impl CellResult {
    /// How many were promoted.
    pub fn promoted(&self) -> u64 {
        self.histories.iter().filter(|h| h.promoted).count() as u64
    }

    /// Share of the histories that were promoted.
    pub fn rate(&self) -> f64 {
        self.promoted() as f64 / self.histories.len() as f64
    }

    /// Its Wilson interval, 95 %.
    pub fn interval(&self) -> Interval {
        wilson(self.promoted(), self.histories.len() as u64)
    }

    /// The rate of each half of the histories: one that hangs on its seeds shows.
    pub fn halves(&self) -> [f64; 2] {
        let (a, b) = self.histories.split_at(self.histories.len() / 2);
        [a, b].map(|half| half.iter().filter(|h| h.promoted).count() as f64 / half.len() as f64)
    }

    /// The mean of something over the histories that have it.
    pub fn mean(&self, of: impl Fn(&CellHistory) -> f64) -> f64 {
        let values: Vec<f64> = self.histories.iter().map(of).filter(|v| v.is_finite()).collect();
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// Whether the histories refute the claim: the interval excludes it.
    pub fn refuted(&self) -> bool {
        match self.cell.claim {
            CellClaim::AtMost(rate) => self.interval().lo > rate,
            CellClaim::AtLeast(rate) => self.interval().hi < rate,
            CellClaim::Never => self.promoted() > 0,
            CellClaim::Shown => false,
        }
    }

    /// Whether it is so far from the claim that chance does it once in a thousand times: what stops a release.
    pub fn alarms(&self) -> bool {
        let n = self.histories.len() as u64;
        match self.cell.claim {
            CellClaim::AtMost(rate) => binomial_tail(n, self.promoted(), rate) < 0.001,
            CellClaim::AtLeast(rate) => binomial_tail(n, n - self.promoted(), 1.0 - rate) < 0.001,
            CellClaim::Never => self.promoted() > 0,
            CellClaim::Shown => false,
        }
    }
}

/// The chance of `k` and more successes of `n` at probability `p`.
fn binomial_tail(n: u64, k: u64, p: f64) -> f64 {
    let mut log = n as f64 * libm::log1p(-p);
    let odds = libm::log(p) - libm::log1p(-p);
    let mut tail = if k == 0 { libm::exp(log) } else { 0.0 };
    for j in 1..=n {
        log += libm::log((n - j + 1) as f64) - libm::log(j as f64) + odds;
        if j >= k {
            tail += libm::exp(log);
        }
    }
    tail.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(promoted: u64, n: u64, claim: CellClaim) -> CellResult {
        let cell = ValidityCell { claim, ..ValidityCell::all()[4] };
        let history = |k| CellHistory {
            promoted: k < promoted,
            open: k >= promoted,
            sharpe: 1.0,
            expected: 0.5,
            family_p: 0.2,
        };
        CellResult { cell, histories: (0..n).map(history).collect() }
    }

    #[test]
    fn alarms_are_those_of_the_binomial_law_at_one_in_a_thousand() {
        // Published bounds: above 13 of 100, 28 of 300, 73 of 1,000; below 67 of 100, 218 of 300, 760 of 1,000.
        for (n, most, least) in [(100, 13, 67), (300, 28, 218), (1000, 73, 760)] {
            let noise = |k| with(k, n, CellClaim::AtMost(0.05)).alarms();
            assert_eq!((noise(most), noise(most + 1)), (false, true), "{n}");
            let edge = |k| with(k, n, CellClaim::AtLeast(0.8)).alarms();
            assert_eq!((edge(least), edge(least - 1)), (false, true), "{n}");
        }
        assert!(with(1, 100, CellClaim::Never).alarms() && !with(0, 100, CellClaim::Never).alarms());
    }

    #[test]
    fn a_claim_is_refuted_where_the_interval_excludes_it() {
        let at_most = |k| with(k, 1000, CellClaim::AtMost(0.05)).refuted();
        assert_eq!((at_most(50), at_most(62), at_most(66)), (false, false, true));
        let at_least = |k| with(k, 1000, CellClaim::AtLeast(0.8)).refuted();
        assert_eq!((at_least(800), at_least(776), at_least(770)), (false, false, true));
    }

    #[test]
    fn every_cell_has_a_name_and_histories_of_its_own() {
        let cells = ValidityCell::all();
        let names: std::collections::BTreeSet<_> = cells.iter().map(|c| c.name).collect();
        assert_eq!(names.len(), cells.len());
        let seeds: std::collections::BTreeSet<_> =
            cells.iter().flat_map(|c| [c.seed(0), c.seed(1)]).collect();
        // The grid of a hundred and the search that adapts are made on the same histories.
        assert_eq!(seeds.len(), 2 * (cells.len() - 1));
    }
}
