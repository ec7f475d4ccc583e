//! What the loop asks of a system, bar by bar.

use super::{ExitReason, Position, Trade};

/// The account and position as a trader sees them at a close.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Equity marked at this close.
    pub equity: f64,
    /// Loss from the highest equity so far, positive fraction.
    pub drawdown: f64,
    /// The open position, if any.
    pub position: Option<&'a Position>,
}

/// An order to open a position at the next open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// +1 buys, -1 sells.
    pub side: f64,
    /// Share of equity to put in; the units follow from this close's price.
    pub size_frac: f64,
    /// Distance of the stop from the fill, price; infinite for none.
    pub stop_distance: f64,
    /// Distance of the target from the fill, price; infinite for none.
    pub target_distance: f64,
    /// Distance the stop trails behind the best close, price; infinite for none.
    pub trail_distance: f64,
    /// Stage of exposure, for the record.
    pub stage: u8,
    /// Only pretend.
    pub shadow: bool,
}

/// What a trader wants done at the next open.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Intent {
    /// Close the position, and why.
    pub exit: Option<ExitReason>,
    /// Open a position, once none is held.
    pub entry: Option<Entry>,
    /// Hold this many units of the position there is; its side, stop and target stay.
    pub resize: Option<f64>,
    /// Move the stop here (only towards the price), from the next bar on.
    pub stop: Option<f64>,
    /// Slippage of the exit beyond the ordinary, basis points.
    pub exit_slippage_bps: f64,
}

/// A system as the loop drives it. It sees a bar only at its close, and acts at the next open.
pub trait Trader {
    /// The first bar at or after `from` whose close a flat trader must see; bars before it are skipped.
    fn next_wake(&mut self, from: usize) -> usize;

    /// Decides at the close of `bar`. While a position is open it is called at every close.
    fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent;

    /// Learns of a closed trade, before the close of the bar that closed it.
    fn on_exit(&mut self, trade: &Trade);
}
