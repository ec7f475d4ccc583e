//! The rules of deployment above traders that know nothing of them.

use super::limits::{at, buy, plan};
use super::portfolio::{rich, shifted};
use super::whole::{Calls, drawn, mirrored};
use super::*;
use crate::execution::{Order, OrderKind};
use crate::risk::{AlertBounds, Limits, Risk, Staging};

const HOURS: i64 = 3_600_000;

fn rules(risk: &Risk) -> Deployment {
    Deployment::new(risk, AlertRules::NONE, 0, 1000.0)
}

/// Exposure in stages by the clock, `hours` in each of the first three.
fn staged(hours: [f64; 3]) -> Risk {
    let [monitor_hours, small_hours, half_hours] = hours;
    Risk { staging: Staging::Time, monitor_hours, small_hours, half_hours, ..Risk::default() }
}

/// A stop at the close that ends `hours` after the start.
fn stopped(hours: i64) -> Risk {
    Risk {
        emergency_stop: true,
        estop_drawdown: 1.0,
        estop_at: format_time(hours * HOURS),
        ..Risk::default()
    }
}

fn format_time(ms: i64) -> String {
    crate::market::format_time(ms)
}

fn through<T: Trading>(
    bars: &[&Bars],
    traders: &mut T,
    execution: &Execution,
    deployment: Option<&mut Deployment>,
) -> (FullRecorder, AccountState) {
    let markets: Vec<Market<'_>> = bars.iter().map(|b| Market::from(*b)).collect();
    through_markets(&markets, traders, execution, deployment)
}

