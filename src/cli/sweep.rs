//! `assay sweep`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Common;
use super::finding::Finding;
use super::given::{Given, example};
use super::progress::Progress;
use crate::error::{Error, Place, Result};
use crate::experiments::sweep::{self, Store, Sweep};
use crate::report::{sweep_files, sweep_text};
use crate::runs::Draft;
use crate::runs::History;
use crate::runs::ledger::{LEDGER, Ledger};
use crate::system::Registry;

/// Arguments of `assay sweep`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_precedence_over_arg = true)]
pub(super) struct SweepArgs {
    #[command(subcommand)]
    command: Option<SweepCommand>,
    #[command(flatten)]
    whole: WholeArgs,
}

/// Commands below `assay sweep`.
#[derive(Debug, Subcommand)]
enum SweepCommand {
    /// Join the parts that --shard made into the result of one run
    Merge(MergeArgs),
}

/// A sweep, or a part of it.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("sweep.count=500")))]
pub(super) struct WholeArgs {
    /// Scenario file (TOML) with a [sweep] section
    #[arg(required = true)]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
    /// Run part I of N only; `assay sweep merge` joins the parts
    #[arg(long, value_name = "I/N", value_parser = part)]
    shard: Option<(u64, u64)>,
    /// Go on with this folder, and refuse if it is not of this very sweep
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// Arguments of `assay sweep merge`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("set", example("sweep.count=500")))]
struct MergeArgs {
    /// Scenario file (TOML) the parts were run with
    scenario: PathBuf,
    /// Folders of the parts, as results/<scenario>/sweep-<id>.part
    #[arg(required = true)]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    common: Common,
}

fn part(text: &str) -> std::result::Result<(u64, u64), String> {
    let parts: Option<(u64, u64)> =
        text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((i, n)) if 1 <= i && i <= n => Ok((i - 1, n)),
        _ => Err("write I/N, as 1/4 for the first of four parts".to_owned()),
    }
}

impl SweepArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        match self.command {
            Some(SweepCommand::Merge(args)) => {
                let common = args.common.clone();
                common.on_threads(|| args.work(registry))
            }
            None => {
                let common = self.whole.common.clone();
                common.on_threads(|| self.whole.work(registry))
            }
        }
    }
}

/// What was asked for, to be printed with each of the best.
struct Words<'a> {
    scenario: &'a Path,
    given: &'a Given,
}

impl Words<'_> {
    /// The command that runs one candidate alone.
    fn command(&self, set: &[String]) -> String {
        let quote =
            |s: &str| if s.contains([' ', '"', '[', '{', '\'']) { format!("'{s}'") } else { s.to_owned() };
        let mut words = format!("assay backtest {}", self.scenario.display());
        for file in &self.given.data {
            words.push_str(&format!(" --data {}", quote(&file.display().to_string())));
        }
        let own = self.given.set.iter().filter(|s| !s.trim_start().starts_with("sweep."));
        for s in own.chain(set) {
            words.push_str(&format!(" --set {}", quote(s)));
        }
        words
    }
}

impl WholeArgs {
    fn work(self, registry: &Registry) -> Result<u8> {
        let clock = Instant::now();
        let Some(path) = &self.scenario else {
            return Err(Error::usage(Place::text("assay sweep").about("SCENARIO"), "needs a scenario file")
                .hint("see assay sweep --help"));
        };
        let progress = Progress::new(self.common.quiet);
        let (scenario, inputs) = self.given.read(registry, path, &progress)?;
        progress.stage("preparing");
        let history = History::new(&scenario, inputs)?;
        let sweep = Sweep::plan(&scenario, &history)?;
        let folder = self.given.out.join(&scenario.name);
        let dir = match &self.resume {
            Some(dir) => {
                // A folder to go on with must be there.
                Store::plan(dir)?;
                dir.clone()
            }
            None => folder.join(format!("sweep-{}.part", sweep.the_plan().id)),
        };
        let mut store = Store::open(&dir, sweep.the_plan())?;
        progress.tell(store.notes());
        let _lock = lock(&dir, self.shard)?;
        let mut ledger = self.given.ledger(&progress)?;
        progress.stage("sweeping");
        let watch = |done: u64, total: u64| progress.count(done, total);
        let state = sweep.run(&mut store, &mut ledger, self.shard, &watch);
        progress.tell(ledger.notes());
        let state = state?;
        let swept_s = clock.elapsed().as_secs_f64();
        if let Some((i, n)) = self.shard {
            drop(progress);
            let folder = dir.display().to_string();
            let whole = || Ok(json!({ "folder": folder, "shards_done": state.done, "shards": state.of }));
            let text = || {
                Ok(format!(
                    "part {} of {n} is done: {} of {} shards are in {}\njoin all parts with: assay sweep merge {} FOLDERS...\n",
                    i + 1,
                    state.done,
                    state.of,
                    folder,
                    path.display()
                ))
            };
            self.common.show(whole, text)?;
            return Ok(0);
        }
        let words = Words { scenario: path, given: &self.given };
        conclude(&sweep, &mut store, &self.common, progress, &words, swept_s)
    }
}

