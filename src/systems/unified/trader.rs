//! The framework with money: sizing from its own trades, and exits.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Regime;
use super::decide::{Decision, Reason, Rules};
use super::params::{Params, RuleSet};
use super::phases::Phases;
use super::reading::{SignalRow, SignalTable};
use super::signals::{Direction, PatternRecord, QualityInputs, Variant, quality};
use super::size::{Size, SizeInputs, size};
use super::sizing::TradeRecord;
use crate::execution::{Bracket, Level, Trail};
use crate::market::Bars;
use crate::replay::{
    Acting, Deployable, Entry, ExitReason, Intent, Position, StageEnd, Standing, SymbolTrader, Trade, View,
};
use crate::system::SymbolStart;

/// A variant ready to trade: its parameters and rules, resolved. It decides a bar when asked, so that a candidate holds
/// nothing of the length of the history.
#[derive(Debug)]
pub struct ResolvedParams {
    /// Its parameters.
    pub params: Params,
    /// Its rules.
    pub rules: Rules,
    stop: [f64; Regime::COUNT],
    target: [f64; Regime::COUNT],
}

impl ResolvedParams {
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
    pub fn decide(&self, x: &SignalRow) -> Decision {
        self.rules.decide(x)
    }

    /// Distances of stop and target for an entry at this reading, price.
    pub fn distances(&self, x: &SignalRow) -> (f64, f64) {
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
    pub fn quality(&self, x: &SignalRow, d: &Decision, record: &PatternRecord) -> f64 {
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
                Direction::Neutral => 0.0,
            },
            reward_to_risk: target / stop,
        };
        quality(&inputs, record.accuracy(patterns))
    }
}

/// One setting, ready to trade.
#[derive(Debug)]
pub struct UnifiedCandidate {
    /// The setting itself.
    pub main: ResolvedParams,
    /// What runs after an emergency stop.
    pub fallback: ResolvedParams,
    /// What the setting decides at each bar from the first reading on; empty where no record is wanted.
    pub decisions: Vec<Decision>,
}

impl UnifiedCandidate {
    /// Of parameters.
    pub fn new(params: &Params) -> Self {
        let fallback = ResolvedParams::new(&params.with_variant(Variant::S5Static));
        Self { main: ResolvedParams::new(params), fallback, decisions: vec![] }
    }

    /// The same with every decision kept.
    #[must_use]
    pub fn decided(self, readings: &SignalTable) -> Self {
        let decisions = readings.rows.par_iter().map(|x| self.main.decide(x)).collect();
        Self { decisions, ..self }
    }
}

/// What an order was decided on, for the record.
#[derive(Debug, Clone, Copy)]
pub struct EntryRecord {
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
    pub entries: BTreeMap<usize, EntryRecord>,
    /// How patterns fared so far, from the bar on whose decision knew it first.
    pub patterns: Vec<(usize, PatternRecord)>,
}

/// Drives one variant through the loop.
pub struct UnifiedTrader<'a> {
    bars: &'a Bars,
    readings: &'a SignalTable,
    main: &'a ResolvedParams,
    /// What it decides at each bar, where that is kept.
    decisions: &'a [Decision],
    /// What it falls back to after an emergency stop.
    fallback: &'a ResolvedParams,
    acting: Acting,
    /// What the criteria of its phases are judged on, under rules of deployment.
    phases: Option<Phases>,
    /// Quality of the signal at the last close, under rules of deployment.
    signal: Option<f64>,
    /// The bar the search for the next qualified decision stopped at, with that decision.
    found: Option<(usize, Decision)>,
    records: [TradeRecord; Regime::COUNT],
    patterns: PatternRecord,
    /// Bar of the last close it was asked at.
    closed: Option<usize>,
    /// Whether the log is wanted.
    record: bool,
    log: TraderLog,
}

