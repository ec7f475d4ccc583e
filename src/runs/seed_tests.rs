//! The seed of the intervals comes from the run: nobody can choose it, and page and verdict have the same.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ledger::LedgerAnchor;
use super::*;
use crate::data::Loaded;
use crate::gate::{Criteria, GateOptions, GateReport, judge_run};
use crate::scenario::Scenario;
use crate::stats::Interval;
use crate::system::Registry;

const OPTIONS: GateOptions = GateOptions { strict: true, resamples: 100, no_marks: false };

fn scenario(more: &str, sets: &[String]) -> Scenario {
    let text = format!(
        "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-04-01\"\n[gate]\nresamples = 100\n{more}"
    );
    Scenario::parse(&text, "t.toml", PathBuf::from("."), sets).unwrap()
}

fn bars(scenario: &Scenario) -> Loaded {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/btcusdt-1h.parquet");
    crate::data::load(&file, &scenario.request()).unwrap()
}

fn record(more: &str, sets: &[String]) -> RunRecord {
    let scenario = scenario(more, sets);
    let bars = bars(&scenario);
    RunRecord::of(&backtest(scenario, bars).unwrap(), vec![]).unwrap()
}

/// One rule on each of `metrics`, over the run and in each regime where the metric has one.
fn criteria(metrics: &[(&str, &str)]) -> Criteria {
    let rule = |(k, (metric, scope)): (usize, &(&str, &str))| {
        format!(
            "[[criterion]]\nid = \"R{k}\"\nmetric = {metric:?}\nscope = {scope:?}\nop = \">=\"\nthreshold = 0.5\n\
             better = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\nkind = \"acceptance\"\n\
             min_n = 1\nunit = \"x\"\nsays = \"words\"\n"
        )
    };
    let rules: Vec<String> = metrics.iter().enumerate().map(rule).collect();
    Criteria::parse(&format!("system = \"ma-cross\"\n{}", rules.concat()), "c.toml").unwrap()
}

fn judged(record: &RunRecord, criteria: &Criteria) -> GateReport {
    judge_run(criteria, &evidence(record).unwrap(), &OPTIONS).unwrap()
}

#[test]
fn no_seed_of_a_scenario_picks_an_interval() {
    let asked = criteria(&[
        ("sharpe", "overall"),
        ("profit_factor", "overall"),
        ("monthly_return", "overall"),
        ("expectancy", "overall"),
        ("sharpe", "each-regime"),
    ]);
    let rows = |more: &str, seed: u64| {
        let record = record(more, &[format!("seed={seed}")]);
        assert_eq!(record.summary.seed, seed);
        let report = judged(&record, &asked);
        let summary = serde_json::to_value(record.summary.sharpe_interval).unwrap();
        (serde_json::to_string(&report.rows).unwrap(), report.overall, report.seed, summary)
    };
    let first = rows("", 1);
    for seed in 2..=25 {
        assert_eq!(rows("", seed), first, "seed {seed}");
    }
    // Another run has another one: another rule, or the same at other costs.
    for more in ["[params]\nfast = 7\n", "[execution]\nfee_bps = 11\n"] {
        let other = rows(more, 1);
        assert!(other.0 != first.0 && other.2 != first.2, "{more}");
    }
    // It is of the path that is judged, whatever the run's own is.
    let adaptive = rows("[execution]\nintrabar = \"optimistic\"\n", 1);
    assert_eq!(adaptive.2, first.2);
}

#[test]
fn the_folder_has_the_seed_of_the_backtest() {
    for path in ["pessimistic", "optimistic"] {
        let record = record(&format!("[params]\nstop_percent = 2\n[execution]\nintrabar = {path:?}\n"), &[]);
        assert_eq!(record.pessimistic.is_some(), path == "optimistic");
        let dir = tempfile::tempdir().unwrap();
        let draft = Draft::open(dir.path(), "t").unwrap();
        let folder = draft.finish(&record, &LedgerAnchor::default(), &[], Value::Null).unwrap();
        let read = RunRecord::read(&Registry::built_in(), &folder).unwrap();
        let seed = |r: &RunRecord| evidence(r).unwrap().seed;
        assert_eq!(seed(&read), seed(&record), "{path}");
        let asked = criteria(&[("sharpe", "overall")]);
        assert_eq!(judged(&read, &asked), judged(&record, &asked));
    }
}

#[test]
fn the_summary_has_the_intervals_of_the_verdict() {
    let scenario = scenario("", &[]);
    let bars = bars(&scenario);
    let b = backtest(scenario, bars).unwrap();
    let record = RunRecord::of(&b, vec![]).unwrap();
    assert_eq!(
        Summary::of(&b, &record.summary.run_id).unwrap().sharpe_interval,
        record.summary.sharpe_interval
    );
    let s = &record.summary;
    let asked = criteria(&[
        ("sharpe", "overall"),
        ("profit_factor", "overall"),
        ("max_drawdown", "overall"),
        ("sharpe", "each-regime"),
    ]);
    let rows = judged(&record, &asked).rows;
    let overall: Vec<Option<Interval>> = rows.iter().take(3).map(|r| r.interval).collect();
    assert_eq!(overall, [s.sharpe_interval, s.profit_factor_interval, s.max_drawdown_interval]);
    assert!(overall.iter().all(Option::is_some));
    let mut compared = 0;
    for row in rows.iter().skip(3) {
        let name = row.scope.rsplit(':').next().unwrap();
        let regime = s.regimes.iter().find(|r| r.regime == name).unwrap();
        let own = regime.bars.sharpe_interval;
        assert_eq!(row.interval, own, "{} {}", row.metric, row.scope);
        compared += usize::from(own.is_some());
    }
    assert!(compared >= 3, "{compared} intervals of regimes");
}
