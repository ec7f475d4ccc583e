//! How often the gate is wrong, measured on the program itself.

use std::path::Path;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::backtest::BacktestJob;
use super::judge::HONEST;
use super::setup::{ScenarioFrom, Setup};
use super::sweep::{SweepJob, SweepOutcome};
use crate::data::Content;
use crate::error::{Error, Result, nearest};
use crate::experiments::sweep::{Store, SweepRun};
use crate::experiments::validity::{CellHistory, CellResult, CellSearch, MadeBars, ValidityCell};
use crate::gate::Verdict;
use crate::market::{Anchor, Bars, Calendar, Timeframe, resample};
use crate::progress::Progress;
use crate::runs::{History, Sources};
use crate::system::Registry;

/// `assay selftest --validity`: searches made histories for the best candidate, each in a folder of its own, and sends it to
/// the gate with the criteria of the program.
#[derive(Debug, Clone, Default)]
pub struct ValidityJob {
    /// Histories of each cell; without a number those of the short run.
    pub histories: Option<u64>,
    /// The cells, by name; all of them with none.
    pub cells: Vec<String>,
}

/// What the gate did.
#[derive(Debug, Clone)]
pub struct ValidityOutcome {
    /// The cells, in the order of the list of all.
    pub cells: Vec<CellResult>,
    /// How long it took; no result.
    pub took: Duration,
}

impl ValidityOutcome {
    /// Whether a cell is so far from what is claimed that chance does it once in a thousand times.
    pub fn alarms(&self) -> bool {
        self.cells.iter().any(CellResult::alarms)
    }
}

impl ValidityJob {
    /// Does all of it, on the threads of the caller. Results are the same for any number.
    ///
    /// # Errors
    /// A cell is named that there is not; a folder for the work cannot be made; it was told to stop.
    pub fn run(&self, progress: &Progress) -> Result<ValidityOutcome> {
        let clock = Instant::now();
        let mut cells = vec![];
        for cell in self.chosen()? {
            let n = self.histories.unwrap_or(cell.few);
            if n == 0 {
                continue;
            }
            progress.stage(format!("{}: {n} histories of {} years", cell.name, cell.years))?;
            let done = std::sync::atomic::AtomicU64::new(0);
            let one = |i: u64| {
                progress.check()?;
                let history = judged(&cell, i)?;
                progress.count(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, n);
                Ok(history)
            };
            let histories: Vec<CellHistory> = (0..n).into_par_iter().map(one).collect::<Result<_>>()?;
            cells.push(CellResult { cell, histories });
        }
        Ok(ValidityOutcome { cells, took: clock.elapsed() })
    }

    fn chosen(&self) -> Result<Vec<ValidityCell>> {
        let all = ValidityCell::all();
        for name in &self.cells {
            if !all.iter().any(|c| c.name == name) {
                let problem = format!("there is no cell {name:?}");
                let near = nearest(name, all.iter().map(|c| c.name));
                return Err(Error::usage("--cell", problem).hint(match near {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => all.iter().map(|c| c.name).collect::<Vec<_>>().join(", "),
                }));
            }
        }
        let is_chosen = |c: &ValidityCell| self.cells.is_empty() || self.cells.iter().any(|n| n == c.name);
        Ok(all.into_iter().filter(is_chosen).collect())
    }
}

/// One history of a cell: searched, and its best candidate judged.
fn judged(cell: &ValidityCell, i: u64) -> Result<CellHistory> {
    let made = cell.market.bars(cell.seed(i), cell.years * 365 * 24)?;
    let folder = tempfile::tempdir().map_err(|e| {
        Error::output(std::env::temp_dir().display(), format!("cannot be written ({e})")).caused_by(e)
    })?;
    let sources = Sources::files()
        .with_content(Content::new("honest.toml", HONEST)?)
        .with_bars("made", bars(&made, cell.search)?)?;
    let (registry, silent) = (Registry::built_in(), Progress::silent());
    let (set, sources) = match cell.search {
        CellSearch::One => (vec![], sources),
        CellSearch::Known => (vec![], sources.with_content(positions(&made)?)),
        search => {
            let text = format!("{}{}", scenario(cell.search), grid(search));
            (best_of_sweep(&setup(&text, &sources, folder.path()), &registry)?, sources)
        }
    };
    let setup = Setup { set, ..setup(&scenario(cell.search), &sources, folder.path()) };
    let outcome = BacktestJob { setup }.judge(&registry, &silent)?;
    let verdict = outcome.verdict.ok_or_else(|| Error::internal("selftest", "a run without a verdict"))?;
    let search = verdict.search.unwrap_or_default();
    let number = |v: Option<f64>| v.unwrap_or(f64::NAN);
    Ok(CellHistory {
        promoted: verdict.overall == Verdict::Pass,
        open: verdict.overall == Verdict::Inconclusive,
        sharpe: number(search.sharpe),
        expected: number(search.expected_max_sharpe),
        family_p: number(search.family_p),
    })
}

