//! Each type of order, by the bars of `docs/concepts/execution.md`.

use super::*;
use crate::execution::{EntryOrder, Expiry, Follow, LimitRule, Order, OrderKind};

/// Sends what a list says: at the close of bar `i`, `sent[i]`.
struct Sends(Vec<Vec<Order>>);

impl SymbolTrader for Sends {
    fn places(&self) -> bool {
        true
    }

    fn next_wake(&mut self, from: usize) -> usize {
        let rest = self.0.get(from..).unwrap_or_default();
        from + rest.iter().position(|o| !o.is_empty()).unwrap_or(rest.len())
    }

    fn on_close(&mut self, _: usize, _: &View<'_>) -> Intent {
        Intent::default()
    }

    fn place(&mut self, bar: usize, _: &View<'_>, book: &mut Book) {
        self.0[bar].iter().for_each(|o| {
            book.place(*o);
        });
    }

    fn on_exit(&mut self, _: &Trade) {}
}

fn costly() -> Execution {
    Execution { slippage_bps: 100.0, fee_bps: 10.0, maker_fee_bps: Some(0.0), ..FREE }
}

/// The trades of orders sent at the close of the first bar, which is 100.
fn sent(orders: &[Order], rows: &[[f64; 4]], execution: &Execution) -> (Vec<Trade>, Counts) {
    let mut all = vec![[100.0; 4]];
    all.extend(rows);
    let b = bars(&all);
    let mut plan = vec![vec![]; all.len()];
    plan[0] = orders.to_vec();
    let mut recorder = FullRecorder::new(all.len());
    let ledger = replay(&b, 0, execution, AccountState::new(10_000.0, 10.0), &mut Sends(plan), &mut recorder);
    (recorder.trades, ledger.counts())
}

fn order(side: f64, kind: OrderKind) -> Order {
    Order::new(side, 2.0, kind, 0)
}

const QUIET: [f64; 4] = [100.0; 4];

#[test]
fn a_limit_rests_until_the_price_comes_to_it() {
    let buy = order(1.0, OrderKind::Limit(98.0));
    let (t, _) = sent(&[buy], &[[100.0, 101.0, 99.0, 100.0], [99.0, 100.0, 97.0, 99.0], QUIET], &costly());
    assert_eq!((t[0].entry_bar, t[0].entry_price), (2, 98.0));
    // Of the entry a maker's fee, nothing else; of the exit at the end 1 % and 0.1 % of 99.
    assert!((t[0].costs.fee - 2.0 * 99.0 * 0.001).abs() < 1e-12 && (t[0].costs.slippage - 2.0).abs() < 1e-12);
    // A gap fills at the open, which is better.
    let (t, _) = sent(&[buy], &[QUIET, [97.0, 99.0, 96.0, 98.0], QUIET], &costly());
    assert_eq!((t[0].entry_bar, t[0].entry_price), (2, 97.0));
    // One that can be filled the moment it comes in takes, and is no worse than its price.
    let (t, _) = sent(&[order(1.0, OrderKind::Limit(100.5))], &[QUIET, QUIET], &costly());
    assert_eq!((t[0].entry_bar, t[0].entry_price), (1, 100.5));
    assert!((t[0].costs.fee - 2.0 * (100.5 + 99.0) * 0.001).abs() < 1e-12, "{}", t[0].costs.fee);
}

#[test]
fn a_limit_may_have_to_be_gone_through() {
    let touched = [[100.0, 101.0, 98.0, 100.0], QUIET];
    let through = Execution { limit: LimitRule::Through, ..FREE };
    assert_eq!(sent(&[order(1.0, OrderKind::Limit(98.0))], &touched, &FREE).0.len(), 1);
    assert_eq!(sent(&[order(1.0, OrderKind::Limit(98.0))], &touched, &through).0.len(), 0);
    assert_eq!(sent(&[order(1.0, OrderKind::Limit(98.1))], &touched, &through).0.len(), 1);
    // The same of a target.
    let b = bars(&[QUIET, QUIET, [100.0, 104.0, 100.0, 102.0], QUIET]);
    let mut plan = vec![Intent::default(); 4];
    plan[0] = enter(entry(1.0, 0.1, f64::INFINITY, 4.0));
    assert_eq!(run(&b, &FREE, plan.clone()).0.trades[0].reason, ExitReason::TARGET);
    assert_eq!(run(&b, &through, plan).0.trades[0].reason, ExitReason::END);
}

