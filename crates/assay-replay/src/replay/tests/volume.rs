//! Orders of which a bar's volume, or a lot, bears only a part.

use super::*;
use crate::execution::{Order, OrderKind};

const STILL: [f64; 4] = [100.0; 4];

fn tenth() -> Execution {
    Execution { participation: 0.1, ..FREE }
}

/// Still bars at 100, of which `bears` units may be had each.
fn still(bears: &[f64]) -> Bars {
    with(&vec![STILL; bears.len()], bears)
}

fn with(rows: &[[f64; 4]], bears: &[f64]) -> Bars {
    let volume: Vec<f64> = bears.iter().map(|v| 10.0 * v).collect();
    Bars::new(Timeframe::H1, Columns { volume: volume.into(), ..bars(rows).columns().clone() }).unwrap()
}

/// Sends orders at the closes of a list, and notes what it is told.
#[derive(Default)]
struct Sender {
    orders: Vec<(usize, Order)>,
    fills: Vec<(usize, u32, f64)>,
    rejects: Vec<(u32, f64, &'static str)>,
}

impl Sender {
    /// Market orders for side times units.
    fn of(at: &[(usize, f64)]) -> Self {
        let order =
            |(step, u): &(usize, f64)| (*step, Order::new(u.signum(), u.abs(), OrderKind::Market, *step));
        Self { orders: at.iter().map(order).collect(), ..Self::default() }
    }
}

impl Trader for Sender {
    fn next_wake(&mut self, from: usize) -> usize {
        from
    }

    fn on_close(&mut self, now: &Portfolio<'_>, orders: &mut Orders) {
        for (_, order) in self.orders.iter().filter(|(step, _)| *step == now.step()) {
            orders.real().place(now, 0, *order);
        }
    }

    fn on_fill(&mut self, _: AccountId, f: &Filled) {
        self.fills.push((f.bar, f.order, f.side * f.units));
    }

