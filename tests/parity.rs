//! Every feature against the columns of other libraries.
//!
//! A golden file (made by the scripts in `tests/reference/`) holds bars and one column for every feature, named as the
//! registry names it: the file says what is compared. `ASSAY_REFERENCE` may name a folder of more such files, made over
//! real bars.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay::data::table::{self, Table};
use assay::features::{FeatureSpec, compute};
use assay::market::{Columns, Timeframe};

use crate::common::root;

const BARS: [&str; 6] = ["open_time", "open", "high", "low", "close", "volume"];

/// Agreement asked for, relative to the value.
const RELATIVE: f64 = 1e-9;
/// And to the largest value of the column: where a difference of two large numbers crosses zero, no digit of it is
/// certain to 1e-9.
const OF_SCALE: f64 = 1e-12;
/// And to the largest price: a price of 1e8 has 1.5e-8 between its neighbours, whoever computes with it.
const OF_PRICE: f64 = 4.0 * f64::EPSILON;

#[derive(Default, Clone)]
struct Worst {
    relative: f64,
    place: String,
    values: usize,
}

/// Compares every column of `path`; returns what disagrees.
fn compare(path: &Path, worst: &mut BTreeMap<String, Worst>) -> Vec<String> {
    let file = table::read(path).unwrap();
    let bars = columns(&file);
    let price =
        file.f64("close").unwrap().iter().fold(0.0, |m: f64, v| if v.is_nan() { m } else { m.max(*v) });
    let mut faults = vec![];
    for (name, _) in file.columns().filter(|(name, _)| !BARS.contains(name)) {
        let spec: FeatureSpec = name.parse().unwrap();
        let want = file.f64(name).unwrap();
        let rows = want.len();
        let got = compute(&spec, Timeframe::H1, &bars).unwrap_or_else(|e| {
            assert!(rows <= spec.warmup(), "{name}: {e}");
            vec![f64::NAN; rows]
        });
        let scale = want.iter().filter(|v| v.is_finite()).fold(0.0, |m: f64, v| m.max(v.abs()));
        let place = path.file_stem().unwrap().to_string_lossy().into_owned();
        let entry = worst.entry(name.to_owned()).or_default();
        let wrong = (0..rows).find(|&i| {
            if want[i].is_nan() || got[i].is_nan() {
                return want[i].is_nan() != got[i].is_nan();
            }
            let error = (got[i] - want[i]).abs();
            let allowed = RELATIVE * want[i].abs() + OF_SCALE * scale + OF_PRICE * price;
            let relative = error / want[i].abs().max(scale * 1e-3).max(f64::MIN_POSITIVE);
            entry.values += 1;
            if relative > entry.relative {
                (entry.relative, entry.place) = (relative, place.clone());
            }
            error > allowed
        });
        if let Some(i) = wrong {
            faults.push(format!("{name} of {place}, row {i}: {} where {} is expected", got[i], want[i]));
        }
    }
    faults
}

fn columns(file: &Table) -> Columns {
    let of = |name: &str| file.f64(name).unwrap().to_vec().into();
    Columns {
        open_time: file.i64("open_time").unwrap().to_vec().into(),
        open: of("open"),
        high: of("high"),
        low: of("low"),
        close: of("close"),
        volume: of("volume"),
    }
}

fn parquet_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "parquet"));
    files.sort();
    files
}

fn check(files: &[PathBuf]) {
    let mut worst = BTreeMap::new();
    let faults: Vec<String> = files.iter().flat_map(|f| compare(f, &mut worst)).collect();
    println!("{:<28} {:>9} {:>10}  largest error in", "feature", "values", "error");
    for (name, w) in &worst {
        println!("{name:<28} {:>9} {:>10.1e}  {}", w.values, w.relative, w.place);
    }
    assert!(faults.is_empty(), "{} columns disagree:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn features_agree_with_the_golden_files() {
    let golden = root().join("tests/reference/golden");
    let mut files = vec![];
    let mut sources: Vec<PathBuf> = std::fs::read_dir(&golden).unwrap().flatten().map(|e| e.path()).collect();
    sources.sort();
    for source in &sources {
        files.extend(parquet_files(source));
    }
    assert!(files.len() >= 8, "golden files are missing in {}", golden.display());
    check(&files);
}

#[test]
fn features_agree_over_real_bars() {
    let Some(folder) = std::env::var_os("ASSAY_REFERENCE") else {
        println!("skipped: parity over real bars; ASSAY_REFERENCE names no folder of golden files");
        return;
    };
    let files = parquet_files(Path::new(&folder));
    assert!(!files.is_empty(), "no Parquet file in {}", folder.display());
    check(&files);
}
