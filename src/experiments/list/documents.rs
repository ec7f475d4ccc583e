//! What a list reads of the documents in a folder: a few fields of each, so that those of other versions can be read
//! as well.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{ListedResult, ResultKind, written_ms};
use crate::experiments::montecarlo::QUANTILES;
use crate::runs::Manifest;

const SUMMARY: &str = "summary.json";
const SWEEP: &str = "sweep.json";
const WALKFORWARD: &str = "walkforward.json";
const MONTECARLO: &str = "montecarlo.json";
const VERDICT: &str = "verdict.json";

/// Whether a folder holds the document of a result.
pub(super) fn any(dir: &Path) -> bool {
    [SUMMARY, SWEEP, WALKFORWARD, MONTECARLO].iter().any(|name| dir.join(name).is_file())
}

/// Reads what is listed of a folder, or says what is wrong with it.
pub(super) fn read(dir: &Path) -> std::result::Result<ListedResult, String> {
    Manifest::complete(dir)?;
    let holds = |name: &str| dir.join(name).is_file();
    let (mut listed, main) = if holds(SWEEP) {
        (document::<SweepDocument>(dir, SWEEP)?.listed(), SWEEP)
    } else if holds(WALKFORWARD) {
        (document::<WalkForwardDocument>(dir, WALKFORWARD)?.listed(), WALKFORWARD)
    } else if holds(MONTECARLO) {
        (document::<MonteCarloDocument>(dir, MONTECARLO)?.listed(), MONTECARLO)
    } else {
        (document::<RunDocument>(dir, SUMMARY)?.listed(), SUMMARY)
    };
    if holds(VERDICT) {
        listed.verdict = Some(document::<Verdict>(dir, VERDICT)?.overall);
    }
    listed.folder = dir.to_owned();
    // The manifest is written again with every further verdict.
    listed.made_ms = written_ms(&dir.join(main)).or_else(|| written_ms(dir));
    Ok(listed)
}

fn document<T: DeserializeOwned>(dir: &Path, name: &str) -> std::result::Result<T, String> {
    let bytes = std::fs::read(dir.join(name))
        .map_err(|e| format!("{name} cannot be read ({e}): run it again, or delete the folder"))?;
    if !Manifest::vouches(dir, name, &bytes) {
        return Err(format!("{name} is not what the manifest of the folder lists: it was changed"));
    }
    serde_json::from_slice(&bytes).map_err(|e| {
        format!("{name} is damaged, or of another program ({e}): run it again, or delete the folder")
    })
}

impl ListedResult {
    fn of(kind: ResultKind, scenario: String, system: String, title: String) -> Self {
        Self {
            folder: "".into(),
            kind,
            scenario,
            system,
            title,
            synthetic: false,
            from_ms: None,
            to_ms: None,
            made_ms: None,
            sharpe: None,
            total_return: None,
            count: 0,
            verdict: None,
        }
    }
}

#[derive(Deserialize)]
struct Verdict {
    overall: String,
}

#[derive(Deserialize)]
struct ListedFigures {
    sharpe: Option<f64>,
    total_return: Option<f64>,
}

#[derive(Deserialize)]
struct RunDocument {
    scenario: String,
    system: String,
    data: RunData,
    performance: ListedFigures,
    trades: RunTrades,
    #[serde(default)]
    symbols: Vec<RunSymbol>,
}

#[derive(Deserialize)]
struct RunData {
    symbol: String,
    #[serde(default)]
    synthetic: bool,
    start_ms: i64,
    end_ms: i64,
    quality: RunQuality,
}

#[derive(Deserialize)]
struct RunQuality {
    timeframe: String,
}

#[derive(Deserialize)]
struct RunTrades {
    n: u64,
}

#[derive(Deserialize)]
struct RunSymbol {
    symbol: String,
}

impl RunDocument {
    fn listed(self) -> ListedResult {
        let names: Vec<&str> = self.symbols.iter().map(|s| s.symbol.as_str()).collect();
        let name = match names.len() {
            0 | 1 => self.data.symbol.clone(),
            2..=4 => names.join(" "),
            n => format!("{n} symbols"),
        };
        let title = format!("{name} {}", self.data.quality.timeframe);
        ListedResult {
            synthetic: self.data.synthetic,
            from_ms: Some(self.data.start_ms),
            to_ms: Some(self.data.end_ms),
            sharpe: self.performance.sharpe,
            total_return: self.performance.total_return,
            count: self.trades.n,
            ..ListedResult::of(ResultKind::Backtest, self.scenario, self.system, title)
        }
    }
}

#[derive(Deserialize)]
struct SweepDocument {
    scenario: String,
    system: String,
    title: String,
    synthetic: bool,
    start_ms: i64,
    end_ms: i64,
    candidates: u64,
    top: Vec<ListedFigures>,
}

/// What a title says of its history, which the list says in a column of its own.
fn plain(title: &str) -> String {
    title.replace(" (synthetic)", "").replace(" (own spans: not comparable)", "")
}

impl SweepDocument {
    fn listed(self) -> ListedResult {
        let best = self.top.first();
        ListedResult {
            synthetic: self.synthetic,
            from_ms: Some(self.start_ms),
            to_ms: Some(self.end_ms),
            sharpe: best.and_then(|b| b.sharpe),
            total_return: best.and_then(|b| b.total_return),
            count: self.candidates,
            ..ListedResult::of(ResultKind::Sweep, self.scenario, self.system, plain(&self.title))
        }
    }
}

#[derive(Deserialize)]
struct WalkForwardDocument {
    scenario: String,
    system: String,
    title: String,
    synthetic: bool,
    windows: Vec<WindowDocument>,
    chained: ListedFigures,
}

#[derive(Deserialize)]
struct WindowDocument {
    test_from_ms: i64,
    test_to_ms: i64,
}

impl WalkForwardDocument {
    fn listed(self) -> ListedResult {
        ListedResult {
            synthetic: self.synthetic,
            from_ms: self.windows.iter().map(|w| w.test_from_ms).min(),
            to_ms: self.windows.iter().map(|w| w.test_to_ms).max(),
            sharpe: self.chained.sharpe,
            total_return: self.chained.total_return,
            count: self.windows.len() as u64,
            ..ListedResult::of(ResultKind::WalkForward, self.scenario, self.system, plain(&self.title))
        }
    }
}

#[derive(Deserialize)]
struct MonteCarloDocument {
    scenario: String,
    system: String,
    title: String,
    synthetic: bool,
    paths: u64,
    figures: Vec<PathFigure>,
}

#[derive(Deserialize)]
struct PathFigure {
    name: String,
    quantiles: Vec<Option<f64>>,
}

impl MonteCarloDocument {
    fn listed(self) -> ListedResult {
        let median = |name: &str| {
            let at = QUANTILES.iter().position(|q| *q == 0.5)?;
            self.figures.iter().find(|f| f.name == name)?.quantiles.get(at).copied().flatten()
        };
        let (sharpe, total_return) = (median("sharpe"), median("total_return"));
        ListedResult {
            synthetic: self.synthetic,
            sharpe,
            total_return,
            count: self.paths,
            ..ListedResult::of(ResultKind::MonteCarlo, self.scenario, self.system, plain(&self.title))
        }
    }
}
