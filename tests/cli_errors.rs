//! Wrong input: what is said, with which exit code, and that nothing is left behind.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

use crate::common::{assay, root};

/// A folder with a scenario whose bars are `bars.csv`, and room for results.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        place.write("s.toml", "name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"bars.csv\"]\n");
        place.write("bars.csv", &csv(&rows(300)));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The scenario with `tail` after its five lines.
    fn scenario(&self, tail: &str) {
        let text = std::fs::read_to_string(self.path("s.toml")).unwrap();
        self.write("s.toml", &format!("{text}{tail}"));
    }

    fn backtest(&self) -> Command {
        let mut command = assay();
        command.arg("backtest").arg(self.path("s.toml")).arg("--out").arg(self.path("out"));
        command
    }

    /// Runs `command`, which must refuse: exit code 2, nothing on standard output, no result. Returns the message with
    /// this folder's path left out.
    fn refusal(&self, command: &mut Command) -> String {
        let output = command.assert().code(2).get_output().clone();
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        for entry in std::fs::read_dir(self.path("out")).into_iter().flatten().flatten() {
            let left: Vec<_> = std::fs::read_dir(entry.path()).unwrap().flatten().collect();
            assert!(left.is_empty(), "{left:?} was left behind");
        }
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!message.contains("panicked"), "{message}");
        message.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// Hourly bars of a gentle wave, one line each.
fn rows(n: usize) -> Vec<String> {
    let stamp = |i: usize| format!("2021-01-{:02} {:02}:00:00", 1 + i / 24, i % 24);
    (0..n)
        .map(|i| {
            let price = 100.0 + ((i % 20) as f64 - 10.0).abs();
            format!("{},{price},{},{},{price},{}", stamp(i), price + 1.0, price - 1.0, 10 + i % 7)
        })
        .collect()
}

fn csv(rows: &[String]) -> String {
    format!("time,open,high,low,close,volume\n{}\n", rows.join("\n"))
}

fn refused(prepare: impl FnOnce(&Place)) -> String {
    let place = Place::new();
    prepare(&place);
    place.refusal(&mut place.backtest())
}

#[test]
fn the_place_itself_is_fine() {
    let place = Place::new();
    place.backtest().assert().success();
}

#[test]
fn a_wrong_scenario_is_named_by_line_rule_and_remedy() {
    assert_eq!(
        refused(|p| p.scenario("[execution]\nfee_bsp = 1\n")),
        "error: s.toml:7: unknown key \"fee_bsp\"\n\nhint: did you mean \"fee_bps\"? The keys here are fill, \
         intrabar, fee_bps, spread_bps, slippage_bps\n"
    );
    assert_eq!(
        refused(|p| p.scenario("[params]\nentry.QUITE = 0.8\n")),
        "error: s.toml:7: unknown parameter \"entry.QUITE\"\n\nhint: did you mean \"entry.QUIET\"? `assay params \
         unified` prints all\n"
    );
    assert_eq!(
        refused(|p| p.scenario("[account]\nequity = \"much\"\n")),
        "error: s.toml:7: invalid type: string \"much\", expected f64\n\nhint: see the scenario page of the \
         documentation for every key and its type\n"
    );
    assert_eq!(
        refused(|p| p.scenario("[params]\nkelly_fraction = 0.9\n[risk]\nsmall_factor = 2\n")),
        "error: s.toml:7: params.kelly_fraction must be a number in 0..=0.5, was 0.9\ns.toml:9: risk.small_factor \
         must be a number in 0..=1, was 2\n\nhint: Share of the Kelly fraction that is used.\n"
    );
    assert!(refused(|p| p.scenario("[params\n")).starts_with("error: s.toml:6: "));
    assert!(refused(|p| std::fs::write(p.path("s.toml"), [0xff, 0xfe]).unwrap()).contains("UTF-8 text file"));
    assert_eq!(
        refused(|p| std::fs::remove_file(p.path("s.toml")).unwrap()),
        "error: s.toml: cannot read the scenario: No such file or directory (os error 2)\n\nhint: check the path; \
         scenarios/unified.toml is an example\n"
    );
    assert_eq!(
        refused(|p| p.scenario("from = \"2022-01-01\"\nto = \"2021-01-01\"\n")),
        "error: s.toml:6: data.from must be earlier than data.to: the range is empty\n\nhint: the value must lie in \
         the range given\n"
    );
}

