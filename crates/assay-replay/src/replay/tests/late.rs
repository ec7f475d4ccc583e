//! Orders that take bars to arrive, and what is decided meanwhile.

use super::limits::plan;
use super::portfolio::{all, rich};
use super::whole::{Calls, mirrored, whole};
use super::*;
use crate::execution::{EntryOrder, Order, OrderKind};
use crate::risk::Limits;

const OUT: Intent = super::limits::LEAVE;

fn size(units: f64) -> Intent {
    Intent { resize: Some(units), ..Intent::default() }
}

fn bought(size: f64) -> Intent {
    enter(entry(1.0, size, f64::INFINITY, f64::INFINITY))
}

/// Entries each followed, while they are on their way, by another size, an exit or the other side.
fn hasty(seed: u64, n: usize) -> Vec<Intent> {
    let mut s = Stream::new(seed, "late test", 0);
    let mut plan = vec![Intent::default(); n];
    for i in (0..n - 8).step_by(8) {
        let side = if s.uniform() < 0.5 { 1.0 } else { -1.0 };
        let first = entry(side, 0.2 + 0.3 * s.uniform(), 30.0, 50.0);
        plan[i] = enter(first);
        let turned = Intent { exit: OUT.exit, ..enter(Entry { side: -side, ..first }) };
        plan[i + 1] = [size(9.0 * s.uniform()), OUT, turned][(3.0 * s.uniform()) as usize];
        plan[i + 2] = [size(9.0 * s.uniform()), Intent::default()][(2.0 * s.uniform()) as usize];
        plan[i + 3] = OUT;
    }
    plan
}

#[test]
fn an_account_s_exit_or_size_decided_while_its_entry_is_under_way_finds_the_position() {
    for seed in 0..12 {
        let (a, b) = (walk(seed, 300), walk(100 + seed, 300));
        let plans = [hasty(seed, 300), hasty(50 + seed, 300)];
        let execution = Execution { latency_bars: (seed % 4) as usize, fee_bps: 5.0, ..FREE };
        let (want, ledger) = all(&[&a, &b], &plans, &rich(3.0), None, &execution);
        let mut trader = Calls::new(mirrored(&plans));
        let (got, same) = whole(&[&a, &b], &rich(3.0), &execution, None, &mut trader);
        assert!(want.trades.len() > 60, "{}", want.trades.len());
        assert!(want.trades == got.trades, "seed {seed}");
        assert_eq!((want.equity, ledger.cash()), (got.equity, same.cash()));
    }
}

#[test]
fn an_account_s_sizes_follow_each_other_on_their_way() {
    // Two units bought at the close of bar 1, then 7, 2 and 5 held, 2 sold short instead, 5 of these held, and out:
    // everything two bars late.
    let b = bars(&[[100.0; 4]; 12]);
    let turned = Intent { exit: OUT.exit, ..enter(entry(-1.0, 0.2, f64::INFINITY, f64::INFINITY)) };
    let wanted = [
        (1, bought(0.2)),
        (2, size(7.0)),
        (3, size(2.0)),
        (4, size(5.0)),
        (6, turned),
        (7, size(5.0)),
        (8, OUT),
    ];
    let plans = [plan(12, &wanted)];
    let execution = Execution { latency_bars: 2, ..FREE };
    let mut trader = Calls::new(mirrored(&plans));
    let (r, _) = whole(&[&b], &rich(1.0), &execution, None, &mut trader);
    let parts: Vec<_> = r.trades.iter().map(|t| (t.side, t.entry_bar, t.exit_bar, t.units)).collect();
    assert_eq!(parts, [(1.0, 4, 6, 5.0), (1.0, 4, 9, 5.0), (-1.0, 9, 11, 5.0)]);
    assert!(trader.rejects.is_empty());
}