/// Sweeps as the command does, trials counted in the ledger, and leaves out what is shown of a sweep alone: how the best
/// by its Sharpe ratio is set.
fn best_of_sweep(setup: &Setup, registry: &Registry) -> Result<Vec<String>> {
    let (place, silent) = (setup.place()?, Progress::silent());
    let (scenario, inputs) = setup.read(registry, &silent)?;
    let history = History::new(&scenario, inputs)?;
    let sweep = SweepRun::plan(&scenario, &history)?;
    if !sweep.divisible() {
        return best_of_search(setup, registry);
    }
    let mut store = Store::open(&place.path().join("sweep.part"), sweep.the_plan())?;
    sweep.run(&mut store, &mut place.ledger(&silent)?, None, &silent)?;
    let mut best: Option<(f64, u64)> = None;
    for name in store.shards().map(str::to_owned).collect::<Vec<_>>() {
        let table = store.get(&name)?;
        let (ids, sharpe) = (table.i64("candidate")?, table.f64("sharpe")?);
        for (id, sharpe) in ids.iter().zip(sharpe).filter(|(_, s)| s.is_finite()) {
            // Of equals the first, as a sweep says it.
            if best.is_none_or(|(most, _)| *sharpe > most) {
                best = Some((*sharpe, *id as u64));
            }
        }
    }
    let point = best.and_then(|(_, id)| sweep.point(id));
    point.map(|point| sweep.setting(&point)).ok_or_else(no_candidate)
}

/// The same of a search whose candidates depend on each other.
fn best_of_search(setup: &Setup, registry: &Registry) -> Result<Vec<String>> {
    match SweepJob::new(setup.clone()).run(registry, &Progress::silent())? {
        SweepOutcome::Whole(sweep) => {
            sweep.finished.top.first().map(|row| row.set.clone()).ok_or_else(no_candidate)
        }
        SweepOutcome::Part(_) => Err(Error::internal("selftest", "a part of a sweep")),
    }
}

fn no_candidate() -> Error {
    Error::internal("selftest", "a sweep without a candidate")
}

fn setup(text: &str, sources: &Sources, out: &Path) -> Setup {
    let (shown, root) = ("selftest.toml".to_owned(), out.to_owned());
    Setup {
        sources: sources.clone(),
        out: Some(out.to_owned()),
        ..Setup::from(ScenarioFrom::Text { text: text.to_owned(), shown, root })
    }
}

/// The bars that are searched: of four hours where there are very many candidates.
fn bars(made: &MadeBars, search: CellSearch) -> Result<Bars> {
    let long = (search == CellSearch::Grid10000).then(|| Timeframe::from_ms(4 * 3_600_000)).flatten();
    match long {
        None => Ok(made.bars.clone()),
        Some(to) => Ok(resample(&made.bars, None, to, Anchor::Epoch(Calendar::default()))?.bars),
    }
}

/// The scenario of a candidate. Costs are none: what could be earned is not hidden by them.
fn scenario(search: CellSearch) -> String {
    let (system, params) = match search {
        CellSearch::Known => ("signals", "file = \"positions.csv\""),
        _ => ("ma-cross", "fast = 20\nslow = 100"),
    };
    let timeframe = if search == CellSearch::Grid10000 { "4h" } else { "1h" };
    format!(
        "name = \"selftest\"\nsystem = \"{system}\"\n[data]\nbars = [\"made\"]\nsymbol = \"MADE\"\ntimeframe = \"{timeframe}\"\n\
         days_per_year = 365\n[execution]\nfee_bps = 0\nspread_bps = 0\nslippage_bps = 0\n[gate]\n\
         criteria = [\"honest.toml\"]\n[params]\n{params}\n"
    )
}

/// The search of a cell.
fn grid(search: CellSearch) -> String {
    let axes = match search {
        CellSearch::Grid200 => {
            "fast = { from = 5, to = 50, step = 5 }\nslow = { from = 60, to = 440, step = 20 }"
        }
        CellSearch::Grid10000 => {
            "fast = { from = 2, to = 20, step = 2 }\nslow = { from = 24, to = 96, step = 8 }\n\
             stop_atr = { from = 1, to = 10, step = 1 }\ntarget_atr = { from = 1, to = 10, step = 1 }"
        }
        _ => "fast = { from = 5, to = 50, step = 5 }\nslow = { from = 60, to = 240, step = 20 }",
    };
    let sampler = if search == CellSearch::Tpe { "sampler = \"tpe\"\ncount = 100\n" } else { "" };
    format!("[sweep]\n{sampler}resamples = 99\nregimes = false\nedges = false\n[sweep.params]\n{axes}\n")
}

/// The positions of whoever knows the sign of the drift of each hour when the one before it closes.
fn positions(made: &MadeBars) -> Result<Content> {
    let mut text = "time,position\n".to_owned();
    let mut held = 0;
    for (k, sign) in made.drift.iter().enumerate().skip(1) {
        if *sign != held {
            text.push_str(&format!("{},{sign}\n", made.bars.open_time()[k - 1]));
            held = *sign;
        }
    }
    Content::new("positions.csv", text)
}
