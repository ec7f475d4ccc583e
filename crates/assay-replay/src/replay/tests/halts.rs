//! What is on its way when a halt of a limit begins.

use super::limits::{LEAVE, at, plan};
use super::portfolio::{all, rich};
use super::whole::{Calls, mirrored, whole};
use super::*;
use crate::execution::{EntryOrder, Order, OrderKind};
use crate::risk::{CooldownScope, LimitAction, Limits};

const HALF_HOUR: i64 = 1_800_000;

fn bought(size: f64) -> Intent {
    enter(entry(1.0, size, f64::INFINITY, f64::INFINITY))
}

fn size(units: f64) -> Intent {
    Intent { resize: Some(units), ..Intent::default() }
}

fn late(bars: usize) -> Execution {
    Execution { latency_bars: bars, ..FREE }
}

/// A day that is lost in bar 5, and another that begins with bar 24.
fn falls() -> Bars {
    let mut rows = vec![at(100.0); 30];
    rows[5..].iter_mut().for_each(|r| *r = at(90.0));
    bars(&rows)
}

/// No opening for the rest of a day that has lost a twentieth.
fn blocks() -> Limits {
    Limits { daily_loss: 0.04, daily_loss_action: LimitAction::Block, ..Limits::default() }
}

/// Side, bars of entry and exit, and units of each trade; and how many orders were refused.
fn traded(plan: &[Intent], execution: &Execution) -> (Vec<(f64, usize, usize, f64)>, usize) {
    let (b, limits) = (falls(), blocks());
    let mut risk_manager = RiskManager::new(&limits, 1000.0, 1);
    let (r, ledger) = all(&[&b], &[plan.to_vec()], &rich(4.0), Some(&mut risk_manager), execution);
    let trade = |t: &Trade| (t.side, t.entry_bar, t.exit_bar, t.units);
    (r.trades.iter().map(trade).collect(), ledger.counts().refused)
}

#[test]
fn a_halt_takes_back_what_would_open_or_enlarge_and_lets_the_rest_go_on() {
    // The halt begins at the close of bar 5, with everything three bars late: due at bar 8.
    let first = |then: Intent| plan(30, &[(0, bought(1.0)), (4, then), (20, LEAVE)]);
    assert_eq!(traded(&first(size(20.0)), &late(3)), (vec![(1.0, 4, 24, 10.0)], 0));
    // A smaller size goes on, and one that is larger than it, though not than what is held, does not.
    let mut smaller = first(size(4.0));
    smaller[5] = Intent::default();
    assert_eq!(traded(&smaller, &late(3)).0, [(1.0, 4, 8, 6.0), (1.0, 4, 24, 4.0)]);
    let sizes = plan(30, &[(0, bought(1.0)), (3, size(4.0)), (4, size(6.0)), (20, LEAVE)]);
    assert_eq!(traded(&sizes, &late(3)).0, [(1.0, 4, 7, 6.0), (1.0, 4, 24, 4.0)]);
    // That is so as well where the halt is over before either arrives.
    let over = plan(30, &[(0, bought(1.0)), (20, size(4.0)), (21, size(6.0))]);
    assert_eq!(traded(&over, &late(3)).0, [(1.0, 4, 24, 6.0), (1.0, 4, 29, 4.0)]);
    // A reversal leaves, and does not turn.
    let turned = Intent { exit: LEAVE.exit, ..enter(entry(-1.0, 1.0, f64::INFINITY, f64::INFINITY)) };
    assert_eq!(traded(&first(turned), &late(3)), (vec![(1.0, 4, 8, 10.0)], 1));
    // What arrived before is there, and what is decided after the halt opens.
    assert_eq!(traded(&first(size(20.0)), &late(0)).0, [(1.0, 1, 21, 20.0)]);
    let next_day = plan(30, &[(0, bought(1.0)), (4, LEAVE), (24, bought(0.5))]);
    assert_eq!(traded(&next_day, &late(1)).0.len(), 2);
    // Of ten units one, all of the volume, is filled in each bar up to that of the halt.
    let by_volume = Execution { participation: 1.0, ..FREE };
    assert_eq!(traded(&plan(30, &[(0, bought(1.0))]), &by_volume), (vec![(1.0, 1, 29, 5.0)], 1));
}

#[test]
fn a_halt_takes_back_a_limit_entry_that_rests_or_is_on_its_way() {
    let limits = |latency_bars| Execution {
        entry: EntryOrder::LimitFirst,
        entry_offset_bps: 2000.0,
        entry_bars: 6,
        ..late(latency_bars)
    };
    // The first is filled at the market when its time is over, in bar 0 + 1 + 6 without a halt: never.
    for latency in [0, 3] {
        let (trades, refused) = traded_with_a_loser(&limits(latency));
        assert_eq!((trades, refused), (0, 1), "{latency} bars late");
    }
}

