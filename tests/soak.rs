//! Orders by the thousand against a slow, obvious loop that knows nothing of the engine.
//!
//! The loop below keeps a list of orders and a number of units, looks at every order at every step, and takes one step at a time along the
//! path of a bar. The engine must end each bar with the same money and close the same trades. Half of the histories have
//! bars whose volume bears only a part of what is ordered, or nothing. Half of what trails does so from a profit on.

use assay::execution::{Bracket, Expiry, Follow, Intrabar, Level, Order, OrderKind, Trail};
use assay::market::{Bars, Columns, Timeframe};
use assay::replay::{AccountState, Book, Execution, FullRecorder, Intent, SymbolTrader, Trade, View, replay};

/// Fee of every fill, a share; what a market fill loses of the price, a share.
const FEE: f64 = 7.0e-4;
const SLIP: f64 = 2.0e-4;

/// A small generator, so that the loop shares nothing with the program.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }
}

/// Bars of a random walk with gaps.
fn history(dice: &mut Dice, n: usize) -> Bars {
    let mut columns: [Vec<f64>; 4] = Default::default();
    let (mut last, mut volume) = (100.0, vec![]);
    for _ in 0..n {
        let open = last * (1.0 + 0.004 * (dice.next() - 0.5));
        let close = open * (1.0 + 0.02 * (dice.next() - 0.5));
        let high = open.max(close) * (1.0 + 0.008 * dice.next());
        let low = open.min(close) * (1.0 - 0.008 * dice.next());
        for (c, v) in columns.iter_mut().zip([open, high, low, close]) {
            c.push(v);
        }
        volume.push(if dice.below(8) == 0 { 0.0 } else { dice.between(0.0, 8.0) });
        last = if (50.0..200.0).contains(&close) { close } else { 100.0 };
    }
    let [open, high, low, close] = columns.map(Into::into);
    let open_time = (0..n as i64).map(|i| i * 3_600_000).collect();
    let volume = volume.into();
    Bars::new(Timeframe::H1, Columns { open_time, open, high, low, close, volume }).unwrap()
}

/// A trail that follows anything, from the fill on or from a profit on: `side` is that of the position.
fn trail(dice: &mut Dice, distance: f64, close: f64, side: f64) -> Trail {
    let share = dice.below(3) == 0;
    let away = dice.between(0.0005, 0.015);
    Trail {
        distance: if share { distance / close } else { distance },
        share,
        follow: [Follow::Path, Follow::Path, Follow::Extreme, Follow::Close][dice.below(4)],
        from: match dice.below(6) {
            0 => Level::Distance(away * close),
            1 => Level::Share(away),
            // Some lie behind the price already.
            2 => Level::Price(close * (1.0 + side * (away - 0.002))),
            _ => Level::None,
        },
    }
}

/// Orders of each close.
fn orders(dice: &mut Dice, bars: &Bars, a_bar: f64) -> Vec<Vec<Order>> {
    let mut out = vec![];
    // Its own dice, so that there are as many orders as before there were these trails.
    let mut trails_dice = Dice(dice.0 ^ 0xD1B5_4A32_D192_ED03);
    for i in 0..bars.len() {
        let mut now = vec![];
        let mut left = a_bar;
        while left > 0.0 && dice.next() < left {
            left -= 1.0;
            let close = bars.close()[i];
            let side = if dice.next() < 0.5 { 1.0 } else { -1.0 };
            let away = dice.between(0.0005, 0.01) * close;
            let kind = match dice.below(6) {
                0 | 1 => OrderKind::Market,
                2 => OrderKind::Limit(close - side * away),
                3 => OrderKind::Stop(close + side * away),
                4 => {
                    let stop = close + side * away;
                    OrderKind::StopLimit { stop, limit: stop + side * dice.between(-0.004, 0.004) * close }
                }
                _ => OrderKind::TrailingStop(trail(&mut trails_dice, away, close, -side)),
            };
            let level = |on: bool, d: f64| if on { Level::Distance(d * close) } else { Level::None };
            let trails = dice.below(4) == 0;
            let bracket = Bracket {
                stop: level(dice.below(2) == 0, dice.between(0.002, 0.02)),
                target: level(dice.below(2) == 0, dice.between(0.002, 0.02)),
                trail: if trails {
                    trail(&mut trails_dice, dice.between(0.002, 0.02) * close, close, side)
                } else {
                    Trail::NONE
                },
            };
            now.push(Order {
                reduce_only: dice.below(5) == 0,
                good_until: i + 1 + 1 + dice.below(6),
                expiry: if dice.below(3) == 0 { Expiry::Market } else { Expiry::Cancel },
                group: if dice.below(4) == 0 { 1 + (i / 3) as u32 } else { 0 },
                bracket,
                ..Order::new(side, dice.between(0.1, 2.0), kind, i)
            });
        }
        out.push(now);
    }
    out
}

