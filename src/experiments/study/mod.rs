//! A history prepared once, on which many settings of a scenario are run: the engine under sweeps, walk-forward and Monte Carlo.
//!
//! What several settings share (feature columns, readings, labels, costs by the bar) is computed once. Each run is the replay of a
//! backtest with a recorder that keeps figures instead of tables: the same numbers to the last bit.

mod figures;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::own::{SignalFile, wanted_of};
use super::streaming::SummaryRecorder;
use super::venue::{Inputs, Venue};
use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::execution::Intrabar;
use crate::features::FeatureCache;
use crate::market::Bars;
use crate::metrics::DailyEquity;
use crate::regime::Regime;
use crate::replay::{
    Clock, EntryNoise, Execution, Extremes, Ledger, Market, Noisy, Switches, Trader, can_switch, replay_all,
    replay_switches, replay_switches_money,
};
use crate::scenario::{Own, Scenario};
use crate::signals::Variant;
use crate::systems::targets::{OrderTrader, TargetTrader, Wanted, crossover_changes, first_row};
use crate::systems::unified::{self, FixedParts, Plan, Readings, UnifiedTrader, read, read_with};

pub use figures::{CORE_FIGURES, EDGE_FIGURES, FIGURES, REGIME_FIGURES, figure_names};
pub(crate) use figures::{COUNTS, figure};

/// Bytes of feature columns that are kept for other settings.
const CACHE_BYTES: usize = 1 << 28;

/// A history on which settings of a scenario are run.
#[derive(Debug)]
pub struct Study {
    inputs: Inputs,
    caches: Vec<FeatureCache>,
    file: Option<SignalFile>,
    clock: Clock,
    ticks: usize,
    extremes: OnceLock<Extremes>,
    marks: OnceLock<Marks>,
    /// Parts of readings that the settings of a search share.
    parts: OnceLock<FixedParts>,
    /// Labels of each symbol's bars for systems that have none of their own.
    labels: OnceLock<Vec<Vec<u8>>>,
    /// Parameters they are made by.
    label_params: unified::Params,
}

/// What settings of the same readings share.
#[derive(Debug, Clone)]
pub struct Shared {
    readings: Option<Arc<Readings>>,
    venues: Arc<Vec<Venue>>,
}

/// What is wanted of a run beside its figures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wants {
    /// The path that hurts and the one that helps as well.
    pub edges: bool,
    /// Each regime.
    pub regimes: bool,
    /// Entries that are missed or filled in part.
    pub noise: Option<EntryNoise>,
    /// The few figures of [`CORE_FIGURES`] alone, and neither edges nor regimes.
    pub core: bool,
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The figures, by the names of [`figure_names`].
    pub row: Vec<f64>,
    /// Returns of each day.
    pub daily: Vec<f64>,
    /// Profit of each trade.
    pub pnl: Vec<f64>,
}

impl Study {
    /// Prepares `inputs` for settings of `scenario`.
    ///
    /// # Errors
    /// The files of the scenario do not fit together.
    pub fn new(scenario: &Scenario, inputs: Inputs) -> Result<Self> {
        let inputs = inputs.checked()?;
        let names: Vec<&str> = (0..scenario.data.count()).map(|k| scenario.data.name(k)).collect();
        let file = match &scenario.own {
            Own::Signals(p) => Some(SignalFile::read(&scenario.root.join(&p.file), &names)?),
            Own::Unified | Own::MaCross(_) => None,
        };
        let caches: Vec<FeatureCache> =
            inputs.symbols.iter().map(|l| FeatureCache::new(l.bars.clone()).bounded(CACHE_BYTES)).collect();
        let markets: Vec<Market<'_>> = inputs.symbols.iter().map(|l| Market::from(&l.bars)).collect();
        let clock = Clock::of(&markets).with_days();
        Ok(Self {
            ticks: clock.len(),
            clock,
            inputs,
            caches,
            file,
            extremes: OnceLock::new(),
            marks: OnceLock::new(),
            parts: OnceLock::new(),
            labels: OnceLock::new(),
            label_params: scenario.params.clone(),
        })
    }

