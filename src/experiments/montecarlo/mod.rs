//! Monte Carlo: what else could have happened, to these trades, these returns, these bars, or under these circumstances.
//!
//! Every path has its own random stream and is a function of the seed, the method and its number: any of them can be run again
//! alone. One row a path is kept.

mod history;
mod perturb;
mod result;

pub use result::{Chance, Fan, FigureSummary, MonteCarloResult, Original, Paths, ReplayedPath, WorstPath};

use rayon::prelude::*;

use self::history::Histories;
use self::perturb::circumstances;
use crate::error::{Error, Place, Result};
use crate::gate::{Criteria, RegimeScope, Subject, meets};
use crate::metrics::list;
use crate::paths::{
    Compounding, TradeMethod, TradePath, TradePaths, bootstrap_paths, bound_without_events, enough,
    percentile_of, quantile_ci, se_of_mean,
};
use crate::progress::Progress;
use crate::random::Stream;
use crate::runs::{FIGURES, Figures, History, Inputs, Job, Wants, figure};
use crate::scenario::{PathMethod, Scenario};
use crate::stats::{
    Blocks, Interval, automatic_block, mean, quantile_type7, sharpe_ratio, sorted, std_dev, wilson,
};

/// Paths drawn before it is asked whether they are enough; a fixed number, so that the answer does not depend on threads.
const BATCH: usize = 100;

/// Quantiles of every figure.
pub const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99];

/// Points of the fan.
const FAN: usize = 61;

/// Paths of daily returns that are walked day by day for the fan and for ruin.
const WALKED: usize = 2000;

/// Quantiles of the fan.
pub const FAN_QUANTILES: [f64; 5] = [0.05, 0.25, 0.50, 0.75, 0.95];

/// Whether a method needs no bars.
pub fn of_a_run(method: PathMethod) -> bool {
    matches!(method, PathMethod::TradePermutation | PathMethod::TradeBootstrap | PathMethod::Returns)
}

/// What a method keeps and breaks.
fn meaning(method: PathMethod) -> &'static str {
    match method {
        PathMethod::TradePermutation => {
            "the same trades in another order: the end is the same, the way there is luck"
        }
        PathMethod::TradeBootstrap => {
            "other trades like these, drawn with replacement: how much the edge owes to which trades came"
        }
        PathMethod::Returns => {
            "other days like these, in blocks: the error of Sharpe ratio and drawdown; sizes do not answer to the path"
        }
        PathMethod::Stationary | PathMethod::Circular => {
            "other histories of blocks of the real one, all symbols and payments together; short dependence is kept, long trends and the calendar are broken"
        }
        PathMethod::Regime => {
            "other histories with the real sequence of regimes, each filled with blocks of its own kind"
        }
        PathMethod::Gbm => {
            "Brownian motion with the mean and the deviation of the history: no structure to exploit but the drift"
        }
        PathMethod::Merton => {
            "Brownian motion with jumps, fitted to the history: no structure to exploit but the drift"
        }
        PathMethod::Garch => "volatility that clusters, normal shocks, nothing to predict but the volatility",
        PathMethod::Gjr => {
            "volatility that clusters and rises more after falls, normal shocks, nothing to predict but the volatility"
        }
        PathMethod::Filtered => {
            "volatility that clusters, with the shocks of the real history: its tails are kept, its trends and calendar are broken"
        }
        PathMethod::Heston => "stochastic volatility that answers to the price; its fit is rough",
        PathMethod::Execution => {
            "the real history, filled otherwise: slippage, spread, fees, latency, entries missed and filled in part"
        }
        PathMethod::Parameters => "the real history with parameters nearby: a plateau or a peak",
        PathMethod::Start => "the real history from another first bar",
        PathMethod::DroppedTrades => "the real history with entries left out",
    }
}

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

/// Columns of the trade methods.
const TRADE_NAMES: [&str; 5] =
    ["total_return", "max_drawdown", "end_equity", "lowest_equity", "longest_losing_run"];

/// The rows and fans of a batch of paths.
type Batch = Vec<(Vec<f64>, Vec<f64>)>;