#[test]
fn a_stop_enters_at_the_market_once_reached() {
    let buy = order(1.0, OrderKind::Stop(103.0));
    let (t, _) = sent(&[buy], &[QUIET, [101.0, 104.0, 100.0, 102.0], QUIET], &costly());
    assert!((t[0].entry_price - 103.0 * 1.01).abs() < 1e-12 && t[0].entry_bar == 2);
    let (t, _) = sent(&[buy], &[QUIET, [105.0, 106.0, 104.0, 105.0], QUIET], &FREE);
    assert_eq!(t[0].entry_price, 105.0, "a gap fills at the open");
}

#[test]
fn a_stop_limit_sleeps_until_its_stop_and_then_rests() {
    let buy = order(1.0, OrderKind::StopLimit { stop: 103.0, limit: 102.0 });
    // Wakes at 103 on the way up, is filled at 102 on the way down.
    let (t, _) =
        sent(&[buy], &[[101.0, 104.0, 100.0, 101.0], QUIET], &Execution { intrabar: Intrabar::Ohlc, ..FREE });
    assert_eq!((t[0].entry_price, t[0].entry_bar), (102.0, 1));
    // A gap beyond both: the limit is not met.
    let (t, _) = sent(&[buy], &[[106.0, 107.0, 105.0, 106.0], [105.0; 4]], &FREE);
    assert!(t.is_empty());
}

#[test]
fn a_trailing_stop_follows_and_then_sells() {
    let trail = |follow| OrderKind::TrailingStop(Trail { follow, ..Trail::closes(2.0) });
    let rows =
        [[100.0, 105.0, 99.5, 104.0], [104.0, 106.0, 103.5, 105.5], [105.0, 105.5, 102.0, 103.0], QUIET];
    let of = |follow| {
        let mut held = order(1.0, OrderKind::Market);
        held.units = 2.0;
        let exit = Order { reduce_only: true, ..order(-1.0, trail(follow)) };
        let (t, _) = sent(&[held, exit], &rows, &Execution { intrabar: Intrabar::Olhc, ..FREE });
        (t[0].exit_bar, t[0].exit_price)
    };
    // Closes of 104 and 105.5, highs of 105 and 106; on the path 99.5, 105, 104 is no drop of 2 below 105.
    assert_eq!(of(Follow::Close), (3, 103.5));
    assert_eq!(of(Follow::Extreme), (3, 104.0));
    assert_eq!(of(Follow::Path), (3, 104.0));
}

#[test]
fn a_position_s_trail_may_follow_the_path() {
    let b = bars(&[QUIET, [100.0, 105.0, 100.0, 102.0], [102.0; 4], QUIET]);
    let out = |follow| {
        let mut plan = vec![Intent::default(); 4];
        let e = entry(1.0, 0.1, 10.0, f64::INFINITY);
        let trail = Trail { distance: 0.02, share: true, follow, from: Level::None };
        plan[0] = enter(Entry { bracket: Bracket { trail, ..e.bracket }, ..e });
        let t = run(&b, &FREE, plan).0.trades[0];
        (t.exit_bar, t.exit_price, t.reason)
    };
    // 105 and back to 102: 2 % below 105 is 102.9, reached inside the bar on either path.
    assert_eq!(out(Follow::Path), (1, 105.0 * 0.98, ExitReason::TRAIL));
    // The high of a bar that has closed: the next one opens below 102.9.
    assert_eq!(out(Follow::Extreme), (2, 102.0, ExitReason::TRAIL));
    // The close of 102 moves it to 99.96.
    assert_eq!(out(Follow::Close), (3, 100.0, ExitReason::END));
}

