//! Nothing before a cut knows what comes after it.

use std::path::Path;

use assay::data::Loaded;
use assay::data::table::{Column, Table};
use assay::random::Stream;
use assay::replay::ExitReason;
use assay::runs::{Backtest, backtest, trades_table};
use assay::scenario::Scenario;

use crate::common::{real_btcusdt, root};

const CUTS: usize = 20;

fn scenario(sets: &[&str]) -> Scenario {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    Scenario::read(&root().join("scenarios/unified.toml"), &sets).unwrap()
}

fn load(path: &Path, rows: usize) -> Loaded {
    let mut loaded = assay::data::load(path, &scenario(&[]).request()).unwrap();
    loaded.bars = loaded.bars.slice(0, rows.min(loaded.bars.len()));
    loaded.truth = None;
    loaded
}

fn run(scenario: &Scenario, loaded: &Loaded, rows: usize) -> Backtest {
    let mut cut = loaded.clone();
    cut.bars = loaded.bars.slice(0, rows);
    backtest(scenario.clone(), cut).unwrap()
}

/// Rows `0..n` of every column, numbers by their bits.
fn head(table: &Table, n: usize) -> Vec<(String, Vec<String>)> {
    let row = |c: &Column, i: usize| match c {
        Column::F64(v) => format!("{:016x}", v[i].to_bits()),
        Column::I64(v) | Column::TimeMs(v) => v[i].to_string(),
        Column::Bool(v) => v[i].to_string(),
        Column::U8(v) => v[i].to_string(),
        Column::U32(v) => v[i].to_string(),
        Column::Str(v) => v.get(i).unwrap_or("").to_owned(),
        Column::I16Lists(v) => format!("{:?}", v[i]),
    };
    table.columns().map(|(name, c)| (name.to_owned(), (0..n).map(|i| row(c, i)).collect())).collect()
}

/// Cuts at seeded places and at the bars around entries and exits of the full run.
fn cuts(full: &Backtest, first: usize) -> Vec<usize> {
    let n = full.loaded().bars.len();
    let mut stream = Stream::new(1, "cuts", 0);
    let mut at: Vec<usize> = (0..CUTS - 8).map(|_| first + 2 + stream.below(n - first - 3)).collect();
    let trades = &full.main.trades;
    for k in 0..4 {
        let t = &trades[stream.below(trades.len())];
        at.push(if k % 2 == 0 { t.signal_bar + 1 } else { t.signal_bar + 2 });
        at.push(t.exit_bar + 1);
    }
    at.retain(|c| (first + 2..=n).contains(c));
    at
}

fn assert_prefixes(scenario: &Scenario, loaded: &Loaded) {
    let n = loaded.bars.len();
    let full = run(scenario, loaded, n);
    let first = full.first();
    let signals = full.record().unwrap().signals;
    for cut in cuts(&full, first) {
        let part = run(scenario, loaded, cut);
        let rows = cut - first;
        // Every decision row: regime, sources, direction, confidence, quality, reason.
        for ((name, a), (_, b)) in
            head(&part.record().unwrap().signals, rows).iter().zip(head(&signals, rows))
        {
            if let Some(i) = (0..rows).find(|i| a[*i] != b[*i]) {
                panic!("cut at {cut}: {name} of bar {} is {} cut and {} whole", first + i, a[i], b[i]);
            }
        }
        // Every trade that closed before the cut, with its size and price; a position cut short is closed by the cut.
        let closed = |b: &Backtest| -> Vec<_> {
            let before = b.main.trades.iter().filter(|t| t.exit_bar < cut && t.reason != ExitReason::END);
            before.copied().collect()
        };
        let (a, b) = (closed(&part), closed(&full));
        assert_eq!(a.len(), b.len(), "cut at {cut}");
        assert!(a.iter().zip(&b).all(|(x, y)| x == y), "cut at {cut}");
        let count = a.len();
        assert_eq!(
            head(&trades_table(&part, &part.main).unwrap(), count),
            head(&trades_table(&full, &full.main).unwrap(), count),
            "cut at {cut}"
        );
        // Equity of every bar but the last, where an open position is closed.
        let same = (0..rows - 1).all(|i| part.main.equity[i].to_bits() == full.main.equity[i].to_bits());
        assert!(same, "equity, cut at {cut}");
    }
}

#[test]
fn the_past_of_the_embedded_history_ignores_its_future() {
    let loaded = load(&root().join("datasets/btcusdt-1h.parquet"), 6000);
    assert_prefixes(&scenario(&[]), &loaded);
    // Every rule at once: textual exits, trailing, quality gate, hysteresis, percentile grades, refitted model.
    let all = scenario(&[
        "params.kelly.rule=constant",
        "params.exit_rules=textual",
        "params.trail_atr=0.5",
        "params.min_quality=0.4",
        "params.regime_hysteresis=true",
        "params.vol_level.mode=percentile",
        "params.ml_model=wf_logit",
        "params.pattern_window=3",
        "risk.staging=gated",
        "risk.emergency_stop=true",
        "risk.redeploy_after_hours=300",
    ]);
    assert_prefixes(&all, &loaded);
}

#[test]
fn the_past_of_a_real_history_ignores_its_future() {
    if let Some(file) = real_btcusdt("prefixes of a real history") {
        assert_prefixes(&scenario(&["params.kelly.rule=constant"]), &load(&file, 12_000));
    }
}
