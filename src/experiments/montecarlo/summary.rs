//! What drawn paths come to: their figures and chances, the worst of them, and equity over time.

use super::meaning::meaning;
use super::resample::TRADE_NAMES;
use super::result::{Chance, Fan, FigureSummary, MonteCarloResult, Paths, WorstPath};
use super::{Drawn, MonteCarloRun};
use crate::error::Result;
use crate::gate::{Criteria, Criterion, CriterionWindow, RegimeScope, Subject, passes};
use crate::metrics::list;
use crate::paths::{bound_without_events, percentile_of, quantile_ci, se_of_mean};
use crate::scenario::PathMethod;
use crate::stats::{Interval, mean, quantile_type7, sorted, std_dev, wilson};

/// Quantiles of every figure.
pub const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99];

/// Points of the fan.
const FAN: usize = 61;

/// Quantiles of the fan.
pub const FAN_QUANTILES: [f64; 5] = [0.05, 0.25, 0.50, 0.75, 0.95];

/// Figures that are summed up, as far as a method has them.
const SHOWN: [&str; 13] = [
    "total_return",
    "cagr",
    "sharpe",
    "sortino",
    "max_drawdown",
    "longest_drawdown_days",
    "longest_losing_run",
    "trades",
    "win_rate",
    "profit_factor",
    "expectancy",
    "end_equity",
    "lowest_equity",
];

impl MonteCarloRun<'_> {
    /// The document of what was drawn.
    pub(super) fn result(
        &self,
        id: String,
        drawn: &Drawn,
        criteria: Option<&Criteria>,
    ) -> Result<MonteCarloResult> {
        let s = &self.scenario;
        let m = &s.montecarlo;
        let paths = &drawn.paths;
        let figures = self.summaries(paths);
        let chances = self.chances(paths, drawn.lowest.as_deref(), criteria)?;
        let worst = worst(paths, m.worst)?;
        let end_equity_cvar95 = mean_of_worst_twentieth(&paths.figure("end_equity")?);
        let (title, synthetic) = self.title();
        let model = self.histories.as_ref().and_then(|h| h.model.as_ref());
        Ok(MonteCarloResult {
            assay_version: env!("CARGO_PKG_VERSION").to_owned(),
            id,
            scenario: s.name.clone(),
            system: s.system.name().to_owned(),
            title,
            synthetic,
            seed: s.seed,
            method: m.method.name().to_owned(),
            means: meaning(m.method).to_owned(),
            block: self.block,
            model: model.map(|m| m.words.clone()),
            fit: model.map(|m| m.fit.clone()),
            warnings: model.and_then(|m| m.warning.clone()).into_iter().collect(),
            moments: self.moments(drawn),
            left_out_bars: self.histories.as_ref().map_or(0, |h| h.left_out),
            judged_from: self.shared.clone(),
            asked: m.paths,
            paths: paths.rows.len(),
            figures,
            chances,
            end_equity_cvar95,
            worst,
            fan: self.fan(&drawn.fans),
        })
    }

    /// Instrument and bar length, and whether a file says of itself that it was generated.
    fn title(&self) -> (String, bool) {
        let s = &self.scenario;
        match self.history {
            Some(history) => {
                let synthetic = history.inputs().symbols.iter().any(|l| l.synthetic);
                let made = if synthetic { " (synthetic)" } else { "" };
                (format!("{}{made} {}", s.data.title(), history.loaded().bars.timeframe()), synthetic)
            }
            None => (s.data.title(), false),
        }
    }

    /// A figure of the run itself.
    fn original(&self, name: &str) -> f64 {
        let found = self.original.figures.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
        let m = self.scenario.montecarlo.method;
        match m {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap => {
                let k = TRADE_NAMES.iter().position(|n| *n == name);
                k.map_or(f64::NAN, |k| self.trades_as_they_were()[k])
            }
            _ => found.unwrap_or(f64::NAN),
        }
    }

    /// Each figure over all paths, as far as the method has it.
    fn summaries(&self, paths: &Paths) -> Vec<FigureSummary> {
        SHOWN
            .iter()
            .filter_map(|name| {
                let all = paths.column(name)?;
                let values: Vec<f64> = all.into_iter().filter(|v| v.is_finite()).collect();
                let ascending = sorted(&values);
                let original = self.original(name);
                Some(FigureSummary {
                    name: (*name).to_owned(),
                    n: values.len(),
                    mean: mean(&values),
                    mean_se: se_of_mean(&values),
                    sd: std_dev(&values, 1),
                    quantiles: QUANTILES.iter().map(|p| quantile_type7(&ascending, *p)).collect(),
                    intervals: QUANTILES
                        .iter()
                        .map(|p| {
                            quantile_ci(&ascending, *p)
                                .map(|q| q.interval)
                                .filter(|i| i.lo.is_finite() && i.hi.is_finite())
                        })
                        .collect(),
                    original,
                    percentile: if original.is_finite() {
                        percentile_of(original, &values)
                    } else {
                        f64::NAN
                    },
                })
            })
            .collect()
    }

    /// How likely ruin, a loss, a deep drawdown and each missed criterion are.
    fn chances(
        &self,
        paths: &Paths,
        lowest: Option<&[f64]>,
        criteria: Option<&Criteria>,
    ) -> Result<Vec<Chance>> {
        let m = &self.scenario.montecarlo;
        let own;
        let lowest = match lowest {
            Some(l) => l,
            None => {
                own = paths.figure("lowest_equity")?;
                &own
            }
        };
        let ruin = m.ruin * self.start();
        let total = paths.figure("total_return")?;
        let depth = paths.figure("max_drawdown")?;
        let most = m.max_drawdown;
        let mut out = vec![
            chance(format!("ruin: equity below {:.0} % of the start", 100.0 * m.ruin), lowest, |v| v < ruin),
            chance("a loss".to_owned(), &total, |v| v < 0.0),
            chance(format!("a drawdown above {:.0} %", 100.0 * most), &depth, |v| v > most + 1e-12),
        ];
        out.extend(criteria.iter().flat_map(|c| &c.rules).filter_map(|c| chance_of_missing(c, paths)));
        Ok(out)
    }

    /// Equity over time on the paths that were followed.
    fn fan(&self, fans: &[Vec<f64>]) -> Fan {
        if fans.is_empty() {
            return Fan::default();
        }
        let mut quantiles = vec![Vec::with_capacity(FAN); FAN_QUANTILES.len()];
        for k in 0..FAN {
            let values = sorted(&fans.iter().map(|f| f[k]).collect::<Vec<_>>());
            for (list, p) in quantiles.iter_mut().zip(FAN_QUANTILES) {
                list.push(quantile_type7(&values, p));
            }
        }
        Fan {
            at: (0..FAN).map(|k| k as f64 / (FAN - 1) as f64).collect(),
            quantiles,
            original: fan_of(&self.original.daily),
            n: fans.len(),
        }
    }
}

