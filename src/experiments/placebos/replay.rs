//! Replays of a path of positions: by the same loop, execution, costs, payments and account as the run, without its system
//! and without `[risk]`.

use crate::error::Result;
use crate::execution::{Bracket, Execution, SpreadFrom};
use crate::features::FeatureCache;
use crate::metrics::{DailyEquity, simple_returns};
use crate::replay::{
    Account, AccountState, BarCosts, ContractSpec, Deployable, EachSymbol, Entry, ExitReason, Intent, Market,
    Over, Recorder, Step, SummaryRecorder, SymbolTrader, Trade, Trading, View,
};
use crate::runs::{Backtest, Inputs, MarketInputs};
use crate::scenario::Scenario;
use crate::stats::sharpe_ratio;
use crate::system::targets::{Brackets, TargetPositions, TargetTrader, Unit};

use super::positions::PositionPath;

/// What paths of one run are replayed on.
pub(super) struct PathReplayer<'a> {
    b: &'a Backtest,
    inputs: Inputs,
    caches: Vec<FeatureCache>,
}

/// What a replay pays, and out of which account.
pub(super) struct ReplayTerms {
    execution: Execution,
    account: Account,
    markets: Vec<MarketInputs>,
    /// Contract and costs by the bar of each symbol.
    costs: Vec<(ContractSpec, Option<BarCosts>)>,
}

impl<'a> PathReplayer<'a> {
    /// Of a run.
    pub fn new(b: &'a Backtest) -> Self {
        let symbols: Vec<_> = b.symbols.iter().map(|s| s.loaded.clone()).collect();
        let caches = symbols.iter().map(|l| FeatureCache::new(l.bars.clone())).collect();
        Self {
            b,
            inputs: Inputs { symbols, conversions: b.conversions.clone(), ..Inputs::default() },
            caches,
        }
    }

    /// The terms of `scenario`.
    ///
    /// # Errors
    /// A cost needs something that is not in the data.
    fn terms(&self, scenario: &Scenario) -> Result<ReplayTerms> {
        let of = |k: usize| MarketInputs::of(scenario, &self.inputs, k, &self.caches[k]);
        let markets = (0..self.caches.len()).map(of).collect::<Result<Vec<_>>>()?;
        let costs = markets.iter().zip(&self.inputs.symbols).map(|(m, l)| {
            let market = m.market(l);
            (market.terms, market.rows.cloned())
        });
        let costs = costs.collect();
        Ok(ReplayTerms {
            execution: scenario.execution.clone(),
            account: scenario.account.clone(),
            markets,
            costs,
        })
    }

    /// The run's own terms.
    ///
    /// # Errors
    /// As [`Self::terms`].
    pub fn own(&self) -> Result<ReplayTerms> {
        self.terms(&self.b.scenario)
    }

    /// Fees, spread, slippage, impact and interest twice what they are. What an exchange pays makers stays.
    ///
    /// # Errors
    /// As [`Self::terms`].
    pub fn doubled(&self) -> Result<ReplayTerms> {
        let twice = |v: f64| if v > 0.0 { 2.0 * v } else { v };
        let mut terms = self.own()?;
        let e = &mut terms.execution;
        e.maker_fee_bps = e.maker_fee_bps.map(twice);
        for v in [
            &mut e.fee_bps,
            &mut e.fee_per_unit,
            &mut e.fee_per_order,
            &mut e.fee_minimum,
            &mut e.spread_bps,
            &mut e.slippage_bps,
            &mut e.slippage_atr,
            &mut e.impact,
            &mut terms.account.borrow_rate,
        ] {
            *v = twice(*v);
        }
        for tier in &mut e.tier {
            (tier.taker_bps, tier.maker_bps) = (twice(tier.taker_bps), twice(tier.maker_bps));
        }
        for (contract, rows) in &mut terms.costs {
            contract.fees_bps = contract.fees_bps.map(|fee| fee.map(twice));
            let spread = rows.as_mut().and_then(|r| r.spread_bps.as_mut());
            spread.into_iter().flatten().for_each(|s| *s = twice(*s));
        }
        Ok(terms)
    }