/// How many trades there are of a symbol whose entry rests when another has lost the day, and how many refusals.
fn traded_with_a_loser(execution: &Execution) -> (usize, usize) {
    let (loses, rests) = (falls(), bars(&[at(100.0); 30]));
    let limits = blocks();
    let mut risk_manager = RiskManager::new(&limits, 1000.0, 2);
    // A limit 20 % below is not reached; the other symbol is held from the start by an order of its own.
    let plans = [plan(30, &[(0, bought(1.0))]), plan(30, &[(2, bought(1.0))])];
    let markets = [Market::from(&loses), Market::from(&rests)];
    let clock = Clock::of(&markets);
    let mut recorder = FullRecorder::new(30);
    let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
        0 => {
            orders.real().place(now, 0, Order::new(1.0, 10.0, OrderKind::Market, 0));
        }
        2 => orders.real().enter(1, plans[1][2].entry.unwrap()),
        _ => {}
    });
    let over = Over {
        risk_manager: Some(&mut risk_manager),
        ..Over::new(&markets, &clock, &[0, 0], execution, rich(4.0).ledger())
    };
    let ledger = replay_account(over, &mut trader, &mut recorder);
    assert!(recorder.trades.iter().any(|t| t.symbol == 0));
    (recorder.trades.iter().filter(|t| t.symbol == 1).count(), ledger.counts().refused)
}

#[test]
fn a_trader_is_told_what_a_halt_takes_back() {
    let (b, limits) = (falls(), blocks());
    let plans = [plan(30, &[(0, bought(1.0)), (4, bought(0.5))])];
    let mut more = mirrored(&plans);
    let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        more(now, orders);
        if now.step() == 3 {
            orders.real().exit(0, ExitReason::SIGNAL);
        }
        if now.step() == 4 {
            orders.real().place(now, 0, Order::new(1.0, 3.0, OrderKind::Limit(50.0), 4));
            let only = Order { reduce_only: true, ..Order::new(-1.0, 3.0, OrderKind::Limit(150.0), 4) };
            orders.real().place(now, 0, only);
        }
    });
    let (r, ledger) = whole(&[&b], &rich(4.0), &late(3), Some(&limits), &mut trader);
    let told: Vec<_> = trader.rejects.iter().map(|(_, r)| (r.bar, r.order, r.units, r.reason)).collect();
    assert_eq!(told, [(5, 0, 5.0, Reject::HALTED), (5, 1, 3.0, Reject::HALTED)]);
    assert_eq!((r.trades.len(), r.trades[0].exit_bar, ledger.counts().refused), (1, 7, 2));
}

#[test]
fn an_order_that_rests_is_no_new_one_to_the_limits() {
    let b = bars(&[at(100.0); 12]);
    let limits =
        Limits { cooldown_minutes: 600.0, cooldown_scope: CooldownScope::Account, ..Limits::default() };
    let mut trader = Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        let sent = |orders: &mut Orders, side: f64, until: usize| {
            let kind = OrderKind::Limit(100.0 - side * 50.0);
            let order = Order {
                good_until: until,
                expiry: crate::execution::Expiry::Market,
                ..Order::new(side, 1.0, kind, now.step())
            };
            orders.real().place(now, 0, order);
        };
        match now.step() {
            0 => sent(orders, 1.0, 6),
            1 => orders.real().enter(0, entry(1.0, 0.1, f64::INFINITY, f64::INFINITY)),
            2 => orders.real().exit(0, ExitReason::SIGNAL),
            // Too soon after the trade; the first was there before.
            4 => sent(orders, 1.0, 5),
            _ => {}
        }
    });
    let (r, _) = whole(&[&b], &rich(4.0), &FREE, Some(&limits), &mut trader);
    assert_eq!(trader.reasons(), ["cooldown"]);
    assert_eq!(r.trades.iter().map(|t| t.entry_bar).collect::<Vec<_>>(), [2, 6]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_symbol_that_never_trades_changes_no_halt(
        seed in 0u64..500, latency in 0usize..4, limit_first in any::<bool>(), whole_account in any::<bool>()
    ) {
        let n = 120;
        let a = walk(seed, n);
        let open_time = a.open_time().iter().map(|t| t + HALF_HOUR).collect();
        let idle = Bars::new(Timeframe::H1, Columns { open_time, ..a.columns().clone() }).unwrap();
        let entry = if limit_first { EntryOrder::LimitFirst } else { EntryOrder::Market };
        let execution = Execution { entry, entry_offset_bps: 100.0, entry_bars: 3, fee_bps: 5.0, ..late(latency) };
        let limits = Limits { max_losses_in_row: 2, ..Limits { daily_loss: 0.02, ..blocks() } };
        let plan: Vec<Intent> = (0..n)
            .map(|i| match i % 5 {
                0 => enter(super::entry(if i % 2 == 0 { 1.0 } else { -1.0 }, 0.5, 3.0, 5.0)),
                2 => size(2.0 + (i % 7) as f64),
                4 if i % 3 == 0 => Intent { exit: LEAVE.exit, ..bought(0.7) },
                _ => Intent::default(),
            })
            .collect();
        let replayed = |bars: &[&Bars]| {
            let plans = [plan.clone(), vec![Intent::default(); n]];
            let plans = &plans[..bars.len()];
            if whole_account {
                whole(bars, &rich(4.0), &execution, Some(&limits), &mut Calls::new(mirrored(plans)))
            } else {
                let mut risk_manager = RiskManager::new(&limits, 1000.0, bars.len());
                all(bars, plans, &rich(4.0), Some(&mut risk_manager), &execution)
            }
        };
        let (alone, one) = replayed(&[&a]);
        let (both, two) = replayed(&[&a, &idle]);
        // As text, in which what is undefined equals itself.
        let same = format!("{:?}", alone.trades) == format!("{:?}", both.trades);
        prop_assert!(same);
        let of_a: Vec<f64> = both.equity.iter().step_by(2).copied().collect();
        let same = alone.equity == of_a;
        prop_assert!(same);
        prop_assert_eq!((one.cash(), one.counts()), (two.cash(), two.counts()));
        prop_assert!(alone.trades.len() > 3);
    }
}
