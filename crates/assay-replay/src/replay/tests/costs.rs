//! Costs that change from bar to bar, and orders that arrive late or in part.

use super::*;
use crate::execution::Tier;
use crate::market::Instrument;

fn with_volume(rows: &[[f64; 4]], volume: &[f64]) -> Bars {
    let b = bars(rows);
    Bars::new(Timeframe::H1, Columns { volume: volume.to_vec().into(), ..b.columns().clone() }).unwrap()
}

fn played(
    market: Market<'_>,
    execution: &Execution,
    ledger: AccountState,
    plan: Vec<Intent>,
) -> (FullRecorder, AccountState) {
    let mut recorder = FullRecorder::new(market.bars.len());
    let ledger = replay(market, 0, execution, ledger, &mut Script::new(plan), &mut recorder);
    (recorder, ledger)
}

fn in_and_out(n: usize, size: f64, out: usize) -> Vec<Intent> {
    let mut plan = vec![Intent::default(); n];
    plan[0] = enter(entry(1.0, size, f64::INFINITY, f64::INFINITY));
    plan[out].exit = Some(ExitReason::SIGNAL);
    plan
}

const STILL: [f64; 4] = [100.0; 4];

#[test]
fn a_share_of_the_volume_is_filled_and_the_rest_carried_over() {
    let b = with_volume(&[STILL; 8], &[50.0, 40.0, 30.0, 50.0, 50.0, 100.0, 20.0, 50.0]);
    let execution = Execution { participation: 0.1, ..FREE };
    // Ten units wanted, four, three and three of them had; then ten to sell, and five and two of them sold.
    let mut plan = in_and_out(8, 1.0, 3);
    plan[3] = Intent::default();
    plan[4].exit = Some(ExitReason::SIGNAL);
    let (r, ledger) = played(Market::from(&b), &execution, AccountState::new(1000.0, 1.0), plan.clone());
    let exposure: Vec<f64> = r.exposure.iter().map(|e| (e * 10.0).round()).collect();
    assert_eq!(exposure, [0.0, 4.0, 7.0, 10.0, 10.0, 0.0, 0.0, 0.0]);
    assert_eq!((r.trades.len(), r.trades[0].units, r.trades[0].entry_bar), (1, 10.0, 1));
    assert_eq!(ledger.counts().carried, 2);
    let thin = with_volume(&[STILL; 8], &[50.0, 40.0, 30.0, 50.0, 50.0, 50.0, 20.0, 50.0]);
    let (r, _) = played(Market::from(&thin), &execution, AccountState::new(1000.0, 1.0), plan);
    let sold: Vec<(f64, usize, ExitReason)> =
        r.trades.iter().map(|t| (t.units, t.exit_bar, t.reason)).collect();
    let s = ExitReason::SIGNAL;
    assert_eq!(sold, [(5.0, 5, s), (2.0, 6, s), (3.0, 7, s)]);
}

