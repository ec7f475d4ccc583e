//! What the account may bear: margin, liquidation, interest.

use super::*;
use crate::market::Instrument;

fn account(kind: AccountKind, leverage: f64, margin: MarginMode, maintenance: f64) -> Account {
    Account { equity: 1000.0, kind, leverage, margin, maintenance_margin: maintenance, ..Account::default() }
}

fn held(side: f64, size: f64, rows: &[[f64; 4]], account: &Account) -> (FullRecorder, AccountState) {
    let mut all = vec![[100.0; 4]];
    all.extend(rows);
    let b = bars(&all);
    let mut plan = vec![Intent::default(); all.len()];
    plan[0] = enter(entry(side, size, f64::INFINITY, f64::INFINITY));
    let mut recorder = FullRecorder::new(all.len());
    let ledger = replay(&b, 0, &FREE, account.ledger(), &mut Script::new(plan), &mut recorder);
    (recorder, ledger)
}

/// The price a position opened at 100 is liquidated at, walking away from it a little at a time.
fn liquidated_at(side: f64, leverage: f64, maintenance: f64) -> f64 {
    let a = account(AccountKind::Perpetual, leverage, MarginMode::Isolated, maintenance);
    let away: Vec<[f64; 4]> = (0..3).map(|_| [100.0, 140.0, 60.0, 100.0]).collect();
    let rows = [&[[100.0; 4]], &away[..]].concat();
    let (r, _) = held(side, 1.0, &rows, &a);
    assert_eq!(r.trades[0].reason, ExitReason::LIQUIDATION);
    r.trades[0].exit_price
}

#[test]
fn isolated_positions_are_liquidated_where_the_specification_says() {
    // T14 of the quantum specification: entry 100, maintenance 0.5 % at 20 and 30 times, 1 % at 10 times.
    for (leverage, m, long, short) in
        [(20.0, 0.005, 95.4774, 104.4776), (30.0, 0.005, 97.1524, 102.8192), (10.0, 0.01, 90.9091, 108.9109)]
    {
        assert!((liquidated_at(1.0, leverage, m) - long).abs() < 5e-5, "long {leverage}");
        assert!((liquidated_at(-1.0, leverage, m) - short).abs() < 5e-5, "short {leverage}");
    }
}

#[test]
fn liquidation_comes_before_a_stop_that_lies_beyond_it() {
    // T15: 20 times, stop at 92.5, the price falls to 90.
    let a = account(AccountKind::Perpetual, 20.0, MarginMode::Isolated, 0.005);
    let b = bars(&[[100.0; 4], [100.0; 4], [100.0, 100.0, 90.0, 91.0], [91.0; 4]]);
    let mut plan = vec![Intent::default(); 4];
    plan[0] = enter(entry(1.0, 1.0, 7.5, f64::INFINITY));
    let mut recorder = FullRecorder::new(4);
    let ledger = replay(&b, 0, &FREE, a.ledger(), &mut Script::new(plan), &mut recorder);
    let t = recorder.trades[0];
    assert!((t.exit_price - 95.4774).abs() < 5e-5 && t.reason == ExitReason::LIQUIDATION && t.exit_bar == 2);
    // The fee of half a percent takes what the maintenance margin left, and no more: the margin of 50 is gone.
    assert!((t.pnl + 50.0).abs() < 1e-9, "{}", t.pnl);
    assert!((ledger.cash() - 950.0).abs() < 1e-9 && ledger.counts().liquidated == 1);
    assert!(t.costs.liquidation > 0.0 && t.costs.liquidation == ledger.paid().liquidation);
}

