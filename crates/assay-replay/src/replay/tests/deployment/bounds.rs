//! Where the rules meet volume, whole lots and limits.

use super::*;

/// Bars of a price with so much volume each.
fn thin(prices: &[f64], volume: &[f64]) -> Bars {
    with_volume(&bars(&prices.iter().map(|p| at(*p)).collect::<Vec<_>>()), volume)
}

/// A fall of 40 % inside the sixth bar.
fn flash() -> [[f64; 4]; 14] {
    std::array::from_fn(|i| if i == 5 { [100.0, 100.0, 60.0, 100.0] } else { at(100.0) })
}

/// Halves what is held when the price falls fast.
fn halving() -> Limits {
    Limits {
        flash_drop: 0.05,
        flash_window_s: 3600.0,
        flash_sample_s: 60.0,
        flash_action: crate::risk::FlashAction::Reduce,
        ..Limits::default()
    }
}

#[test]
fn an_exit_in_parts_is_not_made_smaller_and_costs_the_same_in_each() {
    let volume: Vec<f64> = (0..16).map(|i| if i < 4 { 1000.0 } else { 20.0 }).collect();
    let b = thin(&[100.0; 16], &volume);
    let execution = Execution { participation: 0.1, ..FREE };
    let half = Intent { resize: Some(5.0), ..Intent::default() };
    let risk = Risk { estop_slippage_bps: 100.0, ..stopped(6) };
    let plan = plan(16, &[(1, buy(1.0)), (6, half), (8, LEAVE)]);
    let (r, _) = through(&[&b], &mut each(&[plan]), &execution, Some(&mut rules(&risk)));
    let parts: Vec<_> = r.trades.iter().map(|t| (t.units, t.exit_price, t.reason, t.exit_bar)).collect();
    let stop = ExitReason::EMERGENCY_STOP;
    let want: Vec<_> = (0..5).map(|k| (2.0, 99.0, stop, 6 + k)).collect();
    assert_eq!(parts, want);
}

#[test]
fn a_limit_cuts_a_larger_size_and_never_makes_a_position_smaller() {
    let b = bars(&[at(100.0); 12]);
    let to = |units| Intent { resize: Some(units), ..Intent::default() };
    let held = |risk: &Risk, limits: &Limits, wish| {
        let plan = plan(12, &[(1, buy(0.8)), (7, to(wish))]);
        units(&limited(&[&b], &mut each(&[plan]), &FREE, Some(&mut rules(risk)), limits))[6..9].to_vec()
    };
    let stages = staged([0.0, 5.0, 100.0]);
    // 8 asked for in the small stage are 2; of 9 in the half stage 4.5, of which 3 may be held, and none but those.
    for (most, then) in [(0.3, 3.0), (0.2, 2.0), (1.0, 4.5)] {
        let limits = Limits { max_position: most, ..Limits::default() };
        assert_eq!(held(&stages, &limits, 9.0), [2.0, 2.0, then]);
    }
    // Of a shadow no more than the limit either.
    let limits = Limits { max_position: 1.0, ..Limits::default() };
    let plan = plan(12, &[(1, buy(0.5)), (7, to(20.0))]);
    let r = limited(&[&b], &mut each(&[plan]), &FREE, Some(&mut rules(&staged([5.0, 100.0, 1.0]))), &limits);
    assert_eq!((r.trades[0].units, r.trades[0].shadow), (10.0, true));
}

#[test]
fn half_of_a_position_is_half_of_what_is_left_when_a_reduction_is_on_its_way() {
    let b = bars(&flash());
    let to = |units| Intent { resize: Some(units), ..Intent::default() };
    let plan = plan(14, &[(1, buy(1.0)), (4, to(2.0))]);
    let execution = Execution { latency_bars: 2, ..FREE };
    let r = limited(&[&b], &mut each(&[plan]), &execution, None, &halving());
    assert_eq!(units(&r)[4..10], [10.0, 10.0, 10.0, 2.0, 1.0, 1.0]);
}