/// Draws the paths of one scenario.
pub struct MonteCarloRun<'a> {
    scenario: &'a Scenario,
    history: Option<&'a History>,
    original: Original,
    histories: Option<Histories<'a>>,
    block: Option<f64>,
}

impl<'a> MonteCarloRun<'a> {
    /// Of a scenario over a prepared history.
    ///
    /// # Errors
    /// The method cannot be applied, or the scenario cannot be run.
    pub fn of_scenario(scenario: &'a Scenario, history: &'a History) -> Result<Self> {
        let prepared = history.prepare(scenario)?;
        let job = Job { scenario, prepared: &prepared, span: (0..history.steps()).into(), noise: None };
        let outcome = history.figures(&job, Wants::default())?;
        let figures = FIGURES.iter().map(|f| (*f).to_owned()).zip(outcome.row).collect();
        let original = Original { figures, pnl: outcome.pnl, daily: outcome.daily };
        let method = scenario.montecarlo.method;
        let bars = !of_a_run(method)
            && !matches!(
                method,
                PathMethod::Execution
                    | PathMethod::Parameters
                    | PathMethod::Start
                    | PathMethod::DroppedTrades
            );
        let histories = if bars { Some(Histories::of(scenario, history)?) } else { None };
        let mut run = Self { scenario, history: Some(history), original, histories, block: None };
        run.block = run.blocks()?;
        Ok(run)
    }

    /// Of a run that was made before.
    ///
    /// # Errors
    /// The method needs bars, or the run has too little.
    pub fn of_run(scenario: &'a Scenario, original: Original) -> Result<Self> {
        if !of_a_run(scenario.montecarlo.method) {
            let name = scenario.montecarlo.method.name();
            return Err(Error::usage(
                Place::given("montecarlo.method", format_args!("{name:?}")),
                "needs the bars, which a run folder does not hold",
            )
            .hint("give the scenario file, or use trade_permutation, trade_bootstrap or returns"));
        }
        let mut run = Self { scenario, history: None, original, histories: None, block: None };
        run.block = run.blocks()?;
        Ok(run)
    }

    fn blocks(&self) -> Result<Option<f64>> {
        let m = &self.scenario.montecarlo;
        let few = |what: &str, n: usize| {
            Err(Error::usage(
                Place::given("montecarlo.method", format_args!("{:?}", m.method.name())),
                format!("the run has {n} {what}: too few to draw from"),
            )
            .hint("give more history, or draw bars instead: --set montecarlo.method=stationary"))
        };
        Ok(match m.method {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap if self.original.pnl.len() < 5 => {
                return few("trades", self.original.pnl.len());
            }
            PathMethod::Returns if self.original.daily.len() < 30 => {
                return few("days", self.original.daily.len());
            }
            PathMethod::Returns => {
                let r = &self.original.daily;
                let size: Vec<f64> = r.iter().map(|x| x.abs()).collect();
                let square: Vec<f64> = r.iter().map(|x| x * x).collect();
                let auto = || [r, &size, &square].into_iter().map(|v| automatic_block(v)).fold(1.0, f64::max);
                Some(m.block.unwrap_or_else(auto))
            }
            PathMethod::TradeBootstrap => m.block,
            _ => self.histories.as_ref().and_then(|h| h.block),
        })
    }

    fn start(&self) -> f64 {
        self.scenario.account.equity
    }

    fn names(&self) -> Vec<String> {
        let m = self.scenario.montecarlo.method;
        match m {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap => {
                TRADE_NAMES.iter().map(|n| (*n).to_owned()).collect()
            }
            PathMethod::Returns => {
                ["total_return", "sharpe", "max_drawdown", "end_equity"].map(str::to_owned).to_vec()
            }
            _ => FIGURES.iter().map(|n| (*n).to_owned()).collect(),
        }
    }

    /// Return of each trade on the equity before it; none where the account was ever at zero, so that profits add up instead.
    fn trade_returns(&self) -> Option<Vec<f64>> {
        let mut equity = self.start();
        self.original
            .pnl
            .iter()
            .map(|p| {
                let r = (equity > 0.0).then(|| p / equity);
                equity += p;
                r
            })
            .collect()
    }

