//! The replay of positions that only switch: held until another is wanted, with no stop, no target and no payment between.
//!
//! What the loop would do bar by bar follows from each switch alone: the same fills by the same code, the same equity at every close.
//! Stretches between cost the same however long they are, so that a sweep of such systems is bound by its switches.

use std::ops::Range;

use super::closing::Exit;
use super::extremes::Extremes;
use super::fill_engine::{FillContext, FillEngine};
use super::market::{Market, constant_costs};
use super::notice::Outcome;
use super::opening::Opening;
use super::position_state::PositionState;
use super::{AccountKind, AccountState, Entry, ExitReason, Held, MarginMode, Recorder, Staged, Step};
use crate::execution::{Bracket, EntryOrder, Execution, FillRule, Liquidity};

/// What is wanted from the close of each bar named on: a signed share of equity, or signed units.
#[derive(Debug, Clone, Copy)]
pub struct Switches<'a> {
    /// Bars at whose close another position is wanted than before, with what is wanted.
    pub changes: &'a [(usize, f64)],
    /// Whether a position of 1 is all of the equity; else it is one unit.
    pub of_equity: bool,
}

/// Whether [`replay_switches`] can stand in for the loop on this market with this execution and account.
#[inline]
pub fn can_switch(market: &Market<'_>, execution: &Execution, ledger: &AccountState) -> bool {
    constant_costs(market, execution)
        && market.funding.is_none()
        && execution.fill == FillRule::NextOpen
        && execution.entry == EntryOrder::Market
        && execution.participation == 0.0
        && execution.latency_bars == 0
        && execution.latency_ms == 0
        && ledger.borrow_rate == 0.0
        && ledger.margin == MarginMode::Cross
}

/// What a replay from switch to switch goes over.
#[derive(Debug, Clone, Copy)]
pub struct SwitchReplay<'a> {
    /// Bars and terms of the only symbol.
    pub market: &'a Market<'a>,
    /// The first bar that may be decided at.
    pub first: usize,
    /// How orders are filled.
    pub execution: &'a Execution,
    /// The account at the start.
    pub account: AccountState,
    /// When which position is wanted.
    pub wanted: Switches<'a>,
    /// Extremes of stretches of the bars.
    pub extremes: &'a Extremes,
}

/// Replays what is wanted from the first bar on. None where something would happen between two switches (a liquidation, a position
/// of the same side made larger or smaller, an account at zero): the recorder must then be cleared and the loop be used.
pub fn replay_switches<R: Recorder>(over: &SwitchReplay<'_>, recorder: &mut R) -> Option<AccountState> {
    let SwitchReplay { market, execution, account: mut ledger, wanted, .. } = *over;
    let bars = market.bars;
    let (n, open, close) = (bars.len(), bars.open(), bars.close());
    let mut at = FillContext::alone(market, execution, &ledger);
    let mut hold = PositionState::new(0);
    let mut done = Outcome::default();
    // The first step that is not recorded yet.
    let mut from = 0;
    for (bar, want) in over.changes() {
        let held = hold.position.is_some();
        if !held && want == 0.0 {
            continue;
        }
        // Up to this close nothing happens.
        let equity = over.pass((&mut hold, &mut ledger, &at), from..bar + 1, recorder)?;
        from = bar + 1;
        if equity <= 0.0 {
            return None;
        }
        let side = if want < 0.0 { -1.0 } else { 1.0 };
        if hold.position.as_ref().is_some_and(|p| want != 0.0 && p.side == side) {
            return None;
        }
        let price = open[bar + 1];
        at.bar = bar + 1;
        hold.price = price;
        if held {
            let mut engine = FillEngine { hold: &mut hold, ledger: &mut ledger, at: &at, done: &mut done };
            let units = engine.hold.position.as_ref().map_or(0.0, |p| p.units);
            engine.close(units, price, ExitReason::SIGNAL, Exit::MARKET);
            done.trades.drain(..).for_each(|t| recorder.trade(&t));
        }
        if want != 0.0 {
            // The same steps as from a trader's wish to an order.
            let unit = close[bar] * at.terms.contract_size * 1.0;
            let units = if wanted.of_equity { want.abs() * equity / unit } else { want.abs() };
            let size_frac = units * unit / equity;
            let units = size_frac * equity / unit;
            let entry = Entry { side, size_frac, bracket: Bracket::NONE };
            let mut engine = FillEngine { hold: &mut hold, ledger: &mut ledger, at: &at, done: &mut done };
            engine.open(&Opening::of(&entry, bar, Staged::FULL), units, price, Liquidity::Taker, None);
        }
    }
    // The last bar closes what is open, after its own close.
    over.pass((&mut hold, &mut ledger, &at), from..n - 1, recorder)?;
    let last = n - 1;
    if hold.position.is_some() {
        over.hold_through((&mut hold, &mut ledger, &at), last..last + 1)?;
        at.bar = last;
        hold.price = close[last];
        let mut engine = FillEngine { hold: &mut hold, ledger: &mut ledger, at: &at, done: &mut done };
        engine.close(f64::INFINITY, close[last], ExitReason::END, Exit::MARKET);
        done.trades.drain(..).for_each(|t| recorder.trade(&t));
        let equity = ledger.cash();
        recorder.bar(&Step { index: last, equity, exposure: 0.0, ledger: &ledger });
    } else {
        recorder.flat(last..n, ledger.cash());
    }
    Some(ledger)
}

