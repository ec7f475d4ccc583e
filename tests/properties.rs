//! What must hold of the unified framework whatever the bars say.

use assay::data::Loaded;
use assay::data::synth::Regime;
use assay::market::{Bars, Columns};
use assay::replay::ExitReason;
use assay::runs::{Backtest, Summary, backtest, trades_table};
use assay::scenario::Scenario;
use assay::systems::unified::fixtures::EXAMPLES;
use assay::systems::unified::signals::{Direction, Variant, Vote, VoteNorm, vote, weights};
use assay::systems::unified::sizing::TradeRecord;
use assay::systems::unified::{Params, Profile, Rules, SignalRow, SizeInputs, TraderLog, size};

use crate::common::root;

fn loaded(from: usize, to: usize) -> Loaded {
    let scenario = scenario(&[]);
    let mut loaded =
        assay::data::load(&root().join("datasets/btcusdt-1h.parquet"), &scenario.request()).unwrap();
    loaded.bars = loaded.bars.slice(from, to);
    loaded.truth = None;
    loaded
}

fn scenario(sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    Scenario::read(&root().join("scenarios/unified.toml"), &sets).unwrap()
}

fn run(sets: &[&str], loaded: Loaded) -> Backtest {
    backtest(scenario(sets), loaded).unwrap()
}

const CONSTANT: &str = "params.kelly.rule=constant";

/// The reading with up and down exchanged.
fn mirrored(x: &SignalRow) -> SignalRow {
    let mut y = *x;
    for s in &mut y.sources {
        s.direction = s.direction.reversed();
    }
    y.confluence.reverse();
    y.volume_scores.reverse();
    y.broke.reverse();
    y.place = 1.0 - x.place;
    y.price_vs_ma = -x.price_vs_ma;
    y
}

#[test]
fn exchanging_up_and_down_exchanges_buy_and_sell_and_nothing_else() {
    let b = run(&[CONSTANT], loaded(0, 4000));
    let examples = EXAMPLES.iter().map(|e| e.decide(Profile::Sound).0);
    let params = b.scenario.params.get::<Params>().unwrap();
    let cache = assay::features::FeatureCache::new(b.loaded().bars.clone());
    let readings = assay::systems::unified::read(&cache, params);
    let readings: Vec<SignalRow> = readings.rows.iter().copied().chain(examples).collect();
    let mut directional = 0;
    for sets in [&[CONSTANT][..], &["params.entry_rules=textual"], &["params.vote_norm=total_weight"]] {
        let params: Params = scenario(sets).params.get().cloned().unwrap();
        let rules = Rules::new(&params);
        for x in &readings {
            let y = mirrored(x);
            let (a, b) = (rules.decide(x), rules.decide(&y));
            assert_eq!(b.direction, a.direction.reversed());
            directional += usize::from(a.direction != Direction::Neutral);
            let rest = |d: &assay::systems::unified::Decision| {
                (
                    d.agreement,
                    d.base,
                    d.confidence,
                    d.strength,
                    d.confluence,
                    d.volume_confirmed,
                    d.risk_score,
                    d.reason,
                )
            };
            // The place between the levels is mirrored by 1 - p, which rounds: a third is a third on both sides.
            if sets[0] != "params.entry_rules=textual" || (x.place * 3.0).fract().abs() > 1e-9 {
                assert_eq!(rest(&a), rest(&b));
            }
            let inputs = SizeInputs { entry_threshold: 0.6, drawdown: 0.0, close: 100.0, stop_distance: 1.0 };
            let record = TradeRecord::default();
            assert_eq!(size(&params, &a, x, &record, &inputs), size(&params, &b, &y, &record, &inputs));
        }
    }
    assert!(directional > 1000, "{directional}");
}