    /// So many basis points of what is traded on each side, and no other cost of a fill: interest and payments stay.
    ///
    /// # Errors
    /// As [`Self::terms`].
    pub fn flat(&self, bps: f64) -> Result<ReplayTerms> {
        let e = &self.b.scenario.execution;
        let execution = Execution {
            fee_bps: bps,
            maker_fee_bps: None,
            fee_per_unit: 0.0,
            fee_per_order: 0.0,
            // A cost below zero is one as well.
            fee_minimum: f64::NEG_INFINITY,
            spread_bps: 0.0,
            spread_from: SpreadFrom::Constant,
            slippage_bps: 0.0,
            slippage_atr: 0.0,
            impact: 0.0,
            tier: vec![],
            ..e.clone()
        };
        let mut terms = self.terms(&Scenario { execution, ..self.b.scenario.clone() })?;
        for (contract, rows) in &mut terms.costs {
            contract.fees_bps = [None, None];
            *rows = None;
        }
        Ok(terms)
    }

    /// The same account `times` as large, with this factor of the law of impact.
    ///
    /// # Errors
    /// As [`Self::terms`].
    pub fn sized(&self, times: f64, impact: f64) -> Result<ReplayTerms> {
        let mut scenario = self.b.scenario.clone();
        scenario.account.equity *= times;
        scenario.execution.impact = impact;
        self.terms(&scenario)
    }

    /// The markets of the symbols under these terms.
    pub fn markets<'m>(&'m self, terms: &'m ReplayTerms) -> Vec<Market<'m>> {
        let all = terms.markets.iter().zip(&self.inputs.symbols).zip(&terms.costs);
        all.map(|((m, l), (contract, rows))| Market { terms: *contract, rows: rows.as_ref(), ..m.market(l) })
            .collect()
    }

    /// Days of a year.
    pub fn days_per_year(&self) -> f64 {
        self.b.scenario.data.days_per_year()
    }

    /// Net returns of the days of a replay of `path`.
    pub fn returns(&self, terms: &ReplayTerms, path: &PositionPath) -> Vec<f64> {
        let mut recorder = SummaryRecorder::new(&self.b.clock, self.b.first, terms.account.equity).by(self
            .b
            .scenario
            .data
            .calendar());
        self.replay(terms, path, &mut recorder);
        simple_returns(&recorder.daily_curve(self.days_per_year()))
    }

    /// Its annualised Sharpe ratio; NaN where its returns do not vary.
    pub fn sharpe(&self, terms: &ReplayTerms, path: &PositionPath) -> f64 {
        sharpe_ratio(&self.returns(terms, path), self.days_per_year())
    }

    /// Net returns of its days, and what was traded on each as a share of the equity before it.
    pub fn traded(&self, terms: &ReplayTerms, path: &PositionPath) -> (Vec<f64>, Vec<f64>) {
        let days = |start| DailyEquity::new(start).by(self.b.scenario.data.calendar());
        let (clock, first) = (&self.b.clock, self.b.first);
        let mut recorder =
            DaysTraded { clock, first, equity: days(terms.account.equity), traded: days(0.0), so_far: 0.0 };
        self.replay(terms, path, &mut recorder);
        let year = self.days_per_year();
        let (equity, traded) = (recorder.equity.counted(year), recorder.traded.counted(year));
        // An account with nothing left trades no share of it.
        let share = |(t, e): (&[f64], &f64)| if *e > 0.0 { (t[1] - t[0]) / e } else { 0.0 };
        let share = traded.windows(2).zip(&equity).map(share).collect();
        (simple_returns(&equity), share)
    }

