//! The emergency stop, what is on its way when it comes, and what runs after it.

use super::*;

#[test]
fn a_stop_closes_every_symbol_and_takes_back_what_is_on_its_way() {
    let a = walk(5, 40);
    // The second symbol has no bar in hours 8 to 11; its position is closed at its next open all the same.
    let rows: Vec<usize> = (0..40).filter(|i| !(8..12).contains(i)).collect();
    let column = |c: &[f64]| rows.iter().map(|i| c[*i]).collect::<Vec<f64>>().into();
    let whole = walk(6, 40);
    let columns = Columns {
        open_time: rows.iter().map(|i| *i as i64 * HOURS).collect(),
        open: column(whole.open()),
        high: column(whole.high()),
        low: column(whole.low()),
        close: column(whole.close()),
        volume: vec![1.0; 36].into(),
    };
    let b = Bars::new(Timeframe::H1, columns).unwrap();
    let held = plan(36, &[(2, buy(0.3)), (20, buy(0.3))]);
    // Decided a bar before the stop, on its way for three: it must not arrive after it.
    let late = plan(40, &[(8, buy(0.2)), (25, buy(0.2))]);
    let execution = Execution { latency_bars: 2, ..FREE };
    let risk = Risk { estop_slippage_bps: 50.0, ..stopped(10) };
    let mut d = rules(&risk);
    let (r, _) = through(&[&a, &b], &mut each(&[late, held]), &execution, Some(&mut d));
    assert_eq!(kinds(&d)[0], (9, "emergency_stop"));
    assert_eq!(d.emergency_stop_step, Some(9));
    assert!(d.events[0].detail.contains("1 positions to close"), "{}", d.events[0].detail);
    let [t] = &r.trades[..] else { panic!("{:?}", r.trades) };
    assert_eq!((t.symbol, t.reason, b.open_time()[t.exit_bar]), (1, ExitReason::EMERGENCY_STOP, 14 * HOURS));
    assert!((t.exit_price / b.open()[t.exit_bar] - 0.995).abs() < 1e-12, "the slippage of a stop");
    // Two entries came while nobody decided.
    assert_eq!(d.blocked, 2);
}

#[test]
fn after_a_stop_nothing_opens_until_it_is_deployed_again() {
    let b = walk(7, 60);
    let always: Vec<Intent> =
        (0..60).map(|i| if i % 4 == 0 { buy(0.2) } else { Intent::default() }).collect();
    let leave = |i: usize| Intent { exit: Some(ExitReason::SIGNAL), ..always[i] };
    let plan: Vec<Intent> = (0..60).map(|i| if i % 4 == 2 { leave(i) } else { always[i] }).collect();
    let risk = Risk { redeploy_after_hours: 12.0, ..stopped(20) };
    let mut d = rules(&risk);
    let (r, _) = through(&[&b], &mut each(std::slice::from_ref(&plan)), &FREE, Some(&mut d));
    assert_eq!(kinds(&d), [(19, "emergency_stop"), (20, "rollback"), (31, "redeploy"), (55, "stage")]);
    // It starts again from the first stage, whatever it started from before.
    assert!(
        r.trades.iter().all(|t| t.signal_bar < 19 || t.signal_bar >= 31 && t.shadow == (t.signal_bar < 55))
    );
    assert!(r.trades.iter().any(|t| t.signal_bar > 31) && d.blocked == 3);
    // Without a way back it stays flat.
    let mut d = rules(&stopped(20));
    let (r, _) = through(&[&b], &mut each(&[plan]), &FREE, Some(&mut d));
    assert!(r.trades.iter().all(|t| t.exit_bar <= 20) && d.blocked == 10);
}