#[test]
fn scaling_prices_and_volumes_changes_no_decision() {
    let base = loaded(0, 5000);
    let scaled = |price: f64, volume: f64| {
        let c = base.bars.columns();
        let by = |x: &[f64], k: f64| x.iter().map(|v| v * k).collect::<Vec<f64>>().into();
        let columns = Columns {
            open_time: c.open_time.clone(),
            open: by(&c.open, price),
            high: by(&c.high, price),
            low: by(&c.low, price),
            close: by(&c.close, price),
            volume: by(&c.volume, volume),
        };
        let mut other = base.clone();
        other.bars = Bars::new(base.bars.timeframe(), columns).unwrap();
        run(&[CONSTANT], other)
    };
    let a = scaled(1.0, 1.0);
    assert!(a.main.trades.len() > 100);
    // Powers of two scale without rounding, so everything but prices must be the same to the last bit.
    for other in [scaled(4.0, 1.0), scaled(1.0, 8.0), scaled(0.25, 0.5)] {
        let (x, y) = (a.record().unwrap().signals, other.record().unwrap().signals);
        for ((name, p), (_, q)) in x.columns().zip(y.columns()).filter(|((name, _), _)| *name != "atr") {
            assert!(format!("{p:?}") == format!("{q:?}"), "{name} changed");
        }
        let sizes = |b: &Backtest| b.main.trades.iter().map(|t| t.size_frac).collect::<Vec<_>>();
        assert_eq!(sizes(&a), sizes(&other));
        assert_eq!(a.main.equity, other.main.equity);
    }
}

#[test]
fn the_documented_request_is_weighed_as_documented() {
    use Direction::{Bullish, Neutral};
    let say = |direction, confidence| Vote::new(direction, confidence, 50.0);
    let none = say(Neutral, 0.0);
    let five =
        [say(Bullish, 0.7), say(Bullish, 0.6), say(Bullish, 0.8), say(Bullish, 0.75), say(Neutral, 0.5)];
    let with_volume = |v| [five[0], five[1], five[2], five[3], five[4], none, v];
    let w = weights(Variant::Api, Regime::Trending);
    let near = |got: f64, want: f64| assert!((got - want).abs() <= 5e-4, "{got} against {want}");

    let v = vote(&with_volume(say(Bullish, 0.7)), &w, VoteNorm::TotalWeight, 0.60);
    assert_eq!(v.direction, Bullish);
    near(v.agreement, 0.6778);
    near(v.base, 0.6767);
    near(vote(&with_volume(say(Bullish, 0.7)), &w, VoteNorm::ConfidenceMass, 0.60).agreement, 0.9606);

    // Without its volume the share is exactly 0.6 and passes by rounding alone: it must hold.
    let v = vote(&with_volume(say(Neutral, 0.5)), &w, VoteNorm::TotalWeight, 0.60);
    assert_eq!(v.direction, Neutral);
    near(v.agreement, 0.6);
    near(v.base, 0.6167);

    let p = Params::default();
    let stop_and_target = [p.stop()[0] * 420.0, p.target()[0] * 420.0];
    assert_eq!(stop_and_target, [630.0, 840.0]);
}

#[test]
fn the_documented_examples_are_sized_as_documented() {
    // The cap is lifted so that what stands before it can be seen.
    let params = Params { max_position_pct: 1.0, ..Params::default() };
    for (k, want, product) in [(0, 0.0682, 1.3124), (1, 0.1300, 2.5), (2, 0.0696, 1.3385)] {
        let (x, d) = EXAMPLES[k].decide(Profile::Sound);
        let threshold = Rules::new(&params).entry_threshold(x.label.regime);
        let inputs = SizeInputs {
            entry_threshold: threshold,
            drawdown: 0.0,
            close: EXAMPLES[k].price[0],
            stop_distance: 1.0,
        };
        let s = size(&params, &d, &x, &TradeRecord::default(), &inputs).unwrap();
        assert!((s.kelly - 0.0520).abs() < 1e-9);
        assert!((s.size_frac - want).abs() <= 5e-4, "{}: {}", EXAMPLES[k].name, s.size_frac);
        assert!((s.product - product).abs() <= 2e-3, "{}: {}", EXAMPLES[k].name, s.product);
        // E3 trades against the gradient.
        assert_eq!(s.multipliers[2], if k == 2 { 0.6 } else { 1.4 });
        let capped = size(&Params::default(), &d, &x, &TradeRecord::default(), &inputs).unwrap();
        assert_eq!((capped.size_frac, capped.cap_bound), (0.05, true));
    }
}

