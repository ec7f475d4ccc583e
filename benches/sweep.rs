//! Sweeps and paths: nanoseconds a candidate-bar, on one thread and on two.
//!
//! `cargo bench --bench sweep` prints them. With `ASSAY_PEER` naming a folder with `sweep.parquet`, these are the bars of the crossovers,
//! and the answer is one JSON document: what `benches/peers/sweep.py` holds against other programs.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use assay::data::{LoadRequest, Loaded, load};
use assay::experiments::sweep::{Engine, Evaluated, Point, SweepRun, Task};
use assay::paths::bootstrap_paths;
use assay::random::Stream;
use assay::runs::Inputs;
use assay::runs::{CORE_FIGURES, History, TrialCounter, Wants};
use assay::scenario::Scenario;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Shortest of `repeats` runs, seconds: what disturbs a run only ever adds to it.
fn best<T>(repeats: usize, mut run: impl FnMut() -> T) -> f64 {
    (0..repeats)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads").install(work)
}

/// The embedded history end to end until there are `n` bars, or those of a file.
fn history(n: usize, file: Option<&Path>) -> Loaded {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/btcusdt-1h.parquet");
    let loaded = load(file.unwrap_or(&own), &LoadRequest::default()).expect("bars");
    if loaded.bars.len() >= n {
        return Loaded { bars: loaded.bars.slice(0, n), truth: None, ..loaded };
    }
    let c = loaded.bars.columns();
    let step = loaded.bars.timeframe().ms();
    let long = |v: &[f64]| v.iter().copied().cycle().take(n).collect::<Vec<f64>>();
    let columns = assay::market::Columns {
        open_time: (0..n as i64).map(|i| c.open_time[0] + i * step).collect(),
        open: long(&c.open).into(),
        high: long(&c.high).into(),
        low: long(&c.low).into(),
        close: long(&c.close).into(),
        volume: long(&c.volume).into(),
    };
    let bars = assay::market::Bars::new(loaded.bars.timeframe(), columns).expect("bars");
    Loaded { bars, truth: None, ..loaded }
}

fn scenario(text: &str) -> Scenario {
    Scenario::parse(text, "bench", PathBuf::from(env!("CARGO_MANIFEST_DIR")), &[]).expect("a scenario")
}

struct Case {
    scenario: Scenario,
    history: History,
}

impl Case {
    fn new(text: &str, loaded: Loaded) -> Self {
        let scenario = scenario(text);
        let history = History::new(&scenario, Inputs::from(loaded)).expect("a history");
        Self { scenario, history }
    }

    fn points(&self) -> Vec<Point> {
        let sweep = SweepRun::plan(&self.scenario, &self.history).expect("a sweep");
        (0..sweep.the_plan().total).filter_map(|id| sweep.point(id)).collect()
    }

    /// Evaluates all candidates, in chunks as a sweep does; columns are computed anew each time.
    fn evaluate(&self, points: &[Point], wants: Wants) -> Vec<Option<Evaluated>> {
        let history =
            History::new(&self.scenario, Inputs::from(self.history.loaded().clone())).expect("a history");
        let sweep = SweepRun::plan(&self.scenario, &history).expect("a sweep");
        let counter =
            TrialCounter::new(&history.inputs().provenance(&self.scenario), false, sweep.the_plan().total);
        let engine = Engine::new(&self.scenario, &history, sweep.space(), wants, counter).expect("an engine");
        let task = Task { span: 0..history.steps(), blocks: (0, 0), daily: false, counted: true };
        let mut out = vec![];
        for chunk in points.chunks(2048) {
            let refs: Vec<&Point> = chunk.iter().collect();
            out.extend(engine.evaluate(&refs, &task).expect("figures"));
        }
        out
    }
}

