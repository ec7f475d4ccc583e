//! Jobs of the library against the commands they are: the same bytes, told and stopped on the way, on files or
//! on things in memory.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use assay::data::table::{self, Table};
use assay::data::{Content, LoadRequest, Timed, load};
use assay::jobs::data::{DataCheckJob, DataImportJob, DataResampleJob, DataSynthJob, Files};
use assay::jobs::{
    BacktestJob, CausalityJob, ExplainJob, FeaturesJob, GateJob, IntrabarJob, MonteCarloJob, PathsOf,
    Progress, RegimeJob, ReportJob, Setup, Sources, SweepJob, SweepMergeJob, SweepOutcome, SweepResult,
    Update, WalkForwardJob, feature_list, on_threads, parameters, systems, verify_ledger,
};
use assay::market::{Anchor, Calendar};
use assay::metrics::dialects::{Dialect, Metric};
use assay::runs::ledger::{LEDGER, LedgerWriter, TrialLedger};
use assay::system::Registry;
use assay::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::common::{assay, files, only_run, root};

/// A crossover over five months, with everything that a command may ask of it.
const CROSS: &str = "name = \"cross\"\nsystem = \"ma-cross\"\nseed = 7\n[data]\nbars = [\"DATA\"]\nto = \"2021-06-01\"\n\
    [execution]\nfee_bps = 10\n[gate]\ncriteria = [\"rules.toml\"]\nresamples = 199\n[sweep]\nfamily = 40\nresamples = 99\n\
    where = [\"params.fast < params.slow\"]\n[sweep.params]\nfast = { from = 4, to = 40, step = 4 }\n\
    slow = { from = 10, to = 100, step = 10 }\n[walkforward]\ntrain_days = 60\ntest_days = 30\nholdout_days = 20\n\
    [montecarlo]\nmethod = \"stationary\"\npaths = 12\nearly_stop = false\n";

const RULES: &str = "system = \"ma-cross\"\n[[criterion]]\nid = \"W\"\nmetric = \"win_rate\"\nscope = \"system\"\nop = \">=\"\n\
    threshold = 0.2\nbetter = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\nkind = \"acceptance\"\n\
    min_n = 10\nunit = \"%\"\nsays = \"One in five wins.\"\n";

/// A folder with the scenario and its criteria.
struct Case {
    dir: tempfile::TempDir,
    scenario: PathBuf,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = root().join("datasets/btcusdt-1h.parquet");
        let scenario = dir.path().join("cross.toml");
        std::fs::write(&scenario, CROSS.replace("DATA", &data.display().to_string())).unwrap();
        std::fs::write(dir.path().join("rules.toml"), RULES).unwrap();
        Self { dir, scenario }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn setup(&self, out: &str) -> Setup {
        Setup { out: Some(self.at(out)), ..Setup::file(&self.scenario) }
    }

    /// What a command prints, as a document; it writes into `out`.
    fn command(&self, words: &[&str], out: &str) -> Value {
        let mut command = assay();
        command.args(words).arg(&self.scenario).args(["--format", "json", "--out"]).arg(self.at(out));
        document(command)
    }
}

fn document(mut command: assert_cmd::Command) -> Value {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn registry() -> Registry {
    Registry::built_in()
}

/// The same files with the same bytes, wall time apart.
fn same_folder(a: &Path, b: &Path) {
    assert_eq!(a.file_name(), b.file_name());
    assert_eq!(files(a), files(b));
    assert!(!files(a).is_empty());
    for name in files(a) {
        let (a, b) = (a.join(&name), b.join(&name));
        if !name.ends_with("manifest.json") {
            assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap(), "{}", name.display());
            continue;
        }
        let manifest = |p: &Path| -> (Value, Vec<String>) {
            let mut v: Value = serde_json::from_slice(&std::fs::read(p).unwrap()).unwrap();
            let timings = v.as_object_mut().unwrap().remove("timings").unwrap();
            (v, timings.as_object().unwrap().keys().cloned().collect())
        };
        assert_eq!(manifest(&a), manifest(&b));
    }
}