    /// Ticks of the history: bars, where there is one symbol.
    pub fn ticks(&self) -> usize {
        self.ticks
    }

    /// The files.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The files, given back.
    pub fn into_inputs(self) -> Inputs {
        self.inputs
    }

    /// The history of the first symbol.
    pub fn loaded(&self) -> &Loaded {
        &self.inputs.symbols[0]
    }

    /// The clock of all symbols.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Labels of every symbol's bars for systems that have none of their own, made when first asked for.
    fn own_labels(&self) -> &[Vec<u8>] {
        self.labels.get_or_init(|| {
            let one = |cache: &FeatureCache| {
                let n = cache.bars().len();
                if n <= unified::first_row(&self.label_params) {
                    return vec![Regime::NONE_CODE; n];
                }
                let readings = read(cache, &self.label_params);
                (0..n).map(|i| label(&readings, i)).collect()
            };
            self.caches.par_iter().map(one).collect()
        })
    }

    /// Code of the regime of each bar of symbol `k`, as `scenario` labels it.
    pub fn labels(&self, scenario: &Scenario, k: usize) -> Vec<u8> {
        if scenario.own != Own::Unified {
            return self.own_labels()[k].clone();
        }
        let readings = read(&self.caches[k], &scenario.params);
        (0..self.caches[k].bars().len()).map(|i| label(&readings, i)).collect()
    }

    /// First tick at whose close `scenario` may decide.
    pub fn first(&self, scenario: &Scenario) -> usize {
        match &scenario.own {
            Own::Unified => unified::first_row(&scenario.params),
            Own::MaCross(p) => {
                let clock = self.clock();
                (0..self.inputs.symbols.len())
                    .map(|k| clock.tick_of(k, first_row(p).min(self.inputs.symbols[k].bars.len() - 1)))
                    .min()
                    .unwrap_or(0)
            }
            Own::Signals(_) => 0,
        }
    }

    /// What `scenario` shares with every other setting that reads the bars the same way and meets the same costs.
    ///
    /// # Errors
    /// Its costs need something that is not in the data, or the history is too short for it.
    pub fn shared(&self, scenario: &Scenario) -> Result<Shared> {
        let first = self.first(scenario);
        if self.ticks < first + 2 {
            let problem = format!(
                "{} bars in range, but the warm-up of this system takes {first} and at least 2 must follow",
                self.ticks
            );
            return Err(Error::data(&self.loaded().file_name, problem)
                .hint("give more history: widen data.from and data.to, or use a longer file"));
        }
        let readings = (scenario.own == Own::Unified)
            .then(|| Arc::new(read_with(&self.caches[0], &scenario.params, self.parts.get())));
        Ok(Shared { readings, venues: Arc::new(self.venues(scenario)?) })
    }

    /// The same with other costs.
    ///
    /// # Errors
    /// The costs need something that is not in the data.
    pub fn with_venues(&self, shared: &Shared, scenario: &Scenario) -> Result<Shared> {
        Ok(Shared { readings: shared.readings.clone(), venues: Arc::new(self.venues(scenario)?) })
    }

    fn venues(&self, scenario: &Scenario) -> Result<Vec<Venue>> {
        (0..self.inputs.symbols.len())
            .map(|k| Venue::of(scenario, &self.inputs, k, &self.caches[k]))
            .collect()
    }

    /// Computes the columns that every setting of `scenario` needs, so that they are made once.
    pub fn warm(&self, scenario: &Scenario) {
        if scenario.own == Own::Unified {
            self.parts.get_or_init(|| FixedParts::of(&self.caches[0], &scenario.params));
        }
    }

