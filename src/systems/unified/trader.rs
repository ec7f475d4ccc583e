//! The framework with money: sizing from its own trades, exits, and the rules above it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Regime;
use super::alerts::{AlertBounds, Monitor};
use super::decide::{Decision, Reason, Rules};
use super::params::{Params, RuleSet};
use super::reading::{Reading, Readings};
use super::signals::{Direction, PatternRecord, QualityInputs, Variant, quality};
use super::size::{Size, SizeInputs, size};
use super::sizing::TradeRecord;
use super::stages::Stages;
use crate::execution::{Bracket, Level, Trail};
use crate::market::{Bars, format_time};
use crate::replay::{Entry, ExitReason, Intent, Position, SymbolTrader, Trade, View};
use crate::risk::{Event, Risk, RollbackTo};
use crate::system::{Logged, SymbolStart};

/// A variant ready to trade: its parameters and rules, resolved. It decides a bar when asked, so that a candidate holds
/// nothing of the length of the history.
#[derive(Debug)]
pub struct Plan {
    /// Its parameters.
    pub params: Params,
    /// Its rules.
    pub rules: Rules,
    stop: [f64; Regime::COUNT],
    target: [f64; Regime::COUNT],
}

impl Plan {
    /// Resolves `params`.
    pub fn new(params: &Params) -> Self {
        Self {
            rules: Rules::new(params),
            stop: params.stop(),
            target: params.target(),
            params: params.clone(),
        }
    }

    /// Decides a bar by its reading.
    pub fn decide(&self, x: &Reading) -> Decision {
        self.rules.decide(x)
    }

    /// Distances of stop and target for an entry at this reading, price.
    pub fn distances(&self, x: &Reading) -> (f64, f64) {
        let r = x.label.regime.index();
        let stop = self.stop[r] * x.atr;
        let coded = self.target[r] * x.atr;
        let target = match (self.params.exit_rules, x.label.regime) {
            (RuleSet::Textual, Regime::Trending) => 2.0 * stop,
            (RuleSet::Textual, Regime::Sideways) => 1.5 * stop,
            (RuleSet::Textual, Regime::Breakout) => 3.0 * stop,
            _ => coded,
        };
        (stop, target)
    }

    /// Quality of the signal at a reading, given how patterns fared so far.
    pub fn quality(&self, x: &Reading, d: &Decision, record: &PatternRecord) -> f64 {
        let patterns = if self.params.variant.has_patterns() { x.patterns } else { 0 };
        let (stop, target) = self.distances(x);
        let inputs = QualityInputs {
            direction: d.direction,
            confidence: d.confidence,
            agreement: d.agreement,
            regime: x.label.regime,
            with_average: (x.price_vs_ma > 0.0) == (d.direction == Direction::Bullish),
            patterns,
            structure: x.sources[2].direction,
            structure_confidence: x.sources[2].confidence,
            volume_score: match d.direction {
                Direction::Bullish => x.volume_scores[0],
                Direction::Bearish => x.volume_scores[1],
                Direction::Sideways => 0.0,
            },
            reward_to_risk: target / stop,
        };
        quality(&inputs, record.accuracy(patterns))
    }
}

/// One setting, ready to trade.
#[derive(Debug)]
pub struct Candidate {
    /// The setting itself.
    pub main: Plan,
    /// What runs after an emergency stop.
    pub fallback: Plan,
    /// What the setting decides at each bar from the first reading on; empty where no record is wanted.
    pub decisions: Vec<Decision>,
}

impl Candidate {
    /// Of parameters.
    pub fn new(params: &Params) -> Self {
        let fallback = Plan::new(&params.with_variant(Variant::S5Static));
        Self { main: Plan::new(params), fallback, decisions: vec![] }
    }

    /// The same with every decision kept.
    #[must_use]
    pub fn decided(self, readings: &Readings) -> Self {
        let decisions = readings.rows.par_iter().map(|x| self.main.decide(x)).collect();
        Self { decisions, ..self }
    }
}

/// Which plan acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acting {
    Main,
    Fallback,
    Nothing,
}

/// What an order was decided on, for the record.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    /// The decision.
    pub decision: Decision,
    /// Size and how it came about, before the stage's factor.
    pub size: Size,
    /// Quality of the signal.
    pub quality: f64,
    /// Variant that decided.
    pub variant: Variant,
}

