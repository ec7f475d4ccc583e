//! What regime labels are worth, from the scenario to the comparison.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::publish::{make_folder, value};
use super::setup::Setup;
use crate::data::{Loaded, write_atomic};
use crate::error::Result;
use crate::experiments::regimes::{RegimeComparison, RegimeOptions, compare_regimes};
use crate::progress::Progress;
use crate::report::regimes_charts;
use crate::scenario::Scenario;
use crate::system::Registry;

/// `assay regime evaluate`: reads, loads, compares the labels of a scenario with others, and draws.
#[derive(Debug, Clone)]
pub struct RegimeJob {
    /// Whose labels. Into its folder `regimes.json` and charts are written, without a folder between.
    pub setup: Setup,
    /// How they are compared.
    pub options: RegimeOptions,
}

/// What came of it.
#[derive(Debug)]
pub struct RegimeOutcome {
    /// The scenario.
    pub scenario: Scenario,
    /// The bars of its first symbol, which are those compared.
    pub loaded: Loaded,
    /// How they were compared.
    pub options: RegimeOptions,
    /// What was found.
    pub found: RegimeComparison,
    /// Where it was written, if anywhere.
    pub folder: Option<PathBuf>,
}

impl RegimeJob {
    /// The comparison of `setup`, as the command makes it.
    pub fn new(setup: Setup) -> Self {
        Self { setup, options: RegimeOptions::default() }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The scenario, the data or an option are wrong, a file cannot be written, or it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<RegimeOutcome> {
        let (scenario, inputs) = self.setup.read(registry, progress)?;
        let loaded = inputs.symbols[0].clone();
        if inputs.symbols.len() > 1 {
            let name = scenario.data.name(0);
            progress.note(&format!("the regimes are those of {name} alone, the first of the symbols"));
        }
        let found = compare_regimes(&scenario, inputs, &self.options, progress)?;
        let folder = self.setup.out.clone();
        let outcome = RegimeOutcome { scenario, loaded, options: self.options, found, folder };
        if let Some(out) = &outcome.folder {
            progress.stage("drawing")?;
            let mut files = regimes_charts(&outcome.found)?;
            files.push(("regimes.json".to_owned(), format!("{:#}\n", outcome.document()?).into_bytes()));
            progress.stage("writing")?;
            make_folder(out)?;
            for (name, bytes) in files {
                write_atomic(&out.join(name), &bytes)?;
            }
        }
        Ok(outcome)
    }
}

impl RegimeOutcome {
    /// The document of `assay regime evaluate --format json`, and of `regimes.json`.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        let (loaded, o) = (&self.loaded, &self.options);
        Ok(json!({
            "scenario": self.scenario.name,
            "data": { "file": loaded.file_name, "sha256": loaded.sha256, "synthetic": loaded.synthetic },
            "options": {
                "states": o.states,
                "transition_bars": o.transition_bars,
                "shifts": o.shifts,
                "seed": self.scenario.seed,
            },
            "regimes": value(&self.found)?,
        }))
    }
}