/// The same document, but for the folder under `key`.
fn same_document(mut job: Value, mut command: Value, key: &str) {
    for v in [&mut job, &mut command] {
        assert!(v.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    assert_eq!(job, command);
}

fn same_ledger(case: &Case, a: &str, b: &str) {
    let read = |out: &str| std::fs::read(case.at(out).join(LEDGER)).unwrap();
    assert!(!read(a).is_empty());
    assert_eq!(read(a), read(b));
}

fn whole(outcome: SweepOutcome) -> SweepResult {
    match outcome {
        SweepOutcome::Whole(result) => *result,
        SweepOutcome::Part(part) => panic!("{part:?}"),
    }
}

/// What a job was heard to say.
#[derive(Default)]
struct Heard {
    stages: Vec<String>,
    counts: Vec<Vec<(u64, u64)>>,
}

/// A progress that is heard, and that cancels itself when `stop` says so of the place it is at: the number of
/// the stage from 1, and how many counts of it there were.
fn listening(stop: impl Fn(usize, usize) -> bool + Send + Sync + 'static) -> (Progress, Arc<Mutex<Heard>>) {
    let heard = Arc::new(Mutex::new(Heard::default()));
    let slot: Arc<Mutex<Option<Progress>>> = Arc::default();
    let (log, own) = (heard.clone(), slot.clone());
    let progress = Progress::new(move |update| {
        let mut heard = log.lock().unwrap();
        match update {
            Update::Stage(what) => {
                heard.stages.push(what.to_owned());
                heard.counts.push(vec![]);
            }
            Update::Count { done, total } => heard.counts.last_mut().unwrap().push((done, total)),
            _ => return,
        }
        if stop(heard.stages.len(), heard.counts.last().unwrap().len()) {
            own.lock().unwrap().as_ref().unwrap().cancel();
        }
    });
    *slot.lock().unwrap() = Some(progress.clone());
    (progress, heard)
}

#[test]
fn a_backtest_is_the_command_and_so_is_what_follows_from_its_folder() {
    let case = Case::new();
    let job = BacktestJob { setup: case.setup("job") }.run(&registry(), &Progress::silent()).unwrap();
    let said = case.command(&["backtest"], "cli");
    same_folder(job.folder.as_ref().unwrap(), &only_run(&case.at("cli")));
    same_ledger(&case, "job", "cli");
    assert!(job.uncounted.is_empty() && job.verdict.is_some());
    same_document(job.document(Dialect::Assay).unwrap(), said, "run");

    let (ours, theirs) = (job.folder.unwrap(), only_run(&case.at("cli")));
    let gate = GateJob { lenient: true, ..GateJob::new(&ours) };
    let judged = gate.run(&registry(), &Progress::silent()).unwrap();
    let mut command = assay();
    command.args(["gate", "--lenient", "--format", "json"]).arg(&theirs);
    let said = command.output().unwrap();
    assert_eq!(said.status.code(), Some(i32::from(judged.verdict.exit_code())));
    let mut said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert!(said["ledger_file"].take().as_str().unwrap().ends_with("cli/ledger.jsonl"));
    said.as_object_mut().unwrap().remove("ledger_file");
    assert_eq!(said, judged.document().unwrap());
    // What the ledger counts.
    assert_eq!(said["search"]["by_kind"], json!({ "backtest": 1 }));
    same_folder(&ours, &theirs);

    let report = ReportJob { run: ours.clone(), out: Some(case.at("drawn")) };
    let report = report.run(&registry(), &Progress::silent()).unwrap();
    let mut command = assay();
    command.args(["report", "--format", "json", "--out"]).arg(case.at("drawn-cli")).arg(&theirs);
    same_document(report.document(Dialect::Assay).unwrap(), document(command), "run");
    assert_eq!(files(&case.at("drawn")), files(&case.at("drawn-cli")));

    let explain = ExplainJob { run: ours.clone(), metric: "sharpe".parse::<Metric>().unwrap() };
    let explained = explain.run(&registry(), &Progress::silent()).unwrap();
    let mut command = assay();
    command.args(["report", "--explain", "sharpe", "--format", "json"]).arg(&theirs);
    assert_eq!(serde_json::to_value(&explained).unwrap(), document(command));

    let of = PathsOf::Run { run: ours, set: vec![], out: Some(case.at("job")) };
    let drawn = MonteCarloJob { of }.run(&registry(), &Progress::silent()).unwrap();
    let mut command = assay();
    command.args(["montecarlo", "--format", "json", "--out"]).arg(case.at("cli")).arg(&theirs);
    let said = document(command);
    same_folder(drawn.folder.as_ref().unwrap(), Path::new(said["folder"].as_str().unwrap()));
    same_document(drawn.document().unwrap(), said, "folder");
    // Paths of a run are no trial.
    same_ledger(&case, "job", "cli");
    let ledger = verify_ledger(&case.at("job"), &Progress::silent()).unwrap();
    assert_eq!((ledger.settings(), ledger.slices().len()), (1, 1));
    let mut command = assay();
    command.args(["ledger", "verify", "--format", "json"]).arg(case.at("job"));
    assert_eq!(ledger.document(), document(command));
    let mut command = assay();
    command.args(["ledger", "show", "--format", "json"]).arg(case.at("job"));
    assert_eq!(ledger.entries_document(), document(command));
}

#[test]
fn a_sweep_stopped_in_its_placebos_leaves_none_and_goes_on() {
    let case = Case::new();
    let job = |out: &str| SweepJob { placebos: Some(19), ..SweepJob::new(case.setup(out)) };
    // The fourth stage: after reading, preparing and sweeping.
    let (progress, heard) = listening(|stage, counts| stage == 4 && counts == 3);
    let e = job("stopped").run(&registry(), &progress).unwrap_err();
    assert_eq!(
        (e.kind(), heard.lock().unwrap().stages.last().map(String::as_str)),
        (ErrorKind::Cancelled, Some("searching placebo bars"))
    );
    let ledger = TrialLedger::read(&case.at("stopped").join(LEDGER)).unwrap();
    assert!(ledger.entries.iter().all(|e| e.trials.kind == "sweep"));
    let on = job("stopped").run(&registry(), &Progress::silent()).map(whole).unwrap();
    let once = on_threads(Some(1), || job("once").run(&registry(), &Progress::silent())).map(whole).unwrap();
    assert_eq!(once.finished.placebos.as_ref().map(|p| p.n), Some(19));
    same_folder(on.folder.as_ref().unwrap(), once.folder.as_ref().unwrap());
    same_ledger(&case, "stopped", "once");
}

#[test]
fn sweeps_walks_and_paths_are_the_commands() {
    let case = Case::new();
    let sweep = SweepJob::new(case.setup("job"));
    let job = on_threads(Some(1), || sweep.run(&registry(), &Progress::silent())).map(whole).unwrap();
    let said = case.command(&["sweep"], "cli");
    same_folder(job.folder.as_ref().unwrap(), Path::new(said["folder"].as_str().unwrap()));
    same_ledger(&case, "job", "cli");
    let mut own = job.document().unwrap();
    own["replay_best"] = said["replay_best"].clone();
    same_document(own, said, "folder");
    assert_eq!(files(&case.at("job")), files(&case.at("cli")), "no shards are left");

    // In two parts, joined elsewhere.
    let mut parts = vec![];
    for i in 0..2 {
        let setup = case.setup(&format!("part-{i}"));
        let part = SweepJob { shard: Some((i, 2)), ..SweepJob::new(setup) };
        match part.run(&registry(), &Progress::silent()).unwrap() {
            SweepOutcome::Part(part) => {
                assert!(part.done < part.of);
                assert_eq!(part.document()["shards"], part.of);
                parts.push(part.folder);
            }
            SweepOutcome::Whole(_) => panic!("a part"),
        }
    }
    let merge = SweepMergeJob { setup: case.setup("merged"), parts };
    let merged = merge.run(&registry(), &Progress::silent()).unwrap();
    same_folder(job.folder.as_ref().unwrap(), &merged.folder.unwrap());

    // Where the days at the end were searched before, they are held out no more.
    let walk = |out: &str| WalkForwardJob { open_holdout: true, ..WalkForwardJob::new(case.setup(out)) };
    assert!(walk("job").run(&registry(), &Progress::silent()).is_err());
    let walk = walk("job-walk").run(&registry(), &Progress::silent()).unwrap();
    let said = case.command(&["walkforward", "--open-holdout"], "cli-walk");
    same_folder(walk.folder.as_ref().unwrap(), Path::new(said["folder"].as_str().unwrap()));
    same_document(walk.document().unwrap(), said, "folder");
    same_ledger(&case, "job-walk", "cli-walk");

    let paths = MonteCarloJob::of_scenario(case.setup("job"));
    let drawn = paths.run(&registry(), &Progress::silent()).unwrap();
    let said = case.command(&["montecarlo"], "cli");
    same_folder(drawn.folder.as_ref().unwrap(), Path::new(said["folder"].as_str().unwrap()));
    same_document(drawn.document().unwrap(), said, "folder");
    same_ledger(&case, "job", "cli");
    let again = paths.path(3, &registry(), &Progress::silent()).unwrap();
    let said = case.command(&["montecarlo", "--path", "3"], "cli");
    same_document(again.document(), said, "bars");
    let bars = |out: &str| std::fs::read(case.at(out).join("path-3.parquet")).unwrap();
    assert_eq!(bars("job"), bars("cli"));
    let total = again.figures.iter().find(|(n, _)| n == "total_return").unwrap().1;
    assert_eq!(drawn.paths.column("total_return").unwrap()[3].to_bits(), total.to_bits());
}

#[test]
fn without_a_folder_nothing_is_written_and_the_caller_counts() {
    let case = Case::new();
    let (kept, none) = (|| case.setup("kept"), || Setup { out: None, ..case.setup("none") });
    let run = |setup| BacktestJob { setup }.run(&registry(), &Progress::silent()).unwrap();
    let (a, b) = (run(kept()), run(none()));
    assert_eq!(a.record.summary.run_id, b.record.summary.run_id);
    // Without a ledger nobody knows what else was tried; all else is judged alike.
    let (mut with, mut without) = (a.verdict.clone().unwrap(), b.verdict.clone().unwrap());
    assert!(without.search.as_ref().is_some_and(|s| s.ledger.is_none() && s.open.is_some()));
    for verdict in [&mut with, &mut without] {
        verdict.search = None;
        verdict.rows.retain(|row| row.id != "search.family_p");
    }
    assert_eq!(with, without);
    // What would be written is there for the asking.
    let names: Vec<String> = b.files().unwrap().into_iter().map(|(n, _)| n).collect();
    assert!(names.iter().all(|n| a.folder.as_ref().unwrap().join(n).is_file()), "{names:?}");

    let run = |setup| whole(SweepJob::new(setup).run(&registry(), &Progress::silent()).unwrap());
    let (c, d) = (run(kept()), run(none()));
    let table: Table = table::read(&c.folder.unwrap().join("candidates.parquet")).unwrap();
    let own = d.candidates.unwrap();
    assert_eq!((own.rows(), own.names().count()), (table.rows(), table.names().count()));
    let bits = |t: &Table| t.f64("sharpe").unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&own), bits(&table));
    // The ledger knew of the backtest; nothing but the number of trials tells the two apart.
    let (mut c, mut d) = (c.finished, d.finished);
    let trials = [&mut c, &mut d].map(|f| std::mem::take(&mut f.overfitting).unwrap().search.trials);
    assert_eq!(trials[0], trials[1] + 1);
    assert_eq!(serde_json::to_value(&c).unwrap(), serde_json::to_value(&d).unwrap());

    let run = |setup| MonteCarloJob::of_scenario(setup).run(&registry(), &Progress::silent()).unwrap();
    let (e, f) = (run(kept()), run(none()));
    assert_eq!(serde_json::to_value(&e.result).unwrap(), serde_json::to_value(&f.result).unwrap());
    // At last, because it locks its hold-out.
    let run = |setup| WalkForwardJob::new(setup).run(&registry(), &Progress::silent()).unwrap();
    let (g, h) = (run(kept()), run(none()));
    assert_eq!(g.result.returns, h.result.returns);

    // Counted by the caller, it is the same ledger.
    let mut own = LedgerWriter::open(&case.at("own")).unwrap();
    let sweep = whole(SweepJob::new(none()).run(&registry(), &Progress::silent()).unwrap());
    assert!(!sweep.uncounted.is_empty());
    // The walk-forward alone would lock its hold-out; after the sweep over the same days it does not.
    let walked = h.uncounted.into_iter().filter(|t| t.kind != "lock");
    for trials in b.uncounted.into_iter().chain(sweep.uncounted).chain(f.uncounted).chain(walked) {
        own.add(trials).unwrap();
    }
    same_ledger(&case, "own", "kept");
    assert!(!case.at("none").exists() && !root().join("results/cross").exists());

    for (what, e) in [
        ("a part of a sweep", {
            let part = SweepJob { shard: Some((0, 2)), ..SweepJob::new(none()) };
            part.run(&registry(), &Progress::silent()).unwrap_err()
        }),
        ("nothing keeps it closed", {
            let open = WalkForwardJob { open_holdout: true, ..WalkForwardJob::new(none()) };
            open.run(&registry(), &Progress::silent()).unwrap_err()
        }),
    ] {
        assert!(e.to_string().contains(what) && e.exit_code() == 2, "{e}");
    }
}

