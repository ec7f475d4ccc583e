//! Exposure in stages: what is opened is scaled, and the trader sees what it asked for.

use super::*;

#[test]
fn a_stage_scales_what_is_opened_and_the_trader_sees_what_it_asked_for() {
    /// Holds a share of equity that it changes by half its position, by units worked out afresh, and by orders.
    struct Asks {
        close: Vec<f64>,
        saw: Vec<f64>,
    }
    impl SymbolTrader for Asks {
        fn places(&self) -> bool {
            true
        }
        fn next_wake(&mut self, from: usize) -> usize {
            from
        }
        fn on_close(&mut self, bar: usize, view: &View<'_>) -> Intent {
            self.saw.push(view.position.map_or(0.0, |p| p.units));
            let resize = match bar {
                4 => view.position.map(|p| p.units / 2.0),
                6 => Some(800.0 / self.close[bar]),
                _ => None,
            };
            if bar == 2 { buy(0.5) } else { Intent { resize, ..Intent::default() } }
        }
        fn place(&mut self, bar: usize, view: &View<'_>, book: &mut Book) {
            let held = view.position.map_or(0.0, |p| p.units);
            match bar {
                8 => book.place(Order {
                    reduce_only: true,
                    ..Order::new(-1.0, held / 4.0, OrderKind::Market, bar)
                }),
                10 => book.place(Order::new(1.0, 2.0, OrderKind::Market, bar)),
                _ => 0,
            };
        }
        fn on_exit(&mut self, _: &Trade) {}
    }
    let flat = bars(&[at(100.0); 14]);
    let units = |risk: Option<Risk>| {
        let mut deployment = risk.as_ref().map(rules);
        let mut trader = EachSymbol(vec![Asks { close: vec![100.0; 14], saw: vec![] }]);
        let (r, _) = through(&[&flat], &mut trader, &FREE, deployment.as_mut());
        (trader.0.remove(0).saw, r.exposure)
    };
    let (asked, whole) = units(None);
    assert_eq!(asked[3..], [5.0, 5.0, 2.5, 2.5, 8.0, 8.0, 6.0, 6.0, 8.0, 8.0, 8.0]);
    for (hours, factor) in [([0.0, 100.0, 100.0], 0.25), ([0.0, 0.0, 100.0], 0.5)] {
        let (saw, exposure) = units(Some(staged(hours)));
        assert_eq!(saw, asked, "the trader cannot tell");
        let scaled: Vec<f64> = whole.iter().map(|e| e * factor).collect();
        assert_eq!(exposure, scaled);
    }
    // While it is watched it only pretends, at full size.
    let (saw, exposure) = units(Some(staged([100.0, 1.0, 1.0])));
    assert_eq!(saw, asked);
    assert!(exposure.iter().all(|e| *e == 0.0));
}

#[test]
fn a_new_stage_leaves_what_is_open_and_sizes_what_comes() {
    let flat = bars(&[at(100.0); 12]);
    // The small stage from the first close, the half stage from the sixth.
    let risk = staged([0.0, 5.0, 100.0]);
    let more = |units| Intent { resize: Some(units), ..Intent::default() };
    let plan = plan(12, &[(1, buy(0.8)), (7, more(9.0)), (9, more(3.0))]);
    let mut d = rules(&risk);
    let (r, _) = through(&[&flat], &mut each(&[plan]), &FREE, Some(&mut d));
    assert_eq!(kinds(&d), [(0, "stage"), (5, "stage")]);
    let held: Vec<f64> = r.exposure.iter().map(|e| (e * 1000.0).round() / 100.0).collect();
    // A quarter of 8 units; of 9 units half; then a third of what was asked for.
    assert_eq!(held, [0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 4.5, 4.5, 1.5, 0.0]);
    assert!(r.trades.iter().all(|t| t.stage == 1), "the stage it was opened in");
}