impl MergeArgs {
    fn work(self, registry: &Registry) -> Result<u8> {
        let progress = Progress::new(self.common.quiet);
        let (scenario, inputs) = self.given.read(registry, &self.scenario, &progress)?;
        let history = History::new(&scenario, inputs)?;
        let sweep = Sweep::plan(&scenario, &history)?;
        let dir = self.given.out.join(&scenario.name).join(format!("sweep-{}.part", sweep.the_plan().id));
        let mut store = Store::open(&dir, sweep.the_plan())?;
        progress.tell(store.notes());
        let _lock = lock(&dir, None)?;
        let mut ledger = self.given.ledger(&progress)?;
        for part in &self.parts {
            if let Some(why) = sweep.the_plan().differs(&Store::plan(part)?) {
                return Err(Error::usage(part.display(), format!("is not a part of this sweep: {why}"))
                    .hint("give the scenario, the data and the program that the parts were run with"));
            }
            let mut other = Store::open(part, sweep.the_plan())?;
            progress.tell(other.notes());
            store.join(&other)?;
        }
        // Parts that were run elsewhere are counted here as well, once.
        sweep.count_shards(&store, &mut ledger)?;
        progress.tell(ledger.notes());
        let words = Words { scenario: &self.scenario, given: &self.given };
        conclude(&sweep, &mut store, &self.common, progress, &words, 0.0)
    }
}

/// Keeps a second process out of the same work.
fn lock(dir: &Path, part: Option<(u64, u64)>) -> Result<File> {
    let name = part.map_or("lock".to_owned(), |(i, n)| format!("lock-{}-of-{n}", i + 1));
    let path = dir.join(name);
    let file = File::create(&path)
        .map_err(|e| Error::output(path.display(), format!("cannot be made ({e})")).caused_by(e))?;
    file.try_lock().map_err(|_| {
        Error::usage(dir.display(), "another process is at work on this sweep")
            .hint("wait for it, or divide the work with --shard")
    })?;
    Ok(file)
}

/// Puts the shards together, writes the result, prints it.
fn conclude(
    sweep: &Sweep<'_>,
    store: &mut Store,
    common: &Common,
    progress: Progress,
    words: &Words<'_>,
    swept_s: f64,
) -> Result<u8> {
    let clock = Instant::now();
    progress.stage("putting together");
    let scenario = sweep.scenario();
    let history = sweep.history();
    let (from, to) = {
        let c = history.clock();
        (c.time(0), c.close_time(c.len() - 1))
    };
    let trials = Ledger::read(&words.given.out.join(LEDGER))?.trials(&sweep.data(), from, to);
    let draft = Draft::open(&words.given.out, &scenario.name)?;
    let watch = |done: u64, total: u64| progress.count(done, total);
    let finished = sweep::finish(sweep, store, trials, draft.folder(), &watch)?;
    progress.stage("drawing");
    let drawn = sweep_files(&finished)?;
    let finding = Finding {
        kind: "sweep",
        id: &finished.sweep_id,
        scenario,
        resolved: sweep.the_plan().scenario.clone(),
        files: &finished.files,
        counted: ("candidates", finished.candidates),
        result: &finished,
    };
    let timings = [("sweep_s", swept_s), ("finish_s", clock.elapsed().as_secs_f64())];
    let target = finding.publish(draft, drawn, &timings)?;
    // The shards are in the result now.
    if let Err(e) = std::fs::remove_dir_all(store.dir()) {
        progress.tell(vec![format!(
            "{} is of no more use and cannot be removed ({e}): delete it by hand",
            store.dir().display()
        )]);
    }
    drop(progress);
    let replay = finished.top.first().map(|t| words.command(&t.set));
    finding.show(common, ("sweep", &target), Some(("replay_best", json!(replay))), || {
        let alone = |command| format!("\nthe best alone, with the same figures:\n  {command}\n");
        sweep_text(&finished) + &replay.as_ref().map_or(String::new(), alone)
    })?;
    Ok(0)
}
