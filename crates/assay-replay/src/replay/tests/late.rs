//! Orders that take bars to arrive, and what is decided meanwhile.

use super::limits::plan;
use super::portfolio::{all, rich};
use super::whole::{Calls, mirrored, whole};
use super::*;

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