/// Bar, price and reason of the exit of a position on `side` that is opened at 100 with a stop 5 away, and trails by 2
/// from a profit of 3 on.
fn from_a_profit(
    side: f64,
    follow: Follow,
    rows: &[[f64; 4]],
    intrabar: Intrabar,
) -> (usize, f64, ExitReason) {
    // A short sees the mirror image.
    let seen =
        |r: &[f64; 4]| if side > 0.0 { *r } else { [200.0 - r[0], 200.0 - r[2], 200.0 - r[1], 200.0 - r[3]] };
    let mut all = vec![QUIET];
    all.extend(rows.iter().map(seen));
    let mut plan = vec![Intent::default(); all.len()];
    let e = entry(side, 0.1, 5.0, f64::INFINITY);
    let trail = Trail { follow, from: Level::Share(0.03), ..Trail::closes(2.0) };
    plan[0] = enter(Entry { bracket: Bracket { trail, ..e.bracket }, ..e });
    let t = run(&bars(&all), &Execution { intrabar, ..FREE }, plan).0.trades[0];
    (t.exit_bar, if side > 0.0 { t.exit_price } else { 200.0 - t.exit_price }, t.reason)
}

#[test]
fn a_trail_from_a_profit_on_waits_for_it() {
    let (p, o) = (Intrabar::Pessimistic, Intrabar::Optimistic);
    for side in [1.0, -1.0] {
        let out = |follow, rows: &[[f64; 4]], policy| from_a_profit(side, follow, rows, policy);
        for follow in [Follow::Close, Follow::Extreme, Follow::Path] {
            // 2.9 ahead is not 3: the stop of the entry is the only one.
            let short = [[100.0, 102.9, 100.0, 102.9], [102.9, 102.9, 94.0, 95.5]];
            assert_eq!(out(follow, &short, p), (2, 95.0, ExitReason::STOP), "{follow:?}");
        }
        // A touch of 103 is enough, and the stop is 2 behind it at once on the path, from the next bar on else.
        let touch = [[100.0, 103.0, 100.0, 103.0], [103.0, 103.0, 100.5, 102.0], [102.0; 4]];
        for follow in [Follow::Close, Follow::Extreme] {
            assert_eq!(out(follow, &touch, p), (2, 101.0, ExitReason::TRAIL), "{follow:?}");
        }
        // Closes follow closes: a high of 104 arms nothing where the close is 102.
        let high = [[100.0, 104.0, 100.0, 102.0], [102.0, 102.0, 101.5, 102.0], [102.0; 4]];
        assert_eq!(out(Follow::Close, &high, p), (3, 102.0, ExitReason::END));
        assert_eq!(out(Follow::Extreme, &high, p), (2, 102.0, ExitReason::TRAIL));
        // 104 and back to the close: 102 is reached inside the bar on either path.
        assert_eq!(out(Follow::Path, &high, p), (1, 102.0, ExitReason::TRAIL));
        assert_eq!(out(Follow::Path, &high, o), (1, 102.0, ExitReason::TRAIL));
        // What it falls to before the profit is no matter to it; the path decides which that is.
        let wide = [[100.0, 104.0, 99.0, 103.5], [103.5, 103.5, 103.0, 103.5]];
        assert_eq!(out(Follow::Path, &wide, p), (1, 102.0, ExitReason::TRAIL));
        assert_eq!(out(Follow::Path, &wide, o), (2, 103.5, ExitReason::END));
        // A gap over it arms it at the open, and the stop is where it would be on any path.
        let gap = [[100.0; 4], [110.0, 110.0, 107.0, 107.5], [107.5; 4]];
        assert_eq!(out(Follow::Path, &gap, p), (2, 108.0, ExitReason::TRAIL));
        assert_eq!(out(Follow::Extreme, &gap, p), (3, 107.5, ExitReason::TRAIL));
        // A gap through the stop that it has moved is filled at the open.
        let fall = [[100.0, 104.0, 100.0, 104.0], [90.0; 4]];
        assert_eq!(out(Follow::Close, &fall, p), (2, 90.0, ExitReason::TRAIL));
    }
}

