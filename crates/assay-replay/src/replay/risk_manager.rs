//! Limits above the systems: what may be opened, and when everything is closed. They see what has happened up to a close and
//! act at the next open.

use std::collections::VecDeque;

use super::notice::Reject;
use super::path_value::PathValue;
use super::symbol_state::SymbolState;
use super::{Entry, ExitReason, Intent, Trade};
use crate::execution::{Level, Order};
use crate::market::{Bars, format_time};
use crate::risk::{CooldownScope, Event, FlashAction, LimitAction, Limits};

const MINUTE_MS: f64 = 60_000.0;
const DAY_MS: i64 = 86_400_000;

/// What the limits did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Refusals {
    /// Entries refused while trading was halted.
    pub halted: usize,
    /// Entries refused by a cooldown.
    pub cooldown: usize,
    /// Entries refused because there were enough positions.
    pub positions: usize,
    /// Entries refused because a position much like it was held.
    pub correlation: usize,
    /// Orders cut to the largest position or exposure.
    pub cut: usize,
    /// Entries and larger positions dropped while nobody decided, after an emergency stop.
    #[serde(skip_serializing_if = "is_zero")]
    pub stopped: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// What the rules want of every symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum RiskAction {
    Close(ExitReason),
    Halve,
}

/// The limits at work.
#[derive(Debug)]
pub struct RiskManager {
    limits: Limits,
    kill_at_ms: Option<i64>,
    peak: f64,
    equity: f64,
    day: i64,
    day_start: f64,
    /// Nothing is opened at closes before it.
    halted_until_ms: i64,
    /// Time at which trading begins again after a drawdown.
    restart_at_ms: Option<i64>,
    stopped: bool,
    daily_hit: bool,
    last_close_ms: Vec<i64>,
    last_loss_ms: Vec<i64>,
    losses_in_row: usize,
    /// Equity along paths within the window, and the times.
    samples: VecDeque<(i64, f64)>,
    flash_rested_ms: i64,
    flash_now: bool,
    /// Whether everything is closed at this close.
    closed_now: bool,
    /// Whether trading was halted at the last close that was looked at.
    was_halted: bool,
    /// What the rules did.
    pub events: Vec<Event>,
    /// How often.
    pub refusals: Refusals,
}

impl RiskManager {
    /// The limits of an account of `equity` over `symbols` symbols.
    pub fn new(limits: &Limits, equity: f64, symbols: usize) -> Self {
        Self {
            limits: limits.clone(),
            kill_at_ms: limits.kill_at_ms(),
            peak: equity,
            equity,
            day: i64::MIN,
            day_start: equity,
            halted_until_ms: i64::MIN,
            restart_at_ms: None,
            stopped: false,
            daily_hit: false,
            last_close_ms: vec![i64::MIN / 2; symbols],
            last_loss_ms: vec![i64::MIN / 2; symbols],
            losses_in_row: 0,
            samples: VecDeque::new(),
            flash_rested_ms: i64::MIN,
            flash_now: false,
            closed_now: false,
            was_halted: false,
            events: vec![],
            refusals: Refusals::default(),
        }
    }

    #[inline]
    pub(super) fn exit_slippage_bps(&self) -> f64 {
        self.limits.exit_slippage_bps
    }

    #[inline]
    pub(super) fn watches_paths(&self) -> bool {
        self.limits.flash_drop > 0.0
    }

    #[inline]
    fn event(&mut self, step: usize, time_ms: i64, kind: &str, detail: String) {
        self.events.push(Event { bar: step, time_ms, kind: kind.to_owned(), detail });
    }

    /// Learns of a trade closed in a bar that ends at `time_ms`.
    #[inline]
    pub(super) fn closed(&mut self, trade: &Trade, time_ms: i64) {
        if trade.shadow {
            return;
        }
        let k = usize::from(trade.symbol);
        let lost = trade.pnl < 0.0;
        self.last_close_ms[k] = time_ms;
        if lost {
            self.last_loss_ms[k] = time_ms;
            self.losses_in_row += 1;
        } else {
            self.losses_in_row = 0;
        }
    }