#[test]
fn orders_arrive_bars_or_milliseconds_late() {
    let rows: Vec<[f64; 4]> = (0..6).map(|i| [100.0 + f64::from(i); 4]).collect();
    let b = bars(&rows);
    let late = Execution { latency_bars: 2, ..FREE };
    let (r, _) = played(Market::from(&b), &late, AccountState::new(1000.0, 1.0), in_and_out(6, 0.5, 1));
    assert_eq!((r.trades[0].entry_price, r.trades[0].exit_price), (103.0, 104.0));
    // A quarter of an hour of an hour without finer bars: a quarter of the way to the extreme that hurts.
    let wide = bars(&[STILL, [100.0, 108.0, 96.0, 100.0], [100.0, 108.0, 96.0, 100.0], STILL]);
    let slow = Execution { latency_ms: 900_000, ..FREE };
    let (r, _) = played(Market::from(&wide), &slow, AccountState::new(1000.0, 1.0), in_and_out(4, 0.5, 1));
    assert_eq!((r.trades[0].entry_price, r.trades[0].exit_price), (102.0, 99.0));
    // What enlarges a position buys, what reverses it sells twice: both are moved to the side that hurts them.
    let mut plan = vec![Intent::default(); 5];
    plan[0] = enter(entry(1.0, 0.25, f64::INFINITY, f64::INFINITY));
    plan[1].resize = Some(5.0);
    let wide5 = bars(&[STILL, STILL, [100.0, 108.0, 96.0, 100.0], [100.0, 108.0, 96.0, 100.0], STILL]);
    let (r, _) = played(Market::from(&wide5), &slow, AccountState::new(1000.0, 1.0), plan.clone());
    assert_eq!((r.trades[0].units, r.trades[0].entry_price), (5.0, 101.0));
    plan[1] = enter(entry(-1.0, 0.25, f64::INFINITY, f64::INFINITY));
    plan[1].exit = Some(ExitReason::SIGNAL);
    let (r, _) = played(Market::from(&wide5), &slow, AccountState::new(1000.0, 1.0), plan);
    assert_eq!((r.trades[0].exit_price, r.trades[1].entry_price), (99.0, 99.0));
    // With finer bars, the open of the first that begins after it.
    let fine: Vec<[f64; 4]> =
        vec![[100.0; 4], [100.0; 4], [100.0, 108.0, 96.0, 97.0], [97.0, 100.0, 97.0, 100.0]];
    let mut fine = bars(&[&fine[..], &fine[2..], &fine[..2]].concat()).columns().clone();
    fine.open_time = (0..8).map(|i| i * 1_800_000).collect();
    let detail = Detail::new(&wide, 0, Bars::new("30m".parse().unwrap(), fine).unwrap()).unwrap();
    let market = Market { detail: Some(&detail), ..Market::from(&wide) };
    let (r, _) = played(market, &slow, AccountState::new(1000.0, 1.0), in_and_out(4, 0.5, 1));
    assert_eq!((r.trades[0].entry_price, r.trades[0].exit_price), (97.0, 97.0));
}

#[test]
fn fees_fall_with_what_was_traded_in_thirty_days() {
    let n = 31 * 24 + 8;
    let b = bars(&vec![STILL; n]);
    let tier = |volume, bps| Tier { volume, taker_bps: bps, maker_bps: bps };
    let execution = Execution { fee_bps: 10.0, tier: vec![tier(1500.0, 5.0)], ..FREE };
    let mut plan = vec![Intent::default(); n];
    for (i, step) in [0, 2, 4].into_iter().zip([0, 1, 2]) {
        plan[i] = enter(entry(1.0, 1.0, f64::INFINITY, f64::INFINITY));
        plan[i + 1].exit = Some(ExitReason::SIGNAL);
        let _ = step;
    }
    let last = n - 3;
    plan[last] = enter(entry(1.0, 1.0, f64::INFINITY, f64::INFINITY));
    plan[last + 1].exit = Some(ExitReason::SIGNAL);
    let (r, _) = played(Market::from(&b), &execution, AccountState::new(1000.0, 1.0), plan);
    let bps: Vec<f64> = r
        .trades
        .iter()
        .map(|t| (1e4 * t.costs.fee / (2.0 * t.units * 100.0) * 100.0).round() / 100.0)
        .collect();
    // 1,000 each way: the third fill meets the lower fee; after thirty days nothing is left of it.
    assert_eq!(bps, [10.0, 5.0, 5.0, 10.0]);
}