#[test]
fn a_price_that_was_passed_at_the_fill_starts_the_trail_there() {
    let out = |from, follow| {
        let rows = [[100.0, 100.5, 98.2, 100.0], [100.0, 100.0, 97.5, 99.0], QUIET];
        let trail = Trail { follow, from: Level::Price(from), ..Trail::closes(2.0) };
        let bought = Order { bracket: Bracket { trail, ..Bracket::NONE }, ..order(1.0, OrderKind::Market) };
        let t = sent(&[bought], &rows, &FREE).0[0];
        (t.exit_bar, t.exit_price, t.stop)
    };
    assert_eq!(out(100.0, Follow::Extreme), (2, 98.5, 98.0));
    assert_eq!(out(99.0, Follow::Path), (1, 98.5, 98.0));
    // Just above the fill it has not been passed: there is no stop at entry.
    assert_eq!(out(100.2, Follow::Extreme), (2, 98.5, f64::NEG_INFINITY));
    // Of closes the first one at the price or beyond counts.
    assert_eq!(out(99.0, Follow::Close), (2, 98.0, f64::NEG_INFINITY));
}

#[test]
fn a_trailing_stop_order_waits_for_its_price() {
    let rows =
        [[100.0, 102.0, 97.0, 101.0], [101.0, 105.0, 101.0, 104.5], [104.5, 104.5, 101.5, 102.0], QUIET];
    let of = |follow, from| {
        let held = Order { units: 2.0, ..order(1.0, OrderKind::Market) };
        let trail = Trail { follow, from, ..Trail::closes(2.0) };
        let exit = Order { reduce_only: true, ..order(-1.0, OrderKind::TrailingStop(trail)) };
        let t = sent(&[held, exit], &rows, &Execution { intrabar: Intrabar::Olhc, ..FREE }).0[0];
        (t.exit_bar, t.exit_price)
    };
    // From the start on the low of 97 would have been 2 below the open.
    assert_eq!(of(Follow::Close, Level::None), (1, 98.0));
    assert_eq!(of(Follow::Close, Level::Price(104.0)), (3, 102.5));
    assert_eq!(of(Follow::Extreme, Level::Price(105.0)), (3, 103.0));
    assert_eq!(of(Follow::Path, Level::Price(105.0)), (3, 103.0));
    // A share is that of the first open.
    assert_eq!(of(Follow::Path, Level::Share(0.05)), (3, 103.0));
    // Nothing is 106: it never begins.
    assert_eq!(of(Follow::Path, Level::Price(106.0)), (4, 100.0));
}

#[test]
fn a_bracket_comes_with_its_order_and_one_cancels_the_other() {
    let bracket = Bracket { stop: Level::Price(95.0), target: Level::Distance(3.0), trail: Trail::NONE };
    let buy = Order { bracket, ..order(1.0, OrderKind::Limit(98.0)) };
    let rows = [[100.0, 100.5, 97.5, 99.0], [99.0, 102.0, 98.5, 101.0], [100.0, 100.0, 94.0, 95.0]];
    let (t, _) = sent(&[buy], &rows, &FREE);
    assert_eq!(t.len(), 1, "the stop is gone with the target");
    assert_eq!((t[0].exit_price, t[0].reason, t[0].exit_bar), (101.0, ExitReason::TARGET, 2));
    // Two orders of one group: the first filled takes the other back.
    let group = |kind, side| Order { group: 1, ..order(side, kind) };
    let rows = [[100.0, 104.0, 99.0, 103.0], [103.0, 103.5, 96.0, 97.0], QUIET];
    let (t, _) =
        sent(&[group(OrderKind::Stop(103.0), 1.0), group(OrderKind::Stop(97.0), -1.0)], &rows, &FREE);
    assert_eq!((t.len(), t[0].side, t[0].entry_price), (1, 1.0, 103.0));
}

