//! The unified framework on one candidate, stage by stage and as a whole, in one thread: from decoded bars to metrics.
//!
//! `cargo bench --bench chain`. With `ASSAY_CHAIN_BARS=500000` set, the bench does one pass over that many bars and
//! prints the peak memory of the process instead.

use std::hint::black_box;
use std::path::Path;

use assay::features::FeatureCache;
use assay::market::{Bars, Columns};
use assay::metrics::{EquityStats, TradeColumns, TradeStats, bars_by_regime, daily};
use assay::replay::{FullRecorder, replay};
use assay::risk::Risk;
use assay::runs::{Backtest, backtest};
use assay::scenario::Scenario;
use assay::system::SymbolStart;
use assay::systems::unified::{Params, REGIMES, SignalTable, UnifiedCandidate, UnifiedTrader, read};
use criterion::{Criterion, Throughput, criterion_group};

/// The embedded history end to end until there are `n` bars; prices are chained by ratio, so every join is a bar like
/// any other.
fn history(n: usize) -> (Scenario, Bars) {
    let sets = ["params.kelly.rule=constant".to_owned()];
    let scenario = Scenario::read(Path::new("scenarios/unified.toml"), &sets).expect("the scenario reads");
    let file = scenario.root.join(&scenario.data.bars[0]);
    let base = assay::data::load(&file, &scenario.request()).expect("the bars load").bars;
    let (len, step) = (base.len(), base.timeframe().ms());
    let mut scale = 1.0;
    let mut columns: [Vec<f64>; 5] = Default::default();
    for i in 0..n {
        if i > 0 && i % len == 0 {
            scale *= base.close()[len - 1] / base.open()[0];
        }
        let k = i % len;
        let prices = [base.open()[k], base.high()[k], base.low()[k], base.close()[k]];
        for (column, price) in columns.iter_mut().zip(prices) {
            column.push(price * scale);
        }
        columns[4].push(base.volume()[k]);
    }
    let [open, high, low, close, volume] = columns.map(Into::into);
    let open_time = (0..n as i64).map(|i| base.open_time()[0] + i * step).collect();
    let columns = Columns { open_time, open, high, low, close, volume };
    (scenario, Bars::new(base.timeframe(), columns).expect("chained bars are bars"))
}

fn params(scenario: &Scenario) -> &Params {
    scenario.params.get().expect("a scenario of the unified framework")
}

fn one_replay(
    scenario: &Scenario,
    bars: &Bars,
    readings: &SignalTable,
    candidate: &UnifiedCandidate,
) -> FullRecorder {
    let risk = Risk::default();
    let mut recorder = FullRecorder::new(bars.len());
    let (first, equity) = (readings.first, scenario.account.equity);
    let start = SymbolStart { symbol: 0, market: bars.into(), first, equity, risk: &risk, record: false };
    let mut trader = UnifiedTrader::new(candidate, readings, &start);
    replay(bars, readings.first, &scenario.execution, scenario.account.ledger(), &mut trader, &mut recorder);
    recorder
}

/// Metrics of a run without intervals: what a sweep keeps of a candidate.
fn metrics(scenario: &Scenario, bars: &Bars, readings: &SignalTable, run: &FullRecorder) -> (f64, f64) {
    let first = readings.first;
    let cash = scenario.account.equity;
    let close_ms: Vec<i64> = (first..bars.len()).map(|i| bars.close_time(i)).collect();
    let days = daily(&close_ms, &run.equity[first..], cash, bars.open_time()[first]);
    let stats = EquityStats::of(&days.curve(), 365.0);
    let pnl: Vec<f64> = run.trades.iter().map(|t| t.pnl).collect();
    let return_frac: Vec<f64> = run.trades.iter().map(|t| t.return_frac).collect();
    let r_multiple: Vec<f64> = run.trades.iter().map(|t| t.r_multiple).collect();
    let columns =
        TradeColumns { pnl: &pnl, return_frac: &return_frac, r_multiple: &r_multiple, ..Default::default() };
    let trades = TradeStats::of(&columns);
    let curve: Vec<f64> = std::iter::once(cash).chain(run.equity[first..].iter().copied()).collect();
    let labels: Vec<u8> = std::iter::once(u8::MAX)
        .chain(readings.rows.iter().map(|r| r.label.regime as u8))
        .take(readings.rows.len())
        .collect();
    let regimes = bars_by_regime(&curve, &labels, &REGIMES, 8760.0, None);
    (stats.sharpe + regimes[0].pnl, trades.win_rate)
}

