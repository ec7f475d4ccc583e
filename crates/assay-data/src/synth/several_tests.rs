//! Tests: several symbols, events, the shipped presets, and files.

use super::Regime;
use super::model_tests::{plain, returns, symbol};
use super::tests::{one, truth};
use super::*;
use crate::market::parse_time;
use crate::regime::NO_REGIME;
use crate::{LoadRequest, load, sha256_hex};

fn read(name: &str) -> Preset {
    Preset::read(name).unwrap()
}

/// Pearson correlation.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(a, b)| f(a - mx, b - my)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

fn gbm() -> Process {
    Process::Gbm(GbmPreset { drift: 0.0, volatility: 0.6 })
}

/// Three symbols under `process` with given correlations.
fn three(process: Process, bars: usize) -> Preset {
    Preset {
        symbols: vec![symbol("A", 1e6), symbol("B", 2e6), symbol("C", 1e5)],
        correlation: vec![vec![1.0, 0.8, -0.5], vec![0.8, 1.0, 0.0], vec![-0.5, 0.0, 1.0]],
        ..plain(process, bars, 9)
    }
}

#[test]
fn returns_of_several_symbols_have_the_correlations_asked_for() {
    let merton = MertonPreset { drift: 0.0, volatility: 0.3, jumps: 400.0, jump_mean: -0.1, jump_sd: 0.01 };
    let heston = HestonPreset { drift: 0.0, variance: 0.36, theta: 0.36, kappa: 20.0, xi: 1.0, rho: -0.5 };
    let garch = GarchPreset { drift: 0.0, volatility: 0.6, alpha: 0.08, gamma: 0.0, beta: 0.9 };
    // Volatilities that cluster differ between symbols, which takes a little from the correlation. Jumps come together
    // more rarely than the numbers behind them would have it: bars with one, four standard deviations off, are left out.
    let four = 4.0 * 0.3 / 8760f64.sqrt();
    for (process, error, limit) in [
        (gbm(), 0.015, f64::INFINITY),
        (Process::Garch(garch), 0.05, f64::INFINITY),
        (Process::Heston(heston), 0.03, f64::INFINITY),
        (Process::Merton(merton), 0.03, four),
    ] {
        let preset = three(process, 30_000);
        let r: Vec<Vec<f64>> = generate(&preset).unwrap().iter().map(returns).collect();
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            let both = r[i].iter().zip(&r[j]).filter(|(a, b)| a.abs() < limit && b.abs() < limit);
            let (x, y): (Vec<f64>, Vec<f64>) = both.unzip();
            let (got, want) = (correlation(&x, &y), preset.correlation[i][j]);
            assert!((got - want).abs() < error, "{} {i} {j}: {got}, not {want}", preset.process.name());
        }
    }
}

#[test]
fn jumps_of_correlated_symbols_come_together_and_those_of_others_do_not() {
    let p = MertonPreset { drift: 0.0, volatility: 0.05, jumps: 175.2, jump_mean: -0.05, jump_sd: 0.0 };
    let with = |c: f64| {
        let mut preset = three(Process::Merton(p), 20_000);
        preset.symbols.truncate(2);
        preset.correlation = vec![vec![1.0, c], vec![c, 1.0]];
        let r: Vec<Vec<f64>> = generate(&preset).unwrap().iter().map(returns).collect();
        let both = r[0].iter().zip(&r[1]).filter(|(a, b)| **a < -0.03 && **b < -0.03).count();
        (r[0].iter().filter(|x| **x < -0.03).count(), both)
    };
    let (alone, together) = with(0.0);
    assert!((330..470).contains(&alone) && together < 25, "{alone} {together}");
    let (alone, together) = with(0.95);
    assert!((330..470).contains(&alone) && together > alone / 2, "{alone} {together}");
}

#[test]
fn highs_of_correlated_symbols_go_together() {
    let mut preset = three(gbm(), 5_000);
    preset.intrabar.steps = 16;
    let all = generate(&preset).unwrap();
    let shadows = |s: &Synthetic| -> Vec<f64> {
        let b = &s.bars;
        (0..b.len()).map(|i| (b.high()[i] / b.open()[i].max(b.close()[i])).ln()).collect()
    };
    let s: Vec<Vec<f64>> = all.iter().map(shadows).collect();
    assert!(correlation(&s[0], &s[1]) > 0.25, "{}", correlation(&s[0], &s[1]));
    assert!(correlation(&s[1], &s[2]).abs() < 0.06, "{}", correlation(&s[1], &s[2]));
}