    /// The trades as they are drawn, and how they make up equity.
    fn trades(&self) -> (Vec<f64>, Compounding) {
        let start = self.start();
        match self.trade_returns() {
            Some(returns) if returns.iter().all(|r| *r > -1.0) => {
                (returns, Compounding::Compounded { start })
            }
            _ => (self.original.pnl.clone(), Compounding::Additive { start }),
        }
    }

    fn trade_paths(&self) -> TradePaths {
        let m = &self.scenario.montecarlo;
        let method = match (m.method, m.block) {
            (PathMethod::TradePermutation, _) => TradeMethod::Permutation,
            (_, Some(mean_block)) if mean_block > 1.0 => TradeMethod::BlockBootstrap { mean_block },
            _ => TradeMethod::Bootstrap,
        };
        TradePaths { resamples: m.paths as u32, seed: self.scenario.seed, method }
    }

    fn trade_row(&self, p: &TradePath) -> Vec<f64> {
        let start = self.start();
        vec![
            p.final_equity / start - 1.0,
            p.max_drawdown_fraction,
            p.final_equity,
            p.lowest_equity,
            f64::from(p.longest_losing_run),
        ]
    }

    /// One path of the whole chain: its row and its fan.
    fn chain(&self, path: u64) -> Result<(Vec<f64>, Vec<f64>)> {
        let (outcome, _, _) = self.chained(path)?;
        Ok((outcome.row, fan_of(&outcome.daily)))
    }

    fn chained(&self, path: u64) -> Result<(Figures, Option<Inputs>, Vec<String>)> {
        let Some(history) = self.history else {
            return Err(Error::internal("montecarlo", "there are no bars"));
        };
        match &self.histories {
            Some(h) => {
                let inputs = h.path(path, history.inputs())?;
                let own = History::new(self.scenario, inputs)?;
                let prepared = own.prepare(self.scenario)?;
                let span = (h.kept().saturating_sub(1)..own.steps()).into();
                let job = Job { scenario: self.scenario, prepared: &prepared, span, noise: None };
                let outcome = own.figures(&job, Wants::default())?;
                Ok((outcome, Some(own.into_inputs()), vec![]))
            }
            None => {
                let c = circumstances(self.scenario, history, path)?;
                let prepared = history.prepare(&c.scenario)?;
                let first = history.first(&c.scenario).max(c.span.start);
                if first + 2 > c.span.end {
                    return Err(Error::data(
                        &history.loaded().file_name,
                        "a path warms up longer than the history is",
                    )
                    .hint("make montecarlo.jitter smaller, or give more history"));
                }
                let (scenario, span) = (&c.scenario, c.span.clone().into());
                let job = Job { scenario, prepared: &prepared, span, noise: c.noise };
                let outcome = history.figures(&job, Wants::default())?;
                Ok((outcome, None, c.set))
            }
        }
    }

    /// One path again.
    ///
    /// # Errors
    /// There is no such path.
    pub fn replay(&self, path: u64) -> Result<ReplayedPath> {
        let m = &self.scenario.montecarlo;
        if path >= m.paths as u64 {
            return Err(Error::usage(
                "--path",
                format!("{path} is no path: they count from 0 to {}", m.paths - 1),
            ));
        }
        let named = |row: Vec<f64>| self.names().into_iter().zip(row).collect();
        match m.method {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap => {
                let (trades, curve) = self.trades();
                let p = self.trade_paths().path(path, &trades, curve);
                Ok(ReplayedPath { figures: named(self.trade_row(&p)), inputs: None, set: vec![] })
            }
            PathMethod::Returns => {
                let drawn = self.drawn_returns(path);
                let row = self.returns_row(
                    sharpe_ratio(&drawn, self.scenario.data.days_per_year()),
                    crate::stats::max_drawdown_of_returns(drawn.iter().copied()),
                    drawn.iter().fold(1.0, |w, r| w * (1.0 + r)) - 1.0,
                );
                Ok(ReplayedPath { figures: named(row), inputs: None, set: vec![] })
            }
            _ => {
                let (outcome, inputs, set) = self.chained(path)?;
                Ok(ReplayedPath { figures: named(outcome.row), inputs, set })
            }
        }
    }