#[test]
fn checks_and_columns_are_the_commands() {
    let case = Case::new();
    let short = || Setup { set: vec!["data.to=\"2021-01-20\"".into()], ..Setup::file(&case.scenario) };
    let check = CausalityJob { cuts: 5, ..CausalityJob::new(short()) };
    let (progress, heard) = listening(|_, _| false);
    let found = check.run(&registry(), &progress).unwrap();
    rises_to_its_end(&heard.lock().unwrap());
    let mut command = assay();
    command.args([
        "check",
        "causality",
        "--cuts",
        "5",
        "--set",
        "data.to=\"2021-01-20\"",
        "--format",
        "json",
    ]);
    command.arg(&case.scenario);
    assert!(found.is_clean());
    assert_eq!(found.document().unwrap(), document(command));

    let mut regimes = RegimeJob::new(Setup { out: Some(case.at("r")), ..Setup::file(&case.scenario) });
    (regimes.options.shifts, regimes.options.train_bars) = (9, Some(500));
    let found = regimes.run(&registry(), &Progress::silent()).unwrap();
    let mut command = assay();
    command.args(["regime", "evaluate", "--shifts", "9", "--train-bars", "500", "--format", "json", "--out"]);
    command.arg(case.at("r-cli")).arg(&case.scenario);
    assert_eq!(found.document().unwrap(), document(command));
    assert_eq!(files(&case.at("r")), files(&case.at("r-cli")));
    let text = |out: &str| std::fs::read_to_string(case.at(out).join("regimes.json")).unwrap();
    assert_eq!(text("r"), text("r-cli"));

    let bars = root().join("datasets/btcusdt-1h.parquet");
    let names = vec!["atr:14".to_owned(), "ema:20@4h".to_owned()];
    let job = FeaturesJob { out: Some(case.at("f.parquet")), ..FeaturesJob::new(bars.clone(), names) };
    let mut columns = job.run(&registry(), &Progress::silent()).unwrap().document();
    let mut command = assay();
    command.args(["features", "--feature", "atr:14", "--feature", "ema:20@4h", "--format", "json", "--out"]);
    command.arg(case.at("f-cli.parquet")).arg(&bars);
    let said = document(command);
    columns["out"] = said["out"].clone();
    assert_eq!(columns, said);
    let bytes = |name: &str| std::fs::read(case.at(name)).unwrap();
    assert_eq!(bytes("f.parquet"), bytes("f-cli.parquet"));
    // From memory: the same columns, no file.
    let loaded = load(&bars, &LoadRequest::default()).unwrap();
    let held = FeaturesJob { out: None, bars: loaded.into(), ..job };
    let held = held.run(&registry(), &Progress::silent()).unwrap();
    let file = table::read(&case.at("f.parquet")).unwrap();
    let bits = |t: &Table| t.f64("atr:14").unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&held.table), bits(&file));

    let mut command = assay();
    command.args(["features", "--list", "--format", "json"]);
    assert_eq!(feature_list(&registry()), document(command));
    for (words, rows) in [
        (&["params", "ma-cross"][..], serde_json::to_value(parameters(&registry(), "ma-cross").unwrap())),
        (&["params"], serde_json::to_value(systems(&registry()))),
    ] {
        let mut command = assay();
        command.args(words).args(["--format", "json"]);
        assert_eq!(rows.unwrap(), document(command));
    }
    assert!(
        parameters(&registry(), "ma-cros").unwrap_err().to_string().contains("did you mean \"ma-cross\"?")
    );
}