/// What a run leaves behind besides trades, equity and events.
#[derive(Debug, Clone, Default)]
pub struct TraderLog {
    /// Bars whose reason differs from the decision's own, in order.
    pub reasons: Vec<(usize, Reason)>,
    /// What each order was decided on, by signal bar.
    pub tickets: BTreeMap<usize, Ticket>,
    /// How patterns fared so far, from the bar on whose decision knew it first.
    pub patterns: Vec<(usize, PatternRecord)>,
}

/// Drives one variant through the loop.
pub struct UnifiedTrader<'a> {
    bars: &'a Bars,
    readings: &'a Readings,
    main: &'a Plan,
    /// What it decides at each bar, where that is kept.
    decisions: &'a [Decision],
    /// Runs after an emergency stop where the risk rules say so.
    fallback: &'a Plan,
    risk: &'a Risk,
    watching: bool,
    acting: Acting,
    blocked_until: Option<usize>,
    redeploy_at_ms: Option<i64>,
    stages: Stages,
    monitor: Monitor,
    estop_armed: bool,
    /// Scripted time of an emergency stop that has not come yet.
    estop_at_ms: Option<i64>,
    /// Highest equity since the system was deployed (again).
    deployed_peak: f64,
    alerted: bool,
    /// The bar the search for the next qualified decision stopped at, with that decision.
    found: Option<(usize, Decision)>,
    records: [TradeRecord; Regime::COUNT],
    patterns: PatternRecord,
    /// Bar of the last close it was asked at.
    closed: Option<usize>,
    /// Whether the log is wanted.
    record: bool,
    logged: Logged<TraderLog>,
}

impl<'a> UnifiedTrader<'a> {
    /// The trader of a candidate over readings.
    pub fn new(candidate: &'a Candidate, readings: &'a Readings, start: &SymbolStart<'a>) -> Self {
        let (bars, risk, cash) = (start.market.bars, start.risk, start.equity);
        let start_ms = bars.open_time().get(start.first).copied().unwrap_or_default();
        Self {
            bars,
            readings,
            main: &candidate.main,
            decisions: &candidate.decisions,
            fallback: &candidate.fallback,
            risk,
            watching: risk.watches(),
            acting: Acting::Main,
            blocked_until: None,
            redeploy_at_ms: None,
            stages: Stages::new(risk, start_ms),
            monitor: Monitor::new(AlertBounds::default(), start_ms, cash),
            estop_armed: risk.emergency_stop,
            estop_at_ms: risk.estop_at_ms(),
            deployed_peak: cash,
            alerted: false,
            found: None,
            records: [TradeRecord::default(); Regime::COUNT],
            patterns: PatternRecord::default(),
            closed: None,
            record: start.record,
            logged: Logged::default(),
        }
    }

    /// What it leaves behind.
    pub fn into_log(self) -> Logged<TraderLog> {
        self.logged
    }

    /// Decides `bar` by the main plan: as kept, where the run is recorded whole.
    fn decide(&self, bar: usize, x: &Reading) -> Decision {
        let kept = bar.checked_sub(self.readings.first).and_then(|k| self.decisions.get(k));
        kept.copied().unwrap_or_else(|| self.main.decide(x))
    }

    /// Notes why `bar` led to something else than its decision says.
    fn reason(&mut self, bar: usize, reason: Reason) {
        if self.record {
            self.logged.log.reasons.push((bar, reason));
        }
    }