#[test]
fn the_basket_has_its_matrix_and_a_symbol_does_not_feel_those_after_it() {
    let preset = read("basket");
    let all = generate(&preset).unwrap();
    let r: Vec<Vec<f64>> = all.iter().map(returns).collect();
    for i in 0..4 {
        for j in 0..i {
            let want = preset.correlation[i][j];
            assert!((correlation(&r[i], &r[j]) - want).abs() < 0.05, "{i} {j}");
        }
    }
    let sd = |k: usize| crate::stats::std_dev(&r[k], 1) * 8760f64.sqrt();
    for (k, want) in [0.55, 0.55 * 1.3, 0.55 * 1.8, 0.15].into_iter().enumerate() {
        assert!((sd(k) / want - 1.0).abs() < 0.15, "{k}: {}", sd(k));
    }
    let mut fewer = preset.clone();
    fewer.symbols.truncate(2);
    fewer.correlation = vec![vec![1.0, 0.85], vec![0.85, 1.0]];
    let few = generate(&fewer).unwrap();
    assert_eq!(few[1].bars.close(), all[1].bars.close());
    assert_eq!(few[1].bars.volume(), all[1].bars.volume());
    fewer.symbols.truncate(1);
    fewer.correlation = vec![vec![1.0]];
    assert_eq!(one(&fewer).bars.high(), all[0].bars.high());
}

#[test]
fn no_number_of_threads_changes_a_bit() {
    let preset = Preset { bars: 9_000, ..read("basket") };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| generate(&preset).unwrap())
    };
    let first = run(1);
    for other in [run(2), run(5)] {
        for (a, b) in first.iter().zip(&other) {
            let (a, b) = (a.bars.columns(), b.bars.columns());
            for (x, y) in [(&a.open, &b.open), (&a.high, &b.high), (&a.low, &b.low), (&a.volume, &b.volume)] {
                assert!(x.iter().zip(y.iter()).all(|(x, y)| x.to_bits() == y.to_bits()));
            }
        }
    }
}

#[test]
fn a_history_does_not_know_how_long_it_will_be() {
    for name in ["gbm", "merton", "gjr", "heston", "regimes", "basket"] {
        let long = Preset { bars: 5_000, ..read(name) };
        let short = Preset { bars: 3_000, ..read(name) };
        for (a, b) in generate(&long).unwrap().iter().zip(generate(&short).unwrap()) {
            // The last episode of a regime is cut, and the calm before a breakout with it.
            assert_eq!(a.bars.close()[..2_800], b.bars.close()[..2_800], "{name}");
            assert_eq!(a.bars.high()[..2_800], b.bars.high()[..2_800], "{name}");
        }
    }
}

#[test]
fn symbols_share_their_regimes_and_not_their_prices() {
    let all = generate(&read("regimes")).unwrap();
    assert_eq!(all[0].truth, all[1].truth);
    assert!((0..Regime::COUNT as u8).all(|code| truth(&all[0]).contains(&code)));
    let (a, b) = (returns(&all[0]), returns(&all[1]));
    let c = correlation(&a, &b);
    // Less than 0.7 by the jumps, which each has for itself.
    assert!((0.58..0.72).contains(&c), "{c}");
    let ratio = crate::stats::std_dev(&b, 1) / crate::stats::std_dev(&a, 1);
    assert!((1.15..1.45).contains(&ratio), "{ratio}");
}

/// One symbol with and without `event`, which is TOML.
fn with_and_without(event: &str) -> (Synthetic, Synthetic) {
    let mut preset = plain(gbm(), 60, 4);
    preset.symbols[0].tick = 1e-9;
    preset.volume = VolumePreset { level: 100.0, response: 0.8, noise_sd: 0.5, ..VolumePreset::default() };
    let without = one(&preset);
    preset.events = vec![toml::from_str(event).unwrap()];
    (one(&preset), without)
}