    fn on_reject(&mut self, _: AccountId, r: &Rejected) {
        self.rejects.push((r.order, r.units, r.reason.name()));
    }
}

/// Units held at each close.
fn held(r: &FullRecorder) -> Vec<f64> {
    let units = r.exposure.iter().zip(&r.equity).map(|(x, e)| x * e / 100.0);
    units.map(|u| (u * 1e9).round() / 1e9).collect()
}

fn sent(b: &Bars, trader: Sender) -> (FullRecorder, Sender) {
    on(Market::from(b), &tenth(), trader)
}

fn on(market: Market<'_>, execution: &Execution, trader: Sender) -> (FullRecorder, Sender) {
    let markets = [market];
    let clock = Clock::of(&markets);
    let mut recorder = FullRecorder::new(market.bars.len());
    let over = Over {
        markets: &markets,
        clock: &clock,
        firsts: &[0],
        execution,
        ledger: AccountState::new(10_000.0, 10.0),
        risk_manager: None,
        deployment: None,
    };
    let mut all = AllSymbols(trader);
    all.replay(over, &mut recorder);
    (recorder, all.0)
}

#[test]
fn each_order_keeps_its_own_rest() {
    let (r, trader) =
        sent(&still(&[0.0, 3.0, 3.0, 3.0, 3.0, 3.0]), Sender::of(&[(0, 5.0), (0, 4.0), (1, -2.0)]));
    // Nine bought and two sold, three units a bar, the order sent first first.
    assert_eq!(trader.fills[..4], [(1, 1, 3.0), (2, 1, 2.0), (2, 2, 1.0), (3, 2, 3.0)]);
    assert_eq!(trader.fills[4], (4, 3, -2.0));
    assert_eq!(held(&r)[..5], [0.0, 3.0, 6.0, 9.0, 7.0]);
    assert!(trader.rejects.is_empty());
}

#[test]
fn an_order_that_reverses_opens_the_other_side_with_its_rest() {
    let (r, _) = sent(&still(&[4.0, 4.0, 4.0, 3.0, 3.0, 3.0, 3.0, 9.0]), Sender::of(&[(0, 4.0), (2, -10.0)]));
    assert_eq!(held(&r)[1..7], [4.0, 4.0, 1.0, -2.0, -5.0, -6.0]);
}

#[test]
fn a_bar_without_volume_makes_orders_wait() {
    let (r, trader) = sent(&still(&[5.0, 0.0, 0.0, 5.0, 5.0]), Sender::of(&[(0, 2.0)]));
    assert_eq!(held(&r)[..4], [0.0, 0.0, 0.0, 2.0]);
    assert_eq!(trader.rejects, []);
    // An entry as well, until something else is decided.
    let b = still(&[50.0, 0.0, 0.0, 50.0, 50.0, 50.0]);
    let mut plan = vec![Intent::default(); 6];
    plan[0] = enter(entry(1.0, 0.5, f64::INFINITY, f64::INFINITY));
    let first = |plan: Vec<Intent>| {
        let trades = run(&b, &tenth(), plan).0.trades;
        trades.iter().map(|t| (t.side, t.signal_bar, t.entry_bar)).collect::<Vec<_>>()
    };
    assert_eq!(first(plan.clone()), [(1.0, 0, 3)]);
    plan[1] = enter(entry(-1.0, 0.5, f64::INFINITY, f64::INFINITY));
    assert_eq!(first(plan.clone()), [(-1.0, 1, 3)]);
    plan[1] = Intent { cancel: true, ..Intent::default() };
    assert_eq!(first(plan), []);
}

#[test]
fn an_entry_follows_when_the_position_has_left() {
    // Ten held; at one close they are to leave and ten are to be sold short. Four units a bar, none in the second.
    let mut plan = vec![Intent::default(); 12];
    plan[0] = enter(entry(1.0, 1.0, f64::INFINITY, f64::INFINITY));
    plan[3] =
        Intent { exit: Some(ExitReason::SIGNAL), ..enter(entry(-1.0, 1.0, f64::INFINITY, f64::INFINITY)) };
    let mut bears = [4.0; 12];
    (bears[1], bears[5]) = (10.0, 0.0);
    let b = still(&bears);
    let of = |plan: Vec<Intent>| {
        let mut recorder = FullRecorder::new(12);
        let account = AccountState::new(1000.0, 1.0);
        replay(&b, 0, &tenth(), account, &mut Script::new(plan), &mut recorder);
        held(&recorder)[3..].to_vec()
    };
    assert_eq!(of(plan.clone()), [10.0, 6.0, 6.0, 2.0, -2.0, -6.0, -10.0, -10.0, 0.0]);
    // What is decided while it leaves takes the place of what waits.
    plan[5] = enter(entry(1.0, 0.3, f64::INFINITY, f64::INFINITY));
    assert_eq!(of(plan.clone()), [10.0, 6.0, 6.0, 2.0, 2.0, 3.0, 3.0, 3.0, 0.0]);
    plan[5] = Intent { cancel: true, ..Intent::default() };
    assert_eq!(of(plan), [10.0, 6.0, 6.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn an_order_that_was_not_filled_is_no_rest() {
    // Long three, eight and three are sold at one close, and the next bar has no volume: eleven less are held at last.
    let (r, trader) =
        sent(&still(&[9.0, 9.0, 0.0, 20.0, 9.0]), Sender::of(&[(0, 3.0), (1, -8.0), (1, -3.0)]));
    assert_eq!(held(&r)[..4], [0.0, 3.0, 3.0, -8.0]);
    assert!(trader.rejects.is_empty());
}

#[test]
fn nothing_that_waits_is_filled_in_a_halt() {
    use crate::risk::{LimitAction, Limits};
    // A loss of the day halts while an entry of the other symbol waits for volume.
    let falls =
        with(&[STILL, STILL, [100.0, 100.0, 90.0, 90.0], [90.0; 4], [90.0; 4], [90.0; 4]], &[50.0; 6]);
    let empty = still(&[9.0, 0.0, 0.0, 0.0, 50.0, 50.0]);
    let limits = Limits { daily_loss: 0.01, daily_loss_action: LimitAction::Block, ..Limits::default() };
    let one = |entry: Entry, at: usize| {
        let mut plan = vec![Intent::default(); 6];
        plan[at] = enter(entry);
        Script::new(plan)
    };
    let far = entry(1.0, 0.4, f64::INFINITY, f64::INFINITY);
    let markets = [Market::from(&falls), Market::from(&empty)];
    let clock = Clock::of(&markets);
    let mut recorder = FullRecorder::new(6);
    let mut guard = RiskManager::new(&limits, 1000.0, 2);
    let execution = tenth();
    let over = Over {
        risk_manager: Some(&mut guard),
        ..Over::new(&markets, &clock, &[0, 0], &execution, AccountState::new(1000.0, 2.0))
    };
    let ledger = EachSymbol(vec![one(far, 0), one(far, 0)]).replay(over, &mut recorder);
    assert!(recorder.trades.iter().all(|t| t.symbol == 0), "{:?}", recorder.trades);
    assert_eq!(ledger.counts().refused, 1);
}

#[test]
fn a_rest_is_over_when_its_position_is_closed_by_something_else() {
    // Six wanted, four had at 100; the stop at 95 closes them, and the two that are left buy nothing.
    let rows = [STILL, STILL, [100.0, 100.0, 94.0, 100.0], STILL, STILL];
    let bracket = Bracket { stop: Level::Price(95.0), ..Bracket::NONE };
    let buy = |units| {
        let order = Order { bracket, ..Order::new(1.0, units, OrderKind::Market, 0) };
        Sender { orders: vec![(0, order)], ..Sender::default() }
    };
    let (r, _) = sent(&with(&rows, &[4.0, 4.0, 4.0, 9.0, 9.0]), buy(6.0));
    // In the third bar the rest takes two of the four units that may be had: two of six leave at the stop, four after it.
    let sold: Vec<_> = r.trades.iter().map(|t| (t.units, t.exit_bar, t.reason)).collect();
    assert_eq!(sold, [(2.0, 2, ExitReason::STOP), (4.0, 3, ExitReason::STOP)]);
    let (r, trader) = sent(&with(&rows, &[4.0, 4.0, 0.0, 9.0, 9.0]), buy(9.0));
    assert_eq!(r.trades.iter().map(|t| t.units).sum::<f64>(), 4.0);
    assert_eq!(trader.rejects, [(1, 5.0, "position_closed")]);
}

#[test]
fn what_has_not_been_filled_cancels_no_other() {
    // The limit at 98 is touched in a bar without volume, and never again; the stop at 103 is reached later.
    let group = |kind| Order { group: 1, ..Order::new(1.0, 2.0, kind, 0) };
    for first in [OrderKind::Limit(98.0), OrderKind::Market] {
        let rows = [STILL, [100.0, 100.0, 97.0, 100.0], [100.0, 104.0, 100.0, 104.0], [104.0; 4]];
        let pair = [group(first), group(OrderKind::Stop(103.0))].map(|o| (0, o)).to_vec();
        let (_, trader) =
            sent(&with(&rows, &[5.0, 0.0, 5.0, 5.0]), Sender { orders: pair, ..Sender::default() });
        // A market order that found no volume is filled at the next open, and takes the other back.
        let want = if first == OrderKind::Market { 1 } else { 2 };
        let filled: Vec<_> = trader.fills.iter().map(|f| f.1).collect();
        assert_eq!(filled, [want, 0]);
    }
}

#[test]
fn a_rest_has_arrived_already() {
    let execution = Execution { latency_ms: 1_800_000, ..tenth() };
    let b = with(&[[100.0, 108.0, 100.0, 100.0]; 5], &[3.0; 5]);
    // Half an hour of an hour late: half of the way to the high. What is left fills at the opens.
    let (r, _) = on(Market::from(&b), &execution, Sender::of(&[(0, 6.0)]));
    assert_eq!(r.trades[0].entry_price, (3.0 * 104.0 + 3.0 * 100.0) / 6.0);
    let mut plan = vec![Intent::default(); 5];
    plan[0] = enter(entry(1.0, 0.6, f64::INFINITY, f64::INFINITY));
    assert_eq!(run(&b, &execution, plan.clone()).0.trades[0].entry_price, (3.0 * 104.0 + 3.0 * 100.0) / 6.0);
    // What waited for volume has arrived as well.
    let b = with(&[[100.0, 108.0, 100.0, 100.0]; 5], &[3.0, 0.0, 9.0, 9.0, 9.0]);
    assert_eq!(run(&b, &execution, plan).0.trades[0].entry_price, 100.0);
    let (r, _) = on(Market::from(&b), &execution, Sender::of(&[(0, 6.0)]));
    assert_eq!(r.trades[0].entry_price, 100.0);
}

#[test]
fn reductions_are_whole_lots() {
    let b = bars(&[STILL; 8]);
    let lots = Market { terms: ContractSpec { lot: 1.0, ..ContractSpec::default() }, ..Market::from(&b) };
    let (r, trader) = on(lots, &FREE, Sender::of(&[(0, 5.0), (1, -1.7), (2, -0.4), (3, -9.0)]));
    // One and not 1.7; of 0.4 nothing, which is told; nine close four and open five.
    assert_eq!(held(&r)[1..5], [5.0, 4.0, 4.0, -5.0]);
    assert_eq!(trader.rejects, [(3, 0.4, "too_small")]);
    let mut plan = vec![Intent::default(); 8];
    plan[0] = enter(entry(1.0, 0.5, f64::INFINITY, f64::INFINITY));
    plan[1].resize = Some(3.6);
    plan[3].resize = Some(0.5);
    let mut recorder = FullRecorder::new(8);
    replay(lots, 0, &FREE, AccountState::new(1000.0, 1.0), &mut Script::new(plan), &mut recorder);
    // A target is cut to lots towards zero: less than one is none.
    let parts: Vec<_> = recorder.trades.iter().map(|t| (t.units, t.exit_bar, t.reason)).collect();
    assert_eq!(parts, [(2.0, 2, ExitReason::RESIZE), (3.0, 4, ExitReason::RESIZE)]);
}