#[test]
fn jobs_about_bars_are_the_commands() {
    let case = Case::new();
    let arg = |name: &str| case.at(name).display().to_string();
    let job = DataSynthJob {
        set: vec!["seed=5".into()],
        out: Some(case.at("s.parquet")),
        ..DataSynthJob::new("gbm")
    };
    let mut made = job.run(&Progress::silent()).unwrap();
    let mut command = assay();
    command.args([
        "data",
        "synth",
        "gbm",
        "--set",
        "seed=5",
        "--format",
        "json",
        "--out",
        &arg("s-cli.parquet"),
    ]);
    let said = document(command);
    (made.out, made.files) = (Some(case.at("s-cli.parquet")), vec![case.at("s-cli.parquet")]);
    assert_eq!(made.document(), said);
    let bytes = |name: &str| std::fs::read(case.at(name)).unwrap();
    assert_eq!(bytes("s.parquet"), bytes("s-cli.parquet"));
    let memory = DataSynthJob { out: None, ..job }.run(&Progress::silent()).unwrap();
    assert_eq!(memory.histories[0].bars.close(), made.histories[0].bars.close());

    let bars = root().join("datasets/btcusdt-1h.parquet");
    let shown = bars.display().to_string();
    let long = |out: &str| DataResampleJob {
        out: Some(case.at(out)),
        ..DataResampleJob::new(bars.clone(), "4h".parse().unwrap(), Anchor::Epoch(Calendar::Always))
    };
    let mut made = long("l.parquet").run(&Progress::silent()).unwrap();
    let mut command = assay();
    command.args([
        "data",
        "resample",
        &shown,
        "--to",
        "4h",
        "--format",
        "json",
        "--out",
        &arg("l-cli.parquet"),
    ]);
    made.out = Some(case.at("l-cli.parquet"));
    assert_eq!(made.document(), document(command));
    assert_eq!(bytes("l.parquet"), bytes("l-cli.parquet"));

    let truth = IntrabarJob::new(case.at("l.parquet"), bars.clone()).run(&Progress::silent()).unwrap();
    let mut command = assay();
    command.args(["check", "intrabar", &arg("l.parquet"), "--detail", &shown, "--format", "json"]);
    assert_eq!(serde_json::to_value(&truth).unwrap(), document(command));

    let csv: String = std::iter::once("time,open,high,low,close,volume\n".to_owned())
        .chain((0..60).map(|i| format!("2021-01-{:02} {:02}:00,10,12,9,11,{i}\n", 1 + i / 24, i % 24)))
        .collect();
    std::fs::write(case.at("raw.csv"), csv).unwrap();
    let source = || Files { files: vec![case.at("raw.csv")], ..Files::default() };
    let checked =
        DataCheckJob { source: source(), ..DataCheckJob::default() }.run(&Progress::silent()).unwrap();
    let mut command = assay();
    command.args(["data", "check", &arg("raw.csv"), "--format", "json"]);
    assert_eq!(checked.document(), document(command));
    let imported = DataImportJob::new(source(), case.at("i.parquet")).run(&Progress::silent());
    let mut command = assay();
    command.args(["data", "import", &arg("raw.csv"), "--out", &arg("i-cli.parquet"), "--format", "json"]);
    let out = command.output().unwrap();
    match imported {
        Ok(done) => {
            let mut own = done.document();
            own["out"] = arg("i-cli.parquet").into();
            assert_eq!(own, serde_json::from_slice::<Value>(&out.stdout).unwrap());
            assert_eq!(bytes("i.parquet"), bytes("i-cli.parquet"));
        }
        Err(e) => assert_eq!(format!("error: {e}\n"), String::from_utf8(out.stderr).unwrap()),
    }
}

