//! One trader of the whole account.

use super::limits::{at, buy, plan};
use super::portfolio::{all, rich, shifted};
use super::*;
use crate::execution::{Order, OrderKind};
use crate::risk::Limits;

/// Calls a function at each close, and keeps what it is told.
pub(super) struct Calls<F> {
    act: F,
    papers: Vec<Paper>,
    check: Option<fn(&Arriving) -> Check>,
    fills: Vec<(AccountId, Filled)>,
    pub(super) rejects: Vec<(AccountId, Rejected)>,
    trades: Vec<(AccountId, Trade)>,
}

impl<F: FnMut(&Portfolio<'_>, &mut Orders)> Calls<F> {
    pub(super) fn new(act: F) -> Self {
        Self { act, papers: vec![], check: None, fills: vec![], rejects: vec![], trades: vec![] }
    }

    pub(super) fn reasons(&self) -> Vec<&'static str> {
        self.rejects.iter().map(|(_, r)| r.reason.name()).collect()
    }
}

impl<F: FnMut(&Portfolio<'_>, &mut Orders)> Trader for Calls<F> {
    fn papers(&self) -> Vec<Paper> {
        self.papers.clone()
    }

    fn on_close(&mut self, now: &Portfolio<'_>, orders: &mut Orders) {
        (self.act)(now, orders);
    }

    fn checks(&self) -> bool {
        self.check.is_some()
    }

    fn on_arrival(&mut self, arriving: &Arriving) -> Check {
        self.check.map_or(Check::Fill, |check| check(arriving))
    }

    fn on_fill(&mut self, account: AccountId, filled: &Filled) {
        self.fills.push((account, *filled));
    }

    fn on_reject(&mut self, account: AccountId, rejected: &Rejected) {
        self.rejects.push((account, *rejected));
    }

    fn on_trade(&mut self, account: AccountId, trade: &Trade) {
        self.trades.push((account, *trade));
    }
}

pub(super) fn whole<F: FnMut(&Portfolio<'_>, &mut Orders)>(
    bars: &[&Bars],
    account: &Account,
    execution: &Execution,
    limits: Option<&Limits>,
    trader: &mut Calls<F>,
) -> (FullRecorder, AccountState) {
    let markets: Vec<Market<'_>> = bars.iter().map(|b| Market::from(*b)).collect();
    let clock = Clock::of(&markets);
    let mut recorder = FullRecorder::new(clock.len());
    let mut risk_manager = limits.map(|l| RiskManager::new(l, account.equity, bars.len()));
    let over = Over {
        markets: &markets,
        clock: &clock,
        firsts: &vec![0; bars.len()],
        execution,
        ledger: account.ledger(),
        risk_manager: risk_manager.as_mut(),
        deployment: None,
    };
    let ledger = replay_account(over, trader, &mut recorder);
    (recorder, ledger)
}

fn long(size: f64) -> Entry {
    entry(1.0, size, f64::INFINITY, f64::INFINITY)
}

/// A random plan: entries, exits, turns, other sizes and stops.
pub(super) fn drawn(seed: u64, n: usize) -> Vec<Intent> {
    let mut s = Stream::new(seed, "whole test", 0);
    let mut one = || {
        let side = if s.uniform() < 0.5 { 1.0 } else { -1.0 };
        let e = enter(entry(side, 0.2 + 0.3 * s.uniform(), 3.0, 5.0));
        let exit = Some(ExitReason::SIGNAL);
        match (20.0 * s.uniform()) as usize {
            0 | 1 => e,
            2 => Intent { exit, ..Intent::default() },
            3 => Intent { exit, ..e },
            4 => Intent { resize: Some(5.0 * s.uniform()), ..Intent::default() },
            5 => Intent { stop: Some(100.0 * (1.0 - 0.05 * s.uniform())), ..Intent::default() },
            _ => Intent::default(),
        }
    };
    (0..n).map(|_| one()).collect()
}

