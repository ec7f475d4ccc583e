//! Monte Carlo: what else could have happened, to these trades, these returns, these bars, or under these circumstances.
//!
//! Every path has its own random stream and is a function of the seed, the method and its number: any of them can be run again
//! alone. One row a path is kept.

mod fit;
mod history;
mod meaning;
mod moments;
mod perturb;
mod resample;
mod result;
mod summary;

pub use fit::{FitSummary, FittedParameter};
pub use moments::{DrawnMoment, MomentRow, SymbolMoments};
pub use result::{Chance, Fan, FigureSummary, MonteCarloResult, Original, Paths, ReplayedPath, WorstPath};
pub use summary::{FAN_QUANTILES, QUANTILES};

use rayon::prelude::*;

use self::history::Histories;
use self::perturb::{circumstances, shared_start};
use self::resample::TRADE_NAMES;
use self::summary::fan_of;
use crate::error::{Error, Place, Result};
use crate::gate::Criteria;
use crate::paths::{BarMoments, enough};
use crate::progress::Progress;
use crate::runs::{CountedTrial, FIGURES, Figures, History, Inputs, Job, TrialCounter, Wants, figure};
use crate::scenario::{PathMethod, Scenario};
use crate::stats::sorted;

/// Paths drawn before it is asked whether they are enough; a fixed number, so that the answer does not depend on threads.
const BATCH: usize = 100;

/// Whether a method needs no bars.
pub fn of_a_run(method: PathMethod) -> bool {
    matches!(method, PathMethod::TradePermutation | PathMethod::TradeBootstrap | PathMethod::Returns)
}

/// The paths that were drawn, before they are summed up.
struct Drawn {
    paths: Paths,
    /// Wealth of each path along the way, as far as it was followed.
    fans: Vec<Vec<f64>>,
    /// Lowest equity of the paths that were followed; none where it is a figure of every path.
    lowest: Option<Vec<f64>>,
    /// Paths that are other settings on the real bars, for the ledger.
    counted: Vec<CountedTrial>,
    /// Moments of the bars of each path, a list of symbols each; none where no bars are drawn.
    moments: Vec<Vec<BarMoments>>,
}

impl Drawn {
    /// No paths yet, of figures of these names.
    fn new(names: Vec<String>) -> Self {
        Self {
            paths: Paths { names, rows: vec![] },
            fans: vec![],
            lowest: None,
            counted: vec![],
            moments: vec![],
        }
    }
}

/// What is kept of one path of the whole chain.
struct ChainPath {
    row: Vec<f64>,
    fan: Vec<f64>,
    /// What the ledger keeps of it, where it is another setting.
    counted: Option<CountedTrial>,
    /// Moments of its bars, of each symbol, where these were drawn.
    moments: Option<Vec<BarMoments>>,
}

/// Draws the paths of one scenario.
pub struct MonteCarloRun<'a> {
    /// The scenario, whose `data.from` is where every path with other parameters begins.
    scenario: Scenario,
    /// Where that is, where the scenario does not say it.
    shared: Option<String>,
    history: Option<&'a History>,
    original: Original,
    histories: Option<Histories<'a>>,
    block: Option<f64>,
    /// Makes rows of the ledger, of what is run on the real bars.
    counter: Option<TrialCounter>,
}

impl<'a> MonteCarloRun<'a> {
    /// Of a scenario over a prepared history.
    ///
    /// # Errors
    /// The method cannot be applied, or the scenario cannot be run.
    pub fn of_scenario(scenario: &Scenario, history: &'a History) -> Result<Self> {
        let shared = match scenario.montecarlo.method {
            PathMethod::Parameters => shared_start(scenario, history)?,
            _ => None,
        };
        let scenario = match &shared {
            Some(from) => scenario.judged_from(from),
            None => scenario.clone(),
        };
        let prepared = history.prepare(&scenario)?;
        let job =
            Job { scenario: &scenario, prepared: &prepared, span: (0..history.steps()).into(), noise: None };
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
        let histories = if bars { Some(Histories::of(&scenario, history)?) } else { None };
        let provenance = history.inputs().provenance(&scenario);
        let counter = Some(TrialCounter::new(&provenance, false, scenario.montecarlo.paths as u64));
        let history = Some(history);
        let mut run = Self { scenario, shared, history, original, histories, block: None, counter };
        run.block = run.blocks()?;
        Ok(run)
    }

    /// Of a run that was made before.
    ///
    /// # Errors
    /// The method needs bars, or the run has too little.
    pub fn of_run(scenario: &Scenario, original: Original) -> Result<Self> {
        if !of_a_run(scenario.montecarlo.method) {
            let name = scenario.montecarlo.method.name();
            return Err(Error::usage(
                Place::given("montecarlo.method", format_args!("{name:?}")),
                "needs the bars, which a run folder does not hold",
            )
            .hint("give the scenario file, or use trade_permutation, trade_bootstrap or returns"));
        }
        let scenario = scenario.clone();
        let mut run = Self {
            scenario,
            shared: None,
            history: None,
            original,
            histories: None,
            block: None,
            counter: None,
        };
        run.block = run.blocks()?;
        Ok(run)
    }

    /// Open of the first bar that the run and its paths are judged at, but for paths from another start; none without bars.
    pub fn start_ms(&self) -> Option<i64> {
        let history = self.history?;
        Some(history.clock().time(history.first(&self.scenario)))
    }