#[test]
fn an_account_s_trader_sees_what_is_under_way() {
    let b = bars(&[[100.0; 4]; 8]);
    let mut seen = vec![];
    let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        seen.push(now.real().coming(0));
        match now.step() {
            1 => orders.real().enter(0, entry(-1.0, 0.5, f64::INFINITY, f64::INFINITY)),
            3 => orders.real().exit(0, ExitReason::SIGNAL),
            _ => {}
        }
    });
    let (r, _) = whole(&[&b], &rich(1.0), &Execution { latency_bars: 2, ..FREE }, None, &mut trader);
    assert_eq!((r.trades[0].entry_bar, r.trades[0].exit_bar), (4, 6));
    assert_eq!(seen, [None, None, Some(-1.0), Some(-1.0), None, None, None, None]);
}

/// Bars that open and close at 100, so that every limit is at one price, and reach anywhere around it.
fn wicks(seed: u64, n: usize) -> Bars {
    let mut s = Stream::new(seed, "wicks", 0);
    let rows: Vec<[f64; 4]> =
        (0..n).map(|_| [100.0, 100.0 + 4.0 * s.uniform(), 100.0 - 2.0 * s.uniform(), 100.0]).collect();
    bars(&rows)
}

fn limit_first(latency_bars: usize) -> Execution {
    let entry = EntryOrder::LimitFirst;
    Execution { latency_bars, entry, entry_offset_bps: 100.0, entry_bars: 4, ..FREE }
}

/// Side, bars and reason of each trade.
fn kinds(trades: &[Trade]) -> Vec<(f64, usize, usize, ExitReason)> {
    trades.iter().map(|t| (t.side, t.entry_bar, t.exit_bar, t.reason)).collect()
}

/// Entries, exits and cancels in any order.
fn any_order(seed: u64, n: usize) -> Vec<Intent> {
    let mut s = Stream::new(seed, "any order", 0);
    let mut one = || {
        let side = if s.uniform() < 0.5 { 1.0 } else { -1.0 };
        let e = enter(entry(side, 0.5, 1.5, 3.5));
        match (9.0 * s.uniform()) as usize {
            0 => Intent { cancel: true, ..Intent::default() },
            1 => Intent { cancel: true, ..OUT },
            2 => OUT,
            3 => e,
            4 => Intent { exit: OUT.exit, ..e },
            5 => Intent { cancel: true, exit: OUT.exit, ..e },
            _ => Intent::default(),
        }
    };
    (0..n).map(|_| one()).collect()
}

#[test]
fn limit_entries_and_what_takes_them_back_are_all_as_late() {
    let mut filled = 0;
    for seed in 0..60 {
        let (b, wanted) = (wicks(seed, 120), any_order(seed, 100));
        for latency in 1..4 {
            let shifted = [vec![Intent::default(); latency], wanted.clone()].concat();
            let pad = |mut p: Vec<Intent>| {
                p.resize(120, Intent::default());
                p
            };
            let (late, ..) = run(&b, &limit_first(latency), pad(wanted.clone()));
            let (then, ..) = run(&b, &limit_first(0), pad(shifted));
            assert_eq!(kinds(&late.trades), kinds(&then.trades), "seed {seed}, {latency} bars late");
            filled += late.trades.len();
        }
    }
    assert!(filled > 1000, "{filled}");
}

#[test]
fn an_account_s_cancel_of_a_limit_entry_is_as_late_as_the_entry() {
    // A limit of 99, sent at the close of bar 1, taken back at that of bar 2, and reached in bar 3 or 4.
    for (reached, filled) in [(3, true), (4, false)] {
        let mut rows = [[100.0; 4]; 10];
        rows[reached][2] = 98.0;
        let b = bars(&rows);
        let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
            1 => orders.real().enter(0, bought(0.5).entry.unwrap()),
            2 => {
                orders.real().place(now, 0, Order::new(1.0, 1.0, OrderKind::Limit(97.0), 2));
                orders.real().cancel_entries(0);
            }
            // An order of its own is no entry.
            7 => assert_eq!(now.real().resting(0).len(), 1),
            _ => {}
        });
        let (r, _) = whole(&[&b], &rich(1.0), &limit_first(1), None, &mut trader);
        assert_eq!(r.trades.len(), usize::from(filled), "reached in bar {reached}");
    }
}