const CROSSES: &str = "name = \"bench\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\n[execution]\nfee_bps = 10\nspread_bps = 0\n\
    slippage_bps = 0\n[sweep]\nwhere = [\"params.fast < params.slow\"]\n[sweep.params]\nfast = { from = 5, to = 230, step = 5 }\n\
    slow = { from = 5, to = 230, step = 5 }\n";

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    let peer = std::env::var_os("ASSAY_PEER").map(|f| PathBuf::from(f).join("sweep.parquet"));
    let bars = 35_000;
    let text = match &peer {
        // Other programs hold a long position or none.
        Some(_) => CROSSES.replace("[execution]", "[params]\nsides = \"long\"\n[execution]"),
        None => CROSSES.to_owned(),
    };
    let case = Case::new(&text, history(bars, peer.as_deref()));
    let points = case.points();
    let work = points.len() as f64 * case.history.steps() as f64;
    let plain = Wants::default();
    let core = Wants { core: true, ..plain };
    let [one, two] = [1, 2].map(|t| on(t, || best(7, || case.evaluate(&points, core))));
    if peer.is_some() {
        let rows = on(2, || case.evaluate(&points, core));
        let at = |name: &str| CORE_FIGURES.iter().position(|f| *f == name).expect("a figure");
        let [all_one, all_two] = [1, 2].map(|t| on(t, || best(5, || case.evaluate(&points, plain))));
        let [total, sharpe, drawdown, trades] = ["total_return", "sharpe", "max_drawdown", "trades"].map(at);
        let figures: Vec<[f64; 4]> = rows
            .iter()
            .flatten()
            .map(|e| [e.row[total], e.row[sharpe], e.row[drawdown], e.row[trades]])
            .collect();
        let pairs: Vec<[i64; 2]> =
            points.iter().map(|p| [p[0].as_integer().unwrap_or(0), p[1].as_integer().unwrap_or(0)]).collect();
        let returns = bench_returns();
        let [path_one, path_two] =
            [1, 2].map(|t| on(t, || best(5, || bootstrap_paths(&returns, 10_000, 10.0, 1))));
        println!(
            "{}",
            json!({
                "bars": case.history.steps(), "pairs": pairs, "figures": figures,
                "sweep_s": [one, two], "all_s": [all_one, all_two], "paths_s": [path_one, path_two],
            })
        );
        return;
    }
    println!("moving-average cross, {} pairs x {} bars", points.len(), case.history.steps());
    println!(
        "  1 thread  {:8.3} ns a candidate-bar   2 threads {:8.3}   scaling {:.2}",
        1e9 * one / work,
        1e9 * two / work,
        one / two
    );
    let [one, two] = [1, 2].map(|t| on(t, || best(5, || case.evaluate(&points, plain))));
    println!("  all figures: 1 thread {:8.3}   2 threads {:8.3}", 1e9 * one / work, 1e9 * two / work);
    let all = Wants { edges: true, regimes: true, core: false };
    let two_all = on(2, || best(3, || case.evaluate(&points, all)));
    println!("  all with edges and regimes, 2 threads {:8.3}", 1e9 * two_all / work);

    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/unified-sweep.toml"))
            .expect("the scenario");
    let count = std::env::var("ASSAY_BENCH_COUNT").ok().and_then(|c| c.parse::<usize>().ok()).unwrap_or(1000);
    let case = Case::new(&text.replace("count = 1000", &format!("count = {count}")), history(62_482, None));
    let points = case.points();
    let work = points.len() as f64 * case.history.steps() as f64;
    let [one, two] = [1, 2].map(|t| on(t, || best(1, || case.evaluate(&points, plain))));
    // What all candidates share: columns, flow, ML source, volume.
    let shared = on(1, || {
        best(3, || {
            let history =
                History::new(&case.scenario, Inputs::from(case.history.loaded().clone())).expect("a history");
            history.for_many();
            history.prepare(&case.scenario).expect("columns");
            history.steps()
        })
    });
    println!("unified framework, {} candidates x {} bars", points.len(), case.history.steps());
    println!(
        "  shared by all: {:.1} ms, {:.0} ns a bar, {:.2} % of the work of all candidates",
        1e3 * shared,
        1e9 * shared / case.history.steps() as f64,
        100.0 * shared / one
    );
    println!(
        "  1 thread  {:8.3} ns a candidate-bar   2 threads {:8.3}   scaling {:.2}",
        1e9 * one / work,
        1e9 * two / work,
        one / two
    );

    let returns = bench_returns();
    for block in [10.0, 50.0] {
        let [one, two] = [1, 2].map(|t| on(t, || best(5, || bootstrap_paths(&returns, 10_000, block, 1))));
        println!(
            "10,000 bootstrap paths x 10,000 bars, blocks of {block}: 1 thread {:.2} ns a bar-path, 2 threads {:.2}",
            1e1 * one,
            1e1 * two
        );
    }
}

fn bench_returns() -> Vec<f64> {
    let mut s = Stream::new(3, "bench returns", 0);
    (0..10_000).map(|_| 0.0003 + 0.01 * s.normal()).collect()
}