/// Asserts that the returns and shadows of `bars` (as numbered with the event) are those without it, `shift` bars later.
fn assert_untouched(with: &Synthetic, without: &Synthetic, bars: std::ops::Range<usize>, shift: usize) {
    let (a, b) = (&with.bars, &without.bars);
    for i in bars {
        let j = i + shift;
        assert_eq!(a.open_time()[i], b.open_time()[j]);
        assert_eq!(a.volume()[i], b.volume()[j]);
        for (x, y) in [(a.high(), b.high()), (a.low(), b.low()), (a.close(), b.close())] {
            assert!((x[i] / a.open()[i] - y[j] / b.open()[j]).abs() < 1e-12, "bar {i}");
        }
        if i > 0 {
            assert!((a.open()[i] / a.close()[i - 1] - 1.0).abs() < 1e-12 || shift > 0, "bar {i}");
        }
    }
}

#[test]
fn a_flash_crash_does_what_it_says() {
    let (with, without) = with_and_without(
        "kind = \"flash-crash\"\nat_bar = 20\ndepth = 0.3\ndown = 3\nrecovery = 6\nrecovered = 0.5\nvolume = 8.0",
    );
    assert_eq!(with.bars.len(), 60);
    let ratio = |i: usize| with.bars.close()[i] / without.bars.close()[i];
    assert!((ratio(19) - 1.0).abs() < 1e-12);
    // Even steps of the log to 0.7, and half of them back.
    for k in 0..3 {
        assert!((ratio(20 + k) - 0.7f64.powf((k + 1) as f64 / 3.0)).abs() < 1e-9, "{k}");
    }
    for k in 0..6 {
        assert!((ratio(23 + k) - 0.7f64.powf(1.0 - 0.5 * (k + 1) as f64 / 6.0)).abs() < 1e-9, "{k}");
    }
    assert!((ratio(59) - 0.7f64.sqrt()).abs() < 1e-9);
    for i in 20..29 {
        assert!((with.bars.volume()[i] / without.bars.volume()[i] - 8.0).abs() < 1e-5);
        assert!(with.bars.high()[i] >= with.bars.open()[i].max(with.bars.close()[i]));
        assert!((with.bars.open()[i] / with.bars.close()[i - 1] - 1.0).abs() < 1e-12);
    }
    assert_untouched(&with, &without, 0..20, 0);
    assert_untouched(&with, &without, 29..60, 0);
}

#[test]
fn a_gap_leaves_bars_out_and_opens_elsewhere() {
    let (with, without) =
        with_and_without("kind = \"gap\"\nat = \"2021-01-01 10:30\"\nbars = 7\njump = -0.04");
    assert_eq!(with.bars.len(), 53);
    let (a, start) = (&with.bars, parse_time("2021-01-01").unwrap());
    assert_eq!(a.open_time()[9], start + 9 * 3_600_000);
    assert_eq!(a.open_time()[10], start + 17 * 3_600_000);
    assert!((a.open()[10] / a.close()[9] - 0.96).abs() < 1e-12);
    assert_untouched(&with, &without, 0..10, 0);
    assert_untouched(&with, &without, 10..53, 7);
}

#[test]
fn a_dead_market_is_flat_without_volume() {
    let (with, without) = with_and_without("kind = \"dead\"\nat_bar = 20\nbars = 15");
    let a = &with.bars;
    assert_eq!(a.len(), 60);
    for i in 20..35 {
        let last = a.close()[19];
        assert_eq!(
            [a.open()[i], a.high()[i], a.low()[i], a.close()[i], a.volume()[i]],
            [last, last, last, last, 0.0]
        );
    }
    assert!((a.open()[35] / a.close()[34] - 1.0).abs() < 1e-12);
    assert_untouched(&with, &without, 0..20, 0);
    assert_untouched(&with, &without, 35..60, 0);
    // A regime has no bars in a dead market.
    let mut preset = Preset { bars: 500, ..read("regimes") };
    preset.events = vec![toml::from_str("kind = \"dead\"\nat_bar = 100\nbars = 10").unwrap()];
    for s in generate(&preset).unwrap() {
        let unknown: Vec<usize> = (0..500).filter(|&i| truth(&s)[i] == NO_REGIME).collect();
        assert_eq!(unknown, (100..110).collect::<Vec<_>>());
    }
}