    fn replay(&self, terms: &ReplayTerms, path: &PositionPath, recorder: &mut impl Recorder) -> AccountState {
        let (clock, markets) = (&self.b.clock, self.markets(terms));
        let firsts: Vec<usize> = self.b.symbols.iter().map(|s| s.first).collect();
        let wanted = |(k, market): (usize, &Market<'_>)| {
            let changes = path.symbols[k].iter().map(|c| {
                // A symbol without a bar at that step decides at its next one.
                (clock.bar_at(k, self.b.first + c.at), c.share, c.fresh)
            });
            Wanted::of(changes.filter(|(bar, ..)| *bar < market.bars.len()))
        };
        let wanted: Vec<Wanted> = markets.iter().enumerate().map(wanted).collect();
        let traders = markets.iter().zip(&wanted).zip(&firsts);
        let traders =
            traders.map(|((market, wanted), first)| PathTrader::new(market, wanted, *first)).collect();
        let over = Over::new(&markets, clock, &firsts, &terms.execution, terms.account.ledger());
        EachSymbol(traders).replay(over, recorder)
    }
}

/// Bars with the share of equity wanted from their close on.
type Shares = Vec<(usize, f64)>;

/// What is wanted of one symbol.
struct Wanted {
    targets: TargetPositions,
    /// Bars at whose close another position is wanted, be it on the same side.
    fresh: Shares,
}

impl Wanted {
    fn of(changes: impl Iterator<Item = (usize, f64, bool)>) -> Self {
        let (mut targets, mut fresh) = (Shares::new(), Shares::new());
        for (bar, share, is_fresh) in changes {
            // Of several at one bar the last.
            targets.pop_if(|last| last.0 == bar);
            fresh.pop_if(|last| last.0 == bar);
            targets.push((bar, share));
            if is_fresh {
                fresh.push((bar, share));
            }
        }
        Self { targets: TargetPositions::switching(targets, Unit::Equity, Brackets::default()), fresh }
    }
}

/// Carries out target positions, and closes one before it opens the next on the same side.
struct PathTrader<'a> {
    targets: TargetTrader<'a>,
    fresh: &'a [(usize, f64)],
}

impl<'a> PathTrader<'a> {
    fn new(market: &Market<'a>, wanted: &'a Wanted, first: usize) -> Self {
        Self {
            targets: TargetTrader::in_market(market, &wanted.targets).starting(first),
            fresh: &wanted.fresh,
        }
    }
}

impl SymbolTrader for PathTrader<'_> {
    fn next_wake(&mut self, from: usize) -> usize {
        self.targets.next_wake(from)
    }

    fn next_look(&mut self, from: usize) -> usize {
        self.targets.next_look(from)
    }

    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
        let mut intent = self.targets.on_close(bar, view);
        let fresh = self.fresh.binary_search_by_key(&bar, |(at, _)| *at);
        if let (Some(_), Ok(k)) = (intent.resize, fresh) {
            let share = self.fresh[k].1;
            let side = if share < 0.0 { -1.0 } else { 1.0 };
            intent.resize = None;
            intent.exit = Some(ExitReason::SIGNAL);
            intent.entry = Some(Entry { side, size_frac: share.abs(), bracket: Bracket::NONE });
        }
        intent
    }

    fn on_exit(&mut self, _: &Trade) {}

    fn deployable(&mut self) -> Option<&mut dyn Deployable> {
        None
    }
}

/// Keeps equity and turnover of each day.
struct DaysTraded<'a> {
    clock: &'a crate::replay::Clock,
    first: usize,
    equity: DailyEquity,
    traded: DailyEquity,
    /// Traded until the last step that was seen.
    so_far: f64,
}

impl DaysTraded<'_> {
    fn mark(&mut self, step: usize, equity: f64) {
        if step >= self.first {
            let (close, start) = (self.clock.close_time(step), self.clock.time(self.first));
            self.equity.mark(close, equity, start);
            self.traded.mark(close, self.so_far, start);
        }
    }
}

impl Recorder for DaysTraded<'_> {
    fn bar(&mut self, step: &Step<'_>) {
        self.so_far = step.ledger.traded_notional();
        self.mark(step.index, step.equity);
    }

    fn flat(&mut self, steps: std::ops::Range<usize>, equity: f64) {
        steps.for_each(|step| self.mark(step, equity));
    }

    fn trade(&mut self, _: &Trade) {}
}
