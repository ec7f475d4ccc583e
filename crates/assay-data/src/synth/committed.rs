//! Tests: the committed history is what its preset gives and what is written about it.

use super::tests::{dataset, one, preset, truth};
use super::*;
use crate::market::format_time;
use crate::{LoadRequest, load, sha256_hex};

/// Text of the committed file `name`.
fn text(name: &str) -> String {
    std::fs::read_to_string(dataset(name)).unwrap()
}

#[test]
fn committed_history_is_regenerated_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("again.parquet");
    write(&PresetFile::read(dataset("btcusdt-1h-synthetic.toml")).unwrap(), &out).unwrap();
    let (again, committed) =
        (std::fs::read(out).unwrap(), std::fs::read(dataset("btcusdt-1h.parquet")).unwrap());
    assert!(again == committed, "datasets/btcusdt-1h.parquet is not what its preset gives: write it again");
    assert!(committed.len() <= 3_000_000, "{} bytes", committed.len());
}

#[test]
fn meta_file_matches_the_history() {
    let bytes = std::fs::read(dataset("btcusdt-1h.parquet")).unwrap();
    let bars = one(&preset()).bars;
    let meta: serde_json::Value = serde_json::from_str(&text("btcusdt-1h.meta.json")).unwrap();
    assert_eq!(meta["file"], "btcusdt-1h.parquet");
    assert_eq!(meta["sha256"], sha256_hex(&bytes));
    assert_eq!(meta["size_bytes"], bytes.len());
    assert_eq!(meta["rows"], bars.len());
    assert_eq!(meta["first"], format_time(bars.open_time()[0]));
    assert_eq!(meta["last"], format_time(bars.open_time()[bars.len() - 1]));
    assert_eq!(meta["source"], "synthetic");
}

#[test]
fn readme_quotes_the_moments_of_the_history() {
    let readme = text("README.md");
    let s = one(&preset());
    let table = moments_table(&[("synthetic", &moments(&s.bars).with_labels(truth(&s)))]);
    let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = readme.lines().map(squeeze).collect();
    for row in table.lines().map(squeeze) {
        assert!(lines.iter().any(|l| l.starts_with(&format!("{row} "))), "README lacks {row:?}");
    }
}

#[test]
fn committed_history_reads_back_with_its_truth() {
    let loaded = load(std::path::Path::new(&dataset("btcusdt-1h.parquet")), &LoadRequest::default()).unwrap();
    let s = one(&preset());
    assert_eq!(loaded.truth.as_deref(), s.truth.as_deref());
    assert_eq!(loaded.bars.timeframe(), s.bars.timeframe());
    assert_eq!(loaded.bars.open_time(), s.bars.open_time());
    assert_eq!(loaded.bars.close(), s.bars.close());
    assert_eq!(loaded.bars.volume(), s.bars.volume());
}
