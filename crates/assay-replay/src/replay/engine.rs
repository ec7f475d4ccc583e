//! The loop itself.

use super::clock::Clock;
use super::guard::{Act, Guard};
use super::holding::{Carry, Exit, Opening};
use super::ledger::Ledger;
use super::market::Market;
use super::slot::{Pending, Slot};
use super::{Allocation, ExitReason, Held, Intent, Recorder, Tick, Trader, View};
use crate::execution::{EntryOrder, EntryTag, Execution, Expiry, FillRule, Kind, Order, Role, round_to};

/// Replays `trader` over one symbol from bar `first` on with the account `ledger`; returns it as it is at the end.
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
    let markets = [market.into()];
    let clock = Clock::of(&markets);
    replay_all(&markets, &clock, &[first], execution, ledger, None, std::slice::from_mut(trader), recorder)
}

/// Replays one trader a symbol over many symbols that share an account, on the union of their bars; `first` is the first bar of each
/// that its trader may decide at. `guard` has the limits above them.
#[expect(clippy::too_many_arguments, reason = "each is one thing that a replay is made of")]
pub fn replay_all<T: Trader, R: Recorder>(
    markets: &[Market<'_>],
    clock: &Clock,
    first: &[usize],
    execution: &Execution,
    ledger: Ledger,
    guard: Option<&mut Guard>,
    traders: &mut [T],
    recorder: &mut R,
) -> Ledger {
    let slots: Vec<Slot<'_>> = markets
        .iter()
        .zip(first)
        .enumerate()
        .map(|(k, (m, first))| Slot::new(k as u16, *m, *first, execution, &ledger))
        .collect();
    let many = slots.len() > 1;
    let mut run = Run {
        execution,
        equity: ledger.cash(),
        ledger,
        guard,
        slots,
        traders,
        recorder,
        many,
        month: Month::new(execution),
        exits: vec![],
    };
    let n = clock.len();
    let mut tick = run.skip(0, clock);
    while tick < n {
        run.tick(tick, clock);
        tick += 1;
        if run.idle() {
            tick = run.skip(tick, clock);
        } else if !run.many {
            tick = run.cruise(tick);
        }
    }
    run.ledger
}

struct Run<'a, 'm, T, R> {
    execution: &'a Execution,
    ledger: Ledger,
    guard: Option<&'a mut Guard>,
    /// Equity at the last close: what sizes are a share of.
    equity: f64,
    slots: Vec<Slot<'m>>,
    traders: &'a mut [T],
    recorder: &'a mut R,
    many: bool,
    month: Month,
    /// Trades closed in the present phase, and whose they are.
    exits: Vec<super::Trade>,
}

/// What was traded on each of the last 30 days, for the tiers of fees.
struct Month {
    days: [f64; 30],
    day: i64,
    before: f64,
    tiered: bool,
}

impl Month {
    fn new(execution: &Execution) -> Self {
        Self { days: [0.0; 30], day: i64::MIN, before: 0.0, tiered: !execution.tier.is_empty() }
    }

    /// Takes note of the present day; `traded` is the account's total. Returns what was traded in 30 days.
    fn traded(&mut self, time_ms: i64, traded: f64) -> f64 {
        let day = time_ms.div_euclid(86_400_000);
        let slot = |d: i64| d.rem_euclid(30) as usize;
        if self.day == i64::MIN {
            self.day = day;
        }
        self.days[slot(self.day)] += traded - self.before;
        self.before = traded;
        let passed = (day - self.day).clamp(0, 30);
        for k in 1..=passed {
            self.days[slot(self.day + k)] = 0.0;
        }
        self.day = self.day.max(day);
        self.days.iter().sum()
    }
}

impl<T: Trader, R: Recorder> Run<'_, '_, T, R> {
    /// Whether nothing is held, ordered or due.
    fn idle(&self) -> bool {
        self.slots.iter().all(Slot::idle)
    }

    /// The next tick that anyone must see; those before it are recorded as flat.
    fn skip(&mut self, from: usize, clock: &Clock) -> usize {
        let mut to = clock.len();
        for (k, (slot, trader)) in self.slots.iter_mut().zip(self.traders.iter_mut()).enumerate() {
            let bar = trader.next_wake(slot.next.max(slot.first));
            to = to.min(clock.tick_of(k, bar));
        }
        let to = to.max(from);
        if to > from {
            self.recorder.flat(from..to, self.equity);
            for (k, slot) in self.slots.iter_mut().enumerate() {
                slot.skip_to(clock.bar_at(k, to));
            }
        }
        to
    }

    /// Runs through bars in which a position is held and nothing else happens: no order, no payment, no level reached, no decision. Returns
    /// the first that is not one of these.
    fn cruise(&mut self, tick: usize) -> usize {
        if self.guard.is_some() || self.ledger.borrow_rate > 0.0 || self.month.tiered {
            return tick;
        }
        let (slot, trader) = (&mut self.slots[0], &mut self.traders[0]);
        // Bars of a single symbol are the ticks.
        debug_assert_eq!(slot.next, tick);
        let until = trader.next_look(tick).min(slot.quiet_until());
        if until <= tick {
            return tick;
        }
        let end = slot.cruise(until, &mut self.ledger);
        if end > tick {
            let held = Held {
                closes: &slot.market.bars.close()[tick..end],
                cash: self.ledger.cash(),
                worth: slot.units_worth(),
            };
            self.recorder.held(tick, &held, &self.ledger);
            self.equity = held.equity(end - 1 - tick);
        }
        end
    }

    fn tick(&mut self, tick: usize, clock: &Clock) {
        let time = clock.time(tick);
        let fees = if self.month.tiered {
            Some(self.execution.fees_after(self.month.traded(time, self.ledger.traded_notional())))
        } else {
            None
        };
        for (k, slot) in self.slots.iter_mut().enumerate() {
            slot.active = clock.bar_at(k, tick) < clock.bar_at(k, tick + 1);
            if slot.active {
                slot.open(self.execution, fees);
            }
        }
        self.at_open();
        self.inside(tick, time);
        self.at_close(tick, clock);
    }

    /// Value, worth without sign and maintenance of what the other symbols hold, as the fills of `k` must know them.
    fn surround(&mut self, k: usize) {
        if !self.many {
            return;
        }
        let (mut value, mut gross, mut maintenance) = (0.0, 0.0, 0.0);
        for (j, s) in self.slots.iter().enumerate() {
            if j != k && s.hold.units != 0.0 {
                value += s.value();
                gross += s.hold.gross(&s.at.terms);
                maintenance += s.hold.gross(&s.at.terms) * s.at.maintenance;
            }
        }
        let at = &mut self.slots[k].at;
        (at.others_value, at.others_gross, at.others_maintenance) = (value, gross, maintenance);
    }

    /// What is due, then what makes positions smaller, then what makes them larger.
    fn at_open(&mut self) {
        for slot in self.slots.iter_mut().filter(|s| s.active) {
            slot.due(&mut self.ledger, false, &mut self.exits);
        }
        self.orders_of(|s| s.active);
    }

    /// Carries out the orders of these symbols that are due: all that make a position smaller, then all that make one larger.
    fn orders_of(&mut self, of: impl Fn(&Slot<'_>) -> bool) {
        for k in 0..self.slots.len() {
            if of(&self.slots[k]) && self.slots[k].has_orders() {
                self.surround(k);
                self.slots[k].smaller(&mut self.ledger, &mut self.exits);
                self.tell(k);
            }
        }
        let share = self.fair_share(&of);
        for k in 0..self.slots.len() {
            if of(&self.slots[k]) && self.slots[k].has_orders() {
                self.surround(k);
                self.slots[k].larger(&mut self.ledger, share, &mut self.exits);
                self.tell(k);
            }
        }
    }

    /// The share of what all orders of this open want that the account can bear; 1 where there is enough for all.
    fn fair_share(&self, of: &impl Fn(&Slot<'_>) -> bool) -> f64 {
        if !self.many || self.ledger.allocation == Allocation::InOrder {
            return 1.0;
        }
        let (mut wanted, mut fees, mut equity, mut gross, mut orders) =
            (0.0, 0.0, self.ledger.cash(), 0.0, 0);
        for s in &self.slots {
            equity += s.value();
            gross += s.hold.gross(&s.at.terms);
            if of(s) {
                let (notional, fee) = s.wants();
                wanted += notional;
                fees += fee;
                orders += usize::from(notional > 0.0);
            }
        }
        if orders < 2 {
            return 1.0;
        }
        let leverage = self.ledger.leverage;
        // gross + share * wanted <= leverage (equity - share * fees)
        let share = (leverage * equity - gross) / (wanted + leverage * fees);
        share.clamp(0.0, 1.0)
    }

    fn inside(&mut self, tick: usize, time: i64) {
        if let Some(guard) = self.guard.as_deref_mut().filter(|g| g.watches_paths()) {
            guard.along_the_bar(tick, time, self.ledger.cash(), &self.slots);
        }
        for k in 0..self.slots.len() {
            if !self.slots[k].active {
                continue;
            }
            self.slots[k].due(&mut self.ledger, true, &mut self.exits);
            if self.slots[k].must_walk() {
                self.surround(k);
                self.slots[k].inside(&mut self.ledger, self.execution, &mut self.exits);
                self.tell(k);
            }
        }
    }

    fn at_close(&mut self, tick: usize, clock: &Clock) {
        let mut held_value = 0.0;
        for slot in &mut self.slots {
            if slot.active {
                slot.close_bar();
            }
            held_value += slot.value();
        }
        self.equity = self.ledger.cash() + held_value;
        if self.ledger.borrow_rate > 0.0 {
            self.borrow(clock.length_ms());
        }
        self.ledger.mark(self.equity);
        let act = match self.guard.as_deref_mut() {
            Some(guard) => guard.at_close(tick, clock.close_time(tick), self.equity),
            None => None,
        };
        let drawdown = self.ledger.drawdown(self.equity);
        for k in 0..self.slots.len() {
            let slot = &mut self.slots[k];
            if !slot.active {
                continue;
            }
            let bar = slot.bar();
            if bar >= slot.first {
                let view = View { equity: self.equity, drawdown, position: slot.hold.position.as_ref() };
                let trader = &mut self.traders[k];
                let mut intent = trader.on_close(bar, &view);
                if trader.places() {
                    if std::mem::take(&mut slot.hold.went_flat) {
                        slot.book.orders.retain(|o| !o.reduce_only);
                    }
                    let view = View { position: slot.hold.position.as_ref(), ..view };
                    trader.place(bar, &view, &mut slot.book);
                    let late = self.execution.latency_bars;
                    if late > 0 {
                        // Orders taken back leave fewer than there were; what is new stands at the end.
                        let sent =
                            slot.book.orders.iter_mut().filter(|o| o.decided == bar && o.arrives == bar + 1);
                        sent.for_each(|o| *o = o.late(late));
                    }
                    self.admit_orders(k, bar);
                }
                let slot = &mut self.slots[k];
                if let (Some(stop), Some(p)) = (intent.stop, &mut slot.hold.position) {
                    p.tighten(stop);
                }
                if let Some(act) = act {
                    intent = self.ruled(k, act, intent);
                }
                self.decided(k, bar, intent);
            }
        }
        self.last_fills();
        let mut net = 0.0;
        for slot in &mut self.slots {
            net += slot.units_worth() * slot.hold.price * slot.hold.fx;
            slot.advance();
        }
        let exposure = if self.equity > 0.0 { net / self.equity } else { 0.0 };
        self.recorder.bar(&Tick { index: tick, equity: self.equity, exposure, ledger: &self.ledger });
    }

    /// What a rule makes of a decision: orders are taken back, and the position is closed or halved.
    fn ruled(&mut self, k: usize, act: Act, intent: Intent) -> Intent {
        let exit_slippage_bps = self.guard.as_ref().map_or(0.0, |g| g.exit_slippage_bps());
        let slot = &mut self.slots[k];
        slot.drop_orders();
        let none = Intent { exit_slippage_bps, ..Intent::default() };
        match (act, &slot.hold.position) {
            (Act::Close(reason), Some(_)) => Intent { exit: Some(reason), ..none },
            (Act::Halve, Some(p)) if intent.exit.is_none() => Intent { resize: Some(p.units / 2.0), ..none },
            (Act::Halve, Some(_)) => Intent { entry: None, ..intent },
            (_, None) => Intent::default(),
        }
    }

    /// Takes back what the limits do not leave of the orders sent at the close of `bar`, and all that open anything in a halt.
    fn admit_orders(&mut self, k: usize, bar: usize) {
        let Some(guard) = self.guard.as_deref_mut() else { return };
        let mut book = std::mem::take(&mut self.slots[k].book);
        let halted = guard.halted(self.slots[k].close_time());
        book.orders.retain_mut(|o| {
            if o.reduce_only {
                return true;
            }
            if o.decided < bar {
                return !halted;
            }
            guard.admits(k, bar, o, self.equity, &self.slots)
        });
        self.slots[k].book = book;
    }

    /// Puts what was decided at the close of `bar` in line for its open, within the limits.
    fn decided(&mut self, k: usize, bar: usize, intent: Intent) {
        let close = self.slots[k].hold.price;
        let mut intent = intent;
        if (intent.entry.is_some() || intent.resize.is_some())
            && let Some(guard) = self.guard.as_deref_mut()
        {
            intent = guard.admit(k, bar, intent, self.equity, &self.slots);
        }
        if intent.cancel && !self.slots[k].book.orders.is_empty() {
            self.slots[k].book.cancel_entries();
        }
        if intent.is_nothing() {
            return;
        }
        let slot = &mut self.slots[k];
        let unit = close * slot.at.terms.contract_size * slot.hold.fx;
        let units = intent.entry.map_or(0.0, |e| e.size_frac * self.equity / unit);
        if let (EntryOrder::LimitFirst, Some(e)) = (self.execution.entry, intent.entry.filter(|e| !e.shadow))
        {
            // A later entry takes the place of one that still rests; with a position there is none to make.
            slot.book.cancel_entries();
            let leaves = slot.hold.position.is_none() || intent.exit.is_some();
            if leaves && units > 0.0 && units.is_finite() {
                let price = close * (1.0 - e.side * self.execution.entry_offset_bps / 10_000.0);
                let tick = slot.at.terms.tick;
                let price = if tick > 0.0 { round_to(price, tick, -e.side) } else { price };
                let order = Order {
                    good_until: bar + 1 + self.execution.entry_bars,
                    expiry: Expiry::Market,
                    bracket: e.bracket,
                    entry: EntryTag { size_frac: e.size_frac, stage: e.stage },
                    ..Order::new(e.side, units, Kind::Limit(price), bar)
                };
                slot.book.place(order.late(self.execution.latency_bars));
            }
            intent.entry = None;
            if intent.is_nothing() {
                return;
            }
        }
        slot.pend(Pending { intent, units, decided: bar, due: bar + 1 + self.execution.latency_bars });
    }

    /// The data end after the last decision: it must not know that they do. And orders that fill at their own close.
    fn last_fills(&mut self) {
        let mut filled = false;
        for k in 0..self.slots.len() {
            let slot = &self.slots[k];
            if !slot.active {
                continue;
            }
            if slot.is_last() {
                if slot.hold.position.is_some() {
                    self.surround(k);
                    let price = self.slots[k].hold.price;
                    self.slots[k].hold.budget = f64::INFINITY;
                    let (mut desk, _) = self.slots[k].desk(&mut self.ledger, &mut self.exits);
                    desk.close(f64::INFINITY, price, ExitReason::END, Exit::MARKET);
                    self.tell(k);
                    filled = true;
                }
                self.slots[k].drop_orders();
            } else if self.execution.fill == FillRule::Close && slot.has_orders() {
                self.slots[k].at_close = true;
                filled = true;
            }
        }
        if filled && self.execution.fill == FillRule::Close {
            self.orders_of(|s| s.at_close);
            self.slots.iter_mut().for_each(|s| s.at_close = false);
        }
        if filled {
            self.equity = self.ledger.cash() + self.slots.iter().map(Slot::value).sum::<f64>();
            self.ledger.mark(self.equity);
        }
    }

    /// Interest for one bar on money that is not the account's and on units that are not.
    fn borrow(&mut self, length_ms: i64) {
        let share = self.ledger.borrow_rate * length_ms as f64 / (365.0 * 86_400_000.0);
        let (mut long, mut paid) = (0.0, 0.0);
        for s in &self.slots {
            long += if s.hold.units > 0.0 { s.hold.gross(&s.at.terms) } else { 0.0 };
        }
        // What longs cost beyond the equity there is.
        let borrowed = (long - self.equity.max(0.0)).max(0.0);
        for k in 0..self.slots.len() {
            let slot = &mut self.slots[k];
            let gross = slot.hold.gross(&slot.at.terms);
            if gross == 0.0 {
                continue;
            }
            let base = if slot.hold.units < 0.0 { gross } else { borrowed * gross / long };
            if base > 0.0 {
                let amount = base * share;
                let (mut desk, _) = slot.desk(&mut self.ledger, &mut self.exits);
                desk.interest(amount);
                paid += amount;
            }
        }
        self.equity -= paid;
    }

    /// Tells recorder, trader and limits of trades that `k` has closed.
    fn tell(&mut self, k: usize) {
        if self.exits.is_empty() {
            return;
        }
        for trade in self.exits.drain(..) {
            if let Some(guard) = self.guard.as_deref_mut() {
                guard.closed(&trade, self.slots[k].close_time());
            }
            self.recorder.trade(&trade);
            self.traders[k].on_exit(&trade);
        }
    }
}

impl Slot<'_> {
    /// Fills what makes the position smaller: an exit, a reduction, the rest of either, orders whose time is over.
    fn smaller(&mut self, ledger: &mut Ledger, closed: &mut Vec<super::Trade>) {
        let price = self.arrival_price();
        let carry = self.hold.carry;
        let pending = self.due_now();
        let (mut desk, _) = self.desk(ledger, closed);
        if let Some(p) = pending {
            if let (Some(reason), Some(held)) = (p.intent.exit, &desk.hold.position) {
                let units = held.units;
                let how = Exit { extra_bps: p.intent.exit_slippage_bps, ..Exit::MARKET };
                let left = desk.close(units, price, reason, how);
                desk.hold.carry = (left > 0.0).then_some(Carry::Less(left, reason));
                return;
            }
            if let (Some(units), Some(held)) = (p.intent.resize, &desk.hold.position) {
                desk.hold.carry = None;
                let less = held.units - units;
                if units > 0.0 && less > 0.0 {
                    let left = desk.close(less, price, ExitReason::RESIZE, Exit::MARKET);
                    desk.hold.carry = (left > 0.0).then_some(Carry::Less(left, ExitReason::RESIZE));
                }
                return;
            }
        }
        if let Some(Carry::Less(units, reason)) = carry {
            let left = desk.close(units, price, reason, Exit::MARKET);
            desk.hold.carry = (left > 0.0).then_some(Carry::Less(left, reason));
        }
    }

    /// Fills what makes the position larger, or opens one: `share` of what is wanted.
    fn larger(&mut self, ledger: &mut Ledger, share: f64, closed: &mut Vec<super::Trade>) {
        let price = self.arrival_price();
        let pending = self.due_now();
        let carry = self.hold.carry;
        let (mut desk, _) = self.desk(ledger, closed);
        let mut left = 0.0;
        let more = |units: f64| if share < 1.0 { units * share } else { units };
        if share < 1.0 && pending.is_some() {
            desk.ledger.counts.cut += 1;
        }
        match pending {
            Some(Pending { intent: Intent { entry: Some(e), .. }, units, decided, .. })
                if desk.hold.position.is_none() =>
            {
                left = desk.open(&Opening::of(&e, decided), more(units), price, Role::Taker, None);
                desk.hold.carry = None;
            }
            Some(Pending { intent: Intent { resize: Some(units), exit: None, .. }, .. }) => {
                if let Some(p) = &desk.hold.position {
                    let add = units - p.units;
                    if add > 0.0 && units.is_finite() {
                        left = desk.more(more(add), price, Role::Taker, None);
                    }
                }
            }
            _ => {
                if let Some(Carry::More(units)) = carry {
                    desk.hold.carry = None;
                    left = desk.more(more(units), price, Role::Taker, None);
                }
            }
        }
        if left > 0.0 && desk.hold.position.is_some() {
            desk.hold.carry = Some(Carry::More(left));
        }
        self.settle_pending();
    }
}