/// Counts of each stage rise and end at the total.
fn rises_to_its_end(heard: &Heard) {
    let mut counted = 0;
    for (stage, counts) in heard.stages.iter().zip(&heard.counts) {
        assert!(counts.windows(2).all(|w| w[0].0 <= w[1].0), "{stage}: {counts:?}");
        if let Some((done, total)) = counts.last() {
            assert_eq!(done, total, "{stage}");
            counted += 1;
        }
    }
    assert!(counted > 0, "{:?}", heard.stages);
}

/// Runs a job to its end, then again and again, each time stopped at another of its stages: an error of its
/// own kind, and nothing half-written. Returns its stages.
fn stopped_everywhere(case: &Case, name: &str, run: impl Fn(Setup, &Progress) -> Result<()>) -> Vec<String> {
    let (progress, heard) = listening(|_, _| false);
    run(case.setup(&format!("{name}-whole")), &progress).unwrap();
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    let counted: Vec<bool> = heard.counts.iter().map(|c| !c.is_empty()).collect();
    let last = heard.stages.len();
    // As a stage begins, and where it counts in the middle of it.
    for (k, inside) in (1..=last).flat_map(|k| [(k, false), (k, true)]).filter(|(k, i)| !i || counted[k - 1])
    {
        let out = format!("{name}-{k}-{inside}");
        let (progress, _) = listening(move |stage, counts| stage == k && counts == usize::from(inside));
        let result = run(case.setup(&out), &progress);
        let place = format!("{name}: {:?}, inside {inside}", heard.stages[k - 1]);
        let counted = name == "backtest" && heard.stages[k - 1] == "drawing";
        if heard.stages[k - 1] == "writing" || counted {
            result.unwrap_or_else(|e| panic!("{place}: what is about to be published is: {e}"));
            continue;
        }
        let e: Error = result.expect_err(&place);
        assert_eq!((e.kind(), e.exit_code()), (ErrorKind::Cancelled, 1), "{place}: {e}");
        let left = std::fs::read_dir(case.at(&out).join("cross")).into_iter().flatten().flatten();
        let left: Vec<String> = left.map(|e| e.file_name().into_string().unwrap()).collect();
        assert!(left.iter().all(|n| n.ends_with(".part")), "{place}: {left:?}");
    }
    rises_to_its_end_or_silent(&heard);
    heard.stages
}