fn through_markets<T: Trading>(
    markets: &[Market<'_>],
    traders: &mut T,
    execution: &Execution,
    deployment: Option<&mut Deployment>,
) -> (FullRecorder, AccountState) {
    let clock = Clock::of(markets);
    let mut recorder = FullRecorder::new(clock.len());
    let firsts = vec![0; markets.len()];
    let ledger = rich(5.0).ledger();
    let over =
        Over { markets, clock: &clock, firsts: &firsts, execution, ledger, risk_manager: None, deployment };
    let ledger = traders.replay(over, &mut recorder);
    (recorder, ledger)
}

fn each(plans: &[Vec<Intent>]) -> EachSymbol<Script> {
    EachSymbol(plans.iter().map(|p| Script::new(p.clone())).collect())
}

fn kinds(d: &Deployment) -> Vec<(usize, &str)> {
    d.events.iter().map(|e| (e.bar, e.kind.as_str())).collect()
}

#[test]
fn rules_that_never_act_change_no_bit() {
    let calm = Risk { emergency_stop: true, estop_drawdown: 1.0, ..Risk::default() };
    for seed in 0..8 {
        let (a, b) = (walk(seed, 200), shifted(&walk(100 + seed, 180), 9));
        let plans = [drawn(seed, 200), drawn(50 + seed, 180)];
        let execution =
            Execution { latency_bars: (seed % 2) as usize, fee_bps: 5.0, slippage_bps: 3.0, ..FREE };
        let (want, one) = through(&[&a, &b], &mut each(&plans), &execution, None);
        let (got, two) = through(&[&a, &b], &mut each(&plans), &execution, Some(&mut rules(&calm)));
        assert!(want.trades.len() > 10 && want.trades == got.trades, "seed {seed}");
        assert_eq!((want.equity, want.exposure, one.cash()), (got.equity, got.exposure, two.cash()));
    }
}

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
fn the_same_decisions_meet_the_same_rules_in_both_kinds_of_trader() {
    let losing = AlertBounds { win_rate: 0.6, win_rate_trades: 4, win_rate_days: 3.0, ..AlertBounds::NONE };
    let risk = Risk {
        staging: Staging::Gated,
        alerts: Some(losing),
        emergency_stop: true,
        estop_on_critical: false,
        estop_drawdown: 0.03,
        redeploy_after_hours: 10.0,
        ..staged([3.0, 10.0, 20.0])
    };
    let mut seen = vec![];
    for seed in 0..10 {
        let (a, b) = (walk(seed, 300), shifted(&walk(100 + seed, 280), 9));
        let plans = [drawn(seed, 300), drawn(50 + seed, 280)];
        let (mut one, mut two) = (rules(&risk), rules(&risk));
        let (want, _) = through(&[&a, &b], &mut each(&plans), &FREE, Some(&mut one));
        let mut trader = AllSymbols(Calls::new(mirrored(&plans)));
        let (got, _) = through(&[&a, &b], &mut trader, &FREE, Some(&mut two));
        assert!(want.trades == got.trades && want.equity == got.equity, "seed {seed}");
        assert_eq!(one.events, two.events);
        seen.extend(one.events.into_iter().map(|e| e.kind + &e.detail[..5.min(e.detail.len())]));
    }
    for what in ["stagestage", "stagealert", "emergency_stop", "rollback", "redeploy"] {
        assert!(seen.iter().any(|s| s.starts_with(what)), "{what} in {seen:?}");
    }
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

const LEAVE: Intent = Intent {
    exit: Some(ExitReason::SIGNAL),
    entry: None,
    resize: None,
    stop: None,
    exit_slippage_bps: 0.0,
    cancel: false,
    refused: None,
};

#[test]
fn traders_are_asked_and_told_behind_every_wrapper() {
    #[derive(Default)]
    struct Listens {
        acts: Vec<Acting>,
        asked: std::cell::Cell<usize>,
    }
    impl Deployable for Listens {
        fn signal_quality(&self) -> Option<f64> {
            Some(0.9)
        }
        fn standing(&self, end: &StageEnd<'_>) -> Standing {
            self.asked.set(self.asked.get() + 1);
            assert_eq!((end.start_ms, end.days[0]), (0, 1000.0));
            if end.stage == 0 { Standing::Pass } else { Standing::Fail }
        }
        fn act(&mut self, acting: Acting) {
            self.acts.push(acting);
        }
    }
    impl SymbolTrader for Listens {
        fn next_wake(&mut self, from: usize) -> usize {
            from
        }
        fn on_close(&mut self, _: usize, _: &View<'_>) -> Intent {
            Intent::default()
        }
        fn on_exit(&mut self, _: &Trade) {}
        fn deployable(&mut self) -> Option<&mut dyn Deployable> {
            Some(self)
        }
    }
    impl Trader for Listens {
        fn on_close(&mut self, _: &Portfolio<'_>, _: &mut Orders) {}
        fn deployable(&mut self) -> Option<&mut dyn Deployable> {
            Some(self)
        }
    }
    fn check<T: Trading>(mut traders: T) -> Vec<Acting> {
        let high = AlertBounds { quality: 0.95, quality_signals: 3, ..AlertBounds::NONE };
        let risk = Risk {
            staging: Staging::Gated,
            alerts: Some(high),
            emergency_stop: true,
            ..staged([1.0, 5.0, 5.0])
        };
        let risk = Risk { rollback_to: "other".into(), redeploy_after_hours: 9.0, ..risk };
        let mut d = rules(&risk);
        through(&[&walk(1, 20), &walk(2, 20)], &mut traders, &FREE, Some(&mut d));
        let said: Vec<&str> =
            d.events.iter().map(|e| e.detail.split(" at ").next().unwrap_or_default()).collect();
        let want = ["stage 1: 25 % of size", "alert quality lowers the stage to 0", "critical alert quality"];
        assert_eq!(said[..3], want);
        vec![Acting::Nothing, Acting::Fallback, Acting::Main]
    }
    let noise = EntryNoise { seed: 1, path: 0, missed: 0.0, partial: 1.0 };
    let two = || EachSymbol(vec![Listens::default(), Listens::default()]);
    let want = check(two().with_noise(noise));
    check(AllSymbols(Listens::default()).with_noise(noise));
    check(AllSymbols(Listens::default()).watched());
    let mut plain = two().watched();
    let risk = Risk { rollback_to: "other".into(), redeploy_after_hours: 9.0, ..stopped(5) };
    let risk = Risk { staging: Staging::Gated, alerts: None, ..risk };
    through(
        &[&walk(1, 20), &walk(2, 20)],
        &mut plain,
        &FREE,
        Some(&mut rules(&Risk { monitor_hours: 1.0, small_hours: 1.0, ..risk })),
    );
    let (traders, _) = EachSymbol::unwatched(plain);
    for t in traders.0 {
        assert_eq!(t.acts, want);
        assert!(t.asked.get() > 1);
    }
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

fn units(r: &FullRecorder) -> Vec<f64> {
    r.exposure.iter().map(|e| (e * 1e6).round() / 1e5).collect()
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

/// Bars of a price with so much volume each.
fn thin(prices: &[f64], volume: &[f64]) -> Bars {
    with_volume(&bars(&prices.iter().map(|p| at(*p)).collect::<Vec<_>>()), volume)
}

fn with_volume(bars: &Bars, volume: &[f64]) -> Bars {
    let columns = Columns { volume: volume.to_vec().into(), ..bars.columns().clone() };
    Bars::new(Timeframe::H1, columns).unwrap()
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

/// As [`through`] with limits above.
fn limited<T: Trading>(
    bars: &[&Bars],
    traders: &mut T,
    execution: &Execution,
    deployment: Option<&mut Deployment>,
    limits: &Limits,
) -> FullRecorder {
    let markets: Vec<Market<'_>> = bars.iter().map(|b| Market::from(*b)).collect();
    let clock = Clock::of(&markets);
    let mut recorder = FullRecorder::new(clock.len());
    let firsts = vec![0; bars.len()];
    let mut risk_manager = RiskManager::new(limits, 1000.0, bars.len());
    let ledger = rich(5.0).ledger();
    let risk_manager = Some(&mut risk_manager);
    let over = Over {
        markets: &markets,
        clock: &clock,
        firsts: &firsts,
        execution,
        ledger,
        risk_manager,
        deployment,
    };
    traders.replay(over, &mut recorder);
    recorder
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
