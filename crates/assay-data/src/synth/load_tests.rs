//! Tests: a preset gives, without a file, what its files give.

use std::path::Path;

use super::tests::dataset;
use super::*;
use crate::error::ErrorKind;
use crate::market::{Calendar, parse_time};
use crate::{LoadRequest, Loaded, Quality, TimeConvention};

/// Everything that is known of a history but what it is called.
fn known(l: &Loaded) -> String {
    let Loaded { bars, quality, truth, spread, synthetic, sha256, rows_in_file, .. } = l;
    format!("{bars:?} {quality:?} {truth:?} {spread:?} {synthetic} {sha256} {rows_in_file}")
}

#[test]
fn the_committed_history_needs_no_file() {
    let file = dataset("btcusdt-1h.parquet");
    let source = PresetFile::read(dataset("btcusdt-1h-synthetic.toml")).unwrap();
    let part = LoadRequest {
        from_ms: parse_time("2021-05-01"),
        to_ms: parse_time("2021-06-01"),
        ..LoadRequest::default()
    };
    for request in [LoadRequest::default(), part] {
        let made = load(&source, "btc.toml", &["BTCUSDT"], &request).unwrap();
        let [made] = &made[..] else { panic!("{} histories", made.len()) };
        let read = crate::load(Path::new(&file), &request).unwrap();
        assert_eq!(known(made), known(&read));
        assert!(made.synthetic && made.truth.is_some());
        assert_eq!(made.file_name, "btc.toml");
    }
    // Generated times are opens; the request's convention is about files.
    let closes = LoadRequest { time: TimeConvention::Close, ..part };
    let made = |request| known(&load(&source, "btc.toml", &["BTCUSDT"], request).unwrap()[0]);
    assert_eq!(made(&closes), made(&part));
}

#[test]
fn several_symbols_are_what_their_files_are_in_the_order_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let source = PresetFile::read("basket").unwrap().with(&["bars=500".into()]).unwrap();
    write(&source, dir.path()).unwrap();
    let made = load(&source, "basket", &["GAMMA", "ALPHA"], &LoadRequest::default()).unwrap();
    assert_eq!(made.len(), 2);
    for (made, symbol) in made.iter().zip(["GAMMA", "ALPHA"]) {
        let file = dir.path().join(format!("{symbol}-1h.parquet"));
        assert_eq!(known(made), known(&crate::load(&file, &LoadRequest::default()).unwrap()), "{symbol}");
        assert_eq!(made.file_name, format!("basket {symbol}"));
    }
    assert_ne!(made[0].sha256, made[1].sha256);
    let e = |symbols: &[&str]| load(&source, "basket", symbols, &LoadRequest::default()).unwrap_err();
    let unknown = e(&["ALPHA", "GAMA"]);
    assert_eq!((unknown.kind(), unknown.key()), (ErrorKind::Scenario, Some("data.symbols")));
    assert_eq!(
        unknown.to_string(),
        "data.symbols: \"GAMA\" is no symbol of the preset basket\n\nhint: did you mean \"GAMMA\"? its symbols are \
         ALPHA, BETA, GAMMA, DELTA"
    );
    assert!(e(&["ALPHA", "ALPHA"]).problem().contains("twice"));
}

#[test]
fn damage_is_counted_as_in_a_file_and_never_refused() {
    let made = |name: &str| {
        let source = PresetFile::read(name).unwrap();
        let symbol = source.preset.symbols[0].symbol.clone();
        load(&source, name, &[&symbol], &LoadRequest::default()).unwrap().remove(0)
    };
    let gap = made("gap");
    // Its weekends are seen for what they are; by the clock they are missing as well.
    assert_eq!(
        (gap.quality.gaps, gap.quality.missing_bars, gap.quality.counted_by.as_str()),
        (1, 5, "weekdays")
    );
    let by_the_clock = Quality::of(&gap.bars, Some(Calendar::Always));
    assert_eq!((by_the_clock.gaps, by_the_clock.missing_bars), (5, 4 * 48 + 5));
    assert_eq!(gap.bars.len() as u64 + by_the_clock.missing_bars, 720);
    let dead = made("dead").quality;
    assert!(dead.flat > 0 && dead.zero_volume > 0, "{dead:?}");
    // A bad print is a price like any other to whoever reads the bars.
    let crash = made("flash-crash");
    assert_eq!((crash.quality.gaps, crash.quality.zero_volume, crash.quality.rows), (0, 0, 7200));
}

#[test]
fn one_bar_has_the_length_that_its_preset_says() {
    let source = PresetFile::read("gbm").unwrap().with(&["bars=1".into()]).unwrap();
    let made = load(&source, "gbm", &["GBM"], &LoadRequest::default()).unwrap();
    assert_eq!(made[0].bars.timeframe(), source.preset.timeframe);
    let four: LoadRequest = LoadRequest { timeframe: Some("4h".parse().unwrap()), ..LoadRequest::default() };
    let long = PresetFile::read("gbm").unwrap().with(&["bars=50".into()]).unwrap();
    let e = load(&long, "gbm", &["GBM"], &four).unwrap_err().to_string();
    assert!(e.starts_with("gbm: the bars are 1h apart, not 4h as requested"), "{e}");
}

#[test]
fn a_preset_is_found_by_path_and_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let text = shipped()[0].text.replace("seed = 1 ", "seed = 9 ");
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("sub/mine.toml"), &text).unwrap();
    // The folder of a basket that was written does not hide the preset it was written from.
    std::fs::create_dir(dir.path().join("basket")).unwrap();
    let find = |name: &str| PresetFile::find(dir.path(), name, "data.synth");
    assert_eq!(find("sub/mine.toml").unwrap().preset.seed, 9);
    assert_eq!(find("gbm").unwrap().preset.seed, 1);
    assert_eq!(find("basket").unwrap().preset.symbols.len(), 4);
    // A file stands before the shipped one of its name.
    std::fs::write(dir.path().join("gbm"), &text).unwrap();
    assert_eq!(find("gbm").unwrap().preset.seed, 9);
    let e = find("gmb").unwrap_err().to_string();
    assert!(
        e.starts_with(
            "data.synth: \"gmb\" is no preset: no such file, and none is shipped by that name\n\nhint: did you mean \
             \"gbm\"? shipped presets are gbm, merton, "
        ),
        "{e}"
    );
    let e = find("sub/other.toml").unwrap_err().to_string();
    assert!(e.contains("name a preset file by its path from the project's root; shipped presets are"), "{e}");
    std::fs::write(dir.path().join("sub/mine.toml"), "sede = 1\n").unwrap();
    let e = find("sub/mine.toml").unwrap_err();
    assert!(e.file().is_some_and(|f| f.ends_with("mine.toml")), "{e}");
    assert_eq!((e.line(), e.key()), (Some(1), Some("sede")), "{e}");
}
