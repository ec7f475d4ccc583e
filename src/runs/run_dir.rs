//! A run on disk: what is written and read back.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::backtest::{Backtest, Run};
use super::evidence::resampling_seed;
use super::identity::{Provenance, work_id};
use super::ledger::LedgerAnchor;
use super::manifest::Manifest;
use super::summary::Summary;
use super::tables::{account_tables, bars_table, equity_table, events_table, trades_table};
use crate::data::table::{self, Table};
use crate::error::{Error, Result};
use crate::system::{Registry, SystemRef};

/// Trades and equity of one run.
#[derive(Debug)]
pub struct TradesAndEquity {
    /// Closed trades.
    pub trades: Table,
    /// Equity of every bar.
    pub equity: Table,
}

/// Everything of a run that its folder holds, charts apart.
#[derive(Debug)]
pub struct RunRecord {
    /// The system that was run, where this program has it: a folder may be that of another program's.
    pub system: Option<SystemRef>,
    /// The run in numbers.
    pub summary: Summary,
    /// The resolved scenario.
    pub scenario: String,
    /// What it was made of; nothing of a run that was read back.
    pub provenance: Provenance,
    /// The criteria it is judged by: file name and text.
    pub criteria: Vec<(String, String)>,
    /// The run itself.
    pub main: TradesAndEquity,
    /// Of several symbols, the bars of the one with the most trades.
    pub bars: Option<Table>,
    /// Its decisions.
    pub signals: Table,
    /// What the rules and the exchange did.
    pub events: Table,
    /// The system's own tables, by name.
    pub tables: Vec<(String, Table)>,
    /// The run under the pessimistic path, where its own is another.
    pub pessimistic: Option<TradesAndEquity>,
    /// The other variants.
    pub baselines: Vec<(String, TradesAndEquity)>,
}

/// Files of a run folder that a reader of it needs.
const SUMMARY: &str = "summary.json";
const SCENARIO: &str = "scenario.toml";
const TRADES: &str = "trades.parquet";
const EQUITY: &str = "equity.parquet";
const SIGNALS: &str = "signals.parquet";
const BARS: &str = "bars.parquet";
const EVENTS: &str = "events.parquet";
const BASELINES: &str = "baselines";
const TABLES: &str = "tables";
const PESSIMISTIC: &str = "pessimistic";
const CRITERIA: &str = "criteria";
const VERDICT: &str = "verdict.json";

impl TradesAndEquity {
    /// Of a run of `b`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub(super) fn of(b: &Backtest, run: &Run, with_bars: bool) -> Result<Self> {
        Ok(Self { trades: trades_table(b, run)?, equity: equity_table(b, run, with_bars) })
    }
}