#[test]
fn assignments_are_blamed_for_what_they_break() {
    for (set, words) in [
        ("params.trail_atr", "--set params.trail_atr: has no value"),
        ("params.trail_atr=9", "--set params.trail_atr=9: params.trail_atr must be a number in 0.25..=3"),
        ("execution.intrabar=kind", "--set execution.intrabar=kind: unknown variant"),
        ("colour=red", "unknown key \"colour\""),
    ] {
        let place = Place::new();
        let message = place.refusal(place.backtest().args(["--set", set]));
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn wrong_bars_are_named_by_file_line_and_remedy() {
    let broken = |edit: fn(&mut Vec<String>)| {
        refused(|p| {
            let mut lines = rows(300);
            edit(&mut lines);
            p.write("bars.csv", &csv(&lines));
        })
    };
    for (message, start, hinted) in [
        (refused(|p| std::fs::remove_file(p.path("bars.csv")).unwrap()), "bars.csv: no such file", true),
        (refused(|p| p.write("bars.csv", "")), "bars.csv: the file is empty (0 bytes)", true),
        (
            refused(|p| p.write("bars.csv", "time,open,high,low,close\n2021-01-01,1,1,1,1\n")),
            "bars.csv:1: missing column volume, found: time, open, high, low, close",
            true,
        ),
        (broken(|r| r.swap(10, 11)), "bars.csv:13: ", true),
        (broken(|r| r[5] = r[4].clone()), "bars.csv:7: duplicate time 2021-01-01 04:00:00", true),
        (broken(|r| r[7] = r[7].replacen(",10", ",NaN", 1)), "bars.csv:9: ", false),
        (broken(|r| r[3] = "2021-01-01 03:00:00,100,99,101,100,5".into()), "bars.csv:5: ", false),
        (broken(|r| r[3] = "2021-01-01 03:00:00,100,101".into()), "bars.csv:5: ", false),
        (
            refused(|p| {
                std::fs::write(p.path("bars.csv"), b"PAR1 but then nothing of the kind PAR1").unwrap()
            }),
            "bars.csv: ",
            true,
        ),
        (
            broken(|r| r.truncate(150)),
            "bars.csv: 150 bars in range, but the warm-up of this system takes 200",
            true,
        ),
        (refused(|p| p.scenario("from = \"2023-01-01\"\n")), "bars.csv: ", true),
        (
            refused(|p| p.scenario("timeframe = \"4h\"\n")),
            "bars.csv: the bars are 1h apart, not 4h as requested",
            true,
        ),
    ] {
        assert!(message.starts_with(&format!("error: {start}")), "{message} lacks {start}");
        assert!(!hinted || message.contains("\n\nhint: "), "{message} has no hint");
    }
    // The words of those whose start says only where.
    assert!(broken(|r| r.swap(10, 11)).contains("earlier"));
    assert!(
        broken(|r| r[3] = "2021-01-01 03:00:00,100,99,101,100,5".into()).contains("high 99 is below low 101")
    );
    assert!(refused(|p| p.scenario("from = \"2023-01-01\"\n")).contains("2021-01-01"));
}

#[test]
fn results_that_cannot_be_written_show_before_the_work() {
    let place = Place::new();
    place.write("file", "not a folder");
    let mut command = assay();
    command.arg("backtest").arg(place.path("s.toml")).arg("--out").arg(place.path("file/below"));
    let message = place.refusal(&mut command);
    assert!(message.starts_with("error: file/below/t: the folder cannot be made"), "{message}");
    assert!(message.ends_with("hint: choose another folder with --out\n"), "{message}");
}

#[test]
fn wrong_criteria_are_named() {
    let place = Place::new();
    place.write("c.toml", "system = \"unified\"\n\n[[criterion]]\nid = \"A\"\nmetrik = \"win_rate\"\n");
    place.scenario("[gate]\ncriteria = [\"c.toml\"]\n");
    let message = place.refusal(&mut place.backtest());
    assert!(message.contains("c.toml:5") && message.contains("metrik"), "{message}");
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let place = Place::new();
    for command in ["gate", "report"] {
        let message = place.refusal(assay().arg(command).arg(place.dir.path()));
        assert!(message.starts_with("error: summary.json: cannot be read"), "{message}");
        assert!(message.contains("hint: name a run folder"), "{message}");
    }
    place.write("summary.json", "{\"assay_version\": 3}");
    let message = place.refusal(assay().arg("gate").arg(place.dir.path()));
    assert!(message.starts_with("error: summary.json: is not the summary of a run"), "{message}");
}

#[test]
fn a_damaged_table_of_a_run_is_refused() {
    let place = Place::new();
    copy(&example(), &place.path("run"));
    place.write("run/trades.parquet", "PAR1");
    let message = place.refusal(assay().arg("gate").arg(place.path("run")));
    assert!(message.starts_with("error: run/trades.parquet: "), "{message}");
}

fn example() -> PathBuf {
    let runs = std::fs::read_dir(root().join("results/example")).unwrap();
    runs.flatten().map(|e| e.path()).next().unwrap()
}

fn copy(from: &Path, to: &Path) {
    for file in crate::common::files(from) {
        let target = to.join(&file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(from.join(file), target).unwrap();
    }
}

#[test]
fn wrong_features_are_named() {
    let place = Place::new();
    for (features, words) in [
        (&["atrr"][..], "there is no feature named \"atrr\"\n\nhint: did you mean atr?"),
        (&["atr:0"], "window must be a whole number in 1..=100000, was \"0\""),
        (&["atr", "atr:14"], "atr:14 is named twice"),
        (&[], "no feature was named"),
    ] {
        let mut command = assay();
        command.arg("features").arg(place.path("bars.csv")).arg("--out").arg(place.path("f.parquet"));
        command.args(features.iter().flat_map(|f| ["--feature", f]));
        let message = place.refusal(&mut command);
        assert!(message.contains(words), "{message}");
        assert!(!place.path("f.parquet").exists());
    }
}

#[test]
fn wrong_usage_is_explained() {
    let place = Place::new();
    for (arguments, words) in [
        (&["backtets"][..], "unrecognized subcommand 'backtets'"),
        (&["backtest"], "<SCENARIO>"),
        (&["backtest", "s.toml", "--ouput", "x"], "unexpected argument '--ouput'"),
        (&["backtest", "s.toml", "--threads", "0"], "0 is not in 1..=1024"),
        (&["backtest", "s.toml", "--format", "yaml"], "[possible values: text, json]"),
        (&["gate"], "<RUN>"),
    ] {
        let message = place.refusal(assay().args(arguments));
        assert!(message.contains(words), "{message}");
    }
}
