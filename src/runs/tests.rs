//! One engine: what is run quickly is what the loop does, to the bit.

use super::*;
use crate::data::Loaded;
use crate::features::FeatureCache;
use crate::random::Stream;
use crate::runs::Inputs;
use crate::scenario::Scenario;
use crate::system::{Registry, SymbolData};
use toml::Value;

fn case(text: &str) -> (Scenario, History) {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::parse(text, "t.toml", root.clone(), &[]).unwrap();
    let loaded = crate::data::load(&root.join("datasets/btcusdt-1h.parquet"), &scenario.request()).unwrap();
    let history = History::new(&scenario, Inputs::from(loaded)).unwrap();
    (scenario, history)
}

fn bits(row: &[f64]) -> Vec<u64> {
    row.iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect()
}

#[test]
fn switches_are_replayed_as_the_loop_does() {
    let (base, history) =
        case("name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-10-01\"\n");
    let mut stream = Stream::new(5, "switches", 0);
    let (mut quick, mut refused) = (0, 0);
    for round in 0..60 {
        let mut s = base.clone();
        let mut set = |key: &str, v: Value| s.assign(key, &v).unwrap();
        let fast = 1 + stream.below(30) as i64;
        set("params.fast", Value::Integer(fast));
        set("params.slow", Value::Integer(fast + 1 + stream.below(120) as i64));
        set("params.sides", Value::String(["both", "long", "short"][stream.below(3)].into()));
        set("params.size", Value::Float([1.0, 0.3, 0.9][stream.below(3)]));
        set("account.leverage", Value::Float([1.0, 3.0][stream.below(2)]));
        set("account.kind", Value::String(["margin", "spot", "perpetual"][stream.below(3)].into()));
        set("execution.fee_bps", Value::Float([0.0, 10.0, 60.0][stream.below(3)]));
        set("execution.slippage_bps", Value::Float(stream.uniform()));
        set("execution.fee_minimum", Value::Float([0.0, 2.0][stream.below(2)]));
        let shared = history.prepare(&s).unwrap();
        let span = [0..history.steps(), 500..3000, 0..1200][round % 3].clone();
        let wants = Wants { regimes: true, edges: true, core: false };
        let run = |s: &Scenario, wants| {
            let job = Job { scenario: s, prepared: &shared, span: span.clone().into(), noise: None };
            history.figures(&job, wants).unwrap()
        };
        let a = run(&s, wants);
        let few = run(&s, Wants { core: true, ..Wants::default() });
        // A target far away is never met, and takes the loop.
        s.assign("params.target_percent", &Value::Float(10_000.0)).unwrap();
        let b = run(&s, wants);
        assert_eq!(bits(&a.row), bits(&b.row), "round {round}: {:?}", s.params);
        assert_eq!(bits(&a.daily), bits(&b.daily));
        assert_eq!(bits(&few.daily), bits(&b.daily));
        for (k, name) in CORE_FIGURES.iter().enumerate() {
            let full = b.row[place_of(name).unwrap()];
            assert!(few.row[k].to_bits() == full.to_bits() || full.is_nan() && few.row[k].is_nan(), "{name}");
        }
        assert_eq!(bits(&a.pnl), bits(&b.pnl));
        if a.row[figure!("trades")] > 10.0 {
            quick += 1;
        }
        refused += usize::from(a.row[figure!("liquidated")] > 0.0);
    }
    assert!(quick > 30, "{quick}");
    let _ = refused;
}

/// Values that a parameter of this kind may take beside its own.
fn others(spec: &crate::params::ParamSpec) -> Vec<Value> {
    match &spec.default {
        Value::Boolean(b) => vec![Value::Boolean(!b)],
        Value::Integer(i) => vec![Value::Integer(i + 1), Value::Integer((i - 1).max(1))],
        Value::Float(f) => [0.5, 0.8, 0.95, 1.05, 1.2, 2.0].map(|k| Value::Float(f * k)).to_vec(),
        Value::String(_) => {
            let words = spec.accepts.split('"').skip(1).step_by(2).filter(|w| *w != "none");
            let words = words.map(|w| Value::String(w.to_owned()));
            words.chain([1.0, 0.1].map(Value::Float)).collect()
        }
        other => panic!("{other}"),
    }
}

