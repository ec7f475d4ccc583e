//! What the commands that run a scenario are given alike: bars, values, a folder for results.

use std::path::{Path, PathBuf};

use clap::{Arg, Args};
use rayon::prelude::*;

use super::progress::Progress;
use crate::data::{Loaded, Request, load};
use crate::error::{Error, Result};
use crate::runs::ledger::LedgerWriter;
use crate::runs::{Inputs, generated};
use crate::scenario::Scenario;
use crate::system::Registry;

/// Arguments of every command that runs a scenario and writes a folder; each puts an example of its own into the help of `--set`.
#[derive(Debug, Clone, Args)]
pub(super) struct Given {
    /// Bars to use instead of the scenario's (CSV or Parquet), once a symbol
    #[arg(long, value_name = "FILE")]
    pub(super) data: Vec<PathBuf>,
    /// Set a scenario value (repeatable)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Folder that results are written under
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub(super) out: PathBuf,
}

/// Puts an example into the help of `--set`.
pub(super) fn example(assignment: &'static str) -> impl FnOnce(Arg) -> Arg {
    move |set| set.help(format!("Set a scenario value (repeatable), as --set {assignment}"))
}

impl Given {
    /// The scenario of a file, and its bars.
    pub(super) fn read(
        &self,
        registry: &Registry,
        path: &Path,
        progress: &Progress,
    ) -> Result<(Scenario, Inputs)> {
        let mut scenario = Scenario::read_with(registry, path, &self.set)?;
        progress.stage("reading bars");
        let inputs = load_inputs(&mut scenario, &self.data)?;
        Ok((scenario, inputs))
    }

    /// The ledger beside the results.
    pub(super) fn ledger(&self, progress: &Progress) -> Result<LedgerWriter> {
        let mut ledger = LedgerWriter::open(&self.out)?;
        progress.tell(ledger.notes());
        Ok(ledger)
    }
}

/// Loads the files of a scenario, or those of `--data` instead of its bars, whose names then stand in the scenario's echo.
pub(super) fn load_inputs(scenario: &mut Scenario, data: &[PathBuf]) -> Result<Inputs> {
    let wanted = scenario.data.count();
    if !data.is_empty() && data.len() != wanted {
        let s = if wanted == 1 { "" } else { "s" };
        return Err(Error::usage("--data", format!("given {} times for {wanted} symbol{s}", data.len()))
            .hint("give it once a symbol, in the order of data.bars"));
    }
    let symbols = match (&scenario.data.synth, data) {
        (Some(_), []) => {
            let bars = generated(scenario)?.into_par_iter().enumerate();
            bars.map(|(k, loaded)| beside(scenario, k, loaded)).collect::<Result<Vec<Loaded>>>()?
        }
        _ => (0..wanted)
            .into_par_iter()
            .map(|k| load_symbol(scenario, k, data.get(k).map(PathBuf::as_path)))
            .collect::<Result<Vec<Loaded>>>()?,
    };
    if !data.is_empty() {
        scenario.data.synth = None;
        scenario.data.bars = symbols.iter().map(|l| l.file_name.clone()).collect();
    }
    let conversions = scenario
        .conversion
        .iter()
        .map(|c| {
            // All of it: a rate from before the range is the first one's.
            let request = Request { time: scenario.data.time, ..Request::default() };
            Ok((c.pair.clone(), load(&scenario.root.join(&c.bars), &request)?))
        })
        .collect::<Result<_>>()?;
    Ok(Inputs { symbols, conversions, extras: vec![] })
}

fn load_symbol(scenario: &Scenario, k: usize, data: Option<&Path>) -> Result<Loaded> {
    let path = match data {
        Some(path) => path.to_owned(),
        None => scenario.root.join(&scenario.data.bars[k]),
    };
    beside(scenario, k, load(&path, &scenario.request())?)
}

/// The bars of symbol `k` with the files that lie beside them.
fn beside(scenario: &Scenario, k: usize, loaded: Loaded) -> Result<Loaded> {
    let loaded = match scenario.data.detail.get(k) {
        Some(file) => loaded.with_detail(&scenario.root.join(file), scenario.data.time)?,
        None => loaded,
    };
    match scenario.data.funding.get(k) {
        Some(file) => loaded.with_funding(&scenario.root.join(file)),
        None => Ok(loaded),
    }
}