#[test]
fn a_stage_that_pretends_leaves_the_account_alone_and_makes_the_same_trades() {
    let (a, b) = (walk(3, 200), shifted(&walk(4, 150), 20));
    let plans = [drawn(3, 200), drawn(4, 150)];
    let mut d = rules(&staged([1e6, 1.0, 1.0]));
    let (r, ledger) = through(&[&a, &b], &mut each(&plans), &Execution::default(), Some(&mut d));
    assert!(r.trades.len() > 10 && r.trades.iter().all(|t| t.shadow && t.stage == 0));
    assert!(r.equity.iter().all(|e| *e == 1000.0) && ledger.paid().total() == 0.0);
    let (real, _) = through(&[&a, &b], &mut each(&plans), &Execution::default(), None);
    let place = |t: &Trade| (t.symbol, t.signal_bar, t.entry_bar, t.exit_bar, t.side as i8);
    let of = |trades: &[Trade]| trades.iter().map(place).collect::<Vec<_>>();
    assert_eq!(of(&r.trades), of(&real.trades));
}

#[test]
fn in_the_first_stage_again_a_real_position_is_not_made_larger() {
    let rows = [100.0, 100.0, 90.0, 100.0, 90.0, 100.0, 100.0, 100.0, 100.0, 100.0].map(at);
    let b = bars(&rows);
    let one = AlertBounds { win_rate: 0.5, win_rate_trades: 2, ..AlertBounds::NONE };
    let risk = Risk { staging: Staging::Gated, alerts: Some(one), ..staged([0.0, 100.0, 100.0]) };
    // One symbol loses twice, which drops the stage to the first while the other holds a real position.
    let losing = plan(10, &[(0, buy(0.1)), (1, LEAVE), (2, buy(0.1)), (3, LEAVE)]);
    let more = Intent { resize: Some(8.0), ..Intent::default() };
    let holding = plan(10, &[(0, buy(0.4)), (6, more)]);
    let still = bars(&[at(100.0); 10]);
    let mut d = rules(&risk);
    let (r, _) = through(&[&b, &still], &mut each(&[losing, holding.clone()]), &FREE, Some(&mut d));
    assert_eq!(kinds(&d), [(0, "stage"), (4, "stage")]);
    let held = r.trades.iter().find(|t| t.symbol == 1).unwrap();
    assert_eq!((held.units, held.stage, held.shadow, held.reason), (1.0, 1, false, ExitReason::END));
    // A trader of the whole account is told, and an order sent to the exchange fares alike.
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
        0 => {
            orders.real().enter(0, entry(1.0, 0.1, f64::INFINITY, f64::INFINITY));
            orders.real().enter(1, entry(1.0, 0.4, f64::INFINITY, f64::INFINITY));
        }
        1 | 3 => orders.real().exit(0, ExitReason::SIGNAL),
        2 => orders.real().enter(0, entry(1.0, 0.1, f64::INFINITY, f64::INFINITY)),
        6 => orders.real().resize(1, 8.0),
        7 => {
            orders.real().place(now, 1, Order::new(1.0, 1.0, OrderKind::Market, 7));
        }
        _ => {}
    }));
    let (r, ledger) = through(&[&b, &still], &mut trader, &FREE, Some(&mut rules(&risk)));
    assert_eq!(trader.0.reasons(), ["stage", "stage"]);
    let held = r.trades.iter().find(|t| t.symbol == 1).unwrap();
    assert_eq!((held.units, held.shadow), (1.0, false));
    let made: f64 = r.trades.iter().filter(|t| !t.shadow).map(|t| t.pnl).sum();
    assert!((ledger.cash() - 1000.0 - made).abs() < 1e-9);
}