struct Sender<'a> {
    orders: &'a [Vec<Order>],
}

impl SymbolTrader for Sender<'_> {
    fn places(&self) -> bool {
        true
    }

    fn next_wake(&mut self, from: usize) -> usize {
        let rest = self.orders.get(from..).unwrap_or_default();
        from + rest.iter().position(|o| !o.is_empty()).unwrap_or(rest.len())
    }

    fn on_close(&mut self, _: usize, _: &View<'_>) -> Intent {
        Intent::default()
    }

    fn place(&mut self, bar: usize, _: &View<'_>, book: &mut Book) {
        for o in &self.orders[bar] {
            book.place(*o);
        }
    }

    fn on_exit(&mut self, _: &Trade) {}
}

/// The obvious loop's state.
#[derive(Clone)]
struct Obvious {
    cash: f64,
    units: f64,
    entry: f64,
    stop: Option<f64>,
    target: Option<f64>,
    trail: Option<Chase>,
    waiting: Vec<Waiting>,
    closed: Vec<(f64, f64, f64)>,
    /// Units that the bar can still bear.
    volume: f64,
    /// A stop or target was reached, and the bar could not bear all of the position.
    leaving: bool,
}

/// A price that something chases.
#[derive(Clone, Copy)]
struct Chase {
    trail: Trail,
    /// +1 chases the highest price, -1 the lowest.
    side: f64,
    /// The price from which on it does, if it does so only from one on.
    start: Option<f64>,
    /// The best price so far; none before it has begun.
    best: Option<f64>,
}

impl Chase {
    fn new(trail: Trail, side: f64, first: f64) -> Self {
        let start = match trail.from {
            Level::None => None,
            Level::Distance(d) => Some(first + side * d),
            Level::Share(s) => Some(first * (1.0 + side * s)),
            Level::Price(p) => Some(p),
        };
        Self { trail, side, start, best: start.is_none().then_some(first) }
    }

    /// Returns the level behind a price, if that is the best so far.
    fn watch(&mut self, price: f64) -> Option<f64> {
        let better = match self.best {
            Some(best) => self.side * (price - best) > 0.0,
            None => self.start.is_none_or(|start| self.side * (price - start) >= 0.0),
        };
        if better {
            self.best = Some(price);
        }
        self.level().filter(|_| better)
    }

    fn level(&self) -> Option<f64> {
        let distance =
            |best: f64| if self.trail.share { best * self.trail.distance } else { self.trail.distance };
        self.best.map(|best| best - self.side * distance(best))
    }
}

#[derive(Clone)]
struct Waiting {
    number: usize,
    order: Order,
    woken: bool,
    chase: Option<Chase>,
    /// Waits for the next bar.
    later: bool,
    /// Is what was left of a market or stop order that was filled in part.
    rest: bool,
}

impl Obvious {
    fn trade(&mut self, side: f64, units: f64, price: f64) {
        self.cash -= side * units * price + units * price * FEE;
    }