#[test]
fn a_larger_size_that_is_not_to_be_had_leaves_what_is_shown_as_it_was() {
    let b = bars(&[at(100.0); 10]);
    let markets =
        [Market { terms: ContractSpec { lot: 1.0, ..ContractSpec::default() }, ..Market::from(&b) }];
    let mut seen = vec![];
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        seen.push(now.position(0).map_or(0.0, |p| p.units));
        match now.step() {
            0 => orders.real().enter(0, entry(1.0, 0.8, f64::INFINITY, f64::INFINITY)),
            // Half a lot more, then half of what it has.
            3 => orders.real().resize(0, 9.0),
            5 => orders.real().resize(0, 4.0),
            _ => {}
        }
    }));
    let mut d = rules(&staged([0.0, 0.0, 100.0]));
    let (recorder, _) = through_markets(&markets, &mut trader, &FREE, Some(&mut d));
    assert_eq!(trader.0.rejects[0].1.reason.name(), "too_small");
    assert_eq!(seen[3..8], [8.0, 8.0, 8.0, 4.0, 4.0]);
    assert_eq!(units(&recorder)[3..8], [4.0, 4.0, 4.0, 2.0, 2.0]);
}

#[test]
fn whole_lots_are_those_of_full_exposure() {
    let b = bars(&[at(100.0); 14]);
    let market = Market { terms: ContractSpec { lot: 1.0, ..ContractSpec::default() }, ..Market::from(&b) };
    let markets = [market];
    let mut seen = vec![];
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        seen.push(now.position(0).map_or(0.0, |p| p.units));
        match now.step() {
            0 => orders.real().enter(0, entry(1.0, 1.0, f64::INFINITY, f64::INFINITY)),
            // Nine tenths of what it is shown: 1.8 of its own, cut to a lot.
            8 => orders.real().resize(0, 9.0),
            _ => {}
        }
    }));
    let mut d = rules(&staged([0.0, 5.0, 100.0]));
    let (recorder, _) = through_markets(&markets, &mut trader, &FREE, Some(&mut d));
    // A quarter of 10 is 2 lots, and is shown as the 10 that full exposure would have had.
    assert_eq!((seen[2], units(&recorder)[2]), (10.0, 2.0));
    assert_eq!((seen[9], units(&recorder)[9]), (9.0, 1.0));
}

#[test]
fn orders_wait_while_a_position_leaves_in_parts() {
    let volume: Vec<f64> = (0..16).map(|i| if i < 4 { 1000.0 } else { 20.0 }).collect();
    let b = thin(&[100.0; 16], &volume);
    let execution = Execution { participation: 0.1, ..FREE };
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        let order = |side, units| Order::new(side, units, OrderKind::Market, now.step());
        match now.step() {
            1 => orders.real().enter(0, entry(1.0, 1.0, f64::INFINITY, f64::INFINITY)),
            6 => drop(orders.real().place(now, 0, Order { reduce_only: true, ..order(-1.0, 2.0) })),
            _ => {}
        }
    }));
    let risk = Risk { estop_slippage_bps: 100.0, ..stopped(6) };
    let (r, _) = through(&[&b], &mut trader, &execution, Some(&mut rules(&risk)));
    let parts: Vec<_> = r.trades.iter().map(|t| (t.units, t.exit_price, t.reason)).collect();
    assert_eq!(parts, vec![(2.0, 99.0, ExitReason::EMERGENCY_STOP); 5]);
}

#[test]
fn a_rule_that_halves_lets_the_rest_of_an_order_leave() {
    // The order closes 2 units a bar. A rule must never leave more than no rule would.
    let volume: Vec<f64> = (0..14).map(|i| if i < 4 { 1000.0 } else { 20.0 }).collect();
    let b = with_volume(&bars(&flash()), &volume);
    let execution = Execution { participation: 0.1, ..FREE };
    for (sold, left) in [(10.0, 0.0), (6.0, 2.0)] {
        let mut trader =
            AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
                1 => orders.real().enter(0, entry(1.0, 1.0, f64::INFINITY, f64::INFINITY)),
                4 => {
                    let order =
                        Order { reduce_only: true, ..Order::new(-1.0, sold, OrderKind::Market, now.step()) };
                    orders.real().place(now, 0, order);
                }
                _ => {}
            }));
        let r = limited(&[&b], &mut trader, &execution, None, &halving());
        assert_eq!(units(&r)[12], left, "{:?}", units(&r));
    }
}