    fn returns_row(&self, sharpe: f64, max_drawdown: f64, total: f64) -> Vec<f64> {
        vec![total, sharpe, max_drawdown, self.start() * (1.0 + total)]
    }

    fn drawn_returns(&self, path: u64) -> Vec<f64> {
        let r = &self.original.daily;
        let stream = Stream::new(self.scenario.seed, crate::paths::RETURNS_PURPOSE, path);
        Blocks::new(stream, r.len(), self.block.unwrap_or(1.0)).flatten().map(|i| r[i]).collect()
    }

    /// Draws the paths, sums them up.
    ///
    /// # Errors
    /// A path cannot be run, or it was told to stop, which it does before the next one.
    pub fn run(
        &self,
        id: String,
        criteria: Option<&Criteria>,
        progress: &Progress,
    ) -> Result<(MonteCarloResult, Paths)> {
        let s = self.scenario;
        let m = &s.montecarlo;
        let mut paths = Paths { names: self.names(), rows: vec![] };
        let mut fans: Vec<Vec<f64>> = vec![];
        let mut walked_lowest: Option<Vec<f64>> = None;
        match m.method {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap => {
                let (trades, curve) = self.trades();
                let drawn = self.trade_paths();
                let one = |k: u64| {
                    progress.check()?;
                    Ok(self.trade_row(&drawn.path(k, &trades, curve)))
                };
                paths.rows = (0..m.paths as u64).into_par_iter().map(one).collect::<Result<_>>()?;
                progress.count(m.paths as u64, m.paths as u64);
            }
            PathMethod::Returns => {
                let root = s.data.days_per_year().sqrt();
                let drawn =
                    bootstrap_paths(&self.original.daily, m.paths as u32, self.block.unwrap_or(1.0), s.seed);
                progress.check()?;
                paths.rows = drawn
                    .iter()
                    .map(|p| self.returns_row(p.sharpe * root, p.max_drawdown, p.total_return))
                    .collect();
                fans = (0..m.paths.min(WALKED) as u64)
                    .into_par_iter()
                    .map(|k| fan_of(&self.drawn_returns(k)))
                    .collect();
                let lowest = |k: u64| {
                    let mut w = 1.0;
                    let all = self.drawn_returns(k).into_iter().map(|r| {
                        w *= 1.0 + r;
                        w
                    });
                    all.fold(1.0, f64::min) * self.start()
                };
                walked_lowest = Some((0..m.paths.min(WALKED) as u64).into_par_iter().map(lowest).collect());
                progress.count(m.paths as u64, m.paths as u64);
            }
            _ => {
                let column = figure!("max_drawdown");
                while paths.rows.len() < m.paths {
                    let from = paths.rows.len() as u64;
                    let to = (paths.rows.len() + BATCH).min(m.paths) as u64;
                    let one = |k| {
                        progress.check()?;
                        self.chain(k)
                    };
                    let batch: Batch = (from..to).into_par_iter().map(one).collect::<Result<_>>()?;
                    for (row, fan) in batch {
                        paths.rows.push(row);
                        fans.push(fan);
                    }
                    progress.count(to, m.paths as u64);
                    let depths: Vec<f64> = paths.rows.iter().map(|r| r[column]).collect();
                    if m.early_stop && enough(&sorted(&depths), 0.95, m.max_drawdown) {
                        // These are all there will be.
                        progress.count(to, to);
                        break;
                    }
                }
            }
        }
        let figures = self.summaries(&paths);
        let chances = self.chances(&paths, walked_lowest.as_deref(), criteria)?;
        let total = paths.figure("total_return")?;
        let depth = paths.figure("max_drawdown")?;
        let mut order: Vec<usize> = (0..total.len()).collect();
        order.sort_by(|a, b| {
            total[*a].total_cmp(&total[*b]).then(depth[*b].total_cmp(&depth[*a])).then(a.cmp(b))
        });
        let worst = order
            .iter()
            .take(m.worst)
            .map(|k| WorstPath { path: *k as u64, total_return: total[*k], max_drawdown: depth[*k] })
            .collect();
        let ends = sorted(&paths.figure("end_equity")?);
        let tail = (ends.len().saturating_sub(1)) / 20 + 1;
        let (title, synthetic) = match self.history {
            Some(history) => {
                let synthetic = history.inputs().symbols.iter().any(|l| l.synthetic);
                let made = if synthetic { " (synthetic)" } else { "" };
                (format!("{}{made} {}", s.data.title(), history.loaded().bars.timeframe()), synthetic)
            }
            None => (s.data.title(), false),
        };
        let result = MonteCarloResult {
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
            model: self.histories.as_ref().and_then(|h| h.model.clone()),
            left_out_bars: self.histories.as_ref().map_or(0, |h| h.left_out),
            asked: m.paths,
            paths: paths.rows.len(),
            figures,
            chances,
            end_equity_cvar95: ends.get(..tail).map_or(f64::NAN, mean),
            worst,
            fan: self.fan(&fans),
        };
        Ok((result, paths))
    }