#[test]
fn no_edge_or_no_risk_budget_is_no_trade() {
    assert!(run(&["params.kelly_fraction=0"], loaded(0, 3000)).main.trades.is_empty());
    let none = ["params.size.risk_low=0", "params.size.risk_medium=0", "params.size.risk_high=0", CONSTANT];
    assert!(run(&none, loaded(0, 3000)).main.trades.is_empty());
}

#[test]
fn monitoring_leaves_the_account_alone() {
    let b = run(&[CONSTANT, "risk.staging=time", "risk.monitor_hours=100000"], loaded(0, 3000));
    assert!(b.main.trades.len() > 50 && b.main.trades.iter().all(|t| t.shadow && t.stage == 0));
    assert!(b.main.equity.iter().all(|e| *e == 10_000.0));
    let s = Summary::of(&b, "x").unwrap();
    assert_eq!((s.trades.n, s.shadow_trades), (0, b.main.trades.len()));
}

#[test]
fn stages_scale_sizes() {
    let b = run(&[CONSTANT, "risk.staging=time"], loaded(0, 3000));
    for (stage, factor) in [(1, 0.25), (2, 0.5), (3, 1.0)] {
        let mut of = b.main.trades.iter().filter(|t| t.stage == stage).peekable();
        assert!(of.peek().is_some(), "stage {stage}");
        for t in of {
            let full = b.main.log::<TraderLog>().unwrap().entries[&t.signal_bar].size.size_frac;
            assert_eq!(t.size_frac, full * factor);
        }
    }
}

/// What variants are compared by: none of them under the rules.
#[test]
fn under_rules_the_run_s_own_variant_stands_beside_its_baselines_at_full_exposure() {
    let full = run(&[], loaded(0, 3000));
    let limit = "risk.limits.max_position=0.01";
    for rules in [&["risk.staging=time"][..], &[limit], &["risk.emergency_stop=true"]] {
        let ruled = run(rules, loaded(0, 3000));
        let names = |b: &Backtest| b.baselines.iter().map(|r| r.name).collect::<Vec<_>>();
        assert_eq!(names(&ruled), [&names(&full)[..], &["S7"]].concat());
        let own = ruled.baselines.last().unwrap();
        assert_eq!((&own.trades, &own.equity), (&full.edges[0].trades, &full.edges[0].equity), "{rules:?}");
        for (a, b) in ruled.baselines.iter().zip(&full.baselines) {
            assert_eq!((a.name, &a.equity), (b.name, &b.equity));
        }
    }
}

/// Rules that stop a run by a scripted time and by nothing else.
const DRILL: [&str; 4] =
    [CONSTANT, "risk.emergency_stop=true", "risk.estop_on_critical=false", "risk.estop_drawdown=1"];

fn drill(at: &str, more: &[&str], bars: usize) -> Backtest {
    let at = format!("risk.estop_at={at:?}");
    run(&[&DRILL[..], &[&at], more].concat(), loaded(0, bars))
}

fn kinds(b: &Backtest) -> Vec<&str> {
    b.main.events.iter().map(|e| e.kind.as_str()).collect()
}

