//! Ways to fool the gate, each of which must show: the best of a search, copies, other names, other files, a ledger that is
//! moved, cut or rewritten.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{assay, trending, wandering};

/// Criteria that every run with a trade meets.
const EASY: &str = "system = \"ma-cross\"\n[[criterion]]\nid = \"E\"\nmetric = \"win_rate\"\nscope = \"overall\"\nop = \">=\"\n\
                    threshold = 0.0\nbetter = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\n\
                    kind = \"acceptance\"\nmin_n = 1\nunit = \"%\"\nsays = \"words\"\n";

/// A folder with bars, criteria and scenarios.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new(bars: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        bars(&dir.path().join("bars.csv"));
        std::fs::write(dir.path().join("easy.toml"), EASY).unwrap();
        let place = Self { dir };
        place.scenario("one", "bars.csv", "");
        place.scenario("grid", "bars.csv", GRID);
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn scenario(&self, name: &str, bars: &str, more: &str) {
        let text = format!(
            "name = \"{name}\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"{bars}\"]\nsymbol = \"X\"\n[gate]\n\
             criteria = [\"easy.toml\"]\nresamples = 1000\n[execution]\nfee_bps = 1\nspread_bps = 0\n\
             slippage_bps = 0\n[params]\nfast = 5\nslow = 20\n{more}"
        );
        std::fs::write(self.at(&format!("{name}.toml")), text).unwrap();
    }

    /// A command in the folder: its exit code, and its document.
    fn run(&self, words: &str) -> (i32, Value) {
        self.run_set(words, &[])
    }

    /// The same with values set.
    fn run_set(&self, words: &str, set: &[String]) -> (i32, Value) {
        let mut c = assay();
        c.current_dir(self.dir.path()).args(words.split(' ')).args(["--format", "json", "--quiet"]);
        c.args(set.iter().flat_map(|s| ["--set", s]));
        let output = c.output().unwrap();
        let code = output.status.code().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (code, serde_json::from_slice(&output.stdout).unwrap_or(Value::String(said)))
    }

    /// A backtest under the gate: the exit code and what it says of the search.
    fn judged(&self, words: &str) -> (i32, Value) {
        self.judged_set(words, &[])
    }

    /// The same with values set.
    fn judged_set(&self, words: &str, set: &[String]) -> (i32, Value) {
        let (code, document) = self.run_set(&format!("backtest {words} --gate"), set);
        assert!([0, 3, 4].contains(&code), "{document}");
        (code, document["verdict"]["search"].clone())
    }

    /// The sweep of a scenario: how to run its best, and what it says of the search.
    fn swept(&self, words: &str) -> (Vec<String>, Value) {
        self.swept_set(words, &[])
    }

    /// The same with values set.
    fn swept_set(&self, words: &str, set: &[String]) -> (Vec<String>, Value) {
        let (code, document) = self.run_set(&format!("sweep {words}"), set);
        assert_eq!(code, 0, "{document}");
        let set = document["sweep"]["top"][0]["set"].as_array().unwrap();
        let set = set.iter().map(|s| s.as_str().unwrap().to_owned()).collect();
        (set, document["sweep"]["overfitting"]["search"].clone())
    }
}

const GRID: &str = "[sweep]\nwhere = [\"params.fast < params.slow\"]\nresamples = 199\nregimes = false\nedges = false\n\
                    [sweep.params]\nfast = { from = 2, to = 20, step = 2 }\nslow = { from = 5, to = 95, step = 10 }\n";

fn noise(path: &Path) {
    wandering(path, 12, 900, |_| 0.0);
}

fn p(search: &Value) -> f64 {
    search["family_p"].as_f64().unwrap_or_else(|| panic!("{search}"))
}

/// Settings with one more.
fn and(set: &[String], more: &str) -> Vec<String> {
    set.iter().cloned().chain([more.to_owned()]).collect()
}

#[test]
fn an_edge_that_is_there_passes_alone_and_as_the_best_of_a_sweep() {
    let place = Place::new(trending);
    let (code, alone) = place.judged("one.toml --out alone");
    assert_eq!(code, 0, "{alone}");
    assert_eq!((&alone["trials"], &alone["ask"], &alone["level"]), (&1.into(), &1.into(), &0.03.into()));
    let (best, swept) = place.swept("grid.toml --out many");
    assert!(p(&swept) <= 0.03 && swept["trials"].as_u64() > Some(80), "{swept}");
    let (code, of_many) = place.judged_set("one.toml --out many", &best);
    assert_eq!(code, 0, "{of_many}");
    // The best of the sweep, run alone, is no further trial.
    assert_eq!(of_many["duplicates"], 1, "{of_many}");
    assert!(of_many["effective_trials"].as_f64() > Some(1.5), "{of_many}");
}