#[test]
fn spread_volatility_and_impact_come_by_the_bar() {
    let b = bars(&[STILL; 5]);
    let rows = BarCosts {
        spread_bps: Some(vec![0.0, 20.0, 40.0, 60.0, 80.0]),
        atr: Some(vec![0.0, 0.01, 0.02, 0.0, 0.0]),
        impact: Some(vec![0.0, 1e-4, 2e-4, 0.0, 0.0]),
    };
    let market = Market { rows: Some(&rows), ..Market::from(&b) };
    let execution = Execution { slippage_atr: 0.5, impact: 1.0, ..FREE };
    let (r, _) = played(market, &execution, AccountState::new(1000.0, 10.0), in_and_out(5, 1.0, 1));
    let t = r.trades[0];
    // In at bar 1: half of 20, half of 100 bps, and 1e-4 of the root of 1,000; out at bar 2.
    assert!((t.costs.spread - (1.0 + 2.0)).abs() < 1e-12, "{:?}", t.costs);
    assert!((t.costs.slippage - (5.0 + 10.0)).abs() < 1e-12, "{:?}", t.costs);
    assert!((t.costs.impact - 3.0 * 0.1 * 1000.0_f64.sqrt()).abs() < 1e-9, "{:?}", t.costs);
    assert!((r.equity[4] - 1000.0 - t.pnl).abs() < 1e-9);
}

#[test]
fn instruments_round_and_refuse() {
    let b = bars(&[STILL, [100.03; 4], [100.03; 4], [100.03; 4]]);
    let market = |i: Instrument| Market { terms: ContractSpec::of(&i), ..Market::from(&b) };
    let whole = Instrument { lot: 0.3, tick: 0.25, ..Instrument::default() };
    let (r, _) = played(market(whole), &FREE, AccountState::new(1000.0, 1.0), in_and_out(4, 1.0, 1));
    let t = r.trades[0];
    assert!((t.units - 9.9).abs() < 1e-9, "{}", t.units);
    assert_eq!((t.entry_price, t.exit_price), (100.25, 100.0));
    let small = Instrument { min_notional: 600.0, ..Instrument::default() };
    let (r, ledger) = played(market(small), &FREE, AccountState::new(1000.0, 1.0), in_and_out(4, 0.5, 1));
    assert_eq!((r.trades.len(), ledger.counts().refused), (0, 1));
    // A contract of ten: an equity of 1,000 buys one at 100.
    let contract = Instrument { contract_size: 10.0, ..Instrument::default() };
    let (r, _) = played(market(contract), &FREE, AccountState::new(1000.0, 2.0), in_and_out(4, 1.0, 1));
    assert_eq!(r.trades[0].units, 1.0);
    assert!((r.exposure[1] - 1.0003).abs() < 1e-9);
}

#[test]
fn profits_in_another_currency_are_converted_when_made() {
    // A dollar account buys 1,000 dollars' worth of something priced in yen at 100 yen a dollar.
    let b = bars(&[STILL, STILL, [110.0; 4], [110.0; 4], [110.0; 4]]);
    let fx = [0.01, 0.01, 0.01, 0.02, 0.02];
    let market = Market { fx: Some(&fx), ..Market::from(&b) };
    let execution = Execution { fee_bps: 10.0, slippage_bps: 10.0, ..FREE };
    let (r, ledger) = played(market, &execution, AccountState::new(1000.0, 2.0), in_and_out(5, 1.0, 2));
    let t = r.trades[0];
    assert!((t.units - 1000.0).abs() < 1e-9);
    // From 100.1 to 109.89 yen, at two cents a yen when it was closed.
    let made = 1000.0 * (109.89 - 100.1) * 0.02;
    let fees = 1000.0 * 0.001 * (100.1 * 0.01 + 109.89 * 0.02);
    assert!((t.pnl - (made - fees)).abs() < 1e-9, "{}", t.pnl);
    assert!((ledger.cash() - 1000.0 - t.pnl).abs() < 1e-9);
    assert!((t.gross_pnl - t.costs.total() - t.pnl).abs() < 1e-9);
    // Marked at the rate of its bar: profit alone is converted, not what was bought.
    assert!((r.equity[2] - (1000.0 + 1000.0 * 9.9 * 0.01 - 1.001)).abs() < 1e-9, "{:?}", r.equity);
}