    /// Looks at the account at a close; says what the rules want done at the next open.
    pub(super) fn at_close(&mut self, step: usize, time_ms: i64, equity: f64) -> Option<RiskAction> {
        let before = self.equity;
        self.equity = equity;
        let mut act = None;
        // A close at midnight is the end of the day before.
        let day = (time_ms - 1).div_euclid(DAY_MS);
        if day != self.day {
            self.day = day;
            self.day_start = before;
            self.daily_hit = false;
        }
        if self.restart_at_ms.is_some_and(|t| time_ms >= t) {
            self.restart_at_ms = None;
            self.stopped = false;
            self.peak = equity;
            self.event(step, time_ms, "restart", format!("trading again with {equity:.2}"));
        }
        self.peak = self.peak.max(equity);
        let l = &self.limits;
        let next_day = (day + 1) * DAY_MS;
        if std::mem::take(&mut self.flash_now) {
            match l.flash_action {
                FlashAction::Note | FlashAction::Halt => {}
                FlashAction::Reduce => act = Some(RiskAction::Halve),
                FlashAction::Flatten => act = Some(RiskAction::Close(ExitReason::FLASH_CRASH)),
            }
        }
        if l.max_losses_in_row > 0 && self.losses_in_row >= l.max_losses_in_row {
            let n = std::mem::take(&mut self.losses_in_row);
            self.halted_until_ms = self.halted_until_ms.max(next_day);
            let until = format_time(next_day);
            self.event(
                step,
                time_ms,
                "losses_in_row",
                format!("{n} losing trades: nothing is opened before {until}"),
            );
        }
        let l = &self.limits;
        let lost = 1.0 - equity / self.day_start;
        if l.daily_loss > 0.0 && !self.daily_hit && lost >= l.daily_loss {
            self.daily_hit = true;
            self.halted_until_ms = self.halted_until_ms.max(next_day);
            let flatten = l.daily_loss_action == LimitAction::Flatten;
            if flatten {
                act = Some(RiskAction::Close(ExitReason::DAILY_LOSS));
            }
            let what = if flatten { "everything is closed, " } else { "" };
            let text = format!(
                "{:.2} % below {:.2}, the equity at the start of the day: {what}nothing is opened before {}",
                100.0 * lost,
                self.day_start,
                format_time(next_day)
            );
            self.event(step, time_ms, "daily_loss", text);
        }
        let l = &self.limits;
        let drawdown = 1.0 - equity / self.peak;
        if l.max_drawdown > 0.0 && !self.stopped && drawdown > l.max_drawdown {
            self.stopped = true;
            if l.restart_after_hours > 0.0 {
                self.restart_at_ms = Some(time_ms + (l.restart_after_hours * 60.0 * MINUTE_MS) as i64);
            }
            if l.drawdown_action == LimitAction::Flatten {
                act = Some(RiskAction::Close(ExitReason::DRAWDOWN));
            }
            let text = format!("{:.2} % below the highest equity {:.2}", 100.0 * drawdown, self.peak);
            self.event(step, time_ms, "max_drawdown", text);
        }
        if self.kill_at_ms.is_some_and(|t| time_ms >= t) {
            self.kill_at_ms = None;
            self.stopped = true;
            self.restart_at_ms = None;
            act = Some(RiskAction::Close(ExitReason::KILL));
            self.event(
                step,
                time_ms,
                "kill_switch",
                format!("thrown with {equity:.2}: everything is closed"),
            );
        }
        self.closed_now = matches!(act, Some(RiskAction::Close(_)));
        act
    }