#[test]
fn an_entry_that_waits_for_volume_is_taken_back_when_the_cancel_arrives() {
    // Sent at the close of bar 1, there in bar 3, taken back at the close of bar 2: gone in bar 4.
    for (volume_in, filled) in [(3, true), (4, false)] {
        let mut volume = vec![0.0; 10];
        volume[volume_in] = 1000.0;
        let still = bars(&[[100.0; 4]; 10]);
        let b =
            Bars::new(Timeframe::H1, Columns { volume: volume.into(), ..still.columns().clone() }).unwrap();
        let execution = Execution { latency_bars: 1, participation: 0.5, ..FREE };
        let cancel = Intent { cancel: true, ..Intent::default() };
        let (r, ..) = run(&b, &execution, plan(10, &[(1, bought(0.5)), (2, cancel)]));
        assert_eq!(r.trades.len(), usize::from(filled), "volume in bar {volume_in}");
    }
}

#[test]
fn a_late_limit_entry_is_filled_in_parts_and_follows_a_position_that_leaves_in_parts() {
    // A bar bears two units. Five are bought at the market in bar 4, when the limit has rested for one bar: in three parts.
    let still = bars(&[[100.0; 4]; 16]);
    let volume = vec![2.0; 16].into();
    let b = Bars::new(Timeframe::H1, Columns { volume, ..still.columns().clone() }).unwrap();
    let execution = Execution { participation: 1.0, entry_bars: 1, ..limit_first(1) };
    // They are sold from bar 9 on, and five others follow from bar 12 on, as soon as these have left.
    let turned = Intent { exit: OUT.exit, ..enter(entry(-1.0, 0.5, f64::INFINITY, f64::INFINITY)) };
    let (r, ..) = run(&b, &execution, plan(16, &[(1, bought(0.5)), (7, turned)]));
    let parts: Vec<_> = r.trades.iter().map(|t| (t.side, t.entry_bar, t.exit_bar, t.units)).collect();
    assert_eq!(parts, [(1.0, 4, 9, 2.0), (1.0, 4, 10, 2.0), (1.0, 4, 11, 1.0), (-1.0, 11, 15, 5.0)]);
}

#[test]
fn limits_count_an_entry_behind_an_exit_that_is_on_its_way() {
    // Everything is three bars late. The first symbol is held, left at the close of bar 5 and bought again at that of bar
    // 6; the second is wanted at the close of bar 7, when neither has arrived.
    let b = bars(&[[100.0; 4]; 14]);
    let plans = [plan(14, &[(0, bought(0.5)), (5, OUT), (6, bought(0.5))]), plan(14, &[(7, bought(0.5))])];
    let execution = Execution { latency_bars: 3, ..FREE };
    let second = |limits: Limits, plans: &[Vec<Intent>; 2]| {
        let mut risk_manager = RiskManager::new(&limits, 1000.0, 2);
        let (r, _) = all(&[&b, &b], plans, &rich(4.0), Some(&mut risk_manager), &execution);
        r.trades.iter().filter(|t| t.symbol == 1).fold(0.0, |all, t| all + t.units)
    };
    let one = || Limits { max_positions: 1, ..Limits::default() };
    let exposed = || Limits { max_exposure: 0.75, ..Limits::default() };
    assert_eq!((second(one(), &plans), second(exposed(), &plans)), (0.0, 2.5));
    // Without the second entry of the first symbol there is room.
    let [mut first, other] = plans;
    first[6] = Intent::default();
    let plans = [first, other];
    assert_eq!((second(one(), &plans), second(exposed(), &plans)), (5.0, 5.0));
}