impl RunRecord {
    /// The record of a backtest.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn of(b: &Backtest, criteria: Vec<(String, String)>) -> Result<Self> {
        let bodies: Vec<&str> = criteria.iter().map(|(_, body)| body.as_str()).collect();
        let id = work_id(&b.scenario, &b.provenance.ids, &bodies)?;
        let tables = |run, with_bars| TradesAndEquity::of(b, run, with_bars);
        let record = b.record()?;
        let main = tables(&b.main, true)?;
        let pessimistic = b.pessimistic().map(|run| tables(run, false)).transpose()?;
        let seed = resampling_seed(pessimistic.as_ref().unwrap_or(&main))?;
        Ok(Self {
            system: Some(b.scenario.system),
            summary: Summary::with(b, &id, &record, &main.trades, seed)?,
            scenario: b.scenario.resolved()?,
            provenance: b.provenance.clone(),
            criteria,
            main,
            bars: bars_table(b, &b.main),
            signals: record.signals,
            tables: record.tables.into_iter().chain(account_tables(b, &b.main)).collect(),
            events: events_table(b, &b.main),
            pessimistic,
            baselines: b
                .baselines
                .iter()
                .map(|run| Ok((run.name.to_owned(), tables(run, false)?)))
                .collect::<Result<_>>()?,
        })
    }

    /// Reads a run folder; the system is looked up in `registry`.
    ///
    /// # Errors
    /// The folder is not a run, or a file of it is missing, damaged, edited, or was added.
    pub fn read(registry: &Registry, dir: &Path) -> Result<Self> {
        Manifest::verified(dir)?;
        if let Some(kind) =
            ["sweep", "walkforward", "montecarlo"].iter().find(|k| dir.join(format!("{k}.json")).is_file())
        {
            return Err(Error::usage(dir.display(), format!("is a {kind}, not a run"))
                .hint("run what it found: assay backtest, of a sweep with --candidate"));
        }
        let text = |name: &str| -> Result<String> {
            let path = dir.join(name);
            std::fs::read_to_string(&path).map_err(|e| {
                Error::data(path.display(), format!("cannot be read ({e})"))
                    .caused_by(e)
                    .hint("name a run folder such as results/<scenario>/<run id>")
            })
        };
        let summary: Summary = serde_json::from_str(&text(SUMMARY)?).map_err(|e| {
            Error::data(dir.join(SUMMARY).display(), format!("is not the summary of a run ({e})"))
                .caused_by(e)
                .hint("run the backtest again with this version")
        })?;
        let tables = |sub: &Path| -> Result<TradesAndEquity> {
            Ok(TradesAndEquity {
                trades: table::read(&sub.join(TRADES))?,
                equity: table::read(&sub.join(EQUITY))?,
            })
        };
        let mut baselines = vec![];
        for name in sorted_entries(&dir.join(BASELINES)) {
            baselines.push((name.clone(), tables(&dir.join(BASELINES).join(&name))?));
        }
        let mut criteria = vec![];
        for name in sorted_entries(&dir.join(CRITERIA)) {
            criteria.push((name.clone(), text(&format!("{CRITERIA}/{name}"))?));
        }
        let mut own = vec![];
        for name in sorted_entries(&dir.join(TABLES)) {
            if let Some(stem) = name.strip_suffix(".parquet") {
                own.push((stem.to_owned(), table::read(&dir.join(TABLES).join(&name))?));
            }
        }
        let (pessimistic, bars) = (dir.join(PESSIMISTIC), dir.join(BARS));
        Ok(Self {
            system: registry.get(&summary.system),
            tables: own,
            summary,
            scenario: text(SCENARIO)?,
            provenance: Provenance::default(),
            criteria,
            main: tables(dir)?,
            bars: bars.is_file().then(|| table::read(&bars)).transpose()?,
            signals: table::read(&dir.join(SIGNALS))?,
            events: table::read(&dir.join(EVENTS))?,
            pessimistic: pessimistic.is_dir().then(|| tables(&pessimistic)).transpose()?,
            baselines,
        })
    }

    /// What the run is, as a number that nobody can choose: made of times and equity of every bar and of times and profit
    /// of every trade, under the pessimistic path.
    ///
    /// # Errors
    /// A table lacks a column.
    pub fn content_seed(&self) -> Result<u64> {
        resampling_seed(self.pessimistic.as_ref().unwrap_or(&self.main))
    }

    /// Writes everything but charts and verdict into `dir`.
    fn write(&self, dir: &Path) -> Result<()> {
        let id = &self.summary.run_id;
        let put = |sub: &Path, t: &TradesAndEquity| -> Result<()> {
            make_dir(sub)?;
            table::write(&sub.join(TRADES), &t.trades, &[("assay:run", id.clone())])?;
            table::write(&sub.join(EQUITY), &t.equity, &[("assay:run", id.clone())])
        };
        put(dir, &self.main)?;
        table::write(&dir.join(SIGNALS), &self.signals, &[("assay:run", id.clone())])?;
        if let Some(bars) = &self.bars {
            table::write(&dir.join(BARS), bars, &[("assay:run", id.clone())])?;
        }
        table::write(&dir.join(EVENTS), &self.events, &[("assay:run", id.clone())])?;
        if let Some(t) = &self.pessimistic {
            put(&dir.join(PESSIMISTIC), t)?;
        }
        for (name, t) in &self.tables {
            make_dir(&dir.join(TABLES))?;
            let path = dir.join(TABLES).join(format!("{name}.parquet"));
            table::write(&path, t, &[("assay:run", id.clone())])?;
        }
        for (name, t) in &self.baselines {
            put(&dir.join(BASELINES).join(name), t)?;
        }
        for (name, body) in &self.criteria {
            make_dir(&dir.join(CRITERIA))?;
            write_file(&dir.join(CRITERIA).join(name), body.as_bytes())?;
        }
        write_file(&dir.join(SCENARIO), self.scenario.as_bytes())?;
        write_file(&dir.join(SUMMARY), pretty(&self.summary)?.as_bytes())
    }
}

pub(crate) fn pretty(value: &impl serde::Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|e| Error::internal("json", format!("cannot be written: {e}")).caused_by(e))?;
    text.push('\n');
    Ok(text)
}

/// The same on one line, without its end.
pub(crate) fn compact(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::internal("json", format!("cannot be written: {e}")).caused_by(e))
}

fn make_dir(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).map_err(|e| {
        Error::output(dir.display(), format!("the folder cannot be made ({e})"))
            .caused_by(e)
            .hint("choose another folder with --out")
    })
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).map_err(|e| {
        Error::output(path.display(), format!("cannot be written ({e})"))
            .caused_by(e)
            .hint("is the disk full?")
    })
}

pub(super) fn sorted_entries(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|e| e.file_name().into_string().ok());
    // Those that begin with a point are the file system's: neither listed nor read.
    let mut names: Vec<String> = names.filter(|n| !n.starts_with('.')).collect();
    names.sort();
    names
}

/// A folder being filled; it becomes visible under its name only when it is whole.
#[derive(Debug)]
pub struct Draft {
    temporary: tempfile::TempDir,
    parent: PathBuf,
    /// Dropped after the folder being filled.
    _made: MadeFolders,
}

