//! The loop itself.

use serde::{Deserialize, Serialize};

use super::{Entry, ExitReason, Intent, Ledger, Position, Recorder, Trader, View};
use crate::choices;
use crate::execution::{Costs, Intrabar, Path, Touch, TouchKind, walk};
use crate::market::{Bars, Detail, Funding, Payment};

choices! {
    /// At which price a market order fills.
    pub enum FillRule {
        /// The next bar's open.
        NextOpen = "next_open",
        /// The close that decided it: only for comparison with tools that do so.
        Close = "close",
    }
}

/// How orders are filled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Execution {
    /// At which price a market order fills.
    pub fill: FillRule,
    /// Path taken inside a bar that reached both stop and target.
    pub intrabar: Intrabar,
    /// Exchange fee on every fill, basis points of notional.
    pub fee_bps: f64,
    /// Full bid-ask spread, basis points; a market fill pays half.
    pub spread_bps: f64,
    /// Slippage of a market fill, basis points.
    pub slippage_bps: f64,
}

impl Default for Execution {
    fn default() -> Self {
        let Costs { fee_bps, spread_bps, slippage_bps } = Costs::default();
        Self { fill: FillRule::NextOpen, intrabar: Intrabar::Pessimistic, fee_bps, spread_bps, slippage_bps }
    }
}

impl Execution {
    /// Its costs.
    pub fn costs(&self) -> Costs {
        Costs { fee_bps: self.fee_bps, spread_bps: self.spread_bps, slippage_bps: self.slippage_bps }
    }

    /// The same with another path inside the bar.
    pub fn with_intrabar(&self, intrabar: Intrabar) -> Self {
        Self { intrabar, ..*self }
    }
}

/// Replays `trader` over `bars` from `first` on with the account `ledger`; returns it as it is at the end.
///
/// Earlier bars are recorded as flat. A position open at the end is closed at the last close, for the ordinary costs.
pub fn replay<'m, T: Trader, R: Recorder>(
    market: impl Into<Market<'m>>,
    first: usize,
    execution: &Execution,
    ledger: Ledger,
    trader: &mut T,
    recorder: &mut R,
) -> Ledger {
    let Market { bars, detail, funding } = market.into();
    let mut payments = funding.map_or(&[][..], Funding::payments);
    let detail = detail.filter(|_| execution.intrabar == Intrabar::Detail);
    let n = bars.len();
    let wake = trader.next_wake(first).min(n);
    let mut run =
        Run { costs: execution.costs(), equity: ledger.cash(), ledger, position: None, trader, recorder };
    let mut order = Intent::default();
    let mut i = run.skip(0, wake);
    while i < n {
        let (open, high, low, close) = (bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i]);
        // Open: first what is due for what is held.
        let due = payments.iter().take_while(|p| p.bar < i).count();
        payments = &payments[due..];
        let at_open = payments.iter().take_while(|p| p.bar == i && !p.inside).count();
        payments[..at_open].iter().for_each(|p| run.fund(p));
        payments = &payments[at_open..];
        let held_open = run.position.is_some();
        if order != Intent::default() {
            run.market(&order, i - 1, i, open, bars.close()[i - 1]);
        }
        // Inside.
        let inside = payments.iter().take_while(|p| p.bar == i).count();
        payments[..inside].iter().for_each(|p| run.fund(p));
        payments = &payments[inside..];
        if let Some(p) = &mut run.position {
            let held = held_open && p.entry_bar < i;
            match walk(Path { open, high, low }, p.side, p.stop, p.target, held, execution.intrabar) {
                Some(touch) => {
                    let finer = detail.and_then(|d| look_into(d, i, p, held));
                    run.touched(finer.unwrap_or(touch), i, high, low);
                }
                None => p.see(high, low),
            }
        }
        // Close.
        run.equity = run.ledger.mark(close);
        if let Some(p) = &mut run.position {
            p.trail_to(close);
        }
        let equity = run.equity;
        let view = View { equity, drawdown: run.ledger.drawdown(equity), position: run.position.as_ref() };
        order = run.trader.on_close(i, &view);
        if let (Some(stop), Some(p)) = (order.stop, &mut run.position) {
            p.tighten(stop);
        }
        // The data end after the last decision: it must not know that they do.
        if i + 1 == n && run.position.is_some() {
            run.exit(i, close, ExitReason::End, false, 0.0, None);
            run.equity = run.ledger.mark(close);
        } else if execution.fill == FillRule::Close && i + 1 < n && order != Intent::default() {
            run.market(&order, i, i, close, close);
            order = Intent::default();
            run.equity = run.ledger.mark(close);
        }
        let exposure = if run.equity > 0.0 { run.ledger.units() * close / run.equity } else { 0.0 };
        run.recorder.bar(i, run.equity, exposure, &run.ledger);
        i += 1;
        if run.position.is_none() && order == Intent::default() {
            let wake = run.trader.next_wake(i).min(n);
            i = run.skip(i, wake);
        }
    }
    run.ledger
}

/// What a replay runs over.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// The bars.
    pub bars: &'a Bars,
    /// Finer bars under them, for the policy that looks into a bar.
    pub detail: Option<&'a Detail>,
    /// What positions pay over time.
    pub funding: Option<&'a Funding>,
}

impl<'a> From<&'a Bars> for Market<'a> {
    fn from(bars: &'a Bars) -> Self {
        Self { bars, detail: None, funding: None }
    }
}

/// The order that the finer bars of `bar` reached first. Within one of them the path is the one that hurts.
fn look_into(detail: &Detail, bar: usize, p: &Position, held_open: bool) -> Option<Touch> {
    let at = detail.of(bar);
    let (start, fine) = (at.start, detail.fine());
    at.into_iter().find_map(|k| {
        let path = Path { open: fine.open()[k], high: fine.high()[k], low: fine.low()[k] };
        walk(path, p.side, p.stop, p.target, held_open || k > start, Intrabar::Pessimistic)
    })
}