    /// Closes what the volume bears of `units`; returns what it does not.
    fn close(&mut self, units: f64, price: f64) -> f64 {
        let side = self.units.signum();
        let some = units.min(self.volume);
        if some == 0.0 {
            return units;
        }
        self.volume -= some;
        let left = units - some;
        let units = some;
        self.trade(-side, units, price);
        self.closed.push((side * units, self.entry, price));
        self.units -= side * units;
        if self.units.abs() < 1e-12 {
            self.units = 0.0;
            self.leaving = false;
            (self.stop, self.target, self.trail) = (None, None, None);
            self.waiting.retain(|w| !w.order.reduce_only && !w.rest);
        }
        left
    }

    fn open(&mut self, side: f64, units: f64, price: f64, bracket: &Bracket) -> f64 {
        let some = units.min(self.volume);
        if some == 0.0 {
            return units;
        }
        self.volume -= some;
        let left = units - some;
        let units = some;
        self.trade(side, units, price);
        if self.units == 0.0 {
            let at = |l: Level, toward: f64| match l {
                Level::Distance(d) => Some(price + toward * d),
                Level::Price(p) => Some(p),
                Level::Share(s) => Some(price * (1.0 + toward * s)),
                Level::None => None,
            };
            self.stop = at(bracket.stop, -side);
            self.target = at(bracket.target, side);
            self.entry = price;
            self.units = side * units;
            let trail = Some(bracket.trail).filter(|t| t.distance.is_finite());
            self.trail = trail.map(|trail| Chase::new(trail, side, price));
            if let Some(chase) = self.trail.filter(|c| c.trail.follow != Follow::Close) {
                self.move_stop(chase.level());
                self.chase(price);
            }
            return left;
        } else {
            self.entry = (self.entry * self.units.abs() + price * units) / (self.units.abs() + units);
        }
        self.units += side * units;
        left
    }

    fn move_stop(&mut self, level: Option<f64>) {
        let side = self.units.signum();
        if let Some(level) = level.filter(|l| self.stop.is_none_or(|s| side * (l - s) > 0.0)) {
            self.stop = Some(level);
        }
    }

    /// Lets the stop of the position know a price that it follows.
    fn chase(&mut self, price: f64) {
        if self.units != 0.0 {
            let level = self.trail.as_mut().and_then(|c| c.watch(price));
            self.move_stop(level);
        }
    }

    /// Lets everything that follows closes, or extremes of bars, know one.
    fn ends(&mut self, [_, high, low, close]: [f64; 4]) {
        let seen = |c: &Chase| match c.trail.follow {
            Follow::Path => None,
            Follow::Close => Some(close),
            Follow::Extreme => Some(if c.side > 0.0 { high } else { low }),
        };
        if let Some(price) = self.trail.as_ref().and_then(seen) {
            self.chase(price);
        }
        for chase in self.waiting.iter_mut().filter_map(|w| w.chase.as_mut()) {
            if let Some(price) = seen(chase) {
                chase.watch(price);
            }
        }
    }

    /// Returns what the volume does not bear.
    fn fill(&mut self, order: &Order, price: f64) -> f64 {
        let mut units = order.units;
        if self.units * order.side < 0.0 {
            let part = units.min(self.units.abs());
            let left = self.close(part, price);
            units -= part;
            if left > 0.0 {
                return left + units;
            }
        } else if order.reduce_only {
            return 0.0;
        }
        if units > 0.0 && !order.reduce_only {
            return self.open(order.side, units, price, &order.bracket);
        }
        0.0
    }