/// Folders that were made for a draft, innermost first: they go again if nothing came of it.
#[derive(Debug)]
struct MadeFolders(Vec<PathBuf>);

impl Drop for MadeFolders {
    fn drop(&mut self) {
        // One that holds something stays.
        self.0.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
    }
}

impl Draft {
    /// Opens a draft beside the runs of `scenario` under `out`: a folder that cannot be written shows before the work.
    pub fn open(out: &Path, scenario: &str) -> Result<Self> {
        let parent = out.join(scenario);
        let missing = parent.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.exists());
        let made = missing.map(Path::to_path_buf).collect();
        let made = MadeFolders(made);
        make_dir(&parent)?;
        let temporary = tempfile::Builder::new().prefix(".writing-").tempdir_in(&parent).map_err(|e| {
            Error::output(parent.display(), format!("cannot write into this folder ({e})"))
                .caused_by(e)
                .hint("choose another folder with --out")
        })?;
        Ok(Self { temporary, parent, _made: made })
    }

    /// Writes the record and `extra` files (relative path and bytes), adds a manifest that says how far the `ledger` went,
    /// and renames the folder to its run id. `timings` go into the manifest beside, not into, what is hashed.
    pub fn finish(
        self,
        record: &RunRecord,
        ledger: &LedgerAnchor,
        extra: &[(String, Vec<u8>)],
        timings: serde_json::Value,
    ) -> Result<PathBuf> {
        record.write(self.temporary.path())?;
        let s = &record.summary;
        let head = json!({
            "run_id": s.run_id,
            "assay_version": s.assay_version,
            "scenario": s.scenario,
            "seed": s.seed,
            "data": { "file": s.data.file, "sha256": s.data.sha256, "bars": s.data.bars },
            "files": record.provenance.files,
            "ids": record.provenance.ids,
            "trades": s.trades.n,
            "ledger": ledger,
        });
        self.publish(&s.run_id, head, extra, timings)
    }

    /// The folder being filled.
    pub fn folder(&self) -> &Path {
        self.temporary.path()
    }

    /// Writes `extra` files (relative path and bytes) and a manifest that begins with `head`, and gives the folder its `name`.
    pub fn publish(
        self,
        name: &str,
        head: serde_json::Value,
        extra: &[(String, Vec<u8>)],
        timings: serde_json::Value,
    ) -> Result<PathBuf> {
        let dir = self.temporary.path();
        for (name, bytes) in extra {
            let path = dir.join(name);
            if let Some(folder) = path.parent() {
                make_dir(folder)?;
            }
            write_file(&path, bytes)?;
        }
        Manifest::write(dir, head, timings)?;
        let target = self.parent.join(name);
        let made = self.temporary.keep();
        publish(&made, &target).inspect_err(|_| {
            // What could not be published must not stay behind half-named.
            let _ = std::fs::remove_dir_all(&made);
        })?;
        Ok(target)
    }
}

/// The name of a verdict's file: that of the run's own criteria, or one by its digest of any other way to judge it.
pub fn verdict_name(digest: Option<&str>) -> String {
    digest.map_or_else(|| VERDICT.to_owned(), |d| format!("verdict-{}.json", &d[..d.len().min(8)]))
}

/// Verdicts in a run folder by other ways than its own, with their names: those that its manifest lists.
pub fn other_verdicts(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let names = sorted_entries(dir).into_iter().filter(|n| n.starts_with("verdict-"));
    let read = |name: String| std::fs::read(dir.join(&name)).ok().map(|bytes| (name, bytes));
    names.filter_map(read).filter(|(name, bytes)| Manifest::vouches(dir, name, bytes)).collect()
}

/// Puts a verdict into the run folder `dir` under `name`, and its hash into the manifest.
///
/// # Errors
/// The folder is not as its manifest says, or a file cannot be written.
pub fn write_verdict(dir: &Path, name: &str, verdict: &[u8]) -> Result<()> {
    Manifest::replace_in(dir, &[(name.to_owned(), verdict.to_vec())])
}

/// Puts files into the run folder `dir`, and their hashes into the manifest.
///
/// # Errors
/// The folder is not as its manifest says, or a file cannot be written.
pub fn replace_files(dir: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    Manifest::replace_in(dir, files)
}

/// Renames `made` to `target`, putting an older run of the same id out of the way first.
fn publish(made: &Path, target: &Path) -> Result<()> {
    let failed = |e: std::io::Error| {
        Error::output(target.display(), format!("cannot be put in place ({e})")).caused_by(e)
    };
    // Temporary folders are private to their maker; a run is for everyone the parent is for.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(made, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    if target.exists() {
        let old = made.with_extension("old");
        std::fs::rename(target, &old).map_err(failed)?;
        std::fs::rename(made, target).map_err(failed)?;
        return std::fs::remove_dir_all(&old).map_err(failed);
    }
    std::fs::rename(made, target).map_err(failed)
}
