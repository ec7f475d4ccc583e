//! Every feature of the registry at its defaults over a million bars, in one thread.
//!
//! `cargo bench --bench indicators` prints nanoseconds a bar. With `ASSAY_PEER_BARS` naming a Parquet file of bars, those
//! are the bars, and the answer is one JSON document: what `benches/peers/indicators.py` holds against other libraries.
//! A feature is computed from nothing but the bars, with everything it is built on.

use std::hint::black_box;
use std::time::Instant;

use assay::data::table;
use assay::features::{FeatureCache, FeatureSpec, features};
use assay::market::{Bars, Columns, Timeframe};
use assay::random::Stream;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BARS: usize = 1_000_000;
const REPEATS: usize = 7;

fn walk(n: usize) -> Bars {
    let mut s = Stream::new(1, "bench", 0);
    let mut c: [Vec<f64>; 5] = Default::default();
    let mut price = 1000.0;
    for _ in 0..n {
        let close = price * (1.0 + 0.002 * s.normal());
        let row = [
            price,
            price.max(close) * (1.0 + 0.001 * s.uniform()),
            price.min(close) * (1.0 - 0.001 * s.uniform()),
            close,
            (1e4 * s.uniform()).round(),
        ];
        c.iter_mut().zip(row).for_each(|(column, v)| column.push(v));
        price = close;
    }
    bars((0..n as i64).map(|i| i * 3_600_000).collect(), c)
}

fn read(path: &str) -> Bars {
    let t = table::read(path.as_ref()).expect("the file of bars reads");
    let of = |name| t.f64(name).expect("the file has the column").to_vec();
    let times = t.i64("open_time").expect("the file has the column").to_vec();
    bars(times, ["open", "high", "low", "close", "volume"].map(of))
}

fn bars(open_time: Vec<i64>, columns: [Vec<f64>; 5]) -> Bars {
    let [open, high, low, close, volume] = columns.map(Into::into);
    let columns = Columns { open_time: open_time.into(), open, high, low, close, volume };
    Bars::new(Timeframe::H1, columns).expect("the bars are bars")
}

/// Shortest of the repeats, nanoseconds a bar: what disturbs a run only ever adds to it.
fn measure(bars: &Bars, spec: &FeatureSpec) -> f64 {
    let once = || {
        let cache = FeatureCache::new(bars.clone());
        let start = Instant::now();
        black_box(cache.column(black_box(spec)));
        start.elapsed().as_secs_f64() * 1e9 / bars.len() as f64
    };
    (0..REPEATS).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let file = std::env::var("ASSAY_PEER_BARS").ok();
    let asked = std::env::var("ASSAY_PEER_FEATURES").ok();
    let bars = file.as_deref().map_or_else(|| walk(BARS), read);
    let specs: Vec<FeatureSpec> = match &asked {
        Some(list) => list.split(';').map(|s| s.parse().expect("a feature of the registry")).collect(),
        None => features().map(|f| f.default_spec()).collect(),
    };
    let mut rows: Vec<(String, f64)> = vec![];
    for spec in &specs {
        rows.push((spec.to_string(), measure(&bars, spec)));
        if file.is_none() {
            let (name, ns) = &rows[rows.len() - 1];
            println!("{name:<32} {ns:>8.2} ns a bar");
        }
    }
    if file.is_some() {
        let map: serde_json::Map<String, serde_json::Value> =
            rows.into_iter().map(|(name, ns)| (name, ns.into())).collect();
        println!("{}", serde_json::Value::Object(map));
    }
}