    /// Runs `scenario` over the ticks of `span`: decisions from its start, or from the warm-up where that is later, to its end.
    pub fn run(
        &self,
        scenario: &Scenario,
        shared: &Shared,
        span: Range<usize>,
        wants: Wants,
    ) -> Result<Outcome> {
        let whole = span.end >= self.ticks;
        let cut: Vec<Bars>;
        let mut markets: Vec<Market<'_>> =
            self.inputs.symbols.iter().zip(shared.venues.iter()).map(|(l, v)| v.market(l)).collect();
        let full = &self.clock;
        if !whole {
            cut =
                markets.iter().enumerate().map(|(k, m)| m.bars.slice(0, full.bar_at(k, span.end))).collect();
            for (m, bars) in markets.iter_mut().zip(&cut) {
                m.bars = bars;
            }
        }
        let part;
        let clock = if whole {
            full
        } else {
            part = Clock::of(&markets).with_days();
            &part
        };
        let first = self.first(scenario).max(span.start);
        if first + 1 >= clock.len() {
            return Err(Error::internal("study", "a part of the history is shorter than the warm-up"));
        }
        let run = Run { study: self, scenario, shared, markets: &markets, clock, first, noise: wants.noise };
        run.outcome(wants)
    }
}

fn label(readings: &Readings, bar: usize) -> u8 {
    readings.get(bar).map_or(Regime::NONE_CODE, |r| r.label.regime as u8)
}

/// The tick at whose close the equity of each day is taken; of a day without a bar, that of the day before.
#[derive(Debug)]
struct Marks {
    first_day: i64,
    ticks: Vec<u32>,
}

impl Marks {
    fn of(clock: &Clock) -> Self {
        let mut days = DailyEquity::new(-1.0);
        for t in 0..clock.len() {
            days.mark(clock.close_time(t), t as f64, clock.time(0));
        }
        Self { first_day: days.day[0], ticks: days.equity.iter().map(|t| *t as u32).collect() }
    }

    /// Those of a run on `clock`, which may end earlier, from tick `first` on.
    fn within<'m>(&'m self, clock: &Clock, first: usize) -> std::borrow::Cow<'m, [u32]> {
        let from = (clock.time(first).div_euclid(86_400_000) - self.first_day).max(0) as usize;
        let last = clock.len() - 1;
        let to = (crate::metrics::day_of_close(clock.close_time(last)) - self.first_day) as usize + 1;
        let all = &self.ticks[from..to];
        match all.last() {
            Some(t) if *t as usize == last => all.into(),
            // Cut in the middle of a day.
            _ => all.iter().map(|t| (*t).min(last as u32)).collect::<Vec<_>>().into(),
        }
    }
}

/// One run of one setting.
struct Run<'a> {
    study: &'a Study,
    scenario: &'a Scenario,
    shared: &'a Shared,
    markets: &'a [Market<'a>],
    clock: &'a Clock,
    first: usize,
    noise: Option<EntryNoise>,
}

/// What trades, ready for a replay.
enum Actor<'a> {
    Unified {
        readings: &'a Readings,
        plans: Box<[Plan; 2]>,
    },
    Wanted(Vec<Wanted>),
    /// A crossover without stop, target and trail: where it switches, and the same as wanted positions for the loop.
    Switching {
        changes: Vec<(usize, f64)>,
        wanted: OnceLock<Vec<Wanted>>,
    },
}