#[test]
fn resting_orders_are_taken_back_at_a_stop_and_refused_after_it() {
    let b = walk(8, 40);
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        if now.step().is_multiple_of(6) {
            orders.real().place(now, 0, Order::new(1.0, 1.0, OrderKind::Limit(1.0), now.step()));
            orders.real().enter(0, entry(1.0, 0.1, f64::INFINITY, f64::INFINITY));
        }
        if now.step() == 15 {
            assert!(now.real().resting(0).is_empty(), "taken back at the stop");
        }
    }));
    let mut d = rules(&stopped(14));
    let (r, _) = through(&[&b], &mut trader, &FREE, Some(&mut d));
    let reasons: Vec<_> = trader.0.rejects.iter().map(|(_, r)| (r.step, r.reason.name())).collect();
    // Three limits rest until the stop at step 13; the entries at 6 and 12 find a position.
    let want = [(6, "position_open"), (12, "position_open"), (13, "rule"), (13, "rule"), (13, "rule")];
    assert_eq!(reasons[..5], want);
    assert!(
        reasons[5..].iter().all(|(t, why)| *t > 13 && *why == "stopped") && reasons.len() == 5 + 8,
        "{reasons:?}"
    );
    assert_eq!((r.trades.len(), r.trades[0].reason), (1, ExitReason::EMERGENCY_STOP));
}

#[test]
fn an_exit_on_its_way_goes_on_when_a_rule_closes_everything() {
    let falling: Vec<[f64; 4]> = (0..40).map(|i| at(100.0 * 0.98_f64.powi(i))).collect();
    let b = bars(&falling);
    let execution = Execution { latency_bars: 3, ..FREE };
    // A stop after a stop: the first one's exit is not taken back by the second.
    let risk = Risk {
        emergency_stop: true,
        estop_drawdown: 0.005,
        redeploy_after_hours: 1.0,
        ..staged([0.0, 0.0, 0.0])
    };
    let mut d = rules(&risk);
    let (r, _) = through(&[&b], &mut each(&[plan(40, &[(1, buy(0.9))])]), &execution, Some(&mut d));
    let [t] = &r.trades[..] else { panic!("{:?}", r.trades) };
    let first = d.emergency_stop_step.unwrap();
    assert_eq!((t.reason, t.exit_bar), (ExitReason::EMERGENCY_STOP, first + 4), "{:?}", d.events);
    // An exit of the trader's own arrives when it would have.
    let mut d = rules(&stopped(10));
    let (r, _) =
        through(&[&b], &mut each(&[plan(40, &[(1, buy(0.9)), (8, LEAVE)])]), &execution, Some(&mut d));
    assert_eq!((r.trades[0].reason, r.trades[0].exit_bar), (ExitReason::SIGNAL, 12));
}

#[test]
fn a_stop_closes_what_a_reduction_waits_for_in_a_gap() {
    let a = bars(&[at(100.0); 12]);
    // The second symbol has no bar in hours 5 to 7.
    let whole = bars(&[at(100.0); 12]);
    let rows: Vec<usize> = (0..12).filter(|i| !(5..8).contains(i)).collect();
    let pick = |c: &[f64]| rows.iter().map(|i| c[*i]).collect::<Vec<f64>>().into();
    let columns = Columns {
        open_time: rows.iter().map(|i| *i as i64 * HOURS).collect(),
        open: pick(whole.open()),
        high: pick(whole.high()),
        low: pick(whole.low()),
        close: pick(whole.close()),
        volume: vec![1.0; 9].into(),
    };
    let b = Bars::new(Timeframe::H1, columns).unwrap();
    let less = Intent { resize: Some(1.0), ..Intent::default() };
    let plans = [plan(12, &[]), plan(9, &[(1, buy(0.5)), (4, less)])];
    for (risk, limits) in [
        (stopped(6), Limits::default()),
        (Risk::default(), Limits { kill_at: format_time(6 * HOURS), ..Limits::default() }),
    ] {
        let mut d = rules(&risk);
        let r = limited(&[&a, &b], &mut each(&plans), &FREE, Some(&mut d), &limits);
        let [t] = &r.trades[..] else { panic!("{:?}", r.trades) };
        assert_eq!((t.units, b.open_time()[t.exit_bar]), (5.0, 8 * HOURS), "{}", t.reason);
    }
}
