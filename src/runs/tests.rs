//! One engine: what is run quickly is what the loop does, to the bit.

use super::*;
use crate::random::Stream;
use crate::runs::Inputs;
use toml::Value;

fn study(text: &str) -> (Scenario, Study) {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::parse(text, "t.toml", root.clone(), &[]).unwrap();
    let loaded = crate::data::load(&root.join("datasets/btcusdt-1h.parquet"), &scenario.request()).unwrap();
    let study = Study::new(&scenario, Inputs::from(loaded)).unwrap();
    (scenario, study)
}

fn bits(row: &[f64]) -> Vec<u64> {
    row.iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect()
}

#[test]
fn switches_are_replayed_as_the_loop_does() {
    let (base, study) =
        study("name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-10-01\"\n");
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
        let shared = study.shared(&s).unwrap();
        let span = [0..study.ticks(), 500..3000, 0..1200][round % 3].clone();
        let wants = Wants { regimes: true, edges: true, noise: None, core: false };
        let a = study.run(&s, &shared, span.clone(), wants).unwrap();
        let few = study.run(&s, &shared, span.clone(), Wants { core: true, ..Wants::default() }).unwrap();
        // A target far away is never met, and takes the loop.
        s.assign("params.target_percent", &Value::Float(10_000.0)).unwrap();
        let b = study.run(&s, &shared, span, wants).unwrap();
        assert_eq!(bits(&a.row), bits(&b.row), "round {round}: {:?}", s.own);
        assert_eq!(bits(&a.daily), bits(&b.daily));
        assert_eq!(bits(&few.daily), bits(&b.daily));
        for (k, name) in CORE_FIGURES.iter().enumerate() {
            let full = b.row[figure(name)];
            assert!(few.row[k].to_bits() == full.to_bits() || full.is_nan() && few.row[k].is_nan(), "{name}");
        }
        assert_eq!(bits(&a.pnl), bits(&b.pnl));
        if a.row[figure("trades")] > 10.0 {
            quick += 1;
        }
        refused += usize::from(a.row[figure("liquidated")] > 0.0);
    }
    assert!(quick > 30, "{quick}");
    let _ = refused;
}

#[test]
fn parameters_that_change_readings_are_known() {
    let (base, study) =
        study("name = \"t\"\nsystem = \"unified\"\n[data]\nbars = [\"x\"]\nto = \"2021-04-01\"\n");
    let readings = |s: &Scenario| format!("{:?}", read(&study.caches[0], &s.params).rows);
    for profile in ["sound", "upstream"] {
        let mut base = base.clone();
        base.params =
            unified::Params::of(*unified::Profile::ALL.iter().find(|p| p.name() == profile).unwrap());
        let before = readings(&base);
        for spec in unified::Params::specs() {
            let tried: Vec<Value> = match &spec.default {
                Value::Boolean(b) => vec![Value::Boolean(!b)],
                Value::Integer(i) => vec![Value::Integer(i + 1), Value::Integer((i - 1).max(1))],
                Value::Float(f) => [0.5, 0.8, 0.95, 1.05, 1.2, 2.0].map(|k| Value::Float(f * k)).to_vec(),
                Value::String(_) => {
                    let words = spec.accepts.split('"').skip(1).step_by(2).filter(|w| *w != "none");
                    let words = words.map(|w| Value::String(w.to_owned()));
                    words.chain([1.0, 0.1].map(Value::Float)).collect()
                }
                other => panic!("{other}"),
            };
            let mut changed = false;
            for value in tried {
                let mut other = base.clone();
                if other.assign(&format!("params.{}", spec.name), &value).is_ok() {
                    changed |= readings(&other) != before;
                }
            }
            let known = unified::READING_PARAMS.contains(&spec.name);
            assert!(known || !changed, "{}: readings change, and nobody knows", spec.name);
        }
    }
}
