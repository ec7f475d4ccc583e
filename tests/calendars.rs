//! Markets that close: longer bars, annualisation, and the page that says how.

use std::path::{Path, PathBuf};

use assay::data::{LoadRequest, load, table};
use assay::market::{Calendar, parse_time};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, only_run, root};

/// Commands of the page run as written, in a folder that has the datasets, and print what the page shows.
#[test]
fn the_page_on_longer_bars_shows_what_is_printed() {
    let page = std::fs::read_to_string(root().join("docs/guides/resampling.md")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("datasets")).unwrap();
    let name = "datasets/btcusdt-1h.parquet";
    std::fs::copy(root().join(name), dir.path().join(name)).unwrap();
    let blocks: Vec<&str> =
        page.split("```console\n$ assay ").skip(1).map(|b| b.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3, "{blocks:?}");
    for block in blocks {
        let (command, shown) = block.split_once('\n').unwrap();
        let made = assay().current_dir(dir.path()).args(command.split(' ')).assert().code(0);
        assert_eq!(String::from_utf8_lossy(&made.get_output().stdout), shown, "{command}");
    }
    let days = load(&dir.path().join("days.parquet"), &LoadRequest::default()).unwrap();
    assert!(days.synthetic);
    assert_eq!(days.bars.open_time()[90], parse_time("2021-04-01 21:00").unwrap());
}

/// Hours of a currency over some weeks, and a crossover on them.
fn currency() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let from = parse_time("2024-02-04 22:00").unwrap();
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    let (mut price, mut seed) = (1.1, 7u64);
    for t in (0..16 * 7 * 24 - 24).map(|k| from + k * 3_600_000).filter(|t| Calendar::Fx.is_open(*t)) {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let next: f64 = price * (1.0 + ((seed >> 40) as f64 / f64::from(1 << 24) - 0.5) / 200.0);
        let (high, low) = (price.max(next), price.min(next));
        text.push_str(&format!("{t},{price},{high},{low},{next},10\n"));
        price = next;
    }
    std::fs::write(dir.path().join("eurusd.csv"), text).unwrap();
    let scenario = dir.path().join("fx.toml");
    let text = "name = \"fx\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"eurusd.csv\"]\nsymbol = \"EURUSD\"\n\
        [account]\ncurrency = \"USD\"\n[[instrument]]\nsymbol = \"EURUSD\"\nlike = \"EURUSD\"\nfee_class = \"spread-only\"\n\
        [params]\nfast = 3\nslow = 12\n[sweep]\nresamples = 99\n[sweep.params]\nfast = [3, 4, 5]\nslow = [12, 20]\n";
    std::fs::write(&scenario, text).unwrap();
    (dir, scenario)
}

fn ran(scenario: &Path, command: &str, name: &str, sets: &[&str]) -> (String, PathBuf) {
    let out = scenario.parent().unwrap().join(name);
    let sets = sets.iter().flat_map(|s| ["--set", *s]);
    let made = assay()
        .arg(command)
        .arg(scenario)
        .args(sets)
        .arg("--out")
        .arg(&out)
        .assert()
        .code(0)
        .get_output()
        .clone();
    (String::from_utf8(made.stdout).unwrap(), only_run(&out))
}

fn summary(run: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(run.join("summary.json")).unwrap()).unwrap()
}