    /// Carries an order out that has been taken from the list; what is left of it waits again.
    fn carry_out(&mut self, w: &Waiting, price: f64, limit: bool) {
        self.waiting.retain(|x| x.number != w.number);
        let o = w.order;
        let before = self.volume;
        let left = self.fill(&o, price);
        let some = left == 0.0 || self.volume != before;
        if some && o.group != 0 {
            self.waiting.retain(|x| x.order.group != o.group);
        }
        if left > 0.0 {
            let order = if limit {
                Order { units: left, ..o }
            } else {
                Order { units: left, kind: OrderKind::Market, good_until: usize::MAX, ..o }
            };
            self.waiting.push(Waiting { order, later: true, rest: w.rest || some && !limit, ..*w });
            self.waiting.sort_by_key(|w| w.number);
        }
    }

    fn level(&mut self, price: f64) {
        self.leaving = self.close(self.units.abs(), price) > 0.0;
    }

    fn market(side: f64, price: f64) -> f64 {
        price * (1.0 + side * SLIP)
    }

    fn see(&mut self, price: f64) {
        if self.trail.is_some_and(|c| c.trail.follow == Follow::Path) {
            self.chase(price);
        }
        for chase in self.waiting.iter_mut().filter_map(|w| w.chase.as_mut()) {
            if chase.trail.follow == Follow::Path {
                chase.watch(price);
            }
        }
    }

