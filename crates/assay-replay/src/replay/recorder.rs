//! What is kept of a run.

use std::ops::Range;

use super::{AccountId, AccountState, Paper, Rejected, Trade};

/// The account at the close of a step.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Which: the bar, where there is one symbol.
    pub index: usize,
    /// Cash and holdings.
    pub equity: f64,
    /// Worth of what is held over equity, negative for a short.
    pub exposure: f64,
    /// The account.
    pub ledger: &'a AccountState,
}

/// A position held over bars in which nothing else happened.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Their closes.
    pub closes: &'a [f64],
    /// Cash of the account.
    pub cash: f64,
    /// Account currency per unit of price: units held times what one is worth, negative for a short.
    pub worth: f64,
}

impl Held<'_> {
    /// Equity at the `k`-th of these closes.
    #[inline]
    pub fn equity(&self, k: usize) -> f64 {
        self.cash + self.worth * self.closes[k]
    }

    /// Worth of what is held over equity then.
    #[inline]
    pub fn exposure(&self, k: usize) -> f64 {
        let equity = self.equity(k);
        if equity > 0.0 { self.worth * self.closes[k] / equity } else { 0.0 }
    }
}

/// What the account holds of a symbol from an open on, before anything inside the bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldFrom {
    /// The step that opens.
    pub step: usize,
    /// The symbol's place.
    pub symbol: usize,
    /// Units, negative for a short; a shadow position is none of them.
    pub units: f64,
    /// Bar of the fill that opened the position, which tells one position from the next; none where nothing is held.
    pub entry_bar: Option<usize>,
}

/// A step from whose open on other units of a symbol were held than before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionChange {
    /// The step.
    pub step: usize,
    /// The symbol's place.
    pub symbol: usize,
    /// Units from there on, negative for a short.
    pub units: f64,
    /// Whether this is another position than the one before, rather than more or less of it.
    pub fresh: bool,
}

/// Receives a run as it happens, in order.
pub trait Recorder {
    /// What the real account holds of a symbol with a bar now, told twice a step: when the orders of its open have filled,
    /// and after its close for the next open, whose own orders may still change it.
    #[inline]
    fn held_from(&mut self, _: &HeldFrom) {}

    /// A step has closed.
    fn bar(&mut self, step: &Step<'_>);

    /// Nothing was held over these steps: equity stood still.
    fn flat(&mut self, steps: Range<usize>, equity: f64);

    /// The steps from `first` on closed with the same position and nothing else happened.
    fn held(&mut self, first: usize, held: &Held<'_>, ledger: &AccountState) {
        for k in 0..held.closes.len() {
            self.bar(&Step { index: first + k, equity: held.equity(k), exposure: held.exposure(k), ledger });
        }
    }

    /// A trade was closed.
    fn trade(&mut self, trade: &Trade);

    /// A system keeps these paper accounts; said before the first step.
    fn papers(&mut self, _papers: &[Paper]) {}

    /// These steps closed with that equity in the paper account at place `k`.
    fn paper_equity(&mut self, _k: usize, _steps: Range<usize>, _equity: f64) {}

    /// A trade of the paper account at place `k` was closed.
    fn paper_trade(&mut self, _k: usize, _trade: &Trade) {}

    /// An order of a system that trades the whole account was refused.
    fn rejected(&mut self, _account: AccountId, _rejected: &Rejected) {}
}

/// What became of a paper account.
#[derive(Debug, Clone)]
pub struct PaperRun {
    /// The account.
    pub paper: Paper,
    /// Its equity at each close.
    pub equity: Vec<f64>,
    /// Its closed trades in the order of their exits.
    pub trades: Vec<Trade>,
}

/// Keeps everything: equity and exposure of every step, every trade.
#[derive(Debug, Default)]
pub struct FullRecorder {
    /// Equity at each close.
    pub equity: Vec<f64>,
    /// Notional held over equity at each close.
    pub exposure: Vec<f64>,
    /// Closed trades in the order of their exits.
    pub trades: Vec<Trade>,
    /// Paper accounts of a system that keeps some.
    pub papers: Vec<PaperRun>,
    /// Refused orders of a system that trades the whole account.
    pub rejects: Vec<(AccountId, Rejected)>,
    /// From which open on which units were held: nothing before the first. What a level closed inside a bar was held
    /// at its open, and is gone from the next step on.
    pub changes: Vec<PositionChange>,
    /// Units held of each symbol, and the fill that opened them.
    now: Vec<(f64, Option<usize>)>,
}

impl FullRecorder {
    /// A recorder for a history of `bars` bars.
    pub fn new(bars: usize) -> Self {
        Self { equity: Vec::with_capacity(bars), exposure: Vec::with_capacity(bars), ..Self::default() }
    }
}

impl Recorder for FullRecorder {
    #[inline]
    fn held_from(&mut self, from: &HeldFrom) {
        let HeldFrom { step, symbol, units, entry_bar } = *from;
        if symbol >= self.now.len() {
            self.now.resize(symbol + 1, (0.0, None));
        }
        let entry_bar = entry_bar.filter(|_| units != 0.0);
        let before = std::mem::replace(&mut self.now[symbol], (units, entry_bar));
        if before != (units, entry_bar) {
            let fresh = units != 0.0 && before.1 != entry_bar;
            self.changes.push(PositionChange { step, symbol, units, fresh });
        }
    }

    fn bar(&mut self, step: &Step<'_>) {
        self.equity.push(step.equity);
        self.exposure.push(step.exposure);
    }

    fn flat(&mut self, steps: Range<usize>, equity: f64) {
        self.equity.resize(self.equity.len() + steps.len(), equity);
        self.exposure.resize(self.exposure.len() + steps.len(), 0.0);
    }

    fn held(&mut self, _: usize, held: &Held<'_>, _: &AccountState) {
        self.equity.extend((0..held.closes.len()).map(|k| held.equity(k)));
        self.exposure.extend((0..held.closes.len()).map(|k| held.exposure(k)));
    }

    fn trade(&mut self, trade: &Trade) {
        self.trades.push(*trade);
    }

    fn papers(&mut self, papers: &[Paper]) {
        let run = |paper: &Paper| PaperRun { paper: *paper, equity: vec![], trades: vec![] };
        self.papers = papers.iter().map(run).collect();
    }

    fn paper_equity(&mut self, k: usize, steps: Range<usize>, equity: f64) {
        let curve = &mut self.papers[k].equity;
        curve.resize(curve.len() + steps.len(), equity);
    }

    fn paper_trade(&mut self, k: usize, trade: &Trade) {
        self.papers[k].trades.push(*trade);
    }

    fn rejected(&mut self, account: AccountId, rejected: &Rejected) {
        self.rejects.push((account, *rejected));
    }
}