    fn plan(&self) -> Option<&'a Plan> {
        match self.acting {
            Acting::Main => Some(self.main),
            Acting::Fallback => Some(self.fallback),
            Acting::Nothing => None,
        }
    }

    fn event(&mut self, bar: usize, kind: &'static str, detail: String) {
        self.logged.events.push(Event {
            bar,
            time_ms: self.bars.close_time(bar),
            kind: kind.to_owned(),
            detail,
        });
    }

    /// Runs the rules above the system at a close; returns whether an emergency stop is called.
    fn watch(&mut self, bar: usize, view: &View<'_>) -> bool {
        let now = self.bars.close_time(bar);
        self.deployed_peak = self.deployed_peak.max(view.equity);
        self.monitor.close(now, view.equity);
        let alert = self.monitor.alert();
        let fresh = alert.is_some() && !self.alerted;
        self.alerted = alert.is_some();
        if fresh && self.acting == Acting::Main && self.stages.alert(now) {
            let stage = self.stages.stage();
            self.event(
                bar,
                "stage",
                format!("alert {} lowers the stage to {stage}", alert.unwrap_or_default()),
            );
        }
        let monitor = &self.monitor;
        if self.acting == Acting::Main
            && self.stages.advance(now, alert.is_some(), |stage| monitor.standing(stage, view.drawdown))
        {
            let (stage, factor) = (self.stages.stage(), self.stages.factor());
            self.event(bar, "stage", format!("stage {stage}: {} % of size", 100.0 * factor));
        }
        if let Some(until) = self.blocked_until.filter(|until| bar >= *until) {
            self.blocked_until = None;
            let to = match self.risk.rollback_to {
                RollbackTo::S5Static => {
                    self.acting = Acting::Fallback;
                    "S5_static"
                }
                RollbackTo::Flat => {
                    self.acting = Acting::Nothing;
                    "flat"
                }
            };
            self.event(bar, "rollback", format!("{to} runs from bar {until} on"));
        }
        if self.redeploy_at_ms.is_some_and(|at| now >= at) {
            self.redeploy_at_ms = None;
            // A rollback still to come would take over from the system that has just started.
            self.blocked_until = None;
            self.acting = Acting::Main;
            self.stages.restart(now);
            self.estop_armed = true;
            self.deployed_peak = view.equity;
            self.event(bar, "redeploy", "the system starts again from stage 0".to_owned());
        }
        // A scripted time that comes while the system is stopped has nothing to stop.
        let scripted = self.estop_at_ms.take_if(|at| now >= *at).is_some();
        if !self.estop_armed {
            return false;
        }
        let drawdown = 1.0 - view.equity / self.deployed_peak;
        let why = if scripted {
            "scripted time".to_owned()
        } else if drawdown > self.risk.estop_drawdown {
            format!("drawdown of {:.1} %", 100.0 * drawdown)
        } else if let Some(id) = alert.filter(|_| self.risk.estop_on_critical && fresh) {
            format!("critical alert {id}")
        } else {
            return false;
        };
        self.estop_armed = false;
        self.acting = Acting::Nothing;
        let wait = self.bars.timeframe().bars_in((1000.0 * self.risk.rollback_seconds) as i64);
        self.blocked_until = Some(bar + wait);
        if self.risk.redeploy_after_hours > 0.0 {
            self.redeploy_at_ms = Some(now + (3_600_000.0 * self.risk.redeploy_after_hours) as i64);
        }
        let held = usize::from(view.position.is_some());
        self.event(
            bar,
            "emergency_stop",
            format!("{why} at {}: {held} positions to close", format_time(now)),
        );
        self.logged.emergency_stop_bar.get_or_insert(bar);
        true
    }

    /// Whether an open position should be closed at the next open.
    fn exit(&self, bar: usize, p: &Position, plan: &Plan, d: &Decision, x: &Reading) -> Option<ExitReason> {
        let held = bar + 1 - p.entry_bar;
        if plan.params.max_hold_bars.is_some_and(|most| held >= most) {
            return Some(ExitReason::TIME);
        }
        let against = d.direction != Direction::Sideways && d.direction.sign() != p.side;
        if against && d.qualified() {
            return Some(ExitReason::OPPOSITE);
        }
        if plan.params.exit_rules == RuleSet::Coded {
            return None;
        }
        let entered = self.readings.get(p.signal_bar).map(|r| r.label.regime)?;
        let ut_against = x.sources[1].direction.sign() == -p.side;
        let close = self.bars.close()[bar];
        let level = match p.side > 0.0 {
            true => self.readings.swings.resistance[bar],
            false => self.readings.swings.support[bar],
        };
        let leave = match entered {
            Regime::Trending => ut_against,
            Regime::Sideways => p.side * (close - level) >= 0.0,
            Regime::HighVolatility => against || ut_against,
            Regime::Breakout => false,
            Regime::Quiet => x.label.regime != entered,
        };
        leave.then_some(ExitReason::REGIME)
    }

    /// The entry a qualified decision leads to, or why there is none.
    fn entry(
        &mut self,
        bar: usize,
        view: &View<'_>,
        plan: &Plan,
        d: &Decision,
        x: &Reading,
    ) -> Result<Entry, Reason> {
        let need_quality = plan.params.min_quality > 0.0;
        let q = plan.quality(x, d, &self.patterns);
        if need_quality && q < plan.params.min_quality {
            return Err(Reason::Quality);
        }
        let (stop_distance, target_distance) = plan.distances(x);
        let inputs = SizeInputs {
            entry_threshold: plan.rules.entry_threshold(x.label.regime),
            drawdown: view.drawdown,
            close: self.bars.close()[bar],
            stop_distance,
        };
        let size = size(&plan.params, d, x, &self.records[x.label.regime.index()], &inputs)?;
        let factor = if self.acting == Acting::Main { self.stages.factor() } else { 1.0 };
        let shadow = factor == 0.0;
        if self.record {
            let ticket = Ticket { decision: *d, size, quality: q, variant: plan.params.variant };
            self.logged.log.tickets.insert(bar, ticket);
        }
        Ok(Entry {
            side: d.direction.sign(),
            size_frac: if shadow { size.size_frac } else { size.size_frac * factor },
            bracket: Bracket {
                stop: Level::distance(stop_distance),
                target: Level::distance(target_distance),
                trail: Trail::closes(plan.params.trail_atr.map_or(f64::INFINITY, |t| t * x.atr)),
            },
            stage: self.stages.stage(),
            shadow,
        })
    }
}