    /// Everything that would happen between two prices, nearest first.
    fn next(&self, from: f64, to: f64) -> Option<(f64, usize, usize)> {
        let mut all: Vec<(f64, usize, usize)> = vec![];
        if self.leaving {
            return None;
        }
        // A level that is reached from above (`true`) or from below.
        let mut level = |price: f64, falling: bool, rank: usize, number: usize| {
            if falling && from <= price || !falling && from >= price {
                all.push((from, rank, number));
            } else if falling && to <= price || !falling && to >= price {
                all.push((price, rank, number));
            }
        };
        let side = self.units.signum();
        if self.units != 0.0 {
            if let Some(s) = self.stop {
                level(s, side > 0.0, 1, 0);
            }
            if let Some(t) = self.target {
                level(t, side < 0.0, 2, 0);
            }
        }
        for w in self.waiting.iter().filter(|w| !w.later) {
            let o = &w.order;
            let reduces = self.units * o.side < 0.0;
            if o.reduce_only && !reduces {
                continue;
            }
            let rank = if reduces { 3 } else { 4 };
            let buys = o.side > 0.0;
            match o.kind {
                OrderKind::Market => {}
                OrderKind::Limit(p) => level(p, buys, rank, w.number),
                OrderKind::Stop(p) => level(p, !buys, rank, w.number),
                OrderKind::StopLimit { stop, .. } if !w.woken => level(stop, !buys, rank, w.number),
                OrderKind::StopLimit { limit, .. } => level(limit, buys, rank, w.number),
                OrderKind::TrailingStop(_) => {
                    if let Some(l) = w.chase.unwrap().level() {
                        level(l, !buys, rank, w.number);
                    }
                }
            }
        }
        all.into_iter().min_by(|a, b| {
            let far = |x: &(f64, usize, usize)| (x.0 - from).abs();
            far(a).total_cmp(&far(b)).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2))
        })
    }

    fn walk(&mut self, bar: usize, path: [f64; 4]) {
        let mut now = path[0];
        let mut at_open = true;
        self.see(now);
        for to in &path[1..] {
            while let Some((price, rank, number)) = self.next(now, *to) {
                at_open = at_open && price == path[0] && now == path[0];
                let side = self.units.signum();
                match rank {
                    1 => self.level(Self::market(-side, price)),
                    2 => self.level(price),
                    _ => {
                        let w = self.waiting.iter().find(|w| w.number == number).unwrap().clone();
                        let o = w.order;
                        let limit = match o.kind {
                            OrderKind::Limit(p) => Some(p),
                            OrderKind::StopLimit { limit, .. } if w.woken => Some(limit),
                            OrderKind::StopLimit { .. } => {
                                self.waiting.iter_mut().find(|w| w.number == number).unwrap().woken = true;
                                now = price;
                                continue;
                            }
                            _ => None,
                        };
                        let rested = limit == Some(price) || at_open && o.decided + 1 < bar && !w.woken;
                        let paid = match limit {
                            Some(_) if rested => price,
                            Some(l) => {
                                let taken = Self::market(o.side, price);
                                if o.side > 0.0 { taken.min(l) } else { taken.max(l) }
                            }
                            None => Self::market(o.side, price),
                        };
                        self.carry_out(&w, paid, limit.is_some());
                    }
                }
                now = price;
            }
            at_open = false;
            self.see(*to);
            now = *to;
        }
    }

    /// Returns the state by the other path where the policy leaves the choice to a rounding.
    fn bar(&mut self, bar: usize, [open, high, low, close]: [f64; 4], policy: Intrabar) -> Option<Self> {
        self.waiting.iter_mut().for_each(|w| w.later = false);
        if self.leaving {
            let side = self.units.signum();
            self.level(Self::market(-side, open));
        }
        // Orders whose time is over, then those for the market.
        for expired in [true, false] {
            loop {
                let due = |w: &&Waiting| {
                    if expired {
                        bar >= w.order.good_until
                    } else {
                        w.order.kind == OrderKind::Market && !w.later
                    }
                };
                let Some(mut w) = self.waiting.iter().find(due).cloned() else { break };
                if expired && w.order.expiry == Expiry::Cancel {
                    self.waiting.retain(|x| x.number != w.number);
                    continue;
                }
                if expired && self.leaving {
                    let w = self.waiting.iter_mut().find(|x| x.number == w.number).unwrap();
                    (w.order.kind, w.order.good_until) = (OrderKind::Market, usize::MAX);
                    continue;
                }
                if self.leaving {
                    break;
                }
                w.order.kind = OrderKind::Market;
                self.carry_out(&w, Self::market(w.order.side, open), false);
            }
        }
        if self.units == 0.0 && self.waiting.is_empty() {
            return None;
        }
        for w in self.waiting.iter_mut().filter(|w| w.chase.is_none()) {
            if let OrderKind::TrailingStop(trail) = w.order.kind {
                w.chase = Some(Chase::new(trail, -w.order.side, open));
            }
        }
        let (up, down) = ([open, high, low, close], [open, low, high, close]);
        let (mut a, mut b) = (self.clone(), self.clone());
        a.walk(bar, up);
        b.walk(bar, down);
        a.ends([open, high, low, close]);
        b.ends([open, high, low, close]);
        let worth = |x: &Self| x.cash + x.units * close;
        let first = match policy {
            Intrabar::Ohlc => true,
            Intrabar::Olhc => false,
            Intrabar::Optimistic => worth(&b) <= worth(&a),
            _ => worth(&b) >= worth(&a),
        };
        let chosen = matches!(policy, Intrabar::Optimistic | Intrabar::Pessimistic);
        let tie = chosen && (worth(&a) - worth(&b)).abs() < 1e-7;
        let (taken, other) = if first { (a, b) } else { (b, a) };
        *self = taken;
        tie.then_some(other)
    }

    /// How it differs from what the engine did up to the close of bar `i`; `seen` trades have been compared.
    fn differs(&self, i: usize, close: f64, recorder: &FullRecorder, seen: usize) -> Option<String> {
        let (equity, theirs) = (self.cash + self.units * close, recorder.equity[i]);
        if (equity - theirs).abs() >= 1e-6 {
            return Some(format!("bar {i}: {theirs} against {equity} by the loop"));
        }
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
        for (k, (units, entry, exit)) in self.closed.iter().enumerate().skip(seen) {
            let Some(t) = recorder.trades.get(k) else { return Some(format!("trade {k} is missing")) };
            if !(same(t.side * t.units, *units) && same(t.entry_price, *entry) && same(t.exit_price, *exit)) {
                return Some(format!("trade {k} at bar {i}: {t:?} against {units} {entry} {exit}"));
            }
        }
        None
    }
}