/// What [`replay_switches_money`] comes to.
#[derive(Debug, Clone, Copy)]
pub struct Money {
    /// The account at the end.
    pub ledger: AccountState,
    /// Positions closed.
    pub trades: usize,
}

/// As [`replay_switches`], for the money alone: no record of a trade is made. `marks` are steps from the first bar on in
/// order, the last one the last of all; the equity at the close of each is put into `curve`.
pub fn replay_switches_money(over: &SwitchReplay<'_>, marks: &[u32], curve: &mut Vec<f64>) -> Option<Money> {
    let SwitchReplay { market, first, execution, account: mut ledger, wanted, extremes } = *over;
    let bars = market.bars;
    let (n, open, close) = (bars.len(), bars.open(), bars.close());
    let at = FillContext::alone(market, execution, &ledger);
    let mut hold = PositionState::new(0);
    let mut none = Outcome::default();
    let (mut from, mut marked, mut trades, mut side_held) = (first, 0, 0, 0.0);
    let mut pass =
        |hold: &PositionState, ledger: &AccountState, side: f64, from: usize, to: usize| -> Option<f64> {
            if from >= to {
                return Some(ledger.cash());
            }
            let worth = hold.units * at.terms.contract_size;
            if side != 0.0 {
                let liquidation = hold.cross_liquidation(ledger, &at, side);
                // A position that cannot be liquidated need not be looked at.
                let (high, low) = match liquidation.is_finite() {
                    true => extremes.over(bars, from, to),
                    false => (0.0, 1.0),
                };
                if (side > 0.0 && low <= liquidation) || (side < 0.0 && high >= liquidation) {
                    return None;
                }
            }
            let rest = &marks[marked..];
            let count = rest.partition_point(|t| (*t as usize) < to);
            let equity =
                |t: usize| if side == 0.0 { ledger.cash() } else { ledger.cash() + worth * close[t] };
            curve.extend(rest[..count].iter().map(|t| equity(*t as usize)));
            marked += count;
            Some(equity(to - 1))
        };
    for (bar, want) in over.changes() {
        if side_held == 0.0 && want == 0.0 {
            continue;
        }
        let equity = pass(&hold, &ledger, side_held, from, bar + 1)?;
        from = bar + 1;
        let side = if want < 0.0 { -1.0 } else { 1.0 };
        if equity <= 0.0 || (want != 0.0 && side_held == side) {
            return None;
        }
        let price = open[bar + 1];
        let mut engine = FillEngine { hold: &mut hold, ledger: &mut ledger, at: &at, done: &mut none };
        if side_held != 0.0 {
            engine.flatten(price, side_held);
            trades += 1;
            side_held = 0.0;
        }
        if want != 0.0 {
            let unit = close[bar] * at.terms.contract_size * 1.0;
            let units = if wanted.of_equity { want.abs() * equity / unit } else { want.abs() };
            let size_frac = units * unit / equity;
            let units = size_frac * equity / unit;
            let some = engine.admitted(units, side, price, Liquidity::Taker, (false, 0, 1.0));
            if some > 0.0 {
                let fill = engine.filled(price, some, side, Liquidity::Taker, 0.0, None);
                engine.settle(&fill, some, side);
                side_held = side;
            }
        }
    }
    let last = n - 1;
    pass(&hold, &ledger, side_held, from, last)?;
    if side_held != 0.0 {
        // Looked at as a stretch of its own, whose mark is replaced by what the closing leaves.
        let before = pass(&hold, &ledger, side_held, last, n)?;
        debug_assert!(before.is_finite());
        let mut engine = FillEngine { hold: &mut hold, ledger: &mut ledger, at: &at, done: &mut none };
        engine.flatten(close[last], side_held);
        trades += 1;
        if let Some(end) = curve.last_mut() {
            *end = ledger.cash();
        }
    } else {
        pass(&hold, &ledger, 0.0, last, n)?;
    }
    Some(Money { ledger, trades })
}

