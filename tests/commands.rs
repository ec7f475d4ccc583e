//! Every command line that stands in README and the pages, as a reader types it.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampMillisecondArray};
use assay::data::{LoadRequest, load};
use assay::market::{Bars, format_time};

use crate::common::{own_registry, root};
use crate::docs::pages;

const HOUR: i64 = 3_600_000;

/// Begins of lines that others run: continuous integration, or the tests of the archive, which need a server.
const ELSEWHERE: [&str; 6] = ["cargo ", "RUSTDOCFLAGS", "ASSAY_FUZZ", ".ci/run", "diff ", "assay data pull"];

/// Lines that the page shows for the mistake in them.
const REFUSED: [&str; 2] = ["params.trail_art=0.5", "execution.fee_bps=-1"];

/// The command lines of all pages, each once, README's first, and the page each stands on.
fn lines() -> Vec<(String, String)> {
    let mut pages = pages();
    pages.sort_by_key(|p| (!p.ends_with("README.md"), p.clone()));
    let mut seen = HashSet::new();
    let mut out = vec![];
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for line in text.lines() {
            let console = line.strip_prefix("$ ").or_else(|| line.strip_prefix("assay ").map(|_| line));
            let Some(line) = console else { continue };
            let line = line.replace("cargo run --release --", "assay");
            if seen.insert(line.clone()) && !ELSEWHERE.iter().any(|e| line.starts_with(e)) {
                out.push((line, page.strip_prefix(root()).unwrap().display().to_string()));
            }
        }
    }
    out
}

/// The rows of bars as text, with `time` before the prices.
fn rows(bars: &Bars, range: std::ops::Range<usize>, time: impl Fn(i64) -> String) -> String {
    let row = |i: usize| {
        let (open, high, low) = (bars.open()[i], bars.high()[i], bars.low()[i]);
        format!(
            "{},{open},{high},{low},{},{}\n",
            time(bars.open_time()[i]),
            bars.close()[i],
            bars.volume()[i]
        )
    };
    range.map(row).collect()
}

/// Minutes that are these hours together: from the open to the low, to the high, to the close.
fn minutes(bars: &Bars, hours: usize) -> String {
    let mut out = "time,open,high,low,close,volume\n".to_owned();
    for i in 0..hours {
        let points = [bars.open()[i], bars.low()[i], bars.high()[i], bars.close()[i]];
        let at = |m: usize| {
            let (leg, share) = ((m / 20).min(2), (m - 20 * (m / 20).min(2)) as f64 / 20.0);
            points[leg] + (points[leg + 1] - points[leg]) * share
        };
        for m in 0..60 {
            let (open, close) = (at(m), at(m + 1));
            let time = format_time(bars.open_time()[i] + m as i64 * HOUR / 60);
            let (high, low, volume) = (open.max(close), open.min(close), bars.volume()[i] / 60.0);
            out += &format!("{time},{open},{high},{low},{close},{volume}\n");
        }
    }
    out
}

fn zipped(path: &Path, name: &str, text: &str) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap();
}

/// Funding as freqtrade keeps it: the rate as the open of a bar.
fn funding(path: &Path) {
    let times: Vec<i64> = (0..90).map(|k| 1_672_531_200_000 + k * 8 * HOUR).collect();
    let number = |v: f64| Arc::new(Float64Array::from(vec![v; 90])) as ArrayRef;
    let date = TimestampMillisecondArray::from(times).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter([
        ("date", Arc::new(date) as ArrayRef),
        ("open", number(0.0001)),
        ("high", number(0.0)),
        ("low", number(0.0)),
        ("close", number(0.0)),
        ("volume", number(0.0)),
    ])
    .unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut out = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
    out.write(&batch).unwrap();
    out.finish().unwrap();
}

/// A folder as a reader of the pages has it: what the project ships, and files of the names that the pages use.
fn prepare(dir: &Path) {
    for folder in ["scenarios", "datasets"] {
        let copied = Command::new("cp").arg("-r").arg(root().join(folder)).arg(dir).status().unwrap();
        assert!(copied.success());
    }
    let bars = load(&root().join("datasets/btcusdt-1h.parquet"), &LoadRequest::default()).unwrap().bars;
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    let header = "time,open,high,low,close,volume\n";
    write("BTCUSDT-1h.csv", &(header.to_owned() + &rows(&bars, 0..bars.len(), format_time)));
    write("minutes.csv", &minutes(&bars, 400));
    write("hours.csv", &(header.to_owned() + &rows(&bars, 0..400, format_time)));
    // MetaTrader 4, by the clock of a broker: a week and more.
    let metatrader = |t: i64| format_time(t)[..16].replace('-', ".").replace(' ', ",");
    write("EURUSD60.csv", &rows(&bars, 24 * 3..24 * 8, metatrader));
    let days = |t: i64| format_time(1_672_617_600_000 + (t - bars.open_time()[0]) * 24)[..10].to_owned();
    zipped(&dir.join("goog.zip"), "GOOG.csv", &(header.to_owned() + &rows(&bars, 0..5, days)));
    for (month, range) in [("01", 0..744), ("02", 744..1416)] {
        let name = format!("BTCUSDT-1h-2023-{month}");
        // Twelve columns: the close of the bar in milliseconds, turnover, trades and what takers bought.
        let line = |i: usize| {
            let t = 1_672_531_200_000 + i as i64 * HOUR;
            let row = rows(&bars, i..i + 1, |_| t.to_string());
            format!("{},{},1000,10,1,500,0\n", row.trim_end(), t + HOUR - 1)
        };
        zipped(
            &dir.join(format!("{name}.zip")),
            &format!("{name}.csv"),
            &range.map(line).collect::<String>(),
        );
    }
    funding(&dir.join("BTC_USDT_USDT-8h-funding_rate.feather"));
    for line in [
        "assay data import minutes.csv --time open --out BTCUSDT-1m.parquet",
        "assay data import hours.csv --time open --out BTCUSDT-1h.parquet",
    ] {
        assert_eq!(run(dir, line), (0, String::new()), "{line}");
    }
}

/// The exit code of a line in a shell, and its errors.
fn run(dir: &Path, line: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_assay")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(dir).env("PATH", path).env("ASSAY_REGISTRY", own_registry());
    let out = shell.output().unwrap();
    (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn every_command_line_of_the_pages_runs() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    let lines = lines();
    assert!(lines.len() > 35, "{} lines", lines.len());
    for (line, page) in lines {
        // A reader puts the folder of a run of their own.
        let runs = dir.path().join("results/unified-btcusdt-1h");
        let names = std::fs::read_dir(&runs).into_iter().flatten();
        let names = names.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
        // That of a run is its id; other jobs have their name before it.
        let own = names.filter(|n| n.len() == 12).min().unwrap_or_default();
        let sweeps = std::fs::read_dir(dir.path().join("results/ma-cross-sweep")).into_iter().flatten();
        let sweeps = sweeps.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
        let sweep = sweeps.filter(|n| n.starts_with("sweep-")).min().unwrap_or_default();
        let typed = line.replace("sweep-0123456789ab", &sweep).replace("0123456789ab", &own);
        let begin = Instant::now();
        let (code, said) = run(dir.path(), &typed);
        println!("{:6.1} s  {line}", begin.elapsed().as_secs_f64());
        let wanted = if REFUSED.iter().any(|r| line.contains(r)) { 2 } else { 0 };
        assert_eq!(code, wanted, "{page}: `{line}`\n{said}");
    }
}