#[test]
fn an_emergency_stop_leaves_nothing_open_after_the_next_open() {
    // A bar at which a position is held that would have been held for longer.
    let free = run(&[CONSTANT], loaded(0, 4000));
    let held = free.main.trades.iter().find(|t| t.entry_bar > 1500 && t.exit_bar > t.entry_bar + 4).unwrap();
    let stop = held.entry_bar + 1;
    let at = assay::market::format_time(free.loaded().bars.close_time(stop));
    for (to, trades_on) in [("S5_static", true), ("flat", false)] {
        let b = drill(&at, &[&format!("risk.rollback_to={to}")], 4000);
        assert_eq!(b.main.emergency_stop_step, Some(stop));
        let across: Vec<_> =
            b.main.trades.iter().filter(|t| t.entry_bar <= stop && t.exit_bar > stop).collect();
        let [closed] = across[..] else { panic!("{across:?}") };
        assert_eq!((closed.entry_bar, closed.exit_bar), (held.entry_bar, stop + 1));
        assert_eq!(closed.reason, ExitReason::EMERGENCY_STOP);
        let exposure = &b.main.exposure[stop - b.first()..];
        assert!(exposure[0] != 0.0 && exposure[1] == 0.0);
        // Nothing is ordered at the stop, nor before the rollback at the close after it.
        let mut later = b.main.trades.iter().filter(|t| t.signal_bar >= stop).peekable();
        assert_eq!(later.peek().is_some(), trades_on);
        for t in later {
            assert!(t.signal_bar > stop);
            assert_eq!(b.main.log::<TraderLog>().unwrap().entries[&t.signal_bar].variant, Variant::S5Static);
        }
        assert_eq!(kinds(&b), ["emergency_stop", "rollback"]);
        let e = Summary::of(&b, "x").unwrap().emergency_stop.unwrap();
        assert_eq!(e.bar, stop);
        // Without the stop the run is the free one.
        let without = b.without_stop.unwrap();
        assert_eq!(without.equity, free.main.equity);
        assert_ne!(e.total_return, e.total_return_without);
        // The same stop at a price: its slippage costs what it says.
        let dear = drill(&at, &["risk.rollback_to=flat", "risk.estop_slippage_bps=100"], 4000);
        let paid = dear.main.trades.iter().find(|t| t.exit_bar == stop + 1).unwrap();
        let reference = free.loaded().bars.open()[stop + 1] * paid.units;
        assert!((paid.costs.slippage - closed.costs.slippage - 0.01 * reference).abs() < 1e-9 * reference);
    }
}

#[test]
fn a_system_that_starts_again_stays() {
    // The rollback would come five bars after the stop, the start comes two bars after it.
    let sets = ["risk.rollback_seconds=18000", "risk.redeploy_after_hours=2"];
    let b = drill("2021-03-01 12:00", &sets, 4000);
    assert_eq!(kinds(&b), ["emergency_stop", "redeploy", "stage", "stage", "stage"]);
    let again = b.main.events[1].bar;
    assert_eq!(again, b.main.emergency_stop_step.unwrap() + 2);
    let mut later = b.main.trades.iter().filter(|t| t.signal_bar >= again).peekable();
    assert!(later.peek().is_some());
    assert!(later.all(|t| b.main.log::<TraderLog>().unwrap().entries[&t.signal_bar].variant == Variant::S7));
}

#[test]
fn a_drill_that_comes_while_stopped_stops_nothing() {
    let sets = [
        CONSTANT,
        "risk.emergency_stop=true",
        "risk.estop_on_critical=false",
        "risk.redeploy_after_hours=480",
    ];
    let sets = [&sets[..], &["risk.estop_drawdown=0.005"]].concat();
    let b = run(&sets, loaded(0, 4000));
    let stops: Vec<_> = b.main.events.iter().filter(|e| e.kind == "emergency_stop").collect();
    let (first, again) = (stops[0].time_ms, stops[0].time_ms + 480 * 3_600_000);
    // A drill between the stop and the new start changes nothing; one after the start calls a stop of its own.
    let with_drill = |hours: i64| {
        let at = assay::market::format_time(first + hours * 3_600_000);
        run(&[&sets[..], &[&format!("risk.estop_at={at:?}")]].concat(), loaded(0, 4000))
    };
    assert_eq!(with_drill(240).main.events, b.main.events);
    let own = with_drill(481);
    let drilled: Vec<_> = own.main.events.iter().filter(|e| e.detail.contains("scripted")).collect();
    assert_eq!(drilled.iter().map(|e| e.time_ms).collect::<Vec<_>>(), [again + 3_600_000]);
}