impl SymbolTrader for UnifiedTrader<'_> {
    fn next_wake(&mut self, from: usize) -> usize {
        let from = from.max(self.readings.first);
        if self.watching {
            return from;
        }
        let rows = self.readings.rows.get(from - self.readings.first..).unwrap_or_default();
        let mut decisions = rows.iter().enumerate().map(|(k, x)| (from + k, self.decide(from + k, x)));
        self.found = decisions.find(|(_, d)| d.qualified());
        self.found.map_or(usize::MAX, |(bar, _)| bar)
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let mut intent = Intent::default();
        self.closed = Some(bar);
        if self.watching && self.watch(bar, view) {
            if view.position.is_some() {
                intent.exit = Some(ExitReason::EMERGENCY_STOP);
                intent.exit_slippage_bps = self.risk.estop_slippage_bps;
            }
            self.reason(bar, Reason::Blocked);
            return intent;
        }
        let Some(x) = self.readings.get(bar) else { return intent };
        let Some(plan) = self.plan() else {
            if self.decide(bar, x).qualified() {
                self.reason(bar, Reason::Blocked);
            }
            return intent;
        };
        let d = match self.found {
            Some((found, d)) if found == bar && self.acting == Acting::Main => d,
            _ if self.acting == Acting::Main => self.decide(bar, x),
            _ => plan.decide(x),
        };
        if self.watching && d.direction != Direction::Sideways {
            let q = plan.quality(x, &d, &self.patterns);
            self.monitor.signal(self.bars.close_time(bar), q, x.patterns != 0, d.volume_confirmed);
        }
        if let Some(p) = view.position {
            intent.exit = self.exit(bar, p, plan, &d, x);
            if intent.exit.is_none() && plan.params.exit_rules == RuleSet::Textual {
                intent.stop = self.swing_stop(bar, p);
            }
        }
        if !d.qualified() {
            return intent;
        }
        if view.position.is_some() && intent.exit.is_none() {
            self.reason(bar, Reason::PositionOpen);
            return intent;
        }
        match self.entry(bar, view, plan, &d, x) {
            Ok(entry) => intent.entry = Some(entry),
            Err(reason) => self.reason(bar, reason),
        }
        intent
    }

    fn on_exit(&mut self, trade: &Trade) {
        let Some(x) = self.readings.get(trade.signal_bar) else { return };
        let r = x.label.regime.index();
        let won = trade.pnl > 0.0;
        if !trade.shadow {
            self.records[r].add(trade.return_frac);
            self.patterns.add(x.patterns, won);
            if self.record {
                // A trade that closes after the decision of its last bar is known to the next one first.
                let known = trade.exit_bar + usize::from(self.closed == Some(trade.exit_bar));
                self.logged.log.patterns.push((known, self.patterns.clone()));
            }
        }
        if self.watching {
            self.monitor.trade(self.bars.close_time(trade.exit_bar), won, r, x.patterns != 0);
        }
    }
}

impl UnifiedTrader<'_> {
    /// In BREAKOUT by the textual rules the stop follows the last swing on the losing side.
    fn swing_stop(&self, bar: usize, p: &Position) -> Option<f64> {
        let entered = self.readings.get(p.signal_bar)?.label.regime;
        let swings = &self.readings.swings;
        let level = if p.side > 0.0 { swings.last_low[bar] } else { swings.last_high[bar] };
        let behind = p.side * (self.bars.close()[bar] - level) > 0.0;
        (entered == Regime::Breakout && behind).then_some(level)
    }
}
