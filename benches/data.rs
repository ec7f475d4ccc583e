//! Files to bars: rows a second of each way in, and of the check.
//!
//! `ASSAY_DATA_ROWS=10000000 cargo bench --bench data -- parquet` for ten million bars of the own format.

use std::io::Write;
use std::path::PathBuf;

use assay::data::check::{CheckOptions, check};
use assay::data::import::{Options, import, write};
use assay::data::{LoadRequest, TimeConvention, load};
use assay::market::Timeframe;
use assay::random::Stream;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn rows() -> usize {
    std::env::var("ASSAY_DATA_ROWS").ok().and_then(|v| v.parse().ok()).unwrap_or(1_000_000)
}

/// Klines of one minute as an exchange dumps them: twelve columns, no header.
fn klines(n: usize) -> String {
    let mut text = String::with_capacity(n * 110);
    let mut price = 20_000.0f64;
    let mut draw = Stream::new(7, "klines", 0);
    for i in 0..n {
        let t = 1_500_000_000_000i64 / 60_000 * 60_000 + i as i64 * 60_000;
        let close = price * (1.0 + 4e-4 * draw.normal());
        let (high, low) = (price.max(close) + 3.0 * draw.uniform(), price.min(close) - 3.0 * draw.uniform());
        let volume = 9.0 * draw.uniform();
        text += &format!(
            "{t},{price:.2},{high:.2},{low:.2},{close:.2},{volume:.5},{},{:.4},{},{:.5},{:.4},0\n",
            t + 59_999,
            volume * close,
            i % 99,
            volume / 2.0,
            volume * close / 2.0
        );
        price = (close * 100.0).round() / 100.0;
    }
    text
}

fn bench(c: &mut Criterion) {
    let n = rows();
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let text = klines(n);
    std::fs::write(at("BTCUSDT-1m.csv"), &text).unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(at("BTCUSDT-1m.zip")).unwrap());
    zip.start_file("BTCUSDT-1m.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap();
    let cell = |line: &str| {
        format!(
            "[{}]",
            line.split(',')
                .enumerate()
                .map(|(k, f)| if matches!(k, 0 | 6 | 8) { f.to_owned() } else { format!("\"{f}\"") })
                .collect::<Vec<_>>()
                .join(",")
        )
    };
    std::fs::write(
        at("BTCUSDT-1m.json"),
        format!("[{}]", text.lines().map(cell).collect::<Vec<_>>().join(",")),
    )
    .unwrap();
    drop(text);

    let imported = |name: &str| {
        import(&[at(name)], &Options { time: Some(TimeConvention::Open), ..Options::default() }).unwrap()
    };
    let own = at("own.parquet");
    let whole = imported("BTCUSDT-1m.csv");
    write(&own, whole.clone(), "1m".parse::<Timeframe>().unwrap(), &[]).unwrap();
    let size = |p: &PathBuf| std::fs::metadata(p).unwrap().len() as f64 / 1e6;
    println!("{n} rows; own format {:.1} MB, {:.1} bytes a row", size(&own), size(&own) * 1e6 / n as f64);

    let mut g = c.benchmark_group("data");
    g.throughput(Throughput::Elements(n as u64)).sample_size(10);
    g.bench_function("parquet: own format to checked bars", |b| {
        b.iter(|| load(&own, &LoadRequest::default()).unwrap().bars.len())
    });
    g.bench_function("csv: to rows", |b| b.iter(|| imported("BTCUSDT-1m.csv").rows.len()));
    g.bench_function("zip: to rows", |b| b.iter(|| imported("BTCUSDT-1m.zip").rows.len()));
    g.bench_function("json: to rows", |b| b.iter(|| imported("BTCUSDT-1m.json").rows.len()));
    g.bench_function("quality: all findings", |b| {
        b.iter(|| check(&whole.rows, &CheckOptions::default()).findings.len())
    });
    g.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