#[test]
fn a_bad_print_is_one_extreme() {
    for size in [0.2, -0.1] {
        let (with, without) = with_and_without(&format!("kind = \"spike\"\nat_bar = 20\nsize = {size}"));
        let (a, b) = (&with.bars, &without.bars);
        assert_eq!(a.close(), b.close());
        let (top, bottom) = (b.open()[20].max(b.close()[20]), b.open()[20].min(b.close()[20]));
        if size > 0.0 {
            assert!((a.high()[20] / top - 1.2).abs() < 1e-9);
            assert_eq!(a.low(), b.low());
        } else {
            assert!((a.low()[20] / bottom - 0.9).abs() < 1e-9);
            assert_eq!(a.high(), b.high());
        }
        let differ = |x: &[f64], y: &[f64]| (0..60).filter(|&i| x[i] != y[i]).count();
        assert_eq!(differ(a.high(), b.high()) + differ(a.low(), b.low()), 1);
    }
}

#[test]
fn an_event_of_one_symbol_leaves_the_others_alone() {
    let mut preset = three(gbm(), 50);
    let calm = generate(&preset).unwrap();
    preset.events = vec![toml::from_str("kind = \"gap\"\nat_bar = 5\nbars = 3\nsymbols = [\"B\"]").unwrap()];
    let all = generate(&preset).unwrap();
    assert_eq!(all.iter().map(|s| s.bars.len()).collect::<Vec<_>>(), [50, 47, 50]);
    assert_eq!(all[2].bars.close(), calm[2].bars.close());
}

#[test]
fn events_that_cannot_be_are_refused_by_number() {
    let crash = "kind = \"flash-crash\"\ndepth = 0.3\ndown = 3\nrecovery = 6\n";
    for (events, want) in [
        (
            vec![format!("{crash}at_bar = 0")],
            "event[0].at_bar must be such that the event lies within bars 1..58",
        ),
        (vec![format!("{crash}at_bar = 51")], "event[0].at_bar must be such that"),
        (vec![crash.to_string()], "event[0].at_bar must be given, or else at, was neither"),
        (vec![format!("{crash}at_bar = 1\nat = \"2021-01-01\"")], "was both"),
        (vec![format!("{crash}at = \"soon\"")], "event[0].at must be a UTC date or time, was \"soon\""),
        (vec![format!("{crash}at = \"2020-12-31\"")], "event[0].at must be no time before the first bar"),
        (
            vec![format!("{crash}at_bar = 5\nbars = 2")],
            "event[0].bars must be left out: flash-crash has the keys depth",
        ),
        (vec!["kind = \"gap\"\nat_bar = 5".into()], "event[0].bars must be given, was missing"),
        (vec!["kind = \"gap\"\nat_bar = 5\nbars = 0".into()], "event[0].bars must be at least 1, was 0"),
        (vec!["kind = \"gap\"\nat_bar = 5\nbars = 1\njump = -1.0".into()], "event[0].jump must be above -1"),
        (
            vec!["kind = \"spike\"\nat_bar = 5\nsize = 0.0".into()],
            "event[0].size must be above -1, and not 0",
        ),
        (
            vec!["kind = \"dead\"\nat_bar = 12\nbars = 2".into(), format!("{crash}at_bar = 5")],
            "event[0] must be clear of event[1], which lasts until bar 13, was at bar 12",
        ),
        (
            vec!["kind = \"dead\"\nat_bar = 13\nbars = 2".into(), format!("{crash}at_bar = 5")],
            "event[0] must be clear of event[1], which lasts until bar 13, was at bar 13",
        ),
        (
            vec!["kind = \"dead\"\nat_bar = 12\nbars = 2\nsymbols = [\"Y\"]".into()],
            "event[0].symbols must be among X, was \"Y\"",
        ),
    ] {
        let mut preset = plain(gbm(), 60, 1);
        preset.events = events.iter().map(|e| toml::from_str(e).unwrap()).collect();
        let e = generate(&preset).unwrap_err().to_string();
        assert!(e.contains(want), "{e}, not {want}");
    }
    // One right after the other is possible.
    let mut preset = plain(gbm(), 60, 1);
    let after = "kind = \"dead\"\nat_bar = 14\nbars = 2";
    preset.events =
        vec![toml::from_str(after).unwrap(), toml::from_str(&format!("{crash}at_bar = 5")).unwrap()];
    assert!(preset.violations().is_empty());
}