impl Run<'_> {
    fn outcome(&self, wants: Wants) -> Result<Outcome> {
        let days = self.scenario.data.days_per_year;
        let actor = self.actor()?;
        if wants.core
            && let Some(outcome) = self.money(&actor)
        {
            return Ok(outcome);
        }
        let policy = self.scenario.execution.intrabar;
        let mut recorder = SummaryRecorder::new(self.clock, self.first, self.scenario.account.equity);
        if wants.regimes {
            recorder = recorder.with_curve();
        }
        let ledger = self.replay(&actor, &self.scenario.execution, &mut recorder);
        if wants.core {
            let curve = recorder.daily_curve(days);
            let pnl = recorder.columns().pnl.to_vec();
            let (row, daily) = figures::measure_core(&curve, pnl.len(), ledger.paid().total(), days);
            return Ok(Outcome { row, daily, pnl });
        }
        let (mut row, daily) = figures::measure(&recorder, &ledger, days);
        let pnl = recorder.columns().pnl.to_vec();
        let mut edges = vec![];
        let regimes = wants.regimes.then(|| self.regimes(&recorder, &actor));
        if wants.edges {
            // Where nothing was ambiguous, every path is the same.
            let certain = recorder.ambiguous == 0 && self.certain();
            let own: Vec<f64> = EDGE_FIGURES.iter().map(|f| row[figure(f)]).collect();
            for edge in [Intrabar::Pessimistic, Intrabar::Optimistic] {
                if edge == policy || certain {
                    edges.extend(&own);
                    continue;
                }
                recorder.clear();
                let ledger = self.replay(&actor, &self.scenario.execution.with_intrabar(edge), &mut recorder);
                let (row, _) = figures::measure(&recorder, &ledger, days);
                edges.extend(EDGE_FIGURES.iter().map(|f| row[figure(f)]));
            }
        }
        row.extend(edges);
        row.extend(regimes.into_iter().flatten());
        Ok(Outcome { row, daily, pnl })
    }

    /// The few figures of a system that only switches; none where the loop must see what happens.
    fn money(&self, actor: &Actor<'_>) -> Option<Outcome> {
        let Actor::Switching { changes, .. } = actor else { return None };
        let s = self.scenario;
        let days = s.data.days_per_year;
        if days < 360.0 {
            return None;
        }
        let extremes = self.study.extremes.get_or_init(|| Extremes::of(&self.study.inputs.symbols[0].bars));
        let marks = self.study.marks.get_or_init(|| Marks::of(&self.study.clock));
        let marks = marks.within(self.clock, self.first);
        let mut curve = Vec::with_capacity(marks.len() + 1);
        curve.push(s.account.equity);
        let switches = Switches { changes, of_equity: true };
        let (market, account) = (&self.markets[0], s.account.ledger());
        let money = replay_switches_money(
            market,
            self.first,
            &s.execution,
            account,
            &switches,
            extremes,
            &marks,
            &mut curve,
        )?;
        let costs = money.ledger.paid().total();
        let (row, daily) = figures::measure_core(&curve, money.trades, costs, days);
        Some(Outcome { row, daily, pnl: vec![] })
    }

    /// Whether a run without ambiguous trades is the same under every path: nothing rests but stops and targets that stand still
    /// inside a bar, and no limit watches the path.
    fn certain(&self) -> bool {
        let follows = match &self.scenario.own {
            Own::Unified => false,
            Own::MaCross(p) => p.trail_on == crate::systems::targets::TrailOn::Path,
            Own::Signals(_) => true,
        };
        !follows
            && !self.scenario.risk.limits.any()
            && self.scenario.execution.entry == crate::execution::EntryOrder::Market
    }

    fn actor(&self) -> Result<Actor<'_>> {
        let s = self.scenario;
        if s.own == Own::Unified {
            let Some(readings) = self.shared.readings.as_deref() else {
                return Err(Error::internal("study", "the readings are missing"));
            };
            let fallback = Plan::new(&s.params.with_variant(Variant::S5Static));
            return Ok(Actor::Unified { readings, plans: Box::new([Plan::new(&s.params), fallback]) });
        }
        if let Own::MaCross(p) = &s.own
            && let [market] = self.markets
            && !p.has_brackets()
            && self.noise.is_none()
            && !s.risk.limits.any()
            && can_switch(market, &s.execution, &s.account.ledger())
        {
            let changes = crossover_changes(&self.study.caches[0], p);
            return Ok(Actor::Switching { changes, wanted: OnceLock::new() });
        }
        Ok(Actor::Wanted(self.wanted()?))
    }

    fn wanted(&self) -> Result<Vec<Wanted>> {
        let s = self.scenario;
        (0..self.markets.len())
            .map(|k| {
                let (_, wanted) = wanted_of(s, k, &self.study.caches[k], self.study.file.as_ref())?;
                Ok(wanted)
            })
            .collect()
    }

    fn replay(&self, actor: &Actor<'_>, execution: &Execution, recorder: &mut SummaryRecorder<'_>) -> Ledger {
        let s = self.scenario;
        let firsts: Vec<usize> = (0..self.markets.len())
            .map(|k| {
                let own = match &s.own {
                    Own::Unified => self.first,
                    Own::MaCross(p) => first_row(p),
                    Own::Signals(_) => 0,
                };
                own.max(self.clock.bar_at(k, self.first))
            })
            .collect();
        match actor {
            Actor::Unified { readings, plans } => {
                let [plan, fallback] = &**plans;
                let bars = self.markets[0].bars;
                let trader =
                    UnifiedTrader::new(bars, readings, plan, Some(fallback), &s.risk, s.account.equity)
                        .from_bar(self.first);
                self.through(vec![trader], &firsts, execution, recorder)
            }
            Actor::Wanted(wanted) if wanted.iter().any(|w| w.orders.is_some()) => {
                let both = self.markets.iter().zip(wanted);
                let senders: Vec<OrderTrader<'_>> =
                    both.filter_map(|(m, w)| Some(OrderTrader::in_market(m, w.orders.as_ref()?))).collect();
                self.through(senders, &firsts, execution, recorder)
            }
            Actor::Wanted(wanted) => self.through(self.targets(wanted), &firsts, execution, recorder),
            Actor::Switching { changes, wanted } => {
                let market = &self.markets[0];
                let switches = Switches { changes, of_equity: true };
                let extremes =
                    self.study.extremes.get_or_init(|| Extremes::of(&self.study.inputs.symbols[0].bars));
                let account = s.account.ledger();
                let quick =
                    replay_switches(market, firsts[0], execution, account, &switches, extremes, recorder);
                if let Some(ledger) = quick {
                    return ledger;
                }
                // Something happened between two switches: the loop sees what.
                recorder.clear();
                let wanted = wanted.get_or_init(|| self.wanted().unwrap_or_default());
                self.through(self.targets(wanted), &firsts, execution, recorder)
            }
        }
    }

    fn targets<'w>(&'w self, wanted: &'w [Wanted]) -> Vec<TargetTrader<'w>> {
        self.markets.iter().zip(wanted).map(|(m, w)| TargetTrader::in_market(m, w)).collect()
    }

    /// Replays traders, with noise on their entries where there is any.
    fn through<T: Trader>(
        &self,
        mut traders: Vec<T>,
        firsts: &[usize],
        execution: &Execution,
        recorder: &mut SummaryRecorder<'_>,
    ) -> Ledger {
        let account = self.scenario.account.ledger();
        let mut guard = self.scenario.guard(self.markets.len());
        let (markets, clock) = (self.markets, self.clock);
        match self.noise {
            None => {
                replay_all(markets, clock, firsts, execution, account, guard.as_mut(), &mut traders, recorder)
            }
            Some(noise) => {
                let mut noisy: Vec<Noisy<T>> =
                    traders.into_iter().enumerate().map(|(k, t)| Noisy::new(t, noise, k)).collect();
                replay_all(markets, clock, firsts, execution, account, guard.as_mut(), &mut noisy, recorder)
            }
        }
    }

    fn regimes(&self, recorder: &SummaryRecorder<'_>, actor: &Actor<'_>) -> Vec<f64> {
        let label = |k: usize, bar: usize| match actor {
            Actor::Unified { readings, .. } => label(readings, bar),
            Actor::Wanted(_) | Actor::Switching { .. } => {
                let of = self.study.own_labels().get(k).and_then(|all| all.get(bar));
                of.copied().unwrap_or(Regime::NONE_CODE)
            }
        };
        // The label known at the open of each tick is that of the last close before it; none at the first.
        let at_open: Vec<u8> = (self.first..self.clock.len())
            .map(|t| {
                let closed = self.clock.bar_at(0, t);
                if t == self.first {
                    Regime::NONE_CODE
                } else {
                    closed.checked_sub(1).map_or(Regime::NONE_CODE, |i| label(0, i))
                }
            })
            .collect();
        let timeframe = self.markets[0].bars.timeframe();
        let bars_per_year = timeframe.per_year(self.scenario.data.days_per_year);
        figures::measure_regimes(recorder, &at_open, bars_per_year, |k, bar| label(usize::from(k), bar))
    }
}