/// Replays random orders both ways; returns how many orders there were.
fn compare(seed: u64, n: usize, a_bar: f64, policy: Intrabar, participation: f64) -> usize {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (seed + 1));
    (0..20).for_each(|_| _ = dice.next());
    let bars = history(&mut dice, n);
    let sent = orders(&mut dice, &bars, a_bar);
    let execution = Execution {
        intrabar: policy,
        fee_bps: 1e4 * FEE,
        slippage_bps: 1e4 * SLIP,
        participation: participation * a_bar,
        ..Execution::FREE
    };
    const CASH: f64 = 1e7;
    let mut recorder = FullRecorder::new(n);
    replay(
        &bars,
        0,
        &execution,
        AccountState::new(CASH, 1000.0),
        &mut Sender { orders: &sent },
        &mut recorder,
    );

    let mut slow = Obvious {
        cash: CASH,
        units: 0.0,
        entry: 0.0,
        stop: None,
        target: None,
        trail: None,
        waiting: vec![],
        closed: vec![],
        volume: f64::INFINITY,
        leaving: false,
    };
    let (mut number, mut seen) = (0, 0);
    for i in 0..n {
        let bar = [bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i]];
        if participation > 0.0 {
            slow.volume = execution.participation * bars.volume()[i];
        }
        let mut other = None;
        if slow.units != 0.0 || !slow.waiting.is_empty() {
            other = slow.bar(i, bar, policy);
        }
        for state in [Some(&mut slow), other.as_mut()].into_iter().flatten() {
            if i + 1 == n && state.units != 0.0 {
                let side = state.units.signum();
                state.volume = f64::INFINITY;
                state.close(state.units.abs(), Obvious::market(-side, bar[3]));
            }
        }
        let mut differs = slow.differs(i, bar[3], &recorder, seen);
        if let Some(other) = other.filter(|_| differs.is_some()) {
            slow = other;
            differs = slow.differs(i, bar[3], &recorder, seen);
        }
        assert_eq!(differs, None, "seed {seed} {policy:?}");
        seen = slow.closed.len();
        for o in &sent[i] {
            number += 1;
            let order = *o;
            slow.waiting.push(Waiting {
                number,
                order,
                woken: false,
                chase: None,
                later: false,
                rest: false,
            });
        }
    }
    assert_eq!(seen, recorder.trades.len(), "seed {seed}: trades");
    assert!(seen > 0, "seed {seed}: nothing was traded");
    number
}

const POLICIES: [Intrabar; 4] = [Intrabar::Ohlc, Intrabar::Olhc, Intrabar::Pessimistic, Intrabar::Optimistic];

/// Share of a bar's volume that is to be had: all of what is wanted, or some. More than is sent in the long run.
fn bears(seed: u64) -> f64 {
    [0.0, 0.5, 0.0, 4.0, 0.0, 0.8][(seed / 12 % 6) as usize]
}

#[test]
fn random_orders_end_as_the_obvious_loop_says() {
    let mut orders = 0;
    for seed in 0..240 {
        orders +=
            compare(seed, 400, [0.3, 1.0, 3.0][seed as usize % 3], POLICIES[seed as usize % 4], bears(seed));
    }
    assert!(orders > 80_000, "{orders}");
}

/// Ten million orders: `cargo test --release -- --ignored ten_million`.
#[test]
#[ignore = "takes a minute; continuous integration runs it"]
fn ten_million_orders_end_as_the_obvious_loop_says() {
    let (mut orders, mut seed) = (0, 1000);
    while orders < 10_000_000 {
        let often = [0.5, 1.5, 4.0][seed as usize % 3];
        orders += compare(seed, 20_000, often, POLICIES[seed as usize % 4], bears(seed));
        seed += 1;
    }
    println!("{orders} orders in {} histories", seed - 1000);
}