/// How many of `values` it happens to, one a path.
fn chance(what: String, values: &[f64], happens: impl Fn(f64) -> bool) -> Chance {
    let n = values.len();
    let events = values.iter().filter(|v| happens(**v)).count();
    let interval = if events == 0 {
        Interval { lo: 0.0, hi: bound_without_events(n) }
    } else {
        wilson(events as u64, n as u64)
    };
    Chance { what, events, n, share: events as f64 / n as f64, interval }
}

/// How likely a criterion is missed; none of one that asks for more than a figure of the whole run.
fn chance_of_missing(c: &Criterion, paths: &Paths) -> Option<Chance> {
    let plain = c.scope.subject == Subject::Run && c.scope.regime == RegimeScope::All;
    let name = c.metric.listed().filter(|m| m.is_at(list::MeasuredAt::Row)).map(|m| m.name)?;
    if !plain || c.times_fact.is_some() || c.window != CriterionWindow::Run {
        return None;
    }
    let values = paths.column(name)?;
    let misses = |v: f64| !passes(c, v);
    Some(chance(format!("criterion {} missed: {name} {}", c.id, c.rule.text(c.unit)), &values, misses))
}

/// The worst paths by total return, of equal ones the deeper first.
fn worst(paths: &Paths, count: usize) -> Result<Vec<WorstPath>> {
    let total = paths.figure("total_return")?;
    let depth = paths.figure("max_drawdown")?;
    let mut order: Vec<usize> = (0..total.len()).collect();
    order
        .sort_by(|a, b| total[*a].total_cmp(&total[*b]).then(depth[*b].total_cmp(&depth[*a])).then(a.cmp(b)));
    let path = |k: &usize| WorstPath { path: *k as u64, total_return: total[*k], max_drawdown: depth[*k] };
    Ok(order.iter().take(count).map(path).collect())
}

/// Mean of the lowest 5 % of values, of one at least.
fn mean_of_worst_twentieth(values: &[f64]) -> f64 {
    let ascending = sorted(values);
    let tail = (ascending.len().saturating_sub(1)) / 20 + 1;
    ascending.get(..tail).map_or(f64::NAN, mean)
}

/// Wealth from 1 at evenly spaced points of a path of daily returns.
pub(super) fn fan_of(daily: &[f64]) -> Vec<f64> {
    let mut wealth = vec![1.0];
    for r in daily {
        wealth.push(wealth[wealth.len() - 1] * (1.0 + r));
    }
    (0..FAN).map(|k| wealth[k * (wealth.len() - 1) / (FAN - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::list::{MeasuredAt, at, find};

    #[test]
    fn paths_have_the_figures_of_the_list() {
        let mut listed: Vec<&str> = at(MeasuredAt::TradePath).map(|m| m.name).collect();
        let mut own = TRADE_NAMES.to_vec();
        listed.sort_unstable();
        own.sort_unstable();
        assert_eq!(own, listed);
        for name in SHOWN {
            assert!(find(name).is_some_and(|m| m.name == name), "{name}");
        }
    }
}