    fn original(&self, name: &str) -> f64 {
        let found = self.original.figures.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
        let m = self.scenario.montecarlo.method;
        match m {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap => {
                // The order of the trades as they were, measured as the paths are.
                let (trades, curve) = self.trades();
                let p = TradePath::of(trades, curve);
                let k = TRADE_NAMES.iter().position(|n| *n == name);
                k.map_or(f64::NAN, |k| self.trade_row(&p)[k])
            }
            _ => found.unwrap_or(f64::NAN),
        }
    }

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

    fn chances(
        &self,
        paths: &Paths,
        lowest: Option<&[f64]>,
        criteria: Option<&Criteria>,
    ) -> Result<Vec<Chance>> {
        let m = &self.scenario.montecarlo;
        let mut out = vec![];
        let mut add = |what: String, values: &[f64], happens: &dyn Fn(f64) -> bool| {
            let n = values.len();
            let events = values.iter().filter(|v| happens(**v)).count();
            let interval = if events == 0 {
                Interval { lo: 0.0, hi: bound_without_events(n) }
            } else {
                wilson(events as u64, n as u64)
            };
            out.push(Chance { what, events, n, share: events as f64 / n as f64, interval });
        };
        let own;
        let lowest = match lowest {
            Some(l) => l,
            None => {
                own = paths.figure("lowest_equity")?;
                &own
            }
        };
        let ruin = m.ruin * self.start();
        add(format!("ruin: equity below {:.0} % of the start", 100.0 * m.ruin), lowest, &|v| v < ruin);
        let total = paths.figure("total_return")?;
        add("a loss".to_owned(), &total, &|v| v < 0.0);
        let depth = paths.figure("max_drawdown")?;
        let most = m.max_drawdown;
        add(format!("a drawdown above {:.0} %", 100.0 * most), &depth, &|v| v > most + 1e-12);
        for c in criteria.iter().flat_map(|c| &c.rules) {
            let plain = c.scope.subject == Subject::Run && c.scope.regime == RegimeScope::All;
            let Some(name) = c.metric.listed().filter(|m| m.is_at(list::MeasuredAt::Row)).map(|m| m.name)
            else {
                continue;
            };
            if !plain || c.times_fact.is_some() || c.window != crate::gate::CriterionWindow::Run {
                continue;
            }
            if let Some(values) = paths.column(name) {
                // What has no value does not meet a criterion.
                let misses = |v: f64| v.is_nan() || !meets(c.rule, v);
                add(format!("criterion {} missed: {name} {}", c.id, c.rule.text(c.unit)), &values, &misses);
            }
        }
        Ok(out)
    }

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

/// Wealth from 1 at evenly spaced points of a path of daily returns.
fn fan_of(daily: &[f64]) -> Vec<f64> {
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