#[test]
fn a_market_that_closes_is_annualised_by_its_calendar() {
    let (_dir, scenario) = currency();
    let (text, run) = ran(&scenario, "backtest", "fx", &["data.calendar=fx"]);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("annualised with 260 days and 6240 bars a year (calendar fx)"), "{text}");
    let s = summary(&run);
    assert_eq!((s["calendar"].as_str(), s.get("notes")), (Some("fx"), None));
    // Sixteen weeks are eighty days: the Sunday evenings belong to Mondays.
    assert_eq!((s["performance"]["periods"].as_u64(), s["days_per_year"].as_f64()), (Some(80), Some(260.0)));
    assert_eq!(s["costs"]["fee"].as_f64(), Some(0.0));

    // The instrument says so itself: it is the same run.
    let (_, silent) = ran(&scenario, "backtest", "silent", &[]);
    assert_eq!(silent.file_name(), run.file_name());
    assert_eq!(summary(&silent)["bars_per_year"].as_f64(), Some(6240.0));

    // Around the clock where it is told to, and a note.
    let (text, run) = ran(&scenario, "backtest", "always", &["data.calendar=24/7"]);
    let note = "EURUSD trades by the calendar fx; data.calendar = \"24/7\" annualises by 365 days a year";
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(note), "{text}");

    // Of a market that nobody knows, its weekends say that it closes.
    let unknown = std::fs::read_to_string(&scenario).unwrap();
    let unknown =
        unknown.replace("EURUSD", "XYZ").replace("like = \"XYZ\"\nfee_class = \"spread-only\"\n", "");
    let elsewhere = scenario.with_file_name("unknown.toml");
    std::fs::write(&elsewhere, unknown).unwrap();
    let (text, _) = ran(&elsewhere, "backtest", "unknown", &[]);
    assert!(text.contains("no bar opens on a Saturday, and results are annualised by 365 days"), "{text}");
    let (text, _) = ran(&elsewhere, "backtest", "known", &["data.days_per_year=260"]);
    assert!(!text.contains("Saturday"), "{text}");
    let other = summary(&run);
    assert_eq!((other.get("calendar"), other["bars_per_year"].as_f64()), (None, Some(8760.0)));
    assert_eq!(other["performance"]["total_return"], s["performance"]["total_return"]);

    // The figures explained are those of the summary, and a sweep's row is the backtest.
    let explained = |run: &Path| -> f64 {
        let made = assay().arg("report").arg(run).args(["--explain", "sharpe", "--format", "json"]).assert();
        let v: Value = serde_json::from_slice(&made.get_output().stdout).unwrap();
        v["dialects"][0]["figure"]["value"].as_f64().unwrap()
    };
    let (_, run) = ran(&scenario, "backtest", "again", &["data.calendar=fx"]);
    assert_eq!(Some(explained(&run)), s["performance"]["sharpe"].as_f64());
    let (_, swept) = ran(&scenario, "sweep", "sweep", &["data.calendar=fx"]);
    let rows = table::read(&swept.join("candidates.parquet")).unwrap();
    // The row begins where the slowest of them has warmed up, and says so.
    let from = format!("data.from={}", rows.labels("data.from").unwrap().get(0).unwrap());
    let (_, same_days) = ran(&scenario, "backtest", "same days", &["data.calendar=fx", &from]);
    let s = summary(&same_days);
    assert_eq!(Some(rows.f64("sharpe").unwrap()[0]), s["performance"]["sharpe"].as_f64());
    assert_eq!(rows.f64("cagr").unwrap()[0].to_bits(), s["performance"]["cagr"].as_f64().unwrap().to_bits());
}

#[test]
fn a_run_around_the_clock_says_nothing_of_a_calendar() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = root().join("scenarios/ma-cross.toml");
    let out = dir.path().join("out");
    assay().arg("backtest").arg(&scenario).arg("--out").arg(&out).assert().code(0);
    let run = only_run(&out);
    assert_eq!((summary(&run).get("calendar"), summary(&run).get("notes")), (None, None));
    let echo = std::fs::read_to_string(run.join("scenario.toml")).unwrap();
    assert!(!echo.contains("calendar") && echo.contains("days_per_year = 365.0"), "{echo}");
}

#[test]
fn wrong_words_are_answered_with_the_right_ones() {
    let refusal = |arguments: &[&str]| {
        let to = ["data", "resample", "datasets/btcusdt-1h.parquet", "--out", "x.parquet"];
        let out = assay().args(to).args(arguments).assert().code(2).get_output().clone();
        String::from_utf8(out.stderr).unwrap()
    };
    for (arguments, words) in [
        (&["--to", "90m"][..], "timeframe 90m: is no multiple of that of the bars, 1h"),
        (&["--to", "1x"], "\"1x\" is not a bar length"),
        (&["--to", "4h", "--calendar", "us_equity"], "did you mean us-equity?"),
        (&["--to", "4h", "--anchor", "session"], "--anchor session: no session was named"),
        (&["--to", "4h", "--session", "09:30"], "add --anchor session"),
        (&["--to", "4h", "--anchor", "session", "--session", "9.30"], "\"9.30\" is no session"),
        (
            &["--to", "4h", "--anchor", "session", "--session", "09:30", "--timezone", "America/NewYork"],
            "did you mean America/New_York?",
        ),
        (&["--to", "4h", "--timezone", "UTC"], "--session"),
        (&["--to", "2h", "--anchor", "session", "--session", "09:30-16:00"], "most bars of 1h lie across"),
        (&["--to", "1w", "--anchor", "session", "--calendar", "us-equity"], "most bars of 1h lie across"),
        (&["--to", "36h", "--anchor", "session", "--session", "09:00"], "no whole number of sessions"),
    ] {
        let e = refusal(arguments);
        assert!(e.contains(words), "{arguments:?}: {e}");
    }
    assert!(!root().join("x.parquet").exists());
}