fn rises_to_its_end_or_silent(heard: &Heard) {
    if heard.counts.iter().any(|c| !c.is_empty()) {
        rises_to_its_end(heard);
    }
}

#[test]
fn a_job_that_is_stopped_leaves_nothing_half_written() {
    let case = Case::new();
    let ledger = |out: &str| TrialLedger::read(&case.at(out).join(LEDGER)).unwrap().entries.len();
    let stages = stopped_everywhere(&case, "backtest", |setup, p| {
        BacktestJob { setup }.run(&registry(), p).map(|_| ())
    });
    assert_eq!(stages.len(), 6, "{stages:?}");
    let judging = stages.iter().position(|s| s == "judging").unwrap();
    for k in 1..=judging + 1 {
        assert_eq!(ledger(&format!("backtest-{k}-false")), 0, "{}", stages[k - 1]);
    }
    let stages = stopped_everywhere(&case, "walk", |setup, p| {
        WalkForwardJob { open_holdout: true, ..WalkForwardJob::new(setup) }.run(&registry(), p).map(|_| ())
    });
    assert_eq!(ledger("walk-2-false"), 0, "{stages:?}");
    assert_eq!(ledger("walk-2-true"), 1, "the hold-out is locked before anything is evaluated: {stages:?}");
    let stages = stopped_everywhere(&case, "paths", |setup, p| {
        MonteCarloJob::of_scenario(setup).run(&registry(), p).map(|_| ())
    });
    assert_eq!(ledger("paths-2-false"), 0, "{stages:?}");
}