#[test]
fn an_order_may_only_reduce() {
    let exit = Order { units: 5.0, reduce_only: true, ..order(-1.0, OrderKind::Limit(103.0)) };
    let rows = [QUIET, [101.0, 104.0, 100.0, 101.0], QUIET];
    let (t, _) = sent(&[order(1.0, OrderKind::Market), exit], &rows, &FREE);
    assert_eq!((t.len(), t[0].units, t[0].exit_price, t[0].reason), (1, 2.0, 103.0, ExitReason::ORDER));
    // Without a position it waits, and does nothing.
    assert!(sent(&[exit], &rows, &FREE).0.is_empty());
    // The same order without the word reverses: five sold, two of them close.
    let free = Order { reduce_only: false, ..exit };
    let (t, _) = sent(&[order(1.0, OrderKind::Market), free], &rows, &FREE);
    assert_eq!((t.len(), t[1].side, t[1].units), (2, -1.0, 3.0));
}

#[test]
fn an_order_is_good_for_so_many_bars_and_then_gone_or_market() {
    let rows = [QUIET, QUIET, [99.0, 99.0, 90.0, 95.0], QUIET];
    let patient = |expiry| Order { good_until: 3, expiry, ..order(1.0, OrderKind::Limit(95.0)) };
    let (t, counts) = sent(&[patient(Expiry::Cancel)], &rows, &FREE);
    assert!(t.is_empty() && counts.expired == 1);
    // Limit first, market when its time is over: at the open of the bar.
    let (t, _) = sent(&[patient(Expiry::Market)], &rows, &FREE);
    assert_eq!((t[0].entry_bar, t[0].entry_price), (3, 99.0));
}

#[test]
fn a_system_s_entries_may_be_limits_first() {
    let rows = [QUIET, [101.0, 102.0, 100.5, 102.0], [102.0, 103.0, 98.0, 99.0], [99.0; 4], [99.0; 4]];
    let b = bars(&rows);
    let first = |bars: usize, plan: Vec<Intent>| {
        let execution =
            Execution { entry: EntryOrder::LimitFirst, entry_offset_bps: 100.0, entry_bars: bars, ..FREE };
        run(&b, &execution, plan).0.trades
    };
    let mut plan = vec![Intent::default(); 5];
    plan[0] = enter(entry(1.0, 0.1, 3.0, f64::INFINITY));
    // A limit of 99, good for two bars: filled in the second. The stop is 3 below it.
    let t = first(2, plan.clone())[0];
    assert_eq!((t.entry_bar, t.entry_price, t.stop, t.signal_bar, t.size_frac), (2, 99.0, 96.0, 0, 0.1));
    // Good for one: the market at the next open.
    let t = first(1, plan.clone())[0];
    assert_eq!((t.entry_bar, t.entry_price, t.stop), (2, 102.0, 99.0));
    // Another entry takes its place, and one that is wanted no more is taken back.
    plan[1] = enter(entry(-1.0, 0.1, 3.0, f64::INFINITY));
    let t = first(2, plan.clone());
    assert_eq!((t.len(), t[0].side, t[0].entry_bar, t[0].entry_price), (1, -1.0, 4, 99.0));
    plan[1] = Intent { cancel: true, ..Intent::default() };
    assert!(first(2, plan).is_empty());
}

