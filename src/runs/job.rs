//! One setting over one span of a history, replayed: by the loop, or from switch to switch where nothing else
//! can happen.

use super::figures::{self, EDGE_PLACES};
use super::history::{History, Prepared};
use super::span::{Span, steps_per_year};
use crate::error::{Error, Result};
use crate::execution::{Execution, Intrabar};
use crate::market::Bars;
use crate::regime::NO_REGIME;
use crate::replay::{
    AccountState, Clock, EntryNoise, Market, RiskManager, SummaryRecorder, SwitchReplay, Switches,
    can_switch, replay_switches, replay_switches_money,
};
use crate::risk::Risk;
use crate::scenario::Scenario;
use crate::system::{Opaque, Replayed, Replaying, Target};

/// One setting over one span.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The setting.
    pub scenario: &'a Scenario,
    /// What it shares with others that read the bars alike.
    pub prepared: &'a Prepared,
    /// Which part of the history is traded and judged.
    pub span: Span,
    /// Entries that are missed or filled in part.
    pub noise: Option<EntryNoise>,
}

/// What is wanted of a run beside its figures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wants {
    /// The path that hurts and the one that helps as well.
    pub edges: bool,
    /// Each regime.
    pub regimes: bool,
    /// The few figures of [`CORE_FIGURES`](super::CORE_FIGURES) alone, and neither edges nor regimes.
    pub core: bool,
}

/// What a run came to, in figures.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// The figures, by the names of [`figure_names`](super::figure_names).
    pub row: Vec<f64>,
    /// Returns of each day.
    pub daily: Vec<f64>,
    /// Profit of each trade.
    pub pnl: Vec<f64>,
}

/// A job, ready to be replayed as often as wanted.
pub(super) struct Ready<'a> {
    history: &'a History,
    job: Job<'a>,
    markets: &'a [Market<'a>],
    pub(super) clock: &'a Clock,
    /// First step at whose close the system may decide.
    pub(super) first: usize,
    /// First bar of each symbol at whose close it may decide.
    firsts: Vec<usize>,
    pub(super) candidate: Opaque,
}

impl History {
    /// Runs a job and keeps figures.
    ///
    /// # Errors
    /// The span is shorter than the warm-up, or an input does not belong to the bars.
    pub fn figures(&self, job: &Job<'_>, wants: Wants) -> Result<Figures> {
        self.ready(job, false, |ready| ready.figures(wants))
    }