/// Its entries so far apart that each finds the one before gone.
fn apart(plan: &[Intent]) -> Vec<Intent> {
    let mut next = plan.iter().filter_map(|p| p.entry);
    let one = |i: usize| match i % 12 {
        0 => next.next().map_or_else(Intent::default, enter),
        6 => Intent { resize: plan[i].resize.or(Some(1.0)), ..Intent::default() },
        8 => Intent { exit: Some(ExitReason::SIGNAL), ..Intent::default() },
        _ => Intent::default(),
    };
    (0..plan.len()).map(one).collect()
}

/// The same decisions as a list a symbol, given as orders of the whole account.
pub(super) fn mirrored(plans: &[Vec<Intent>]) -> impl FnMut(&Portfolio<'_>, &mut Orders) + '_ {
    move |now, orders| {
        for (k, plan) in plans.iter().enumerate() {
            let Some(intent) = now.bar(k).map(|bar| plan[bar]) else { continue };
            let mut real = orders.real();
            if let Some(stop) = intent.stop {
                real.move_stop(k, stop);
            }
            if let Some(reason) = intent.exit {
                real.exit(k, reason);
            }
            if let Some(units) = intent.resize {
                real.resize(k, units);
            }
            if let Some(entry) = intent.entry {
                real.enter(k, entry);
            }
        }
    }
}

#[test]
fn the_same_decisions_give_the_same_bits_as_a_trader_a_symbol() {
    for seed in 0..12 {
        let (a, b, c) = (walk(seed, 300), walk(100 + seed, 300), walk(200 + seed, 250));
        let c = shifted(&c, 20);
        let bars = [&a, &b, &c];
        let mut plans = [drawn(seed, 300), drawn(50 + seed, 300), drawn(90 + seed, 250)];
        let latency_bars = (seed % 3) as usize;
        if latency_bars > 0 {
            // An entry behind one that is on its way is refused here, and a trader of one symbol must know by itself.
            plans = plans.map(|p| apart(&p));
        }
        let execution = Execution { latency_bars, fee_bps: 5.0, slippage_bps: 3.0, ..FREE };
        let (want, ledger) = all(&bars, &plans, &rich(3.0), None, &execution);
        let mut trader = Calls::new(mirrored(&plans));
        let (got, same) = whole(&bars, &rich(3.0), &execution, None, &mut trader);
        assert!(want.trades.len() > 20, "{}", want.trades.len());
        assert!(want.trades == got.trades, "seed {seed}");
        assert_eq!(want.equity, got.equity);
        assert_eq!(want.exposure, got.exposure);
        assert_eq!(ledger.cash(), same.cash());
        // Every trade was told, and what was bought was sold.
        assert_eq!(trader.trades.len(), got.trades.len());
        for k in 0..3 {
            let net: f64 =
                trader.fills.iter().filter(|(_, f)| f.symbol == k).map(|(_, f)| f.side * f.units).sum();
            assert!(net.abs() < 1e-9, "{net}");
        }
    }
}

/// Buys the symbol that rose most over ten bars, for five bars, the others ranked behind it.
fn strongest<'b>(bars: Vec<&'b Bars>, names: Vec<usize>) -> impl FnMut(&Portfolio<'_>, &mut Orders) + 'b {
    move |now, orders| {
        let rise = |k: usize| {
            let (bar, close) = (now.bar(k)?, bars[k].close());
            (bar >= 10).then(|| close[bar] / close[bar - 10])
        };
        let mut ranked: Vec<(f64, usize, usize)> =
            (0..bars.len()).filter_map(|k| Some((rise(k)?, names[k], k))).collect();
        // Ties by name.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, _, k) in &ranked {
            match now.position(*k) {
                Some(p) if now.bar(*k).is_some_and(|bar| bar >= p.entry_bar + 5) => {
                    orders.real().exit(*k, ExitReason::TIME);
                }
                Some(_) => {}
                None => orders.real().enter(*k, entry(1.0, 0.4, 4.0, 6.0)),
            }
        }
    }
}