#[test]
fn orders_scale_in_out_and_reverse() {
    let b = bars(&[QUIET, QUIET, [110.0; 4], [120.0; 4], [130.0; 4], QUIET]);
    let mut plan = vec![vec![]; 6];
    plan[0] = vec![order(1.0, OrderKind::Market)];
    plan[1] = vec![Order::new(1.0, 2.0, OrderKind::Market, 1)];
    plan[2] = vec![Order::new(-1.0, 1.0, OrderKind::Market, 2)];
    plan[3] = vec![Order::new(-1.0, 4.0, OrderKind::Market, 3)];
    let mut recorder = FullRecorder::new(6);
    replay(&b, 0, &FREE, AccountState::new(1000.0, 10.0), &mut Sends(plan), &mut recorder);
    let got: Vec<_> =
        recorder.trades.iter().map(|t| (t.side, t.units, t.entry_price, t.exit_price)).collect();
    assert_eq!(got, [(1.0, 1.0, 105.0, 120.0), (1.0, 3.0, 105.0, 130.0), (-1.0, 1.0, 130.0, 100.0)]);
}

#[test]
fn what_depends_on_the_path_is_flagged_and_both_edges_bound_it() {
    // A limit at 98 with a stop at 96 and a target at 102, in a bar that reaches all three: low first is a loss, or a win on the way back.
    let bracket = Bracket { stop: Level::Price(96.0), target: Level::Price(102.0), trail: Trail::NONE };
    let buy = Order { bracket, ..order(1.0, OrderKind::Limit(98.0)) };
    let rows = [[100.0, 103.0, 97.0, 99.0], [99.0; 4]];
    let pnl = |intrabar| {
        let (t, _) = sent(&[buy], &rows, &Execution { intrabar, ..FREE });
        (t[0].pnl, t[0].ambiguous, t[0].reason)
    };
    // Low, high: in at 98, out at 102. High, low: in at 98, still in at the close.
    assert_eq!(pnl(Intrabar::Optimistic), (8.0, true, ExitReason::TARGET));
    assert_eq!(pnl(Intrabar::Pessimistic), (2.0, true, ExitReason::END));
    assert_eq!(pnl(Intrabar::Olhc), (8.0, false, ExitReason::TARGET));
    assert_eq!(pnl(Intrabar::Ohlc), (2.0, false, ExitReason::END));
}

#[test]
fn a_stop_nearer_than_the_costs_of_entry_is_reached_at_once() {
    let b = bars(&[QUIET, [100.0, 101.0, 99.0, 100.0], QUIET]);
    let mut plan = vec![Intent::default(); 3];
    plan[0] = enter(entry(1.0, 0.1, 0.5, f64::INFINITY));
    let (r, ..) = run(&b, &Execution { slippage_bps: 100.0, ..FREE }, plan);
    // In at 101, stop at 100.5: the market is at 100 already.
    let t = r.trades[0];
    assert_eq!((t.exit_bar, t.entry_price, t.stop, t.exit_price, t.gap), (1, 101.0, 100.5, 99.0, true));
}

#[test]
fn a_stop_that_the_volume_does_not_bear_leaves_in_parts_while_another_order_rests() {
    let rows = [[100.0; 4], [100.0; 4], [100.0, 100.0, 90.0, 95.0], [95.0; 4], [95.0; 4], [95.0; 4]];
    let b = bars(&rows);
    let columns = Columns { volume: vec![50.0; 6].into(), ..b.columns().clone() };
    let b = Bars::new(Timeframe::H1, columns).unwrap();
    let stop = Bracket { stop: Level::Price(95.0), ..Bracket::NONE };
    let mut sent = vec![vec![]; 6];
    sent[0] = vec![
        Order { bracket: stop, ..order(1.0, OrderKind::Market) },
        Order { units: 1.0, ..order(1.0, OrderKind::Limit(50.0)) },
    ];
    // Fifty units a bar, of which one may be had.
    let execution = Execution { participation: 0.02, intrabar: Intrabar::Pessimistic, ..FREE };
    let mut recorder = FullRecorder::new(6);
    replay(&b, 0, &execution, AccountState::new(10_000.0, 10.0), &mut Sends(sent), &mut recorder);
    let parts: Vec<_> = recorder.trades.iter().map(|t| (t.units, t.exit_bar, t.reason)).collect();
    assert_eq!(parts, [(1.0, 3, ExitReason::STOP), (1.0, 4, ExitReason::STOP)]);
}