#[test]
fn the_staged_scenario_stops_rolls_back_and_starts_again() {
    let scenario = Scenario::read(&root().join("scenarios/unified-staged.toml"), &[]).unwrap();
    let b = backtest(scenario, loaded(0, 6000)).unwrap();
    let kinds = kinds(&b);
    for kind in ["stage", "emergency_stop", "rollback", "redeploy"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let s = Summary::of(&b, "x").unwrap();
    assert!(s.staged && s.shadow_trades > 0);
}

#[test]
fn profiles_variants_and_the_ends_of_every_range_run() {
    let data = loaded(0, 1200);
    let finite = |sets: &[&str]| {
        let b = run(sets, data.clone());
        assert!(b.main.equity.iter().all(|e| e.is_finite() && *e > 0.0), "{sets:?}");
        Summary::of(&b, "x").unwrap();
    };
    finite(&["params.profile=upstream"]);
    for v in Variant::ALL {
        finite(&[CONSTANT, &format!("params.variant={}", v.name())]);
    }
    for policy in ["optimistic", "ohlc", "olhc", "adaptive"] {
        finite(&[CONSTANT, &format!("execution.intrabar={policy}")]);
    }
    finite(&[CONSTANT, "execution.fill=close"]);
    for spec in Params::specs() {
        for value in ends(&spec.accepts) {
            let set = format!("params.{}={value}", spec.name);
            // Two cuts may not cross: the others make room.
            let room = ["params.vol_level.medium=0.0001", "params.vol_level.extreme=0.5"];
            match spec.name {
                "vol_level.medium" => finite(&[CONSTANT, "params.vol_level.medium=0.0001"]),
                "vol_level.high" if value == "0.0001" => {}
                "vol_level.high" => finite(&[CONSTANT, room[0], room[1], &set]),
                "vol_level.extreme" => finite(&[CONSTANT, "params.vol_level.extreme=0.5"]),
                // No more detections than bars they are counted in.
                "hysteresis.detections" => {
                    finite(&[CONSTANT, "params.regime_hysteresis=true", "params.hysteresis.window=50", &set])
                }
                "hysteresis.window" if value == "1" => finite(&[
                    CONSTANT,
                    "params.regime_hysteresis=true",
                    "params.hysteresis.detections=1",
                    &set,
                ]),
                "hysteresis.window" | "hysteresis.stay" => {
                    finite(&[CONSTANT, "params.regime_hysteresis=true", &set])
                }
                "min_position_pct" if value != "0" => finite(&[CONSTANT, &set]),
                "max_position_pct" => finite(&[CONSTANT, &set]),
                _ => finite(&[CONSTANT, &set]),
            }
        }
    }
}

/// Both ends of a range, or every choice, as the table of parameters words them.
fn ends(accepts: &str) -> Vec<String> {
    if let Some((_, range)) = accepts.split_once(" in ") {
        let none = range.contains("or \"none\"").then(|| "none".to_owned());
        let range = range.split(' ').next().unwrap();
        let (lo, hi) = range.split_once("..=").unwrap();
        return [lo.to_owned(), hi.to_owned()].into_iter().chain(none).collect();
    }
    if accepts == "true or false" {
        return vec!["true".into(), "false".into()];
    }
    accepts.split(" | ").map(|c| c.trim_matches('"').to_owned()).collect()
}

#[test]
fn money_adds_up_bar_by_bar_and_regime_by_regime() {
    let b = run(&[CONSTANT, "execution.spread_bps=5"], loaded(0, 6000));
    let (bars, first) = (&b.loaded().bars, b.first());
    let start = b.scenario.account.equity;
    for (k, equity) in b.main.equity.iter().enumerate() {
        let i = first + k;
        let mut want = start;
        for t in &b.main.trades {
            if t.exit_bar <= i {
                want += t.pnl;
            } else if t.entry_bar <= i {
                let fee = b.scenario.execution.fee_bps / 10_000.0 * t.units * t.entry_price;
                want += t.side * t.units * (bars.close()[i] - t.entry_price) - fee;
            }
        }
        assert!((equity - want).abs() <= 1e-9 * equity, "bar {i}: {equity} against {want}");
    }
    let s = Summary::of(&b, "x").unwrap();
    let total = s.performance.end_equity - start;
    let parts: f64 = s.regimes.iter().map(|r| r.bars.pnl).sum();
    assert!((parts - total).abs() <= 1e-9 * start);
    let trades: f64 = s.regimes.iter().map(|r| r.trades.n as f64).sum();
    assert_eq!(trades, s.trades.n as f64);
    let closed: f64 = b.main.trades.iter().map(|t| t.pnl).sum();
    assert!((closed - total).abs() <= 1e-9 * start);
    assert!((s.costs.gross_pnl - s.costs.total - total).abs() <= 1e-9 * start);
    assert_eq!(trades_table(&b, &b.main).unwrap().rows(), b.main.trades.len());
    assert!(s.regimes.iter().any(|r| r.trades.n > 20));
}