/// Parameters of `system` that change what its columns hold, and are not declared to. Columns are seen as the
/// causality check sees them.
fn undeclared(scenario: &Scenario, seen: impl Fn(&Scenario) -> String) -> Vec<&'static str> {
    let mut found = vec![];
    let system = scenario.system;
    let starts =
        system.presets().map_or(vec![system.defaults()], |(_, sets)| sets.into_iter().map(|s| s.1).collect());
    for params in starts {
        let base = Scenario { params, ..scenario.clone() };
        let before = seen(&base);
        for spec in system.specs() {
            let changed = others(&spec).into_iter().any(|value| {
                let mut other = base.clone();
                other.assign(&format!("params.{}", spec.name), &value).is_ok()
                    && other.conflicts().is_empty()
                    && seen(&other) != before
            });
            if changed && !system.about().column_params.contains(&spec.name) && !found.contains(&spec.name) {
                found.push(spec.name);
            }
        }
    }
    found
}

#[test]
fn parameters_that_change_columns_are_declared() {
    for system in Registry::built_in().systems() {
        if !system.about().inputs.is_empty() {
            // What it reads is a file, and every parameter is about it.
            continue;
        }
        let name = system.name();
        let text = format!("name = \"t\"\nsystem = {name:?}\n[data]\nbars = [\"x\"]\nto = \"2021-04-01\"\n");
        let (scenario, history) = case(&text);
        let columns = |s: &Scenario| -> String {
            let cache = FeatureCache::new(history.loaded().bars.clone());
            let of = SymbolData { features: &cache, ..history.symbol(0, &[]) };
            format!("{:?}", s.system.columns(&of, &s.params).unwrap())
        };
        assert_eq!(undeclared(&scenario, columns), Vec::<&str>::new(), "{name}");
    }
}