#[test]
fn the_best_of_a_sweep_of_noise_does_not_pass() {
    let place = Place::new(noise);
    let (best, swept) = place.swept("grid.toml --out r");
    let (code, document) = place.run_set("backtest one.toml --out r --gate", &best);
    let (verdict, search) = (&document["verdict"], &document["verdict"]["search"]);
    assert_eq!((code, verdict["counts"]["deciding_fail"].as_u64()), (4, Some(0)), "{verdict}");
    assert!(p(search) > 0.03 && (p(search) - p(&swept)).abs() < 1e-12, "{search} {swept}");
    // As the only trial it would look twice as good, and the gate of a ledger that never saw the sweep says so.
    let (_, alone) = place.judged_set("one.toml --out other", &best);
    assert!(p(&alone) < p(search) / 2.0 && alone["trials"] == 1, "{alone} {search}");
}

#[test]
fn a_narrow_second_sweep_copies_and_other_names_change_nothing_for_the_better() {
    let place = Place::new(noise);
    let (best, first) = place.swept("grid.toml --out r");
    // The winner at two fees: its variance between trials is nothing.
    let (params, from): (Vec<String>, Vec<String>) =
        best.iter().cloned().partition(|s| s.starts_with("params."));
    let narrow: String =
        params.iter().map(|s| s.replace("params.", "").replace('=', " = [") + "]\n").collect();
    let narrow = format!(
        "[sweep]\nresamples = 199\nregimes = false\nedges = false\nexecution.fee_bps = [0, 1]\n[sweep.params]\n{narrow}"
    );
    place.scenario("narrow", "bars.csv", &narrow);
    let (_, second) = place.swept_set("narrow.toml --out r", &from);
    assert!(second["trials"].as_u64() > first["trials"].as_u64(), "{first} {second}");
    // The best of before among more trials: by the same draws, its chance of luck is never lower, to the last bit.
    let (_, before) = place.judged_set("one.toml --out r", &best);
    assert_eq!((&before["sharpe"], &before["draws"]), (&first["sharpe"], &first["draws"]));
    assert!(p(&before) >= p(&first), "{first} {before}");
    // The best of the narrow sweep is another candidate: the same one without its fee, which earns that much more. What it
    // gains is its own score and not the smaller search.
    assert!(second["sharpe"].as_f64() > first["sharpe"].as_f64(), "{first} {second}");
    assert!(p(&second) >= 0.97 * p(&first), "{first} {second}");
    // A dummy axis: a hundred seeds that move nothing.
    for seed in 1..4 {
        place.judged_set(
            "one.toml --out r",
            &and(&and(&best, &format!("seed={seed}")), &format!("name=other{seed}")),
        );
    }
    let (_, after) = place.judged_set("one.toml --out r", &best);
    assert_eq!(
        (after["family_p"].clone(), after["ask"].clone()),
        (before["family_p"].clone(), before["ask"].clone())
    );
    let copies = |s: &Value| s["duplicates"].as_u64().unwrap();
    assert_eq!(copies(&after), copies(&before) + 3, "{after}");
    // A family of another name has asked nothing before; on the same bars it is found out.
    let (_, renamed) = place.judged_set("one.toml --out r", &and(&best, "family=fresh"));
    assert_eq!((renamed["trials"].as_u64(), renamed["ask"].as_u64()), (Some(1), Some(1)));
    assert!(renamed["family_p_bars"].as_f64() >= Some(p(&first)), "{renamed}");
    assert!(renamed["asks_on_bars"].as_u64() > Some(1), "{renamed}");
}