#[test]
fn the_order_of_the_symbols_changes_nothing() {
    let walks: Vec<Bars> = (0..5).map(|k| shifted(&walk(k, 200 + 10 * k as usize), 3 * k as i64)).collect();
    let limits = Limits { max_positions: 2, max_exposure: 0.7, ..Limits::default() };
    let run = |order: [usize; 5]| {
        let bars: Vec<&Bars> = order.iter().map(|k| &walks[*k]).collect();
        let mut trader = Calls::new(strongest(bars.clone(), order.to_vec()));
        let (r, _) = whole(&bars, &rich(1.0), &FREE, Some(&limits), &mut trader);
        let mut trades: Vec<(usize, usize, usize)> =
            r.trades.iter().map(|t| (t.entry_bar, t.exit_bar, order[usize::from(t.symbol)])).collect();
        trades.sort_unstable();
        (r.equity, trades, trader.rejects.len())
    };
    let (equity, trades, rejects) = run([0, 1, 2, 3, 4]);
    assert!(trades.len() > 20 && rejects > 20, "{} {rejects}", trades.len());
    for order in [[4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [1, 2, 3, 4, 0]] {
        let (e, t, r) = run(order);
        assert_eq!((&t, r), (&trades, rejects), "{order:?}");
        // Sums of the symbols' values are rounded in their order.
        assert!(e.iter().zip(&equity).all(|(x, y)| (x / y - 1.0).abs() < 1e-12), "{order:?}");
    }
}

#[test]
fn the_first_of_the_ranking_gets_the_slot() {
    let flat = bars(&[at(100.0); 5]);
    let limits = |l: Limits| Limits { ..l };
    let run = |order: [usize; 2], limits: Limits| {
        let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
            if now.step() == 0 {
                order.iter().for_each(|k| orders.real().enter(*k, long(0.6)));
            }
        });
        let (r, _) = whole(&[&flat, &flat], &rich(1.0), &FREE, Some(&limits), &mut trader);
        (r.trades.iter().map(|t| (t.symbol, t.units)).collect::<Vec<_>>(), trader.reasons())
    };
    for order in [[0, 1], [1, 0]] {
        let first = order[0] as u16;
        let one = limits(Limits { max_positions: 1, ..Limits::default() });
        assert_eq!(run(order, one), (vec![(first, 6.0)], vec!["max_positions"]));
        let exposure = Limits { max_exposure: 0.6, ..Limits::default() };
        assert_eq!(run(order, exposure), (vec![(first, 6.0)], vec!["exposure"]));
        // Means as well, where the account serves in order.
        let account = Account { allocation: Allocation::InOrder, ..rich(1.0) };
        let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
            if now.step() == 0 {
                order.iter().for_each(|k| orders.real().enter(*k, long(0.8)));
            }
        });
        let (r, _) = whole(&[&flat, &flat], &account, &FREE, None, &mut trader);
        let units = |k: u16| r.trades.iter().find(|t| t.symbol == k).map(|t| t.units);
        assert_eq!((units(first), units(1 - first)), (Some(8.0), Some(2.0)));
    }
}

#[test]
fn what_is_left_at_a_close_frees_its_slot_and_may_turn() {
    let flat = bars(&[at(100.0); 6]);
    let limits = Limits { max_positions: 1, ..Limits::default() };
    let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
        0 => orders.real().enter(0, long(0.5)),
        // The entry is given first: what frees means comes first all the same.
        2 => {
            orders.real().enter(1, long(0.5));
            orders.real().exit(0, ExitReason::SIGNAL);
        }
        3 => {
            orders.real().exit(1, ExitReason::OPPOSITE);
            orders.real().enter(1, entry(-1.0, 0.25, f64::INFINITY, f64::INFINITY));
        }
        _ => {}
    });
    let (r, _) = whole(&[&flat, &flat], &rich(1.0), &FREE, Some(&limits), &mut trader);
    let trades: Vec<_> =
        r.trades.iter().map(|t| (t.symbol, t.side, t.entry_bar, t.exit_bar, t.reason)).collect();
    assert_eq!(
        trades,
        [
            (0, 1.0, 1, 3, ExitReason::SIGNAL),
            (1, 1.0, 3, 4, ExitReason::OPPOSITE),
            (1, -1.0, 4, 5, ExitReason::END)
        ]
    );
    assert!(trader.rejects.is_empty(), "{:?}", trader.reasons());
    let effects: Vec<_> = trader.fills.iter().map(|(_, f)| (f.bar, f.symbol, f.side, f.effect)).collect();
    assert_eq!(
        effects,
        [
            (1, 0, 1.0, Effect::Opened),
            (3, 0, -1.0, Effect::Closed(ExitReason::SIGNAL)),
            (3, 1, 1.0, Effect::Opened),
            (4, 1, -1.0, Effect::Closed(ExitReason::OPPOSITE)),
            (4, 1, -1.0, Effect::Opened),
            (5, 1, 1.0, Effect::Closed(ExitReason::END))
        ]
    );
}