#[test]
fn a_contract_loses_no_more_than_its_security_and_a_margin_account_may_owe() {
    // A gap from 100 to 80: twenty times 1,000 is beyond any margin.
    let rows = [[100.0; 4], [80.0, 81.0, 79.0, 80.0], [80.0; 4]];
    let isolated = account(AccountKind::Perpetual, 20.0, MarginMode::Isolated, 0.005);
    let (r, ledger) = held(1.0, 10.0, &rows, &isolated);
    // 100 units secured by 500.
    assert!((ledger.cash() - 500.0).abs() < 1e-9, "{}", ledger.cash());
    assert_eq!((r.trades[0].exit_price, r.trades[0].gap), (95.0, true));
    let cross = account(AccountKind::Perpetual, 20.0, MarginMode::Cross, 0.005);
    let (r, ledger) = held(1.0, 10.0, &rows, &cross);
    assert!(ledger.cash().abs() < 1e-9, "{}", ledger.cash());
    assert_eq!(r.trades[0].exit_price, 90.0);
    let broker = account(AccountKind::Margin, 20.0, MarginMode::Cross, 0.005);
    let (r, ledger) = held(1.0, 10.0, &rows, &broker);
    assert_eq!(r.trades[0].exit_price, 80.0);
    // 2,000 lost of 1,000, and half a percent of 8,000.
    assert!((ledger.cash() + 1040.0).abs() < 1e-9, "{}", ledger.cash());
    // Without gap the whole account secures it: 10,000 of notional, 1,000 of equity, out at (900 - 90) / 9.95 off.
    let walk = [[100.0; 4], [100.0, 100.0, 80.0, 85.0], [85.0; 4]];
    let (r, _) = held(1.0, 10.0, &walk, &cross);
    assert!((r.trades[0].exit_price - 90.0 / 0.995).abs() < 1e-9, "{}", r.trades[0].exit_price);
}

#[test]
fn a_short_without_leverage_ends_where_its_money_does() {
    let (r, ledger) = held(
        -1.0,
        1.0,
        &[[100.0; 4], [150.0, 250.0, 150.0, 240.0], [240.0; 4]],
        &Account { liquidation_fee_bps: 0.0, ..account(AccountKind::Margin, 1.0, MarginMode::Cross, 0.0) },
    );
    assert_eq!((r.trades[0].exit_price, r.trades[0].reason), (200.0, ExitReason::LIQUIDATION));
    assert!(ledger.cash().abs() < 1e-9);
}

#[test]
fn a_spot_account_sells_nothing_short() {
    let spot = account(AccountKind::Spot, 1.0, MarginMode::Cross, 0.0);
    let (r, ledger) = held(-1.0, 1.0, &[[100.0; 4], [100.0; 4]], &spot);
    assert_eq!((r.trades.len(), ledger.counts().refused), (0, 1));
    let (r, _) = held(1.0, 1.0, &[[100.0, 100.0, 1.0, 50.0], [100.0; 4]], &spot);
    assert_eq!(r.trades[0].reason, ExitReason::END, "what is owned outright is not liquidated");
}

#[test]
fn borrowed_money_and_borrowed_units_bear_interest() {
    let year_in_hours = 8760.0;
    let a = Account { borrow_rate: 0.1, ..account(AccountKind::Margin, 3.0, MarginMode::Cross, 0.0) };
    let rows = vec![[100.0; 4]; 4];
    // Three times the equity: twice of it is borrowed. Held over the closes of three bars, and the last.
    let (r, ledger) = held(1.0, 3.0, &rows, &a);
    let paid = ledger.paid().borrow;
    assert!((paid - 4.0 * 2000.0 * 0.1 / year_in_hours).abs() < 1e-4, "{paid}");
    assert_eq!(r.trades[0].costs.borrow, paid);
    let (_, ledger) = held(-1.0, 1.0, &rows, &a);
    assert!((ledger.paid().borrow - 4.0 * 1000.0 * 0.1 / year_in_hours).abs() < 1e-9);
    let (_, ledger) = held(1.0, 1.0, &rows, &a);
    assert_eq!(ledger.paid().borrow, 0.0, "its own money");
    assert!((ledger.cash() - 1000.0).abs() < 1e-9);
}

#[test]
fn an_instrument_may_allow_less_leverage_than_the_account() {
    let b = bars(&[[100.0; 4]; 3]);
    let market = Market {
        terms: ContractSpec::of(&Instrument { leverage: Some(2.0), ..Instrument::default() }),
        ..Market::from(&b)
    };
    let mut plan = vec![Intent::default(); 3];
    plan[0] = enter(entry(1.0, 5.0, f64::INFINITY, f64::INFINITY));
    let mut recorder = FullRecorder::new(3);
    let ledger =
        replay(market, 0, &FREE, AccountState::new(1000.0, 10.0), &mut Script::new(plan), &mut recorder);
    assert_eq!((recorder.trades[0].units, ledger.counts().cut), (20.0, 1));
}