#[test]
fn bars_of_another_file_length_and_span_belong_to_the_same_search() {
    let place = Place::new(noise);
    let (best, first) = place.swept("grid.toml --out r");
    let trials = first["trials"].as_u64().unwrap();
    for (k, command) in [
        "data import bars.csv --out copy.parquet --symbol OTHER --time open",
        "data resample bars.csv --to 1w --out weeks.parquet",
    ]
    .into_iter()
    .enumerate()
    {
        let (code, said) = place.run(command);
        assert_eq!(code, 0, "{said}");
        let name = ["copy", "weeks"][k];
        place.scenario(name, &format!("{name}.parquet"), "");
        let (_, search) = place.judged_set(&format!("{name}.toml --out r"), if k == 0 { &best } else { &[] });
        assert!(search["trials"].as_u64() > Some(trials), "{name}: {search}");
        if k == 0 {
            assert_eq!(search["duplicates"], 1, "another file of the same bars is no other trial");
        }
    }
    // A span chosen after looking: its days were searched.
    let (code, part) = place.judged_set("one.toml --out r", &and(&best, "data.from=2021-01-01"));
    assert!(code != 0 && part["trials"].as_u64() > Some(trials), "{part}");
}

#[test]
fn another_family_on_another_form_of_the_bars_is_found_out() {
    let place = Place::new(noise);
    let (best, first) = place.swept("grid.toml --out r");
    let trials = first["trials"].as_u64().unwrap();
    place.judged_set("one.toml --out r", &best);
    let text = std::fs::read_to_string(place.at("bars.csv")).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    let changed = |scale: f64, from: usize, hours: i64| {
        let mut out = vec![rows[0].to_owned()];
        for row in &rows[from..] {
            let cells: Vec<f64> = row.split(',').map(|c| c.parse().unwrap()).collect();
            let prices = cells[1..5].iter().map(|p| (scale * p).to_string()).collect::<Vec<_>>().join(",");
            out.push(format!("{},{prices},{}", cells[0] as i64 + hours * 3_600_000, cells[5]));
        }
        out.join("\n") + "\n"
    };
    for (name, bars) in [
        ("cut", changed(1.0, 200, 0)),
        ("scaled", changed(1.37, 1, 0)),
        ("late", changed(1.0, 1, 24)),
        ("clock", changed(1.0, 1, 3)),
    ] {
        std::fs::write(place.at(&format!("{name}.csv")), bars).unwrap();
        place.scenario(name, &format!("{name}.csv"), "");
        let set = and(&best, &format!("family={name}"));
        let (_, found) = place.judged_set(&format!("{name}.toml --out r"), &set);
        assert_eq!(found["trials"], 1, "{name}: {found}");
        assert!(found["family_p_bars"].as_f64() > found["family_p"].as_f64(), "{name}: {found}");
        assert!(found["asks_on_bars"].as_u64() > Some(1), "{name}: {found}");
        let (_, ledger) = place.run("ledger verify r");
        assert_eq!(ledger["whole"], true, "{ledger}");
    }
    // Another market at the same time is none of these.
    wandering(&place.at("other.csv"), 99, 900, |_| 0.0);
    place.scenario("other", "other.csv", "");
    let (_, other) = place.judged_set("other.toml --out r", &and(&best, "family=other"));
    assert_eq!(
        (other["family_p_bars"].clone(), other["asks_on_bars"].clone()),
        (other["family_p"].clone(), 1.into())
    );
    assert!(trials > 50);
}

#[test]
fn each_verdict_asked_of_a_family_is_judged_more_strictly_and_the_same_run_asks_once() {
    let place = Place::new(trending);
    let ask = |slow: u32| place.judged(&format!("one.toml --out r --set params.slow={slow}")).1;
    let level = |s: &Value| (s["ask"].as_u64().unwrap(), s["level"].as_f64().unwrap());
    assert_eq!(level(&ask(20)), (1, 0.03));
    assert_eq!(level(&ask(25)), (2, 0.02 / 2.0));
    assert_eq!(level(&ask(30)), (3, 0.02 / 6.0));
    assert_eq!(level(&ask(20)), (1, 0.03));
}

#[test]
fn a_search_that_looks_is_priced_by_no_count() {
    let place = Place::new(trending);
    place.scenario("tpe", "bars.csv", &GRID.replace("[sweep]\n", "[sweep]\nsampler = \"tpe\"\ncount = 24\n"));
    let (best, search) = place.swept("tpe.toml --out r");
    assert!(search["open"].as_str().unwrap().contains("chosen by looking at results"), "{search}");
    let (code, judged) = place.judged_set("one.toml --out r", &best);
    assert_eq!((code, judged["adaptive"].as_u64() > Some(0)), (4, true), "{judged}");
}