/// The trades of orders sent at closes, and the trader's own entries, on bars of a price each.
fn ordered(
    prices: &[f64],
    risk: &Risk,
    act: impl FnMut(&Portfolio<'_>, &mut Orders),
) -> (FullRecorder, Vec<&'static str>) {
    let b = bars(&prices.iter().map(|p| at(*p)).collect::<Vec<_>>());
    let mut trader = AllSymbols(Calls::new(act));
    let (r, _) = through(&[&b], &mut trader, &FREE, Some(&mut rules(risk)));
    let reasons = trader.0.reasons();
    (r, reasons)
}

#[test]
fn an_opposite_order_closes_what_was_meant_of_the_position_whatever_the_stage_is_by_then() {
    // Bought in the small stage, sold in the half stage: as at full exposure, nothing is left.
    let (r, _) = ordered(&[100.0; 12], &staged([0.0, 4.0, 100.0]), |now, orders| match now.step() {
        1 => drop(orders.real().place(now, 0, Order::new(1.0, 4.0, OrderKind::Market, 1))),
        6 => drop(orders.real().place(now, 0, Order::new(-1.0, 4.0, OrderKind::Market, 6))),
        // Round to the other side: what opens is of its own stage.
        8 => drop(orders.real().place(now, 0, Order::new(1.0, 4.0, OrderKind::Market, 8))),
        9 => drop(orders.real().place(now, 0, Order::new(-1.0, 6.0, OrderKind::Market, 9))),
        _ => {}
    });
    assert_eq!(units(&r)[2..11], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 2.0, -1.0]);
    // A shadow is closed whole by an order that comes after its stage.
    let (r, _) = ordered(&[100.0; 12], &staged([3.0, 100.0, 100.0]), |now, orders| match now.step() {
        0 => drop(orders.real().place(now, 0, Order::new(1.0, 4.0, OrderKind::Market, 0))),
        5 => drop(orders.real().place(now, 0, Order::new(-1.0, 4.0, OrderKind::Market, 5))),
        _ => {}
    });
    let [t] = &r.trades[..] else { panic!("{:?}", r.trades) };
    assert!(t.shadow && (t.units, t.exit_bar) == (4.0, 6));
}

#[test]
fn a_position_of_orders_from_two_stages_is_shown_and_closed_as_it_was_asked_for() {
    let mut seen = vec![];
    let risk = staged([0.0, 4.0, 100.0]);
    let (r, _) = ordered(&[100.0; 12], &risk, |now, orders| {
        seen.push(now.position(0).map_or(0.0, |p| (p.units * 1e9).round() / 1e9));
        let order = |side, units| Order::new(side, units, OrderKind::Market, now.step());
        match now.step() {
            1 | 6 => drop(orders.real().place(now, 0, order(1.0, 4.0))),
            8 => drop(orders.real().place(now, 0, Order { reduce_only: true, ..order(-1.0, 2.0) })),
            9 => drop(orders.real().place(now, 0, Order { reduce_only: true, ..order(-1.0, 6.0) })),
            _ => {}
        }
    });
    assert_eq!(seen[2..11], [4.0, 4.0, 4.0, 4.0, 4.0, 8.0, 8.0, 6.0, 0.0]);
    // A quarter of 4 and half of 4; a quarter of the whole is closed, then the rest.
    assert_eq!(units(&r)[2..11], [1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 2.25, 0.0]);
}

#[test]
fn a_change_that_is_on_its_way_over_a_stage_takes_the_part_that_was_meant() {
    let b = bars(&[at(100.0); 24]);
    let to = |units| Intent { resize: Some(units), ..Intent::default() };
    let plan = plan(24, &[(1, buy(0.5)), (8, to(8.0)), (9, to(4.0))]);
    let execution = Execution { latency_bars: 3, ..FREE };
    let mut d = rules(&staged([0.0, 5.0, 100.0]));
    let (r, _) = through(&[&b], &mut each(&[plan]), &execution, Some(&mut d));
    let held = units(&r);
    // 5 in the small stage, 8 in the half stage, half of that.
    assert_eq!((held[6], held[12], held[14]), (1.25, 4.0, 2.0));
}