    /// Makes a job ready; `keep` where it will be recorded whole.
    pub(super) fn ready<T>(
        &self,
        job: &Job<'_>,
        keep: bool,
        run: impl FnOnce(&Ready<'_>) -> Result<T>,
    ) -> Result<T> {
        let (s, symbols) = (job.scenario, self.symbols(job.prepared));
        let candidate = s.system.candidate(&symbols, &job.prepared.columns, &s.params, keep)?;
        self.ready_with(job, candidate, run)
    }

    /// The same of a candidate that is there already.
    pub(super) fn ready_with<T>(
        &self,
        job: &Job<'_>,
        candidate: Opaque,
        run: impl FnOnce(&Ready<'_>) -> Result<T>,
    ) -> Result<T> {
        let (scenario, span) = (job.scenario, job.span);
        let whole = span.to >= self.steps();
        let cut: Vec<Bars>;
        let inputs = self.inputs.symbols.iter().zip(job.prepared.markets.iter());
        let mut markets: Vec<Market<'_>> = inputs.map(|(l, m)| m.market(l)).collect();
        let full = &self.clock;
        if !whole {
            cut = markets.iter().enumerate().map(|(k, m)| m.bars.slice(0, full.bar_at(k, span.to))).collect();
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
        let first = self.first(scenario).max(span.from);
        if first >= clock.len() {
            return Err(Error::internal("run", "a part of the history is shorter than the warm-up"));
        }
        let firsts = self.firsts(scenario, first);
        run(&Ready { history: self, job: *job, markets: &markets, clock, first, firsts, candidate })
    }
}

impl Ready<'_> {
    /// One replay, by the rules of the scenario but for how the path inside bars is taken and what acts above
    /// the system.
    pub(super) fn replay(
        &self,
        execution: &Execution,
        risk: &Risk,
        risk_manager: Option<RiskManager>,
        target: Target<'_, '_>,
    ) -> Replayed {
        let account = &self.job.scenario.account;
        let replaying = Replaying {
            markets: self.markets,
            clock: self.clock,
            firsts: &self.firsts,
            execution,
            account: account.ledger(),
            equity: account.equity,
            risk,
            risk_manager,
            noise: self.job.noise,
        };
        self.job.scenario.system.replay(&self.candidate, &self.job.prepared.columns, replaying, target)
    }

    fn figures(&self, wants: Wants) -> Result<Figures> {
        if self.first + 1 >= self.clock.len() {
            return Err(Error::internal("run", "a part of the history is shorter than the warm-up"));
        }
        let s = self.job.scenario;
        let days = s.data.days_per_year();
        let switches = self.switches();
        if let (true, Some(switches)) = (wants.core, &switches)
            && let Some(figures) = self.money(switches)
        {
            return Ok(figures);
        }
        let policy = s.execution.intrabar;
        let mut recorder =
            SummaryRecorder::new(self.clock, self.first, s.account.equity).by(s.data.calendar());
        if wants.regimes {
            recorder = recorder.with_curve();
        }
        let ledger = self.measured(switches.as_ref(), &s.execution, &mut recorder);
        if wants.core {
            let curve = recorder.daily_curve(days);
            let pnl = recorder.columns().pnl.to_vec();
            let (row, daily) = figures::measure_core(&curve, pnl.len(), ledger.paid().total(), days);
            return Ok(Figures { row, daily, pnl });
        }
        let (mut row, daily) = figures::measure(&recorder, &ledger, days);
        let pnl = recorder.columns().pnl.to_vec();
        let mut edges = vec![];
        let regimes = wants.regimes.then(|| self.regimes(&recorder)).transpose()?;
        if wants.edges {
            // Where nothing was ambiguous, every path is the same.
            let certain = recorder.ambiguous == 0 && self.certain();
            let own: Vec<f64> = EDGE_PLACES.iter().map(|k| row[*k]).collect();
            for edge in [Intrabar::Pessimistic, Intrabar::Optimistic] {
                if edge == policy || certain {
                    edges.extend(&own);
                    continue;
                }
                recorder.clear();
                let execution = s.execution.with_intrabar(edge);
                let ledger = self.measured(switches.as_ref(), &execution, &mut recorder);
                let (row, _) = figures::measure(&recorder, &ledger, days);
                edges.extend(EDGE_PLACES.iter().map(|k| row[*k]));
            }
        }
        row.extend(edges);
        row.extend(regimes.into_iter().flatten());
        Ok(Figures { row, daily, pnl })
    }

    /// Where a system that only switches does so; none where the loop must see what happens.
    fn switches(&self) -> Option<Switches<'_>> {
        let s = self.job.scenario;
        let [market] = self.markets else { return None };
        let quick = self.job.noise.is_none()
            && !s.risk.limits.any()
            && !s.risk.watches()
            && can_switch(market, &s.execution, &s.account.ledger());
        quick.then(|| s.system.switches(&self.candidate)).flatten()
    }

    /// A replay from switch to switch, from bar `first` on.
    fn switching<'s>(
        &'s self,
        wanted: &Switches<'s>,
        execution: &'s Execution,
        first: usize,
    ) -> SwitchReplay<'s> {
        let (account, extremes) = (self.job.scenario.account.ledger(), self.history.extremes());
        SwitchReplay { market: &self.markets[0], first, execution, account, wanted: *wanted, extremes }
    }

    /// The few figures of a system that only switches; none where the loop must see what happens.
    fn money(&self, switches: &Switches<'_>) -> Option<Figures> {
        let s = self.job.scenario;
        let days = s.data.days_per_year();
        if days < 360.0 {
            return None;
        }
        let marks = self.history.marks().within(self.clock, self.first);
        let mut curve = Vec::with_capacity(marks.len() + 1);
        curve.push(s.account.equity);
        let over = self.switching(switches, &s.execution, self.first);
        let money = replay_switches_money(&over, &marks, &mut curve)?;
        let costs = money.ledger.paid().total();
        let (row, daily) = figures::measure_core(&curve, money.trades, costs, days);
        Some(Figures { row, daily, pnl: vec![] })
    }

    /// Whether a run without ambiguous trades is the same under every path: nothing rests but stops and
    /// targets that stand still inside a bar, and no limit watches the path.
    fn certain(&self) -> bool {
        let s = self.job.scenario;
        !s.system.follows_path(&s.params)
            && !s.risk.limits.any()
            && s.execution.entry == crate::execution::EntryOrder::Market
    }

    fn measured(
        &self,
        switches: Option<&Switches<'_>>,
        execution: &Execution,
        recorder: &mut SummaryRecorder<'_>,
    ) -> AccountState {
        let s = self.job.scenario;
        if let Some(switches) = switches {
            let over = self.switching(switches, execution, self.firsts[0]);
            if let Some(ledger) = replay_switches(&over, recorder) {
                return ledger;
            }
            // Something happened between two switches: the loop sees what.
            recorder.clear();
        }
        let risk_manager = s.risk_manager(self.markets.len());
        self.replay(execution, &s.risk, risk_manager, Target::Summary(recorder)).ledger
    }

    fn regimes(&self, recorder: &SummaryRecorder<'_>) -> Result<Vec<f64>> {
        let s = self.job.scenario;
        let labels = self.history.labels(s, self.job.prepared)?;
        let label = |k: usize, bar: usize| labels.get(k).map_or(NO_REGIME, |l| l.code(bar));
        // The label known at the open of each step is that of the last close before it.
        let at_open = |t: usize| self.clock.bar_at(0, t).checked_sub(1).map_or(NO_REGIME, |i| label(0, i));
        let at_open: Vec<u8> = (self.first..self.clock.len()).map(at_open).collect();
        let bars_per_year = steps_per_year(&s.data, self.clock, self.first);
        let scheme = self.history.regimes(s)?;
        let label = |k: u16, bar| label(usize::from(k), bar);
        Ok(figures::measure_regimes(recorder, &at_open, &scheme, bars_per_year, label))
    }
}

impl Scenario {
    /// The limits at work, where there are any.
    pub(crate) fn risk_manager(&self, symbols: usize) -> Option<RiskManager> {
        self.risk.limits.any().then(|| RiskManager::new(&self.risk.limits, self.account.equity, symbols))
    }
}