/// A folder with a search that looks at results.
fn looking(bars: impl FnOnce(&Path)) -> Place {
    let place = Place::new(bars);
    place.scenario(
        "tpe",
        "bars.csv",
        &GRID.replace("[sweep]\n", "[sweep]\nsampler = \"tpe\"\ncount = 24\nbatch = 8\n"),
    );
    place
}

#[test]
fn a_search_that_looks_passes_where_it_finds_less_on_placebo_bars() {
    let place = looking(trending);
    // So few that none could tell: nothing follows.
    let (best, few) = place.swept("tpe.toml --out r --placebos 19");
    let open = few["open"].as_str().unwrap();
    assert!(open.contains("19 placebos can never tell at 3 %") && open.contains("take 199"), "{few}");
    // The same sweep with more of them.
    let (again, many) = place.swept("tpe.toml --out r --placebos 130");
    assert_eq!(again, best);
    assert!(many["open"].is_null() && many["placebos"]["at_least"] == 0, "{many}");
    let (code, judged) = place.judged_set("one.toml --out r", &best);
    assert_eq!((code, &judged["placebos"]["n"]), (0, &130.into()), "{judged}");
    assert_eq!(judged["choice"]["placebos"], judged["placebos"]);
    // Another candidate of the same search is not what they are about.
    let (code, other) = place.judged("one.toml --out r --set params.fast=20 --set params.slow=95");
    assert!(code == 4 && other["open"].as_str().unwrap().contains("another candidate"), "{other}");
    // One search of the family without placebos leaves all of it open.
    let seed = ["seed=9".to_owned()];
    place.swept_set("tpe.toml --out r", &seed);
    let (code, judged) = place.judged_set("one.toml --out r", &best);
    assert!(
        code == 4 && judged["open"].as_str().unwrap().contains("1 of 2 searches have placebos"),
        "{judged}"
    );
}

#[test]
fn a_search_that_looks_at_noise_does_not_pass() {
    let place = looking(noise);
    let (best, swept) = place.swept("tpe.toml --out r --placebos 39");
    assert!(swept["placebos"]["search_p"].as_f64() > Some(0.05), "{swept}");
    let (code, document) = place.run_set("backtest one.toml --out r --gate", &best);
    let row = document["verdict"]["rows"].as_array().unwrap().iter().find(|r| r["decides"] == true).unwrap();
    assert_ne!((code, &row["verdict"]), (0, &"pass".into()), "{row}");
}

#[test]
fn placebos_of_a_grid_are_told_and_decide_nothing() {
    let place = Place::new(trending);
    let (best, swept) = place.swept("grid.toml --out r --placebos 19 --set sweep.params.slow=[15,30]");
    // So few could never tell; the count of trials does.
    assert!(swept["open"].is_null() && swept["placebos"].is_null(), "{swept}");
    let (code, judged) = place.judged_set("one.toml --out r", &best);
    assert_eq!((code, &judged["choice"]["placebos"]["n"]), (0, &19.into()), "{judged}");
    assert!(judged["placebos"].is_null(), "{judged}");
    let (code, said) = place.run("sweep grid.toml --out r --shard 1/2 --placebos 19");
    assert!(code == 2 && said.as_str().unwrap().contains("--shard"), "{said}");
}

/// A run that passes, beside its ledger.
fn passing(place: &Place) -> PathBuf {
    let (code, document) = place.run("backtest one.toml --out r --gate");
    assert_eq!(code, 0, "{document}");
    place.at(document["run"].as_str().unwrap())
}

