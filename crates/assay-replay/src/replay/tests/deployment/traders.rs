//! The same rules above every kind of trader.

use super::*;

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