fn whole(scenario: &Scenario, bars: &Bars) -> (f64, f64) {
    let readings = read(&FeatureCache::new(bars.clone()), params(scenario));
    let candidate = UnifiedCandidate::new(params(scenario));
    let run = one_replay(scenario, bars, &readings, &candidate);
    metrics(scenario, bars, &readings, &run)
}

/// Every feature column the system reads, each once.
fn features(scenario: &Scenario, bars: &Bars) -> FeatureCache {
    let cache = FeatureCache::new(bars.clone());
    assay::systems::unified::compute_features(&cache, params(scenario));
    cache
}

fn chain(c: &mut Criterion) {
    let (scenario, bars) = history(62_482);
    let cache = features(&scenario, &bars);
    let readings = read(&cache, params(&scenario));
    let candidate = UnifiedCandidate::new(params(&scenario));
    let run = one_replay(&scenario, &bars, &readings, &candidate);
    // Checked once before anything is timed: the stages give what the backtest gives.
    let mut loaded =
        assay::data::load(&scenario.root.join(&scenario.data.bars[0]), &scenario.request()).unwrap();
    loaded.bars = bars.clone();
    loaded.truth = None;
    let whole_run: Backtest = backtest(scenario.clone(), loaded).unwrap();
    assert_eq!(whole_run.main.trades, run.trades);
    assert!(run.trades.len() > 2000);

    let mut g = c.benchmark_group("chain, 62,482 bars");
    g.throughput(Throughput::Elements(bars.len() as u64)).sample_size(20);
    g.bench_function("features", |b| b.iter(|| black_box(features(&scenario, &bars))));
    g.bench_function("readings of given features", |b| b.iter(|| black_box(read(&cache, params(&scenario)))));
    g.bench_function("decisions", |b| {
        b.iter(|| readings.rows.iter().filter(|x| candidate.main.decide(x).qualified()).count());
    });
    g.bench_function("replay with decisions", |b| {
        b.iter(|| black_box(one_replay(&scenario, &bars, &readings, &candidate)));
    });
    g.bench_function("metrics", |b| b.iter(|| black_box(metrics(&scenario, &bars, &readings, &run))));
    g.bench_function("whole chain", |b| b.iter(|| black_box(whole(&scenario, &bars))));
    g.bench_function("signals table and its Parquet", |b| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signals.parquet");
        b.iter(|| {
            let table = whole_run.record().unwrap().signals;
            assay::data::table::write(&path, &table, &[]).unwrap();
        });
    });
    g.finish();
}

/// Peak resident memory of this process in megabytes, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1024.0)
}

criterion_group!(benches, chain);

fn main() {
    // One thread: the figures are of one candidate on one core.
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("one thread starts");
    if let Some(n) = std::env::var("ASSAY_CHAIN_BARS").ok().and_then(|v| v.parse().ok()) {
        let (scenario, bars) = history(n);
        let before = peak_mb();
        let started = std::time::Instant::now();
        black_box(whole(&scenario, &bars));
        let seconds = started.elapsed().as_secs_f64();
        println!("{n} bars in {seconds:.3} s, {:.0} bars a second", n as f64 / seconds);
        println!("peak memory, MB: {before:?} with the bars, {:?} after the chain", peak_mb());
        return;
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