#[test]
fn symbols_that_cannot_be_are_refused() {
    let basket = shipped().iter().find(|s| s.name == "basket").unwrap().text;
    for (old, new, want) in [
        ("symbol = \"BETA\"", "symbol = \"alpha\"", "symbols.alpha.symbol must be unlike every other symbol"),
        ("symbol = \"BETA\"", "symbol = \"../BETA\"", "must be letters, digits and any of - _ ."),
        (
            "volatility_scale = 1.3",
            "volatility_scale = 0",
            "symbols.BETA.volatility_scale must be a finite number",
        ),
        ("volatility_scale", "volatility_scle", "did you mean \"volatility_scale\"?"),
        ("seed = 1", "seed = 1\ntick = 0.1", "tick must be left out, since [[symbols]] has it"),
        ("garch = {", "gbm = {", "unknown key \"alpha\""),
        (
            "[1.00, 0.85, 0.70, 0.10]",
            "[1.00, 0.85, 0.70]",
            "correlation must be one number, or 4 rows of 4 numbers",
        ),
        ("beta = 0.90", "beta = 0.92", "alpha + gamma / 2 + beta must be below 1, was 1"),
        (
            "beta = 0.90",
            "beta = 0.90\ngamma = 0.1",
            "garch.gamma must be left out, or the process \"gjr\", was 0.1",
        ),
        ("bars = 8760", "bars = 8760\ndays_per_year = 0", "days_per_year must be within 1..366, was 0"),
    ] {
        assert!(basket.contains(old), "{old}");
        let e = Preset::parse("p.toml", &basket.replacen(old, new, 1)).unwrap_err().to_string();
        assert!(e.contains(want), "{e}, not {want}");
    }
    let mut many = three(gbm(), 1_000_000);
    many.symbols = (0..21).map(|i| symbol(&format!("S{i}"), 1.0)).collect();
    many.correlation = (0..21).map(|i| (0..21).map(|j| f64::from(i == j)).collect()).collect();
    let e = many.violations()[0].to_string();
    assert_eq!(e, "bars times symbols must be at most 20000000: make several presets, was 21000000");
}

#[test]
fn every_shipped_preset_is_there_generates_and_loads() {
    let folder = super::tests::dataset("presets");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut names: Vec<&str> = shipped().iter().map(|s| s.name).collect();
    names.sort_unstable();
    assert_eq!(files, names);

    let dir = tempfile::tempdir().unwrap();
    for s in shipped() {
        assert!(s.about().len() > 20, "{} says nothing of itself", s.name);
        let source = PresetFile::read(s.name).unwrap();
        assert_eq!(source.preset.name, s.name);
        let several = source.preset.symbols.len() > 1;
        let out = dir.path().join(if several { s.name.into() } else { format!("{}.parquet", s.name) });
        for (path, made) in write(&source, &out).unwrap() {
            let request = LoadRequest { timeframe: Some(source.preset.timeframe), ..LoadRequest::default() };
            let loaded = load(&path, &request).unwrap();
            assert!(loaded.synthetic, "{}", s.name);
            assert_eq!(loaded.truth, made.truth, "{}", s.name);
            assert_eq!(loaded.bars.open_time(), made.bars.open_time());
            assert_eq!(loaded.bars.close(), made.bars.close());
            let moved = made.bars.close().windows(2).filter(|w| w[0] != w[1]).count();
            assert!(moved > made.bars.len() / 3, "{}: {moved} closes move", s.name);
        }
        if several {
            assert_eq!(std::fs::read_dir(&out).unwrap().count(), source.preset.symbols.len());
        }
    }
}

#[test]
fn files_say_where_they_come_from_and_are_the_same_bytes_again() {
    let dir = tempfile::tempdir().unwrap();
    let source = PresetFile::read("basket").unwrap();
    let written = |folder: &str| -> Vec<Vec<u8>> {
        let made = write(&source, dir.path().join(folder)).unwrap();
        assert!(made[1].0.ends_with(format!("{folder}/BETA-1h.parquet")));
        made.iter().map(|(path, _)| std::fs::read(path).unwrap()).collect()
    };
    let first = written("a");
    assert!(first == written("b"), "the same preset gives other bytes");
    let text = String::from_utf8_lossy(&first[1]);
    let hash = sha256_hex(source.text.as_bytes());
    for part in ["assay:source", "synthetic", "assay:process", "garch", "assay:seed", "BETA", &hash] {
        assert!(text.contains(part), "{part} is missing");
    }
    let e = write(&source, dir.path().join("all.parquet")).unwrap_err().to_string();
    assert!(e.contains("4 symbols need a folder") && e.contains("hint: name a folder"), "{e}");
}