#[test]
fn under_a_rule_the_rest_of_an_order_closes_and_opens_nothing() {
    // Ten are sold of four that are held, two a bar, when the price falls by 40 % inside the sixth bar.
    use crate::risk::FlashAction;
    let volume: Vec<f64> = (0..14).map(|i| if i < 4 { 1000.0 } else { 20.0 }).collect();
    let b = with_volume(&bars(&flash()), &volume);
    let execution = Execution { participation: 0.1, ..FREE };
    let note = Limits { flash_action: FlashAction::Note, ..halving() };
    let actions = [FlashAction::Halt, FlashAction::Flatten, FlashAction::Reduce];
    let acting = actions.map(|flash_action| (Limits { flash_action, ..halving() }, Risk::default(), 0.0));
    let cases =
        acting.into_iter().chain([(note, Risk::default(), -6.0), (Limits::default(), stopped(6), 0.0)]);
    for (limits, risk, left) in cases {
        let what = format!("{:?} {:?}", limits.flash_action, risk.estop_at);
        let mut trader =
            AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
                1 => orders.real().enter(0, entry(1.0, 0.4, f64::INFINITY, f64::INFINITY)),
                4 => drop(orders.real().place(now, 0, Order::new(-1.0, 10.0, OrderKind::Market, 4))),
                _ => {}
            }));
        let r = limited(&[&b], &mut trader, &execution, Some(&mut rules(&risk)), &limits);
        let held = [4, 5, 6, 12].map(|t: usize| units(&r)[t].round() + 0.0);
        assert_eq!(held, [4.0, 2.0, 0.0, left], "{what}");
        assert_eq!(trader.0.reasons(), [""; 0], "{what}");
    }
}

#[test]
fn what_is_only_pretended_is_engaged_shares_means_and_meets_limits() {
    let (a, b) = (bars(&[at(100.0); 8]), bars(&[at(100.0); 8]));
    let mut engaged = vec![];
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| {
        engaged.push(now.real().engaged());
        match now.step() {
            0 => orders.real().enter(0, entry(1.0, 4.0, f64::INFINITY, f64::INFINITY)),
            2 => orders.real().enter(1, entry(1.0, 4.0, f64::INFINITY, f64::INFINITY)),
            _ => {}
        }
    }));
    let monitor = staged([1e6, 1.0, 1.0]);
    let (r, _) = through(&[&a, &b], &mut trader, &FREE, Some(&mut rules(&monitor)));
    assert_eq!(engaged, [0, 1, 1, 2, 2, 2, 2, 2]);
    // The account bears five times its equity, pretended or not.
    let units: Vec<f64> = r.trades.iter().map(|t| t.units.round()).collect();
    assert_eq!(units, [40.0, 10.0]);
    let limits = Limits { max_positions: 1, ..Limits::default() };
    let plans = [plan(8, &[(0, buy(0.5))]), plan(8, &[(3, buy(0.5))])];
    let r = limited(&[&a, &b], &mut each(&plans), &FREE, Some(&mut rules(&monitor)), &limits);
    assert_eq!(r.trades.len(), 1);
}

#[test]
fn refusals_say_what_was_asked_for() {
    let b = bars(&[at(100.0); 10]);
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.step() {
        0 => orders.real().enter(0, entry(1.0, 0.8, f64::INFINITY, f64::INFINITY)),
        3 => orders.real().resize(0, 12.0),
        _ => {}
    }));
    let limits = Limits { max_position: 0.2, ..Limits::default() };
    limited(&[&b], &mut trader, &FREE, Some(&mut rules(&staged([0.0, 100.0, 1.0]))), &limits);
    let refused: Vec<_> = trader.0.rejects.iter().map(|(_, r)| (r.reason.name(), r.units)).collect();
    assert_eq!(refused, [("exposure", 4.0)]);
}
