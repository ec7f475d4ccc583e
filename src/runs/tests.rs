//! One engine: what is run quickly is what the loop does, to the bit.

use super::*;
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

/// A scenario of each system, with rules that look at the account, and the file of positions that one of them reads.
fn of_each_system() -> (tempfile::TempDir, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let (_, history) =
        case("name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2022-03-01\"\n");
    let mut file = String::from("time,position\n");
    let mut stream = Stream::new(11, "positions", 0);
    for i in (3..history.steps()).step_by(97) {
        let position = [0.0, 0.8, -0.5, 1.0][stream.below(4)];
        file += &format!("{},{position}\n", crate::market::format_time(history.clock().close_time(i)));
    }
    let path = dir.path().join("positions.csv");
    std::fs::write(&path, file).unwrap();
    let limits = "[risk.limits]\ndaily_loss = 0.03\ndaily_loss_action = \"flatten\"\n";
    let systems = [
        ("ma-cross", "fast = 20\nslow = 100".to_owned(), ""),
        ("ma-cross", "fast = 5\nslow = 60\nstop_atr = 2.0\nsides = \"long\"".to_owned(), limits),
        ("signals", format!("file = \"{}\"\nstop_atr = 3.0", path.display()), ""),
        ("unified", String::new(), ""),
        ("unified", String::new(), limits),
    ];
    let text = |(system, params, risk): &(&str, String, &str)| {
        format!("name = \"t\"\nsystem = {system:?}\n{risk}[params]\n{params}\n[data]\nbars = [\"x\"]\n")
    };
    (dir, systems.iter().map(text).collect())
}

/// Equity at every close and the trades of a run, as numbers that must be the same to the last bit. Bars are counted from
/// the start of the file: a window and its backtest count them alike.
fn everything(run: &Run) -> Vec<u64> {
    let mut out: Vec<f64> = run.equity.iter().chain(&run.exposure).copied().collect();
    for t in &run.trades {
        out.extend([t.signal_bar, t.entry_bar, t.exit_bar].map(|b| b as f64));
        out.extend([t.entry_price, t.exit_price, t.units, t.pnl, t.costs.total()]);
    }
    bits(&out)
}

/// A part of a history run as a window, and a backtest from its first day to its last: the same, bar by bar.
#[test]
fn a_window_is_a_backtest_of_its_days() {
    let (_dir, texts) = of_each_system();
    for text in texts {
        let (scenario, history) = case(&(text.clone() + "to = \"2022-03-01\"\n"));
        let prepared = history.prepare(&scenario).unwrap();
        let mut trades = 0;
        for (from, to) in [(4500, 5200), (5000, 5001 + 48), (6011, 8000), (9000, history.steps())] {
            let job = Job { scenario: &scenario, prepared: &prepared, span: (from..to).into(), noise: None };
            let window = history
                .ready(&job, true, |ready| {
                    let path = scenario.execution.intrabar;
                    Ok(super::backtest::full(ready, &scenario, &prepared, path, &scenario.risk))
                })
                .unwrap();
            let figures = history.figures(&job, Wants::default()).unwrap();
            let clock = history.clock();
            let ends = [("from", clock.time(from)), ("to", clock.close_time(to - 1))];
            let ends =
                ends.map(|(key, ms)| format!("{key} = \"{}\"\n", crate::market::format_time(ms))).concat();
            let (same_days, read) = case(&(text.clone() + &ends));
            let b = backtest(same_days.clone(), read.into_inputs()).unwrap();
            assert_eq!(b.clock.time(b.first()), clock.time(from), "{text}");
            assert_eq!(everything(&window), everything(&b.main), "{text} {from}..{to}");
            assert_eq!(b.main.equity[0], scenario.account.equity, "nothing is held at the first close");
            assert!(b.main.trades.iter().all(|t| t.signal_bar >= from && t.entry_bar > from));
            // What sweeps and Monte Carlo measure is that run.
            let (_, read) = case(&(text.clone() + &ends));
            let prepared = read.prepare(&same_days).unwrap();
            let span = (0..read.steps()).into();
            let alone = Job { scenario: &same_days, prepared: &prepared, span, noise: None };
            let alone = read.figures(&alone, Wants::default()).unwrap();
            assert_eq!(bits(&figures.row), bits(&alone.row), "{text} {from}..{to}");
            assert_eq!(bits(&figures.daily), bits(&alone.daily));
            trades += window.trades.len();
        }
        assert!(trades > 10, "{text}: {trades}");
    }
}

/// How long the history before `data.from` is changes nothing that comes after it, as long as there is a warm-up.
#[test]
fn a_longer_history_before_the_first_day_changes_nothing_after_it() {
    let (_dir, texts) = of_each_system();
    for text in texts {
        let (scenario, history) = case(&(text.clone() + "from = \"2021-11-01\"\nto = \"2022-03-01\"\n"));
        let whole = history.loaded().clone();
        // Recursive averages forget slowly; the others remember their warm-up and no more.
        let slow = text.contains("unified") || text.contains("_atr");
        let (lead, tolerance) = if slow { (4000, 1e-9) } else { (100, 1e-12) };
        let shorter = |bars: usize| {
            let cut = whole.lead - bars;
            let l = crate::data::Loaded {
                bars: whole.bars.slice(cut, whole.bars.len()),
                lead: bars,
                truth: None,
                ..whole.clone()
            };
            // Rows of the file before these bars are about none of them.
            let history = History::part(&scenario, Inputs::from(l)).unwrap();
            let prepared = history.prepare(&scenario).unwrap();
            let span = (0..history.steps()).into();
            let job = Job { scenario: &scenario, prepared: &prepared, span, noise: None };
            history.figures(&job, Wants::default()).unwrap()
        };
        let all = shorter(whole.lead);
        for bars in [lead, lead + 1, lead + 977] {
            let some = shorter(bars);
            assert_eq!((all.daily.len(), all.pnl.len()), (some.daily.len(), some.pnl.len()), "{text} {bars}");
            for (a, b) in all.daily.iter().zip(&some.daily) {
                assert!((a - b).abs() < tolerance, "{text} {bars}: {a} against {b}");
            }
        }
        assert!(all.pnl.len() > 5, "{text}");
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