/// What an account holds of its only symbol, the account, and what its fills cost.
type Alone<'a> = (&'a mut PositionState, &'a mut AccountState, &'a FillContext);

impl SwitchReplay<'_> {
    /// What is wanted from the first bar on, as changes: at its close whatever was wanted before.
    fn changes(&self) -> impl Iterator<Item = (usize, f64)> {
        let (changes, first, n) = (self.wanted.changes, self.first, self.market.bars.len());
        let next = changes.partition_point(|(bar, _)| *bar < first);
        let before = changes[..next].last().map(|(_, want)| (first, *want));
        let before = before.filter(|_| changes.get(next).is_none_or(|(bar, _)| *bar != first));
        before.into_iter().chain(changes[next..].iter().copied()).filter(move |(bar, _)| bar + 1 < n)
    }

    /// Lets bars pass with what is held; equity at the last of their closes. None where a level is reached.
    fn pass<R: Recorder>(
        &self,
        (hold, ledger, at): Alone<'_>,
        bars: Range<usize>,
        recorder: &mut R,
    ) -> Option<f64> {
        if bars.is_empty() {
            return Some(ledger.cash());
        }
        if hold.position.is_none() {
            recorder.flat(bars, ledger.cash());
            return Some(ledger.cash());
        }
        self.hold_through((hold, ledger, at), bars.clone())?;
        let held = Held {
            closes: &self.market.bars.close()[bars.clone()],
            cash: ledger.cash(),
            worth: hold.units * at.terms.contract_size,
        };
        recorder.held(bars.start, &held, ledger);
        hold.price = held.closes[held.closes.len() - 1];
        Some(held.equity(held.closes.len() - 1))
    }

    /// Takes note of the extremes of these bars; none where the position would be liquidated within them.
    fn hold_through(&self, (hold, ledger, at): Alone<'_>, bars: Range<usize>) -> Option<()> {
        let (high, low) = self.extremes.over(self.market.bars, bars.start, bars.end);
        let mut none = Outcome::default();
        let liquidation = FillEngine { hold, ledger, at, done: &mut none }.liquidation_price();
        let p = hold.position.as_mut()?;
        p.see(high, low);
        let reached = if p.side > 0.0 { low <= liquidation } else { high >= liquidation };
        (!reached).then_some(())
    }
}

impl FillContext {
    /// Of the only symbol of an account, before its first bar.
    fn alone(market: &Market<'_>, execution: &Execution, ledger: &AccountState) -> Self {
        let mut costs = execution.costs();
        costs.tick_size = market.terms.tick_size;
        costs.worth = market.terms.contract_size;
        Self {
            bar: 0,
            costs,
            terms: market.terms,
            converted: false,
            others_value: 0.0,
            others_gross: 0.0,
            others_shadow: 0.0,
            others_maintenance: 0.0,
            leverage: market.terms.leverage.unwrap_or(f64::INFINITY).min(ledger.leverage),
            maintenance: market.terms.maintenance.unwrap_or(ledger.maintenance),
        }
    }
}

impl PositionState {
    /// Price at which too little is left of an account that has nothing else; as [`FillEngine::liquidation_price`] has it.
    #[inline]
    fn cross_liquidation(&self, ledger: &AccountState, at: &FillContext, side: f64) -> f64 {
        let none = -side * f64::INFINITY;
        if ledger.kind == AccountKind::Spot {
            return none;
        }
        let (u, size) = (self.units, at.terms.contract_size);
        let rest = ledger.cash() + at.others_value - at.others_maintenance;
        let price = (0.0 * self.fx - rest) / (size * self.fx * (u - at.maintenance * u.abs()));
        if price > 0.0 { price } else { none }
    }
}

impl FillEngine<'_> {
    /// Closes all that is held on `side` at `price`, for the money alone.
    #[inline]
    fn flatten(&mut self, price: f64, side: f64) {
        let units = self.hold.units.abs();
        let fill = self.filled(price, units, -side, Liquidity::Taker, 0.0, None);
        self.settle(&fill, units, -side);
        self.hold.units = 0.0;
    }
}