#[test]
fn a_sweep_that_is_stopped_goes_on_from_its_shards() {
    let case = Case::new();
    let ledger = |out: &str| TrialLedger::read(&case.at(out).join(LEDGER)).unwrap().entries.len();
    let sweep = |setup, p: &Progress| SweepJob::new(setup).run(&registry(), p).map(whole);
    let stages = stopped_everywhere(&case, "sweep", |setup, p| sweep(setup, p).map(|_| ()));
    // In the middle of the shards: those that are done stay, are counted, and are gone on from.
    let at = stages.iter().position(|s| s == "sweeping").unwrap() + 1;
    let out = format!("sweep-{at}-true");
    assert_eq!(ledger(&out), 1);
    let whole = case.at("sweep-whole");
    let again = sweep(case.setup(&out), &Progress::silent()).unwrap();
    let folder = again.folder.unwrap();
    same_folder(&whole.join("cross").join(folder.file_name().unwrap()), &folder);
    same_ledger(&case, &out, "sweep-whole");
}

#[test]
fn a_check_stops_before_its_next_history() {
    let case = Case::new();
    let setup = || Setup { set: vec!["data.to=\"2021-01-20\"".into()], ..Setup::file(&case.scenario) };
    for k in 1..=3 {
        let (progress, heard) =
            listening(move |stage, counts| stage == k && counts == usize::from(k == 3) * 7);
        let e = CausalityJob::new(setup()).run(&registry(), &progress).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Cancelled, "{k}");
        let counts = heard.lock().unwrap().counts.last().unwrap().clone();
        assert!(counts.last().is_none_or(|(done, total)| done < total), "{counts:?}");
    }
}

/// Positions over the first weeks of the history, as text.
fn positions() -> (String, Vec<i64>, Vec<f64>) {
    let (mut text, mut times, mut values) = ("time,position\n".to_owned(), vec![], vec![]);
    for k in 0..40i64 {
        let (time, value) = (1_609_459_200_000 + k * 12 * 3_600_000, [0.5, 0.0, -0.25, 1.0][k as usize % 4]);
        text += &format!("{},{value}\n", assay::market::format_time(time));
        (times, values) = ([times, vec![time]].concat(), [values, vec![value]].concat());
    }
    (text, times, values)
}

const SIGNALS: &str = "name = \"mine\"\nsystem = \"signals\"\n[data]\nbars = [\"bars.parquet\"]\nto = \"2021-03-01\"\n\
    funding = \"paid.csv\"\n[gate]\ncriteria = [\"rules.toml\"]\n[params]\nfile = \"positions.csv\"\n";