#[test]
fn values_can_be_set_from_outside() {
    let set = |name: &str, all: &[&str]| {
        PresetFile::read(name).unwrap().with(&all.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let made = set("gbm", &["seed=7", "bars = 50", "gbm.volatility=0.25", "name=other", "start=2020-02-03"])
        .unwrap();
    let p = &made.preset;
    assert_eq!((p.seed, p.bars, p.name.as_str(), p.start.as_str()), (7, 50, "other", "2020-02-03"));
    assert_eq!(p.process, Process::Gbm(GbmPreset { drift: 0.0, volatility: 0.25 }));
    // The text is a preset that gives the same again.
    let again = PresetFile::parse("x", &made.text).unwrap().preset;
    assert_eq!((&again, one(&again).bars.close()), (p, one(p).bars.close()));
    assert_eq!(set("gbm", &[]).unwrap().text, PresetFile::read("gbm").unwrap().text);
    assert_eq!(set("basket", &["correlation=0.5"]).unwrap().preset.correlation[3][0], 0.5);
    for (name, all, want) in [
        ("gbm", "seed", "--set seed: has no value\n\nhint: write --set key=value"),
        ("gbm", "garch.beta=0.5", "--set garch.beta=0.5: the preset has no table \"garch\""),
        ("gbm", "sede=2", "--set sede=2: unknown key \"sede\"\n\nhint: did you mean \"seed\"?"),
        ("gbm", "bars=0", "--set bars=0: bars must be within 1..5000000, was 0"),
    ] {
        let e = set(name, &[all]).unwrap_err().to_string();
        assert!(e.starts_with(want), "{e}");
    }
}

#[test]
fn the_page_names_every_key_and_preset() {
    let page = std::fs::read_to_string(super::tests::dataset("../docs/guides/synthetic.md")).unwrap();
    let keys_of = |text: &str| {
        let e = Preset::parse("p", text).unwrap_err().to_string();
        let list = e.split(" here are ").nth(1).unwrap_or_else(|| panic!("{e}")).to_owned();
        list.split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    let mut names: Vec<String> = shipped().iter().map(|s| s.name.to_owned()).collect();
    let tables =
        ["", "[gbm]", "[merton]", "[garch]", "[gjr]", "[heston]", "[intrabar]", "[[symbols]]", "[[event]]"];
    for table in tables {
        names.extend(keys_of(&format!("{table}\nzzz = 1")));
    }
    names.extend(keys_of("[volume]\nzzz = 1"));
    names.extend(keys_of("process = \"zzz\""));
    names.extend(keys_of("[[event]]\nkind = \"zzz\""));
    assert!(names.len() > 80, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "docs/guides/synthetic.md lacks `{name}`");
    }
}

#[test]
fn a_dead_process_is_flat_throughout() {
    let s = one(&plain(Process::Dead, 100, 1));
    assert!(s.bars.high().iter().chain(s.bars.low()).all(|&p| p == 1e6));
    assert!(s.bars.volume().iter().all(|&v| v == 0.0));
    let text = "name = \"d\"\nprocess = \"dead\"\nsymbol = \"D\"\ntimeframe = \"1m\"\nstart = \"2021-01-01\"\n\
                bars = 10\nseed = 1\nstart_price = 2.5\ntick = 0.5\nlot = 1.0\n";
    assert_eq!(one(&Preset::parse("p.toml", text).unwrap()).bars.close(), [2.5; 10]);
}

#[test]
fn volume_answers_to_the_range_and_has_its_level() {
    let mut preset = plain(gbm(), 20_000, 2);
    preset.volume = VolumePreset { level: 500.0, response: 1.0, ..VolumePreset::default() };
    preset.symbols[0].volume_scale = 2.0;
    let b = one(&preset).bars;
    let mean = b.volume().iter().sum::<f64>() / b.len() as f64;
    assert!((mean / 1000.0 - 1.0).abs() < 0.02, "{mean}");
    let ratio = |i: usize| b.volume()[i] / (b.high()[i] / b.low()[i]).ln();
    assert!((0..1000).all(|i| (ratio(i) / ratio(0) - 1.0).abs() < 1e-6));
}