#[test]
fn every_refusal_is_told_with_its_reason() {
    let flat = bars(&[at(100.0); 8]);
    let reasons = |account: &Account, limits: Option<&Limits>, act: &dyn Fn(&Portfolio<'_>, &mut Orders)| {
        let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| act(now, orders));
        let (r, _) = whole(&[&flat, &shifted(&flat, 2)], account, &FREE, limits, &mut trader);
        // Units that nobody worked out are NaN.
        assert_eq!(
            format!("{:?}", r.rejects),
            format!("{:?}", trader.rejects),
            "the recorder is told the same"
        );
        trader.rejects.iter().map(|(_, r)| (r.symbol, r.bar, r.reason.name())).collect::<Vec<_>>()
    };
    let on = |step: usize, act: fn(&mut AccountOrders<'_>)| {
        move |now: &Portfolio<'_>, orders: &mut Orders| {
            if now.step() == step {
                act(&mut orders.real());
            }
        }
    };
    let all = rich(1.0);
    // The second symbol has its first bar at step 2, and one more than the first at the end.
    assert_eq!(reasons(&all, None, &on(1, |o| o.enter(1, long(0.1)))), [(1, 0, "no_bar")]);
    // The refusal is of the step that decided, not of the symbol's first bar a step later.
    let mut early = Calls::new(on(1, |o| o.enter(1, long(0.1))));
    whole(&[&flat, &shifted(&flat, 2)], &all, &FREE, None, &mut early);
    assert_eq!(early.rejects[0].1.step, 1);
    let twice = |o: &mut AccountOrders<'_>| {
        o.enter(0, long(0.1));
        o.enter(0, long(0.2));
    };
    assert_eq!(reasons(&all, None, &on(1, twice)), [(0, 1, "position_open")]);
    let spot = Account { kind: AccountKind::Spot, ..rich(1.0) };
    let short = |o: &mut AccountOrders<'_>| o.enter(0, entry(-1.0, 0.1, f64::INFINITY, f64::INFINITY));
    assert_eq!(reasons(&spot, None, &on(1, short)), [(0, 2, "spot_short")]);
    let own = |o: &mut AccountOrders<'_>| o.refuse(1, -1.0, Reject::new("no_edge"));
    assert_eq!(reasons(&all, None, &on(4, own)), [(1, 2, "no_edge")]);
    let rests = |o: &mut AccountOrders<'_>| o.enter(0, long(1.0));
    let kill = Limits { kill_at: "1970-01-01 02:00".to_owned(), ..Limits::default() };
    assert_eq!(reasons(&all, Some(&kill), &on(1, rests)), [(0, 1, "rule")]);
    assert_eq!(reasons(&all, Some(&kill), &on(3, rests)), [(0, 3, "halted")]);
    // A kill is a halt, in which an order that rests is taken back: told once.
    let resting = |now: &Portfolio<'_>, orders: &mut Orders| {
        if now.step() == 0 {
            orders.real().place(now, 0, Order::new(1.0, 1.0, OrderKind::Limit(50.0), 0));
        }
    };
    assert_eq!(reasons(&all, Some(&kill), &resting), [(0, 1, "halted")]);
    let full = |now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
        2 => orders.real().enter(0, long(1.0)),
        4 => orders.real().enter(1, long(1.0)),
        _ => {}
    };
    assert_eq!(reasons(&all, None, &full), [(1, 3, "no_means")]);
    let cool = Limits { cooldown_minutes: 180.0, ..Limits::default() };
    let again = |now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
        0 | 3 => orders.real().enter(0, long(0.5)),
        1 => orders.real().exit(0, ExitReason::SIGNAL),
        _ => {}
    };
    assert_eq!(reasons(&all, Some(&cool), &again), [(0, 3, "cooldown")]);
    let dies = |now: &Portfolio<'_>, orders: &mut Orders| {
        if now.step() == 1 {
            let order = Order { good_until: 4, ..Order::new(1.0, 1.0, OrderKind::Limit(50.0), 1) };
            let id = orders.real().place(now, 0, order);
            assert_eq!((id, orders.real().place(now, 0, order)), (1, 2));
        }
        if now.step() == 2 {
            assert_eq!(now.real().resting(0).len(), 2);
            orders.real().cancel(0, 2);
        }
    };
    assert_eq!(reasons(&all, None, &dies), [(0, 4, "expired")]);
    let late = |now: &Portfolio<'_>, orders: &mut Orders| {
        if now.step() == 7 {
            orders.real().enter(0, long(0.1));
        }
        if now.step() == 6 {
            orders.real().place(now, 0, Order::new(1.0, 1.0, OrderKind::Limit(50.0), 6));
        }
    };
    assert_eq!(reasons(&all, None, &late), [(0, 7, "end"), (0, 7, "end")]);
}

