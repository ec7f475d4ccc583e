//! The rules of deployment above traders that know nothing of them.

use super::limits::{at, buy, plan};
use super::portfolio::{rich, shifted};
use super::whole::{Calls, drawn, mirrored};
use super::*;
use crate::execution::{Kind, Order};
use crate::risk::{AlertBounds, Risk, Staging};

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
) -> (FullRecorder, Ledger) {
    let markets: Vec<Market<'_>> = bars.iter().map(|b| Market::from(*b)).collect();
    let clock = Clock::of(&markets);
    let mut recorder = FullRecorder::new(clock.len());
    let firsts = vec![0; bars.len()];
    let ledger = rich(5.0).ledger();
    let over = Over {
        markets: &markets,
        clock: &clock,
        firsts: &firsts,
        execution,
        ledger,
        guard: None,
        deployment,
    };
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
                8 => {
                    book.place(Order { reduce_only: true, ..Order::new(-1.0, held / 4.0, Kind::Market, bar) })
                }
                10 => book.place(Order::new(1.0, 2.0, Kind::Market, bar)),
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
    assert_eq!(d.emergency_stop_tick, Some(9));
    assert!(d.events[0].detail.contains("1 positions to close"), "{}", d.events[0].detail);
    let [t] = &r.trades[..] else { panic!("{:?}", r.trades) };
    assert_eq!((t.symbol, t.reason, b.open_time()[t.exit_bar]), (1, ExitReason::EMERGENCY_STOP, 14 * HOURS));
    assert!((t.exit_price / b.open()[t.exit_bar] - 0.995).abs() < 1e-12, "the slippage of a stop");
    // Two entries came while nobody decided.
    assert_eq!(d.blocked, 2);
    let (.., ledger) = through(&[&a, &b], &mut each(&[plan(40, &[]), plan(36, &[])]), &execution, None);
    assert_eq!(ledger.cash(), 1000.0);
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
        if now.tick().is_multiple_of(6) {
            orders.real().place(now, 0, Order::new(1.0, 1.0, Kind::Limit(1.0), now.tick()));
            orders.real().enter(0, entry(1.0, 0.1, f64::INFINITY, f64::INFINITY));
        }
        if now.tick() == 15 {
            assert!(now.real().resting(0).is_empty(), "taken back at the stop");
        }
    }));
    let mut d = rules(&stopped(14));
    let (r, _) = through(&[&b], &mut trader, &FREE, Some(&mut d));
    let reasons: Vec<_> = trader.0.rejects.iter().map(|(_, r)| (r.tick, r.reason.name())).collect();
    // Three limits rest until the stop at tick 13; the entries at 6 and 12 find a position.
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
    let mut trader = AllSymbols(Calls::new(|now: &Portfolio<'_>, orders: &mut Orders| match now.tick() {
        0 => {
            orders.real().enter(0, entry(1.0, 0.1, f64::INFINITY, f64::INFINITY));
            orders.real().enter(1, entry(1.0, 0.4, f64::INFINITY, f64::INFINITY));
        }
        1 | 3 => orders.real().exit(0, ExitReason::SIGNAL),
        2 => orders.real().enter(0, entry(1.0, 0.1, f64::INFINITY, f64::INFINITY)),
        6 => orders.real().resize(1, 8.0),
        7 => {
            orders.real().place(now, 1, Order::new(1.0, 1.0, Kind::Market, 7));
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
