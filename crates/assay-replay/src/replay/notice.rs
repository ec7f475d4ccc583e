//! What a trader is told of its orders: fills and refusals, each with its reason.

use super::{ExitReason, Trade};
use crate::execution::CostsPaid;

/// Which of the accounts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u8);

impl AccountId {
    /// The account that is measured and judged.
    pub const REAL: Self = Self(0);

    /// The paper account at place `k` of [`Trader::papers`](super::Trader::papers).
    ///
    /// # Panics
    /// For a place beyond the 254th.
    pub fn paper(k: usize) -> Self {
        assert!(k < 255, "Invariant: there are at most 255 paper accounts");
        Self(k as u8 + 1)
    }

    /// Its place among the paper accounts; none for the real one.
    #[inline]
    pub fn paper_index(self) -> Option<usize> {
        usize::from(self.0).checked_sub(1)
    }
}

/// Why an order, or a candidate for one, came to nothing. A system adds reasons of its own by
/// [`Reject::new`] and lists them in its `about`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reject(&'static str);

impl Reject {
    /// Trading was halted by a limit.
    pub const HALTED: Self = Self("halted");
    /// Too soon after a trade.
    pub const COOLDOWN: Self = Self("cooldown");
    /// There were enough positions.
    pub const POSITIONS: Self = Self("max_positions");
    /// Nothing was left of the largest position or exposure.
    pub const EXPOSURE: Self = Self("exposure");
    /// A position much like it was held.
    pub const CORRELATION: Self = Self("correlation");
    /// A rule above the system closed or halved everything at this close.
    pub const RULE: Self = Self("rule");
    /// A position of the symbol was held, or on its way.
    pub const POSITION_OPEN: Self = Self("position_open");
    /// The symbol had no bar at this instant, so that no price was known to size by.
    pub const NO_BAR: Self = Self("no_bar");
    /// The account could bear none of it.
    pub const MEANS: Self = Self("no_means");
    /// A short of a spot account.
    pub const SPOT_SHORT: Self = Self("spot_short");
    /// Less than a lot, or than the least notional.
    pub const TOO_SMALL: Self = Self("too_small");
    /// A resting order whose time was over.
    pub const EXPIRED: Self = Self("expired");
    /// The data ended before it could fill.
    pub const END: Self = Self("end");
    /// Nobody decides after an emergency stop.
    pub const STOPPED: Self = Self("stopped");
    /// The stage of exposure leaves no more than is held.
    pub const STAGE: Self = Self("stage");
    /// The position that the rest of a market order belonged to was closed.
    pub const POSITION_CLOSED: Self = Self("position_closed");
    /// The distance of its stop, target or trail was not known at the close that wanted it.
    pub const NO_DISTANCE: Self = Self("no_distance");

    /// Those of the program.
    pub const ALL: [Self; 17] = [
        Self::HALTED,
        Self::COOLDOWN,
        Self::POSITIONS,
        Self::EXPOSURE,
        Self::CORRELATION,
        Self::RULE,
        Self::POSITION_OPEN,
        Self::NO_BAR,
        Self::MEANS,
        Self::SPOT_SHORT,
        Self::TOO_SMALL,
        Self::EXPIRED,
        Self::END,
        Self::STOPPED,
        Self::STAGE,
        Self::POSITION_CLOSED,
        Self::NO_DISTANCE,
    ];

    /// A reason of a system: lower-case letters, digits and underscores.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name in tables.
    #[inline]
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// What a fill did to the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It opened one.
    Opened,
    /// It made it larger.
    Enlarged,
    /// It closed a part, and why.
    Reduced(ExitReason),
    /// It closed what was left, and why.
    Closed(ExitReason),
}

/// An order, or a part of one, was carried out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filled {
    /// The symbol.
    pub symbol: usize,
    /// Its bar.
    pub bar: usize,
    /// Number of the order at the exchange; 0 for what was decided at a close, and for stops and targets.
    pub order: u32,
    /// +1 bought, -1 sold.
    pub side: f64,
    /// Units.
    pub units: f64,
    /// Price, spread and slippage included.
    pub price: f64,
    /// What the fill cost.
    pub costs: CostsPaid,
    /// What it did to the position.
    pub effect: Effect,
}

/// An order, or a part of one, was not carried out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rejected {
    /// The step in which it was refused, whether or not the symbol has a bar in it.
    pub step: usize,
    /// The symbol.
    pub symbol: usize,
    /// Its bar: the one at whose close it was refused, or in which it could not be filled; the newest, or its first,
    /// where it has none in this step.
    pub bar: usize,
    /// Number of the order at the exchange; 0 for what was decided at a close.
    pub order: u32,
    /// +1 to buy, -1 to sell.
    pub side: f64,
    /// Units that were asked for and refused, whatever a stage of exposure would have left of them; NaN where none had
    /// been worked out yet.
    pub units: f64,
    /// Why.
    pub reason: Reject,
}

/// Something a trader is told of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Notice {
    /// A fill.
    Filled(Filled),
    /// A refusal.
    Rejected(Rejected),
}

/// What a phase of a bar brought about, until it is told.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Trades that were closed.
    pub trades: Vec<Trade>,
    /// Fills and refusals, where somebody wants to know.
    pub notices: Vec<Notice>,
    pub keep: bool,
}

impl Outcome {
    pub fn keeping(keep: bool) -> Self {
        Self { keep, ..Self::default() }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.trades.is_empty() && self.notices.is_empty()
    }

    #[inline]
    pub fn filled(&mut self, notice: impl FnOnce() -> Filled) {
        if self.keep {
            self.notices.push(Notice::Filled(notice()));
        }
    }

    #[inline]
    pub fn rejected(&mut self, notice: impl FnOnce() -> Rejected) {
        if self.keep {
            self.notices.push(Notice::Rejected(notice()));
        }
    }

    pub fn append(&mut self, other: &mut Self) {
        self.trades.append(&mut other.trades);
        self.notices.append(&mut other.notices);
    }
}