#[test]
fn an_entry_may_be_made_smaller_or_turned_away_when_it_arrives() {
    let gap = bars(&[at(100.0), at(110.0), at(110.0), at(110.0)]);
    let run = |check: fn(&Arriving) -> Check, fill: FillRule| {
        let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
            if now.step() == 0 {
                orders.real().enter(0, long(0.5));
            }
        });
        trader.check = Some(check);
        let (r, _) = whole(&[&gap], &rich(1.0), &Execution { fill, ..FREE }, None, &mut trader);
        (r.trades.iter().map(|t| t.units).collect::<Vec<_>>(), trader.reasons())
    };
    let seen: fn(&Arriving) -> Check = |a| {
        assert_eq!((a.symbol, a.bar, a.decided, a.units, a.price, a.equity), (0, 1, 0, 5.0, 110.0, 1000.0));
        Check::Fill
    };
    assert_eq!(run(seen, FillRule::NextOpen), (vec![5.0], vec![]));
    // Half of it risked at the new price.
    let half: fn(&Arriving) -> Check = |a| Check::Resize(0.5 * a.equity / a.price / 2.0);
    assert_eq!(run(half, FillRule::NextOpen), (vec![0.5 * 1000.0 / 110.0 / 2.0], vec![]));
    assert_eq!(run(|_| Check::Resize(99.0), FillRule::NextOpen).0, [5.0], "never more than decided");
    assert_eq!(run(|_| Check::Resize(0.0), FillRule::NextOpen).0, []);
    let away: fn(&Arriving) -> Check =
        |a| if a.price > 105.0 { Check::Reject(Reject::new("moved")) } else { Check::Fill };
    assert_eq!(run(away, FillRule::NextOpen), (vec![], vec!["moved"]));
    assert_eq!(run(away, FillRule::Close).0, [5.0], "at the close that decided it the price was 100");
}