/// Values of the scenario that change costs by the bar, as a sweep must know them.
#[test]
fn values_that_change_costs_by_the_bar_are_declared() {
    let (base, history) =
        case("name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-02-01\"\n");
    let costs = |s: &Scenario| format!("{:?}", history.prepare(s).map(|p| format!("{:?}", p.markets)));
    let mut changed = vec![];
    for (section, value) in [
        ("execution", toml::Value::try_from(&base.execution).unwrap()),
        ("risk.limits", toml::Value::try_from(&base.risk.limits).unwrap()),
        ("account", toml::Value::try_from(&base.account).unwrap()),
    ] {
        for (key, value) in value.as_table().unwrap() {
            let name = format!("{section}.{key}");
            let tried = match value {
                Value::Boolean(b) => vec![Value::Boolean(!b)],
                Value::Integer(i) => vec![Value::Integer(i + 1)],
                Value::Float(f) => vec![Value::Float(f + 0.5), Value::Float(1.0)],
                Value::String(_) if key == "spread_from" => {
                    ["corwin_schultz", "abdi_ranaldo"].map(|s| Value::String(s.into())).to_vec()
                }
                _ => continue,
            };
            // Where the spread is estimated, and where it is not.
            for from in ["constant", "abdi_ranaldo"] {
                let mut with = base.clone();
                with.assign("execution.spread_from", &Value::String(from.into())).unwrap();
                for v in &tried {
                    let mut other = with.clone();
                    if other.assign(&name, v).is_ok() && costs(&other) != costs(&with) {
                        changed.push(name.clone());
                    }
                }
            }
        }
    }
    changed.dedup();
    let missing: Vec<&String> =
        changed.iter().filter(|c| !super::market_inputs::BY_THE_BAR.contains(&c.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} change costs by the bar, and a sweep does not know");
    assert!(changed.len() > 3, "{changed:?}");
}

#[test]
fn of_bars_fewer_than_the_warm_up_there_is_nothing_to_label() {
    let (scenario, history) =
        case("name = \"t\"\nsystem = \"unified\"\n[data]\nbars = [\"x\"]\nto = \"2021-02-01\"\n");
    let warmup = scenario.system.warmup(&scenario.params);
    for n in [1, warmup / 2, warmup, warmup + 1, warmup + 2] {
        let loaded = history.loaded().clone();
        let inputs = Inputs::from(crate::data::Loaded { bars: loaded.bars.slice(0, n), ..loaded });
        let seen = observe(&scenario, inputs, 0).unwrap();
        assert_eq!(seen.run.is_some(), n > warmup, "{n}");
        // Columns are the same whatever the bars: a check compares them by their places.
        assert!(seen.observed.columns.iter().any(|c| c.stage == crate::system::Stage::Regime), "{n}");
    }
}

/// A part of a history run as a window, and the same days run alone behind a lead for the warm-up.
#[test]
fn a_window_is_a_backtest_of_its_days() {
    let lead = |system: &str| if system == "unified" { 4000 } else { 400 };
    for (system, params) in [
        ("ma-cross", "fast = 20\nslow = 100"),
        ("ma-cross", "fast = 5\nslow = 60\nstop_atr = 2.0\nsides = \"long\""),
        ("unified", ""),
    ] {
        let text = format!(
            "name = \"t\"\nsystem = {system:?}\n[params]\n{params}\n[data]\nbars = [\"x\"]\nto = \"2022-03-01\"\n"
        );
        let (scenario, history) = case(&text);
        let prepared = history.prepare(&scenario).unwrap();
        let mut trades = 0;
        for (from, to) in [(4500, 5200), (5000, 5001 + 48), (6011, 8000), (9000, history.steps())] {
            let lead = lead(system);
            let bars = history.loaded().bars.slice(from - lead, to);
            let alone = Loaded::of("x", bars).unwrap();
            let alone = History::new(&scenario, Inputs::from(alone)).unwrap();
            let of = |history: &History, prepared: &Prepared, span: std::ops::Range<usize>| {
                let job = Job { scenario: &scenario, prepared, span: span.into(), noise: None };
                history.figures(&job, Wants::default()).unwrap()
            };
            let window = of(&history, &prepared, from..to);
            let alone = of(&alone, &alone.prepare(&scenario).unwrap(), lead..lead + to - from);
            assert_eq!((window.pnl.len(), window.daily.len()), (alone.pnl.len(), alone.daily.len()));
            for (a, b) in window.daily.iter().zip(&alone.daily) {
                assert!((a - b).abs() < 1e-9, "{system} {from}..{to}: {a} against {b}");
            }
            trades += window.pnl.len();
        }
        assert!(trades > 10, "{system}: {trades}");
    }
}

/// What a system wants at the first close of a window, it gets, whenever the window begins.
#[test]
fn a_system_that_is_always_in_the_market_is_in_it_from_the_second_bar_of_a_window_on() {
    let (scenario, history) = case(
        "name = \"t\"\nsystem = \"ma-cross\"\n[params]\nfast = 20\nslow = 100\n[data]\nbars = [\"x\"]\nto = \"2021-06-01\"\n",
    );
    let prepared = history.prepare(&scenario).unwrap();
    let exposure = place_of("exposure").unwrap();
    for from in (100..3000).step_by(97) {
        let job =
            Job { scenario: &scenario, prepared: &prepared, span: (from..from + 200).into(), noise: None };
        let row = history.figures(&job, Wants::default()).unwrap().row;
        // Flat at the first close, and at the last, which closes it.
        assert_eq!(row[exposure], 198.0 / 200.0, "from {from}");
    }
}

#[test]
fn after_a_halt_or_a_stop_the_position_that_is_wanted_is_taken_again() {
    let base = "name = \"t\"\nsystem = \"ma-cross\"\n[params]\nfast = 20\nslow = 400\n[data]\nbars = [\"x\"]\nto = \"2021-06-01\"\n";
    let stop = "[risk]\nemergency_stop = true\nestop_at = \"2021-03-01\"\nestop_on_critical = false\n\
                estop_drawdown = 1.0\nredeploy_after_hours = 30\n";
    let kill =
        "[risk.limits]\nmax_drawdown = 0.05\ndrawdown_action = \"flatten\"\nrestart_after_hours = 30\n";
    let daily = "[risk.limits]\ndaily_loss = 0.01\ndaily_loss_action = \"flatten\"\n";
    for (rules, again) in [(stop, "redeploy"), (kill, "restart"), (daily, "daily_loss")] {
        let (scenario, history) = case(&format!("{base}{rules}"));
        let b = crate::runs::backtest(scenario, history.into_inputs()).unwrap();
        let entries: Vec<usize> = b.main.trades.iter().map(|t| t.entry_bar).collect();
        let acts: Vec<usize> = b.main.events.iter().filter(|e| e.kind == again).map(|e| e.bar).collect();
        assert!(!acts.is_empty(), "{again}: {:?}", b.main.events);
        for act in acts {
            // A halt of a day ends at the close at midnight; where everything is closed at that very close, at the next.
            let midnight = |i: &usize| b.clock.close_time(*i) % 86_400_000 == 0;
            let from = match again {
                "daily_loss" if midnight(&act) => act + 1,
                "daily_loss" => (act + 1..).find(midnight).unwrap(),
                _ => act,
            };
            assert!(entries.contains(&(from + 1)), "{again} at {act}: {entries:?}");
        }
    }
}