    /// Mean length of a block in the unit of what is drawn, where there is enough to draw from.
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
            PathMethod::Returns => Some(m.block.unwrap_or_else(|| self.automatic_block_of_days())),
            PathMethod::TradeBootstrap => m.block,
            _ => self.histories.as_ref().and_then(|h| h.block),
        })
    }

    /// Equity at the start.
    fn start(&self) -> f64 {
        self.scenario.account.equity
    }

    /// Columns of what the method draws.
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

    /// One path of the whole chain.
    fn chain(&self, path: u64) -> Result<ChainPath> {
        let (outcome, inputs, _) = self.chained(path)?;
        let moments = match (&self.histories, &inputs) {
            (Some(histories), Some(inputs)) => Some(moments::of_drawn(histories.kept(), inputs)),
            _ => None,
        };
        let counted = match (self.scenario.montecarlo.method, self.history) {
            (PathMethod::Parameters, Some(history)) => {
                let moved = circumstances(&self.scenario, history, path)?.scenario;
                self.counted(path as usize, &moved, history, &outcome.daily)?
            }
            _ => None,
        };
        Ok(ChainPath { fan: fan_of(&outcome.daily), row: outcome.row, counted, moments })
    }

    /// What the ledger keeps of a setting that was run on the real bars.
    fn counted(
        &self,
        k: usize,
        scenario: &Scenario,
        history: &History,
        returns: &[f64],
    ) -> Result<Option<CountedTrial>> {
        let Some(counter) = &self.counter else { return Ok(None) };
        let span = (history.first(scenario), history.steps());
        counter.count(k, scenario, "", history, span, returns).map(Some)
    }

    /// A path that is another setting on the real bars, for the ledger; none of any other.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn counted_path(&self, path: u64) -> Result<Option<CountedTrial>> {
        match self.scenario.montecarlo.method {
            PathMethod::Parameters => Ok(self.chain(path)?.counted),
            _ => Ok(None),
        }
    }

    /// The run itself, for the ledger; none without bars.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn counted_original(&self) -> Result<Option<CountedTrial>> {
        let Some(history) = self.history else { return Ok(None) };
        self.counted(0, &self.scenario, history, &self.original.daily)
    }

    /// One path of the whole chain: its figures, its bars where these were drawn, and what was set where circumstances were.
    fn chained(&self, path: u64) -> Result<(Figures, Option<Inputs>, Vec<String>)> {
        let Some(history) = self.history else {
            return Err(Error::internal("montecarlo", "there are no bars"));
        };
        match &self.histories {
            Some(h) => {
                let inputs = h.path(path, history.inputs())?;
                let own = History::new(&self.scenario, inputs)?;
                let prepared = own.prepare(&self.scenario)?;
                let span = (h.kept().saturating_sub(1)..own.steps()).into();
                let job = Job { scenario: &self.scenario, prepared: &prepared, span, noise: None };
                let outcome = own.figures(&job, Wants::default())?;
                Ok((outcome, Some(own.into_inputs()), vec![]))
            }
            None => {
                let c = circumstances(&self.scenario, history, path)?;
                let prepared = history.prepare(&c.scenario)?;
                if history.first(&c.scenario) > history.first(&self.scenario) {
                    return Err(Error::scenario(
                        Place::key("montecarlo.jitter").within(&self.scenario.name),
                        format!(
                            "path {path} warms up longer than its parameters at either end of the jitter"
                        ),
                    )
                    .hint("set data.from later than the longest warm-up"));
                }
                let (scenario, span) = (&c.scenario, c.span.clone().into());
                let job = Job { scenario, prepared: &prepared, span, noise: c.noise };
                let outcome = history.figures(&job, Wants::default())?;
                let mut set = c.set;
                set.extend(self.shared.iter().map(|from| format!("data.from={from}")));
                Ok((outcome, None, set))
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
        let (row, inputs, set) = match m.method {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap => {
                (self.trades_again(path), None, vec![])
            }
            PathMethod::Returns => (self.days_again(path), None, vec![]),
            _ => {
                let (outcome, inputs, set) = self.chained(path)?;
                (outcome.row, inputs, set)
            }
        };
        Ok(ReplayedPath { figures: self.names().into_iter().zip(row).collect(), inputs, set })
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
    ) -> Result<(MonteCarloResult, Paths, Vec<CountedTrial>)> {
        let drawn = match self.scenario.montecarlo.method {
            PathMethod::TradePermutation | PathMethod::TradeBootstrap => self.draw_trades(progress)?,
            PathMethod::Returns => self.draw_days(progress)?,
            _ => self.draw_chains(progress)?,
        };
        let result = self.result(id, &drawn, criteria)?;
        Ok((result, drawn.paths, drawn.counted))
    }

    /// Paths of the whole chain, batch by batch until they are enough or all.
    fn draw_chains(&self, progress: &Progress) -> Result<Drawn> {
        let m = &self.scenario.montecarlo;
        let column = figure!("max_drawdown");
        let mut drawn = Drawn::new(self.names());
        while drawn.paths.rows.len() < m.paths {
            let from = drawn.paths.rows.len() as u64;
            let to = (drawn.paths.rows.len() + BATCH).min(m.paths) as u64;
            let one = |k| {
                progress.check()?;
                self.chain(k)
            };
            let batch: Vec<ChainPath> = (from..to).into_par_iter().map(one).collect::<Result<_>>()?;
            for path in batch {
                drawn.paths.rows.push(path.row);
                drawn.fans.push(path.fan);
                drawn.counted.extend(path.counted);
                drawn.moments.extend(path.moments);
            }
            progress.count(to, m.paths as u64);
            let depths: Vec<f64> = drawn.paths.rows.iter().map(|r| r[column]).collect();
            if m.early_stop && enough(&sorted(&depths), 0.95, m.max_drawdown) {
                // These are all there will be.
                progress.count(to, to);
                break;
            }
        }
        Ok(drawn)
    }
}