#[test]
fn shadows_meet_what_real_orders_meet() {
    use crate::execution::EntryOrder;
    let monitor = staged([1e6, 1.0, 1.0]);
    let rows = [100.0, 102.0, 102.0, 102.0, 98.0, 98.0];
    let b = bars(&rows.map(at));
    let spot = Account { equity: 1000.0, kind: AccountKind::Spot, ..Account::default() };
    let one = |account: &Account, execution: &Execution, entry: Entry, risk: Option<&Risk>| {
        let markets = [Market::from(&b)];
        let clock = Clock::of(&markets);
        let mut recorder = FullRecorder::new(b.len());
        let mut deployment = risk.map(rules);
        let over = Over {
            markets: &markets,
            clock: &clock,
            firsts: &[0],
            execution,
            ledger: account.ledger(),
            risk_manager: None,
            deployment: deployment.as_mut(),
        };
        let mut trader = EachSymbol(vec![Script::new(plan(6, &[(0, enter(entry))]))]);
        let ledger = trader.replay(over, &mut recorder);
        let trades: Vec<_> = recorder.trades.iter().map(|t| (t.units, t.entry_bar, t.entry_price)).collect();
        (trades, ledger.counts())
    };
    let wide = |side: f64, size| entry(side, size, f64::INFINITY, f64::INFINITY);
    let limit = Execution { entry: EntryOrder::LimitFirst, entry_offset_bps: 50.0, entry_bars: 5, ..FREE };
    for (account, execution, e) in [
        (&spot, &FREE, wide(-1.0, 0.5)),
        (&spot, &FREE, wide(1.0, 0.5)),
        (&rich(2.0), &FREE, wide(1.0, 50.0)),
        (&rich(2.0), &limit, wide(1.0, 0.5)),
    ] {
        let (real, _) = one(account, execution, e, None);
        let (shadow, counts) = one(account, execution, e, Some(&monitor));
        assert_eq!(shadow, real, "{e:?}");
        assert_eq!((counts.cut, counts.refused), (0, 0), "the account has nothing to count");
    }
}

#[test]
fn stages_of_no_length_are_passed_at_once_at_the_start_and_again() {
    let risk = Risk { redeploy_after_hours: 5.0, ..stopped(10) };
    let risk = Risk { monitor_hours: 0.0, small_hours: 0.0, half_hours: 0.0, staging: Staging::Time, ..risk };
    let mut d = rules(&risk);
    let b = walk(1, 30);
    through(&[&b], &mut each(&[plan(30, &[])]), &FREE, Some(&mut d));
    let stages: Vec<usize> = d.events.iter().filter(|e| e.kind == "stage").map(|e| e.bar).collect();
    assert_eq!(stages, [0, 0, 0, 14, 14, 14]);
}

#[test]
fn without_stages_what_is_asked_for_is_what_is_held_to_the_last_bit() {
    for seed in 0..20 {
        let b = walk(seed, 200);
        let mut s = Stream::new(seed, "parts", 0);
        let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
            if let Some(p) = now.position(0) {
                assert_eq!(p.asked.to_bits(), p.units.to_bits(), "seed {seed} step {}", now.step());
            }
            let side = if s.uniform() < 0.5 { 1.0 } else { -1.0 };
            orders.real().place(now, 0, Order::new(side, 3.0 * s.uniform(), OrderKind::Market, now.step()));
        }));
        let (r, _) = through(&[&b], &mut trader, &FREE, None);
        assert!(r.trades.len() > 50);
    }
}

#[test]
fn in_a_stage_what_was_ordered_in_parts_can_be_sold_whole() {
    for (seed, bears) in (0..40).zip([0.0, 0.05].into_iter().cycle()) {
        let b = with_volume(&walk(seed, 120), &[30.0; 120]);
        let mut s = Stream::new(seed, "parts", 0);
        let mut size = 0.0;
        let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
            let units = match now.step() {
                t if t < 60 && t % 3 == 0 => 0.2 + s.uniform(),
                t if t < 60 && t % 3 == 1 => -0.2 * s.uniform(),
                90 => -size,
                _ => 0.0,
            };
            if units != 0.0 {
                size += units;
                let order = Order::new(units.signum(), units.abs(), OrderKind::Market, now.step());
                orders.real().place(now, 0, order);
            }
            if now.step() == 110 {
                assert!(now.position(0).is_none(), "seed {seed}: {:?}", now.position(0));
            }
        }));
        let execution = Execution { participation: bears, ..FREE };
        let stages = staged([0.0, 24.0, 1000.0]);
        let (r, _) = through(&[&b], &mut trader, &execution, Some(&mut rules(&stages)));
        assert!(r.trades.len() > 15);
    }
}
