//! Days that are locked away: kept from every command and every copy, opened once; and plans sealed before a search.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, only_run};

const DAY_MS: i64 = 86_400_000;
/// 2021-01-01.
const START_MS: i64 = 1_609_459_200_000;
const DAYS: i64 = 240;

const SCENARIO: &str = "name = \"held\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"bars.csv\"]\nsymbol = \"X\"\n\
    [execution]\nfee_bps = 5\n[gate]\ncriteria = [\"rules.toml\"]\nresamples = 1000\n[sweep]\nresamples = 99\n\
    [sweep.params]\nfast = [4, 6]\nslow = [20, 30]\n[montecarlo]\nmethod = \"stationary\"\npaths = 10\n\
    [walkforward]\ntrain_days = 60\ntest_days = 30\nholdout_days = 70\n";

const RULES: &str = "system = \"ma-cross\"\n[[criterion]]\nid = \"W\"\nmetric = \"win_rate\"\nscope = \"overall\"\nop = \">=\"\n\
    threshold = 0.0\nbetter = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\nkind = \"acceptance\"\n\
    min_n = 1\nunit = \"%\"\nsays = \"Some win.\"\n";

/// Prices of the traded bars are dollars, of the account pounds.
const CONVERTED: &str = "[account]\ncurrency = \"GBP\"\n[[instrument]]\nsymbol = \"X\"\nquote = \"USD\"\n\
    [[conversion]]\npair = \"USD_GBP\"\nbars = \"bars.csv\"\n";

/// Hours of a market that wanders by `seed`: open times and closes.
fn hours(seed: u64) -> Vec<(i64, f64)> {
    let (mut state, mut price) = (seed, 100.0f64);
    let mut close = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        price *= 1.0 + 0.01 * ((state >> 40) as f64 / (1u64 << 24) as f64 - 0.5);
        price
    };
    (0..DAYS * 24).map(|k| (START_MS + k * 3_600_000, close())).collect()
}

fn csv(hours: &[(i64, f64)], scale: f64) -> String {
    let mut text = "open_time,open,high,low,close,volume\n".to_owned();
    let mut open = hours[0].1 * scale;
    for (time, close) in hours {
        let close = close * scale;
        text.push_str(&format!("{time},{open},{},{},{close},1\n", open.max(close), open.min(close)));
        open = close;
    }
    text
}