impl<'a> UnifiedTrader<'a> {
    /// The trader of a candidate over readings.
    pub fn new(candidate: &'a UnifiedCandidate, readings: &'a SignalTable, start: &SymbolStart<'a>) -> Self {
        Self {
            bars: start.market.bars,
            readings,
            main: &candidate.main,
            decisions: &candidate.decisions,
            fallback: &candidate.fallback,
            acting: Acting::Main,
            phases: start.risk.watches().then(Phases::default),
            signal: None,
            found: None,
            records: [TradeRecord::default(); Regime::COUNT],
            patterns: PatternRecord::default(),
            closed: None,
            record: start.record,
            log: TraderLog::default(),
        }
    }

    /// What it leaves behind.
    pub fn into_log(self) -> TraderLog {
        self.log
    }

    /// Decides `bar` by the main plan: as kept, where the run is recorded whole.
    fn decide(&self, bar: usize, x: &SignalRow) -> Decision {
        let kept = bar.checked_sub(self.readings.first).and_then(|k| self.decisions.get(k));
        kept.copied().unwrap_or_else(|| self.main.decide(x))
    }

    /// Notes why `bar` led to something else than its decision says.
    fn reason(&mut self, bar: usize, reason: Reason) {
        if self.record {
            self.log.reasons.push((bar, reason));
        }
    }

    fn plan(&self) -> Option<&'a ResolvedParams> {
        match self.acting {
            Acting::Main => Some(self.main),
            Acting::Fallback => Some(self.fallback),
            Acting::Nothing => None,
        }
    }

    /// Whether an open position should be closed at the next open.
    fn exit(
        &self,
        bar: usize,
        p: &Position,
        plan: &ResolvedParams,
        d: &Decision,
        x: &SignalRow,
    ) -> Option<ExitReason> {
        let held = bar + 1 - p.entry_bar;
        if plan.params.max_hold_bars.is_some_and(|most| held >= most) {
            return Some(ExitReason::TIME);
        }
        let against = d.direction != Direction::Neutral && d.direction.sign() != p.side;
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
        plan: &ResolvedParams,
        d: &Decision,
        x: &SignalRow,
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
        if self.record {
            let entry = EntryRecord { decision: *d, size, quality: q, variant: plan.params.variant };
            self.log.entries.insert(bar, entry);
        }
        Ok(Entry {
            side: d.direction.sign(),
            size_frac: size.size_frac,
            bracket: Bracket {
                stop: Level::distance(stop_distance),
                target: Level::distance(target_distance),
                trail: Trail::closes(plan.params.trail_atr.map_or(f64::INFINITY, |t| t * x.atr)),
            },
        })
    }
}

impl SymbolTrader for UnifiedTrader<'_> {
    fn next_wake(&mut self, from: usize) -> usize {
        let from = from.max(self.readings.first);
        let rows = self.readings.rows.get(from - self.readings.first..).unwrap_or_default();
        let mut decisions = rows.iter().enumerate().map(|(k, x)| (from + k, self.decide(from + k, x)));
        self.found = decisions.find(|(_, d)| d.qualified());
        self.found.map_or(usize::MAX, |(bar, _)| bar)
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let mut intent = Intent::default();
        self.closed = Some(bar);
        self.signal = None;
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
        if let Some(phases) = self.phases.as_mut().filter(|_| d.direction != Direction::Neutral) {
            self.signal = Some(plan.quality(x, &d, &self.patterns));
            phases.signal(x.patterns != 0, d.volume_confirmed);
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
                self.log.patterns.push((known, self.patterns.clone()));
            }
        }
        if let Some(phases) = &mut self.phases {
            phases.trade(self.bars.close_time(trade.exit_bar), won, r, x.patterns != 0);
        }
    }

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        Some(self)
    }
}

impl Deployable for UnifiedTrader<'_> {
    fn signal_quality(&self) -> Option<f64> {
        self.signal
    }

    fn standing(&self, end: &StageEnd<'_>) -> Standing {
        self.phases.as_ref().map_or(Standing::Insufficient, |p| p.standing(end))
    }

    fn act(&mut self, acting: Acting) {
        self.acting = acting;
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
