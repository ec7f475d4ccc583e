//! A run measured as it happens: nothing of the length of the history is kept.

use std::ops::Range;

use super::{AccountState, Clock, Held, Recorder, Step, Trade};
use crate::market::Calendar;
use assay_metrics::{DailyEquity, EquityStats, TradeColumns, TradeStats, day_of_close};

/// Measures a run with one number a day and six a trade, by the same functions as the full tables: the figures are the same bits.
#[derive(Debug)]
pub struct SummaryRecorder<'a> {
    clock: &'a Clock,
    first: usize,
    start_ms: i64,
    daily: DailyEquity,
    pnl: Vec<f64>,
    return_frac: Vec<f64>,
    r_multiple: Vec<f64>,
    bars_held: Vec<u32>,
    mae: Vec<f64>,
    mfe: Vec<f64>,
    /// Symbol and signal bar of each trade.
    signals: Vec<(u16, u32)>,
    /// Equity before the first step and at the close of each; empty where it is not asked for.
    curve: Vec<f64>,
    /// Trades whose exit bar reached both stop and target, or whose path decided otherwise.
    pub ambiguous: usize,
    held: usize,
    steps: usize,
}

impl<'a> SummaryRecorder<'a> {
    /// A recorder of steps from `first` on, with `equity` before them.
    pub fn new(clock: &'a Clock, first: usize, equity: f64) -> Self {
        Self {
            clock,
            first,
            start_ms: if first < clock.len() { clock.time(first) } else { 0 },
            daily: DailyEquity::new(equity),
            pnl: vec![],
            return_frac: vec![],
            r_multiple: vec![],
            bars_held: vec![],
            mae: vec![],
            mfe: vec![],
            signals: vec![],
            curve: vec![],
            ambiguous: 0,
            held: 0,
            steps: 0,
        }
    }

    /// The first step that counts.
    #[inline]
    pub fn first(&self) -> usize {
        self.first
    }

    /// The same in a market of `calendar`.
    #[must_use]
    #[inline]
    pub fn by(self, calendar: Calendar) -> Self {
        Self { daily: self.daily.by(calendar), ..self }
    }

    /// The same, which also keeps the equity of every step: what regimes are measured by.
    #[must_use]
    #[inline]
    pub fn with_curve(mut self) -> Self {
        self.curve.reserve(self.clock.len().saturating_sub(self.first) + 1);
        self.curve.push(self.daily.start_equity);
        self
    }

    /// Forgets a run, and keeps the memory for the next.
    #[inline]
    pub fn clear(&mut self) {
        self.daily.clear();
        for column in
            [&mut self.pnl, &mut self.return_frac, &mut self.r_multiple, &mut self.mae, &mut self.mfe]
        {
            column.clear();
        }
        self.bars_held.clear();
        self.signals.clear();
        self.curve.truncate(1);
        (self.ambiguous, self.held, self.steps) = (0, 0, 0);
    }

    /// The daily curve, its start first: of every day, or of sessions where the market is not open every day.
    #[inline]
    pub fn daily_curve(&self, days_per_year: f64) -> Vec<f64> {
        self.daily.counted(days_per_year)
    }

    /// Performance on the daily curve.
    #[inline]
    pub fn performance(&self, days_per_year: f64) -> EquityStats {
        EquityStats::of(&self.daily_curve(days_per_year), days_per_year)
    }

    /// Closed trades that moved the account.
    #[inline]
    pub fn trades(&self) -> TradeStats {
        TradeStats::of(&self.columns())
    }

    /// The same as columns.
    #[inline]
    pub fn columns(&self) -> TradeColumns<'_> {
        TradeColumns {
            pnl: &self.pnl,
            return_frac: &self.return_frac,
            r_multiple: &self.r_multiple,
            bars_held: &self.bars_held,
            mae: &self.mae,
            mfe: &self.mfe,
        }
    }

    /// Symbol and signal bar of each of these trades.
    #[inline]
    pub fn signals(&self) -> &[(u16, u32)] {
        &self.signals
    }

    /// Equity before the first step and at the close of each, where asked for.
    #[inline]
    pub fn curve(&self) -> &[f64] {
        &self.curve
    }

    /// The last step before `end` that closes on the day that `step` does.
    #[inline]
    fn last_of_day(&self, step: usize, end: usize) -> usize {
        if let Some(last) = self.clock.last_of_day(step) {
            return last.min(end - 1);
        }
        const DAY_MS: i64 = 86_400_000;
        let over = (day_of_close(self.clock.close_time(step)) + 1) * DAY_MS;
        // Without gaps it is that many bars away; gaps bring it nearer.
        let most = ((over - self.clock.close_time(step)) / self.clock.length_ms()) as usize;
        let mut last = (step + most).min(end - 1);
        while self.clock.close_time(last) > over {
            last -= 1;
        }
        last
    }

    /// Share of steps with a position.
    #[inline]
    pub fn exposure(&self) -> f64 {
        self.held as f64 / self.steps as f64
    }
}

impl Recorder for SummaryRecorder<'_> {
    #[inline]
    fn bar(&mut self, step: &Step<'_>) {
        if step.index >= self.first {
            self.steps += 1;
            self.held += usize::from(step.exposure != 0.0);
            self.daily.mark(self.clock.close_time(step.index), step.equity, self.start_ms);
            if !self.curve.is_empty() {
                self.curve.push(step.equity);
            }
        }
    }

    #[inline]
    fn flat(&mut self, steps: Range<usize>, equity: f64) {
        let mut t = steps.start.max(self.first);
        let n = steps.end.saturating_sub(t);
        self.steps += n;
        if !self.curve.is_empty() {
            self.curve.resize(self.curve.len() + n, equity);
        }
        while t < steps.end {
            let last = self.last_of_day(t, steps.end);
            self.daily.mark(self.clock.close_time(last), equity, self.start_ms);
            t = last + 1;
        }
    }

    #[inline]
    fn held(&mut self, first: usize, held: &Held<'_>, _: &AccountState) {
        let end = first + held.closes.len();
        let mut t = first.max(self.first);
        self.steps += end.saturating_sub(t);
        self.held += end.saturating_sub(t);
        if !self.curve.is_empty() {
            self.curve.extend((t - first..held.closes.len()).map(|k| held.equity(k)));
        }
        while t < end {
            // The last close of each day is the day's.
            let last = self.last_of_day(t, end);
            self.daily.mark(self.clock.close_time(last), held.equity(last - first), self.start_ms);
            t = last + 1;
        }
    }

    #[inline]
    fn trade(&mut self, t: &Trade) {
        if t.shadow {
            return;
        }
        self.pnl.push(t.pnl);
        self.return_frac.push(t.return_frac);
        self.r_multiple.push(t.r_multiple);
        self.bars_held.push((t.exit_bar - t.entry_bar + 1) as u32);
        self.mae.push(t.mae);
        self.mfe.push(t.mfe);
        self.signals.push((t.symbol, t.signal_bar as u32));
        self.ambiguous += usize::from(t.ambiguous);
    }
}
