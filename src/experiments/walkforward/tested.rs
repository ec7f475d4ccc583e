//! What the tests came to, summed up.

use super::result::{Drift, Holdout, WalkForwardResult, WindowResult};
use crate::experiments::sweep::SweepRun;
use crate::metrics::EquityStats;
use crate::random::ContentSeed;
use crate::stats::{Bootstrap, Interval, mean, quantile_type7, sharpe_interval, sorted};

/// What is told of a walk forward besides its tests.
pub(super) struct Searched {
    /// Candidates in each window.
    pub candidates: u64,
    /// Trials of the family on these days by the ledger, each counted once.
    pub trials: u64,
    /// Days at the end that were not searched.
    pub locked_days: usize,
    /// What these came to, where they were opened.
    pub holdout: Option<Holdout>,
}

/// What the tests came to, one after the other.
pub(super) struct Tested {
    /// Each window, or split.
    pub windows: Vec<WindowResult>,
    /// Days that fit no window.
    pub dropped_days: usize,
    /// Daily returns; of combinatorial splits those of the first path.
    pub returns: Vec<f64>,
    /// Daily returns of holding over the same days.
    pub hold: Vec<f64>,
    /// Annual Sharpe ratio of each path.
    pub path_sharpes: Vec<f64>,
    /// End of each day, milliseconds UTC.
    pub days_ms: Vec<i64>,
}

impl Tested {
    /// The document of a walk forward over the candidates of `sweep`.
    pub fn result(self, sweep: &SweepRun<'_>, id: String, searched: Searched) -> WalkForwardResult {
        let s = sweep.scenario();
        let per_year = s.data.days_per_year();
        let chained = EquityStats::of(&grown(s.account.equity, &self.returns), per_year);
        let seed = ContentSeed::new("assay walk forward v1").numbers(&self.returns).seed();
        let boot = Bootstrap { resamples: s.gate.resamples, seed, mean_block: None };
        let loaded = sweep.history().loaded();
        let synthetic = sweep.history().inputs().symbols.iter().any(|l| l.synthetic);
        let made = if synthetic { " (synthetic)" } else { "" };
        WalkForwardResult {
            assay_version: env!("CARGO_PKG_VERSION").into(),
            id,
            scenario: s.name.clone(),
            system: s.system.name().into(),
            mode: s.walkforward.mode.name().into(),
            metric: s.sweep.metric.name().into(),
            title: format!("{}{made} {}", s.data.title(), loaded.bars.timeframe()),
            synthetic,
            candidates: searched.candidates,
            trials: searched.trials,
            locked_days: searched.locked_days,
            dropped_days: self.dropped_days,
            sharpe_interval: sharpe_interval(&self.returns, per_year, &boot, "sharpe walk forward")
                .map(Interval::from),
            efficiency: self.efficiency(&chained),
            profitable: self.profitable(),
            drift: drift(sweep, &self.windows),
            path_quantiles: self.path_quantiles(),
            path_sharpes: self.path_sharpes,
            holdout: searched.holdout,
            chained,
            windows: self.windows,
            days_ms: self.days_ms,
            returns: self.returns,
            hold: self.hold,
        }
    }

    /// Growth out of sample over its mean in training; none where the latter is not above zero.
    fn efficiency(&self, chained: &EquityStats) -> Option<f64> {
        let trained: Vec<f64> = self.windows.iter().map(|w| w.train_cagr).filter(|c| c.is_finite()).collect();
        let trained = mean(&trained);
        (trained > 0.0 && chained.cagr.is_finite()).then(|| chained.cagr / trained)
    }

    /// Share of windows with a profit.
    fn profitable(&self) -> f64 {
        let won: Vec<f64> = self.windows.iter().map(|w| f64::from(u8::from(w.test_return > 0.0))).collect();
        mean(&won)
    }

    /// The least, the 5 % quantile and the median of the Sharpe ratios of the paths.
    fn path_quantiles(&self) -> Option<[f64; 3]> {
        let ranked = sorted(&self.path_sharpes.iter().copied().filter(|s| s.is_finite()).collect::<Vec<_>>());
        (!ranked.is_empty()).then(|| [ranked[0], quantile_type7(&ranked, 0.05), quantile_type7(&ranked, 0.5)])
    }
}

/// Equity from `start` on, after each return.
pub(super) fn grown<'r>(start: f64, returns: impl IntoIterator<Item = &'r f64>) -> Vec<f64> {
    let mut curve = vec![start];
    for r in returns {
        curve.push(curve[curve.len() - 1] * (1.0 + r));
    }
    curve
}

/// How often the choice on each axis moves from window to window.
fn drift(sweep: &SweepRun<'_>, windows: &[WindowResult]) -> Vec<Drift> {
    let axis = |(k, axis): (usize, &String)| {
        let chosen: Vec<&String> = windows.iter().filter_map(|w| w.set.get(k)).collect();
        let mut values = chosen.clone();
        values.sort();
        values.dedup();
        let changes = chosen.windows(2).filter(|w| w[0] != w[1]).count();
        Drift { axis: axis.clone(), changes, values: values.len() }
    };
    sweep.space().keys().iter().enumerate().map(axis).collect()
}