#[test]
fn a_paper_account_moves_no_cash_and_is_an_account() {
    let (a, b) = (walk(7, 300), walk(8, 300));
    let plans = [drawn(3, 300), drawn(4, 300)];
    let execution = Execution { fee_bps: 5.0, slippage_bps: 3.0, ..FREE };
    let alone = {
        let mut trader = Calls::new(mirrored(&plans));
        whole(&[&a, &b], &rich(2.0), &execution, None, &mut trader)
    };
    // The same on paper, and the other way round beside it.
    let mut real = mirrored(&plans);
    let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        real(now, orders);
        let asks: Vec<Ask> = orders.asks().to_vec();
        for ask in asks {
            let mut paper = orders.paper(0);
            match ask.want {
                Want::Stop(price) => paper.move_stop(ask.symbol, price),
                Want::Exit(reason, _) => paper.exit(ask.symbol, reason),
                Want::Resize(units) => paper.resize(ask.symbol, units),
                Want::Enter(entry) => {
                    paper.enter(ask.symbol, entry);
                    orders.paper(1).enter(ask.symbol, Entry { side: -entry.side, ..entry });
                }
                _ => {}
            }
        }
    });
    let paper = |name, equity, apart| Paper { name, equity, apart };
    trader.papers = vec![paper("same", 1000.0, false), paper("shadow", 500.0, true)];
    let (r, ledger) = whole(&[&a, &b], &rich(2.0), &execution, None, &mut trader);
    assert_eq!((&r.equity, &r.trades, ledger.cash()), (&alone.0.equity, &alone.0.trades, alone.1.cash()));
    let [same, shadow] = &r.papers[..] else { panic!("two papers") };
    assert_eq!((&same.equity, &same.trades), (&r.equity, &r.trades));
    assert_eq!(shadow.equity.len(), r.equity.len());
    // Each candidate is a trade of its own, whatever else was held.
    let candidates =
        trader.fills.iter().filter(|(id, f)| *id == AccountId::paper(1) && f.effect == Effect::Opened);
    assert_eq!(candidates.count(), shadow.trades.len());
    assert!(shadow.trades.len() > r.trades.len());
    let made: f64 = shadow.trades.iter().map(|t| t.pnl).sum();
    assert!((shadow.equity[299] - 500.0 - made).abs() < 1e-9);
}

#[test]
fn entries_that_stand_apart_are_each_what_they_are_alone() {
    let b = walk(11, 120);
    let entries: Vec<usize> = (0..100).step_by(3).collect();
    let run = |at: &[usize]| {
        let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
            if at.contains(&now.step()) {
                orders.paper(0).enter(0, entry(1.0, 0.7, 6.0, 9.0));
            }
        });
        trader.papers = vec![Paper { name: "shadow", equity: 100.0, apart: true }];
        let execution = Execution { fee_bps: 5.0, ..FREE };
        let (r, ledger) = whole(&[&b], &rich(1.0), &execution, None, &mut trader);
        assert_eq!(ledger.cash(), 1000.0);
        r.papers.into_iter().next().map(|p| p.trades).unwrap_or_default()
    };
    let mut all = run(&entries);
    all.sort_by_key(|t| t.signal_bar);
    let alone: Vec<Trade> = entries.iter().flat_map(|i| run(&[*i])).collect();
    assert_eq!(all.len(), entries.len());
    assert_eq!(all, alone);
}

#[test]
fn a_limit_closes_a_symbol_that_has_no_bar_just_now() {
    // The second symbol has no bars at hours 2 and 3; the account is killed at the close of hour 2.
    let a = bars(&[at(100.0); 7]);
    let mut times: Vec<i64> = a.open_time().to_vec();
    times.drain(2..4);
    let five = bars(&[at(100.0); 5]);
    let b = Bars::new(Timeframe::H1, Columns { open_time: times.into(), ..five.columns().clone() }).unwrap();
    let limits = Limits { kill_at: "1970-01-01 03:00".to_owned(), ..Limits::default() };
    let mut risk_manager = RiskManager::new(&limits, 1000.0, 2);
    let plans = [plan(7, &[(0, buy(0.3))]), plan(5, &[(0, buy(0.3))])];
    let (each, _) = all(&[&a, &b], &plans, &rich(1.0), Some(&mut risk_manager), &FREE);
    let mut trader = Calls::new(mirrored(&plans));
    let (together, _) = whole(&[&a, &b], &rich(1.0), &FREE, Some(&limits), &mut trader);
    for r in [each, together] {
        let mut left: Vec<_> = r.trades.iter().map(|t| (t.symbol, t.exit_bar, t.reason)).collect();
        left.sort_by_key(|t| t.0);
        // Its next bar is its third, at hour 4.
        assert_eq!(left, [(0, 3, ExitReason::KILL), (1, 2, ExitReason::KILL)]);
    }
}
