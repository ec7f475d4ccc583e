//! Orders by the thousand against a slow, obvious loop that knows nothing of the engine.
//!
//! The loop below keeps a list of orders and a number of units, looks at every order at every step, and takes one step at a time along the
//! path of a bar. The engine must end each bar with the same money and close the same trades.

use assay::execution::{Bracket, Expiry, Follow, Intrabar, Kind, Level, Order, Trail};
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
    let mut last = 100.0;
    for _ in 0..n {
        let open = last * (1.0 + 0.004 * (dice.next() - 0.5));
        let close = open * (1.0 + 0.02 * (dice.next() - 0.5));
        let high = open.max(close) * (1.0 + 0.008 * dice.next());
        let low = open.min(close) * (1.0 - 0.008 * dice.next());
        for (c, v) in columns.iter_mut().zip([open, high, low, close]) {
            c.push(v);
        }
        last = if (50.0..200.0).contains(&close) { close } else { 100.0 };
    }
    let [open, high, low, close] = columns.map(Into::into);
    let open_time = (0..n as i64).map(|i| i * 3_600_000).collect();
    let volume = vec![1.0; n].into();
    Bars::new(Timeframe::H1, Columns { open_time, open, high, low, close, volume }).unwrap()
}

/// Orders of each close.
fn orders(dice: &mut Dice, bars: &Bars, a_bar: f64) -> Vec<Vec<Order>> {
    let mut out = vec![];
    for i in 0..bars.len() {
        let mut now = vec![];
        let mut left = a_bar;
        while left > 0.0 && dice.next() < left {
            left -= 1.0;
            let close = bars.close()[i];
            let side = if dice.next() < 0.5 { 1.0 } else { -1.0 };
            let away = dice.between(0.0005, 0.01) * close;
            let kind = match dice.below(6) {
                0 | 1 => Kind::Market,
                2 => Kind::Limit(close - side * away),
                3 => Kind::Stop(close + side * away),
                4 => {
                    let stop = close + side * away;
                    Kind::StopLimit { stop, limit: stop + side * dice.between(-0.004, 0.004) * close }
                }
                _ => Kind::TrailingStop(Trail { distance: away, share: false, follow: Follow::Path }),
            };
            let level = |on: bool, d: f64| if on { Level::Distance(d * close) } else { Level::None };
            let trails = dice.below(4) == 0;
            let bracket = Bracket {
                stop: level(dice.below(2) == 0, dice.between(0.002, 0.02)),
                target: level(dice.below(2) == 0, dice.between(0.002, 0.02)),
                trail: if trails {
                    Trail { distance: dice.between(0.002, 0.02) * close, share: false, follow: Follow::Path }
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
    trail: Option<f64>,
    best: f64,
    waiting: Vec<Waiting>,
    closed: Vec<(f64, f64, f64)>,
}

#[derive(Clone)]
struct Waiting {
    number: usize,
    order: Order,
    woken: bool,
    best: Option<f64>,
}

impl Obvious {
    fn trade(&mut self, side: f64, units: f64, price: f64) {
        self.cash -= side * units * price + units * price * FEE;
    }

    fn close(&mut self, units: f64, price: f64) {
        let side = self.units.signum();
        self.trade(-side, units, price);
        self.closed.push((side * units, self.entry, price));
        self.units -= side * units;
        if self.units.abs() < 1e-12 {
            self.units = 0.0;
            (self.stop, self.target, self.trail) = (None, None, None);
            self.waiting.retain(|w| !w.order.reduce_only);
        }
    }

    fn open(&mut self, side: f64, units: f64, price: f64, bracket: &Bracket) {
        self.trade(side, units, price);
        if self.units == 0.0 {
            let at = |l: Level, toward: f64| match l {
                Level::Distance(d) => Some(price + toward * d),
                Level::Price(p) => Some(p),
                Level::None => None,
            };
            self.stop = at(bracket.stop, -side);
            self.target = at(bracket.target, side);
            self.trail = Some(bracket.trail.distance).filter(|d| d.is_finite());
            self.best = price;
            self.entry = price;
            if let Some(d) = self.trail {
                let trailing = price - side * d;
                if self.stop.is_none_or(|s| side * (trailing - s) > 0.0) {
                    self.stop = Some(trailing);
                }
            }
        } else {
            self.entry = (self.entry * self.units.abs() + price * units) / (self.units.abs() + units);
        }
        self.units += side * units;
    }

    fn fill(&mut self, order: &Order, price: f64) {
        let mut units = order.units;
        if self.units * order.side < 0.0 {
            let part = units.min(self.units.abs());
            self.close(part, price);
            units -= part;
        } else if order.reduce_only {
            return;
        }
        if units > 0.0 && !order.reduce_only {
            self.open(order.side, units, price, &order.bracket);
        }
    }

    fn market(side: f64, price: f64) -> f64 {
        price * (1.0 + side * SLIP)
    }

    fn one_cancels_others(&mut self, number: usize, group: u32) {
        self.waiting.retain(|w| w.number != number && (group == 0 || w.order.group != group));
    }

    fn see(&mut self, price: f64) {
        if self.units != 0.0 {
            let side = self.units.signum();
            if let Some(d) = self.trail.filter(|_| side * (price - self.best) > 0.0) {
                self.best = price;
                let trailing = price - side * d;
                if self.stop.is_none_or(|s| side * (trailing - s) > 0.0) {
                    self.stop = Some(trailing);
                }
            }
        }
        for w in &mut self.waiting {
            if matches!(w.order.kind, Kind::TrailingStop(_)) {
                let better = w.best.is_none_or(|b| w.order.side * (price - b) < 0.0);
                if better {
                    w.best = Some(price);
                }
            }
        }
    }

    /// Everything that would happen between two prices, nearest first.
    fn next(&self, from: f64, to: f64) -> Option<(f64, usize, usize)> {
        let mut all: Vec<(f64, usize, usize)> = vec![];
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
        for w in &self.waiting {
            let o = &w.order;
            let reduces = self.units * o.side < 0.0;
            if o.reduce_only && !reduces {
                continue;
            }
            let rank = if reduces { 3 } else { 4 };
            let buys = o.side > 0.0;
            match o.kind {
                Kind::Market => {}
                Kind::Limit(p) => level(p, buys, rank, w.number),
                Kind::Stop(p) => level(p, !buys, rank, w.number),
                Kind::StopLimit { stop, .. } if !w.woken => level(stop, !buys, rank, w.number),
                Kind::StopLimit { limit, .. } => level(limit, buys, rank, w.number),
                Kind::TrailingStop(t) => {
                    level(w.best.unwrap() + o.side * t.distance, !buys, rank, w.number);
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
                    1 => self.close(self.units.abs(), Self::market(-side, price)),
                    2 => self.close(self.units.abs(), price),
                    _ => {
                        let w = self.waiting.iter().find(|w| w.number == number).unwrap().clone();
                        let o = w.order;
                        let limit = match o.kind {
                            Kind::Limit(p) => Some(p),
                            Kind::StopLimit { limit, .. } if w.woken => Some(limit),
                            Kind::StopLimit { .. } => {
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
                        self.one_cancels_others(number, o.group);
                        self.fill(&o, paid);
                    }
                }
                now = price;
            }
            at_open = false;
            self.see(*to);
            now = *to;
        }
    }

    fn bar(&mut self, bar: usize, [open, high, low, close]: [f64; 4], policy: Intrabar) {
        // Orders whose time is over, then those for the market.
        for expired in [true, false] {
            loop {
                let due = |w: &&Waiting| {
                    if expired { bar >= w.order.good_until } else { w.order.kind == Kind::Market }
                };
                let Some(w) = self.waiting.iter().find(due).cloned() else { break };
                self.waiting.retain(|x| x.number != w.number);
                if expired && w.order.expiry == Expiry::Cancel {
                    continue;
                }
                self.one_cancels_others(w.number, w.order.group);
                let order = Order { kind: Kind::Market, ..w.order };
                self.fill(&order, Self::market(order.side, open));
            }
        }
        if self.units == 0.0 && self.waiting.is_empty() {
            return;
        }
        let (up, down) = ([open, high, low, close], [open, low, high, close]);
        let (mut a, mut b) = (self.clone(), self.clone());
        a.walk(bar, up);
        b.walk(bar, down);
        let worth = |x: &Self| x.cash + x.units * close;
        *self = match policy {
            Intrabar::Ohlc => a,
            Intrabar::Olhc => b,
            Intrabar::Optimistic if worth(&b) > worth(&a) => b,
            Intrabar::Optimistic => a,
            _ if worth(&b) < worth(&a) => b,
            _ => a,
        };
    }
}

/// Replays random orders both ways; returns how many orders there were.
fn compare(seed: u64, n: usize, a_bar: f64, policy: Intrabar) -> usize {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (seed + 1));
    (0..20).for_each(|_| _ = dice.next());
    let bars = history(&mut dice, n);
    let sent = orders(&mut dice, &bars, a_bar);
    let execution =
        Execution { intrabar: policy, fee_bps: 1e4 * FEE, slippage_bps: 1e4 * SLIP, ..Execution::FREE };
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
        best: 0.0,
        waiting: vec![],
        closed: vec![],
    };
    let (mut number, mut seen) = (0, 0);
    for i in 0..n {
        let bar = [bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i]];
        if slow.units != 0.0 || !slow.waiting.is_empty() {
            slow.bar(i, bar, policy);
        }
        if i + 1 == n && slow.units != 0.0 {
            let side = slow.units.signum();
            slow.close(slow.units.abs(), Obvious::market(-side, bar[3]));
        }
        let equity = slow.cash + slow.units * bar[3];
        let off = (equity - recorder.equity[i]).abs();
        assert!(
            off < 1e-6,
            "seed {seed} {policy:?}: bar {i}: {} against {equity} by the loop",
            recorder.equity[i]
        );
        for (units, entry, exit) in &slow.closed[seen..] {
            let t = &recorder.trades[seen];
            let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
            assert!(
                same(t.side * t.units, *units) && same(t.entry_price, *entry) && same(t.exit_price, *exit),
                "seed {seed} {policy:?}: trade {seen} at bar {i}: {t:?} against {units} {entry} {exit}"
            );
            seen += 1;
        }
        for o in &sent[i] {
            number += 1;
            slow.waiting.push(Waiting { number, order: *o, woken: false, best: None });
        }
    }
    assert_eq!(seen, recorder.trades.len(), "seed {seed}: trades");
    assert!(seen > 0, "seed {seed}: nothing was traded");
    number
}

const POLICIES: [Intrabar; 4] = [Intrabar::Ohlc, Intrabar::Olhc, Intrabar::Pessimistic, Intrabar::Optimistic];

#[test]
fn random_orders_end_as_the_obvious_loop_says() {
    let mut orders = 0;
    for seed in 0..120 {
        orders += compare(seed, 400, [0.3, 1.0, 3.0][seed as usize % 3], POLICIES[seed as usize % 4]);
    }
    assert!(orders > 40_000, "{orders}");
}

/// Ten million orders: `cargo test --release -- --ignored ten_million`.
#[test]
#[ignore = "takes a minute; continuous integration runs it"]
fn ten_million_orders_end_as_the_obvious_loop_says() {
    let (mut orders, mut seed) = (0, 1000);
    while orders < 10_000_000 {
        orders += compare(seed, 20_000, [0.5, 1.5, 4.0][seed as usize % 3], POLICIES[seed as usize % 4]);
        seed += 1;
    }
    println!("{orders} orders in {} histories", seed - 1000);
}