#[test]
fn what_is_given_from_memory_is_what_a_file_would_be() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (text, times, values) = positions();
    let rules = RULES.replace("ma-cross", "signals");
    let rates: Vec<(i64, f64)> =
        (0..200).map(|k| (1_609_459_200_000 + k * 8 * 3_600_000, 1e-5 * (k % 7) as f64)).collect();
    let paid: String = std::iter::once("time,rate\n".to_owned())
        .chain(rates.iter().map(|(t, r)| format!("{},{r}\n", assay::market::format_time(*t))))
        .collect();
    let bars = std::fs::read(root().join("datasets/btcusdt-1h.parquet")).unwrap();
    let contents = [
        ("bars.parquet", bars.clone()),
        ("paid.csv", paid.into_bytes()),
        ("rules.toml", rules.clone().into_bytes()),
        ("positions.csv", text.into_bytes()),
    ];
    for (name, bytes) in &contents {
        std::fs::write(at(name), bytes).unwrap();
    }
    std::fs::write(at("mine.toml"), SIGNALS).unwrap();
    let run = |setup: Setup| BacktestJob { setup }.run(&registry(), &Progress::silent());
    let file = run(Setup { out: Some(at("a")), ..Setup::file(at("mine.toml")) }).unwrap();
    assert!(file.record.summary.trades.n > 10 && file.verdict.is_some());

    // The content of the files under their names: the very run.
    let mut sources = Sources::files();
    for (name, bytes) in &contents {
        sources = sources.with_content(Content::new(*name, bytes.clone()).unwrap());
    }
    let held = run(Setup { out: Some(at("b")), sources, ..Setup::text(SIGNALS) }).unwrap();
    same_folder(file.folder.as_ref().unwrap(), held.folder.as_ref().unwrap());

    // Columns under their names: the same money, and not the same run, since the file says that it was generated.
    let loaded = load(&at("bars.parquet"), &LoadRequest::default()).unwrap();
    let typed = |value: &[f64]| {
        let (t, r): (Vec<i64>, Vec<f64>) = rates.iter().copied().unzip();
        let sources = Sources::files()
            .with_bars("bars.parquet", loaded.bars.clone())
            .unwrap()
            .with_funding(Timed::funding("paid.csv", &t, &r, None).unwrap())
            .with_positions(Timed::positions("positions.csv", &times, value, None).unwrap())
            .with_content(Content::new("rules.toml", rules.clone()).unwrap());
        run(Setup { sources, ..Setup::text(SIGNALS) }).unwrap()
    };
    let columns = typed(&values);
    let pnl = |o: &assay::jobs::BacktestOutcome| {
        o.record.main.trades.f64("pnl").unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(pnl(&columns), pnl(&file));
    assert_eq!(columns.record.summary.performance.end_equity, file.record.summary.performance.end_equity);
    let id = |o: &assay::jobs::BacktestOutcome| o.record.summary.run_id.clone();
    assert_eq!(id(&columns), id(&typed(&values)));
    assert_ne!(id(&columns), id(&file));
    let mut other = values.clone();
    other[0] = 0.4;
    assert_ne!(id(&columns), id(&typed(&other)));
    assert_eq!(columns.record.summary.data.sha256.len(), 64);
    // So does a history that was loaded before.
    let mut sources = Sources::files().with_loaded("bars.parquet", loaded.clone());
    for (name, bytes) in &contents[1..] {
        sources = sources.with_content(Content::new(*name, bytes.clone()).unwrap());
    }
    assert_eq!(id(&run(Setup { sources, ..Setup::text(SIGNALS) }).unwrap()), id(&file));
}

#[test]
fn names_that_do_not_fit_are_refused() {
    let loaded = load(&root().join("datasets/btcusdt-1h.parquet"), &LoadRequest::default()).unwrap();
    let (_, times, values) = positions();
    let positions = |name: &str| Timed::positions(name, &times, &values, None).unwrap();
    let content = |name: &str| Content::new(name, "time,position\n2021-01-01 00:00,1\n").unwrap();
    let base = || Sources::files().with_bars("bars.parquet", loaded.bars.clone()).unwrap();
    let text =
        SIGNALS.replace("funding = \"paid.csv\"\n", "").replace("[gate]\ncriteria = [\"rules.toml\"]\n", "");
    let run = |sources: Sources| {
        BacktestJob { setup: Setup { sources, ..Setup::text(text.as_str()) } }
            .run(&registry(), &Progress::silent())
    };
    assert!(run(base().with_positions(positions("positions.csv"))).is_ok());
    for (sources, words) in [
        (base().with_positions(positions("position.csv")), "did you mean \"positions.csv\"?"),
        (base().with_content(content("elsewhere")), "its names are bars.parquet, positions.csv"),
        (base().with_positions(positions("bars.parquet")), "positions given where bars belong"),
        (
            base().with_bars("positions.csv", loaded.bars.clone()).unwrap(),
            "bars given where positions or orders",
        ),
        (base(), "positions.csv: no such file"),
        (base().with_content(content("bars.parquet")), "bars.parquet"),
    ] {
        let e = run(sources).unwrap_err();
        assert!(e.to_string().contains(words) && e.exit_code() == 2, "{words}: {e}");
    }
    // Another length than the scenario wants, and a stretch without bars.
    for (set, words) in [
        ("data.timeframe=\"4h\"", "the bars are 1h apart, not 4h as requested"),
        ("data.from=\"2031-01-01\"", "no bars from data.from on"),
    ] {
        let sources = base().with_positions(positions("positions.csv"));
        let set = vec![set.to_owned(), "data.to=\"2032-01-01\"".to_owned()];
        let setup = Setup { sources, set, ..Setup::text(text.as_str()) };
        let e = BacktestJob { setup }.run(&registry(), &Progress::silent()).unwrap_err();
        assert!(e.to_string().contains(words) && e.exit_code() == 2, "{words}: {e}");
    }
    // A scenario that was read before takes no values.
    let scenario = Setup::text(text.as_str()).read_scenario(&registry()).unwrap();
    let setup = Setup { set: vec!["seed=1".into()], ..Setup::ready(scenario) };
    assert!(setup.read_scenario(&registry()).unwrap_err().to_string().contains("was read before"));
}