struct Run<'a, T, R> {
    costs: Costs,
    ledger: Ledger,
    /// Equity at the last close: what sizes are a share of.
    equity: f64,
    position: Option<Position>,
    trader: &'a mut T,
    recorder: &'a mut R,
}

impl<T: Trader, R: Recorder> Run<'_, T, R> {
    fn skip(&mut self, from: usize, to: usize) -> usize {
        if to > from {
            self.recorder.flat(from..to, self.equity);
        }
        to.max(from)
    }

    /// Pays, or receives, the funding of what is held.
    fn fund(&mut self, payment: &Payment) {
        let Some(p) = &mut self.position else { return };
        let amount = p.side * p.units * payment.price * payment.rate;
        p.entry.costs.funding += amount;
        if !p.shadow {
            self.ledger.fund(amount);
        }
    }

    /// Fills the market orders of `signal_bar` in `bar` at `price`; `decided` is the close they were sized at.
    fn market(&mut self, order: &Intent, signal_bar: usize, bar: usize, price: f64, decided: f64) {
        if let (Some(reason), true) = (order.exit, self.position.is_some()) {
            self.exit(bar, price, reason, false, order.exit_slippage_bps, None);
        }
        if let Some(units) = order.resize {
            self.resize(units, bar, price);
        }
        if let (Some(entry), None) = (order.entry, &self.position) {
            self.enter(&entry, signal_bar, bar, price, decided);
        }
    }

    fn enter(&mut self, entry: &Entry, signal_bar: usize, bar: usize, price: f64, decided: f64) {
        let units = entry.size_frac * self.equity / decided;
        if !(units > 0.0 && units.is_finite()) {
            return;
        }
        let side = entry.side;
        let units = if entry.shadow { units } else { self.affordable(units, side, price) };
        if units == 0.0 {
            return;
        }
        let fill = self.costs.fill(price, units, side, false, 0.0);
        if !entry.shadow {
            self.ledger.apply(&fill, units, side);
        }
        let stop = fill.price - side * entry.stop_distance;
        self.position = Some(Position {
            side,
            units,
            entry: fill,
            signal_bar,
            entry_bar: bar,
            stop,
            first_stop: stop,
            target: fill.price + side * entry.target_distance,
            trail: entry.trail_distance,
            size_frac: entry.size_frac,
            stage: entry.stage,
            shadow: entry.shadow,
            worst: fill.price,
            best: fill.price,
            best_close: fill.price,
            trailed: false,
        });
    }

    /// The most of `units` that the account can bear at a market price.
    fn affordable(&mut self, units: f64, side: f64, price: f64) -> f64 {
        let one = self.costs.fill(price, 1.0, side, false, 0.0);
        self.ledger.affordable(units, one.price, one.costs.fee / one.price)
    }

    /// Makes the position one of `units`; what is closed of it is a trade of its own.
    fn resize(&mut self, units: f64, bar: usize, price: f64) {
        let Some(p) = &mut self.position else { return };
        if !(units > 0.0 && units.is_finite()) || units == p.units {
            return;
        }
        let (side, more) = (p.side, units - p.units);
        if more > 0.0 {
            let shadow = p.shadow;
            let more = if shadow { more } else { self.affordable(more, side, price) };
            let Some(p) = self.position.as_mut().filter(|_| more > 0.0) else { return };
            let fill = self.costs.fill(price, more, side, false, 0.0);
            if !p.shadow {
                self.ledger.apply(&fill, more, side);
            }
            p.add(&fill, more);
            return;
        }
        p.see_worst(price);
        p.see_best(price);
        let fill = self.costs.fill(price, -more, -side, false, 0.0);
        if !p.shadow {
            self.ledger.apply(&fill, -more, -side);
        }
        let trade = p.split(-more).close(&fill, bar, ExitReason::Resize);
        self.recorder.trade(&trade);
        self.trader.on_exit(&trade);
    }

    fn touched(&mut self, touch: Touch, bar: usize, high: f64, low: f64) {
        let Some(p) = &mut self.position else { return };
        let adverse = if p.side > 0.0 { low } else { high };
        let reason = match touch.kind {
            TouchKind::Stop if p.trailed => ExitReason::Trail,
            TouchKind::Stop => ExitReason::Stop,
            TouchKind::Target => ExitReason::Target,
        };
        // Which extreme of the exit bar came before the exit is unknown, so only the worse is believed: an adverse
        // one up to the stop, and nothing better than the exit price.
        if !touch.gap && touch.kind == TouchKind::Target {
            let bound = if p.side * (adverse - p.stop) > 0.0 { adverse } else { p.stop };
            p.see_worst(bound);
        }
        self.exit(bar, touch.price, reason, touch.kind == TouchKind::Target, 0.0, Some(touch));
    }

    fn exit(
        &mut self,
        bar: usize,
        price: f64,
        reason: ExitReason,
        limit: bool,
        extra_slippage_bps: f64,
        touch: Option<Touch>,
    ) {
        let Some(mut p) = self.position.take() else { return };
        p.see_worst(price);
        p.see_best(price);
        let fill = self.costs.fill(price, p.units, -p.side, limit, extra_slippage_bps);
        if !p.shadow {
            self.ledger.apply(&fill, p.units, -p.side);
            self.ledger.flat();
        }
        let mut trade = p.close(&fill, bar, reason);
        if let Some(touch) = touch {
            trade.ambiguous = touch.ambiguous;
            trade.gap = touch.gap;
        }
        self.recorder.trade(&trade);
        self.trader.on_exit(&trade);
    }
}
