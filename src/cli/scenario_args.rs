//! What the commands that run a scenario are given alike: bars, values, a folder for results.

use std::path::{Path, PathBuf};

use clap::{Arg, Args};

use crate::jobs::{Setup, Sources};

/// Arguments of every command that runs a scenario and writes a folder; each puts an example of its own into the help of `--set`.
#[derive(Debug, Clone, Args)]
pub(super) struct ScenarioArgs {
    /// Bars to use instead of the scenario's (CSV or Parquet), with the symbol and instrument the file names; once a symbol
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

impl ScenarioArgs {
    /// What is to be run of the scenario in a file.
    pub(super) fn setup(&self, scenario: &Path) -> Setup {
        setup(scenario, &self.data, &self.set, Some(&self.out))
    }
}

/// The scenario in a file, on `data` instead of its bars where any is given.
pub(super) fn setup(scenario: &Path, data: &[PathBuf], set: &[String], out: Option<&Path>) -> Setup {
    Setup {
        set: set.to_vec(),
        sources: Sources::instead_of_bars(data.to_vec()),
        out: out.map(Path::to_owned),
        lock_registry: lock_registry(),
        ..Setup::file(scenario)
    }
}

/// The folder of the user's own ledger of locks: as the environment says, or where programs keep their data. None where
/// neither is known.
pub(super) fn lock_registry() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    named("ASSAY_REGISTRY").or_else(|| {
        let home = || std::env::home_dir().filter(|h| !h.as_os_str().is_empty());
        let data = named("XDG_DATA_HOME").or_else(|| Some(home()?.join(".local/share")))?;
        Some(data.join("assay"))
    })
}