    /// What of a decision at the close of `bar` of symbol `k` the limits leave, and which of them refused the rest: slots first,
    /// then exposure, then correlation.
    pub(super) fn admit(
        &mut self,
        k: usize,
        bar: usize,
        mut intent: Intent,
        equity: f64,
        slots: &[SymbolState<'_>],
    ) -> (Intent, Option<Reject>) {
        let slot = &slots[k];
        let now = slot.market.bars.close_time(bar);
        let close = slot.market.bars.close()[bar];
        let unit = close * slot.at.terms.contract_size * slot.hold.fx;
        // What it changes: the position, or the entry on its way.
        let held = slot.coming().map(|(_, units)| units).or(slot.hold.position.as_ref().map(|p| p.units));
        let grows = intent.resize.zip(held).is_some_and(|(units, held)| units > held);
        if intent.entry.is_none() && !grows {
            return (intent, None);
        }
        if self.halted(now) {
            self.refusals.halted += 1;
            return (without_entry(intent, grows), Some(Reject::HALTED));
        }
        if self.cooling(k, now) {
            self.refusals.cooldown += 1;
            return (without_entry(intent, grows), Some(Reject::COOLDOWN));
        }
        let others = || slots.iter().enumerate().filter(|(j, _)| *j != k).map(|(_, s)| s);
        let engaged = others().filter(|s| s.is_engaged()).count();
        if self.limits.max_positions > 0 && !grows && engaged >= self.limits.max_positions {
            self.refusals.positions += 1;
            return (without_entry(intent, grows), Some(Reject::POSITIONS));
        }
        if let (Some(e), true) = (&mut intent.entry, self.limits.widen_stops) {
            let atr =
                slot.market.rows.and_then(|r| r.atr.as_ref()?.get(bar + 1).copied()).unwrap_or(f64::NAN);
            let wider = self.limits.widening(atr);
            if let (Level::Distance(d) | Level::Share(d), true) = (&mut e.bracket.stop, wider > 1.0) {
                *d *= wider;
                e.size_frac /= wider;
            }
        }
        // Maximum notional as a multiple of equity.
        let mut cap = f64::INFINITY;
        if self.limits.max_position > 0.0 {
            cap = self.limits.max_position;
        }
        if self.limits.max_exposure > 0.0 {
            let gross: f64 = others().map(|s| s.engaged_gross()).sum();
            cap = cap.min((self.limits.max_exposure - gross / equity).max(0.0));
        }
        if cap == 0.0 && intent.entry.is_some_and(|e| e.size_frac > 0.0) {
            self.refusals.cut += 1;
            return (Intent { entry: None, ..intent }, Some(Reject::EXPOSURE));
        }
        if let (Some(e), true) = (intent.entry, self.limits.max_correlation > 0.0)
            && others().any(|s| self.alike(slot.market.bars, bar, e.side, s))
        {
            self.refusals.correlation += 1;
            return (without_entry(intent, grows), Some(Reject::CORRELATION));
        }
        if let Some(e) = intent.entry.as_mut().filter(|e| e.size_frac > cap * (1.0 + 1e-12)) {
            e.size_frac = cap;
            self.refusals.cut += 1;
        }
        let mut refused = None;
        if let (Some(units), Some(held)) = (intent.resize.as_mut(), held) {
            let most = (cap * equity / unit).max(held);
            if *units > most {
                *units = most;
                self.refusals.cut += 1;
                refused = (most == held).then_some(Reject::EXPOSURE);
            }
        }
        (intent, refused)
    }

    /// Whether a halt is over at this close, the first that is not in it.
    pub(super) fn resumes(&mut self, now: i64) -> bool {
        // What is closed at a close that ends its halt as well is no reason to stay out.
        let closed = std::mem::take(&mut self.closed_now);
        let halted = self.halted(now) || closed;
        std::mem::replace(&mut self.was_halted, halted) && !halted
    }

    /// Whether trading was halted at the last close.
    pub(super) fn was_halted(&self) -> bool {
        self.was_halted
    }

    /// Whether nothing may be opened at a close at `now`.
    #[inline]
    pub(super) fn halted(&self, now: i64) -> bool {
        self.stopped || now < self.halted_until_ms
    }

    /// Refuses an order sent at the close of `bar` of symbol `k` that may not rest; its units are cut to the largest position.
    pub(super) fn admits(
        &mut self,
        k: usize,
        bar: usize,
        order: &mut Order,
        equity: f64,
        slots: &[SymbolState<'_>],
    ) -> Result<(), Reject> {
        let unit = slots[k].hold.price * slots[k].at.terms.contract_size * slots[k].hold.fx;
        let entry = Entry {
            side: order.side,
            size_frac: order.units * order.entry.scale * unit / equity,
            bracket: order.bracket,
        };
        let asked = Intent { entry: Some(entry), ..Intent::default() };
        let (left, refused) = self.admit(k, bar, asked, equity, slots);
        let Some(left) = left.entry else { return Err(refused.unwrap_or(Reject::EXPOSURE)) };
        if left.size_frac < entry.size_frac {
            order.units = left.size_frac * equity / unit / order.entry.scale;
        }
        order.bracket = left.bracket;
        Ok(())
    }

    #[inline]
    fn cooling(&self, k: usize, now: i64) -> bool {
        let last = |times: &[i64]| match self.limits.cooldown_scope {
            CooldownScope::Symbol => times[k],
            CooldownScope::Account => times.iter().copied().max().unwrap_or(i64::MIN / 2),
        };
        let within = |minutes: f64, t: i64| minutes > 0.0 && ((now - t) as f64) < minutes * MINUTE_MS;
        within(self.limits.cooldown_minutes, last(&self.last_close_ms))
            || within(self.limits.loss_cooldown_minutes, last(&self.last_loss_ms))
    }

    /// Whether `other` holds, or is about to, what moves like `bars` on this side.
    #[inline]
    fn alike(&self, bars: &Bars, bar: usize, side: f64, other: &SymbolState<'_>) -> bool {
        let Some(theirs) = other.engaged_side() else { return false };
        let rho = correlation(bars, bar, other.market.bars, self.limits.correlation_bars);
        rho.is_some_and(|r| r * side * theirs >= self.limits.max_correlation)
    }

    /// Samples equity along the paths of the bar that opened at `open_ms`, with what was held in it.
    pub(super) fn along_the_bar(&mut self, step: usize, open_ms: i64, cash: f64, slots: &[SymbolState<'_>]) {
        let held: Vec<PathValue> = slots.iter().filter_map(SymbolState::path_value).collect();
        let still: f64 = slots.iter().filter(|s| s.path_value().is_none()).map(SymbolState::value).sum();
        let base = cash + still;
        let window = (self.limits.flash_window_s * 1000.0) as i64;
        let bound = |pick: fn(&PathValue) -> f64| base + held.iter().map(pick).sum::<f64>();
        let (lowest, highest) = (bound(PathValue::least), bound(PathValue::most));
        while self.samples.front().is_some_and(|(t, _)| *t < open_ms - window) {
            self.samples.pop_front();
        }
        let before = self.samples.iter().map(|s| s.1).fold(highest, f64::max);
        let keep = 1.0 - self.limits.flash_drop;
        let length = slots.first().map_or(0, |s| s.market.bars.timeframe().ms());
        if lowest > keep * before {
            // No sample of this bar could be that far below another.
            let end = base + held.iter().map(|p| p.at(1.0)).sum::<f64>();
            self.samples.push_back((open_ms + length, end));
            return;
        }
        let sample_ms = (self.limits.flash_sample_s * 1000.0).max(1.0);
        let samples = (length as f64 / sample_ms).ceil() as usize;
        for k in 0..=samples {
            let share = (k as f64 * sample_ms / length as f64).min(1.0);
            let time = open_ms + (share * length as f64) as i64;
            let equity = base + held.iter().map(|p| p.at(share)).sum::<f64>();
            while self.samples.front().is_some_and(|(t, _)| *t < time - window) {
                self.samples.pop_front();
            }
            let top = self.samples.iter().map(|s| s.1).fold(f64::NEG_INFINITY, f64::max);
            self.samples.push_back((time, equity));
            if top > 0.0 && equity <= keep * top && time >= self.flash_rested_ms {
                self.flash_rested_ms = time + 60_000;
                self.flash_now = true;
                if self.limits.flash_action != FlashAction::Note {
                    let until = time + (self.limits.flash_halt_minutes * MINUTE_MS) as i64;
                    self.halted_until_ms = self.halted_until_ms.max(until);
                }
                let text = format!(
                    "equity {:.2} is {:.2} % below {top:.2} within {} s",
                    equity,
                    100.0 * (1.0 - equity / top),
                    self.limits.flash_window_s
                );
                self.event(step, time, "flash_crash", text);
            }
        }
    }
}

/// An intent with nothing that opens or enlarges.
#[inline]
fn without_entry(intent: Intent, grows: bool) -> Intent {
    Intent { entry: None, resize: intent.resize.filter(|_| !grows), ..intent }
}

/// Correlation of log returns over the last `bars` bars that both histories have, up to the close of `bar` of `a`; none for fewer than 30, or
/// where one stands still.
fn correlation(a: &Bars, bar: usize, b: &Bars, bars: usize) -> Option<f64> {
    let (ta, tb) = (a.open_time(), b.open_time());
    let (ca, cb) = (a.close(), b.close());
    let mut j = tb.partition_point(|t| *t <= ta[bar]);
    let mut pairs: Vec<(f64, f64)> = Vec::with_capacity(bars + 1);
    let mut i = bar + 1;
    while i > 0 && j > 0 && pairs.len() <= bars {
        match ta[i - 1].cmp(&tb[j - 1]) {
            std::cmp::Ordering::Greater => i -= 1,
            std::cmp::Ordering::Less => j -= 1,
            std::cmp::Ordering::Equal => {
                i -= 1;
                j -= 1;
                pairs.push((ca[i].ln(), cb[j].ln()));
            }
        }
    }
    if pairs.len() < 31 {
        return None;
    }
    let returns: Vec<(f64, f64)> = pairs.windows(2).map(|w| (w[0].0 - w[1].0, w[0].1 - w[1].1)).collect();
    let n = returns.len() as f64;
    let (mx, my) = returns.iter().fold((0.0, 0.0), |(x, y), r| (x + r.0 / n, y + r.1 / n));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in &returns {
        xx += (x - mx) * (x - mx);
        yy += (y - my) * (y - my);
        xy += (x - mx) * (y - my);
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}