#[test]
fn a_ledger_that_is_missing_moved_cut_or_rewritten_leaves_a_run_open() {
    let place = Place::new(trending);
    place.judged("one.toml --out r --set params.slow=40");
    let run = passing(&place);
    let gate = |run: &Path| place.run(&format!("gate {}", run.display()));
    assert_eq!(gate(&run).0, 0);
    let ledger = place.at("r/ledger.jsonl");
    let whole = std::fs::read_to_string(&ledger).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(lines.len(), 4, "{whole}");
    let open = |what: &str, why: &str, short: bool| {
        let (code, verdict) = gate(&run);
        let said = verdict["search"]["open"].as_str().unwrap_or_else(|| panic!("{what}: {verdict}"));
        assert!(code == 4 && said.contains(why), "{what}: {said}");
        let marks = verdict["marks"].as_array().unwrap();
        assert_eq!(marks.iter().any(|m| m["kind"] == "ledger-short"), short, "{what}: {verdict}");
    };
    // Cut to the lines before the verdict.
    std::fs::write(&ledger, lines[..2].join("\n") + "\n").unwrap();
    open("cut", "the ledger is shorter than this result has seen (2 lines, anchor 4)", true);
    let (code, said) = place.run("ledger verify r");
    assert!(code == 2 && said.as_str().unwrap().contains("shorter than this result has seen"), "{said}");
    // Gone.
    std::fs::remove_file(&ledger).unwrap();
    open("gone", "there is no ledger of trials beside the run", false);
    // Another, as long: the work again without what was tried first.
    std::fs::remove_dir_all(place.at("r/ledger-trials")).unwrap();
    place.judged("one.toml --out s");
    place.judged("one.toml --out s --set params.slow=60");
    std::fs::copy(place.at("s/ledger.jsonl"), &ledger).unwrap();
    let rows = place.at("r/ledger-trials");
    std::fs::create_dir(&rows).unwrap();
    for name in ["trials-1.parquet", "trials-3.parquet", "histories-1.parquet"] {
        std::fs::copy(place.at("s/ledger-trials").join(name), rows.join(name)).unwrap();
    }
    open("rewritten", "line 4 is another", true);
    // The run copied away from its ledger.
    let away = place.at("away/one/run");
    std::fs::create_dir_all(away.parent().unwrap()).unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(&run).arg(&away).status().unwrap();
    assert!(copied.success());
    let count = || std::fs::read_dir(&away).unwrap().count();
    let before = count();
    let (code, verdict) = gate(&away);
    assert!(code == 4 && verdict["search"]["ledger"].is_null(), "{verdict}");
    assert_eq!(count(), before, "a verdict that names no ledger is not written");
}

#[test]
fn a_ledger_whose_rows_are_damaged_is_refused_by_name() {
    let place = Place::new(trending);
    let run = passing(&place);
    let rows = place.at("r/ledger-trials/trials-1.parquet");
    let bytes = std::fs::read(&rows).unwrap();
    for (what, edit) in [
        ("is not what the ledger lists: it was changed", Some([&bytes[..], b"x"].concat())),
        ("cannot be read", None),
    ] {
        match edit {
            Some(bytes) => std::fs::write(&rows, bytes).unwrap(),
            None => std::fs::remove_file(&rows).unwrap(),
        }
        for command in [format!("gate {}", run.display()), "ledger verify r".to_owned()] {
            let (code, said) = place.run(&command);
            let said = said.as_str().unwrap().to_owned();
            assert!(
                code == 2 && said.contains("trials-1.parquet") && said.contains(what),
                "{command}: {said}"
            );
        }
    }
    std::fs::write(&rows, bytes).unwrap();
    assert_eq!(place.run("ledger verify r").0, 0);
    // A line in the middle.
    let ledger = place.at("r/ledger.jsonl");
    let text = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, text.replacen("\"count\":1", "\"count\":0", 1)).unwrap();
    let (code, said) = place.run(&format!("gate {}", run.display()));
    assert!(code == 2 && said.as_str().unwrap().contains("ledger.jsonl:1: was changed"), "{said}");
}

#[test]
fn a_run_without_criteria_is_judged_by_those_of_the_program() {
    let place = Place::new(trending);
    let text = std::fs::read_to_string(place.at("one.toml")).unwrap();
    std::fs::write(place.at("none.toml"), text.replace("criteria = [\"easy.toml\"]\n", "")).unwrap();
    let (code, document) = place.run("backtest none.toml --out r");
    assert_eq!((code, &document["verdict"]), (0, &Value::Null));
    let run = document["run"].as_str().unwrap();
    let (code, verdict) = place.run(&format!("gate {run}"));
    let ids: Vec<&str> =
        verdict["rows"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(
        (code, ids),
        (
            0,
            vec![
                "honest.trades",
                "honest.days",
                "honest.placebo_p",
                "honest.delay",
                "honest.costs",
                "honest.prob_loss",
                "honest.ofdr",
                "search.family_p",
            ]
        ),
        "{verdict}"
    );
    // Asked again, it is the same verdict in the same file.
    let again = place.run(&format!("gate {run}")).1;
    assert_eq!(again, verdict);
}