/// A folder with bars, a scenario that holds out their last 70 days, its criteria, and a user's own folder for locks.
struct Case {
    dir: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { dir: tempfile::tempdir().unwrap() };
        case.write("bars.csv", &csv(&hours(1), 1.0));
        case.write("rules.toml", RULES);
        case.write("held.toml", SCENARIO);
        case
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.at(name), text).unwrap();
        self.at(name)
    }

    fn run(&self, words: &str) -> Output {
        let mut command = assay();
        command.env("ASSAY_REGISTRY", self.at("registry")).current_dir(self.dir.path());
        command.args(words.split(' ')).output().unwrap()
    }

    /// What it says to people of a command that ends well.
    fn told(&self, words: &str) -> String {
        let out = self.run(words);
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{words}: {told}");
        told
    }

    fn json(&self, words: &str) -> Value {
        let out = self.run(&format!("{words} --format json"));
        assert!(out.status.success(), "{words}: {}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    }

    /// The error of a command that is refused.
    fn refused(&self, words: &str) -> String {
        let out = self.run(words);
        let e = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{words}: {e}");
        e.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn ledger(&self, folder: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.at(folder).join("ledger.jsonl")).unwrap_or_default();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    fn kinds(&self, folder: &str) -> Vec<String> {
        self.ledger(folder).iter().map(|l| l["kind"].as_str().unwrap().to_owned()).collect()
    }
}

fn first_locked_ms() -> i64 {
    START_MS + (DAYS - 70) * DAY_MS
}

const LOCKED: &str = "days 2021-06-20 to 2021-08-28 of these bars are locked by scenario \"held\" in ";

#[test]
fn every_command_that_evaluates_ends_before_locked_days_or_is_refused() {
    let case = Case::new();
    case.told("walkforward held.toml --out a --quiet");
    let locks = case.ledger("a");
    assert_eq!(
        (locks[0]["kind"].as_str(), locks[0]["count"].as_u64()),
        (Some("lock"), Some(0)),
        "before the rest"
    );
    assert_eq!(locks[0]["from_ms"], first_locked_ms());
    assert_eq!(case.kinds("registry"), ["lock"]);
    // A scenario that has no hold-out of its own, in another folder.
    let others = SCENARIO
        .replace("name = \"held\"", "name = \"other\"")
        .replace("holdout_days = 70", "holdout_days = 0");
    case.write("other.toml", &others.replace("criteria = [\"rules.toml\"]\n", ""));
    for command in [
        "backtest other.toml --out b",
        "sweep other.toml --out b",
        "montecarlo other.toml --out b",
        "walkforward other.toml --out b",
        "regime evaluate other.toml --out r --shifts 9 --train-bars 500",
        "check causality other.toml --cuts 2",
    ] {
        let told = case.told(command);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            told.contains(LOCKED) && told.contains("bars from 2021-06-20 00:00:00 on are not read"),
            "{told}"
        );
        for span in ["data.to=2021-07-01", "data.to=2030-01-01", "data.from=2021-06-21"] {
            let e = case.refused(&format!("{command} --set {span}"));
            assert!(
                e.contains(LOCKED) && e.contains("data.to = \"2021-06-20 00:00:00\""),
                "{command} {span}: {e}"
            );
        }
        case.told(&format!("{command} --set data.to=2021-06-20"));
    }
    let bars = case.json("backtest other.toml --out c")["summary"]["data"]["bars"].as_u64();
    assert_eq!(bars, Some((DAYS as u64 - 70) * 24));
    let features = case.json("features bars.csv --feature ema:20 --out f.parquet");
    assert_eq!(features["bars"].as_u64(), Some((DAYS as u64 - 70) * 24));
    // What only looks after files reads all of them, and the walk forward that locked the days goes on as it was.
    case.told("data check bars.csv");
    case.told("walkforward held.toml --out a --quiet");
    case.told("walkforward held.toml --out again --quiet --set walkforward.test_days=20");
    assert_eq!(case.kinds("registry"), ["lock"]);
    // Without the user's own ledger, that of a folder above is honoured, and nobody's elsewhere.
    std::fs::remove_dir_all(case.at("registry")).unwrap();
    assert!(case.refused("backtest other.toml --out a/deep/er --set data.to=2021-07-01").contains(LOCKED));
    case.told("backtest other.toml --out d --set data.to=2021-07-01");
}

#[test]
fn another_form_of_locked_bars_is_locked_and_another_market_is_not() {
    let case = Case::new();
    case.told("walkforward held.toml --out a --quiet");
    let hours = hours(1);
    case.write("renamed.csv", &csv(&hours, 1.0));
    case.write("rescaled.csv", &csv(&hours, 0.01));
    case.write("cut.csv", &csv(&hours[1000..5000], 1.0));
    case.write("month.csv", &csv(&hours[(DAYS as usize - 30) * 24..], 1.0));
    case.told("data resample bars.csv --to 4h --out slow.parquet");
    let resampled = ["1d", "3d", "1w", "1M"].map(|to| format!("{to}.parquet"));
    for (to, out) in ["1d", "3d", "1w", "1M"].iter().zip(&resampled) {
        case.told(&format!("data resample slow.parquet --to {to} --out {out}"));
    }
    let (mut half, mut k) = (hours.clone(), 0);
    half.retain(|_| {
        k += 1;
        (k - 1) / 24 % 2 == 0
    });
    case.write("half.csv", &csv(&half, 1.0));
    let moved = |days: i64| hours.iter().map(|(t, c)| (t + days * DAY_MS, *c)).collect::<Vec<_>>();
    case.write("late.csv", &csv(&moved(1), 1.0));
    case.write("early.csv", &csv(&moved(-1), 1.0));
    case.write("turned.csv", &csv(&hours.iter().map(|(t, c)| (*t, 1e4 / c)).collect::<Vec<_>>(), 1.0));
    let noise = hours.iter().enumerate().map(|(k, (t, c))| (*t, c * if k % 3 == 0 { 1.0002 } else { 1.0 }));
    case.write("noisy.csv", &csv(&noise.collect::<Vec<_>>()[(DAYS as usize - 40) * 24..], 1.0));
    let mut spliced = self::hours(2);
    spliced[(DAYS as usize - 70) * 24..].copy_from_slice(&hours[(DAYS as usize - 70) * 24..]);
    case.write("spliced.csv", &csv(&spliced, 1.0));
    let files = [
        "spliced.csv",
        "renamed.csv",
        "rescaled.csv",
        "cut.csv",
        "month.csv",
        "half.csv",
        "late.csv",
        "early.csv",
        "turned.csv",
        "noisy.csv",
        "slow.parquet",
    ];
    for file in files.into_iter().chain(resampled.iter().map(String::as_str)) {
        let out =
            case.run(&format!("backtest held.toml --out b --quiet --data {file} --set data.to=2021-08-20"));
        let e = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{file}: {e}");
        assert!(e.contains("are locked by"), "{file}: {e}");
    }
    case.write("bars.csv", &csv(&self::hours(2), 1.0));
    case.told("backtest held.toml --out b --quiet --set data.to=2021-08-20");
}

#[test]
fn bars_beside_those_that_are_traded_are_locked_as_well() {
    let case = Case::new();
    case.told("walkforward held.toml --out a --quiet");
    case.told("data resample bars.csv --to 4h --out slow.parquet");
    // The traded bars are another market's; prices of a currency are those of the locked one.
    case.write("euros.csv", &csv(&self::hours(2), 1.0));
    let text = SCENARIO
        .replace("name = \"held\"", "name = \"euros\"")
        .replace("bars.csv", "euros.csv")
        .replace("holdout_days = 70", "holdout_days = 0");
    case.write("euros.toml", &format!("{text}{CONVERTED}"));
    let told = case.told("backtest euros.toml --out b");
    assert!(told.contains("2021-06-20 00:00:00 on are not read"), "{told}");
    case.told("backtest euros.toml --out b --quiet --set data.to=2021-06-20");
    assert!(case.refused("backtest euros.toml --out b --set data.to=2021-06-22").contains(LOCKED));
    // Finer bars, and the comparison of paths by them, end where the locked days begin.
    let checked = case.json("check intrabar slow.parquet --detail bars.csv");
    std::fs::remove_dir_all(case.at("registry")).unwrap();
    let whole = case.json("check intrabar slow.parquet --detail bars.csv");
    let bars = |found: &Value| found["coverage"]["bars"].as_u64();
    assert!(bars(&checked) < bars(&whole) && bars(&checked) > Some(0), "{checked} {whole}");
}

#[test]
fn a_folder_of_locks_that_cannot_be_written_is_refused_before_anything_is() {
    let case = Case::new();
    case.write("registry", "a file");
    for command in [
        "plan seal held.toml --out a",
        "walkforward held.toml --out a",
        "features bars.csv --feature ema:9 --out f.parquet",
    ] {
        let e = case.refused(command);
        assert!(e.contains("registry") && e.contains("ASSAY_REGISTRY"), "{command}: {e}");
        assert!(!case.at("a/ledger.jsonl").exists(), "{command}");
    }
}

#[test]
fn locked_days_are_opened_once_and_seen_ever_after() {
    let case = Case::new();
    let e = case.refused("backtest held.toml --out a --open-holdout --set walkforward.holdout_days=0");
    assert!(e.contains("no day is locked away"), "{e}");
    assert!(!case.at("registry").exists());
    case.told("walkforward held.toml --out a --quiet");
    let told = case.told("backtest held.toml --out b --open-holdout");
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("the hold-out has 70 days") && told.contains("Sharpe ratio of 5.68"), "{told}");
    assert_eq!(case.kinds("b"), ["seal", "opened", "backtest"], "sealed before it is evaluated, and no ask");
    assert_eq!(case.kinds("registry"), ["lock", "seal", "opened"]);
    let run = only_run(&case.at("b"));
    let verdict = |run: &Path| std::fs::read(run.join("verdict.json")).unwrap();
    let first = verdict(&run);
    let v: Value = serde_json::from_slice(&first).unwrap();
    let s = &v["search"];
    assert_eq!(
        (s["holdout"].as_bool(), s["level"].as_f64(), s["trials"].as_u64()),
        (Some(true), Some(0.05), Some(1))
    );
    assert_eq!(s["days"].as_u64(), Some(70));
    assert!(s["seen_days"].is_null() && v["marks"].as_array().unwrap().is_empty(), "{v}");
    let summary: Value = serde_json::from_slice(&std::fs::read(run.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["data"]["start_ms"].as_i64(), Some(first_locked_ms()), "{}", summary["data"]);

    // The same again is the same; so is the gate, asked of the run.
    case.told("backtest held.toml --out b --open-holdout --quiet");
    assert_eq!((verdict(&run), case.kinds("b").len()), (first.clone(), 3));
    let again = case.run(&format!("gate {} --format json", run.display()));
    let mut again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert!(again.as_object_mut().unwrap().remove("ledger_file").is_some());
    assert_eq!(again, v);
    // Another candidate, other criteria, another command and another folder are refused.
    case.write("easy.toml", &RULES.replace("min_n = 1", "min_n = 2"));
    for other in [
        "backtest held.toml --out b --open-holdout --set params.fast=5",
        "backtest held.toml --out c --open-holdout --set gate.criteria=[\"easy.toml\"]",
        "walkforward held.toml --out b --open-holdout",
    ] {
        let e = case.refused(other);
        assert!(e.contains("these days were opened before, by scenario \"held\" (line "), "{other}: {e}");
    }
    assert_eq!(case.kinds("b").len(), 3, "nothing was written of them");
    // From here on they are ordinary days that were seen.
    let v = &case.json("backtest held.toml --out c --set params.fast=5")["verdict"];
    let seen = "days 2021-06-20 to 2021-08-28 were locked away until scenario \"held\" opened them";
    assert_eq!(v["search"]["seen_days"].as_str(), Some(seen));
    let mark = v["marks"].as_array().unwrap().iter().find(|m| m["kind"] == "seen-days").unwrap();
    assert_eq!(mark["says"].as_str(), Some(seen));
    let before = case.json("backtest held.toml --out d --set data.to=2021-06-20");
    assert!(before["verdict"]["search"]["seen_days"].is_null());
}

#[test]
fn the_same_choice_again_opens_no_further_hold_out() {
    let case = Case::new();
    let short = SCENARIO
        .replace("[data]\n", "[data]\nto = \"2021-06-20\"\n")
        .replace("holdout_days = 70", "holdout_days = 40");
    case.write("short.toml", &short);
    case.write("cand.toml", &SCENARIO.replace("holdout_days = 70", "holdout_days = 0"));
    case.write("late.toml", &SCENARIO.replace("holdout_days = 70", "holdout_days = 40"));
    case.told("plan seal short.toml --out a --hypothesis one --quiet");
    let judged = |more: &str| {
        let run = case.json(&format!("backtest cand.toml --out a --open-holdout{more}"));
        (run["summary"]["data"]["start_ms"].as_i64().unwrap() - START_MS) / DAY_MS
    };
    assert_eq!(judged(""), 130);
    case.told("plan seal late.toml --out a --hypothesis two --quiet --set family=other");
    let opened = || case.kinds("a").iter().filter(|k| *k == "opened").count();
    // With and without the span that names it, it is shown again; the later one is opened by its own.
    assert_eq!((judged(" --set data.to=2021-06-20"), judged(""), opened()), (130, 130, 1));
    assert_eq!((judged(" --set data.from=2021-08-01"), opened()), (200, 2));
    let e = case.refused("backtest cand.toml --out a --open-holdout --set data.to=2021-02-01");
    assert!(e.contains("share no day with a hold-out"), "{e}");
}

#[test]
fn days_that_were_searched_are_not_held_out_afterwards() {
    let case = Case::new();
    let e = case.refused("walkforward held.toml --out few --set walkforward.train_days=900");
    assert!(e.contains("are too few for one window") && case.kinds("registry").is_empty(), "{e}");
    case.told("sweep held.toml --out a --quiet --set walkforward.holdout_days=0");
    let seen = "days 2021-06-20 to 2021-08-28 are not locked: 4 trials were made on them";
    for command in ["backtest", "walkforward"] {
        let e = case.refused(&format!("{command} held.toml --out a --open-holdout"));
        assert!(e.contains(seen), "{command}: {e}");
    }
    let told = case.told("walkforward held.toml --out a");
    assert!(told.split_whitespace().collect::<Vec<_>>().join(" ").contains(seen), "{told}");
    assert!(!case.kinds("a").iter().any(|kind| kind == "lock") && case.kinds("registry").is_empty());
    // A lock from elsewhere makes no hold-out of them.
    case.told("walkforward held.toml --out b --quiet");
    let v = &case.json("backtest held.toml --out a --open-holdout")["verdict"];
    let s = &v["search"];
    assert_eq!((s["holdout"].as_bool(), s["ask"].as_u64(), s["level"].as_f64()), (None, Some(1), Some(0.03)));
    assert!(s["trials"].as_u64() > Some(4), "{s}");
    let says = "4 trials were made on days 2021-06-20 to 2021-08-28 before they were opened";
    assert_eq!(s["seen_days"].as_str(), Some(says));
    assert!(v["marks"].to_string().contains("seen-days"), "{v}");
}

#[test]
fn days_that_a_folder_above_locks_are_opened_once_below_it() {
    let case = Case::new();
    case.told("walkforward held.toml --out p --quiet");
    std::fs::remove_dir_all(case.at("registry")).unwrap();
    case.told("backtest held.toml --out p/a --open-holdout --quiet");
    std::fs::remove_dir_all(case.at("registry")).unwrap();
    let e = case.refused("backtest held.toml --out p/b --open-holdout --set params.fast=7");
    assert!(e.contains("these days were opened before"), "{e}");
}

#[test]
fn a_seal_alone_counts_as_opened() {
    let case = Case::new();
    case.told("backtest held.toml --out a --open-holdout --quiet");
    // As if the program had been killed after the seal.
    let path = case.at("registry").join("ledger.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(case.kinds("registry"), ["lock", "seal", "opened"]);
    std::fs::write(&path, lines[..2].join("\n") + "\n").unwrap();
    let e = case.refused("backtest held.toml --out b --open-holdout --set params.slow=40");
    assert!(e.contains("were opened before"), "{e}");
    case.told("backtest held.toml --out b --open-holdout --quiet");
}

#[test]
fn a_damaged_lock_is_refused_by_name() {
    let case = Case::new();
    case.told("walkforward held.toml --out a --quiet");
    let sketch = case.at("a/ledger-trials/histories-1.parquet");
    let bytes = std::fs::read(&sketch).unwrap();
    std::fs::write(&sketch, &bytes[..bytes.len() - 1]).unwrap();
    assert!(case.refused("ledger verify a").contains("histories-1.parquet"));
    assert!(case.refused("backtest held.toml --out a").contains("histories-1.parquet"));
    std::fs::write(&sketch, &bytes).unwrap();
    case.told("ledger verify a");
    let path = case.at("registry/ledger.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("held", "hold")).unwrap();
    for command in ["backtest held.toml --out b", "features bars.csv --feature ema:9 --out f.parquet"] {
        assert!(case.refused(command).contains("ledger.jsonl:1: was changed"), "{command}");
    }
    assert!(!case.at("f.parquet").exists());
}

#[test]
fn a_verdict_says_what_was_sealed_and_what_became_of_it() {
    let case = Case::new();
    let at = |sealed: &Value| sealed["verdict"]["search"]["sealed"].as_str().unwrap_or("nothing").to_owned();
    let run = |more: &str| case.json(&format!("backtest held.toml --set data.to=2021-06-20 {more}"));
    assert_eq!(at(&run("--out none")), "nothing");
    let sealed = case.json("plan seal held.toml --out a --hypothesis trends --trials 2");
    let plan = &sealed["plans"][0];
    assert_eq!((plan["trials_before"].as_u64(), plan["plan"]["trials"].as_u64()), (Some(0), Some(2)));
    assert_eq!(plan["plan"]["hypothesis"], "trends");
    assert_eq!(
        (sealed["locks"][0]["days"].as_u64(), sealed["locks"][0]["opened_by"].is_null()),
        (Some(70), true)
    );
    assert_eq!(
        (case.kinds("a"), case.kinds("registry")),
        (vec!["plan".into(), "lock".into()], vec!["lock".into()])
    );
    case.told("plan seal held.toml --out a --hypothesis trends --trials 2");
    let e = case.refused("plan seal held.toml --out a --hypothesis reversals --trials 2");
    assert!(e.contains("family \"ma-cross\" has another plan"), "{e}");
    assert_eq!(case.kinds("a").len(), 2);
    assert!(case.refused("plan seal held.toml --out a --trials 0").contains("--trials"));
    assert!(case.refused("plan seal held.toml --out b --hypothesis=").contains("--hypothesis: says nothing"));

    let sentence = "plan: sealed before any trial on these bars; ran 1 of 2 planned trials";
    assert_eq!(at(&run("--out a")), sentence);
    let more = run("--out a --set name=second --set params.fast=5");
    assert_eq!(at(&more), sentence.replace("ran 1", "ran 2"));
    let kinds = |v: &Value| v["verdict"]["marks"].to_string();
    assert!(!kinds(&more).contains("unsealed-search"), "{more}");
    case.write("easy.toml", &RULES.replace("min_n = 1", "min_n = 2"));
    let changed = run("--out a --set params.fast=6 --set gate.criteria=[\"easy.toml\"]");
    assert_eq!(at(&changed), sentence.replace("ran 1", "ran 3") + "; criteria changed after 3 trials");

    run("--out late");
    run("--out late --set name=second --set params.fast=5");
    case.told("plan seal held.toml --out late --asks 1 --quiet");
    let late = run("--out late --set params.fast=6");
    let says = "plan: sealed after 2 trials on these bars; ran 3 of 4 planned trials";
    assert_eq!(at(&late), says);
    assert!(kinds(&late).contains("unsealed-search"), "{late}");
    let text = String::from_utf8(case.run("plan show late").stdout).unwrap();
    assert!(
        text.contains("4 trials, sealed after 2 trials") && text.contains("levels of its verdicts: 5.00 %"),
        "{text}"
    );
    assert!(case.refused("plan show nowhere").contains("there is no ledger here"));
}

#[test]
fn announced_verdicts_share_the_level_and_nothing_is_left_beyond_them() {
    let case = Case::new();
    case.told("plan seal held.toml --out a --asks 2 --quiet");
    let level = |fast: u32| {
        let v = case
            .json(&format!("backtest held.toml --out a --set data.to=2021-06-20 --set params.fast={fast}"));
        (v["verdict"]["search"]["ask"].as_u64().unwrap(), v["verdict"]["search"]["level"].as_f64().unwrap())
    };
    assert_eq!([level(4), level(5), level(6)], [(1, 0.025), (2, 0.025), (3, 0.0)]);
    let v = &case.json("backtest held.toml --out a --set data.to=2021-06-20 --set params.fast=6")["verdict"];
    let why = "the plan announced 2 verdicts, and this is number 3: nothing is left of the 5 % they share";
    let s = &v["search"];
    assert_eq!((v["overall"].as_str(), s["open"].as_str()), (Some("INCONCLUSIVE"), Some(why)));
    assert!(s["family_p"].is_f64(), "it is shown all the same: {s}");
}
